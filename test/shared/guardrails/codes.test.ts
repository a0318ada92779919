import { describe, expect, it } from '@jest/globals';
import { FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';

describe('what people are told', () => {
  it('has a sentence for every code, and no code twice', () => {
    const codes = [...Object.entries(GUARDRAILS), ...Object.entries(FAILURES)];
    expect(new Set(codes.map(([code]) => code)).size).toBe(codes.length);
    for (const [code, sentence] of codes) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(sentence).toMatch(/^[A-Z].{10,200}\.$/);
    }
  });
});
