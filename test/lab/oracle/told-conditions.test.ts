// What the judge holds of conditions is what docs/decisions.md says, which is made from the code's own table.
import { expect, it } from '@jest/globals';
import { BINDINGS } from '../../../shared/model/conditions.ts';
import { FORBIDDEN } from './told-conditions.ts';

it('the judge knows every condition that forbids something, and what', () => {
  const binding = Object.entries(BINDINGS).filter(([, { forbids }]) => forbids.length > 0);
  const sorted = (all: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(all).map(([code, acts]) => [code, acts.toSorted()]));
  expect(sorted(FORBIDDEN)).toEqual(sorted(Object.fromEntries(binding.map(([code, { forbids }]) => [code, forbids]))));
});
