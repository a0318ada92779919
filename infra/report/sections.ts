// What stands below the time axis: each heal step by step, and the tables of refusals, pages, fleets, nodes, events and codes. Pure.
import type { CodeBook } from './codes.ts';
import type { Events } from './events.ts';
import type { FleetFact, NodeFact, ReportFacts, ReportLine } from './facts.ts';
import { type Html, html, linesHtml, nothing } from './html.ts';
import { ENDED, evidenceOf, type Incident, refusalsOf } from './incidents.ts';
import { minutesOf } from './series.ts';
import { eventWord } from './timeline.ts';
import { counted, cutText, durationText, grouped, isoText, momentText, usdText } from './words.ts';

/** Of all incidents together: a page of some megabytes at most. */
const LIMITS = {
  ...{ incidents: 300, steps: 2_500, stepsOfOne: 400, evidence: 800_000 },
  ...{ sentence: 700, rows: 500, rowSentence: 300 },
} as const;

const ENDED_WORDS: Readonly<Record<Incident['ended'], string>> = {
  healed: '✓ healed',
  planned: '✎ planned',
  refused: '⊘ refused',
  failed: '✕ failed',
  escalated: '✕ escalated',
  open: '… under way',
};

const when = (atMs: number): Html => html`<time datetime="${isoText(atMs)}">${momentText(atMs)}</time>`;
const codeLink = (code: string | undefined, book: CodeBook): Html =>
  code === undefined
    ? nothing
    : book.sentence(code) === undefined
      ? html`<code>${code}</code>`
      : html`<a href="#code-${code}"><code>${code}</code></a>`;

const costText = ({ cost: { usdAMonth, beside } }: Incident): string =>
  [
    ...(usdAMonth > 0 ? [`+${usdText(usdAMonth)} a month`] : []),
    ...beside.map((what) => `+ ${what}, whose price the journal does not tell`),
  ].join(' ') || 'nothing';

/** What needs a person comes first, then the newest. */
const inOrderOfNeed = (incidents: readonly Incident[]): readonly Incident[] =>
  incidents.toSorted((a, b) => ENDED.indexOf(a.ended) - ENDED.indexOf(b.ended) || b.fromMs - a.fromMs);

/** Which incidents are told step by step, and with how many steps. */
export interface Told {
  readonly incident: Incident;
  readonly anchor: string;
  readonly steps: readonly ReportLine[];
  readonly stepsLeftOut: number;
}

export function toldOf(incidents: readonly Incident[]): readonly Told[] {
  let room: number = LIMITS.steps;
  return inOrderOfNeed(incidents)
    .slice(0, LIMITS.incidents)
    .map((incident, at) => {
      const most = Math.min(room, LIMITS.stepsOfOne);
      // The end of a story says more than its beginning.
      const steps = most === 0 ? [] : incident.steps.slice(-most);
      room -= steps.length;
      return { incident, anchor: `i${at + 1}`, steps, stepsLeftOut: incident.steps.length - steps.length };
    });
}

export function incidentsHtml(incidents: readonly Incident[], told: readonly Told[], book: CodeBook): Html {
  if (incidents.length === 0)
    return html`<section aria-labelledby="heals-title"><h2 id="heals-title">Heals</h2><p>The journal tells of none.</p></section>`;
  const evidence = { left: LIMITS.evidence };
  return html`<section aria-labelledby="heals-title"><h2 id="heals-title">Heals, step by step</h2>
<p class="faint">What needs a person comes first. Dollars are a month in us-east-1, for what was made or grown.${
    incidents.length > told.length
      ? html` ${counted(incidents.length - told.length, 'incident')} more are not told here.`
      : nothing
  }</p>
${told.map((one) => incidentHtml(one, book, evidence))}</section>`;
}

function incidentHtml(
  { incident, anchor, steps, stepsLeftOut }: Told,
  book: CodeBook,
  evidence: { left: number },
): Html {
  const { ended, fleet, node, heal, rung, sentence, fromMs, toMs, acts, attempts, minutes, outageSeconds, incidentId } =
    incident;
  return html`<details class="inc e-${ended}" id="${anchor}"><summary><span class="end">${ENDED_WORDS[ended]}</span><span><b>${fleet}/${node}</b> ${heal}${
    rung === undefined ? nothing : html`, by <b>${rung}</b>`
  }</span><span class="num">${when(fromMs)} · ${durationText(toMs - fromMs)} · ${counted(acts.length, 'act')}</span><span class="why">${cutText(
    sentence,
    LIMITS.sentence,
  )}</span></summary><div class="body"><dl class="facts"><dt>incident</dt><dd><code>${incidentId}</code>, ${counted(attempts, 'attempt')}</dd><dt>cost</dt><dd>${costText(
    incident,
  )}</dd>${
    minutes === undefined
      ? html`<dt>served no current chain</dt><dd>not known: the report has no metrics of this node</dd>`
      : html`<dt>served no current chain</dt><dd>${grouped(minutes.down)} of ${counted(minutes.all, 'minute')}${
          minutes.unknown > 0 ? `, and of ${grouped(minutes.unknown)} nobody knows` : ''
        }</dd>`
  }${
    outageSeconds === undefined
      ? nothing
      : html`<dt>served nothing at all</dt><dd>${durationText(outageSeconds * 1_000)}, as the simulator has seen it</dd>`
  }</dl>${stepsLeftOut > 0 ? html`<p class="faint">${counted(stepsLeftOut, 'earlier step')} left out.</p>` : nothing}${
    steps.length === 0
      ? nothing
      : html`<div class="scroll" tabindex="0" role="region" aria-label="steps of ${fleet}/${node}, incident ${incidentId}, heal ${anchor.slice(1)}"><table><thead><tr><th scope="col">time</th><th scope="col" class="n">after</th><th scope="col">what</th><th scope="col">told</th></tr></thead><tbody>${steps.map(
          (line) => stepHtml(line, fromMs, book, evidence),
        )}</tbody></table></div>`
  }</div></details>
`;
}

function stepHtml(line: ReportLine, fromMs: number, book: CodeBook, evidence: { left: number }): Html {
  const { atMs, kind, sentence, act, code, by, fields } = line;
  const status =
    fields.status === undefined || fields.status === sentence
      ? nothing
      : html` <span class="faint">(${fields.status})</span>`;
  const time = html`<time datetime="${isoText(atMs)}">${momentText(atMs).slice(11)}</time>`;
  return html`<tr><td class="t">${time}</td><td class="t n">${durationText(atMs - fromMs)}</td><td class="k">${kind}${
    by === 'dispatch-heal' ? html` <span class="faint">dispatcher</span>` : nothing
  }</td><td>${cutText(sentence, LIMITS.sentence)}${status}${code === undefined ? nothing : html` ${codeLink(code, book)}`}${
    act === undefined || kind === 'outcome' ? nothing : html`<br><span class="mono">${cutText(act, 200)}</span>`
  }${evidenceHtml(line, evidence)}</td></tr>`;
}

function evidenceHtml({ evidence }: ReportLine, budget: { left: number }): Html {
  if (evidence === undefined) return nothing;
  if (budget.left < evidence.length)
    return html`<br><span class="faint">its evidence had no room here: the journal has it</span>`;
  budget.left -= evidence.length;
  const value = evidenceOf(evidence);
  const shown = value === undefined ? linesHtml(evidence) : linesHtml(JSON.stringify(value, null, 1));
  return html`<details><summary>evidence${value === undefined ? ', cut' : ''}</summary><pre>${shown}</pre></details>`;
}

export function refusalsHtml(journal: readonly ReportLine[], book: CodeBook): Html {
  const refused = refusalsOf(journal);
  return tableSection(
    'refusals',
    'Refusals',
    'What was not done, and why. One row for each guardrail, with its newest reason.',
    ['guardrail', { n: 'times' }, 'nodes', 'last', 'newest reason'],
    refused.map(
      ({ code, times, nodes, lastMs, sentence }) =>
        html`<tr><td class="k">${codeLink(code, book)}</td><td class="n">${times}</td><td>${named(nodes)}</td><td class="t">${when(lastMs)}</td><td>${cutText(sentence, LIMITS.sentence)}</td></tr>`,
    ),
    'Nothing was refused.',
  );
}

const NAMED = 8;
const named = (names: readonly string[]): string =>
  names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ` and ${names.length - NAMED} more` : '');

export function pagesHtml(journal: readonly ReportLine[], book: CodeBook): Html {
  const pages = journal.filter(({ kind }) => kind === 'page');
  return tableSection(
    'pages',
    'Pages',
    'What people were told, the newest first.',
    ['time', 'about', 'code', 'sentence'],
    pages
      .toReversed()
      .map(
        ({ atMs, fleet, node, code, sentence }) =>
          html`<tr><td class="t">${when(atMs)}</td><td>${node === '-' ? fleet : `${fleet}/${node}`}</td><td class="k">${codeLink(code, book)}</td><td>${cutText(sentence, LIMITS.sentence)}</td></tr>`,
      ),
    'Nobody was paged.',
  );
}

export function recoveryHtml(fleets: readonly FleetFact[], toMs: number): Html {
  return tableSection(
    'recovery',
    'Could it be restored now?',
    'The newest snapshot set of each fleet that has all its parts and no mark against it. Whether it fits a certain node, a heal decides.',
    ['fleet', 'newest set', 'of', { n: 'age' }, { n: 'height' }, 'rank', { n: 'usable' }, { n: 'not usable' }],
    fleets.map(({ fleet, recovery }) => {
      if (recovery.is === 'unknown')
        return html`<tr><td>${fleet}</td><td colspan="7">not known: ${recovery.why}</td></tr>`;
      const { newest, usable, unusable } = recovery;
      const counts = html`<td class="n">${usable}</td><td class="n">${unusable}</td>`;
      return newest === null
        ? html`<tr><td>${fleet}</td><td colspan="5"><b>none</b>: a node whose data are lost is built from nothing</td>${counts}</tr>`
        : html`<tr><td>${fleet}</td><td><code>${newest.setId}</code></td><td>${newest.node}</td><td class="n">${durationText(toMs - newest.takenAtMs)}</td><td class="n">${newest.height === null ? 'not told' : grouped(newest.height)}</td><td>${newest.rank}</td>${counts}</tr>`;
    }),
    'The report has no fleet.',
  );
}

/** Nothing where no drill was made. */
export function drillsHtml(fleets: readonly FleetFact[], toMs: number): Html {
  const drilled = fleets.flatMap(({ fleet, drill }) => (drill ? [{ fleet, ...drill }] : []));
  if (drilled.length === 0) return nothing;
  return tableSection(
    'drills',
    'Recoverability, as drills have proved it',
    'From the launch of a throw-away instance with the newest set until its client was at the tip, on the blocks of the fleet.',
    [
      'fleet',
      { n: 'minutes' },
      { n: 'to height' },
      { n: 'proved ago' },
      { n: '$ a drill' },
      { n: '$ this month' },
      'last drill',
    ],
    drilled.map(({ fleet, proved, last, spentUsd }) => {
      const end = html`<td class="n">${spentUsd.toFixed(2)}</td><td>${last === null ? '–' : cutText(last, LIMITS.sentence)}</td>`;
      return proved === null
        ? html`<tr><td>${fleet}</td><td colspan="4"><b>nothing is proved</b></td>${end}</tr>`
        : html`<tr><td>${fleet}</td><td class="n">${Math.max(1, Math.round(proved.minutes))}</td><td class="n">${grouped(proved.height)}</td><td class="n">${durationText(toMs - proved.atMs)}</td><td class="n">${proved.usd.toFixed(2)}</td>${end}</tr>`;
    }),
    'No drill was made.',
  );
}

/** Nothing where no fleet file names a feed. */
export function releasesHtml(fleets: readonly FleetFact[]): Html {
  const watched = fleets.flatMap(({ fleet, releases }) => (releases ? [{ fleet, ...releases }] : []));
  if (watched.length === 0) return nothing;
  const known = (value: string | number | null): string => (value === null ? 'not known' : String(value));
  return tableSection(
    'releases',
    'Releases',
    'The newest release of each client by its feed, and by when a version has to run, as the last daily look found them.',
    ['fleet', 'newest', 'newest consensus client', { n: 'nodes behind' }, 'has to run', { n: 'hours left' }],
    watched.map(
      ({ fleet, newest, behind, upgradeBy, hoursLeft }) =>
        html`<tr><td>${fleet}</td><td>${known(newest.client)}</td><td>${newest.consensus ?? '–'}</td><td class="n">${known(behind)}</td><td>${upgradeBy ?? '–'}</td><td class="n">${hoursLeft === null ? '–' : grouped(hoursLeft)}</td></tr>`,
    ),
    'No fleet names a feed.',
  );
}

export function nodesHtml({ nodes, fromMs, toMs, stepMs, fleets }: ReportFacts): Html {
  const tips = new Map(fleets.map(({ fleet, tip }) => [fleet, tip]));
  const heightOf = ({ fleet, lag }: NodeFact): string => {
    const [atMs, blocks] = lag.at(-1) ?? [];
    const tip = (tips.get(fleet) ?? []).findLast(([at]) => at === atMs)?.[1];
    return blocks === undefined || tip === undefined ? 'not known' : grouped(tip - blocks);
  };
  const rows = nodes.slice(0, LIMITS.rows).map((node) => {
    const { down, unknown, all } = minutesOf(node, fromMs, toMs, stepMs);
    const well = all - down - unknown;
    const [first, last] = [node.disk.at(0)?.[1], node.disk.at(-1)?.[1]];
    const disk =
      first === undefined || last === undefined ? 'not known' : `${Math.round(first)} → ${Math.round(last)} %`;
    const lagMost =
      node.lag.length === 0 ? 'not known' : grouped(node.lag.reduce((most, [, blocks]) => Math.max(most, blocks), 0));
    return html`<tr><td>${node.fleet}/${node.node}</td><td class="n">${grouped(well)}</td><td class="n">${grouped(down)}</td><td class="n">${grouped(unknown)}</td><td class="n">${lagMost}</td><td class="n">${heightOf(node)}</td><td class="n">${disk}</td></tr>`;
  });
  return tableSection(
    'nodes',
    'Nodes, in numbers',
    'Minutes by what the watch saw. Down: unreachable, stuck, forked or starting. A minute without an observation is not known, and never well.',
    [
      'node',
      { n: 'minutes well' },
      { n: 'down' },
      { n: 'not known' },
      { n: 'most behind' },
      { n: 'last height' },
      { n: 'disk' },
    ],
    rows,
    'No node is known.',
  );
}

export function eventsTableHtml({ shown }: Events, book: CodeBook): Html {
  const rows = shown.map(
    ({ atMs, kind, about, text, code }, at) =>
      html`<tr id="e${at}" tabindex="-1"><td class="t">${when(atMs)}</td><td>${about}</td><td class="k">${eventWord(kind)}</td><td>${cutText(text, LIMITS.rowSentence)} ${codeLink(code, book)}</td></tr>`,
  );
  return html`<section aria-labelledby="events-title"><h2 id="events-title">Every event, as a table</h2><details><summary>${counted(shown.length, 'event')}</summary>${table(
    'In the order of time.',
    ['time', 'about', 'what', 'told'],
    rows,
    'events',
  )}</details></section>`;
}

export function codesHtml(codes: readonly string[], book: CodeBook): Html {
  if (codes.length === 0) return nothing;
  return html`<section aria-labelledby="codes-title"><h2 id="codes-title">Codes and runbooks</h2><dl class="codes">${codes.map(
    (code) => {
      const runbook = book.runbook(code);
      const quoted =
        runbook === undefined
          ? nothing
          : html`<details><summary>runbook ${runbook.path}</summary><pre>${linesHtml(runbook.text)}</pre></details>`;
      return html`<dt id="code-${code}" tabindex="-1"><code>${code}</code></dt><dd>${book.sentence(code) ?? ''}${quoted}</dd>`;
    },
  )}</dl></section>`;
}

type Head = string | { readonly n: string };

function tableSection(
  id: string,
  title: string,
  caption: string,
  heads: readonly Head[],
  rows: readonly Html[],
  none: string,
): Html {
  const cut = rows.length - LIMITS.rows;
  return html`<section aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${
    rows.length === 0 ? html`<p>${none}</p>` : table(caption, heads, rows.slice(0, LIMITS.rows), id)
  }${cut > 0 ? html`<p class="faint">${counted(cut, 'more row')} left out.</p>` : nothing}</section>`;
}

const table = (caption: string, heads: readonly Head[], rows: readonly Html[], id: string): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="table of ${id}"><table><caption>${caption}</caption><thead><tr>${heads.map(
    (head) =>
      typeof head === 'string' ? html`<th scope="col">${head}</th>` : html`<th scope="col" class="n">${head.n}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;
