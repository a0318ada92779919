// Other data on the same instance: what is copied, when it is exchanged, what reverts it, and what is cleaned up.
import { describe, expect, it } from '@jest/globals';
import { decide, nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { prepare, SWAP as SWAP_RUNG, warmingMinutes } from '../../../functions/replace-node/rungs/swap.ts';
import type { Sources } from '../../../functions/replace-node/supply.ts';
import type { Blame, CleanupPiece, LadderState, Shrink, Tried } from '../../../shared/heal/memory.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
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
  newReplacement,
  SOURCE_VOLUME,
  seen,
  shrinking,
  watched,
} from '../../fixtures/replace-facts.ts';

const SWAP = { rung: 'swap' } as const;
const tried = (source: string, fault: Blame['fault'], more: Partial<Tried> = {}): Tried =>
  ({
    ...{ source, fault, door: fault === 'other' || fault === 'same-stop' ? 'nobody-knows' : 'data' },
    ...{ rank: 'clean', snapshotIds: [source.replace('set-', 'snap-0')], rung: 'swap', atMs: NOON_MS - MINUTE_MS },
    reason: `${source} was of no use`,
    ...more,
  }) as Tried;
const sources = (more: Partial<Sources> = {}): Partial<Facts> => ({
  sources: { good: [snapshotSet(0), snapshotSet(1)], refused: [], sibling: null, kept: null, ...more },
});
const sibling = {
  instanceId: 'i-0dddddddddddddddd',
  node: 'node1',
  height: 1050,
  volumes: { data: 'vol-0ddddddddddddddd1' },
};
const kept = { incidentId: '0a0b0c0d', availabilityZone: 'eu-west-1a', volumes: { data: 'vol-0eeeeeeeeeeeeeee1' } };
const preferring = { ...FLEET, replace: { ...FLEET.replace, source: 'sibling' } } as const;
const aside = { ...FLEET, replace: { ...FLEET.replace, autoScaling: 'standby' } } as const;
const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
const silent = machine({}, { agentOnline: false });

const next = (more: Partial<Facts>, has: Partial<LadderState>) =>
  SWAP_RUNG.next(facts(more), ladderState({ ...SWAP, ...has }));

/** The choice, or the end of the search. */
function chosen(more: Partial<Facts>, has: Partial<LadderState> = {}): string {
  const act = next(more, has);
  if (act.do === 'choose-volumes') return act.volumes.source;
  return act.do === 'end' ? (act.end.as === 'refused' ? act.end.refusal.refuse : `${act.end.as}`) : act.do;
}

it('what a person has asked for waits, and is told, while the node cannot tell the state of its client', () => {
  const [running] = seen().clients;
  const gone = { seen: { ...seen(), clients: running ? [{ ...running, state: 'unknown' as const }] : [] } };
  const has = { ...SWAP, restoredVolumes: copy() };
  expect(next({ want: RESTORE, volumes: [volumeNow(), copyVolume()], ...gone }, has)).toMatchObject({
    end: { as: 'refused', refusal: { refuse: 'client-unknown', page: true } },
  });
  expect(next({ want: RESTORE, volumes: [volumeNow(), copyVolume()], seen: seen() }, has).do).toBe('swap');
});

it('a group that does not set its member aside ends the rung, and people read what it said', () => {
  const atMinimum = tried('set-0', 'other', { door: 'aws', reason: 'the group has a minimum of 5 and wants 5' });
  expect(next(sources(), { standby: 'refused', tried: [atMinimum] })).toMatchObject({
    reason: 'its group does not set it aside: the group has a minimum of 5 and wants 5',
  });
});

describe('what a person has asked for, and there are no data for', () => {
  it('is not looked at again while it is asked for: whoever has asked was told', () => {
    expect(next({ ...sources(), want: { do: 'undo' } }, SWAP)).toMatchObject({
      end: { refusal: { refuse: 'nothing-to-undo', retryAfterMs: 2 * HOUR_MS } },
    });
    const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
    expect(next({ ...sources({ good: [] }), want: restore }, SWAP)).toMatchObject({
      end: { refusal: { refuse: 'snapshot-unfit', retryAfterMs: 2 * HOUR_MS } },
    });
  });
});

describe('a copy that is put away', () => {
  it.each([
    ['unwanted', 'asked otherwise'],
    ['other', 'it did not help: asked otherwise'],
  ] as const)('says why: %s', (fault, reason) => {
    const givenUp = { door: 'person', fault, reason: 'asked otherwise' } as const;
    const attached = { ...sources(), volumes: [volumeNow(), copyVolume()], seen: seen() };
    expect(next(attached, { ...SWAP, restoredVolumes: copy({ givenUp }) })).toMatchObject({ do: 'detach', reason });
  });
});

describe('a restore of which a person does not want to know any more', () => {
  const restore = { ...sources(), want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } } as const;
  const laterWord = (state: IncidentRecord['state']) =>
    ({ laterWord: { trigger: 'request:undo', incidentId: '0badcafe', state } }) as const;
  const prepared = { ...SWAP, restoredVolumes: copy() };

  it('stops no client, and leaves what it has made to the heal of the later word', () => {
    for (const state of ['open', 'allocated', 'claimed'] as const)
      for (const has of [SWAP, prepared])
        expect(next({ ...restore, ...laterWord(state), seen: seen() }, has)).toMatchObject({
          ...{ do: 'end', end: { as: 'refused', refusal: { refuse: 'busy', page: false } } },
        });
  });

  it('puts away what it has made where the later word is over without it, and ends', () => {
    for (const state of ['healed', 'escalated'] as const) {
      const over = { ...restore, ...laterWord(state), seen: seen() };
      expect(next(over, prepared)).toMatchObject({ do: 'give-up-volumes', blame: { fault: 'unwanted' } });
      expect(next(over, SWAP)).toMatchObject({ do: 'end', end: { as: 'refused', refusal: { refuse: 'busy' } } });
    }
  });

  it('goes on with what is given up, or was exchanged', () => {
    const givenUp = copy({ givenUp: { door: 'aws', fault: 'other', reason: 'gone' } });
    const stands = { ...restore, ...laterWord('open'), seen: seen() };
    expect(next(stands, { ...SWAP, restoredVolumes: givenUp }).do).not.toBe('end');
    const down = { ...SWAP, client: 'mayBeDown', restoredVolumes: copy({ mounted: 'restored' }) } as const;
    expect(next(stands, down).do).not.toBe('end');
  });
});

describe('an undo of what another heal had begun', () => {
  const begun = copy({ from: 'snapshot', mounted: 'restored' });
  const undo = { ...sources({ kept }), want: { do: 'undo' } } as const;
  const given = next({ ...undo, seen: seen() }, { ...SWAP, restoredVolumes: begun });
  const reason = given.do === 'give-up-volumes' ? given.blame.reason : '';
  const putBack = { tried: [tried(begun.source, 'unwanted', { door: 'person', reason })] };

  it('is done once the volumes of before are mounted and the client runs, and takes nothing that a heal before has kept', () => {
    expect(given).toMatchObject({ do: 'give-up-volumes', blame: { door: 'person', fault: 'unwanted' } });
    expect(next({ ...undo, seen: seen() }, putBack)).toMatchObject({
      do: 'prove',
      reason: expect.stringContaining('earlier'),
    });
    expect(next({ ...undo, seen: null }, putBack)).toMatchObject({ do: 'inspect', which: 'original' });
  });

  it('has failed where the client does not run on them', () => {
    for (const clients of [[client('failed')], [client('running'), client('failed')]])
      expect(next({ ...undo, seen: seen(clients) }, putBack)).toMatchObject({
        do: 'end-rung',
        reason: expect.stringContaining('does not run on them'),
      });
  });

  it('puts back what was kept where a copy was given up for anything else, and a restore takes its own data', () => {
    expect(chosen(undo, { tried: [tried('set-9', 'other', { door: 'person', reason: 'it was told to stop' })] })).toBe(
      kept.incidentId,
    );
    expect(chosen({ ...sources(), want: RESTORE }, putBack)).toBe('set-0');
  });
});

describe('a rung that the owner has taken out of the fleet file since it was begun', () => {
  const restarts = { ...FLEET, replace: { ...FLEET.replace, rungs: ['restart'] } } as const;

  it('takes no further data, and the next one that the file has is tried', () => {
    expect(next({ ...sources(), fleet: restarts }, { tried: [tried('set-0', 'open')] })).toMatchObject({
      do: 'end-rung',
      reason: 'the fleet file leaves the rung swap out by now (replace.rungs)',
    });
  });

  it('takes the data of before back from an upgrade, which no rung of the file is about', () => {
    const upgrade = { from: '28.0', to: '28.1', is: 'from', mayHaveRun: true, at: 0, cleanSinceMs: 0 } as const;
    const has = { upgrade: { ...upgrade, givenUp: 'it ended' } };
    expect(chosen({ ...sources(), fleet: restarts }, has)).toBe(chosen(sources(), has));
  });

  it('takes them where a person wants them', () => {
    expect(chosen({ ...sources(), fleet: restarts, want: RESTORE })).toBe('set-0');
  });
});

describe('what is copied', () => {
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['the best of the good sets', sources(), {}, 'set-0'],
    ['the next one where it was tried', sources(), { tried: [tried('set-0', 'open')] }, 'set-1'],
    [
      'a sibling’s volumes where the fleet file prefers them',
      { ...sources({ sibling }), fleet: preferring },
      {},
      sibling.instanceId,
    ],
    ['a snapshot where it does not', sources({ sibling }), {}, 'set-0'],
    [
      'a snapshot where a person wants to go back in time',
      {
        ...sources({ sibling }),
        fleet: preferring,
        want: { do: 'restore', snapshotId: null, acknowledgesValidator: false },
      },
      {},
      'set-0',
    ],
    ['what was kept, to take a restore back', { ...sources({ kept }), want: { do: 'undo' } }, {}, kept.incidentId],
    ['nothing where nothing is kept', { ...sources(), want: { do: 'undo' } }, {}, 'nothing-to-undo'],
    [
      'nothing where a heal has put away since, for not working, what would be put back',
      { ...sources({ kept: { ...kept, unaskedAtMs: facts().onsetMs + 1 } }), want: { do: 'undo' } },
      {},
      'nothing-to-undo',
    ],
    [
      'what a heal has put away before, to take that back',
      { ...sources({ kept: { ...kept, unaskedAtMs: facts().onsetMs } }), want: { do: 'undo' } },
      {},
      kept.incidentId,
    ],
    [
      'nothing where what is kept lies in another zone',
      { ...sources({ kept: { ...kept, availabilityZone: 'eu-west-1b' } }), want: { do: 'undo' } },
      {},
      'nothing-to-undo',
    ],
    ['nothing where none is left: the rung was in vain', sources({ good: [] }), {}, 'end-rung'],
    [
      'nothing more where other data stopped at the same height',
      sources(),
      { tried: [tried('set-0', 'same-stop')] },
      'escalated',
    ],
    ['nothing where the node does not answer', { ...sources(), original: silent }, {}, 'end-rung'],
    [
      'nothing where nobody can tell which volumes are the node’s',
      sources(),
      { found: { ...ladderState().found, volumes: [] } },
      'end-rung',
    ],
  ])('%s', (_, more, has, source) => {
    expect(chosen(more, has)).toBe(source);
  });

  it('says which sets were passed over, and why', () => {
    const act = next(sources({ refused: [{ setId: 'set-9', why: 'newer than the fault' }] }), {});
    expect(act).toMatchObject({ reason: expect.stringContaining('set-9 not: newer than the fault') });
  });
});

describe('blue and green on one instance', () => {
  const unmade = copy({
    volumes: [{ role: 'data', volumeId: '', device: '/dev/sdg', snapshotId: 'snap-00', snapshotGiB: 500 }],
    checked: 0,
  });
  const own = volumeNow();
  const free = { state: 'available', attachment: null } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['the volume is made', {}, { restoredVolumes: unmade }, 'create'],
    [
      'waited for',
      { volumes: [own, copyVolume({ state: 'creating', attachment: null })] },
      { restoredVolumes: copy({ checked: 0 }) },
      'wait',
    ],
    [
      'attached beside the old one',
      { volumes: [own, copyVolume(free)] },
      { restoredVolumes: copy({ checked: 0 }) },
      'attach',
    ],
    [
      'looked into while the old one serves',
      { volumes: [own, copyVolume()] },
      { restoredVolumes: copy({ checked: 0 }) },
      'check',
    ],
    ['and exchanged', { volumes: [own, copyVolume()] }, { restoredVolumes: copy() }, 'swap'],
    [
      'who serves leaves the pool first',
      { volumes: [own, copyVolume()], watched: watched('synced'), want: RESTORE },
      { restoredVolumes: copy() },
      'leave-pool',
    ],
    [
      'a member is set aside first',
      { volumes: [own, copyVolume()], original: machine({ autoScalingGroup: 'nodes' }), fleet: aside },
      { restoredVolumes: copy() },
      'standby',
    ],
    [
      'a key that may not be used makes it vanish',
      { volumes: [own] },
      { restoredVolumes: copy(), waitingSinceMs: NOON_MS - 2 * MINUTE_MS },
      'give-up-volumes',
    ],
    ['that it is not shown yet means nothing', { volumes: [own] }, { restoredVolumes: copy() }, 'wait'],
    [
      'one that is in use for ten minutes, and nowhere attached, is given up',
      { volumes: [own, copyVolume({ state: 'in-use', attachment: null })] },
      { restoredVolumes: copy(), waitingSinceMs: NOON_MS - 10 * MINUTE_MS - 1 },
      'give-up-volumes',
    ],
    [
      'what may be on its way is not attached twice',
      { volumes: [own, copyVolume(free)] },
      { restoredVolumes: copy(), pending: { call: 'AttachVolume', target: COPY_VOLUME, atMs: NOON_MS - MINUTE_MS } },
      'wait',
    ],
    [
      'the proof is waited for',
      { volumes: [own, copyVolume()] },
      { restoredVolumes: copy({ mounted: 'restored' }), upSinceMs: NOON_MS, hold: 'none', client: 'mayBeDown' },
      'wait',
    ],
    [
      'one that did not help is taken off by the same word',
      { volumes: [own, copyVolume()] },
      { restoredVolumes: copy({ mounted: 'restored', givenUp: tried('set-0', 'open') }) },
      'swap',
    ],
    [
      'then detached',
      { volumes: [own, copyVolume()] },
      { restoredVolumes: copy({ givenUp: tried('set-0', 'open') }) },
      'detach',
    ],
    [
      'then kept for whoever wants to look',
      { volumes: [own, copyVolume(free)] },
      { restoredVolumes: copy({ givenUp: tried('set-0', 'open') }) },
      'drop-volumes',
    ],
    [
      'but not while it may be on its way to the instance, which an old reading does not show',
      { volumes: [own, copyVolume(free)] },
      {
        restoredVolumes: copy({ givenUp: tried('set-0', 'open') }),
        pending: { call: 'AttachVolume', target: COPY_VOLUME, atMs: NOON_MS - MINUTE_MS },
      },
      'wait',
    ],
    [
      'nor for ever',
      { volumes: [own, copyVolume(free)] },
      {
        restoredVolumes: copy({ givenUp: tried('set-0', 'open') }),
        pending: { call: 'AttachVolume', target: COPY_VOLUME, atMs: NOON_MS - 5 * MINUTE_MS },
      },
      'drop-volumes',
    ],
    [
      'one that may have been made is asked for by its token',
      {},
      { restoredVolumes: { ...unmade, givenUp: tried('set-0', 'other'), creating: [0] } },
      'create',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has).do).toBe(does);
  });
});

describe('a smaller disk', () => {
  const want = { do: 'shrink', toGiB: 200 } as const;
  const source = (more: Parameters<typeof volumeNow>[0] = {}) =>
    volumeNow({ volumeId: SOURCE_VOLUME, attachment: attachedAt('/dev/sdh'), ...more });
  const all = [volumeNow(), copyVolume(), source()];
  const act = (
    more: Partial<Facts>,
    shrink: Parameters<typeof shrinking>[0],
    has: Partial<LadderState> = {},
    rest: Parameters<typeof shrinking>[1] = {},
  ) =>
    prepare(
      facts({ want, volumes: all, ...more }),
      ladderState({ ...SWAP, ...has }),
      shrinking(shrink, rest),
      'original',
    );
  const unmade = { volumes: copy().volumes.map((volume) => ({ ...volume, volumeId: '' })) };
  const unmadeCopy = {
    copy: { role: 'data', volumeId: '', device: '/dev/sdh', snapshotId: 'snap-00', snapshotGiB: 500 },
  };
  const hoursAgo = (hours: number, more: number = 0) => NOON_MS - hours * HOUR_MS - more;
  const leaving = (state: 'detaching' | 'attaching' | 'detached' | 'attached') => ({
    volumes: [volumeNow(), copyVolume(), source({ attachment: { ...attachedAt('/dev/sdh'), state } })],
  });
  const waits = { waitingSinceMs: NOON_MS - 15 * MINUTE_MS };

  it.each<[string, ReturnType<typeof act>, object | null]>([
    [
      'is made empty, of its new size',
      act({}, unmadeCopy, {}, unmade),
      { do: 'create', at: 0, reason: 'empty, of 200 GiB' },
    ],
    ['has the copy made beside it', act({}, unmadeCopy), { do: 'create', at: 1, reason: 'from set-0' }],
    ['gets the files of the copy', act({}, {}), { do: 'fill' }],
    ['gets them for two days', act({}, { sinceMs: hoursAgo(48) }), { do: 'fill' }],
    [
      'is given up after two days, and people read how much was left',
      act({}, { sinceMs: hoursAgo(48, 1), left: { bytes: 2.5 * 2 ** 30 } as NonNullable<Shrink['left']> }),
      {
        do: 'give-up-volumes',
        blame: { door: 'nobody-knows', reason: 'after 48 h 3 GiB of its files are not copied yet' },
      },
    ],
    [
      'is given up where the copy is not shown after a minute and a half',
      act({ volumes: all.slice(0, 2) }, {}, { waitingSinceMs: NOON_MS - 90_000 }),
      {
        do: 'give-up-volumes',
        blame: { door: 'aws', reason: expect.stringMatching(`^${SOURCE_VOLUME} vanished while it was made`) },
      },
    ],
    [
      'has no more use for a copy that is not there',
      act({ volumes: all.slice(0, 2) }, { isFilled: true }),
      { do: 'check', at: 0 },
    ],
    ['has no more use for a copy that is off', act(leaving('detached'), { isFilled: true }), { do: 'check', at: 0 }],
    [
      'has the copy taken off once its files are there',
      act(leaving('attached'), { isFilled: true }),
      { do: 'detach', which: 'original', volumeId: SOURCE_VOLUME, device: '/dev/sdh', reason: 'its files are copied' },
    ],
    [
      'does not have it taken off twice',
      act(
        leaving('attached'),
        { isFilled: true },
        { pending: { call: 'DetachVolume', target: SOURCE_VOLUME, atMs: NOON_MS - 1_000 } },
      ),
      { do: 'wait', what: `${SOURCE_VOLUME} is attached` },
    ],
    [
      'waits a quarter of an hour for the copy to come off',
      act(leaving('detaching'), { isFilled: true }, waits),
      { do: 'wait', what: `${SOURCE_VOLUME} is detaching` },
    ],
    [
      'is no longer held up by a copy that does not come off',
      act(leaving('detaching'), { isFilled: true }, { waitingSinceMs: waits.waitingSinceMs - 1 }),
      { do: 'check', at: 0 },
    ],
    ['is ready once it was looked into', act(leaving('detached'), { isFilled: true }, {}, { checked: 1 }), null],
  ])('%s', (_, decided, expected) => {
    if (expected === null) expect(decided).toBeNull();
    else expect(decided).toMatchObject(expected);
  });

  it('is exchanged for one of the same wish only', () => {
    const has = { restoredVolumes: shrinking({ isFilled: true }, { checked: 1 }) };
    const volumes = all.slice(0, 2);
    const does = (wish: Facts['want'], more: Partial<LadderState> = {}) =>
      next({ want: wish, volumes }, { ...has, ...more }).do;
    expect([does({ ...want, toGiB: 201 }), does({ do: 'heal' }), does({ do: 'undo' })]).toEqual(
      Array(3).fill('give-up-volumes'),
    );
  });

  it('is only of a node with one volume, and both copies have names of their own', () => {
    const two = [foundVolume(), foundVolume({ role: 'logs', volumeId: 'vol-logs' })];
    expect(next({ ...sources(), want }, { found: { ...ladderState().found, volumes: two } })).toMatchObject({
      do: 'end',
      end: {
        as: 'refused',
        refusal: { refuse: 'snapshot-unfit', reason: 'only the volume of a node that has one is made smaller' },
      },
    });
    const names = (generation: number) => {
      const made = next({ ...sources(), want }, { generation });
      return made.do === 'choose-volumes' ? [made.volumes.volumes[0]?.device, made.volumes.shrink?.copy.device] : [];
    };
    expect(new Set([...names(0), ...names(1)]).size).toBe(4);
    expect(next({ ...sources(), want }, {})).toMatchObject({
      volumes: {
        shrink: {
          toGiB: 200,
          copy: { role: 'data', snapshotId: 'snap-00', snapshotGiB: 500 },
          sinceMs: null,
          left: null,
          isFilled: false,
        },
      },
    });
  });
});

describe('what a client reads at its start', () => {
  const cold = { ...copy(), warmed: 0 };
  const serving = { volumes: [volumeNow(), copyVolume()], seen: seen() };
  const replaced = (more: Partial<Facts['fleet']['replace']>): Partial<Facts> => ({
    fleet: { ...FLEET, replace: { ...FLEET.replace, ...more } },
  });
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['is read before the exchange', {}, { restoredVolumes: cold }, 'warm'],
    ['is read once', {}, { restoredVolumes: { ...cold, warmed: 1 } }, 'swap'],
    ['is not read for a client that is down', { seen: seen([client('failed')]) }, { restoredVolumes: cold }, 'swap'],
    ['is not read where the file says no', replaced({ warm: false }), { restoredVolumes: cold }, 'swap'],
    [
      'is not read where its blocks were paid for',
      replaced({ initializationMiBps: 300 }),
      { restoredVolumes: cold },
      'swap',
    ],
    ['is not read of a copy of a volume that is there', {}, { restoredVolumes: { ...cold, from: 'sibling' } }, 'swap'],
  ])('%s', (_, more, has, does) => {
    expect(next({ ...serving, ...more }, has).do).toBe(does);
  });

  it('takes 11 min for each volume that has such files', () => {
    expect(warmingMinutes({ fleet: FLEET }, [foundVolume()], copy())).toBe(11);
    expect(warmingMinutes({ fleet: FLEET }, [foundVolume(), foundVolume()], copy())).toBe(22);
    expect(warmingMinutes({ fleet: FLEET }, [foundVolume()], shrinking())).toBe(0);
    expect(warmingMinutes({ fleet: { ...FLEET, chain: 'solana' } }, [foundVolume()], copy())).toBe(0);
  });
});

it('people read six reasons where no set is left, and four beside the one that is chosen', () => {
  const refused = Array.from({ length: 8 }, (_, at) => ({ setId: `old-${at}`, why: 'stale' }));
  const count = (decided: ReturnType<typeof next>) =>
    'reason' in decided ? String(decided.reason).match(/old-/g)?.length : 0;
  expect(next(sources({ good: [], refused }), {})).toMatchObject({ code: 'no-good-snapshot' });
  expect(count(next(sources({ good: [], refused }), {}))).toBe(6);
  expect(count(next(sources({ refused }), {}))).toBe(4);
});

describe('a node that takes no copy', () => {
  const atNode = (source: string) => tried(source, 'other', { door: 'node' } as Partial<Tried>);
  it('ends the rung after the second one: a third one would meet the same', () => {
    expect(chosen(sources(), { tried: [atNode('set-8')] })).toBe('set-0');
    expect(chosen(sources(), { tried: [atNode('set-8'), atNode('set-9')] })).toBe('end-rung');
  });

  it('is not given one where its data are on btrfs', () => {
    const onBtrfs = seen();
    const volumes = onBtrfs.volumes.map((volume) => ({ ...volume, filesystem: 'btrfs' }));
    expect(SWAP_RUNG.cannotBegin(facts({ seen: { ...onBtrfs, volumes } }), ladderState())).toMatch(/btrfs/);
    expect(SWAP_RUNG.cannotBegin(facts(), ladderState())).toBeNull();
  });
});

describe('a node that goes silent in the middle', () => {
  const there = { volumes: [volumeNow(), copyVolume()], seen: null, original: silent };
  const ends = (has: Partial<LadderState>, more: Partial<Facts> = there) => {
    const act = decide(facts(more), ladderState({ ...SWAP, ...has }));
    return act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do;
  };

  it('is asked first, where it can be: only it knows what is mounted', () => {
    expect(
      ends({ restoredVolumes: copy(), hold: 'none', client: 'mayBeDown' }, { ...there, original: machine() }),
    ).toBe('inspect');
  });
  it('loses nothing that may be mounted', () => {
    expect(
      ends({ restoredVolumes: copy({ givenUp: tried('set-0', 'other') }), hold: 'none', client: 'mayBeDown' }),
    ).toBe('node-silent');
  });
  it('loses a copy that was never mounted', () => {
    expect(ends({ restoredVolumes: copy() })).toBe('give-up-volumes');
    expect(ends({ restoredVolumes: copy({ givenUp: tried('set-0', 'other') }) })).toBe('detach');
  });
  it('may still be proved by whoever looks at it', () => {
    expect(
      ends({ restoredVolumes: copy({ mounted: 'restored' }), hold: 'none', client: 'mayBeDown', upSinceMs: NOON_MS }),
    ).toBe('wait');
  });
  it('that a person has stopped is left to that person', () => {
    const stopped = { ...there, original: machine({ state: 'stopped' }, { agentOnline: false }) };
    expect(ends({ restoredVolumes: copy({ mounted: 'restored' }), hold: 'none', client: 'mayBeDown' }, stopped)).toBe(
      'instance-stopped',
    );
  });
});

describe('after the proof', () => {
  const free = volumeNow({ state: 'available', attachment: null });
  /** All pieces, in order. */
  function pieces(more: Partial<Facts>, has: Partial<LadderState>): readonly string[] {
    const cleared: CleanupPiece[] = [];
    // By then the replaced instance is stopped.
    const original = machine(has.rung === 'replace' ? { state: 'stopped' } : {});
    for (let turn = 0; turn < 20; turn++) {
      const act = nextCleanup(
        facts({ volumes: [free], original, ...more }),
        ladderState({ proved: 'it follows', hold: 'none', ...has, cleared }),
      );
      if (act.do !== 'clean-up') return cleared.map(({ kind, target }) => `${kind} ${target}`.trim());
      cleared.push(act.piece);
    }
    throw new Error('no end of the clearing up');
  }
  const swapped = { ...SWAP, restoredVolumes: copy({ mounted: 'restored' }) } as const;

  it('the volumes of before come off first', () => {
    const act = nextCleanup(facts(), ladderState({ ...swapped, proved: 'it follows' }));
    expect(act).toMatchObject({ do: 'detach', volumeId: DATA_VOLUME });
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, readonly string[]]>([
    [
      'of a restart nothing is left but names and holds',
      {},
      { rung: 'restart', hold: 'held' },
      ['register bitcoin', 'release-holds'],
    ],
    [
      'a swap verifies its snapshot and keeps the volumes of before',
      {},
      swapped,
      ['verify snap-00', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'a set that did not open is quarantined once another one did',
      {},
      { ...swapped, tried: [tried('set-1', 'open')] },
      ['verify snap-00', 'quarantine snap-01', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'so is one that stopped lower',
      {},
      { ...swapped, tried: [tried('set-1', 'lower-stop')] },
      ['verify snap-00', 'quarantine snap-01', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'one that failed for another reason is not',
      {},
      { ...swapped, tried: [tried('set-1', 'other')] },
      ['verify snap-00', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'what a restart has healed shows nothing about data',
      {},
      { rung: 'replace', replacement: newReplacement(), tried: [tried('set-1', 'open')], hold: 'held' },
      [
        'hand-over i-0fedcba9876543210',
        'retire i-0123456789abcdef0',
        'register bitcoin',
        'rotate bitcoin',
        'release-holds',
      ],
    ],
    [
      'a sibling’s volumes have no snapshot to verify',
      {},
      { ...SWAP, restoredVolumes: copy({ from: 'sibling', mounted: 'restored' }) },
      [`keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'what was put back is in use, and not to be removed some day',
      {},
      { ...SWAP, restoredVolumes: copy({ from: 'kept', mounted: 'restored' }) },
      [`unkeep ${COPY_VOLUME}`, `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'a member goes back into service',
      { original: machine({ autoScalingGroup: 'nodes' }) },
      { ...swapped, hold: 'none', standby: 'entering' },
      ['leave-standby nodes', 'verify snap-00', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin'],
    ],
    [
      'a retired member does not',
      { original: machine({ autoScalingGroup: 'nodes', state: 'stopped' }) },
      { rung: 'replace', replacement: newReplacement(), hold: 'none', standby: 'entering' },
      ['hand-over i-0fedcba9876543210', 'retire i-0123456789abcdef0', 'register bitcoin', 'rotate bitcoin'],
    ],
  ])('%s', (_, more, has, list) => {
    expect(pieces(more, has)).toEqual(list);
  });

  it('an instance that was replaced is stopped before it is kept', () => {
    const has = {
      rung: 'replace',
      replacement: newReplacement(),
      proved: 'x',
      cleared: [{ kind: 'hand-over', target: 'i-0fedcba9876543210' }],
    } as const;
    const next = (state: 'running' | 'stopping' | 'stopped') =>
      nextCleanup(facts({ volumes: [free], original: machine({ state }) }), ladderState(has)).do;
    expect([next('running'), next('stopping'), next('stopped')]).toEqual(['stop-instance', 'wait', 'clean-up']);
  });

  it('ends with the words of the proof', () => {
    const cleared: CleanupPiece[] = [
      { kind: 'verify', target: 'snap-00' },
      { kind: 'keep', target: DATA_VOLUME },
      { kind: 'untarget', target: DATA_VOLUME },
      { kind: 'register', target: 'bitcoin' },
    ];
    const act = nextCleanup(
      facts({ volumes: [free] }),
      ladderState({ ...swapped, proved: 'height 1050', hold: 'none', cleared }),
    );
    expect(act).toEqual({ do: 'end', end: { as: 'healed', reason: 'height 1050' } });
  });
});
