// An upgrade has one node of a fleet away at a time, or the share of one Availability Zone that the file allows; a validator never beside another one.
import type { MakeRule } from '../rule.ts';
import type { Down, Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';

export const upgradesInOrder: MakeRule = (scene, say) => ({
  stopped({ node, by, isSwitch, atMs }) {
    if (by !== 'ours' || !isSwitch) return;
    say.matters();
    // "All nodes go over when they stand there" (docs/upgrades.md, "At a height").
    if (scene.persons.some(({ fleet, atHeight }) => fleet === node.fleet && atHeight !== undefined)) return;
    const away = awayIn(scene, node.fleet).filter((down) => down.isSwitch);
    const zones = new Set(away.map((down) => zoneOf(scene, down)));
    const most = mostIn(scene, node);
    const names = away.map((down) => down.node.name).join(', ');
    if (away.length > most)
      say.broken(`${node.fleet} upgrade`, `${names} are down at once for another version; ${most} may be.`, atMs);
    if (zones.size > 1) say.broken(`${node.fleet} upgrade`, `${names} are down at once in ${zones.size} zones.`, atMs);
    const validators = awayIn(scene, node.fleet).filter((down) => down.node.role === 'validator');
    if (node.role === 'validator' && validators.length > 1)
      say.broken(
        `${node.fleet} validators`,
        `${validators.map((down) => down.node.name).join(', ')} are down at once by ours, one of them for another version.`,
        atMs,
      );
  },
});

/** Nodes that ours have down now. */
const awayIn = (scene: Scene, fleet: string): readonly Down[] =>
  [...scene.down.values()].filter(
    ({ node, by, instanceId }) =>
      node.fleet === fleet && by === 'ours' && scene.present(node)?.instanceId === instanceId,
  );

const zoneOf = (scene: Scene, { instanceId }: Down): string | undefined =>
  scene.instances.get(instanceId)?.availabilityZone;

/** "the share of the zone, one at least; never more than `breaker.restartPercent` of the fleet" (docs/upgrades.md). */
function mostIn(scene: Scene, { fleet, instanceIds }: SeenNode): number {
  const { client, breaker } = scene.fleets.get(fleet) ?? {};
  if (client?.zonePercent === undefined) return 1;
  const there = scene.nodes.filter((node) => node.fleet === fleet && scene.present(node));
  const zone = scene.instances.get(instanceIds.at(-1) ?? '')?.availabilityZone;
  const beside = there.filter((node) => scene.present(node)?.availabilityZone === zone);
  const share = (count: number, percent: number): number => Math.floor((count * percent) / 100);
  return Math.max(
    1,
    Math.min(share(beside.length, client.zonePercent), share(there.length, breaker?.restartPercent ?? 25)),
  );
}
