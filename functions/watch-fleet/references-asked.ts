// Asks the independent references of a fleet, over the internet: they are compared with the nodes, never believed alone.
import { ask } from '../../shared/chains/ask.ts';
import { httpFetcher } from '../../shared/chains/fetch.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { clientOf } from '../../shared/probe/questions.ts';
import { questionOf } from './probing.ts';
import type { ReferenceReading } from './sight.ts';

/** Never rejects. A reference has no credentials: of its URL, messages show the host alone. */
export function askReferences(fleet: Fleet, heights: readonly number[]): Promise<readonly ReferenceReading[]> {
  return Promise.all(fleet.health.references.map((url) => askReference(fleet, url, heights)));
}

async function askReference(fleet: Fleet, url: string, heights: readonly number[]): Promise<ReferenceReading> {
  const host = URL.parse(url)?.host ?? 'a reference';
  const question = questionOf(fleet, heights);
  if (question === null)
    return {
      host,
      status: { kind: 'error', code: 'misconfigured', reason: 'its fleet file does not say how the chain is asked' },
    };
  try {
    return { host, status: await ask(clientOf(question).status(heights), httpFetcher({ url })) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { host, status: { kind: 'error', code: 'misconfigured', reason: error.message } };
  }
}
