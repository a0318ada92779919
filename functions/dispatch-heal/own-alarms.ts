// The alarms that owners have already (`alarms.own` of a fleet file). Each is a report like any other, never a verdict: what it names is looked at, and our
// own evidence decides. Pure.
import type { Fleet, OwnAlarm } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { AGENT_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import { matches } from './alarms.ts';
import { ASKS_FOR_HEAL, isReportOn } from './candidates.ts';
import type { AlarmStatus } from './facts.ts';

/** Fleets whose files take an alarm in, each with what the first name that fits says. */
export type Takers = readonly { readonly fleet: Fleet; readonly means: OwnAlarm['means'] }[];

/** The suite's alarms are no owner's, whatever a pattern fits. */
export const takersOf = (fleets: readonly Fleet[], alarmName: string): Takers =>
  fleets.flatMap((fleet) => {
    if (OF_SUITE.some((mark) => alarmName.startsWith(`${fleet.suite}${mark}`))) return [];
    const own = fleet.alarms.own.find(({ name }) => matches(name, alarmName));
    return own ? [{ fleet, means: own.means }] : [];
  });

const OF_SUITE = ['-', '/'];

/** Why an alarm reports nothing now, although it is in ALARM; null: it reports. What a person has silenced hurries nothing, and holds nothing up. */
export function whySilent({ actionsEnabled, suppressedBy }: AlarmStatus, mutedBy: string | null): string | null {
  if (suppressedBy !== undefined) return `suppressed by ${suppressedBy}`;
  if (mutedBy !== null) return `muted by ${mutedBy}`;
  return actionsEnabled ? null : 'without enabled actions';
}

/** What an alarm, one series of it, or an alarm below it names. */
export interface Named {
  readonly instanceId: string;
  readonly path: string | undefined;
  readonly sinceMs: number;
}

/** The instances that the metrics of an alarm, or of its contributor, name. Nothing else is taken for a name. */
export function namedBy({ fact: { dimensions }, sinceMs, instanceIds = [] }: AlarmStatus): readonly Named[] {
  const { InstanceId, path } = dimensions;
  const ids = instanceIds.length > 0 ? instanceIds : InstanceId ? [InstanceId] : [];
  return ids.map((instanceId) => ({ instanceId, path: ids.length === 1 ? path : undefined, sinceMs }));
}

/** Whom nothing is begun for, and why: people are told of it once. */
export interface Unplaced {
  readonly fleet: string;
  /** Absent where it names none. */
  readonly instanceId?: string;
  readonly sentence: string;
}

export interface OwnReports {
  /** Alarms about nodes, as the dispatcher takes them: with `own`. */
  readonly reports: readonly AlarmStatus[];
  readonly unplaced: readonly Unplaced[];
}

/**
 * @param named empty: it names no node
 * @param fleetOf the fleet of an instance by its tags as they are now, or why it has none
 */
export function reportsOf(
  alarm: AlarmStatus,
  takers: Takers,
  named: readonly Named[],
  fleetOf: (instanceId: string) => { readonly name: string } | { readonly reason: string },
): OwnReports {
  const reports: AlarmStatus[] = [];
  const unplaced: Unplaced[] = [];
  const { alarmName } = alarm.fact;
  const takerNames = takers.map(({ fleet }) => fleet.name);
  const [first] = takerNames;
  if (first === undefined) return { reports, unplaced };
  for (const { instanceId, path, sinceMs } of named) {
    const found = fleetOf(instanceId);
    const taker = takers.find(({ fleet }) => 'name' in found && found.name === fleet.name);
    const whose = 'name' in found ? `it is a node of ${found.name}` : found.reason;
    if (!taker) {
      const sentence = `the alarm ${alarmName} is in alarms.own of ${takerNames.join(' and ')} and names ${instanceId}, which is no node there (${whose}): nothing is begun`;
      unplaced.push({ fleet: first, instanceId, sentence });
      continue;
    }
    const { fleet, means } = taker;
    const disk = means === 'disk-full' ? diskOf(fleet, path) : undefined;
    if (disk === null) {
      const paths = fleet.volumes.map((volume) => volume.path).join(' or ');
      const sentence = `the alarm ${alarmName} says disk-full of ${instanceId}, and its dimension path is ${path ?? 'missing'}, expected ${paths}: nothing is begun`;
      unplaced.push({ fleet: fleet.name, instanceId, sentence });
      continue;
    }
    const about = disk === undefined ? { InstanceId: instanceId } : { InstanceId: instanceId, path: disk };
    reports.push({ ...alarm, about: 'contributor', sinceMs, ...reportOn(taker, alarmName, about) });
  }
  if (named.length > 0) return { reports, unplaced };
  for (const taker of takers) {
    const { fleet, means } = taker;
    if (means !== 'disk-full')
      reports.push({ ...alarm, about: 'fleet', ...reportOn(taker, alarmName, { Fleet: fleet.name }) });
    else
      unplaced.push({
        fleet: fleet.name,
        sentence: `the alarm ${alarmName} says disk-full and names no node (no metric of it has the dimension InstanceId): nothing is begun, and the disks are watched by chainmend's own alarms`,
      });
  }
  return { reports, unplaced };
}

/** An owner's namespace says nothing here: one of EC2's would be taken for EC2's own word. */
const reportOn = (
  { fleet, means }: Takers[number],
  alarmName: string,
  dimensions: AlarmStatus['fact']['dimensions'],
): Pick<AlarmStatus, 'fact' | 'own' | 'metricName'> => ({
  fact: { alarmName, namespace: means === 'disk-full' ? AGENT_NAMESPACE : fleet.suite, dimensions },
  metricName: undefined,
  own: { fleet: fleet.name, means },
});

/** null: it is not known which of several disks is meant. */
function diskOf({ volumes }: Fleet, path: string | undefined): string | null {
  const [only, another] = volumes;
  if (path === undefined) return only && !another ? only.path : null;
  return volumes.some((volume) => volume.path === path) ? path : null;
}

/** What our own look says against a report; null where it says the same, so that the heal tells. The disk's is the heal's to tell. */
export function contradictionOf(
  { fact: { alarmName, dimensions }, own }: AlarmStatus,
  nodes: readonly ObservedNode[],
): { readonly node: ObservedNode | undefined; readonly sentence: string } | null {
  if (!own || own.means === 'disk-full') return null;
  const { InstanceId } = dimensions;
  const about = nodes.filter((node) => isReportOn({ dimensions, own }, { name: own.fleet }, node));
  if (about.some(({ health }) => ASKS_FOR_HEAL[health] === 'yes')) return null;
  const again = 'nothing is begun, and each look is judged again while the alarm lasts';
  const [node] = about;
  if (InstanceId === undefined) {
    const healths = [...new Set(about.map(({ health }) => health))];
    const counts = healths.map((health) => `${about.filter((one) => one.health === health).length} ${health}`);
    const found = counts.length > 0 ? counts.join(', ') : 'nobody has looked lately';
    const sentence = `the alarm ${alarmName} says ${own.means} and names no node; of ${own.fleet} by our own last look: ${found}; ${again}`;
    return { node: undefined, sentence };
  }
  const found = node ? `it is ${node.health} (${node.reason})` : 'nobody has looked at it lately';
  const name = node?.name ?? InstanceId;
  return {
    node,
    sentence: `the alarm ${alarmName} says ${own.means} of ${name}; by our own last look ${found}; ${again}`,
  };
}
