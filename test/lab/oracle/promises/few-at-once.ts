// Only the part of a fleet that its file allows is down for restarts at once, and one node for more than that.
import { namesNode, pageOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';

type Kind = 'restart' | 'turn';

/** A restart has a place in the fleet's pace; what exchanges or snapshots a node's data has the fleet's turn. */
const KINDS: Readonly<Record<string, Kind>> = {
  'restart-client': 'restart',
  'stop-client': 'turn',
  'swap-volumes': 'turn',
};

export const fewAtOnce: MakeRule = (scene, say) => ({
  stopped({ node, instanceId, by, operation, atMs }) {
    const kind = KINDS[operation ?? ''];
    if (by !== 'ours' || kind === undefined) return;
    say.matters();
    if (kind === 'restart' && isUpgradedWithAll(scene, node, instanceId)) return;
    const down = downBy(scene, node.fleet, kind);
    const most = kind === 'turn' ? 1 : shareOf(scene, node.fleet);
    if (down.length > most)
      say.broken(`${node.fleet} ${kind}`, `${down.join(', ')} are down at once by ours; ${most} may be.`, atMs);
  },
});

/** A person has asked for an upgrade at a height, and the node stands there, or right below: CometBFT tells either. All such nodes go over together. */
function isUpgradedWithAll(scene: Scene, { fleet }: SeenNode, instanceId: string): boolean {
  const height = scene.machine(instanceId)?.client.height();
  return scene.persons.some(
    ({ fleet: of, atHeight }) =>
      of === fleet && atHeight !== undefined && (height === atHeight - 1 || height === atHeight),
  );
}

const downBy = (scene: Scene, fleet: string, kind: Kind): string[] => [
  ...new Set(
    [...scene.down].flatMap(([instanceId, { node, by, operation, atMs }]) =>
      node.fleet === fleet &&
      by === 'ours' &&
      KINDS[operation ?? ''] === kind &&
      scene.present(node)?.instanceId === instanceId &&
      !isGivenUp(scene, node, atMs)
        ? node.name
        : [],
    ),
  ),
];

/** It was down before, as it is again: its heal has put back what it found, and told people that nothing helped. */
const isGivenUp = (scene: Scene, node: SeenNode, sinceMs: number): boolean =>
  !node.hasServed &&
  scene.region.sns.published().some((published) => {
    const page = pageOf(published);
    return page.atMs >= sinceMs && SPENT.has(page.code) && namesNode(page, node);
  });

const SPENT: ReadonlySet<string> = new Set(['ladder-spent', 'attempts-spent']);

/** "So much of the fleet … is restarted at once; one node at least" (docs/fleet-files.md, breaker.restartPercent). */
function shareOf(scene: Scene, fleet: string): number {
  const count = scene.nodes.filter((node) => node.fleet === fleet && scene.present(node)).length;
  return Math.max(1, Math.floor((count * (scene.ceilings(fleet)?.restartPercent ?? 25)) / 100));
}
