// Which alarms a fleet should have. Pure: from its file, its nodes, the series that the agents publish and the alarms that people have.
import type { Fleet } from '../../shared/fleet/model.ts';
import { alarmName, HEALTH_VALUE, NODES_WITH_OWN_ALARMS, runbookOf } from '../../shared/fleet/naming.ts';
import { doubledNames, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import {
  AGENT_NAMESPACE,
  type Alarm,
  type AlarmFacts,
  CHECKS,
  filesystemKey,
  type MetricRef,
  ownMetric,
  suffixOf,
} from './alarm-model.ts';
import { fleetWide, wholeFleet } from './fleet-alarms.ts';
import { compareText } from './records.ts';

export interface DesiredAlarms {
  readonly alarms: readonly Alarm[];
  /** Names that are left alone, whatever is there: nobody can say now what it should be. */
  readonly tolerated: ReadonlySet<string>;
  readonly refusals: readonly SubjectRefusal[];
  /** What has no alarm yet, and why. */
  readonly notes: readonly string[];
}

/** A fleet that shrinks goes back to alarms of its nodes' own here, so that one more and one less does not make hundreds anew. */
const BACK_TO_NODES = 40;

export function alarmsPer({ alarms }: Fleet, nodes: number, fleetWideNow: boolean): 'node' | 'fleet' {
  if (alarms.per !== 'auto') return alarms.per;
  return nodes <= (fleetWideNow ? BACK_TO_NODES : NODES_WITH_OWN_ALARMS) ? 'node' : 'fleet';
}

export function desiredAlarms(facts: AlarmFacts): DesiredAlarms {
  const { fleet, nodes, fleetWideNow } = facts;
  if (nodes.length === 0) return { alarms: [], tolerated: new Set(), refusals: [], notes: [] };
  const ofFleet = wholeFleet(facts);
  if (alarmsPer(fleet, nodes.length, fleetWideNow) === 'fleet')
    return { alarms: [...ofFleet, ...fleetWide(facts)], tolerated: new Set(), refusals: [], notes: [] };
  const doubled = doubledNames(nodes);
  const alarms = [...ofFleet];
  const tolerated = new Set<string>();
  const refusals: SubjectRefusal[] = [];
  const notes: string[] = [];
  for (const node of [...nodes].sort((a, b) => compareText(a.instanceId, b.instanceId))) {
    if (doubled.has(node.name)) {
      const reason = `${node.instanceId} is called ${node.name}, and so is another: their alarms are left as they are`;
      refusals.push({ refuse: 'name-taken', subject: node.instanceId, node, reason, page: true });
      for (const name of namesOf(fleet, node)) tolerated.add(name);
      continue;
    }
    alarms.push(...disksOf(facts, node, tolerated, notes), ...healthOf(facts, node), ...checksOf(facts, node));
  }
  const { once, refused } = namedOnce(alarms, tolerated);
  return { alarms: once, tolerated, refusals: [...refusals, ...refused], notes };
}

/** Names are put together of names: a node "a-disk" and a volume "stuck" of a node "a" may mean the same alarm. Neither gets it. */
function namedOnce(
  alarms: readonly Alarm[],
  tolerated: Set<string>,
): { readonly once: readonly Alarm[]; readonly refused: readonly SubjectRefusal[] } {
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

/** Tags travel in events and lead to filters: a name that holds anything else is told by its instance's id. */
const SAFE_NAME = /^[A-Za-z0-9_.:/=+@-]{1,128}$/;
const nodeTag = ({ name, instanceId }: FleetNode): string => (SAFE_NAME.test(name) ? name : instanceId);

const namesOf = (fleet: Fleet, node: FleetNode): readonly string[] => [
  ...fleet.volumes.flatMap((volume) =>
    (['disk', 'inodes'] as const).map((kind) => alarmName(fleet.name, nodeTag(node), kind, suffixOf(fleet, volume))),
  ),
  ...(['stuck', 'forked', 'unreachable', 'status-check', 'attached-ebs'] as const).map((kind) =>
    alarmName(fleet.name, nodeTag(node), kind),
  ),
];

function disksOf(
  { fleet, series, covered, runbooks }: AlarmFacts,
  node: FleetNode,
  tolerated: Set<string>,
  notes: string[],
): readonly Alarm[] {
  return fleet.volumes.flatMap((volume) => {
    const { path, role } = volume;
    const key = filesystemKey(node.instanceId, path);
    const found = series.get(key);
    if (!found) notes.push(`${node.name}: the CloudWatch agent publishes nothing of ${path} yet`);
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
    return looks.flatMap(([kind, meaning, look]): readonly Alarm[] => {
      if (covered[kind].has(key)) return [];
      const name = alarmName(fleet.name, nodeTag(node), kind, suffixOf(fleet, volume));
      if (!found || (kind === 'inodes' && !found.inodes)) {
        // An agent that is silent for a while is no reason to take its alarm away.
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

/** Where nobody asks the nodes, nobody publishes their health, and an alarm on it would be blind. */
function healthOf({ fleet, runbooks }: AlarmFacts, node: FleetNode): readonly Alarm[] {
  if (!fleet.probe) return [];
  const who = `${fleet.name}/${node.name}`;
  const kinds = [
    ['stuck', `${who} stands still while its chain goes on: whoever asks it gets old answers.`],
    ['forked', `${who} has other blocks than its siblings and the references: whoever asks it gets wrong answers.`],
    ['unreachable', `The RPC of ${who} does not answer: nobody can ask it.`],
  ] as const;
  return kinds.map(([kind, meaning]) => ({
    name: alarmName(fleet.name, nodeTag(node), kind),
    node: nodeTag(node),
    kind,
    meaning,
    runbook: runbooks + runbookOf(kind),
    look: {
      by: 'math',
      metrics: { health: ownMetric('Health', { Fleet: fleet.name, Node: node.name }) },
      expression: `IF(health == ${HEALTH_VALUE[kind]}, 1, 0)`,
    },
    when: '>=',
    threshold: 1,
    minutes: 2,
    pages: false,
  }));
}

function checksOf({ fleet, runbooks }: AlarmFacts, node: FleetNode): readonly Alarm[] {
  return CHECKS.map(([kind, metric, meaning]) => ({
    name: alarmName(fleet.name, nodeTag(node), kind),
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
    pages: true,
  }));
}
