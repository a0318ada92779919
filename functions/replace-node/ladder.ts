// The ladder: its rungs in order, which of them comes next, and the one decision of a turn: from what was read and what is remembered to the
// next act. Pure; the same facts, the same act.
import type { LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Rung as RungName } from '../../shared/model/rungs.ts';
import { LOCKED_BY_TAG } from '../../shared/model/tags.ts';
import { prove, skipRung, takeRung } from './acts/decisions.ts';
import { inspect } from './acts/node-commands.ts';
import { holdSnapshots } from './acts/precautions.ts';
import { begin } from './begin.ts';
import { nextCleanup } from './cleanup.ts';
import { type Facts, followsAgain, isImpaired, type Needs, type Situation } from './facts.ts';
import { guardOf } from './guards.ts';
import { isSpent, paced } from './rungs/patience.ts';
import { REPLACE } from './rungs/replace.ts';
import { RESTART } from './rungs/restart.ts';
import { type Decision, type Rung, refuse } from './rungs/rung.ts';
import { onceSettled } from './rungs/settle.ts';
import { STOP_START } from './rungs/stop-start.ts';
import { SWAP } from './rungs/swap.ts';
import { isPending, isStopOwed } from './state.ts';

/** From the mildest on. Each is taken once in an incident. */
export const RUNGS: Readonly<Record<RungName, Rung>> = {
  /** Its client, by its own service manager. */
  restart: RESTART,
  /** Its instance, for one that EC2 finds impaired or nobody reaches. */
  'stop-start': STOP_START,
  /** Its data, from a good snapshot or a healthy sibling. */
  swap: SWAP,
  /** Its instance, by another one that gets its data, its address and its name. */
  replace: REPLACE,
};

/** The rungs that could help here, mildest first. */
export function ladderOf(
  { want, fleet, original, replacement }: Situation,
  { failed }: Pick<LadderState, 'failed'>,
): readonly RungName[] {
  switch (want.do) {
    case 'restore':
    case 'undo':
      return ['swap'];
    case 'replace-instance':
      return ['replace'];
    case 'heal': {
      const impaired = isImpaired({ original }) || !original?.agentOnline;
      const booted = failed.some(({ rung }) => rung === 'stop-start');
      const first: readonly RungName[] = impaired || booted ? ['stop-start'] : ['restart'];
      // With an instance that nobody reaches its volumes cannot be exchanged; they are moved to another one.
      const then: readonly RungName[] = impaired && !replacement ? ['replace'] : ['swap', 'replace'];
      return [...first, ...then].filter((rung) => fleet.replace.rungs.includes(rung));
    }
  }
}

/** The mildest rung that was not tried. */
const nextRung = (situation: Situation, { failed }: Pick<LadderState, 'failed'>): RungName | undefined =>
  ladderOf(situation, { failed }).find((rung) => failed.every((one) => one.rung !== rung));

export function decide(facts: Facts, state: LadderState | null): Decision {
  return state ? paced(onward(facts, state), state, facts.nowMs) : begin(facts);
}

function onward(facts: Facts, state: LadderState): Decision {
  if (state.proved !== null) return nextCleanup(facts, state);
  if (isNothingOwed(facts, state) && followsAgain(facts))
    return prove({ reason: `by itself: ${facts.watched?.reason ?? ''}` });
  const rung = state.rung === null ? null : RUNGS[state.rung];
  if (rung?.asksOriginalFirst && isUnheard(facts)) return inspect({ which: 'original' });
  return rung ? rung.next(facts, state) : climb(facts, state);
}

/**
 * Nothing was made for it, and nothing that was done to it waits for a proof. What was only intended may have been forbidden by a guard, and
 * has then done nothing: a node that is seen well after that is not restarted or stopped for it, whatever else was meant to be done.
 */
function isNothingOwed({ watched, nowMs }: Facts, state: LadderState): boolean {
  const { restoredVolumes, replacement, upSinceMs, found, waitingSinceMs, client } = state;
  if (restoredVolumes !== null || replacement !== null || upSinceMs !== null) return false;
  if (client === 'untouched' && !isStopOwed(state)) return true;
  const isLater = watched !== null && watched.observedAtMs > (waitingSinceMs ?? nowMs);
  return isLater && !isPending(state, 'StopInstances', found.instanceId, nowMs);
}

/** The first word to a node raises its fence: what an attempt before this one has sent is over then, and what it says is true of now. */
const isUnheard = ({ original, seen }: Facts): boolean =>
  seen === null && original?.agentOnline === true && original.instance.state === 'running';

/** What the next decision needs to know beyond what is read in every turn. */
export function needsOf(situation: Situation, state: LadderState | null): Needs {
  if (state === null || state.proved !== null)
    return { sources: false, supply: false, initialization: false, launch: false, replace: false };
  const { rung, replacement, restoredVolumes, found, failed } = state;
  const isElsewhere = replacement !== null && replacement.availabilityZone !== found.availabilityZone;
  return {
    sources: restoredVolumes === null && (rung === 'swap' || (rung === 'replace' && isElsewhere)),
    // Only to be held: a rung that restores nothing does not rest on it.
    supply: restoredVolumes === null && rung === null && state.hold !== 'held',
    initialization: restoredVolumes !== null,
    launch: rung === null && nextRung(situation, state) === 'replace',
    replace:
      rung === null && ladderOf(situation, state).includes('replace') && failed.every((one) => one.rung !== 'replace'),
  };
}

/** The mildest rung that was not tried; a guard that refuses it ends this attempt, and the next one looks again. */
function climb(facts: Facts, state: LadderState): Decision {
  const last = state.failed.at(-1);
  const next = nextRung(facts, state);
  if (next === undefined) return spent(facts, state);
  const held = holdSupply(facts, state, RUNGS[next]);
  if (held) return held;
  const guard = guardOf(facts, next);
  if (guard) {
    const refusal = last ? { ...guard, reason: `${guard.reason} (tried before: ${last.rung}: ${last.reason})` } : guard;
    return onceSettled(facts, state, { as: 'refused', refusal });
  }
  // Before a replacement is reserved for it: whether there is anything to restore from is not known.
  if (next === 'swap' && facts.sources?.unread !== undefined)
    return onceSettled(facts, state, { as: 'refused', refusal: unreadable(facts.sources.unread) });
  // Before one is reserved for it, and before the node feels anything.
  const unfit = RUNGS[next].cannotBegin(facts, state);
  if (unfit !== null) return skipRung({ rung: next, reason: unfit });
  const reason = last ? `${last.rung} did not help: ${last.reason}` : reasonOf(facts);
  const doubt = facts.launch?.is === 'unknown' ? `; whether EC2 launches it is not known: ${facts.launch.reason}` : '';
  return takeRung({ rung: next, reason: next === 'replace' ? reason + doubt : reason });
}

/** No rung is left. */
function spent(facts: Facts, state: LadderState): Decision {
  const tried = state.failed.map(({ rung, reason }) => `${rung}: ${reason}`).join('; ');
  if (tried === '')
    return refuse('restart-forbidden', 'the fleet file allows no rung that could help here', { page: true });
  // It was not the data that were tried, there were none: the page says so.
  const hadNothing = state.tried.length === 0 && state.failed.some(({ code }) => code === 'no-good-snapshot');
  return onceSettled(facts, state, {
    as: 'escalated',
    code: hadNothing ? 'no-good-snapshot' : 'ladder-spent',
    reason: `nothing helped. ${tried}`,
    asFound: true,
  });
}

const unreadable = (why: string): Refusal => ({
  refuse: 'unreadable',
  reason: `what could be copied cannot be read: ${why}`,
  page: true,
  retryAfterMs: 5 * 60_000,
});

/** From the onset on no retention takes away what may be needed: the best sets, and those behind them. */
const SETS_HELD = 2;
/** For the journal: more than these say nothing new. */
const NOT_USED_TOLD = 4;

/**
 * Holding is best effort, and a milder rung never waits for it. Where nobody knows what became of it, or what there is to hold, it is asked for
 * again before the rung that restores something.
 */
function holdSupply({ sources, want, fleet }: Facts, state: LadderState, next: Rung): Decision | null {
  const { hold } = state;
  if (want.do !== 'heal' || hold === 'held' || !sources || !fleet.replace.rungs.includes('swap')) return null;
  const { good, refused, unread } = sources;
  if (hold === 'unknown' && (unread !== undefined || next.class === 'restart')) return null;
  const snapshots = good.slice(0, SETS_HELD).flatMap(({ parts }) => Object.values(parts));
  const act = holdSnapshots({
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
  });
  return isSpent(state, act) ? null : act;
}

const reasonOf = (facts: Facts): string => {
  if (facts.want.do !== 'heal') return 'a person asked for it';
  if (isImpaired(facts)) return 'EC2 finds the instance impaired';
  return facts.watched?.reason ?? 'it does not follow its chain';
};
