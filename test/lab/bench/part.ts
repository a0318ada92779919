// A part of the bench: what it measures, one figure after the other.
import type { Measurement } from './measurement.ts';

/** `least`: the smallest input that goes through all of the part's code. `npm test` plays that, and its CPU times mean nothing. */
export type Input = 'full' | 'least';

export interface Part {
  /** `npm run bench -- NAME`. */
  readonly name: string;
  /** Throws where what it measures did not happen as expected: the figures would mean something else. A text is a line for a person. */
  readonly measure: (input: Input) => AsyncIterable<Measurement | string>;
}
