// audit-snapshots: the durable heal that proves, on an instance that is thrown away, that a node comes back from its snapshots. It is part of the stack
// only where a fleet has drills.
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { DRILL_TAG, KEEP_UNTIL_TAG, LEDGER_TAGS } from '../../shared/model/tags.ts';
import { DurableHeal, type HealProps, observeGrants } from './durable-heal.ts';
import type { Grant } from './grants.ts';
import { drillLaunchGrants, volumeKeyGrants } from './replace-grants.ts';
import { arn, suiteNames } from './suite-names.ts';
import { ledgerGrants, sharedLedgerGrants } from './tag-grants.ts';

export interface AuditSnapshotsProps extends HealProps {
  /** ARNs of the roles that the fleets' instances have: the throw-away instance has the one of its template. */
  readonly nodeRoles: readonly string[];
  /** ARNs of keys of other accounts that encrypt the fleets' volumes. */
  readonly kmsKeys: readonly string[];
}

/** A day of catching up, an approval that is waited for two days, boot and removal. */
const EXECUTION_TIMEOUT = Duration.hours(84);

/** What it writes on snapshots. */
const MARKS = [LEDGER_TAGS.verified, LEDGER_TAGS.quarantined, KEEP_UNTIL_TAG];

const READS = [
  'Addresses',
  'Instances',
  'LaunchTemplateVersions',
  'LockedSnapshots',
  'Snapshots',
  'Subnets',
  'Tags',
  'Volumes',
];

export class AuditSnapshots extends DurableHeal {
  constructor(scope: Construct, id: string, { nodeRoles, kmsKeys, ...props }: AuditSnapshotsProps) {
    const { commands } = props;
    const fleets = props.fleets.filter(({ drills }) => drills !== undefined);
    super(scope, id, {
      ...props,
      functionName: suiteNames(scope).functions.auditSnapshots,
      description: 'Proves on a throw-away instance that a node comes back from its snapshots.',
      environment: {
        INSPECT_NODE_DOCUMENT: commands.inspectNode,
        RESTART_CLIENT_DOCUMENT: commands.restartClient,
        START_CLIENT_DOCUMENT: commands.startClient,
        ASK_NODE_DOCUMENT: commands.askNode,
      },
      grants: [
        ...observeGrants(READS.map((what) => `ec2:Describe${what}`)),
        ...commandGrants(scope, fleets),
        ...removalGrants(scope, fleets),
        ...drillLaunchGrants(scope, fleets, nodeRoles),
        ...volumeKeyGrants(scope, kmsKeys),
        ...ledgerGrants(fleets, MARKS, ['ec2:CreateTags']),
        ...sharedLedgerGrants(fleets, MARKS),
      ],
      executionTimeout: EXECUTION_TIMEOUT,
    });
  }
}

const tagsOf = (fleets: readonly Fleet[]): string[] => fleets.map(({ tag }) => tag).sort();
const OWN = 'What carries the tag of a drill, which is given at its launch alone; the condition names it.';

/** No node of a fleet carries the tag: commands reach throw-away instances alone. */
const commandGrants = (scope: Construct, fleets: readonly Fleet[]): Grant[] => [
  {
    sid: 'CommandThrowAways',
    actions: ['ssm:SendCommand'],
    resources: [arn(scope, 'ec2', 'instance/*')],
    conditions: { StringEquals: { [`ssm:resourceTag/${DRILL_TAG}`]: tagsOf(fleets) } },
    wildcard: OWN,
  },
  {
    sid: 'SendOwnDocuments',
    actions: ['ssm:SendCommand'],
    resources: ['inspect-node', 'restart-client', 'start-client', 'ask-node'].map((name) =>
      arn(scope, 'ssm', `document/${suiteNames(scope).suite}-${name}-*`),
    ),
    wildcard: "The hash at the end of a document's name: heals in flight send the documents of their own version.",
  },
];

const removalGrants = (scope: Construct, fleets: readonly Fleet[]): Grant[] => [
  {
    sid: 'RemoveThrowAways',
    actions: ['ec2:TerminateInstances', 'ec2:DeleteVolume'],
    resources: [arn(scope, 'ec2', 'instance/*'), arn(scope, 'ec2', 'volume/*')],
    conditions: { StringEquals: { [`aws:ResourceTag/${DRILL_TAG}`]: tagsOf(fleets) } },
    wildcard: OWN,
  },
];
