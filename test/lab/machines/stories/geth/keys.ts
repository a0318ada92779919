// Watches all the time which client runs with which node key: two clients must never run with the same key at the same time.

import { DATA_PATH } from '../../chains/geth.ts';
import type { RealNode, RealWorld } from '../../world.ts';

const LOOK_MS = 1_000;
/** Sightings of one key on two instances at the same time; one for each pair of instances. */
const doubles = new WeakMap<RealWorld, Set<string>>();
/** The instances that were seen to run with a key, by the key's checksum. */
const places = new WeakMap<RealWorld, Map<string, Set<string>>>();

/** Prints the key's checksum if a client runs, else nothing. A key that is not mounted does not count. */
const RUNNING = `pidof geth >/dev/null && sha256sum "$1" | cut -c1-64; true`;

/** Looks at all machines of a world each second, until it ends. @param home of the client */
export function watchKeys(world: RealWorld, home = DATA_PATH): void {
  doubles.set(world, new Set());
  places.set(world, new Map());
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look(world, home).finally(() => {
      looking = false;
    });
  }, LOOK_MS);
  timer.unref();
}

async function look(world: RealWorld, home: string): Promise<void> {
  const holders = new Map<string, RealNode>();
  const keys = await Promise.all(
    world.nodes.map(async (node) => {
      const { stdout } = await node.machine.shell(RUNNING, `${home}/geth/nodekey`);
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

/** The keys that ran twice at the same time; empty without such a key. */
export const ranTwice = (world: RealWorld): readonly string[] => [...(doubles.get(world) ?? [])];

/** Whether one key was seen on both instances, at any two times. Otherwise the watch has proved nothing. */
export const movedBetween = (world: RealWorld, one: RealNode, other: RealNode): boolean =>
  [...(places.get(world)?.values() ?? [])].some((ids) => ids.has(one.instanceId) && ids.has(other.instanceId));
