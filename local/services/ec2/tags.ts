// Tags of instances, volumes and other resources. Sources: doc comments of CreateTags, DeleteTags and DescribeTags in @aws-sdk/client-ec2; "Tag your
// Amazon EC2 resources" (restrictions).
import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  Tag,
  TagDescription,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../../simulator/service.ts';
import type { Taggable } from './model.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';

const TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;

const FIELDS: FilterFields<TagDescription> = {
  key: (tag) => [tag.Key],
  value: (tag) => [tag.Value],
  'resource-id': (tag) => [tag.ResourceId],
  'resource-type': (tag) => [tag.ResourceType],
};

export function tagOperations(state: Ec2State): Record<string, Operation> {
  return {
    CreateTags: (input: CreateTagsRequest): object => {
      const added = (input.Tags ?? []).map(checked);
      const changes = resources(input).map((id) => ({ id, tags: merged(id, tagsOf(state, id), added) }));
      refuseDryRun(input);
      for (const { id, tags } of changes) setTags(state, id, tags);
      return {};
    },

    DeleteTags: (input: DeleteTagsRequest): object => {
      // "If you omit this parameter, we delete all user-defined tags"; a tag given with a value is deleted only if the value matches.
      const gone = (tag: Tag): boolean =>
        !tag.Key?.startsWith('aws:') &&
        (input.Tags?.some(({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value)) ?? true);
      const changes = resources(input).map((id) => ({ id, tags: tagsOf(state, id).filter((tag) => !gone(tag)) }));
      refuseDryRun(input);
      for (const { id, tags } of changes) setTags(state, id, tags);
      return {};
    },

    DescribeTags: (input: DescribeTagsRequest): DescribeTagsResult => {
      refuseDryRun(input);
      const atMs = state.readMoment();
      const all: TagDescription[] = [
        ...state.instancesAt(atMs).flatMap(({ instanceId, tags }) => rows(instanceId, 'instance', tags)),
        ...state.volumesAt(atMs).flatMap(({ volumeId, tags }) => rows(volumeId, 'volume', tags)),
        ...[...state.taggables.values()].flatMap((kind) =>
          kind.all().flatMap(({ id, tags }) => rows(id, kind.type, tags)),
        ),
      ];
      const matching = filtered(all, input.Filters, FIELDS, ({ Key, Value }) => [{ Key, Value }]);
      const { items, ...rest } = paged(matching, input, { min: 5, max: 1_000 });
      return { Tags: [...items], ...rest };
    },
  };
}

/** A resource's true tags. Throws EC2's error for an unknown id. */
export function tagsOf(state: Ec2State, id: string): readonly Tag[] {
  if (id.startsWith('i-')) return state.instance(id).tags;
  if (id.startsWith('vol-')) return state.volume(id).tags;
  return taggable(state, id).tagsOf(id);
}

export function setTags(state: Ec2State, id: string, tags: readonly Tag[]): void {
  if (id.startsWith('i-')) state.changeInstance(id, { tags });
  else if (id.startsWith('vol-')) state.changeVolume(id, { tags });
  else taggable(state, id).setTags(id, tags);
}

function taggable(state: Ec2State, id: string): Taggable {
  const known = state.taggables.get(id.slice(0, id.indexOf('-')));
  if (known) return known;
  throw new AwsError('InvalidID', `The ID '${id}' is not valid`);
}

/** `present` with `added` in it: "each tag key must be unique"; the later value wins. At most 50 user tags. */
export function merged(id: string, present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const byKey = new Map(present.map((tag) => [tag.Key, tag]));
  for (const tag of added) byKey.set(tag.Key, tag);
  const all = [...byKey.values()];
  if (all.filter((tag) => !tag.Key?.startsWith('aws:')).length > TAGS_MAX) {
    throw new AwsError(
      'TagLimitExceeded',
      `The maximum number of tags (${TAGS_MAX}) for resource '${id}' has been reached`,
    );
  }
  return all;
}

/** A tag that users may set. Throws EC2's error for a reserved key or a wrong length. */
export function checked({ Key = '', Value = '' }: Tag): Tag {
  if (Key.startsWith('aws:')) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${Key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
    );
  }
  if (Key === '' || Key.length > KEY_LENGTH_MAX) {
    throw new AwsError(
      'InvalidParameterValue',
      `Tag key must be 1 to ${KEY_LENGTH_MAX} characters long, not ${Key.length}`,
    );
  }
  if (Value.length > VALUE_LENGTH_MAX) {
    throw new AwsError(
      'InvalidParameterValue',
      `Tag value exceeds the maximum length of ${VALUE_LENGTH_MAX} characters`,
    );
  }
  return { Key, Value };
}

function resources({ Resources }: CreateTagsRequest | DeleteTagsRequest): readonly string[] {
  if (!Resources?.length)
    throw new AwsError('MissingParameter', 'The request must contain the parameter resourceIdSet');
  return Resources;
}

const rows = (
  ResourceId: string,
  ResourceType: 'instance' | 'volume' | Taggable['type'],
  tags: readonly Tag[],
): TagDescription[] => tags.map(({ Key, Value }) => ({ ResourceId, ResourceType, Key, Value }));
