// What a plan is worth: whether an approval covers it, what proves it, and what is asked of the client. Pure.
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { leastFilesystemBytes } from '../../shared/node-commands/command.ts';
import { GIB, percentOf } from './decide.ts';
import type { Found, Plan } from './stages.ts';

/** An approval holds for what was approved: the same volume, no more than that size. A smaller act needs no new question. */
export function beyondApproval(approved: Plan | null, plan: Plan): string | null {
  if (!approved) return null;
  if (approved.volumeId !== plan.volumeId) return `approved for ${approved.volumeId}, now it would be ${plan.volumeId}`;
  if (plan.toGiB > approved.toGiB) return `approved up to ${approved.toGiB} GiB, now ${plan.toGiB} GiB are needed`;
  if (plan.do === 'modify' && approved.do !== 'modify')
    return 'approved for the filesystem only, now the volume must grow too';
  return null;
}

/** Grown is proved by the filesystem's own numbers and by a client that runs; one that a person had stopped stays stopped. */
export function proofOf(
  plan: Plan,
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

/** From here on a client that does not run is taken to have been stopped by the disk and not by a person. */
const FULL_PERCENT = 97;

export const foundOf = (seen: Observation, units: number, clientOwed: boolean): Found => ({
  units,
  client: seen.client,
  full:
    clientOwed ||
    percentOf(seen) >= FULL_PERCENT ||
    (seen.inodesTotal > 0 && seen.inodesUsed * 100 >= seen.inodesTotal * FULL_PERCENT),
});

export const startsClient = (found: Found | null): boolean => found?.full === true;

/** Nothing is asked of a client that the node could not tell of before. */
export const clientMustRun = (found: Found | null): boolean =>
  found !== null && (found.client === 'running' || (found.full && found.client !== 'unknown'));

/** What would be done, a colon, and why. */
export const sentenceOf = (plan: Plan): string => planSentence(wordsOf(plan));

export const wordsOf = (plan: Plan): PlanWords => ({ would: actOf(plan), because: plan.reason });

function actOf(plan: Plan): string {
  switch (plan.do) {
    case 'modify':
      return `grow ${plan.fromGiB} → ${plan.toGiB} GiB`;
    case 'grow-filesystem':
      return `grow the filesystem to ${plan.toGiB} GiB`;
    case 'await-modification':
      return `wait for EBS, then grow the filesystem to ${plan.toGiB} GiB`;
  }
}
