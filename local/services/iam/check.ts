// The IAM checks of a request, the facts that they need, and helpers that all mappings share.
import type { RegionIdentity } from '../../simulator/kernel.ts';
import type { KmsKey } from '../kms/key-ids.ts';

/** A resource that a KMS key encrypts. */
export interface Encrypted {
  readonly arn: string;
  readonly key: KmsKey;
}

export interface Resource {
  /** `*` if the action has no resource types. */
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
  /** The resource's own policy already allows it: only an explicit deny refuses. */
  readonly allowedByResource?: true;
}

/** What a mapping can read of the region. */
export interface Region<Asked = unknown> extends RegionIdentity {
  /** Tags of the resource with an ARN of any service; none if it does not exist or has no tags. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
  /** The service of the request. */
  readonly service: Asked;
}

// biome-ignore lint/suspicious/noExplicitAny: each mapping narrows the input of its own operation; the wire has validated it
export type Mapping<Asked = unknown> = (input: any, region: Region<Asked>) => readonly Check[];
/** By operation. */
export type Mappings<Asked = unknown> = Readonly<Record<string, Mapping<Asked>>>;

/** Any resource: the action supports no resource-level permissions. */
export const ANY: readonly Resource[] = [{ arn: '*' }];

/** A mapping for an action with the operation's name and without resource types. */
export const onAnything =
  (action: string): Mapping =>
  () => [{ action, resources: ANY }];

/** The same for several operations of a service. */
export const eachOnAnything = (prefix: string, operations: readonly string[]): Mappings =>
  Object.fromEntries(operations.map((operation) => [operation, onAnything(`${prefix}:${operation}`)]));

/** The same condition keys for several actions of a service. */
export const sameKeys = (prefix: string, actions: readonly string[], keys: readonly string[]) =>
  Object.fromEntries(actions.map((action) => [`${prefix}:${action}`, keys]));

/** Condition keys of an existing resource with tags, and of a request with tags. */
export const OF_TAGGED = ['aws:ResourceTag/*'];
export const OF_NEW = ['aws:RequestTag/*', 'aws:TagKeys'];

/** Keys for the tags in a request: aws:RequestTag/… and aws:TagKeys; none without tags. */
export function requestTagKeys(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Keys {
  if (tags.length === 0) return {};
  const keys: Record<string, string | string[]> = { 'aws:TagKeys': tags.map(({ Key }) => Key ?? '') };
  for (const { Key, Value } of tags) keys[`aws:RequestTag/${Key}`] = Value ?? '';
  return keys;
}

/** Keys for the tags on a resource, with each of these prefixes. */
export function resourceTagKeys(region: Pick<Region, 'tagsOf'>, arn: string, ...prefixes: readonly string[]): Keys {
  const tags = Object.entries(region.tagsOf(arn));
  return Object.fromEntries(prefixes.flatMap((prefix) => tags.map(([key, value]) => [`${prefix}/${key}`, value])));
}
