// Parsers with one defect each: the fuzzer must find all of them.
import fc from 'fast-check';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { everything, type Target, target } from '../target.ts';

class NamedError extends Error {}

const input = fc.constantFrom('a', 'b');
const always = { input, samples: [], errors: [NamedError], structures: {} };

export const TARGETS: readonly Target[] = [
  target({ ...always, name: 'reads a field of nothing', parse: () => (undefined as unknown as { a: string }).a }),
  target({
    ...always,
    name: 'takes its time',
    parse: () => {
      const before = process.threadCpuUsage();
      for (;;) {
        const { user, system } = process.threadCpuUsage(before);
        if (user + system > 230_000) return;
      }
    },
  }),
  target({ ...always, name: 'returns what a terminal obeys', parse: () => ({ reason: HOSTILE }), read: everything }),
  target({
    ...always,
    name: 'throws what a terminal obeys',
    parse: () => {
      throw new NamedError(HOSTILE);
    },
  }),
  target({
    ...always,
    name: 'fails for one sample only',
    samples: ['the one'],
    parse: (text) => {
      if (text === 'the one') throw new Error('found');
    },
  }),
  target({
    ...always,
    name: 'compares each character with all others',
    largest: 6_000,
    structures: { 'a long text': (size): string => 'a'.repeat(size) },
    parse: (text) => {
      let same = 0;
      for (let one = 0; one < text.length; one++)
        for (let other = 0; other < one; other++) same += text.charCodeAt(other);
      return same;
    },
  }),
  target({
    ...always,
    name: 'fails for one structure only',
    structures: { 'a long text': (size): string => 'a'.repeat(size) },
    parse: (text) => {
      if (text.length > 1) throw new RangeError('Maximum call stack size exceeded');
    },
  }),
  target({
    ...always,
    name: 'is right',
    structures: { 'a long text': (size): string => 'a'.repeat(size) },
    parse: () => {
      throw new NamedError('expected something else');
    },
  }),
];
