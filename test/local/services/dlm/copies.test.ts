// Copies that a lifecycle policy makes in another region of the world: when they come, under which key, with which tags, and until when they stay.
import type { CreateLifecyclePolicyResponse, CrossRegionCopyRule } from '@aws-sdk/client-dlm';
import type { DescribeSnapshotsResult } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import { createDlm } from '../../../../local/services/dlm/dlm.ts';
import type { Snapshot } from '../../../../local/services/ec2/model.ts';
import { createEc2, type Ec2 } from '../../../../local/services/ec2/service.ts';
import { type Ebs, type EbsNode, ebs } from '../../../fixtures/ebs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const THERE = 'eu-central-1';
const KEY = `arn:aws:kms:${THERE}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

let world: Ebs;
let node: EbsNode;
/** The same account’s EC2 of the other region. */
let there: Ec2;
let dlm: ReturnType<typeof createDlm>;

beforeEach(() => {
  world = ebs();
  node = world.node();
  const kernel = Object.assign(Object.create(world.kernel) as typeof world.kernel, { regionName: THERE });
  there = createEc2(kernel, new Machines(), () => undefined);
  world.ec2.copiesTo(THERE, there);
  dlm = createDlm(world.kernel, world.ec2);
});

function policy(rule: Partial<CrossRegionCopyRule> = {}): string {
  const answer = dlm.operations['CreateLifecyclePolicy']?.(
    {
      ExecutionRoleArn: 'arn:aws:iam::111122223333:role/snapshots',
      Description: 'bitcoin data',
      State: 'ENABLED',
      PolicyDetails: {
        ResourceTypes: ['VOLUME'],
        TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
        Schedules: [
          {
            Name: 'every 6 h',
            CreateRule: { Interval: 6, IntervalUnit: 'HOURS', Times: ['13:30'] },
            RetainRule: { Count: 3 },
            CopyTags: true,
            CrossRegionCopyRules: [
              {
                Target: THERE,
                Encrypted: true,
                CopyTags: true,
                RetainRule: { Interval: 1, IntervalUnit: 'DAYS' },
                ...rule,
              },
            ],
          },
        ],
      },
    },
    world.kernel.call(),
  ) as CreateLifecyclePolicyResponse;
  return answer.PolicyId ?? '';
}

const source = (): Snapshot | undefined => world.ec2.snapshots().find(({ volumeId }) => volumeId === node.data);
const copyOf = (one: Snapshot | undefined): Snapshot | undefined =>
  there.snapshots().find(({ volumeSizeGiB }) => volumeSizeGiB === one?.volumeSizeGiB);
const described = () =>
  (there.operations['DescribeSnapshots']?.({}, world.kernel.call()) as DescribeSnapshotsResult | undefined)
    ?.Snapshots ?? [];

describe('a snapshot that a policy copies to another region', () => {
  it('is copied there once it is completed, under an id of its own and the key of that region', () => {
    policy();
    while (source() === undefined) world.kernel.advance(60_000);
    expect(source()?.state).toBe('pending');
    expect(there.snapshots()).toEqual([]);
    world.kernel.advance((source()?.dueAtMs ?? 0) + 60_000 - world.kernel.clock.now());
    const copy = described().find(({ VolumeSize }) => VolumeSize === 500);
    expect(copy).toMatchObject({
      State: 'pending',
      Encrypted: true,
      KmsKeyId: expect.stringContaining(`arn:aws:kms:${THERE}:`),
      VolumeId: 'vol-ffffffff',
    });
    expect(copy?.SnapshotId).not.toBe(source()?.snapshotId);
    world.kernel.advance(2 * HOUR_MS);
    expect(copyOf(source())).toMatchObject({ state: 'completed', content: source()?.content });
  });

  it('has the tags of its source, and none of AWS’s own', () => {
    policy();
    world.kernel.advance(6 * HOUR_MS);
    expect(there.tags(copyOf(source())?.snapshotId ?? '')).toEqual({
      Component: 'nodes/bitcoin',
      'dlm:managed': 'true',
    });
  });

  it('ends in error where its key is disabled, and EC2 says why', () => {
    there.setKeyEnabled(KEY, false);
    policy({ CmkArn: KEY });
    world.kernel.advance(6 * HOUR_MS);
    expect(described()[0]).toMatchObject({
      State: 'error',
      KmsKeyId: KEY,
      StateMessage: 'Given key ID is not accessible',
    });
  });

  it('goes when its time is over, unless it is locked', () => {
    const id = policy();
    world.kernel.advance(6 * HOUR_MS);
    const [first, second] = there.snapshots();
    dlm.operations['DeleteLifecyclePolicy']?.({ PolicyId: id }, world.kernel.call());
    there.operations['LockSnapshot']?.(
      { SnapshotId: first?.snapshotId, LockMode: 'governance', LockDuration: 5 },
      world.kernel.call(),
    );
    expect(second).toBeDefined();
    world.kernel.advance(DAY_MS);
    expect(there.snapshots().map(({ snapshotId }) => snapshotId)).toEqual([first?.snapshotId]);
  });

  it('comes faster the second time, since only what has changed is copied', () => {
    policy();
    world.kernel.advance(13 * HOUR_MS);
    const [first, second] = there.snapshots().filter(({ volumeSizeGiB }) => volumeSizeGiB === 500);
    const took = (one: Snapshot | undefined): number => (one ? one.dueAtMs - one.startedAtMs : 0);
    expect(took(second)).toBeGreaterThan(0);
    expect(took(second)).toBeLessThan(took(first) / 4);
  });

  it('is not copied to a region that is not part of the world, and the policy says so', () => {
    const PolicyId = policy({ Target: 'us-east-1' });
    world.kernel.advance(6 * HOUR_MS);
    expect(there.snapshots()).toEqual([]);
    expect(dlm.operations['GetLifecyclePolicy']?.({ PolicyId }, world.kernel.call())).toMatchObject({
      Policy: { StatusMessage: 'The local region does not emulate copies of snapshots in other Regions' },
    });
  });
});
