// How the journal's lines and a plan look in a terminal. Pure.
import { printable } from '../../shared/heal/printable.ts';
import type { Progress } from '../../shared/heal/records.ts';
import { tableOf } from '../fleet-commands/tell.ts';
import type { StoryLine } from './desk.ts';

/** "12:05:46  result    stopped in 7 s, cleanly; started in 3 s"; times are UTC, as in the journal. */
export const lineText = ({ atMs, kind, sentence, code }: StoryLine): string =>
  `${new Date(atMs).toISOString().slice(11, 19)}  ${kind.padEnd(8)}  ${printable(`${code === undefined ? '' : `${code}: `}${sentence}`, 2_000)}`;

/** "2026-01-01 12:05 UTC" */
export const clockText = (atMs: number): string => `${new Date(atMs).toISOString().replace('T', ' ').slice(0, 16)} UTC`;

const BAR = 24;

/** "fill vol-…  ██████░░░░  62 %, about 12 min left" */
export function progressText({ what, percent, etaSeconds }: Progress): string {
  const full = Math.max(0, Math.min(BAR, Math.round((percent / 100) * BAR)));
  const left = etaSeconds === null || percent >= 100 ? '' : `, about ${durationText(etaSeconds)} left`;
  return `${what}  ${'█'.repeat(full)}${'░'.repeat(BAR - full)}  ${Math.floor(percent)} %${left}`;
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 90 * 60 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** What a plan's evidence may hold; heals of different kinds have different things to say. */
interface PlanEvidence {
  readonly guardrails?: readonly { readonly rule: string; readonly verdict: string }[];
  readonly source?: string | null;
  readonly costUsdPerMonth?: number;
  readonly minutes?: number;
}

/** The plan as a table: what, from which data, what guards say, what it costs and how long it takes. */
export function planText(lines: readonly StoryLine[]): string {
  const sentence = lines.findLast(({ kind, act }) => kind === 'plan' || act === 'planned')?.sentence ?? '';
  const evidence = evidenceOf(lines);
  const rows: string[][] = [['plan', sentence]];
  if (evidence.source) rows.push(['data', evidence.source]);
  for (const { rule, verdict } of evidence.guardrails ?? []) rows.push([`guard ${rule}`, verdict]);
  if (evidence.costUsdPerMonth !== undefined)
    rows.push([
      'cost',
      `$${evidence.costUsdPerMonth.toFixed(2)} a month while the volumes of before are kept beside the new ones`,
    ]);
  if (evidence.minutes !== undefined) rows.push(['time', `${evidence.minutes} min at most, the catching up left out`]);
  return tableOf(['what', 'would be'], rows);
}

/** The last that holds anything of a plan; journal evidence is cut where it is too long, and says nothing then. */
function evidenceOf(lines: readonly StoryLine[]): PlanEvidence {
  for (const { evidence } of lines.toReversed()) {
    if (evidence === undefined) continue;
    try {
      const read: unknown = JSON.parse(evidence);
      if (typeof read === 'object' && read !== null && ('guardrails' in read || 'minutes' in read || 'source' in read))
        return read as PlanEvidence;
    } catch {
      // Cut.
    }
  }
  return {};
}
