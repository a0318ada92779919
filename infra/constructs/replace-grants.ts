// What heals that stop a client may do to instances, volumes and snapshots.
//
// The condition is a fleet's own selector tags, or the tag chainmend:fleet. A resource gets that tag when it is made for a fleet, or when it is
// already a fleet's. Actions that only some fleets ask for are granted for those fleets alone. docs/security.md says the most that each function
// could do.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { DRILL_TAG, FLEET_TAG, ROOT_TAG } from '../../shared/model/tags.ts';
import { type Condition, fenced, instanceTags } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import { arn, arnWithoutAccount } from './suite-names.ts';

type Fleets = readonly Fleet[];
type Action = `${string}:${string}`;

export const OURS = 'Any that carries the tags of a fleet, or chainmend:fleet; the condition names them.';
const NEW = 'What is not made yet has no id; the condition says whose it has to be.';
/** AWS writes this tag on what Data Lifecycle Manager makes; no other principal can. */
const POLICY_TAG = 'aws:dlm:lifecycle-policy-id';
/**
 * "arn:aws:ec2:*:*:volume/vol-*": existing volumes. A request for a new volume names `volume/*` (AmazonEBSCSIDriverPolicyV2, which lists both for
 * this reason).
 */
const EXISTING_VOLUMES = 'volume/vol-*';

/** The values of `chainmend:fleet` on what is these fleets'. */
export const fleetNames = (fleets: Fleets): string[] => fleets.map(({ tag }) => tag).sort();

/** A validator, or a node of unknown role, is never replaced (`shared/guardrails/replace.ts`). */
const isFixed = ({ role }: Fleet, ...roles: readonly string[]): boolean =>
  'fixed' in role && roles.includes(role.fixed);

/** Fleets whose nodes may be replaced: they need a template, and addresses and targets move from the original instance. */
export const launchingOf = (fleets: Fleets): Fleets =>
  fleets.filter((fleet) => fleet.replace.rungs.includes('replace') && !isFixed(fleet, 'validator', 'unknown'));

/** Fleets whose instances may be stopped and started. */
function stoppingOf(fleets: Fleets): Fleets {
  const launching = launchingOf(fleets);
  return fleets.filter(
    (fleet) =>
      launching.includes(fleet) ||
      (fleet.replace.rungs.includes('stop-start') &&
        (fleet.owner.restartValidators || !isFixed(fleet, 'validator', 'unknown'))),
  );
}

export const tagIs = (key: string, values: readonly string[]): Condition => ({
  StringEquals: { [`aws:ResourceTag/${key}`]: values },
});
export const ofFleet = (fleets: Fleets): Condition => tagIs(FLEET_TAG, fleetNames(fleets));
export const byVolumeTags = (fleets: Fleets): Condition[] =>
  fenced(
    fleets.flatMap(({ volumes }) => volumes.map(({ tags }) => tags)),
    'aws:ResourceTag',
  );
const byNodeTags = (fleets: Fleets): Condition[] =>
  fenced(
    fleets.map(({ nodes }) => nodes.tags),
    'aws:ResourceTag',
  );
/** Of instances: theirs that this suite has claimed. */
export const byInstanceTags = (fleets: Fleets): Condition[] => fenced(fleets.map(instanceTags), 'aws:ResourceTag');
/**
 * The snapshots of a fleet: with its volumes' tags, with the ledger's tags, or of a lifecycle policy that copies no tags and that the fleet file
 * names.
 */
export function bySnapshotTags(fleets: Fleets): Condition[] {
  const policies = [...new Set(fleets.flatMap(({ replace }) => replace.lifecyclePolicies))].sort();
  return [...byVolumeTags(fleets), ofFleet(fleets), ...(policies.length > 0 ? [tagIs(POLICY_TAG, policies)] : [])];
}

/** Of accounts that share snapshots with this one: of their tags none is seen here. */
export function bySharingAccount(fleets: Fleets): Condition[] {
  const ids = [...new Set(fleets.flatMap(({ copiesFrom }) => copiesFrom?.account?.id ?? []))].sort();
  return ids.length === 0 ? [] : [{ StringEquals: { 'ec2:Owner': ids } }];
}

/** The same statement once for each condition. */
export const each = (conditions: readonly Condition[], grant: Omit<Grant, 'conditions'>): Grant[] =>
  conditions.map((condition, index) => ({ ...grant, sid: `${grant.sid}${index + 1}`, conditions: condition }));

export const both = (one: Condition, other: Condition): Condition =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => [key, { ...one[key], ...other[key] }]),
  );

const distinct = (conditions: readonly Condition[]): Condition[] => [
  ...new Map(conditions.map((condition) => [JSON.stringify(condition), condition])).values(),
];

export const withoutAccount = (kind: string): string => arnWithoutAccount('ec2', `${kind}/*`);
export const anyOf = (scope: Construct, kind: string): string => arn(scope, 'ec2', `${kind}/*`);

/** Fleets that ask for the same actions share statements. Fleets that ask for none get none. */
function byActions(
  fleets: Fleets,
  actionsOf: (fleet: Fleet) => readonly (Action | false)[],
): readonly { readonly actions: readonly Action[]; readonly some: Fleets }[] {
  const groups = new Map<string, { actions: readonly Action[]; some: Fleet[] }>();
  for (const fleet of fleets) {
    const actions = actionsOf(fleet).filter((action) => action !== false);
    if (actions.length === 0) continue;
    const group = groups.get(actions.join()) ?? { actions, some: [] };
    group.some.push(fleet);
    groups.set(actions.join(), group);
  }
  return [...groups.values()];
}

/** Sids are unique in a policy. */
export const numbered = (grants: readonly Omit<Grant, 'sid'>[], sid: string): Grant[] =>
  grants.map((grant, index) => ({ ...grant, sid: `${sid}${index + 1}` }));

/** The same statement for each of these conditions. */
const under = (conditions: readonly Condition[], grant: Omit<Grant, 'sid' | 'conditions'>): Omit<Grant, 'sid'>[] =>
  conditions.map((condition) => ({ ...grant, conditions: condition }));

/** The actions on instances that carry a fleet's tags. */
export function nodeGrants(scope: Construct, fleets: Fleets): Grant[] {
  const launching = launchingOf(fleets);
  const stopping = stoppingOf(fleets);
  const groups = byActions(fleets, (fleet) => [
    'ec2:AttachVolume',
    'ec2:DetachVolume',
    ...(stopping.includes(fleet)
      ? (['ec2:DescribeInstanceAttribute', 'ec2:StartInstances', 'ec2:StopInstances'] as const)
      : []),
    launching.includes(fleet) && 'ec2:AssociateAddress',
  ]);
  return numbered(
    groups.flatMap(({ actions, some }) =>
      under(byInstanceTags(some), { actions, resources: [anyOf(scope, 'instance')], wildcard: OURS }),
    ),
    'NodesOfFleets',
  );
}

/** Each node, and each volume that carries a fleet's tags, was made for a fleet or kept from one. */
export function snapshotGrants(scope: Construct, fleets: Fleets): Grant[] {
  const kinds = new Map<string, { conditions: Condition; resources: string[] }>();
  const add = (kind: string, conditions: readonly Condition[]): void => {
    for (const one of conditions) {
      const known = kinds.get(JSON.stringify(one)) ?? { conditions: one, resources: [] };
      known.resources.push(anyOf(scope, kind));
      kinds.set(JSON.stringify(one), known);
    }
  };
  add('instance', byInstanceTags(fleets));
  add('volume', [...byVolumeTags(fleets), ofFleet(fleets)]);
  const actions = ['ec2:CreateSnapshots'];
  return numbered(
    [...kinds.values()].map((one) => ({ ...one, actions, wildcard: OURS })),
    'SnapshotOfFleets',
  );
}

/**
 * AttachVolume needs a fleet's volume and a fleet's instance, each by its own tags. A root volume that was detached from a fleet's instance carries
 * another tag. Only mark-root may write that tag, and only on such a volume. The sources of a new volume have the same condition.
 */
export function moveGrants(scope: Construct, fleets: Fleets): Grant[] {
  const launching = launchingOf(fleets);
  const policies = [...new Set(fleets.flatMap(({ replace }) => replace.lifecyclePolicies))].sort();
  const groups = byActions(fleets, ({ replace }) => [
    'ec2:AttachVolume',
    'ec2:CreateVolume',
    replace.source === 'sibling' && 'ec2:CopyVolumes',
  ]);
  return [
    ...numbered(
      groups.flatMap(({ actions, some }) =>
        under([...byVolumeTags(some), ofFleet(some)], {
          actions,
          // A request for a new volume names `volume/*`, which this does not cover.
          resources: [arn(scope, 'ec2', EXISTING_VOLUMES), withoutAccount('snapshot')],
          wildcard: OURS,
        }),
      ),
      'UseOfFleets',
    ),
    ...(policies.length === 0
      ? []
      : [
          {
            sid: 'ReadOfPolicies',
            actions: ['ec2:CreateVolume'],
            resources: [withoutAccount('snapshot')],
            conditions: tagIs(POLICY_TAG, policies),
            wildcard: OURS,
          },
        ]),
    ...(launching.length === 0
      ? []
      : [
          {
            sid: 'PutRootsBack',
            actions: ['ec2:AttachVolume'],
            resources: [anyOf(scope, 'volume')],
            conditions: tagIs(ROOT_TAG, fleetNames(launching)),
            wildcard: 'Root volumes of nodes; the condition names the tag that only mark-root gives them.',
          },
        ]),
    {
      sid: 'DetachFromNodes',
      actions: ['ec2:DetachVolume', ...(launching.length === 0 ? [] : ['ec2:ModifyInstanceAttribute'])],
      resources: [anyOf(scope, 'volume')],
      wildcard:
        'Root volumes seldom carry tags. Both actions are asked for on the instance, too, and that has to be a fleet’s ("Example policies", EC2 user guide).',
    },
  ];
}

/**
 * Sets which volumes outlive an instance, and no other attribute: neither its user data, which is code, nor its security groups. EC2 names the
 * attribute as the request does ("BlockDeviceMapping"); a request that sets several attributes names each.
 */
export const attributeGrants = (scope: Construct, fleets: Fleets): Grant[] =>
  each(
    byInstanceTags(launchingOf(fleets)).map((condition) =>
      both(condition, {
        'ForAllValues:StringEqualsIgnoreCase': { 'ec2:Attribute': ['BlockDeviceMapping', 'BlockDeviceMappings'] },
        Null: { 'ec2:Attribute': 'false' },
      }),
    ),
    {
      sid: 'KeepVolumesOfNodes',
      actions: ['ec2:ModifyInstanceAttribute'],
      resources: [anyOf(scope, 'instance')],
      wildcard: OURS,
    },
  );

/**
 * Sets the type of an instance to one of the two that its fleet file names, and no other attribute: "You can specify only one attribute at a time"
 * (ModifyInstanceAttribute).
 */
export function typeGrants(scope: Construct, fleets: Fleets): Grant[] {
  const alike = new Map<string, { readonly types: readonly string[]; readonly some: Fleet[] }>();
  for (const fleet of stoppingOf(fleets)) {
    if (fleet.typeBoost === undefined) continue;
    const types = [fleet.typeBoost.from, fleet.typeBoost.to];
    const known = alike.get(types.join()) ?? { types, some: [] };
    known.some.push(fleet);
    alike.set(types.join(), known);
  }
  return numbered(
    [...alike.values()].flatMap(({ types, some }) =>
      under(
        byInstanceTags(some).map((condition) =>
          both(condition, { StringEquals: { 'ec2:Attribute/InstanceType': types } }),
        ),
        { actions: ['ec2:ModifyInstanceAttribute'], resources: [anyOf(scope, 'instance')], wildcard: OURS },
      ),
    ),
    'TypesOfNodes',
  );
}

/**
 * A creation must have its tag in the request; the tagging is then allowed. An existing resource gets tags only if it is a fleet's, and only the
 * suite's own keys. So no function can tag a resource into its own scope.
 */
export function creationGrants(scope: Construct, fleets: Fleets, kind: string, creations: readonly Action[]): Grant[] {
  const Requested = { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(fleets) };
  return [
    {
      sid: 'MakeForFleets',
      actions: creations,
      resources: [kind === 'snapshot' ? withoutAccount(kind) : anyOf(scope, kind)],
      conditions: { StringEquals: Requested },
      wildcard: NEW,
    },
  ];
}

/** A sibling's volume is copied where a fleet asks for that. The copy is a new volume, and must be tagged as one. */
export function copyGrants(scope: Construct, fleets: Fleets): Grant[] {
  const copying = fleets.filter(({ replace }) => replace.source === 'sibling');
  if (copying.length === 0) return [];
  return [
    {
      sid: 'CopyForFleets',
      actions: ['ec2:CopyVolumes'],
      resources: [anyOf(scope, 'volume')],
      conditions: { StringEquals: { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(copying) } },
      wildcard: NEW,
    },
  ];
}

/** The granted operations that create resources. */
export const creationsOf = (fleets: Fleets): string[] => [
  ...(fleets.some(({ replace }) => replace.source === 'sibling') ? ['CopyVolumes'] : []),
  'CreateVolume',
  ...(launchingOf(fleets).length > 0 ? ['RunInstances'] : []),
];

/** Tags that a creation writes. @param creations operations: "CreateVolume" */
export const tagAtCreation = (scope: Construct, creations: readonly string[], kind?: 'snapshot'): Grant => ({
  sid: 'TagWhatIsMade',
  actions: ['ec2:CreateTags'],
  // A template may tag network interfaces, too.
  resources: [kind === undefined ? arn(scope, 'ec2', '*/*') : withoutAccount(kind)],
  conditions: { StringEquals: { 'ec2:CreateAction': creations } },
  wildcard: 'Tags that are given when something is made; the condition names the operations that make it.',
});

/**
 * The one tag that allows a root volume to be attached again. A function that may write it may not attach, and a function that may attach may not
 * write it.
 */
export function rootTagGrants(scope: Construct, fleets: Fleets): Grant[] {
  const launching = launchingOf(fleets);
  if (launching.length === 0) return [];
  const named = { StringEquals: { [`aws:RequestTag/${ROOT_TAG}`]: fleetNames(launching) } };
  return [
    {
      sid: 'MarkRoots',
      actions: ['ec2:CreateTags'],
      resources: [anyOf(scope, 'volume')],
      conditions: both({ 'ForAllValues:StringEquals': { 'aws:TagKeys': [ROOT_TAG] } }, named),
      wildcard: 'Root volumes seldom carry tags. The conditions name the one tag that may be given, and its values.',
    },
  ];
}

/**
 * Grants to make and to attach volumes under a customer's key, through EC2 only ("Required permissions" for EBS encryption, EBS user guide).
 * @param ofOthers ARNs of keys of other accounts, whose own policies must allow it as well
 */
export function volumeKeyGrants(scope: Construct, ofOthers: readonly string[]): Grant[] {
  const { region } = Stack.of(scope);
  const keys = [arn(scope, 'kms', 'key/*'), ...ofOthers];
  return [
    { sid: 'LookAtKeys', actions: ['kms:DescribeKey'], resources: keys, wildcard: 'It tells of a key and uses none.' },
    {
      sid: 'UseKeysOfVolumes',
      // The grant goes to EBS, which decrypts the volume's data key at the attachment.
      actions: [
        ...['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'],
        ...['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      ],
      resources: keys,
      conditions: { StringEquals: { 'kms:ViaService': `ec2.${region}.amazonaws.com` } },
      wildcard: "The keys of the fleets' volumes, which no fleet file names; used through EC2 only.",
    },
  ];
}

/** The template that a fleet file names by its id. The id of a template that is named by its name is unknown at synthesis. */
const templateOf = ({ replace: { launchTemplate } }: Fleet): readonly string[] =>
  launchTemplate?.startsWith('lt-') ? [launchTemplate] : [];
const namesTemplate = (fleet: Fleet): boolean => templateOf(fleet).length > 0;

const FROM_TEMPLATE = ['key-pair', 'security-group', 'placement-group', 'capacity-reservation'];

/**
 * IAM checks a launch for each of its resources. The image, the snapshots and the key pair must be those of a launch template
 * ("ec2:IsLaunchTemplateResource … to prevent users from overriding any pre-existing ARNs in the launch template", EC2 user guide). The same holds
 * for security groups, unless they carry a fleet's tags. So every launch needs a template, and `taggedGrants` or a fleet file names that. Instances
 * and volumes are tagged as a fleet's.
 *
 * @param nodeRoles ARNs of the nodes' roles: without them no instance with a profile can be launched
 */
export function launchGrants(scope: Construct, fleets: Fleets, nodeRoles: readonly string[]): Grant[] {
  const launching = launchingOf(fleets);
  if (launching.length === 0) return [];
  const templates = [...new Set(launching.flatMap(templateOf))].sort();
  return [
    {
      sid: 'LaunchForFleets',
      actions: ['ec2:RunInstances'],
      resources: ['instance', 'volume'].map((kind) => anyOf(scope, kind)),
      conditions: { StringEquals: { [`aws:RequestTag/${FLEET_TAG}`]: fleetNames(launching) } },
      wildcard: NEW,
    },
    {
      sid: 'LaunchAsTemplatesSay',
      actions: ['ec2:RunInstances'],
      resources: [
        ...['image', 'snapshot'].map((kind) => withoutAccount(kind)),
        ...FROM_TEMPLATE.map((kind) => anyOf(scope, kind)),
        // A license configuration is also a resource of a launch (Service Authorization Reference, RunInstances).
        arn(scope, 'license-manager', 'license-configuration:*'),
      ],
      conditions: { Bool: { 'ec2:IsLaunchTemplateResource': 'true' } },
      wildcard: 'What is in a template, nobody knows at synthesis; nothing else may be used.',
    },
    {
      sid: 'LaunchInSubnets',
      actions: ['ec2:RunInstances'],
      resources: [anyOf(scope, 'subnet')],
      wildcard: "The node's own subnet, which nobody knows at synthesis, or one that the fleet file names.",
    },
    {
      sid: 'LaunchWithNewInterfaces',
      actions: ['ec2:RunInstances'],
      resources: [anyOf(scope, 'network-interface')],
      // An existing network interface brings its own address and security groups.
      conditions: { StringNotLike: { 'ec2:NetworkInterfaceID': 'eni-*' } },
      wildcard: NEW,
    },
    ...(templates.length === 0
      ? []
      : [
          {
            sid: 'UseNamedTemplates',
            actions: ['ec2:RunInstances'],
            resources: templates.map((id) => arn(scope, 'ec2', `launch-template/${id}`)),
          },
        ]),
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

/**
 * The launch of a throw-away instance: with the tag of a drill, of a template that is a fleet's, from a fleet's snapshots, in the one security group that
 * the fleet file names. The template's image, key pair and placement may be used, and none of its groups.
 */
export function drillLaunchGrants(scope: Construct, fleets: Fleets, nodeRoles: readonly string[]): Grant[] {
  const templates = [...new Set(fleets.flatMap(templateOf))].sort();
  const groups = [...new Set(fleets.flatMap(({ drills }) => drills?.securityGroup ?? []))].sort();
  const unnamed = fleets.filter((fleet) => !namesTemplate(fleet));
  return [
    {
      sid: 'LaunchThrowAways',
      actions: ['ec2:RunInstances'],
      resources: ['instance', 'volume'].map((kind) => anyOf(scope, kind)),
      conditions: { StringEquals: { [`aws:RequestTag/${DRILL_TAG}`]: fleetNames(fleets) } },
      wildcard: NEW,
    },
    {
      sid: 'TagThrowAways',
      actions: ['ec2:CreateTags'],
      resources: [arn(scope, 'ec2', '*/*')],
      conditions: { StringEquals: { 'ec2:CreateAction': ['RunInstances'] } },
      wildcard: 'Tags that are given when something is made; the condition names the operation that makes it.',
    },
    ...each([...bySnapshotTags(fleets), ...bySharingAccount(fleets)], {
      sid: 'OpenSnapshots',
      actions: ['ec2:RunInstances'],
      resources: [withoutAccount('snapshot')],
      wildcard: OURS,
    }),
    {
      sid: 'LaunchAsTemplatesSay',
      actions: ['ec2:RunInstances'],
      resources: [
        withoutAccount('image'),
        ...['key-pair', 'placement-group', 'capacity-reservation'].map((kind) => anyOf(scope, kind)),
        arn(scope, 'license-manager', 'license-configuration:*'),
      ],
      conditions: { Bool: { 'ec2:IsLaunchTemplateResource': 'true' } },
      wildcard: 'What is in a template, nobody knows at synthesis; nothing else may be used.',
    },
    {
      sid: 'LaunchInOwnGroup',
      actions: ['ec2:RunInstances'],
      resources: groups.map((id) => arn(scope, 'ec2', `security-group/${id}`)),
    },
    {
      sid: 'LaunchInSubnets',
      actions: ['ec2:RunInstances'],
      resources: [anyOf(scope, 'subnet')],
      wildcard: "The node's own subnet, which nobody knows at synthesis, or one that the fleet file names.",
    },
    {
      sid: 'LaunchWithNewInterfaces',
      actions: ['ec2:RunInstances'],
      resources: [anyOf(scope, 'network-interface')],
      conditions: { StringNotLike: { 'ec2:NetworkInterfaceID': 'eni-*' } },
      wildcard: NEW,
    },
    ...(templates.length === 0
      ? []
      : [
          {
            sid: 'UseNamedTemplates',
            actions: ['ec2:RunInstances'],
            resources: templates.map((id) => arn(scope, 'ec2', `launch-template/${id}`)),
          },
        ]),
    ...each(unnamed.length === 0 ? [] : distinct([...byNodeTags(unnamed), ofFleet(unnamed)]), {
      sid: 'UseTaggedTemplates',
      actions: ['ec2:RunInstances'],
      resources: [anyOf(scope, 'launch-template')],
      wildcard: OURS,
    }),
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

/**
 * Resources that a person has tagged as a fleet's. They are the templates and security groups of its launches, and the elastic addresses and target
 * groups that move to a replacement. Where a fleet asks for it, they include the groups that isolate an instance.
 */
export function taggedGrants(scope: Construct, fleets: Fleets): Grant[] {
  const launching = launchingOf(fleets);
  const groups = byActions(fleets, (fleet) => [
    ...(launching.includes(fleet) ? USE_TAGGED : []),
    ...(fleet.replace.autoScaling === 'standby' ? SET_ASIDE : []),
  ]);
  return numbered(
    groups.flatMap(({ actions, some }) =>
      under([...byNodeTags(some), ofFleet(some)], {
        actions,
        resources: [
          ...(actions.includes('ec2:RunInstances')
            ? [
                ...['elastic-ip', ...(launching.every(namesTemplate) ? [] : ['launch-template']), 'security-group'].map(
                  (kind) => anyOf(scope, kind),
                ),
                arn(scope, 'elasticloadbalancing', 'targetgroup/*'),
              ]
            : []),
          ...(actions.includes('autoscaling:EnterStandby')
            ? [arn(scope, 'autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')]
            : []),
        ],
        wildcard: OURS,
      }),
    ),
    'TaggedOfFleets',
  );
}

const USE_TAGGED = [
  'ec2:AssociateAddress',
  'ec2:RunInstances',
  'elasticloadbalancing:DeregisterTargets',
  'elasticloadbalancing:RegisterTargets',
] as const;
const SET_ASIDE = ['autoscaling:EnterStandby', 'autoscaling:ExitStandby', 'autoscaling:SetDesiredCapacity'] as const;
