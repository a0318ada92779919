// What a request asks IAM for, and what IAM asks the region for; the words that all mappings share.
import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { LaunchPlan } from '../ec2/launch-plan.ts';
import type { KmsKey } from '../kms/key-ids.ts';
import type { PolicyDocument } from './policy.ts';

/** What IAM needs to know about the region's resources. */
export interface Facts {
  /** Tags of the resource behind an ARN; none when it does not exist or has none. */
  tags(arn: string): Readonly<Record<string, string>>;
  /** The instance that a volume is attached to. */
  attachedInstance(volumeId: string): string | undefined;
  /** EC2's own condition keys of a resource that exists, its tags apart, by its id. */
  ec2Keys(id: string): Keys;
  /** What a RunInstances request comes to with its launch template. Throws what EC2 answers for one that cannot be carried out. */
  launch(input: RunInstancesRequest): LaunchPlan;
  /** The id of a launch template by its name. */
  launchTemplate(name: string): string | undefined;
  /** The allocation id of an elastic address by its association. */
  associatedAddress(associationId: string): string | undefined;
  /** The ARN of an Auto Scaling group by its name. */
  scalingGroup(name: string): string | undefined;
  /** The ARN of the Auto Scaling group that an instance belongs to. */
  owningGroup(instanceId: string): string | undefined;
  /** The volumes that are attached to an instance. */
  attachedVolumes(instanceId: string): readonly { readonly volumeId: string; readonly isRoot: boolean }[];
  /** Name of a table's partition key. */
  partitionKey(tableName: string): string | undefined;
  /** The SecureString parameters among these names and ARNs. */
  secureParameters(names: readonly string[]): readonly Encrypted[];
  /** The SecureString parameters below a path. */
  secureParametersBelow(path: string, recursive: boolean): readonly Encrypted[];
  /** The policy of a resource itself: of a topic, a queue, a key, a function, and who may assume a role. */
  resourcePolicy(arn: string): PolicyDocument | undefined;
  /** The key that a topic's messages are encrypted with. */
  topicKey(topicArn: string): KmsKey | undefined;
  /** The secret that a name, an ARN or a part of one means. */
  secret(secretId: string): (Encrypted & { readonly versionId: string }) | undefined;
}

/** Something that a KMS key encrypts. */
export interface Encrypted {
  readonly arn: string;
  readonly key: KmsKey;
}

export interface Resource {
  /** `*` when the action has no resource types. */
  readonly arn: string;
  /** Condition keys that only this resource has. */
  readonly keys?: Keys;
}

/** Condition keys with their values, written as in the Service Authorization Reference. */
export type Keys = Readonly<Record<string, string | readonly string[]>>;

/** One action that the request needs on each of these resources. */
export interface Check {
  readonly action: string;
  readonly resources: readonly Resource[];
  readonly keys?: Keys;
  /** The resource's own policy allows it already: only an explicit deny refuses. */
  readonly allowedByResource?: true;
}

export interface Region {
  readonly accountId: string;
  readonly regionName: string;
  readonly facts: Facts;
}

// biome-ignore lint/suspicious/noExplicitAny: each mapping narrows the input of its own operation; the wire has validated it
export type Mapping = (input: any, region: Region) => readonly Check[];
export type Mappings = Readonly<Record<string, Mapping>>;

/** Any resource: the action supports no resource-level permissions. */
export const ANY: readonly Resource[] = [{ arn: '*' }];

/** A mapping for an action that has the operation's name and no resource types. */
export const onAnything =
  (action: string): Mapping =>
  () => [{ action, resources: ANY }];

/** Keys for the tags in a request: aws:RequestTag/… and aws:TagKeys; none when it carries no tags. */
export function requestTagKeys(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Keys {
  if (tags.length === 0) return {};
  const keys: Record<string, string | string[]> = { 'aws:TagKeys': tags.map(({ Key }) => Key ?? '') };
  for (const { Key, Value } of tags) keys[`aws:RequestTag/${Key}`] = Value ?? '';
  return keys;
}

/** Keys for the tags on a resource, under each of these prefixes. */
export function resourceTagKeys(region: Region, arn: string, ...prefixes: readonly string[]): Keys {
  const tags = Object.entries(region.facts.tags(arn));
  return Object.fromEntries(prefixes.flatMap((prefix) => tags.map(([key, value]) => [`${prefix}/${key}`, value])));
}
