// Another instance, until it is proved: the old one is fenced, its data come, and only then its client runs.
import { describe, expect, it } from '@jest/globals';
import { retryKeyOf } from '../../../functions/replace-node/acts/table.ts';
import type { Facts, Machine } from '../../../functions/replace-node/facts.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { COPY_VOLUME, copy, FLEET, ladderState, machine, watched, YOUNG } from '../../fixtures/replace-facts.ts';

import {
  actOf,
  free,
  type Has,
  nextOf,
  on,
  type Power,
  pending,
  quiet,
  rootless,
  waited,
  young,
} from '../../fixtures/replacing.ts';

const cases = (rows: readonly (readonly [string, Partial<Facts>, Has, string | RegExp])[]): void => {
  it.each(rows)('%s', (_, more, has, words) => {
    const act = actOf(nextOf(more, has));
    if (typeof words === 'string') expect(act).toBe(words);
    else expect(act).toMatch(words);
  });
};

describe('the old instance is fenced', () => {
  const old = (state: Power, more: Parameters<typeof machine>[0] = {}) => ({ original: quiet(state, more) });
  const stopping = (more: Partial<LadderState> = {}) => ({ ...pending('StopInstances', INSTANCE), ...more });
  const synced = { watched: watched('synced', { lagBlocks: 0 }), original: machine() };
  const begun = { is: { fencingBegun: true, originalMask: 'intended' } } as const;

  cases([
    ['after its volumes are known to outlive it', {}, { is: { volumesKept: false } }, 'keep-volumes'],
    ['by its own word', { original: machine() }, {}, 'mask-original: its identity moves to the new instance'],
    ['by a stop, where it cannot be asked', {}, {}, 'stop-instance original: its client cannot be asked to end'],
    [
      'by a stop, where it did not confirm its mask',
      { original: machine() },
      { is: { originalMask: 'unconfirmed' } },
      /^stop-instance original/,
    ],
    ['it is waited for while that is on its way', {}, stopping(), 'wait: the old instance is running'],
    ['it is waited for while it stops', old('stopping'), {}, 'wait: the old instance is stopping'],
    ['for twenty minutes', old('stopping'), waited(20), /^wait/],
    ['and not longer', old('stopping'), waited(20, 1), 'give-up-replacement: the old instance is still stopping'],
    [
      'its root volume comes off',
      old('stopped'),
      {},
      `detach original /dev/xvda: without its root volume nobody can start it by accident`,
    ],
    [
      'that is waited for',
      old('stopped'),
      pending('DetachVolume', ROOT_VOLUME),
      'wait: its root volume is being detached',
    ],
    ['for a quarter of an hour', old('stopped'), { ...pending('DetachVolume', ROOT_VOLUME), ...waited(15) }, /^wait/],
    [
      'and not longer',
      old('stopped'),
      { ...pending('DetachVolume', ROOT_VOLUME), ...waited(15, 1) },
      'give-up-replacement: the root volume of the old instance cannot be detached',
    ],
    ['it has none any more', { original: rootless }, {}, 'note-fenced by root-detached'],
    ['somebody has terminated it', old('terminated'), {}, 'note-fenced by root-detached'],
    ['one reading does not show it', { original: null }, waited(5, -1), 'wait: the old instance is not shown'],
    ['it has not been shown for five minutes', { original: null }, waited(5), 'note-fenced by root-detached'],
    [
      'not where it follows its chain again',
      synced,
      {},
      'give-up-replacement: the node follows its chain again by itself',
    ],
    [
      'not where that was seen after what was intended',
      synced,
      { ...begun, waitingSinceMs: NOON_MS - 1 },
      /^give-up-replacement: the node follows/,
    ],
    ['it is where that was seen before', synced, { ...begun, waitingSinceMs: NOON_MS }, /^leave-pool/],
    ['not in a chain that stands', { original: machine(), haltedSinceMs: NOON_MS }, {}, /^chain-standing/],
    ['it is where that was begun', { original: machine(), haltedSinceMs: NOON_MS }, begun, /^mask-original/],
    ['it is where that was begun, and nobody sees it', { original: machine(), watched: null }, begun, /^mask-original/],
    [
      'not while nobody sees its fleet',
      { original: machine(), breaker: { open: true, sentence: 'no observation', isBlind: true } },
      {},
      'wait: no observation',
    ],
    [
      'not in a fleet of which most is sick',
      { original: machine(), breaker: { open: true, sentence: 'x' } },
      {},
      /^breaker-open/,
    ],
    [
      'not with what carries no tags of the fleet by now',
      { original: machine(), reach: { launch: ['lt-1'], pointers: [] } },
      {},
      /^out-of-reach/,
    ],
    [
      'a chain that stands is not waited for',
      { original: machine(), haltedSinceMs: NOON_MS, breaker: { open: true, sentence: 'x', isBlind: true } },
      {},
      /^chain-standing/,
    ],
  ]);
});

describe('its data come', () => {
  const fenced = { fencedBy: 'root-detached', identity: 'none' } as const;
  const has = (more: Partial<Replacement> = {}, rest: Partial<LadderState> = {}): Has => ({
    is: { ...fenced, ...more },
    ...rest,
  });
  const at = (volume: ReturnType<typeof volumeNow>, more: Partial<Facts> = {}) => ({
    original: rootless,
    volumes: [volume],
    ...more,
  });
  const there = at(on(YOUNG));
  const joined = { membership: 'joined' } as const;
  const taken = young({
    devices: [{ device: '/dev/sdf', volumeId: 'vol-x' }] as unknown as Machine['instance']['devices'],
  });
  const [first, second] = [foundVolume(), foundVolume({ role: 'wal', volumeId: 'vol-wal', device: '/dev/sdq' })];
  const two = { found: { ...ladderState().found, volumes: [first, second] } };
  const wal = volumeNow({ volumeId: 'vol-wal', state: 'available', attachment: null });
  const elsewhere = { availabilityZone: 'eu-west-1b' } as const;

  cases([
    ['they come off the old one', at(on(INSTANCE)), has(), 'detach original /dev/sdf: it moves'],
    ['and onto the new one', at(free), has(), 'attach replacement /dev/sdf: it moves'],
    ['under a name that is free', at(free, { replacement: taken }), has(), 'attach replacement /dev/sdg: it moves'],
    [
      'each under a name of its own',
      { original: rootless, volumes: [on(YOUNG), wal] },
      has({}, two),
      'attach replacement /dev/sdg: it moves',
    ],
    [
      'a detachment that may be on its way is waited for',
      at(on(INSTANCE)),
      has({}, pending('DetachVolume', DATA_VOLUME)),
      `wait: ${DATA_VOLUME} is attached`,
    ],
    [
      'an attachment that may be on its way is waited for',
      at(free),
      has({}, pending('AttachVolume', DATA_VOLUME)),
      `wait: ${DATA_VOLUME} is available`,
    ],
    ['one that comes off is waited for', at(on(INSTANCE, 'detaching')), has(), `wait: ${DATA_VOLUME} is detaching`],
    [
      'one that is being attached is waited for',
      at(on(YOUNG, 'attaching')),
      has(),
      `wait: ${DATA_VOLUME} is attaching`,
    ],
    ['for a quarter of an hour', at(on(YOUNG, 'attaching')), has({}, waited(15)), /^wait/],
    [
      'and not longer',
      at(on(YOUNG, 'attaching')),
      has({}, waited(15, 1)),
      `give-up-replacement: ${DATA_VOLUME} is still attaching`,
    ],
    [
      'one that a person has taken is not taken back',
      at(on('i-other')),
      has(),
      `give-up-replacement: ${DATA_VOLUME} is attached to i-other`,
    ],
    [
      'one that is gone cannot come',
      { original: rootless, volumes: [] },
      has(),
      `give-up-replacement: ${DATA_VOLUME} is gone`,
    ],
    ['discovery is told', there, has(), 'join'],
    ['discovery is told again where nobody knows whether it was', there, has({ membership: 'joining' }), 'join'],
    [
      'then its client may run',
      there,
      has(joined),
      'take-over: the old client cannot run any more, and its volumes are here',
    ],
    [
      'then its client may run, though one of before was up',
      there,
      has(joined, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^take-over/,
    ],
    [
      'then its client may run again, where nobody knows whether it is up',
      there,
      has({ ...joined, identity: 'replacement' }),
      /^take-over/,
    ],
    [
      'it is proved',
      { ...there, watched: watched('synced', { height: 1_010, lagBlocks: 0 }) },
      has({ ...joined, identity: 'replacement' }, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^prove: height 1010/,
    ],
    [
      'it is given up where it stands',
      { ...there, watched: watched('stuck', { sinceMs: NOON_MS }) },
      has({ ...joined, identity: 'replacement' }, { upSinceMs: NOON_MS - MINUTE_MS }),
      /^give-up-replacement: it stands still at height 1000/,
    ],
    ['in another zone they are copied first', { original: machine() }, { is: elsewhere }, /^choose-volumes: set-0/],
    [
      'in another zone none are left',
      { original: machine(), sources: null },
      { is: elsewhere },
      'give-up-replacement: what could be copied was not read',
    ],
    [
      'in another zone none are copied where the file leaves the rung out by now',
      { original: machine(), fleet: { ...FLEET, replace: { ...FLEET.replace, rungs: ['restart'] } } },
      { is: elsewhere },
      /^give-up-replacement: the fleet file leaves the rung replace out/,
    ],
    [
      'in another zone a copy that is given up is put away',
      { original: machine() },
      { is: elsewhere, restoredVolumes: copy({ givenUp: { door: 'data', fault: 'open', reason: 'x' } }) },
      'drop-volumes',
    ],
    [
      'in another zone a copy is waited for',
      { original: machine() },
      { is: elsewhere, restoredVolumes: copy() },
      `wait: ${COPY_VOLUME} is not shown yet`,
    ],
    [
      'in another zone the old one is fenced, and nothing moves',
      {
        volumes: [volumeNow({ volumeId: COPY_VOLUME, attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } })],
        original: rootless,
      },
      { is: { ...elsewhere, ...fenced }, restoredVolumes: copy() },
      'join',
    ],
  ]);

  it('an act that has failed three times gives it up, with why', () => {
    const act = nextOf(at(free), has()) as Parameters<typeof retryKeyOf>[0];
    const setback = { act: retryKeyOf(act) ?? '', count: 3, reason: 'busy', atMs: NOON_MS };
    expect(actOf(nextOf(at(free), has({}, { setback })))).toBe(
      `give-up-replacement: attach ${DATA_VOLUME} failed several times: busy`,
    );
  });
});

it('a proof in another place takes as long as the first: what was seen before it came up proves nothing', () => {
  const up = {
    is: { fencedBy: 'root-detached', identity: 'replacement', membership: 'joined' },
    upSinceMs: NOON_MS - HOUR_MS,
  } as const;
  const given = {
    original: rootless,
    volumes: [on(YOUNG)],
    watched: watched('synced', { height: 1_010, observedAtMs: NOON_MS - HOUR_MS }),
  };
  expect(nextOf(given, up).do).toBe('wait');
});
