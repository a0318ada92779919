// The local region's side of the differential run: SDK clients through the wire, on a clock that each call moves by the same time.
import { createRegion } from '../../../local/region.ts';
import { inProcessHandler } from '../in-process-handler.ts';
import type { MotoCall } from './calls/call.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';

/** Enough for every bucket of tokens to have one again. */
const BETWEEN_MS = 1_000;
const ANSWER_MS_MAX = 60_000;

export async function regionOutcomes(calls: readonly MotoCall[]): Promise<ReadonlyMap<string, Outcome>> {
  const region = await createRegion({ seed: 1, lane: 'fidelity', guard: false });
  const { clock } = region;
  const pass = async <T>(request: Promise<T>): Promise<T> => {
    let settled = false;
    const over = () => {
      settled = true;
    };
    request.then(over, over);
    // The SDK needs turns of the event loop of its own before a request arrives.
    const untilMs = clock.now() + ANSWER_MS_MAX;
    while (!settled && clock.now() < untilMs) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.run({ until: () => settled, untilMs: clock.now() + 50 });
    }
    await clock.run({ untilMs: clock.now() + BETWEEN_MS });
    return request;
  };
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };
  return outcomesOf(
    calls,
    { region: 'eu-west-1', credentials, requestHandler: inProcessHandler(region.gateway) },
    pass,
  );
}
