// What a person's request or an event is answered with where nothing is begun by it.
import { plainText } from '../text/plain-text.ts';

/** An invalid event: thrown before anything is done, so that the event reaches the dead-letter queue unchanged. */
export class EventError extends Error {
  override readonly name = 'EventError';
  /** The wrong field: "detail.state.value"; "event" is the whole event. */
  readonly field: string;
  /** The value of the field, as JSON, shortened. */
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

/** A request that is right, and that cannot be begun as things are: thrown before anything is done. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError';
}

function shortened(value: unknown): string {
  if (value === undefined) return 'nothing';
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    // Circular, or a bigint: no event is, but a caller by hand may send anything.
  }
  return plainText(json ?? `a ${typeof value}`, 100);
}
