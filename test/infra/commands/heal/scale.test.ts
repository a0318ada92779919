// `npm run chainmend -- scale`: what a person sees before a group gets another number of nodes, and when nothing is begun.
import { describe, expect, it } from '@jest/globals';
import type { HealCommandContext, ScaleAnswer, Suite } from '../../../../infra/commands/heal/context.ts';
import type { FleetObservation } from '../../../../shared/fleet/observation.ts';
import type { BoostedVolume } from '../../../../shared/snapshots/boost.ts';
import type { ScaleWish } from '../../../../shared/snapshots/scale.ts';
import { observedNode } from '../../../fixtures/builders/observation.ts';
import { storedSettings } from '../../../fixtures/builders/settings.ts';
import { MINUTE_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { runHealVerb } from '../../../fixtures/verbs.ts';

const SHOWN: ScaleAnswer = {
  done: [],
  left: ['bitcoin: 4 → 6 nodes, each from snap-1'],
  plan: '0123456789ab',
  refusals: [],
};
const BOOST = { from: { iops: 16_000, throughputMiBps: 1_000 }, to: { iops: 3_000, throughputMiBps: 125 } };
const TYPES = { from: 'm6i.8xlarge', to: 'm6i.large' };
const BEGUN: ScaleAnswer = { ...SHOWN, done: ['chainmend-bitcoin wants 5 nodes'], left: [] };

/** @param says the person's answer; undefined where nobody can be asked */
async function run(
  words: string,
  says?: boolean,
  answers: readonly ScaleAnswer[] = [SHOWN, BEGUN],
  scales = true,
  wished: ScaleWish | null = null,
  boosts: readonly BoostedVolume[] = [],
  observed: readonly FleetObservation[] = [],
) {
  const out = { said: [] as string[], complained: [] as string[], questions: [] as string[], asked: [] as object[] };
  const settings = storedSettings(['bitcoin']);
  const group = { group: 'chainmend-bitcoin', minimum: 2, maximum: 6 };
  const fleets = settings.fleets.map((fleet) => ({
    ...fleet,
    scales: scales ? group : undefined,
    boost: BOOST,
    typeBoost: TYPES,
  }));
  const suite = {
    settings: async () => ({ ...settings, fleets }),
    caller: async () => 'arn:aws:iam::111122223333:user/ada',
    scale: async (asked: object, begun?: object) => {
      out.asked.push({ ...asked, ...begun });
      return answers[Math.min(out.asked.length, answers.length) - 1];
    },
    fleet: async () => ({ incidents: [], nodes: [] }),
    nowMs: () => NOON_MS,
    wishedSize: async () => wished,
    boosts: async () => boosts,
    observed: async () => observed,
    pausedNodes: async () => ({ nodes: new Map() }),
    asks: async () => [],
    subscribers: async () => ({ kind: 'unknown', why: 'nobody asked' }),
  } as unknown as Suite;
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

describe('a person who wants another number of nodes', () => {
  it('sees what would be done, is asked, and says yes to exactly that', async () => {
    const { exit, text, questions, asked } = await run('scale bitcoin 6', true);
    expect(exit).toBe(0);
    expect(questions).toEqual(['scale bitcoin 6?']);
    expect(asked).toEqual([
      { fleet: 'bitcoin', nodes: 6 },
      {
        fleet: 'bitcoin',
        nodes: 6,
        plan: '0123456789ab',
        by: 'arn:aws:iam::111122223333:user/ada',
        yes: expect.anything(),
      },
    ]);
    expect(text).toContain('4 → 6 nodes, each from snap-1');
    expect(text).toContain('Begun: chainmend-bitcoin wants 5 nodes');
    expect(text).toContain('journal bitcoin --by seed-groups');
  });

  it('and says no has nothing done', async () => {
    const { exit, text, asked } = await run('scale bitcoin 6', false);
    expect([exit, asked.length]).toEqual([1, 1]);
    expect(text).toContain('Nothing was done.');
  });

  it('is only shown it with --plan, and needs --yes where nobody can be asked', async () => {
    expect(await run('scale bitcoin 6 --plan')).toMatchObject({ exit: 0, asked: [{ fleet: 'bitcoin', nodes: 6 }] });
    expect(await run('scale bitcoin 6')).toMatchObject({
      exit: 1,
      asked: [],
      complaint: expect.stringContaining('--yes'),
    });
    expect(await run('scale bitcoin 6 --yes')).toMatchObject({ exit: 0, questions: [] });
  });

  it('is told what is under way already', async () => {
    const { text } = await run('scale bitcoin 5 --plan', undefined, [{ ...SHOWN, underWay: '4 → 6 nodes since noon' }]);
    expect(text).toContain('Under way: 4 → 6 nodes since noon.');
  });

  it.each([
    ['before it is asked', [{ ...SHOWN, refusals: ['size-limits: 9 nodes are asked for'] }], 'size-limits', 0],
    [
      'after it was asked',
      [SHOWN, { ...SHOWN, refusals: ['approval-exceeded: the group is not as it was'] }],
      'approval',
      1,
    ],
  ] as const)('is told why it is refused %s', async (_, answers, told, questions) => {
    const result = await run('scale bitcoin 6', true, answers);
    expect([result.exit, result.questions.length]).toEqual([1, questions]);
    expect(result.complaint).toContain(told);
  });

  it('of a fleet without a group is told where nodes are added', async () => {
    const { exit, complaint, asked } = await run('scale bitcoin 6', true, [], false);
    expect([exit, asked]).toEqual([1, []]);
    expect(complaint).toContain('add one under deploy.nodes of its file');
  });

  it('has to name a fleet, and a number that a group can have', async () => {
    expect(await run('scale bitcoin/node1 6', true)).toMatchObject({ exit: 2, asked: [] });
    expect(await run('scale dogecoin 6', true)).toMatchObject({ exit: 2, asked: [] });
    expect(await run('scale bitcoin 0', true)).toMatchObject({ exit: 2, asked: [] });
  });
});

describe('the status of a fleet whose group comes to another number of nodes', () => {
  const wish: ScaleWish = {
    ...{ to: 3, from: 5, askedAtMs: NOON_MS - 12 * MINUTE_MS, by: 'user/ada', mayLeave: ['i-5', 'i-4'] },
    ...{ leaving: null, steps: 1, steppedAtMs: NOON_MS - MINUTE_MS, state: 'under-way', reason: null },
  };
  const leaving = { instanceId: 'i-5', name: 'node5', sinceMs: NOON_MS - MINUTE_MS, sentAtMs: null };

  it.each<readonly [string, ScaleWish | null, RegExp | null]>([
    [
      'says what is under way, for whom, and where it says why it waits',
      wish,
      /^SCALING +5 → 3 nodes, asked for 12 min ago by user\/ada: under way\. Why it waits: npm run chainmend -- journal bitcoin --by seed-groups$/m,
    ],
    ['names the node that is on its way out', { ...wish, leaving }, /: node5 \(i-5\) is on its way out\./],
    [
      'says how it ended, for an hour',
      { ...wish, state: 'ended', reason: 'nobody could be let go' },
      /^SCALING .*: ended, nobody could be let go$/m,
    ],
    [
      'says nothing of one that ended long ago',
      { ...wish, state: 'done', steppedAtMs: NOON_MS - 61 * MINUTE_MS },
      null,
    ],
    ['says nothing where nobody has asked', null, null],
  ])('%s', async (_, wished, says) => {
    const { exit, text } = await run('status bitcoin', undefined, [], true, wished);
    expect(exit).toBe(0);
    if (says === null) expect(text).not.toContain('SCALING');
    else expect(text).toMatch(says);
  });

  it('asks nobody where the fleet has no group that may be scaled', async () => {
    expect((await run('status bitcoin', undefined, [], false, wish)).text).not.toContain('SCALING');
  });
});

it('the status of a fleet names the instances that have the type of their first sync still', async () => {
  const nodes = [observedNode({ name: 'node1', boosted: { type: TYPES.from } }), observedNode({ name: 'node2' })];
  const seen = [{ vpcId: 'vpc-1', observedAtMs: NOON_MS, nodes }] as unknown as readonly FleetObservation[];
  const { text } = await run('status bitcoin', undefined, [], true, null, [], seen);
  expect(text.match(/^BOOST.*$/gm)).toEqual([
    'BOOST     the instance of node1: m6i.8xlarge, the type of its first sync; it becomes m6i.large once it has been synced for 15 min and the others are well',
  ]);
});

describe('the status of a fleet whose volumes have the figures of their first sync', () => {
  const boosted: BoostedVolume = {
    ...{ volumeId: 'vol-1', node: 'node1', instanceId: 'i-1', state: 'boosted', waits: null },
    ...{ sinceMs: NOON_MS - 12 * MINUTE_MS, modifiedAtMs: [] },
  };

  it.each<readonly [string, Partial<BoostedVolume>, RegExp | null]>([
    [
      'says what each waits for',
      { waits: 'its node is behind' },
      /^BOOST +vol-1 of node1: boosted, first seen 12 min ago; it waits: its node is behind$/m,
    ],
    ['says that one is taken back next', {}, /; it is taken back at the next look, within the hour$/m],
    ['says that EBS was asked', { state: 'asked' }, /: EBS was asked 12 min ago to take it back$/m],
    ['says that it was taken back, for a day', { state: 'taken-back' }, /: taken back 12 min ago$/m],
    ['says nothing of one that ended long ago', { state: 'taken-back', sinceMs: NOON_MS - 1_441 * MINUTE_MS }, null],
  ])('%s', async (_, more, says) => {
    const { exit, text } = await run('status bitcoin', undefined, [], true, null, [{ ...boosted, ...more }]);
    expect(exit).toBe(0);
    if (says === null) expect(text).not.toContain('BOOST');
    else expect(text).toMatch(says);
  });
});
