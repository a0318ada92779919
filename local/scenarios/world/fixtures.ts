// What people and AWS have done to a world before its story: snapshots of other days, launch templates, scaling groups, target groups.
import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { ledgerTags } from '../../../shared/snapshots/ledger.ts';
import { type Condition, contentAt, type Opening, type VolumeContent } from '../../nodes/content.ts';
import { type Region, START_MS } from '../../region.ts';
import type { PlacedNode, World } from './world.ts';

const HOUR_MS = 60 * 60_000;
/** Who did what a story begins with: none of the people that it is about. */
const BEFORE = 'before';

/** A snapshot of all data volumes of a node at one moment. */
export interface PastSnapshots {
  /** Before the story begins. */
  readonly hoursAgo: number;
  /** Of the snapshot of a node's only data volume; the region's choice unless given. */
  readonly snapshotId?: string;
  /**
   * ledger: our own, of a client that had ended cleanly. dlm: a lifecycle policy's, of one that ran. person: as dlm's, by nobody's policy.
   * console: as the console and `aws ec2 create-snapshot` make it, without any tag. Unless given, ledger.
   */
  readonly by?: 'ledger' | 'dlm' | 'person' | 'console';
  /** What a client makes of it; it opens unless given. */
  readonly opening?: Opening;
  /** A block that no client gets past with it. */
  readonly stopsAtHeight?: number;
  readonly verified?: boolean;
  /** Why it must not be used. */
  readonly quarantined?: string;
  /** Of the lifecycle policy that made it. */
  readonly policyId?: string;
}

/** @returns the ids of the snapshots, one for each data volume in their order */
export function snapshotsOf(world: World, placed: PlacedNode, past: PastSnapshots): readonly string[] {
  const { region } = world;
  const { fleet, name, machine } = placed;
  const takenAtMs = START_MS - past.hoursAgo * HOUR_MS;
  const { blockIntervalMs } = machine.chain.spec;
  const blocksAgo = Math.round((region.clock.now() - takenAtMs) / blockIntervalMs);
  const height = Math.max(1, machine.chain.height() - blocksAgo);
  const setId = `set-${new Date(takenAtMs).toISOString().slice(0, 13).replace('T', '-')}-${name}`;
  return [...placed.volumeIds].map(([role, volumeId]) => {
    const content = region.ec2.contentOf(volumeId);
    if (!content?.data) throw new Error(`snapshotsOf: nothing of a chain is on ${volumeId} of ${name}`);
    const { by = 'ledger', verified = false, quarantined = null } = past;
    const { chainId, branch } = content.data;
    const copied = Object.fromEntries(
      Object.entries(region.ec2.tags(volumeId)).filter(([key]) => !key.startsWith('aws:')),
    );
    const ledger = {
      ...{ fleet: fleet.name, node: name, role, setId, parts: placed.volumeIds.size },
      ...{ height, blockHash: branch.hash(height), chainId, client: null, clientVersion: null },
      ...{ mode: fleet.dataMode ?? null, cleanStop: true, quarantined, heldBy: null },
      verifiedAtMs: verified ? takenAtMs + HOUR_MS : null,
    };
    const { policyId = '' } = past;
    const tags = {
      ledger: ledgerTags(ledger),
      dlm: { ...copied, 'aws:dlm:lifecycle-policy-id': policyId, 'aws:dlm:lifecycle-schedule-name': 'daily' },
      person: copied,
      console: {},
    };
    return region.ec2.addSnapshot({
      ...(past.snapshotId !== undefined && { snapshotId: past.snapshotId }),
      volumeId,
      startedAtMs: takenAtMs,
      content: asOf(content, past, { by, height, blocksAgo, bytesPerBlock: machine.chain.spec.bytesPerBlock }),
      description: by === 'dlm' ? `Created for policy: ${policyId}` : '',
      tags: tags[by],
    });
  });
}

function asOf(
  content: VolumeContent,
  { opening = 'opens', stopsAtHeight }: PastSnapshots,
  at: { readonly by: string; readonly height: number; readonly blocksAgo: number; readonly bytesPerBlock: number },
): VolumeContent {
  const condition: Condition = at.by === 'ledger' ? 'clean' : 'crash-consistent';
  return contentAt(content, {
    ...{ height: at.height, condition, opening },
    ...(stopsAtHeight !== undefined && { stopsAtHeight }),
    usedBytes: Math.max(0, Math.floor(content.usedBytes - at.blocksAgo * at.bytesPerBlock * content.share)),
  });
}

/**
 * A lifecycle policy of people's own, for the volumes of a fleet, and what it has taken so far: done when the story begins.
 * Its next run is tomorrow.
 */
export function lifecyclePolicy(
  world: World,
  fleetName: string,
  taken: readonly (Omit<PastSnapshots, 'by' | 'policyId'> & { readonly node: string })[],
): void {
  const fleet = world.fleets.get(fleetName);
  if (!fleet) throw new Error(`lifecyclePolicy: there is no fleet ${fleetName}`);
  world.beforehand(async () => {
    const { PolicyId } = (await world.region.call(
      'dlm',
      'CreateLifecyclePolicy',
      {
        ExecutionRoleArn: `arn:aws:iam::${world.region.kernel.accountId}:role/AWSDataLifecycleManagerDefaultRole`,
        Description: `${fleetName} daily`,
        State: 'ENABLED',
        PolicyDetails: {
          PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
          ResourceTypes: ['VOLUME'],
          TargetTags: tagsOf(fleet),
          Schedules: [
            {
              Name: 'daily',
              CopyTags: true,
              CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] },
              RetainRule: { Count: 7 },
            },
          ],
        },
      },
      BEFORE,
    )) as { readonly PolicyId: string };
    for (const { node, ...past } of taken)
      snapshotsOf(world, world.find(fleetName, node), { ...past, by: 'dlm', policyId: PolicyId });
  });
}

/**
 * The launch template that a fleet's instances were made from, when the story begins: with tags that make each of them a node, and
 * user data that makes a filesystem on a new volume, as such templates have.
 * @param more what else its owner has written into it
 */
export function launchTemplate(world: World, fleetName: string, more: RequestLaunchTemplateData = {}): void {
  const fleet = world.fleets.get(fleetName);
  if (!fleet) throw new Error(`launchTemplate: there is no fleet ${fleetName}`);
  world.beforehand(() =>
    launchTemplateOf(
      world.region,
      fleet,
      world.nodes.filter((placed) => placed.fleet.name === fleetName).map(({ instanceId }) => instanceId),
      more,
    ),
  );
}

/** The same for these instances, in any region. */
export async function launchTemplateOf(
  region: Region,
  fleet: Fleet,
  instanceIds: readonly string[],
  more: RequestLaunchTemplateData = {},
): Promise<void> {
  const { LaunchTemplate } = (await region.call(
    'ec2',
    'CreateLaunchTemplate',
    {
      LaunchTemplateName: `${fleet.name}-node`,
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: tagsOf(fleet) }],
      LaunchTemplateData: {
        ImageId: 'ami-0123456789abcdef0',
        InstanceType: 'm6i.large',
        SecurityGroupIds: ['sg-0123456789abcdef0'],
        UserData: Buffer.from('#!/bin/sh\nmkfs.xfs /dev/nvme1n1 && systemctl enable --now node@0.21.0\n').toString(
          'base64',
        ),
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: tagsOf(fleet),
          },
        ],
        ...more,
      },
    },
    BEFORE,
  )) as { readonly LaunchTemplate: { readonly LaunchTemplateId: string } };
  for (const instanceId of instanceIds) {
    region.ec2.setTag(instanceId, 'aws:ec2launchtemplate:id', LaunchTemplate.LaunchTemplateId);
    region.ec2.setTag(instanceId, 'aws:ec2launchtemplate:version', '1');
  }
}

/** By these an owner says that something is a fleet's: heals may then move it. */
const tagsOf = ({ nodes }: Fleet): { Key: string; Value: string }[] =>
  Object.entries(nodes.tags).map(([Key, Value]) => ({ Key, Value }));

/** An Auto Scaling group that has always owned these nodes. */
export function scalingGroup(world: World, name: string, members: readonly PlacedNode[]): string {
  return world.region.autoscaling.addGroup({
    name,
    instanceIds: members.map(({ instanceId }) => instanceId),
    maxSize: members.length + 1,
    tags: Object.entries(members[0]?.fleet.nodes.tags ?? {}).map(([key, value]) => ({ key, value, propagate: false })),
  });
}

/** A target group of a load balancer in which these nodes have always been, healthy. @returns its ARN */
export function targetGroup(world: World, name: string, members: readonly PlacedNode[], port: number): string {
  const { elb } = world.region;
  const arn = elb.addTargetGroup({ name, port, tags: members[0]?.fleet.nodes.tags ?? {} });
  elb.addTargets(
    arn,
    members.map(({ instanceId }) => instanceId),
    'healthy',
  );
  return arn;
}

/** An elastic address that has always been this node's. @returns its allocation id */
export const elasticIp = (world: World, { fleet, instanceId, name }: PlacedNode): string =>
  world.region.ec2.addAddress({ instanceId, tags: { ...fleet.nodes.tags, Name: `${name}-address` } });
