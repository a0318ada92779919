// What a heal of each node would ask AWS for if its trouble began now, and which of these requests are alike, so that one dry run answers for many
// nodes. Pure.
import type { CreateSnapshotsRequest, ModifyVolumeRequest } from '@aws-sdk/client-ec2';
import type { Launch } from '../aws/launch.ts';
import { templateOf } from '../aws/launch-needs.ts';
import type { FromSnapshot } from '../aws/volume-changes.ts';
import { selectorKeys } from '../fleet/resolve.ts';
import { decideResize, GIB, type ResizeDecision } from '../growth/decide.ts';
import { lostAddressOf } from '../guardrails/replace.ts';
import { FLEET_TAG, INCIDENT_TAG, JOINING_TAG, NODE_TAG } from '../model/tags.ts';
import { maskedUserData, maskHook } from '../node-commands/masked-user-data.ts';
import { clientsOf } from '../node-commands/node-command.ts';
import { type CatchUp, catchUpOf } from '../snapshots/catch-up.ts';
import { clientNameOf } from '../snapshots/ledger.ts';
import type { SnapshotSet } from '../snapshots/model.ts';
import { blockMsOf, type RefusedSet, rankSets, type SetRequirements } from '../snapshots/ranking.ts';
import type { FleetFacts, NodeFacts } from './facts.ts';

/** An instance is stopped or started. Many of them fit into one request. */
export interface PowerWish {
  readonly call: 'StopInstances' | 'StartInstances';
  readonly instanceId: string;
}

/** A request of a heal, as data. */
export type RequestWish =
  | { readonly call: 'ModifyVolume'; readonly request: ModifyVolumeRequest }
  | { readonly call: 'CreateVolume'; readonly request: Omit<FromSnapshot, 'token'> }
  | { readonly call: 'RunInstances'; readonly launch: Omit<Launch, 'token'>; readonly publicAddress: boolean }
  | { readonly call: 'CreateSnapshots'; readonly request: CreateSnapshotsRequest };

export type Wish = RequestWish | PowerWish;

export const isPower = (wish: Wish): wish is PowerWish => 'instanceId' in wish;

/** A wish, and the name of all wishes that AWS would answer alike. */
export interface NamedWish {
  readonly name: string;
  readonly wish: Wish;
}

/** What a heal that begins now would do with a node, by the suite's own decisions. */
export interface NodePlan {
  /** By the volume's role: what is decided once its disk is as full as the fleet file lets it become. */
  readonly growth: ReadonlyMap<string, ResizeDecision>;
  /** The data that would be restored; null where no set is good. */
  readonly source: { readonly set: SnapshotSet; readonly catchUp: CatchUp } | null;
  readonly refused: readonly RefusedSet[];
  /** `replace.source: sibling`: a node whose volumes would be copied instead. */
  readonly sibling: string | null;
  readonly modify: readonly NamedWish[];
  readonly create: readonly NamedWish[];
  readonly launch: NamedWish | null;
  readonly stop: NamedWish;
  readonly start: NamedWish;
  readonly snapshot: NamedWish;
}

/** An incident that nobody has: it stands in the tags of requests that are not made. */
const INCIDENT = 'doctor';

export function planOf(facts: FleetFacts, node: NodeFacts): NodePlan {
  const growth = new Map(facts.fleet.volumes.map(({ role }) => [role, growthOf(facts, node, role)]));
  const { good, refused, chain } = sourcesOf(facts, node);
  const [set] = good;
  const largestGiB = Math.max(0, ...node.data.map(({ volume }) => volume.sizeGiB));
  const rate = facts.fleet.replace.initializationMiBps;
  const initializationMinutes = rate === undefined ? 0 : (largestGiB * MIB_PER_GIB) / rate / 60;
  return {
    growth,
    source:
      set === undefined
        ? null
        : { set, catchUp: catchUpOf({ height: set.height, takenAtMs: set.takenAtMs }, chain, initializationMinutes) },
    refused,
    sibling: siblingOf(facts, node),
    modify: [...growth.values()].flatMap((decision) => modifyOf(facts, node, decision)),
    create: set === undefined ? [] : node.data.flatMap((data) => createOf(facts, node, set, data)),
    launch: launchOf(facts, node),
    stop: powerOf('StopInstances', node),
    start: powerOf('StartInstances', node),
    snapshot: snapshotOf(facts, node),
  };
}

const MIB_PER_GIB = 1_024;

/** As for an alarm: CloudWatch says that the disk is as full as the alarm's threshold. */
function growthOf(
  facts: FleetFacts,
  { data, node, owner, modification, record }: NodeFacts,
  role: string,
): ResizeDecision {
  const { nowMs, fleet, addedUsd } = facts;
  const percent = Math.max(fleet.disk.growAtPercent, MIN_PERCENT);
  const own = data.find((one) => one.role === role)?.volume;
  const latest = own === undefined || 'unread' in modification ? undefined : modification.value.get(own.volumeId);
  return decideResize({
    nowMs,
    fleet,
    volumeRole: role,
    instanceState: node.state,
    instanceTags: owner.tags,
    volumes: data.map(({ volume }) => ({ ...volume, type: volume.type as 'gp3' })),
    latestModification: latest ?? null,
    seen: null,
    history: own === undefined ? [] : [{ atMs: nowMs, usedBytes: (percent / 100) * own.sizeGiB * GIB }],
    reportedPercent: percent,
    intents: 'unread' in record ? [] : (record.value?.modifications ?? []),
    addedUsd: 'unread' in addedUsd ? 0 : addedUsd.value,
  });
}

const MIN_PERCENT = 1;

interface SourcesFound {
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly RefusedSet[];
  readonly chain: Parameters<typeof catchUpOf>[1];
}

/** The same question as a heal's: which sets are good for this node, if its trouble was first seen now. */
function sourcesOf(facts: FleetFacts, { node }: NodeFacts): SourcesFound {
  const { fleet, nowMs, keys, rate } = facts;
  const sets = 'unread' in facts.sets ? [] : facts.sets.value;
  const observed = 'unread' in facts.observed ? [] : facts.observed.value;
  const watch = 'unread' in facts.watch ? undefined : facts.watch.value;
  const heights = observed.flatMap(({ height, lagBlocks }) =>
    height === null || lagBlocks === null ? [] : [height + lagBlocks],
  );
  const head = heights.length === 0 ? null : { height: Math.max(...heights), atMs: nowMs };
  const seen = observed.find(({ instanceId }) => instanceId === node.instanceId);
  const told = seen?.clientVersion;
  const unusable = [...keys].flatMap(([keyId, { usability }]) =>
    'value' in usability && 'unusable' in usability.value ? [[keyId, usability.value.unusable] as const] : [],
  );
  const demand: SetRequirements = {
    fleet,
    node: node.name,
    role: node.role,
    siblings: new Map(
      facts.nodes.filter((one) => one.node !== node).map((one) => [one.node.name, one.node.role] as const),
    ),
    head,
    rate,
    chainId: fleet.health.chainId ?? watch?.chainId ?? null,
    client: told === undefined ? null : clientNameOf(told, fleet.chain),
    dataMode: fleet.dataMode,
    accounts: [],
    unusableKeys: new Map(unusable),
    hashes: new Map(watch?.canonical ? [[watch.canonical.height, watch.canonical.hash]] : []),
  };
  const ranked = rankSets({
    ...demand,
    sets,
    faultSinceMs: nowMs,
    stoodSinceMs: seen?.heightSinceMs ?? null,
    tried: [],
  });
  return { ...ranked, chain: { head, blockMs: blockMsOf(sets, demand), rate } };
}

/** A follower in the same zone that is in sync, where the fleet file prefers such copies. */
function siblingOf({ fleet, nodes, observed }: FleetFacts, { node }: NodeFacts): string | null {
  if (fleet.replace.source !== 'sibling' || 'unread' in observed) return null;
  const synced = new Set(
    observed.value
      .filter(({ health, role }) => health === 'synced' && role === 'follower')
      .map((one) => one.instanceId),
  );
  const whole = nodes.find(
    (one) =>
      one.node !== node &&
      one.node.availabilityZone === node.availabilityZone &&
      synced.has(one.node.instanceId) &&
      fleet.volumes.every(({ role }) => one.data.some((data) => data.role === role)),
  );
  return whole?.node.name ?? null;
}

/** The tags that decide what IAM says of a volume: those of the fleet file, and ours. */
const fenceOf = ({ fleet }: Pick<FleetFacts, 'fleet'>, tags: Readonly<Record<string, string>>): readonly string[] =>
  [
    ...new Set([
      FLEET_TAG,
      ...fleet.volumes.flatMap((volume) => Object.keys(volume.tags)),
      ...Object.keys(fleet.nodes.tags),
    ]),
  ]
    .sort()
    .map((key) => `${key}=${tags[key] ?? ''}`);

const nameOf = (call: Wish['call'], ...parts: readonly unknown[]): string => JSON.stringify([call, ...parts]);

function modifyOf(facts: FleetFacts, { data }: NodeFacts, decision: ResizeDecision): readonly NamedWish[] {
  if (!('do' in decision) || decision.do !== 'modify') return [];
  const { volumeId, toGiB, iops, throughputMiBps } = decision;
  const volume = data.find((one) => one.volume.volumeId === volumeId)?.volume;
  const request = {
    VolumeId: volumeId,
    Size: toGiB,
    ...(iops !== null && { Iops: iops }),
    ...(throughputMiBps !== null && { Throughput: throughputMiBps }),
  };
  const { VolumeId: _, ...shape } = request;
  const alike = [shape, volume?.type, volume?.kmsKeyId, fenceOf(facts, volume?.tags ?? {})];
  return [{ name: nameOf('ModifyVolume', ...alike), wish: { call: 'ModifyVolume', request } }];
}

function createOf(
  facts: FleetFacts,
  { node }: NodeFacts,
  set: SnapshotSet,
  { role, volume }: NodeFacts['data'][number],
): readonly NamedWish[] {
  const part = set.parts[role];
  if (part === undefined) return [];
  const { type, iops, throughputMiBps, encrypted, kmsKeyId, tags } = volume;
  const rate = facts.fleet.replace.initializationMiBps;
  const request: Omit<FromSnapshot, 'token'> = {
    snapshot: part,
    availabilityZone: node.availabilityZone,
    // No volume is smaller than its snapshot.
    sizeGiB: Math.max(volume.sizeGiB, part.sizeGiB),
    ...{ type, iops, throughputMiBps, encrypted, kmsKeyId },
    tags: { ...usersTags(tags), ...ownTags(facts, node.name) },
    firstTags: selectorKeys(facts.fleet),
    ...(rate !== undefined && { initializationMiBps: rate }),
  };
  const { tags: _, firstTags: __, snapshot: made, ...shape } = request;
  return [{ name: nameOf('CreateVolume', made.snapshotId, shape), wish: { call: 'CreateVolume', request } }];
}

function launchOf(facts: FleetFacts, { node, owner }: NodeFacts): NamedWish | null {
  const { fleet } = facts;
  const launchTemplate = templateOf(fleet, ownTemplateOf(node.tags));
  const subnetId = node.subnetId || fleet.replace.subnetIds[0];
  if (launchTemplate === null || subnetId === undefined) return null;
  const { availabilityZone, instanceType, tags } = node;
  const publicAddress = lostAddressOf(owner) !== null;
  const clients = clientsOf(fleet);
  const launch = {
    ...{ launchTemplate, subnetId, availabilityZone, instanceType },
    userData: maskedUserData(clients),
    maskHook: maskHook(clients),
    ownUserData: fleet.replace.userData,
    tags: { ...usersTags(tags), ...ownTags(facts, node.name), [JOINING_TAG]: INCIDENT },
    firstTags: selectorKeys(fleet),
  };
  const alike = [launchTemplate, subnetId, instanceType, publicAddress, fenceOf(facts, tags)];
  return { name: nameOf('RunInstances', ...alike), wish: { call: 'RunInstances', launch, publicAddress } };
}

/** Set by EC2: "aws:ec2launchtemplate:id and aws:ec2launchtemplate:version" ("Launch an EC2 instance using a launch template"). */
function ownTemplateOf(
  tags: Readonly<Record<string, string>>,
): { readonly id: string; readonly version: string } | null {
  const { 'aws:ec2launchtemplate:id': id, 'aws:ec2launchtemplate:version': version } = tags;
  return id !== undefined && version !== undefined ? { id, version } : null;
}

/** The key of its template among those whose parts were looked at. */
export function templateKeyOf({ fleet }: Pick<FleetFacts, 'fleet'>, { node }: Pick<NodeFacts, 'node'>): string | null {
  const template = templateOf(fleet, ownTemplateOf(node.tags));
  return template === null ? null : 'id' in template ? template.id : template.name;
}

/** An instance may be protected against being stopped (`DisableApiStop`): no other one answers for it. */
const powerOf = (call: 'StopInstances' | 'StartInstances', { node: { instanceId } }: NodeFacts): NamedWish => ({
  name: nameOf(call, instanceId),
  wish: { call, instanceId },
});

function snapshotOf(facts: FleetFacts, { node, data, volumes }: NodeFacts): NamedWish {
  const excluded = ('unread' in volumes ? [] : volumes.value)
    .filter(
      ({ volumeId, attachment }) =>
        !isRoot(attachment?.device) && !data.some((one) => one.volume.volumeId === volumeId),
    )
    .map(({ volumeId }) => volumeId);
  const Tags = Object.entries(ownTags(facts, node.name)).map(([Key, Value]) => ({ Key, Value }));
  const request: CreateSnapshotsRequest = {
    InstanceSpecification: {
      InstanceId: node.instanceId,
      ExcludeBootVolume: true,
      ...(excluded.length > 0 && { ExcludeDataVolumeIds: excluded }),
    },
    TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
  };
  const alike = data.map(({ volume }) => [volume.kmsKeyId, fenceOf(facts, volume.tags)]);
  return {
    name: nameOf('CreateSnapshots', alike, fenceOf(facts, node.tags)),
    wish: { call: 'CreateSnapshots', request },
  };
}

const isRoot = (device = ''): boolean => /(xvda|sda1)$/.test(device);

const ownTags = ({ fleet }: Pick<FleetFacts, 'fleet'>, node: string): Readonly<Record<string, string>> => ({
  [FLEET_TAG]: fleet.tag,
  [NODE_TAG]: node,
  [INCIDENT_TAG]: INCIDENT,
});

const usersTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')));
