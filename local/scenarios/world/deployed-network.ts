// What the stories of a deployed private network share: its nodes come up, one's disk fills, another one's instance dies; and what must be true of keys and
// volumes then, whatever the chain.
import { healed, seenNow, sizeGiB } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, incidentsEnded, killed, ladderHeals } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';

interface DeployedNetwork {
  readonly fleet: string;
  readonly nodes: readonly string[];
  /** Whose disk fills. */
  readonly full: string;
  /** Whose instance dies. */
  readonly dead: string;
  readonly genesisOf: (node: PlacedNode) => string;
  /** By its own key, as its peers know it; empty without one. */
  readonly idOf: (node: PlacedNode) => string;
}

const GIB = 2 ** 30;
/** Of 100 GiB. */
const FULL_GIB = 91;

export const allSynced = (world: World, { nodes }: Pick<DeployedNetwork, 'nodes'>): boolean =>
  world.current.length === nodes.length && world.current.every(({ machine }) => machine.report().state === 'synced');

/** Deployed, then full, then dead. */
export const storyOf = (network: DeployedNetwork): Pick<Scenario, 'people' | 'done' | 'hours'> => ({
  people: (world) => {
    const { fleet, full, dead } = network;
    world.at(1, () => world.deployNodes(fleet));
    world.when(
      () => allSynced(world, network),
      () => {
        // What another instance opens: data that this client was writing.
        world.find(fleet, dead).machine.disks.data.copiesOpen = 'opens';
        const { machine } = world.find(fleet, full);
        machine.write('/data', FULL_GIB * GIB - (machine.volumes[0]?.usedBytes ?? 0));
      },
    );
    world.when(
      () => healed(world, 1),
      () => killed(world, world.find(fleet, dead)),
    );
  },
  done: (world) => healed(world, 1) && incidentsEnded(world, 'healed') && allSynced(world, network),
  hours: 12,
});

export const eachHasItsOwnKeys = ({ fleet, nodes, genesisOf, idOf }: DeployedNetwork): Scenario['expect'][number] => ({
  sentence: `${nodes.length + 1} secrets were made, and each node has keys that no other has, with the same genesis`,
  holds: (_, world) => {
    const current = nodes.map((name) => world.find(fleet, name));
    const [genesis, ...others] = current.map(genesisOf);
    return (
      secretsMade(world).size === nodes.length + 1 &&
      new Set(current.map(idOf)).size === nodes.length &&
      genesis !== '' &&
      others.every((other) => other === genesis)
    );
  },
});

/** Their names. */
const secretsMade = ({ region }: World): ReadonlySet<string> =>
  new Set(
    region.gateway.trace.calls
      .filter(
        ({ service, operation, outcome }) =>
          service === 'secretsmanager' && operation === 'CreateSecret' && outcome === 'ok',
      )
      .map(({ input }) => (input as { readonly Name: string }).Name),
  );

export const fullVolumeGrew = ({ full }: DeployedNetwork): Scenario['expect'][number] => ({
  sentence: 'no first boot refused anything, and the full volume grew',
  holds: (report, { nodes }) =>
    nodes.every(({ machine }) => machine.bootRefusal === undefined) && (sizeGiB(report, full) ?? 0) > 100,
});

/** @param isItself whether its own key is the one that it began with */
export const itsVolumeLivesOn = (
  { fleet, dead }: DeployedNetwork,
  isItself: (world: World, now: PlacedNode) => boolean,
): Scenario['expect'][number] => ({
  sentence: `another instance has the own volume and the identity of ${dead}, and got no keys a second time`,
  holds: (report, world) => {
    const [first] = world.nodes.filter(({ name }) => name === dead);
    const now = world.find(fleet, dead);
    const [volume, ...more] = dataVolumes(world, dead);
    return (
      ladderHeals(report).some(
        ({ node, rung, outcome }) => node === dead && rung === 'replace' && outcome === 'healed',
      ) &&
      first !== now &&
      more.length === 0 &&
      now.volumeIds.get('data') === volume?.volumeId &&
      now.machine.readFile('/var/lib/chainmend/identity') === undefined &&
      isItself(world, now)
    );
  },
  undisturbed: true,
});

export const allFollow = ({ nodes: names }: DeployedNetwork): Scenario['expect'][number] => ({
  sentence: 'every node follows the chain, with peers, and is seen to',
  holds: ({ nodes }, world) =>
    nodes.length === names.length &&
    nodes.every(
      ({ state, peers, instanceId }) => state === 'synced' && peers >= 3 && seenNow(world, instanceId) === 'synced',
    ),
  undisturbed: true,
});
