// What is planned for a full disk: how it is put to a person, what an approval covers, and what proves that it is done. Pure.
import type { Terms } from '../../shared/heal/approval.ts';
import type { Question } from '../../shared/heal/ask.ts';
import type { GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { leastFilesystemBytes } from '../../shared/node-commands/command.ts';
import { GIB, percentOf, type ResizeDecision } from './decide.ts';

/** What was planned, whether or not EC2 must be asked for it. */
export type ResizePlan = Exclude<ResizeDecision, { readonly refuse: GuardrailCode } | { readonly do: 'nothing' }>;

/** What would be done, a colon, and why. */
export const sentenceOf = (plan: ResizePlan): string => planSentence(wordsOf(plan));

export const wordsOf = (plan: ResizePlan): PlanWords => ({ would: actOf(plan), because: plan.reason });

function actOf(plan: ResizePlan): string {
  switch (plan.do) {
    case 'modify':
      return `grow ${plan.fromGiB} → ${plan.toGiB} GiB`;
    case 'grow-filesystem':
      return `grow the filesystem to ${plan.toGiB} GiB`;
    case 'await-modification':
      return `wait for EBS, then grow the filesystem to ${plan.toGiB} GiB`;
  }
}

const ACTS: Readonly<Record<ResizePlan['do'], string>> = {
  modify: 'grow the volume and its filesystem',
  'grow-filesystem': 'grow the filesystem',
  'await-modification': 'wait for EBS, then grow the filesystem',
};

/** The size is a limit: a smaller one is covered, and needs no new question (`beyondApproval`). */
export const termsOf = (plan: ResizePlan): Terms => [
  ['act', ACTS[plan.do]],
  ['volume', plan.volumeId],
  ['size', plan.do === 'modify' ? `${plan.fromGiB} → ${plan.toGiB} GiB at most` : `${plan.toGiB} GiB at most`],
  ['cost', plan.do === 'modify' ? `+$${plan.addedUsd.toFixed(2)} a month at most` : 'nothing'],
];

export const questionOf = (plan: ResizePlan): Question => ({
  sentence: sentenceOf(plan),
  words: wordsOf(plan),
  terms: termsOf(plan),
  evidence: { plan },
});

/** An approval holds for the same volume, up to the approved size. A smaller act needs no new question. */
export function beyondApproval(approved: ResizePlan | null, plan: ResizePlan): string | null {
  if (!approved) return null;
  if (approved.volumeId !== plan.volumeId) return `approved for ${approved.volumeId}, now it would be ${plan.volumeId}`;
  if (plan.toGiB > approved.toGiB) return `approved up to ${approved.toGiB} GiB, now ${plan.toGiB} GiB are needed`;
  if (plan.do === 'modify' && approved.do !== 'modify')
    return 'approved for the filesystem only, now the volume must grow too';
  return null;
}

/** What the node was like when it acknowledged the fence. */
export interface NodeBaseline {
  /** How many units the fleet file has for a node. */
  readonly units: number;
  readonly client: Observation['client'];
  /** The filesystem is full, or has no inodes left, or was when an attempt began: a client that does not run was stopped by that. */
  readonly full: boolean;
}

/** From here on the disk is taken to have stopped a client that does not run, and not a person. */
const FULL_PERCENT = 97;

export const baselineOf = (seen: Observation, units: number, clientOwed: boolean): NodeBaseline => ({
  units,
  client: seen.client,
  full:
    clientOwed ||
    percentOf(seen) >= FULL_PERCENT ||
    (seen.inodesTotal > 0 && seen.inodesUsed * 100 >= seen.inodesTotal * FULL_PERCENT),
});

export const startsClient = (found: NodeBaseline | null): boolean => found?.full === true;

/** Nothing is asked of a client that the node could not tell of before. */
export const clientMustRun = (found: NodeBaseline | null): boolean =>
  found !== null && (found.client === 'running' || (found.full && found.client !== 'unknown'));

/** The filesystem's own numbers prove the growth, and a client that runs; one that a person had stopped stays stopped. */
export function proofOf(
  plan: ResizePlan,
  after: Observation,
  clientMustRun: boolean,
): { readonly reason: string } | { readonly missing: string } {
  const sizeGiB = after.sizeBytes / GIB;
  if (after.sizeBytes < leastFilesystemBytes(plan.toGiB))
    return { missing: `the filesystem has ${sizeGiB.toFixed(0)} GiB, ${plan.toGiB} were planned` };
  if (clientMustRun && after.client !== 'running') return { missing: `the client is ${after.client}` };
  const percent = Math.floor((after.usedBytes / after.sizeBytes) * 100);
  return { reason: `filesystem ${Math.round(sizeGiB)} GiB, ${percent} % used; client ${after.client}` };
}
