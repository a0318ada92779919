// The volumes of a swap, place by place: from "to be made" to "checked", out of reach, and the way back.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { choose, initializationMinutes, prepare, SWAP, takeAway } from '../../../functions/replace-node/rungs/swap.ts';
import type { Blame, LadderState, RestoredVolumes } from '../../../shared/heal/memory.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { mountedVolume, nodeState } from '../../fixtures/builders/observation.ts';
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
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

/** The act with what is told of it. */
function told(act: Decision | null): string {
  if (act === null) return 'nothing';
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do === 'give-up-volumes') return `given up (${act.blame.door}): ${act.blame.reason}`;
  if (act.do !== 'end') return 'reason' in act && act.reason ? `${act.do}: ${act.reason}` : act.do;
  const { end } = act;
  if (end.as === 'refused') return `${end.refusal.refuse}${end.refusal.page ? ' (paged)' : ''}: ${end.refusal.reason}`;
  return end.as === 'escalated' ? `${end.code}: ${end.reason}` : end.as;
}

const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const swapState = (more: Partial<LadderState> = {}): LadderState => ladderState({ rung: 'swap', ...more });
const ready = (more: Partial<Facts> = {}): Facts => facts({ volumes: [volumeNow(), copyVolume()], ...more });
const prepared = (
  more: Partial<Facts> = {},
  has: Partial<LadderState> = {},
  restored: Partial<RestoredVolumes> = {},
  which: 'original' | 'replacement' = 'original',
): string => told(prepare(ready(more), swapState(has), copy(restored), which));
const withCopy = (more: Parameters<typeof copyVolume>[0]): Partial<Facts> => ({
  volumes: [volumeNow(), copyVolume(more)],
});
const pending = (call: 'AttachVolume' | 'DetachVolume', volumeId = COPY_VOLUME, atMs = NOON_MS - 1_000) =>
  ({ pending: { call, target: volumeId, atMs } }) as Partial<LadderState>;

describe('a new volume', () => {
  it('is made, one after the other', () => {
    const [one] = copy().volumes;
    const unmade = { volumes: [one, { ...one, role: 'wal', volumeId: '' }] as RestoredVolumes['volumes'] };
    expect(prepare(ready(), swapState(), copy(unmade), 'original')).toMatchObject({ do: 'create', at: 1 });
    expect(prepared({}, {}, { volumes: [{ ...one, volumeId: '' }] as RestoredVolumes['volumes'] })).toBe(
      'create: from set-0',
    );
  });

  it('that Describe does not show is waited for, a minute and a half', () => {
    const gone = { volumes: [volumeNow()] };
    expect(prepared(gone)).toBe(`wait: ${COPY_VOLUME} is not shown yet`);
    expect(prepared(gone, { waitingSinceMs: NOON_MS - 89_999 })).toMatch(/^wait/);
    const vanished = `given up (aws): ${COPY_VOLUME} vanished while it was made: most likely its KMS key may not be used`;
    expect(prepared(gone, { waitingSinceMs: NOON_MS - 90_000 })).toBe(vanished);
  });

  it('that vanishes under a key of another account names the key', () => {
    const OTHERS = 'arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const [one] = copy().volumes;
    const late = { waitingSinceMs: ago(2) };
    const keyed = { volumes: [{ ...one, kmsKeyId: OTHERS }] as RestoredVolumes['volumes'] };
    expect(prepare(ready({ volumes: [] }), swapState(late), copy(keyed), 'original')).toMatchObject({
      do: 'give-up-volumes',
      blame: {
        door: 'aws',
        fault: 'other',
        deniedKey: OTHERS,
        reason: expect.stringContaining(`${COPY_VOLUME} vanished: `),
      },
    });
    // That of the volume which was found, where the copy takes it over.
    const found = { ...swapState(late).found, volumes: [foundVolume({ kmsKeyId: OTHERS })] };
    expect(prepare(ready({ volumes: [] }), swapState({ ...late, found }), copy(), 'original')).toMatchObject({
      blame: { deniedKey: OTHERS },
    });
  });

  it('is waited for while it is created, ten minutes', () => {
    const creating = withCopy({ state: 'creating', attachment: null });
    expect(prepared(creating)).toBe(`wait: ${COPY_VOLUME} is being created`);
    expect(prepared(creating, { waitingSinceMs: ago(10) })).toMatch(/^wait/);
    expect(prepared(creating, { waitingSinceMs: ago(11) })).toBe(
      `given up (aws): ${COPY_VOLUME} is still being created`,
    );
  });

  it('is attached beside the old one, once', () => {
    const available = withCopy({ state: 'available', attachment: null });
    expect(prepare(ready(available), swapState(), copy(), 'original')).toMatchObject({
      ...{ do: 'attach', volumeId: COPY_VOLUME, device: '/dev/sdg', which: 'original', reason: 'beside the old one' },
    });
    expect(prepared(available, pending('AttachVolume'))).toBe(`wait: ${COPY_VOLUME} is to be attached`);
    expect(prepared(available, pending('AttachVolume', 'vol-other'))).toMatch(/^attach/);
  });

  it('that is being attached is waited for, ten minutes; one that is elsewhere is a person’s doing', () => {
    const attaching = withCopy({ attachment: { ...attachedAt('/dev/sdg'), state: 'attaching' } });
    expect(prepared(attaching)).toBe(`wait: ${COPY_VOLUME} is attaching`);
    expect(prepared(attaching, { waitingSinceMs: ago(10) })).toMatch(/^wait/);
    expect(prepared(attaching, { waitingSinceMs: ago(11) })).toBe(`given up (aws): ${COPY_VOLUME} is still attaching`);
    const elsewhere = withCopy({ attachment: { ...attachedAt('/dev/sdg'), instanceId: 'i-other' } });
    expect(prepared(elsewhere)).toBe(`given up (person): ${COPY_VOLUME} is attached to i-other`);
    expect(prepared(withCopy({ attachment: null }))).toBe(`wait: ${COPY_VOLUME} is undefined`);
  });

  it('that has failed is given up', () => {
    expect(prepared(withCopy({ state: 'error', attachment: null }))).toBe(`given up (aws): ${COPY_VOLUME} is error`);
  });

  it('is checked on the node, and not on another instance', () => {
    expect(prepared({}, {}, { checked: 0 })).toBe('check');
    expect(prepared()).toBe('nothing');
    const there = withCopy({ attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } });
    expect(prepared(there, { replacement: newReplacement() }, { checked: 0 }, 'replacement')).toBe('nothing');
  });
});

describe('its blocks', () => {
  const fleet = { ...FLEET, replace: { ...FLEET.replace, initializationMiBps: 100 } };
  const half = { done: false, percent: 49.9, etaSeconds: 600 } as Facts['initialization'];
  const filling = (minutes: number, more: Partial<Facts> = {}): Decision | null =>
    prepare(
      ready({ fleet, initialization: half, ...more }),
      swapState({ waitingSinceMs: ago(minutes) }),
      copy(),
      'original',
    );

  it('are waited for, the longer the more seldom', () => {
    expect(filling(1)).toMatchObject({
      ...{ do: 'wait', seconds: 60, what: '49 % of its blocks are there' },
      progress: { percent: 49.9, etaSeconds: 600, what: `fill ${COPY_VOLUME} from set-0` },
    });
    expect(filling(59)).toMatchObject({ seconds: 60 });
    expect(filling(60)).toMatchObject({ seconds: 300 });
  });

  it('are waited for by the size of the largest volume, and then the copy is given up for all', () => {
    // 20 TiB at 100 MiB/s: 58 hours, and half as much again.
    const found = { ...swapState().found, volumes: [foundVolume({ sizeGiB: 20 * 1_024 })] };
    const at = (hours: number): Decision | null =>
      prepare(
        ready({ fleet, initialization: half }),
        swapState({ found, waitingSinceMs: NOON_MS - hours * HOUR_MS }),
        copy(),
        'original',
      );
    expect(at(12)).toMatchObject({ seconds: 1_800 });
    expect(at(11)).toMatchObject({ seconds: 300 });
    expect(at(87)).toMatchObject({ do: 'wait' });
    expect(at(88)).toMatchObject({
      do: 'give-up-volumes',
      blame: { door: 'aws', fault: 'other', isEverywhere: true, reason: 'its blocks have not come within 88 h' },
    });
  });

  it('are not waited for where nobody asks for it, or they are there', () => {
    const done = { ...half, done: true } as Facts['initialization'];
    expect(told(filling(1, { initialization: done }))).toBe('nothing');
    expect(told(filling(1, { initialization: null }))).toBe('nothing');
    expect(told(filling(1, { fleet: FLEET }))).toBe('nothing');
  });

  it('take as long as the largest volume at the rate that was asked for', () => {
    expect(initializationMinutes([foundVolume({ sizeGiB: 100 }), foundVolume({ sizeGiB: 600 })], 100)).toBe(102.4);
    expect(initializationMinutes([foundVolume()], undefined)).toBe(0);
    expect(initializationMinutes([], 100)).toBe(0);
  });
});

const BLAME: Blame = { door: 'data', fault: 'open', reason: 'it stands still' };
const away = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}, restored: Partial<RestoredVolumes> = {}) =>
  takeAway(ready(more), swapState(has), copy({ givenUp: BLAME, ...restored }), BLAME);

describe('the way back', () => {
  it('mounts the found volumes first, then detaches the copy, and drops it', () => {
    expect(told(away({}, {}, { mounted: 'restored' }))).toBe('swap: it stands still');
    expect(away()).toMatchObject({
      ...{ do: 'detach', which: 'original', volumeId: COPY_VOLUME, device: '/dev/sdg' },
      reason: 'it did not help: it stands still',
    });
    expect(told(away(withCopy({ state: 'available', attachment: null })))).toBe('drop-volumes');
    expect(told(away({ volumes: [volumeNow()] }))).toBe('drop-volumes');
    expect(told(away(withCopy({ attachment: { ...attachedAt('/dev/sdg'), state: 'detached' } })))).toBe('drop-volumes');
  });

  it('detaches it from another instance that has it', () => {
    const there = withCopy({ attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } });
    expect(away(there, { replacement: newReplacement() })).toMatchObject({ do: 'detach', which: 'replacement' });
    expect(away(there)).toMatchObject({ which: 'original' });
  });

  it('waits while it is being detached, a quarter of an hour, and detaches nothing by force', () => {
    const detaching = withCopy({ attachment: { ...attachedAt('/dev/sdg'), state: 'detaching' } });
    expect(told(away(detaching))).toBe(`wait: ${COPY_VOLUME} is detaching`);
    expect(told(away(detaching, { waitingSinceMs: ago(15) }))).toMatch(/^wait/);
    expect(told(away(detaching, { waitingSinceMs: ago(16) }))).toBe('drop-volumes');
    expect(told(away({}, pending('DetachVolume')))).toBe(`wait: ${COPY_VOLUME} is attached`);
  });

  it('asks for a volume again that may have been made: its token tells which', () => {
    const [one] = copy().volumes;
    const lost = { volumes: [{ ...one, volumeId: '' }] as RestoredVolumes['volumes'], creating: [0] };
    expect(away({}, {}, lost)).toMatchObject({ do: 'create', at: 0 });
    expect(told(away({}, {}, { ...lost, creating: [] }))).toBe('drop-volumes');
  });
});

const swap = (has: Partial<LadderState> = {}, more: Partial<Facts> = {}): string =>
  told(SWAP.next(ready(more), swapState(has)));

describe('a swap whose node is out of reach', () => {
  const restoredVolumes = copy();
  const silent = { original: machine({}, { agentOnline: false }), seen: null };

  it('is given up where nothing was touched yet', () => {
    expect(swap({ restoredVolumes }, silent)).toBe('given up (node): the node does not answer commands any more');
    const stopped = { original: machine({ state: 'stopped' }, { agentOnline: false }), seen: null };
    expect(swap({ restoredVolumes }, stopped)).toBe('given up (node): the node does not answer commands any more');
    // Given up before: the copy is put away.
    expect(swap({ restoredVolumes: copy({ givenUp: BLAME }) }, silent)).toMatch(/^detach/);
  });

  it('is a person’s where the exchange had begun: only the node knows what is mounted', () => {
    const begun = { restoredVolumes, client: 'mayBeDown' } as const;
    expect(swap(begun, silent)).toBe(
      'node-silent (paged): the node does not answer, and only it can tell which volumes are mounted',
    );
    const stopped = { original: machine({ state: 'stopping' }, { agentOnline: false }), seen: null };
    expect(swap(begun, stopped)).toBe(
      'instance-stopped (paged): the instance is stopping: somebody has stopped it in the middle of a swap',
    );
    expect(swap(begun, { ...silent, seen: seen() })).not.toMatch(/^node-silent/);
  });

  it('is proved by what others see, where its client is up on the restored data', () => {
    const up = { restoredVolumes: copy({ mounted: 'restored' }), client: 'mayBeDown', upSinceMs: ago(3) } as const;
    const well = { watched: watched('synced', { height: 1010, lagBlocks: 0 }) };
    expect(swap(up, { ...silent, ...well })).toMatch(/^prove/);
    expect(swap({ ...up, upSinceMs: null }, silent)).toMatch(/^node-silent/);
    expect(swap({ ...up, restoredVolumes: copy({ mounted: 'restored', givenUp: BLAME }) }, silent)).toMatch(
      /^node-silent/,
    );
  });

  it('puts its copy away where the instance is gone', () => {
    expect(
      swap({ restoredVolumes: copy({ mounted: 'restored' }) }, { original: machine({ state: 'terminated' }) }),
    ).toBe('detach: it did not help: the instance is gone');
    const givenUp = copy({ mounted: 'restored', givenUp: BLAME });
    expect(swap({ restoredVolumes: givenUp }, { original: null })).toBe('detach: it did not help: it stands still');
    expect(swap({}, { original: null })).toBe('end-rung: the instance is gone');
  });

  it('is not begun where nobody knows its volumes, or it does not answer', () => {
    const unknown = { found: { ...swapState().found, volumes: [] } };
    expect(swap(unknown)).toMatch(/^end-rung: which volumes are the node’s cannot be told/);
    expect(swap({}, { original: machine({}, { agentOnline: false }) })).toBe(
      'end-rung: the node does not answer commands, and its volumes are exchanged by one',
    );
    expect(swap({ standby: 'refused' })).toBe('end-rung: its group does not set it aside: it says no more');
  });
});

const tried = (...some: readonly Partial<LadderState['tried'][number]>[]): Partial<LadderState> => ({
  tried: some.map((one, at) => ({
    ...{ source: `set-${at}`, rung: 'swap', door: 'node', fault: 'other', reason: `reason ${at}`, atMs: ago(30) },
    ...one,
  })) as LadderState['tried'],
});

describe('what was tried before', () => {
  it('ends the rung where the node took two copies not', () => {
    expect(swap(tried({}))).not.toMatch(/^end-rung: the node takes/);
    expect(swap(tried({}, {}))).toBe('end-rung: the node takes no copy: reason 1');
    expect(swap(tried({}, { door: 'data' }))).not.toMatch(/^end-rung: the node takes/);
    expect(swap(tried({}, { rung: 'replace' }))).not.toMatch(/^end-rung: the node takes/);
  });

  it('ends the ladder where other data stop at the same height', () => {
    expect(swap(tried({ door: 'node', fault: 'same-stop' }))).toMatch(
      /^same-stop: with other data it stops at the same height: .* The last try: reason 0$/,
    );
  });

  it('is asked for again every hour where AWS refuses all, for a day, and people are told', () => {
    const aws = { door: 'aws', isEverywhere: true } as const;
    expect(swap(tried(aws))).toMatch(
      /^aws-refused \(paged\): AWS refuses a copy of set-0, with which nothing is wrong: reason 0\. chainmend tries/,
    );
    const act = SWAP.next(ready(), swapState(tried(aws)));
    expect(act).toMatchObject({ end: { refusal: { retryAfterMs: 30 * MINUTE_MS + 1_000 } } });
    const dayAgo = { ...aws, sinceMs: NOON_MS - 24 * HOUR_MS };
    expect(swap(tried(dayAgo))).toBe('end-rung: for a day AWS has refused a copy of set-0: reason 0');
    expect(swap(tried({ ...aws, sinceMs: NOON_MS - 24 * HOUR_MS + 1 }))).toMatch(/^aws-refused/);
  });
});

describe('the exchange', () => {
  const restoredVolumes = copy();

  it('leaves the pool, and says which data come', () => {
    expect(swap({ restoredVolumes, pool: 'left' })).toBe('swap: data of set-0, clean, height 900');
    expect(swap({ restoredVolumes: copy({ height: null }), pool: 'left' })).toBe('swap: data of set-0, clean');
    const sibling = copy({ from: 'sibling', source: 'i-sibling' });
    expect(swap({ restoredVolumes: sibling, pool: 'left' })).toBe('swap: data of i-sibling, height 900');
  });

  it('is called off where the node follows its chain again', () => {
    const well = { watched: watched('synced', { height: 1010, lagBlocks: 0 }) };
    expect(swap({ restoredVolumes }, well)).toMatch(
      /^given up \(nobody-knows\): the node follows its chain again by itself/,
    );
  });

  it('takes no disk away that somebody has grown since its copy was made: another copy is made, of the same data', () => {
    const { sizeGiB } = foundVolume();
    const grown = (copyGiB: number): Partial<Facts> => ({
      volumes: [volumeNow({ sizeGiB: sizeGiB + 100 }), copyVolume({ sizeGiB: copyGiB })],
    });
    expect(swap({ restoredVolumes, pool: 'left' }, grown(sizeGiB))).toBe(
      `given up (person): somebody has grown ${DATA_VOLUME} to ${sizeGiB + 100} GiB meanwhile, and its copy has ${sizeGiB}: another is made`,
    );
    expect(swap({ restoredVolumes, pool: 'left' }, grown(sizeGiB + 100))).toMatch(/^swap: /);
    const kept = copy({ from: 'kept' });
    expect(swap({ restoredVolumes: kept, pool: 'left' }, { ...grown(sizeGiB), want: { do: 'undo' } })).toMatch(
      /^swap: /,
    );
    const again = choose(facts(grown(sizeGiB)), swapState(), 'eu-west-1a');
    expect(again).toMatchObject({ volumes: { volumes: [{ grownGiB: sizeGiB + 100 }] } });
  });

  it('is for what is asked for now, and not for what an earlier heal had begun with', () => {
    const other = /^given up \(person\): another heal had begun with it, and a person has asked for other data/;
    expect(swap({ restoredVolumes }, { want: { do: 'undo' } })).toMatch(other);
    const named = (snapshotId: string | null) => ({ want: { do: 'restore', snapshotId } }) as unknown as Partial<Facts>;
    expect(swap({ restoredVolumes }, named('snap-other'))).toMatch(other);
    expect(swap({ restoredVolumes }, named('snap-00'))).not.toMatch(other);
    expect(swap({ restoredVolumes }, named(null))).not.toMatch(other);
    expect(swap({ restoredVolumes: copy({ from: 'kept' }) }, named(null))).toMatch(other);
  });

  it('is proved where earlier data are mounted again and every client runs', () => {
    const back = {
      restoredVolumes: copy({ from: 'kept', mounted: 'restored' }),
      upSinceMs: ago(1),
      client: 'mayBeDown',
    } as const;
    const undo = { want: { do: 'undo' } } as Partial<Facts>;
    expect(swap(back, undo)).toMatch(/^prove: the earlier volumes are mounted again/);
    expect(swap({ ...back, upSinceMs: null }, undo)).toBe('inspect');
    expect(swap(back, { ...undo, seen: null })).toBe('inspect');
    const half = seen([client('running'), client('failed')]);
    expect(swap(back, { ...undo, seen: half })).toBe('given up (nobody-knows): the client does not run on them');
  });

  it('is put back where a guard forbids it and its client is down', () => {
    const act = SWAP.next(ready(), swapState({ restoredVolumes, pool: 'left' })) as never;
    const down = swapState({ restoredVolumes, client: 'mayBeDown' });
    const instead = (state: LadderState | null, answer: Facts['seen'], of = act) =>
      told(giveBackInstead({ refused: of, why: 'paused' }, state, { seen: answer, unanswered: null }));
    const stopped = seen([client('stopped')]);
    expect(instead(down, stopped)).toBe('swap: paused: its client does not stay down');
    expect(instead(down, seen())).toBe('nothing');
    expect(instead(down, null)).toBe('nothing');
    expect(instead(swapState({ restoredVolumes }), stopped)).toBe('nothing');
    expect(instead(null, stopped)).toBe('nothing');
    const wayBack = away({}, {}, { mounted: 'restored' }) as never;
    expect(instead(down, stopped, wayBack)).toBe('nothing');
  });

  it('never puts two copies of btrfs on one machine', () => {
    const btrfs = nodeState({ volumes: [mountedVolume({ volumeId: DATA_VOLUME, filesystem: 'btrfs' })] });
    expect(SWAP.cannotBegin(facts({ seen: btrfs }), swapState())).toMatch(
      /has btrfs, of which no two copies may be on one machine$/,
    );
    expect(SWAP.cannotBegin(facts(), swapState())).toBeNull();
    expect(SWAP.cannotBegin(facts({ seen: null }), swapState())).toBeNull();
  });
});

describe('the choice of data', () => {
  const chosen = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}) =>
    choose(ready(more), swapState(has), 'eu-west-1a');
  const sources = (more: object) =>
    ({ sources: { good: [], refused: [], sibling: null, kept: null, ...more } }) as Partial<Facts>;

  it('is none where nothing was read, or nothing good is left, and why is told', () => {
    expect(chosen({ sources: null })).toEqual({ failed: 'what could be copied was not read' });
    expect(chosen(sources({ unread: 'HTTP 503' }))).toEqual({
      failed: 'what could be copied cannot be read: HTTP 503',
    });
    const refused = [{ setId: 'set-9', why: 'it is of another chain' }];
    expect(chosen(sources({ refused }))).toEqual({
      failed: 'no good snapshot is left; set-9: it is of another chain',
      code: 'no-good-snapshot',
    });
  });

  it('is the best set that was not tried, beside the devices that are taken', () => {
    const [first, second] = [snapshotSet(), { ...snapshotSet(), setId: 'set-second' }];
    const act = chosen(sources({ good: [first, second], refused: [{ setId: 'set-9', why: 'stale' }] }));
    expect(act).toMatchObject({
      ...{ do: 'choose-volumes' },
      volumes: { source: first.setId, from: 'snapshot', mounted: 'found', checked: 0, creating: [], givenUp: null },
    });
    expect(told(act as Decision)).toContain('set-9 not: stale');
    const again = chosen(sources({ good: [first, second] }), tried({ source: first.setId, door: 'data' }));
    expect(again).toMatchObject({ volumes: { source: 'set-second' } });
  });

  it('is what an earlier heal has kept, where a person takes it back', () => {
    const kept = { incidentId: '7f3a0c1d', availabilityZone: 'eu-west-1a', volumes: { data: 'vol-kept' } };
    const undo = (more: object) => chosen({ want: { do: 'undo' }, ...sources(more) });
    expect(undo({ kept })).toMatchObject({
      volumes: {
        source: '7f3a0c1d',
        from: 'kept',
        rank: 'clean',
        height: null,
        ofNode: 'node2',
        volumes: [{ volumeId: 'vol-kept' }],
      },
    });
    expect(undo({})).toMatchObject({ failed: expect.stringMatching(/^no heal has kept volumes of this node/) });
    expect(undo({ kept: { ...kept, availabilityZone: 'eu-west-1b' } })).toEqual({
      failed: 'the kept volumes are in eu-west-1b, the node is in eu-west-1a',
    });
    expect(undo({ kept: { ...kept, volumes: {} } })).toEqual({
      failed: 'not all of the kept volumes are there any more',
    });
    const again = choose(
      ready({ want: { do: 'undo' }, ...sources({ kept }) }),
      swapState(tried({ source: '7f3a0c1d', door: 'data' })),
      'eu-west-1a',
    );
    expect(again).toMatchObject({ failed: expect.stringMatching(/^no heal has kept/) });
  });

  it('is a sibling’s where the file says so, and the heal is no person’s', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, source: 'sibling' } } as const;
    const sibling = { instanceId: 'i-sibling', node: 'node4', height: 1_234 };
    const one = sources({ sibling, good: [snapshotSet()] });
    expect(chosen({ fleet, ...one })).toMatchObject({
      volumes: { source: 'i-sibling', from: 'sibling', rank: 'crash-consistent', height: 1_234, ofNode: 'node4' },
    });
    expect(chosen(one)).toMatchObject({ volumes: { from: 'snapshot' } });
    expect(chosen({ fleet, ...sources({ good: [snapshotSet()] }) })).toMatchObject({ volumes: { from: 'snapshot' } });
    const restore = { want: { do: 'restore', snapshotId: null } } as unknown as Partial<Facts>;
    expect(chosen({ fleet, ...one, ...restore })).toMatchObject({ volumes: { from: 'snapshot' } });
    expect(chosen({ fleet, ...one }, tried({ source: 'i-sibling', door: 'data' }))).toMatchObject({
      volumes: { from: 'snapshot' },
    });
  });
});
