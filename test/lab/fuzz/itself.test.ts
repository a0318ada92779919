// The fuzzer must find known defects: only then do its empty results count.
import { describe, expect, it } from '@jest/globals';
import { work } from './fuzz.ts';

const wanted = { runs: 20, seed: 1, more: 5, newSeed: 2, oneIn: 1 };
const moduleOf = (name: string): string => new URL(`./broken/${name}.ts`, import.meta.url).href;

describe('the fuzzer', () => {
  it('tells of each parser what is wrong with it, and with which input', async () => {
    const came = await work({ ...wanted, module: moduleOf('parsers') });
    const told = Object.fromEntries(came.map(({ target, failure }) => [target, failure]));
    expect(told).toEqual({
      'reads a field of nothing': expect.stringContaining('TypeError: Cannot read properties of undefined'),
      'takes its time': expect.stringMatching(/it took 2\d\d ms, limit 200/),
      'returns what a terminal obeys': expect.stringContaining(
        'what a person reads of it is not plain: .reason: U+000d',
      ),
      'throws what a terminal obeys': expect.stringContaining('its message is not plain'),
      'fails for one sample only': expect.stringMatching(/found[\s\S]*input \["the one"\]/),
      'compares each character with all others': expect.stringMatching(
        /a long text, of 6000 characters: .*its work grows faster than its input: [\d.]+, [\d.]+, [\d.]+ ms for/,
      ),
      'fails for one structure only': expect.stringContaining(
        'a long text, of 65536 characters: RangeError: Maximum call',
      ),
      'is right': undefined,
    });
    // New inputs are reported separately from the fixed ones.
    expect(came.map(({ news }) => news !== undefined)).toEqual([true, true, true, true, false, false, false, false]);
  });

  it('ends a parser that takes more memory than an input may', async () => {
    await expect(work({ ...wanted, module: moduleOf('glutton') })).rejects.toThrow(/target 0, input 1 .*memory limit/);
  });
});
