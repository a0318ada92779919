// The sources of data, as they are before any is read. sources.ts reads them, and is only loaded where a heal needs them.
import type { Chain } from '../../shared/snapshots/catch-up.ts';
import type { SnapshotSet } from '../../shared/snapshots/model.ts';

export interface Sources {
  /** Why they could not be read, where nothing needed them yet: nothing is known of them. */
  readonly unread?: string;
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly { readonly setId: string; readonly why: string }[];
  /** Volumes of a healthy sibling in the same zone, where the fleet file prefers them. */
  readonly sibling: SiblingSource | null;
  /** Volumes of this node that an earlier heal has kept. */
  readonly kept: KeptSource | null;
  /** What says how long a copy catches up; absent where nothing is copied. */
  readonly chain?: Chain;
}

export interface SiblingSource {
  readonly instanceId: string;
  readonly node: string;
  readonly height: number | null;
  readonly volumes: Readonly<Record<string, string>>;
}

export interface KeptSource {
  readonly incidentId: string;
  /** When a heal that nobody had asked for put them away, since they did not work, ms since the epoch. Absent where a person had asked for other data. */
  readonly unaskedAtMs?: number;
  readonly availabilityZone: string;
  readonly volumes: Readonly<Record<string, string>>;
}

/** Nothing to copy. */
export const NO_SOURCES: Sources = { good: [], refused: [], sibling: null, kept: null };

/** From an upgrade the way back leads to this node's own data of right before, and to no others. @param sinceMs null where it is no upgrade's */
export function ownOnly(
  ranked: Pick<Sources, 'good' | 'refused'>,
  node: string,
  sinceMs: number | null,
): Pick<Sources, 'good' | 'refused'> {
  if (sinceMs === null) return ranked;
  const isOwn = (set: Sources['good'][number]): boolean =>
    set.node === node && set.takenAtMs >= sinceMs && set.rank !== 'crash-consistent';
  const others = ranked.good.filter((set) => !isOwn(set));
  const why = `it is not a clean snapshot of ${node} from after ${new Date(sinceMs).toISOString()}, when the upgrade was asked for`;
  return {
    good: ranked.good.filter(isOwn),
    refused: [...ranked.refused, ...others.map(({ setId }) => ({ setId, why }))],
  };
}

/** Files are copied from what its client had closed, and from nothing else. */
export const cleanOnly = ({ good, refused }: Pick<Sources, 'good' | 'refused'>): Pick<Sources, 'good' | 'refused'> => ({
  good: good.filter(({ rank }) => rank !== 'crash-consistent'),
  refused: [
    ...refused,
    ...good.flatMap(({ setId, rank }) =>
      rank === 'crash-consistent'
        ? { setId, why: 'its client was running: files are copied from clean snapshots alone' }
        : [],
    ),
  ],
});
