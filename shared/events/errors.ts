// The one error of the parsers in this room.
import { plainText } from '../text/plain-text.ts';

/** An event that is not what it should be: thrown before anything is done, so that it ends in the dead-letter queue as it came. */
export class EventError extends Error {
  override readonly name = 'EventError';
  /** Where: "detail.state.value"; "event" is the whole. */
  readonly field: string;
  /** What was there, as JSON, shortened. */
  readonly value: string;
  readonly expectation: string;

  constructor(field: string, value: unknown, expectation: string) {
    const shown = shortened(value);
    const where = plainText(field, 200);
    super(`event, field ${where}: ${shown} given, expected ${expectation}`);
    this.field = where;
    this.value = shown;
    this.expectation = expectation;
  }
}

function shortened(value: unknown): string {
  if (value === undefined) return 'nothing';
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    // Circular, or a bigint: no event is, but whoever invokes by hand may give anything.
  }
  return plainText(json ?? `a ${typeof value}`, 100);
}
