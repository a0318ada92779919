// What an approval of the ladder covers: its rungs, the volumes that it is about, and the very data that may take their place. Pure.
import type { Terms } from '../../shared/heal/approval.ts';
import type { Copy, FoundVolume } from '../../shared/heal/memory.ts';
import type { Want } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';

/** Names data for good: a set with each of its snapshots, the volumes of a sibling, or those that an incident has kept. */
export function sourceOf({
  from,
  source,
  ofNode,
  volumes,
}: Pick<Copy, 'from' | 'source' | 'ofNode' | 'volumes'>): string {
  switch (from) {
    case 'snapshot':
      return `${source} of ${ofNode}: ${volumes.map(({ role, snapshotId }) => `${snapshotId} (${role})`).join(', ')}`;
    case 'sibling':
      return `the volumes of ${ofNode} (${source})`;
    case 'kept':
      return `the volumes that incident ${source} has kept: ${volumes.map(({ volumeId }) => volumeId).join(', ')}`;
  }
}

export interface Covered {
  readonly want: Want;
  readonly rungs: readonly Rung[];
  readonly found: readonly FoundVolume[];
  /** `sourceOf` the copy that would be made; null where there is none. */
  readonly source: string | null;
  readonly addedUsdAMonth: number;
}

/** No estimate of time is among them, nor why: both change from look to look. */
export const termsOf = ({ want, rungs, found, source, addedUsdAMonth }: Covered): Terms => [
  ['act', wantText(want)],
  ['rungs', rungs.join(', then ')],
  [
    'volumes',
    found.map(({ volumeId, role, sizeGiB }) => `${volumeId} (${role}, ${sizeGiB} GiB)`).join(', ') || 'unknown',
  ],
  ['source', source ?? 'none'],
  ['cost', `+$${addedUsdAMonth.toFixed(2)} a month while the old volumes are kept`],
];

function wantText(want: Want): string {
  switch (want.do) {
    case 'heal':
      return 'heal the node';
    case 'restore': {
      const validator = want.acknowledgesValidator ? ', a validator as a person has acknowledged' : '';
      return `restore from ${want.snapshotId ?? 'the best snapshot'}${validator}`;
    }
    case 'replace-instance':
      return 'put the node on another instance';
    case 'undo':
      return 'put back what was kept';
  }
}
