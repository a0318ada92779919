// The journal under another version of a fleet file: what its lines' own numbers decide, and what they cannot.
import { describe, expect, it } from '@jest/globals';
import { journalDifferencesOf } from '../../../../infra/commands/diff/journal.ts';
import type { ReportLine } from '../../../../infra/report/facts.ts';
import type { Fleet } from '../../../../shared/fleet/model.ts';
import { decideResize, type ResizeFacts } from '../../../../shared/growth/decide.ts';
import type { FileRung } from '../../../../shared/model/rungs.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { DAY_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { dataVolume, resizeFacts, steadyHistory } from '../../../fixtures/resize-facts.ts';

const line = (more: Partial<ReportLine>): ReportLine => ({
  ...{ atMs: NOON_MS, place: '0001', kind: 'decision', sentence: 'as it was', code: undefined, act: undefined },
  ...{ evidence: undefined, fields: {}, fleet: 'bitcoin', node: 'node2', incidentId: 'a1b2c3d4', attempt: 1 },
  ...{ by: 'replace-node', heal: 'replace-node' },
  ...more,
});

/** The line that a heal writes of such facts: an intent, or a refusal. */
function grown(more: Partial<ResizeFacts> = {}): ReportLine {
  const decision = decideResize(resizeFacts(more));
  const disk = { by: 'resize-volume', heal: 'resize-volume' } as const;
  if ('refuse' in decision)
    return line({ ...disk, kind: 'refusal', code: decision.refuse, evidence: JSON.stringify(decision) });
  if (decision.do !== 'modify') throw new Error(`expected a growth, and it is ${decision.do}`);
  return line({ ...disk, kind: 'intent', act: 'ModifyVolume vol-1', evidence: JSON.stringify(decision) });
}

const climbed = (rung: FileRung, more: Partial<ReportLine> = {}) => line({ fields: { rung }, ...more });

const differences = (lines: readonly ReportLine[], after: Fleet, before: Fleet = bitcoinFleet()) =>
  journalDifferencesOf(lines, { before, after, fromMs: NOON_MS - 30 * DAY_MS, toMs: NOON_MS });
const told = (lines: readonly ReportLine[], after: Fleet, before?: Fleet) =>
  differences(lines, after, before).different.map((one) => `${one.before} → ${one.after}`);
const undecidable = (lines: readonly ReportLine[], after: Fleet, before?: Fleet) =>
  differences(lines, after, before).undecidable.map(({ why, lines: count }) => `${count} ${why}`);

describe('a growth that the journal has', () => {
  it.each<[string, Partial<ResizeFacts>]>([
    ['as the node told it', {}],
    ['as CloudWatch told it', { seen: null }],
    ['that fills fast', { history: steadyHistory(455, 20) }],
    [
      'that somebody else may own',
      { volumes: [dataVolume({ tags: { ...dataVolume().tags, ManagedBy: 'terraform' } })] },
    ],
    ['whose budget of the month is spent', { addedUsd: 99 }],
    [
      'whose modifications of the day are used up',
      {
        intents: [1, 2, 3].map((hours) => ({
          ...{ volumeId: dataVolume().volumeId, toGiB: 500, atMs: NOON_MS - hours * 3_600_000 },
        })),
      },
    ],
  ])('%s is decided again as it was', (_, more) => {
    const { decisions, different, undecidable: not } = differences([grown(more)], bitcoinFleet());
    expect([decisions, different, not]).toEqual([1, [], []]);
  });

  it('is another one under other limits', () => {
    expect(told([grown()], bitcoinFleet({ disk: { maximumSizeGiB: 500 } }))[0]).toMatch(
      /^grow to \d+ GiB → refused size-ceiling$/,
    );
    expect(told([grown()], bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 1 } }))[0]).toContain(
      '→ refused cost-ceiling',
    );
    expect(told([grown()], bitcoinFleet({ disk: { growAtPercent: 98 } }))[0]).toContain('→ nothing');
    expect(told([grown()], bitcoinFleet({ mode: 'plan' }))[0]).toMatch(/^grow to (\d+) GiB → plan: grow to \1 GiB$/);
    expect(told([grown({ addedUsd: 99 })], bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 5_000 } }))[0]).toMatch(
      /^refused cost-ceiling → grow to \d+ GiB$/,
    );
  });

  it('is not decided again where its line holds no numbers, or they do not give what was decided', () => {
    const wider = bitcoinFleet({ disk: { maximumSizeGiB: 500 } });
    const { kind, act, by, heal } = grown();
    expect(undecidable([line({ kind, act, by, heal, evidence: '{"toGiB":900,' })], wider)).toEqual([
      '1 the line does not hold what was read',
    ]);
    expect(undecidable([grown(), grown()], bitcoinFleet(), wider)).toEqual([
      '2 it was decided under another file than the first of the two',
    ]);
  });
});

describe('a rung that the journal has', () => {
  const without = (...rungs: FileRung[]) => bitcoinFleet({ replace: { rungs } });

  it('is another one where the file has it no more', () => {
    expect(told([climbed('restart')], without('swap', 'replace'))).toEqual(['restart → swap']);
    expect(told([climbed('stop-start')], without('restart', 'swap'))).toEqual([
      'stop-start → refused restart-forbidden',
    ]);
    expect(told([climbed('swap')], without('restart'))).toEqual(['swap → nothing']);
    expect(told([climbed('restart')], bitcoinFleet({ role: 'validator' }))).toEqual(['restart → refused validator']);
    expect(told([climbed('restart'), climbed('swap')], bitcoinFleet())).toEqual([]);
  });

  it('is a person’s, whatever rungs the file has', () => {
    const dispatched = line({ by: 'dispatch-heal', evidence: '{"want":{"do":"restore"}}' });
    expect(told([dispatched, climbed('swap')], without('restart'))).toEqual([]);
  });

  it('is not decided again under other limits of the fleet, and a refusal never is', () => {
    const needs = 'the health of the fleet then is not in the line';
    expect(undecidable([climbed('restart')], bitcoinFleet({ breaker: { unhealthyPercent: 40 } }))).toEqual([
      `1 ${needs}`,
    ]);
    expect(undecidable([line({ kind: 'refusal', code: 'breaker-open' })], bitcoinFleet())).toEqual([`1 ${needs}`]);
  });
});
