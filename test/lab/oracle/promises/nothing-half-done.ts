// Two hours after the faults nothing that a heal made or stopped is left over, unless a page tells of it.

import { isTold } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isGone, type SeenNode, tagsIn } from '../seen-nodes.ts';
import { isSettled, SETTLED_MS } from '../settled.ts';

export const nothingHalfDone: MakeRule = (scene, say) => ({
  act({ operation }) {
    if (operation === 'CreateVolume' || operation === 'RunInstances') say.matters();
  },
  stopped({ by }) {
    if (by === 'ours') say.matters();
  },
  end(atMs) {
    const from = scene.faultsEndedMs;
    if (from === undefined || atMs - from < SETTLED_MS) return;
    for (const node of scene.nodes) {
      if (!isSettled(scene, node, atMs)) continue;
      const left = [...volumesLeft(scene, node), ...instancesLeft(scene, node), ...clientsLeft(scene, node)];
      const told = left.length > 0 && isTold(scene, node, from - 86_400_000);
      if (left[0] !== undefined && !told) say.broken(node.subject, left.slice(0, 3).join(' '), atMs);
    }
  },
});

function volumesLeft(scene: Scene, node: SeenNode): string[] {
  return [...scene.made].flatMap(([id, made]) => {
    const volume = scene.volumes.get(id);
    if (!volume || made.node !== node) return [];
    const isDated = tagsIn(volume.tags)['chainmend:keep-until'] !== undefined;
    const isRoot =
      volume.attachment !== undefined &&
      scene.instances.get(volume.attachment.instanceId)?.rootDeviceName === volume.attachment.device;
    const machine = scene.machine(volume.attachment?.instanceId);
    const isInUse = machine?.volumes.some((place) => place.volumeId === id) ?? false;
    return isDated || isRoot || isInUse ? [] : [`${id} was made for it, is not in use, and says no date.`];
  });
}

function instancesLeft(scene: Scene, node: SeenNode): string[] {
  return node.instanceIds.flatMap((id) => {
    const instance = scene.instances.get(id);
    if (!instance || isGone(instance) || !scene.made.has(id)) return [];
    const tags = tagsIn(instance.tags);
    if (tags['chainmend:joining'] !== undefined && tags['chainmend:keep-until'] === undefined)
      return [`${id} was launched for it, has not joined, and says no date.`];
    return tags['chainmend:retired'] !== undefined && instance.state === 'running'
      ? [`${id} was put away and runs.`]
      : [];
  });
}

function clientsLeft(scene: Scene, node: SeenNode): string[] {
  const present = scene.present(node);
  const down = present && scene.down.get(present.instanceId);
  if (!present || down?.by !== 'ours') return [];
  return [
    `Its client on ${present.instanceId} was stopped by ${down.operation ?? 'a stop of its instance'} and does not run.`,
  ];
}
