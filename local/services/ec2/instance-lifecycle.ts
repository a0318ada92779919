// The lifecycle of instances: states, power, events, and the fate of their volumes. Sources: doc comments of StartInstances, StopInstances and
// TerminateInstances in @aws-sdk/client-ec2; "Amazon EC2 instance state changes" (EC2 user guide).
import type { InstanceStateChange } from '@aws-sdk/client-ec2';
import type { Random } from '../../simulator/random.ts';
import type { Call } from '../../simulator/service.ts';
import { interfaceWhenStarted, interfaceWhenStopped, releaseAddress } from './addresses.ts';
import { hangs, impairedChecks, impairmentsAfter } from './instance-impairments.ts';
import { ebsLimitOf, hasInstanceStore } from './instance-types.ts';
import { stateOf } from './instance-views.ts';
import type { CheckStatus, Instance, InstanceState } from './model.ts';
import { emitInstanceState, emitVolumeEvent } from './notifications.ts';
import { keyOf } from './snapshots-take.ts';
import type { Ec2State } from './state.ts';

/** Limits of our random times; AWS publishes none (December 2026: none at "StopInstances"). Operators observe two minutes of initializing checks. */
const PENDING_MS = [6_000, 15_000] as const;
const STOPPING_MS = [10_000, 40_000] as const;
/**
 * "If the operating system of an instance does not shut down cleanly within a few minutes, a hard shutdown is performed" ("Stop and start Amazon EC2
 * instances"): AWS does not say how many minutes.
 */
const HARD_SHUTDOWN_MS = [150_000, 240_000] as const;
/** A machine that cannot predict its shutdown time is checked at this interval. */
const SHUTDOWN_LOOK_MS = 1_000;
const SHUTTING_DOWN_MS = [10_000, 45_000] as const;
const CHECKS_MS = [90_000, 150_000] as const;
/** "Terminated instances remain visible after termination (for approximately one hour)." (TerminateInstances) */
const VISIBLE_MS = [55 * 60_000, 65 * 60_000] as const;

/** For stopping and terminating (SDK: `StateReason`). */
const USER_INITIATED = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
/** "There was insufficient capacity available to satisfy the launch request." (SDK: `StateReason`) */
const NO_CAPACITY = {
  code: 'Server.InsufficientInstanceCapacity',
  message: 'Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request',
};
/** "A client error caused the instance to terminate at launch": for example, the caller may not use a volume's key (SDK: `StateReason`). */
const CLIENT_ERROR = {
  code: 'Client.InternalError',
  message: 'Client.InternalError: Client error on launch',
};
export const INITIALIZING = { system: 'initializing', instance: 'initializing', attachedEbs: 'initializing' } as const;
export const PASSED = { system: 'ok', instance: 'ok', attachedEbs: 'ok' } as const;

/** Boots a new instance, which is already in the state as `pending`. */
export function launch(state: Ec2State, { instanceId }: Instance): void {
  emitInstanceState(state, instanceId, 'pending');
  boot(state, instanceId, 'instance launch', state.kernel.random('ec2/launches'));
}

/** Starting a running instance changes nothing and succeeds. */
export function start(state: Ec2State, before: Instance): InstanceStateChange {
  if (before.state !== 'stopped') return change(before, before.state);
  enter(state, before.instanceId, {
    state: 'pending',
    stateReason: undefined,
    checks: INITIALIZING,
    // Usually on another host ("in most cases, migrates it to a new host"): here always.
    impairments: impairmentsAfter(before.impairments, 'stop-start'),
    events: before.events.map((event) => ({ ...event, isOver: true })),
    networkInterface: interfaceWhenStarted(state, before),
    launchedAtMs: state.kernel.clock.now(),
  });
  boot(state, before.instanceId, 'instance start', state.kernel.random('ec2/instances'));
  return change(before, 'pending');
}

/**
 * The machine is asked to shut down. It gets the time that its operating system needs (`Machine.shutdownMs`), up to the hard shutdown. The power of a
 * machine that hangs is cut. A public address that is not elastic is released immediately, the instance store is lost at the end.
 */
export function stop(state: Ec2State, before: Instance): InstanceStateChange {
  const { instanceId } = before;
  if (before.state !== 'running') return change(before, before.state);
  const { clock } = state.kernel;
  const machine = state.machines.get(instanceId);
  const usualMs = state.kernel.random('ec2/instances').integer(...STOPPING_MS);
  const neededMs = hangs(before) ? Number.POSITIVE_INFINITY : Math.max(usualMs, machine?.shutdownMs?.() ?? 0);
  const stoppedAtMs = clock.now() + Math.min(neededMs, hardShutdownMs(state, neededMs));
  enter(state, instanceId, {
    state: 'stopping',
    stateReason: USER_INITIATED,
    networkInterface: interfaceWhenStopped(state, before),
  });
  machine?.powerOff(stoppedAtMs < clock.now() + neededMs ? 'hard' : 'clean');
  state.kernel.working({ what: 'instance stop', resources: [instanceId], from: clock.now(), to: stoppedAtMs });
  const hardAtMs = clock.now() + HARD_SHUTDOWN_MS[1];
  const settle = (): void => {
    if (stateNow(state, instanceId) !== 'stopping') return;
    if (machine?.isShuttingDown?.()) {
      if (clock.now() >= hardAtMs) machine.powerOff('hard');
      clock.after(SHUTDOWN_LOOK_MS, settle);
      return;
    }
    enter(state, instanceId, { state: 'stopped', ...storeLost(before, clock.now()) });
  };
  clock.at(stoppedAtMs, settle);
  return change(before, 'stopping');
}

/** Drawn only if it matters: so the draws of ordinary stops stay the same. */
const hardShutdownMs = (state: Ec2State, neededMs: number): number =>
  neededMs <= HARD_SHUTDOWN_MS[0] ? neededMs : state.kernel.random('ec2/hard-shutdowns').integer(...HARD_SHUTDOWN_MS);

/** "The data on instance store volumes persists only during the life of the associated instance. If you stop … data is lost." */
const storeLost = ({ instanceType }: Instance, nowMs: number): Partial<Instance> =>
  hasInstanceStore(instanceType) ? { instanceStoreLostAtMs: nowMs } : {};

/** The instance stays on its host, and keeps its addresses and its instance store. */
export function reboot(state: Ec2State, { instanceId, impairments }: Instance): void {
  const machine = state.machines.get(instanceId);
  machine?.powerOff();
  machine?.powerOn();
  const left = impairmentsAfter(impairments, 'reboot');
  if (Object.keys(left).length === Object.keys(impairments).length) return;
  state.changeInstance(instanceId, { impairments: left, checks: impairedChecks(INITIALIZING, left) });
  const { clock } = state.kernel;
  const checkedAtMs = clock.now() + state.kernel.random('ec2/reboots').integer(...CHECKS_MS);
  state.kernel.working({ what: 'status checks', resources: [instanceId], from: clock.now(), to: checkedAtMs });
  clock.at(checkedAtMs, () => endChecks(state, instanceId));
}

/** From any state; "if you terminate an instance more than once, each call succeeds". No instance here is protected from it. */
export function terminate(state: Ec2State, before: Instance): InstanceStateChange {
  const { instanceId } = before;
  if (before.state === 'shutting-down' || before.state === 'terminated') return change(before, before.state);
  const { clock } = state.kernel;
  const random = state.kernel.random('ec2/terminations');
  const terminatedAtMs = clock.now() + random.integer(...SHUTTING_DOWN_MS);
  const forgottenAtMs = terminatedAtMs + random.integer(...VISIBLE_MS);
  enter(state, instanceId, { state: 'shutting-down', stateReason: USER_INITIATED });
  state.machines.get(instanceId)?.powerOff();
  state.kernel.working({
    what: 'instance termination',
    resources: [instanceId],
    from: clock.now(),
    to: terminatedAtMs,
  });
  clock.at(terminatedAtMs, () => {
    releaseVolumes(state, instanceId);
    releaseAddress(state, instanceId);
    enter(state, instanceId, { state: 'terminated', networkInterface: undefined });
  });
  // "Tags are gradually disassociated" ("Terminate your instance"): here they stay as long as the instance is shown.
  clock.at(forgottenAtMs, () => state.instances.remove(instanceId, clock.now()));
  return change(before, 'shutting-down');
}

function boot(state: Ec2State, instanceId: string, what: string, random: Random): void {
  const { clock } = state.kernel;
  const { launchedAtMs } = state.instance(instanceId);
  const runningAtMs = clock.now() + random.integer(...PENDING_MS);
  const checkedAtMs = runningAtMs + random.integer(...CHECKS_MS);
  state.kernel.working({ what, resources: [instanceId], from: clock.now(), to: runningAtMs });
  clock.at(runningAtMs, () => {
    if (stateNow(state, instanceId) !== 'pending') return;
    const { availabilityZone, instanceType } = state.instance(instanceId);
    const obstacle =
      state.capacity.shortageIn(availabilityZone, instanceType) === 'late'
        ? NO_CAPACITY
        : keysFail(state, instanceId)
          ? CLIENT_ERROR
          : undefined;
    if (obstacle) {
      giveUp(state, instanceId, what, obstacle);
      return;
    }
    enter(state, instanceId, { state: 'running' });
    state.kernel.working({ what: 'status checks', resources: [instanceId], from: runningAtMs, to: checkedAtMs });
    const machine = state.machines.get(instanceId);
    // Another type may have been set while it was stopped.
    machine?.hasEbsLimit?.(ebsLimitOf(instanceType));
    machine?.powerOn();
  });
  clock.at(checkedAtMs, () => {
    const now = state.instances.get(instanceId);
    // An instance that was started again since then has its own checks.
    if (now?.launchedAtMs === launchedAtMs) endChecks(state, instanceId);
  });
}

/** A check that is still `initializing` passes, or fails because of an impairment; a check that was set explicitly stays. */
function endChecks(state: Ec2State, instanceId: string): void {
  const now = state.instances.get(instanceId);
  if (now === undefined || !Object.values(now.checks).includes('initializing')) return;
  const ended = (status: CheckStatus): CheckStatus => (status === 'initializing' ? 'ok' : status);
  const { system, instance, attachedEbs } = now.checks;
  const checks = { system: ended(system), instance: ended(instance), attachedEbs: ended(attachedEbs) };
  state.changeInstance(instanceId, { checks: impairedChecks(checks, now.impairments) });
}

/** A start, like a launch, makes a grant on the key of each volume in the caller's name. If the caller may not, the instance stops again. */
export function askForKeys(state: Ec2State, instanceId: string, call: Call): void {
  const volumes = state.attachedAt(state.kernel.clock.now()).get(instanceId) ?? [];
  const keys = volumes.flatMap((volume) => keyOf(state, volume) ?? []);
  if (keys.every((key) => state.ebs.mayUse(call, key, ['CreateGrant']))) state.ebs.lockedOut.delete(instanceId);
  else state.ebs.lockedOut.add(instanceId);
}

/** Whether a key of its volumes is disabled, or the caller that launched or started it may not use one. */
const keysFail = (state: Ec2State, instanceId: string): boolean =>
  state.ebs.lockedOut.has(instanceId) ||
  (state.attachedAt(state.kernel.clock.now()).get(instanceId) ?? []).some((volume) =>
    state.ebs.disabledKeys.has(keyOf(state, volume) ?? ''),
  );

/** There was no host, or no key: an instance that was starting is stopped again, a launched one is terminated. */
function giveUp(state: Ec2State, instanceId: string, what: string, stateReason: Instance['stateReason']): void {
  if (what === 'instance start') {
    enter(state, instanceId, { state: 'stopped', stateReason });
    return;
  }
  const { clock } = state.kernel;
  releaseVolumes(state, instanceId);
  enter(state, instanceId, { state: 'terminated', stateReason, networkInterface: undefined });
  const visibleMs = state.kernel.random('ec2/terminations').integer(...VISIBLE_MS);
  clock.after(visibleMs, () => state.instances.remove(instanceId, clock.now()));
}

/** Deletes the volumes "configured to be deleted on termination" after a hard power off, and detaches the others. */
function releaseVolumes(state: Ec2State, instanceId: string): void {
  const nowMs = state.kernel.clock.now();
  for (const { volumeId, attachment } of state.attachedAt(nowMs).get(instanceId) ?? []) {
    if (!attachment?.deleteOnTermination) {
      state.changeVolume(volumeId, { attachment: undefined });
      continue;
    }
    state.volumes.remove(volumeId, nowMs);
    emitVolumeEvent(state, volumeId, 'deleteVolume', 'deleted');
  }
}

/** Sets the state and publishes an event. */
function enter(state: Ec2State, instanceId: string, next: Partial<Instance> & { state: InstanceState }): void {
  state.changeInstance(instanceId, next);
  emitInstanceState(state, instanceId, next.state);
}

const stateNow = (state: Ec2State, instanceId: string): InstanceState | undefined =>
  state.instances.get(instanceId)?.state;

const change = ({ instanceId, state }: Instance, current: InstanceState): InstanceStateChange => ({
  InstanceId: instanceId,
  PreviousState: stateOf(state),
  CurrentState: stateOf(current),
});
