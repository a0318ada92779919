// A snapshot of a validator never becomes the volume of another node.
import type { MakeRule } from '../rule.ts';
import { tagsIn } from '../seen-nodes.ts';

export const validatorsStayHome: MakeRule = (scene, say) => ({
  volume(before, after) {
    const made = after && !before ? scene.made.get(after.volumeId) : undefined;
    if (!after || !made) return;
    const snapshot = scene.snapshots.get(after.snapshotId);
    const donor =
      scene.nodeOfThing(snapshot?.volumeId ?? '') ??
      scene.nodeOfThing(after.snapshotId) ??
      scene.nodeOfThing(after.sourceVolumeId ?? '');
    const isMarked = snapshot !== undefined && tagsIn(snapshot.tags)['chainmend:of-validator'] !== undefined;
    if (!isMarked && donor?.role !== 'validator') return;
    say.matters();
    if (made.node !== undefined && made.node !== donor)
      say.broken(
        made.node.subject,
        `${after.volumeId} was made for it from ${after.snapshotId}, of ${donor?.subject ?? 'a validator'}.`,
      );
  },
});
