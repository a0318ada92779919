// Snapshots that accounts share with each other in one Region. Sources: "Share an Amazon EBS snapshot with other AWS accounts" (EBS user guide); "Tag your
// Amazon EC2 resources": "the tags you assign are available only to your AWS account" (EC2 user guide).
import { kmsKey } from '../kms/key-ids.ts';
import type { Snapshot } from './model.ts';
import type { Ec2State } from './state.ts';

/** A snapshot under the default key of its account "can't be shared": nobody else sees it. */
export function share(
  { ebs, kernel }: Ec2State,
  snapshotId: string,
  account: { receiveShared(source: Snapshot): () => void } | undefined,
): void {
  const snapshot = ebs.snapshot(snapshotId);
  const isDefaultKey = snapshot.kmsKeyArn === kmsKey('alias/aws/ebs', kernel).arn;
  if (!account || isDefaultKey) return;
  ebs.shares.set(snapshotId, [...(ebs.shares.get(snapshotId) ?? []), account.receiveShared(snapshot)]);
}

/** It has the id, owner, key and description that it has there, and none of its tags. */
export function receiveShared({ ebs, kernel: { clock } }: Ec2State, source: Snapshot): () => void {
  const shared: Snapshot = { ...source, tags: [], lock: undefined };
  ebs.add(shared, clock.now());
  return () => {
    if (ebs.snapshots.get(shared.snapshotId)) ebs.remove(shared, clock.now());
  };
}
