// How often a property is tried, and text that can be anything.
import fc from 'fast-check';
import { isAsked } from './asked.ts';

/**
 * So often where somebody has asked for the suite, else a part of it: most of the time of the pure suites goes into these.
 *
 * @param part more than five where each try starts a program
 */
export const tries = (suite: string, most: number, part = 5): { readonly numRuns: number } => ({
  numRuns: isAsked(suite) ? most : Math.ceil(most / part),
});

const ASCII = fc.nat(0x7f);
/** Surrogates are no code points of a text. */
const codePoint = fc.oneof(
  ASCII,
  fc.nat(0x10ffff).map((point) => (point >= 0xd800 && point <= 0xdfff ? 0xfffd : point)),
);

/** Control characters and whatever Unicode has. (`fc.string({ unit: 'binary' })` lists a million code points whenever it is made.) */
export const anyText = (constraints: fc.ArrayConstraints = {}): fc.Arbitrary<string> =>
  fc.array(codePoint, constraints).map((points) => String.fromCodePoint(...points));
