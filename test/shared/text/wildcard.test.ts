import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitBoth, isMeant } from '../../../shared/text/wildcard.ts';
import { tries } from '../../fixtures/any.ts';

describe('a name with stars in it', () => {
  it.each([
    ['bitcoin-*-disk', 'bitcoin-node2-disk', true],
    ['bitcoin-*-disk', 'bitcoin-disk', false],
    ['bitcoin-*', 'bitcoin-', true],
    ['*disk*filling*', 'my disk is filling', true],
    ['*disk*filling', 'filling a disk', false],
    ['a*a', 'a', false],
    ['bitcoin', 'bitcoin', true],
    ['bitcoin', 'bitcoin2', false],
    ['a.c', 'abc', false],
    ['a*b*c', 'a\nb\nc', true],
  ])('%s and %j: %s', (pattern, name, meant) => {
    expect(isMeant(pattern, name)).toBe(meant);
  });

  it('means what a regular expression would', () => {
    const some = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((letters) => letters.join(''));
    const name = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(some, name, (pattern, text) => {
        expect(isMeant(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
      tries('wildcard', 2_000),
    );
  });
});

describe('two names with stars in them', () => {
  it.each([
    ['chainmend-*', 'chainmend-*-disk', true],
    ['*-disk', 'chainmend-*-disk', true],
    ['bitcoin-*', 'chainmend-*-disk', false],
    ['*-height', 'chainmend-*-disk', false],
    ['c*', '*d', true],
    ['', '**', true],
    ['a', '', false],
  ])('%s and %s have a name in common: %s', (one, other, common) => {
    expect([fitBoth(one, other), fitBoth(other, one)]).toEqual([common, common]);
  });

  it('have one where a name is found among all short ones', () => {
    // Four characters of each that are no stars: a name of eight has room for both.
    const some = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 4 }).map((letters) => letters.join(''));
    const names = Array.from({ length: 9 }, (_, length) =>
      Array.from({ length: 2 ** length }, (_, bits) =>
        Array.from({ length }, (_, at) => ((bits >> at) & 1 ? 'a' : 'b')).join(''),
      ),
    ).flat();
    fc.assert(
      fc.property(some, some, (one, other) => {
        expect(fitBoth(one, other)).toBe(names.some((name) => isMeant(one, name) && isMeant(other, name)));
      }),
      tries('wildcard', 500),
    );
  });
});
