// The way back from another instance that did not help: its client is certainly down before the original gets anything back.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { DATA_VOLUME, INSTANCE, instanceNow, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { besideNode, COPY_VOLUME, copy, ladderState, machine, YOUNG } from '../../fixtures/replace-facts.ts';

import {
  actOf,
  free,
  type Has,
  nextOf,
  on,
  pending,
  quiet,
  rootless,
  stopped,
  waited,
  YOUNG_ROOT,
  young,
} from '../../fixtures/replacing.ts';

const cases = (rows: readonly (readonly [string, Partial<Facts>, Has, string | RegExp])[]): void => {
  it.each(rows)('%s', (_, more, has, words) => {
    const act = actOf(nextOf(more, has));
    if (typeof words === 'string') expect(act).toBe(words);
    else expect(act).toMatch(words);
  });
};

describe('the way back', () => {
  const touched = { client: 'mayBeDown', original: 'stopIntended' } as const;
  const root = { device: '/dev/xvda', volumeId: ROOT_VOLUME } as const;
  const was = {
    givenUp: 'it stands',
    fencedBy: 'root-detached',
    identity: 'replacement',
    fencingBegun: true,
    originalRoot: root,
  } as const;
  const has = (more: Partial<Replacement> = {}, rest: Partial<LadderState> = touched): Has => ({
    is: { ...was, ...more },
    ...rest,
  });
  const intended = { takeOver: 'intended' } as const;
  const asleep = young({}, { agentOnline: false });
  const resting = young({ state: 'stopped' }, { agentOnline: false });
  const gone = young({ state: 'stopped', rootVolumeId: null }, { agentOnline: false });
  const at = (more: Partial<Facts>) => ({ replacement: gone, original: stopped, volumes: [on(INSTANCE)], ...more });
  const apart = { originalRoot: null, membership: 'apart' } as const;
  const start = { setback: { act: 'start-instance', count: 3, reason: 'no', atMs: NOON_MS } } as const;
  const short = { unstarted: { of: 'capacity', reason: 'none', sinceMs: NOON_MS, atMs: NOON_MS } } as const;
  const beside = { beside: besideNode(), client: 'untouched' } as const;

  cases([
    ['one that was not launched is dropped', { replacement: null }, has({ instanceId: '' }), 'drop-replacement'],
    [
      'it is not asked while it stops',
      { replacement: young({ state: 'stopping' }) },
      has(intended),
      'wait: the new instance is stopping',
    ],
    [
      'one that is not shown is waited for',
      { replacement: null },
      has({}, { ...touched, ...waited(5, -1) }),
      'wait: it is not shown yet',
    ],
    [
      'one that has not been shown for five minutes runs no client',
      at({ replacement: null }),
      has({}, { ...touched, ...waited(5) }),
      /^leave|^attach|^start/,
    ],
    [
      'one that was terminated runs no client',
      at({ replacement: young({ state: 'terminated' }) }),
      has(apart),
      /^start-instance/,
    ],
    ['its client is masked again', {}, has(intended), 'mask-replacement: it stands'],
    [
      'it is stopped where it does not answer',
      { replacement: asleep },
      has(intended),
      'stop-instance replacement: it stands',
    ],
    ['it is stopped where it never ran', {}, has(), 'stop-instance replacement: it stands'],
    [
      'it is not stopped twice',
      {},
      has({}, { ...touched, ...pending('StopInstances', YOUNG) }),
      'wait: the new instance is running',
    ],
    [
      'it is waited for, twenty minutes',
      { replacement: young({ state: 'stopping' }) },
      has({}, { ...touched, ...waited(20) }),
      'wait: the new instance is stopping',
    ],
    [
      'and then a person is told',
      { replacement: young({ state: 'stopping' }) },
      has({}, { ...touched, ...waited(20, 1) }),
      'step-failed: the new instance is still stopping',
    ],
    [
      'its root comes off where its client may run',
      { replacement: resting },
      has(intended),
      'detach replacement /dev/xvda: without its root volume nobody can start it by accident',
    ],
    [
      'its root comes off where its mask was not confirmed',
      { replacement: resting },
      has({ takeOver: 'unconfirmed' }),
      /^detach replacement/,
    ],
    [
      'that is waited for',
      { replacement: resting },
      has(intended, { ...touched, ...pending('DetachVolume', YOUNG_ROOT) }),
      'wait: its root volume is being detached',
    ],
    [
      'its root stays where it was masked',
      at({ replacement: resting }),
      has({ takeOver: 'withdrawn', ...apart }),
      /^start-instance/,
    ],
    [
      'its root stays where it ran beside the node',
      at({ replacement: resting, original: machine() }),
      has(intended, beside),
      'drop-replacement',
    ],
    [
      'its copy is put away',
      at({}),
      has({}, { ...touched, restoredVolumes: copy({ mounted: 'restored' }) }),
      'drop-volumes',
    ],
    ['the volume comes off it', at({ volumes: [on(YOUNG)] }), has(), 'detach replacement /dev/sdf: it moves'],
    ['and back, under its own name', at({ volumes: [free] }), has(), 'attach original /dev/sdf: it moves'],
    ['a volume that is gone is waited for', at({ volumes: [] }), has(), `wait: ${DATA_VOLUME} is gone`],
    [
      'a volume that a person has taken is waited for',
      at({ volumes: [on('i-other')] }),
      has(),
      `wait: ${DATA_VOLUME} is attached to i-other`,
    ],
    [
      'however long',
      at({ volumes: [on(INSTANCE, 'attaching')] }),
      has({}, { ...touched, ...waited(60) }),
      `wait: ${DATA_VOLUME} is still attaching`,
    ],
    [
      'and back under the name that it had',
      at({ volumes: [free] }),
      has({}, { ...touched, found: { ...ladderState().found, volumes: [foundVolume({ device: '/dev/sdq' })] } }),
      'attach original /dev/sdq: it moves',
    ],
    ['the old root comes back', at({ original: rootless }), has(), 'attach original /dev/xvda: it is put back'],
    [
      'that is waited for',
      at({ original: rootless }),
      has({}, { ...touched, ...pending('AttachVolume', ROOT_VOLUME) }),
      'wait: the old root volume is being attached',
    ],
    [
      'a root that may be on its way off is waited for',
      at({}),
      has({}, { ...touched, ...pending('DetachVolume', ROOT_VOLUME) }),
      'wait: the old root volume may be on its way off',
    ],
    ['discovery is told', at({}), has({ membership: 'joined' }), 'leave'],
    [
      'its client is started before: that takes a command, and no answer of EC2',
      at({ original: machine() }),
      has({ membership: 'joined', originalRoot: null, originalMask: 'intended' }, { client: 'mayBeDown' }),
      'start-original: it stands',
    ],
    [
      'not for ever: after three starts that fail discovery is told',
      at({ original: machine() }),
      has(
        { membership: 'joined', originalRoot: null, originalMask: 'intended' },
        { client: 'mayBeDown', setback: { act: 'start-original', count: 3, reason: 'no', atMs: NOON_MS } },
      ),
      'leave',
    ],
    ['discovery is told where nobody knows whether it was', at({}), has({ membership: 'joining' }), 'leave'],
    ['the old one is started', at({}), has(apart), 'start-instance: it is put back: it stands'],
    [
      'that is waited for',
      at({}),
      has(apart, { ...touched, ...pending('StartInstances', INSTANCE) }),
      'wait: the old instance comes up',
    ],
    [
      'one that cannot be started is left to the end of the heal',
      at({}),
      has(apart, { ...touched, ...start }),
      'drop-replacement',
    ],
    ['one that AWS has no room for is, too', at({}), has(apart, { ...touched, ...short }), 'drop-replacement'],
    ['one that runs is as it was', at({ original: machine() }), has(apart), 'drop-replacement'],
    [
      'one that may be about to stop is waited for',
      at({ original: machine() }),
      has(apart, { ...touched, ...pending('StopInstances', INSTANCE) }),
      'wait: the old instance comes up',
    ],
    [
      'one whose client is masked is started by its own word',
      at({ original: machine() }),
      has({ ...apart, originalMask: 'intended' }),
      'start-original: it stands',
    ],
    [
      'one whose client is masked, and is silent, is waited for',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }),
      'wait: the old instance comes up',
    ],
    [
      'for twenty minutes',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }, { ...touched, ...waited(20) }),
      /^wait/,
    ],
    [
      'and then a person is told',
      at({ original: machine({}, { agentOnline: false }) }),
      has({ ...apart, originalMask: 'intended' }, { ...touched, ...waited(20, 1) }),
      'step-failed: the old instance is running, its agent is silent, and its client is masked',
    ],
    [
      'one that does not come up is told, too',
      at({ original: machine({ state: 'pending' }) }),
      has(apart, { ...touched, ...waited(20, 1) }),
      'step-failed: the old instance is pending, its agent answers, and its client is to run',
    ],
    [
      'one that was terminated gets nothing back',
      at({ original: quiet('terminated') }),
      has({ membership: 'joined' }),
      'drop-replacement',
    ],
    [
      'one that is not shown gets nothing back',
      at({ original: null }),
      has({ membership: 'joined' }),
      'drop-replacement',
    ],
    ['one that was not touched needs nothing', at({}), has({ fencingBegun: false }, {}), 'drop-replacement'],
    [
      'one that was just started is seen first',
      at({}),
      has({ fencingBegun: false }, pending('StartInstances', INSTANCE)),
      'wait: the old instance was started, and EC2 says stopped still',
    ],
    ['one beside which it ran is not started', at({}), has({ ...apart }, beside), 'drop-replacement'],
    [
      'one beside which it ran, and which was masked for it, is',
      at({ original: machine() }),
      has({ ...apart, originalMask: 'intended' }, beside),
      'start-original: it stands',
    ],
  ]);

  it('a copy is laid to what has given it up, or to why the instance was', () => {
    const there = volumeNow({ volumeId: COPY_VOLUME, attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } });
    const of = (restoredVolumes: ReturnType<typeof copy>) =>
      actOf(nextOf(at({ volumes: [there] }), has({}, { ...touched, restoredVolumes })));
    expect(of(copy())).toBe('detach replacement /dev/sdg: it did not help: it stands');
    expect(of(copy({ givenUp: { door: 'data', fault: 'open', reason: 'it ends' } }))).toBe(
      'detach replacement /dev/sdg: it did not help: it ends',
    );
  });

  const machineWas = { instance: instanceNow(), clientVersion: null };
  const again = { ...touched, found: { ...ladderState().found, machine: machineWas } };
  const none = {
    gone: { machine: machineWas, volumes: [volumeNow()], power: 'terminated', present: [], missed: [] },
  } as const;
  cases([
    [
      'of a node that was made again: its volume comes off',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG)] }),
      has({}, again),
      'detach replacement /dev/sdf: it is left as it was found',
    ],
    [
      'of a node that was made again: that is waited for',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detaching')] }),
      has({}, { ...again, ...waited(15) }),
      `wait: ${DATA_VOLUME} is detaching`,
    ],
    [
      'of a node that was made again: not for ever',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detaching')] }),
      has({}, { ...again, ...waited(15, 1) }),
      'drop-replacement',
    ],
    [
      'of a node that was made again: once',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG)] }),
      has({}, { ...again, ...pending('DetachVolume', DATA_VOLUME) }),
      `wait: ${DATA_VOLUME} is attached`,
    ],
    [
      'of a node that was made again: one that may be on its way is waited for',
      at({ ...none, original: quiet('terminated'), volumes: [{ ...on(YOUNG), state: 'available', attachment: null }] }),
      has({}, { ...again, ...pending('AttachVolume', DATA_VOLUME) }),
      `wait: ${DATA_VOLUME} may be on its way to the new instance`,
    ],
    [
      'of a node that was made again: one that is off',
      at({ ...none, original: quiet('terminated'), volumes: [on(YOUNG, 'detached')] }),
      has({}, again),
      'drop-replacement',
    ],
    [
      'of a node that was made again: only its own',
      at({
        ...none,
        original: quiet('terminated'),
        volumes: [
          volumeNow({ volumeId: 'vol-other', attachment: { ...attachedAt('/dev/sdh'), instanceId: YOUNG } }),
          free,
        ],
      }),
      has({}, again),
      'drop-replacement',
    ],
    [
      'of a node that was made again: one that is not shown',
      at({ ...none, original: quiet('terminated'), volumes: [] }),
      has({}, again),
      'drop-replacement',
    ],
    [
      'of a node that was made again: on an instance that is not shown any more',
      at({ ...none, original: quiet('terminated'), replacement: null, volumes: [on(YOUNG)] }),
      has({}, { ...again, ...waited(5) }),
      'drop-replacement',
    ],
    [
      'of a node that was made again: one that a person has taken',
      at({ ...none, original: quiet('terminated'), volumes: [on('i-other')] }),
      has({}, again),
      'drop-replacement',
    ],
  ]);
});
