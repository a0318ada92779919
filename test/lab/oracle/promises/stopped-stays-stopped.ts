// A client or an instance that a person stopped stays stopped until a person starts it or asks for a heal.
import type { MakeRule } from '../rule.ts';

export const stoppedStaysStopped: MakeRule = (scene, say) => {
  /** By instance: when a person stopped its client, or the instance itself. */
  const stopped = new Map<string, { readonly atMs: number; readonly what: 'client' | 'instance' }>();
  /** Instances that ours have stopped: who stops one of them once more changes nothing that anybody could see. */
  const down = new Set<string>();

  return {
    stopped({ instanceId, by, atMs, node }) {
      if (by !== 'person' || stopped.has(instanceId)) return;
      // What ours had taken down before is ours to bring up, also under a person's hand.
      if (scene.down.get(instanceId)?.by === 'ours' || node.instanceIds.at(-1) !== instanceId) return;
      say.matters();
      stopped.set(instanceId, { atMs, what: 'client' });
    },
    started({ instanceId, node, by, operation }) {
      const since = stopped.get(instanceId);
      stopped.delete(instanceId);
      if (since?.what !== 'client' || by !== 'ours' || scene.askedFor(node, since.atMs)) return;
      say.broken(
        node.subject,
        `A person stopped the client at ${new Date(since.atMs).toISOString()}; ${operation ?? 'a boot'} started it.`,
      );
    },
    person({ kind, fleet, node: name, atMs }) {
      const node = scene.nodeNamed(fleet, name);
      if (!node) return;
      const instanceId = scene.present(node)?.instanceId ?? '';
      if (kind === 'start-client') stopped.delete(instanceId);
      if (kind !== 'stop-client' || scene.machine(instanceId)?.client.state !== 'running') return;
      say.matters();
      stopped.set(instanceId, { atMs, what: 'client' });
    },
    others({ operation, input, at }) {
      if (operation !== 'StopInstances' && operation !== 'StartInstances') return;
      for (const id of scene.targets(input)) {
        if (operation === 'StartInstances') down.delete(id);
        if (down.has(id)) continue;
        stopped.delete(id);
        if (operation === 'StartInstances' || !scene.nodeOf(id)) continue;
        say.matters();
        stopped.set(id, { atMs: at, what: 'instance' });
      }
    },
    act({ operation, input }) {
      const ids = operation === 'StopInstances' || operation === 'StartInstances' ? scene.targets(input) : [];
      if (operation === 'StopInstances') for (const id of ids) if (!stopped.has(id)) down.add(id);
      if (operation !== 'StartInstances') return;
      for (const id of ids) {
        down.delete(id);
        const node = scene.nodeOf(id);
        const since = stopped.get(id);
        if (!node || since?.what !== 'instance' || scene.askedFor(node, since.atMs)) continue;
        stopped.delete(id);
        say.broken(
          node.subject,
          `A person stopped ${id} at ${new Date(since.atMs).toISOString()}; it was started again.`,
        );
      }
    },
  };
};
