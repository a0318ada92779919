// Scenario: the nodes of a fleet are deployed from its file as an Auto Scaling group. They set themselves up and are healed as members of a group are; what
// the group launches in the place of a dead one begins with the newest clean snapshot.
import { markOf } from '../../nodes/first-boot.ts';
import { everySeconds } from '../../nodes/rhythm.ts';
import { allHealedInTheEnd, healed, nobodyPaged, sizeGiB } from '../checks/expectations.ts';
import { allWell, namesRight } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { corruptNow, incidentsEnded, killed, ladderHeals } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
const GROUP = 'chainmend-bitcoin';
const DEPLOYED_AT_MINUTES = 1;
const COUNT = 4;
const PATH = '/node-data';
const KEY = `${PATH}/onion_v3_private_key`;
const GIB = 2 ** 30;

/** In the order in which the group has launched them. */
const full = ({ nodes }: World): PlacedNode | undefined => nodes[0];
const broken = ({ nodes }: World): PlacedNode | undefined => nodes[1];
const dead = ({ nodes }: World): PlacedNode | undefined => nodes[3];
const newcomers = ({ nodes }: World): readonly PlacedNode[] => nodes.slice(COUNT);

export const deployHa: Scenario = {
  name: 'deploy-ha',
  sentence:
    'A group of four nodes is deployed from the fleet file. A disk fills; a node dies, and the next one begins with a snapshot; data break.',
  deployedWith: new URL('../fleets-deploy-ha', import.meta.url).pathname,
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
        const machine = full(world)?.machine;
        const usedBytes = machine?.volumes.find(({ path }) => path === PATH)?.usedBytes ?? 0;
        machine?.write(PATH, 91 * GIB - usedBytes);
      },
    );
    world.when(
      () => healed(world, 1) && isSeeded(world),
      () => {
        const node = dead(world);
        if (node) killed(world, node);
      },
    );
    world.when(
      () => newcomers(world).length > 0 && allSynced(world) && allHealthy(world),
      () => {
        const node = broken(world);
        if (node) corruptNow(world, node.name);
      },
    );
  },
  done: (world) => newcomers(world).length > 0 && incidentsEnded(world, 'healed', 2) && allHealthy(world),
  hours: 12,
  expect: [
    {
      sentence: 'each node formatted the volume of its own launch, once, and mounts it by UUID',
      holds: (_, { nodes, region }) =>
        nodes.slice(0, COUNT).every(({ machine, instanceId }) => {
          const own = (machine.readFile('/var/lib/chainmend/volume') ?? '').trim();
          const { attachment } = region.ec2.volumes().find(({ volumeId }) => volumeId === own) ?? {};
          const isStillThere = attachment?.instanceId === instanceId;
          const uuid = machine.contentOf(own)?.uuid;
          return (
            own !== '' && (!isStillThere || (machine.readFile('/etc/fstab') ?? '').includes(`UUID=${uuid} ${PATH} xfs`))
          );
        }),
    },
    {
      sentence: 'no first boot refused anything',
      holds: (_, { nodes }) => nodes.every(({ machine }) => machine.bootRefusal === undefined),
    },
    {
      sentence: 'all volumes are encrypted gp3',
      holds: (_, { region }) =>
        region.ec2.volumes().every(({ encrypted, performance }) => encrypted && performance.type === 'gp3'),
    },
    {
      sentence: 'the full volume grew',
      holds: (report, world) => (sizeGiB(report, full(world)?.name ?? '') ?? 0) > 100,
      undisturbed: true,
    },
    {
      sentence: 'the group launched one in the place of the dead one, and its volume went with that',
      holds: (_, world) => {
        const own = (dead(world)?.machine.readFile('/var/lib/chainmend/volume') ?? '').trim();
        return newcomers(world).length === 1 && !world.region.ec2.volumes().some(({ volumeId }) => volumeId === own);
      },
      undisturbed: true,
    },
    {
      sentence: 'what was launched mounted the data of a snapshot, formatted nothing, and has an identity of its own',
      holds: (_, { region, nodes }) =>
        nodes.slice(COUNT).every(({ machine, instanceId }) => {
          const [volume] = region.ec2
            .volumes()
            .filter(({ snapshotId, attachment }) => snapshotId !== '' && attachment?.instanceId === instanceId);
          const keys = nodes.flatMap((node) => node.machine.readFile(KEY) ?? []);
          return (
            volume !== undefined &&
            machine.readFile(markOf(volume.volumeId, 'prepared')) !== undefined &&
            machine.report().height > 3_000 &&
            new Set(keys).size === keys.length
          );
        }),
      undisturbed: true,
    },
    {
      sentence: 'the broken one was set aside in the group, got other data, and is back in service',
      holds: (report, world) => {
        const name = broken(world)?.name;
        return ladderHeals(report).some((heal) => heal.node === name && heal.outcome === 'healed');
      },
      undisturbed: true,
    },
    {
      sentence: 'the group has four members, all in service and all healthy at the load balancer',
      holds: (_, world) => {
        const { members, desired } = world.region.autoscaling.group(GROUP);
        const inService = [...members.values()].filter(({ lifecycle }) => lifecycle === 'InService');
        return desired === COUNT && inService.length === COUNT && allHealthy(world);
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

/** The load balancer sends requests to each of the nodes that are there. */
function allHealthy({ region, current }: World): boolean {
  const [group] = region.elb.targetGroups();
  const healthy = group ? region.elb.health(group.arn).filter(({ state }) => state === 'healthy') : [];
  return current.length === COUNT && current.every(({ instanceId }) => healthy.some(({ id }) => id === instanceId));
}

/** What the group launches next has the data of a snapshot. */
const isSeeded = ({ region }: World): boolean => {
  const { launchTemplate } = region.autoscaling.groups().find(({ name }) => name === GROUP) ?? {};
  const newest = region.ec2
    .launchTemplates()
    .find(({ launchTemplateId }) => launchTemplateId === launchTemplate?.LaunchTemplateId)
    ?.versions.at(-1);
  return (
    launchTemplate?.Version === '$Latest' &&
    newest?.data.BlockDeviceMappings?.some(({ Ebs }) => Ebs?.SnapshotId !== undefined) === true
  );
};
