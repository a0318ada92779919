// Whether a full volume is pruned before it is grown, by its owner's own command: where the ceiling is near, on a follower that its fleet can spare, once
// a day, and only what has come through on a copy. Pure.

import type { Fleet, Role } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import { judgeConditions, judgeHalt } from '../guardrails/conditions.ts';
import { judgeSelf } from '../guardrails/move.ts';
import { type PruneTrial, pruneTrialText, untriedReason } from '../heal/drill.ts';
import type { PruneNote } from '../heal/records.ts';
import type { Observation } from '../node-commands/answer.ts';
import { isInPool } from '../snapshots/donor.ts';

const GIB = 1024 ** 3;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** What is known of the owner's pruning, and of the fleet that would have to do without the node. */
export interface PruneFacts {
  readonly node: { readonly instanceId: string; readonly name: string };
  readonly role: Role;
  /** What the last drill has shown of it; null where none has tried it. */
  readonly trial: PruneTrial | null;
  /** The last time that this node was pruned, or was to be; null: it never was. */
  readonly last: PruneNote | null;
  /** The fleet as watch-fleet saw it within the last three minutes. */
  readonly nodes: readonly ObservedNode[];
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
}

/** Sizes of a volume that is to grow. */
export interface Ceiling {
  /** What the growth of now would make of it, if nothing stopped it. */
  readonly wishGiB: number;
  /** The least of what the fleet file, EBS and the format let it become. */
  readonly ceilingGiB: number;
}

export interface PruneRequest {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'disk' | 'drills'>;
  /** The node's own answer; null where it was not asked. */
  readonly seen: Pick<Observation, 'client'> | null;
  readonly facts: PruneFacts;
  readonly ceiling: Ceiling;
}

export type PruneVerdict =
  | { readonly prune: { readonly command: string; readonly seconds: number }; readonly reason: string }
  /** `passes`: soon it may be otherwise. */
  | { readonly not: string; readonly passes: boolean };

/** The ceiling is near where the growth of now, and one more least step after it, do not fit under it. */
export const isNear = (
  { minimumStepPercent }: Pick<Fleet['disk'], 'minimumStepPercent'>,
  { wishGiB, ceilingGiB }: Ceiling,
): boolean => wishGiB * (1 + minimumStepPercent / 100) > ceilingGiB;

/** null: the file has no command for it, or the ceiling is far. */
export function judgePrune({ nowMs, fleet, seen, facts, ceiling }: PruneRequest): PruneVerdict | null {
  const { prune } = fleet.disk;
  if (prune === undefined || !isNear(fleet.disk, ceiling)) return null;
  const { role, trial, last } = facts;
  if (role !== 'follower') return never(`only a follower is pruned, and its role is ${role}`);
  if (last !== null && nowMs - last.atMs < DAY_MS)
    return never(`${prunedText(last)} ${agoText(nowMs - last.atMs)} ago, and once a day is all`);
  if (prune.rehearse) {
    const untried = untriedReason(
      { command: prune.command, maxAgeHours: fleet.drills?.maxAgeHours ?? 0 },
      trial,
      nowMs,
      pruneTrialText,
    );
    if (untried !== null) return soon(untried);
  }
  if (seen !== null && seen.client !== 'running')
    return soon(`its client is ${seen.client}, and only what a client has left cleanly is pruned`);
  const needed = neededReason(facts, prune.poolFloor);
  if (needed !== null) return soon(needed);
  const tried =
    prune.rehearse && trial !== null
      ? pruneTrialText(trial)
      : `${prune.command}, which was tried on no copy (rehearse: false)`;
  return {
    prune: { command: prune.command, seconds: prune.minutes * 60 },
    reason: `to ${ceiling.wishGiB} GiB and one more step it would pass the ceiling of ${ceiling.ceilingGiB} GiB; ${tried}`,
  };
}

/** Why the fleet cannot spare the node now; null where it can. */
export function neededReason(
  { node, nodes, breaker, haltedSinceMs }: Pick<PruneFacts, 'node' | 'nodes' | 'breaker' | 'haltedSinceMs'>,
  poolFloor: number,
): string | null {
  const halted = judgeHalt('move', node.name, haltedSinceMs);
  if (halted) return halted.reason;
  const unwell = judgeSelf({ node, nodes });
  if (unwell) return unwell.reason;
  const held = judgeConditions('move', node, breaker.conditions);
  if (held) return held.reason;
  if (breaker.open) return `${breaker.sentence}: nothing is stopped to be pruned`;
  const remain = nodes.filter((one) => one.instanceId !== node.instanceId && isInPool(one)).length;
  return remain >= poolFloor
    ? null
    : `${remain} synced nodes would stay in the pool while it is pruned, floor ${poolFloor} (disk.prune.poolFloor)`;
}

/** How much it has freed, in GiB; null where nobody knows. */
const freedGiB = ({ usedBytesBefore, usedBytesAfter }: PruneNote): number | null =>
  usedBytesAfter === null ? null : Math.max(0, usedBytesBefore - usedBytesAfter) / GIB;

/** "/opt/node/prune has freed 120 GiB"; or what else is known of it. */
export function prunedText(note: PruneNote): string {
  const { command, ended } = note;
  const freed = freedGiB(note);
  const much = freed === null ? 'what it has freed nobody knows' : `it has freed ${sizeText(freed)}`;
  switch (ended?.as) {
    case 'done':
      return freed === null ? `${command} was run, and ${much}` : `${command} has freed ${sizeText(freed)}`;
    case 'failed':
      return `${command} has failed (${ended.reason}), and ${much}`;
    case 'unknown':
      return `what became of ${command} nobody knows (${ended.reason}), and ${much}`;
    case undefined:
      return `${command} was to be run`;
  }
}

const sizeText = (gib: number): string => (gib < 1 ? 'less than 1 GiB' : `${Math.round(gib)} GiB`);
const agoText = (ms: number): string =>
  ms < HOUR_MS ? `${Math.max(0, Math.floor(ms / 60_000))} min` : `${Math.floor(ms / HOUR_MS)} h`;

const never = (not: string): PruneVerdict => ({ not, passes: false });
const soon = (not: string): PruneVerdict => ({ not, passes: true });
