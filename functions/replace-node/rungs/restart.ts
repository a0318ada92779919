// The rungs that restart something: the client, and the instance where EC2 finds it impaired. Pure.

import { consensusUnitOf } from '../../../shared/fleet/consensus-client.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { isStopOwed } from '../../../shared/heal/ticket.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { cannotBeginFor } from '../../../shared/readiness/preconditions.ts';
import { stopForMove } from '../acts/node-commands.ts';
import { type Facts, isDead, isImpaired, type Machine, runsAgain } from '../facts.ts';
import { guardOf } from '../judge.ts';
import { reasonOfMove } from '../move.ts';
import { leftToPerson } from '../person.ts';
import { ASKED_AT_MOST, isPending, isUnmounted } from '../state.ts';
import { toldOf } from '../told.ts';
import {
  askNode,
  awaitReading,
  awaitSight,
  BOUND_MS,
  changeType,
  type Decision,
  ended,
  isolate,
  isSpent,
  onceSettled,
  proved,
  proving,
  RUNS_AGAIN,
  type Rung,
  refuse,
  restartClient,
  rungFailed,
  sentenceOfSetback,
  setAside,
  startClient,
  startMachine,
  stopMachine,
  stopToStart,
  unproved,
  waitedMs,
  waitFor,
} from './rung.ts';

/** The mildest rung: restarts the client. */
export const RESTART: Rung = {
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin: () => null,
  next: (facts, state) => {
    const { original, seen, watched, fleet, want } = facts;
    if (state.upSinceMs !== null)
      return proving(
        facts,
        state,
        state.upSinceMs,
        'original',
        (why, at) => restartAll(facts, state, why) ?? unproved(why, at),
      );
    if (!original?.agentOnline) return rungFailed('the node does not answer commands');
    const left = leftToPerson(facts, { stops: state.client === 'untouched' });
    if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
    const first = seen?.clients.find(({ state: is }) => is !== 'running');
    const held = state.client === 'untouched' ? calledOff(facts, state) : null;
    if (held) return held;
    // It came up by itself since the rung was taken.
    if (state.client === 'untouched' && runsAgain(facts)) return proved(RUNS_AGAIN);
    const blind = first ? null : awaitReading(facts, state);
    if (blind) return blind;
    // A restart that nobody answered has not failed: it is asked for again, and then told.
    const atFault = want.do === 'heal' && watched?.cause !== undefined ? consensusUnitOf(fleet) : undefined;
    const isDown = first !== undefined && seen?.clients.every(({ state: is }) => is !== 'running') === true;
    const isBare = seen !== null && isUnmounted(seen, state);
    // One that ends again and again runs by chance when it is asked. One that runs on has its files open, wherever they are.
    if (isBare && !isDown && watched?.endsAgain === true) {
      const stop = stopForMove({
        reason: 'it ends again and again, and its data are not mounted: they are, before it starts',
      });
      return isSpent(state, stop) ? rungFailed(sentenceOfSetback(state)) : stop;
    }
    return restartClient({
      ...(atFault && { only: atFault.name }),
      ...(isDown && { isDown, ...(isBare && { unmounted: true }) }),
      reason: first ? `its client is ${first.state}` : (watched?.reason ?? 'it does not follow its chain'),
    });
  },
};

/**
 * Its consensus client was at fault and was restarted, and is not any more, and its execution client stands all the same: that has trouble of its own. So the
 * node gets the restart that any other gets. null where that was not so.
 */
function restartAll(facts: Facts, { restartedOnly }: LadderState, why: string): Decision | null {
  const { watched, fleet, original } = facts;
  const unit = consensusUnitOf(fleet);
  if (unit === undefined || restartedOnly !== unit.name) return null;
  if (watched === null || watched.cause !== undefined || !original?.agentOnline || guardOf(facts, 'restart'))
    return null;
  // Which other unit it is nobody has said: a node may have a third one.
  return restartClient({ reason: `${restartedOnly} was restarted, and it does not help: ${why}` });
}

/** The guards of the rung are read again before the node is affected: it may be that nobody sees the fleet by now. */
function calledOff(facts: Facts, state: LadderState): Decision | null {
  const refusal = guardOf(facts, 'restart');
  const blind = refusal?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  return blind ?? (refusal && onceSettled(facts, state, { as: 'refused', refusal }));
}

/** After a stop and a start an impaired instance comes up on other hardware. */
export const STOP_START: Rung = {
  class: 'restart',
  asksOriginalFirst: false,
  cannotBegin: (facts, state) => cannotBeginFor(state?.moves ? 'move' : 'stop-start', toldOf(facts, state)),
  next: (facts, state) => {
    const { original } = facts;
    if (!original) return rungFailed('the instance is gone');
    const first = state.moves ? moving : running;
    const next = state.original === 'started' ? started : isStopOwed(state) ? stopped : first;
    const act = next(facts, state, original);
    return isSpent(state, act) ? rungFailed(sentenceOfSetback(state)) : act;
  },
};

function running(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { state: power } = instance;
  if (power === 'running') {
    // EC2 itself moves an instance that fails its system check ("Simplified automatic recovery"): an instance that is coming up is not stopped again.
    if (isComingUp(checks) && waitedMs(state, facts.nowMs) <= BOUND_MS.boot)
      return waitFor(state, facts.nowMs, 'the instance is coming up by itself, its checks are not through');
    if (isUp(checks) && agentOnline)
      return startMachine('EC2 has recovered it by itself: its checks pass and its agent answers');
    // An Auto Scaling group replaces a member that does not run, unless the member is on standby.
    return setAside(facts, state) ?? stopToStart('EC2 finds it impaired, or its agent is silent');
  }
  // A person stopped the instance: that is left to the person.
  if (power === 'stopped' || power === 'stopping')
    return refuse('instance-stopped', `the instance is ${power}, by somebody else`, { page: true });
  return waitedMs(state, facts.nowMs) > BOUND_MS.boot
    ? rungFailed(`it is still ${power}`)
    : waitFor(state, facts.nowMs, `the instance is ${power}`);
}

const isUp = (checks: Machine['checks']): boolean => checks?.instance === 'ok' && checks.system === 'ok';

/** The instance boots, or EC2 recovers it. An instance that is already impaired is not coming up. */
export const isComingUp = (checks: Machine['checks']): boolean =>
  checks !== null &&
  [checks.instance, checks.system].includes('initializing') &&
  ![checks.instance, checks.system].includes('impaired');

/** A well node before its instance is stopped: it leaves the pool and its group, and its client ends with its grace. */
function moving(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { seen, fleet } = facts;
  // What is not running by now has its own trouble.
  if (instance.state !== 'running') return running(facts, state, { instance, checks: null, agentOnline });
  // The machine has died meanwhile, and its client with it: it is stopped and started like any other dead one.
  if (isDead(facts)) return running(facts, state, { instance, checks, agentOnline });
  if (!agentOnline) return onceSettled(facts, state, { as: 'refused', refusal: unstoppable('its agent is silent') });
  if (seen === null) return askNode('original');
  const isDown = seen.clients.every(({ state: is }) => is !== 'running');
  if (state.client === 'mayBeDown' && isDown) return stopToStart(reasonOf(facts));
  const left = leftToPerson(facts, { stops: state.client === 'untouched' });
  if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
  const refusal = guardOf(facts, 'stop-start');
  const blind = refusal && facts.breaker.isBlind ? awaitSight(facts, state) : null;
  if (blind) return blind;
  if (refusal) return onceSettled(facts, state, { as: 'refused', refusal });
  if (facts.move?.cause === null) return rungFailed('what it was for is over');
  const apart = isolate(facts, state);
  if (apart) return apart;
  const grace = Math.max(...fleet.units.map(({ stopGraceSeconds }) => stopGraceSeconds));
  return stopForMove({ reason: `${reasonOf(facts)}; it has ${grace} s` });
}

const reasonOf = ({ move }: Facts): string => (move ? reasonOfMove(move) : 'it is moved to other hardware');

const unstoppable = (why: string): Refusal => ({
  refuse: 'node-silent',
  reason: `${why}, so its client cannot be stopped cleanly before its instance is`,
  page: false,
  retryAfterMs: 15 * 60_000,
});

/** A move that was not made, or did not help, leaves no client down where the instance runs; null where nothing is owed. */
export function broughtBack(facts: Facts, state: LadderState): Decision | null {
  const { original, seen, unanswered } = facts;
  if (!state.moves || state.failed.length === 0 || !original?.agentOnline || original.instance.state !== 'running')
    return null;
  if (seen === null) return (unanswered?.count ?? 0) < ASKED_AT_MOST ? askNode('original') : null;
  if (seen.clients.every(({ state: is }) => is === 'running')) return null;
  const act = startClient('it was stopped for a move that was not made');
  return isSpent(state, act) ? null : act;
}

/** Stopped by this heal, or at least intended. */
function stopped({ nowMs }: Facts, state: LadderState, { instance }: Machine): Decision {
  const { instanceId, state: power } = instance;
  const isStarting = state.pending?.call === 'StartInstances' && state.pending.target === instanceId;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs))
    return retype(state, instance) ?? startMachine('it has stopped');
  if (power === 'running' && !isStarting && !isPending(state, 'StopInstances', instanceId, nowMs))
    return stopMachine('original', 'what became of the stop before nobody knows, and it runs');
  if (power === 'running' && isStarting) return startMachine('it has started: nothing is left to do');
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? rungFailed(`it is still ${power}`)
    : waitFor(state, nowMs, `the instance is ${power}`);
}

/** null where it has the type with which it is to start, none can be set, or a person has chosen a third. */
function retype(state: LadderState, { instanceType }: Machine['instance']): Decision | null {
  if (!state.retypes || state.retypes.held) return null;
  const { from, to, stays } = state.retypes;
  const [now, next, reason] =
    stays === undefined ? [from, to, 'its first sync is over'] : [to, from, `it does not start as ${to}: ${stays}`];
  const act = changeType(next, reason);
  return instanceType !== now || isSpent(state, act) ? null : act;
}

/** EC2 has accepted the start, and had no room in the end: with the type before it has run. */
function giveTypeBack(
  { retypes, ...state }: LadderState,
  { instanceType }: Machine['instance'],
  why: string,
): Decision | null {
  if (retypes === undefined || retypes.stays !== undefined || instanceType !== retypes.to) return null;
  const act = changeType(retypes.from, why);
  return isSpent(state, act) ? null : act;
}

/** systemd tells how a unit has ended in this boot alone: one that has, was started by it, and somebody has stopped it since. */
const hasRunSinceBoot = ({ seen, fleet }: Facts): boolean =>
  seen?.clients.some(
    ({ state, exitStatus }, at) =>
      state === 'stopped' && exitStatus !== null && fleet.units[at]?.runtime.kind === 'systemd',
  ) === true;

function started(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { nowMs } = facts;
  const { instanceId, state: power, stateReason } = instance;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs)) {
    const why = stateReason ?? 'nobody says why';
    return giveTypeBack(state, instance, why) ?? rungFailed(`it was started and is stopped again: ${why}`);
  }
  const booted = state.moves ? 'it has booted on other hardware, and its client does not follow: ' : '';
  if (state.upSinceMs !== null)
    return proving(facts, state, state.upSinceMs, 'original', (reason, at) => unproved(booted + reason, at));
  if (isImpaired(facts)) return rungFailed('EC2 finds it impaired still');
  const up = power === 'running' && isUp(checks);
  const isDown = facts.seen?.clients.some(({ state: is }) => is === 'stopped') === true;
  const left = up && hasRunSinceBoot(facts) ? leftToPerson(facts, { stops: true }) : null;
  if (left) return ended({ as: 'refused', refusal: left });
  if (up && agentOnline && facts.seen !== null && (state.moves || isDown))
    return startClient(state.moves ? 'its instance has booted on other hardware' : 'the boot has not started it');
  if (up && agentOnline) return askNode('original');
  if (waitedMs(state, nowMs) > BOUND_MS.boot)
    return rungFailed(
      up ? 'its agent stays silent' : `it is ${power}, its checks say ${checks?.instance ?? 'nothing'}`,
    );
  return waitFor(
    state,
    nowMs,
    up ? 'its agent is not heard of yet' : `the instance is ${power}, its checks are not through`,
  );
}
