// The order of a drill: what was written down is removed, whatever came of it.
import { describe, expect, it } from '@jest/globals';
import { DRILL } from '../../../functions/audit-snapshots/acts.ts';
import { decideNext, endingOf } from '../../../functions/audit-snapshots/decide.ts';
import {
  type DrillFacts,
  NO_CLIMB,
  type Progress,
  type Removing,
  type Running,
} from '../../../functions/audit-snapshots/state.ts';
import { type Drill, type DrillVerdict, noDrill } from '../../../shared/heal/drill.ts';
import type { SnapshotSet } from '../../../shared/snapshots/model.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

type About = Parameters<typeof decideNext>[1];
const about: About = {
  ...{ fleet: 'bitcoin', node: 'node1', incidentId: 'd0000001', attempt: 2 },
  ...{ mode: 'act', requestedBy: 'schedule' },
};
const drill: Drill = {
  ...{ incidentId: 'd0000001', execution: 'arn', token: 'token', subnetIds: ['subnet-1'], instanceType: 'm6i.large' },
  set: {
    setId: 'set-1',
    node: 'node2',
    takenAtMs: NOON_MS - HOUR_MS,
    rank: 'clean',
    height: 930_000,
    blockHash: 'cc',
    parts: [],
  },
  ...{ startedAtMs: NOON_MS - 12 * MINUTE_MS, instanceId: 'i-1', usdPerHour: 0.4, verdict: null },
};
const running = (more: Partial<Running> = {}): Running => ({
  ...{ at: 'running', drill, isUp: true, held: { execution: 'arn', fence: 1 }, ordinal: 1, asked: 1, unanswered: 0 },
  ...{ seen: { clients: [] } as unknown as Running['seen'], upSinceMs: NOON_MS, isSilent: false, climb: NO_CLIMB },
  ...{ isEnabled: true, usedBytes: null, proved: null, unread: null, trial: null },
  ...more,
});
const next = (progress: Progress, more: Partial<About> = {}) => decideNext(progress, { ...about, ...more }, 'arn');
const act = (progress: Progress, more: Partial<About> = {}) => next(progress, more).do;

const set = {
  ...{
    setId: 'set-1',
    node: 'node2',
    takenAtMs: NOON_MS - HOUR_MS,
    untilMs: NOON_MS - HOUR_MS,
    rank: 'clean',
    height: 930_000,
  },
  parts: { data: { snapshotId: 'snap-1', sizeGiB: 120, ledger: { blockHash: 'cc' } } },
} as unknown as SnapshotSet;
const facts = (more: object = {}): DrillFacts =>
  ({
    nowMs: NOON_MS,
    fleet: bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1' } }),
    record: noDrill,
    ...{ role: 'follower', pattern: { state: 'running', instanceType: 'm6i.large' }, launchTemplate: { id: 'lt-1' } },
    shapes: [
      {
        role: 'data',
        path: '/node-data',
        device: '/dev/sdf',
        sizeGiB: 100,
        type: 'gp3',
        iops: 3000,
        throughputMiBps: 125,
      },
    ],
    subnetIds: ['subnet-1', 'subnet-2'],
    ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, tip: 931_000, heals: [], usdPerHour: 0.4 },
    ...{ good: [set], refused: [] },
    ...more,
  }) as unknown as DrillFacts;
const planning = (more: object = {}): Progress => ({ at: 'planning', facts: facts(more), approved: null });

describe('a drill', () => {
  it.each<[string, Progress, string]>([
    ['is launched', running({ drill: { ...drill, instanceId: '' } }), 'launch'],
    ['boots', running({ isUp: false }), 'boot'],
    ['is met, so that nothing runs on it that was not told to', running({ held: null }), 'meet'],
    ['is met until its first boot is over', running({ seen: null }), 'meet'],
    ['has its client started', running({ upSinceMs: null }), 'start'],
    ['proves itself', running(), 'prove'],
    ['is asked on its machine, where it says nothing', running({ isSilent: true }), 'meet'],
  ])('%s', (_, progress, expected) => {
    expect(act(progress)).toBe(expected);
  });

  it('is written down before it is launched: a set with a volume for each role, no smaller than its snapshot', () => {
    const decided = next(planning());
    expect(decided).toMatchObject({ do: 'begin', drill: { instanceId: '', subnetIds: ['subnet-1', 'subnet-2'] } });
    if (decided.do !== 'begin') throw new Error('it does not begin');
    expect(decided.drill.set.parts).toEqual([
      expect.objectContaining({ role: 'data', snapshotId: 'snap-1', device: '/dev/sdf', sizeGiB: 120 }),
    ]);
    expect(decided.drill.token).toBe('d0000001-2-drill');
  });

  it('asks in mode ask, and only says so in mode plan', () => {
    expect(act(planning(), { mode: 'ask' })).toBe('ask');
    expect(next(planning(), { mode: 'plan' })).toMatchObject({ do: 'defer', ending: { outcome: 'planned' } });
  });

  it('that an attempt before has left is removed first, whatever the file says now', () => {
    const record = { ...noDrill, current: drill };
    expect(act(planning({ record, heals: ['node2 (disk:data)'] }))).toBe('adopt');
    expect(act(planning({ record, fleet: bitcoinFleet({ role: 'follower' }) }))).toBe('adopt');
    expect(act(planning({ record }), { mode: 'plan' })).toBe('adopt');
  });

  it('that an attempt before has left is the answer to its own incident, where something was found', () => {
    const left = (one: DrillVerdict | null, incidentId: string): Removing => {
      const found = { ...drill, verdict: one };
      const payload = { ...about, incidentId } as Parameters<typeof DRILL.decide>[1]['payload'];
      return DRILL.acts.adopt.reduce(planning(), { do: 'adopt', drill: found }, { drill: found }, payload) as Removing;
    };
    const endOf = (from: Removing) => endingOf({ ...from, isMarked: true }, NOON_MS);
    const own = left(verdict('unfit'), drill.incidentId);
    expect(act(own)).toBe('mark');
    expect(endOf(own)).toMatchObject({ outcome: 'escalated', code: 'set-unfit' });
    const another = left(verdict('unfit'), 'd0000002');
    expect(act(another)).toBe('mark');
    expect(endOf(another)).toMatchObject({ code: 'drill-waits', reason: expect.stringContaining('unfit: why') });
    const nothing = left(null, drill.incidentId);
    expect(act(nothing)).toBe('remove');
    expect(endOf(nothing)).toMatchObject({ code: 'drill-waits' });
    expect(act(left(verdict('unproved'), drill.incidentId))).toBe('remove');
  });

  it('is not made where no set is new: it says how old the proof is, and looks again a day later', () => {
    const proof = { setId: 'set-1', takenAtMs: 0, height: 931_000, atMs: NOON_MS - HOUR_MS, minutes: 11, usd: 0.2 };
    const record = { ...noDrill, proved: proof, tried: [{ setId: 'set-1', is: 'verified', atMs: 0, unproved: 0 }] };
    expect(next(planning({ record }))).toMatchObject({
      do: 'defer',
      ending: { outcome: 'healed' },
      againMs: 24 * HOUR_MS,
    });
    expect(act(planning({ record }), { requestedBy: 'person' })).toBe('begin');
  });

  it('is refused where there is no set, with why each is not good', () => {
    const none = next(planning({ good: [], refused: [{ setId: 'set-9', why: 'it is of another fleet' }] }));
    expect(none).toMatchObject({
      do: 'defer',
      ending: {
        outcome: 'refused',
        code: 'no-good-snapshot',
        reason: 'there is no good set; set-9: it is of another fleet',
      },
    });
  });
});

const verdict = (is: DrillVerdict['is'], isTold = true): DrillVerdict =>
  ({ is, atMs: NOON_MS - MINUTE_MS, height: 931_000, reason: 'why', isTold }) as DrillVerdict;
const removing = (one: DrillVerdict | null, more: Partial<Removing> = {}): Removing => ({
  ...{ at: 'removing', drill: { ...drill, verdict: one }, isInherited: false, isMarked: one?.is === 'unproved' },
  ...more,
});

describe('what was found', () => {
  it('is on the snapshots before the instance goes', () => {
    expect(act(removing(verdict('verified')))).toBe('mark');
    expect(act(removing(verdict('unfit')))).toBe('mark');
    expect(act(removing(verdict('verified'), { isMarked: true }))).toBe('remove');
  });

  it('is nothing where nobody knows: no snapshot is marked', () => {
    expect(act(removing(verdict('unproved')))).toBe('remove');
  });

  it.each<[string, Removing, object]>([
    [
      'a proof ends it well, with minutes from the launch',
      removing(verdict('verified')),
      { outcome: 'healed', reason: expect.stringContaining('11 min after the launch') },
    ],
    ['a bad set pages', removing(verdict('unfit')), { outcome: 'escalated', code: 'set-unfit', asFound: true }],
    [
      'no verdict pages, where only a person can help',
      removing(verdict('unproved')),
      { outcome: 'escalated', code: 'drill-unproved' },
    ],
    [
      'giving way pages nobody',
      removing(verdict('unproved', false)),
      { outcome: 'refused', code: 'drill-waits', page: false },
    ],
    [
      'what was left by another attempt gives no verdict',
      removing(verdict('verified'), { isInherited: true }),
      { outcome: 'refused', code: 'drill-waits' },
    ],
  ])('%s', (_, from, expected) => {
    expect(endingOf(from, NOON_MS)).toMatchObject(expected);
  });
});

describe('a version that is tried on a copy', () => {
  const trying: Drill = { ...drill, rehearses: '28.1' };
  const tried = (one: DrillVerdict) => endingOf(removing(one, { drill: { ...trying, verdict: one } }), NOON_MS);
  const proved = verdict('verified') as NonNullable<Running['proved']>;

  it.each<[string, Progress, string]>([
    [
      'is enabled before the client is started',
      running({ drill: trying, isEnabled: false, upSinceMs: null }),
      'enable',
    ],
    ['is started once it is enabled', running({ drill: trying, upSinceMs: null }), 'start'],
    ['is measured once it has caught up', running({ drill: trying, proved }), 'measure'],
  ])('%s', (_, progress, expected) => {
    expect(act(progress)).toBe(expected);
  });

  it('is tried on the newest set, whatever is known of that', () => {
    const proof = { setId: 'set-1', takenAtMs: 0, height: 931_000, atMs: NOON_MS - HOUR_MS, minutes: 11, usd: 0.2 };
    const record = { ...noDrill, proved: proof, tried: [{ setId: 'set-1', is: 'verified', atMs: 0, unproved: 0 }] };
    const decided = next(planning({ record }), { rehearses: '28.1' });
    expect(decided).toMatchObject({ do: 'begin', drill: { rehearses: '28.1' } });
    expect(decided).toMatchObject({ reason: expect.stringMatching(/^try 28\.1 before a node gets it: open set-1/) });
  });

  it('is what a person says yes to', () => {
    const asked = next(planning(), { mode: 'ask', rehearses: '28.1' });
    expect(asked).toMatchObject({
      do: 'ask',
      terms: expect.arrayContaining([['act', expect.stringContaining('start 28.1')]]),
    });
  });

  it.each<[string, DrillVerdict, object]>([
    [
      'goes on',
      verdict('verified'),
      { outcome: 'healed', reason: expect.stringContaining('28.1 goes on from a copy') },
    ],
    ['does not open the data', verdict('unfit'), { outcome: 'escalated', code: 'upgrade-failed', asFound: true }],
    ['is not seen to go on', verdict('unproved'), { outcome: 'escalated', code: 'upgrade-failed', asFound: true }],
    // The first node was stopped for its snapshot.
    ['fails, and says what no node got', verdict('unfit'), { reason: expect.stringContaining('No node got it') }],
    ['gave way to a heal', verdict('unproved', false), { outcome: 'refused', code: 'drill-waits', page: false }],
  ])('one that %s', (_, one, expected) => {
    expect(tried(one)).toMatchObject(expected);
  });
});

describe('the owner’s roll-back', () => {
  const COMMAND = '/opt/node/roll-back';
  const rolls = { ...drill, rollsBack: COMMAND };
  const verdict: DrillVerdict = {
    ...{ atMs: NOON_MS, height: 931_000, reason: 'it has caught up to 931000', openSeconds: 30 },
    is: 'verified',
  };
  const reduce = <K extends 'meet' | 'start' | 'prove' | 'try-command' | 'measure'>(
    act: K,
    from: Running,
    result: object,
    of = 'roll-back',
  ): Progress =>
    // biome-ignore lint/suspicious/noExplicitAny: one of these acts, as the table has them
    (DRILL.acts[act].reduce as any)(from, { do: act, from, upSinceMs: NOON_MS, of, command: COMMAND }, result, about);
  const proved = reduce('prove', running({ drill: rolls }), { verdict }) as Running;
  const rolled = reduce('try-command', proved, { begunAtMs: NOON_MS, upSinceMs: NOON_MS + 60_000 }) as Running;

  it('is tried on the copy once the set is proved, and not where the fleet file has none', () => {
    expect(next(proved)).toMatchObject({ do: 'try-command', of: 'roll-back', command: COMMAND });
    expect(act(reduce('prove', running(), { verdict }))).toBe('mark');
  });

  it('is followed by the same proof, from the start', () => {
    expect(next(rolled)).toMatchObject({ do: 'prove', upSinceMs: NOON_MS + 60_000 });
    expect(rolled.climb).toEqual(NO_CLIMB);
    const after = reduce('prove', rolled, { verdict: { ...verdict, atMs: NOON_MS + 120_000 } });
    expect(after).toMatchObject({
      at: 'removing',
      isMarked: false,
      drill: { verdict, rolledBack: { is: 'verified' } },
    });
    expect(act(after)).toBe('mark');
  });

  it('leaves what was found of the set as it was, whatever comes of it', () => {
    const bad = { is: 'unfit', atMs: NOON_MS, reason: 'its client ends' } as const;
    const failed = { is: 'unproved', atMs: NOON_MS, reason: 'it exits with 1', isTold: true } as const;
    for (const end of [
      reduce('prove', rolled, { verdict: bad }),
      reduce('try-command', proved, { begunAtMs: NOON_MS, verdict: failed }),
      reduce('try-command', proved, { failed: 'nobody answered', again: true }),
    ])
      expect(end).toMatchObject({ at: 'removing', isMarked: false, drill: { verdict, rolledBack: expect.anything() } });
  });

  it('that nobody answered is not sent twice', () => {
    expect(act(reduce('try-command', proved, { failed: 'nobody answered', again: true }))).toBe('mark');
  });

  const PRUNE = '/opt/node/prune';
  const both = { ...rolls, prunes: PRUNE };
  const tried = (from: Running, of: string, more: object = {}) =>
    reduce('try-command', from, { begunAtMs: NOON_MS, upSinceMs: NOON_MS, usedBytes: null, ...more }, of) as Running;

  it('is followed by the owner’s pruning on the same copy, and both are told', () => {
    const first = reduce('prove', running({ drill: both }), { verdict }) as Running;
    expect(next(first)).toMatchObject({ do: 'try-command', of: 'roll-back', command: COMMAND });
    const second = reduce('prove', tried(first, 'roll-back'), { verdict }) as Running;
    expect(next(second)).toMatchObject({ do: 'try-command', of: 'prune', command: PRUNE });
    expect(second.drill.rolledBack).toMatchObject({ is: 'verified' });
    const usedBytes = { before: 300 * 2 ** 30, after: 180 * 2 ** 30 };
    const end = reduce('prove', tried(second, 'prune', { usedBytes }), { verdict }) as Removing;
    expect(end).toMatchObject({ at: 'removing', drill: { verdict, pruned: verdict, prunedBytes: usedBytes } });
    expect(endingOf({ ...end, isMarked: true }, NOON_MS)).toMatchObject({
      outcome: 'healed',
      reason: expect.stringMatching(/roll-back on a copy.*; \/opt\/node\/prune on a copy.*, and it has freed 120 GiB$/),
    });
  });

  it('that does not come through leaves no copy for the pruning', () => {
    const first = reduce('prove', running({ drill: both }), { verdict }) as Running;
    const bad = { is: 'unfit', atMs: NOON_MS, reason: 'its client ends' } as const;
    const end = reduce('prove', tried(first, 'roll-back'), { verdict: bad });
    expect(end).toMatchObject({ at: 'removing', drill: { rolledBack: bad } });
    expect((end as Removing).drill).not.toHaveProperty('pruned');
  });

  it('need not be there for the pruning: one that does not come through is told, and done to no node', () => {
    const alone = reduce('prove', running({ drill: { ...drill, prunes: PRUNE } }), { verdict }) as Running;
    expect(next(alone)).toMatchObject({ do: 'try-command', of: 'prune', command: PRUNE });
    const failed = { is: 'unproved', atMs: NOON_MS, reason: 'it exits with 1', isTold: true } as const;
    const end = reduce('try-command', alone, { begunAtMs: NOON_MS, verdict: failed }, 'prune') as Removing;
    expect(end).toMatchObject({ isMarked: false, drill: { verdict, pruned: failed, prunedAtMs: NOON_MS } });
    expect(endingOf({ ...end, isMarked: true }, NOON_MS)).toMatchObject({
      ...{ outcome: 'escalated', code: 'drill-unproved' },
      reason: expect.stringMatching(/^\/opt\/node\/prune on a copy of .*: it exits with 1\. No node gets it\. /),
    });
  });

  const REINDEX = '/opt/node/reindex';

  it('is followed by the owner’s reindex, the last of all on the same copy, and its disk is measured once it is proved', () => {
    const all = { ...both, reindexes: REINDEX };
    const first = reduce('prove', running({ drill: all }), { verdict }) as Running;
    const second = reduce('prove', tried(first, 'roll-back'), { verdict }) as Running;
    expect(next(second)).toMatchObject({ do: 'try-command', of: 'prune', command: PRUNE });
    const third = reduce('prove', tried(second, 'prune'), { verdict }) as Running;
    expect(next(third)).toMatchObject({ do: 'try-command', of: 'reindex', command: REINDEX });
    const usedBytes = { before: 300 * 2 ** 30, after: 290 * 2 ** 30 };
    const built = reduce('prove', tried(third, 'reindex', { usedBytes }), { verdict }) as Running;
    expect(act(built)).toBe('measure');
    const end = reduce('measure', built, { usedBytes: 303 * 2 ** 30 }) as Removing;
    expect(end).toMatchObject({
      ...{ at: 'removing', isMarked: false },
      drill: { verdict, reindexed: { ...verdict, addedGiB: 3 }, reindexedAtMs: NOON_MS },
    });
    expect(endingOf({ ...end, isMarked: true }, NOON_MS)).toMatchObject({
      outcome: 'healed',
      reason: expect.stringMatching(/; \/opt\/node\/reindex on a copy of .*, and its data take 3 GiB more$/),
    });
  });

  it('need not be there for the reindex: one that does not come through is told, and done to no node', () => {
    const alone = reduce('prove', running({ drill: { ...drill, reindexes: REINDEX } }), { verdict }) as Running;
    expect(next(alone)).toMatchObject({ do: 'try-command', of: 'reindex', command: REINDEX });
    const bad = { is: 'unfit', atMs: NOON_MS, reason: 'its client ends' } as const;
    const end = reduce('prove', tried(alone, 'reindex'), { verdict: bad }) as Removing;
    expect(end).toMatchObject({ isMarked: false, drill: { verdict, reindexed: bad } });
    expect(endingOf({ ...end, isMarked: true }, NOON_MS)).toMatchObject({
      ...{ outcome: 'escalated', code: 'drill-unproved' },
      reason: expect.stringMatching(/^\/opt\/node\/reindex on a copy of .*: its client ends\. No node gets it\. /),
    });
  });

  it('that came too late was not begun, and is sent again, three times', () => {
    const late = { failed: 'late: past its start-by', again: true, isLate: true };
    const lateTimes = (times: number): Progress =>
      Array.from({ length: times }).reduce<Progress>((from) => reduce('try-command', from as Running, late), proved);
    expect(next(lateTimes(1) as Running)).toMatchObject({ do: 'try-command', of: 'roll-back', command: COMMAND });
    expect((lateTimes(1) as Running).ordinal).toBe(proved.ordinal + 1);
    expect(lateTimes(4)).toMatchObject({
      at: 'removing',
      drill: { verdict, rolledBack: { is: 'unproved', isTold: true } },
    });
  });

  it('has its own three times, whatever the commands before it have met', () => {
    const late = { failed: 'late: past its start-by', again: true, isLate: true };
    const spent = running({ drill: rolls, unanswered: 3 });
    expect(reduce('start', spent, late)).toMatchObject({ at: 'removing' });
    const begun = reduce('start', spent, { upSinceMs: NOON_MS, usedBytes: null }) as Running;
    expect(begun.unanswered).toBe(0);
    const met = reduce('meet', spent, { holder: { execution: 'arn', fence: 2 }, seen: null }) as Running;
    expect(met.unanswered).toBe(0);
  });

  const ending = (rolledBack: DrillVerdict) =>
    endingOf(
      {
        ...{ at: 'removing', isInherited: false, isMarked: true },
        drill: { ...rolls, verdict, rolledBack, rolledBackAtMs: NOON_MS - 4 * MINUTE_MS },
      },
      NOON_MS,
    );

  it('is told with the set; where it did not come through, people are told that no node gets it', () => {
    expect(ending(verdict)).toMatchObject({
      outcome: 'healed',
      reason: expect.stringContaining('its client was at the tip again 4 min after its stop'),
    });
    const failed = ending({ is: 'unproved', atMs: NOON_MS, reason: 'it exits with 1', isTold: true });
    expect(failed).toMatchObject({ outcome: 'escalated', code: 'drill-unproved' });
    expect(failed.reason).toMatch(/^\/opt\/node\/roll-back on a copy of .*: it exits with 1\. No node gets it\. /);
    expect(ending({ is: 'unproved', atMs: NOON_MS, reason: 'it gives way', isTold: false }).outcome).toBe('healed');
  });

  it('is part of the plan, and of what a person approves', () => {
    const rollBack = { command: COMMAND, minutes: 15, rehearse: true };
    const with_ = (more: object) => {
      const { fleet } = facts();
      return planning({ fleet: { ...fleet, replace: { ...fleet.replace, rollBack: { ...rollBack, ...more } } } });
    };
    expect(next(with_({}))).toMatchObject({ do: 'begin', drill: { rollsBack: COMMAND } });
    expect(next(with_({}), { mode: 'ask' })).toMatchObject({
      sentence: expect.stringContaining('try /opt/node/roll-back there once it is proved'),
      terms: expect.arrayContaining([['act', expect.stringContaining('run /opt/node/roll-back on its data')]]),
    });
    for (const [more, about_] of [
      [{ rehearse: false }, {}],
      [{}, { rehearses: '28.1' }],
    ] as const) {
      const begun = next(with_(more), about_);
      expect(begun.do === 'begin' && begun.drill).not.toHaveProperty('rollsBack');
    }
    const { fleet } = facts();
    const prune = { command: PRUNE, minutes: 60, rehearse: true, poolFloor: 2 };
    const prunes = planning({ fleet: { ...fleet, disk: { ...fleet.disk, prune } } });
    expect(next(prunes)).toMatchObject({ do: 'begin', drill: { prunes: PRUNE } });
    expect(next(prunes, { mode: 'ask' })).toMatchObject({
      terms: expect.arrayContaining([['act', expect.stringContaining('run /opt/node/prune on its data')]]),
    });
    const begun = next(
      planning({ fleet: { ...fleet, disk: { ...fleet.disk, prune: { ...prune, rehearse: false } } } }),
    );
    expect(begun.do === 'begin' && begun.drill).not.toHaveProperty('prunes');
  });

  it('and a reindex are of the drill as the fleet file says: not of a version’s, nor where only copies of a region are opened', () => {
    const { fleet } = facts();
    const reindexing = { ...fleet, replace: { ...fleet.replace, reindex: { command: REINDEX, minutes: 120 } } };
    const from = (more: Parameters<typeof facts>[0] = {}) => planning({ fleet: reindexing, ...more });
    expect(next(from())).toMatchObject({ do: 'begin', drill: { reindexes: REINDEX } });
    expect(next(from(), { mode: 'ask' })).toMatchObject({
      terms: expect.arrayContaining([['act', expect.stringContaining('run /opt/node/reindex on its data')]]),
    });
    const copies = { newestAtMs: NOON_MS, failed: [], instanceType: 'm6i.large' };
    for (const begun of [next(from(), { rehearses: '28.1' }), next(from({ copies }))])
      expect(begun.do === 'begin' && begun.drill).not.toHaveProperty('reindexes');
  });
});

describe('what its client has read', () => {
  const verdict = {
    is: 'verified',
    atMs: NOON_MS,
    height: 931_000,
    reason: 'it has caught up',
    openSeconds: 30,
  } as const;
  const learning = { ...drill, learns: true as const, rollsBack: '/opt/node/roll-back' };
  const proved = DRILL.acts.prove.reduce(
    running(),
    { do: 'prove', from: running({ drill: learning }), upSinceMs: NOON_MS },
    { verdict },
    about as never,
  ) as Running;
  const learn = { do: 'learn', from: proved, verdict } as const;
  const folders = [{ path: '/node-data', folder: 'chainstate', mib: 400 }];

  it('is asked once the set is proved, and before a command of the owner’s reads other files', () => {
    expect(next(proved)).toEqual(learn);
    const after = DRILL.acts.learn.reduce(proved, learn, { read: folders }, about as never) as Running;
    expect(after).toMatchObject({ ordinal: proved.ordinal + 1, drill: { read: folders } });
    expect(act(after)).toBe('try-command');
    const back = DRILL.acts.prove.reduce(
      after,
      { do: 'prove', from: { ...after, trial: after.trial && { ...after.trial, isDone: true } }, upSinceMs: NOON_MS },
      { verdict },
      about as never,
    );
    expect(act(back)).toBe('mark');
  });

  it('is asked in vain where nobody answers or can tell: the set is as good, and the roll-back is tried', () => {
    for (const after of [
      DRILL.acts.learn.reduce(proved, learn, { read: null }, about as never),
      DRILL.acts.learn.abandon(proved, learn, {
        message: 'throttled',
        isAws: true,
        throttled: true,
      } as never) as Progress,
    ]) {
      expect(act(after)).toBe('try-command');
      expect((after as Running).drill.read).toBeUndefined();
    }
  });

  it.each<[string, boolean, object, Partial<About>]>([
    ['asked', true, {}, {}],
    ['not asked where the file has nothing read before an exchange', false, { replace: { warm: false } }, {}],
    ['not asked where AWS loads all of a volume', false, { replace: { initializationMiBps: 200 } }, {}],
    ['not asked of a version that is tried', false, {}, { rehearses: '28.1' }],
  ])('is %s', (_, isAsked, more, of) => {
    const fleet = bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1' }, ...more });
    const decided = next(planning({ fleet }), of);
    if (decided.do !== 'begin') throw new Error(`it does not begin: ${JSON.stringify(decided)}`);
    expect(decided.drill.learns).toBe(isAsked ? true : undefined);
  });
});
