// `npm run chainmend`: what a person types, sees and is asked, and what the exit status tells a script.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RequestError, SuiteError } from '../../../../infra/commands/errors.ts';
import type { HealCommandContext, StoryLine, Suite } from '../../../../infra/commands/heal/context.ts';
import type { DispatchAnswer } from '../../../../shared/events/answer.ts';
import type { FleetObservation } from '../../../../shared/fleet/observation.ts';
import { hashOf } from '../../../../shared/heal/approval.ts';
import { type DrillRecord, noDrill } from '../../../../shared/heal/drill.ts';
import type { KeptRecord } from '../../../../shared/heal/kept.ts';
import type { ApprovalRecord, IncidentRecord, NodeRecord, Progress } from '../../../../shared/heal/records.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { claimedIncident, endedIncident, openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { observedNode } from '../../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../../fixtures/builders/records.ts';
import { storedSettings } from '../../../fixtures/builders/settings.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';
import { runHealVerb } from '../../../fixtures/verbs.ts';

const MINUTE_MS = 60_000;

/** The state of the suite at each look; the last one stays. */
interface Look {
  readonly incident: IncidentRecord | undefined;
  readonly lines?: readonly StoryLine[];
  readonly progress?: Progress;
}

let events: object[];
let answered: [string, object][];
let nowMs: number;
/** By whether the command asked for a plan. */
let looks: { readonly plan: readonly Look[]; readonly act: readonly Look[] };
let answer: (event: { readonly plan?: boolean }) => DispatchAnswer | Error;

const answerOf = (more: Partial<DispatchAnswer> = {}): DispatchAnswer => ({
  ...{ fleet: 'bitcoin', node: 'node2', instanceId: INSTANCE, trigger: 'request:restore', incidentId: '7f3a0c1d' },
  ...{ onsetMs: NOON_MS, attempt: 1, executionName: 'replace-node-0123', did: 'started', ...more },
});
const line = (place: string, kind: string, sentence: string, more: Partial<StoryLine> = {}): StoryLine => ({
  ...{
    by: 'replace-node',
    atMs: NOON_MS,
    place,
    attempt: 1,
    kind,
    sentence,
    code: undefined,
    act: undefined,
    evidence: undefined,
  },
  ...more,
});

const keptVolume = (node: string): KeptRecord => ({
  ...{ fleet: 'bitcoin', node, incidentId: '7f3a0c1d', atMs: NOON_MS, state: 'kept', kind: 'volume', version: 1 },
  ...{ id: 'vol-0123456789abcdef0', untilMs: NOON_MS },
  was: { role: 'data', sizeGiB: 500, type: 'gp3', createdAtMs: 0, snapshotId: '', availabilityZone: 'eu-west-1a' },
});

const PLAN = 'swap: a person asked for it; 15 min at most, +$8.00 a month while the old volumes are kept';
const planned: Look = {
  incident: openIncidentRecord({ trigger: 'plan:restore', plannedUntilMs: NOON_MS }),
  lines: [
    line('001-decision', 'decision', PLAN, {
      evidence: JSON.stringify({
        guardrails: [{ rule: 'swap', verdict: 'may be done' }],
        ...{ source: 'clean set of 11:00, height 931,000', costUsdPerMonth: 8, minutes: 15 },
        caughtUp: '120 blocks ÷ 0.4 blocks/s = 5 min, as node3 showed on 2025-12-20',
      }),
    }),
    line('002-outcome', 'plan', PLAN, { act: 'planned' }),
  ],
};
const working: Look = { incident: claimedIncident(), lines: [line('010-decision', 'decision', 'swap')] };
const done: Look = {
  incident: endedIncident('healed', NOON_MS),
  lines: [
    line('010-decision', 'decision', 'swap'),
    line('030-end-outcome', 'outcome', 'height 931014, synced', { act: 'healed' }),
  ],
};
const refused = (code: string): Look => ({
  incident: openIncidentRecord({ refusedCodes: [code] }),
  lines: [line('002-outcome', 'refusal', 'no snapshot is whole', { act: 'refused', code })],
});

const question = (more: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  ...{ attempt: 1, plan: hashOf([]), callbackId: 'cb', sentence: 'swap: it is stuck', terms: [] },
  ...{ askedAtMs: NOON_MS, untilMs: NOON_MS + 4 * 60 * MINUTE_MS },
  ...more,
});

beforeEach(() => {
  events = [];
  answered = [];
  nowMs = NOON_MS;
  looks = { plan: [planned], act: [working, done] };
  answer = () => answerOf();
});

/** `npm run chainmend -- ${words}`; `says` is the answer of the person at the terminal, undefined for a script. */
async function run(words: string, says?: boolean, more: Partial<Suite> = {}) {
  const out = { said: [] as string[], complained: [] as string[], status: [] as string[], questions: [] as string[] };
  let at = -1;
  let mode: 'plan' | 'act' = 'act';
  const look = (): Look => looks[mode][Math.min(Math.max(0, at), looks[mode].length - 1)] ?? { incident: undefined };
  const suite: Suite = {
    nowMs: () => nowMs,
    ask: async (event: { readonly plan?: boolean }) => {
      events.push(event);
      mode = event.plan ? 'plan' : 'act';
      at = -1;
      const said = answer(event);
      if (said instanceof Error) throw said;
      return said;
    },
    incident: async () => {
      at++;
      return look().incident;
    },
    story: async () => look().lines ?? [],
    node: async (): Promise<NodeRecord> => {
      const { progress } = look();
      return nodeRecord(progress && { progress });
    },
    fleet: async () => ({ incidents: [], nodes: [], foreign: [] }),
    observed: async () => [],
    publicKeys: async () => new Map(),
    pausedNodes: async () => ({ nodes: new Map() }),
    kept: async () => [],
    settings: async () => storedSettings(['bitcoin', 'ethereum']),
    journal: async () => [],
    subscribers: async () => ({
      kind: 'counted',
      topicArn: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
      confirmed: 1,
      pending: 0,
    }),
    asks: async () => [],
    caller: async () => 'arn:aws:iam::111122223333:user/ada',
    answer: async (callbackId, said) => {
      answered.push([callbackId, said]);
      return 'sent';
    },
    approvePlan: async () => ({ refusals: [] }),
    wishedSize: async () => null,
    boosts: async () => [],
    scale: async () => {
      throw new Error('nobody scales here');
    },
    acknowledge: async () => ({ acknowledged: [], open: [] }),
    ...more,
  };
  const context: HealCommandContext = {
    suite: () => suite,
    say: (text) => void out.said.push(text),
    complain: (text) => void out.complained.push(text),
    status: (text) => void out.status.push(text),
    confirm:
      says === undefined
        ? undefined
        : async (question) => {
            out.questions.push(question);
            return says;
          },
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
  const exit = await runHealVerb(words.split(' '), context);
  return { exit, ...out, text: out.said.join('\n'), complaint: out.complained.join('\n') };
}

describe('a person who restores a node', () => {
  it('sees the plan, is asked, and then it is begun', async () => {
    const { exit, text, questions } = await run('restore bitcoin/node2', true);
    expect(exit).toBe(0);
    expect(events).toEqual([
      { kind: 'restore', fleet: 'bitcoin', node: 'node2', plan: true },
      { kind: 'restore', fleet: 'bitcoin', node: 'node2' },
    ]);
    expect(questions).toEqual(['restore bitcoin/node2?']);
    for (const part of [
      PLAN,
      'clean set of 11:00',
      'guard swap',
      'may be done',
      '$8.00 a month',
      '15 min at most',
      '= 5 min, as node3',
    ])
      expect(text).toContain(part);
    expect(text).toContain('incident 7f3a0c1d, attempt 1');
    expect(text).toContain('npm run chainmend -- status bitcoin/node2');
  });

  it('is told how it ended, also where it ends between two reads', async () => {
    looks = { plan: [planned], act: [working] };
    let reads = 0;
    const ending = () => (reads++ === 0 ? working : done);
    const { exit, text } = await run('restore bitcoin/node2 --yes --wait', undefined, {
      incident: async () => ending().incident,
      story: async () => ending().lines ?? [],
    });
    expect(text).toContain('Done. height 931014, synced');
    expect(exit).toBe(0);
  });

  it('and says no has nothing done', async () => {
    const { exit, text } = await run('restore bitcoin/node2', false);
    expect([exit, events.length]).toEqual([1, 1]);
    expect(text).toContain('Nothing was done.');
  });

  it('and only wants the plan is asked nothing', async () => {
    const { exit, questions } = await run('restore bitcoin/node2 --plan', true);
    expect([exit, events.length, questions]).toEqual([0, 1, []]);
  });

  it('names a snapshot, an instance and what is at stake as the dispatcher wants them', async () => {
    await run(`restore bitcoin/${INSTANCE} --snapshot snap-0c1d2e3f405162738 --acknowledge-validator --yes`);
    const event = {
      ...{ kind: 'restore', fleet: 'bitcoin', instanceId: INSTANCE },
      ...{ snapshotId: 'snap-0c1d2e3f405162738', acknowledgesValidator: true },
    };
    expect(events).toEqual([{ ...event, plan: true }, event]);
  });

  it.each([
    ['replace bitcoin/node2 --yes', { kind: 'replace-instance', fleet: 'bitcoin', node: 'node2' }],
    ['undo bitcoin/node2 --yes', { kind: 'undo', fleet: 'bitcoin', node: 'node2' }],
    ['upgrade bitcoin --to 28.1 --yes', { kind: 'upgrade', fleet: 'bitcoin', to: '28.1' }],
    [
      'upgrade irita --to v2 --at-height 22491000 --yes',
      { kind: 'upgrade', fleet: 'irita', to: 'v2', atHeight: 22_491_000 },
    ],
    [
      'upgrade bitcoin --to 28.1 --strategy blue-green --yes',
      { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', strategy: 'blue-green' },
    ],
    ['upgrade bitcoin --to 28.1 --rehearse --yes', { kind: 'upgrade', fleet: 'bitcoin', to: '28.1', rehearse: true }],
    [
      'upgrade irita/validator2 --to v2 --acknowledge-validator --yes',
      { kind: 'upgrade', fleet: 'irita', node: 'validator2', to: 'v2', acknowledgesValidator: true },
    ],
    ['snapshot bitcoin --yes', { kind: 'snapshot', fleet: 'bitcoin' }],
    ['snapshot bitcoin/node2 --yes', { kind: 'snapshot', fleet: 'bitcoin', node: 'node2' }],
    [
      'snapshot irita/validator2 --acknowledge-validator --yes',
      { kind: 'snapshot', fleet: 'irita', node: 'validator2', acknowledgesValidator: true },
    ],
  ])('or says %s', async (words, event) => {
    expect((await run(words)).exit).toBe(0);
    // Of one node, its heal judges it first.
    const isPlanned = /^(undo|replace)/.test(words);
    expect(events).toEqual(isPlanned ? [{ ...event, plan: true }, event] : [event]);
  });

  it.each<[string, Look, readonly boolean[], string]>([
    [
      'is told at once what no waiting changes, and nothing is begun',
      refused('no-good-snapshot'),
      [true],
      'Refused (no-good-snapshot): no snapshot is whole. Nothing was begun.',
    ],
    ['has it begun where it only has to wait', refused('replacements-spent'), [true, false], ''],
  ])('with --yes %s', async (_, look, plans, told) => {
    looks = { plan: [look], act: [done] };
    const { exit, complaint } = await run('restore bitcoin/node2 --yes');
    expect(events.map((event) => (event as { plan?: boolean }).plan === true)).toEqual(plans);
    expect([exit, complaint]).toEqual([told === '' ? 0 : 1, told]);
  });

  it.each([
    ['at a height', 'upgrade irita --to v2 --rehearse --at-height 22491000 --yes', 'not with --at-height'],
    ['beside the nodes', 'upgrade irita --to v2 --rehearse --strategy blue-green --yes', 'not with blue-green'],
    [
      'of a validator',
      'upgrade irita/validator2 --to v2 --rehearse --acknowledge-validator --yes',
      'not for a validator',
    ],
  ])('no upgrade on a copy first %s', async (_, words, why) => {
    const { exit, complaint } = await run(words);
    expect(exit).not.toBe(0);
    expect(complaint).toContain(why);
    expect(events).toEqual([]);
  });

  it.each([
    ['at a height', 'upgrade irita --to v2 --strategy blue-green --at-height 22491000 --yes', 'not with --at-height'],
    [
      'of a validator',
      'upgrade irita/validator2 --to v2 --strategy blue-green --acknowledge-validator --yes',
      'not for a validator',
    ],
  ])('no upgrade beside the node %s', async (_, words, why) => {
    const { exit, complaint } = await run(words);
    expect(exit).not.toBe(0);
    expect(complaint).toContain(why);
    expect(events).toEqual([]);
  });
});

describe('whoever waits', () => {
  const wait = (says?: boolean) => run('restore bitcoin/node2 --yes --wait', says);

  it('reads the journal as it grows, each line once, and ends with the heal', async () => {
    looks = { plan: [planned], act: [working, working, done] };
    const { exit, text } = await wait();
    expect(exit).toBe(0);
    expect(text.match(/12:00:00 {2}decision/g)).toHaveLength(1);
    expect(text).toContain('Done. height 931014, synced');
  });

  it('sees how far a volume is filled, of this heal and of no other', async () => {
    const progress: Progress = {
      ...{ what: 'fill vol-1', percent: 62.5, etaSeconds: 720, atMs: NOON_MS, incidentId: '7f3a0c1d' },
    };
    looks = {
      plan: [planned],
      act: [{ ...working, progress }, { ...working, progress: { ...progress, incidentId: 'x' } }, done],
    };
    const { status } = await wait();
    expect(status.slice(1)).toEqual(['fill vol-1  ███████████████░░░░░░░░░  62 %, about 12 min left', 'at work …']);
  });

  it.each<[string, Look, string]>([
    ['is refused', refused('no-good-snapshot'), 'no-good-snapshot: no snapshot is whole'],
    [
      'is given up',
      {
        incident: endedIncident('escalated', NOON_MS),
        lines: [line('9-outcome', 'outcome', 'every copy stops', { act: 'escalated', code: 'ladder-spent' })],
      },
      'people were paged. ladder-spent: every copy stops',
    ],
    [
      'is only planned, since the fleet is',
      { ...planned, incident: openIncidentRecord({ plannedUntilMs: NOON_MS }) },
      'says mode: plan',
    ],
    ['was never begun, and closed by a sweep', { incident: endedIncident('healed', NOON_MS) }, 'Failed'],
    ['gives way to another wish', { incident: openIncidentRecord({ incidentId: 'other' }) }, 'Failed'],
  ])('and whose heal %s, is told so by exit status 1', async (_, last, words) => {
    looks = { plan: [planned], act: [working, last] };
    const { exit, complaint } = await wait();
    expect(exit).toBe(1);
    expect(complaint).toContain(words);
  });

  it('waits on while the heal waits for its turn, or an attempt failed that is followed by another', async () => {
    const failed: Look = {
      incident: openIncidentRecord({ failures: 1, notBeforeMs: NOON_MS + 90_000 }),
      lines: [line('9-outcome', 'outcome', 'no answer', { act: 'failed', code: 'command-unanswered' })],
    };
    looks = { plan: [planned], act: [refused('replace-in-flight'), failed, working, done] };
    const { exit, status } = await wait();
    expect(exit).toBe(0);
    expect(status[2]).toMatch(/^looked at again in 8\d s/);
  });

  it('waits no longer than was said, and what was begun goes on', async () => {
    looks = { plan: [planned], act: [working] };
    const { exit, complaint } = await run('restore bitcoin/node2 --yes --wait --for 2');
    expect([exit, nowMs - NOON_MS]).toEqual([1, 2 * MINUTE_MS]);
    expect(complaint).toContain('It goes on without us: npm run chainmend -- status bitcoin/node2');
  });

  it('is asked once more where the fleet file says so, and a yes is to that very plan', async () => {
    const asking: Look = { incident: claimedIncident({ approval: question() }) };
    looks = { plan: [planned], act: [asking, asking, done] };
    const yes = ['cb', { approve: true, plan: hashOf([]), by: 'arn:aws:iam::111122223333:user/ada' }];
    const { questions } = await run('restore bitcoin/node2 --wait', true);
    expect([questions.length, answered]).toEqual([2, [yes]]);
    answered = [];
    const script = await wait();
    expect([script.exit, answered]).toEqual([0, [yes]]);
  });

  it('is asked by the incident’s own record, and by nothing that a line of the journal says', async () => {
    const forged = line('001-ask', 'plan', 'swap', { evidence: JSON.stringify({ callbackId: 'cb', hash: 'abc' }) });
    const other = claimedIncident({ approval: question({ attempt: 4 }), attempt: 5 });
    looks = { plan: [planned], act: [{ incident: other, lines: [forged] }, done] };
    const { questions } = await run('restore bitcoin/node2 --wait', true);
    expect([questions.length, answered]).toEqual([1, []]);
  });
});

describe('what is wrong is told in a sentence', () => {
  it.each([
    ['restore', "missing required argument 'node'"],
    ['restore bitcoin', 'bitcoin: which node? Expected FLEET/NODE'],
    ['restore Bitcoin/node2 --plan', "is no fleet's name; expected FLEET/NODE, for example bitcoin/node2"],
    ['restore bitcoin/node2/x --plan', 'more than one slash'],
    ['restore bitcoin/$(x) --plan', "is no node's name"],
    ['restore bitcoin/node2 --snapshot vol-1', 'Expected snap- and 8 to 17 hex digits'],
    ['snapshot irita --acknowledge-validator', 'irita: which node?'],
    ['restore bitcoin/node2 --for 0', 'Expected minutes, 1 to 2880'],
    ['retsore bitcoin/node2', "unknown command 'retsore'"],
  ])('%s', async (words, sentence) => {
    const { exit, complaint } = await run(words);
    expect([exit, events]).toEqual([2, []]);
    expect(complaint).toContain(sentence);
  });

  it('where a yes is needed and nobody can be asked: with the line that has it', async () => {
    const { exit, complaint } = await run('restore bitcoin/node2 --snapshot snap-0123456789abcdef0');
    expect([exit, events]).toEqual([1, []]);
    expect(complaint).toBe(
      'restore bitcoin/node2: this is not a terminal, so no question can be asked. Nothing was changed. With a yes; --plan in its place only says what would be done:\n  npm run chainmend -- restore bitcoin/node2 --snapshot snap-0123456789abcdef0 --yes',
    );
  });

  it('by the dispatcher, which knows the nodes', async () => {
    answer = () =>
      new RequestError('event, field node: "node9" given, expected the name of exactly one node; none has it');
    const { exit, complaint } = await run('restore bitcoin/node9 --plan');
    expect(exit).toBe(2);
    expect(complaint).toContain('none has it');
  });

  it('by AWS, in its own words', async () => {
    answer = () => new SuiteError('chainmend-dispatch-heal: AccessDeniedException: not authorized');
    expect(await run('restore bitcoin/node2 --plan')).toMatchObject({ exit: 1, text: '' });
  });

  it('by a guardrail of the dispatcher, and how long it stays asked for', async () => {
    const refusedAs = (trigger: string, code: string) => () =>
      answerOf({ trigger, did: 'refused', code, reason: 'it is so' });
    answer = refusedAs('plan:restore', 'validator');
    const plan = await run('restore bitcoin/node2 --plan');
    expect([plan.exit, plan.complaint]).toEqual([1, 'Refused (validator): it is so.']);
    answer = refusedAs('request:snapshot', 'paused');
    const act = await run('snapshot bitcoin --yes');
    expect([act.exit, act.complaint]).toEqual([1, expect.stringContaining('It stays asked for until 13:00 UTC')]);
    answer = refusedAs('request:snapshot', 'validator');
    const final = await run('snapshot bitcoin --yes');
    expect([final.exit, final.complaint]).toEqual([1, 'Refused (validator): it is so. Nothing was begun.']);
  });

  it.each<[string, Partial<Suite>, boolean]>([
    ['nothing is kept of the node', {}, false],
    ['nothing is kept, and a heal is at the node', { node: async () => nodeRecord({ owner: 'arn' }) }, true],
    ['something of another node is kept', { kept: async () => [keptVolume('node1')] }, false],
    ['something of it is kept', { kept: async () => [keptVolume('node2')] }, true],
    ['nobody has seen the node', { observed: async () => [] }, true],
  ])('at the desk, before anything is asked, where %s: an undo', async (_, more, isAsked) => {
    const nodes = [observedNode({ name: 'node2', instanceId: INSTANCE })];
    const observed = async () => [{ observedAtMs: NOON_MS, nodes } as unknown as FleetObservation];
    for (const words of ['undo bitcoin/node2 --yes', `undo bitcoin/${INSTANCE} --plan`]) {
      events = [];
      const { exit, complaint } = await run(words, undefined, { observed, node: async () => nodeRecord(), ...more });
      expect([words, events.length > 0]).toEqual([words, isAsked]);
      if (!isAsked)
        expect([exit, complaint]).toEqual([
          1,
          expect.stringMatching(/^Refused \(nothing-to-undo\): no heal has kept volumes .*\. Nothing was begun\.$/),
        ]);
    }
  });

  it('by another heal that is at work there', async () => {
    answer = () => answerOf({ did: 'left', reason: 'busy' });
    const { exit, complaint } = await run('undo bitcoin/node2 --yes');
    expect(exit).toBe(1);
    expect(complaint).toContain('another heal holds the node');
  });

  it('where there would be nothing to do', async () => {
    looks = { plan: [refused('nothing-to-undo')], act: [] };
    const { exit, complaint } = await run('undo bitcoin/node2', true);
    expect([exit, events.length]).toEqual([1, 1]);
    expect(complaint).toBe('Nothing would be done. nothing-to-undo: no snapshot is whole');
  });
});

describe('status', () => {
  const fleet = (incidents: readonly IncidentRecord[], nodes: readonly NodeRecord[] = []) => ({
    fleet: async () => ({ incidents, nodes, foreign: [] }),
    story: async () => [line('010-decision', 'decision', 'swap: the restart did not help')],
  });

  it('says that nothing is open', async () => {
    expect((await run('status bitcoin')).text).toContain('Nothing is open in bitcoin');
  });

  it('knows no fleet and no node that is not there, and says the nearest name', async () => {
    expect(await run('status bitcion')).toMatchObject({
      exit: 2,
      complaint: 'no fleet "bitcion"; did you mean bitcoin?',
    });
    const observed = async () => [{ observedAtMs: NOON_MS, nodes: [observedNode({ name: 'node2' })] }];
    const wrong = await run('status bitcoin/nod2', undefined, { observed });
    expect(wrong).toMatchObject({ exit: 2, complaint: 'no node of bitcoin "nod2"; did you mean node2?' });
  });

  it('says a pause before anything else, of one fleet and of all', async () => {
    const settings = async () => storedSettings(['bitcoin', 'irita'], { '/chainmend/pause': 'moving to gp3' });
    const one = (await run('status bitcoin', undefined, { settings })).text;
    expect(one.split('\n')[1]).toContain('PAUSED    everything is paused: moving to gp3');
    const all = (await run('status', undefined, { settings })).text;
    expect(all).toMatch(/^bitcoin +act +0/m);
    expect(all).toMatch(/^irita +act +0/m);
    expect(all.match(/PAUSED/g)).toHaveLength(1);
    expect(all).toMatch(/-- resume$/m);
    const own = async () => storedSettings(['bitcoin', 'irita'], { '/chainmend/pauses/bitcoin': 'moving to gp3' });
    expect((await run('status', undefined, { settings: own })).text).toMatch(
      /^PAUSED +fleet bitcoin is paused: moving to gp3\. .*-- resume bitcoin$/m,
    );
  });

  it('shows how each node is, why where it is not well, and whether somebody still looks', async () => {
    const nodes = [
      observedNode({ name: 'node1', instanceId: 'i-1' }),
      observedNode({
        name: 'node2',
        instanceId: 'i-2',
        health: 'stuck',
        reason: '12 blocks behind',
        height: 12,
        lagBlocks: 12,
      }),
    ];
    const observed = async () => [{ observedAtMs: NOON_MS - 10 * 60_000, nodes }];
    const { text, complaint } = await run('status bitcoin', undefined, { observed });
    expect(text).toMatch(/^bitcoin · mode act · 2 nodes: 1 synced, 1 sick, 0 neither · seen 10 min ago/);
    expect(text).toMatch(/^node2 +stuck +12 +12 +.*12 blocks behind$/m);
    expect(complaint).toContain('Nobody has looked at it for 10 min');
  });

  it('shows the consensus clients that are asked, of all nodes or of the one that is meant', async () => {
    const consensusClient = {
      health: 'syncing',
      reason: 'at slot 10007, 493 behind',
      ...{ slot: 10_007, slotsBehind: 493, version: 'Lighthouse/v8.2.2' },
    } as const;
    const nodes = [
      observedNode({ name: 'node1', instanceId: 'i-1' }),
      observedNode({ name: 'node2', instanceId: 'i-2', consensusClient }),
      observedNode({ name: 'node3', instanceId: 'i-3', consensusClient: { ...consensusClient, health: 'stuck' } }),
    ];
    const observed = async () => [{ observedAtMs: NOON_MS - 42_000, nodes }];
    const { text } = await run('status ethereum', undefined, { observed });
    expect(text).toMatch(/^node2 +Lighthouse\/v8\.2\.2 +syncing: at slot 10007, 493 behind +\d+ s(econds)? ago$/m);
    expect(text).toMatch(/^node3 +Lighthouse/m);
    expect(text).not.toMatch(/^node1 +Lighthouse/m);
    expect((await run('status ethereum/node2', undefined, { observed })).text).not.toMatch(/^node3/m);
    expect((await run('status bitcoin')).text).not.toContain('consensus client');
  });

  it('shows what drills have shown of the owner’s commands, and that an untried one would not be used', async () => {
    const settings = async () => {
      const stored = storedSettings(['bitcoin']);
      const own = bitcoinFleet({
        role: 'follower',
        drills: { securityGroup: 'sg-0123456789abcdef0' },
        replace: { rollBack: { command: '/opt/node/roll-back' } },
      });
      return { ...stored, fleets: [own] };
    };
    const trial = { command: '/opt/node/roll-back', setId: 'set-1', is: 'verified', reason: '', minutes: 3 } as const;
    const drill: DrillRecord = { ...noDrill, rolledBack: { ...trial, atMs: NOON_MS - 20 * MINUTE_MS } };
    const untried = await run('status bitcoin', undefined, { settings });
    expect(untried.text).toMatch(/^roll-back +not tried yet +no: no drill has tried$/m);
    const told = await run('status bitcoin', undefined, {
      settings,
      fleet: async () => ({ incidents: [], nodes: [], drill }),
    });
    expect(told.text).toMatch(/^roll-back +came through +yes$/m);
    expect((await run('status bitcoin')).text).not.toContain('OWN COMMAND');
  });

  it('says of a second region where the nodes are, and in how many minutes one would be back from a copy', async () => {
    const second = bitcoinFleet({
      ...{ dns: undefined, role: 'follower' },
      health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] },
      snapshots: { copiesFrom: { region: 'eu-west-1' } },
      replace: { launchTemplate: 'lt-0123456789abcdef0' },
      drills: { securityGroup: 'sg-0123456789abcdef0', subnet: 'subnet-0123456789abcdef0' },
    });
    const proved = {
      setId: 'snap-1',
      takenAtMs: 0,
      height: 931_064,
      atMs: NOON_MS - 60 * MINUTE_MS,
      minutes: 11,
      usd: 0.21,
    };
    const { text } = await run('status bitcoin', undefined, {
      settings: async () => ({ ...storedSettings(['bitcoin']), fleets: [second] }),
      observed: async () => [],
      fleet: async () => ({ incidents: [], nodes: [], drill: { ...noDrill, proved } }),
    });
    expect(text).toContain('Its nodes are in eu-west-1: here are copies of their snapshots.');
    expect(text).toMatch(/^DRILLS +11 min to height 931,064, proved \d+ min ago, \$0\.21 a drill$/m);
    expect((await run('status bitcoin', undefined, { observed: async () => [] })).text).toContain(
      'Nobody has looked at its nodes yet.',
    );
  });

  it('says that nobody gets the pages, or that this is not known, and goes on', async () => {
    const topicArn = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
    const told = (subscribers: Awaited<ReturnType<Suite['subscribers']>>) =>
      run('status bitcoin', undefined, { subscribers: async () => subscribers });
    const nobody = await told({ kind: 'counted', topicArn, confirmed: 0, pending: 2 });
    expect([nobody.exit, nobody.text.includes('Nothing is open')]).toEqual([0, true]);
    expect(nobody.complaint).toContain('Nobody gets the pages: 2 subscriptions wait for the link in their mails');
    expect((await told({ kind: 'unknown', why: 'AuthorizationError: no' })).complaint).toBe(
      'Whether anybody gets the pages is not known: AuthorizationError: no',
    );
    expect((await run('status bitcoin')).complaint).toBe('');
  });

  it('of a large fleet lists those in trouble first, each reason once, and as many others as have room', async () => {
    const nodes = Array.from({ length: 40 }, (_, at) =>
      observedNode({
        name: `n${at + 10}`,
        ...(at >= 38 ? { health: 'stuck', reason: 'it stands still' } : { health: 'synced' }),
      }),
    );
    const observed = async () => [{ observedAtMs: NOON_MS, nodes }] as never;
    const { text } = await run('status bitcoin', undefined, { observed });
    const rows = text.split('\n').filter((line) => /^n\d\d /.test(line));
    expect(rows).toHaveLength(30);
    expect(rows[0]).toMatch(/^n48 +stuck .* it stands still$/);
    expect(rows[1]).toMatch(/^n49 +stuck .* as above$/);
    expect(rows[2]).toMatch(/^n10 +synced /);
    expect(text).toContain('and 10 more: --json has all, FLEET/NODE shows one');
  });

  it('does not list a plan that was refused: nothing waits for it', async () => {
    const open = [openIncidentRecord({ trigger: 'plan:restore', refusedCodes: ['snapshot-unfit'] })];
    expect((await run('status bitcoin', undefined, fleet(open))).text).toContain('Nothing is open in bitcoin');
  });

  it('lists what is open, with its last words, and who it is about', async () => {
    const progress: Progress = {
      ...{ what: 'fill vol-1', percent: 25, etaSeconds: null, atMs: NOON_MS, incidentId: '7f3a0c1d' },
    };
    const said = { kind: 'refused', code: 'paused', sentence: 'Anna is at it' } as const;
    const lastWord = { ...said, atMs: NOON_MS - 60 * MINUTE_MS, asked: false };
    const open = [
      claimedIncident({ trigger: 'node:health', onsetMs: NOON_MS - 10 * MINUTE_MS }),
      openIncidentRecord({ node: 'node3', instanceId: 'i-3', trigger: 'request:undo', lastWord }),
      endedIncident('healed', NOON_MS - 2 * 60 * MINUTE_MS, { node: 'node4' }),
    ];
    const { exit, text } = await run('status bitcoin', undefined, fleet(open, [nodeRecord({ progress })]));
    expect(exit).toBe(0);
    expect(text).toMatch(/node2 +node:health +7f3a0c1d +1 +10 min ago +at work/);
    expect(text).toMatch(/node3 +request:undo .*refused 60 min ago \(paused\)/);
    expect(text).toContain('last word refused 60 min ago: Anna is at it; nobody has asked the node');
    expect(text).toContain('swap: the restart did not help');
    expect(text).toContain('fill vol-1  ██████░░░░░░░░░░░░░░░░░░  25 %');
    expect(text).not.toContain('node4');
    const one = await run('status bitcoin/node3', undefined, fleet(open));
    expect(one.text).not.toContain('node2');
  });
});

describe('explain', () => {
  const healed = { ...endedIncident('healed', NOON_MS), trigger: 'node:health' };
  const story = [
    line('00-dispatch', 'decision', 'attempt 1 of incident 7f3a0c1d → replace-node, mode act', { by: 'dispatch-heal' }),
    line('01-found', 'decision', 'found: client running; height 12, 3 behind'),
    line('02-decision', 'decision', 'restart: it stands still'),
    line('03-intent', 'intent', 'restart its client: it stands still', { act: 'SendCommand restart-client 1.1' }),
    line('03-result', 'result', 'done; stopped in 7 s', { act: 'SendCommand 1.1' }),
    line('04-outcome', 'outcome', 'height 15, synced', { act: 'healed' }),
  ];
  const more: Partial<Suite> = {
    fleet: async (fleet) => ({ incidents: fleet === 'bitcoin' ? [healed] : [], nodes: [] }),
    story: async () => story,
  };

  it('answers what happened, what was done, why, what it is now, how to stop it and how to undo it', async () => {
    const { exit, text } = await run('explain 7f3a', undefined, more);
    expect(exit).toBe(0);
    expect(text).toMatch(/^what +the node does not follow its chain\n +found: client running; height 12, 3 behind$/m);
    expect(text).toMatch(/^done +12:00:00 restart its client → done; stopped in 7 s$/m);
    expect(text).toMatch(/^why +restart: it stands still$/m);
    expect(text).toMatch(/^now +over for 0 s\n +height 15, synced$/m);
    expect(text).toMatch(/^ +npm run chainmend -- pause bitcoin\/i-0123456789abcdef0$/m);
    expect(text).toMatch(/^ +npm run chainmend -- pause bitcoin$/m);
    expect(text).toMatch(/^ +npm run chainmend -- undo bitcoin\/node2$/m);
  });

  it('says that the node is paused by its tag, and what ends that; and where nobody can tell', async () => {
    const why = 'the node is paused by its tag chainmend:pause: ada at noon';
    const pausedNodes = async () => ({ nodes: new Map([['i-0123456789abcdef0', why]]) });
    const paused = await run('explain 7f3a', undefined, { ...more, pausedNodes });
    expect(paused.text).toMatch(/^stop +the node is paused by its tag chainmend:pause: ada at noon\. To go\n +on:$/m);
    expect(paused.text).toMatch(/^ +npm run chainmend -- resume bitcoin\/i-0123456789abcdef0$/m);
    const unread = async () => ({ unknown: 'UnauthorizedOperation: no' });
    expect((await run('explain 7f3a', undefined, { ...more, pausedNodes: unread })).text).toContain(
      'whether it is paused by its tag is not known: UnauthorizedOperation:',
    );
  });

  it('takes the latest incident of a node, and names what there is instead', async () => {
    expect((await run('explain bitcoin/node2', undefined, more)).text).toContain('incident 7f3a0c1d');
    const none = await run('explain bitcoin/node9', undefined, more);
    expect(none).toMatchObject({ exit: 2, complaint: expect.stringContaining('there are those of node2') });
    expect(await run('explain 7f3b', undefined, more)).toMatchObject({
      exit: 2,
      complaint: 'no incident "7f3b"; there are 7f3a0c1d',
    });
    expect((await run('explain seven', undefined, more)).complaint).toContain('expected an incident, 8 hex digits');
  });
});
