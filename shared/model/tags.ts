// The tags that chainmend reads and writes, in one place, so that writers and readers agree.

/** On everything that belongs to a fleet: its name. */
export const FLEET_TAG = 'chainmend:fleet';
/** On everything that belongs to a node: its name. */
export const NODE_TAG = 'chainmend:node';
/** On an alarm: its kind. */
export const KIND_TAG = 'chainmend:kind';

/** On volumes, instances and snapshots that a heal made: its incident. */
export const INCIDENT_TAG = 'chainmend:incident';
/** An instance that is not in its fleet yet: the incident that launched it. */
export const JOINING_TAG = 'chainmend:joining';
/** An instance that is not in its fleet any more: since when, ISO. */
export const RETIRED_TAG = 'chainmend:retired';
/** On resources that are kept for a while: until when, ISO. */
export const KEEP_UNTIL_TAG = 'chainmend:keep-until';
/** On a snapshot: the incident for which we locked it. A lock without this tag is a person's. */
export const LOCKED_BY_TAG = 'chainmend:locked-by';
/** The longest lock that a heal requests and that its role allows: no heal can lock a snapshot for ever. */
export const LOCK_DAYS_MAXIMUM = 30;
/** On resources that are kept for a while: how to put them back, in a sentence. */
export const PUT_BACK_TAG = 'chainmend:put-back';
/** On resources that are kept for a while: why they did not help. */
export const WHY_TAG = 'chainmend:why';
/** On the throw-away instance of a drill and on its volumes: the fleet. Neither discovery nor any other heal takes them for the fleet's. */
export const DRILL_TAG = 'chainmend:drill';
/** On an instance: the suite that may act on it, where several live in one region (shared/model/suite.ts). */
export const SUITE_TAG = 'chainmend:suite';
/** On a root volume that was detached from an instance of a fleet: the instance, so that it may be put back. */
export const ROOT_TAG = 'chainmend:root';

export const LEDGER_TAGS = {
  role: 'chainmend:role',
  ofValidator: 'chainmend:of-validator',
  setId: 'chainmend:set',
  parts: 'chainmend:parts',
  height: 'chainmend:height',
  blockHash: 'chainmend:block-hash',
  chainId: 'chainmend:chain-id',
  client: 'chainmend:client',
  clientVersion: 'chainmend:client-version',
  mode: 'chainmend:data-mode',
  cleanStop: 'chainmend:clean-stop',
  verified: 'chainmend:verified',
  quarantined: 'chainmend:quarantined',
  heldBy: 'chainmend:held-by',
} as const;

/** All tags that heals write on existing instances and volumes, except those by which a fleet knows its volumes. */
export const WRITABLE_TAGS = [
  FLEET_TAG,
  NODE_TAG,
  INCIDENT_TAG,
  JOINING_TAG,
  RETIRED_TAG,
  KEEP_UNTIL_TAG,
  PUT_BACK_TAG,
  WHY_TAG,
  LEDGER_TAGS.role,
] as const;

/** All tags that heals write on existing snapshots. */
export const WRITABLE_LEDGER_TAGS = [
  LEDGER_TAGS.heldBy,
  LOCKED_BY_TAG,
  LEDGER_TAGS.verified,
  LEDGER_TAGS.quarantined,
  KEEP_UNTIL_TAG,
] as const;

/** "Maximum value length – 256 Unicode characters" ("Tag your Amazon EC2 resources", restrictions). */
export const TAG_VALUE_MAX = 256;

/** Whether something carries all tags of a selector, each with its value: what a fleet file means by "the nodes", or "the volume", with these tags. */
export const hasTags = (
  tags: Readonly<Record<string, string | undefined>>,
  selector: Readonly<Record<string, string>>,
): boolean => Object.entries(selector).every(([key, value]) => tags[key] === value);

/** The milliseconds of an ISO date in a tag; null where there is none, or an unreadable one. */
export function dateOf(value: string | undefined): number | null {
  if (value === undefined || !/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}

/** EC2 Auto Scaling tags its instances with the name of their group ("Tag Auto Scaling groups and instances"). */
export const SCALING_GROUP_TAG = 'aws:autoscaling:groupName';
