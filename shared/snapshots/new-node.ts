// What a node that does not exist yet begins with: the snapshot that a heal would restore it from, or the one that its fleet file names. A deployment asks
// before it makes the node's volume, and seed-groups before it writes a group's template.
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Fleet } from '../fleet/model.ts';
import { discoverNodes, type FleetNode, type NameMemory } from '../fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../fleet/observation.ts';
import type { FleetProblem } from '../fleet/problems.ts';
import type { WrittenDeploy } from '../fleet/schema-deploy.ts';
import { dataParameterOf, dataParameterValue } from '../model/node-data.ts';
import { readSnapshots } from './inventory.ts';
import { clientNameOf } from './ledger.ts';
import type { SnapshotSet } from './model.ts';
import { chooseRequestedSet, type GoodInput, type RankedSets, rankSets } from './ranking.ts';
import { readOwners, setsOf } from './sets.ts';

export interface NewNodeView {
  readonly fleet: Fleet;
  readonly nodes: readonly Pick<FleetNode, 'name' | 'role'>[];
  readonly observed: readonly ObservedNode[];
  readonly watch: FleetWatch | undefined;
  readonly nowMs: number;
  readonly unusableKeys: ReadonlyMap<string, string>;
}

/** What is good for a node that does not exist yet: it has no fault and no snapshot of its own. */
export const rankForNewNode = (view: NewNodeView, sets: readonly SnapshotSet[]): RankedSets =>
  rankSets(requirementsOf(view, sets));

function requirementsOf(
  { fleet, nodes, observed, watch, nowMs, unusableKeys }: NewNodeView,
  sets: readonly SnapshotSet[],
): GoodInput {
  const tips = observed.flatMap(({ height, lagBlocks }) =>
    height === null || lagBlocks === null ? [] : [height + lagBlocks],
  );
  const told = observed.find(({ health, clientVersion }) => health === 'synced' && clientVersion !== undefined);
  return {
    ...{ fleet, sets, unusableKeys },
    ...{ node: '', role: 'follower', rate: null, faultSinceMs: null, stoodSinceMs: null, tried: [], accounts: [] },
    siblings: new Map(nodes.map(({ name, role }) => [name, role])),
    head: tips.length === 0 ? null : { height: Math.max(...tips), atMs: nowMs },
    chainId: fleet.health.chainId ?? watch?.chainId ?? null,
    client: told?.clientVersion === undefined ? null : clientNameOf(told.clientVersion, fleet.chain),
    dataMode: fleet.dataMode,
    hashes: new Map(watch?.canonical ? [[watch.canonical.height, watch.canonical.hash]] : []),
  };
}

/** What the fleet file wants of a new node's data. */
export interface NewNodeWish {
  readonly kind: WrittenDeploy['kind'];
  /** `newest-good`, or a snapshot's id. */
  readonly snapshot: string;
  readonly sizeGiB: number;
}

export type Beginning =
  | {
      readonly kind: 'snapshot';
      readonly snapshotId: string;
      /** Of the volume: the file's, or the snapshot's where that is larger. */
      readonly sizeGiB: number;
      /** For a person: "snap-… of node1, clean, taken …" */
      readonly sentence: string;
    }
  /** There is none that is good. */
  | { readonly kind: 'none'; readonly sentence: string }
  | { readonly kind: 'refused'; readonly problem: FleetProblem };

export function chooseBeginning(wish: NewNodeWish, view: NewNodeView, sets: readonly SnapshotSet[]): Beginning {
  const { snapshot } = wish;
  if (snapshot !== 'newest-good') {
    const chosen = chooseRequestedSet(snapshot, requirementsOf(view, sets));
    if ('set' in chosen) return fitted(wish, view.fleet, chosen.set);
    const path = ['deploy', 'data', 'snapshot'];
    return refused(path, snapshot, `expected newest-good, or a snapshot that is good for a new node: ${chosen.reason}`);
  }
  const { good, refused: others } = rankForNewNode(view, sets);
  const [first] = good;
  if (!first) return { kind: 'none', sentence: noneSentence(others) };
  // What does not fit its ceiling could never be grown either: the next best is smaller.
  const fitting = good.find((set) => fitted(wish, view.fleet, set).kind === 'snapshot');
  return fitted(wish, view.fleet, fitting ?? first);
}

function fitted({ kind, sizeGiB }: NewNodeWish, fleet: Fleet, set: SnapshotSet): Beginning {
  // The file of a fleet that is deployed has one volume.
  const [{ snapshotId, sizeGiB: least }] = Object.values(set.parts) as [SnapshotSet['parts'][string]];
  const expected = `expected at least ${least}, the size of ${snapshotId}, or deploy.data: sync`;
  if (least > fleet.disk.maximumSizeGiB)
    return refused(['disk', 'maximumSizeGiB'], fleet.disk.maximumSizeGiB, expected);
  // A group's template has the file's size; seed-groups makes its own versions larger where that is needed.
  if (kind === 'ha' && least > sizeGiB) return refused(['deploy', 'volume', 'sizeGiB'], sizeGiB, expected);
  const height = set.height === null ? '' : ` at height ${set.height}`;
  return {
    ...{ kind: 'snapshot', snapshotId, sizeGiB: Math.max(sizeGiB, least) },
    sentence: `${snapshotId} of ${set.node}, ${set.rank}, taken ${new Date(set.takenAtMs).toISOString()}${height}`,
  };
}

const refused = (path: readonly string[], value: unknown, expected: string): Beginning => ({
  kind: 'refused',
  problem: { kind: 'conflict', path, value, expected },
});

const WHYS = 3;

/** Why none is good, as far as a person reads on. */
export const noneSentence = (refused: RankedSets['refused']): string =>
  refused.length === 0
    ? 'there is no snapshot yet'
    : `no snapshot is good for a new node: ${refused
        .slice(0, WHYS)
        .map(({ why }) => why)
        .join('; ')}${refused.length > WHYS ? `; and ${refused.length - WHYS} more` : ''}`;

/** Before there is a node, nothing has been observed. */
const NO_MEMORY: NameMemory = { readWatch: async () => undefined };

export interface NewNodes {
  /** Those of the file that are not there. */
  readonly names: readonly string[];
  readonly begins: Beginning;
}

/**
 * @param names of the nodes in the file; of a group none: it names its members itself
 * @throws Error where the fleet's snapshots cannot be read as a whole
 */
export async function readNewNodes(
  ec2: EC2Client,
  fleet: Fleet,
  wish: NewNodeWish,
  names: readonly string[],
  nowMs: number,
): Promise<NewNodes> {
  const nodes = await discoverNodes(ec2, fleet, NO_MEMORY);
  const owners = await readOwners(ec2, fleet, nodes);
  const data = [...owners].flatMap(([volumeId, { role }]) => (role === null ? [] : [volumeId]));
  const snapshots = await readSnapshots(ec2, fleet, data);
  const nodeNames = new Set(nodes.map(({ name }) => name));
  const view = { fleet, nodes, nowMs, observed: [], watch: undefined, unusableKeys: new Map() };
  return {
    names: names.filter((name) => !nodeNames.has(name)),
    begins: chooseBeginning(wish, view, setsOf(snapshots, { fleet, volumes: owners, nodeNames })),
  };
}

/** What the stack of the nodes is given: see `dataParameterOf`. Nothing where they begin without a snapshot. */
export const dataParameters = (fleet: string, { names, begins }: NewNodes): Readonly<Record<string, string>> =>
  begins.kind === 'snapshot'
    ? Object.fromEntries(
        names.map((name) => [dataParameterOf(fleet, name), dataParameterValue(begins.snapshotId, begins.sizeGiB)]),
      )
    : {};
