// The volumes of a proposed fleet: where they are mounted, by which tag they are the fleet's, and what they lack. Pure.
import * as v from 'valibot';
import { chainDefaults } from '../../../shared/chains/defaults.ts';
import { path as pathField, tagKey, tagValue } from '../../../shared/fleet/schema-fields.ts';
import { hasTags } from '../../../shared/model/tags.ts';
import type { Group, Selector } from './grouping.ts';
import { type DataVolume, type Facts, namesOf, nodesText, type Part, short, tagCommand } from './part.ts';
import type { ReadOut } from './read-out.ts';
import { chainsIn } from './words.ts';

/** What is attached beside the root volume. */
export function dataVolumesOf({ nodes }: Group, { volumes }: ReadOut): readonly DataVolume[] {
  const byId = new Map(volumes.map((volume) => [volume.volumeId, volume]));
  return nodes.flatMap((node) =>
    node.instance.volumes.flatMap(({ volumeId, device }) => {
      const volume = device === node.instance.rootDevice ? undefined : byId.get(volumeId);
      return volume === undefined ? [] : [{ node, volume }];
    }),
  );
}

export function volumeKeys(facts: Facts): Part {
  const { group, volumes } = facts;
  const { chain, nodes } = group;
  const bare = nodes.filter((node) => !volumes.some((one) => one.node === node));
  const most = Math.max(0, ...nodes.map((node) => volumes.filter((one) => one.node === node).length));
  const { dataPath } = chainDefaults[chain];
  const paths = pathsOf(group, dataPath, Math.max(1, most));
  const tags = volumeTags(facts);
  const roles = Object.fromEntries(
    (paths.length > 0 ? paths : [dataPath]).map((path, at) => [
      at === 0 ? 'data' : roleOfPath(path, at),
      tags.own === undefined ? path : { path, tag: tags.own },
    ]),
  );
  const told = nodes.filter((node) => node.paths.length > 0).length;
  return {
    ...(paths.length > 0 || tags.own !== undefined
      ? {
          keys: [
            {
              key: 'volumes',
              value: roles,
              from:
                paths.length > 0 ? `the CloudWatch agent of ${nodesText(told)} tells where` : 'the volumes’ own tag',
            },
          ],
        }
      : {}),
    notKnown: [
      ...(paths.length === 0
        ? [
            `volumes: where the data are; without a word at ${dataPath}, the usual place. The agent writes no disk metrics of these nodes`,
          ]
        : []),
      ...(bare.length > 0
        ? [
            `volumes: ${namesOf(bare)} ${bare.length === 1 ? 'has' : 'have'} no volume beside the root; a root volume is not grown for a client`,
          ]
        : []),
      ...(paths.length > 0 && most > paths.length
        ? [
            `volumes: nodes have ${most} volumes and ${paths.length} known ${paths.length === 1 ? 'place' : 'places'}; what is on the others`,
          ]
        : []),
    ],
    missing: [
      ...(told < nodes.length
        ? [
            {
              for: ['grow'] as const,
              what: `disk_used_percent by InstanceId, path and fstype, from the CloudWatch agent of ${namesOf(nodes.filter((node) => node.paths.length === 0))}`,
            },
          ]
        : []),
      ...(tags.without.length > 0
        ? [
            {
              for: ['grow', 'restore', 'replace'] as const,
              what: `the tags on ${tags.without.length} data ${tags.without.length === 1 ? 'volume' : 'volumes'} of ${short([...new Set(tags.without.map(({ node }) => node.name))])}: ${tagCommand(
                tags.without.map(({ volume }) => volume.volumeId),
                group.selector,
              )}`,
            },
          ]
        : []),
    ],
  };
}

/** As many places as there are volumes, those of most nodes first, then those that sound like data. */
function pathsOf({ nodes, chain }: Group, dataPath: string, most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { paths } of nodes)
    for (const one of paths) if (v.is(pathField, one)) counts.set(one, (counts.get(one) ?? 0) + 1);
  const worth = (one: string): number =>
    (one === dataPath ? 4 : 0) +
    (chainsIn(one).some((found) => found.chain === chain) ? 2 : 0) +
    (/data|chain|node/.test(one) ? 1 : 0);
  const known = [...counts].sort(([a, many], [b, few]) => few - many || worth(b) - worth(a) || (a < b ? -1 : 1));
  return known
    .slice(0, most)
    .map(([one]) => one)
    .sort((a, b) => worth(b) - worth(a) || (a < b ? -1 : 1));
}

const roleOfPath = (path: string, at: number): string => {
  const word = (path.split('/').at(-1) ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 24);
  return word === '' || word === 'data' ? `data-${at + 1}` : word;
};

/** The tag by which the data volumes are this fleet's: its own selector, or one that all of them and no other volume carry. */
function volumeTags({ group: { selector }, volumes, readOut }: Facts): {
  readonly own: Selector | undefined;
  readonly without: readonly DataVolume[];
} {
  const without = volumes.filter(({ volume: { tags } }) => !hasTags(tags, selector));
  if (without.length === 0 || without.length < volumes.length) return { own: undefined, without };
  const ours = new Set(volumes.map(({ volume }) => volume.volumeId));
  const [first] = volumes;
  const shared = Object.entries(first?.volume.tags ?? {}).find(
    ([key, value]) =>
      !/^(aws|chainmend):|^Name$/.test(key) &&
      v.is(tagKey, key) &&
      v.is(tagValue, value) &&
      volumes.every(({ volume: { tags } }) => tags[key] === value) &&
      readOut.volumes.every(({ volumeId, tags }) => ours.has(volumeId) || tags[key] !== value),
  );
  return shared === undefined ? { own: undefined, without } : { own: { [shared[0]]: shared[1] }, without: [] };
}
