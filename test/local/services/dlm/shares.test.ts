// Snapshots that a lifecycle policy shares with another account of the world: what is seen there, of which, and how long.
import type { CreateLifecyclePolicyResponse } from '@aws-sdk/client-dlm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import { createDlm } from '../../../../local/services/dlm/dlm.ts';
import type { Snapshot } from '../../../../local/services/ec2/model.ts';
import type { VolumeSeed } from '../../../../local/services/ec2/seeds.ts';
import { createEc2, type Ec2 } from '../../../../local/services/ec2/service.ts';
import { type Ebs, ebs } from '../../../fixtures/ebs.ts';

const OTHER = '444455556666';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const HOUR_MS = 3_600_000;

let world: Ebs;
/** The other account’s EC2 of the same region. */
let there: Ec2;
let dlm: ReturnType<typeof createDlm>;

beforeEach(() => {
  world = ebs();
  const kernel = Object.assign(Object.create(world.kernel) as typeof world.kernel, { accountId: OTHER });
  there = createEc2(kernel, new Machines(), () => undefined);
  world.ec2.sharesWith(OTHER, there);
  dlm = createDlm(world.kernel, world.ec2);
});

const volume = (more: Partial<VolumeSeed> = {}): string =>
  world.ec2.addVolume({ sizeGiB: 100, tags: { Component: 'nodes/bitcoin' }, encrypted: true, ...more });

function policy(accounts: readonly string[] = [OTHER]): string {
  const schedule = {
    Name: 'every 6 h',
    CreateRule: { Interval: 6, IntervalUnit: 'HOURS', Times: ['13:30'] },
    RetainRule: { Count: 1 },
    CopyTags: true,
    ShareRules: [{ TargetAccounts: accounts }],
  };
  const answer = dlm.operations['CreateLifecyclePolicy']?.(
    {
      ExecutionRoleArn: 'arn:aws:iam::111122223333:role/snapshots',
      Description: 'bitcoin data',
      State: 'ENABLED',
      PolicyDetails: {
        ResourceTypes: ['VOLUME'],
        TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
        Schedules: [schedule],
      },
    },
    world.kernel.call(),
  ) as CreateLifecyclePolicyResponse;
  return answer.PolicyId ?? '';
}

const sources = (): readonly Snapshot[] => world.ec2.snapshots();

/** @returns the first snapshot, completed a minute ago */
function taken(): Snapshot {
  while (sources().length === 0) world.kernel.advance(60_000);
  const [source] = sources();
  if (!source) throw new Error('none was taken');
  world.kernel.advance(source.dueAtMs + 60_000 - world.kernel.clock.now());
  return source;
}

describe('a snapshot that a policy shares', () => {
  it('is seen in the other account once it is completed: with its id, owner, key and description, and without tags', () => {
    volume({ kmsKeyId: KEY });
    const id = policy();
    while (sources().length === 0) world.kernel.advance(60_000);
    expect(there.snapshots()).toEqual([]);
    const source = taken();
    expect(there.snapshots()).toMatchObject([
      {
        ...{ snapshotId: source.snapshotId, ownerId: '111122223333', kmsKeyArn: KEY, state: 'completed', tags: [] },
        description: `Created for policy: ${id} schedule: every 6 h`,
      },
    ]);
  });

  it('carries there what that account writes on it, and nothing of that here', () => {
    volume({ kmsKeyId: KEY });
    policy();
    const { snapshotId } = taken();
    there.operations['CreateTags']?.(
      { Resources: [snapshotId], Tags: [{ Key: 'mine', Value: 'yes' }] },
      world.kernel.call(),
    );
    expect(there.tags(snapshotId)).toEqual({ mine: 'yes' });
    expect(world.ec2.tags(snapshotId)).not.toHaveProperty('mine');
  });

  it('is gone there with its source', () => {
    volume({ kmsKeyId: KEY });
    policy();
    const { snapshotId } = taken();
    world.kernel.advance(8 * HOUR_MS);
    expect(sources().map((one) => one.snapshotId)).not.toContain(snapshotId);
    expect(there.snapshots().map((one) => one.snapshotId)).not.toContain(snapshotId);
    expect(there.snapshots()).toHaveLength(1);
  });

  it('is not seen where it is under the default key of its account, nor by anybody else', () => {
    volume();
    policy();
    taken();
    expect(there.snapshots()).toEqual([]);
  });

  it('says so where an account is none of the world', () => {
    const id = policy(['999988887777']);
    const told = dlm.operations['GetLifecyclePolicy']?.({ PolicyId: id }, world.kernel.call());
    expect(told).toMatchObject({
      Policy: { StatusMessage: expect.stringContaining('the sharing of snapshots with other accounts') },
    });
  });
});
