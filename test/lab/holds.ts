// What conditions of a fleet have held in a run, and whether each hold lies within a time that people were told: nothing waits silently. By the journal and
// the pages of the run.
import { type JournalLine, readJournal } from '../../local/scenarios/report/journal.ts';
import { pageIn } from '../../local/scenarios/report/pages.ts';
import type { World } from '../../local/scenarios/world/world.ts';
import { isBinding } from '../../shared/model/conditions.ts';

export interface Hold {
  readonly fleet: string;
  readonly node: string;
  /** What was held: the function, and whose work it was. */
  readonly heal: string;
  readonly condition: string;
  /** How often it was looked at and held. */
  readonly times: number;
  /** When it was first held, ms since the epoch. */
  readonly firstMs: number;
  /** When people were told of the condition, in time for all of these holds; null where they were not. */
  readonly toldMs: number | null;
}

/** A condition binds in the sweep that sees it, and is told by the next one: two of a minute each, and some seconds for a late one. */
const TOLD_WITHIN_MS = 150_000;

/** Signs of one cause: people are told by the first of them. */
const HALTS = ['chain-halted', 'own-chain-halted', 'consensus-halted'] as const;

/** "no-majority since 2026-01-01T12:03Z (…): node3 is not upgraded before that is over"; "crash-loop: the client of node2 ends again and again, …" */
const BY_CONDITION = /^([a-z-]+)(?: since \d{4}-|: )/;

/** The codes of the pages by which people know of what holds this; null where no condition holds it. */
function toldBy({
  kind,
  code,
  sentence,
}: JournalLine): { readonly condition: string; readonly pages: readonly string[] } | null {
  if (kind !== 'refusal') return null;
  if (code === 'chain-standing') return { condition: HALTS[0], pages: HALTS };
  if (code === 'zone-down') return { condition: code, pages: [code] };
  if (code !== 'condition-holds') return null;
  const [, condition = ''] = BY_CONDITION.exec(sentence) ?? [];
  if (!isBinding(condition)) throw new Error(`a hold without its condition: ${sentence}`);
  return { condition, pages: HALTS.some((halt) => halt === condition) ? HALTS : [condition] };
}

interface Sent {
  readonly fleet: string;
  readonly code: string;
  readonly atMs: number;
  readonly isOver: boolean;
}

/** Each act that a condition held, once for each node, heal and condition. */
export function holdsIn({ region, tableName }: World): readonly Hold[] {
  const sent = region.sns.published().map((published): Sent => {
    const { fleet = '', code = '', severity } = pageIn(published);
    return { fleet, code, atMs: published.atMs, isOver: severity === 'resolved' };
  });
  const holds = new Map<string, Hold>();
  for (const line of readJournal(region, tableName)) {
    const told = toldBy(line);
    if (told === null) continue;
    const { fleet, node, heal, atMs } = line;
    const key = [fleet, node, heal, told.condition].join(' ');
    const before = holds.get(key);
    const toldMs = toldAt(sent, fleet, told.pages, atMs);
    holds.set(key, {
      ...{ fleet, node, heal, condition: told.condition },
      times: (before?.times ?? 0) + 1,
      firstMs: before?.firstMs ?? atMs,
      toldMs: before && before.toldMs === null ? null : toldMs,
    });
  }
  return [...holds.values()];
}

/** The last page of the condition before the hold, or right after it; null where there is none, or its end was told before. */
function toldAt(sent: readonly Sent[], fleet: string, pages: readonly string[], heldMs: number): number | null {
  const about = sent.filter((one) => one.fleet === fleet && pages.includes(one.code));
  const last = about.findLast(({ atMs }) => atMs <= heldMs);
  if (last && !last.isOver) return last.atMs;
  const next = about.find(({ atMs, isOver }) => !isOver && atMs > heldMs && atMs - heldMs <= TOLD_WITHIN_MS);
  return next?.atMs ?? null;
}
