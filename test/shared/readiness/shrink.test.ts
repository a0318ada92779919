// A smaller disk: what is refused before anything is made, how the volume gets its files beside the node, and what is cleaned up.
import { describe, expect, it } from '@jest/globals';
import { keepingMade } from '../../../functions/replace-node/acts/cleanup.ts';
import { reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { begin, decide, nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { needsOf } from '../../../functions/replace-node/ladder.ts';
import { sourceOf } from '../../../functions/replace-node/permission.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import { SWAP as SWAP_RUNG } from '../../../functions/replace-node/rungs/swap.ts';
import { cleanOnly } from '../../../functions/replace-node/supply.ts';
import type { LadderState, Tried } from '../../../shared/heal/memory.ts';
import { copyMinutes, judgeShrink, judgeSpared } from '../../../shared/readiness/shrink.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { clientState, mountedVolume, nodeState, observedNode } from '../../fixtures/builders/observation.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, GIB, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  COPY_VOLUME,
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

const WANT = { do: 'shrink', toGiB: 200 } as const;
const FITS = { want: WANT, spared: null, watched: watched('synced'), seen: seen(undefined, DATA_VOLUME, 140) } as const;
const sourceVolume = volumeNow({ volumeId: SOURCE_VOLUME, attachment: attachedAt('/dev/sdh') });
const THREE = [volumeNow(), copyVolume(), sourceVolume];
const breaker = { open: false, sentence: '' } as const;

const wantSeen = (more: Parameters<typeof mountedVolume>[0]) =>
  nodeState({
    clients: [clientState()],
    volumes: [mountedVolume({ volumeId: DATA_VOLUME, usedBytes: 140 * GIB, ...more })],
  });

describe('before anything is made it is refused', () => {
  const judge = (more: Partial<Parameters<typeof judgeShrink>[0]> = {}) =>
    judgeShrink({
      ...{ toGiB: 200, fleet: FLEET, role: 'follower', node: 'node2' },
      ...{ found: [foundVolume({ sizeGiB: 500, type: 'gp3', iops: 3_000 })], rootVolumeId: ROOT_VOLUME },
      seen: wantSeen({}),
      ...more,
    });

  it('not where the files fit with headroom', () => expect(judge()).toBeNull());

  it.each<[string, Parameters<typeof judge>[0], RegExp]>([
    [
      'a use of more than 75 % of the new size, with the size that would do',
      { seen: wantSeen({ usedBytes: 151 * GIB }) },
      /151 GiB are used at .*more than 75 % of 200 GiB\. It would fit into 202 GiB/,
    ],
    [
      'the same where the disk is grown at 70 %',
      { fleet: { ...FLEET, disk: { ...FLEET.disk, growAtPercent: 70 } } },
      /more than 60 % of 200 GiB/,
    ],
    ['the size that it has', { toGiB: 500 }, /has 500 GiB, and 500 GiB is not less/],
    ['a larger size', { toGiB: 600 }, /is not less/],
    [
      'a size below what the type allows',
      { found: [foundVolume({ type: 'st1', iops: null })], toGiB: 100 },
      /the least is 125 GiB/,
    ],
    [
      'a volume that would be too small for its IOPS',
      { found: [foundVolume({ type: 'io1', iops: 20_000 })] },
      /has 20000 IOPS, and a io1 volume of 200 GiB has 10000/,
    ],
    ['a root volume', { found: [foundVolume({ volumeId: ROOT_VOLUME })], seen: null }, /is the root volume/],
    [
      'what is not on an EBS volume of its own',
      { seen: nodeState({ clients: [clientState()], volumes: [] }) },
      /LVM, RAID, LUKS or ZFS/,
    ],
    ['a volume that cannot be told', { found: [] }, /LVM, RAID, LUKS or ZFS/],
    ['another filesystem', { seen: wantSeen({ filesystem: 'btrfs' }) }, /has btrfs, expected xfs or ext4/],
    ['a filesystem that has become read-only', { seen: wantSeen({ readOnly: true }) }, /read-only/],
  ])('%s', (_, more, reason) => {
    expect(judge(more)).toMatchObject({ refuse: 'shrink-unfit', page: false, reason: expect.stringMatching(reason) });
  });

  it('several data volumes', () => {
    const [volume] = FLEET.volumes;
    const fleet = { ...FLEET, volumes: volume ? [volume, { ...volume, role: 'ancient', path: '/ancient' }] : [] };
    expect(judge({ fleet })?.reason).toMatch(/has 2 data volumes/);
  });

  it.each(['validator', 'unknown'] as const)('of what may sign: %s', (role) => {
    expect(judge({ role })?.refuse).toBe(role === 'validator' ? 'validator' : 'role-unknown');
  });

  it('by the heal itself, as soon as the node has answered', () => {
    const full = facts({ ...FITS, seen: seen(undefined, DATA_VOLUME, 160) });
    expect(begin(full)).toMatchObject({ end: { as: 'refused', refusal: { refuse: 'shrink-unfit' } } });
    expect(begin(facts({ ...FITS, seen: null })).do).toBe('inspect');
    expect(begin(facts(FITS)).do).toBe('begin');
  });
});

describe('its fleet has to spare it', () => {
  const nodes = [observedNode({ name: 'node2', instanceId: INSTANCE }), observedNode({ name: 'node1' })];
  const spared = (more: Partial<Parameters<typeof judgeSpared>[0]> = {}) =>
    judgeSpared({
      fleet: FLEET,
      node: { instanceId: INSTANCE, name: 'node2' },
      nodes,
      breaker,
      haltedSinceMs: null,
      ...more,
    });

  it('where it and all others are synced', () => expect(spared()).toBeNull());

  it.each<[string, Parameters<typeof spared>[0], string]>([
    ['it is behind itself', { nodes: [observedNode({ instanceId: INSTANCE, health: 'behind' })] }, 'cannot-be-spared'],
    ['another one is', { nodes: [...nodes, observedNode({ name: 'node3', health: 'stuck' })] }, 'cannot-be-spared'],
    ['the breaker is open', { breaker: { open: true, sentence: '3 of 5' } }, 'breaker-open'],
    ['the chain stands', { haltedSinceMs: NOON_MS }, 'chain-standing'],
    ['nobody sees it', { fleet: { ...FLEET, probe: undefined } as typeof FLEET }, 'shrink-unfit'],
    [
      'too few would stay in the pool',
      { fleet: { ...FLEET, cleanSnapshots: { ...FLEET.cleanSnapshots, poolFloor: 2, alone: false } } as typeof FLEET },
      'pool-at-floor',
    ],
  ])('not where %s', (_, more, code) => expect(spared(more)?.refuse).toBe(code));
});

it('only snapshots of a client that had ended are copied from, and people read why others are not', () => {
  const { good, refused } = cleanOnly({
    good: [snapshotSet(0, { rank: 'crash-consistent' }), snapshotSet(1), snapshotSet(2, { rank: 'verified' })],
    refused: [],
  });
  expect(good.map(({ setId }) => setId)).toEqual(['set-1', 'set-2']);
  expect(refused).toMatchObject([{ setId: 'set-0', why: expect.stringContaining('its client was running') }]);
});

describe('the smaller volume', () => {
  const next = (more: Partial<Facts>, has: Partial<LadderState>) =>
    SWAP_RUNG.next(facts({ ...FITS, volumes: THREE, ...more }), ladderState({ rung: 'swap', ...has }));

  it('stands beside a copy of the newest clean set, each under a device name of its own', () => {
    const act = next({ volumes: [volumeNow()] }, {});
    expect(act).toMatchObject({
      do: 'choose-volumes',
      volumes: { shrink: { toGiB: 200, isFilled: false, copy: { snapshotId: 'snap-00' } } },
    });
    const { volumes } = act as Extract<typeof act, { do: 'choose-volumes' }>;
    expect(volumes.shrink?.copy.device).not.toBe(volumes.volumes[0]?.device);
    expect(sourceOf(volumes)).toContain('copied onto 200 GiB');
  });

  it('is made empty, then the copy', () => {
    const made = shrinking();
    const unmade = { ...made, volumes: made.volumes.map((volume) => ({ ...volume, volumeId: '' })) };
    expect(next({}, { restoredVolumes: unmade })).toMatchObject({ do: 'create', at: 0, reason: 'empty, of 200 GiB' });
    const one = shrinking({
      copy: { role: 'data', volumeId: '', device: '/dev/sdh', snapshotId: 'snap-00', snapshotGiB: 500 },
    });
    expect(next({}, { restoredVolumes: one })).toMatchObject({ do: 'create', at: 1 });
    const created = reduceAct(
      ladderState({ rung: 'swap', restoredVolumes: one }),
      { do: 'create', at: 1, reason: '' },
      { is: 'done', atMs: NOON_MS, volumeId: SOURCE_VOLUME },
    );
    expect(created.restoredVolumes?.shrink?.copy.volumeId).toBe(SOURCE_VOLUME);
    expect(created.restoredVolumes?.volumes[0]?.volumeId).toBe(COPY_VOLUME);
  });

  it('is filled command after command, and looked into only when nothing is left', () => {
    const before = ladderState({ rung: 'swap', restoredVolumes: shrinking() });
    expect(next({}, before).do).toBe('fill');
    const told = (leftFiles: number, leftBytes: number) =>
      reduceAct(
        before,
        { do: 'fill' },
        { is: 'done', atMs: NOON_MS, filled: { files: 9, bytes: 900, leftFiles, leftBytes } },
      );
    const half = told(4, 400);
    expect(half.restoredVolumes?.shrink).toMatchObject({ isFilled: false, sinceMs: NOON_MS });
    expect(next({}, half).do).toBe('fill');
    expect(told(1, 0).restoredVolumes?.shrink?.isFilled).toBe(false);
    const full = told(0, 0);
    expect(next({}, full)).toMatchObject({ do: 'detach', volumeId: SOURCE_VOLUME, which: 'original' });
    expect(next({ volumes: [volumeNow(), copyVolume()] }, full)).toMatchObject({ do: 'check', at: 0 });
  });

  it('counts nothing of an answer that does not say how far it is', () => {
    const before = ladderState({ rung: 'swap', restoredVolumes: shrinking() });
    expect(reduceAct(before, { do: 'fill' }, { is: 'done', atMs: NOON_MS }).restoredVolumes?.shrink).toMatchObject({
      isFilled: false,
      sinceMs: null,
    });
  });

  it('is given up where its files have not come within two days', () => {
    const since = (hours: number) => ({ restoredVolumes: shrinking({ sinceMs: NOON_MS - hours * HOUR_MS }) });
    expect(next({}, since(47)).do).toBe('fill');
    expect(next({}, since(49))).toMatchObject({
      do: 'give-up-volumes',
      blame: { reason: expect.stringContaining('after 48 h') },
    });
  });

  it('is given up where its files do not fit, or cannot be read: the one is the node’s, the other the snapshot’s', () => {
    const failed = (fault: 'node' | 'data') =>
      reduceAct(
        ladderState({ rung: 'swap', restoredVolumes: shrinking() }),
        { do: 'fill' },
        { is: 'failed', atMs: NOON_MS, reason: 'no', fault },
      ).restoredVolumes?.givenUp;
    expect(failed('node')).toMatchObject({ door: 'node' });
    expect(failed('data')).toMatchObject({ door: 'data', fault: 'mount' });
  });

  it('takes both volumes off the node again where it is given up, and both go with the next pruning', () => {
    const givenUp = { ...shrinking(), givenUp: { door: 'node', fault: 'other', reason: 'no room' } } as const;
    expect(next({}, { restoredVolumes: givenUp })).toMatchObject({ do: 'detach', volumeId: COPY_VOLUME });
    expect(next({ volumes: [volumeNow(), sourceVolume] }, { restoredVolumes: givenUp })).toMatchObject({
      do: 'detach',
      volumeId: SOURCE_VOLUME,
    });
    const unused = keepingMade(FLEET, ladderState({ restoredVolumes: givenUp }));
    expect(unused.untilMs).toBe(unused.atMs);
    const used = keepingMade(FLEET, ladderState({ restoredVolumes: givenUp, client: 'mayBeDown' }));
    expect(used.untilMs).toBeGreaterThan(used.atMs);
  });

  it('is tried once: what it has met, a person reads before another copy takes hours', () => {
    const tried: Tried = {
      ...{ source: 'set-0', rank: 'clean', snapshotIds: ['snap-00'], rung: 'swap', atMs: NOON_MS },
      ...{ door: 'node', fault: 'other', reason: 'no room' },
    };
    const sources = { good: [snapshotSet(0), snapshotSet(1)], refused: [], sibling: null, kept: null };
    expect(next({ sources }, { tried: [tried] })).toMatchObject({ do: 'end-rung', reason: 'no room' });
    const unwanted = { ...tried, door: 'person', fault: 'unwanted' } as const;
    expect(next({ sources }, { tried: [unwanted] })).toMatchObject({ do: 'choose-volumes' });
    const failed = ladderState({ failed: [{ rung: 'swap', reason: 'no room' }] });
    expect(decide(facts(FITS), failed)).toMatchObject({
      end: { as: 'escalated', code: 'shrink-failed', asFound: true },
    });
  });

  it('waits for a fleet that cannot spare the node right before the exchange, and is given up after two hours', () => {
    const ready = shrinking({ isFilled: true }, { checked: 1 });
    const busy = { refuse: 'cannot-be-spared', reason: 'node1 is stuck', page: false, retryAfterMs: 1 } as const;
    const volumes = [volumeNow(), copyVolume()];
    const has = (waited: number) => ({ restoredVolumes: ready, waitingSinceMs: NOON_MS - waited * MINUTE_MS });
    expect(next({ volumes }, has(0)).do).not.toBe('wait');
    expect(next({ volumes, spared: busy }, has(10)).do).toBe('wait');
    expect(next({ volumes, spared: busy }, has(121))).toMatchObject({
      do: 'give-up-volumes',
      blame: { door: 'person' },
    });
    const grown = { volumes, seen: seen(undefined, DATA_VOLUME, 170) };
    expect(next(grown, has(0))).toMatchObject({
      do: 'give-up-volumes',
      blame: { reason: expect.stringContaining('170 GiB are used') },
    });
  });

  it('is not what a person meant who asks for another size, or for a restore, meanwhile', () => {
    const has = { restoredVolumes: shrinking() };
    expect(next({ want: { do: 'shrink', toGiB: 300 } }, has).do).toBe('give-up-volumes');
    expect(next({ want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } }, has).do).toBe(
      'give-up-volumes',
    );
    expect(next({ want: { do: 'heal' } }, has).do).toBe('give-up-volumes');
  });

  it('waits for no blocks: its files are read as they come', () => {
    const state = ladderState({ rung: 'swap', restoredVolumes: shrinking() });
    expect(needsOf(facts(FITS), state).initialization).toBe(false);
  });
});

it('after the proof the copy goes, and the volume of before is kept', () => {
  const restored = shrinking({ isFilled: true }, { checked: 1, mounted: 'restored' });
  const state = ladderState({ rung: 'swap', restoredVolumes: restored, proved: 'it follows' });
  const kinds: string[] = [];
  let now: LadderState = state;
  for (let count = 0; count < 12; count++) {
    const act = nextCleanup(
      facts({
        ...FITS,
        volumes: [volumeNow({ attachment: null }), copyVolume(), { ...sourceVolume, attachment: null }],
      }),
      now,
    );
    if (act.do !== 'clean-up') break;
    kinds.push(`${act.piece.kind} ${act.piece.target}`);
    now = reduceAct(now, act, { is: 'done', atMs: NOON_MS });
  }
  expect(kinds).toEqual(
    expect.arrayContaining([`drop-copy ${SOURCE_VOLUME}`, `keep ${DATA_VOLUME}`, 'verify snap-00']),
  );
});

it('the plan says how much may be used, how long the copying takes at most, and what is saved', () => {
  const plan = planOf(facts({ ...FITS, seen: null, original: machine({}, { agentOnline: false }) }));
  if (!('sentence' in plan)) throw new Error(JSON.stringify(plan));
  expect(plan.sentence).toMatch(/500 → 200 GiB, of which 150 may be used.*−\$24\.00 a month/);
  expect(plan.terms).toContainEqual([
    'act',
    'exchange its data volume for one of 200 GiB, onto which the files of a clean snapshot are copied',
  ]);
  expect(copyMinutes(200, FLEET, [foundVolume({ throughputMiBps: 125 })])).toBe(21);
  expect(plan.evidence.minutes).toBeGreaterThanOrEqual(21);
});
