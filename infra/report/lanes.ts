// The lanes of the time axis: for each node its health, its distance to the tip and its disk, drawn as SVG in units of cells. Pure.
import { area, line } from 'd3-shape';
import { HEALTH_VALUE } from '../../shared/fleet/resource-names.ts';
import type { NodeFact, ReportFacts } from './facts.ts';
import { type Html, html, nothing } from './html.ts';
import { type Cells, type Grid, healthWord, worstOf } from './series.ts';
import { grouped } from './words.ts';

export interface Lane {
  /** "bitcoin/node2", or "bitcoin" for what is about the whole fleet. */
  readonly about: string;
  readonly fleet: string;
  readonly name: string;
  /** undefined: the lane of a fleet, which has events only. */
  readonly drawn: DrawnNode | undefined;
}

export interface DrawnNode {
  readonly health: Cells;
  readonly lag: Cells;
  readonly disk: Cells;
}

function laneOf(node: NodeFact, grid: Grid): Lane {
  return {
    about: `${node.fleet}/${node.node}`,
    fleet: node.fleet,
    name: node.node,
    drawn: {
      health: worstOf(node.health, grid),
      lag: worstOf(node.lag, grid),
      disk: worstOf(node.disk, grid),
    },
  };
}

/** Every fleet first as a whole, then its nodes by their names: node10 comes after node9. */
export function lanesOf({ fleets, nodes }: ReportFacts, grid: Grid): readonly Lane[] {
  const byName = new Intl.Collator('en', { numeric: true });
  const names = [...new Set([...fleets.map(({ fleet }) => fleet), ...nodes.map(({ fleet }) => fleet)])];
  return names.toSorted(byName.compare).flatMap((fleet): readonly Lane[] => [
    { about: fleet, fleet, name: fleet, drawn: undefined },
    ...nodes
      .filter((node) => node.fleet === fleet)
      .toSorted((a, b) => byName.compare(a.node, b.node))
      .map((node) => laneOf(node, grid)),
  ]);
}

/** Heights in the picture: three strips, one below the other. */
const HEALTH = { top: 0, height: 10 } as const;
const LAG = { top: 14, height: 22 } as const;
const DISK = { top: 40, height: 20 } as const;
export const LANE_HEIGHT = DISK.top + DISK.height;

/** Worse is taller, so that nobody has to tell colours apart. */
const TALL: Readonly<Record<string, number>> = {
  synced: 3,
  behind: 5,
  starting: 7,
  busy: 5,
  unreachable: HEALTH.height,
  stuck: HEALTH.height,
  forked: HEALTH.height,
};

/** A lag of some blocks is seen beside one of thousands; where nothing is far behind, ten blocks fill the strip. */
const LAG_LEAST = 10;

const lagMostOf = ({ lag }: DrawnNode): number => Math.max(LAG_LEAST, ...lag.map((blocks) => blocks ?? 0));

/** The names of the three strips, at their heights, with what fills them. */
export const stripNames = (drawn: DrawnNode): Html =>
  html`<div class="names" aria-hidden="true"><span>health</span><span>0 to ${grouped(lagMostOf(drawn))} behind</span><span>disk</span></div>`;

export function drawingOf(drawn: DrawnNode, cells: number): Html {
  const { health, lag, disk } = drawn;
  const lagMost = lagMostOf(drawn);
  const hang = (blocks: number): number => (Math.log1p(Math.max(0, blocks)) / Math.log1p(lagMost)) * LAG.height;
  const rise = (percent: number): number => (Math.min(100, Math.max(0, percent)) / 100) * DISK.height;
  const bottom = DISK.top + DISK.height;
  return html`<svg class="plot" viewBox="0 0 ${cells} ${LANE_HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false"><path class="rule" d="M0,${LAG.top}H${cells}M0,${bottom}H${cells}"/>${bandsOf(health)}<path class="lag" d="${pathOf(lag, LAG.top, (blocks) => LAG.top + hang(blocks))}"/><path class="lag-line" d="${edgeOf(lag, (blocks) => LAG.top + hang(blocks))}"/><path class="disk" d="${pathOf(disk, bottom, (percent) => bottom - rise(percent))}"/><path class="disk-line" d="${edgeOf(disk, (percent) => bottom - rise(percent))}"/><path class="unknown" d="${[
    gapsOf(
      health.map((value) => (healthWord(value) === 'unknown' ? null : value)),
      HEALTH.top + HEALTH.height / 2,
    ),
    gapsOf(lag, LAG.top + LAG.height / 2),
    gapsOf(disk, DISK.top + DISK.height / 2),
  ].join('')}"/></svg>`;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly value: number | null;
}

/** Neighbouring cells of one value are one stretch: a quiet week is one. */
function stretchesOf(cells: Cells): readonly Stretch[] {
  const found: { from: number; to: number; value: number | null }[] = [];
  for (const [at, value] of cells.entries()) {
    const last = found.at(-1);
    if (last && last.value === value) last.to = at + 1;
    else found.push({ from: at, to: at + 1, value });
  }
  return found;
}

function bandsOf(health: Cells): readonly Html[] {
  const bottom = HEALTH.top + HEALTH.height;
  return Object.keys(HEALTH_VALUE).flatMap((word) => {
    const tall = TALL[word];
    if (tall === undefined) return [];
    const d = stretchesOf(health)
      .filter(({ value }) => healthWord(value) === word)
      .map(({ from, to }) => `M${from},${bottom}V${bottom - tall}H${to}V${bottom}Z`)
      .join('');
    return d === '' ? [] : [html`<path class="h h-${word}" d="${d}"/>`];
  });
}

type Point = readonly [x: number, value: number | null];

/** Steps: a value holds for its whole cell. */
const stepsOf = (cells: Cells): readonly Point[] =>
  stretchesOf(cells).flatMap(({ from, to, value }): readonly Point[] => [
    [from, value],
    [to, value],
  ]);

const DIGITS = 1;

function pathOf(cells: Cells, baseline: number, y: (value: number) => number): string {
  const shape = area<Point>()
    .digits(DIGITS)
    .defined(([, value]) => value !== null)
    .x(([x]) => x)
    .y0(baseline)
    .y1(([, value]) => y(value ?? 0));
  return shape([...stepsOf(cells)]) ?? '';
}

function edgeOf(cells: Cells, y: (value: number) => number): string {
  const shape = line<Point>()
    .digits(DIGITS)
    .defined(([, value]) => value !== null)
    .x(([x]) => x)
    .y(([, value]) => y(value ?? 0));
  return shape([...stepsOf(cells)]) ?? '';
}

/** A broken line where nothing is known. */
const gapsOf = (cells: Cells, y: number): string =>
  stretchesOf(cells)
    .filter(({ value }) => value === null)
    .map(({ from, to }) => `M${from},${y}H${to}`)
    .join('');

/** What the page's script reads to say what a node was like at a moment: one digit of health, blocks, per cent; null is not known. */
export const readingsOf = ({ health, lag, disk }: DrawnNode) => ({
  h: health.map((value) => (value === null ? '-' : String(Math.trunc(value)).slice(-1))).join(''),
  l: lag,
  d: disk.map((percent) => (percent === null ? null : Math.round(percent * 10) / 10)),
});

/** Each health in its colour and height, as in the lanes. */
export const healthLegend = (): readonly Html[] =>
  Object.keys(HEALTH_VALUE).map((word) => {
    const tall = TALL[word];
    const drawn =
      tall === undefined
        ? html`<path class="unknown" d="M-7,10H13"/>`
        : html`<path class="h-${word}" d="M-7,${15}V${15 - tall}H13V15Z"/>`;
    return html`<li><svg viewBox="-7 0 20 20" aria-hidden="true">${drawn}</svg>${word}</li>`;
  });

/** The last known state, as words for the head of a lane. */
export function lastWords({ health, lag, disk }: DrawnNode): Html {
  const word = healthWord(health.at(-1) ?? null);
  const blocks = lag.at(-1) ?? null;
  const percent = disk.at(-1) ?? null;
  return html`<span class="word w-${word}">${word}</span>${blocks === null ? nothing : html` <span>${grouped(blocks)} behind</span>`}${
    percent === null ? nothing : html` <span>disk ${Math.round(percent)} %</span>`
  }`;
}
