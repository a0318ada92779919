// The time axis of the page: a lane for each node, and on it what happened. Pure.

import type { EventKind, Events, ReportEvent } from './events.ts';
import type { ReportFacts } from './facts.ts';
import { type Html, html, nothing } from './html.ts';
import type { Incident } from './incidents.ts';
import { drawingOf, healthLegend, LANE_HEIGHT, type Lane, lastWords, readingsOf, stripNames } from './lanes.ts';
import { type Grid, worstOf } from './series.ts';
import { counted, cutText, momentText } from './words.ts';

/** A small fleet is shown whole; of a large one only nodes with events stand open. */
const LANES_OPEN = 60;
const LABEL_MOST = 160;
const SUITE = 'chainmend itself';

/** A mark's shape around its moment: x 0, y 10. */
const GLYPHS: Readonly<Record<EventKind, Html>> = {
  alarm: html`<path class="glyph solid" d="M0,4.5L5,14.5H-5Z"/>`,
  ok: html`<path class="glyph" d="M0,15L5,6H-5Z"/>`,
  incident: html`<path class="glyph solid" d="M0,4L5.5,10L0,16L-5.5,10Z"/>`,
  act: html`<path class="glyph" d="M0,3V17"/>`,
  refusal: html`<path class="glyph" d="M0,5A5,5,0,1,1,-0.01,5ZM-3.5,10H3.5"/>`,
  page: html`<path class="glyph" d="M-5.5,6H5.5V14H-5.5ZM-5.5,6L0,10.5L5.5,6"/>`,
  proof: html`<path class="glyph" d="M0,4.5A5.5,5.5,0,1,1,-0.01,4.5ZM-2.6,10.2L-0.7,12.2L2.8,7.8"/>`,
  broken: html`<path class="glyph" d="M-5,5L5,15M5,5L-5,15"/>`,
};

const WORDS: Readonly<Record<EventKind, string>> = {
  alarm: 'alarm',
  ok: 'alarm is over',
  incident: 'incident begins',
  act: 'act',
  refusal: 'refused',
  page: 'page to people',
  proof: 'proved',
  broken: 'promise broken',
};

export const eventWord = (kind: EventKind): string => WORDS[kind];

export interface Timeline {
  readonly grid: Grid;
  readonly lanes: readonly Lane[];
  readonly events: Events;
  readonly incidents: readonly Incident[];
  /** The id in the page of an incident, by its key; undefined where it is not told step by step. */
  readonly anchorOf: (key: string) => string | undefined;
}

export function timelineHtml(facts: ReportFacts, timeline: Timeline): Html {
  const { grid, lanes, events } = timeline;
  const byLane = Map.groupBy(
    events.shown.map((event, at) => ({ event, at })),
    ({ event }) => event.about,
  );
  const known = new Set(lanes.map(({ about }) => about));
  // What is about a node that has no lane stands on its fleet's, and what is about no fleet on a lane of the suite.
  const strays = [...byLane].filter(([about]) => !known.has(about));
  const eventsOn = ({ about, fleet, drawn }: Lane): readonly Placed[] =>
    [
      ...(byLane.get(about) ?? []),
      ...(drawn === undefined
        ? strays.filter(([other]) => other.startsWith(`${fleet}/`)).flatMap(([, some]) => some)
        : []),
    ].sort((a, b) => a.at - b.at);
  const fleets = new Set(lanes.map(({ fleet }) => fleet));
  const ofSuite = strays.filter(([about]) => !fleets.has(about.split('/')[0] ?? '')).flatMap(([, some]) => some);
  const isLarge = lanes.length > LANES_OPEN;
  let open = 0;
  const rows: Html[] = [];
  const quiet: Html[] = [];
  for (const [at, lane] of lanes.entries()) {
    const own = eventsOn(lane);
    // A fleet without an event of its own has its nodes' lanes.
    if (lane.drawn === undefined && own.length === 0 && lanes.some(({ fleet, drawn }) => drawn && fleet === lane.fleet))
      continue;
    const row = laneHtml(lane, own, at, timeline);
    if (isLarge && (own.length === 0 || open >= LANES_OPEN)) quiet.push(row);
    else {
      rows.push(row);
      open++;
    }
  }
  const suite: Lane = { about: SUITE, fleet: '', name: SUITE, drawn: undefined };
  const suiteRow = ofSuite.length > 0 ? laneHtml(suite, ofSuite, lanes.length, timeline) : nothing;
  return html`<section aria-labelledby="time-title">
<h2 id="time-title">What happened, by the minute</h2>
<p class="faint">Each lane has three strips: health (taller is worse), blocks behind the tip (hanging from it, on a logarithmic scale), and the fullest
disk (0 to 100 %). A dotted line is not known. Marks lead to what they mean.${
    grid.cellMs > facts.stepMs
      ? html` One cell is ${counted(grid.cellMs / 60_000, 'minute')}; it shows the worst of them.`
      : nothing
  }${events.leftOut > 0 ? html` ${counted(events.leftOut, 'event')} had no room here, acts first: the incidents below tell them.` : nothing}</p>
<div id="chart">
<div class="tools" data-scripted hidden><button type="button" id="nearer">Zoom in</button><button type="button" id="farther">Zoom out</button><button type="button" id="earlier">Earlier</button><button type="button" id="later">Later</button><button type="button" id="whole">Whole time</button><label for="filter">Lanes</label><input id="filter" type="search" placeholder="fleet or node" autocomplete="off" spellcheck="false"><span class="faint">Drag to zoom. Keys: <kbd>←</kbd> <kbd>→</kbd> events, <kbd>↑</kbd> <kbd>↓</kbd> lanes, <kbd>Enter</kbd> details, <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom, <kbd>[</kbd> <kbd>]</kbd> move</span></div>
<ul class="legend">${(Object.keys(WORDS) as EventKind[])
    .filter((kind) => events.shown.some((event) => event.kind === kind))
    .map(
      (kind) =>
        html`<li><svg class="k-${kind}" viewBox="-7 0 20 20" aria-hidden="true">${GLYPHS[kind]}</svg>${WORDS[kind]}</li>`,
    )}</ul>
<ul class="legend">${healthLegend()}</ul>
<div class="axis-row"><div class="row"><div class="faint">UTC</div><div></div><div><svg id="axis" class="axis" aria-hidden="true" focusable="false"></svg><div class="ends" data-plain><span>${momentText(
    grid.fromMs,
  )}</span><span>${momentText(grid.fromMs + grid.cells * grid.cellMs)}</span></div></div></div><div id="readout" class="readout" role="status" data-scripted hidden>Point at a lane, or go along its events.</div></div>
${rows}${suiteRow}${
  quiet.length > 0
    ? html`<details class="quiet"><summary>${counted(quiet.length, 'more lane')}: without an event, or beyond the first ${LANES_OPEN}</summary>${quiet}</details>`
    : nothing
}
</div>
</section>`;
}

interface Placed {
  readonly event: ReportEvent;
  readonly at: number;
}

const share = (atMs: number, { fromMs, cells, cellMs }: Grid): string =>
  ((Math.max(0, Math.min(cells * cellMs, atMs - fromMs)) / (cells * cellMs)) * 100).toFixed(3);

function laneHtml(lane: Lane, events: readonly Placed[], at: number, { grid, incidents, anchorOf }: Timeline): Html {
  const { about, name, drawn } = lane;
  const bars = incidents.filter(
    (incident) => `${incident.fleet}/${incident.node}` === about && incident.toMs > incident.fromMs,
  );
  const marks = html`${bars.map(
    ({ fromMs, toMs, ended }) =>
      html`<rect class="bar b-${ended}" data-t="${fromMs - grid.fromMs}" data-u="${toMs - grid.fromMs}" x="${share(fromMs, grid)}%" width="${(Number(share(toMs, grid)) - Number(share(fromMs, grid))).toFixed(3)}%" y="8" height="4" rx="1"/>`,
  )}${events.map(({ event, at: number }) => {
    const { atMs, kind, text, incident } = event;
    const label = `${momentText(atMs)} ${event.about === '' ? SUITE : event.about}, ${WORDS[kind]}: ${cutText(text, LABEL_MOST)}`;
    const href = (incident === undefined ? undefined : anchorOf(incident)) ?? `e${number}`;
    return html`<a class="ev k-${kind}" href="#${href}" data-t="${atMs - grid.fromMs}" data-n="${number}" aria-label="${label}"><svg x="${share(atMs, grid)}%" overflow="visible"><circle class="hit" cx="0" cy="10" r="9"/>${GLYPHS[kind]}</svg></a>`;
  })}`;
  const group = events.length > 0 ? html` role="group" aria-label="events of ${about}"` : html` aria-hidden="true"`;
  return html`<div class="lane${drawn === undefined ? ' fleet' : ''}" data-lane="${at}" data-about="${about}"><div class="row"><div class="who"><b>${
    drawn === undefined ? name : about
  }</b>${drawn === undefined ? html`<span>${about === SUITE ? 'its own alarms' : 'the fleet as a whole'}</span>` : lastWords(drawn)}</div>${drawn === undefined ? html`<div></div>` : stripNames(drawn)}<div class="time"><svg class="marks"${group}>${marks}</svg>${
    drawn === undefined ? nothing : drawingOf(drawn, grid.cells)
  }</div></div></div>
`;
}

/** What the script needs to say how a node was at a moment. Lanes without strips have none. */
export function readingsJson(facts: ReportFacts, { grid, lanes }: Timeline, health: Readonly<Record<string, number>>) {
  const fleets = facts.fleets.map(({ fleet }) => fleet);
  return {
    ...grid,
    laneHeight: LANE_HEIGHT,
    health: Object.fromEntries(Object.entries(health).map(([word, value]) => [String(value), word])),
    tips: facts.fleets.map(({ tip }) => worstOf(tip, grid)),
    lanes: lanes.map(({ drawn, fleet }) =>
      drawn === undefined ? null : { ...readingsOf(drawn), f: fleets.indexOf(fleet) },
    ),
  };
}
