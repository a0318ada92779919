// The condition on mutating calls: the resource must carry a fleet's own selector tags.
import type { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Operation } from '../../shared/node-commands/parameters.ts';
import { arn } from '../names.ts';
import type { Grant } from './grants.ts';

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
  const instances = fenced(
    fleets.map(({ nodes }) => nodes.tags),
    'ssm:resourceTag',
  ).map((conditions, index) => ({
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
      resources: documents.map((name) => arn(scope, 'ssm', `document/chainmend-${name}-*`)),
      wildcard: "The hash at the end of a document's name: heals in flight send the documents of their own version.",
    },
  ];
}

/**
 * One condition for each set of tag keys with more than one key. Selectors of the same single key share a condition, and its values are alternatives.
 * So twenty-five fleets that differ in one tag fit into a role's 10,240 characters. Throws an `Error` for a selector without tags: its condition
 * would be empty.
 */
export function fenced(
  selectors: readonly Tags[],
  prefix: string,
): { StringEquals: Record<string, string | string[]> }[] {
  const byKey = new Map<string, Set<string>>();
  const compound = new Map<string, { StringEquals: Record<string, string | string[]> }>();
  for (const tags of selectors) {
    const entries = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
    const [first, second] = entries;
    if (first === undefined) throw new Error('a fleet has a selector without tags, expected one or more');
    if (second === undefined) {
      const [key, value] = first;
      byKey.set(key, (byKey.get(key) ?? new Set()).add(value));
    } else {
      const condition = Object.fromEntries(entries.map(([key, value]) => [`${prefix}/${key}`, value]));
      compound.set(JSON.stringify(condition), { StringEquals: condition });
    }
  }
  const simple = [...byKey].map(([key, values]) => ({ StringEquals: { [`${prefix}/${key}`]: [...values].sort() } }));
  return [...simple, ...compound.values()];
}
