// The tags of an instance as they were, by the calls that have changed them. Pure.
import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import type { Act } from './history.ts';

/** A value that was there; null: it was not there; undefined: another value of it is kept from later on, and none of before. */
export type TagThen = string | null | undefined;

/** @param acts null: not read, and tags are taken for what they are today */
export function tagThen(
  acts: readonly Act[] | null,
  { instanceId, tags }: Pick<InstanceDescription, 'instanceId' | 'tags'>,
  key: string,
  atMs: number,
): TagThen {
  const changes = (acts ?? []).filter(
    (act) => act.tags !== null && !act.hasFailed && Object.hasOwn(act.tags, key) && act.ids.includes(instanceId),
  );
  const last = changes.findLast((act) => act.atMs <= atMs);
  if (last !== undefined) return last.what === 'CreateTags' ? last.tags?.[key] : null;
  return changes.length > 0 ? undefined : (tags[key] ?? null);
}
