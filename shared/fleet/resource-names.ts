// The names of a fleet's metrics, alarms and DNS records. They are in one place so that writers and readers agree.
import { DEFAULT_SUITE } from '../model/suite.ts';
import { fitBoth } from '../text/wildcard.ts';
import type { DnsPolicy, Fleet } from './model.ts';
import type { Health } from './observation.ts';

// Metrics of fleets and nodes, and of the suite itself, are in a namespace that is called as the suite. Dimensions: Fleet, and Node for a node's own.

/** Of the CloudWatch agent, and of EC2 itself. */
export const AGENT_NAMESPACE = 'CWAgent';
export const EC2_NAMESPACE = 'AWS/EC2';

/** Few, since each costs money: "$0.30 a metric and month" (CloudWatch pricing, first 10,000). */
export const NODE_METRICS = ['HeightLag', 'BlockAgeSeconds', 'Peers', 'Health', 'DiskUsedPercent'] as const;
export type NodeMetric = (typeof NODE_METRICS)[number];

/** Of a node's consensus client, where its fleet asks one. */
export const CONSENSUS_CLIENT_METRICS = ['ConsensusSlotsBehind'] as const;
export type ConsensusClientMetric = (typeof CONSENSUS_CLIENT_METRICS)[number];

export const FLEET_METRICS = ['Nodes', 'Unhealthy', 'Unknown', 'Forked', 'Tip', 'Halted', 'ReferencesBad'] as const;
export type FleetMetric = (typeof FLEET_METRICS)[number];

/** Of a fleet, told by dispatch-heal each minute. */
export const OPEN_INCIDENTS = 'OpenIncidents';

/** Of a fleet whose file names a feed of releases, or a date by which a version has to run: once a day. */
export type ReleaseMetric = 'NodesBehindRelease' | 'HoursToUpgrade';

/** The alert rules of a CometBFT chain's consensus: one metric and one alarm of the fleet each. */
export const CONSENSUS_METRICS = [
  'ConsensusRounds',
  'NodesOutOfSync',
  'ValidatorsJailed',
  'OnlineVotingPowerPercent',
  'ByzantineValidators',
  'NodesDown',
] as const;
export type ConsensusMetric = (typeof CONSENSUS_METRICS)[number];

/** Over OTLP alone: of each volume of a node, by `InstanceId` and `path`; and EC2's status checks, of which only a failed one is a series. */
export const OTLP_METRICS = ['DiskUsedPercent', 'InodesUsedPercent', 'StatusCheckFailed', 'AttachedEbsFailed'] as const;
export type OtlpMetric = (typeof OTLP_METRICS)[number];

/** The name of a metric over OTLP, where no namespace keeps names apart: `chainmend_height_lag`. PromQL takes it without quotes. */
export const otlpName = (
  suite: string,
  metric: NodeMetric | ConsensusClientMetric | FleetMetric | ConsensusMetric | OtlpMetric,
): string => `${suite.replaceAll('-', '_')}${metric.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;

/** `Health` as a number. From 5 on something is wrong with the node; an alarm finds out what by equality. */
export const HEALTH_VALUE: Readonly<Record<Health, number>> = {
  synced: 0,
  behind: 1,
  starting: 2,
  busy: 3,
  unknown: 4,
  unreachable: 5,
  stuck: 6,
  forked: 7,
};

/** The kind of an alarm: its tag `chainmend:kind`, the end of its name, and its runbook in docs/runbooks/. */
export const NODE_ALARM_KINDS = [
  'disk',
  'inodes',
  'stuck',
  'forked',
  'unreachable',
  'status-check',
  'attached-ebs',
] as const;
export type NodeAlarmKind = (typeof NODE_ALARM_KINDS)[number];

/** Alarms of a fleet as a whole, of any size. `unwell` replaces stuck, forked and unreachable for large fleets. */
export const FLEET_ALARM_KINDS = [
  'unwell',
  'halted',
  'consensus-halted',
  'node-out-of-sync',
  'validator-jailed',
  'voting-power-low',
  'byzantine-validators',
  'node-down',
] as const;
export type FleetAlarmKind = (typeof FLEET_ALARM_KINDS)[number];
export type AlarmKind = NodeAlarmKind | FleetAlarmKind;

/** `alarms.per: auto` makes an alarm for each node up to this number of nodes. */
export const NODES_WITH_OWN_ALARMS = 50;

/** `chainmend-bitcoin-node2-disk`; a volume other than the first adds its role: `…-disk-ancient`. Of a fleet: `chainmend-bitcoin-halted`. */
export const alarmName = (
  { suite, name }: Pick<Fleet, 'suite' | 'name'>,
  node: string | undefined,
  kind: AlarmKind,
  volumeRole?: string,
): string => [suite, name, node, kind, volumeRole].filter((part) => part !== undefined).join('-');

/** The ends of the names of alarms that are about a volume: those of volumes other than the first have its role behind them. */
const VOLUME_ALARM_KINDS = ['disk', 'inodes'] as const satisfies readonly AlarmKind[];

/**
 * Whether a pattern of names, where `*` stands for anything, fits an alarm of the suite that has no name, or names any suite's: `payments-chainmend-*`,
 * `chainmend/blind`.
 * @param roles of the volumes whose alarms may have names of their own
 */
export function fitsSuiteAlarm(pattern: string, roles: readonly string[]): boolean {
  if (/(^|-)chainmend[-/]/.test(pattern)) return true;
  const ends = [
    ...[...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS],
    ...VOLUME_ALARM_KINDS.flatMap((kind) => roles.map((role) => `${kind}-${role}`)),
  ];
  return ends.some((end) => fitBoth(pattern, `${DEFAULT_SUITE}-*-${end}`));
}

/** Path of the page about a kind of alarm in the repository. */
export const runbookOf = (kind: AlarmKind): string => `docs/runbooks/${kind}.md`;

/** "a name of at most 255 bytes, a label of at most 63" (RFC 1035, 2.3.4); 253 in written form. */
export const MAX_NAME_CHARACTERS = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MARKER = '_chainmend';

/** Normalizes a name from Route 53 or from a person (`Node1.bitcoin.internal.`). */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** The record that marks another one as ours. */
export const markerName = (name: string): string => `${MARKER}.${name}`;

export const poolName = ({ pool, zone }: Pick<DnsPolicy, 'pool' | 'zone'>): string => `${pool}.${zone}`;

/** The host name of a node with this name: `node1.bitcoin.internal`. */
export const hostOf = ({ zone }: Pick<DnsPolicy, 'zone'>, name: string): string => `${name.toLowerCase()}.${zone}`;

/** Whether a node's name can be the name of its record. */
export interface RecordName<Node> {
  readonly node: Node;
  readonly host: string;
  /** invalid: no DNS label. pool: the name of the pool. taken: other nodes have it, too. Only an `own` name has a record. */
  readonly is: 'own' | 'invalid' | 'pool' | 'taken';
  readonly others: readonly Node[];
}

/** The record names of all nodes of a fleet, in their order. DNS compares names without case: Node1 and node1 are one name. */
export function recordNames<Node extends { readonly name: string }>(
  dns: Pick<DnsPolicy, 'pool' | 'zone'>,
  nodes: readonly Node[],
): readonly RecordName<Node>[] {
  const claims = new Map<string, Node[]>();
  for (const node of nodes) {
    const host = hostOf(dns, node.name);
    claims.set(host, [...(claims.get(host) ?? []), node]);
  }
  return nodes.map((node) => {
    const host = hostOf(dns, node.name);
    const others = (claims.get(host) ?? []).filter((other) => other !== node);
    const fits = LABEL.test(node.name.toLowerCase()) && markerName(host).length <= MAX_NAME_CHARACTERS;
    const is = !fits ? 'invalid' : host === poolName(dns) ? 'pool' : others.length > 0 ? 'taken' : 'own';
    return { node, host, is, others };
  });
}
