// Two running clients never have one node key or one validator key.
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isApart, type SeenNode } from '../seen-nodes.ts';

/** Where clients keep what makes a node itself ("identity, on the data volume", docs/fleet-files.md), besides what the fleet file names. */
const KEY_FILES = [
  'onion_v3_private_key',
  'geth/nodekey',
  'bor/nodekey',
  'config/node_key.json',
  'config/priv_validator_key.json',
];

export const oneIdentity: MakeRule = (scene, say) => {
  const known = new Map<string, readonly string[]>();

  const keysOf = (instanceId: string, machine: SimulatedNode): readonly string[] => {
    const { fleet } = scene.nodeOf(instanceId) ?? { fleet: '' };
    const named = scene.fleets.get(fleet)?.identity ?? [];
    const keys = keyPaths(machine, named).flatMap((path) => machine.readFile(path) ?? []);
    known.set(instanceId, keys);
    return keys;
  };

  return {
    started({ instanceId, node, by, operation }) {
      const machine = scene.machine(instanceId);
      if (!machine) return;
      const keys = keysOf(instanceId, machine);
      for (const other of scene.region.machines.all()) {
        if (other.instanceId === instanceId) continue;
        const twin = scene.machine(other.instanceId);
        if (twin?.client.state !== 'running' || !twin.isPowered) continue;
        const theirs = known.get(other.instanceId) ?? keysOf(other.instanceId, twin);
        const isNode =
          scene.nodeOf(other.instanceId) === node && !mayRunBeside(scene, node, [instanceId, other.instanceId]);
        const isSame = keys.some((key) => theirs.includes(key)) || isNode;
        if (isSame && by === 'ours')
          say.broken(
            node.subject,
            `${operation ?? 'A boot'} started ${instanceId} while ${other.instanceId} runs with its identity.`,
          );
      }
    },
    stopped: ({ instanceId }) => void known.delete(instanceId),
    look() {
      if (scene.nodes.some(({ instanceIds }) => instanceIds.length > 1)) say.matters();
    },
  };
};

/** A person has asked that another instance proves a version beside each node: then one of the two is no node yet, or no more, and has none of its keys. */
const mayRunBeside = (scene: Scene, { fleet }: SeenNode, ids: readonly string[]): boolean =>
  scene.said().some((one) => one.isBeside && one.fleet === fleet) &&
  ids.some((id) => {
    const instance = scene.instances.get(id);
    return instance !== undefined && isApart(instance);
  });

function keyPaths({ volumes, setup }: SimulatedNode, named: readonly string[]): string[] {
  const home = /^(.+)\/config\/config\.toml$/.exec(setup.configPath ?? '')?.[1];
  const places = [...volumes.map(({ path }) => path), ...(home === undefined ? [] : [home])];
  const below = places.flatMap((place) => KEY_FILES.map((file) => `${place}/${file}`));
  // A signing state and an empty wallet are alike on many nodes.
  return [...new Set([...below, ...named.filter((path) => /key/i.test(path))])];
}
