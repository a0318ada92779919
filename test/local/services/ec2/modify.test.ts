import type { DescribeVolumesModificationsResult, ModifyVolumeResult } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import { createEc2, type Ec2, type VolumeSeed } from '../../../../local/services/ec2/service.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const HOUR_MS = 3_600_000;
let kernel: TestKernel;
let ec2: Ec2;

const call = <T>(operation: string, input: object): T => ec2.operations[operation]?.(input, kernel.call()) as T;
const modify = (VolumeId: string, change: object) => call<ModifyVolumeResult>('ModifyVolume', { VolumeId, ...change });
const modification = (volumeId: string) =>
  call<DescribeVolumesModificationsResult>('DescribeVolumesModifications', { VolumeIds: [volumeId] })
    .VolumesModifications?.[0];
const refused = (name: string, message?: RegExp) =>
  expect.objectContaining({ name, ...(message ? { message: expect.stringMatching(message) } : {}) });

beforeEach(() => {
  kernel = testKernel();
  ec2 = createEc2(kernel, new Machines(), () => undefined);
});

describe('a modification of a volume', () => {
  it('is modifying for seconds, optimizing for hours with the new size in use, and then completed', () => {
    const instanceId = ec2.addInstance({ privateIp: '10.0.0.9' });
    const volumeId = ec2.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdf' } });
    expect(modify(volumeId, { Size: 900 }).VolumeModification).toMatchObject({
      ModificationState: 'modifying',
      OriginalSize: 500,
      TargetSize: 900,
      TargetIops: 3_000,
      TargetThroughput: 125,
      Progress: 0,
    });
    expect(ec2.volume(volumeId).performance.sizeGiB).toBe(500);
    kernel.advance(20_000);
    expect(modification(volumeId)?.ModificationState).toBe('optimizing');
    expect(ec2.volume(volumeId).performance.sizeGiB).toBe(900);
    kernel.advance(2 * HOUR_MS);
    expect(modification(volumeId)?.Progress).toBeGreaterThan(20);
    kernel.advance(6 * HOUR_MS);
    expect(modification(volumeId)).toMatchObject({
      ModificationState: 'completed',
      Progress: 100,
      EndTime: expect.any(Date),
    });

    expect(kernel.events.map(({ detail }) => [detail['event'], detail['result']])).toEqual([
      ['modifyVolume', 'optimizing'],
      ['modifyVolume', 'completed'],
    ]);
    const [work] = kernel.works;
    expect(work).toMatchObject({ what: 'EBS modification', resources: [volumeId, instanceId] });
    expect((work?.to ?? 0) - (work?.from ?? 0)).toBeGreaterThanOrEqual(6_000);
  });

  it('is refused while the last one is not completed', () => {
    const volumeId = ec2.addVolume({ sizeGiB: 500 });
    modify(volumeId, { Size: 600 });
    expect(() => modify(volumeId, { Size: 700 })).toThrow(
      refused('IncorrectModificationState', /modification state MODIFYING/),
    );
    kernel.advance(60_000);
    expect(() => modify(volumeId, { Size: 700 })).toThrow(
      refused('IncorrectModificationState', /modification state OPTIMIZING/),
    );
  });

  it('can be made four times in a rolling 24 h, and the error names the next moment', () => {
    const volumeId = ec2.addVolume({ sizeGiB: 10 });
    for (let size = 11; size <= 14; size++) {
      modify(volumeId, { Size: size });
      kernel.advance(HOUR_MS);
    }
    expect(() => modify(volumeId, { Size: 15 })).toThrow(
      refused('VolumeModificationRateExceeded', /2026-01-02T12:00:00/),
    );
    kernel.advance(20 * HOUR_MS - 1);
    expect(() => modify(volumeId, { Size: 15 })).toThrow(refused('VolumeModificationRateExceeded'));
    kernel.advance(1);
    expect(modify(volumeId, { Size: 15 }).VolumeModification?.TargetSize).toBe(15);
  });

  it('can have a past from before the run: a budget that is spent, or one that still optimizes', () => {
    const nowMs = kernel.clock.now();
    const spent = ec2.addVolume({ sizeGiB: 500 });
    for (const hoursAgo of [20, 15, 10, 5]) {
      const startedAtMs = nowMs - hoursAgo * HOUR_MS;
      ec2.addModification(spent, { startedAtMs, completedAtMs: startedAtMs + HOUR_MS, fromGiB: 400, toGiB: 500 });
    }
    expect(() => modify(spent, { Size: 600 })).toThrow(refused('VolumeModificationRateExceeded'));
    kernel.advance(4 * HOUR_MS + 1);
    modify(spent, { Size: 600 });

    const running = ec2.addVolume({ sizeGiB: 500 });
    ec2.addModification(running, {
      startedAtMs: nowMs,
      completedAtMs: kernel.clock.now() + HOUR_MS,
      fromGiB: 400,
      toGiB: 500,
    });
    expect(modification(running)?.ModificationState).toBe('optimizing');
    kernel.advance(HOUR_MS);
    expect(modification(running)?.ModificationState).toBe('completed');
  });

  it('that fails leaves the volume as it was, and may be tried again', () => {
    const volumeId = ec2.addVolume({ sizeGiB: 500 });
    ec2.failNextModification(volumeId);
    modify(volumeId, { Size: 600 });
    kernel.advance(60_000);
    expect(modification(volumeId)).toMatchObject({ ModificationState: 'failed', StatusMessage: expect.any(String) });
    expect(ec2.volume(volumeId).performance.sizeGiB).toBe(500);
    expect(modify(volumeId, { Size: 600 }).VolumeModification?.ModificationState).toBe('modifying');
  });

  it('is not found for a volume that was never modified', () => {
    const volumeId = ec2.addVolume({ sizeGiB: 500 });
    expect(() => modification(volumeId)).toThrow(refused('InvalidVolumeModification.NotFound'));
  });
});

describe('the limits of a volume type', () => {
  it.each<[string, VolumeSeed, object, string, RegExp]>([
    ['no volume shrinks', { sizeGiB: 500 }, { Size: 499 }, 'InvalidParameterValue', /cannot be smaller/],
    [
      'gp2 ends at 16 TiB',
      { sizeGiB: 500, type: 'gp2' },
      { Size: 16_385 },
      'InvalidParameterValue',
      /too large for volume type gp2; maximum is 16384GiB/,
    ],
    ['gp3 ends at 64 TiB', { sizeGiB: 500 }, { Size: 65_537 }, 'InvalidParameterValue', /maximum is 65536GiB/],
    [
      'st1 begins at 125 GiB',
      { sizeGiB: 100 },
      { VolumeType: 'st1' },
      'InvalidParameterValue',
      /too small for volume type st1; minimum is 125GiB/,
    ],
    [
      'gp3 has at most 80,000 IOPS',
      { sizeGiB: 500 },
      { Iops: 80_001 },
      'InvalidParameterValue',
      /too high; maximum is 80000/,
    ],
    [
      'gp3 has at most 500 IOPS a GiB',
      { sizeGiB: 10 },
      { Iops: 5_001 },
      'InvalidParameterValue',
      /ratio of 500.100000 is too high/,
    ],
    [
      'io1 has at most 50 IOPS a GiB',
      { sizeGiB: 100, type: 'io1', iops: 5_000 },
      { Iops: 5_100 },
      'InvalidParameterValue',
      /maximum is 50.000000/,
    ],
    [
      'gp3 has 0.25 MiB/s per IOPS',
      { sizeGiB: 500 },
      { Throughput: 1_000 },
      'InvalidParameterValue',
      /ratio of 0.333333 is too high/,
    ],
    [
      'gp2 cannot be given IOPS',
      { sizeGiB: 500, type: 'gp2' },
      { Iops: 3_000 },
      'InvalidParameterCombination',
      /not supported for gp2/,
    ],
    [
      'io2 cannot be given throughput',
      { sizeGiB: 500, type: 'io2' },
      { Throughput: 500 },
      'InvalidParameterCombination',
      /not supported for io2/,
    ],
  ])('%s', (_rule, seed, change, code, message) => {
    const volumeId = ec2.addVolume(seed);
    expect(() => modify(volumeId, change)).toThrow(refused(code, message));
    expect(ec2.volume(volumeId).modification).toBeUndefined();
  });

  it('gp2’s IOPS follow its size; all others keep theirs unless told', () => {
    const gp2 = ec2.addVolume({ sizeGiB: 500, type: 'gp2' });
    expect(ec2.volume(gp2).performance.iops).toBe(1_500);
    expect(modify(gp2, { Size: 1_000 }).VolumeModification?.TargetIops).toBe(3_000);
    const gp3 = ec2.addVolume({ sizeGiB: 500, iops: 6_000, throughputMiBps: 500 });
    expect(modify(gp3, { Size: 900 }).VolumeModification).toMatchObject({ TargetIops: 6_000, TargetThroughput: 500 });
    const io1 = ec2.addVolume({ sizeGiB: 500, type: 'io1', iops: 4_000 });
    expect(modify(io1, { VolumeType: 'gp3' }).VolumeModification).toMatchObject({
      TargetIops: 3_000,
      TargetThroughput: 125,
    });
  });
});

describe('the same seed', () => {
  it('gives the same ids, the same durations and the same events', () => {
    const story = (seed: number): string => {
      kernel = testKernel({ seed });
      ec2 = createEc2(kernel, new Machines(), () => undefined);
      const instanceId = ec2.addInstance({ privateIp: '10.0.0.9' });
      modify(ec2.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdf' } }), { Size: 600 });
      kernel.advance(8 * HOUR_MS);
      return JSON.stringify([kernel.events, kernel.works]);
    };
    expect(story(7)).toBe(story(7));
    expect(story(7)).not.toBe(story(8));
  });
});

describe('the account’s quotas', () => {
  const grow = (volumeId: string, Size: number) => () => modify(volumeId, { Size });

  it('do not bind until they are set', () => {
    const [volumeId] = Array.from({ length: 100 }, () => ec2.addVolume({ sizeGiB: 16_000, type: 'gp3' }));
    expect(grow(volumeId ?? '', 17_000)).not.toThrow();
  });

  it('of storage count what all volumes of a type have, and what is asked for more', () => {
    const volumeId = ec2.addVolume({ sizeGiB: 500, type: 'gp3' });
    ec2.addVolume({ sizeGiB: 400, type: 'gp3' });
    ec2.addVolume({ sizeGiB: 9_000, type: 'gp2' });
    ec2.setQuotas({ storageTiB: { gp3: 1 } });
    expect(grow(volumeId, 625)).toThrow(refused('VolumeLimitExceeded', /gp3 storage limit of 1 TiB/));
    const zone = { AvailabilityZone: 'eu-west-1a', VolumeType: 'gp3' };
    expect(() => call('CreateVolume', { ...zone, Size: 125 })).toThrow(refused('VolumeLimitExceeded'));
    // A dry run answers for permissions, not for capacity.
    expect(() => modify(volumeId, { Size: 625, DryRun: true })).toThrow(refused('DryRunOperation'));
    expect(grow(volumeId, 624)).not.toThrow();
  });

  it('of modifications count the whole of every volume that is being modified', () => {
    const [one = '', two = ''] = [500, 500].map((sizeGiB) => ec2.addVolume({ sizeGiB, type: 'gp3' }));
    ec2.setQuotas({ modificationsTiB: { gp3: 1 } });
    modify(one, { Size: 600 });
    expect(grow(two, 600)).toThrow(refused('VolumeModificationSizeLimitExceeded'));
    kernel.advance(8 * HOUR_MS);
    expect(grow(two, 600)).not.toThrow();
  });
});
