// What EC2 and EBS tell the bus, best effort: hints and not facts.
import type { Ec2State, InstanceState } from './state.ts';

/** "EC2 Instance State-change Notification" ("Monitor instance state changes", EC2 user guide). */
export function tellOfInstance(state: Ec2State, instanceId: string, entered: InstanceState): void {
  state.kernel.emit({
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    resources: [state.arn('instance', instanceId)],
    detail: { 'instance-id': instanceId, state: entered },
  });
}

/** "EBS Volume Notification" ("Amazon EventBridge events for Amazon EBS"). */
export function tellOfVolume(
  state: Ec2State,
  volumeId: string,
  event: 'modifyVolume' | 'deleteVolume',
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
