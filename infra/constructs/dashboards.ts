// One dashboard for each fleet, chainmend-<fleet>, or payments-chainmend-<fleet>; and of several fleets one for all, which is called as the suite. Nodes come and
// go without a deployment. So each widget uses a search over the fleet's metrics and finds the current ones.
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type CfnDashboard,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  SearchExpression,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { familyOf } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import {
  AGENT_NAMESPACE,
  CONSENSUS_CLIENT_METRICS,
  CONSENSUS_METRICS,
  type ConsensusClientMetric,
  type ConsensusMetric,
  FLEET_ALARM_KINDS,
  FLEET_METRICS,
  type FleetMetric,
  HEALTH_VALUE,
  NODE_ALARM_KINDS,
  NODE_METRICS,
  type NodeMetric,
  OPEN_INCIDENTS,
  OTLP_METRICS,
  otlpName,
  runbookOf,
} from '../../shared/fleet/resource-names.ts';
import { programOf } from '../../shared/model/suite.ts';
import type { MachineMetric } from '../agent-config.ts';
import type { Names } from '../names.ts';
import { writeOnce } from './shared-runs.ts';
import { suiteNames } from './suite-names.ts';

/** Columns of a dashboard. */
const WIDTH = 24;
const MINUTE = Duration.minutes(1);

export class Dashboards extends Construct {
  constructor(scope: Construct, id: string, fleets: readonly Fleet[]) {
    super(scope, id);
    const dashboards = fleets.map((fleet) => {
      const dashboard = new Dashboard(this, fleet.name, {
        dashboardName: `${suiteNames(this).suite}-${fleet.name}`,
        defaultInterval: Duration.hours(3),
        widgets: widgetsOf(this, fleet),
      });
      return { name: fleet.name, resource: dashboard.node.defaultChild as CfnDashboard };
    });
    shareWidgets(scope, dashboards);
    // One fleet's own dashboard has everything.
    if (fleets.length < 2) return;
    const names = suiteNames(this);
    new Dashboard(this, 'Fleets', {
      ...{ dashboardName: names.suite, defaultInterval: Duration.hours(3) },
      widgets: widgetsOfAll(names, fleets),
    });
  }
}

/** Stands for a fleet's name where dashboards are alike but for the name. */
const NAME = '<fleet>';

/** Between two widgets. */
const WIDGETS = /(?<=\},)(?=\{"type":)/;

/**
 * Writes what several dashboards have into the template once. CloudFormation joins it, cuts it where the fleet's name belongs ("Fn::Split" may stand in
 * "Fn::Join", CloudFormation guide), and joins that with the name: a dashboard in the account is what it is without.
 */
function shareWidgets(
  scope: Construct,
  dashboards: readonly { readonly name: string; readonly resource: CfnDashboard }[],
): void {
  if (dashboards.length < 2) return;
  const bodies = dashboards.map(({ name, resource }) => ({
    name,
    resource,
    pieces: piecesOf(Stack.of(scope).resolve(resource.dashboardBody)).map((piece) =>
      typeof piece === 'string' ? piece.replaceAll(name, NAME) : piece,
    ),
  }));
  const texts = bodies.flatMap(({ pieces }) => pieces.filter((piece) => typeof piece === 'string'));
  const written = writeOnce(scope, 'W', texts, (text) => text.split(WIDGETS));
  for (const { name, resource, pieces } of bodies) {
    const body = pieces.map((piece) => (typeof piece === 'string' ? written(piece) : piece));
    resource.addPropertyOverride('DashboardBody', {
      'Fn::Join': [name, { 'Fn::Split': [NAME, { 'Fn::Join': ['', body] }] }],
    });
  }
}

/** The texts and references that a body is joined of. */
function piecesOf(body: unknown): readonly unknown[] {
  const { 'Fn::Join': [, pieces] = ['', [body]] } = body as { 'Fn::Join'?: [string, unknown[]] };
  return pieces;
}

/** Nodes that the dashboard of all fleets draws in one widget. */
const WORST = 30;

function widgetsOfAll({ suite, topicName }: Names, fleets: readonly Fleet[]): IWidget[][] {
  const ofFleets = (metric: FleetMetric | typeof OPEN_INCIDENTS): IMetric[] => [
    searched(`SEARCH('{${suite},Fleet} MetricName="${metric}"', 'Maximum', 60)`, 'Fleet'),
  ];
  const worst = (metric: NodeMetric): IMetric[] => [
    searched(
      `SORT(SEARCH('{${suite},Fleet,Node} MetricName="${metric}"', 'Maximum', 60), MAX, DESC, ${WORST})`,
      ...(['Fleet', 'Node'] as const),
    ),
  ];
  const told = fleets.filter(({ metrics }) => metrics === 'otlp').map(({ name }) => name);
  const markdown = [
    '# Every fleet',
    fleets.map(({ name }) => `[${name}](#dashboards:name=${suite}-${name})`).join(' · '),
    ...(told.length > 0 ? [`Of ${told.join(', ')} only open incidents are drawn here (\`metrics: otlp\`).`] : []),
  ].join('\n\n');
  return [
    [new TextWidget({ markdown, width: WIDTH, height: 3 })],
    [new SingleValueWidget({ title: 'Newest block', metrics: ofFleets('Tip'), width: WIDTH, height: 4 })],
    [
      graph('Sick nodes', ofFleets('Unhealthy')),
      graph('Open incidents', ofFleets(OPEN_INCIDENTS)),
      graph('Halted chains', ofFleets('Halted')),
    ],
    [
      graph(`Blocks behind, the worst ${WORST} nodes`, worst('HeightLag')),
      graph(`Disk use, %, the fullest ${WORST} nodes`, worst('DiskUsedPercent')),
      pages({ topicName }),
    ],
  ];
}

function widgetsOf(scope: Construct, fleet: Fleet): IWidget[][] {
  const { name, health, alarms, volumes } = fleet;
  if (fleet.metrics === 'otlp')
    return [[text(scope, name)], [queries(fleet)], ...drillsOf(fleet), incidentsAndPages(scope, fleet)];
  const disks = volumes.map(({ path }) => diskOf(path));
  return [
    [text(scope, name)],
    [
      graph('Newest block, and height of each node', heightsOf(fleet), { from: undefined }),
      graph('Nodes, and how many are unhealthy, unknown or forked', [
        ...(['Nodes', 'Unhealthy', 'Unknown', 'Forked'] as const).map((metric) => ofFleet(fleet, metric)),
      ]),
      graph('Halted, and references that lag or lie', [ofFleet(fleet, 'Halted'), ofFleet(fleet, 'ReferencesBad')]),
    ],
    [
      graph(`Health: ${healthWords}`, [ofNodes(fleet, 'Health')], {
        line: [HEALTH_VALUE.unreachable, 'sick from here'],
      }),
      graph('Blocks behind', [ofNodes(fleet, 'HeightLag')], { line: [health.behindBlocks, 'synced up to here'] }),
      graph('Age of the last block, s', [ofNodes(fleet, 'BlockAgeSeconds')], { line: [health.haltSeconds, 'halted'] }),
    ],
    [
      graph('Peers', [ofNodes(fleet, 'Peers')]),
      graph('Disk use, %', [ofNodes(fleet, 'DiskUsedPercent')], { line: [alarms.diskPercent, 'alarm'] }),
      graph(`Disk use, %, of every instance with ${volumes.map(({ path }) => path).join(', ')}`, disks, {
        line: [alarms.diskPercent, 'alarm'],
      }),
    ],
    [
      graph('Processor, %', [ofMachines(fleet, 'cpu_usage_active', 'Maximum')]),
      graph('Memory, %', [ofMachines(fleet, 'mem_used_percent', 'Maximum')]),
      graph('Read and written by disks, bytes a minute', [
        ofMachines(fleet, 'diskio_read_bytes', 'Sum', 'name'),
        ofMachines(fleet, 'diskio_write_bytes', 'Sum', 'name'),
      ]),
    ],
    ...drillsOf(fleet),
    ...consensusClientOf(fleet),
    ...consensusOf(fleet),
    incidentsAndPages(scope, fleet),
  ];
}

/** The queries are here to be run in Query Studio, where they cost nothing; its "Add to dashboard" makes a widget of one (HealthOmics guide, "Run metrics"). */
function queries({ name, suite }: Fleet): IWidget {
  const told = [...NODE_METRICS.filter((metric) => metric !== 'DiskUsedPercent'), ...OTLP_METRICS, ...FLEET_METRICS];
  const markdown = [
    '## Metrics, over OTLP',
    'CloudWatch, Query Studio, PromQL:',
    ...told.map((metric) => `* \`${otlpName(suite, metric)}{Fleet="${name}"}\``),
  ];
  return new TextWidget({ markdown: markdown.join('\n'), width: WIDTH, height: 12 });
}

const incidentsAndPages = (scope: Construct, fleet: Fleet): IWidget[] => [
  graph('Open incidents', [ofFleet(fleet, OPEN_INCIDENTS)]),
  pages(suiteNames(scope)),
];

const pages = ({ topicName }: Pick<Names, 'topicName'>): IWidget =>
  graph(
    'Pages of the whole suite: nobody gets them where none is delivered',
    PAGE_METRICS.map((metricName) => ofPages(topicName, metricName)),
  );

/** What SNS counts of a topic, at no charge ("Monitoring Amazon SNS topics using CloudWatch"). */
const PAGE_METRICS = ['NumberOfMessagesPublished', 'NumberOfNotificationsDelivered', 'NumberOfNotificationsFailed'];

const ofPages = (topicName: string, metricName: string): IMetric =>
  new Metric({
    ...{ namespace: 'AWS/SNS', metricName, dimensionsMap: { TopicName: topicName }, label: metricName },
    ...{ statistic: Stats.SUM, period: Duration.minutes(5) },
  });

/** What dispatch-heal tells of the last proof, each minute. */
function drillsOf({ name, suite, drills }: Fleet): IWidget[][] {
  if (drills === undefined) return [];
  const told = (metricName: string): IMetric =>
    new Metric({
      ...{ namespace: suite, metricName, dimensionsMap: { Fleet: name } },
      ...{ statistic: Stats.MAXIMUM, period: Duration.minutes(5), label: metricName },
    });
  return [
    [
      graph('Recoverability: minutes from a snapshot to the tip', [told('RecoveryMinutes')]),
      graph('Hours since that was proved', [told('RecoveryAgeHours')], { line: [drills.maxAgeHours, 'too old'] }),
    ],
  ];
}

function consensusClientOf(fleet: Fleet): IWidget[][] {
  const { rpc } = fleet;
  if (rpc?.beaconPort === undefined) return [];
  const title = 'Slots that the consensus clients say they are behind';
  return [CONSENSUS_CLIENT_METRICS.map((metric) => graph(title, [ofNodes(fleet, metric)]))];
}

function consensusOf(fleet: Fleet): IWidget[][] {
  const { chain, rpc } = fleet;
  if (familyOf(chain) !== 'cometbft' || rpc?.metricsPort === undefined) return [];
  const widgets = CONSENSUS_METRICS.map((rule) => graph(rule, [ofFleet(fleet, rule)]));
  return [widgets.slice(0, 3), widgets.slice(3)];
}

const healthWords = Object.entries(HEALTH_VALUE)
  .map(([word, value]) => `${value} ${word}`)
  .join(', ');

/** A widget of alarms needs their ARNs, and register-nodes makes the nodes' alarms between deployments. So a text widget says where they are. */
function text(scope: Construct, fleet: string): IWidget {
  const { region } = Stack.of(scope);
  const { suite } = suiteNames(scope);
  const run = programOf(suite);
  const alarms = `https://console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:?search=`;
  const kinds = [...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS].map(runbookOf);
  const markdown = [
    `# ${fleet}`,
    `Alarms: [${suite}-${fleet}-…](${alarms}${suite}-${fleet}-) of its nodes, [${suite}/…](${alarms}${suite}/) of the suite itself.`,
    `Journal: \`${run} journal ${fleet}\`, or table \`${suite}\`, partitions \`JOURNAL#${fleet}#FUNCTION\`. Pause: \`${run} pause ${fleet} --why TEXT\`.`,
    `What each kind of alarm means and what to do, in the repository: ${kinds.join(', ')}.`,
  ].join('\n\n');
  return new TextWidget({ markdown, width: WIDTH, height: 5 });
}

function ofFleet(fleet: Fleet, metricName: FleetMetric | ConsensusMetric | typeof OPEN_INCIDENTS): IMetric {
  return new Metric({
    ...{ namespace: fleet.suite, metricName, dimensionsMap: { Fleet: fleet.name } },
    // The value that triggers a rule: for voting power, the minimum.
    statistic: metricName === 'OnlineVotingPowerPercent' ? Stats.MINIMUM : Stats.MAXIMUM,
    ...{ period: MINUTE, label: metricName },
  });
}

/** No metric of its own: a node's height is the newest block less its lag. */
function heightsOf(fleet: Fleet): IMetric[] {
  const tip = ofFleet(fleet, 'Tip');
  const usingMetrics = { tip, lag: ofNodes(fleet, 'HeightLag') };
  return [tip, new MathExpression({ expression: 'tip - lag', usingMetrics, label: 'height', period: MINUTE })];
}

/** "It can return up to 500 time series" [SearchExpressionProps]: for a larger fleet, the widget draws 500 nodes. */
const ofNodes = (fleet: Fleet, metric: NodeMetric | ConsensusClientMetric): IMetric =>
  searched(`SEARCH('{${fleet.suite},Fleet,Node} MetricName="${metric}" Fleet="${fleet.name}"', 'Maximum', 60)`, 'Node');

/** What the agent sends with the dimension `Fleet` (agent-config.ts). */
const ofMachines = (
  { name }: Fleet,
  metric: MachineMetric,
  statistic: 'Maximum' | 'Sum',
  ...dimensions: string[]
): IMetric =>
  searched(
    `SEARCH('Namespace="${AGENT_NAMESPACE}" MetricName="${metric}" Fleet="${name}"', '${statistic}', 60)`,
    ...['InstanceId', ...dimensions],
  );

/** Metrics of the CloudWatch agent's disks have no fleet dimension. Another fleet with the same mount path is drawn, too. */
const diskOf = (path: string): IMetric =>
  searched(
    `SEARCH('Namespace="${AGENT_NAMESPACE}" MetricName="disk_used_percent" path="${path}"', 'Maximum', 300)`,
    'InstanceId',
  );

/** @param dimensions by which each line is labelled */
const searched = (expression: string, ...dimensions: readonly string[]): IMetric =>
  new SearchExpression({
    expression,
    label: dimensions.map((name) => `\${PROP('Dim.${name}')}`).join(' '),
    period: MINUTE,
  });

interface Axis {
  /** The lower end of the axis; undefined: CloudWatch chooses it from the data. */
  readonly from?: number | undefined;
  readonly line?: readonly [value: number, label: string];
}

function graph(title: string, left: IMetric[], { line, ...axis }: Axis = {}): IWidget {
  const min = 'from' in axis ? axis.from : 0;
  return new GraphWidget({
    ...{ title, left, width: WIDTH / 3, height: 6 },
    leftYAxis: { ...(min !== undefined && { min }), showUnits: false },
    ...(line && { leftAnnotations: [{ value: line[0], label: line[1] }] }),
  });
}
