// Which tags a heal may write on what exists already. A tag is a fence: who moves it, moves a resource from one fleet to another.
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import {
  FLEET_TAG,
  JOINING_TAG,
  KEEP_UNTIL_TAG,
  LEDGER_TAGS,
  LOCK_DAYS_MAXIMUM,
  LOCKED_BY_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
  WRITABLE_LEDGER_TAGS,
  WRITABLE_TAGS,
} from '../../shared/model/tags.ts';
import type { Condition } from './fleet-grants.ts';
import type { Fence, Grant, Granted } from './grants.ts';
import {
  anyOf,
  both,
  byInstanceTags,
  bySharingAccount,
  bySnapshotTags,
  byVolumeTags,
  each,
  fleetNames,
  launchingOf,
  numbered,
  OURS,
  ofFleet,
  tagIs,
  withoutAccount,
} from './replace-grants.ts';

type Fleets = readonly Fleet[];
type Action = `${string}:${string}`;

/** What every tag of the suite begins with; `neverOtherTags` says which of them a heal may write. */
const OWN_TAGS = 'chainmend:*';
/** Tags that a heal takes off an instance, and off a volume. */
const OFF_INSTANCES = [JOINING_TAG, RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG];
const OFF_VOLUMES = [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG];

const selectorKeys = (fleets: Fleets): string[] =>
  [...new Set(fleets.flatMap(({ volumes }) => volumes.flatMap(({ tags }) => Object.keys(tags))))].sort();

/** A heal writes these tags, and no other, on an instance or a volume that is there already. A pause belongs to people, as every other tag that they write. */
export const neverOtherTags = (scope: Construct, fleets: Fleets): Grant => ({
  sid: 'NeverOtherTags',
  effect: 'Deny',
  actions: ['ec2:CreateTags'],
  resources: [anyOf(scope, 'instance'), anyOf(scope, 'volume')],
  conditions: {
    'ForAnyValue:StringNotEquals': { 'aws:TagKeys': [...WRITABLE_TAGS, ...selectorKeys(fleets)] },
    // What is made gets the tags of its owner, too.
    Null: { 'ec2:CreateAction': 'true' },
  },
});

/**
 * The tags that a heal writes on a fleet's instances and volumes: of `chainmend:fleet`, and of the tags by which a fleet knows its volumes, with that
 * fleet's own values. So none goes from one fleet to another.
 */
export const tagGrants = (scope: Construct, fleets: Fleets): Fence => ({
  what: 'the tags of volumes and instances',
  byValues: numbered(
    fleets.flatMap((fleet) => givesTo(scope, [fleet], fleets, 'values')),
    'TagOfFleets',
  ),
  byKeys: numbered(
    [...Map.groupBy(fleets, (fleet) => JSON.stringify(retiring(fleet))).values()].flatMap((some) =>
      givesTo(scope, some, fleets, 'keys'),
    ),
    'TagOfFleets',
  ),
  charactersMax: 24_000,
});

/** @param fleets of one kind: each of them may be replaced under the same condition @param all of the suite */
function givesTo(scope: Construct, fleets: Fleets, all: Fleets, by: 'keys' | 'values'): Omit<Grant, 'sid'>[] {
  const kinds = new Map<string, { readonly condition: Condition; readonly resources: string[] }>();
  const add = (kind: string, conditions: readonly Condition[]): void => {
    for (const condition of conditions) {
      const known = kinds.get(JSON.stringify(condition)) ?? { condition, resources: [] };
      known.resources.push(anyOf(scope, kind));
      kinds.set(JSON.stringify(condition), known);
    }
  };
  // An instance is tagged only where it may be retired.
  const where = fleets[0] && retiring(fleets[0]);
  if (where)
    add(
      'instance',
      byInstanceTags(fleets).map((condition) => both(condition, where)),
    );
  add('volume', byVolumeTags(fleets));
  const named = { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(fleets) };
  const keys = selectorKeys(fleets);
  const selectors = keys.map((key) => [
    `aws:RequestTag/${key}`,
    [...new Set(fleets.flatMap(({ volumes }) => volumes.flatMap(({ tags }) => tags[key] ?? [])))].sort(),
  ]);
  const give = {
    actions: ['ec2:CreateTags'],
    wildcard: OURS,
  };
  return [
    ...[...kinds.values()].map(({ condition, resources }) => ({
      ...give,
      resources,
      conditions: both(condition, {
        'ForAllValues:StringLike': { 'aws:TagKeys': [OWN_TAGS] },
        ...(by === 'values' && { StringEqualsIfExists: named }),
      }),
    })),
    {
      ...give,
      resources: [anyOf(scope, 'volume')],
      conditions: both(ofFleet(fleets), {
        // Where all fleets have the same keys, no other key is left that `neverOtherTags` lets through.
        ...(keys.length < selectorKeys(all).length && {
          'ForAllValues:StringLike': { 'aws:TagKeys': [OWN_TAGS, ...keys] },
        }),
        ...(by === 'values' && { StringEqualsIfExists: { ...named, ...Object.fromEntries(selectors) } }),
      }),
    },
  ];
}

/**
 * What an instance must carry to be retired: nothing more where the file says the role of all nodes, and a role that is replaced where a tag tells it. null
 * where none is: validators, and nodes of unknown role, are never replaced (`shared/guardrails/replace.ts`).
 */
function roleToRetire({ role, nodes }: Fleet): Condition | null {
  const isReplaced = (one: string | undefined): boolean =>
    one !== undefined && one !== 'validator' && one !== 'unknown';
  if ('fixed' in role) return isReplaced(role.fixed) ? {} : null;
  const { [role.fromTag]: told } = nodes.tags;
  if (told !== undefined) return isReplaced(role.values[told]) ? {} : null;
  const replaced = Object.entries(role.values).flatMap(([value, one]) => (isReplaced(one) ? [value] : []));
  return replaced.length === 0 ? null : tagIs(role.fromTag, replaced.sort());
}

const retiring = (fleet: Fleet): Condition | null => (launchingOf([fleet]).length === 0 ? null : roleToRetire(fleet));

/** Instances that a heal may have retired, by the tag of their fleet: also of a fleet that asks for no replacement any more. */
export const retired = (fleets: Fleets): Condition[] =>
  [...Map.groupBy(fleets, (fleet) => JSON.stringify(roleToRetire(fleet)))].flatMap(([, some]) => {
    const [first] = some;
    const role = first && roleToRetire(first);
    return role ? [both(ofFleet(some), role)] : [];
  });

/** The tags that a heal takes off again, and those by which a fleet, or a lifecycle policy, knows a volume that is put away. */
export const untagGrants = (scope: Construct, fleets: Fleets): Grant[] => [
  ...each(
    byInstanceTags(launchingOf(fleets)).map((condition) => both(condition, keysWithin(OFF_INSTANCES))),
    {
      sid: 'UntagInstances',
      actions: ['ec2:DeleteTags'],
      resources: [anyOf(scope, 'instance')],
      wildcard: OURS,
    },
  ),
  {
    sid: 'UntagVolumes',
    actions: ['ec2:DeleteTags'],
    resources: [anyOf(scope, 'volume')],
    conditions: both(ofFleet(fleets), keysWithin([...OFF_VOLUMES, ...selectorKeys(fleets)])),
    wildcard: OURS,
  },
];

/** The tags that are written on existing snapshots. Two facts are written only at creation: the fleet, and that the client had ended. */
export const ledgerGrants = (
  fleets: Fleets,
  keys: readonly string[] = WRITABLE_LEDGER_TAGS,
  actions: readonly Action[] = ['ec2:CreateTags', 'ec2:DeleteTags'],
): Grant[] =>
  each(
    bySnapshotTags(fleets).map((condition) => both(condition, keysWithin(keys, actions))),
    { sid: 'MarkSnapshots', actions, resources: [withoutAccount('snapshot')], wildcard: OURS },
  );

/** What this account writes on snapshots that another one shares with it: nobody there sees it. */
export const sharedLedgerGrants = (fleets: Fleets, keys: readonly string[]): Grant[] =>
  each(
    bySharingAccount(fleets).map((condition) => both(condition, keysWithin(keys, ['ec2:CreateTags']))),
    {
      sid: 'MarkShared',
      actions: ['ec2:CreateTags'],
      resources: [withoutAccount('snapshot')],
      wildcard: 'Snapshots of an account that a fleet file names; the condition names it.',
    },
  );

/** DeleteTags without a key deletes all tags; CreateTags without a key is no request. */
export const keysWithin = (keys: readonly string[], actions: readonly Action[] = ['ec2:DeleteTags']): Condition => ({
  'ForAllValues:StringEquals': { 'aws:TagKeys': keys },
  ...(actions.includes('ec2:DeleteTags') && { Null: { 'aws:TagKeys': 'false' } }),
});

/** Whether a tag exists at all. */
const has = (key: string): Condition => ({ Null: { [`aws:ResourceTag/${key}`]: 'false' } });

/**
 * A held snapshot is tagged before it is locked. A snapshot that carries that tag and nothing of a fleet's is a stranger's, and its lock is a person's. The
 * lock has a maximum number of days, so no snapshot stays locked for ever.
 */
export const holdGrants = (fleets: Fleets): Granted[] => {
  const resources = [withoutAccount('snapshot')];
  const values = anyTagOf(bySnapshotTags(fleets));
  const none = Object.fromEntries(Object.keys(values).map((key) => [key, 'true']));
  const never = (conditions: Condition): Grant => ({
    sid: 'NeverHoldOfStrangers',
    effect: 'Deny',
    actions: ['ec2:LockSnapshot', 'ec2:UnlockSnapshot'],
    resources,
    conditions,
  });
  return [
    {
      what: 'locks of snapshots',
      byValues: [never({ StringNotEquals: values })],
      byKeys: [never({ Null: none })],
      charactersMax: 2_000,
    },
    {
      sid: 'LockHeld',
      actions: ['ec2:LockSnapshot'],
      resources,
      conditions: both(has(LEDGER_TAGS.heldBy), {
        NumericLessThanEquals: { 'ec2:SnapshotLockDuration': String(LOCK_DAYS_MAXIMUM) },
      }),
      wildcard: 'What is held; the conditions name the tag, and for how long.',
    },
    {
      sid: 'UnlockOwn',
      actions: ['ec2:UnlockSnapshot'],
      resources,
      conditions: has(LOCKED_BY_TAG),
      wildcard: 'What is marked as locked by a heal; the condition names the tag.',
    },
  ];
};

/**
 * For a denial: what carries none of these values is nobody's. Of a selector of several tags the one whose values differ most between fleets counts: a
 * denial that asks for several keys holds only where all of them are missing.
 */
function anyTagOf(conditions: readonly Condition[]): Record<string, string[]> {
  const values = new Map<string, Set<string>>();
  for (const { StringEquals = {} } of conditions) {
    const [[key, some] = ['', []]] = Object.entries(StringEquals).toSorted(
      ([, one], [, other]) => [other].flat().length - [one].flat().length,
    );
    values.set(key, new Set([...(values.get(key) ?? []), ...[some].flat()]));
  }
  return Object.fromEntries([...values].map(([key, some]) => [key, [...some].sort()]));
}
