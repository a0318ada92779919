// The one decision of a turn: from what was read and what is remembered to the next act. Pure; the same facts, the same act.

import { classOf } from '../../shared/guardrails/replace.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { LOCKED_BY_TAG } from '../../shared/model/tags.ts';
import { begin, followsAgain, isImpaired, refuse } from './begin.ts';
import { NOTHING_LEFT } from './choose.ts';
import { clearUp, HOLD_UNKNOWN } from './clearing.ts';
import { guardOf } from './guard.ts';
import { cannotGoOn, machineNext } from './machine.ts';
import type { Act, Facts, Needs } from './model.ts';
import { onceSettled } from './owed.ts';
import { proving } from './proving.ts';
import { isSpent, paced } from './setbacks.ts';
import { stopStartNext } from './stop-start.ts';
import { swapNext } from './swap.ts';
import { isPending } from './waits.ts';

export function decideNext(facts: Facts, memory: ReplaceMemory | null): Act {
  return memory ? paced(onward(facts, memory), memory, facts.nowMs) : begin(facts);
}

function onward(facts: Facts, memory: ReplaceMemory): Act {
  if (memory.proved !== null) return clearUp(facts, memory);
  if (isNothingOwed(facts, memory) && followsAgain(facts))
    return { do: 'prove', reason: `by itself: ${facts.watched?.reason ?? ''}` };
  if (isUnheard(facts, memory)) return { do: 'inspect', which: 'old' };
  switch (memory.rung) {
    case null:
      return climb(facts, memory);
    case 'restart':
      return restartNext(facts, memory);
    case 'stop-start':
      return stopStartNext(facts, memory);
    case 'swap':
      return swapNext(facts, memory);
    case 'replace':
      return machineNext(facts, memory);
  }
}

/**
 * Nothing was made for it, and nothing that was done to it waits for a proof. What was only intended may have been forbidden by a guard, and
 * has then done nothing: a node that is seen well after that is not restarted or stopped for it, whatever else was meant to be done.
 */
function isNothingOwed({ watched, nowMs }: Facts, memory: ReplaceMemory): boolean {
  const { copy, machine, done, upSinceMs, found, waitingSinceMs } = memory;
  if (copy !== null || machine !== null || upSinceMs !== null) return false;
  if (!done.includes('down') && !done.includes('stopped')) return true;
  const isLater = watched !== null && watched.observedAtMs > (waitingSinceMs ?? nowMs);
  return isLater && !isPending(memory, 'StopInstances', found.instanceId, nowMs);
}

/** What the next decision needs to know beyond what is read in every turn. */
export function needsOf(memory: ReplaceMemory | null): Needs {
  const makesCopy = memory !== null && memory.proved === null && memory.copy === null;
  return {
    sources:
      makesCopy &&
      (memory.rung === 'swap' ||
        (memory.rung === 'replace' &&
          memory.machine !== null &&
          memory.machine.availabilityZone !== memory.found.availabilityZone)),
    // Only to be held: a rung that copies nothing does not rest on it.
    supply: makesCopy && memory.rung === null && !memory.done.includes('held'),
    initialization: memory?.copy !== null && memory?.copy !== undefined && memory.proved === null,
  };
}

/** The first word to a node raises its fence: what an attempt before this one has sent is over then, and what it says is true of now. */
const isUnheard = ({ old, seen }: Facts, { rung }: ReplaceMemory): boolean =>
  (rung === 'restart' || rung === 'swap') &&
  seen === null &&
  old?.agentOnline === true &&
  old.instance.state === 'running';

function restartNext(facts: Facts, memory: ReplaceMemory): Act {
  if (memory.upSinceMs === null) {
    if (!facts.old?.agentOnline) return { do: 'fail-rung', reason: 'the node does not answer commands' };
    const first = facts.seen?.clients.find(({ state }) => state !== 'running');
    const act: Act = {
      do: 'restart',
      reason: first ? `its client is ${first.state}` : (facts.watched?.reason ?? 'it does not follow its chain'),
    };
    return isSpent(memory, act) ? { do: 'fail-rung', reason: 'its restart was not answered' } : act;
  }
  return proving(facts, memory, memory.upSinceMs, 'old', (reason) => ({ do: 'fail-rung', reason }));
}

/** The mildest rung that was not tried; a guard that refuses it ends this attempt, and the next one looks again. */
function climb(facts: Facts, memory: ReplaceMemory): Act {
  const last = memory.failed.at(-1);
  const next = nextRung(facts, memory);
  if (next === undefined) {
    const tried = memory.failed.map(({ rung, reason }) => `${rung}: ${reason}`).join('; ');
    if (tried === '')
      return refuse('restart-forbidden', 'the fleet file allows no rung that could help here', { page: true });
    return onceSettled(facts, memory, {
      as: 'escalated',
      code: hadNothing(memory) ? 'no-good-snapshot' : 'ladder-spent',
      reason: `nothing helped. ${tried}`,
      asFound: true,
    });
  }
  const held = holdSupply(facts, memory, next);
  if (held) return held;
  const guard = guardOf(facts, next);
  if (guard) {
    const refusal = last ? { ...guard, reason: `${guard.reason} (tried before: ${last.rung}: ${last.reason})` } : guard;
    return onceSettled(facts, memory, { as: 'refused', refusal });
  }
  // Before a replacement is reserved for it: whether there is anything to copy is not known.
  if (next === 'swap' && facts.sources?.unread !== undefined)
    return onceSettled(facts, memory, { as: 'refused', refusal: unreadable(facts.sources.unread) });
  // Before one is reserved for it, and before the node feels anything.
  const unfit = cannotGoOn(facts, memory, next);
  if (unfit !== null) return { do: 'skip-rung', rung: next, reason: unfit };
  const reason = last ? `${last.rung} did not help: ${last.reason}` : reasonOf(facts);
  const doubt = facts.launch?.is === 'unknown' ? `; whether EC2 launches it is not known: ${facts.launch.reason}` : '';
  return { do: 'take-rung', rung: next, reason: next === 'replace' ? reason + doubt : reason };
}

const unreadable = (why: string): Refusal => ({
  refuse: 'unreadable',
  reason: `what could be copied cannot be read: ${why}`,
  page: true,
  lookAgainMs: 5 * 60_000,
});

/** For whoever reads the page: it was not the data that were tried, there were none. */
const hadNothing = ({ failed, tried }: ReplaceMemory): boolean =>
  tried.length === 0 && failed.some(({ rung, reason }) => rung === 'swap' && reason.startsWith(NOTHING_LEFT));

/** From the onset on no retention takes away what may be needed: the best sets, and those behind them. */
const SETS_HELD = 2;
/** For the journal: more than these say nothing new. */
const NOT_USED_TOLD = 4;

/**
 * Holding is best effort, and a milder rung never waits for it. Where nobody knows what became of it, or what there is to hold, it is asked for
 * again before the rung that copies something.
 */
function holdSupply({ sources, want, fleet }: Facts, memory: ReplaceMemory, next: Rung): Act | null {
  const { done } = memory;
  if (want.do !== 'heal' || done.includes('held') || !sources || !fleet.replace.rungs.includes('swap')) return null;
  const { good, refused, unread } = sources;
  const isAgain = done.includes(HOLD_UNKNOWN);
  if (isAgain && (unread !== undefined || classOf(next) === 'restart')) return null;
  const snapshots = good.slice(0, SETS_HELD).flatMap(({ parts }) => Object.values(parts));
  const act: Act = {
    do: 'hold',
    snapshots: snapshots.map(({ snapshotId, policyId, locked, tags, ledger }) => ({
      snapshotId,
      policyId,
      locked,
      tags: Object.fromEntries(Object.entries(tags).filter(([key]) => key === LOCKED_BY_TAG)),
      ledger,
    })),
    notUsed:
      unread === undefined
        ? refused.slice(0, NOT_USED_TOLD).map(({ setId, why }) => `${setId} not: ${why}`)
        : [`they cannot be read: ${unread}`],
    isUnread: unread !== undefined,
  };
  return isSpent(memory, act) ? null : act;
}

const reasonOf = (facts: Facts): string => {
  if (facts.want.do !== 'heal') return 'a person asked for it';
  if (isImpaired(facts)) return 'EC2 finds the instance impaired';
  return facts.watched?.reason ?? 'it does not follow its chain';
};

/** The mildest rung that was not tried. */
function nextRung(facts: Situation, { failed }: Pick<ReplaceMemory, 'failed'>): Rung | undefined {
  return ladderOf(facts, { failed }).find((rung) => failed.every((one) => one.rung !== rung));
}

/** Whether the next decision is about a launch that nothing was done for yet. */
export const isLaunchNext = (facts: Situation, memory: ReplaceMemory | null): boolean =>
  memory !== null && memory.proved === null && memory.rung === null && nextRung(facts, memory) === 'replace';

/** What the order of the rungs rests on. */
type Situation = Pick<Facts, 'want' | 'fleet' | 'old' | 'young'>;

/** The rungs that could help here, mildest first. */
export function ladderOf(
  { want, fleet, old, young }: Situation,
  { failed }: Pick<ReplaceMemory, 'failed'>,
): readonly Rung[] {
  switch (want.do) {
    case 'restore':
    case 'undo':
      return ['swap'];
    case 'replace-instance':
      return ['replace'];
    case 'heal': {
      const impaired = isImpaired({ old }) || !old?.agentOnline;
      const booted = failed.some(({ rung }) => rung === 'stop-start');
      const first: readonly Rung[] = impaired || booted ? ['stop-start'] : ['restart'];
      // With an instance that nobody reaches its volumes cannot be exchanged; they are moved to another one.
      const then: readonly Rung[] = impaired && !young ? ['replace'] : ['swap', 'replace'];
      return [...first, ...then].filter((rung) => fleet.replace.rungs.includes(rung));
    }
  }
}
