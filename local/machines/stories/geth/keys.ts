// Who runs with which node key, looked at all the time: no two clients with the same one may ever run at once.

import { DATA_PATH } from '../../chains/geth.ts';
import type { RealNode, RealWorld } from '../../world.ts';

const LOOK_MS = 1_000;
/** Sightings of two at once; one for each pair of instances. */
const doubles = new WeakMap<RealWorld, Set<string>>();
/** By a key's sum, the instances that were seen to run with it. */
const places = new WeakMap<RealWorld, Map<string, Set<string>>>();

/** The key's sum where a client runs, else nothing. A key that is not mounted is none. */
const RUNNING = `pidof geth >/dev/null && sha256sum "$1" | cut -c1-64; true`;

/** Looks at all machines of a world each second, until it ends. */
export function watchKeys(world: RealWorld): void {
  doubles.set(world, new Set());
  places.set(world, new Map());
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look(world).finally(() => {
      looking = false;
    });
  }, LOOK_MS);
  timer.unref();
}

async function look(world: RealWorld): Promise<void> {
  const holders = new Map<string, RealNode>();
  const keys = await Promise.all(
    world.nodes.map(async (node) => {
      const { stdout } = await node.machine.shell(RUNNING, `${DATA_PATH}/geth/nodekey`);
      return { node, key: stdout.trim() };
    }),
  );
  for (const { node, key } of keys) {
    if (key === '') continue;
    const other = holders.get(key);
    if (other) doubles.get(world)?.add(`${other.name} (${other.instanceId}) and ${node.name} (${node.instanceId})`);
    holders.set(key, node);
    const known = places.get(world);
    known?.set(key, new Set([...(known.get(key) ?? []), node.instanceId]));
  }
}

/** Whose key ran twice at once; empty if nobody's did. */
export const ranTwice = (world: RealWorld): readonly string[] => [...(doubles.get(world) ?? [])];

/** Whether one key was seen to run on both instances, however far apart in time: without that nobody has looked. */
export const movedBetween = (world: RealWorld, one: RealNode, other: RealNode): boolean =>
  [...(places.get(world)?.values() ?? [])].some((ids) => ids.has(one.instanceId) && ids.has(other.instanceId));
