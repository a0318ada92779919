// The machine behind an instance that RunInstances or a scaling group launches: a node of the fleet whose tags it carries, made like its
// sibling of that name. It boots from its image with nothing mounted; whatever it is to have must be attached and mounted.
import type { Fleet } from '../../shared/fleet/model.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { SimulatedNode } from '../nodes/node.ts';
import type { NodeSpec } from '../nodes/spec.ts';
import type { Launched, LaunchedMachine } from '../region/ec2/service.ts';
import type { Instance } from '../region/ec2/state.ts';
import type { Region } from '../region/region.ts';
import { type Placed, placedOf } from './placing.ts';

/** The file whose presence keeps a client from starting, in user data that masks it before its first boot. */
const MASK_FILE = '/etc/chainmend/client-masked';

/** Undefined: it carries the tags of no fleet that has a node here to be made like. */
export function placeLaunched(
  region: Region,
  instance: Instance,
  launched: Launched,
  { fleets, nodes }: { readonly fleets: ReadonlyMap<string, Fleet>; readonly nodes: readonly Placed[] },
): { readonly placed: Placed; readonly made: LaunchedMachine } | undefined {
  const tags = Object.fromEntries(instance.tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const fleet = [...fleets.values()].find((candidate) => carries(tags, candidate));
  const name = (tags['chainmend:node'] ?? (fleet && tags[fleet.nodes.nameTag])) || instance.instanceId;
  const siblings = nodes.filter((node) => node.fleet.name === fleet?.name);
  const like = siblings.find((node) => node.name === name) ?? siblings[0];
  if (!fleet || !like) return undefined;
  const { instanceId } = instance;
  const privateIp = instance.networkInterface?.privateIp ?? '';
  const machine = bareMachine(region, like.machine, { instanceId, name, privateIp });
  const clientMasked = launched.userData.includes(MASK_FILE);
  return {
    placed: placedOf({
      ...{ fleet, name, role: roleOf(fleet, tags), machine, instanceId, tags },
      madeAtMs: region.clock.now(),
      open: () => {},
    }),
    made: { machine, clientMasked },
  };
}

const carries = (tags: Readonly<Record<string, string>>, { name, nodes }: Fleet): boolean =>
  tags['chainmend:fleet'] === name || Object.entries(nodes.tags).every(([key, value]) => tags[key] === value);

function bareMachine(
  region: Region,
  like: SimulatedNode,
  identity: Pick<NodeSpec, 'instanceId' | 'name' | 'privateIp'>,
): SimulatedNode {
  // Its voting power stays with the one that has it, and its peers are in the configuration that comes with the data.
  const { validatorPower: _, client: __, lagBlocks: ___, knows: ____, ...spec } = like.spec;
  const places = spec.volumes.map((volume, at) => ({
    ...volume,
    // Told as a device that is taken away at once: the client looks where its configuration says, and nothing is there.
    volumeId: `vol-${identity.instanceId.slice(2)}${at}`,
    usedBytes: 0,
    inodesUsed: 0,
    mounted: false,
  }));
  const machine = new SimulatedNode(region.kernel, like.chain, {
    ...spec,
    ...identity,
    powered: false,
    knows: [],
    volumes: places,
  });
  for (const { volumeId } of places) machine.volumeDetached(volumeId);
  return machine;
}
