// Which snapshots heals may read and mark: IAM tells a fleet's from others by their tags, or by the lifecycle policy that made them. What is out
// of reach is no candidate: the call would be refused. The same fence as `bySnapshotTags` of infra/constructs/replace-grants.ts. Pure.
import type { Fleet } from '../fleet/model.ts';
import { FLEET_TAG } from '../fleet/naming.ts';
import type { SnapshotFact } from './model.ts';

/** Why a snapshot is out of reach; null where it is not. */
export function outOfReach(
  { snapshotId, tags, policyId }: Pick<SnapshotFact, 'snapshotId' | 'tags' | 'policyId'>,
  { name, volumes, replace }: Pick<Fleet, 'name' | 'volumes' | 'replace'>,
): string | null {
  if (tags[FLEET_TAG] === name) return null;
  const carries = (wanted: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([key, value]) => tags[key] === value);
  if (volumes.some((volume) => carries(volume.tags))) return null;
  if (policyId !== null && replace.lifecyclePolicies.includes(policyId)) return null;
  const missing = `${snapshotId} carries no tags of the fleet's volumes, and heals may read no other snapshot`;
  return policyId === null
    ? `${missing}: give it the tags of its volume`
    : `${missing}: set CopyTags in the lifecycle policy ${policyId}, or name it in replace.lifecyclePolicies`;
}
