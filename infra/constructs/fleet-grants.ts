// The condition on mutating calls: the resource must carry a fleet's own selector tags.
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { claimTags } from '../../shared/model/suite.ts';
import type { Operation } from '../../shared/node-commands/parameters.ts';
import type { Grant } from './grants.ts';
import { arn, suiteNames } from './suite-names.ts';

type Tags = Readonly<Record<string, string>>;
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/**
 * ModifyVolume, on the fleets' volumes. Encrypted volumes need no KMS grant here: ModifyVolume has no dependent actions (Service Authorization
 * Reference, Amazon EC2). A modification keeps the volume's data key, and an attached volume uses the grant that its attachment made. Creating and
 * attaching volumes would need more.
 */
export function modifyVolumeGrants(scope: Construct, fleets: readonly Fleet[]): Grant[] {
  const selectors = fleets.flatMap(({ volumes }) => volumes.map(({ tags }) => tags));
  return fenced(selectors, 'aws:ResourceTag').map((conditions, index) => ({
    sid: `GrowVolumesOfFleets${index + 1}`,
    actions: ['ec2:ModifyVolume'],
    resources: [arn(scope, 'ec2', 'volume/*')],
    conditions,
    wildcard: 'Any volume that carries the tags of a fleet; the condition names them.',
  }));
}

/** SendCommand needs both: the documents, and the instances that carry a fleet's tags. */
export function sendCommandGrants(
  scope: Construct,
  fleets: readonly Fleet[],
  documents: readonly Operation[] = ['observe-node', 'grow-filesystem'],
): Grant[] {
  const instances = fenced(fleets.map(instanceTags), 'ssm:resourceTag').map((conditions, index) => ({
    sid: `CommandNodesOfFleets${index + 1}`,
    actions: ['ssm:SendCommand'],
    resources: [arn(scope, 'ec2', 'instance/*')],
    conditions,
    wildcard: 'Any instance that carries the tags of a fleet; the condition names them.',
  }));
  return [
    ...instances,
    {
      sid: 'SendOwnDocuments',
      actions: ['ssm:SendCommand'],
      resources: documents.map((name) => arn(scope, 'ssm', `document/${suiteNames(scope).suite}-${name}-*`)),
      wildcard: "The hash at the end of a document's name: heals in flight send the documents of their own version.",
    },
  ];
}

/** What an instance of a fleet carries: a suite with a name has powers over those alone that it has claimed. */
export const instanceTags = ({ nodes, suite }: Pick<Fleet, 'nodes' | 'suite'>): Tags => ({
  ...nodes.tags,
  ...claimTags(suite),
});

/**
 * As few conditions as say exactly this: a resource carries all tags of one of the selectors. Selectors with the same keys that differ in the value of
 * one key share a condition, and its values are alternatives. Any other condition with several values of two keys would also let through what no
 * selector names. Throws an `Error` for a selector without tags: its condition would be empty.
 */
export function fenced(
  selectors: readonly Tags[],
  prefix: string,
): { StringEquals: Record<string, string | string[]> }[] {
  const byKeys = new Map<string, Tags[]>();
  for (const tags of selectors) {
    const keys = Object.keys(tags).sort();
    if (keys.length === 0) throw new Error('a fleet has a selector without tags, expected one or more');
    byKeys.set(keys.join('\n'), [...(byKeys.get(keys.join('\n')) ?? []), tags]);
  }
  const groups = [...byKeys].map(([keys, some]) => alternatives(keys.split('\n'), some));
  const condition = (values: Readonly<Record<string, string | string[]>>) => ({
    StringEquals: Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}/${key}`, value])),
  });
  // Those of one key first, as they come.
  return groups
    .sort(([one = {}], [other = {}]) => Math.min(Object.keys(one).length, 2) - Math.min(Object.keys(other).length, 2))
    .flatMap((some) => some.map(condition));
}

/** Selectors with these keys, by the one key whose values leave the fewest groups when they are alternatives. */
function alternatives(keys: readonly string[], selectors: readonly Tags[]): Record<string, string | string[]>[] {
  const byKey = keys.map((key) => {
    const groups = new Map<string, { rest: Tags; values: Set<string> }>();
    for (const { [key]: value = '', ...rest } of selectors) {
      const same = JSON.stringify(Object.entries(rest).sort());
      const group = groups.get(same) ?? { rest, values: new Set() };
      group.values.add(value);
      groups.set(same, group);
    }
    return { key, groups: [...groups.values()] };
  });
  const [fewest] = byKey.sort((one, other) => one.groups.length - other.groups.length);
  return (fewest?.groups ?? []).map(({ rest, values }) =>
    Object.fromEntries(
      keys.map((key) => {
        if (key !== fewest?.key) return [key, rest[key] ?? ''];
        const some = [...values].sort();
        return [key, keys.length > 1 && some.length === 1 ? (some[0] ?? '') : some];
      }),
    ),
  );
}
