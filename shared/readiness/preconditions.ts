// What has to be so before a heal does what cannot be undone, each judged by one function, whoever asks. Unknown is no finding. Pure.
import { roomForTags, TAGS_MAX } from '../aws/tagging.ts';
import { RETIRED_TAG } from '../model/tags.ts';

type Tags = Readonly<Record<string, string>>;

/**
 * Why an instance cannot leave its fleet: EC2 has no room for the tag that says so, and both would be its node. Asked before another instance is
 * launched in its place. Null where it can, or its tags are not known.
 */
export const judgeRetirable = (instanceId: string, tags: Tags | null): string | null =>
  tags === null || Object.hasOwn(tags, RETIRED_TAG) || roomForTags(tags) > 0
    ? null
    : `${instanceId} carries ${TAGS_MAX} tags, as many as EC2 takes, and leaves its fleet by one more (${RETIRED_TAG}): remove one of them`;
