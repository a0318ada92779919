// Tags as EC2 takes them.
import type { Tag } from '@aws-sdk/client-ec2';

/** Without those of AWS: "the aws: prefix … you can't edit or delete tag names or values" ("Tag your Amazon EC2 resources"), nor set them. */
export const settable = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).flatMap(([Key, Value]) => (Key.startsWith('aws:') ? [] : [{ Key, Value }]));
