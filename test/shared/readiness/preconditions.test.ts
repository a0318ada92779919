// The table of preconditions: what is not so keeps a heal from beginning, what nobody knows only where it has to be known, and what nobody asked never.
import { describe, expect, it } from '@jest/globals';
import {
  type Begun,
  cannotBeginFor,
  lacksOf,
  PRECONDITIONS,
  type Precondition,
  type PreconditionName,
  type Told,
} from '../../../shared/readiness/preconditions.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observation } from '../../fixtures/builders/observation.ts';
import { foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { client, seen } from '../../fixtures/replace-facts.ts';

const OTHERS = 'arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const fleet = bitcoinFleet();
const instance = { instanceId: 'i-1', tags: {}, launchTemplate: 'lt-1' };
const runs = (lacks: string | null) => ({ ...seen(), runs: [{ startedSecondsAgo: 1, restarts: 0, lacks }] });
const versioned = seen([client('running', { instance: '28.0' })]);
const on = volumeNow({ kmsKeyId: OTHERS });

const healsOf = (name: PreconditionName) => Object.keys(PRECONDITIONS[name].before) as Begun[];
const owner = {
  ...{ tags: {}, autoScalingGroup: null, instanceStore: false, stopProtected: false, standbyFault: null },
  publicIp: null,
};
const VCPUS = { service: 'ec2', code: 'L-1216C47A', name: 'On-Demand Standard vCPUs', quota: 9 } as const;
const rooms = (used: number): Told => {
  const needs = [{ room: { value: { ...VCPUS, used } }, needed: 1, what: 'its growth' }];
  return { rooms: Object.fromEntries(healsOf('quota-has-room').map((heal) => [heal, needs])) };
};

/** For each row what is so, what is not, and the words of it. */
const ROWS: Readonly<Record<PreconditionName, readonly [so: Told, not: Told, why: RegExp]>> = {
  'filesystem-grows': [
    { filesystem: observation() },
    { filesystem: observation({ obstacle: 'partition-behind' }) },
    /another partition lies behind/,
  ],
  'key-usable': [
    { instance, keys: { volumes: [], denied: [], scope: { accountId: '111122223333', kmsKeys: [] } } },
    {
      instance: { ...instance, instanceId: on.attachment?.instanceId ?? '' },
      keys: { volumes: [on], denied: [], scope: { accountId: '111122223333', kmsKeys: [] } },
    },
    /could not be started again: KMS key/,
  ],
  'client-maskable': [
    { fleet },
    { fleet: { ...fleet, units: fleet.units.map((unit) => ({ ...unit, runtime: { kind: 'commands' } as never })) } },
    /its owner’s own commands/,
  ],
  'template-named': [
    { fleet, instance },
    {
      fleet: { ...fleet, replace: { ...fleet.replace, launchTemplate: undefined } },
      instance: { ...instance, launchTemplate: null },
    },
    /names a launch template/,
  ],
  'launch-accepted': [
    { launch: { is: 'unknown', reason: 'throttled' } },
    { launch: { is: 'refused', reason: 'no key' } },
    /^no key$/,
  ],
  'volumes-known': [
    { fleet, hasAnswered: true, found: [foundVolume()] },
    { fleet, hasAnswered: true, found: [] },
    /not each of .* has an EBS volume mounted/,
  ],
  'volumes-plain': [{ found: [foundVolume()] }, { found: [foundVolume({ layer: 'LVM2_member' })] }, /is a part of LVM/],
  'copy-mountable': [
    { mounts: seen() },
    { mounts: { ...seen(), volumes: seen().volumes.map((one) => ({ ...one, filesystem: 'btrfs' })) } },
    /no two copies may be on one machine/,
  ],
  'fstab-decides': [
    { held: [] },
    { held: [{ path: '/data', by: 'an automount' }] },
    /^\/data is mounted by an automount/,
  ],
  'starts-again': [
    { clients: runs(null) },
    { clients: runs('its file is gone') },
    /could not be started again: its file is gone/,
  ],
  'way-back-there': [
    { clients: { ...versioned, runs: runs(null).runs }, upgraded: 0 },
    { clients: { ...versioned, runs: [{ startedSecondsAgo: 1, restarts: 0, noWayBack: 'no image' }] }, upgraded: 0 },
    /^no image$/,
  ],
  'room-for-tag': [
    { instance },
    { instance: { ...instance, tags: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`t${at}`, ''])) } },
    /remove one of them$/,
  ],
  'moved-volumes-tagged': [
    { fleet, moved: [foundVolume({ tags: { ...fleet.volumes[0]?.tags } })] },
    { fleet, moved: [foundVolume({ tags: {} })] },
    /never attach it again$/,
  ],
  'version-told': [{ clients: versioned, upgraded: 0 }, { clients: seen(), upgraded: 0 }, /which version runs/],
  'owner-agrees': [
    { fleet, owner },
    { fleet, owner: { ...owner, autoScalingGroup: 'asg-1' } },
    /^Auto Scaling group asg-1 replaces a member/,
  ],
  'parts-in-reach': [
    { fleet, reach: { value: [] } },
    { fleet, reach: { value: ['lt-1', 'sg-1'] } },
    /are missing on lt-1, sg-1$/,
  ],
  'quota-has-room': [rooms(8), rooms(9), /^its growth needs 1 vCPUs; On-Demand Standard vCPUs: 0 of 9 are left$/],
};

const rows = Object.entries(ROWS).map(([name, row]) => [name as PreconditionName, ...row] as const);

describe.each(rows)('%s', (name, so, not, why) => {
  const { unknown, reads }: Precondition = PRECONDITIONS[name];

  it('is asked by each heal that needs it, and by no other', () => {
    for (const heal of healsOf(name)) {
      expect(lacksOf(heal, so)).toEqual([]);
      expect(lacksOf(heal, not)).toMatchObject([{ name, is: 'no', stops: true, why: expect.stringMatching(why) }]);
    }
    const others = (['grow', 'swap', 'replace', 'snapshot', 'upgrade', 'move'] as const).filter(
      (heal) => !healsOf(name).includes(heal),
    );
    for (const heal of others) expect(lacksOf(heal, not)).not.toContainEqual(expect.objectContaining({ name }));
  });

  it('says nothing where nobody asked, and stops only what has to be known where nobody knows', () => {
    for (const heal of healsOf(name))
      for (const read of reads) {
        const { [read]: _, ...without } = not;
        expect(lacksOf(heal, without)).not.toContainEqual(expect.objectContaining({ name }));
        const lacks = lacksOf(heal, { ...not, [read]: null });
        expect(lacks.find((one) => one.name === name)).toMatchObject({ is: 'unknown', stops: unknown === 'stops' });
      }
  });
});

it('a client that does not run lacks nothing that its start would not tell itself', () => {
  const down = { ...runs('its file is gone'), clients: [client('failed')] };
  expect(cannotBeginFor('swap', { clients: down })).toBeNull();
});

describe('what could not be read', () => {
  it.each<[string, Told, Begun]>([
    ['of a quota', { rooms: { swap: [{ room: { unread: 'AccessDenied' }, needed: 1, what: 'a restore' }] } }, 'swap'],
    ['of a launch template', { fleet, reach: { unread: 'AccessDenied' } }, 'replace'],
    ['of its owner', { fleet, owner: { ...owner, instanceStore: null, unread: 'AccessDenied' } }, 'stop-start'],
  ])('%s is told in AWS’s words, and never as a no', (_, told, heal) => {
    expect(lacksOf(heal, told)).toMatchObject([
      { is: 'unknown', code: 'unread', why: expect.stringMatching(/AccessDenied$/) },
    ]);
  });

  it('of its owner says nothing of a swap: nothing of it is stopped', () => {
    expect(lacksOf('swap', { fleet, owner: { ...owner, instanceStore: null, unread: 'AccessDenied' } })).toEqual([]);
  });
});
