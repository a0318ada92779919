// One dashboard for each fleet, chainmend-<fleet>, or payments-chainmend-<fleet>. Nodes come and go without a deployment. So each widget uses a search over the fleet's metrics and
// finds the current ones.
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type CfnDashboard,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
  SearchExpression,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { familyOf } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import {
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
  OTLP_METRICS,
  otlpName,
  runbookOf,
} from '../../shared/fleet/resource-names.ts';
import { programOf } from '../../shared/model/suite.ts';
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
  const written = writeOnce(scope, 'Widgets', texts, (text) => text.split(WIDGETS));
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

function widgetsOf(scope: Construct, fleet: Fleet): IWidget[][] {
  const { name, health, alarms, volumes } = fleet;
  if (fleet.metrics === 'otlp')
    return [[text(scope, name)], [queries(fleet)], ...drillsOf(fleet), [pages(suiteNames(scope))]];
  const disks = volumes.map(({ path }) => diskOf(path));
  return [
    [text(scope, name)],
    [
      graph('Tip', [ofFleet(fleet, 'Tip')], { from: undefined }),
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
    ...drillsOf(fleet),
    ...consensusClientOf(fleet),
    ...consensusOf(fleet),
    [pages(suiteNames(scope))],
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

function ofFleet(fleet: Fleet, metricName: FleetMetric | ConsensusMetric): IMetric {
  return new Metric({
    ...{ namespace: fleet.suite, metricName, dimensionsMap: { Fleet: fleet.name } },
    // The value that triggers a rule: for voting power, the minimum.
    statistic: metricName === 'OnlineVotingPowerPercent' ? Stats.MINIMUM : Stats.MAXIMUM,
    ...{ period: MINUTE, label: metricName },
  });
}

/** "It can return up to 500 time series" [SearchExpressionProps]: for a larger fleet, the widget draws 500 nodes. */
function ofNodes(fleet: Fleet, metric: NodeMetric | ConsensusClientMetric): IMetric {
  const schema = `{${fleet.suite},Fleet,Node}`;
  return new SearchExpression({
    expression: `SEARCH('${schema} MetricName="${metric}" Fleet="${fleet.name}"', 'Maximum', 60)`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in.
    ...{ label: "${PROP('Dim.Node')}", period: MINUTE },
  });
}

/** Metrics of the CloudWatch agent have no fleet dimension. Another fleet with the same mount path is drawn, too. */
function diskOf(path: string): IMetric {
  return new SearchExpression({
    expression: `SEARCH('Namespace="CWAgent" MetricName="disk_used_percent" path="${path}"', 'Maximum', 300)`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in.
    ...{ label: "${PROP('Dim.InstanceId')}", period: Duration.minutes(5) },
  });
}

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
