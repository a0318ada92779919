// Seeds of the fleet file to which nobody is connected. A wrong id cannot be told from a peer that is away: what can be told is that nobody meets it. Pure.
import { parseEntry } from '../../shared/peers/entry.ts';
import { isConnected } from './peer-selection.ts';

/** Since when none of the nodes that name a seed is connected to it, by seed; ms since the epoch. */
type UnmetSeeds = Readonly<Record<string, number>>;

/** What one node names, and to whom it is connected: ids and hosts. */
export interface NamingNode {
  readonly names: readonly string[];
  readonly connected: ReadonlySet<string>;
  /** It was given its list just now: whom it meets shows at the next look. */
  readonly isFresh?: true;
}

/** One that is full, or away for an evening, is no news. */
const ONE_MS = 24 * 60 * 60_000;
/** Where nobody meets any of them, the file is wrong, or what lets nodes out. */
const ALL_MS = 15 * 60_000;
/** After this time it shows whether they answer: the routine look comes for that. */
export const SEEDS_LOOK_MS = 20 * 60_000;
const SHOWN = 5;

/** A node without connections says nothing of those that it names: it may be cut off itself. */
export function followSeeds(
  before: UnmetSeeds,
  seeds: readonly string[],
  nodes: readonly NamingNode[],
  nowMs: number,
): UnmetSeeds {
  const sinceMs = (seed: string): number | undefined => {
    const known = Object.hasOwn(before, seed) ? before[seed] : undefined;
    if (nodes.some(({ connected }) => isConnected(seed, connected))) return undefined;
    const naming = nodes.filter(({ names }) => names.includes(seed));
    if (naming.length === 0) return known;
    if (naming.some(({ connected, isFresh }) => !isFresh && connected.size > 0)) return known ?? nowMs;
    return naming.some(({ isFresh }) => isFresh) ? nowMs : undefined;
  };
  return Object.fromEntries(
    seeds.flatMap((seed) => {
      const since = sinceMs(seed);
      return since === undefined ? [] : [[seed, since] as const];
    }),
  );
}

/** What people are told; null while there is nothing to tell. */
export function unmetSeeds(
  unmet: UnmetSeeds,
  seeds: readonly string[],
  peersAt: ReadonlyMap<string, string>,
  nowMs: number,
): string | null {
  const since = (seed: string, ms: number): boolean => nowMs - (unmet[seed] ?? nowMs) >= ms;
  const isAll = seeds.length > 0 && seeds.every((seed) => since(seed, ALL_MS));
  const told = isAll ? seeds : seeds.filter((seed) => since(seed, ONE_MS));
  if (told.length === 0) return null;
  const hours = isAll ? '' : ' for a day';
  const words = told.slice(0, SHOWN).map((seed) => {
    const { id, host = '' } = parseEntry(seed) ?? {};
    const there = peersAt.get(host);
    return there === undefined || there === id ? seed : `${seed} (the peer there has the id ${there})`;
  });
  const more = told.length > SHOWN ? `, and ${told.length - SHOWN} more` : '';
  return `no node that names them is connected to ${isAll ? 'any seed of its file' : 'these seeds of its file'}${hours}: ${words.join(', ')}${more}. Their ids or addresses may be wrong (peers.seeds)`;
}
