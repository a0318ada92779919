// A report as one HTML file: nothing in it is loaded from elsewhere, and no text of a node, a tag or the journal is more than text. Pure but for
// `pageAssets`, which reads the style and the script of this folder.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEALTH_VALUE } from '../../shared/fleet/resource-names.ts';
import type { CodeBook } from './codes.ts';
import { eventsOf } from './events.ts';
import { boundFacts, type ReportFacts } from './facts.ts';
import { type Html, html, jsonHtml, nothing, verbatim } from './html.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { lanesOf } from './lanes.ts';
import {
  codesHtml,
  drillsHtml,
  eventsTableHtml,
  incidentsHtml,
  nodesHtml,
  pagesHtml,
  recoveryHtml,
  refusalsHtml,
  releasesHtml,
  toldOf,
} from './sections.ts';
import { gridOf, minutesOf } from './series.ts';
import { readingsJson, type Timeline, timelineHtml } from './timeline.ts';
import { counted, durationText, grouped, momentText, usdText } from './words.ts';

export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

export const pageAssets = (): PageAssets => ({
  style: readFileSync(join(import.meta.dirname, 'page.css'), 'utf8'),
  script: readFileSync(join(import.meta.dirname, 'page.js'), 'utf8'),
});

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** @returns the whole file. The same facts give the same bytes. */
export function reportPage(given: ReportFacts, book: CodeBook, { style, script }: PageAssets): string {
  const facts = boundFacts(given);
  const incidents = incidentsOf(facts);
  const events = eventsOf(facts, incidents);
  const grid = gridOf(facts);
  const told = toldOf(incidents);
  const anchors = new Map(told.map(({ incident, anchor }) => [incident.key, anchor]));
  const timeline: Timeline = {
    ...{ grid, events, incidents },
    lanes: lanesOf(facts, grid),
    anchorOf: (key) => anchors.get(key),
  };
  const codes = [...new Set(facts.journal.flatMap(({ code }) => code ?? []))].filter(
    (code) => book.sentence(code) !== undefined,
  );
  // The policy has to come before what it is about. Only our own style and script run; nothing is loaded, and nothing is sent anywhere.
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${facts.title} · chainmend report</title>
<style>${verbatim(style)}</style>
</head>
<body>
<a class="skip" href="#heals-title">To the heals</a>
<header>
<p class="over">chainmend report · ${momentText(facts.fromMs)} to ${momentText(facts.toMs)} UTC, ${durationText(facts.toMs - facts.fromMs)}</p>
<h1>${facts.title}</h1>
${facts.sentence === '' ? nothing : html`<p>${facts.sentence}</p>`}
<nav aria-label="parts of the report"><a href="#time-title">Time</a><a href="#heals-title">Heals</a><a href="#refusals-title">Refusals</a><a href="#pages-title">Pages</a><a href="#recovery-title">Restorable?</a><a href="#nodes-title">Nodes</a><a href="#events-title">Events</a></nav>
</header>
<main>
${summaryHtml(facts, incidents)}
${timelineHtml(facts, timeline)}
${incidentsHtml(incidents, told, book)}
${refusalsHtml(facts.journal, book)}
${pagesHtml(facts.journal, book)}
${recoveryHtml(facts.fleets, facts.toMs)}
${drillsHtml(facts.fleets, facts.toMs)}
${releasesHtml(facts.fleets)}
${nodesHtml(facts)}
${eventsTableHtml(events, book)}
${codesHtml(codes, book)}
${facts.notes.length === 0 ? nothing : html`<section aria-labelledby="notes-title"><h2 id="notes-title">What is not in here</h2><ul>${facts.notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
</main>
<footer><p>Made by <code>${facts.command}</code>. Nothing in this file is loaded from elsewhere.</p></footer>
<script type="application/json" id="readings">${jsonHtml(readingsJson(facts, timeline, HEALTH_VALUE))}</script>
<script>${verbatim(script)}</script>
</body>
</html>
`.text;
}

function summaryHtml(facts: ReportFacts, incidents: readonly Incident[]): Html {
  const { nodes, journal, broken, fromMs, toMs, stepMs } = facts;
  const ended = (...of: readonly Incident['ended'][]): number =>
    incidents.filter((one) => of.includes(one.ended)).length;
  const minutes = nodes.map((node) => minutesOf(node, fromMs, toMs, stepMs));
  const sum = (of: 'down' | 'unknown'): number => minutes.reduce((all, one) => all + one[of], 0);
  const usd = incidents.reduce((all, { cost }) => all + cost.usdAMonth, 0);
  const isMore = incidents.some(({ cost }) => cost.beside.length > 0);
  const pages = journal.filter(({ kind }) => kind === 'page').length;
  const refused = journal.filter(({ kind }) => kind === 'refusal').length;
  const needs = ended('escalated', 'failed');
  const verdict =
    incidents.length === 0
      ? 'No heal was begun.'
      : `${counted(incidents.length, 'incident')}: ${[
          [ended('healed'), 'healed'],
          [ended('planned'), 'planned'],
          [ended('refused'), 'refused'],
          [ended('open'), 'under way'],
          [needs, needs === 1 ? 'needs a person' : 'need a person'],
        ]
          .filter(([count]) => count !== 0)
          .map(([count, word]) => `${count} ${word}`)
          .join(', ')}.`;
  const measured = incidents.reduce<number | undefined>(
    (all, { outageSeconds }) => (outageSeconds === undefined ? all : (all ?? 0) + outageSeconds),
    undefined,
  );
  const tile = (name: string, value: string, small = ''): Html =>
    html`<div><dt>${name}</dt><dd>${value}${small === '' ? nothing : html`<small>${small}</small>`}</dd></div>`;
  const down = sum('down');
  const unknown = sum('unknown');
  const served =
    nodes.length === 0
      ? ' How the nodes were is not known: there are no metrics of them.'
      : ` ${down === 0 ? 'Every node that was seen served a current chain' : `Nodes served no current chain for ${counted(down, 'node-minute')} of ${grouped(minutes.reduce((all, one) => all + one.all, 0))}`}${unknown === 0 ? '.' : `; ${counted(unknown, 'node-minute')} nobody knows of.`}`;
  return html`<p class="verdict">${verdict}${served}</p>
${
  broken.length === 0
    ? nothing
    : html`<div class="broken"><b>${counted(broken.length, 'promise')} broken</b><ul>${broken.map(({ atMs, what, sentence }) => html`<li>${momentText(atMs)} <code>${what}</code> ${sentence}</li>`)}</ul></div>`
}
<dl class="tiles">${tile('healed', String(ended('healed')), `of ${counted(incidents.length, 'incident')}`)}${tile(
    'refused',
    grouped(refused),
    'each with its reason',
  )}${tile('pages', grouped(pages), 'to people')}${tile(
    'node-minutes down',
    nodes.length === 0 ? 'not known' : grouped(sum('down')),
    measured === undefined
      ? 'as the watch saw it'
      : `during heals nothing was served for ${durationText(measured * 1_000)}, measured`,
  )}${tile('node-minutes not known', nodes.length === 0 ? 'all' : grouped(sum('unknown')), 'nobody looked, or could tell')}${tile(
    'cost',
    `+${usdText(usd)}`,
    `a month, for what was made or grown${isMore ? ', and more whose price is not told' : ''}`,
  )}${tile('nodes', grouped(nodes.length), counted(facts.fleets.length, 'fleet'))}</dl>`;
}
