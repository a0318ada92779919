// An upgrade has one node of a fleet away at a time, or the share of one Availability Zone that the file allows; a validator never beside another one.
// A version that was taken back from a node comes to no further one before a person asks again.
import type { MakeRule, Rule, Say } from '../rule.ts';
import type { Down, Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';

/** "Those that are under way come to their own end, and no other node is touched" (docs/upgrades.md): from the failure to the last of their switches. */
const UNDER_WAY_MS = 10 * 60_000;
/** Those of one zone wait for each other, for their snapshots and for their turn to go back. */
const ZONE_UNDER_WAY_MS = 2 * 3_600_000;

export const upgradesInOrder: MakeRule = (scene, say) => ({
  ...failsOnce(scene, say),
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

/** Looks at which version is enabled on each node, whether it runs or not. */
function failsOnce(scene: Scene, say: Say): Pick<Rule, 'look'> {
  const first = new Map<SeenNode, string>();
  const last = new Map<SeenNode, string>();
  /** When a version was taken back, by fleet and version, and from which node. */
  const failed = new Map<string, { readonly atMs: number; readonly name: string }>();
  return {
    look(nowMs) {
      for (const node of scene.nodes) {
        const version = scene.machine(scene.present(node)?.instanceId)?.clientInstance();
        if (version === undefined) continue;
        const before = last.get(node) ?? version;
        last.set(node, version);
        const original = first.get(node) ?? version;
        first.set(node, original);
        if (version === before) continue;
        if (version === original) {
          failed.set(`${node.fleet} ${before}`, { atMs: nowMs, name: node.name });
          continue;
        }
        const earlier = failed.get(`${node.fleet} ${version}`);
        if (earlier === undefined) continue;
        say.matters();
        const underWayMs =
          scene.fleets.get(node.fleet)?.client?.zonePercent === undefined ? UNDER_WAY_MS : ZONE_UNDER_WAY_MS;
        const isAskedAgain = scene.said().some(({ kind, atMs }) => AGAIN.has(kind) && atMs > earlier.atMs - MINUTE_MS);
        if (nowMs - earlier.atMs < underWayMs || isAskedAgain) continue;
        const when = new Date(earlier.atMs).toISOString();
        say.broken(
          `${node.fleet} ${version}`,
          `${node.name} got it, which was taken back from ${earlier.name} at ${when}.`,
        );
      }
    },
  };
}

const MINUTE_MS = 60_000;
/** What a person may mean to begin an upgrade once more, or what has forgotten that one had failed. */
const AGAIN: ReadonlySet<string> = new Set(['request', 'restore-table']);

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
