// The tags that chainmend reads and writes. One place, so that who writes a tag and who reads it agree.

/** On everything that belongs to a fleet: its name. */
export const FLEET_TAG = 'chainmend:fleet';
/** On everything that belongs to a node: its name. */
export const NODE_TAG = 'chainmend:node';
/** On an alarm: what it is about. */
export const KIND_TAG = 'chainmend:kind';

/** On volumes, instances and snapshots that a heal made: which incident's. */
export const INCIDENT_TAG = 'chainmend:incident';
/** An instance that is not in its fleet yet: the incident that launched it. */
export const JOINING_TAG = 'chainmend:joining';
/** An instance that is not in its fleet any more: since when, ISO. */
export const RETIRED_TAG = 'chainmend:retired';
/** What is kept for a while: until when, ISO. */
export const KEEP_UNTIL_TAG = 'chainmend:keep-until';
/** On a snapshot: the incident for whose sake we locked it. A lock without it is a person's. */
export const LOCKED_BY_TAG = 'chainmend:locked-by';
/** The longest that a heal's lock is asked for, and that its role may ask for: nobody makes a snapshot immortal. */
export const LOCK_DAYS_MAXIMUM = 30;
/** What is kept for a while: how to put it back, in a sentence. */
export const PUT_BACK_TAG = 'chainmend:put-back';
/** What is kept for a while: why it was of no use. */
export const WHY_TAG = 'chainmend:why';
/** On a root volume that was taken off an instance of a fleet: whose, so that it may be put back. */
export const ROOT_TAG = 'chainmend:root';

export const LEDGER_TAGS = {
  role: 'chainmend:role',
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

/** All that heals write on instances and volumes that exist, besides the tags by which a fleet knows its volumes. */
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

/** All that heals write on snapshots that exist. */
export const WRITABLE_LEDGER_TAGS = [
  LEDGER_TAGS.heldBy,
  LOCKED_BY_TAG,
  LEDGER_TAGS.verified,
  LEDGER_TAGS.quarantined,
  KEEP_UNTIL_TAG,
] as const;

/** "Maximum value length – 256 Unicode characters" ("Tag your Amazon EC2 resources", restrictions). */
export const TAG_VALUE_MAX = 256;

/** The milliseconds of an ISO date in a tag; null where there is none, or none that can be read. */
export function dateOf(value: string | undefined): number | null {
  if (value === undefined || !/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}
