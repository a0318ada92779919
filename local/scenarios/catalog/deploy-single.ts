// Scenario: the nodes of a fleet are deployed from its file. They set themselves up, and are healed as any others.
import { everySeconds } from '../../nodes/rhythm.ts';
import { allHealedInTheEnd, healed, nobodyPaged, sizeGiB } from '../checks/expectations.ts';
import { allWell, healedBy, namesRight } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes, incidentsEnded, killInstance, ladderHeals, SICK } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
const DEPLOYED_AT_MINUTES = 1;
const COUNT = 4;
/** Its disk fills. */
const FULL = 'node3';
/** Its instance dies. */
const DEAD = SICK;
const PATH = '/node-data';
const GIB = 2 ** 30;

export const deploySingle: Scenario = {
  name: 'deploy-single',
  sentence:
    'Four nodes are deployed from the fleet file, format their volumes and sync; then a disk fills, and an instance dies.',
  deployedWith: new URL('../fleets-deploy', import.meta.url).pathname,
  build: (world) => {
    const chain = world.chain({
      ...{ name: FLEET, ...everySeconds(15), heightAtStart: 3_000, consensus: 'elsewhere' },
      ...{ bytesPerBlock: 2 ** 20, inodesPerBlock: 0.02 },
    });
    references(world, chain);
  },
  people: (world) => {
    world.at(DEPLOYED_AT_MINUTES, () => world.deployNodes(FLEET));
    world.when(
      () => allSynced(world),
      () => {
        const { machine } = world.find(FLEET, FULL);
        // What a copied identity would be: another instance opens what this client was writing.
        world.find(FLEET, DEAD).machine.disks.data.copiesOpen = 'opens';
        const usedBytes = machine.volumes.find(({ path }) => path === PATH)?.usedBytes ?? 0;
        machine.write(PATH, 91 * GIB - usedBytes);
      },
    );
    world.when(
      () => healed(world, 1),
      () => killInstance(world, DEAD),
    );
  },
  done: (world) => healed(world, 1) && incidentsEnded(world, 'healed'),
  hours: 12,
  expect: [
    {
      sentence: 'each node formatted its own volume, once, and mounts it by UUID',
      holds: (_, world) =>
        world.nodes.slice(0, COUNT).every(({ machine, name }) => {
          const [volume] = dataVolumes(world, name);
          const content = volume && machine.contentOf(volume.volumeId);
          return (
            name === DEAD ||
            (content !== undefined &&
              (machine.readFile('/etc/fstab') ?? '').includes(`UUID=${content.uuid} ${PATH} xfs`))
          );
        }),
    },
    {
      sentence: 'no first boot refused anything',
      holds: (_, world) => world.nodes.every(({ machine }) => machine.bootRefusal === undefined),
    },
    {
      sentence: 'the volumes are encrypted gp3, and no other was made',
      holds: (_, world) =>
        world.region.ec2
          .volumes()
          .filter(({ tags }) => tags.some(({ Value }) => Value?.endsWith('-data')))
          .every(({ encrypted, performance }) => encrypted && performance.type === 'gp3') &&
        world.region.ec2.volumes().filter(({ tags }) => tags.some(({ Value }) => Value?.endsWith('-data'))).length ===
          COUNT,
      undisturbed: true,
    },
    {
      sentence: 'the full volume grew',
      holds: (report) => (sizeGiB(report, FULL) ?? 0) > 100,
    },
    healedBy('replace', 'one heal of the ladder, and the new instance healed'),
    {
      sentence: 'another instance has the dead one’s own volume, which nobody formatted again',
      holds: (report, world) => {
        const [first] = world.nodes.filter(({ name }) => name === DEAD);
        const now = world.find(FLEET, DEAD);
        const [volume] = dataVolumes(world, DEAD);
        return (
          ladderHeals(report).length > 0 &&
          first !== now &&
          now.volumeIds.get('data') === volume?.volumeId &&
          now.machine.report().height > 3_000
        );
      },
      undisturbed: true,
    },
    namesRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

const allSynced = (world: World): boolean =>
  world.current.length === COUNT && world.current.every(({ machine }) => machine.report().state === 'synced');
