// Reads what AWS still has of the last days: metrics and alarm history (CloudWatch), calls (CloudTrail), instances and volumes of today (EC2). It changes
// nothing, and sends nothing to a node. What cannot be read is a note, and unknown from then on.
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeVolumesModificationsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ParameterNotFound, paginateGetParameterHistory, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import pMap from 'p-map';
import { HISTORY_HOURS } from '../../../functions/resize-volume/history.ts';
import { hasInstanceStore } from '../../../shared/aws/instance-types.ts';
import { describeInstance } from '../../../shared/aws/instances.ts';
import { type KeyScope, NO_KEYS } from '../../../shared/aws/keys.ts';
import { describeVolumes, type VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { discoverNodes, nodeOf, type SeenInstance } from '../../../shared/fleet/nodes.ts';
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { readSettings } from '../../../shared/fleet/settings.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { dateOf, FLEET_TAG, JOINING_TAG, NODE_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { readSnapshots } from '../../../shared/snapshots/inventory.ts';
import { readOwners } from '../../../shared/snapshots/sets.ts';
import { errorText } from '../../../shared/text/plain-text.ts';
import { readFleets } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import type { AlarmChange, Samples } from '../../report/facts.ts';
import type { AccountConfig } from '../adopt/account.ts';
import { SuiteError, withPlace } from '../errors.ts';
import { notFoundError } from '../fleets/context.ts';
import { folderOf } from '../fleets/verbs.ts';
import { agentMetrics, keyOf, type Metric, ours, readAlarms, readMetrics } from '../report/account.ts';
import { type OtlpMetrics, readOverOtlp } from '../report/over-otlp.ts';
import { readAnswers } from './account-answers.ts';
import type { AskedBacktest } from './backtest.ts';
import {
  type Act,
  type DiskHistory,
  type History,
  KEPT_DAYS,
  type ModificationHistory,
  type NodeHistory,
  type SnapshotHistory,
  type SwitchVersion,
  stepMsAt,
  type Told,
} from './history.ts';
import { incidentsIn } from './incidents.ts';
import { actOf, LOOKED_UP } from './people.ts';
import { toldBetween } from './told-then.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How fast a disk fills is measured over the hours before. */
const GROWTH_MS = HISTORY_HOURS * 60 * 60_000;
/** A budget of modifications is of the day before, one of cost of the month. */
const BUDGETS_MS = 31 * DAY_MS;
/** Instances are read one by one, so many side by side. */
const AT_ONCE = 4;
/** 90 days of a metric have some 40,000 points. */
const NODES_MOST = 200;
/** "MaxResults: between 5 and 1000" (DescribeInstancesRequest). An account has three replacements an hour at the most, and keeps each for a week. */
const RETIRED_MOST = 1_000;
/** "The maximum number of filter values specified on a single call is 200" (FilterLimitExceeded). */
const FILTER_VALUES = 200;
/** Of one kind of call, 50 a page: 5,000 of them, which are forty minutes of two requests a second for all kinds together at the worst. */
const EVENT_PAGES_MOST = 100;
/** "The rate of lookup requests is limited to two per second": the SDK waits and tries again, more often than it would by itself. */
const LOOKUPS_TRIED = 20;

interface Clients {
  readonly cloudtrail: CloudTrailClient;
  readonly cloudwatch: CloudWatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  readonly sts: STSClient;
  readonly ssm: SSMClient;
}

/**
 * @param config of a test's region; the environment's account and region unless given
 * @throws UsageError for a fleet that is not known; SuiteError where AWS cannot be asked at all
 */
export async function readHistories(asked: AskedBacktest, config: AccountConfig = {}): Promise<readonly History[]> {
  const clients: Clients = {
    cloudtrail: new CloudTrailClient({ ...config, maxAttempts: LOOKUPS_TRIED }),
    cloudwatch: new CloudWatchClient(config),
    dynamodb: new DynamoDBClient(config),
    ec2: new EC2Client(config),
    lambda: new LambdaClient(config),
    sts: new STSClient(config),
    ssm: new SSMClient(config),
  };
  const all = asked.given ?? (await knownFleets(clients, asked));
  const names = all.map(({ name }) => name);
  for (const name of asked.fleets) if (!names.includes(name)) throw notFoundError('fleet', name, names);
  const chosen = asked.fleets.length === 0 ? all : all.filter(({ name }) => asked.fleets.includes(name));
  if (chosen.length === 0) return [];
  // The SDK keeps the offset between AWS's clock and this machine's.
  await noted([], 'AWS’s clock', () => clients.ec2.config.region(), '');
  const notes: string[] = [];
  const agents = await noted(notes, 'the metrics of the CloudWatch agent', () => agentMetrics(clients.cloudwatch), []);
  // The SDK keeps the offset between AWS's clock and this machine's, once it was answered.
  const toMs = asked.nowMs?.() ?? Date.now() + clients.cloudwatch.config.systemClockOffset;
  const fromMs = toMs - asked.days * DAY_MS;
  const sinceMs = Math.max(fromMs - BUDGETS_MS, toMs - KEPT_DAYS.calls * DAY_MS);
  const acts = await readActs(clients, { fromMs: sinceMs, toMs }, asked.status, notes);
  asked.status('the history of alarms …');
  const alarms = await noted(
    notes,
    'the history of alarms',
    () => readAlarms(clients.cloudwatch, names, Math.max(fromMs, toMs - KEPT_DAYS.alarms * DAY_MS), toMs),
    [],
  );
  const keyScope = await readKeyScope(clients, notes);
  const histories: History[] = [];
  for (const fleet of chosen)
    histories.push(
      await readHistory(clients, fleet, { fromMs, toMs, acts, alarms, agents, notes, keyScope, status: asked.status }),
    );
  return histories;
}

async function knownFleets({ ssm }: Clients, { files }: AskedBacktest): Promise<readonly Fleet[]> {
  if (files !== undefined) return readFleets(folderOf(files)).map(({ fleet }) => fleet);
  try {
    return (await readSettings(ssm, commandNames().parameterPrefix)).fleets;
  } catch (cause) {
    throw new SuiteError(`the stored fleet files cannot be read: ${withPlace(errorText(cause, 500))}`, { cause });
  }
}

/** What is not there is not known: it is noted, and the rest goes on. */
async function noted<T>(notes: string[], what: string, read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    notes.push(`${what} could not be read: ${errorText(error, 300)}`);
    return otherwise;
  }
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Calls by their names: of a busy account all calls would be hundreds of thousands. @returns null where none could be read */
async function readActs(
  { cloudtrail }: Clients,
  { fromMs, toMs }: Stretch,
  status: (text: string) => void,
  notes: string[],
): Promise<readonly Act[] | null> {
  const acts: Act[] = [];
  for (const name of LOOKED_UP) {
    status(`calls of ${name} …`);
    const isRead = await noted(
      notes,
      `calls of ${name}`,
      async () => {
        let NextToken: string | undefined;
        for (let page = 0; page === 0 || NextToken !== undefined; page++) {
          if (page === EVENT_PAGES_MOST) {
            notes.push(`Of the calls of ${name} only the newest ${acts.length} were read.`);
            break;
          }
          const { Events = [], NextToken: next } = await cloudtrail.send(
            new LookupEventsCommand({
              LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
              ...{ StartTime: new Date(fromMs), EndTime: new Date(toMs) },
              ...(NextToken !== undefined && { NextToken }),
            }),
          );
          for (const event of Events) {
            const act = actOf(event);
            if (act) acts.push(act);
          }
          NextToken = next;
        }
        return true;
      },
      false,
    );
    // A size or a pause that was not read would be taken for one that never changed.
    if (!isRead) return null;
  }
  return acts.toSorted((a, b) => a.atMs - b.atMs);
}

/** Before a deployment no key of another account is let in. */
async function readKeyScope({ sts, lambda }: Clients, notes: string[]): Promise<KeyScope> {
  const accountId = await noted(
    notes,
    'the account',
    async () => (await sts.send(new GetCallerIdentityCommand({}))).Account ?? '',
    '',
  );
  const named = new GetFunctionConfigurationCommand({ FunctionName: commandNames().functions.replaceNode });
  const kmsKeys = await lambda.send(named).then(
    ({ Environment }) => Environment?.Variables?.['KMS_KEYS'] ?? NO_KEYS,
    () => NO_KEYS,
  );
  return { accountId, kmsKeys: kmsKeys === NO_KEYS ? [] : kmsKeys.split(',') };
}

interface Around extends Stretch {
  readonly acts: readonly Act[] | null;
  readonly alarms: readonly AlarmChange[];
  readonly agents: readonly Metric[];
  readonly keyScope: KeyScope;
  readonly notes: readonly string[];
  readonly status: (text: string) => void;
}

async function readHistory(clients: Clients, fleet: Fleet, around: Around): Promise<History> {
  const { fromMs, toMs, acts, alarms, agents, keyScope, status } = around;
  const notes = [...around.notes];
  status(`${fleet.name}: its nodes …`);
  const store = createStore(clients.dynamodb, commandNames().tableName);
  // Before a deployment there is no table, and names are those of the tags.
  const memory = { readWatch: (name: string) => store.readWatch(name).catch(() => undefined) };
  const found = await discoverNodes(clients.ec2, fleet, memory);
  if (found.length > NODES_MOST)
    notes.push(`${fleet.name} has ${found.length} nodes: ${NODES_MOST} of them were read.`);
  const retired = await noted(notes, 'the instances that were replaced', () => readRetired(clients.ec2, fleet), []);
  const nodes = [...found.slice(0, NODES_MOST), ...retired.map(({ node }) => node)];
  const volumes = await noted(
    notes,
    'the volumes',
    async () =>
      nodes.length === 0
        ? []
        : describeVolumes(clients.ec2, { instanceIds: nodes.map(({ instanceId }) => instanceId) }),
    [] as readonly VolumeDescription[],
  );
  status(`${fleet.name}: its metrics …`);
  const disks = disksOf(fleet, nodes, agents);
  const metrics = [
    ...disks.flatMap(({ percent, used }) => [percent, used]),
    ...nodes.flatMap((node) => agentOf(node, disks, agents)),
    ...nodes.flatMap((node) => [checksOf(node), attachedOf(node), ours(fleet.name, node.name, 'Health')]),
    ...nodes.map((node) => ours(fleet.name, node.name, 'Peers')),
    ours(fleet.name, undefined, 'Halted'),
  ];
  const switches = await noted(notes, 'what the pauses have said', () => readSwitchVersions(clients, fleet), null);
  const samples = await noted(
    notes,
    'metrics',
    () => readAll(clients, metrics, { fromMs: fromMs - GROWTH_MS, toMs }),
    new Map<string, Samples>(),
  );
  const overOtlp = await noted(notes, 'metrics over OTLP', () => readOtlp(clients, fleet, { fromMs, toMs }), undefined);
  const of = (metric: Metric): Samples => samples.get(keyOf(metric)) ?? [];
  /** Health and what goes with it: a fleet that has changed its way has some of both. */
  const watched = (name: (typeof TOLD)[number], node?: string): Samples =>
    inOrder([...of(ours(fleet.name, node, name)), ...(overOtlp?.(name, node) ?? [])]);
  const modifications = await noted(
    notes,
    'what EBS tells of modifications',
    () => readModifications(clients.ec2, volumes),
    null,
  );
  const stored = await noted(notes, 'the snapshots', () => readStored(clients.ec2, fleet, nodes), null);
  const read = await pMap(
    nodes,
    async (node): Promise<NodeHistory | undefined> => {
      const instance = await noted(notes, node.name, () => describeInstance(clients.ec2, node.instanceId), null);
      if (instance === null) return undefined;
      const instanceStore = await noted(
        notes,
        `the disks of ${node.instanceType}`,
        () => hasInstanceStore(clients.ec2, node.instanceType),
        null,
      );
      return {
        ...{ node, instance, instanceStore },
        volumes: volumes.filter(({ attachment }) => attachment?.instanceId === node.instanceId),
        disks: disks
          .filter(({ instanceId }) => instanceId === node.instanceId)
          .map(
            ({ role, path, percent, used }): DiskHistory => ({
              ...{ role, path, filesystem: percent.dimensions['fstype'] ?? '' },
              ...{ percent: of(percent), used: of(used) },
            }),
          ),
        agent: agentOf(node, disks, agents).flatMap(of),
        checks: of(checksOf(node)),
        attachedEbs: of(attachedOf(node)),
        ...healthOf(watched('Health', node.name), node, retired),
        peers: watched('Peers', node.name),
        told: [],
        modifications: modifications?.filter(({ volumeId }) => node.volumeIds.includes(volumeId)) ?? null,
      };
    },
    { concurrency: AT_ONCE },
  );
  const history: History = {
    ...{ fleet, fromMs, toMs, acts, notes, switches, keyScope, stored },
    nodes: read.filter((node) => node !== undefined),
    halted: watched('Halted'),
    alarms: alarms.filter((alarm) => alarm.fleet === fleet.name),
  };
  status(`${fleet.name}: what its nodes answered …`);
  const sought = incidentsIn(history).map((incident) => ({
    instanceId: incident.instanceId,
    ...toldBetween(incident),
  }));
  const told = await noted(
    notes,
    'what nodes have answered to commands',
    () => readAnswers(clients.ssm, sought, toMs, notes),
    new Map<string, readonly Told[]>(),
  );
  return {
    ...history,
    nodes: history.nodes.map((one) => ({ ...one, told: told.get(one.node.instanceId) ?? [] })),
  };
}

interface Retired {
  readonly node: SeenInstance;
  readonly atMs: number;
}

/** The instances whose place another one has taken, as long as they are kept: by our own tags, which say when. */
async function readRetired(ec2: EC2Client, fleet: Fleet): Promise<readonly Retired[]> {
  const Filters = [
    { Name: `tag:${FLEET_TAG}`, Values: [fleet.tag] },
    { Name: 'tag-key', Values: [RETIRED_TAG] },
    { Name: 'instance-state-name', Values: ['running', 'stopping', 'stopped'] },
  ];
  // One page: so many are kept at the most.
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: RETIRED_MOST }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).flatMap((instance) => {
    const node = nodeOf(fleet, instance);
    const atMs = dateOf(node.tags[RETIRED_TAG]);
    // One that was given up before it was proved has never been the node.
    const isGivenUp = Object.hasOwn(node.tags, JOINING_TAG);
    return atMs === null || isGivenUp ? [] : [{ node: { ...node, name: node.tags[NODE_TAG] ?? node.name }, atMs }];
  });
}

/** Its metrics are called after the node: those of the time in which the instance was that node. */
function healthOf(
  samples: Samples,
  { instanceId, name }: SeenInstance,
  retired: readonly Retired[],
): Pick<NodeHistory, 'health' | 'retiredAtMs'> {
  const before = retired.filter(({ node }) => node.name === name).toSorted((a, b) => a.atMs - b.atMs);
  const own = before.findIndex(({ node }) => node.instanceId === instanceId);
  const untilMs = before[own]?.atMs ?? Number.POSITIVE_INFINITY;
  const sinceMs = before.at(own < 0 ? -1 : own - 1)?.atMs ?? 0;
  const isFirst = own === 0;
  return {
    health: samples.filter(([atMs]) => atMs < untilMs && (isFirst || atMs >= sinceMs)),
    retiredAtMs: own < 0 ? null : untilMs,
  };
}

/** Each volume's latest, which is all that EBS tells. */
async function readModifications(
  ec2: EC2Client,
  volumes: readonly VolumeDescription[],
): Promise<readonly ModificationHistory[]> {
  const found: ModificationHistory[] = [];
  for (let from = 0; from < volumes.length; from += FILTER_VALUES) {
    const Values = volumes.slice(from, from + FILTER_VALUES).map(({ volumeId }) => volumeId);
    const { VolumesModifications = [] } = await ec2.send(
      new DescribeVolumesModificationsCommand({ Filters: [{ Name: 'volume-id', Values }] }),
    );
    for (const { VolumeId = '', StartTime, EndTime } of VolumesModifications)
      if (StartTime)
        found.push({ volumeId: VolumeId, startedAtMs: StartTime.getTime(), endedAtMs: EndTime?.getTime() ?? null });
  }
  return found;
}

async function readStored(ec2: EC2Client, fleet: Fleet, nodes: readonly SeenInstance[]): Promise<SnapshotHistory> {
  const owners = await readOwners(ec2, fleet, nodes);
  return { owners, snapshots: await readSnapshots(ec2, fleet, [...owners.keys()]) };
}

/** Values are kept while the parameter is there; one that is not there has said nothing. */
async function readSwitchVersions({ ssm }: Clients, { name }: Fleet): Promise<readonly SwitchVersion[]> {
  const versions: SwitchVersion[] = [];
  for (const Name of [
    pauseParameterName(commandNames().parameterPrefix),
    pauseParameterName(commandNames().parameterPrefix, name),
  ]) {
    try {
      // 100 versions are two pages.
      for await (const { Parameters = [] } of paginateGetParameterHistory({ client: ssm }, { Name }))
        for (const { Version = 1, Value = '', LastModifiedDate } of Parameters)
          versions.push({ name: Name, version: Version, value: Value, atMs: LastModifiedDate?.getTime() ?? 0 });
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }
  return versions.toSorted((a, b) => a.atMs - b.atMs);
}

const instanceMetric = (name: string, { instanceId }: SeenInstance): Metric => ({
  ...{ namespace: 'AWS/EC2', name, dimensions: { InstanceId: instanceId } },
});
const checksOf = (node: SeenInstance): Metric => instanceMetric('StatusCheckFailed', node);
const attachedOf = (node: SeenInstance): Metric => instanceMetric('StatusCheckFailed_AttachedEBS', node);

interface DiskMetrics {
  readonly instanceId: string;
  readonly role: string;
  readonly path: string;
  readonly percent: Metric;
  readonly used: Metric;
}

/** Of each filesystem of the fleet file the plainest series: one that carries a device ends when the volume is swapped. */
function disksOf(
  { volumes }: Fleet,
  nodes: readonly SeenInstance[],
  agents: readonly Metric[],
): readonly DiskMetrics[] {
  return nodes.flatMap(({ instanceId }) =>
    volumes.flatMap(({ role, path }) => {
      const [percent] = agents
        .filter(({ dimensions }) => dimensions['InstanceId'] === instanceId && dimensions['path'] === path)
        .toSorted((a, b) => Object.keys(a.dimensions).length - Object.keys(b.dimensions).length);
      return percent ? [{ instanceId, role, path, percent, used: { ...percent, name: 'disk_used' } }] : [];
    }),
  );
}

/** Another filesystem of the node, the root's before others. One is enough to tell whether its agent was there. */
function agentOf(
  { instanceId }: SeenInstance,
  disks: readonly DiskMetrics[],
  agents: readonly Metric[],
): readonly Metric[] {
  const known = new Set(disks.map(({ percent }) => keyOf(percent)));
  return agents
    .filter((metric) => metric.dimensions['InstanceId'] === instanceId && !known.has(keyOf(metric)))
    .toSorted((a, b) => (a.dimensions['path'] ?? '').length - (b.dimensions['path'] ?? '').length)
    .slice(0, 1);
}

const TOLD = ['Health', 'Peers', 'Halted'] as const;

const inOrder = (samples: Samples): Samples => samples.toSorted(([a], [b]) => a - b);

/** @returns undefined where the fleet's metrics are classic */
async function readOtlp({ cloudwatch }: Clients, fleet: Fleet, { fromMs, toMs }: Stretch) {
  if (fleet.metrics !== 'otlp') return undefined;
  const parts: OtlpMetrics[] = [];
  for (const stretch of stretchesOf({ fromMs, toMs })) parts.push(await readOverOtlp(cloudwatch, fleet, TOLD, stretch));
  return (name: (typeof TOLD)[number], node: string | undefined): Samples =>
    parts.flatMap(({ of }) => of(name, { node }));
}

/** Each stretch with the step in which it is kept. */
const stretchesOf = ({ fromMs, toMs }: Stretch) => {
  const edges = [KEPT_DAYS.hours, KEPT_DAYS.fiveMinutes, KEPT_DAYS.minutes, 0].map((days) => toMs - days * DAY_MS);
  return edges.flatMap((edgeMs, at) => {
    const nextMs = edges[at + 1];
    if (nextMs === undefined || nextMs <= fromMs) return [];
    const beginMs = Math.max(edgeMs, fromMs);
    return [{ fromMs: beginMs, toMs: nextMs, period: stepMsAt(toMs - beginMs) / 1_000 }];
  });
};

async function readAll(
  { cloudwatch }: Clients,
  metrics: readonly Metric[],
  { fromMs, toMs }: Stretch,
): Promise<Map<string, Samples>> {
  const found = new Map<string, Samples>();
  for (const stretch of stretchesOf({ fromMs, toMs })) {
    const read = await readMetrics(cloudwatch, metrics, stretch);
    for (const [key, samples] of read) found.set(key, [...(found.get(key) ?? []), ...samples]);
  }
  return found;
}
