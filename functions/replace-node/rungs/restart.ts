// The rungs that restart something: the client, and the instance where EC2 finds it impaired. Pure.

import { foreignKeyFault, keyDenies } from '../../../shared/aws/keys.ts';
import { consensusUnitOf } from '../../../shared/fleet/consensus-client.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { restart } from '../acts/node-commands.ts';
import { type Facts, isImpaired, type Machine } from '../facts.ts';
import { leftToPerson } from '../person.ts';
import { isPending, isStopOwed } from '../state.ts';
import {
  askNode,
  awaitReading,
  BOUND_MS,
  type Decision,
  isSpent,
  onceSettled,
  proving,
  type Rung,
  refuse,
  rungFailed,
  sentenceOfSetback,
  setAside,
  startMachine,
  stopMachine,
  waitedMs,
  waitFor,
} from './rung.ts';

/** The mildest rung: restarts the client. */
export const RESTART: Rung = {
  name: 'restart',
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin: () => null,
  next: (facts, state) => {
    const { original, seen, watched, fleet, want } = facts;
    if (state.upSinceMs !== null)
      return proving(facts, state, state.upSinceMs, 'original', (reason) => rungFailed(reason));
    if (!original?.agentOnline) return rungFailed('the node does not answer commands');
    const left = leftToPerson(facts, { stops: state.client === 'untouched' });
    if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
    const first = seen?.clients.find(({ state: is }) => is !== 'running');
    const blind = first ? null : awaitReading(facts, state);
    if (blind) return blind;
    // A restart that nobody answered has not failed: it is asked for again, and then told.
    const atFault = want.do === 'heal' && watched?.cause !== undefined ? consensusUnitOf(fleet) : undefined;
    return restart({
      ...(atFault && { only: atFault.name }),
      ...(first && seen?.clients.every(({ state: is }) => is !== 'running') && { isDown: true }),
      reason: first ? `its client is ${first.state}` : (watched?.reason ?? 'it does not follow its chain'),
    });
  },
};

/** After a stop and a start an impaired instance comes up on other hardware. */
export const STOP_START: Rung = {
  name: 'stop-start',
  class: 'restart',
  asksOriginalFirst: false,
  cannotBegin: lockedOut,
  next: (facts, state) => {
    const { original } = facts;
    if (!original) return rungFailed('the instance is gone');
    const next = state.original === 'started' ? started : isStopOwed(state) ? stopped : running;
    const act = next(facts, state, original);
    return isSpent(state, act) ? rungFailed(sentenceOfSetback(state)) : act;
  },
};

/**
 * An instance that starts, or takes a volume, needs a grant on the volume's key, which the caller must be allowed to make ("Required permissions" for
 * EBS encryption). A key that heals may not use would keep the instance down.
 */
export function lockedOut({ original, volumes, keyScope }: Facts, state: LadderState | null): string | null {
  if (!original) return null;
  const deniedKeys = state?.tried.flatMap(({ deniedKey }) => deniedKey ?? []) ?? [];
  for (const { volumeId, kmsKeyId, attachment } of volumes) {
    if (kmsKeyId === null) continue;
    const why = deniedKeys.includes(kmsKeyId) ? keyDenies(kmsKeyId, keyScope) : foreignKeyFault(kmsKeyId, keyScope);
    if (why !== null && attachment?.instanceId === original.instance.instanceId)
      return `with ${volumeId} on it the instance could not be started again: ${why}`;
  }
  return null;
}

function running(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { state: power } = instance;
  if (power === 'running') {
    // EC2 itself moves an instance that fails its system check ("Simplified automatic recovery"): an instance that is coming up is not stopped again.
    if (isComingUp(checks) && waitedMs(state, facts.nowMs) <= BOUND_MS.boot)
      return waitFor(state, facts.nowMs, 'the instance is coming up by itself, its checks are not through');
    if (isUp(checks) && agentOnline)
      return startMachine('EC2 has recovered it by itself: its checks pass and its agent answers');
    // An Auto Scaling group replaces a member that does not run, unless the member is on standby.
    return setAside(facts, state) ?? stopMachine('original', 'EC2 finds it impaired, or its agent is silent');
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
const isComingUp = (checks: Machine['checks']): boolean =>
  checks !== null &&
  [checks.instance, checks.system].includes('initializing') &&
  ![checks.instance, checks.system].includes('impaired');

/** Stopped by this heal, or at least intended. */
function stopped({ nowMs }: Facts, state: LadderState, { instance }: Machine): Decision {
  const { instanceId, state: power } = instance;
  const isStarting = state.pending?.call === 'StartInstances' && state.pending.target === instanceId;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs))
    return startMachine('it has stopped');
  if (power === 'running' && !isStarting && !isPending(state, 'StopInstances', instanceId, nowMs))
    return stopMachine('original', 'what became of the stop before nobody knows, and it runs');
  if (power === 'running' && isStarting) return startMachine('it has started: nothing is left to do');
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? rungFailed(`it is still ${power}`)
    : waitFor(state, nowMs, `the instance is ${power}`);
}

function started(facts: Facts, state: LadderState, { instance, checks, agentOnline }: Machine): Decision {
  const { nowMs } = facts;
  const { instanceId, state: power, stateReason } = instance;
  if (power === 'stopped' && !isPending(state, 'StartInstances', instanceId, nowMs))
    return rungFailed(`it was started and is stopped again: ${stateReason ?? 'nobody says why'}`);
  if (state.upSinceMs !== null)
    return proving(facts, state, state.upSinceMs, 'original', (reason) => rungFailed(reason));
  if (isImpaired(facts)) return rungFailed('EC2 finds it impaired still');
  const up = power === 'running' && isUp(checks);
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
