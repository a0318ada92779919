// Tags in a request for the resources that it creates. Source: doc comment of TagSpecification in @aws-sdk/client-ec2; "Tag your Amazon EC2
// resources".
import type { Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { AwsError } from '../../simulator/service.ts';
import { checked, merged } from './tags.ts';

/** Throws EC2's error if the specification is for another resource type, or has a key twice. */
export function specifiedTags(
  specifications: readonly TagSpecification[] | undefined,
  kind: 'snapshot' | 'volume',
): Tag[] {
  const tags = (specifications ?? []).flatMap(({ ResourceType, Tags = [] }) => {
    if (ResourceType === kind) return Tags.map(checked);
    throw new AwsError(
      'InvalidParameterValue',
      `'${ResourceType}' is not a valid taggable resource type for this operation.`,
    );
  });
  const keys = tags.map(({ Key }) => Key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) throw new AwsError('InvalidParameterValue', `Duplicate tag key '${twice}' specified.`);
  return merged(`new ${kind}`, [], tags);
}
