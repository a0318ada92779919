// Which copies of a node's data there are, and how new each is: what is lost when one of them goes.
import { simulatedContent } from '../../../../local/nodes/content.ts';
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import type { Region } from '../../../../local/region.ts';
import type { Snapshot } from '../../../../local/services/ec2/model.ts';

/** What a volume or snapshot holds: whose files, and up to which block. */
interface Copy {
  /** The instance whose keys and files these are. */
  readonly owner: string;
  readonly height: number;
}

/** A copy that is so many blocks behind is as new: what a client writes between two looks is no loss. */
const AS_NEW_BLOCKS = 20;
/** More volumes than a storm has. */
const REMEMBERED_MAX = 10_000;

export class Copies {
  readonly #region: Region;
  /** Of each volume, as it was last seen at a machine: detached volumes keep it. */
  readonly #seen = new Map<string, Copy>();

  constructor(region: Region) {
    this.#region = region;
  }

  /** Looks at what is attached to a machine. */
  note(machine: SimulatedNode): void {
    for (const { volumeId } of machine.devices()) {
      const content = machine.contentOf(volumeId);
      if (!content?.data || this.#seen.size > REMEMBERED_MAX) continue;
      this.#seen.set(volumeId, { owner: content.owner, height: content.data.height });
    }
  }

  /**
   * A volume is gone: how many blocks of its owner's data no other copy has. 0: another one is as new, or it held none.
   * Call it when the volume does not exist any more.
   */
  lostWith(volumeId: string): number {
    const gone = this.#seen.get(volumeId);
    this.#seen.delete(volumeId);
    if (!gone) return 0;
    const { ec2 } = this.#region;
    const there = new Set(ec2.volumes().map((volume) => volume.volumeId));
    const others = [
      ...[...this.#seen].flatMap(([id, copy]) => (there.has(id) ? [copy] : [])),
      ...ec2.snapshots().flatMap((snapshot) => copyIn(snapshot) ?? []),
    ];
    const newest = Math.max(-1, ...others.filter(({ owner }) => owner === gone.owner).map(({ height }) => height));
    const lost = gone.height - newest;
    return lost > AS_NEW_BLOCKS ? lost : 0;
  }
}

function copyIn({ state, content }: Snapshot): Copy | undefined {
  const held = state === 'error' ? undefined : simulatedContent(content);
  return held?.data && { owner: held.owner, height: held.data.height };
}
