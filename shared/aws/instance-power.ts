// Stops and starts an instance, and changes its type while it is stopped. Sources: doc comments of the commands in @aws-sdk/client-ec2; "Stop and start
// Amazon EC2 instances", "Change the instance type for your Amazon EC2 instance" (EC2 user guide).

import {
  type EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { type Accepted, type AwsRefusal, catchRefusal } from './refusals.ts';

/**
 * Requests the stop and does not wait for it: "if the operating system … does not shut down cleanly within a few minutes, a hard shutdown is
 * performed", so the client must have ended before. An instance that is already stopped or stopping is accepted, and `before` says so
 * (InstanceStateChange, `PreviousState`). Neither `Force` nor `SkipOsShutdown`.
 *
 * @param ec2Once a client that tries once: the caller must know whether the call was made
 * @throws errors that leave the effect open, and throttling
 */
export const stopInstance = (
  ec2Once: EC2Client,
  instanceId: string,
): Promise<(Accepted & { readonly before: string | null }) | AwsRefusal> =>
  catchRefusal(async () => {
    const { StoppingInstances } = await ec2Once.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    return { accepted: true, before: StoppingInstances?.[0]?.PreviousState?.Name ?? null };
  });

/**
 * Requests the start and does not wait for it. A zone without capacity answers InsufficientInstanceCapacity, which is a refusal with that code; or
 * the call is accepted, and the instance goes from `pending` back to `stopped`. An instance that already runs is accepted.
 *
 * @param ec2Once a client that tries once
 * @throws errors that leave the effect open, and throttling
 */
export const startInstance = (ec2Once: EC2Client, instanceId: string): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    await ec2Once.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
    return { accepted: true };
  });

/**
 * Sets the type of an instance that is stopped. It may be repeated: the type is set, not stepped. Whether there is capacity for it, the next start says.
 *
 * @param ec2Once a client that tries once
 * @throws errors that leave the effect open, and throttling
 */
export const changeInstanceType = (
  ec2Once: EC2Client,
  instanceId: string,
  to: string,
): Promise<Accepted | AwsRefusal> =>
  catchRefusal(async () => {
    await ec2Once.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, InstanceType: { Value: to } }));
    return { accepted: true };
  });
