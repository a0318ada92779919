// A volume that a heal took off a node is on it again two hours after the faults, or another one stands in its place. No page makes up for it: a client
// without its data is down until a person comes.
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isGone, type SeenNode } from '../seen-nodes.ts';
import { SETTLED_MS } from '../settled.ts';

/** What a person does with a volume or an instance of the node is that person's. */
const PERSONS = /^(AttachVolume|DetachVolume|DeleteVolume|StopInstances|TerminateInstances)$/;

export const whatComesOffComesBack: MakeRule = (scene, say) => {
  /** Volumes on which a client has been, and that no heal has made. */
  const used = new Set<string>();
  /** Those that ours have taken off: of which node, and when. */
  const off = new Map<string, { readonly node: SeenNode; readonly atMs: number }>();
  /** Those that ours have found on no machine (a person had terminated it), and attached: to take them off again leaves them as they were. */
  const lent = new Set<string>();
  return {
    look() {
      for (const node of scene.nodes) {
        const present = scene.present(node);
        const machine = scene.machine(present?.instanceId);
        for (const { volumeId } of present ? scene.volumesOf(present.instanceId) : [])
          if (!scene.made.has(volumeId) && machine?.isMounted(volumeId)) used.add(volumeId);
      }
    },
    act({ operation, input, at }) {
      const ids = scene.targets(input).filter((id) => used.has(id));
      if (operation === 'AttachVolume') for (const id of ids) if (!off.has(id)) lent.add(id);
      if (operation !== 'DetachVolume') return;
      for (const id of ids) {
        const node = lent.delete(id) ? undefined : scene.nodeOfThing(id);
        if (node === undefined) continue;
        say.matters();
        off.set(id, { node, atMs: at });
      }
    },
    others(call) {
      if (!PERSONS.test(call.operation)) return;
      const nodes = scene.nodesOf(call);
      for (const [id, { node }] of off) if (nodes.includes(node)) off.delete(id);
    },
    end(atMs) {
      const from = scene.faultsEndedMs;
      if (from === undefined || atMs - from < SETTLED_MS) return;
      // To try it for ever is no putting back: whether a heal is at work on the node says nothing.
      const long = [...off].filter(([, one]) => atMs - one.atMs >= SETTLED_MS);
      for (const [node, taken] of Map.groupBy(long, ([, one]) => one.node)) {
        const present = scene.present(node);
        if (!present || isGone(present) || scene.pausedSince(node.fleet, node) !== undefined) continue;
        const ids = taken.map(([id]) => id);
        const lying = ids.filter((id) => scene.volumes.has(id) && !scene.volumes.get(id)?.attachment);
        if (lying.length > inTheirPlace(scene, node, present.instanceId))
          say.broken(node.subject, `${lying.join(', ')}: taken off it, not put back, and nothing in its place.`, atMs);
      }
    },
  };
};

/** Volumes for data that ours have made for the node, and attached to it. */
const inTheirPlace = (scene: Scene, node: SeenNode, instanceId: string): number =>
  scene
    .volumesOf(instanceId)
    .filter(
      ({ volumeId, attachment }) =>
        scene.made.get(volumeId)?.node === node &&
        attachment?.device !== scene.instances.get(instanceId)?.rootDeviceName,
    ).length;
