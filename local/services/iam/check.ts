// What a request asks IAM for, and what IAM asks the region for; the words that all mappings share.
import type { RegionIdentity } from '../../simulator/kernel.ts';
import type { KmsKey } from '../kms/key-ids.ts';

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

/** What a mapping may know of the region. */
export interface Region<Asked = unknown> extends RegionIdentity {
  /** Tags of the resource behind an ARN, of whichever service; none when it does not exist or has none. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
  /** The service that is asked. */
  readonly service: Asked;
}

// biome-ignore lint/suspicious/noExplicitAny: each mapping narrows the input of its own operation; the wire has validated it
export type Mapping<Asked = unknown> = (input: any, region: Region<Asked>) => readonly Check[];
/** By operation. */
export type Mappings<Asked = unknown> = Readonly<Record<string, Mapping<Asked>>>;

/** Any resource: the action supports no resource-level permissions. */
export const ANY: readonly Resource[] = [{ arn: '*' }];

/** A mapping for an action that has the operation's name and no resource types. */
export const onAnything =
  (action: string): Mapping =>
  () => [{ action, resources: ANY }];

/** The same for several operations of a service. */
export const eachOnAnything = (prefix: string, operations: readonly string[]): Mappings =>
  Object.fromEntries(operations.map((operation) => [operation, onAnything(`${prefix}:${operation}`)]));

/** The same condition keys for several actions of a service. */
export const sameKeys = (prefix: string, actions: readonly string[], keys: readonly string[]) =>
  Object.fromEntries(actions.map((action) => [`${prefix}:${action}`, keys]));

/** Condition keys of an existing resource with tags, and of a request that brings tags. */
export const OF_TAGGED = ['aws:ResourceTag/*'];
export const OF_NEW = ['aws:RequestTag/*', 'aws:TagKeys'];

/** Keys for the tags in a request: aws:RequestTag/… and aws:TagKeys; none when it carries no tags. */
export function requestTagKeys(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Keys {
  if (tags.length === 0) return {};
  const keys: Record<string, string | string[]> = { 'aws:TagKeys': tags.map(({ Key }) => Key ?? '') };
  for (const { Key, Value } of tags) keys[`aws:RequestTag/${Key}`] = Value ?? '';
  return keys;
}

/** Keys for the tags on a resource, under each of these prefixes. */
export function resourceTagKeys(region: Pick<Region, 'tagsOf'>, arn: string, ...prefixes: readonly string[]): Keys {
  const tags = Object.entries(region.tagsOf(arn));
  return Object.fromEntries(prefixes.flatMap((prefix) => tags.map(([key, value]) => [`${prefix}/${key}`, value])));
}
