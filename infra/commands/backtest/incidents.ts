// The incidents of a fleet's past, as chainmend's alarms and sweeps would have found them: disks over the alarm's threshold, status checks that failed,
// nodes that were stuck or answered nothing. Pure.
import { HEALTH_VALUE } from '../../../shared/fleet/resource-names.ts';
import type { AlarmChange, Samples } from '../../report/facts.ts';
import { type History, type NodeHistory, stepMsAt } from './history.ts';

export type Trouble = 'full disk' | 'failed checks' | 'stuck' | 'unreachable';

export interface Incident {
  readonly node: string;
  readonly instanceId: string;
  readonly trouble: Trouble;
  /** Of a full disk: the volume's role in the fleet file. */
  readonly role: string | null;
  readonly fromMs: number;
  /** When a heal would have begun: the alarm's moment. */
  readonly onsetMs: number;
  /** When the trouble was over; null: it still was there at the end of what was read, or nothing is known from then on. */
  readonly toMs: number | null;
  /** An alarm of chainmend's own that says the same; null where none is kept. */
  readonly alarmName: string | null;
}

const MINUTE_MS = 60_000;
/** Disks and status checks have alarms of one minute, `stuck` and `unreachable` of two in a row (functions/register-nodes/alarms.ts). */
const ALARM_MS = MINUTE_MS;
const SICK_FOR_MS = 2 * MINUTE_MS;
/** What comes back so soon is the same trouble. */
const SAME_WITHIN_MS = 10 * MINUTE_MS;

/** Those of its time, oldest first: metrics are read from earlier on. What was there before is met as its time begins. */
export function incidentsIn(history: History): readonly Incident[] {
  return history.nodes
    .flatMap((node) => [...disksOf(history, node), ...healthOf(history, node)])
    .filter(({ toMs }) => toMs === null || toMs > history.fromMs)
    .map((incident) => ({ ...incident, onsetMs: Math.max(incident.onsetMs, history.fromMs) }))
    .toSorted((a, b) => a.onsetMs - b.onsetMs || (a.node < b.node ? -1 : 1));
}

function disksOf(history: History, one: NodeHistory): readonly Incident[] {
  const { fleet } = history;
  return one.disks.flatMap(({ role, percent }) =>
    runsOf(percent, (value) => value >= fleet.alarms.diskPercent, history.toMs)
      .filter(({ lastedMs }) => lastedMs >= ALARM_MS)
      .map((run) => incidentOf(history, one, 'full disk', { ...run, role, afterMs: ALARM_MS })),
  );
}

/** A node is sick once, whatever tells of it: failed checks explain that it does not answer. */
function healthOf(history: History, one: NodeHistory): readonly Incident[] {
  const { toMs } = history;
  const found = [
    ...runsOf(one.checks, (value) => value >= 1, toMs)
      .filter(({ lastedMs }) => lastedMs >= ALARM_MS)
      .map((run) => incidentOf(history, one, 'failed checks', { ...run, role: null, afterMs: ALARM_MS })),
    ...(['stuck', 'unreachable'] as const).flatMap((trouble) =>
      runsOf(one.health, (value) => value === HEALTH_VALUE[trouble], toMs)
        .filter(({ lastedMs }) => lastedMs >= SICK_FOR_MS)
        .map((run) => incidentOf(history, one, trouble, { ...run, role: null, afterMs: SICK_FOR_MS })),
    ),
  ].toSorted((a, b) => a.fromMs - b.fromMs);
  const once: Incident[] = [];
  for (const incident of found) {
    const last = once.at(-1);
    if (last === undefined || !meet(last, incident)) once.push(incident);
    else once[once.length - 1] = joined(last, incident);
  }
  return once;
}

const meet = (a: Incident, b: Incident): boolean => b.fromMs <= (a.toMs ?? Number.POSITIVE_INFINITY) + SAME_WITHIN_MS;

const WEIGHT: Readonly<Record<Trouble, number>> = { 'full disk': 0, unreachable: 1, stuck: 2, 'failed checks': 3 };

/** The trouble that says most of the cause, since the first of them; a heal begins at the first that it hears of. */
function joined(a: Incident, b: Incident): Incident {
  const cause = WEIGHT[b.trouble] > WEIGHT[a.trouble] ? b : a;
  const toMs = a.toMs === null || b.toMs === null ? null : Math.max(a.toMs, b.toMs);
  return { ...cause, fromMs: Math.min(a.fromMs, b.fromMs), onsetMs: Math.min(a.onsetMs, b.onsetMs), toMs };
}

interface Run {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly lastedMs: number;
}

/** Stretches in which a metric says so, each as long as its steps. Between two samples that both say so nothing is assumed to have been otherwise. */
function runsOf(samples: Samples, says: (value: number) => boolean, toMs: number): readonly Run[] {
  const runs: { fromMs: number; lastMs: number; toMs: number | null }[] = [];
  let open: (typeof runs)[number] | undefined;
  for (const [atMs, value] of samples) {
    if (!says(value)) {
      if (open !== undefined) open.toMs = atMs;
      open = undefined;
      continue;
    }
    // What was well for a moment only was not well.
    open ??= runs.findLast((run) => run.toMs !== null && atMs - run.toMs < SAME_WITHIN_MS);
    if (open === undefined) {
      open = { fromMs: atMs, lastMs: atMs, toMs: null };
      runs.push(open);
    }
    open.lastMs = atMs;
    open.toMs = null;
  }
  return runs.map(({ fromMs, lastMs, toMs: endMs }) => ({
    fromMs,
    toMs: endMs,
    lastedMs: lastMs - fromMs + stepMsAt(toMs - lastMs),
  }));
}

function incidentOf(
  { alarms, toMs: nowMs }: History,
  { node }: NodeHistory,
  trouble: Trouble,
  {
    fromMs,
    toMs,
    role,
    afterMs,
  }: Pick<Run, 'fromMs' | 'toMs'> & { readonly role: string | null; readonly afterMs: number },
): Incident {
  const alarm = alarms.find((change) => isAbout(change, node.name, trouble) && isNear(change.atMs, fromMs));
  // Of an old trouble the hour is known, and not the minute.
  const onsetMs = alarm?.atMs ?? Math.min(nowMs, fromMs + Math.max(afterMs, stepMsAt(nowMs - fromMs)));
  return {
    ...{ node: node.name, instanceId: node.instanceId, trouble, role, fromMs, onsetMs, toMs },
    alarmName: alarm?.alarmName ?? null,
  };
}

const KIND: Readonly<Record<Trouble, string>> = {
  'full disk': '-disk',
  'failed checks': '-status-check',
  stuck: '-stuck',
  unreachable: '-unreachable',
};

const isAbout = ({ node, to, alarmName }: AlarmChange, name: string, trouble: Trouble): boolean =>
  node === name && to === 'ALARM' && alarmName.includes(`${name}${KIND[trouble]}`);

const isNear = (alarmMs: number, fromMs: number): boolean =>
  alarmMs >= fromMs - MINUTE_MS && alarmMs - fromMs <= SAME_WITHIN_MS;
