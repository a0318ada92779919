// Which snapshots heals may read and mark: IAM tells a fleet's from others by their tags, or by the lifecycle policy that made them. What is out
// of reach is no candidate: the call would be refused. The same fence as `bySnapshotTags` of infra/constructs/replace-grants.ts. Pure.
import type { Fleet } from '../fleet/model.ts';
import { FLEET_TAG } from '../model/tags.ts';
import type { SnapshotFact } from './model.ts';

/** Whether one snapshot is within reach: by the tags of one of the fleet's volumes, by the fleet's name, or by a policy that its file names. */
export function isWithinReach(
  { tags, policyId }: Pick<SnapshotFact, 'tags' | 'policyId'>,
  { name, volumes, replace }: Pick<Fleet, 'name' | 'volumes' | 'replace'>,
): boolean {
  const carries = (wanted: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([key, value]) => tags[key] === value);
  return (
    tags[FLEET_TAG] === name ||
    volumes.some((volume) => carries(volume.tags)) ||
    (policyId !== null && replace.lifecyclePolicies.includes(policyId))
  );
}

/**
 * Why some of a set are out of reach, and what a person can do who knows whose they are; null where none is. Snapshots that are made in the
 * console or by `aws ec2 create-snapshot` carry no tags unless somebody gives them some.
 */
export function outOfReach(
  facts: readonly SnapshotFact[],
  fleet: Pick<Fleet, 'name' | 'volumes' | 'replace'>,
): string | null {
  const beyond = facts.filter((fact) => !isWithinReach(fact, fleet));
  if (beyond.length === 0) return null;
  const ids = beyond.map(({ snapshotId }) => snapshotId).join(' ');
  const policies = [...new Set(beyond.flatMap(({ policyId }) => policyId ?? []))];
  const lasting =
    policies.length > 0
      ? `set CopyTags in the lifecycle policy ${policies.join(' ')}, or name it in replace.lifecyclePolicies; for this one `
      : '';
  return (
    `${ids} has no tag that says it is of ${fleet.name}, so heals may not read it. If it is: ${lasting}` +
    `aws ec2 create-tags --resources ${ids} --tags Key=${FLEET_TAG},Value=${fleet.name}`
  );
}
