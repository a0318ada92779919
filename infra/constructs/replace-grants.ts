// What heals that take a client down may do to instances, volumes and snapshots. The fence: a fleet's own selector tags, or the tag
// chainmend:fleet, which only what is made for a fleet gets at its creation, and what is a fleet's already.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { FLEET_TAG } from '../../shared/fleet/naming.ts';
import { arn } from '../names.ts';
import { type Condition, fenced } from './fleet-grants.ts';
import type { Grant } from './grants.ts';

type Fleets = readonly Fleet[];
type Action = `${string}:${string}`;

const OURS = 'Any that carries the tags of a fleet, or chainmend:fleet; the condition names them.';
const NEW = 'What is not made yet has no id; the condition says whose it has to be.';
/** Snapshots of a lifecycle policy that copies no tags have this one, which AWS writes and nobody else can. */
const POLICY_TAG = 'aws:dlm:lifecycle-policy-id';

export const fleetNames = (fleets: Fleets): string[] => fleets.map(({ name }) => name).sort();

const ofFleet = (fleets: Fleets): Condition => ({
  StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: fleetNames(fleets) },
});
const byVolumeTags = (fleets: Fleets): Condition[] =>
  fenced(
    fleets.flatMap(({ volumes }) => volumes.map(({ tags }) => tags)),
    'aws:ResourceTag',
  );
const byNodeTags = (fleets: Fleets): Condition[] =>
  fenced(
    fleets.map(({ nodes }) => nodes.tags),
    'aws:ResourceTag',
  );

/** The same sentence once for each condition. */
const each = (conditions: readonly Condition[], grant: Omit<Grant, 'conditions'>): Grant[] =>
  conditions.map((condition, index) => ({ ...grant, sid: `${grant.sid}${index + 1}`, conditions: condition }));

const both = (one: Condition, other: Condition): Condition =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [key, { ...one[key], ...other[key] }]),
  );

/** Of images and snapshots: their ARNs have no account. */
const withoutAccount = (scope: Construct, kind: string): string => {
  const { partition, region } = Stack.of(scope);
  return `arn:${partition}:ec2:${region}::${kind}/*`;
};
const anyOf = (scope: Construct, kind: string): string => arn(scope, 'ec2', `${kind}/*`);

/** On instances that carry a fleet's tags. */
export const instanceGrants = (scope: Construct, fleets: Fleets, sid: string, actions: readonly Action[]): Grant[] =>
  each(byNodeTags(fleets), { sid, actions, resources: [anyOf(scope, 'instance')], wildcard: OURS });

/** On volumes that carry a fleet's tags, and on those that were made for one, or are kept of one. */
export const volumeGrants = (scope: Construct, fleets: Fleets, sid: string, actions: readonly Action[]): Grant[] =>
  each([...byVolumeTags(fleets), ofFleet(fleets)], {
    sid,
    actions,
    resources: [anyOf(scope, 'volume')],
    wildcard: OURS,
  });

/** On snapshots that carry the tags of a fleet's volumes, on the ledger's, and on those of lifecycle policies that copy no tags. */
export const snapshotGrants = (scope: Construct, fleets: Fleets, sid: string, actions: readonly Action[]): Grant[] =>
  each([...byVolumeTags(fleets), ofFleet(fleets), { Null: { [`aws:ResourceTag/${POLICY_TAG}`]: 'false' } }], {
    sid,
    actions,
    resources: [withoutAccount(scope, 'snapshot')],
    wildcard: `${OURS} What Data Lifecycle Manager made without copying tags is told from other fleets' by the volume, which no condition can.`,
  });

/**
 * Making something needs its tag in the request; and tagging it then. Once it is there, only what is a fleet's gets tags, and only our own
 * keys: nobody tags himself into scope ("ForAllValues … returns true if there are no keys in the request": they have to be there).
 */
export function creationGrants(scope: Construct, fleets: Fleets, kind: string, creations: readonly Action[]): Grant[] {
  const Requested = { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(fleets) };
  return [
    {
      sid: 'MakeForFleets',
      actions: creations,
      resources: [kind === 'snapshot' ? withoutAccount(scope, kind) : anyOf(scope, kind)],
      conditions: { StringEquals: Requested },
      wildcard: NEW,
    },
  ];
}

interface Tagging {
  /** Operations that may bring tags along: "CreateVolume". */
  readonly creations: readonly string[];
  readonly kinds: readonly ('instance' | 'volume' | 'snapshot')[];
  /** What is done to tags later. */
  readonly actions: readonly Action[];
}

export function tagGrants(scope: Construct, fleets: Fleets, { creations, kinds, actions }: Tagging): Grant[] {
  const resources = kinds.map((kind) => (kind === 'snapshot' ? withoutAccount(scope, kind) : anyOf(scope, kind)));
  const ownKeys = keysWithin(['chainmend:*']);
  const selectors = new Map(
    [...byVolumeTags(fleets), ...(kinds.includes('instance') ? byNodeTags(fleets) : []), ofFleet(fleets)].map(
      (condition) => [JSON.stringify(condition), condition] as const,
    ),
  );
  return [
    {
      sid: 'TagWhatIsMade',
      actions: ['ec2:CreateTags'],
      // A template may tag network interfaces, too.
      resources: [arn(scope, 'ec2', '*/*'), ...(kinds.includes('snapshot') ? [withoutAccount(scope, 'snapshot')] : [])],
      conditions: { StringEquals: { 'ec2:CreateAction': creations } },
      wildcard: 'Tags that are given when something is made; the condition names the operations that make it.',
    },
    ...each(
      [...selectors.values()].map((condition) => both(condition, ownKeys)),
      { sid: 'TagOfFleets', actions, resources, wildcard: OURS },
    ),
  ];
}

/** A lifecycle policy's snapshots without copied tags: held, verified and quarantined, but never made a fleet's own. */
export const ledgerGrants = (scope: Construct): Grant => ({
  sid: 'TagOfLifecyclePolicies',
  actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
  resources: [withoutAccount(scope, 'snapshot')],
  conditions: both(
    { Null: { [`aws:ResourceTag/${POLICY_TAG}`]: 'false' } },
    keysWithin(['held-by', 'locked-by', 'verified', 'quarantined', 'keep-until'].map((key) => `chainmend:${key}`)),
  ),
  wildcard: 'Snapshots of Data Lifecycle Manager; the condition names its tag, and the keys.',
});

/**
 * The tags by which a lifecycle policy knows a volume go from the one that is put away, and come back to it with an undo: only on what
 * carries chainmend:fleet, which nothing gets here.
 */
export function selectorTagGrants(scope: Construct, fleets: Fleets): Grant {
  const keys = new Set(fleets.flatMap(({ volumes }) => volumes.flatMap(({ tags }) => Object.keys(tags))));
  return {
    sid: 'MoveTagsOfVolumes',
    actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
    resources: [anyOf(scope, 'volume')],
    conditions: both(ofFleet(fleets), keysWithin([...keys].sort())),
    wildcard: OURS,
  };
}

const keysWithin = (patterns: readonly string[]): Condition => ({
  'ForAllValues:StringLike': { 'aws:TagKeys': patterns },
  Null: { 'aws:TagKeys': 'false' },
});

/**
 * To make and to attach volumes under a customer's key, through EC2 only ("Required permissions" for EBS encryption, EBS user guide).
 * @param ofOthers ARNs of keys of other accounts, whose own policies have to allow it as well
 */
export function volumeKeyGrants(scope: Construct, ofOthers: readonly string[]): Grant[] {
  const { region } = Stack.of(scope);
  const keys = [arn(scope, 'kms', 'key/*'), ...ofOthers];
  const via = { StringEquals: { 'kms:ViaService': `ec2.${region}.amazonaws.com` } };
  const wildcard = "The keys of the fleets' volumes, which no fleet file names; used through EC2 only.";
  return [
    { sid: 'LookAtKeys', actions: ['kms:DescribeKey'], resources: keys, wildcard: 'It tells of a key and uses none.' },
    {
      sid: 'UseKeysOfVolumes',
      actions: ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: keys,
      conditions: via,
      wildcard,
    },
    {
      sid: 'UseKeysForEbs',
      actions: ['kms:CreateGrant'],
      resources: keys,
      conditions: { ...via, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      wildcard,
    },
  ];
}

const FROM_TEMPLATE = [
  'subnet',
  'security-group',
  'network-interface',
  'key-pair',
  'placement-group',
  'capacity-reservation',
];

/**
 * A launch is asked for on each of its resources. Only from a launch template, and only instances and volumes that are tagged as a fleet's.
 * @param nodeRoles ARNs of the roles that nodes have: without them no instance with a profile can be launched
 */
export function launchGrants(scope: Construct, fleets: Fleets, nodeRoles: readonly string[]): Grant[] {
  const named = fleets.map(({ replace }) => replace.launchTemplate);
  const ids = named.flatMap((template) => (template?.startsWith('lt-') ? [template] : []));
  // Where every fleet names its own by its id, no other can be used.
  const templates = ids.length === named.length ? [...new Set(ids)].sort() : ['*'];
  const from = { ArnLike: { 'ec2:LaunchTemplate': templates.map((id) => arn(scope, 'ec2', `launch-template/${id}`)) } };
  const wildcard = 'Which template a node was launched from, its tags tell; what is in it, nobody knows at synthesis.';
  const Requested = { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(fleets) };
  return [
    {
      sid: 'LaunchForFleets',
      actions: ['ec2:RunInstances'],
      resources: ['instance', 'volume'].map((kind) => anyOf(scope, kind)),
      conditions: both(from, { StringEquals: Requested }),
      wildcard: NEW,
    },
    {
      sid: 'LaunchWithTemplates',
      actions: ['ec2:RunInstances'],
      resources: [
        ...['image', 'snapshot'].map((kind) => withoutAccount(scope, kind)),
        ...FROM_TEMPLATE.map((kind) => anyOf(scope, kind)),
        // A license configuration is one of its resources, too (Service Authorization Reference, RunInstances).
        arn(scope, 'license-manager', 'license-configuration:*'),
      ],
      conditions: from,
      wildcard,
    },
    {
      sid: 'UseTemplates',
      actions: ['ec2:RunInstances'],
      resources: templates.map((id) => arn(scope, 'ec2', `launch-template/${id}`)),
      wildcard,
    },
    ...(nodeRoles.length === 0
      ? []
      : [
          {
            sid: 'PassRolesOfNodes',
            actions: ['iam:PassRole'],
            resources: nodeRoles,
            conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
          },
        ]),
  ];
}
