// The metrics of a fleet: few for each node, because each costs money, and only what is known.
import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type Fleet, heightProbeOf } from '../../shared/fleet/model.ts';
import { doubledNames } from '../../shared/fleet/nodes.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import {
  type ConsensusClientMetric,
  type ConsensusMetric,
  type FleetMetric,
  HEALTH_VALUE,
  type NodeMetric,
  type OtlpMetric,
  otlpName,
} from '../../shared/fleet/resource-names.ts';
import type { FleetFacts } from './context.ts';
import { disksOf } from './disks.ts';
import type { FleetHealth } from './fleet-health.ts';
import { type Gauge, sendGauges } from './otlp.ts';

/** "no more than 1000 different metrics" (PutMetricData, @aws-sdk/client-cloudwatch). */
const METRICS_A_CALL = 1_000;

export async function publishMetrics(
  cloudwatch: CloudWatchClient,
  facts: FleetFacts,
  health: FleetHealth,
): Promise<void> {
  const doubled = doubledNames(facts.nodes);
  if (facts.fleet.metrics === 'otlp') return sendGauges(cloudwatch, gaugesOf(facts, health, doubled), facts.nowMs);
  const data = metricsOf(facts, health, doubled);
  for (let from = 0; from < data.length; from += METRICS_A_CALL) {
    const MetricData = data.slice(from, from + METRICS_A_CALL);
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: facts.fleet.suite, MetricData }));
  }
}

type Unit = 'Count' | 'Seconds' | 'None' | 'Percent';

const NODE_UNITS: Readonly<Record<NodeMetric | ConsensusClientMetric, Unit>> = {
  HeightLag: 'Count',
  BlockAgeSeconds: 'Seconds',
  Peers: 'Count',
  Health: 'None',
  DiskUsedPercent: 'Percent',
  ConsensusSlotsBehind: 'Count',
};

/** @param doubled names that more than one node has: nothing is published under them. A fleet without a probe has no metrics. */
export function metricsOf(facts: FleetFacts, health: FleetHealth, doubled: ReadonlySet<string>): MetricDatum[] {
  const { fleet, nowMs } = facts;
  if (heightProbeOf(fleet) === undefined) return [];
  const own = health.nodes
    .filter(({ node }) => !doubled.has(node.name))
    .flatMap(({ node }) =>
      nodeData(facts, node).map(([name, value]) => datum(fleet, nowMs, name, value, NODE_UNITS[name], node.name)),
    );
  const whole = Object.entries({ ...fleetData(health), ...health.consensus }).map(([name, value]) =>
    datum(fleet, nowMs, name, value, name === 'OnlineVotingPowerPercent' ? 'Percent' : 'Count'),
  );
  return [...own, ...whole];
}

function nodeData(
  { readings }: FleetFacts,
  node: ObservedNode,
): readonly (readonly [NodeMetric | ConsensusClientMetric, number])[] {
  const reading = readings.get(node.instanceId);
  const disks = reading?.kind === 'read' ? Object.values(reading.reading.diskUsedPercent ?? {}) : [];
  const told: readonly (readonly [NodeMetric | ConsensusClientMetric, number | null])[] = [
    ['HeightLag', node.lagBlocks],
    ['BlockAgeSeconds', node.blockAgeSeconds],
    ['Peers', node.peerCount],
    ['Health', HEALTH_VALUE[node.health]],
    ['ConsensusSlotsBehind', node.consensusClient?.slotsBehind ?? null],
    // The fullest of its volumes.
    ['DiskUsedPercent', disks.length === 0 ? null : disks.reduce((most, used) => Math.max(most, used))],
  ];
  return told.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** As in `HEALTH_VALUE`: from this value on something is wrong with a node. */
const SICK = HEALTH_VALUE.unreachable;

function fleetData({
  nodes,
  watch,
  tipConfirmed,
}: FleetHealth): Partial<Record<FleetMetric | ConsensusMetric, number>> {
  const count = (test: (node: ObservedNode) => boolean): number => nodes.filter(({ node }) => test(node)).length;
  return {
    Nodes: nodes.length,
    Unhealthy: count(({ health }) => HEALTH_VALUE[health] >= SICK),
    Unknown: count(({ health }) => health === 'unknown'),
    Forked: count(({ health }) => health === 'forked'),
    // A tip that nobody confirms now is not published again.
    ...(tipConfirmed && watch.tip !== null && { Tip: watch.tip, Halted: watch.haltedSinceMs === null ? 0 : 1 }),
    ...(watch.references.length > 0 && {
      ReferencesBad: watch.references.filter(({ state }) => state !== 'good').length,
    }),
  };
}

function datum(fleet: Fleet, nowMs: number, MetricName: string, Value: number, Unit: Unit, node?: string): MetricDatum {
  const Dimensions = [
    { Name: 'Fleet', Value: fleet.name },
    ...(node === undefined ? [] : [{ Name: 'Node', Value: node }]),
  ];
  return { MetricName, Dimensions, Value, Unit, Timestamp: new Date(nowMs) };
}

/** "Metric Definition … UCUM" (OpenTelemetry): as CloudWatch's own translation of units writes them. */
const UCUM: Readonly<Record<'Count' | 'Seconds' | 'None' | 'Percent', string>> = {
  Count: '{Count}',
  Seconds: 's',
  None: '1',
  Percent: '%',
};

/**
 * The same facts over OTLP, and the disks of each volume, which no CloudWatch agent needs to tell then. Disks and status checks are of an instance, and are
 * told whatever it is called.
 *
 * @param doubled names that more than one node has: nothing of their health is published under them
 */
export function gaugesOf(facts: FleetFacts, health: FleetHealth, doubled: ReadonlySet<string>): readonly Gauge[] {
  const { fleet, failedChecks } = facts;
  const gauge = (
    metric: Parameters<typeof otlpName>[1],
    unit: keyof typeof UCUM,
    value: number,
    of: object,
  ): Gauge => ({
    name: otlpName(fleet.suite, metric),
    unit: UCUM[unit],
    value,
    labels: { Fleet: fleet.name, ...of },
  });
  const ofNodes = health.nodes.flatMap(({ node }): Gauge[] => {
    const { instanceId, name: Node } = node;
    const of = { InstanceId: instanceId };
    const failed: readonly (readonly [OtlpMetric, boolean])[] = [
      ['StatusCheckFailed', failedChecks?.instances.has(instanceId) === true],
      ['AttachedEbsFailed', failedChecks?.volumes.has(instanceId) === true],
    ];
    return [
      ...(doubled.has(Node)
        ? []
        : nodeData(facts, node)
            .filter(([metric]) => metric !== 'DiskUsedPercent')
            .map(([metric, value]) => gauge(metric, NODE_UNITS[metric], value, { Node }))),
      ...disksOf(facts.fleet, facts.readings.get(instanceId)).flatMap(({ path, disk, inodes }) =>
        (
          [
            ['DiskUsedPercent', disk],
            ['InodesUsedPercent', inodes],
          ] as const
        ).flatMap(([metric, value]) => (value === undefined ? [] : [gauge(metric, 'Percent', value, { ...of, path })])),
      ),
      ...failed.flatMap(([metric, has]) => (has ? [gauge(metric, 'None', 1, of)] : [])),
    ];
  });
  const whole = Object.entries({ ...fleetData(health), ...health.consensus }).map(([name, value]) =>
    gauge(name as FleetMetric, name === 'OnlineVotingPowerPercent' ? 'Percent' : 'Count', value, {}),
  );
  return [...ofNodes, ...whole];
}
