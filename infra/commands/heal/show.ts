// The layout of journal lines and of a plan in a terminal. Pure.
import * as v from 'valibot';
import type { Progress } from '../../../shared/heal/records.ts';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { tableOf } from '../fleets/context.ts';
import type { StoryLine } from './context.ts';

/** "12:05:46  result    stopped in 7 s, cleanly; started in 3 s"; times are UTC, as in the journal. */
export const lineText = ({ atMs, kind, sentence, code }: StoryLine): string =>
  `${timeText(atMs)}  ${plainText(kind, 20).padEnd(8)}  ${plainText(code === undefined ? sentence : `${code}: ${sentence}`)}`;

/** Any principal that may write to the table may have written a journal line. */
export const timeText = (atMs: number): string =>
  isDate(atMs) ? new Date(atMs).toISOString().slice(11, 19) : '--:--:--';
const isDate = (atMs: number): boolean => Number.isFinite(atMs) && Math.abs(atMs) <= MAX_DATE_MS;
/** "8.64e15" (ECMA-262, Time Values and Time Range). */
const MAX_DATE_MS = 8.64e15;

/** "2026-01-01 12:05 UTC" */
export const clockText = (atMs: number): string =>
  isDate(atMs) ? `${new Date(atMs).toISOString().replace('T', ' ').slice(0, 16)} UTC` : 'at no time that is one';

/** "2026-01-01 12:05:46"; a line may claim any time. */
export const secondText = (atMs: number): string =>
  isDate(atMs) ? new Date(atMs).toISOString().replace('T', ' ').slice(0, 19) : '-------------------';

/** For machines; null where it is no time. */
export const isoText = (atMs: number): string | null => (isDate(atMs) ? new Date(atMs).toISOString() : null);

const BAR = 24;

/** "fill vol-…  ██████░░░░  62 %, about 12 min left" */
export function progressText({ what, percent, etaSeconds }: Progress): string {
  const full = Math.max(0, Math.min(BAR, Math.round((percent / 100) * BAR)));
  const left = etaSeconds === null || percent >= 100 ? '' : `, about ${durationText(etaSeconds)} left`;
  return `${plainText(what, 200)}  ${'█'.repeat(full)}${'░'.repeat(BAR - full)}  ${Math.floor(percent)} %${left}`;
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 90 * 60 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** What a plan's evidence may hold. Heals of different kinds have different fields. Fields of another form are left out. */
const evidenceSchema = v.object({
  guardrails: v.fallback(v.array(v.object({ rule: v.string(), verdict: v.string() })), []),
  source: v.fallback(v.nullish(v.string()), undefined),
  costUsdPerMonth: v.fallback(v.optional(v.pipe(v.number(), v.finite())), undefined),
  minutes: v.fallback(v.optional(v.pipe(v.number(), v.finite())), undefined),
  caughtUp: v.fallback(v.nullish(v.string()), undefined),
});
type PlanEvidence = Partial<v.InferOutput<typeof evidenceSchema>>;

/** The limit of the journal (shared/heal/journal.ts). */
const EVIDENCE_CHARACTERS = 4_000;
/** A plan has a dozen guardrails; a table of thousands would take long. */
const MAXIMUM_GUARDRAILS = 25;

/** A plan for machines: the action with its reason, and of the rest what the journal says. */
export interface PlanFacts extends PlanEvidence {
  readonly sentence: string;
}

export const planFacts = (lines: readonly StoryLine[]): PlanFacts => ({
  sentence: lines.findLast(({ kind, act }) => kind === 'plan' || act === 'planned')?.sentence ?? '',
  ...evidenceOf(lines),
});

/** The plan as a table: the action, the data source, the results of the guards, the cost and the duration. */
export function planText(lines: readonly StoryLine[]): string {
  const { sentence, ...evidence } = planFacts(lines);
  const rows: string[][] = [['plan', sentence]];
  if (evidence.source) rows.push(['data', evidence.source]);
  for (const { rule, verdict } of evidence.guardrails?.slice(0, MAXIMUM_GUARDRAILS) ?? [])
    rows.push([`guard ${rule}`, verdict]);
  if (evidence.costUsdPerMonth !== undefined)
    rows.push([
      'cost',
      `$${evidence.costUsdPerMonth.toFixed(2)} a month while the earlier volumes are kept beside the new ones`,
    ]);
  if (evidence.minutes !== undefined) rows.push(['time', `${evidence.minutes} min at most, the catching up left out`]);
  if (evidence.caughtUp) rows.push(['caught up', evidence.caughtUp]);
  return tableOf(['what', 'would be'], rows);
}

/** The last line that holds a part of the plan. The journal cuts long evidence, and cut evidence cannot be read. */
function evidenceOf(lines: readonly StoryLine[]): PlanEvidence {
  for (const { evidence } of lines.toReversed()) {
    if (evidence === undefined || evidence.length > EVIDENCE_CHARACTERS) continue;
    const read = jsonOrUndefined(evidence);
    if (typeof read !== 'object' || read === null) continue;
    if (!('guardrails' in read || 'minutes' in read || 'source' in read)) continue;
    const { success, output } = v.safeParse(evidenceSchema, read);
    if (success) return output;
  }
  return {};
}
