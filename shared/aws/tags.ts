// Tags as EC2 takes them.
import type { Tag } from '@aws-sdk/client-ec2';
import { TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';

/**
 * Without those of AWS: "the aws: prefix … you can't edit or delete tag names or values" ("Tag your Amazon EC2 resources"), nor set them.
 * An owner's values are copied as they are; ours may quote a node or AWS, and are one line.
 */
export const settable = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).flatMap(([Key, Value]) =>
    Key.startsWith('aws:')
      ? []
      : [{ Key, Value: Key.startsWith('chainmend:') ? plainText(Value, TAG_VALUE_MAX) : Value }],
  );
