// Which alarms a fleet should have: those of its nodes, those of the fleet as a whole, and a large fleet's alarms in place of node alarms. Pure: from
// its file, its nodes, the series of the agents and people's own alarms.
import { familyOf } from '../../shared/chains/defaults.ts';
import { type Fleet, heightProbeOf, type VolumeRole } from '../../shared/fleet/model.ts';
import { doubledNames, type SeenInstance } from '../../shared/fleet/nodes.ts';
import {
  AGENT_NAMESPACE,
  type AlarmKind,
  alarmName,
  CONSENSUS_METRICS,
  type ConsensusMetric,
  type FleetAlarmKind,
  type FleetMetric,
  HEALTH_VALUE,
  NODES_WITH_OWN_ALARMS,
  type NodeMetric,
  type OtlpMetric,
  otlpName,
  runbookOf,
} from '../../shared/fleet/resource-names.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';

export interface MetricRef {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What an alarm looks at, each minute. */
export type AlarmSource =
  | { readonly by: 'metric'; readonly metric: MetricRef; readonly statistic: 'Maximum' | 'Minimum' }
  /** An expression over metrics by their ids. */
  | { readonly by: 'math'; readonly metrics: Readonly<Record<string, MetricRef>>; readonly expression: string }
  /** A Metrics Insights query: one series, a contributor, for each node. */
  | { readonly by: 'query'; readonly query: string }
  /** A PromQL query without its comparison: one series, a contributor, for each node. */
  | { readonly by: 'promql'; readonly query: string };

export interface DesiredAlarm {
  readonly name: string;
  /** Its tag `chainmend:node`; undefined for an alarm of the whole fleet. */
  readonly node: string | undefined;
  readonly kind: AlarmKind;
  /** One sentence: what it means, and for whom. */
  readonly meaning: string;
  readonly runbook: string;
  readonly look: AlarmSource;
  readonly when: '>=' | '>' | '<=';
  readonly threshold: number;
  /** Minutes in a row. */
  readonly minutes: number;
  /** Whether the alarm pages by itself. Otherwise the function that computed its metric explains and pages (see docs/adr/0035-a-page-ends.md). */
  readonly pages: boolean;
}

/** The agent's series of one filesystem, by exactly these dimensions (fstype and any others that its configuration adds). */
export interface DiskSeries {
  readonly dimensions: Readonly<Record<string, string>>;
  /** Whether inodes are published under the same dimensions. */
  readonly inodes: boolean;
}

export const filesystemKey = (instanceId: string, path: string): string => `${instanceId} ${path}`;

export interface AlarmFacts {
  readonly fleet: Fleet;
  readonly nodes: readonly SeenInstance[];
  /** Of those, the ones that another fleet claims, too: their alarms stay, and none is made. */
  readonly contested?: ReadonlySet<string>;
  /** Of those, the data paths of which their own command tells nothing; over OTLP alone. */
  readonly unseenPaths?: ReadonlyMap<string, readonly string[]>;
  /** By `filesystemKey`. */
  readonly series: ReadonlyMap<string, DiskSeries>;
  /** Filesystems that an alarm of people's own looks after, by kind. */
  readonly covered: Readonly<Record<'disk' | 'inodes', ReadonlySet<string>>>;
  /** Whether the fleet has alarms of the fleet-wide kind now. */
  readonly fleetWideNow: boolean;
  /** In front of every runbook's path: "https://github.com/example/chainmend/blob/main/". */
  readonly runbooks: string;
  readonly nowMs: number;
}

const CHECKS = [
  ['status-check', 'StatusCheckFailed', 'EC2 finds the instance or its hardware impaired'],
  [
    'attached-ebs',
    'StatusCheckFailed_AttachedEBS',
    'the instance cannot reach an EBS volume, which stopping it does not cure',
  ],
] as const;

const ownMetric = (
  { suite }: Fleet,
  name: NodeMetric | FleetMetric | ConsensusMetric,
  dimensions: Readonly<Record<string, string>>,
): MetricRef => ({ namespace: suite, name, dimensions });

/** Suffix of an alarm's name for a volume other than the first. */
const suffixOf = ({ volumes }: Fleet, { role }: VolumeRole): string | undefined =>
  role === volumes[0]?.role ? undefined : role;

export interface DesiredAlarms {
  readonly alarms: readonly DesiredAlarm[];
  /** Names that are left as they are: what they should be cannot be known now. */
  readonly tolerated: ReadonlySet<string>;
  readonly refusals: readonly SubjectRefusal[];
}

/**
 * A fleet that shrinks below this number gets alarms of its nodes again. The gap prevents that one node more or less recreates hundreds of alarms.
 */
const BACK_TO_NODES = 40;

export function alarmsPer({ alarms, metrics }: Fleet, nodes: number, fleetWideNow: boolean): 'node' | 'fleet' {
  if (metrics === 'otlp') return 'fleet';
  if (alarms.per !== 'auto') return alarms.per;
  return nodes <= (fleetWideNow ? BACK_TO_NODES : NODES_WITH_OWN_ALARMS) ? 'node' : 'fleet';
}

export function desiredAlarms(facts: AlarmFacts): DesiredAlarms {
  const { fleet, nodes, fleetWideNow } = facts;
  if (nodes.length === 0) return { alarms: [], tolerated: new Set(), refusals: [] };
  const ofFleet = wholeFleet(facts);
  if (alarmsPer(fleet, nodes.length, fleetWideNow) === 'fleet') {
    // Its query has a series for each disk that is told, and none for another one.
    const refusals = nodes
      .filter(({ instanceId }) => !facts.contested?.has(instanceId))
      .flatMap((node) => unwatchedDisks(facts, node));
    const alarms =
      fleet.metrics === 'otlp' ? [...ofFleet.map(overOtlp), ...byPromql(facts)] : [...ofFleet, ...fleetWide(facts)];
    return { alarms, tolerated: new Set(), refusals };
  }
  const doubled = doubledNames(nodes);
  const alarms = [...ofFleet];
  const tolerated = new Set<string>();
  const refusals: SubjectRefusal[] = [];
  for (const node of [...nodes].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1))) {
    if (facts.contested?.has(node.instanceId)) {
      for (const name of namesOf(fleet, node)) tolerated.add(name);
      continue;
    }
    if (doubled.has(node.name)) {
      const reason = `${node.instanceId} is called ${node.name}, and so is another: their alarms are left as they are, and no new one is made for either`;
      refusals.push({ refuse: 'name-taken', subject: node.instanceId, node, reason, page: true });
      for (const name of namesOf(fleet, node)) tolerated.add(name);
      continue;
    }
    refusals.push(...unwatchedDisks(facts, node));
    alarms.push(...disksOf(facts, node, tolerated), ...healthOf(facts, node), ...checksOf(facts, node));
  }
  const { once, refused } = namedOnce(alarms, tolerated);
  return { alarms: once, tolerated, refusals: [...refusals, ...refused] };
}

/** Names are composed: a node "a-disk" and a volume "stuck" of a node "a" may give the same alarm name. Neither gets it. */
function namedOnce(
  alarms: readonly DesiredAlarm[],
  tolerated: Set<string>,
): { readonly once: readonly DesiredAlarm[]; readonly refused: readonly SubjectRefusal[] } {
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const { name } of alarms) (seen.has(name) ? doubled : seen).add(name);
  for (const name of doubled) tolerated.add(name);
  const refused = [...doubled].map((name): SubjectRefusal => {
    const reason = `two alarms would be called ${name}, by the names of nodes and volumes: neither is made`;
    return { refuse: 'name-taken', subject: name, reason, page: true };
  });
  return { once: alarms.filter(({ name }) => !doubled.has(name)), refused };
}

/** Tags travel in events and are used in filters: a name with any other character is replaced by its instance's id. */
const SAFE_NAME = /^[A-Za-z0-9_.:/=+@-]{1,128}$/;
const nodeTag = ({ name, instanceId }: SeenInstance): string => (SAFE_NAME.test(name) ? name : instanceId);

const namesOf = (fleet: Fleet, node: SeenInstance): readonly string[] => [
  ...fleet.volumes.flatMap((volume) =>
    (['disk', 'inodes'] as const).map((kind) => alarmName(fleet, nodeTag(node), kind, suffixOf(fleet, volume))),
  ),
  ...(['stuck', 'forked', 'unreachable', 'status-check', 'attached-ebs'] as const).map((kind) =>
    alarmName(fleet, nodeTag(node), kind),
  ),
];

const HOUR_MS = 60 * 60_000;
/** An agent is installed behind its node, and may be restarted or updated; without one for a day nobody would see the disk fill. */
const UNWATCHED_MS = 24 * HOUR_MS;

/** Disks of a running node that no alarm sees, neither ours nor one of its owner's: a disk is grown where its alarm goes off, and nowhere else. */
function unwatchedDisks(
  { fleet, series, covered, unseenPaths, nowMs }: AlarmFacts,
  node: SeenInstance,
): readonly SubjectRefusal[] {
  if (node.state !== 'running' || nowMs - node.launchedAtMs < HOUR_MS) return [];
  const isOverOtlp = fleet.metrics === 'otlp';
  return fleet.volumes.flatMap(({ path }): readonly SubjectRefusal[] => {
    const key = filesystemKey(node.instanceId, path);
    // What is not known to be unseen is no trouble: a node that answers nobody is told of as such.
    const isTold = isOverOtlp ? unseenPaths?.get(node.instanceId)?.includes(path) !== true : series.has(key);
    if (isTold || covered.disk.has(key)) return [];
    const why = isOverOtlp
      ? 'the command that looks at the node each minute finds no filesystem there, and no alarm of yours looks at it. Mount the volume there, or correct volumes in the fleet file'
      : 'the CloudWatch agent publishes nothing for it, and no alarm of yours watches it. Install the agent there, or find out why it is silent';
    const reason = `no alarm sees ${path} of ${node.name} fill: ${why}`;
    const subject = `${node.instanceId} ${path}`;
    return [{ refuse: 'disk-unwatched', subject, node, reason, page: true, pageAfterMs: UNWATCHED_MS }];
  });
}

function disksOf(
  { fleet, series, covered, runbooks }: AlarmFacts,
  node: SeenInstance,
  tolerated: Set<string>,
): readonly DesiredAlarm[] {
  return fleet.volumes.flatMap((volume) => {
    const { path, role } = volume;
    const key = filesystemKey(node.instanceId, path);
    const found = series.get(key);
    const where = `${role} volume of ${fleet.name}/${node.name} (${path})`;
    const dimensions = found?.dimensions ?? {};
    const agent = (name: string): MetricRef => ({ namespace: AGENT_NAMESPACE, name, dimensions });
    const looks = [
      [
        'disk',
        `The ${where} is filling up; chainmend grows it, or says why not.`,
        { by: 'metric', metric: agent('disk_used_percent'), statistic: 'Maximum' },
      ],
      [
        'inodes',
        `The ${where} runs out of inodes; chainmend grows it, which adds some, or says why not.`,
        {
          by: 'math',
          metrics: { used: agent('disk_inodes_used'), total: agent('disk_inodes_total') },
          expression: '100 * used / total',
        },
      ],
    ] as const;
    return looks.flatMap(([kind, meaning, look]): readonly DesiredAlarm[] => {
      if (covered[kind].has(key)) return [];
      const name = alarmName(fleet, nodeTag(node), kind, suffixOf(fleet, volume));
      if (!found || (kind === 'inodes' && !found.inodes)) {
        // An agent that is silent for a while is no reason to delete its alarm.
        tolerated.add(name);
        return [];
      }
      const runbook = runbooks + runbookOf(kind);
      const threshold = fleet.alarms.diskPercent;
      return [
        { name, node: nodeTag(node), kind, meaning, runbook, look, when: '>=', threshold, minutes: 1, pages: false },
      ];
    });
  });
}

/** Where no probe asks the nodes, nobody publishes their health, and an alarm on it would be blind. */
function healthOf({ fleet, runbooks }: AlarmFacts, node: SeenInstance): readonly DesiredAlarm[] {
  if (!heightProbeOf(fleet)) return [];
  const who = `${fleet.name}/${node.name}`;
  const kinds = [
    ['stuck', `${who} stands still while its chain goes on: its callers get old answers.`],
    ['forked', `${who} has other blocks than its siblings and the references: its callers get wrong answers.`],
    ['unreachable', `The RPC of ${who} does not answer: nobody can ask it.`],
  ] as const;
  return kinds.map(([kind, meaning]) => ({
    name: alarmName(fleet, nodeTag(node), kind),
    node: nodeTag(node),
    kind,
    meaning,
    runbook: runbooks + runbookOf(kind),
    look: {
      by: 'math',
      metrics: { health: ownMetric(fleet, 'Health', { Fleet: fleet.name, Node: node.name }) },
      expression: `IF(health == ${HEALTH_VALUE[kind]}, 1, 0)`,
    },
    when: '>=',
    threshold: 1,
    minutes: 2,
    pages: false,
  }));
}

function checksOf({ fleet, runbooks }: AlarmFacts, node: SeenInstance): readonly DesiredAlarm[] {
  return CHECKS.map(([kind, metric, meaning]) => ({
    name: alarmName(fleet, nodeTag(node), kind),
    node: nodeTag(node),
    kind,
    meaning: `${fleet.name}/${node.name}: ${meaning}.`,
    runbook: runbooks + runbookOf(kind),
    look: {
      by: 'metric',
      metric: { namespace: 'AWS/EC2', name: metric, dimensions: { InstanceId: node.instanceId } },
      statistic: 'Maximum',
    },
    when: '>=',
    threshold: 1,
    minutes: 2,
    pages: !fleet.probe,
  }));
}

/** The alarms of a fleet as a whole, for every size. */
function wholeFleet({ fleet, runbooks }: AlarmFacts): readonly DesiredAlarm[] {
  const probe = heightProbeOf(fleet);
  if (!probe) return [];
  const { name } = fleet;
  const of = (
    kind: FleetAlarmKind,
    metric: FleetMetric | ConsensusMetric,
    when: DesiredAlarm['when'],
    threshold: number,
    meaning: string,
  ): DesiredAlarm => ({
    name: alarmName(fleet, undefined, kind),
    node: undefined,
    kind,
    meaning,
    runbook: runbooks + runbookOf(kind),
    look: {
      by: 'metric',
      metric: ownMetric(fleet, metric, { Fleet: name }),
      statistic: when === '<=' ? 'Minimum' : 'Maximum',
    },
    when,
    threshold,
    minutes: 1,
    pages: false,
  });
  const halted = of(
    'halted',
    'Halted',
    '>=',
    1,
    `The chain of ${name} stands still: no node and no reference advances.`,
  );
  if (familyOf(fleet.chain) !== 'cometbft') return [halted];
  const [rounds, outOfSync, jailed, power, byzantine, down] = CONSENSUS_METRICS;
  // Where no probe reads a value, nobody publishes it: an alarm on it would never go off, but would look as if it could.
  const asked = probe.by !== 'metric';
  const read = new Map<string, boolean>([
    ...[rounds, outOfSync, power, byzantine].map(
      (metric) => [metric, asked && fleet.rpc?.metricsPort !== undefined] as const,
    ),
    [jailed, asked],
  ]);
  const rules = [
    of(
      'consensus-halted',
      rounds,
      '>',
      10,
      `${name} tries for more than 10 rounds to agree on a block: consensus halts.`,
    ),
    of('node-out-of-sync', outOfSync, '>', 0, `A node of ${name} has had no new block for 5 minutes in round 0.`),
    of('validator-jailed', jailed, '>', 0, `A validator of ${name} is jailed: it signs and earns nothing.`),
    of(
      'voting-power-low',
      power,
      '<=',
      70,
      `At most 70 % of the voting power of ${name} is online; at two thirds it halts.`,
    ),
    of('byzantine-validators', byzantine, '>', 0, `A validator of ${name} has signed two blocks of one height.`),
    of('node-down', down, '>', 0, `A node of ${name} does not answer any more.`),
  ];
  return [halted, ...rules.filter(({ look }) => look.by !== 'metric' || (read.get(look.metric.name) ?? true))];
}

/**
 * For a fleet too large for alarms of each node: one alarm of each kind, grouped by node. A query sees the metrics of the whole account: of disks
 * those with a path of the fleet's, of status checks all instances. There is no alarm for inodes, which the agent publishes as counts only. Agents
 * add dimensions by their configuration (device, image, type), so the query of disks asks for no exact list of them. Every name is quoted: hundreds
 * of words are reserved ("Reserved keywords", Metrics Insights). "A single query can return no more than 500 time series" (Metrics Insights quotas):
 * the worst are seen.
 */
function fleetWide({ fleet, runbooks }: AlarmFacts): readonly DesiredAlarm[] {
  const { name, volumes, alarms, probe } = fleet;
  const base = { node: undefined, when: '>=' as const };
  const worst = 'ORDER BY MAX() DESC LIMIT 500';
  const disks = volumes.map((volume): DesiredAlarm => {
    const query = `SELECT MAX("disk_used_percent") FROM "${AGENT_NAMESPACE}" WHERE "path" = '${volume.path}' GROUP BY "InstanceId", "path" ${worst}`;
    return {
      ...base,
      name: alarmName(fleet, undefined, 'disk', suffixOf(fleet, volume)),
      kind: 'disk',
      meaning: `${volume.role} volumes of ${name} (${volume.path}) are filling up; chainmend grows them, or says why not.`,
      runbook: runbooks + runbookOf('disk'),
      look: { by: 'query', query },
      threshold: alarms.diskPercent,
      minutes: 1,
      pages: false,
    };
  });
  const unwell: DesiredAlarm = {
    ...base,
    name: alarmName(fleet, undefined, 'unwell'),
    kind: 'unwell',
    meaning: `Nodes of ${name} are unreachable (5), stuck (6) or forked (7): their callers get no, old or wrong answers.`,
    runbook: runbooks + runbookOf('unwell'),
    look: {
      by: 'query',
      query: `SELECT MAX("Health") FROM SCHEMA("${fleet.suite}", "Fleet", "Node") WHERE "Fleet" = '${name}' GROUP BY "Node" ${worst}`,
    },
    threshold: HEALTH_VALUE.unreachable,
    minutes: 2,
    pages: false,
  };
  const checks = CHECKS.map(
    ([kind, metric, meaning]): DesiredAlarm => ({
      ...base,
      name: alarmName(fleet, undefined, kind),
      kind,
      meaning: `Nodes of ${name}, or other instances of this account and region: ${meaning}.`,
      runbook: runbooks + runbookOf(kind),
      look: {
        by: 'query',
        query: `SELECT MAX("${metric}") FROM SCHEMA("AWS/EC2", "InstanceId") GROUP BY "InstanceId" ${worst}`,
      },
      threshold: 1,
      minutes: 2,
      pages: !probe,
    }),
  );
  return [...disks, ...(probe ? [unwell] : []), ...checks];
}

/** The metrics of a fleet as a whole are the same over OTLP, by other names. */
function overOtlp(alarm: DesiredAlarm): DesiredAlarm {
  const { look } = alarm;
  if (look.by !== 'metric') return alarm;
  const { namespace, name, dimensions } = look.metric;
  const aggregate = look.statistic === 'Minimum' ? 'min' : 'max';
  const selector = `${otlpName(namespace, name as FleetMetric)}{Fleet="${dimensions['Fleet']}"}`;
  return { ...alarm, look: { by: 'promql', query: `${aggregate} by (Fleet) (${selector})` } };
}

/**
 * For metrics over OTLP: one alarm of each kind, whatever the fleet's size, with a contributor for each node. The probe on the nodes tells the disks, so that
 * there is an alarm for inodes, too, and none of another fleet's disks is seen. `by` leaves out what CloudWatch adds to the labels of a series.
 */
function byPromql({ fleet, runbooks }: AlarmFacts): readonly DesiredAlarm[] {
  const { name, volumes, alarms } = fleet;
  const of = (metric: OtlpMetric | NodeMetric, labels: string, more = ''): AlarmSource => ({
    by: 'promql',
    query: `max by (${labels}) (${otlpName(fleet.suite, metric)}{Fleet="${name}"${more}})`,
  });
  const base = { node: undefined, when: '>=' as const, pages: false };
  const disks = volumes.flatMap((volume) => {
    const path = `, path="${volume.path}"`;
    const whose = `${volume.role} volumes of ${name} (${volume.path})`;
    const kinds = [
      ['disk', 'DiskUsedPercent', `${whose} are filling up; chainmend grows them, or says why not.`],
      ['inodes', 'InodesUsedPercent', `${whose} run out of inodes; chainmend grows them, or says why not.`],
    ] as const;
    return kinds.map(
      ([kind, metric, meaning]): DesiredAlarm => ({
        ...base,
        name: alarmName(fleet, undefined, kind, suffixOf(fleet, volume)),
        kind,
        meaning,
        runbook: runbooks + runbookOf(kind),
        look: of(metric, 'InstanceId, path', path),
        threshold: alarms.diskPercent,
        minutes: 1,
      }),
    );
  });
  const unwell: DesiredAlarm = {
    ...base,
    name: alarmName(fleet, undefined, 'unwell'),
    kind: 'unwell',
    meaning: `Nodes of ${name} are unreachable (5), stuck (6) or forked (7): their callers get no, old or wrong answers.`,
    runbook: runbooks + runbookOf('unwell'),
    look: of('Health', 'Node'),
    threshold: HEALTH_VALUE.unreachable,
    minutes: 2,
  };
  const metrics = { 'status-check': 'StatusCheckFailed', 'attached-ebs': 'AttachedEbsFailed' } as const;
  const checks = CHECKS.map(
    ([kind, , meaning]): DesiredAlarm => ({
      ...base,
      name: alarmName(fleet, undefined, kind),
      kind,
      meaning: `Nodes of ${name}: ${meaning}.`,
      runbook: runbooks + runbookOf(kind),
      look: of(metrics[kind], 'InstanceId'),
      threshold: 1,
      minutes: 2,
    }),
  );
  return [...disks, unwell, ...checks];
}
