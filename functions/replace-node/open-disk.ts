// What the node itself says of a full data volume, and the incident by which resize-volume grows it. Pure.
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';

/** From this usage on the disk is the cause, and resize-volume heals it. */
export const FULL_PERCENT = 97;

/** The path of a data volume that was full when the node was asked; undefined where none was, or nobody has asked. */
export const fullPathOf = (seen: NodeState | null): string | undefined =>
  seen?.volumes.find(({ usedBytes, sizeBytes }) => sizeBytes > 0 && usedBytes * 100 >= sizeBytes * FULL_PERCENT)?.path;

/** The incident of a volume of the node. */
export interface OpenDisk {
  readonly incidentId: string;
  /**
   * Nobody has judged it: its growth waits for this heal alone. One that was judged waits for something else: its ceiling, a budget, a person. That the
   * node was taken is no judgement of the disk.
   */
  readonly waits: boolean;
  /** Its growth is refused for now. Absent where it is not. */
  readonly refused?: true;
}

/** The one that waits for this heal, where there is one; undefined where none is open. */
export function openDiskIn(disks: readonly (IncidentRecord | undefined)[]): OpenDisk | undefined {
  const open = disks.flatMap((disk): OpenDisk[] => {
    if (disk === undefined || disk.state === 'healed' || disk.state === 'escalated') return [];
    const { incidentId, state, failures } = disk;
    const isRefused = disk.refusedCodes.some((code) => code !== 'busy');
    const waits = state === 'open' && !isRefused && failures === 0;
    return [{ incidentId, waits, ...(state === 'open' && isRefused && { refused: true }) }];
  });
  return open.find(({ waits }) => waits) ?? open[0];
}
