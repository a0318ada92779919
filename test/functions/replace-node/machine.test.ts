// A replacement for a broken instance: it is launched masked, the original instance is fenced, the data are moved; and the way back.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { RUNGS } from '../../../functions/replace-node/ladder.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { volumeNow } from '../../fixtures/builders/volume.ts';
import {
  client,
  copy,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  seen,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const YOUNG_ROOT = 'vol-0d11111111111111f';
const young = (more: Parameters<typeof machine>[0] = {}, rest: Parameters<typeof machine>[1] = {}) =>
  machine({ instanceId: YOUNG, rootVolumeId: YOUNG_ROOT, devices: [], ...more }, rest);
const masked = seen([client('stopped', { masked: true })]);
const dead = impaired('instance');
const stopped = machine({ state: 'stopped' }, { agentOnline: false });
const rootless = machine({ state: 'stopped', rootVolumeId: null }, { agentOnline: false });
const free = volumeNow({ state: 'available', attachment: null });
const moved = volumeNow({
  attachment: { instanceId: YOUNG, device: '/dev/sdf', state: 'attached', deleteOnTermination: false },
});
const other = { ...FLEET, replace: { ...FLEET.replace, subnetIds: ['subnet-0b'] } };
const aside = { ...FLEET, replace: { ...FLEET.replace, autoScaling: 'standby' } } as const;
/** After the volumes of the original instance are known to outlive it. */
const keeps = { volumesKept: true } as const;

const words = (act: Decision): string => {
  switch (act.do) {
    case 'inspect':
    case 'stop-instance':
      return `${act.do} ${act.which}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.volumeId === DATA_VOLUME ? 'data' : act.volumeId === ROOT_VOLUME ? 'root' : act.volumeId === YOUNG_ROOT ? 'new root' : 'copy'} ${act.which}`;
    case 'plan-replacement':
      return `plan in ${act.replacement.subnetId}`;
    case 'note-fenced':
      return `fenced by ${act.by}`;
    case 'end':
      return act.end.as;
    default:
      return act.do;
  }
};
const next = (
  more: Partial<Facts>,
  has: Partial<LadderState> & { readonly is?: Partial<Replacement> | null },
): string => {
  const { is = {}, ...rest } = has;
  const what = ladderState({
    rung: 'replace',
    replacement: is === null ? null : newReplacement({ ...keeps, ...is }),
    ...rest,
  });
  return words(RUNGS.replace.next(facts({ replacement: young(), seen: masked, original: dead, ...more }), what));
};

const running = { ...FLEET, replace: { ...FLEET.replace, userData: 'run' as const } };
const booting = (cloudInit: 'running' | 'done' | 'error') => ({ ...masked, cloudInit });

describe('another instance', () => {
  it.each<[string, Partial<Facts>, Parameters<typeof next>[1], string]>([
    ['is planned in the node’s own subnet', { replacement: null }, { is: null }, 'plan in subnet-0a'],
    [
      'in the next one where that has no capacity',
      { replacement: null, fleet: other },
      { is: null, exhausted: ['subnet-0a'] },
      'plan in subnet-0b',
    ],
    ['nowhere where none is left', { replacement: null }, { is: null, exhausted: ['subnet-0a'] }, 'end-rung'],
    [
      'not without a launch template',
      { replacement: null, original: machine({ launchTemplate: null }) },
      { is: null },
      'end-rung',
    ],
    [
      'not where nobody can tell its volumes',
      { replacement: null },
      { is: null, found: { ...ladderState().found, volumes: [] } },
      'end-rung',
    ],
    ['is launched with a token that is written already', { replacement: null }, { is: { instanceId: '' } }, 'launch'],
    ['may not be shown yet', { replacement: null }, {}, 'wait'],
    [
      'boots',
      { replacement: young({ state: 'pending' }, { agentOnline: false }) },
      { is: { masked: false, heard: 0 } },
      'wait',
    ],
    [
      'is given up where it does not come up',
      { replacement: young({}, { agentOnline: false }) },
      { is: { masked: false, heard: 0 }, waitingSinceMs: NOON_MS - 16 * MINUTE_MS },
      'give-up-replacement',
    ],
    ['is asked first', { seen: null }, { is: { masked: false, heard: 0 } }, 'inspect replacement'],
    ['is noted as masked by its own word', {}, { is: { masked: false } }, 'note-masked'],
    [
      'is given up where its client could run',
      { seen: seen([client('stopped')]) },
      { is: { masked: false } },
      'give-up-replacement',
    ],
    [
      'is given up where it has no public address, and the old one had',
      {},
      { is: { masked: false }, found: { ...ladderState().found, lostAddress: '198.51.100.7' } },
      'give-up-replacement',
    ],
    [
      'is not given up where the old one has an elastic address, which an old reading had not shown',
      { original: machine({ publicIp: { ip: '198.51.100.7', allocationId: 'eipalloc-0123456789abcdef0' } }) },
      { is: { masked: false }, found: { ...ladderState().found, lostAddress: '198.51.100.7' } },
      'note-masked',
    ],
    [
      'has another public address',
      { replacement: young({ publicIp: { ip: '198.51.100.8', allocationId: null } }) },
      { is: { masked: false }, found: { ...ladderState().found, lostAddress: '198.51.100.7' } },
      'note-masked',
    ],
    [
      'is waited for while its user data run',
      { fleet: running, seen: booting('running'), replacement: young({ launchedAtMs: NOON_MS - MINUTE_MS }) },
      { is: { masked: false }, inspectedAtMs: NOON_MS - 10_000 },
      'wait',
    ],
    [
      'is asked again after a while',
      { fleet: running, seen: booting('running'), replacement: young({ launchedAtMs: NOON_MS - MINUTE_MS }) },
      { is: { masked: false }, inspectedAtMs: NOON_MS - MINUTE_MS },
      'inspect replacement',
    ],
    [
      'is given up where they do not end',
      { fleet: running, seen: booting('running'), replacement: young({ launchedAtMs: NOON_MS - 61 * MINUTE_MS }) },
      { is: { masked: false }, inspectedAtMs: NOON_MS - MINUTE_MS },
      'give-up-replacement',
    ],
    [
      'is given up where they fail',
      { fleet: running, seen: booting('error') },
      { is: { masked: false } },
      'give-up-replacement',
    ],
    ['is given up where it does not say', { fleet: running }, { is: { masked: false } }, 'give-up-replacement'],
    [
      'is used when they have ended',
      { fleet: running, seen: booting('done') },
      { is: { masked: false } },
      'note-masked',
    ],
    ['is asked again by another attempt, under a fence of its own', {}, { is: { fence: 2 } }, 'inspect replacement'],
    [
      'is given up where somebody has ended it',
      { replacement: young({ state: 'terminated' }) },
      {},
      'give-up-replacement',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });
});

describe('the old client is made sure of before the new one may run', () => {
  const pending = (call: string, target: string) => ({ pending: { call, target, atMs: NOON_MS - MINUTE_MS } });

  it.each<[string, Partial<Facts>, Parameters<typeof next>[1], string]>([
    ['by its own word, where it can be reached', { original: machine() }, {}, 'mask-original'],
    ['by a stop, where it cannot', {}, {}, 'stop-instance original'],
    [
      'by a stop, where it was masked in vain',
      { original: machine() },
      { is: { originalMask: 'unconfirmed' } },
      'stop-instance original',
    ],
    [
      'on standby, where a group would start another one',
      { original: machine({ autoScalingGroup: 'nodes' }), fleet: aside },
      {},
      'standby',
    ],
    ['a stop that may be on its way is not repeated', {}, pending('StopInstances', INSTANCE), 'wait'],
    ['seen stopped is not enough: its root volume comes off', { original: stopped }, {}, 'detach root original'],
    ['which takes a moment', { original: stopped }, pending('DetachVolume', ROOT_VOLUME), 'wait'],
    ['then it is fenced', { original: rootless }, {}, 'fenced by root-detached'],
    ['one that is not shown may be gone', { original: null }, {}, 'wait'],
    [
      'one that is gone is fenced',
      { original: null },
      { waitingSinceMs: NOON_MS - 6 * MINUTE_MS },
      'fenced by root-detached',
    ],
    [
      'somebody starts it meanwhile: it is stopped again',
      { original: dead },
      { client: 'mayBeDown', original: 'stopIntended' },
      'stop-instance original',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });

  it.each<[string, Partial<Facts>, Partial<Replacement>, Partial<LadderState>, string]>([
    ['then its volume comes off', {}, {}, {}, 'detach data original'],
    ['and onto the new one', { volumes: [free] }, {}, {}, 'attach data replacement'],
    ['discovery is told', { volumes: [moved] }, {}, {}, 'join'],
    ['and only then the new client is unmasked', { volumes: [moved] }, { membership: 'joined' }, {}, 'take-over'],
    [
      'and proved',
      { volumes: [moved] },
      { membership: 'joined', identity: 'replacement' },
      { upSinceMs: NOON_MS },
      'wait',
    ],
    [
      'in another zone the data come from a snapshot first',
      { volumes: [volumeNow()], original: dead },
      { availabilityZone: 'eu-west-1b', fencedBy: null },
      {},
      'choose-volumes',
    ],
  ])('%s', (_, more, is, has, does) => {
    expect(
      next({ original: rootless, ...more }, { is: { fencedBy: 'root-detached', identity: 'none', ...is }, ...has }),
    ).toBe(does);
  });
});

describe('the way back from one that did not help', () => {
  const givenUp = {
    givenUp: 'its client ends',
    fencedBy: 'root-detached',
    identity: 'replacement',
    originalRoot: { device: '/dev/xvda', volumeId: ROOT_VOLUME },
  } as const;
  type Left = Parameters<typeof next>[1];
  const touched = { client: 'mayBeDown', original: 'stopIntended' } as const;
  const begun = { ...givenUp, fencingBegun: true, membership: 'joined', takeOver: 'intended' } as const;
  const all: Left = { ...touched, is: begun };
  const withdrawn: Left = { ...touched, is: { ...begun, takeOver: 'withdrawn' } };
  const maskedOriginal: Left = {
    client: 'mayBeDown',
    is: { ...givenUp, fencingBegun: true, originalMask: 'intended' },
  };
  const gone = young({ state: 'stopped', rootVolumeId: null }, { agentOnline: false });

  it.each<[string, Partial<Facts>, Left, string]>([
    ['the new client is masked by its own word', {}, all, 'mask-replacement'],
    ['it is stopped all the same', {}, withdrawn, 'stop-instance replacement'],
    [
      'where it does not answer it is stopped',
      { replacement: young({}, { agentOnline: false }) },
      all,
      'stop-instance replacement',
    ],
    [
      'and its root volume comes off, so that nobody starts it by accident',
      { replacement: young({ state: 'stopped' }, { agentOnline: false }) },
      all,
      'detach new root replacement',
    ],
    [
      'not where it was masked',
      { replacement: young({ state: 'stopped' }, { agentOnline: false }), volumes: [moved] },
      withdrawn,
      'detach data replacement',
    ],
    ['the volume comes off', { replacement: gone, volumes: [moved] }, all, 'detach data replacement'],
    ['and back', { replacement: gone, volumes: [free] }, all, 'attach data original'],
    ['then the old root', { replacement: gone, original: rootless }, all, 'attach root original'],
    ['discovery is told', { replacement: gone, original: stopped }, all, 'leave'],
    [
      'the old one is started',
      { replacement: gone, original: stopped },
      { ...touched, is: { ...begun, membership: 'apart' } },
      'start-instance',
    ],
    ['one that was masked is unmasked', { replacement: gone, original: machine() }, maskedOriginal, 'start-original'],
    ['and waited for until it can be', { replacement: gone, original: dead }, maskedOriginal, 'wait'],
    [
      'then the new one is kept, stopped, for whoever wants to look',
      { replacement: gone, original: machine() },
      { client: 'mayBeDown', is: { ...givenUp, fencingBegun: true } },
      'drop-replacement',
    ],
    [
      'nothing is put back that was not touched',
      { replacement: gone, original: dead },
      { is: givenUp },
      'drop-replacement',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });

  it('a copy goes before the old volumes come back', () => {
    const there = volumeNow({
      volumeId: copy().volumes[0]?.volumeId ?? '',
      attachment: { instanceId: YOUNG, device: '/dev/sdg', state: 'attached', deleteOnTermination: false },
    });
    expect(
      next({ replacement: gone, original: rootless, volumes: [free, there] }, { ...all, restoredVolumes: copy() }),
    ).toBe('detach copy replacement');
  });

  it('a launch that was refused leads straight to the next subnet', () => {
    expect(
      next(
        { replacement: null, original: stopped },
        { is: { instanceId: '', givenUp: 'no capacity' }, original: 'stopIntended' },
      ),
    ).toBe('drop-replacement');
  });
});

describe('a stop and a start', () => {
  const rung = (more: Partial<Facts>, has: Partial<LadderState>) =>
    words(RUNGS['stop-start'].next(facts({ seen: null, ...more }), ladderState({ rung: 'stop-start', ...has })));
  const down = { client: 'mayBeDown', original: 'stopIntended' } as const;
  const starting = { pending: { call: 'StartInstances', target: INSTANCE, atMs: NOON_MS } };

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['an impaired instance is stopped', { original: dead }, {}, 'stop-instance original'],
    [
      'a member of a group is set aside first',
      { original: { ...dead, instance: machine({ autoScalingGroup: 'nodes' }).instance } },
      {},
      'standby',
    ],
    ['somebody else’s stop is somebody else’s business', { original: stopped }, {}, 'refused'],
    ['it is waited for', { original: machine({ state: 'stopping' }) }, down, 'wait'],
    ['and started', { original: stopped }, down, 'start-instance'],
    ['a start that may be on its way is not repeated', { original: stopped }, { ...down, ...starting }, 'wait'],
    ['a stop that never took effect is made again', { original: dead }, down, 'stop-instance original'],
    [
      'its checks are waited for',
      { original: machine({ state: 'pending' }, { agentOnline: false }) },
      { hold: 'held', client: 'mayBeDown', original: 'started' },
      'wait',
    ],
    [
      'when it is up the node is asked',
      { original: machine() },
      { hold: 'held', client: 'mayBeDown', original: 'started' },
      'inspect original',
    ],
    [
      'one that stays impaired was in vain',
      { original: dead },
      { hold: 'held', client: 'mayBeDown', original: 'started' },
      'end-rung',
    ],
    [
      'so was one that is stopped again',
      { original: stopped },
      { hold: 'held', client: 'mayBeDown', original: 'started' },
      'end-rung',
    ],
    ['one that EC2 has recovered by itself is not stopped again', { original: machine() }, {}, 'start-instance'],
    [
      'one that is coming up by itself is waited for',
      { original: { ...machine(), checks: { system: 'initializing', instance: 'initializing', attachedEbs: 'ok' } } },
      {},
      'wait',
    ],
    [
      'and not for ever',
      {
        original: {
          ...machine(),
          checks: { system: 'initializing', instance: 'initializing', attachedEbs: 'ok' },
          agentOnline: false,
        },
      },
      { waitingSinceMs: NOON_MS - 16 * 60_000 },
      'stop-instance original',
    ],
    [
      'one whose agent is silent is stopped, however well its checks are',
      { original: machine({}, { agentOnline: false }) },
      {},
      'stop-instance original',
    ],
  ])('%s', (_, more, has, does) => {
    expect(rung(more, has)).toBe(does);
  });
});
