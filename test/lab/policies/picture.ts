// The picture of a comparison: for each policy the nodes that were down, and below them its acts, by the time of the storms. Pure.
import type { Total } from './table.ts';

const WIDTH = 960;
const LEFT = 150;
const RIGHT = 165;
const ROW = 92;
const DOWN = 50;
const ACTS = 20;
const TOP = 56;
const BOTTOM = 40;
/** Bars are at least so wide: a storm of eight hours has 480 minutes. */
const BARS = 120;

/** @param what was played: "30 storms of 8 h, generator a" */
export function pictureOf(all: readonly Total[], what: string): string {
  const plot = WIDTH - LEFT - RIGHT;
  const minutes = Math.max(1, ...all.map((total) => total.minutes.length));
  const perBar = Math.ceil(minutes / BARS);
  const rows = all.map(({ minutes: own }) => binned(own, perBar));
  const bars = Math.max(1, ...rows.map(({ length }) => length));
  const width = plot / bars;
  const mostDown = Math.max(1e-9, ...rows.flat().map(({ down }) => down));
  const mostActs = Math.max(1, ...rows.flat().map(({ acts }) => acts));
  const height = TOP + all.length * ROW + BOTTOM;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">Outages and acts by policy</title>`,
    `<desc id="d">${escaped(described(all, what))}</desc>`,
    STYLE,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text x="16" y="24" class="head">Outages and acts by policy: ${escaped(what)}</text>`,
    ...KEY,
    ...all.flatMap((total, at) => row(total, rows[at] ?? [], { y: TOP + at * ROW, width, mostDown, mostActs })),
    ...hours(minutes, plot, TOP + all.length * ROW),
    '</svg>',
  ].join('\n')}\n`;
}

const STYLE = `<style>
.paper{fill:#fff}text{font:12px system-ui,sans-serif;fill:#24292f}.head{font-size:15px;font-weight:600}.name{font-weight:600}.small{font-size:11px;fill:#57606a}
.down{fill:#b35900}.act{fill:#3b6ea8}.wrong{fill:#cf222e}.line{stroke:#d0d7de;stroke-width:1}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}text{fill:#e6edf3}.small{fill:#9198a1}.down{fill:#d98c3f}.act{fill:#6ca4e0}.wrong{fill:#ff7b72}.line{stroke:#3d444d}}
</style>`;

const KEY: readonly string[] = [
  ['down', 'nodes down', 560],
  ['act', 'acts', 660],
  ['wrong', 'wrongful acts', 720],
].flatMap(([name, words, x]) => [
  `<rect class="${name}" x="${x}" y="15" width="10" height="10"/>`,
  `<text x="${Number(x) + 15}" y="24" class="small">${words}</text>`,
]);

interface Bar {
  /** Nodes that were down, on average. */
  readonly down: number;
  readonly acts: number;
  readonly wrongful: number;
}

function binned(minutes: Total['minutes'], perBar: number): readonly Bar[] {
  return Array.from({ length: Math.ceil(minutes.length / perBar) }, (_, at) => {
    const part = minutes.slice(at * perBar, (at + 1) * perBar);
    const sum = (of: (bar: Bar) => number): number => part.reduce((all, one) => all + of(one), 0);
    return {
      down: sum(({ down }) => down) / part.length,
      acts: sum(({ acts }) => acts),
      wrongful: sum(({ wrongful }) => wrongful),
    };
  });
}

interface Scale {
  readonly y: number;
  readonly width: number;
  readonly mostDown: number;
  readonly mostActs: number;
}

function row(total: Total, bars: readonly Bar[], { y, width, mostDown, mostActs }: Scale): readonly string[] {
  const ground = y + DOWN;
  const shape = (name: string, heightOf: (bar: Bar) => number, up: boolean): string => {
    const path = bars.flatMap((bar, at) => {
      const height = heightOf(bar);
      if (height <= 0) return [];
      const x = LEFT + at * width;
      return [
        `M${short(x)} ${ground}v${short(up ? -height : height)}h${short(width)}v${short(up ? height : -height)}z`,
      ];
    });
    return path.length === 0 ? '' : `<path class="${name}" d="${path.join('')}"/>`;
  };
  const { nodeHoursLost, acts, wrongfulActs } = total;
  return [
    `<text x="16" y="${ground - 18}" class="name">${escaped(total.policy)}</text>`,
    shape('down', ({ down }) => (down / mostDown) * DOWN, true),
    shape('act', (bar) => heightOfActs(bar.acts, mostActs), false),
    shape(
      'wrong',
      (bar) => heightOfActs(bar.acts, mostActs) * Math.min(1, bar.wrongful / Math.max(1, bar.acts)),
      false,
    ),
    `<path class="line" d="M${LEFT} ${ground}H${WIDTH - RIGHT}"/>`,
    `<text x="${WIDTH - RIGHT + 12}" y="${ground - 18}" class="small">${nodeHoursLost.toFixed(1)} node-hours</text>`,
    `<text x="${WIDTH - RIGHT + 12}" y="${ground - 3}" class="small">${acts} acts, ${wrongfulActs} wrongful</text>`,
  ].filter((line) => line !== '');
}

/** By the root: one act is to be seen beside a hundred. */
const heightOfActs = (acts: number, most: number): number => Math.sqrt(acts / most) * ACTS;

function hours(minutes: number, plot: number, y: number): readonly string[] {
  const count = Math.max(1, Math.round(minutes / 60));
  return Array.from({ length: count + 1 }, (_, at) => {
    const x = LEFT + (at / count) * plot;
    return `<text x="${short(x)}" y="${y + 14}" class="small" text-anchor="middle">${at} h</text>`;
  });
}

const described = (all: readonly Total[], what: string): string =>
  `${what}. ${all.map(({ policy, nodeHoursLost, wrongfulActs }) => `${policy}: ${nodeHoursLost.toFixed(1)} node-hours lost, ${wrongfulActs} wrongful acts.`).join(' ')}`;

const short = (number: number): string => String(Math.round(number * 10) / 10);

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
