// What stands on the time axis beside the lines: alarms, incidents, acts, refusals, pages, proofs. Pure.
import type { ReportFacts, ReportLine } from './facts.ts';
import { type Incident, incidentsOf } from './incidents.ts';

/** Each has a shape of its own: colour alone tells nothing. */
export type EventKind = 'alarm' | 'ok' | 'incident' | 'act' | 'refusal' | 'page' | 'proof' | 'broken';

export interface ReportEvent {
  readonly atMs: number;
  readonly kind: EventKind;
  /** "bitcoin/node2"; "bitcoin" for the whole fleet; "" for the suite itself. */
  readonly about: string;
  readonly text: string;
  readonly code: string | undefined;
  /** `Incident.key`, where it belongs to one. */
  readonly incident: string | undefined;
}

/** Beyond it the acts are left out first: their incidents tell them. */
export const EVENTS_MOST = 2_500;

export interface Events {
  /** In the order of time. */
  readonly shown: readonly ReportEvent[];
  readonly leftOut: number;
}

export function eventsOf(facts: ReportFacts, incidents: readonly Incident[] = incidentsOf(facts)): Events {
  const owner = new Map(incidents.flatMap(({ key, steps }) => steps.map((line) => [line, key] as const)));
  const ofLine = (line: ReportLine, kind: EventKind, text: string): ReportEvent => ({
    ...{ atMs: line.atMs, kind, text, code: line.code },
    about: aboutOf(line.fleet, line.node === '-' ? undefined : line.node),
    incident: owner.get(line),
  });
  const told = facts.journal.flatMap((line): readonly ReportEvent[] => {
    const { kind, act = '', sentence, fields } = line;
    if (kind === 'refusal') return [ofLine(line, 'refusal', sentence)];
    if (kind === 'page') return [ofLine(line, 'page', sentence)];
    if (kind === 'proof') return [ofLine(line, 'proof', sentence)];
    if (kind !== 'intent' || fields.bookkeeping === true || !owner.has(line)) return [];
    return [ofLine(line, 'act', act === '' ? sentence : `${act}: ${sentence}`)];
  });
  const begun = incidents.map(
    ({ key, fromMs, fleet, node, incidentId, heal, ended, sentence }): ReportEvent => ({
      ...{ atMs: fromMs, kind: 'incident', about: aboutOf(fleet, node), code: undefined, incident: key },
      text: `incident ${incidentId} → ${heal}, ${ended}: ${sentence}`,
    }),
  );
  const alarms = facts.alarms.flatMap(({ atMs, alarmName, fleet, node, from, to, reason }): readonly ReportEvent[] => {
    if (to !== 'ALARM' && from !== 'ALARM') return [];
    const about = fleet === undefined ? '' : aboutOf(fleet, node);
    const kind = to === 'ALARM' ? 'alarm' : 'ok';
    return [
      {
        ...{ atMs, kind, about, code: undefined, incident: undefined },
        text: `${alarmName} ${from} → ${to}: ${reason}`,
      },
    ];
  });
  const broken = facts.broken.map(
    ({ atMs, what, sentence }): ReportEvent => ({
      ...{ atMs, kind: 'broken', about: '', code: undefined, incident: undefined },
      text: `${what}: ${sentence}`,
    }),
  );
  const all = [...alarms, ...begun, ...told, ...broken].sort((a, b) => a.atMs - b.atMs);
  const within = all.filter(({ atMs }) => atMs >= facts.fromMs && atMs <= facts.toMs);
  if (within.length <= EVENTS_MOST) return { shown: within, leftOut: 0 };
  const withoutActs = within.filter(({ kind }) => kind !== 'act' && kind !== 'ok');
  const shown = withoutActs.slice(-EVENTS_MOST);
  return { shown, leftOut: within.length - shown.length };
}

const aboutOf = (fleet: string, node: string | undefined): string => (node === undefined ? fleet : `${fleet}/${node}`);
