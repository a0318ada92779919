// What a drill may remove: what a drill has made, by what no tag can say.
import { describe, expect, it } from '@jest/globals';
import { isLaunchedByDrill, isVolumeOfDrill, tokenOf } from '../../../functions/audit-snapshots/made.ts';

const NOON = new Date('2026-01-01T12:00:00Z');
const drill = {
  ...{ instanceId: 'i-drill', token: 'd0000001-2-drill', subnetIds: ['subnet-1', 'subnet-2'] },
  ...{ startedAtMs: NOON.getTime(), set: { parts: [{ snapshotId: 'snap-1' }] } as never },
};
const at = (minutes: number): Date => new Date(NOON.getTime() + minutes * 60_000);

describe('an instance with the tag of a drill', () => {
  it.each([
    ['is the one of its record', { InstanceId: 'i-drill' }, true],
    ['has the token of its launch, whose answer was lost', { InstanceId: 'i-1', ClientToken: tokenOf(drill, 1) }, true],
    ['was launched by an earlier drill', { InstanceId: 'i-1', ClientToken: 'c0ffee00-1-drill-0' }, true],
    ['is a node', { InstanceId: 'i-node1', ClientToken: '5f1c6f0e-7f0d-4a6e-9d0a-6f4f0b9a1c2d' }, false],
    ['was made by a heal', { InstanceId: 'i-node1', ClientToken: 'd0000001-2-replace-0' }, false],
    ['has no token', { InstanceId: 'i-node1' }, false],
  ])('%s', (_, instance, isOurs) => {
    expect(isLaunchedByDrill(instance, drill)).toBe(isOurs);
  });
});

describe('a volume with the tag of a drill', () => {
  it.each([
    ['came with its launch', { SnapshotId: 'snap-1', CreateTime: at(1) }, true],
    ['came with it, by a clock that is a little behind', { SnapshotId: 'snap-1', CreateTime: at(-0.5) }, true],
    ['was there before', { SnapshotId: 'snap-1', CreateTime: at(-60) }, false],
    ['is of another snapshot', { SnapshotId: 'snap-2', CreateTime: at(1) }, false],
    ['is of none', { SnapshotId: '', CreateTime: at(1) }, false],
    ['tells no time', { SnapshotId: 'snap-1' }, false],
  ])('%s', (_, volume, isOurs) => {
    expect(isVolumeOfDrill(volume, drill)).toBe(isOurs);
  });
});
