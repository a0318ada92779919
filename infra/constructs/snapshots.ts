// Snapshots of a fleet's volumes, where its file asks for them: one policy of Data Lifecycle Manager for each fleet. It makes, shares and copies
// them, and deletes the oldest. The nodes stay up, so the snapshots are crash-consistent: a last resort rather than a good copy.
import { Stack } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Fleet, SnapshotPolicy } from '../../shared/fleet/model.ts';
import { sharingFault } from '../../shared/fleet/schema-heal.ts';
import { FLEET_TAG } from '../../shared/model/tags.ts';
import { InputError } from '../input-error.ts';
import { type Grant, roleOf } from './grants.ts';
import { arn, suiteNames } from './suite-names.ts';

/** "100 custom lifecycle policies per Region" ("Quotas for Amazon Data Lifecycle Manager"). */
const POLICIES_MAXIMUM = 100;

export class SnapshotPolicies extends Construct {
  constructor(scope: Construct, id: string, fleets: readonly Fleet[]) {
    super(scope, id);
    const kept = fleets.flatMap(({ snapshots, ...fleet }) => (snapshots ? [{ fleet, snapshots }] : []));
    if (kept.length > POLICIES_MAXIMUM)
      throw new InputError(`${kept.length} fleets have snapshots, DLM takes ${POLICIES_MAXIMUM} policies a region`);
    for (const { fleet, snapshots } of kept) {
      // The fleet file's own check refuses it earlier.
      const fault = snapshots.shareWith && sharingFault({ ...fleet, identityFree: snapshots.shareWith.identityFree });
      if (fault) throw new InputError(`fleet "${fleet.name}": ${fault}`);
    }
    for (const { fleet, snapshots } of kept) this.#policy(fleet, targetsOf(fleet), snapshots);
  }

  #policy(
    { name: fleet, tag }: Pick<Fleet, 'name' | 'tag'>,
    targets: readonly Target[],
    { everyHours, keep, shareWith, copyTo }: SnapshotPolicy,
  ): void {
    const scope = new Construct(this, fleet);
    // No other account's policy may use the role ("IAM service roles for Amazon Data Lifecycle Manager", confused deputy); an ARN names its account.
    const dlm = new ServicePrincipal('dlm.amazonaws.com', {
      conditions: { ArnLike: { 'aws:SourceArn': arn(this, 'dlm', 'policy/*') } },
    });
    const role = roleOf(
      scope,
      dlm,
      `Data Lifecycle Manager, for snapshots of ${fleet}.`,
      grantsOf(this, tag, targets, { everyHours, keep, shareWith, copyTo }),
    );
    new CfnLifecyclePolicy(scope, 'Policy', {
      // "The characters ^[0-9A-Za-z _-]+$ are supported" [CreateLifecyclePolicy].
      description: `${suiteNames(this).suite} - volumes of ${fleet}`,
      executionRoleArn: role.roleArn,
      state: 'ENABLED',
      tags: [{ key: FLEET_TAG, value: tag }],
      policyDetails: {
        policyType: 'EBS_SNAPSHOT_MANAGEMENT',
        resourceTypes: ['VOLUME'],
        targetTags: targets.map(({ key, value }) => ({ key, value })),
        schedules: [
          {
            name: `every ${everyHours} h`,
            // The volume's own tags: they name what the snapshot is of, and a volume made from it must carry them.
            copyTags: true,
            tagsToAdd: [{ key: FLEET_TAG, value: tag }],
            createRule: { interval: everyHours, intervalUnit: 'HOURS' },
            retainRule: { count: keep },
            ...(shareWith && { shareRules: [{ targetAccounts: [...shareWith.accounts] }] }),
            ...(copyTo && {
              crossRegionCopyRules: [
                {
                  target: copyTo.region,
                  encrypted: true,
                  ...(copyTo.kmsKeyArn !== undefined && { cmkArn: copyTo.kmsKeyArn }),
                  copyTags: true,
                  retainRule: { interval: copyTo.keepDays, intervalUnit: 'DAYS' },
                },
              ],
            }),
          },
        ],
      },
    });
  }
}

interface Target {
  readonly key: string;
  readonly value: string;
}

/**
 * DLM takes a volume that carries any of a policy's target tags. A fleet's selector means all of its tags. Only selectors of one tag mean the same to
 * both. Throws an `InputError` for others; the fleet file's own check refuses them earlier.
 */
function targetsOf({ name, volumes }: Pick<Fleet, 'name' | 'volumes'>): Target[] {
  const targets = new Map<string, Target>();
  for (const { role, tags } of volumes) {
    const [first, ...more] = Object.entries(tags);
    if (first === undefined || more.length > 0)
      throw new InputError(`fleet "${name}": volume ${role} has ${more.length + 1} tags, snapshots need exactly one`);
    const [key, value] = first;
    targets.set(`${key}=${value}`, { key, value });
  }
  return [...targets.values()];
}

/** What AWSDataLifecycleManagerServiceRole allows on all resources, limited to the fleet's. */
function grantsOf(
  scope: Construct,
  tag: string,
  targets: readonly Target[],
  { shareWith, copyTo }: SnapshotPolicy,
): Grant[] {
  const { partition, region } = Stack.of(scope);
  // A snapshot's ARN has no account.
  const snapshotsIn = (where: string) => `arn:${partition}:ec2:${where}::snapshot/*`;
  const everywhere = [region, ...(copyTo ? [copyTo.region] : [])].map(snapshotsIn);
  const own = { StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: tag } };
  const ofOwn =
    'Any snapshot that carries the tag which this policy gives to those that it makes; the condition names it.';
  const keys = [...new Set(targets.map(({ key }) => key))];
  return [
    {
      sid: 'FindVolumesAndSnapshots',
      actions: ['DescribeAvailabilityZones', 'DescribeInstances', 'DescribeSnapshots', 'DescribeVolumes'].map(
        (action) => `ec2:${action}`,
      ),
      resources: ['*'],
      wildcard: 'Describe calls of EC2 know no resources (Service Authorization Reference).',
    },
    ...keys.map((key, index) => ({
      sid: `SnapshotVolumes${index + 1}`,
      actions: ['ec2:CreateSnapshot'],
      resources: [arn(scope, 'ec2', 'volume/*')],
      conditions: {
        StringEquals: {
          [`aws:ResourceTag/${key}`]: targets.flatMap((target) => (target.key === key ? [target.value] : [])),
        },
      },
      wildcard: 'Any volume that carries the tag of the fleet; the condition names it.',
    })),
    {
      sid: 'MakeAndTagSnapshots',
      actions: ['ec2:CreateSnapshot', 'ec2:CreateTags'],
      resources: everywhere,
      wildcard:
        'Snapshots that are not made yet have no id. What they are made of is fenced by the tag of the volumes.',
    },
    {
      sid: 'DeleteOldest',
      actions: ['ec2:DeleteSnapshot'],
      resources: everywhere,
      conditions: own,
      wildcard: ofOwn,
    },
    ...(shareWith
      ? [
          {
            sid: 'Share',
            actions: ['ec2:DescribeSnapshotAttribute', 'ec2:ModifySnapshotAttribute'],
            resources: [snapshotsIn(region)],
            conditions: own,
            wildcard: ofOwn,
          },
        ]
      : []),
    ...(copyTo
      ? [
          {
            sid: 'Copy',
            actions: ['ec2:CopySnapshot'],
            resources: everywhere,
            wildcard: 'The source is one of this policy’s own snapshots; the copy is not made yet and has no id.',
          },
          ...keyGrants(scope, copyTo, shareWith),
        ]
      : []),
  ];
}

/**
 * A copy is encrypted again: the source's key reads, the target's key writes ("IAM service roles for Amazon Data Lifecycle Manager", encryption).
 * EBS's default key admits every principal of its account that comes through EC2, and needs no grant.
 */
function keyGrants(
  scope: Construct,
  copyTo: NonNullable<SnapshotPolicy['copyTo']>,
  shareWith: SnapshotPolicy['shareWith'],
): Grant[] {
  const { region } = Stack.of(scope);
  const grant = (sid: string, key: string, where: string): Grant[] => {
    return [
      {
        sid: `${sid}Key`,
        actions: [
          ...['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt'],
          ...['kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
        ],
        resources: [key],
        conditions: { StringEquals: { 'kms:ViaService': `ec2.${where}.amazonaws.com` } },
        wildcard:
          'The key of the volumes, which a fleet file names only where it shares snapshots; used through EC2 only.',
      },
    ];
  };
  return [
    ...grant('Source', shareWith?.kmsKeyArn ?? arn(scope, 'kms', 'key/*'), region),
    ...(copyTo.kmsKeyArn === undefined ? [] : grant('Target', copyTo.kmsKeyArn, copyTo.region)),
  ];
}
