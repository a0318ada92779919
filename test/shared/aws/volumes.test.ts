// Volumes as the heals handle them, through unmodified SDK clients: read, made, copied, attached, detached and kept.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplaceClients } from '../../../shared/aws/clients.ts';
import { tagResources, untagResources } from '../../../shared/aws/tagging.ts';
import {
  attachVolume,
  copyVolume,
  createVolumeFrom,
  detachVolume,
  type FromSnapshot,
  freeDevices,
  keepOnTermination,
} from '../../../shared/aws/volume-changes.ts';
import { describeVolumes, initializationOf, type VolumeDescription } from '../../../shared/aws/volumes.ts';
import { ownSnapshots, ownVolumes } from '../../../shared/fleet/membership.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type PacedRegion, pacedRegion } from '../../fixtures/paced-region.ts';

const MINUTE_MS = 60_000;
const GIB = 2 ** 30;
const ZONE = 'eu-west-1a';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555';
const GONE = 'vol-0aaaaaaaaaaaaaaaa';

let paced: PacedRegion;
let region: PacedRegion['region'];
let aws: ReplaceClients;
let instanceId: string;
let root: string;
let data: string;
let snapshotId: string;

beforeEach(async () => {
  paced = await pacedRegion();
  ({ region } = paced);
  aws = await paced.clients();
  instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11' });
  root = region.ec2.addVolume({
    sizeGiB: 16,
    attachedTo: { instanceId, device: '/dev/xvda', deleteOnTermination: true },
  });
  data = region.ec2.addVolume({
    sizeGiB: 500,
    type: 'gp3',
    kmsKeyId: KEY,
    tags: { fleet: 'bitcoin' },
    attachedTo: { instanceId, device: '/dev/sdf', deleteOnTermination: true },
  });
  const chain = chainOf(region.kernel, { bytesPerBlock: 2 ** 20 });
  const volumes = [dataVolume({ volumeId: data, usedBytes: 200 * GIB })];
  region.machines.add(nodeOf(region.kernel, chain, { instanceId, privateIp: '10.0.0.11', volumes }));
  snapshotId = region.ec2.addSnapshot({ volumeId: data });
});

afterEach(() => paced.end());

const FLEET = { suite: 'chainmend', tag: 'bitcoin', volumes: [], neighbours: [] };
const snapshotOf = (id: string) => {
  const [own] = ownSnapshots(FLEET, [{ snapshotId: id, volumeId: 'vol-0123456789abcdef0', tags: {} }]);
  if (!own) throw new Error('nobody else claims it here');
  return own;
};

const wish = (more: Partial<FromSnapshot> = {}): FromSnapshot => ({
  snapshot: snapshotOf(snapshotId),
  availabilityZone: ZONE,
  sizeGiB: 600,
  type: 'gp3',
  iops: 4_000,
  throughputMiBps: 250,
  encrypted: true,
  kmsKeyId: KEY,
  token: 'heal-1',
  tags: { 'chainmend:fleet': 'bitcoin', 'chainmend:incident': 'cafe0123' },
  firstTags: [],
  ...more,
});

const one = async (volumeId: string): Promise<VolumeDescription> => {
  const [volume] = await describeVolumes(aws.ec2, { ids: [volumeId] });
  if (!volume) throw new Error(`${volumeId} is not there`);
  return volume;
};

async function made(more: Partial<FromSnapshot> = {}): Promise<string> {
  const answer = await createVolumeFrom(aws.ec2, wish(more));
  if ('refused' in answer) throw new Error(answer.refused);
  return answer.volumeId;
}

describe('Volumes that are read', () => {
  it('are those of the ids and of the instances, once each, and one that is gone fails nothing', async () => {
    const free = region.ec2.addVolume({ sizeGiB: 10, type: 'gp2' });
    const read = await describeVolumes(aws.ec2, { ids: [free, data, GONE], instanceIds: [instanceId] });
    expect(read.map(({ volumeId }) => volumeId).sort()).toEqual([root, data, free].sort());
    expect(read.find(({ volumeId }) => volumeId === data)).toMatchObject({
      state: 'in-use',
      sizeGiB: 500,
      type: 'gp3',
      iops: 3_000,
      throughputMiBps: 125,
      availabilityZone: ZONE,
      encrypted: true,
      kmsKeyId: KEY,
      snapshotId: '',
      attachment: { instanceId, device: '/dev/sdf', state: 'attached', deleteOnTermination: true },
      tags: { fleet: 'bitcoin' },
    });
    // gp2 derives its IOPS from its size: a copy takes no IOPS.
    expect(read.find(({ volumeId }) => volumeId === free)).toMatchObject({ iops: null, attachment: null });
  });

  it('are one call for one kind of selection, and a selection of nothing is refused', async () => {
    await describeVolumes(aws.ec2, { instanceIds: [instanceId] });
    expect(paced.count('DescribeVolumes')).toBe(1);
    await expect(describeVolumes(aws.ec2, { ids: [] })).rejects.toThrow('expected ids or instance ids');
  });

  it('are read in as many calls as filters take values, none of them left out', async () => {
    const many = Array.from({ length: 250 }, () => region.ec2.addVolume({ sizeGiB: 1 }));
    expect(await describeVolumes(aws.ec2, { ids: many })).toHaveLength(250);
    expect(paced.count('DescribeVolumes')).toBe(2);
  });
});

describe('A volume from a snapshot', () => {
  it('is what was asked for and not what the API takes by default, and is one for one token', async () => {
    const volumeId = await made();
    expect(await made()).toBe(volumeId);
    expect(await one(volumeId)).toMatchObject({ state: 'creating', sizeGiB: 600, type: 'gp3', iops: 4_000 });
    await paced.pass(15_000);
    expect(await one(volumeId)).toMatchObject({
      state: 'available',
      throughputMiBps: 250,
      kmsKeyId: KEY,
      snapshotId,
      tags: wish().tags,
    });
  });

  it('comes at the rate that was asked for, and its progress is told with what is left', async () => {
    const volumeId = await made({ initializationMiBps: 300 });
    await paced.pass(6 * MINUTE_MS);
    const [now] = await initializationOf(aws.ec2, [volumeId]);
    expect(now).toMatchObject({ volumeId, done: false });
    // 200 GiB at 300 MiB/s are 683 s; the reported value is up to five minutes old.
    expect(now?.percent).toBeGreaterThan(5);
    expect(now?.etaSeconds).toBeGreaterThan(300);
    await paced.pass(15 * MINUTE_MS);
    expect(await initializationOf(aws.ec2, [volumeId])).toEqual([
      { volumeId, percent: 100, etaSeconds: 0, done: true },
    ]);
  });

  it('is made without a rate where the quota of the region is spent, and says so', async () => {
    region.ec2.setInitializationQuota(200);
    const answer = await createVolumeFrom(aws.ec2, wish({ initializationMiBps: 300 }));
    expect(answer).toMatchObject({ rateRefused: expect.stringContaining('VolumeInitializationRateLimitExceeded') });
    // The quota is free again when the same step is repeated: it finds the volume that was made, and makes no second one.
    region.ec2.setInitializationQuota(5_000);
    const again = await createVolumeFrom(aws.ec2, wish({ initializationMiBps: 300 }));
    expect(again).toMatchObject({ volumeId: 'volumeId' in answer ? answer.volumeId : 'none' });
    expect(region.ec2.volumes()).toHaveLength(3);
  });

  it('is refused with AWS’s code and words for what will never do, with and without a rate', async () => {
    for (const initializationMiBps of [undefined, 300]) {
      const more = initializationMiBps === undefined ? {} : { initializationMiBps };
      expect(await createVolumeFrom(aws.ec2, wish({ ...more, sizeGiB: 499 }))).toEqual({
        code: 'InvalidParameterValue',
        refused: expect.stringContaining('smaller than that of its source'),
      });
    }
    expect(await createVolumeFrom(aws.ec2, wish({ snapshot: snapshotOf('snap-0123456789abcdef0') }))).toMatchObject({
      code: 'InvalidSnapshot.NotFound',
    });
    const denied = await paced.clients([{ Effect: 'Allow', Action: 'ec2:DescribeVolumes', Resource: '*' }]);
    expect(await createVolumeFrom(denied.ec2, wish())).toMatchObject({ code: 'UnauthorizedOperation' });
  });

  it('vanishes from creating where its key is disabled, and is then simply not there', async () => {
    region.ec2.setKeyEnabled(KEY, false);
    const volumeId = await made();
    await paced.pass(15_000);
    expect(await describeVolumes(aws.ec2, { ids: [volumeId] })).toEqual([]);
    const other = await made({ kmsKeyId: null, token: 'heal-2', encrypted: false });
    expect(await initializationOf(aws.ec2, [volumeId, other])).toMatchObject([{ volumeId: other }]);
  });
});

describe('A copy of a volume', () => {
  it('is one at a time for a source, and one for a token', async () => {
    const { snapshot: _, availabilityZone: __, ...like } = wish();
    const [source] = ownVolumes(FLEET, [{ volumeId: data, tags: {} }]);
    if (!source) throw new Error('nobody else claims it here');
    const copy = await copyVolume(aws.ec2, { ...like, source });
    expect(copy).toMatchObject({ volumeId: expect.stringMatching(/^vol-/) });
    expect(await copyVolume(aws.ec2, { ...like, source })).toEqual(copy);
    expect(await copyVolume(aws.ec2, { ...like, source, token: 'heal-2' })).toMatchObject({
      refused: expect.stringContaining('in progress'),
    });
    await paced.pass(15_000);
    const volumeId = 'volumeId' in copy ? copy.volumeId : '';
    expect(await one(volumeId)).toMatchObject({ type: 'gp3', state: 'available', tags: like.tags });
    expect(await initializationOf(aws.ec2, [volumeId])).toMatchObject([{ done: false, etaSeconds: null }]);
  });
});

describe('An attachment', () => {
  it('takes the next free name, whatever the taken ones are called', () => {
    expect(freeDevices(['/dev/xvda', '/dev/sdf', 'xvdg', '/dev/sdh1'], 1)[0]).toBe('/dev/sdi');
    expect(freeDevices([], 1)[0]).toBe('/dev/sdf');
    const all = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);
    expect(() => freeDevices(all, 1)).toThrow('no device name is free');
    expect(() => freeDevices(all.slice(1), 2)).toThrow('and 2 are needed');
  });

  it('is asked for once and seen to come and go', async () => {
    const volumeId = await made();
    const place = { volumeId, instanceId, device: '/dev/sdg' };
    expect(await attachVolume(aws.ec2Once, place)).toMatchObject({ code: 'IncorrectState' });
    await paced.pass(15_000);
    expect(await attachVolume(aws.ec2Once, place)).toEqual({ accepted: true });
    expect((await one(volumeId)).attachment).toMatchObject({ state: 'attaching', deleteOnTermination: false });
    expect(await attachVolume(aws.ec2Once, place)).toMatchObject({ code: 'VolumeInUse' });
    await paced.pass(10_000);
    expect((await one(volumeId)).attachment).toMatchObject({ state: 'attached', device: '/dev/sdg' });
    expect(await detachVolume(aws.ec2Once, { ...place, device: '/dev/sdf' })).toMatchObject({
      code: 'InvalidAttachment.NotFound',
    });
    expect(await detachVolume(aws.ec2Once, place)).toEqual({ accepted: true });
    expect((await one(volumeId)).attachment).toMatchObject({ state: 'detaching' });
    await paced.pass(10_000);
    expect(await one(volumeId)).toMatchObject({ state: 'available', attachment: null });
    expect(await detachVolume(aws.ec2Once, place)).toMatchObject({ code: 'IncorrectState' });
  });

  it('of a volume that is mounted stays busy, and nobody forces it', async () => {
    expect(await detachVolume(aws.ec2Once, { volumeId: data, instanceId, device: '/dev/sdf' })).toEqual({
      accepted: true,
    });
    await paced.pass(MINUTE_MS);
    expect((await one(data)).attachment).toMatchObject({ state: 'busy' });
  });
});

describe('What is kept', () => {
  it('survives its instance, as is read back', async () => {
    await keepOnTermination(aws.ec2, instanceId, ['/dev/sdf']);
    expect((await one(data)).attachment?.deleteOnTermination).toBe(false);
    expect((await one(root)).attachment?.deleteOnTermination).toBe(true);
    await expect(keepOnTermination(aws.ec2, instanceId, ['/dev/sdp'])).rejects.toThrow('No device is currently mapped');
  });

  it('is tagged and untagged together', async () => {
    await tagResources(aws.ec2, [data, root], { 'chainmend:keep-until': '2026-01-08', 'chainmend:fleet': 'bitcoin' });
    await untagResources(aws.ec2, [data], ['chainmend:keep-until', 'chainmend:never']);
    expect((await one(data)).tags).toEqual({ fleet: 'bitcoin', 'chainmend:fleet': 'bitcoin' });
    expect((await one(root)).tags).toEqual({ 'chainmend:keep-until': '2026-01-08', 'chainmend:fleet': 'bitcoin' });
    await tagResources(aws.ec2, [], { a: 'b' });
    expect(paced.count('CreateTags')).toBe(1);
  });
});
