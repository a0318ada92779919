// Reads all facts of one decision at one moment: the fleet and what is under way in it, the node that is imitated, and the sets that heals would use.
import { describeInstance } from '../../shared/aws/instances.ts';
import { instanceTypeIn } from '../../shared/aws/launch.ts';
import { templateOf } from '../../shared/aws/launch-needs.ts';
import { describeVolumes, type VolumeDescription } from '../../shared/aws/volumes.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { NO_NODES_HERE } from '../../shared/guardrails/breaker.ts';
import { drillUsdPerHour } from '../../shared/guardrails/drill-cost.ts';
import { type FleetView, readView } from '../../shared/guardrails/fleet-view.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { noDrill } from '../../shared/heal/drill.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { readShared, readSnapshots } from '../../shared/snapshots/inventory.ts';
import { clientNameOf } from '../../shared/snapshots/ledger.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { rankSets } from '../../shared/snapshots/ranking.ts';
import { ownersOf, readOwners, setsOf } from '../../shared/snapshots/sets.ts';
import { asCopied, copiesIn, withoutRoots } from './copies.ts';
import type { DrillContext, DrillFacts } from './state.ts';

/** Of the volume that an image boots from, as far as its template does not say it. */
const ROOT_GIB = 16;

/** @returns a refusal where the fleet file cannot be read, or everything is paused; what a drill has left is removed even then */
export async function readFacts(context: DrillContext): Promise<DrillFacts | Refusal> {
  const { clients, payload, environment, store } = context;
  const { ec2 } = clients;
  const [switches, record = noDrill] = await Promise.all([
    readSwitches({ clients, environment, store }, payload.fleet),
    store.readDrill(payload.fleet),
  ]);
  if ('refuse' in switches) return switches;
  if (switches.refusal && record.current === null) return switches.refusal;
  const { fleet } = switches;
  const [pattern, nodes, view, heals] = await Promise.all([
    describeInstance(ec2, payload.instanceId),
    discoverNodes(ec2, fleet, store),
    readView(store, fleet),
    readHeals(context),
  ]);
  const volumes = pattern === null ? [] : await describeVolumes(ec2, { instanceIds: [pattern.instanceId] });
  const nowMs = Date.now();
  const role = pattern ? roleOf(fleet, pattern.tags) : fleet.copiesFrom ? 'follower' : 'unknown';
  const { sets, snapshots } = await rankedSets(context, { fleet, nodes, view, role, nowMs });
  const launchTemplate = templateOf(fleet, pattern?.launchTemplate ?? null);
  const copies = fleet.copiesFrom && {
    ...copiesIn(snapshots),
    instanceType: launchTemplate && (await instanceTypeIn(ec2, launchTemplate)),
  };
  const shapes = fleet.copiesFrom
    ? shapesOfCopies(fleet, sets.good)
    : pattern && shapesOf(fleet, pattern.instanceId, volumes);
  return {
    ...{ nowMs, fleet, record, role, pattern, shapes, heals },
    launchTemplate: pattern || fleet.copiesFrom ? launchTemplate : null,
    subnetIds: subnetsOf(fleet, pattern?.subnetId ?? '', nodes),
    breaker: fleet.copiesFrom ? NO_NODES_HERE : view.breaker,
    haltedSinceMs: view.haltedSinceMs,
    tip: view.tip,
    usdPerHour: drillUsdPerHour({
      instanceType: pattern?.instanceType ?? copies?.instanceType ?? '',
      volumes: [...(shapes ?? []), { type: 'gp3', sizeGiB: ROOT_GIB }],
    }),
    good: sets.good,
    refused: sets.refused,
    ...(copies && { copies }),
  };
}

function subnetsOf(
  { drills, replace, copiesFrom }: Fleet,
  own: string,
  nodes: readonly FleetNode[],
): readonly string[] {
  // Here are no nodes whose subnets could help where its own has no room: the file names others.
  if (drills?.subnet !== undefined)
    return copiesFrom ? [...new Set([drills.subnet, ...replace.subnetIds])].slice(0, SUBNETS_MOST) : [drills.subnet];
  const all = [own, ...replace.subnetIds, ...nodes.map(({ subnetId }) => subnetId)];
  return [...new Set(all)].filter((id) => id !== '').slice(0, SUBNETS_MOST);
}

/** As many zones as a region has, and a few more. */
const SUBNETS_MOST = 8;

/** Incidents of heals that may launch something, or that work on the fleet: a drill gives way to each of them. */
export async function readHeals({
  store,
  payload,
}: Pick<DrillContext, 'store' | 'payload'>): Promise<readonly string[]> {
  const incidents = await store.readIncidents(payload.fleet);
  return incidents
    .filter(isAtWork)
    .map(({ node, trigger }) => `${node} (${trigger})`)
    .sort();
}

const isAtWork = ({ state }: IncidentRecord): boolean =>
  state === 'open' || state === 'allocated' || state === 'claimed';

/** One volume for each role, as the node that is imitated has it; null where its tags leave one open. */
function shapesOf(fleet: Fleet, instanceId: string, volumes: readonly VolumeDescription[]): DrillFacts['shapes'] {
  const owners = ownersOf(
    fleet,
    new Map([[instanceId, '']]),
    volumes.map(({ volumeId, tags, attachment }) => ({
      VolumeId: volumeId,
      Attachments: [{ InstanceId: instanceId, Device: attachment?.device }],
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  );
  const found = fleet.volumes.flatMap(({ role, path }) => {
    const volume = volumes.find(({ volumeId }) => owners.get(volumeId)?.role === role);
    if (!volume?.attachment) return [];
    const { type, iops, throughputMiBps, sizeGiB, attachment } = volume;
    return [{ role, path, device: attachment.device, sizeGiB, type, iops, throughputMiBps }];
  });
  return found.length === fleet.volumes.length ? found : null;
}

/** "/dev/sd[f-p]" are recommended for data volumes. */
const COPY_DEVICE = '/dev/sdf';

/** No node shows how its volumes are: each is as large as the largest copy, and of the type that EBS recommends, at what that has included. */
const shapesOfCopies = ({ volumes }: Fleet, good: readonly SnapshotSet[]): NonNullable<DrillFacts['shapes']> =>
  volumes.map(({ role, path }) => ({
    ...{ role, path, device: COPY_DEVICE, type: 'gp3', iops: null, throughputMiBps: null },
    sizeGiB: Math.max(1, ...good.map(({ parts }) => parts[role]?.sizeGiB ?? 0)),
  }));

interface RankInput {
  readonly fleet: Fleet;
  readonly nodes: readonly FleetNode[];
  readonly view: FleetView;
  readonly role: Role;
  readonly nowMs: number;
}

/** The sets that a heal of the imitated node would use, and the snapshots that they are of. */
async function rankedSets(
  { clients, payload }: DrillContext,
  { fleet, nodes, view, role, nowMs }: RankInput,
): Promise<{ readonly sets: Pick<DrillFacts, 'good' | 'refused'>; readonly snapshots: readonly SnapshotFact[] }> {
  const owners = await readOwners(clients.ec2, fleet, nodes);
  const account = fleet.copiesFrom?.account;
  const found = account
    ? await readShared(clients.ec2, fleet, account)
    : await readSnapshots(clients.ec2, fleet, [...owners.keys()]);
  const { data: snapshots, roots } = fleet.copiesFrom
    ? withoutRoots(found.map((fact) => asCopied(fact, account !== undefined)))
    : { data: found, roots: [] };
  // Nobody here knows the nodes: their volumes' tags say which they are.
  const named = fleet.copiesFrom ? snapshots.flatMap(({ tags }) => tags[fleet.nodes.nameTag] ?? []) : [];
  const nodeNames = new Set([...nodes.map(({ name }) => name), ...named]);
  const version = view.lastSeen.find(({ instanceId }) => instanceId === payload.instanceId)?.clientVersion;
  const sets = rankSets({
    sets: setsOf(snapshots, { fleet, volumes: owners, nodeNames }),
    fleet,
    node: payload.node,
    role,
    siblings: new Map(nodes.filter(({ name }) => name !== payload.node).map(({ name, role: is }) => [name, is])),
    head: view.tip === null ? null : { height: view.tip, atMs: nowMs },
    rate: null,
    chainId: fleet.health.chainId ?? view.chainId,
    client: version === undefined ? null : clientNameOf(version, fleet.chain),
    dataMode: fleet.dataMode,
    accounts: [],
    // A key that may not be used shows at the launch.
    unusableKeys: new Map(),
    hashes: new Map(view.canonical ? [[view.canonical.height, view.canonical.hash]] : []),
    ...{ faultSinceMs: null, stoodSinceMs: null, tried: [] },
  });
  return { sets: { good: sets.good, refused: [...sets.refused, ...roots] }, snapshots };
}
