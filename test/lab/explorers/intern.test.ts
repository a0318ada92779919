import { describe, expect, it } from '@jest/globals';
import { Interner } from './intern.ts';

describe('the interner', () => {
  it('gives equal values one number, whatever the order of their keys', () => {
    const values = new Interner<unknown>();
    const id = values.idOf({ owner: 'a', op: { to: 1, from: 0 } });
    expect(values.idOf({ op: { from: 0, to: 1 }, owner: 'a' })).toBe(id);
    expect(values.idOf({ owner: 'a', op: { to: 2, from: 0 } })).not.toBe(id);
    expect(values.idOf(values.valueOf(id))).toBe(id);
  });

  it('does not tell apart what only people read', () => {
    const values = new Interner<unknown>();
    expect(values.idOf({ reason: 'full', version: 3 })).toBe(values.idOf({ reason: '91 % full', version: 4 }));
  });
});
