// Events of EC2 and EBS on the bus, best effort: hints and not facts.
import type { InstanceState, Snapshot } from './model.ts';
import type { Ec2State } from './state.ts';

/** "EC2 Instance State-change Notification" ("Monitor instance state changes", EC2 user guide). */
export function emitInstanceState(state: Ec2State, instanceId: string, entered: InstanceState): void {
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    resources: [state.arn('instance', instanceId)],
    detail: { 'instance-id': instanceId, state: entered },
  });
}

/** "EBS Volume Notification" ("Amazon EventBridge events for Amazon EBS"). */
export function emitVolumeEvent(
  state: Ec2State,
  volumeId: string,
  event: 'createVolume' | 'modifyVolume' | 'deleteVolume' | 'attachVolume',
  result: string,
  cause = '',
): void {
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': 'EBS Volume Notification',
    resources: [state.arn('volume', volumeId)],
    detail: { result, cause, event, 'request-id': state.kernel.random('ec2/request-ids').uuid() },
  });
}

/** The event's name has a leading space in AWS's own sample ("EBS volume initialization event"), and so here. */
export function emitInitializationEvent(state: Ec2State, volumeId: string): void {
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': 'EBS Volume Notification',
    resources: [state.arn('volume', volumeId)],
    detail: {
      event: ' initializeVolume',
      result: 'succeeded',
      completionTime: seconds(state.kernel.clock.now()),
      'request-id': state.kernel.random('ec2/request-ids').uuid(),
    },
  });
}

/** createSnapshot, and createSnapshots for snapshots taken together ("EBS snapshot events"; the ARNs are written as there). */
export function emitSnapshotEvent(state: Ec2State, snapshots: readonly Snapshot[], together: boolean): void {
  const { regionName, clock } = state.kernel;
  const [first] = snapshots;
  if (!first) return;
  const arn = (kind: 'snapshot' | 'volume', id: string): string => `arn:aws:ec2::${regionName}:${kind}/${id}`;
  const broken = snapshots.find((snapshot) => snapshot.state === 'error');
  const told = {
    result: broken ? 'failed' : 'succeeded',
    cause: broken && together ? `Snapshot ${broken.snapshotId} is in status error` : '',
    'request-id': '',
    startTime: seconds(first.startedAtMs),
    endTime: seconds(clock.now()),
  };
  const each = snapshots.map((snapshot) => ({
    snapshot_id: arn('snapshot', snapshot.snapshotId),
    source: arn('volume', snapshot.volumeId),
    status: snapshot.state,
  }));
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': together ? 'EBS Multi-Volume Snapshots Completion Status' : 'EBS Snapshot Notification',
    resources: each.map(({ snapshot_id }) => snapshot_id),
    detail: together
      ? { event: 'createSnapshots', ...told, snapshots: each }
      : { event: 'createSnapshot', ...told, snapshot_id: each[0]?.snapshot_id, source: each[0]?.source },
  });
}

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
