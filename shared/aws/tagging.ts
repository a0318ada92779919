// Sets and removes tags of EC2's resources.

import { CreateTagsCommand, DeleteTagsCommand, type EC2Client, type Tag } from '@aws-sdk/client-ec2';
import { TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';

/** "Maximum number of tags per resource – 50"; AWS's own do not count ("Tag your Amazon EC2 resources"). */
export const TAGS_MAX = 50;
/** What is made leaves room for what is written on it once it is put away: retired, keep-until, put-back and why. */
const TAGS_LATER = 4;

/** "Up to 1000 resources" (CreateTagsRequest). An existing tag is overwritten; AWS's own tags are left out. */
export async function tagResources(
  ec2: EC2Client,
  ids: readonly string[],
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const Tags = settable(tags);
  if (ids.length === 0 || Tags.length === 0) return;
  await ec2.send(new CreateTagsCommand({ Resources: [...ids], Tags }));
}

/** Removes the tags with any value. A missing tag is no error. */
export async function untagResources(ec2: EC2Client, ids: readonly string[], keys: readonly string[]): Promise<void> {
  if (ids.length === 0 || keys.length === 0) return;
  await ec2.send(new DeleteTagsCommand({ Resources: [...ids], Tags: keys.map((Key) => ({ Key })) }));
}

/**
 * Without AWS's own tags: "the aws: prefix … you can't edit or delete tag names or values" ("Tag your Amazon EC2 resources"), nor set them. An
 * owner's values are copied as they are; ours may quote a node or AWS, and become one line.
 */
export const settable = (tags: Tags): Tag[] =>
  Object.entries(tags).flatMap(([Key, Value]) =>
    isAwsTag(Key) ? [] : [{ Key, Value: isOwnTag(Key) ? plainText(Value, TAG_VALUE_MAX) : Value }],
  );

export interface NewTags {
  readonly Tags: Tag[];
  /** Keys of those for which there is no room. */
  readonly leftOut: readonly string[];
}

/**
 * What something new carries: chainmend's own tags, then those by which its fleet knows it, then the others in their order, as many as EC2 takes.
 * @param first keys by which a fleet knows what is its
 */
export function tagsOfNew(tags: Tags, first: readonly string[]): NewTags {
  const rank = ({ Key = '' }: Tag): number => (isOwnTag(Key) ? 0 : first.includes(Key) ? 1 : 2);
  const all = settable(tags).sort((a, b) => rank(a) - rank(b));
  const most = TAGS_MAX - TAGS_LATER;
  return { Tags: all.slice(0, most), leftOut: all.slice(most).map(({ Key = '' }) => Key) };
}

/** How many tags more EC2 takes on something that carries these. */
export const roomForTags = (present: Tags): number =>
  TAGS_MAX - Object.keys(present).filter((key) => !isAwsTag(key)).length;

/** Those of these tags that something which carries `present` can get, the first ones first; one that is there is overwritten and needs no room. */
export function tagsThatFit(present: Tags, wanted: Tags): { readonly tags: Tags; readonly leftOut: readonly string[] } {
  const added = Object.keys(wanted).filter((key) => !Object.hasOwn(present, key));
  const leftOut = added.slice(Math.max(0, roomForTags(present)));
  return { tags: Object.fromEntries(Object.entries(wanted).filter(([key]) => !leftOut.includes(key))), leftOut };
}

/** A sentence for people; none where nothing was left out. */
export const sentenceOfLeftOut = (leftOut: readonly string[]): readonly string[] =>
  leftOut.length === 0
    ? []
    : [
        `without some of its tags: EC2 takes ${TAGS_MAX}, and there was no room for ${leftOut.slice(0, TOLD_MAX).join(', ')}${leftOut.length > TOLD_MAX ? ` and ${leftOut.length - TOLD_MAX} more` : ''}`,
      ];

const TOLD_MAX = 8;

type Tags = Readonly<Record<string, string>>;

const isAwsTag = (key: string): boolean => key.startsWith('aws:');
const isOwnTag = (key: string): boolean => key.startsWith('chainmend:');
