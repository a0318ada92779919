// Reads together what a fleet's records and alarms are decided by: which nodes exist, which have ended, which are only not found, and their health.
// DescribeInstances is eventually consistent: a node that is missing from the list proves less than a node that is listed as terminated.
import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import { claimants, isMember, judgeMembership } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { isInGroup, nameApart, plainName } from '../../shared/fleet/node-names.ts';
import { discoverByClaim, isOutside, nameNodes, nodeOf, type SeenInstance } from '../../shared/fleet/nodes.ts';
import { type Health, type ObservedNode, servedAs } from '../../shared/fleet/observation.ts';
import { nodesLately } from '../../shared/guardrails/fleet-view.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { judgePauseTag, PAUSE_TAG } from '../../shared/guardrails/switches.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { RETIRED_TAG } from '../../shared/model/tags.ts';
import type { RegisterContext } from './context.ts';

export interface NodeFacts {
  /** Includes nodes that watch-fleet has seen lately and EC2 does not list at the moment. */
  readonly nodes: readonly SeenInstance[];
  /** How many nodes EC2 listed. */
  readonly found: number;
  /** Instances whose records stay as they are: paused by their tag, not found at the moment, or claimed by another fleet, too. */
  readonly untouched: ReadonlySet<string>;
  /** Of those, the ones that another fleet claims, too: they have left the pool. */
  readonly contested: ReadonlySet<string>;
  /** Of those, the ones with the pause tag. */
  readonly paused: ReadonlySet<string>;
  /** Instances that a heal has taken out of service, or is about to: they answer nobody. */
  readonly taken: ReadonlySet<string>;
  /** From fresh observations only: an older one does not count. */
  readonly health: ReadonlyMap<string, Health>;
  /** Data paths of which a node's own command tells nothing, where nobody else would tell of them; from fresh observations only. */
  readonly unseenPaths: ReadonlyMap<string, readonly string[]>;
  readonly refusals: readonly SubjectRefusal[];
  /** By the fleet's tags, and not this suite's. */
  readonly others: readonly SeenInstance[];
}

export async function readNodeFacts(
  { clients, fleet, store }: Pick<RegisterContext, 'clients' | 'fleet' | 'store'>,
  fleets: readonly Fleet[],
): Promise<NodeFacts> {
  const [{ nodes: found, others, contested }, parts, records] = await Promise.all([
    discoverByClaim(clients.ec2, fleet, store),
    store.readObservations(fleet.name),
    store.readNodes(),
  ]);
  const nowMs = Date.now();
  const observed = nodesLately(parts, nowMs);
  const { again, unseen } =
    found.length === 0 ? NOBODY : await findUntagged(clients.ec2, fleet, [...found, ...others, ...contested], observed);
  const there = again.length === 0 ? found : await nameNodes(fleet, byPlainNames(fleet, [...found, ...again]), store);
  const nodes = [...there, ...unseen, ...contested];
  const paused = pausedOf(nodes);
  return {
    nodes,
    found: found.length,
    others,
    untouched: new Set([...paused, ...[...unseen, ...contested].map(({ instanceId }) => instanceId)]),
    contested: new Set(contested.map(({ instanceId }) => instanceId)),
    paused,
    taken: new Set(records.filter(isTaken).map(({ instanceId }) => instanceId)),
    health: new Map(observed.map((node) => [node.instanceId, servedAs(node)])),
    unseenPaths: new Map(observed.map((node) => [node.instanceId, node.unseenPaths ?? []])),
    refusals: contested.flatMap((node) => contestedBy(fleet, node, fleets)),
  };
}

/** People are told once of an instance that several fleets claim: by the first of these that has a file. */
function contestedBy(fleet: Fleet, node: SeenInstance, fleets: readonly Fleet[]): readonly SubjectRefusal[] {
  const refusal = judgeMembership(fleet, node.instanceId, node.tags);
  const tellers = claimants(fleet.neighbours, node.tags).filter((name) => fleets.some((one) => one.name === name));
  if (!refusal || tellers.some((name) => name < fleet.name)) return [];
  const { refuse, reason, page } = refusal;
  return [{ refuse, subject: node.instanceId, node, reason, page }];
}

/**
 * Whether a heal has begun something on a node and has not proved it. Three things take no node out of service: the memory of a free node (which rungs
 * did not help), a disk that grows under its client (not one that is pruned), and what is prepared beside it: another instance, or a smaller disk.
 */
const isTaken = (node: NodeRecord): boolean =>
  node.operation !== null &&
  (node.operation.kind !== 'grow' || node.operation.prune !== undefined) &&
  node.operation.phase !== 'proved' &&
  !servesBeside(node.operation) &&
  (node.owner !== null || unsettled(node));

/** Until the other instance takes its place the node is not touched (blue/green), nor while the files of a smaller disk are copied beside it. */
const servesBeside = (operation: NonNullable<NodeRecord['operation']>): boolean =>
  operation.kind === 'replace' &&
  operation.phase === 'preparing' &&
  (operation.memory.beside !== undefined || operation.memory.restoredVolumes?.shrink?.isFilled === false);

const pausedOf = (nodes: readonly SeenInstance[]): ReadonlySet<string> =>
  new Set(nodes.filter(({ tags }) => judgePauseTag(tags) !== null).map(({ instanceId }) => instanceId));

const NOBODY = { again: [], unseen: [] };
const THERE = ['pending', 'running', 'stopping', 'stopped'];
const ENDED = ['shutting-down', 'terminated'];
/** "Values: up to 200" (Filter, @aws-sdk/client-ec2). */
const IDS_A_CALL = 200;

/** Nodes that watch-fleet has seen within three minutes and that the list by tags lacks: read by their ids. */
async function findUntagged(
  ec2: EC2Client,
  fleet: Fleet,
  found: readonly SeenInstance[],
  observed: readonly ObservedNode[],
): Promise<{ readonly again: readonly SeenInstance[]; readonly unseen: readonly SeenInstance[] }> {
  const ids = new Set(found.map(({ instanceId }) => instanceId));
  const names = new Set(found.map(({ name }) => name));
  const missing = observed.filter(({ instanceId }) => !ids.has(instanceId));
  const byId = new Map<string, Instance>();
  for (let from = 0; from < missing.length; from += IDS_A_CALL) {
    const Values = missing.slice(from, from + IDS_A_CALL).map(({ instanceId }) => instanceId);
    for (const instance of await describe(ec2, [{ Name: 'instance-id', Values }]))
      byId.set(instance.InstanceId ?? '', instance);
  }
  const again = [...byId.values()].filter(
    ({ State, Tags = [] }) =>
      !ENDED.includes(State?.Name ?? '') &&
      Object.entries(fleet.nodes.tags).every(([key, value]) =>
        Tags.some((tag) => tag.Key === key && tag.Value === value),
      ),
  );
  const unseen = missing.filter(({ instanceId, name }) => !byId.has(instanceId) && !names.has(name));
  const there = again
    .map((instance) => nodeOf(fleet, instance))
    .filter(({ tags }) => !isOutside(tags) && isMember(fleet, tags));
  return { again: there, unseen: unseen.map(nodeFromObservation) };
}

const nodeFromObservation = ({
  instanceId,
  name,
  role,
  availabilityZone,
  privateIp,
  seenSinceMs,
}: ObservedNode): SeenInstance => ({
  ...{ instanceId, name, role, availabilityZone, privateIp },
  state: 'running',
  vpcId: '',
  launchedAtMs: seenSinceMs,
  ...{ instanceType: '', subnetId: '', volumeIds: [] },
  tags: {},
});

/**
 * Instances of the fleet that have ended within the last hour or so, as long as EC2 lists them: names and ids. And the names that nodes had before
 * others of their group came, which are told apart from them now.
 */
export async function readEnded(
  { clients: { ec2 }, fleet, store }: Pick<RegisterContext, 'clients' | 'fleet' | 'store'>,
  there: readonly SeenInstance[],
): Promise<readonly SeenInstance[]> {
  const read = await describe(ec2, [...byTags(fleet), { Name: 'instance-state-name', Values: ENDED }]);
  const ended = read.map((instance) => nodeOf(fleet, instance));
  const ids = new Set(ended.map(({ instanceId }) => instanceId));
  // Beside those that are there: a name that they share was the ended one's, too.
  const named = await nameNodes(fleet, [...ended, ...byPlainNames(fleet, there)], store);
  const renamed = there.filter((node) => isInGroup(node) && node.name !== plainName(fleet, node));
  return [...named.filter(({ instanceId }) => ids.has(instanceId)), ...byPlainNames(fleet, renamed)];
}

const byPlainNames = (fleet: Fleet, nodes: readonly SeenInstance[]): readonly SeenInstance[] =>
  nodes.map((node) => ({ ...node, name: plainName(fleet, node) }));

/** Instances by the fleet's tags that are no nodes of it any more, since they carry `chainmend:retired`. A group's are called by their ids: no other member takes the place of one. */
export async function readRetired(ec2: EC2Client, fleet: Fleet): Promise<readonly SeenInstance[]> {
  const Filters = [
    ...byTags(fleet),
    { Name: 'tag-key', Values: [RETIRED_TAG] },
    { Name: 'instance-state-name', Values: THERE },
  ];
  const retired = await describe(ec2, Filters);
  return retired
    .map((instance) => nodeOf(fleet, instance))
    .filter(({ tags }) => isMember(fleet, tags))
    .map((node) => (isInGroup(node) ? { ...node, name: nameApart(node.name, node.instanceId) } : node));
}

/** Instances of the fleet that carry the pause tag at this moment. */
export async function readPaused(ec2: EC2Client, fleet: Fleet): Promise<ReadonlySet<string>> {
  const Filters = [
    ...byTags(fleet),
    { Name: 'tag-key', Values: [PAUSE_TAG] },
    { Name: 'instance-state-name', Values: THERE },
  ];
  const tagged = await describe(ec2, Filters);
  return pausedOf(tagged.map((instance) => nodeOf(fleet, instance)));
}

const byTags = ({ nodes }: Fleet): Filter[] =>
  Object.entries(nodes.tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));

/** "MaxResults: between 5 and 1000"; twice the largest fleet that was measured. */
const INSTANCES_A_PAGE = 1_000;
const MAX_PAGES = 10;

const describe = (client: EC2Client, Filters: Filter[]): Promise<Instance[]> =>
  readAllPages(
    paginateDescribeInstances({ client, pageSize: INSTANCES_A_PAGE }, { Filters }),
    ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances),
    MAX_PAGES,
    'instances',
  );
