// The plan for a full disk: its sentence for people, what an approval covers, and what proves that it is done. Pure.

import { defaultsOf, type Family } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import {
  GIB,
  inodesPercentOf,
  type PrunePlan,
  percentOf,
  type ResizeDecision,
  type ResizeFacts,
  toBeChanged,
} from '../../shared/growth/decide.ts';
import type { Terms } from '../../shared/heal/approval.ts';
import type { Question } from '../../shared/heal/ask.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import type { Observation } from '../../shared/node-commands/answer.ts';
import { leastFilesystemBytes } from '../../shared/node-commands/command.ts';

/** What was planned, with or without a call to EC2. */
export type ResizePlan = Exclude<ResizeDecision, { readonly refuse: GuardrailCode } | { readonly do: 'nothing' }>;

/** What ends with a larger filesystem. */
export type GrowthPlan = Exclude<ResizePlan, PrunePlan>;

/** Whether a heal has paid for the volume already, and only its filesystem is missing: that is finished in every mode. */
export const isPaidFor = (decision: ResizeDecision, { intents }: Pick<ResizeFacts, 'intents'>): boolean =>
  'do' in decision &&
  (decision.do === 'grow-filesystem' || decision.do === 'await-modification') &&
  intents.some(({ volumeId, toGiB }) => volumeId === decision.volumeId && toGiB === decision.toGiB);

/** The action, a colon, and the reason. */
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
    case 'prune':
      return `stop the client, run ${plan.command}, and start it`;
  }
}

const ACTS: Readonly<Record<ResizePlan['do'], string>> = {
  modify: 'grow the volume and its filesystem',
  'grow-filesystem': 'grow the filesystem',
  'await-modification': 'wait for EBS, then grow the filesystem',
  prune: 'stop the client, run its owner’s pruning on its data, and start it; nothing grows',
};

/** The size is a limit: an approval covers a smaller size without a new question (`beyondApproval`). */
export const termsOf = (plan: ResizePlan): Terms => [
  ['act', ACTS[plan.do]],
  ['volume', plan.volumeId],
  ...(plan.do === 'prune' ? [['command', plan.command] as const] : []),
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
  if (plan.do === 'prune' && (approved.do !== 'prune' || approved.command !== plan.command))
    return `approved: ${ACTS[approved.do]}; now it would run ${plan.command} first`;
  if (approved.do === 'prune' && plan.do !== 'prune') return 'approved for its pruning only, now it must grow too';
  if (plan.toGiB > approved.toGiB) return `approved up to ${approved.toGiB} GiB, now ${plan.toGiB} GiB are needed`;
  if (plan.do === 'modify' && approved.do !== 'modify')
    return 'approved for the filesystem only, now the volume must grow too';
  return null;
}

/** The state of the node when it acknowledged the fence. */
export interface NodeBaseline {
  /** How many units the fleet file has for a node. */
  readonly units: number;
  readonly client: Observation['client'];
  /** The filesystem is full, or has no inodes left, or was so when an attempt began: that stopped a client that does not run. */
  readonly full: boolean;
  /** A disk is grown from this use on, and a growth is proved below it. */
  readonly growAtPercent: number;
}

/** From this usage on a client that does not run was stopped by the disk, and not by a person, unless it says otherwise. */
const FULL_PERCENT = 97;
/**
 * Whether the disk had room when the client was seen down: then the disk did not stop it, however full it is by now.
 *
 * @param sinceMs since when watch-fleet has seen it down, ms since the epoch
 * @param percent what its metric has said, oldest first; what it has not said shows nothing
 */
export const hadRoomAt = (
  sinceMs: number,
  percent: readonly { readonly atMs: number; readonly percent: number }[],
): boolean => (percent.find(({ atMs }) => atMs >= sinceMs)?.percent ?? 100) < FULL_PERCENT;

/** 128 and SIGTERM or SIGINT: somebody has told it to end. A client that ends itself for want of room has a status of its own. */
const ENDED_BY_SIGNAL: readonly (number | null)[] = [143, 130];
/**
 * Who may end with success by themselves when there is hardly any room: geth ("Low disk space. Gracefully shutting down Geth", cmd/utils/cmd.go) and
 * bitcoind ("Disk space is too low", src/init.cpp, whose status was 0 before version 26). All others panic, and with success end when they are told to:
 * a validator's key may be at work elsewhere by then.
 */
const MAY_END_THEMSELVES: readonly (Family | undefined)[] = ['ethereum', 'bitcoin', undefined];

const wasToldToEnd = (chain: Fleet['chain'], { client, clientStatus }: Observation): boolean =>
  ENDED_BY_SIGNAL.includes(clientStatus) ||
  (client === 'stopped' && clientStatus === 0 && !MAY_END_THEMSELVES.includes(defaultsOf(chain)?.family));

export const baselineOf = (
  seen: Observation,
  { chain, units, disk }: Pick<Fleet, 'chain' | 'units' | 'disk'>,
  { clientOwed, wasDownBeforeFull }: Pick<ResizeFacts, 'clientOwed' | 'wasDownBeforeFull'>,
): NodeBaseline => ({
  units: units.length,
  client: seen.client,
  growAtPercent: disk.growAtPercent,
  full:
    clientOwed === true ||
    // One that runs may have ended inside, whoever had stopped it before: it is nobody's to leave down.
    ((seen.client === 'running' || (wasDownBeforeFull !== true && !wasToldToEnd(chain, seen))) &&
      (percentOf(seen) >= FULL_PERCENT ||
        (seen.inodesTotal > 0 && seen.inodesUsed * 100 >= seen.inodesTotal * FULL_PERCENT))),
});

/** What is remembered of the client for the next attempt of this incident. null: nothing any more; undefined: nothing is known. */
export function downIn(found: NodeBaseline | null, incidentId: string): string | null | undefined {
  if (found?.client === 'running') return null;
  return found === null || found.client === 'unknown' || found.full ? undefined : incidentId;
}

export const startsClient = (found: NodeBaseline | null): boolean => found?.full === true;

/** Whether an attempt that ends so has told the client to start: one that was refused has sent nothing. */
export const hasStartedClient = (found: NodeBaseline | null, { outcome }: Pick<Ending, 'outcome'>): boolean =>
  startsClient(found) && outcome !== 'refused';

/** A client that the node could not report before need not run. */
export const clientMustRun = (found: NodeBaseline | null): boolean =>
  found !== null && (found.client === 'running' || (found.full && found.client !== 'unknown'));

/**
 * A client that ran at the first look, and that the command, which stops none, found stopped: somebody has stopped it since. It stays down, and the
 * growth is proved by the filesystem. On a full disk it may have ended by itself: that one is started.
 */
export const foundBefore = (found: NodeBaseline | null, before: Observation | null): NodeBaseline | null =>
  found !== null && !found.full && before?.client === 'stopped' ? { ...found, client: 'stopped' } : found;

/** Whether the filesystem has its new size and is as full as one that is grown: somebody may have added one per cent to its volume. */
export const isStillFull = (plan: GrowthPlan, after: Observation, found: NodeBaseline | null): boolean =>
  found !== null && hasSize(plan, after) && Math.max(percentOf(after), inodesPercentOf(after)) >= found.growAtPercent;

const hasSize = ({ toGiB }: GrowthPlan, { sizeBytes }: Observation): boolean =>
  sizeBytes >= leastFilesystemBytes(toGiB);

/** The proof of a growth is the filesystem's own numbers and a running client. A client that a person had stopped stays stopped. */
export function proofOf(
  plan: GrowthPlan,
  after: Observation,
  clientMustRun: boolean,
): { readonly reason: string } | { readonly missing: string } {
  const sizeGiB = after.sizeBytes / GIB;
  if (!hasSize(plan, after))
    return { missing: `the filesystem has ${sizeGiB.toFixed(0)} GiB, ${plan.toGiB} were planned` };
  if (clientMustRun && after.client !== 'running') return { missing: `the client is ${after.client}` };
  const percent = Math.floor((after.usedBytes / after.sizeBytes) * 100);
  const proved = `filesystem ${Math.round(sizeGiB)} GiB, ${percent} % used; client ${after.client}`;
  return { reason: toBeChanged(proved, plan.ownerChange) };
}
