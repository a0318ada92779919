// The alarms of a fleet as a whole: what is told of any fleet, and what a large one has in place of alarms of its nodes' own. Pure.
import {
  alarmName,
  CONSENSUS_METRICS,
  type ConsensusMetric,
  type FleetAlarmKind,
  type FleetMetric,
  HEALTH_VALUE,
  METRIC_NAMESPACE,
  runbookOf,
} from '../../shared/fleet/naming.ts';
import { AGENT_NAMESPACE, type Alarm, type AlarmFacts, CHECKS, ownMetric, suffixOf } from './alarm-model.ts';

/** What is told of a fleet as a whole, whatever its size. */
export function wholeFleet({ fleet, runbooks }: AlarmFacts): readonly Alarm[] {
  if (!fleet.probe) return [];
  const { name } = fleet;
  const of = (
    kind: FleetAlarmKind,
    metric: FleetMetric | ConsensusMetric,
    when: Alarm['when'],
    threshold: number,
    meaning: string,
  ): Alarm => ({
    name: alarmName(name, undefined, kind),
    node: undefined,
    kind,
    meaning,
    runbook: runbooks + runbookOf(kind),
    look: {
      by: 'metric',
      metric: ownMetric(metric, { Fleet: name }),
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
  if (fleet.chain !== 'cometbft') return [halted];
  const [rounds, outOfSync, jailed, power, byzantine, down] = CONSENSUS_METRICS;
  // What nobody reads, nobody publishes: an alarm on it would never go off, and look as if it could.
  const asked = fleet.probe.by !== 'metric';
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
 * For a fleet too large for alarms of each node: one of each kind, grouped by node. A query sees the metrics of the whole account:
 * of disks those with a path of the fleet's, of status checks all instances. There is none for inodes, which the agent publishes as
 * counts only. Agents add dimensions as they are configured to (device, image, type), so of disks no exact list of them is asked for.
 * Every name is quoted: hundreds of words are reserved ("Reserved keywords", Metrics Insights). "A single query can return no more than 500 time series" (Metrics Insights quotas): the worst are seen.
 */
export function fleetWide({ fleet, runbooks }: AlarmFacts): readonly Alarm[] {
  const { name, volumes, alarms, probe } = fleet;
  const base = { node: undefined, when: '>=' as const };
  const worst = 'ORDER BY MAX() DESC LIMIT 500';
  const disks = volumes.map((volume): Alarm => {
    const query = `SELECT MAX("disk_used_percent") FROM "${AGENT_NAMESPACE}" WHERE "path" = '${volume.path}' GROUP BY "InstanceId", "path" ${worst}`;
    return {
      ...base,
      name: alarmName(name, undefined, 'disk', suffixOf(fleet, volume)),
      kind: 'disk',
      meaning: `${volume.role} volumes of ${name} (${volume.path}) are filling up; chainmend grows them, or says why not.`,
      runbook: runbooks + runbookOf('disk'),
      look: { by: 'query', query },
      threshold: alarms.diskPercent,
      minutes: 1,
      pages: false,
    };
  });
  const unwell: Alarm = {
    ...base,
    name: alarmName(name, undefined, 'unwell'),
    kind: 'unwell',
    meaning: `Nodes of ${name} are unreachable (4), stuck (5) or forked (6): whoever asks them gets no, old or wrong answers.`,
    runbook: runbooks + runbookOf('unwell'),
    look: {
      by: 'query',
      query: `SELECT MAX("Health") FROM SCHEMA("${METRIC_NAMESPACE}", "Fleet", "Node") WHERE "Fleet" = '${name}' GROUP BY "Node" ${worst}`,
    },
    threshold: HEALTH_VALUE.unreachable,
    minutes: 2,
    pages: false,
  };
  const checks = CHECKS.map(
    ([kind, metric, meaning]): Alarm => ({
      ...base,
      name: alarmName(name, undefined, kind),
      kind,
      meaning: `Nodes of ${name}, or other instances of this account and region: ${meaning}.`,
      runbook: runbooks + runbookOf(kind),
      look: {
        by: 'query',
        query: `SELECT MAX("${metric}") FROM SCHEMA("AWS/EC2", "InstanceId") GROUP BY "InstanceId" ${worst}`,
      },
      threshold: 1,
      minutes: 2,
      pages: true,
    }),
  );
  return [...disks, ...(probe ? [unwell] : []), ...checks];
}
