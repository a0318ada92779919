import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isMeant } from '../../../shared/text/wildcard.ts';
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
