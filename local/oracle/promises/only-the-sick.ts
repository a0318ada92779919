// No client or instance is stopped or started unless its own trouble, the fleet file or a person asks for it.
import { functionOf } from '../hands.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isApart, type SeenNode } from '../seen-nodes.ts';

/** A trouble that has passed may still be the reason of an act for so long: a sweep, a queue, a look at the node. */
const LASTING_MS = 30 * 60_000;
/** What people ask for is tried for an hour, and a restore takes as long as its blocks do. */
const ASKED_MS = 4 * 86_400_000;

export const onlyTheSick: MakeRule = (scene, say) => {
  const judge = (node: SeenNode, instanceId: string, atMs: number, actor: string, what: string): void => {
    say.matters();
    if (isExcused(scene, node, instanceId, atMs, actor)) return;
    say.broken(
      node.subject,
      `${functionOf(actor)} ${what} ${instanceId}, whose node was in no trouble of its own.`,
      atMs,
    );
  };
  return {
    stopped({ node, instanceId, by, atMs, actor }) {
      if (by === 'ours' && actor !== undefined) judge(node, instanceId, atMs, actor, 'stopped the client on');
    },
    act({ operation, input, actor, at }) {
      const what = ACTS[operation];
      if (what === undefined) return;
      for (const id of scene.targets(input)) {
        const node = scene.nodeOf(id);
        if (node) judge(node, id, at, actor, what);
      }
    },
  };
};

const ACTS: Readonly<Record<string, string>> = {
  StopInstances: 'stopped',
  TerminateInstances: 'terminated',
  RebootInstances: 'restarted',
  StartInstances: 'started',
};

function isExcused(scene: Scene, node: SeenNode, instanceId: string, atMs: number, actor: string): boolean {
  const document = scene.fleets.get(node.fleet);
  const instance = scene.instances.get(instanceId);
  // What ours made is theirs to stop; what was put away is no node any more.
  if (scene.made.has(instanceId) || (instance && isApart(instance))) return true;
  if (scene.askedFor(node, atMs - ASKED_MS)) return true;
  if (functionOf(actor) === 'chainmend-snapshot-node' && document?.snapshots?.clean !== undefined) return true;
  if (functionOf(actor) === 'chainmend-rotate-peers' && typeof document?.peers === 'object') return true;
  const { moveBeforeMs = 0 } = scene.ceilings(node.fleet) ?? {};
  if (instance?.events.some(({ isOver, notBeforeMs }) => !isOver && notBeforeMs - atMs <= moveBeforeMs)) return true;
  const since = scene.inHandSince(node, atMs) ?? atMs;
  return node.lastSickMs >= since - LASTING_MS;
}
