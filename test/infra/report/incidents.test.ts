import { describe, expect, it } from '@jest/globals';
import { EVENTS_MOST, eventsOf } from '../../../infra/report/events.ts';
import { boundFacts, FACT_LIMITS, type ReportLine } from '../../../infra/report/facts.ts';
import { incidentsOf, refusalsOf } from '../../../infra/report/incidents.ts';
import { toldOf } from '../../../infra/report/sections.ts';
import { gridOf, minutesOf, worstOf } from '../../../infra/report/series.ts';
import {
  everyMinute,
  MINUTE_MS,
  REPORT_FROM_MS,
  reportedLine,
  reportedNode,
  reportFacts,
} from '../../fixtures/builders/report.ts';

const begun = reportedLine(10, { by: 'dispatch-heal', sentence: 'attempt 1' });
const incidentOf = (...journal: readonly ReportLine[]) => incidentsOf(reportFacts({ journal }))[0];

describe('an incident of the journal', () => {
  it.each<[string, readonly ReportLine[], string]>([
    ['is healed by its outcome', [reportedLine(20, { kind: 'outcome', act: 'healed' })], 'healed'],
    ['is escalated by its outcome', [reportedLine(20, { kind: 'outcome', act: 'escalated' })], 'escalated'],
    ['has failed by its outcome', [reportedLine(20, { kind: 'outcome', act: 'failed' })], 'failed'],
    ['is refused by its refusal', [reportedLine(20, { kind: 'refusal', act: 'refused', code: 'paused' })], 'refused'],
    ['is planned by its plan', [reportedLine(20, { kind: 'plan', act: 'planned' })], 'planned'],
    ['without an end is open, never healed', [reportedLine(20, { kind: 'proof' })], 'open'],
    [
      'with an end of no known word has failed, never healed',
      [reportedLine(20, { kind: 'outcome', act: 'fine' })],
      'failed',
    ],
    [
      'is judged by its last end',
      [
        reportedLine(20, { kind: 'refusal', act: 'refused' }),
        reportedLine(30, { kind: 'outcome', act: 'healed', attempt: 2 }),
      ],
      'healed',
    ],
  ])('%s', (_, lines, ended) => {
    expect(incidentOf(begun, ...lines)?.ended).toBe(ended);
  });

  const grow = { act: 'ModifyVolume vol-1', kind: 'intent' } as const;
  const make = { act: 'CreateVolume snap-1', kind: 'intent' } as const;
  it.each<[string, readonly ReportLine[], { usdAMonth: number; beside: readonly string[] }]>([
    ['costs nothing where nothing was made', [], { usdAMonth: 0, beside: [] }],
    [
      'costs what its growth has reserved',
      [reportedLine(1, { ...grow, evidence: '{"addedUsd":32}' })],
      { usdAMonth: 32, beside: [] },
    ],
    [
      'counts a growth that was tried again once, and the larger sum',
      [
        reportedLine(1, { ...grow, evidence: '{"addedUsd":32}' }),
        reportedLine(2, { ...grow, evidence: '{"addedUsd":40}' }),
      ],
      { usdAMonth: 40, beside: [] },
    ],
    [
      'costs what a new volume of its type and size costs',
      [reportedLine(1, { ...make, evidence: '{"type":"gp3","sizeGiB":100}' })],
      { usdAMonth: 8, beside: [] },
    ],
    [
      'with evidence that was cut tells no sum',
      [reportedLine(1, { ...grow, evidence: '{"addedUsd":3' })],
      { usdAMonth: 0, beside: ['a grown volume'] },
    ],
    [
      'with a type of no known price tells no sum',
      [reportedLine(1, { ...make, evidence: '{"type":"gp9","sizeGiB":1}' })],
      { usdAMonth: 0, beside: ['a new volume'] },
    ],
    [
      'does not guess what an instance costs',
      [reportedLine(1, { act: 'RunInstances subnet-1', kind: 'intent' })],
      { usdAMonth: 0, beside: ['another instance'] },
    ],
  ])('%s', (_, lines, cost) => {
    expect(incidentOf(begun, ...lines)?.cost).toEqual(cost);
  });

  it('counts as acts what changes something, and no marks', () => {
    const acts = incidentOf(
      begun,
      reportedLine(11, { kind: 'intent', act: 'CreateTags snap-1', fields: { bookkeeping: true } }),
      reportedLine(12, { kind: 'intent', act: 'SendCommand restart-client 1.2' }),
    )?.acts;
    expect(acts?.map(({ act }) => act)).toEqual(['SendCommand restart-client 1.2']);
  });

  it('is not made of what another function says under its number', () => {
    expect(
      incidentsOf(reportFacts({ journal: [reportedLine(5, { by: 'watch-fleet', heal: 'watch-fleet' })] })),
    ).toEqual([]);
  });

  it('is not made of what a person has only asked about, and is of what was begun then', () => {
    const from = (namespace: string, mode: 'plan' | 'ask') =>
      reportedLine(1, { by: 'dispatch-heal', fields: { mode }, evidence: JSON.stringify({ namespace }) });
    const planned = reportedLine(2, { kind: 'plan', act: 'planned' });
    const countOf = (...journal: readonly ReportLine[]) => incidentsOf(reportFacts({ journal })).length;
    expect(countOf(from('person', 'plan'), planned)).toBe(0);
    expect(countOf(from('person', 'plan'), planned, from('person', 'ask'))).toBe(1);
    expect(countOf(from('CWAgent', 'plan'), planned)).toBe(1);
  });

  it('of the peers of a node is one only where something was changed', () => {
    const line = { by: 'rotate-peers', heal: 'rotate-peers', incidentId: 'peers', place: 'a1b2-0001' } as const;
    const looked = reportedLine(1, { ...line, kind: 'decision' });
    const changed = reportedLine(1, { ...line, kind: 'intent', act: 'SendCommand write-config 1.1' });
    expect(incidentsOf(reportFacts({ journal: [looked] }))).toEqual([]);
    expect(incidentsOf(reportFacts({ journal: [looked, changed] }))).toHaveLength(1);
  });
});

describe('refusals', () => {
  it('are one row for each guardrail, the most frequent first, with the newest reason', () => {
    const refused = (minute: number, code: string, node: string) =>
      reportedLine(minute, { kind: 'refusal', code, node, sentence: `${code} at ${minute}` });
    expect(
      refusalsOf([refused(1, 'paused', 'a'), refused(2, 'breaker-open', 'a'), refused(3, 'breaker-open', 'b')]),
    ).toEqual([
      {
        ...{ code: 'breaker-open', times: 2, nodes: ['bitcoin/a', 'bitcoin/b'] },
        ...{ lastMs: REPORT_FROM_MS + 3 * MINUTE_MS, sentence: 'breaker-open at 3' },
      },
      { code: 'paused', times: 1, nodes: ['bitcoin/a'], lastMs: REPORT_FROM_MS + MINUTE_MS, sentence: 'paused at 1' },
    ]);
  });
});

describe('the minutes of a node', () => {
  it.each<[string, readonly (number | null)[], { down: number; unknown: number }]>([
    ['synced: it was well', [0, 0, 0, 0], { down: 0, unknown: 0 }],
    ['behind or busy: it was well', [1, 3, 1, 3], { down: 0, unknown: 0 }],
    ['starting, unreachable, stuck, forked: it was down', [2, 5, 6, 7], { down: 4, unknown: 0 }],
    ['unknown: nobody knows', [4, 4, 0, 0], { down: 0, unknown: 2 }],
    ['without an observation: nobody knows, and it was never well', [null, null, null, 0], { down: 0, unknown: 3 }],
  ])('%s', (_, health, expected) => {
    const node = reportedNode({ health: everyMinute(health) });
    expect(minutesOf(node, REPORT_FROM_MS, REPORT_FROM_MS + 4 * MINUTE_MS, MINUTE_MS)).toEqual({ ...expected, all: 4 });
  });
});

describe('the grid of a report', () => {
  it('has one cell for each minute of an hour', () => {
    expect(gridOf(reportFacts())).toEqual({ fromMs: REPORT_FROM_MS, cellMs: MINUTE_MS, cells: 60 });
  });

  it('has fewer cells where there are many nodes or many days, so that the page stays small', () => {
    const nodes = Array.from({ length: 500 }, (_, at) =>
      reportedNode({ node: `node${at}`, health: [], lag: [], disk: [] }),
    );
    const { cells, cellMs } = gridOf(reportFacts({ nodes, toMs: REPORT_FROM_MS + 7 * 24 * 60 * MINUTE_MS }));
    expect(cells * nodes.length * 3).toBeLessThanOrEqual(120_000);
    expect(cells * cellMs).toBeGreaterThanOrEqual(7 * 24 * 60 * MINUTE_MS);
  });

  it('keeps the one bad minute of an hour, and what nobody saw', () => {
    const minutes = new Array<number | null>(60).fill(0);
    minutes[17] = 6;
    for (let at = 40; at < 60; at++) minutes[at] = null;
    const cells = worstOf(everyMinute(minutes), { fromMs: REPORT_FROM_MS, cellMs: 10 * MINUTE_MS, cells: 6 });
    expect(cells).toEqual([0, 6, 0, 0, null, null]);
  });
});

describe('limits', () => {
  it('keep the newest lines, and say how many are missing', () => {
    const journal = Array.from({ length: FACT_LIMITS.journal + 3 }, (_, at) => reportedLine(0, { place: String(at) }));
    const { journal: kept, notes } = boundFacts(reportFacts({ journal }));
    expect([kept.length, kept.at(-1)?.place, notes]).toEqual([
      FACT_LIMITS.journal,
      String(FACT_LIMITS.journal + 2),
      [`3 older lines of the journal are left out; the newest 20,000 are here.`],
    ]);
  });

  it('leave out a line of no time that is one, which anybody who writes the table may have written', () => {
    const journal = [reportedLine(1), reportedLine(2, { atMs: Number.NaN })];
    const { journal: kept, notes } = boundFacts(reportFacts({ journal }));
    expect(kept).toEqual([journal[0]]);
    expect(notes).toEqual(['1 line of the journal has no time that is one, and is left out.']);
  });

  it('leave out acts before pages and refusals', () => {
    const acts = Array.from({ length: EVENTS_MOST }, (_, at) =>
      reportedLine(1, { kind: 'intent', act: `SendCommand x ${at}`, place: String(at) }),
    );
    const { shown, leftOut } = eventsOf(
      reportFacts({ journal: [...acts, reportedLine(2, { kind: 'page', code: 'paused' })] }),
    );
    expect(shown.map(({ kind }) => kind)).toEqual(['incident', 'page']);
    expect(leftOut).toBe(EVENTS_MOST);
  });

  it('tell the end of a long story, and what needs a person first', () => {
    const long = Array.from({ length: 1_000 }, (_, at) => reportedLine(10 + at / 100, { place: String(at) }));
    const failed = [
      reportedLine(1, { incidentId: 'aaaa1111' }),
      reportedLine(2, { incidentId: 'aaaa1111', kind: 'outcome', act: 'escalated' }),
    ];
    const told = toldOf(incidentsOf(reportFacts({ journal: [...failed, ...long] })));
    expect(told.map(({ incident }) => incident.incidentId)).toEqual(['aaaa1111', 'c6e7027f']);
    expect(told[1]?.steps.at(-1)?.place).toBe('999');
    expect(told[1]?.stepsLeftOut).toBe(600);
  });
});
