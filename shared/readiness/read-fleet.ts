// Reads all facts from which a fleet's heals are judged: from AWS's Describe calls, page by page, and from the suite's own table. It changes nothing.
import { DescribeVolumesModificationsCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, type InstanceInformation } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { judgeAgent } from '../aws/commands.ts';
import type { KeyScope } from '../aws/keys.ts';
import { launchNeeds } from '../aws/launch-needs.ts';
import { standbyFault } from '../aws/standby.ts';
import { describeVolumes, type VolumeDescription } from '../aws/volumes.ts';
import type { Fleet } from '../fleet/model.ts';
import { discoverNodes, type FleetNode } from '../fleet/nodes.ts';
import type { Settings } from '../fleet/settings.ts';
import type { ModificationFact } from '../growth/decide.ts';
import { viewFleet } from '../guardrails/fleet-view.ts';
import { addedUsd, monthOf } from '../guardrails/grow.ts';
import { judgePauses } from '../guardrails/switches.ts';
import type { NodeRecord } from '../heal/records.ts';
import type { Store } from '../heal/store.ts';
import { SCALING_GROUP_TAG } from '../model/tags.ts';
import { rateShown } from '../snapshots/catch-up.ts';
import { readSnapshots } from '../snapshots/inventory.ts';
import { readPolicies } from '../snapshots/policies.ts';
import { readOwners, setsOf, type VolumeOwner } from '../snapshots/sets.ts';
import { attempt, mapped } from './attempt.ts';
import type { ReadinessClients } from './clients.ts';
import type { FleetFacts, KeyFacts, NodeFacts } from './facts.ts';
import { readKey } from './read-keys.ts';
import { launchFactsOf } from './read-launch.ts';
import type { QuotaReader } from './read-quotas.ts';
import type { Read } from './verdict.ts';
import { templateKeyOf } from './wishes.ts';

/** What is read once, for all fleets. */
export interface Surroundings {
  readonly clients: ReadinessClients;
  readonly store: Store;
  readonly settings: Read<Settings>;
  readonly isDeployed: boolean;
  /** ms since the epoch, by AWS's clock. */
  readonly nowMs: number;
  readonly accountId: string;
  readonly region: string;
  /** In whose name a grant is asked for as a dry run; null where none is. */
  readonly callerArn: string | null;
  readonly parameterPrefix: string;
  readonly replaceRole: string | undefined;
  readonly kmsKeys: readonly string[];
  readonly nodeRecords: Read<readonly NodeRecord[]>;
  readonly readQuotas: QuotaReader;
  readonly status: (text: string) => void;
}

/** Reads of one item each, side by side: a table takes more. */
const AT_ONCE = 8;
/** No fleet with more keys is known; each costs five requests. */
const MAX_KEYS = 40;
/** "The maximum number of filter values … is 200" (FilterLimitExceeded). */
const FILTER_VALUES = 200;

export async function readFleet(around: Surroundings, fleet: Fleet): Promise<FleetFacts> {
  const { clients, store, nowMs } = around;
  around.status(`${fleet.name}: its nodes …`);
  const nodes = await discoverNodes(clients.ec2, fleet, around.isDeployed ? store : NO_MEMORY);
  const launch = await launchFactsOf(clients, fleet, nodes, around.replaceRole);
  const ids = nodes.map(({ instanceId }) => instanceId);
  const volumes = await attempt('the volumes', async () =>
    ids.length === 0 ? [] : describeVolumes(clients.ec2, { instanceIds: ids }),
  );
  const owners = await attempt('whose the volumes are', () => readOwners(clients.ec2, fleet, nodes));
  around.status(`${fleet.name}: its snapshots …`);
  const snapshots = await readSets(around, fleet, nodes, owners);
  const reading = await ofTable(around, 'what was observed', () => store.readFleetReading(fleet.name));
  const view = mapped(reading, (read) => viewFleet(fleet, read, nowMs));
  const keyIds = [
    ...('value' in volumes ? volumes.value : []),
    ...('value' in snapshots.sets ? snapshots.sets.value.flatMap(({ parts }) => Object.values(parts)) : []),
  ].flatMap(({ kmsKeyId }) => kmsKeyId ?? []);
  around.status(`${fleet.name}: its quotas …`);
  const quotas = await around.readQuotas({
    volumeTypes: new Set('value' in volumes ? volumes.value.map(({ type }) => type) : []),
    instanceTypes: new Set(nodes.map(({ instanceType }) => instanceType)),
  });
  around.status(`${fleet.name}: its keys …`);
  return {
    ...{ nowMs, fleet, accountId: around.accountId, launch },
    paused: mapped(around.settings, ({ values }) =>
      around.isDeployed ? judgePauses(around.parameterPrefix, fleet.name, values) : null,
    ),
    outOfReach: await readReach(around, fleet, nodes),
    nodes: await readNodes(around, { fleet, nodes, launch, volumes, owners }),
    observed: mapped(view, ({ nodes: seen }) => seen),
    breaker: mapped(view, ({ breaker }) => breaker),
    lookedAt: mapped(view, ({ observed }) => observed),
    watch: mapped(reading, ({ watch }) => watch),
    addedUsd: mapped(
      await ofTable(around, 'the budget of growth', () => store.readBudget(fleet.name, monthOf(nowMs))),
      (budget) => addedUsd(budget),
    ),
    replacements: await ofTable(around, 'the replacements', () => store.readReplacements()),
    drill: await ofTable(around, 'what drills have tried', () => store.readDrill(fleet.name)),
    ...snapshots,
    rate: await shownRate(around, fleet),
    keys: await readKeys(around, [...new Set(keyIds)]),
    quotas,
  };
}

const NO_MEMORY = { readWatch: async () => undefined };

/** Before a deployment there is no table, and that is said once. */
const ofTable = <T>({ isDeployed }: Surroundings, what: string, read: () => Promise<T>): Promise<Read<T>> =>
  isDeployed ? attempt(what, read) : Promise.resolve({ unread: 'chainmend is not deployed: it has no table yet' });

async function shownRate(around: Surroundings, { name }: Fleet): Promise<FleetFacts['rate']> {
  const read = await ofTable(around, 'how fast it catches up', () => around.store.readCatchUps(name));
  return 'unread' in read ? null : rateShown(read.value, around.nowMs);
}

async function readSets(
  { clients: { ec2, dlm } }: Surroundings,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  owners: Read<ReadonlyMap<string, VolumeOwner>>,
): Promise<Pick<FleetFacts, 'sets' | 'policies'>> {
  if ('unread' in owners) return { sets: owners, policies: owners };
  const snapshots = await attempt('the snapshots', () => readSnapshots(ec2, fleet, [...owners.value.keys()]));
  const nodeNames = new Set(nodes.map(({ name }) => name));
  const seen = 'unread' in snapshots ? [] : [...new Set(snapshots.value.flatMap(({ policyId }) => policyId ?? []))];
  return {
    sets: mapped(snapshots, (facts) => setsOf(facts, { fleet, volumes: owners.value, nodeNames })),
    policies: await attempt('the lifecycle policies', () => readPolicies(dlm, fleet, seen)),
  };
}

/** One read for each launch template. */
async function readReach(
  { clients }: Surroundings,
  fleet: Fleet,
  nodes: readonly FleetNode[],
): Promise<FleetFacts['outOfReach']> {
  const found = new Map<string, Read<readonly string[]>>();
  for (const node of nodes) {
    const key = templateKeyOf({ fleet }, { node });
    if (key === null || found.has(key)) continue;
    const { 'aws:ec2launchtemplate:id': id, 'aws:ec2launchtemplate:version': version = '' } = node.tags;
    const launchTemplate = id === undefined ? null : { id, version };
    found.set(key, await attempt(`the launch template ${key}`, () => launchNeeds(clients, fleet, { launchTemplate })));
  }
  return found;
}

interface NodesRead {
  readonly fleet: Fleet;
  readonly nodes: readonly FleetNode[];
  readonly launch: FleetFacts['launch'];
  readonly volumes: Read<readonly VolumeDescription[]>;
  readonly owners: Read<ReadonlyMap<string, VolumeOwner>>;
}

async function readNodes(around: Surroundings, read: NodesRead): Promise<readonly NodeFacts[]> {
  const { fleet, nodes, launch, volumes, owners } = read;
  const { clients, store, nodeRecords } = around;
  const agents = await attempt('the agents', () => readAgents(clients, nodes));
  const modification = await attempt('the modifications of volumes', () =>
    readModifications(clients, 'unread' in volumes ? [] : volumes.value),
  );
  const standby = await readStandby(clients, fleet, nodes);
  around.status(`${fleet.name}: its ${nodes.length} nodes …`);
  return pMap(
    nodes,
    async (node, at): Promise<NodeFacts> => {
      const { instanceId } = node;
      const attached = mapped(volumes, (all) => all.filter(({ attachment }) => attachment?.instanceId === instanceId));
      const owner = launch.nodes[at];
      if (owner === undefined) throw new Error(`the facts of launches say nothing of ${node.name}`);
      return {
        ...{ node, owner, modification, volumes: attached },
        data: dataOf(attached, owners),
        standbyFault: standby.get(owner.autoScalingGroup ?? '') ?? { value: null },
        agent: mapped(agents, (byId) => judgeAgent(byId.get(instanceId))),
        record: mapped(nodeRecords, (records) => records.find((record) => record.instanceId === instanceId)),
        restarts: await ofTable(around, 'its restarts', () => store.readRestarts(fleet.name, instanceId)),
      };
    },
    { concurrency: AT_ONCE },
  );
}

function dataOf(volumes: NodeFacts['volumes'], owners: NodesRead['owners']): NodeFacts['data'] {
  if ('unread' in volumes || 'unread' in owners) return [];
  return volumes.value.flatMap((volume) => {
    const role = owners.value.get(volume.volumeId)?.role ?? null;
    return role === null ? [] : [{ role, volume }];
  });
}

/** "You can specify up to … 50" instance ids a filter (InstanceInformationStringFilter: Values, @aws-sdk/client-ssm: 1 to 100). */
const AGENTS_A_REQUEST = 50;

async function readAgents(
  { ssm }: ReadinessClients,
  nodes: readonly FleetNode[],
): Promise<ReadonlyMap<string, InstanceInformation>> {
  const found = new Map<string, InstanceInformation>();
  const ids = nodes.map(({ instanceId }) => instanceId);
  for (let at = 0; at < ids.length; at += AGENTS_A_REQUEST) {
    const Filters = [{ Key: 'InstanceIds', Values: ids.slice(at, at + AGENTS_A_REQUEST) }];
    const { InstanceInformationList = [] } = await ssm.send(
      new DescribeInstanceInformationCommand({ Filters, MaxResults: AGENTS_A_REQUEST }),
    );
    for (const agent of InstanceInformationList) if (agent.InstanceId) found.set(agent.InstanceId, agent);
  }
  return found;
}

/** The latest of each volume, as resize-volume reads it. */
async function readModifications(
  { ec2 }: ReadinessClients,
  volumes: readonly VolumeDescription[],
): Promise<ReadonlyMap<string, ModificationFact>> {
  const found = new Map<string, ModificationFact>();
  const ids = volumes.map(({ volumeId }) => volumeId);
  for (let at = 0; at < ids.length; at += FILTER_VALUES) {
    const Filters = [{ Name: 'volume-id', Values: ids.slice(at, at + FILTER_VALUES) }];
    const { VolumesModifications = [] } = await ec2.send(new DescribeVolumesModificationsCommand({ Filters }));
    for (const { VolumeId, ModificationState, TargetSize = 0 } of VolumesModifications)
      if (VolumeId && ModificationState)
        found.set(VolumeId, { volumeId: VolumeId, state: ModificationState, targetGiB: TargetSize });
  }
  return found;
}

/** A group's minimum forbids standby for all of its members alike: one of them is asked. */
async function readStandby(
  { autoscaling }: ReadinessClients,
  fleet: Fleet,
  nodes: readonly FleetNode[],
): Promise<ReadonlyMap<string, Read<string | null>>> {
  const found = new Map<string, Read<string | null>>();
  if (fleet.replace.autoScaling === 'refuse') return found;
  for (const { instanceId, tags } of nodes) {
    const group = tags[SCALING_GROUP_TAG];
    if (group === undefined || found.has(group)) continue;
    found.set(
      group,
      await attempt(`Auto Scaling group ${group}`, () => standbyFault(autoscaling, { group, instanceId })),
    );
  }
  return found;
}

async function readKeys(around: Surroundings, ids: readonly string[]): Promise<ReadonlyMap<string, KeyFacts>> {
  const { clients, accountId, kmsKeys, region, replaceRole: roleArn, callerArn } = around;
  const scope: KeyScope = { accountId, kmsKeys };
  const reader = { clients, scope, region, roleArn, callerArn };
  const read = await pMap(ids.slice(0, MAX_KEYS), (id) => readKey(reader, id), { concurrency: AT_ONCE });
  const more = ids.slice(MAX_KEYS).map((keyId): KeyFacts => {
    const open = { is: 'open', code: 'not-asked', words: 'it was not asked' } as const;
    const unread = `more than ${MAX_KEYS} KMS keys: ${keyId} was not looked at`;
    return { keyId, isAwsManaged: false, usability: { unread }, policy: null, role: null, grant: open };
  });
  return new Map([...read, ...more].map((key) => [key.keyId, key]));
}
