// The one decision of a turn: the next act, from what was read and what is remembered. A heal begins, climbs rung after rung, and cleans up after the
// proof. Pure: the same facts give the same act.

import { consensusUnitOf } from '../../shared/fleet/consensus-client.ts';
import { heightProbeOf } from '../../shared/fleet/model.ts';
import { lostAddressOf } from '../../shared/guardrails/replace.ts';
import { positionOf, ROLLING } from '../../shared/guardrails/upgrade.ts';
import type { CleanupPiece, FoundNode, LadderState } from '../../shared/heal/memory.ts';
import { isStopOwed, mayBeOnStandby } from '../../shared/heal/ticket.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { askedText, isBlueGreen } from '../../shared/model/payload.ts';
import type { Rung as RungName } from '../../shared/model/rungs.ts';
import { LOCKED_BY_TAG } from '../../shared/model/tags.ts';
import { endedBesideData } from '../../shared/node-commands/client-end.ts';
import { cannotBeginFor } from '../../shared/readiness/preconditions.ts';
import { begin as beginHeal, holdSnapshots, skipRung, takeRung } from './acts/decisions.ts';
import { commandsClients } from './acts/table.ts';
import { type Facts, followsAgain, isImpaired, runsAgain } from './facts.ts';
import { foundVolumes } from './found-volumes.ts';
import { diskFullFirst } from './full.ts';
import { ENDED, type Gone, judgeGone } from './gone.ts';
import { guardOf } from './judge.ts';
import { nextRung, RUNGS } from './ladder.ts';
import { reasonOfMove } from './move.ts';
import { clientUnknown, laterEachTime, leftToPerson } from './person.ts';
import { besideOf, quietOld, unfitFor } from './rungs/beside.ts';
import { measuredText } from './rungs/reindex.ts';
import { broughtBack, isComingUp } from './rungs/restart.ts';
import { rehearsedText } from './rungs/roll-back.ts';
import {
  askNode,
  awaitSight,
  BOUND_MS,
  clearUp,
  type Decision,
  detachFrom,
  ended,
  isSpent,
  onceSettled,
  orTold,
  owesStart,
  paced,
  proved,
  RUNS_AGAIN,
  type Rung,
  refuse,
  startMachine,
  stopMachine,
  waitedMs,
  waitFor,
} from './rungs/rung.ts';
import { isCalledBack, isWanted } from './rungs/swap.ts';
import { stoppedBefore } from './rungs/upgrade.ts';
import { isUnstarted } from './shortage.ts';
import { judgeStalled } from './stalled.ts';
import { isCleared, isPending, makesAgain, needsOtherData, newState } from './state.ts';
import { foundAgain, notMadeAgain } from './terminated.ts';
import { toldOf } from './told.ts';
import { instanceIn } from './version.ts';

export function decide(facts: Facts, state: LadderState | null): Decision {
  const decision = state ? paced(leaving(onward(facts, state), facts, state), state, facts.nowMs) : begin(facts);
  return orTold(decision, facts, state);
}

/**
 * A person has stopped a client since it was seen to run: it is not started, whatever was begun. That goes on once the person has started it. A masked one
 * is that of a new instance, or this heal's.
 */
function leaving(decision: Decision, read: Facts, { ran, beganAtMs }: LadderState): Decision {
  if (ran !== true || decision.do === 'end' || !commandsClients(decision)) return decision;
  const { leftStopped: _, ...facts } = read;
  const { seen } = facts;
  if (seen?.clients.some(({ masked }) => masked)) return decision;
  const left = leftToPerson(facts, { stops: true });
  if (left === null) return decision;
  // With little disk left geth ends itself, with a clean exit.
  return ended({ as: 'refused', refusal: diskFullFirst(facts, beganAtMs) ?? left });
}

function onward(facts: Facts, state: LadderState): Decision {
  if (state.proved !== null) return nextCleanup(facts, state);
  const gone = makesAgain(state) ? null : terminated(facts, state);
  if (gone) return gone;
  if (isNothingOwed(facts, state) && followsAgain(facts)) return proved(`by itself: ${facts.watched?.reason ?? ''}`);
  const rung = state.rung === null ? null : RUNGS[state.rung];
  if (rung?.asksOriginalFirst && isUnheard(facts)) return askNode('original');
  return rung ? rung.next(facts, state) : climb(facts, state);
}

const isTerminated = ({ original }: Facts): boolean => original !== null && ENDED.includes(original.instance.state);

/**
 * The instance was terminated in the middle: no proof will ever come, and nobody launches another one for what a person has ended. What was made for it
 * is put away first, and a replacement that is there goes on.
 */
function terminated(facts: Facts, state: LadderState): Decision | null {
  const { original, want, nowMs } = facts;
  const { restoredVolumes, replacement, rung } = state;
  if (restoredVolumes !== null || replacement !== null || want.do === 'replace-instance') return null;
  if (original !== null && !isTerminated(facts)) return null;
  // One reading that does not show it is no proof that it is gone.
  if (original === null && waitedMs(state, nowMs) < BOUND_MS.shown) return waitFor(state, nowMs, 'it is not shown');
  const place = givePlace(state);
  if (place !== null) return place;
  const during = rung === null ? 'while it was healed' : `in the middle of its ${rung}`;
  return ended({
    as: 'escalated',
    code: 'instance-gone',
    reason: `its instance was terminated ${during}: nothing more is done, and nothing can be`,
    asFound: false,
  });
}

/** What was taken from its group goes with no instance. */
function givePlace(state: LadderState): Decision | null {
  if (!mayBeOnStandby(state) || state.standbyIn === undefined) return null;
  const giving = clearUp({ kind: 'give-place', target: state.standbyIn });
  return isSpent(state, giving) ? null : giving;
}

/**
 * Whether the heal has nothing to finish: nothing was made, and no act waits for a proof. A guard may have forbidden what was only intended; then it
 * has done nothing. A node that is seen well after that is not restarted or stopped for it.
 */
function isNothingOwed({ watched, nowMs, original: machine }: Facts, state: LadderState): boolean {
  const { restoredVolumes, replacement, upSinceMs, found, waitingSinceMs, client, moves, original, upgrade } = state;
  if (restoredVolumes !== null || replacement !== null || upSinceMs !== null || upgrade !== undefined) return false;
  // What was moved is asked whether its client runs, and then proved.
  if (moves && original !== 'untouched') return false;
  // A client may follow on a machine that EC2 calls impaired a minute later: it was stopped and started for that, so EC2's checks are heard first.
  if (original === 'started' && isComingUp(machine?.checks ?? null) && waitedMs(state, nowMs) <= BOUND_MS.boot)
    return false;
  if (client === 'untouched' && !isStopOwed(state)) return true;
  const isLater = watched !== null && watched.observedAtMs > (waitingSinceMs ?? nowMs);
  return isLater && !isPending(state, 'StopInstances', found.instanceId, nowMs);
}

/** The first command to a node raises its fence: then commands of an earlier attempt are over, and the answer shows the state of now. */
const isUnheard = ({ original, seen }: Facts): boolean =>
  seen === null && original?.agentOnline === true && original.instance.state === 'running';

const MINUTE_MS = 60_000;

/** Whether there is anything to do, and the state of the node before anything is done to it. */
export function begin(facts: Facts): Decision {
  const { original, want, watched, seen, gone } = facts;
  if (gone) return beginAgain(facts, gone);
  if (!original || isTerminated(facts))
    return refuse(
      'instance-gone',
      original ? 'the instance was terminated' : 'EC2 does not know the instance any more',
      {
        retryAfterMs: Math.max(60 * MINUTE_MS, laterEachTime(facts)),
      },
    );
  const { instance, agentOnline } = original;
  if (instance.state === 'stopped' || instance.state === 'stopping')
    return refuse('instance-stopped', `the instance is ${instance.state}: somebody has stopped it`, {
      retryAfterMs: laterEachTime(facts),
    });
  if (instance.state !== 'running') return refuse('busy', `the instance is ${instance.state}`);
  if (want.do === 'heal') {
    if (facts.move?.cause === null)
      return ended({ as: 'healed', reason: 'there is nothing any more for which it would be stopped and started' });
    if (followsAgain(facts))
      return ended({
        as: 'healed',
        reason: watched?.runs ? watched.reason : `it follows its chain again: ${watched?.reason ?? ''}`,
      });
    // It was silent when the heal was called, and has answered since.
    if (watched?.health === 'busy' && !isImpaired(facts)) return refuse('not-confirmed', watched.reason);
    const stalled = judgeStalled(facts);
    if (stalled) return ended({ as: 'refused', refusal: stalled });
  }
  if (agentOnline && !seen) return askNode('original');
  if (want.do === 'shrink') {
    const unfit = guardOf(facts, 'swap') ?? (seen && clientUnknown(facts));
    if (unfit) return ended({ as: 'refused', refusal: unfit });
  }
  if (want.do === 'upgrade') return beginUpgrade(facts, want.to, instance.availabilityZone);
  // The disk is checked before the reason of the stop: with little disk left geth ends itself, with a clean exit.
  const full = want.do === 'heal' ? diskFullFirst(facts, facts.onsetMs) : null;
  if (full) return ended({ as: 'refused', refusal: full });
  const left = leftToPerson(facts, { stops: true });
  if (left) return ended({ as: 'refused', refusal: left });
  if (runsAgain(facts)) return ended({ as: 'healed', reason: RUNS_AGAIN });
  const early = want.do === 'heal' && !isImpaired(facts) ? silentInItsStart(facts) : null;
  if (early !== null) return refuse('not-confirmed', early, { retryAfterMs: MINUTE_MS });
  const found = foundNode(facts, instance.availabilityZone);
  // It has stood nowhere, or its whole chain stands: that it is at the tip after its start, and votes, proves it, and no number of blocks does.
  const stood = facts.move || watched?.evidence === 'votes' ? { height: null, lagBlocks: null } : {};
  const state = newState(facts.nowMs, facts.incidentId, { ...found, ...stood });
  if (!facts.move) return beginHeal({ state });
  const { cause } = facts.move;
  const retypes = cause?.by === 'type' ? { from: cause.from, to: cause.to } : undefined;
  return beginHeal({ state: { ...state, moves: true, ...(retypes && { retypes }) } });
}

/** Within the grace of its start a client may be silent, whoever has started it: the node tells when that was, though watch-fleet could not ask. */
function silentInItsStart({ fleet, watched, seen }: Facts): string | null {
  const ago = seen?.runs?.[0]?.startedSecondsAgo;
  const { startGraceSeconds } = fleet.health;
  if (watched?.health !== 'unreachable' || watched.endsAgain || seen?.clients[0]?.state !== 'running') return null;
  if (ago == null || ago >= startGraceSeconds) return null;
  return `its client was started ${ago} s ago, and may be silent for ${startGraceSeconds} s: ${watched.reason}`;
}

/** A node that has the version already is not touched. Nothing is known of the version before the node was asked. */
function beginUpgrade(facts: Facts, to: string, availabilityZone: string): Decision {
  const { seen, fleet } = facts;
  const instance = instanceIn(fleet, seen);
  if (seen !== null && instance === to) return ended({ as: 'healed', reason: `its client is ${to} already` });
  const refusal = facts.spared ?? (seen && (clientUnknown(facts) ?? stoppedBefore(facts)));
  if (refusal) return ended({ as: 'refused', refusal });
  const begun = isBlueGreen(facts.want) ? 'blue-green' : 'upgrade';
  const lacking = seen && cannotBeginFor(begun, { clients: seen, upgraded: positionOf(fleet) });
  if (lacking !== null) return refuse('version-unknown', lacking, { page: true });
  const state = newState(facts.nowMs, facts.incidentId, foundNode(facts, availabilityZone));
  // From the beginning: the node serves on.
  const beside = isBlueGreen(facts.want) ? besideOf(facts) : null;
  return beginHeal({ state: beside === null ? state : { ...state, beside } });
}

/** Of a node whose instance was terminated. Nothing is asked of it, and nothing is put back. */
function beginAgain(facts: Facts, gone: Gone): Decision {
  const again = foundAgain(facts, gone);
  return 'refusal' in again
    ? ended({ as: 'refused', refusal: again.refusal })
    : beginHeal({ state: newState(facts.nowMs, facts.incidentId, again.found) });
}

/** The state that a heal begins with; null where it does not begin. */
export const stateBegun = (decision: Decision): LadderState | null => (decision.do === 'begin' ? decision.state : null);

function foundNode(facts: Facts, availabilityZone: string): FoundNode {
  const { original, seen, watched } = facts;
  const lostAddress = original && lostAddressOf(original.instance);
  const dataHeight = watched?.height ?? watched?.lastHeight;
  return {
    instanceId: original?.instance.instanceId ?? '',
    ...(lostAddress !== null && { lostAddress }),
    availabilityZone,
    volumes: foundVolumes(facts),
    height: watched?.height ?? null,
    lagBlocks: watched?.lagBlocks ?? null,
    ...(dataHeight !== undefined && { dataHeight }),
    ...(watched?.stoodSinceMs != null && { stoodSinceMs: watched.stoodSinceMs }),
    client: seen?.clients.find(({ state }) => state !== 'running')?.state ?? (seen ? 'running' : 'unknown'),
  };
}

/** Takes the mildest rung that was not tried. A guard that refuses it ends this attempt, and the next attempt looks again. */
function climb(facts: Facts, state: LadderState): Decision {
  const { original } = facts;
  const last = state.failed.at(-1);
  const back = broughtBack(facts, state);
  if (back) return back;
  // It has filled since: no other rung is taken, and nothing is blamed for it.
  const full = facts.want.do === 'heal' ? diskFullFirst(facts, state.beganAtMs) : null;
  if (full) return onceSettled(facts, state, { as: 'refused', refusal: full });
  // What a rung before has stopped, no person has.
  const left = leftToPerson(facts, { stops: state.failed.length === 0 && state.client === 'untouched' });
  if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
  // The node felt nothing of a rung yet, or everything was put back: a stall is waited for, and no rung is taken in it.
  const stalled = facts.want.do === 'heal' && original?.instance.state === 'running' ? judgeStalled(facts) : null;
  if (stalled) return onceSettled(facts, state, { as: 'refused', refusal: stalled });
  const taken = makesAgain(state) ? judgeGone(facts) : null;
  if (taken) return onceSettled(facts, state, { as: 'refused', refusal: taken });
  const started = startRefusedBefore(facts, state);
  if (started) return started;
  const next = nextRung(facts, state);
  if (next === undefined) return spent(facts, state);
  const stays = next === 'upgrade' && !isAtHeight(facts) ? judgeWayBack(facts, state) : null;
  if (stays) return onceSettled(facts, state, { as: 'refused', refusal: stays });
  const held = holdSupply(facts, state, RUNGS[next]);
  if (held) return held;
  const guard = guardOf(facts, next);
  const blind = guard?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  if (blind) return blind;
  const lacking = isBlueGreen(facts.want) ? unfitFor(facts, guard) : null;
  if (lacking !== null) return skipRung({ rung: next, reason: `${lacking}. ${ROLLING}` });
  if (guard) {
    const refusal = last
      ? { ...guard, reason: `${guard.reason} (${last.rung} had not helped: ${last.reason})` }
      : guard;
    return onceSettled(facts, state, { as: 'refused', refusal });
  }
  // Checked before a replacement is reserved for the rung: it is not known whether there is anything to restore from.
  if ((next === 'swap' || needsOtherData(state) || isBlueGreen(facts.want)) && facts.sources?.unread !== undefined)
    return onceSettled(facts, state, { as: 'refused', refusal: unreadable(facts.sources.unread) });
  // Checked before the rung is reserved, and before the node is affected.
  const unfit = causeElsewhere(facts, next) ?? RUNGS[next].cannotBegin(facts, state);
  // A person can still supply what is missing: the next attempt looks again.
  if (unfit !== null && makesAgain(state))
    return onceSettled(facts, state, { as: 'refused', refusal: notMadeAgain(facts, unfit) });
  if (unfit !== null) return skipRung({ rung: next, reason: isBlueGreen(facts.want) ? `${unfit}. ${ROLLING}` : unfit });
  // What it would put back is owed, and its mate comes to its end.
  if (next === 'swap' && facts.mateBack !== null)
    return waitFor(state, facts.nowMs, `${facts.mateBack} gets its data of before first`);
  const reason = whyNext(facts, state);
  if (next === 'roll-back') return takeRung({ rung: next, reason: `${reason}; ${rehearsedText(facts)}` });
  if (next === 'reindex') return takeRung({ rung: next, reason: `${reason}; ${measuredText(facts)}` });
  const doubt = facts.launch?.is === 'unknown' ? `; whether EC2 launches it is not known: ${facts.launch.reason}` : '';
  return takeRung({ rung: next, reason: next === 'replace' ? reason + doubt : reason });
}

/** The last rung that was climbed and did not help, else what is wrong with the node; and what was left out since. */
function whyNext(facts: Facts, { failed }: LadderState): string {
  const at = failed.findLastIndex(({ notBegun }) => notBegun !== true);
  const climbed = failed[at];
  return [
    climbed ? `${climbed.rung} did not help: ${climbed.reason}` : reasonOf(facts),
    ...failed.slice(at + 1).map(({ rung, reason }) => `${rung} was not begun: ${reason}`),
  ].join('; ');
}

/** The chain stops for the upgrade: there is no way back from it. */
const isAtHeight = ({ want }: Pick<Facts, 'want'>): boolean => want.do === 'upgrade' && want.atHeight !== undefined;

/** What the way back of an upgrade needs, before anything of it is begun: data of right before, and volumes that can be exchanged. */
function judgeWayBack(facts: Facts, state: LadderState): Refusal | null {
  const { sources } = facts;
  if (sources?.unread !== undefined) return unreadable(sources.unread);
  const fault =
    cannotBeginFor('way-back', toldOf(facts, state)) ??
    (sources?.good.length === 0
      ? [
          'no data to go back to',
          ...sources.refused.slice(0, NOT_USED_TOLD).map(({ setId, why }) => `${setId}: ${why}`),
        ].join('; ')
      : null);
  if (fault === null) return null;
  // Often it is still being copied.
  return { refuse: 'snapshot-unfit', reason: `it is not upgraded: ${fault}`, page: true, retryAfterMs: 15 * MINUTE_MS };
}

/** The mildest is asked for first: the start that AWS had no room for, an hour later. */
function startRefusedBefore(facts: Facts, state: LadderState): Decision | null {
  const { original, nowMs } = facts;
  if (state.unstarted === undefined || isUnstarted(state, nowMs) || !owesStart(facts, state)) return null;
  const start = startMachine('AWS may have room for it again');
  return original?.instance.state === 'stopped' && !isSpent(state, start) ? start : null;
}

/**
 * Where the consensus client is at fault, only its own restart can help: neither other data nor another instance of the execution client. Where a client says
 * that its data are not the cause of its end, a restart may help: what holds them ends with it.
 */
function causeElsewhere({ want, watched, fleet, seen }: Facts, rung: RungName): string | null {
  if (want.do !== 'heal') return null;
  const [beside] = seen?.clients.flatMap((client) => endedBesideData(client) ?? []) ?? [];
  if (beside !== undefined && RUNGS[rung].class !== 'restart') return `it would not help: ${beside}`;
  if (watched?.cause === undefined) return null;
  return rung === 'restart' && consensusUnitOf(fleet) !== undefined ? null : `it would not help: ${watched.reason}`;
}

export const NO_RUNG = 'the fleet file allows no rung that could help here';

/** No rung is left. */
function spent(facts: Facts, state: LadderState): Decision {
  const tried = state.failed.map(({ rung, reason }) => `${rung}: ${reason}`).join('; ');
  if (tried === '') return refuse('restart-forbidden', NO_RUNG, { page: true });
  if (isBlueGreen(facts.want))
    return onceSettled(facts, state, {
      as: 'escalated',
      code: 'upgrade-failed',
      reason: `it is not upgraded, and its own instance runs as before. ${tried}`,
      asFound: true,
    });
  if (facts.want.do === 'shrink')
    return onceSettled(facts, state, {
      as: 'escalated',
      code: 'shrink-failed',
      reason: `its disk is as large as before, and its own data are mounted. ${tried}`,
      asFound: facts.seen === null || facts.seen.clients.every(({ state: is }) => is === 'running'),
    });
  const runs = facts.seen?.clients.every(({ state: is }) => is === 'running') === true;
  if (state.failed.some(({ rung }) => rung === 'upgrade'))
    return onceSettled(facts, state, {
      as: 'escalated',
      code: 'upgrade-failed',
      reason: isAtHeight(facts)
        ? `it does not follow its chain above the height of the upgrade, and there is no way back from there. ${tried}`
        : state.upgrade
          ? `it is not upgraded, and its data of before could not be put back. ${tried}`
          : `it is not upgraded, and ${runs ? 'runs as before' : 'how its client is nobody knows'}. ${tried}`,
      asFound:
        !isAtHeight(facts) &&
        state.upgrade === undefined &&
        facts.seen?.clients.every(({ state: is }) => is === 'running') === true,
    });
  // No data were tried, because there were none: the page says so.
  const hadNothing = state.tried.length === 0 && state.failed.some(({ code }) => code === 'no-good-snapshot');
  return onceSettled(facts, state, {
    as: 'escalated',
    code: hadNothing ? 'no-good-snapshot' : 'ladder-spent',
    reason: `${state.moves ? notMoved(state) : facts.want.do === 'heal' ? 'nothing helped' : NOT_DONE}. ${tried}`,
    asFound: !state.moves || facts.seen?.clients.every(({ state: is }) => is === 'running') === true,
    ...(wasUnopened(state) && { unopened: true }),
  });
}

/** Of its own data, or of any copy. */
const wasUnopened = ({ failed, tried }: LadderState): boolean =>
  failed.some(({ code }) => code === 'unopened') || tried.some(({ fault }) => fault === 'unopened');

const NOT_DONE = 'what a person asked for could not be done, and nothing more is tried for it';

const notMoved = ({ retypes }: LadderState): string =>
  retypes ? `its instance did not become ${retypes.to}` : 'its move to other hardware did not end well';

const unreadable = (why: string): Refusal => ({
  refuse: 'unreadable',
  reason: `what could be copied cannot be read: ${why}`,
  page: true,
  retryAfterMs: 5 * 60_000,
});

/** From the onset on no retention may remove what may be needed: the best sets, and the next ones. */
const SETS_HELD = 2;
/** For the journal: more sentences than these add nothing. */
const NOT_USED_TOLD = 4;

/**
 * Holding is best effort, and a milder rung never waits for it. If its result is unknown, or the snapshots to hold could not be read, it is tried
 * again before the rung that restores something.
 */
function holdSupply({ sources, want, fleet }: Facts, state: LadderState, next: Rung): Decision | null {
  const { hold } = state;
  if (want.do !== 'heal' || state.moves || hold === 'held' || !sources || !fleet.replace.rungs.includes('swap'))
    return null;
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
  if (facts.want.do !== 'heal') return askedText(facts.want);
  if (facts.gone) return 'its instance was terminated';
  if (facts.move) return reasonOfMove(facts.move);
  if (isImpaired(facts)) return 'EC2 finds the instance impaired';
  return facts.watched?.reason ?? 'it does not follow its chain';
};

/**
 * After the proof: what is no longer needed is kept and reported, and what points at the original is pointed at its replacement. One piece a turn.
 * Each can be repeated, and a failure undoes nothing: the node is already well.
 */
export function nextCleanup(facts: Facts, state: LadderState): Decision {
  const pieces = piecesOf(facts, state).filter((one) => !isCleared(state, one));
  const standby = pieces.find(({ kind }) => kind === 'leave-standby');
  const leaving = standby && clearUp(standby, []);
  if (leaving && !isSpent(state, leaving)) return leaving;
  const detaching = detachFound(facts, state);
  if (detaching) return detaching;
  const [piece] = pieces;
  const stopping = piece?.kind === 'retire' ? stopRetired(facts, state) : null;
  if (stopping) return stopping;
  return piece
    ? clearUp(piece, putAwayBy(piece, facts))
    : (typeStays(facts, state) ?? (isAsked(facts, state) ? endOfProof(state) : beginOwn(facts)));
}

/** What another heal had begun is finished, and nothing of it is left for a later attempt. */
function beginOwn(facts: Facts): Decision {
  const own = begin(facts);
  return own.do === 'end' && own.end.as === 'refused' ? ended({ ...own.end, leavesNothing: true }) : own;
}

/** Whether what is proved is what this attempt is about. It has finished first what another heal had begun. */
function isAsked(facts: Facts, state: LadderState): boolean {
  const { want, incidentId } = facts;
  const { restoredVolumes, replacement, upgrade } = state;
  if (state.incidentId === incidentId) return true;
  switch (want.do) {
    case 'heal':
      return true;
    case 'undo':
    case 'restore':
    case 'shrink':
      return restoredVolumes === null ? isCalledBack(facts, state) : isWanted(facts, restoredVolumes);
    case 'replace-instance':
      return replacement !== null;
    case 'upgrade':
      return upgrade?.to === want.to || (isBlueGreen(want) && replacement !== null);
  }
}

/** A node whose instance kept the type of its first sync is well, and dear: a person is told. */
function typeStays({ original }: Facts, { retypes, proved }: LadderState): Decision | null {
  if (retypes === undefined || original === null || original.instance.instanceType !== retypes.from) return null;
  const { from, to, stays, held } = retypes;
  if (held && stays === undefined)
    return ended({
      as: 'healed',
      reason: `its instance keeps ${from} for now: a guard forbade another type (${proved})`,
    });
  return ended({
    as: 'escalated',
    code: 'boost-stays',
    reason: `its instance keeps ${from}, the type of its first sync, and does not become ${to}: ${stays ?? 'it could not be set'}. The node is well (${proved})`,
    asFound: true,
  });
}

/** A node that was rolled back is well, and not upgraded: a person is told. */
function endOfProof({ proved, upgrade, failed }: LadderState): Decision {
  const back = failed.find(({ rung }) => rung === 'upgrade');
  if (back === undefined || upgrade === undefined) return ended({ as: 'healed', reason: proved ?? '' });
  const { from, to } = upgrade;
  return ended({
    as: 'escalated',
    code: 'upgrade-failed',
    reason: `${to} did not prove itself (${back.reason}): ${from} runs again, on its earlier data (${proved})`,
    asFound: true,
  });
}

const putAwayBy = ({ kind, target }: CleanupPiece, { volumes }: Facts): Facts['volumes'] =>
  kind === 'keep' || kind === 'drop-copy' ? volumes.filter(({ volumeId }) => target.split(' ').includes(volumeId)) : [];

/** After a swap the found volumes are unmounted, and are now detached. A volume that cannot be detached is left, and reported. */
function detachFound({ volumes, nowMs }: Facts, state: LadderState): Decision | null {
  if (state.rung !== 'swap' || state.restoredVolumes === null) return null;
  for (const { volumeId } of state.found.volumes) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') continue;
    if (attachment.state === 'attached' && !isPending(state, 'DetachVolume', volumeId, nowMs))
      return detachFrom(
        'original',
        { volumeId, device: attachment.device },
        'the node has proved itself without it; it is kept',
      );
    if (waitedMs(state, nowMs) <= BOUND_MS.detach) return waitFor(state, nowMs, `${volumeId} is ${attachment.state}`);
  }
  return null;
}

/**
 * The original is kept stopped. A client that only confirmed its mask may still run, and the instance costs its price. An instance that does not stop
 * is left, and reported.
 */
function stopRetired(facts: Facts, state: LadderState): Decision | null {
  const { original, nowMs } = facts;
  const { instanceId, state: power } = original?.instance ?? { instanceId: '', state: 'terminated' };
  const quiet = state.beside === undefined ? null : quietOld(facts, state);
  if (quiet) return quiet;
  const act = stopMachine('original', 'another instance has taken its place');
  if (power === 'stopped' || power === 'terminated' || isSpent(state, act)) return null;
  if (power === 'running' && !isPending(state, 'StopInstances', instanceId, nowMs)) return act;
  return waitedMs(state, nowMs) > BOUND_MS.stop ? null : waitFor(state, nowMs, `the old instance is ${power}`);
}

/** Of a terminated node only what is left, and nobody uses: nothing else is there to be kept. */
const leftOver = ({ volumes }: Pick<Facts, 'volumes'>, { found }: LadderState): readonly string[] =>
  found.volumes.flatMap(({ volumeId }) => {
    const isThere = volumes.some((volume) => volume.volumeId === volumeId && volume.attachment === null);
    return found.machine === undefined || isThere ? [volumeId] : [];
  });

function piecesOf({ fleet, original, volumes }: Facts, state: LadderState): readonly CleanupPiece[] {
  const { rung, restoredVolumes, tried, replacement, found, hold, beside } = state;
  const pieces: CleanupPiece[] = [];
  const add = (kind: CleanupPiece['kind'], target: string): void => {
    if (target !== '') pieces.push({ kind, target });
  };
  // Where nobody sees the node's height, a client that runs is no proof of its data.
  if (restoredVolumes?.from === 'snapshot') {
    if (heightProbeOf(fleet) !== undefined)
      add('verify', restoredVolumes.volumes.map(({ snapshotId }) => snapshotId).join(' '));
    // A client that runs on other data shows that the earlier data could not be used.
    for (const { snapshotIds, door, fault } of tried)
      if (door === 'data' && (fault === 'open' || fault === 'unopened' || fault === 'lower-stop'))
        add('quarantine', snapshotIds.join(' '));
  }
  // Its files are on the new volume.
  if (restoredVolumes?.shrink) add('drop-copy', restoredVolumes.shrink.copy.volumeId);
  if (restoredVolumes?.from === 'kept')
    add('unkeep', restoredVolumes.volumes.map(({ volumeId }) => volumeId).join(' '));
  if (restoredVolumes && (rung === 'swap' || rung === 'replace')) {
    const ids = leftOver({ volumes }, state).join(' ');
    add('keep', ids);
    add('untarget', ids);
  }
  if (rung === 'replace' && replacement) {
    add('hand-over', replacement.instanceId);
    if (!makesAgain(state) && !beside) add('retire', found.instanceId);
  }
  // A retired instance stays on standby: its group must not start what must not run again.
  if (rung !== 'replace' && mayBeOnStandby(state)) add('leave-standby', original?.instance.autoScalingGroup ?? '');
  if (fleet.dns !== undefined) add('register', fleet.name);
  if (rung === 'replace' && fleet.peers?.rotate) add('rotate', fleet.name);
  // It served until here: names and addresses go first.
  if (beside && replacement) add('retire', found.instanceId);
  if (hold !== 'none') pieces.push({ kind: 'release-holds', target: '' });
  return pieces;
}
