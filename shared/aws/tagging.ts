// Sets and removes tags of EC2's resources.

import { CreateTagsCommand, DeleteTagsCommand, type EC2Client, type Tag } from '@aws-sdk/client-ec2';
import { TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';

/** "Up to 1000 resources" and fifty tags a resource (CreateTagsRequest). An existing tag is overwritten; AWS's own tags are left out. */
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
export const settable = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).flatMap(([Key, Value]) =>
    Key.startsWith('aws:')
      ? []
      : [{ Key, Value: Key.startsWith('chainmend:') ? plainText(Value, TAG_VALUE_MAX) : Value }],
  );
