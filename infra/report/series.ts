// The time axis of a report: one grid of cells for all its nodes. A cell without a point is not known, and stays so.
import { HEALTH_VALUE } from '../../shared/fleet/resource-names.ts';
import type { NodeFact, ReportFacts, Samples } from './facts.ts';

export interface Grid {
  readonly fromMs: number;
  readonly cellMs: number;
  readonly cells: number;
}

/** null: not known. */
export type Cells = readonly (number | null)[];

/** All cells of all nodes and series together: some megabytes of a file. */
const CELLS_IN_ALL = 120_000;
/** A screen has some 1,500 columns; more cells than half of them show nothing more. */
const CELLS_MOST = 720;
const CELLS_LEAST = 48;
const SERIES_OF_A_NODE = 3;

/** As fine as the points are, and as the number of nodes lets it be. */
export function gridOf({ fromMs, toMs, stepMs, nodes }: ReportFacts): Grid {
  const spanMs = Math.max(stepMs, toMs - fromMs);
  const room = Math.floor(CELLS_IN_ALL / (SERIES_OF_A_NODE * Math.max(1, nodes.length)));
  const most = Math.min(CELLS_MOST, Math.max(CELLS_LEAST, room));
  const perCell = Math.ceil(spanMs / stepMs / most);
  const cellMs = perCell * stepMs;
  // Points stand at whole steps: so do cells.
  const from = Math.floor(fromMs / stepMs) * stepMs;
  return { fromMs: from, cellMs, cells: Math.max(1, Math.ceil((toMs - from) / cellMs)) };
}

/** @returns of each cell the largest of its points: for lag, fullness and health that is the worst, and no bad minute is lost */
export function worstOf(samples: Samples, { fromMs, cellMs, cells }: Grid): Cells {
  const worst = new Array<number | null>(cells).fill(null);
  for (const [atMs, value] of samples) {
    const at = Math.floor((atMs - fromMs) / cellMs);
    if (at < 0 || at >= cells || !Number.isFinite(value)) continue;
    const before = worst[at] ?? null;
    worst[at] = before === null ? value : Math.max(before, value);
  }
  return worst;
}

/** The words of the values of the metric Health. */
const HEALTH_OF = Object.fromEntries(Object.entries(HEALTH_VALUE).map(([name, value]) => [value, name]));

/** A value that is no health, or none: unknown. */
export const healthWord = (value: number | null): string =>
  value === null ? 'unknown' : (HEALTH_OF[value] ?? 'unknown');

/** From this value on a node serves no current chain: unreachable, stuck, forked. */
const DOWN_FROM = HEALTH_VALUE.unreachable;

export interface Minutes {
  /** It did not serve a current chain: unreachable, stuck, forked or starting. */
  readonly down: number;
  /** Nobody looked, or nobody could tell. */
  readonly unknown: number;
  readonly all: number;
}

/** How long a node was not well between two moments, by the points of its health. A stretch without points is unknown, never well. */
export function minutesOf({ health }: Pick<NodeFact, 'health'>, fromMs: number, toMs: number, stepMs: number): Minutes {
  const steps = Math.max(0, Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs));
  const within = health.filter(([atMs]) => atMs >= Math.floor(fromMs / stepMs) * stepMs && atMs < toMs);
  const isDown = (value: number): boolean => value >= DOWN_FROM || value === HEALTH_VALUE.starting;
  const down = within.filter(([, value]) => isDown(value)).length;
  const vague = within.filter(([, value]) => value === HEALTH_VALUE.unknown).length;
  const minutes = (count: number): number => (count * stepMs) / 60_000;
  return {
    down: minutes(down),
    unknown: minutes(vague + Math.max(0, steps - within.length)),
    all: minutes(steps),
  };
}
