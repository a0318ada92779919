// The names under which a fleet's nodes are measured, alarmed and found. One place, so that who writes a name and who reads it agree.
import type { DnsPolicy } from './model.ts';
import type { Health } from './observation.ts';

/** Metrics of fleets and nodes, and of the suite itself. Dimensions: Fleet, and Node for what is a node's own. */
export const METRIC_NAMESPACE = 'chainmend';

/** Few, since each costs money: "$0.30 a metric and month" (CloudWatch pricing, first 10,000). */
export const NODE_METRICS = ['HeightLag', 'BlockAgeSeconds', 'Peers', 'Health', 'DiskUsedPercent'] as const;
export type NodeMetric = (typeof NODE_METRICS)[number];

export const FLEET_METRICS = ['Nodes', 'Unhealthy', 'Unknown', 'Forked', 'Tip', 'Halted', 'ReferencesBad'] as const;
export type FleetMetric = (typeof FLEET_METRICS)[number];

/** The rules of a CometBFT chain's consensus: one metric and one alarm of the fleet each. */
export const CONSENSUS_METRICS = [
  'ConsensusRounds',
  'NodesOutOfSync',
  'ValidatorsJailed',
  'OnlineVotingPowerPercent',
  'ByzantineValidators',
  'NodesDown',
] as const;
export type ConsensusMetric = (typeof CONSENSUS_METRICS)[number];

/** `Health` as a number. From 4 on something is wrong with the node; what, an alarm tells by equality. */
export const HEALTH_VALUE: Readonly<Record<Health, number>> = {
  synced: 0,
  behind: 1,
  starting: 2,
  unknown: 3,
  unreachable: 4,
  stuck: 5,
  forked: 6,
};

/** What an alarm is about: its tag `chainmend:kind`, the end of its name, and its runbook in docs/runbooks/. */
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

/** Of a fleet as a whole, whatever its size. `unwell` is for large fleets what stuck, forked and unreachable are for one node. */
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

/** Up to so many nodes `alarms.per: auto` makes an alarm for each. */
export const NODES_WITH_OWN_ALARMS = 50;

/** `chainmend-bitcoin-node2-disk`; a volume other than the first adds its role: `…-disk-ancient`. Of a fleet: `chainmend-bitcoin-halted`. */
export const alarmName = (fleet: string, node: string | undefined, kind: AlarmKind, volumeRole?: string): string =>
  ['chainmend', fleet, node, kind, volumeRole].filter((part) => part !== undefined).join('-');

/** Where the page about a kind of alarm lies in the repository. */
export const runbookOf = (kind: AlarmKind): string => `docs/runbooks/${kind}.md`;

/** "a name of at most 255 bytes, a label of at most 63" (RFC 1035, 2.3.4); 253 as it is written. */
export const MAX_NAME_CHARACTERS = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MARKER = '_chainmend';

/** A name as Route 53 gives it, or a person writes it (`Node1.bitcoin.internal.`), as it is used here. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** The record that says of another one that it is ours. */
export const markerName = (name: string): string => `${MARKER}.${name}`;

export const poolName = ({ pool, zone }: Pick<DnsPolicy, 'pool' | 'zone'>): string => `${pool}.${zone}`;

/** Of a node that is called so: `node1.bitcoin.internal`. */
export const hostOf = ({ zone }: Pick<DnsPolicy, 'zone'>, name: string): string => `${name.toLowerCase()}.${zone}`;

/** What a node's name comes to as the name of its record. */
export interface RecordName<Node> {
  readonly node: Node;
  readonly host: string;
  /** invalid: it can be none. pool: the pool is called so. taken: and so are others. Only one that is its own has a record. */
  readonly is: 'own' | 'invalid' | 'pool' | 'taken';
  readonly others: readonly Node[];
}

/** Of all nodes of a fleet, in their order. Names are compared as DNS does, without case: Node1 and node1 are one name. */
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
