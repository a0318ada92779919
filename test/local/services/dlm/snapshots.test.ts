// Lifecycle policies over time: snapshots at their interval, with DLM's tags, and the oldest deleted.
import type { CreateLifecyclePolicyResponse, PolicyDetails, Schedule } from '@aws-sdk/client-dlm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createDlm } from '../../../../local/services/dlm/dlm.ts';
import { carryOut } from '../../../../local/services/dlm/schedule.ts';
import type { Snapshot } from '../../../../local/services/ec2/model.ts';
import { type Ebs, type EbsNode, ebs } from '../../../fixtures/ebs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SCHEDULE: Schedule = {
  Name: 'every 6 h',
  CreateRule: { Interval: 6, IntervalUnit: 'HOURS', Times: ['13:30'] },
  RetainRule: { Count: 3 },
  CopyTags: true,
  TagsToAdd: [{ Key: 'Fleet', Value: 'bitcoin' }],
};

let world: Ebs;
let node: EbsNode;

beforeEach(() => {
  world = ebs();
  node = world.node();
});

function policy(
  schedule: Partial<Schedule> = {},
  details: Partial<PolicyDetails> = {},
  State = 'ENABLED',
  dlm = createDlm(world.kernel, world.ec2),
): string {
  const answer = dlm.operations['CreateLifecyclePolicy']?.(
    {
      ExecutionRoleArn: 'arn:aws:iam::111122223333:role/snapshots',
      Description: 'bitcoin data',
      State,
      PolicyDetails: {
        ResourceTypes: ['VOLUME'],
        TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
        Schedules: [{ ...SCHEDULE, ...schedule }],
        ...details,
      },
    },
    world.kernel.call(),
  ) as CreateLifecyclePolicyResponse;
  return answer.PolicyId ?? '';
}

const ofData = (): Snapshot[] => world.ec2.snapshots().filter(({ volumeId }) => volumeId === node.data);
const tagsOf = (snapshot: Snapshot | undefined) => world.ec2.tags(snapshot?.snapshotId ?? '');

describe('an enabled policy', () => {
  it('takes a snapshot of each volume with its tag within an hour of its time, and tags it as DLM does', () => {
    const stranger = world.ec2.addVolume({ sizeGiB: 10, tags: { Component: 'nodes/geth' } });
    const id = policy();
    world.kernel.advance(1.5 * HOUR_MS - 1);
    expect(world.ec2.snapshots()).toEqual([]);
    world.kernel.advance(HOUR_MS);
    expect(world.ec2.snapshots().map(({ volumeId }) => volumeId)).toEqual([node.root, node.data]);
    expect(ofData()[0]).toMatchObject({
      description: `Created for policy: ${id} schedule: every 6 h`,
      content: { data: { condition: 'crash-consistent' } },
    });
    expect(tagsOf(ofData()[0])).toEqual({
      Component: 'nodes/bitcoin',
      Fleet: 'bitcoin',
      'aws:dlm:lifecycle-policy-id': id,
      'aws:dlm:lifecycle-schedule-name': 'every 6 h',
      'dlm:managed': 'true',
    });
    world.kernel.advance(6 * HOUR_MS);
    expect(ofData()).toHaveLength(2);
    expect(world.ec2.snapshots().some(({ volumeId }) => volumeId === stranger)).toBe(false);
  });

  it('takes none any more once it is deleted, and leaves those that it has taken', () => {
    const dlm = createDlm(world.kernel, world.ec2);
    const PolicyId = policy({}, {}, 'ENABLED', dlm);
    world.kernel.advance(3 * HOUR_MS);
    expect(ofData()).toHaveLength(1);
    dlm.operations['DeleteLifecyclePolicy']?.({ PolicyId }, world.kernel.call());
    world.kernel.advance(DAY_MS);
    expect(ofData()).toHaveLength(1);
    expect(() => dlm.operations['GetLifecyclePolicy']?.({ PolicyId }, world.kernel.call())).toThrow('not found');
  });

  it('begins within a day where no time is given, and copies no tags unless told to', () => {
    policy({ CreateRule: { Interval: 24, IntervalUnit: 'HOURS' }, CopyTags: false, TagsToAdd: [] });
    world.kernel.advance(DAY_MS + HOUR_MS);
    expect(ofData()).toHaveLength(1);
    expect(tagsOf(ofData()[0])).not.toHaveProperty('Component');
  });

  it('deletes the oldest of each volume beyond what it keeps, but none that is locked, nor anybody else’s', () => {
    policy();
    const ours = world.ec2.addSnapshot({ volumeId: node.data, startedAtMs: world.kernel.clock.now() - 30 * DAY_MS });
    world.kernel.advance(3 * HOUR_MS);
    const held = ofData().at(-1)?.snapshotId ?? '';
    world.call('LockSnapshot', { SnapshotId: held, LockMode: 'governance', LockDuration: 2 });
    world.kernel.advance(DAY_MS + HOUR_MS);
    const kept = ofData().map(({ snapshotId }) => snapshotId);
    expect(kept).toHaveLength(5);
    expect(kept.slice(0, 2)).toEqual([ours, held]);
    world.kernel.advance(2 * DAY_MS);
    expect(ofData()).toHaveLength(4);
    expect(ofData().map(({ snapshotId }) => snapshotId)).not.toContain(held);
    expect(world.ec2.snapshots().filter(({ volumeId }) => volumeId === node.root)).toHaveLength(3);
  });

  it('keeps by age where it says so, and tells when each expires', () => {
    policy({ RetainRule: { Interval: 1, IntervalUnit: 'DAYS' } });
    world.kernel.advance(3 * HOUR_MS);
    const [first] = ofData();
    expect(tagsOf(first)['aws:dlm:expirationTime']).toBe(new Date((first?.startedAtMs ?? 0) + DAY_MS).toISOString());
    world.kernel.advance(3 * DAY_MS);
    expect(ofData().length).toBeGreaterThanOrEqual(4);
    expect(ofData().length).toBeLessThanOrEqual(6);
  });

  it('takes all volumes of an instance at one moment, without its root where that is excluded', () => {
    const instances = { ResourceTypes: ['INSTANCE' as const] };
    policy({}, instances);
    world.kernel.advance(3 * HOUR_MS);
    const taken = world.ec2.snapshots();
    expect(taken.map(({ volumeId }) => volumeId)).toEqual([node.root, node.data]);
    expect(new Set(taken.map(({ startedAtMs }) => startedAtMs)).size).toBe(1);
    world.kernel.advance(HOUR_MS);
    expect(world.told().at(-1)).toMatchObject({ event: 'createSnapshots' });

    world = ebs();
    node = world.node();
    policy({}, { ...instances, Parameters: { ExcludeBootVolume: true } });
    world.kernel.advance(3 * HOUR_MS);
    expect(world.ec2.snapshots().map(({ volumeId }) => volumeId)).toEqual([node.data]);
  });

  it('goes on after a volume of which it could not take one', () => {
    for (let taken = 0; taken < 5; taken++) {
      world.ec2.takeSnapshots([node.data]);
      world.kernel.advance(16_000);
    }
    const other = world.node('10.0.0.12');
    const details = { ResourceTypes: ['VOLUME' as const], TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }] };
    carryOut(world.kernel, world.ec2, { policyId: 'policy-1', details, schedule: SCHEDULE, isThere: () => true });
    expect(ofData()).toHaveLength(5);
    expect(world.ec2.snapshots().filter(({ volumeId }) => volumeId === other.data)).toHaveLength(1);
  });
});

describe('a policy that is not enabled, or that goes by a cron expression', () => {
  it('takes nothing', () => {
    policy({}, {}, 'DISABLED');
    policy({ CreateRule: { CronExpression: 'cron(0 * * * ? *)' } });
    world.kernel.advance(2 * DAY_MS);
    expect(world.ec2.snapshots()).toEqual([]);
  });
});
