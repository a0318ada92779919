// The exchange of a swap, act by act: what is called off right before it, what keeps failing, whose data they are, and which set gave way.
import { describe, expect, it } from '@jest/globals';
import { type Act, retryKeyOf } from '../../../functions/replace-node/acts/table.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { choose, SWAP } from '../../../functions/replace-node/rungs/swap.ts';
import type { LadderState, RestoredVolumes, Tried } from '../../../shared/heal/memory.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  COPY_VOLUME,
  client,
  copy,
  copyVolume,
  FLEET,
  facts,
  ladderState,
  machine,
  SOURCE_VOLUME,
  seen,
  shrinking,
  watched,
} from '../../fixtures/replace-facts.ts';

const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
const SHRINK = { do: 'shrink', toGiB: 200 } as const;
const state = (more: Partial<LadderState>): LadderState => ladderState({ rung: 'swap', pool: 'left', ...more });
const next = (more: Partial<Facts>, has: Partial<LadderState>): Decision =>
  SWAP.next(facts({ volumes: [volumeNow(), copyVolume()], ...more }), state(has));

/** What is done, or how it ends, in one word. */
function word(act: Decision): string {
  if (act.do !== 'end') return act.do === 'swap' ? `swap to ${act.to}` : act.do;
  const { end } = act;
  return end.as === 'refused' ? end.refusal.refuse : end.as === 'healed' ? end.as : end.code;
}
const tried = (...some: readonly Partial<Tried>[]): Partial<LadderState> => ({
  tried: some.map((one, at) => ({
    ...{ source: `old-${at}`, rung: 'swap', door: 'node', fault: 'other', reason: `reason ${at}`, atMs: ago(30) },
    ...one,
  })) as LadderState['tried'],
});

describe('an act that has failed three times', () => {
  const onceSpent = (more: Partial<Facts>, has: Partial<LadderState>): Decision => {
    const act = next(more, has) as Act;
    const setback = { act: retryKeyOf(act) ?? '', count: 3, reason: 'no answer', atMs: ago(1) };
    return next(more, { ...has, setback });
  };
  const free = { volumes: [volumeNow(), copyVolume({ state: 'available', attachment: null })] };

  it.each<[string, Partial<Facts>, Partial<LadderState>, string, string]>([
    ['an attachment is AWS’s', free, { restoredVolumes: copy() }, `attach ${COPY_VOLUME}`, 'aws'],
    [
      'so is a detachment',
      {
        want: SHRINK,
        volumes: [
          volumeNow(),
          copyVolume(),
          volumeNow({ volumeId: SOURCE_VOLUME, attachment: attachedAt('/dev/sdh') }),
        ],
      },
      { restoredVolumes: shrinking({ isFilled: true }) },
      `detach ${SOURCE_VOLUME}`,
      'aws',
    ],
    ['of an exchange nobody knows', {}, { restoredVolumes: copy() }, 'swap to restored', 'nobody-knows'],
  ])('gives the copy up: %s', (_, more, has, act, door) => {
    expect(onceSpent(more, has)).toMatchObject({
      do: 'give-up-volumes',
      blame: { door, fault: 'other', reason: `${act} failed several times: no answer` },
    });
  });

  it('says nothing of the data where it was a look into them, or a command that fills them', () => {
    expect(onceSpent({}, { restoredVolumes: copy({ checked: 0 }) })).toEqual({ do: 'check', at: 0 });
    const source = volumeNow({ volumeId: SOURCE_VOLUME, attachment: attachedAt('/dev/sdh') });
    const filling = { want: SHRINK, volumes: [volumeNow(), copyVolume(), source] };
    expect(onceSpent(filling, { restoredVolumes: shrinking() })).toEqual({ do: 'fill' });
  });
});

describe('a copy that an earlier heal has left', () => {
  const onto = (more: Partial<RestoredVolumes>) => shrinking({ isFilled: true }, { checked: 1, ...more });
  const up = { client: 'mayBeDown', upSinceMs: ago(1) } as const;
  const [part] = copy().volumes;
  const two = copy({
    volumes: [part, { ...part, role: 'wal', volumeId: 'vol-wal', snapshotId: 'snap-09' }] as RestoredVolumes['volumes'],
  });
  const named = { ...RESTORE, snapshotId: 'snap-00' } as const;

  it.each<[string, Facts['want'], Partial<LadderState>, string]>([
    [
      'on a smaller disk is proved once its client runs on it',
      { do: 'heal' },
      { restoredVolumes: onto({ mounted: 'restored' }), ...up },
      'wait',
    ],
    ['on a smaller disk is given up before that', { do: 'heal' }, { restoredVolumes: onto({}) }, 'give-up-volumes'],
    [
      'on a smaller disk is nothing that a person wants back',
      RESTORE,
      { restoredVolumes: onto({ mounted: 'restored' }), ...up },
      'give-up-volumes',
    ],
    [
      'on as large a disk is not the smaller one that a person wants',
      SHRINK,
      { restoredVolumes: copy() },
      'give-up-volumes',
    ],
    [
      'is that of a snapshot which a person has named, though it has parts of others',
      named,
      { restoredVolumes: two, client: 'mayBeDown' },
      'wait',
    ],
  ])('%s', (_, want, has, does) => {
    expect(word(next({ want }, has))).toBe(does);
  });

  it('is given up at the door of the person who wants another one', () => {
    expect(next({ want: SHRINK }, { restoredVolumes: copy() })).toMatchObject({
      blame: { door: 'person', fault: 'unwanted' },
    });
  });
});

describe('right before the exchange', () => {
  const BREAKER = { breaker: { open: true, sentence: '4 of 5' } };
  const begun = { restoredVolumes: copy(), client: 'mayBeDown' } as const;
  const both = { ...seen(), volumes: [...seen().volumes, ...seen(undefined, COPY_VOLUME).volumes] };

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    [
      'it is refused where the client runs on the volumes that were found, whatever was intended',
      BREAKER,
      begun,
      'breaker-open',
    ],
    [
      'it goes on where the client does not run',
      { ...BREAKER, seen: seen([client('failed')]) },
      begun,
      'swap to restored',
    ],
    [
      'it goes on where one of two clients does not run',
      { ...BREAKER, seen: seen([client('running'), client('failed')]) },
      begun,
      'swap to restored',
    ],
    [
      'it goes on where the client runs on the new volumes',
      { ...BREAKER, seen: seen(undefined, COPY_VOLUME) },
      begun,
      'swap to restored',
    ],
    ['it goes on where both are mounted', { ...BREAKER, seen: both }, begun, 'swap to restored'],
    [
      'it waits while nobody sees the fleet',
      { breaker: { open: true, sentence: 'no valid observation', isBlind: true } },
      { restoredVolumes: copy() },
      'wait',
    ],
    [
      'it is refused where nobody has seen the fleet for two hours',
      { breaker: { open: true, sentence: 'no valid observation', isBlind: true } },
      { restoredVolumes: copy(), waitingSinceMs: ago(120) },
      'breaker-open',
    ],
    [
      'it does not wait for an observation where another guard refuses',
      { breaker: { open: true, sentence: 'x', isBlind: true }, haltedSinceMs: NOON_MS },
      { restoredVolumes: copy() },
      'chain-standing',
    ],
    [
      'it goes on where the client is stopped: whoever exchanges its data cares for that',
      { seen: seen([client('stopped', { asked: true })]) },
      { restoredVolumes: copy() },
      'swap to restored',
    ],
  ])('%s', (_, more, has, does) => {
    expect(word(next(more, has))).toBe(does);
  });
});

describe('a smaller disk that is ready', () => {
  const ready = { restoredVolumes: shrinking({ isFilled: true }, { checked: 1 }) };
  const fits = { want: SHRINK, spared: null, watched: watched('synced'), seen: seen(undefined, DATA_VOLUME, 140) };
  const busy = { refuse: 'cannot-be-spared', reason: 'node1 is stuck', page: false, retryAfterMs: 1 } as const;
  const waited = (minutes: number, more: Partial<Facts>, ms = 0) =>
    next({ ...fits, ...more }, { ...ready, waitingSinceMs: ago(minutes) - ms });

  it('is exchanged where the fleet can spare the node, and says how large it is', () => {
    expect(waited(0, {})).toMatchObject({ do: 'swap', reason: 'data of set-0, clean, height 900, on 200 GiB' });
  });

  it('waits for its fleet for two hours, and then a person asks again', () => {
    expect(waited(120, { spared: busy }, -1)).toMatchObject({ do: 'wait', what: 'node1 is stuck' });
    expect(waited(120, { spared: busy })).toMatchObject({
      do: 'give-up-volumes',
      blame: { door: 'person', fault: 'other', reason: 'node1 is stuck' },
    });
  });

  it('waits for nothing where its files do not fit any more', () => {
    expect(waited(0, { seen: seen(undefined, DATA_VOLUME, 170) })).toMatchObject({
      do: 'give-up-volumes',
      blame: { door: 'person', reason: expect.stringContaining('170 GiB are used') },
    });
  });

  it('has one copy made again after AWS had no room, and none after anything else', () => {
    const sources = { good: [snapshotSet()], refused: [], sibling: null, kept: null };
    const again = (door: Tried['door']) =>
      next({ ...fits, sources }, tried({ source: 'set-9', door } as Partial<Tried>));
    expect([again('aws').do, again('data').do, again('person').do]).toEqual(['choose-volumes', 'end-rung', 'end-rung']);
  });
});

describe('what was tried before', () => {
  const two = { good: [snapshotSet(0), snapshotSet(1)], refused: [], sibling: null, kept: null };

  it('what AWS refuses of all data is not asked for of other ones', () => {
    const of = (more: Partial<Tried>) =>
      word(next({ sources: two }, tried({ source: 'set-0', door: 'aws', ...more } as Partial<Tried>)));
    expect([of({ isEverywhere: true }), of({})]).toEqual(['aws-refused', 'choose-volumes']);
  });

  it('the last of three copies that the node did not take is told', () => {
    expect(next({ sources: two }, tried({}, {}, {}))).toMatchObject({ reason: 'the node takes no copy: reason 2' });
  });

  it('the last of three copies that stopped at the same height is told', () => {
    const stood = { fault: 'same-stop' } as const;
    expect(next({ sources: two }, tried(stood, stood, stood))).toMatchObject({
      end: { code: 'same-stop', reason: expect.stringContaining('The last try: reason 2'), asFound: true },
    });
  });
});

describe('the data that are chosen', () => {
  const { found } = ladderState();
  const two = { found: { ...found, volumes: [foundVolume(), foundVolume({ role: 'wal', volumeId: 'vol-wal' })] } };
  const of = (more: Partial<Facts>, has: Partial<LadderState> = {}) => choose(facts(more), state(has), 'eu-west-1a');
  const good = (...sets: readonly ReturnType<typeof snapshotSet>[]): Partial<Facts> => ({
    sources: { good: sets, refused: [], sibling: null, kept: null },
  });

  it('are made under the key of each snapshot', () => {
    const { data } = snapshotSet().parts;
    const keyed = snapshotSet(0, { parts: { data: { ...data, kmsKeyId: 'key-1' } as NonNullable<typeof data> } });
    expect(of(good(keyed))).toMatchObject({ volumes: { volumes: [{ snapshotId: 'snap-00', kmsKeyId: 'key-1' }] } });
  });

  it('have no snapshot for a volume that is no part of the set', () => {
    expect(of(good(snapshotSet()), two)).toMatchObject({
      volumes: {
        volumes: [
          { role: 'data', snapshotId: 'snap-00', snapshotGiB: 500 },
          { role: 'wal', volumeId: '', snapshotId: '', snapshotGiB: 0, kmsKeyId: null },
        ],
      },
    });
  });

  it('are told with their height, or that nobody knows it', () => {
    expect(of(good(snapshotSet(0, { height: null })))).toMatchObject({
      reason: 'set-0 of node2: clean, height unknown, taken 2026-01-01T11:00:00.000Z',
    });
  });

  it('are put back only where all of them are there', () => {
    const kept = { incidentId: '0a0b0c0d', availabilityZone: 'eu-west-1a', volumes: { data: 'vol-kept' } };
    const sources = { good: [], refused: [], sibling: null, kept };
    expect(of({ want: { do: 'undo' }, sources }, two)).toEqual({
      failed: 'not all of the kept volumes are there any more',
    });
  });
});

describe('a part of a copy', () => {
  it('that was asked for and is there is not asked for again on the way back', () => {
    const givenUp = { door: 'data', fault: 'open', reason: 'it ends again' } as const;
    const was = { restoredVolumes: copy({ creating: [0], givenUp }) };
    expect(next({}, was)).toMatchObject({ do: 'detach', volumeId: COPY_VOLUME });
  });

  it('is not read for a node of which one client is down', () => {
    const half = seen([client('running'), client('failed')]);
    expect(word(next({ seen: half }, { restoredVolumes: copy({ warmed: 0 }) }))).toBe('swap to restored');
  });

  it('has two days until its blocks are there, to the last moment', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, initializationMiBps: 100 } };
    const decided = (ms: number) =>
      next(
        { fleet, initialization: { percent: 40, etaSeconds: null, done: false } },
        { restoredVolumes: copy(), waitingSinceMs: NOON_MS - 48 * HOUR_MS - ms },
      ).do;
    expect([decided(0), decided(1)]).toEqual(['wait', 'give-up-volumes']);
  });
});

describe('a client of which nobody knows whether it is up on the new data', () => {
  const mounted = { restoredVolumes: copy({ mounted: 'restored' }), client: 'mayBeDown' } as const;
  it('is asked for on the node itself', () => {
    expect(next({}, mounted)).toEqual({ do: 'inspect', which: 'original' });
    const kept = { ...mounted, restoredVolumes: copy({ from: 'kept', mounted: 'restored' }) };
    expect(next({ want: { do: 'undo' } }, kept)).toEqual({ do: 'inspect', which: 'original' });
  });

  it('is brought up on the volumes that were found where one of two is down, and a guard forbids to go on', () => {
    const half = seen([client('running'), client('stopped')]);
    const act = { do: 'swap', to: 'restored', reason: '' } as const;
    expect(
      giveBackInstead({ refused: act, why: 'paused' }, state(mounted), { seen: half, unanswered: null }),
    ).toMatchObject({
      do: 'swap',
      to: 'found',
    });
  });
});

it.each<[Facts['role'], true | undefined]>([
  ['validator', true],
  ['unknown', true],
  ['follower', undefined],
  ['sentry', undefined],
])('the data of a %s are exchanged with the signing state where its owner says, or not at all: %s', (role, signs) => {
  const want = { do: 'restore', snapshotId: null, acknowledgesValidator: true } as const;
  const act = next({ role, want }, { restoredVolumes: copy({ checked: 1, warmed: 1 }), pool: 'left' });
  expect(act).toMatchObject({ do: 'swap', to: 'restored' });
  expect('signs' in act ? act.signs : undefined).toBe(signs);
});

describe('a set whose node was running as it was taken', () => {
  const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
  const chain = { head: { height: 2_700, atMs: NOON_MS }, blockMs: 30_000, rate };
  const reason = (good: readonly ReturnType<typeof snapshotSet>[], has: Partial<LadderState> = {}, known = true) => {
    const sources = { good, refused: [], sibling: null, kept: null, ...(known && { chain }) };
    const chosen = choose(facts({ sources }), state(has), 'eu-west-1a');
    return 'failed' in chosen ? chosen.failed : chosen.reason;
  };
  const running = snapshotSet(0, { rank: 'crash-consistent' });
  const older = snapshotSet(1, { rank: 'crash-consistent' });
  const [clean, verified] = [snapshotSet(2, { height: 600 }), snapshotSet(3, { rank: 'verified' })];
  const later = /; set-2, clean, comes later: 2100 blocks ÷ 0\.1 blocks\/s = 350 min/;

  it('is told with the better one that would come later', () => {
    expect(reason([running, older, clean, verified])).toMatch(later);
    expect(reason([running, clean], tried({ source: 'set-2', door: 'data' }))).not.toContain('comes later');
    expect(reason([running, verified], {})).toMatch(/; set-3, verified, comes later: /);
  });

  it('has as long to catch up as the fleet has shown, where it has', () => {
    const given = (more: object) => {
      const sources = { good: [clean], refused: [], sibling: null, kept: null, ...more };
      const chosen = choose(facts({ sources }), state({}), 'eu-west-1a');
      return 'failed' in chosen ? {} : chosen.volumes;
    };
    expect(given({ chain })).toMatchObject({ catchUpMs: 350 * MINUTE_MS });
    expect(given({ chain: { ...chain, rate: null } })).not.toHaveProperty('catchUpMs');
    expect(given({})).not.toHaveProperty('catchUpMs');
  });

  it('is told alone where no better one is there, or nobody knows the chain', () => {
    expect(reason([running, older])).not.toContain('comes later');
    expect(reason([clean, verified])).not.toContain('comes later');
    expect(reason([running, clean], {}, false)).not.toMatch(/comes later|time to catch up/);
  });
});

describe('a machine that dies while it is to exchange its volumes', () => {
  const dead = machine(
    {},
    { agentOnline: false, checks: { system: 'impaired', instance: 'impaired', attachedEbs: 'ok' } },
  );
  const off = machine({ state: 'stopped' }, { agentOnline: false });
  const owed = { client: 'mayBeDown', restoredVolumes: copy() } as const;
  const stopped = { ...owed, original: 'stopRequested' } as const;
  const given = copy({ givenUp: { door: 'nobody-knows', fault: 'other', reason: 'it has died' } });
  const told = (original: Facts['original'], has: Partial<LadderState>, more: Partial<Facts> = {}) =>
    word(next({ original, seen: null, ...more }, has));

  it('is stopped, what was made is put away, and the rungs that revive a machine get the node', () => {
    expect(told(dead, owed)).toBe('stop-instance');
    expect(told(machine({ state: 'stopping' }, { agentOnline: false }), stopped)).toBe('wait');
    expect(told(off, stopped)).toBe('give-up-volumes');
    expect(told(off, { ...stopped, restoredVolumes: given })).toBe('detach');
    expect(told(off, { ...stopped, restoredVolumes: given }, { volumes: [volumeNow()] })).toBe('drop-volumes');
    expect(told(off, { ...stopped, restoredVolumes: null })).toBe('end-rung');
  });

  it('is left to a person where an older signing state could come back by it, or where it is only silent', () => {
    expect(told(dead, owed, { role: 'validator' })).toBe('node-silent');
    expect(told(dead, owed, { role: 'unknown' })).toBe('node-silent');
    expect(told(machine({}, { agentOnline: false }), owed)).toBe('node-silent');
    expect(told(off, owed)).toBe('instance-stopped');
  });
});

describe('an instance that is terminated while it is to exchange its volumes', () => {
  const told = (power: 'shutting-down' | 'terminated', has: Partial<LadderState>, more: Partial<Facts> = {}) =>
    word(next({ original: machine({ state: power }, { agentOnline: false }), seen: null, ...more }, has));
  const owed = { client: 'mayBeDown', restoredVolumes: copy() } as const;
  const late = { waitingSinceMs: NOON_MS - 21 * MINUTE_MS };

  it.each<[string, Partial<LadderState>]>([
    ['before it felt anything', { restoredVolumes: copy() }],
    ['as it exchanges them', owed],
    ['as its machine is stopped', { ...owed, original: 'stopRequested' }],
    ['on the copy', { ...owed, upSinceMs: ago(1), restoredVolumes: copy({ mounted: 'restored' }) }],
  ])('is waited for while it shuts down, and was stopped by nobody: %s', (_, has) => {
    expect(told('shutting-down', has)).toBe('wait');
  });

  it('has what was made for it put away once it is gone, and where it shuts down for too long', () => {
    expect(told('terminated', owed, { volumes: [] })).toBe('drop-volumes');
    expect(told('shutting-down', { ...owed, ...late }, { volumes: [] })).toBe('drop-volumes');
    expect(told('shutting-down', { ...owed, ...late })).toBe('detach');
  });
});

it('a copy that is up without the node’s word is no copy that is up where it was taken off', () => {
  const silent = { original: machine({}, { agentOnline: false }), seen: null };
  const up = { client: 'mayBeDown', upSinceMs: ago(1), waitingSinceMs: NOON_MS - HOUR_MS } as const;
  expect(word(next(silent, { ...up, restoredVolumes: copy({ mounted: 'restored' }) }))).toBe('wait');
  expect(word(next(silent, { ...up, restoredVolumes: copy() }))).toBe('node-silent');
});

describe('an earlier volume that somebody has detached while its copy was tried', () => {
  const givenUp = { door: 'data', fault: 'open', reason: 'it does not open them' } as const;
  const has = { restoredVolumes: copy({ mounted: 'restored', givenUp }), client: 'mayBeDown' } as const;
  const earlier = (attachment: Parameters<typeof volumeNow>[0]) => ({ volumes: [volumeNow(attachment), copyVolume()] });

  it.each<[string, Partial<Facts>, string]>([
    ['it is on the node', earlier({}), 'swap to found'],
    ['EC2 does not show it', { volumes: [copyVolume()] }, 'swap to found'],
    ['it is on no instance', earlier({ state: 'available', attachment: null }), 'volume-not-found'],
    [
      'it is on another instance',
      earlier({ attachment: { ...attachedAt('/dev/sdf'), instanceId: 'i-0123456789abcdeff' } }),
      'volume-not-found',
    ],
  ])('is asked for back before any command is sent: %s', (_, more, does) => {
    expect(word(next(more, has))).toBe(does);
  });

  it('is named with its place, and people are paged', () => {
    expect(next(earlier({ state: 'available', attachment: null }), has)).toMatchObject({
      end: {
        refusal: {
          page: true,
          reason: expect.stringMatching(
            /^vol-\w+, with the earlier data, is available, on no instance: .*Attach it to i-\w+ as \/dev\//,
          ),
        },
      },
    });
  });
});
