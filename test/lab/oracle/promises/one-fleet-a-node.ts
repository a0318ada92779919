// What the tags of two fleets claim is nobody's: nothing is begun on it, and what was begun before may be put back.

import { operationIn } from '../hands.ts';
import type { MakeRule } from '../rule.ts';
import { claimedBy, tagsIn } from '../seen-nodes.ts';

/** A request that is on its way, and the sweep after which every function knows. */
const ON_ITS_WAY_MS = 2 * 60_000;
const BEGINS =
  /^(StopInstances|RebootInstances|TerminateInstances|ModifyVolume|CreateSnapshots?|RunInstances|CreateVolume|EnterStandby)$/;

export const oneFleetANode: MakeRule = (scene, say) => {
  /** By instance: since when two files claim it. */
  const claimed = new Map<string, { readonly sinceMs: number; readonly by: readonly string[] }>();
  return {
    look(nowMs) {
      for (const [id, { tags }] of scene.instances) {
        const by = scene.nodeOf(id) ? claimedBy(scene.fleets, tagsIn(tags)) : [];
        if (by.length < 2) claimed.delete(id);
        else if (!claimed.has(id)) claimed.set(id, { sinceMs: nowMs, by });
      }
      if (claimed.size > 0) say.matters();
    },
    act(act) {
      const { operation, input, at } = act;
      const { DocumentName = '' } = input as { readonly DocumentName?: string };
      const isCommand = operation === 'SendCommand' && operationIn(DocumentName) !== undefined;
      if (claimed.size === 0 || (!isCommand && !BEGINS.test(operation))) return;
      for (const node of scene.nodesOf(act)) {
        const one = node.instanceIds.flatMap((id) => claimed.get(id) ?? [])[0];
        if (one === undefined || at < one.sinceMs + ON_ITS_WAY_MS) continue;
        const inHandMs = scene.inHandSince(node);
        if (inHandMs !== undefined && inHandMs < one.sinceMs + ON_ITS_WAY_MS) continue;
        const what = isCommand ? DocumentName : operation;
        say.broken(
          node.subject,
          `${what}: ${one.by.join(' and ')} claim it since ${new Date(one.sinceMs).toISOString()}.`,
        );
      }
    },
  };
};
