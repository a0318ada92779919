// Each promise is one sentence, as people read it when it is broken.
import { expect, it } from '@jest/globals';
import { PROMISES } from './index.ts';

it('a promise is one sentence', () => {
  for (const sentence of Object.values(PROMISES)) expect(sentence).toMatch(/^[A-Z][^|]{20,150}\.$/);
});
