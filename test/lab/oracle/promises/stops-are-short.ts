// A stop of ours ends within a quarter of an hour while its node can be reached, whatever else fails: a broken fleet file, EC2, DynamoDB, a mode, a pause.

import type { MakeRule } from '../rule.ts';

const BOUND_MS = 15 * 60_000;

export const stopsAreShort: MakeRule = (scene, say) => {
  /** By instance: clients that worked when ours stopped them, and how long they have been down while ours could have started them. */
  const down = new Map<string, { readonly sinceMs: number; idleMs: number }>();
  let lookedMs = scene.nowMs;
  return {
    stopped({ instanceId, node, by, atMs }) {
      // As it was at the look before. What a heal has started on other data, and takes back before it has served, was down before.
      if (by !== 'ours' || !node.hasServed) return;
      say.matters();
      down.set(instanceId, { sinceMs: atMs, idleMs: 0 });
    },
    started: ({ instanceId }) => void down.delete(instanceId),
    // Whoever says that they stop it has stopped it.
    person({ kind, fleet, node }) {
      if (kind !== 'stop-client') return;
      for (const id of scene.nodeNamed(fleet, node)?.instanceIds ?? []) down.delete(id);
    },
    others({ operation, input }) {
      if (operation === 'StopInstances' || operation === 'TerminateInstances')
        for (const id of scene.targets(input)) down.delete(id);
    },
    look(nowMs) {
      const passedMs = nowMs - lookedMs;
      lookedMs = nowMs;
      for (const [id, one] of down) {
        const machine = scene.machine(id);
        const node = scene.nodeOf(id);
        const isHere = node !== undefined && scene.present(node)?.instanceId === id;
        if (!machine || !isHere || scene.down.get(id)?.by !== 'ours') {
          down.delete(id);
          continue;
        }
        const isReached = machine.isPowered && machine.reachable() && !scene.region.outages.isAway('ssm', nowMs);
        // A command that copies files for hours is at work.
        if (!isReached || scene.hands.isBusy(id, nowMs)) continue;
        one.idleMs += passedMs;
        if (one.idleMs <= BOUND_MS) continue;
        down.delete(id);
        say.broken(
          node.subject,
          `Its client worked, ours stopped it at ${new Date(one.sinceMs).toISOString()}, and nothing kept ours from starting it.`,
        );
      }
    },
  };
};
