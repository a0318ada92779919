// How a full disk is pruned: what is written before anything is stopped, what follows whatever the command says, and what a later attempt finds.
import { describe, expect, it } from '@jest/globals';
import { beyondApproval, questionOf } from '../../../functions/resize-volume/plan.ts';
import { endedBy, reserved, runs, unprunable } from '../../../functions/resize-volume/prune.ts';
import type { Act, Acts } from '../../../functions/resize-volume/state.ts';
import type { PrunePlan, ResizeFacts } from '../../../shared/growth/decide.ts';
import { grant, newNode, unsettled } from '../../../shared/heal/lease.ts';
import type { NodeRecord, ReplaceOperation } from '../../../shared/heal/records.ts';
import { DAY_MS } from '../../../shared/model/execution.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { clientState, nodeState, observation } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import { answer, heal, holder, type Replies, type Run, toldOfClients } from '../../fixtures/heal-program.ts';
import { PRUNE_COMMAND, pruneFacts, pruningFleet, resizeFacts } from '../../fixtures/resize-facts.ts';

const note = {
  ...{ key: '7f3a0c1d/1', command: PRUNE_COMMAND, volumeId: DATA_VOLUME, atMs: NOON_MS },
  ...{ usedBytesBefore: 455 * GIB, usedBytesAfter: 300 * GIB, ended: { as: 'done' as const } },
};
const known = (seen: ResizeFacts['seen'], more: Partial<NonNullable<ResizeFacts['prune']>> = {}): ResizeFacts =>
  resizeFacts({ fleet: pruningFleet(), seen, prune: pruneFacts(more) });
/** Full at first; after the pruning as `usedGiB` says. */
const pruning = (replies: Partial<Replies> = {}, usedGiB = 300): Run =>
  heal('act', {
    'await-command': ({ goal }) =>
      answer(goal.for === 'measure' ? observation({ usedBytes: usedGiB * GIB }) : observation()),
    observe: ({ seen }) =>
      known(seen, seen.usedBytes < 450 * GIB || usedGiB === 450 ? { last: note, isOurs: true } : {}),
    ...replies,
  });
/** The first look finds it full, and whatever is read later has a pruning within the day. */
const fullThen = (usedGiB: number): Partial<Replies> => {
  let looks = 0;
  return {
    observe: ({ seen }) =>
      known(seen, looks++ === 0 ? {} : { last: { ...note, usedBytesAfter: usedGiB * GIB }, isOurs: true }),
  };
};
const names = ({ acts }: Run): string => acts.map((act) => act.do).join(' ');
const of = <Name extends keyof Acts>({ acts }: Run, name: Name) =>
  acts.filter(({ do: is }) => is === name) as unknown as readonly Act<Name>[];

describe('a pruning that helps', () => {
  const run = pruning();

  it('is reserved, sent once, proved by what others see, measured by the node, and heals the disk alone', () => {
    expect(names(run)).toBe(
      'claim lease send await-command observe begin-prune prune prove-back send await-command settle-prune observe prove conclude release',
    );
    expect(run.ending).toMatchObject({
      outcome: 'healed',
      reason: expect.stringContaining('/opt/node/prune has freed 155 GiB'),
    });
  });

  it('numbers its commands among the others, under the one fence', () => {
    const ordinals = run.acts.flatMap((act) => (act.do === 'send' || act.do === 'prune' ? [act.held.ordinal] : []));
    expect(ordinals).toEqual([1, 2, 3]);
  });

  it('is proved against the height at which its client was stopped', () => {
    expect(of(run, 'prove-back')[0]?.pruning).toMatchObject({ upSinceMs: NOON_MS, memory: { height: 900_000 } });
  });
});

describe('a pruning that frees too little', () => {
  it('is followed by the growth to the ceiling', () => {
    const run = pruning({ ...fullThen(450) }, 450);
    expect(names(run)).toContain('settle-prune observe reserve intend modify await-modification');
    expect(of(run, 'intend')[0]?.plan).toMatchObject({
      toGiB: 600,
      reason: expect.stringContaining('has freed 5 GiB'),
    });
  });

  it('at the ceiling pages a person, with how much it freed', () => {
    const fleet = pruningFleet({}, { maximumSizeGiB: 500 });
    let looks = 0;
    const run = pruning(
      {
        observe: ({ seen }) => ({
          ...known(seen, looks++ === 0 ? {} : { last: { ...note, usedBytesAfter: 450 * GIB } }),
          fleet,
        }),
      },
      450,
    );
    expect(run.ending).toMatchObject({
      ...{ outcome: 'refused', code: 'size-ceiling', page: true },
      reason: expect.stringContaining('/opt/node/prune has freed 5 GiB'),
    });
  });
});

describe('whatever comes of the command', () => {
  const down = nodeState({ clients: [clientState({ state: 'failed' })] });

  it.each<[string, Acts['prune']['result'], string]>([
    [
      'it fails, and its client runs again',
      { atMs: NOON_MS, answer: toldOfClients({ result: 'failed', reason: 'it exits with 1' }) },
      'failed',
    ],
    [
      'it fails, and its client is down',
      { atMs: NOON_MS, answer: toldOfClients({ result: 'failed', after: down }) },
      'failed',
    ],
    ['nobody answers', { atMs: NOON_MS, answer: { over: 'it can no longer run' } }, 'unknown'],
    ['it comes late', { atMs: NOON_MS, answer: toldOfClients({ result: 'late', after: null }) }, 'unknown'],
    ['it is refused in a replay', { refuse: 'paused', reason: 'paused', page: false, retryAfterMs: 1 }, 'unknown'],
  ])('%s: its client is brought up where it does not run, and nothing is sent twice', (_, told, as) => {
    const run = pruning({ prune: () => told, ...fullThen(455) }, 455);
    expect(of(run, 'prune').length).toBe(1);
    expect(of(run, 'settle-prune')[0]?.pruning.ended).toMatchObject({ as });
    const isUp = 'answer' in told && 'result' in told.answer && runs(told.answer);
    expect(of(run, 'wake').length).toBe(isUp ? 0 : 1);
    // A full disk grows all the same.
    expect(names(run)).toContain('settle-prune observe reserve intend modify');
  });

  it('where somebody has stopped its client first, it stays stopped: nothing is run, and nothing is started', () => {
    const reason = 'somebody has stopped node@0.21.0, which ran: nothing was changed';
    const answer = toldOfClients({ result: 'failed', fault: 'person', after: down, reason });
    const run = pruning({ prune: () => ({ atMs: NOON_MS, answer }) });
    expect(names(run)).toMatch(/prune settle-prune conclude release$/);
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'client-stopped', page: false });
    expect(of(run, 'release')[0]?.keepOperation).toBeUndefined();
  });

  it('a client that does not come up is told to start three times, then a person is told, and the next attempt goes on', () => {
    const run = pruning({
      prune: () => ({ atMs: NOON_MS, answer: toldOfClients({ result: 'failed', after: down }) }),
      wake: () => ({ atMs: NOON_MS, answer: toldOfClients({ result: 'failed', after: down, reason: 'it ends' }) }),
    });
    expect(of(run, 'wake').map(({ held }) => held.ordinal)).toEqual([3, 4, 5]);
    expect(run.ending).toMatchObject({ outcome: 'failed', code: 'command-failed', page: true });
    expect(of(run, 'release')[0]).toMatchObject({ keepOperation: true, commandsOver: false });
  });

  it('a node that does not follow its chain any more is left to the ladder, and people are told', () => {
    const run = pruning({ 'prove-back': () => ({ unproved: '20 min after its start it is stuck', blames: true }) });
    expect(names(run)).toContain('settle-prune conclude release');
    expect(run.ending).toMatchObject({
      ...{ outcome: 'failed', code: 'not-proved', page: true },
      reason: 'after /opt/node/prune: 20 min after its start it is stuck',
    });
    expect(of(run, 'release')[0]?.keepOperation).toBeUndefined();
  });

  it('a node that does not say how full it is is asked three times, and nothing is decided by it', () => {
    const run = pruning({
      'await-command': ({ goal }) => (goal.for === 'measure' ? { over: 'no answer' } : answer(observation())),
    });
    expect(of(run, 'send').filter(({ goal }) => goal.for === 'measure').length).toBe(3);
    expect(of(run, 'settle-prune')[0]?.seen).toBeNull();
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'node-silent' });
  });
});

describe('what an attempt has left open', () => {
  const open = {
    memory: { command: PRUNE_COMMAND, height: 900_000 },
    ended: { as: 'unknown', reason: 'cut off' },
  } as const;
  const leased = () => ({ holder, openUntilMs: null, open });

  it('is settled first: its client is brought up, and the command is not sent again', () => {
    const run = pruning({ lease: leased, observe: ({ seen }) => known(seen, { last: note, isOurs: true }) });
    expect(names(run)).toMatch(/^claim lease wake prove-back send await-command settle-prune observe /);
    expect(of(run, 'prune')).toEqual([]);
    expect(of(run, 'wake')[0]?.held.ordinal).toBe(1);
  });

  it('is asked for again while the node is at the command of then, without a limit of its own, and then three times', () => {
    const openUntilMs = NOON_MS + 60 * MINUTE_MS;
    let minutes = 0;
    const run = pruning({
      lease: () => ({ holder, openUntilMs, open }),
      wake: () => ({
        atMs: NOON_MS + 7 * MINUTE_MS * ++minutes,
        answer: toldOfClients({ result: 'late', after: null }),
      }),
    });
    const wakes = of(run, 'wake');
    expect(wakes.length).toBe(8 + 3);
    expect(wakes.map(({ afterSeconds }) => afterSeconds)).toEqual([0, ...Array(8).fill(300), 0, 0]);
    expect(run.ending).toMatchObject({ outcome: 'failed', code: 'command-unanswered', page: true });
  });

  it.each(['plan', 'ask'] as const)('is settled in mode %s as well, and nothing more is done', (mode) => {
    const run = heal(mode, { survey: () => known(null, { isOpen: true, last: note }), lease: leased });
    expect(names(run)).toBe('claim survey lease wake prove-back send await-command settle-prune conclude release');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'mode-changed', page: false });
  });

  it('and is settled meanwhile by another attempt leaves nothing to do', () => {
    const run = heal('plan', { survey: () => known(null, { isOpen: true, last: note }) });
    expect(names(run)).toBe('claim survey lease conclude release');
  });
});

describe('a node that its fleet cannot spare after all', () => {
  it('is grown in place of it, and the plan says why', () => {
    const run = pruning({ 'begin-prune': () => ({ not: 'another node of the fleet has its turn' }) });
    expect(names(run)).toContain('begin-prune reserve intend modify');
    expect(of(run, 'intend')[0]?.plan.reason).toMatch(/; not pruned: another node of the fleet has its turn$/);
  });

  it('is not grown where a person has approved its pruning alone', () => {
    const facts = () => known(null);
    const run = heal('ask', {
      ...{ survey: facts, observe: ({ seen }) => known(seen) },
      'begin-prune': () => ({ not: 'another node of the fleet has its turn' }),
    });
    expect(names(run)).toBe('claim survey ask lease send await-command observe begin-prune conclude release');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'cannot-be-spared', page: false });
  });

  it('is not touched where a guard refuses', () => {
    const run = pruning({
      'begin-prune': () => ({ refuse: 'paused', reason: 'paused', page: false, retryAfterMs: 1 }),
    });
    expect(names(run)).toMatch(/begin-prune conclude release$/);
  });
});

describe('what is written before the client is stopped', () => {
  const proving = {
    kind: 'replace',
    phase: 'down',
    incidentId: '2dd2',
    memory: { upSinceMs: NOON_MS },
  } as ReplaceOperation;
  const plan = {
    do: 'prune',
    ...{ volumeId: DATA_VOLUME, toGiB: 500, command: PRUNE_COMMAND, seconds: 60 },
  } as PrunePlan;
  const node = reserved(
    { ...newNode('bitcoin', INSTANCE), owner: holder.execution },
    {
      plan: { ...plan, usedBytes: 455 * GIB, height: 900_000 },
      key: '7f3a0c1d/1',
      atMs: NOON_MS,
      incidentId: '7f3a0c1d',
    },
  );

  it('says that the client may be down, whose it is, and how full the disk was', () => {
    expect(node).toMatchObject({
      operation: {
        kind: 'grow',
        phase: 'down',
        incidentId: '7f3a0c1d',
        prune: { command: PRUNE_COMMAND, height: 900_000 },
      },
      pruned: { key: '7f3a0c1d/1', usedBytesBefore: 455 * GIB, usedBytesAfter: null },
    });
    expect(node.pruned).not.toHaveProperty('ended');
    expect(unsettled(node)).toBe(true);
  });

  it.each<[string, Partial<NodeRecord>, string | null]>([
    ['nothing speaks against it', {}, null],
    ['it is this attempt’s own', { pruned: { ...note, key: '7f3a0c1d/1' } }, null],
    ['one was to be run a day ago', { pruned: { ...note, key: 'other/1', atMs: NOON_MS - DAY_MS } }, null],
    [
      'one was to be run since',
      { pruned: { ...note, key: 'other/1', atMs: NOON_MS - DAY_MS + 1 } },
      'pruned within a day',
    ],
    ['another heal waits for the proof of its client', { operation: proving }, 'another heal waits for the proof'],
  ])('is written only where it may be stopped: %s', (_, more, why) => {
    const said = unprunable({ ...newNode('bitcoin', INSTANCE), ...more }, '7f3a0c1d/1', NOON_MS);
    if (why === null) expect(said).toBeNull();
    else expect(said).toContain(why);
  });

  it('is settled by the same kind of heal alone, which waits for no command: its first one raises the fence', () => {
    const dead = { state: 'ended', endedAtMs: NOON_MS - HOUR_MS } as const;
    const by = (kind: 'grow' | 'replace', quietAfterMs: number) =>
      grant({ ...node, quietAfterMs }, 'arn:next', dead, NOON_MS, kind);
    expect(by('grow', NOON_MS - 1)).toHaveProperty('next');
    expect(by('grow', NOON_MS + 1)).toHaveProperty('next');
    expect(by('replace', NOON_MS - 1)).toHaveProperty('refused');
  });
});

describe('an answer', () => {
  it('is done only where the node says so', () => {
    expect(endedBy(toldOfClients())).toEqual({ as: 'done' });
    expect(endedBy(toldOfClients({ result: 'failed', reason: 'it exits with 1' }))).toEqual({
      as: 'failed',
      reason: 'it exits with 1',
    });
    for (const told of [{ over: 'no answer' }, toldOfClients({ result: 'stale' }), toldOfClients({ result: 'late' })])
      expect(endedBy(told)).toMatchObject({ as: 'unknown' });
  });

  it('tells a client that runs only where each of them does', () => {
    const clients = (...states: ('running' | 'failed')[]) =>
      toldOfClients({ after: nodeState({ clients: states.map((state) => clientState({ state })) }) });
    expect([clients('running', 'running'), clients('running', 'failed'), clients()].map(runs)).toEqual([
      true,
      false,
      false,
    ]);
    expect(runs(toldOfClients({ after: null }))).toBe(false);
  });
});

describe('an approval of a pruning', () => {
  const plan = {
    ...{
      do: 'prune',
      volumeId: DATA_VOLUME,
      toGiB: 500,
      command: PRUNE_COMMAND,
      seconds: 60,
      usedBytes: 0,
      height: null,
    },
    reason: 'it is full',
  } as PrunePlan;
  const grow = { do: 'grow-filesystem', volumeId: DATA_VOLUME, toGiB: 500, reason: 'it is full' } as const;

  it('names its command, and that nothing grows or costs', () => {
    expect(questionOf(plan).terms).toEqual([
      ['act', 'stop the client, run its owner’s pruning on its data, and start it; nothing grows'],
      ['volume', DATA_VOLUME],
      ['command', PRUNE_COMMAND],
      ['size', '500 GiB at most'],
      ['cost', 'nothing'],
    ]);
    expect(questionOf(plan).words.would).toBe('stop the client, run /opt/node/prune, and start it');
  });

  it('holds for this command alone, and one of a growth for no pruning', () => {
    expect(beyondApproval(plan, plan)).toBeNull();
    expect(beyondApproval(plan, { ...plan, command: '/opt/node/other' })).toContain('now it would run /opt/node/other');
    expect(beyondApproval(plan, grow)).toBe('approved for its pruning only, now it must grow too');
    expect(beyondApproval(grow, plan)).toContain('now it would run /opt/node/prune first');
  });
});
