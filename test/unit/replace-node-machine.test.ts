// Another instance in the place of one that is of no use: launched masked, the old one fenced, the data moved, and the way back.
import { describe, expect, it } from '@jest/globals';
import { machineNext } from '../../functions/replace-node/machine.ts';
import type { Act, Facts } from '../../functions/replace-node/model.ts';
import { stopStartNext } from '../../functions/replace-node/stop-start.ts';
import type { NewInstance, ReplaceMemory } from '../../shared/heal/memory.ts';
import { DATA_VOLUME, INSTANCE, MINUTE_MS, NOON_MS } from '../support/heal-facts.ts';
import {
  client,
  copy,
  FLEET,
  facts,
  impaired,
  machine,
  memory,
  newInstance,
  ROOT_VOLUME,
  seen,
  volumeNow,
  YOUNG,
} from '../support/replace-facts.ts';

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
const keeps = ['held', 'keep-volumes'];

const words = (act: Act): string => {
  switch (act.do) {
    case 'inspect':
    case 'stop-instance':
      return `${act.do} ${act.which}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.volumeId === DATA_VOLUME ? 'data' : act.volumeId === ROOT_VOLUME ? 'root' : act.volumeId === YOUNG_ROOT ? 'new root' : 'copy'} ${act.which}`;
    case 'plan-machine':
      return `plan in ${act.machine.subnetId}`;
    case 'fenced':
      return `fenced by ${act.by}`;
    case 'end':
      return act.end.as;
    default:
      return act.do;
  }
};
const next = (
  more: Partial<Facts>,
  has: Partial<ReplaceMemory> & { readonly is?: Partial<NewInstance> | null },
): string => {
  const { is = {}, ...rest } = has;
  const what = memory({ rung: 'replace', done: keeps, machine: is === null ? null : newInstance(is), ...rest });
  return words(machineNext(facts({ young: young(), seen: masked, old: dead, ...more }), what));
};

describe('another instance', () => {
  it.each<[string, Partial<Facts>, Parameters<typeof next>[1], string]>([
    ['is planned in the node’s own subnet', { young: null }, { is: null }, 'plan in subnet-0a'],
    [
      'in the next one where that has no capacity',
      { young: null, fleet: other },
      { is: null, exhausted: ['subnet-0a'] },
      'plan in subnet-0b',
    ],
    ['nowhere where none is left', { young: null }, { is: null, exhausted: ['subnet-0a'] }, 'fail-rung'],
    [
      'not without a launch template',
      { young: null, old: machine({ launchTemplate: null }) },
      { is: null },
      'fail-rung',
    ],
    [
      'not where nobody can tell its volumes',
      { young: null },
      { is: null, found: { ...memory().found, volumes: [] } },
      'fail-rung',
    ],
    ['is launched with a token that is written already', { young: null }, { is: { instanceId: '' } }, 'launch'],
    ['may not be shown yet', { young: null }, {}, 'wait'],
    [
      'boots',
      { young: young({ state: 'pending' }, { agentOnline: false }) },
      { is: { masked: false, heard: 0 } },
      'wait',
    ],
    [
      'is given up where it does not come up',
      { young: young({}, { agentOnline: false }) },
      { is: { masked: false, heard: 0 }, waitingSinceMs: NOON_MS - 16 * MINUTE_MS },
      'give-up-machine',
    ],
    ['is asked first', { seen: null }, { is: { masked: false, heard: 0 } }, 'inspect young'],
    ['is noted as masked by its own word', {}, { is: { masked: false } }, 'masked'],
    [
      'is given up where its client could run',
      { seen: seen([client('stopped')]) },
      { is: { masked: false } },
      'give-up-machine',
    ],
    ['is asked again by another attempt, under a fence of its own', {}, { is: { fence: 2 } }, 'inspect young'],
    ['is given up where somebody has ended it', { young: young({ state: 'terminated' }) }, {}, 'give-up-machine'],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });
});

describe('the old client is made sure of before the new one may run', () => {
  const pending = (call: string, target: string) => ({ intent: { call, target, atMs: NOON_MS - MINUTE_MS } });

  it.each<[string, Partial<Facts>, Parameters<typeof next>[1], string]>([
    ['by its own word, where it can be reached', { old: machine() }, {}, 'mask-old'],
    ['by a stop, where it cannot', {}, {}, 'stop-instance old'],
    [
      'by a stop, where it was masked in vain',
      { old: machine() },
      { done: [...keeps, 'mask-failed'] },
      'stop-instance old',
    ],
    [
      'on standby, where a group would start another one',
      { old: machine({ autoScalingGroup: 'nodes' }), fleet: aside },
      {},
      'standby',
    ],
    ['a stop that may be on its way is not repeated', {}, pending('StopInstances', INSTANCE), 'wait'],
    ['seen stopped is not enough: its root volume comes off', { old: stopped }, {}, 'detach root old'],
    ['which takes a moment', { old: stopped }, pending('DetachVolume', ROOT_VOLUME), 'wait'],
    ['then it is fenced', { old: rootless }, {}, 'fenced by root-detached'],
    ['one that is not shown may be gone', { old: null }, {}, 'wait'],
    [
      'one that is gone is fenced',
      { old: null },
      { waitingSinceMs: NOON_MS - 6 * MINUTE_MS },
      'fenced by root-detached',
    ],
    [
      'somebody starts it meanwhile: it is stopped again',
      { old: dead },
      { done: [...keeps, 'down', 'stopped'] },
      'stop-instance old',
    ],
  ])('%s', (_, more, has, does) => {
    expect(next(more, has)).toBe(does);
  });

  it.each<[string, Partial<Facts>, Partial<NewInstance>, Partial<ReplaceMemory>, string]>([
    ['then its volume comes off', {}, {}, {}, 'detach data old'],
    ['and onto the new one', { volumes: [free] }, {}, {}, 'attach data young'],
    ['discovery is told', { volumes: [moved] }, {}, {}, 'join'],
    ['and only then the new client is unmasked', { volumes: [moved] }, { joined: true }, {}, 'take-over'],
    ['and proved', { volumes: [moved] }, { joined: true, identity: 'new' }, { upSinceMs: NOON_MS }, 'wait'],
    [
      'in another zone the data come from a snapshot first',
      { volumes: [volumeNow()], old: dead },
      { availabilityZone: 'eu-west-1b', fencedBy: null },
      {},
      'choose',
    ],
  ])('%s', (_, more, is, has, does) => {
    expect(
      next({ old: rootless, ...more }, { is: { fencedBy: 'root-detached', identity: 'none', ...is }, ...has }),
    ).toBe(does);
  });
});

describe('the way back from one that did not help', () => {
  const givenUp = {
    givenUp: 'its client ends',
    fencedBy: 'root-detached',
    identity: 'new',
    oldRoot: { device: '/dev/xvda', volumeId: ROOT_VOLUME },
  } as const;
  const all = [...keeps, 'down', 'stopped', 'fencing', 'joining', 'taking-over'];
  const gone = young({ state: 'stopped', rootVolumeId: null }, { agentOnline: false });

  it.each<[string, Partial<Facts>, readonly string[], string]>([
    ['the new client is masked by its own word', {}, all, 'mask-young'],
    ['it is stopped all the same', {}, [...all, 'young-masked'], 'stop-instance young'],
    [
      'where it does not answer it is stopped',
      { young: young({}, { agentOnline: false }) },
      all,
      'stop-instance young',
    ],
    [
      'and its root volume comes off, so that nobody starts it by accident',
      { young: young({ state: 'stopped' }, { agentOnline: false }) },
      all,
      'detach new root young',
    ],
    [
      'not where it was masked',
      { young: young({ state: 'stopped' }, { agentOnline: false }), volumes: [moved] },
      [...all, 'young-masked'],
      'detach data young',
    ],
    ['the volume comes off', { young: gone, volumes: [moved] }, all, 'detach data young'],
    ['and back', { young: gone, volumes: [free] }, all, 'attach data old'],
    ['then the old root', { young: gone, old: rootless }, all, 'attach root old'],
    ['discovery is told', { young: gone, old: stopped }, all, 'leave'],
    [
      'the old one is started',
      { young: gone, old: stopped },
      all.filter((what) => what !== 'joining'),
      'start-instance',
    ],
    ['one that was masked is unmasked', { young: gone, old: machine() }, [...keeps, 'down', 'masking'], 'start-old'],
    ['and waited for until it can be', { young: gone, old: dead }, [...keeps, 'down', 'masking'], 'wait'],
    [
      'then the new one is kept, stopped, for whoever wants to look',
      { young: gone, old: machine() },
      [...keeps, 'down', 'fencing'],
      'drop-machine',
    ],
    ['nothing is put back that was not touched', { young: gone, old: dead }, keeps, 'drop-machine'],
  ])('%s', (_, more, done, does) => {
    expect(next(more, { is: givenUp, done })).toBe(does);
  });

  it('a copy goes before the old volumes come back', () => {
    const there = volumeNow({
      volumeId: copy().volumes[0]?.volumeId ?? '',
      attachment: { instanceId: YOUNG, device: '/dev/sdg', state: 'attached', deleteOnTermination: false },
    });
    expect(next({ young: gone, old: rootless, volumes: [free, there] }, { is: givenUp, done: all, copy: copy() })).toBe(
      'detach copy young',
    );
  });

  it('a launch that was refused leads straight to the next subnet', () => {
    expect(
      next(
        { young: null, old: stopped },
        { is: { instanceId: '', givenUp: 'no capacity' }, done: [...keeps, 'stopped'] },
      ),
    ).toBe('drop-machine');
  });
});

describe('a stop and a start', () => {
  const rung = (more: Partial<Facts>, has: Partial<ReplaceMemory>) =>
    words(stopStartNext(facts({ seen: null, ...more }), memory({ rung: 'stop-start', ...has })));
  const down = ['held', 'down', 'stopped'];
  const starting = { intent: { call: 'StartInstances', target: INSTANCE, atMs: NOON_MS } };

  it.each<[string, Partial<Facts>, Partial<ReplaceMemory>, string]>([
    ['an impaired instance is stopped', { old: dead }, {}, 'stop-instance old'],
    [
      'a member of a group is set aside first',
      { old: { ...dead, instance: machine({ autoScalingGroup: 'nodes' }).instance } },
      {},
      'standby',
    ],
    ['somebody else’s stop is somebody else’s business', { old: stopped }, {}, 'refused'],
    ['it is waited for', { old: machine({ state: 'stopping' }) }, { done: down }, 'wait'],
    ['and started', { old: stopped }, { done: down }, 'start-instance'],
    ['a start that may be on its way is not repeated', { old: stopped }, { done: down, ...starting }, 'wait'],
    ['a stop that never took effect is made again', { old: dead }, { done: down }, 'stop-instance old'],
    [
      'its checks are waited for',
      { old: machine({ state: 'pending' }, { agentOnline: false }) },
      { done: ['held', 'down', 'started'] },
      'wait',
    ],
    ['when it is up the node is asked', { old: machine() }, { done: ['held', 'down', 'started'] }, 'inspect old'],
    ['one that stays impaired was in vain', { old: dead }, { done: ['held', 'down', 'started'] }, 'fail-rung'],
    ['so was one that is stopped again', { old: stopped }, { done: ['held', 'down', 'started'] }, 'fail-rung'],
    ['one that EC2 has recovered by itself is not stopped again', { old: machine() }, {}, 'start-instance'],
    [
      'one that is coming up by itself is waited for',
      { old: { ...machine(), checks: { system: 'initializing', instance: 'initializing', attachedEbs: 'ok' } } },
      {},
      'wait',
    ],
    [
      'and not for ever',
      {
        old: {
          ...machine(),
          checks: { system: 'initializing', instance: 'initializing', attachedEbs: 'ok' },
          agentOnline: false,
        },
      },
      { waitingSinceMs: NOON_MS - 16 * 60_000 },
      'stop-instance old',
    ],
    [
      'one whose agent is silent is stopped, however well its checks are',
      { old: machine({}, { agentOnline: false }) },
      {},
      'stop-instance old',
    ],
  ])('%s', (_, more, has, does) => {
    expect(rung(more, has)).toBe(does);
  });
});
