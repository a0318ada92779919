// Whose a request is: the execution that makes it, the node whose heal that is, and the instance that it is about.
import type { HealPayload } from '../../../shared/model/payload.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import type { Region } from '../../region.ts';
import type { CallRecord } from '../../simulator/trace.ts';

export interface Subject {
  /** What is changed: a volume, an instance; the operation's name where it names neither. */
  readonly resource: string;
  /** The node that must be held by whoever does it. */
  readonly instanceId: string;
}

/** Input members that name what a mutation is about, the most telling first. */
interface Input {
  readonly VolumeId?: string;
  readonly InstanceIds?: readonly string[];
  readonly InstanceId?: string;
  readonly InstanceSpecification?: { readonly InstanceId?: string };
  readonly SnapshotId?: string;
  readonly Targets?: readonly { readonly Id?: string }[];
}

/**
 * Volumes belong to the instance that they are attached to; what is attached to none, and an instance that is not in its fleet yet or any
 * more, to the node whose heal handles it.
 */
export function subjectOf({ ec2 }: Region, { input, operation }: CallRecord, heal: HealPayload | undefined): Subject {
  const { VolumeId, InstanceIds, InstanceId, InstanceSpecification, SnapshotId, Targets } = input as Input;
  const instance = InstanceIds?.[0] ?? InstanceId ?? InstanceSpecification?.InstanceId ?? Targets?.[0]?.Id;
  // CreateVolume names the snapshot that it is made from, which stays what it is.
  const snapshot = operation === 'CreateVolume' ? undefined : SnapshotId;
  const resource = VolumeId ?? instance ?? snapshot ?? operation;
  const attached = VolumeId === undefined ? undefined : attachedTo(ec2, VolumeId);
  const about = instance ?? attached;
  if (heal === undefined) return { resource, instanceId: about ?? (VolumeId === undefined ? resource : '') };
  return { resource, instanceId: about === undefined || isApart(ec2, about) ? heal.instanceId : about };
}

const attachedTo = (ec2: Region['ec2'], volumeId: string): string | undefined =>
  ec2.volumes().find((volume) => volume.volumeId === volumeId)?.attachment?.instanceId;

function isApart(ec2: Region['ec2'], instanceId: string): boolean {
  const tags = ec2.tags(instanceId);
  return tags[JOINING_TAG] !== undefined || tags[RETIRED_TAG] !== undefined;
}

/** The execution that a sandbox was running at its last invocation; the sandbox itself where that was none. */
export function executionOf({ spans }: Region, actor: string): string {
  const span = spans.findLast((candidate) => candidate.actor === actor);
  return (span?.event as { DurableExecutionArn?: string } | null)?.DurableExecutionArn ?? actor;
}

/** What an execution was started with; undefined for anything else. */
export function payloadOf({ lambda }: Region, arn: string): HealPayload | undefined {
  const execution = lambda.executions().find((candidate) => candidate.arn === arn);
  const payload = execution && (JSON.parse(execution.payload) as Partial<HealPayload>);
  // Whoever invokes a heal by hand may say anything.
  return typeof payload?.incidentId === 'string' ? (payload as HealPayload) : undefined;
}
