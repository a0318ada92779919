// Mode ask: how a growth is put to a person, and what an answer to it covers.
import type { Terms } from '../../shared/heal/approval.ts';
import type { Question } from '../../shared/heal/ask.ts';
import { sentenceOf, wordsOf } from './proof.ts';
import type { Plan } from './stages.ts';

const ACTS: Readonly<Record<Plan['do'], string>> = {
  modify: 'grow the volume and its filesystem',
  'grow-filesystem': 'grow the filesystem',
  'await-modification': 'wait for EBS, then grow the filesystem',
};

/** The size is a limit: what has become smaller since is covered, and needs no new question (`beyondApproval`). */
export const termsOf = (plan: Plan): Terms => [
  ['act', ACTS[plan.do]],
  ['volume', plan.volumeId],
  ['size', plan.do === 'modify' ? `${plan.fromGiB} → ${plan.toGiB} GiB at most` : `${plan.toGiB} GiB at most`],
  ['cost', plan.do === 'modify' ? `+$${plan.addedUsd.toFixed(2)} a month at most` : 'nothing'],
];

export const questionOf = (plan: Plan): Question => ({
  sentence: sentenceOf(plan),
  words: wordsOf(plan),
  terms: termsOf(plan),
  evidence: { plan },
});
