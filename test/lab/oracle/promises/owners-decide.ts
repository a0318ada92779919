// Validators, nodes of unknown role, members of groups, instances that are protected against a stop, and rungs that the fleet file leaves out: nobody touches what its owner keeps.

import type { Act } from '../acts.ts';
import { functionOf, operationIn } from '../hands.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { type SeenNode, tagsIn } from '../seen-nodes.ts';

const DAYS_MS = 4 * 86_400_000;
const GROUP_TAG = 'aws:autoscaling:groupName';

type Rung = 'restart' | 'stop-start' | 'swap' | 'replace';

export const ownersDecide: MakeRule = (scene, say) => ({
  act(act) {
    const rung = rungOf(scene, act);
    if (rung === undefined) return;
    for (const node of scene.nodesOf(act)) {
      const why = refusal(scene, node, rung, act.at);
      if (why === undefined) continue;
      say.matters();
      if (!scene.askedFor(node, act.at - DAYS_MS)) say.broken(node.subject, `${act.operation} (${rung}): ${why}.`);
    }
  },
  look() {
    if (scene.nodes.some(({ role, lastSickMs }) => isKept(role) && lastSickMs === scene.nowMs)) say.matters();
  },
});

const isKept = (role: string): boolean => role === 'validator' || role === 'unknown';

/** The rung that an act is a part of, for the heal that climbs; undefined: of none. */
function rungOf(scene: Scene, { operation, input, actor }: Act): Rung | undefined {
  if (functionOf(actor) === 'chainmend-snapshot-node' || functionOf(actor) === 'chainmend-prune-retired')
    return undefined;
  if (operation === 'RunInstances') return 'replace';
  if (operation === 'CreateVolume' || operation === 'CopyVolumes') return 'swap';
  if (operation === 'SendCommand') {
    const name = operationIn((input as { readonly DocumentName?: string }).DocumentName ?? '');
    if (name === 'restart-client') return 'restart';
    return name === 'swap-volumes' ? 'swap' : undefined;
  }
  if (operation !== 'StopInstances') return undefined;
  // The old instance of a node that gets another one is stopped, too.
  const isReplaced = scene
    .targets(input)
    .some((id) => scene.made.has(id) || scene.nodeOf(id)?.instanceIds.some((other) => scene.made.has(other)));
  return isReplaced ? undefined : 'stop-start';
}

function refusal(scene: Scene, node: SeenNode, rung: Rung, atMs: number): string | undefined {
  const document = scene.fleets.get(node.fleet);
  const rungs = scene.ceilings(node.fleet)?.rungs ?? [];
  const data = scene.nodeNamed(node.fleet, node.name);
  if (isKept(node.role) && data) {
    if (rung !== 'restart' && rung !== 'stop-start') return `its role is ${node.role}`;
    if (document?.owner?.restartValidators !== true)
      return `its role is ${node.role}, and its file lets nobody restart it`;
  }
  // Volumes for another instance are made under `replace`.
  const allowed = rung === 'swap' ? ['swap', 'replace'] : [rung];
  // Restarts put back as well: what the file leaves out may have been begun under another file.
  const isPutBack = rung === 'restart' && (scene.inHandSince(node, atMs) ?? atMs) < atMs - 60_000;
  if (!allowed.some((one) => rungs.includes(one)) && !isPutBack) return `its file leaves the rung ${rung} out`;
  const present = scene.present(node);
  if (present?.settings.protection.stop && (rung === 'stop-start' || rung === 'replace'))
    return 'somebody has protected its instance against a stop';
  const group = present && tagsIn(present.tags)[GROUP_TAG];
  if (group !== undefined && rung !== 'restart' && (document?.replace?.autoScaling ?? 'refuse') === 'refuse')
    return `it is a member of the group ${group}, and its file lets nobody set it aside`;
  return undefined;
}
