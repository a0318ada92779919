// How instances come, stop and go: states, power, events, and what becomes of their volumes. Sources: doc comments of StartInstances,
// StopInstances and TerminateInstances in @aws-sdk/client-ec2; "Amazon EC2 instance state changes" (EC2 user guide).
import type { InstanceStateChange } from '@aws-sdk/client-ec2';
import type { Random } from '../random.ts';
import { stateOf } from './instance-views.ts';
import { tellOfInstance, tellOfVolume } from './notifications.ts';
import type { Ec2State, Instance, InstanceState } from './state.ts';

/** Bounds of our draws; AWS publishes none. Two minutes of initializing checks are what operators see. */
const PENDING_MS = [6_000, 15_000] as const;
const STOPPING_MS = [10_000, 40_000] as const;
const SHUTTING_DOWN_MS = [10_000, 45_000] as const;
const CHECKS_MS = [90_000, 150_000] as const;
/** "Terminated instances remain visible after termination (for approximately one hour)." (TerminateInstances) */
const VISIBLE_MS = [55 * 60_000, 65 * 60_000] as const;

/** The same for stopping and terminating (SDK: `StateReason`). */
const USER_INITIATED = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
export const INITIALIZING = { system: 'initializing', instance: 'initializing', attachedEbs: 'initializing' } as const;
export const PASSED = { system: 'ok', instance: 'ok', attachedEbs: 'ok' } as const;

/** A new instance, `pending` in the state already, boots. */
export function launch(state: Ec2State, { instanceId }: Instance): void {
  tellOfInstance(state, instanceId, 'pending');
  boot(state, instanceId, 'instance launch', state.kernel.random('ec2/launches'));
}

/** Starting an instance that runs already changes nothing and succeeds. */
export function start(state: Ec2State, before: Instance): InstanceStateChange {
  if (before.state !== 'stopped') return change(before, before.state);
  enter(state, before.instanceId, {
    state: 'pending',
    stateReason: undefined,
    checks: INITIALIZING,
    launchedAtMs: state.kernel.clock.now(),
  });
  boot(state, before.instanceId, 'instance start', state.kernel.random('ec2/instances'));
  return change(before, 'pending');
}

export function stop(state: Ec2State, before: Instance): InstanceStateChange {
  const { instanceId } = before;
  if (before.state !== 'running') return change(before, before.state);
  const { clock } = state.kernel;
  const stoppedAtMs = clock.now() + state.kernel.random('ec2/instances').integer(...STOPPING_MS);
  enter(state, instanceId, { state: 'stopping', stateReason: USER_INITIATED });
  state.machines.get(instanceId)?.powerOff();
  state.kernel.working({ what: 'instance stop', resources: [instanceId], from: clock.now(), to: stoppedAtMs });
  clock.at(stoppedAtMs, () => {
    if (stateNow(state, instanceId) === 'stopping') enter(state, instanceId, { state: 'stopped' });
  });
  return change(before, 'stopping');
}

/** From any state; "if you terminate an instance more than once, each call succeeds". Nothing here is protected from it. */
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
    enter(state, instanceId, { state: 'terminated', networkInterface: undefined });
  });
  // "Tags are gradually disassociated" ("Terminate your instance"): here they last as long as the instance is shown.
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
    enter(state, instanceId, { state: 'running' });
    state.machines.get(instanceId)?.powerOn();
  });
  clock.at(checkedAtMs, () => {
    const now = state.instances.get(instanceId);
    // Started anew since then, it is checked anew.
    if (now?.launchedAtMs !== launchedAtMs || now.checks.instance !== 'initializing') return;
    state.changeInstance(instanceId, { checks: PASSED });
  });
}

/** Deletes the volumes "configured to be deleted on termination", with their power gone without asking, and frees the others. */
function releaseVolumes(state: Ec2State, instanceId: string): void {
  const nowMs = state.kernel.clock.now();
  for (const { volumeId, attachment } of state.attachedAt(nowMs).get(instanceId) ?? []) {
    if (!attachment?.deleteOnTermination) {
      state.changeVolume(volumeId, { attachment: undefined });
      continue;
    }
    state.volumes.remove(volumeId, nowMs);
    tellOfVolume(state, volumeId, 'deleteVolume', 'deleted');
  }
}

/** Sets the state and tells the bus. */
function enter(state: Ec2State, instanceId: string, next: Partial<Instance> & { state: InstanceState }): void {
  state.changeInstance(instanceId, next);
  tellOfInstance(state, instanceId, next.state);
}

const stateNow = (state: Ec2State, instanceId: string): InstanceState | undefined =>
  state.instances.get(instanceId)?.state;

const change = ({ instanceId, state }: Instance, current: InstanceState): InstanceStateChange => ({
  InstanceId: instanceId,
  PreviousState: stateOf(state),
  CurrentState: stateOf(current),
});
