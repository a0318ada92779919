import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('properties', () => {
  it('have a seed that is known before the run, so that npm test says the same each time', () => {
    const { seed } = fc.readConfigureGlobal();
    expect(seed).toBe(Number(process.env['CHAINMEND_SEED'] ?? 20_260_101));
  });

  it('draw the same cases again', () => {
    const cases = (): readonly number[] => fc.sample(fc.integer(), 20);
    expect(cases()).toEqual(cases());
  });
});
