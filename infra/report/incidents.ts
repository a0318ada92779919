// What the journal tells, put together: each incident with how it ended, what it cost and its steps. Pure.
import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../shared/guardrails/ebs.ts';
import { DRILL_KIND, HEAL_KINDS } from '../../shared/heal/records.ts';
import { jsonOrUndefined } from '../../shared/text/json.ts';
import type { ReportFacts, ReportLine } from './facts.ts';
import { type Minutes, minutesOf } from './series.ts';

/** open: the journal tells no end. */
export type Ended = 'healed' | 'planned' | 'refused' | 'failed' | 'escalated' | 'open';

/** In this order they are told: what needs a person comes first. */
export const ENDED: readonly Ended[] = ['escalated', 'failed', 'open', 'refused', 'planned', 'healed'];

export interface Cost {
  /** Dollars a month, us-east-1, for what the incident has made or grown. */
  readonly usdAMonth: number;
  /** What was made and is not in that sum, in words; empty where all of it is. */
  readonly beside: readonly string[];
}

export interface Incident {
  /** Unique in a report; part of an id in the page. */
  readonly key: string;
  readonly incidentId: string;
  readonly fleet: string;
  readonly node: string;
  readonly heal: string;
  readonly ended: Ended;
  /** Its last word: the reason of its end. */
  readonly sentence: string;
  /** The rung that was proved, if one was. */
  readonly rung: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly attempts: number;
  /** Requests that change something, in order; without marks that last as long as the incident. */
  readonly acts: readonly ReportLine[];
  readonly refusals: readonly ReportLine[];
  readonly pages: readonly ReportLine[];
  readonly steps: readonly ReportLine[];
  readonly cost: Cost;
  /** By the metric Health; undefined where the report has no such node. */
  readonly minutes: Minutes | undefined;
  /** As a simulator has seen it. */
  readonly outageSeconds: number | undefined;
}

const HEALS: ReadonlySet<string> = new Set<string>([...HEAL_KINDS, DRILL_KIND]);
const ROTATION = 'rotate-peers';

/** In the order of their first line. A run of rotate-peers that changes a node counts as one, too; what a person only asked about does not. */
export function incidentsOf(facts: ReportFacts): readonly Incident[] {
  const nodes = new Map(facts.nodes.map((node) => [`${node.fleet}/${node.node}`, node]));
  const groups = Map.groupBy(facts.journal, keyOf);
  return [...groups].flatMap(([key, lines]): readonly Incident[] => {
    const [first] = lines;
    const last = lines.at(-1);
    if (key === '' || !first || !last) return [];
    const acts = lines.filter(({ kind, fields }) => kind === 'intent' && fields.bookkeeping !== true);
    // Peers that were only looked at are no heal.
    if (first.by === ROTATION && acts.length === 0) return [];
    if (acts.length === 0 && isQuestion(lines)) return [];
    const { fleet, node, incidentId, heal } = first;
    const end = lines.findLast(isEnd);
    const of = nodes.get(`${fleet}/${node}`);
    const outages = facts.outages.filter((outage) => outage.fleet === fleet && outage.incidentId === incidentId);
    return [
      {
        ...{ key, incidentId, fleet, node, heal, acts },
        ended: endedOf(end),
        sentence: (end ?? last).sentence,
        rung: lines.findLast(({ kind, fields }) => kind === 'proof' && fields.rung != null)?.fields.rung ?? undefined,
        fromMs: first.atMs,
        toMs: last.atMs,
        attempts: new Set(lines.map(({ attempt }) => attempt)).size,
        refusals: lines.filter(({ kind }) => kind === 'refusal'),
        pages: lines.filter(({ kind }) => kind === 'page'),
        steps: lines,
        cost: costOf(lines),
        minutes: of && minutesOf(of, first.atMs, last.atMs, facts.stepMs),
        outageSeconds:
          first.by === ROTATION || outages.length === 0
            ? undefined
            : outages.reduce((sum, { seconds }) => sum + seconds, 0),
      },
    ];
  });
}

/** A person has asked what would be done (`plan`), and nothing was to be done. */
function isQuestion(lines: readonly ReportLine[]): boolean {
  const begun = lines.filter(({ by, fields }) => by === 'dispatch-heal' && fields.mode !== undefined);
  const isAsked = ({ fields, evidence }: ReportLine): boolean =>
    fields.mode === 'plan' && evidenceOf(evidence)?.['namespace'] === 'person';
  return begun.length > 0 && begun.every(isAsked);
}

/** Empty for lines that belong to no incident. */
function keyOf({ by, heal, fleet, node, incidentId, atMs, place }: ReportLine): string {
  if (by === ROTATION) return node === '-' ? '' : `${fleet} ${node} ${incidentId} ${runOf(place, atMs)}`;
  return HEALS.has(heal) && (by === heal || by === 'dispatch-heal') ? `${fleet} ${incidentId}` : '';
}

const HOUR_MS = 60 * 60_000;
/** The places of one run begin with the same word; where they do not, an hour is one run. */
const runOf = (place: string, atMs: number): string =>
  place.includes('-') ? (place.split('-')[0] ?? '') : String(Math.floor(atMs / HOUR_MS));

const isEnd = ({ kind, act }: ReportLine): boolean =>
  kind === 'outcome' || kind === 'refusal' || (kind === 'plan' && act !== undefined);

function endedOf(end: ReportLine | undefined): Ended {
  if (!end) return 'open';
  if (end.kind === 'refusal') return 'refused';
  if (end.kind === 'plan') return 'planned';
  if (end.act === 'restored') return 'failed';
  return ENDED.find((ended) => ended === end.act) ?? 'failed';
}

/** Growth by its own reservation, new volumes by their size; each resource once, and only what was not refused. */
function costOf(lines: readonly ReportLine[]): Cost {
  const paid = new Map<string, number>();
  const beside = new Set<string>();
  for (const { kind, act = '', evidence } of lines) {
    if (kind !== 'intent') continue;
    const [operation = '', subject = ''] = act.split(' ');
    const facts = evidenceOf(evidence);
    if (operation === 'RunInstances') beside.add('another instance');
    else if (operation === 'ModifyVolume') {
      const usd = numberIn(facts, 'addedUsd');
      if (usd === undefined) beside.add('a grown volume');
      else paid.set(subject, Math.max(paid.get(subject) ?? 0, usd));
    } else if (operation === 'CreateVolume' || operation === 'CopyVolumes') {
      const type = facts?.['type'];
      const sizeGiB = numberIn(facts, 'sizeGiB');
      if (typeof type !== 'string' || !isVolumeType(type) || sizeGiB === undefined) beside.add('a new volume');
      else paid.set(act, sizeGiB * MONTHLY_USD_PER_GIB[type]);
    } else if (operation === 'CreateSnapshot' || operation === 'CreateSnapshots') beside.add('a snapshot');
  }
  return { usdAMonth: [...paid.values()].reduce((sum, usd) => sum + usd, 0), beside: [...beside] };
}

/** Evidence that was cut is no JSON, and says nothing. */
export function evidenceOf(evidence: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (evidence === undefined) return undefined;
  const value = jsonOrUndefined(evidence);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function numberIn(facts: Readonly<Record<string, unknown>> | undefined, name: string): number | undefined {
  const value = facts?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A refusal of one guardrail: how often, about whom, and its newest reason. */
export interface RefusedFor {
  readonly code: string;
  readonly times: number;
  readonly nodes: readonly string[];
  readonly lastMs: number;
  readonly sentence: string;
}

/** The most frequent first. */
export function refusalsOf(journal: readonly ReportLine[]): readonly RefusedFor[] {
  const refused = journal.filter(({ kind }) => kind === 'refusal');
  return [...Map.groupBy(refused, ({ code = 'no code' }) => code)]
    .map(([code, lines]) => ({
      code,
      times: lines.length,
      nodes: [...new Set(lines.map(({ fleet, node }) => `${fleet}/${node}`))],
      lastMs: lines.at(-1)?.atMs ?? 0,
      sentence: lines.at(-1)?.sentence ?? '',
    }))
    .sort((a, b) => b.times - a.times || (a.code < b.code ? -1 : 1));
}
