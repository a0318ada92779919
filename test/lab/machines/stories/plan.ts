// What is known of a story before it runs, and which stories a host can run. Both sides of an enclosure use this.
import type { Software, Task } from '../run-events.ts';

/** The longest first, as they were measured: not all are played at once. */
export const GROUPS = [
  'litecoin',
  'litecoin-reindex',
  'geth-user-data',
  'consortium',
  'geth-upgrade',
  'geth-replaced',
  'litecoin-drills',
  'cometbft-rollback',
  'geth',
  'cometbft',
  // Six machines that install their clients at once: not beside those of the other deployed network.
  'clique',
  'cometbft-halted',
  'beacon',
  'cometbft-upgrade',
  'anvil',
] as const;
/** Stories that share one enclosure with its machines. */
export type Group = (typeof GROUPS)[number];

/**
 * go: builds the group's client. anvil: replaces that client, so a host never has both. containers: systemd as the first process of each machine, and
 * nested containers.
 */
export type Need = 'go' | 'anvil' | 'containers';

export interface StoryEntry {
  readonly group: Group;
  readonly name: string;
  readonly sentence: string;
  readonly needs: readonly Need[];
}

export interface Plan {
  /** In the order of the index. */
  readonly played: readonly StoryEntry[];
  readonly skipped: readonly { readonly story: StoryEntry; readonly why: string }[];
}

/** A short story of each kind of client, on systemd and in a container: CI plays them with each commit. */
export const ONE_OF_EACH: readonly string[] = ['disk-full', 'peer-list-emptied', 'disk-low', 'consensus-client-down'];

/** What is built with Go for a group, or what its own client replaces. */
const BUILT_FOR: Readonly<Record<Group, readonly (keyof Software)[]>> = {
  litecoin: [],
  'litecoin-drills': [],
  'litecoin-reindex': [],
  cometbft: ['cometbft'],
  'cometbft-halted': ['cometbft'],
  'cometbft-upgrade': ['appBefore', 'appNext'],
  consortium: ['cometbft'],
  clique: ['geth'],
  'cometbft-rollback': ['appBefore', 'appNext', 'cometbft'],
  geth: ['geth'],
  'geth-replaced': ['geth'],
  'geth-user-data': ['geth'],
  'geth-upgrade': ['gethBefore', 'geth', 'gethRefusing'],
  beacon: ['geth', 'prysm'],
  anvil: ['geth'],
};

/** The software that the groups of these stories are built with. */
export const softwareFor = (stories: readonly StoryEntry[]): readonly (keyof Software)[] => [
  ...new Set(stories.flatMap(({ group }) => BUILT_FOR[group])),
];

/** Some stories need a host that lacks something. On a host that lacks nothing they are neither played nor skipped. */
export function planStories(
  stories: readonly StoryEntry[],
  { software, machines }: Pick<Task, 'software' | 'machines'>,
): Plan {
  const lacks = (group: Group): boolean => BUILT_FOR[group].some((name) => software[name] === undefined);
  const whyNot = ({ group, needs }: StoryEntry): string | undefined => {
    if (needs.includes('go') && lacks(group)) {
      const missing = BUILT_FOR[group].filter((name) => software[name] === undefined);
      return `needs ${missing.join(' and ')}, which this host cannot build`;
    }
    if (needs.includes('containers') && machines !== 'containers') return 'needs machines that are containers';
    return needs.includes('anvil') && software.anvil === undefined ? 'needs anvil, which npm did not bring' : undefined;
  };
  const wanted = stories.filter(({ group, needs }) => !needs.includes('anvil') || lacks(group));
  return {
    played: wanted.filter((story) => whyNot(story) === undefined),
    skipped: wanted.flatMap((story) => {
      const why = whyNot(story);
      return why === undefined ? [] : [{ story, why }];
    }),
  };
}
