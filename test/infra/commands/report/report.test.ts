// `chainmend report`: what a person types, what an account tells, and what becomes of what cannot be read.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type AccountReport,
  type AskedReport,
  fullestOf,
  reportLineOf,
} from '../../../../infra/commands/report/account.ts';
import { report } from '../../../../infra/commands/report/report.ts';
import { periodSecondsOf, sinceOf } from '../../../../infra/commands/report/since.ts';
import {
  MINUTE_MS,
  REPORT_FROM_MS,
  reportedLine,
  reportedNode,
  reportFacts,
} from '../../../fixtures/builders/report.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const folder = mkdtempSync(join(tmpdir(), 'chainmend-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('--since', () => {
  it.each([
    ['90m', 90 * MINUTE_MS],
    ['36h', 36 * HOUR_MS],
    ['7d', 7 * DAY_MS],
    ['30d', 30 * DAY_MS],
  ])('%s is a time', (written, ms) => {
    expect(sinceOf(written)).toBe(ms);
  });

  it.each(['', '7', 'd', '7w', '-7d', '7.5d', '1m', '31d', '99999d', '7d ', '7D'])('"%s" is none', (written) => {
    expect(() => sinceOf(written)).toThrow(
      `--since: expected minutes, hours or days, from 10m to 30d, such as 7d or 36h; found "${written}"`,
    );
  });
});

describe('the period of metrics', () => {
  it.each([
    ['of an hour is a minute', HOUR_MS, 12, 60],
    ['of a week of a small fleet keeps to 1,440 points', 7 * DAY_MS, 40, 900],
    ['of a week of 500 nodes keeps to a million points in all', 7 * DAY_MS, 1_500, 1_800],
    ['of more than 15 days is a multiple of five minutes, as CloudWatch keeps them', 16 * DAY_MS, 1, 1_800],
  ] as const)('%s', (_, spanMs, metrics, seconds) => {
    expect(periodSecondsOf(spanMs, metrics)).toBe(seconds);
  });
});

it('a node is as full as its fullest volume at each moment, and only where one was read', () => {
  const [one, two, three] = [1, 2, 3];
  expect(
    fullestOf([
      [
        [one, 50],
        [three, 60],
      ],
      [
        [one, 70],
        [two, 20],
      ],
    ]),
  ).toEqual([
    [one, 70],
    [two, 20],
    [three, 60],
  ]);
  expect(fullestOf([])).toEqual([]);
});

describe('a record of the table', () => {
  const record = {
    at: '2026-01-01T12:00:00.000Z',
    kind: 'decision',
    sentence: 's',
    sk: 'a#b#c#0001#07-x',
    node: 'node2',
  };
  it('is a line of the function whose partition it stands in, whatever it says of itself', () => {
    expect(reportLineOf({ ...record, fleet: 'other', heal: 'replace-node' }, 'bitcoin', 'watch-fleet')).toEqual([
      expect.objectContaining({ fleet: 'bitcoin', by: 'watch-fleet', heal: 'watch-fleet', place: '07-x' }),
    ]);
    expect(reportLineOf({ ...record, heal: 'replace-node' }, 'bitcoin', 'dispatch-heal')).toEqual([
      expect.objectContaining({ by: 'dispatch-heal', heal: 'replace-node' }),
    ]);
  });

  it.each([
    ['of no time', { ...record, at: 'yesterday' }],
    ['of no kind that is one', { ...record, kind: 'party' }],
    ['with numbers where texts belong', { at: 1, kind: 2 }],
  ])('%s is no line', (_, wrong) => {
    expect(reportLineOf(wrong, 'bitcoin', 'watch-fleet')).toEqual([]);
  });

  it('with fields that are no JSON has none', () => {
    expect(reportLineOf({ ...record, fields: '{"a":' }, 'bitcoin', 'watch-fleet')[0]?.fields).toEqual({});
    expect(reportLineOf({ ...record, fields: 'null' }, 'bitcoin', 'watch-fleet')[0]?.fields).toEqual({});
  });
});

describe('chainmend report', () => {
  const asked: AskedReport[] = [];
  const read = async (one: AskedReport): Promise<AccountReport> => {
    asked.push(one);
    const { fleets, alarms } = reportFacts();
    return {
      ...{ account: '111122223333', region: 'eu-west-1', fleets, alarms, stepMs: MINUTE_MS },
      ...{ nodes: [reportedNode()], journal: [reportedLine(1)], notes: ['Metrics could not be read: AccessDenied'] },
    };
  };
  const said: string[] = [];
  const context = {
    account: () => ({ nowMs: () => REPORT_FROM_MS + HOUR_MS, fleetNames: async () => ['bitcoin', 'ethereum'], read }),
    say: (text: string) => void said.push(text),
    status: () => {},
  };

  it('writes the page of the fleets that are named, and says what could not be read', async () => {
    const out = join(folder, 'a.html');
    const { status } = await report(context, ['bitcoin'], { since: '1h', out });
    expect(status).toBe(0);
    expect(asked.at(-1)).toMatchObject({ fleets: ['bitcoin'], fromMs: REPORT_FROM_MS, toMs: REPORT_FROM_MS + HOUR_MS });
    const page = readFileSync(out, 'utf8');
    expect(page).toContain('<h1>Account 111122223333, eu-west-1</h1>');
    expect(page).toContain('<li>Metrics could not be read: AccessDenied</li>');
    expect(said).toContain('note: Metrics could not be read: AccessDenied');
    expect(said.at(-1)).toBe('1 incident, 1 node, 1 line of the journal');
  });

  it('is about every fleet where none is named', async () => {
    await report(context, [], { since: '1h', out: join(folder, 'b.html') });
    expect(asked.at(-1)?.fleets).toEqual(['bitcoin', 'ethereum']);
  });

  it.each([
    [['bitcion'], 'no fleet "bitcion"; did you mean bitcoin?'],
    [['zzzzzz'], 'no fleet "zzzzzz"; there are bitcoin, ethereum'],
  ])('of %j says which fleets there are', async (fleets, sentence) => {
    await expect(report(context, fleets, { since: '1h', out: join(folder, 'c.html') })).rejects.toThrow(sentence);
  });

  it('says which file cannot be written', async () => {
    const out = join(folder, 'missing', 'd.html');
    await expect(report(context, [], { since: '1h', out })).rejects.toThrow(/d\.html cannot be written: .*ENOENT/);
  });
});
