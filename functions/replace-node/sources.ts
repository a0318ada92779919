// Reads the sources of data: good snapshots, a healthy sibling's volumes, and volumes that an earlier heal has kept.
import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { judgeKey } from '../../shared/aws/key-usability.ts';
import { keyDenies, keyScopeOf } from '../../shared/aws/keys.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { readKept } from '../../shared/heal/kept.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import { putAwayOf } from '../../shared/heal/put-back.ts';
import { isBlueGreen } from '../../shared/model/payload.ts';
import { FLEET_TAG, NODE_TAG, PUT_BACK_TAG } from '../../shared/model/tags.ts';
import { rateShown } from '../../shared/snapshots/catch-up.ts';
import { readSnapshots } from '../../shared/snapshots/inventory.ts';
import { clientNameOf } from '../../shared/snapshots/ledger.ts';
import { readPolicies, supplyOf } from '../../shared/snapshots/policies.ts';
import { blockMsOf, chooseRequestedSet, rankSets, type SetRequirements } from '../../shared/snapshots/ranking.ts';
import { readOwners, setsOf, type VolumeOwner } from '../../shared/snapshots/sets.ts';
import { readRequests } from './last-word.ts';
import type { ReplaceContext } from './state.ts';
import { cleanOnly, type KeptSource, NO_SOURCES, ownOnly, type SiblingSource, type Sources } from './supply.ts';
import { excludedOf } from './tried.ts';

interface SourcesInput {
  readonly fleet: Fleet;
  readonly state: LadderState;
  readonly nodes: readonly ObservedNode[];
  readonly watch: FleetWatch | undefined;
  readonly nowMs: number;
}

export async function readSources(context: ReplaceContext, input: SourcesInput): Promise<Sources> {
  const { clients, payload } = context;
  const { fleet, state } = input;
  if (payload.want.do === 'undo') return { ...NO_SOURCES, kept: await readPutAway(context, input) };
  const nodes = await discoverNodes(clients.ec2, fleet, context.store);
  const owners = await readOwners(clients.ec2, fleet, nodes);
  const known = new Map(owners);
  for (const { volumeId, role } of state.found.volumes) known.set(volumeId, { node: payload.node, role });
  const snapshots = await readSnapshots(clients.ec2, fleet, [...known.keys()]);
  const sets = setsOf(snapshots, {
    fleet,
    volumes: known,
    nodeNames: new Set([...nodes.map(({ name }) => name), payload.node]),
  });
  const unusable = await unusableKeys(context, state, snapshots);
  const rate = rateShown(await context.store.readCatchUps(fleet.name), input.nowMs);
  const stoodSinceMs = state.found.stoodSinceMs ?? null;
  const demand = { ...demandOf(context, input, nodes), rate, stoodSinceMs, unusableKeys: unusable };
  const chain = { head: demand.head, blockMs: blockMsOf(sets, demand), rate };
  const target = targetFault(state, unusable);
  const faultSinceMs = payload.want.do === 'heal' ? payload.onsetMs : null;
  const { want } = payload;
  if (want.do === 'restore' && want.snapshotId !== null) {
    const named = chooseRequestedSet(want.snapshotId, { ...demand, sets, faultSinceMs });
    return 'set' in named && target === null
      ? { ...NO_SOURCES, good: [named.set], chain }
      : { ...NO_SOURCES, refused: [{ setId: want.snapshotId, why: 'set' in named ? `${target}` : named.reason }] };
  }
  const fit = ownOnly(
    rankSets({ ...demand, sets, faultSinceMs, tried: excludedOf(state, input.nowMs) }),
    payload.node,
    state.upgrade?.cleanSinceMs ?? (want.do === 'upgrade' && !isBlueGreen(want) ? want.cleanSinceMs : null),
  );
  const ranked = want.do === 'shrink' ? cleanOnly(fit) : fit;
  // If no source is left, people need to know whether a snapshot will come.
  const supply = ranked.good.length > 0 ? [] : supplyOf(await readPolicies(clients.dlm, fleet, policiesOf(snapshots)));
  const refused = [...supply.map((why) => ({ setId: 'lifecycle policy', why })), ...ranked.refused];
  if (target !== null) {
    const none = ranked.good.map(({ setId }) => ({ setId, why: target }));
    return { ...NO_SOURCES, refused: [...none, ...refused] };
  }
  return { ...NO_SOURCES, good: ranked.good, refused, sibling: siblingOf(input, nodes, known), chain };
}

function demandOf(
  { payload }: ReplaceContext,
  { fleet, state, nodes: observed, watch, nowMs }: SourcesInput,
  nodes: readonly FleetNode[],
): Omit<SetRequirements, 'unusableKeys' | 'rate'> {
  const own = nodes.find(({ instanceId }) => instanceId === payload.instanceId);
  const { machine } = state.found;
  return {
    fleet,
    node: payload.node,
    role: machine
      ? roleOf(fleet, machine.instance.tags)
      : (own?.role ?? observed.find(({ instanceId }) => instanceId === payload.instanceId)?.role ?? 'unknown'),
    siblings: new Map(nodes.filter((node) => node !== own).map(({ name, role }) => [name, role])),
    head: headOf(observed, nowMs),
    chainId: fleet.health.chainId ?? watch?.chainId ?? null,
    client: clientOf(payload, observed, fleet, machine?.clientVersion ?? undefined),
    dataMode: fleet.dataMode,
    accounts: [],
    hashes: new Map(watch?.canonical ? [[watch.canonical.height, watch.canonical.hash]] : []),
  };
}

/** By what its nodes and their lags say. */
function headOf(observed: readonly ObservedNode[], atMs: number): SetRequirements['head'] {
  const heights = observed.flatMap(({ height, lagBlocks }) =>
    height === null || lagBlocks === null ? [] : [height + lagBlocks],
  );
  return heights.length === 0 ? null : { height: Math.max(...heights), atMs };
}

/** The client that is installed on the node, by the node's last answer: data of a newer client are of no use to it. */
function clientOf(
  { instanceId }: ReplaceContext['payload'],
  observed: readonly ObservedNode[],
  fleet: Fleet,
  before: string | undefined,
): SetRequirements['client'] {
  const told = before ?? observed.find((node) => node.instanceId === instanceId)?.clientVersion;
  return told === undefined ? null : clientNameOf(told, fleet.chain);
}

/** A key that may not be used shows only when the volume vanishes, so it is checked before. A fleet does not have more keys than this. */
const MAX_KEYS = 8;

async function unusableKeys(
  { clients, environment }: ReplaceContext,
  { found, tried }: LadderState,
  snapshots: readonly { readonly kmsKeyId: string | null }[],
): Promise<ReadonlyMap<string, string>> {
  const scope = keyScopeOf(environment);
  const all = [...found.volumes, ...snapshots].flatMap(({ kmsKeyId }) => kmsKeyId ?? []);
  const keys = [...new Set(all)].slice(0, MAX_KEYS);
  const verdicts = await Promise.all(keys.map(async (key) => [key, await judgeKey(clients.kms, key, scope)] as const));
  const told = verdicts.flatMap(([key, verdict]) => ('unusable' in verdict ? [[key, verdict.unusable] as const] : []));
  // A key whose use was unknown is known once a volume was created under it.
  const denied = tried.flatMap(({ deniedKey }) => deniedKey ?? []);
  return new Map([...told, ...denied.map((key) => [key, keyDenies(key, scope)] as const)]);
}

/** A copy has the key of the volume that it replaces, no matter which snapshot it is made from. */
function targetFault({ found }: LadderState, unusable: ReadonlyMap<string, string>): string | null {
  const volume = found.volumes.find(({ kmsKeyId }) => kmsKeyId !== null && unusable.has(kmsKeyId));
  if (volume === undefined) return null;
  return `a copy of ${volume.volumeId} cannot be made: ${unusable.get(volume.kmsKeyId ?? '')}`;
}

/** A follower in the same zone that is in sync with its chain, the highest first. */
function siblingOf(
  { fleet, nodes, state }: SourcesInput,
  all: readonly FleetNode[],
  owners: ReadonlyMap<string, VolumeOwner>,
): SiblingSource | null {
  const well = nodes
    .filter(
      ({ instanceId, health, role, availabilityZone }) =>
        instanceId !== state.found.instanceId &&
        health === 'synced' &&
        role === 'follower' &&
        availabilityZone === state.found.availabilityZone,
    )
    .filter(({ instanceId }) => all.some((node) => node.instanceId === instanceId))
    .sort((a, b) => (b.height ?? 0) - (a.height ?? 0) || (a.name < b.name ? -1 : 1));
  for (const { instanceId, name, height } of well) {
    const volumes = Object.fromEntries(
      [...owners].flatMap(([volumeId, { node, role }]) => (node === name && role !== null ? [[role, volumeId]] : [])),
    );
    if (fleet.volumes.every(({ role }) => volumes[role] !== undefined))
      return { instanceId, node: name, height, volumes };
  }
  return null;
}

/** One exchange takes its volumes off within minutes, and the next one of the same incident comes later than that. */
const ONE_EXCHANGE_MS = 5 * 60_000;

/** The volumes of this node that the last exchange has kept, one for each role: by their tags and by a heal's record. */
async function readPutAway(context: ReplaceContext, { fleet }: SourcesInput): Promise<KeptSource | null> {
  const { clients, payload, store } = context;
  const records = new Map(putAwayOf(await readKept(store, fleet.name), payload.node).map((one) => [one.id, one]));
  const { Volumes = [] } = await clients.ec2.send(
    new DescribeVolumesCommand({
      Filters: [
        { Name: `tag:${FLEET_TAG}`, Values: [fleet.tag] },
        { Name: `tag:${NODE_TAG}`, Values: [payload.node] },
        { Name: 'tag-key', Values: [PUT_BACK_TAG] },
        { Name: 'status', Values: ['available'] },
      ],
    }),
  );
  const kept = Volumes.flatMap(({ VolumeId = '', AvailabilityZone: availabilityZone = '' }) => {
    const record = records.get(VolumeId);
    if (!record) return [];
    const { incidentId, atMs, was } = record;
    return [{ volumeId: VolumeId, availabilityZone, role: was.role, incidentId, atMs }];
  }).sort((a, b) => b.atMs - a.atMs);
  const [latest] = kept;
  if (!latest) return null;
  // A node that breaks again has the same incident: what its first exchange has kept is older, and of another moment.
  const same = kept.filter(
    ({ incidentId, atMs }) => incidentId === latest.incidentId && latest.atMs - atMs < ONE_EXCHANGE_MS,
  );
  const requests = await readRequests(context);
  return {
    incidentId: latest.incidentId,
    ...(!requests.some(({ incidentId }) => incidentId === latest.incidentId) && { unaskedAtMs: latest.atMs }),
    availabilityZone: latest.availabilityZone,
    volumes: Object.fromEntries(same.toReversed().map(({ role, volumeId }) => [role, volumeId])),
  };
}

const policiesOf = (snapshots: readonly { readonly policyId: string | null }[]): readonly string[] => [
  ...new Set(snapshots.flatMap(({ policyId }) => policyId ?? [])),
];
