// A parser that takes all memory: the fuzzer must end it and report it.
import fc from 'fast-check';
import { type Target, target } from '../target.ts';

export const TARGETS: readonly Target[] = [
  target({
    name: 'takes all the memory that there is',
    input: fc.constant(0),
    samples: [],
    // Allocates some 250 MB, one object after the other, and holds all of them.
    parse: () => Array.from({ length: 4_000_000 }, (_, at) => ({ at, text: [`${at}`] })).length,
    errors: [],
  }),
];
