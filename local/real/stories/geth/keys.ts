// Who runs with which node key, looked at all the time: no two clients with the same one may ever run at once.

import { DATA_PATH } from '../../chains/geth.ts';
import type { RealNode, RealWorld } from '../../world.ts';

const LOOK_MS = 1_000;
/** Sightings of two at once; one for each pair of instances. */
const doubles = new WeakMap<RealWorld, Set<string>>();
const looks = new WeakMap<RealWorld, number>();

/** The key's sum where a client runs, else nothing. A key that is not mounted is none. */
const RUNNING = `pidof geth >/dev/null && sha256sum "$1" | cut -c1-64; true`;

/** Looks at all machines of a world each second, until it ends. */
export function watchKeys(world: RealWorld): void {
  doubles.set(world, new Set());
  looks.set(world, 0);
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
  }
  looks.set(world, (looks.get(world) ?? 0) + 1);
}

/** Whose key ran twice at once; empty if nobody's did. Throws where nobody has looked. */
export function ranTwice(world: RealWorld): readonly string[] {
  if ((looks.get(world) ?? 0) === 0) throw new Error('nobody has looked who runs with which key');
  return [...(doubles.get(world) ?? [])];
}
