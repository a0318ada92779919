// `npm run chainmend -- approve` and `reject`: which question they choose, what they show of it, and why there may be nothing to answer.
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FleetAsk, FleetLine, HealCommandContext, Suite } from '../../../../infra/commands/heal/context.ts';
import { hashOf, type Terms } from '../../../../shared/heal/approval.ts';
import type { ApprovalRecord, IncidentRecord } from '../../../../shared/heal/records.ts';
import { claimedIncident, endedIncident, openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { storedSettings } from '../../../fixtures/builders/settings.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { runHealVerb } from '../../../fixtures/verbs.ts';

const ME = 'arn:aws:sts::111122223333:assumed-role/oncall/ada';
const TERMS: Terms = [
  ['incident', '7f3a0c1d (disk:data), attempt 1'],
  ['node', `bitcoin/node2 on ${INSTANCE}`],
  ['size', '500 → 900 GiB at most'],
  ['cost', '+$32.00 a month at most'],
];
const PLAN = hashOf(TERMS);
const FLEET_PLAN = '0123456789ab';

const approval = (more: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  ...{ attempt: 1, plan: PLAN, callbackId: 'Cb+/==', sentence: 'grow 500 → 900 GiB: it is full' },
  terms: TERMS,
  guardrails: [{ rule: 'swap', verdict: 'may be done' }],
  ...{ askedAtMs: NOON_MS - 10 * MINUTE_MS, untilMs: NOON_MS + 4 * HOUR_MS },
  ...more,
});
const asking = (more: Partial<IncidentRecord> = {}, asked: Partial<ApprovalRecord> = {}): IncidentRecord =>
  claimedIncident({ incidentId: '7f3a0c1d', approval: approval(asked), ...more } as never);

const ask = (more: Partial<FleetAsk> = {}): FleetAsk => ({
  ...{ fleet: 'bitcoin', by: 'rotate-peers', plan: FLEET_PLAN, sentence: 'plan changes the peers of 3 nodes' },
  ...{ sinceMs: NOON_MS - HOUR_MS, untilMs: NOON_MS + 3 * HOUR_MS },
  ...more,
});

let incidents: Readonly<Record<string, readonly IncidentRecord[]>>;
let answered: unknown[];
let sent: 'sent' | 'closed';

beforeEach(() => {
  incidents = { bitcoin: [asking()], irita: [] };
  answered = [];
  sent = 'sent';
});

/** `npm run chainmend -- ${words}`; `says` is the answer of the person at the terminal, undefined for a script. */
async function run(words: string, says?: boolean, more: Partial<Suite> = {}) {
  const out = { said: [] as string[], complained: [] as string[], questions: [] as string[] };
  const nobody = async (): Promise<never> => {
    throw new Error('nobody asks for that here');
  };
  const suite: Suite = {
    nowMs: () => NOON_MS,
    ...{ ask: nobody, story: async () => [], node: async () => undefined, journal: async () => [] },
    incident: async ({ fleet, incidentId }) => incidents[fleet]?.find((one) => one.incidentId === incidentId),
    fleet: async (fleet) => ({ incidents: incidents[fleet] ?? [], nodes: [], foreign: [] }),
    acknowledge: nobody,
    wishedSize: async () => null,
    boosts: async () => [],
    scale: nobody,
    observed: async () => [],
    publicKeys: async () => new Map(),
    pausedNodes: async () => ({ nodes: new Map() }),
    kept: async () => [],
    settings: async () => storedSettings(Object.keys(incidents)),
    subscribers: async () => ({
      kind: 'counted',
      topicArn: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
      confirmed: 1,
      pending: 0,
    }),
    asks: async (fleet) => (fleet === 'bitcoin' ? [ask()] : []),
    caller: async () => ME,
    answer: async (callbackId, answer) => {
      answered.push([callbackId, answer]);
      return sent;
    },
    approvePlan: async ({ by, fleet, plan }, who) => {
      answered.push([by, fleet, plan, who]);
      return { refusals: [] };
    },
    ...more,
  };
  const context: HealCommandContext = {
    suite: () => suite,
    say: (text) => void out.said.push(text),
    complain: (text) => void out.complained.push(text),
    status: () => undefined,
    confirm:
      says === undefined
        ? undefined
        : async (question) => {
            out.questions.push(question);
            return says;
          },
    sleep: async () => undefined,
  };
  const exit = await runHealVerb(words.split(' '), context);
  return { exit, ...out, text: out.said.join('\n'), complaint: out.complained.join('\n') };
}

describe('a person who approves', () => {
  it('sees what it covers, is asked, and the answer goes to the very callback, with the plan and their name', async () => {
    const { exit, text, questions } = await run('approve 7f3a', true);
    expect([exit, questions]).toEqual([0, [`Approve this very plan (${PLAN})?`]]);
    for (const row of [
      /^why +grow 500 → 900 GiB: it is full$/m,
      /^node +bitcoin\/node2 on i-/m,
      /^size +500 → 900 GiB at most$/m,
      /^cost +\+\$32\.00 a month at most$/m,
      /^guard swap +may be done$/m,
      /^plan +[0-9a-f]{16}$/m,
      /^asked +2026-01-01 11:50 UTC, 10 min ago; until 2026-01-01 16:00 UTC, 4\.0 h left$/m,
    ])
      expect(text).toMatch(row);
    expect(answered).toEqual([['Cb+/==', { approve: true, plan: PLAN, by: ME }]]);
    expect(text).toContain(
      `Approved, as ${ME}. Guards look again before each change: npm run chainmend -- status bitcoin/${INSTANCE}`,
    );
  });

  it('and thinks better of it has nothing answered', async () => {
    const { exit, text } = await run('approve 7f3a0c1d', false);
    expect([exit, answered]).toEqual([1, []]);
    expect(text).toContain('Nothing was answered.');
  });

  it('may be a script that says --yes, and is nobody without it', async () => {
    expect(await run(`approve 7f3a0c1d --yes --plan ${PLAN}`)).toMatchObject({ exit: 0 });
    expect(answered).toHaveLength(1);
    const { exit, complaint } = await run('approve 7f3a0c1d');
    expect([exit, answered.length]).toEqual([1, 1]);
    expect(complaint).toContain('npm run chainmend -- approve 7f3a0c1d --yes');
  });

  it('is not named where STS does not tell', async () => {
    const { text } = await run('approve 7f3a --yes', undefined, { caller: async () => undefined });
    expect(answered).toEqual([['Cb+/==', { approve: true, plan: PLAN }]]);
    expect(text).toContain('Approved, your name could not be told.');
  });

  it('is shown nothing that a terminal would act on', async () => {
    const nasty = '\x1b]0;x\x07 healed\r\n\u202e';
    incidents = {
      bitcoin: [
        asking({ node: nasty }, { sentence: nasty, terms: [['node', nasty]], plan: hashOf([['node', nasty]]) }),
      ],
    };
    const { text } = await run('approve 7f3a --yes');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  });
});

describe('a person who rejects', () => {
  it('sees the same, and the answer is no', async () => {
    const { exit, text, questions } = await run('reject 7f3a', true);
    expect([exit, questions]).toEqual([0, [`Reject this very plan (${PLAN})?`]]);
    expect(answered).toEqual([['Cb+/==', { approve: false, by: ME }]]);
    expect(text).toContain('Rejected');
  });
});

describe('there is nothing to answer', () => {
  const answer = (said: 'approved' | 'denied' | 'expired', by: string | null) => ({
    said,
    by,
    atMs: NOON_MS - MINUTE_MS,
  });
  it.each<[string, 1 | 2, readonly IncidentRecord[], string, string]>([
    [
      'of an incident that nobody knows',
      2,
      [asking()],
      'approve 1234',
      'Unknown incident 1234. Waiting for approval: 7f3a0c1d (bitcoin/node2, disk:data)',
    ],
    ['of something that is none', 2, [asking()], 'approve bitcoin/node2', 'expected an incident, 8 hex digits'],
    ['of three digits', 2, [asking()], 'approve 7f3', 'expected an incident, 8 hex digits'],
    [
      'of a beginning that two have',
      2,
      [asking(), asking({ incidentId: '7f3affff', node: 'node3' })],
      'approve 7f3a',
      'Ambiguous: 7f3a is the beginning of 7f3a0c1d (bitcoin/node2, disk:data), 7f3affff (bitcoin/node3, disk:data)',
    ],
    [
      'that was asked',
      1,
      [claimedIncident({ incidentId: '7f3a0c1d' })],
      'approve 7f3a',
      'Incident 7f3a0c1d asks nothing: it is claimed, mode act.',
    ],
    [
      'that was not answered',
      1,
      [asking({}, { answer: answer('approved', 'ada') })],
      'approve 7f3a',
      `Already answered: plan ${PLAN} was approved at 2026-01-01 11:59 UTC, by ada as the answer claims.`,
    ],
    [
      'that was not answered, by whom is not known',
      1,
      [openIncidentRecord({ incidentId: '7f3a0c1d', approval: approval({ answer: answer('denied', null) }) })],
      'reject 7f3a',
      `Already answered: plan ${PLAN} was denied at 2026-01-01 11:59 UTC, by whom was not told.`,
    ],
    [
      'in time',
      1,
      [asking({}, { untilMs: NOON_MS })],
      'approve 7f3a',
      `Expired: plan ${PLAN} was to be approved until 2026-01-01 12:00 UTC.`,
    ],
    [
      'after it expired',
      1,
      [openIncidentRecord({ incidentId: '7f3a0c1d', approval: approval({ answer: answer('expired', null) }) })],
      'approve 7f3a',
      'Expired: plan',
    ],
    [
      'of an attempt that died',
      1,
      [openIncidentRecord({ incidentId: '7f3a0c1d', attempt: 1, approval: approval() })],
      'approve 7f3a',
      `Superseded: attempt 1, which has asked for plan ${PLAN}, is over; incident 7f3a0c1d is open, attempt 1.`,
    ],
    [
      'of an attempt that was followed by another',
      1,
      [claimedIncident({ incidentId: '7f3a0c1d', attempt: 2, approval: approval() })],
      'approve 7f3a',
      'Superseded: attempt 1',
    ],
    [
      'of an incident that is over',
      1,
      [endedIncident('healed', NOON_MS, { incidentId: '7f3a0c1d' })],
      'approve 7f3a',
      'asks nothing: it is healed',
    ],
    [
      'by another plan',
      1,
      [asking()],
      'approve 7f3a --plan fedcba9876543210',
      `Superseded: plan fedcba9876543210 is not the one that waits. It is ${PLAN} now:`,
    ],
  ])('%s', async (_, status, all, words, sentence) => {
    incidents = { bitcoin: all };
    const { exit, complaint } = await run(words, true);
    expect([exit, answered]).toEqual([status, []]);
    expect(complaint).toContain(sentence);
  });

  it('by a record that shows another plan than the one that would be approved: nothing is answered', async () => {
    incidents = { bitcoin: [asking({}, { terms: [['act', 'nothing much']] })] };
    const { exit, complaint } = await run('approve 7f3a', true);
    expect([exit, answered]).toEqual([1, []]);
    expect(complaint).toContain(`Forged: what the record of incident 7f3a0c1d shows is not plan ${PLAN}`);
  });

  it('but the one of several that waits is the one that is meant', async () => {
    incidents = { bitcoin: [asking()], irita: [endedIncident('healed', NOON_MS, { incidentId: '7f3affff' })] };
    expect(await run('approve 7f3a', true)).toMatchObject({ exit: 0 });
  });

  it('where somebody was faster: the record tells what they said', async () => {
    sent = 'closed';
    const after = asking({}, { answer: { said: 'denied', by: 'eve', atMs: NOON_MS } });
    const { exit, complaint } = await run('approve 7f3a', true, { incident: async () => after });
    expect(exit).toBe(1);
    expect(complaint).toContain('was denied at 2026-01-01 12:00 UTC, by eve as the answer claims');
    const blind = await run('approve 7f3a', true);
    expect(blind.complaint).toContain('Already answered, or expired, a moment ago');
  });
});

describe('a plan of a whole fleet', () => {
  it('is shown in the words of the function that asks, and approved by invoking it', async () => {
    const { exit, text } = await run(`approve ${FLEET_PLAN}`, true);
    expect([exit, answered]).toEqual([0, [['rotate-peers', 'bitcoin', FLEET_PLAN, ME]]]);
    expect(text).toMatch(/^why +plan changes the peers of 3 nodes$/m);
    expect(text).toMatch(/^by +rotate-peers$/m);
  });

  it('that the function refuses is told, and exits with 1', async () => {
    const refusals = [`approval-exceeded: plan ${FLEET_PLAN} is not carried out`];
    const { exit, complaint } = await run(`approve ${FLEET_PLAN} --yes`, undefined, {
      approvePlan: async () => ({ refusals }),
    });
    expect([exit, complaint]).toEqual([1, refusals[0]]);
  });

  it('is unknown, expired, or needs no refusal', async () => {
    const unknown = await run('approve ffffffffffff', true);
    expect([unknown.exit, unknown.complaint]).toEqual([
      2,
      `Unknown plan ffffffffffff. Waiting for approval: ${FLEET_PLAN} (bitcoin, rotate-peers)`,
    ]);
    const late = await run(`approve ${FLEET_PLAN}`, true, { asks: async () => [ask({ untilMs: NOON_MS })] });
    expect([late.exit, late.complaint]).toEqual([1, expect.stringContaining(`Expired: plan ${FLEET_PLAN}`)]);
    const no = await run(`reject ${FLEET_PLAN}`, true);
    expect([no.exit, no.text, answered]).toEqual([0, expect.stringContaining('without a yes nothing is done'), []]);
  });
});

describe('status', () => {
  it('shows what waits for approval, and how to give it', async () => {
    const { text } = await run('status bitcoin');
    expect(text).toMatch(/node2 +disk:data +7f3a0c1d .*waits for approval until 2026-01-01 16:00 UTC/);
    expect(text).toContain('npm run chainmend -- approve 7f3a0c1d');
    expect(text).toContain(`a plan of rotate-peers. npm run chainmend -- approve ${FLEET_PLAN}`);
  });

  it('shows plans of the fleet where no node is in trouble', async () => {
    incidents = { bitcoin: [] };
    expect((await run('status bitcoin')).text).toContain(FLEET_PLAN);
  });
});

describe('journal', () => {
  const line = (more: Partial<FleetLine>): FleetLine => ({
    ...{
      by: 'watch-fleet',
      atMs: NOON_MS,
      place: '00-health',
      attempt: 0,
      kind: 'decision',
      sentence: 'synced → stuck',
    },
    ...{ code: undefined, act: undefined, evidence: undefined },
    ...{ node: 'node2', instanceId: INSTANCE, incidentId: 'watch' },
    ...more,
  });
  const journal = async () => [
    line({ node: 'node3', instanceId: 'i-3', sentence: 'another' }),
    line({ by: 'resize-volume', incidentId: '7f3a0c1d', kind: 'refusal', code: 'paused', sentence: 'we look\x1b[2J' }),
    line({}),
  ];

  it('tells who wrote each line by the partition that it stands in', async () => {
    const { exit, text } = await run('journal bitcoin/node2', undefined, { journal });
    expect(exit).toBe(0);
    expect(text.split('\n')).toEqual([
      '2026-01-01 12:00:00  resize-volume   node2     refusal   paused: we look [2J',
      '2026-01-01 12:00:00  watch-fleet     node2     decision  synced → stuck',
    ]);
    expect((await run('journal bitcoin --incident 7f3a', undefined, { journal })).said).toHaveLength(1);
    expect((await run('journal bitcoin --lines 1', undefined, { journal })).said).toEqual([
      expect.stringMatching(/^2026-01-01 12:00:00 {2}watch-fleet/),
      'Older lines of watch-fleet, resize-volume are not shown: --by FUNCTION, or --lines NUMBER.',
    ]);
    expect((await run('journal bitcoin --lines 0', undefined, { journal })).exit).toBe(2);
    expect((await run('journal bitcoin/node9', undefined, { journal })).text).toContain('say nothing of bitcoin/node9');
  });
});
