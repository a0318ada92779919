// Answers to chain clients without a network, and how their readings are looked at.
import type { Answer, Question, Reading, ReadingErrorCode } from '../../shared/chains/client.ts';

/** When the answers of these tests arrive. */
export const ARRIVED_MS = Date.parse('2026-11-20T10:00:00Z');

export function answered(body: unknown, status = 200): Answer {
  return { kind: 'answered', status, body, atMs: ARRIVED_MS };
}

export function failed(code: ReadingErrorCode = 'unreachable'): Answer {
  return { kind: 'failed', code, reason: 'nobody is there' };
}

/** Reads a first round of answers, and with each further argument a further round. */
export function readAll<Facts>(question: Question<Facts>, ...rounds: readonly (readonly Answer[])[]): Reading<Facts> {
  let next = question;
  for (const answers of rounds) {
    const reading = next.read(answers);
    if (reading.kind !== 'next') return reading;
    next = reading.question;
  }
  throw new Error('more is asked than the test answers');
}

/** The facts of a reading that has to be good. */
export function factsOf<Facts>(question: Question<Facts>, ...rounds: readonly (readonly Answer[])[]): Facts {
  const reading = readAll(question, ...rounds);
  if (reading.kind === 'ok') return reading.facts;
  throw new Error(`${reading.kind}: ${reading.reason}`);
}

/** The methods or paths of a question. */
export function asked(question: Question<unknown>): readonly string[] {
  return question.requests.flatMap(({ path, body }) =>
    body === undefined ? [path] : (JSON.parse(body) as { method: string }[]).map(({ method }) => method),
  );
}
