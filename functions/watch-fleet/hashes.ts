// Who is on another branch of the chain: blocks compared at equal heights, where more than half of all who were heard must agree
// before anybody is said to differ. Being ahead is no excuse.
import type { BlockHash } from '../../shared/chains/client.ts';
import type { Sight } from './sight.ts';
import { mostSay, type Source } from './sources.ts';

export interface HashVerdicts {
  /** By source key: on another branch, where and how. */
  readonly differing: ReadonlyMap<string, BlockHash>;
  /** Keys that were compared and agree: deep enough, or by their newest block where they tell no other. */
  readonly agreeing: ReadonlySet<string>;
  /** Of the newest height at which most agree. */
  readonly canonical: BlockHash | null;
  /** A height at which there are several blocks, and none that most have. */
  readonly divided: { readonly height: number; readonly sides: readonly (readonly string[])[] } | null;
  /** Keys whose newest block, with no deeper one to compare, differs from what most have at its height: for a moment both may be right. */
  readonly doubtful: ReadonlySet<string>;
}

export function compareHashes({ askedHeights }: Sight, sources: readonly Source[]): HashVerdicts {
  const differing = new Map<string, BlockHash>();
  const agreeing = new Set<string>();
  let canonical: BlockHash | null = null;
  let divided: HashVerdicts['divided'] = null;
  // From the top: the newest height at which most agree is the canonical one.
  for (const height of [...new Set(askedHeights)].sort((a, b) => b - a)) {
    const votes = sources.map((source) => hashAt(source, height));
    const most = mostSay(votes);
    if (most === null) {
      divided ??= sidesAt(height, sources);
      continue;
    }
    canonical ??= { height, hash: most };
    for (const [at, source] of sources.entries()) {
      const vote = votes[at];
      if (vote === undefined) continue;
      if (vote === most) agreeing.add(source.key);
      else if (!differing.has(source.key)) differing.set(source.key, { height, hash: vote });
    }
  }
  for (const key of differing.keys()) agreeing.delete(key);
  const tips = compareTips(askedHeights, sources);
  return { differing, agreeing: new Set([...agreeing, ...tips.agreeing]), canonical, divided, doubtful: tips.doubtful };
}

/** Some clients tell no block but their newest. */
function compareTips(
  askedHeights: readonly number[],
  sources: readonly Source[],
): Pick<HashVerdicts, 'agreeing' | 'doubtful'> {
  const doubtful = new Set<string>();
  const agreeing = new Set<string>();
  const mostAt = new Map<number, string | null>();
  for (const source of sources) {
    if (askedHeights.some((height) => hashAt(source, height) !== undefined)) continue;
    const { height } = source.status;
    const own = hashAt(source, height);
    if (!mostAt.has(height)) mostAt.set(height, mostSay(sources.map((other) => hashAt(other, height))));
    const most = mostAt.get(height) ?? null;
    if (own !== undefined && most !== null) (own === most ? agreeing : doubtful).add(source.key);
  }
  return { agreeing, doubtful };
}

function sidesAt(height: number, sources: readonly Source[]): HashVerdicts['divided'] {
  const sides = new Map<string, string[]>();
  for (const source of sources) {
    const hash = hashAt(source, height);
    if (hash !== undefined) sides.set(hash, [...(sides.get(hash) ?? []), source.name]);
  }
  if (sides.size < 2) return null;
  return { height, sides: [...sides.values()].sort((a, b) => b.length - a.length || (a.join() < b.join() ? -1 : 1)) };
}

const hashAt = ({ status }: Source, height: number): string | undefined =>
  status.hashes.find((known) => known.height === height)?.hash;
