// One sweep of one fleet: discover, read what was seen before, ask, judge, publish, tell, keep.

import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { logWarn } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { METRIC_NAMESPACE } from '../../shared/fleet/naming.ts';
import { discoverNodes, doubledNames, type FleetNode } from '../../shared/fleet/nodes.ts';
import { judgeFleet } from './health.ts';
import { keep } from './keep.ts';
import { measurements } from './measure.ts';
import { afterPaging } from './pages.ts';
import { hintRegister, poolMayChange } from './pool.ts';
import { probeMetric } from './probe-metric.ts';
import { probeSsm } from './probe-ssm.ts';
import { probeVpc } from './probe-vpc.ts';
import { nobody, type Probed, questionOf } from './probing.ts';
import { askReferences } from './references-asked.ts';
import type { Sight } from './sight.ts';
import type { Door } from './sweep.ts';
import { tellPeople, writeChanges } from './tell.ts';
import { heightsToAsk } from './tip.ts';

/** "no more than 1000 different metrics" (PutMetricData, @aws-sdk/client-cloudwatch). */
const METRICS_A_CALL = 1_000;

/**
 * Nothing is published, told or kept before everything of the fleet was read. What fails after that stops nothing else, and goes to
 * `failures` with what failed of asking.
 *
 * @param untilMs when asking must be over, ms since the epoch
 * @throws when the fleet could not be read
 */
export async function watchFleet(door: Door, fleet: Fleet, failures: unknown[], untilMs: number): Promise<void> {
  const { clients, store } = door;
  const [nodes, observations, watch] = await Promise.all([
    discoverNodes(clients.ec2, fleet),
    store.readObservations(fleet.name),
    store.readWatch(fleet.name),
  ]);
  const known = observations.flatMap((observation) => observation.nodes);
  if (nodes.length === 0) {
    // Nothing matched never means that nothing is there: what was seen grows stale, and stale is unknown.
    if (known.length > 0)
      warn(fleet, `discovery found none of the ${known.length} nodes that were there: nothing is kept`);
    return;
  }
  const askedHeights = heightsToAsk(fleet, watch, known);
  const [probed, references] = await Promise.all([
    probe(door, fleet, nodes, askedHeights, untilMs),
    askReferences(fleet, askedHeights),
  ]);
  failures.push(...probed.failures);
  const sight: Sight = {
    fleet,
    nodes,
    readings: probed.readings,
    references,
    before: { nodes: new Map(known.map((node) => [node.instanceId, node])), watch },
    askedHeights,
    nowMs: Date.now(),
  };
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  const health = judgeFleet(sight);
  await attempt(() => publish(door, sight, health));
  const sent = await tellPeople(door, sight, health, attempt);
  await attempt(() => writeChanges(door, sight, health));
  const { nodes: judged, watch: next } = afterPaging(health, sent, sight.nowMs);
  const seen = judged.map(({ node }) => node);
  await attempt(async () => {
    const kept = await keepAll(door, fleet, { nodes: seen, watch: next, before: observations });
    // It reads what is kept.
    if (kept && poolMayChange(sight, seen)) await hintRegister(door, fleet.name);
  });
}

async function keepAll(
  { clients, store, environment }: Door,
  fleet: Fleet,
  seen: Omit<Parameters<typeof keep>[3], 'fleet'>,
): Promise<boolean> {
  const kept = await keep(clients.dynamodb, environment.TABLE_NAME, store, { fleet: fleet.name, ...seen });
  if (!kept) warn(fleet, 'a newer sweep has been kept already');
  return kept;
}

function probe(
  { clients, environment }: Door,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  heights: readonly number[],
  untilMs: number,
): Promise<Probed> {
  const { probe: by } = fleet;
  if (by === undefined) return Promise.resolve(nobody(nodes, 'nobody asks it: its fleet file has no probe'));
  if (by.by === 'metric') return probeMetric(clients.cloudwatch, by, nodes, Date.now(), untilMs);
  const question = questionOf(fleet, heights);
  if (question === null) return Promise.resolve(nobody(nodes, 'its fleet file does not say how its RPC is asked'));
  return by.by === 'vpc'
    ? probeVpc(clients, environment.PROBE_FUNCTION_PREFIX, by.vpcId, question, nodes, untilMs)
    : probeSsm(clients.ssm, environment.ASK_NODE_DOCUMENT, fleet, question, nodes, untilMs);
}

async function publish({ clients }: Door, sight: Sight, health: ReturnType<typeof judgeFleet>): Promise<void> {
  const data = measurements(sight, health, doubledNames(sight.nodes));
  for (let from = 0; from < data.length; from += METRICS_A_CALL) {
    const MetricData = data.slice(from, from + METRICS_A_CALL);
    await clients.cloudwatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
  }
}

const warn = (fleet: Fleet, left: string): void => logWarn({ fleet: fleet.name, left });
