// Mode ask: how a plan is put to a person, and what binds the answer to it.
import { createHash } from 'node:crypto';
import type { Question } from '../../shared/heal/ask.ts';
import { sentenceOf } from './proof.ts';
import type { Plan } from './stages.ts';

/** Binds an answer to what was asked: attempt, volume, size and act. */
export const planHash = (attempt: number, plan: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify([attempt, plan.do, plan.volumeId, plan.toGiB]))
    .digest('hex')
    .slice(0, 16);

export const questionOf = (attempt: number, plan: Plan): Question => ({
  sentence: sentenceOf(plan),
  hash: planHash(attempt, plan),
  evidence: { plan },
});
