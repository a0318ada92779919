import { describe, expect, it } from '@jest/globals';
import { ACTS, SNAPSHOT as SNAPSHOT_HEAL } from '../../../functions/snapshot-node/acts.ts';
import { decideNext } from '../../../functions/snapshot-node/decide.ts';
import { judgeCopies, judgeStop, refusalOf, volumesOf } from '../../../functions/snapshot-node/judge.ts';
import { downSince } from '../../../functions/snapshot-node/progress.ts';
import { requestOf } from '../../../functions/snapshot-node/snapshots.ts';
import type { Act, Preparing, SnapshotFacts } from '../../../functions/snapshot-node/state.ts';
import { denied } from '../../../shared/heal/approval.ts';
import { judgeProof } from '../../../shared/heal/back-proof.ts';
import type { Ending } from '../../../shared/heal/outcome.ts';
import type { SnapshotPayload } from '../../../shared/model/payload.ts';
import { readLedger } from '../../../shared/snapshots/ledger.ts';
import { snapshotPayload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { clientState, mountedVolume, nodeState, observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  answer,
  ended,
  FAILS,
  facts,
  fleetWithoutSnapshots,
  HOLDER,
  operation,
  type Replies,
  SNAPSHOT,
  snapshotFleet,
  stopped,
  turn,
  wellDone,
} from '../../fixtures/snapshot-node-facts.ts';

type Said = Partial<Replies>;

/** Runs the decisions to their end; an act without an answer in `said` succeeds. */
function story(
  said: Said = {},
  more: Partial<SnapshotPayload> = {},
): { acts: Act['do'][]; all: Act[]; ending: Ending | null } {
  const all: Act[] = [];
  const times = new Map<string, number>();
  const payload = snapshotPayload(more);
  let progress = SNAPSHOT_HEAL.start;
  for (let count = 0; count < SNAPSHOT_HEAL.turnLimit; count++) {
    const act = decideNext(progress, payload);
    if (act.do === 'end') return { acts: all.map((one) => one.do), all, ending: act.ending };
    all.push(act);
    const time = (times.get(act.do) ?? 0) + 1;
    times.set(act.do, time);
    progress = turn({ ...wellDone, ...said }, progress, act, time, payload).after ?? { at: 'lost' };
  }
  throw new Error(`no end: ${all.map((one) => one.do).join(' ')}`);
}

const PREPARED = ['claim', 'look', 'lease', 'inspect', 'look', 'leave-pool', 'look', 'stop'] as const;
const codeOf = (ending: Ending | null) => (ending && 'code' in ending ? ending.code : ending?.outcome);

describe('a clean snapshot', () => {
  it('leaves the pool, stops, captures, starts at once, proves, gives the node back, and then waits for the copies', () => {
    const { acts, ending } = story();
    expect(acts).toEqual([...PREPARED, 'take', 'start', 'prove', 'settle', 'release', 'register', 'await', 'conclude']);
    expect(ending).toEqual({ outcome: 'healed', reason: `${SNAPSHOT} is completed` });
  });

  it('writes what it found of the node before it touches it, and where it was when it was stopped', () => {
    const moved = { nodes: ['node1', 'node2', 'node3'].map((name) => observedNode({ name, height: 900_004 })) };
    const { all } = story({ look: (_, time) => facts(time === 3 ? moved : {}) });
    const left = all.find((act) => act.do === 'leave-pool');
    expect(left).toMatchObject({
      operation: {
        kind: 'snapshot',
        phase: 'preparing',
        memory: {
          setId: '7f3a0c1d-3',
          intent: null,
          found: {
            height: 900_000,
            volumes: [{ role: 'data', path: DATA_PATH, volumeId: DATA_VOLUME, device: '/dev/sdf' }],
          },
        },
      },
    });
    expect(all.find((act) => act.do === 'stop')).toMatchObject({
      operation: { phase: 'down', memory: { found: { height: 900_004 } } },
    });
  });

  it('says what it would do in mode plan, and touches nothing', () => {
    const { acts, ending } = story({}, { mode: 'plan' });
    expect(acts).toEqual(['claim', 'look', 'conclude']);
    const would =
      'stop the client of node2 cleanly (up to 600 s) at height 900000, take a snapshot of its volumes (data) and start it again; 2 synced nodes serve meanwhile';
    expect(ending).toEqual({ outcome: 'planned', reason: would, plan: { would, because: '' } });
  });

  it('asks a person in mode ask, and looks anew when the answer has come', () => {
    expect(story({}, { mode: 'ask' }).acts.slice(0, 6)).toEqual(['claim', 'look', 'ask', 'look', 'lease', 'inspect']);
    const no = denied('a person said no');
    expect(story({ ask: () => no }, { mode: 'ask' }).acts).toEqual(['claim', 'look', 'ask', 'conclude']);
  });

  it('does not stop a node for volumes that nobody said yes to', () => {
    const another = [
      volumeNow({ volumeId: ROOT_VOLUME, attachment: attachedAt('/dev/xvda') }),
      volumeNow({ volumeId: 'vol-0a0a0a0a0a0a0a0a0' }),
    ];
    const { acts, ending } = story(
      { look: (_, time) => facts(time === 2 ? { volumes: another } : {}) },
      { mode: 'ask' },
    );
    expect(acts).toEqual(['claim', 'look', 'ask', 'look', 'conclude']);
    expect(ending).toMatchObject({ outcome: 'refused', code: 'approval-exceeded' });
    expect(ending).toMatchObject({ reason: expect.stringContaining('vol-0a0a0a0a0a0a0a0a0') });
  });

  it('is not taken where nothing says that the client ended cleanly: then it is only started again', () => {
    const held = { holder: HOLDER, ordinal: 2, commandsOver: true, seenFence: 4 };
    const down = (clean: { exitStatus: number; lastLine: string } | null) =>
      downSince(held, operation({}, { clean }), { by: 'this attempt', facts: facts() });
    expect(decideNext(down(null), snapshotPayload()).do).toBe('start');
    expect(decideNext(down({ exitStatus: 0, lastLine: 'Shutdown: done' }), snapshotPayload()).do).toBe('take');
  });

  it('touches nothing when its attempt is another’s, and stops where it is when its lease is', () => {
    expect(story({ claim: () => ({ end: 'claimed by another execution' }) })).toMatchObject({
      acts: ['claim'],
      ending: null,
    });
    expect(story({ stop: () => ({ lost: true }) }).acts).toEqual(PREPARED);
  });
});

describe('a validator', () => {
  const powers = (missing: number) =>
    ['node1', 'node2', 'node3', 'node4'].map((name) =>
      observedNode({ name, role: 'validator', votes: { own: 10, chain: { total: 40, missing, byzantine: 0 } } }),
    );
  const fleet = { ...snapshotFleet({ role: { tag: 'Role' } }), chain: 'cometbft' } as const;
  const of = (missing = 0, more: Partial<SnapshotFacts> = {}) =>
    facts({ fleet, role: 'validator', nodes: powers(missing), ...more });
  const codes = (seen: SnapshotFacts, more: Partial<SnapshotPayload>) =>
    refusalOf(seen, snapshotPayload({ requestedBy: 'person', ...more }))?.refuse ?? null;

  it('is stopped for a person who says what it is', () => {
    expect(codes(of(), { acknowledgesValidator: true })).toBeNull();
    expect(codes(of(), {})).toBe('validator');
  });

  it('is never stopped for a schedule, whatever an earlier request has said', () => {
    const scheduled = of();
    expect(codes(scheduled, { requestedBy: 'schedule', acknowledgesValidator: true })).toBe('validator');
  });

  it('is one by its tags now, though it was observed as a follower', () => {
    const nodes = powers(10).map((node) => ({ ...node, role: 'follower' as const }));
    expect(codes(of(10, { nodes }), { acknowledgesValidator: true })).toBe('quorum-at-risk');
  });

  it('is one as it was observed, though its tags say follower now', () => {
    expect(codes(of(0, { role: 'follower' }), {})).toBe('donor-unsuitable');
    expect(codes(of(10, { role: 'follower' }), { acknowledgesValidator: true })).toBe('quorum-at-risk');
  });

  it('is not stopped where its power stops counting while its name leaves the pool', () => {
    const looks = [of(), of(), of(10)];
    const { acts, ending } = story(
      { look: (_, time) => looks[time - 1] ?? of() },
      { requestedBy: 'person', acknowledgesValidator: true },
    );
    expect(acts).not.toContain('stop');
    expect(codeOf(ending)).toBe('quorum-at-risk');
  });

  it('is named as one in what an approval covers, and its snapshots say so', () => {
    const { all } = story({ look: () => of() }, { mode: 'ask', requestedBy: 'person', acknowledgesValidator: true });
    expect(all.find((act) => act.do === 'ask')).toMatchObject({
      terms: expect.arrayContaining([['role', 'validator, as a person has acknowledged']]),
    });
    const { TagSpecifications } = requestOf(snapshotPayload(), of(), operation().memory);
    const tags = Object.fromEntries(
      (TagSpecifications?.[0]?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]),
    );
    expect(readLedger(tags)).toMatchObject({ ofValidator: true });
  });
});

describe('what keeps a node from being stopped', () => {
  const others = (...health: ('synced' | 'stuck')[]) => [
    observedNode(),
    ...health.map((one, i) => observedNode({ name: `node${i + 3}`, health: one })),
  ];
  it.each<[string, Partial<SnapshotFacts>, string]>([
    [
      'it is a validator',
      { role: 'validator', fleet: snapshotFleet({ owner: { restartValidators: true } }) },
      'validator',
    ],
    ['nobody knows its role', { role: 'unknown' }, 'role-unknown'],
    [
      'its instance does not run',
      { instance: { state: 'stopped', availabilityZone: '', rootVolumeId: null } },
      'instance-stopped',
    ],
    ['its instance is gone', { instance: null, role: 'unknown' }, 'instance-gone'],
    [
      'it was not observed lately',
      { observedAtMs: null, nodes: others('synced', 'synced').slice(1) },
      'observation-stale',
    ],
    [
      'it is not synced',
      { nodes: [observedNode({ health: 'behind' }), ...others('synced', 'synced').slice(1)] },
      'donor-unsuitable',
    ],
    ['the chain stands still', { haltedSinceMs: NOON_MS - HOUR_MS }, 'chain-standing'],
    [
      'the breaker is open',
      { breaker: { open: true, sentence: '2 of 3 nodes unhealthy or unknown, limit 1' } },
      'breaker-open',
    ],
    ['too few would serve without it', { nodes: others('synced', 'stuck') }, 'pool-at-floor'],
    ['the fleet file wants none any more', { fleet: fleetWithoutSnapshots() }, 'not-due'],
  ])('%s', (_, more, code) => {
    const first = story({ look: () => facts(more) });
    expect(codeOf(first.ending)).toBe(code);
    expect(first.acts).toEqual(['claim', 'look', 'conclude']);
    // The same right before the stop: the node returns to the pool.
    const later = story({ look: (__, time) => facts(time === 3 ? more : {}) });
    expect(later.acts.slice(-4)).toEqual(['look', 'conclude', 'release', 'register']);
    expect(codeOf(later.ending)).toBe(code);
    expect(later.ending).toMatchObject({ outcome: 'refused', page: false });
  });

  it('a pool at its floor is no reason where its file says so, and a person’s word is none against it', () => {
    const alone = facts({
      nodes: [observedNode()],
      fleet: snapshotFleet({ snapshots: { clean: { alone: true } } }),
    });
    expect(refusalOf(alone, snapshotPayload())).toBeNull();
    const byHand = facts({ nodes: [observedNode()], fleet: fleetWithoutSnapshots() });
    expect(refusalOf(byHand, snapshotPayload({ requestedBy: 'person' }))).toMatchObject({ refuse: 'pool-at-floor' });
    expect(refusalOf(facts({ fleet: fleetWithoutSnapshots() }), snapshotPayload({ requestedBy: 'person' }))).toBeNull();
  });

  it.each([
    ['nothing of its own is mounted where the data should be', nodeState({ volumes: [] }), {}, 'volume-not-found'],
    [
      'EC2 does not have that volume at the instance',
      nodeState(),
      { volumes: [volumeNow({ volumeId: ROOT_VOLUME })] },
      'volume-changed',
    ],
    [
      'the data are on the root volume',
      nodeState({ volumes: [mountedVolume({ volumeId: ROOT_VOLUME })] }),
      {},
      'donor-unsuitable',
    ],
    [
      'the filesystem is read-only',
      nodeState({ volumes: [mountedVolume({ readOnly: true })] }),
      {},
      'donor-unsuitable',
    ],
    [
      'what runs could not be started again',
      nodeState({ runs: [{ startedSecondsAgo: 1, restarts: 0, lacks: 'its file is gone' }] }),
      {},
      'donor-unsuitable',
    ],
    [
      'a mount unit of somebody’s would have to mount the data again',
      nodeState({ heldBy: [{ path: '/node-data', by: '/etc/systemd/system/node\\x2ddata.mount' }] }),
      {},
      'donor-unsuitable',
    ],
    [
      'the client does not run as it is',
      nodeState({ clients: [clientState({ state: 'failed', exitStatus: 1 })] }),
      {},
      'client-stopped',
    ],
  ])('what the node says of itself: %s', (_, seen, more, code) => {
    expect(volumesOf(facts(more), seen)).toMatchObject({ refuse: code });
    const { acts } = story({ look: () => facts(more), inspect: () => ({ answer: answer({ after: seen }) }) });
    expect(acts).not.toContain('stop');
    expect(acts).toContain('release');
  });

  it('a volume that was exchanged between two looks', () => {
    const other = 'vol-0ffffffffffffffff';
    const swapped = facts({ volumes: [volumeNow({ volumeId: ROOT_VOLUME }), volumeNow({ volumeId: other })] });
    const { acts, ending } = story({ look: (_, time) => (time === 3 ? swapped : facts()) });
    expect([acts.includes('stop'), codeOf(ending)]).toEqual([false, 'volume-changed']);
  });

  it('a node that does not answer, and one that knows a higher fence, which the next grant overtakes', () => {
    const silent = story({ inspect: () => ({ over: 'command 4.1 was not answered' }) });
    expect([silent.acts.slice(-2), codeOf(silent.ending)]).toEqual([['release', 'conclude'], 'node-silent']);
    const stale = answer({ result: 'stale', fence: 9, after: null, reason: 'has seen 9.1' });
    const held = { holder: HOLDER, ordinal: 0, commandsOver: true, seenFence: 0 };
    const from: Preparing = { at: 'preparing', held, facts: null, seen: null, operation: null };
    const after = ACTS.inspect.reduce(from, { do: 'inspect', from }, { answer: stale }, snapshotPayload());
    expect(after).toMatchObject({ at: 'releasing', held: { seenFence: 9, commandsOver: true } });
  });
});

it('tells why a client cannot be started again where AWS refuses its command, and not that the node is silent', () => {
  const refuse = { refuse: 'aws-refused', reason: 'no policy allows it', page: true, retryAfterMs: 1 } as const;
  const { ending } = story({ start: () => refuse });
  expect(ending).toMatchObject({ outcome: 'failed', code: 'aws-refused', page: true });
  expect(ending).toMatchObject({ reason: expect.stringMatching(/cannot be started: no policy allows it/) });
});

it('starts a client that an earlier attempt has left down without a look at EC2', () => {
  const { acts } = story({ claim: () => ({ mine: true, owesStart: true }) });
  expect(acts.slice(0, 2)).toEqual(['claim', 'lease']);
});

describe('evidence of a clean stop', () => {
  const of = (...how: Parameters<typeof stopped>) => judgeStop(stopped(...how), snapshotFleet());

  it('is an exit status of its own and the client’s own last line', () => {
    expect(of()).toEqual({ exitStatus: 0, lastLine: expect.stringContaining('Shutdown: done'), seconds: 12 });
    expect(of({}, { exitStatus: 143 })).toMatchObject({ exitStatus: 143 });
    // node@0.21.0 of node@*: systemd has forgotten it, as it does with units that ended with success. The client’s last line says so, too.
    expect(of({}, { exitStatus: null })).toMatchObject({ exitStatus: 0, lastLine: expect.stringContaining('done') });
  });

  it.each([
    ['it was killed', of({}, { exitStatus: 137, clean: false }), 'status 137, killed'],
    ['it ended with an error', of({}, { exitStatus: 1 }), 'ended with status 1'],
    ['nobody knows its status', of({}, { exitStatus: null, clean: false }), 'nobody knows with which status'],
    ['nobody knows its status, and it said nothing', of({}, { exitStatus: null, lastLine: '' }), 'nobody knows with'],
    [
      'it did not say that it had written everything',
      of({}, { clean: false, lastLine: 'UpdateTip' }),
      'its last line was "UpdateTip"',
    ],
    ['it said nothing', of({}, { clean: false, lastLine: '' }), 'it left no last line'],
    ['nothing was stopped', of({ stop: null }), 'tells nothing of how its client ended'],
    ['it is back already', of({ after: { ...ended, clients: [clientState()] } }), 'runs again already'],
    [
      'a volume is still mounted',
      of({ after: { ...ended, volumes: [mountedVolume()] } }),
      `${DATA_PATH} is still mounted`,
    ],
    [
      'the command failed',
      of({ result: 'failed', reason: 'umount: target is busy' }),
      'failed: umount: target is busy',
    ],
    ['the node does not say how it is', of({ after: null }), 'does not say how it was after the stop'],
  ])('is missing where %s', (_, judged, words) => {
    expect(judged).toEqual({ unclean: expect.stringContaining(words) });
  });

  it('is none where somebody has stopped the client first: it stays stopped, and nobody is paged', () => {
    const reason = 'somebody has stopped node@0.21.0, which ran: nothing was changed';
    const { acts, ending } = story({
      stop: () => ({ answer: stopped({ result: 'failed', fault: 'person', stop: null, reason }) }),
    });
    expect(acts).toEqual([...PREPARED, 'release', 'register', 'conclude']);
    expect(ending).toMatchObject({ outcome: 'refused', code: 'client-stopped', page: false });
  });

  it('was there once and did not help: the schedule stops no client twice for one snapshot', () => {
    const failed = { look: () => facts({ failures: 1 }) };
    expect(codeOf(story(failed, { requestedBy: 'schedule' }).ending)).toBe('not-due');
    expect(codeOf(story(failed, { requestedBy: 'person' }).ending)).not.toBe('not-due');
  });

  it('is all that a snapshot rests on: without it there is none, and the client is started again', () => {
    const { acts, ending } = story({
      stop: () => ({ answer: stopped({ result: 'failed' }, { exitStatus: 137, clean: false }) }),
    });
    expect(acts).toEqual([...PREPARED, 'start', 'prove', 'settle', 'release', 'register', 'conclude']);
    expect(ending).toMatchObject({
      outcome: 'failed',
      code: 'stopped-unclean',
      page: true,
      reason: expect.stringContaining('137'),
    });
  });
});

describe('whatever happens while the client is down', () => {
  const paused = {
    refuse: 'paused',
    reason: 'everything is paused: incident 12',
    page: false,
    retryAfterMs: MINUTE_MS,
  } as const;
  const wayBack = ['start', 'prove', 'settle', 'release', 'register', 'conclude'];

  it.each<[string, Said, string]>([
    ['the stop is not answered', { stop: () => ({ over: 'not answered' }) }, 'command-unanswered'],
    [
      'the stop came too late',
      { stop: () => ({ answer: answer({ result: 'late', after: null }) }) },
      'command-unanswered',
    ],
    ['a pause may have come after the stop was sent', { stop: () => ({ ...paused, down: true }) }, 'paused'],
    ['the step of the stop keeps failing', { stop: () => FAILS }, 'step-failed'],
    ['a pause comes before the snapshot', { take: () => paused }, 'paused'],
    ['AWS refuses the snapshot', { take: () => ({ failed: 'AWS refused', page: false }) }, 'snapshot-failed'],
    ['the step of the snapshot keeps failing', { take: () => FAILS }, 'step-failed'],
  ])('%s: the client is started and proved, and the first reason is told', (_, said, code) => {
    const { acts, ending } = story(said);
    expect(acts.slice(-6)).toEqual(wayBack);
    expect(acts.filter((act) => act === 'stop')).toHaveLength(1);
    expect(codeOf(ending)).toBe(code);
  });

  it.each<[string, Said, number]>([
    ['AWS refuses it', { take: () => ({ failed: 'AWS refused', page: false }) }, 6 * 60],
    ['AWS fails before the call', { take: () => ({ failed: '503', page: false, isPassing: true }) }, 15],
    [
      'AWS fails in the call, and it did not happen',
      { take: (act) => interrupted(act), reconcile: () => ({ none: true }) },
      15,
    ],
  ])(
    'a snapshot that was not taken, where %s, is tried again later, and its client is proved before',
    (_, said, minutes) => {
      const { acts, ending } = story(said);
      expect(acts).toContain('prove');
      expect(ending).toMatchObject({ outcome: 'failed', code: 'snapshot-failed', retryAfterMs: minutes * MINUTE_MS });
    },
  );

  it('a pause before anything was sent leaves the client alone', () => {
    const { acts, ending } = story({ stop: () => ({ ...paused, down: false }) });
    expect(acts.slice(-4)).toEqual(['stop', 'release', 'register', 'conclude']);
    expect(codeOf(ending)).toBe('paused');
  });

  const interrupted = ({ from }: Act<'take'>) => {
    const intent = { call: 'CreateSnapshots', target: '7f3a0c1d-3', atMs: NOON_MS };
    return { interrupted: 'the sandbox died', memory: { ...from.operation.memory, intent } };
  };

  it('an answer to CreateSnapshots that is lost is looked for once the client runs, and never asked for again', () => {
    const { acts, ending } = story({ take: interrupted });
    expect(acts).toEqual([
      ...PREPARED,
      'take',
      'start',
      'reconcile',
      'prove',
      'settle',
      'release',
      'register',
      'await',
      'conclude',
    ]);
    expect(ending?.outcome).toBe('healed');
  });

  it('what was captured when the client may have run again is not to be used', () => {
    const { acts, ending, all } = story({
      take: interrupted,
      reconcile: (act) => ({
        ...wellDone.reconcile(act),
        memory: { ...wellDone.reconcile(act).memory, takenAtMs: NOON_MS + 2_000 },
      }),
    });
    expect(acts).toContain('quarantine');
    expect(all.find((act) => act.do === 'quarantine')).toMatchObject({
      why: expect.stringContaining('may have run again'),
    });
    expect(codeOf(ending)).toBe('snapshot-failed');
  });

  it('an answer that was lost and a snapshot that does not exist are a failure, no second try', () => {
    const { acts, ending } = story({ take: interrupted, reconcile: () => ({ none: true }) });
    expect(acts.filter((act) => act === 'take')).toHaveLength(1);
    expect(ending).toMatchObject({ outcome: 'failed', code: 'snapshot-failed' });
  });

  it('snapshots of other volumes, too, are of no use', () => {
    const { acts, ending } = story({
      take: (act) => ({ ...wellDone.take(act), whole: false }),
    });
    expect([acts.includes('quarantine'), codeOf(ending)]).toEqual([true, 'snapshot-failed']);
  });

  it('a donor that does not come back from its own data spoils what was taken of them, and a person is told', () => {
    const { acts, ending } = story({ prove: () => ({ unproved: 'it is unreachable', blames: true }) });
    expect(acts.slice(-5)).toEqual(['prove', 'quarantine', 'release', 'register', 'conclude']);
    expect(ending).toMatchObject({ code: 'not-proved', page: true });
  });

  it('one of which nothing can be told leaves them as they are', () => {
    expect(story({ prove: () => ({ unproved: 'nobody has observed it', blames: false }) }).acts).not.toContain(
      'quarantine',
    );
  });

  it('a client that does not start is tried three times, and then left to whoever can do more', () => {
    const failing = ({ from }: Act<'start'>) => ({
      answer: answer({ result: 'failed', after: ended }),
      memory: from.operation.memory,
      sentAtMs: NOON_MS,
    });
    const { acts, all, ending } = story({ start: failing });
    expect(acts.filter((act) => act === 'start')).toHaveLength(3);
    expect(all.find((act) => act.do === 'release')).toMatchObject({ do: 'release', keepOperation: false });
    expect(ending).toMatchObject({ code: 'not-proved', page: true, retryAfterMs: 5 * MINUTE_MS });
  });

  it('a node that falls silent is left open for one successor', () => {
    const silent = ({ from }: Act<'start'>) => ({
      over: 'not answered',
      memory: from.operation.memory,
      sentAtMs: NOON_MS,
    });
    const { all, ending } = story({ start: silent });
    expect(all.find((act) => act.do === 'release')).toMatchObject({ do: 'release', keepOperation: true });
    expect(ending).toMatchObject({ code: 'command-unanswered', page: true });
  });

  it('steps after the start that keep failing leave it open, too', () => {
    const { all, ending } = story({ prove: () => FAILS });
    expect(all.filter((act) => act.do === 'prove')).toHaveLength(6);
    expect(all.find((act) => act.do === 'release')).toMatchObject({ do: 'release', keepOperation: true });
    expect(codeOf(ending)).toBe('step-failed');
  });
});

describe('a successor', () => {
  const left = (memory: Parameters<typeof operation>[1] = {}): Said => ({
    look: () => facts({ open: operation({}, memory), observedAtMs: null }),
    lease: () => ({ holder: HOLDER, operation: operation({}, memory) }),
  });

  it('of an attempt that died with the client down starts it, whatever the mode, and takes nothing', () => {
    for (const mode of ['act', 'ask', 'plan'] as const) {
      const { acts, ending } = story(left(), { mode });
      expect(acts).toEqual([
        'claim',
        'look',
        'lease',
        'inspect',
        'start',
        'prove',
        'settle',
        'release',
        'register',
        'conclude',
      ]);
      expect(ending).toMatchObject({
        outcome: 'failed',
        code: 'snapshot-failed',
        reason: expect.stringContaining('runs again'),
      });
    }
  });

  const intent = { call: 'CreateSnapshots', target: '7f3a0c1d-2', atMs: NOON_MS };

  it('of one that died in the very call looks for what it took, and uses it', () => {
    const { acts, ending } = story(left({ intent, clean: { exitStatus: 0, lastLine: '' } }));
    expect(acts).toContain('reconcile');
    expect(acts).not.toContain('take');
    expect(ending?.outcome).toBe('healed');
  });

  it('of one that died after the call waits for the copies', () => {
    const { acts, all } = story(left({ intent, snapshotIds: [SNAPSHOT], upSinceMs: NOON_MS }));
    expect(acts).not.toContain('reconcile');
    expect(all.find((act) => act.do === 'await')).toMatchObject({
      do: 'await',
      snapshots: [{ snapshotId: SNAPSHOT, role: null }],
    });
  });

  it('of one that died after it had given the node back neither stops it again', () => {
    const taken = [
      {
        snapshotId: SNAPSHOT,
        volumeId: DATA_VOLUME,
        setId: '7f3a0c1d-2',
        parts: 1,
        state: 'pending',
        startedAtMs: NOON_MS,
        quarantined: null,
      },
    ] as const;
    expect(story({ look: () => facts({ taken }) }).acts).toEqual(['claim', 'look', 'await', 'conclude']);
    // Its client does not run yet: that is no success, whatever was taken.
    const still = story({ look: () => facts({ taken, leftStopped: true }) });
    expect(still.acts).toEqual(['claim', 'look', 'conclude']);
    expect(still.ending).toMatchObject({
      ...{ outcome: 'refused', code: 'donor-unsuitable', page: false },
      retryAfterMs: 15 * MINUTE_MS,
    });
    const bad = taken.map((one) => ({ ...one, quarantined: 'captured when the client ran' }));
    expect(story({ look: () => facts({ taken: bad }) }).acts).toContain('stop');
    expect(story({ look: () => facts({ taken: [{ ...taken[0], state: 'error' }] }) }).acts).toContain('stop');
    expect(story({ look: () => facts({ taken: [{ ...taken[0], parts: 2 }] }) }).acts).toContain('stop');
  });

  it('that gets no answer either gives the node up, so that replace-node may have it', () => {
    const { all, ending } = story({ ...left(), inspect: () => ({ over: 'not answered' }) });
    expect(all.map((act) => act.do)).not.toContain('start');
    expect(all.find((act) => act.do === 'release')).toMatchObject({ do: 'release', keepOperation: false });
    expect(ending).toMatchObject({ outcome: 'failed', code: 'command-unanswered', page: true });
  });

  it('that cannot even read leaves it open', () => {
    const { all, ending } = story({ ...left(), inspect: () => FAILS });
    expect(all.find((act) => act.do === 'release')).toMatchObject({ do: 'release', keepOperation: true });
    expect(codeOf(ending)).toBe('unreadable');
  });
});

describe('the proof', () => {
  const upSinceMs = NOON_MS;
  const at = (
    minutes: number,
    watched: Partial<Parameters<typeof judgeProof>[0]['watched']> | null,
    peers: object = {},
  ) =>
    judgeProof({
      nowMs: NOON_MS + minutes * MINUTE_MS,
      fleet: { ...snapshotFleet({ health: { startGraceSeconds: 600, stuckSeconds: 600 } }), ...peers },
      upSinceMs,
      height: 900_000,
      watched: watched && {
        health: 'synced',
        reason: 'at the tip',
        height: 900_000,
        observedAtMs: NOON_MS + (minutes - 0.5) * MINUTE_MS,
        ...watched,
      },
    });

  it('is three blocks and being synced, as others saw it after the start', () => {
    expect(at(5, { height: 900_003 })).toEqual({ proved: expect.stringContaining('3 blocks after') });
    expect(at(5, { height: 900_002 })).toEqual({ waitSeconds: 20 });
    expect(at(5, { height: 900_003, health: 'behind' })).toEqual({ waitSeconds: 20 });
    expect(at(5, { height: 900_003, observedAtMs: NOON_MS - 1 })).toEqual({ waitSeconds: 20 });
    expect(at(15, { height: 900_000 })).toEqual({ waitSeconds: 60 });
  });

  it('is being synced all the while where the chain makes no more blocks', () => {
    expect(at(21, { height: 900_001 })).toEqual({ proved: expect.stringContaining('its chain has made no more') });
  });

  it('is catching up where it was down for long', () => {
    expect(at(21, { height: 900_100, health: 'behind' })).toEqual({ proved: expect.stringContaining('catches up') });
  });

  it.each([
    ['unreachable', 900_000, true],
    ['stuck', 900_000, true],
    ['starting', 900_000, true],
    ['behind', 900_001, true],
  ] as const)('fails after the grace where it is %s', (health, height, blames) => {
    expect(at(19, { health, height })).toEqual({ waitSeconds: 60 });
    expect(at(21, { health, height })).toMatchObject({ unproved: expect.any(String), blames });
  });

  it('blames no data where its consensus client stands, or where it has too few peers', () => {
    const peers = { peers: { minimum: 4 } };
    const of = (more: object) => at(21, { health: 'stuck', height: 900_000, ...more }, peers);
    expect(of({ cause: 'consensus-client' })).toMatchObject({ blames: false });
    expect(of({ peerCount: 3 })).toMatchObject({ blames: false });
    expect(of({ peerCount: 4 })).toMatchObject({ blames: true });
    expect(of({ peerCount: null })).toMatchObject({ blames: true });
  });

  it('fails at once on another branch', () => {
    expect(at(2, { health: 'forked' })).toMatchObject({ blames: true });
  });

  it('is waited for while nobody can look; after two hours of that people are told, and nothing is blamed', () => {
    for (const watched of [null, { health: 'unknown' as const }]) {
      expect(at(139, watched)).toEqual({ waitSeconds: 60 });
      expect(at(141, watched)).toEqual({ unseen: expect.any(String) });
    }
    expect(at(141, null)).toEqual({ unseen: expect.stringContaining('nobody') });
  });
});

describe('the request', () => {
  const tagsOf = (request: ReturnType<typeof requestOf>) =>
    Object.fromEntries((request.TagSpecifications?.[0]?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

  it('is for all data volumes and nothing else, with the ledger in its tags', () => {
    const other = 'vol-0eeeeeeeeeeeeeeee';
    const more = facts({
      volumes: [...facts().volumes, volumeNow({ volumeId: other, attachment: attachedAt('/dev/sdh') })],
    });
    const request = requestOf(snapshotPayload(), more, operation().memory);
    expect(request.InstanceSpecification).toEqual({
      InstanceId: INSTANCE,
      ExcludeBootVolume: true,
      ExcludeDataVolumeIds: [other],
    });
    expect(readLedger(tagsOf(request))).toMatchObject({
      fleet: 'bitcoin',
      node: 'node2',
      role: 'data',
      setId: '7f3a0c1d-3',
      parts: 1,
      height: 900_000,
      blockHash: '00ab',
      chainId: '000000000019d668',
      client: 'satoshi',
      clientVersion: '29.1.0',
      cleanStop: true,
      verifiedAtMs: null,
      quarantined: null,
    });
    expect(tagsOf(request)['chainmend:incident']).toBe('7f3a0c1d');
    expect(request.Description?.length).toBeLessThan(255);
  });

  it('says no hash that is another height’s, and no role where there are several', () => {
    const untold = observedNode();
    const { block: _, ...without } = untold;
    const nodes = [without, observedNode({ name: 'node1' }), observedNode({ name: 'node3' })];
    const memory = operation().memory;
    const [volume] = memory.found.volumes;
    if (!volume) throw new Error('no volume');
    const two = {
      ...memory,
      found: { ...memory.found, volumes: [volume, { ...volume, role: 'ancient', volumeId: 'vol-0dddddddddddddddd' }] },
    };
    const ledger = readLedger(tagsOf(requestOf(snapshotPayload(), facts({ nodes }), two)));
    expect(ledger).toMatchObject({ height: 900_000, blockHash: null, role: null, parts: 2 });
  });
});

describe('the copies', () => {
  const at = (...states: ('pending' | 'completed' | 'error')[]) =>
    states.map((one, place) => ({ snapshotId: `snap-${place}`, state: one }));
  const ids = ['snap-0', 'snap-1'];

  it('are waited for until all are completed, also those that nobody tells of yet', () => {
    expect(judgeCopies(ids, at('completed', 'pending'))).toEqual({ waits: true });
    expect(judgeCopies(ids, at('completed'))).toEqual({ waits: true });
    expect(judgeCopies(ids, at('completed', 'completed'))).toEqual({
      completed: expect.stringContaining('snap-0, snap-1 are'),
    });
  });

  it('spoil their set where one fails', () => {
    expect(judgeCopies(ids, at('completed', 'error'))).toEqual({
      failed: 'AWS reports that snap-1 is in state error',
      spoiled: true,
    });
  });
});
