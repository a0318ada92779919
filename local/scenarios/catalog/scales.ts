// Scenarios: a person wants another number of nodes of a group. More begin with the newest good snapshot, one after the other; fewer leave the pool first.
import { fromItem } from '../../../shared/aws/attributes.ts';
import { keys } from '../../../shared/heal/store.ts';
import type { ScaleRecord, ScaleWish } from '../../../shared/snapshots/scale.ts';
import { markOf } from '../../nodes/first-boot.ts';
import { everySeconds } from '../../nodes/rhythm.ts';
import { nobodyPaged } from '../checks/expectations.ts';
import { allWell, namesRight } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
const GROUP = 'chainmend-bitcoin';
const SIZE = 4;
const PATH = '/node-data';
const KEY = `${PATH}/onion_v3_private_key`;
const MINUTE_MS = 60_000;

const group = ({ region }: World) => region.autoscaling.groups().find(({ name }) => name === GROUP);
const inService = (world: World): number =>
  [...(group(world)?.members.values() ?? [])].filter(({ lifecycle }) => lifecycle === 'InService').length;

export function wishOf({ region, tableName }: World): ScaleWish | null {
  const { pk, sk } = keys.scale(FLEET);
  const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
  const item = items.find((one) => one['pk']?.S === pk && one['sk']?.S === sk);
  return item ? (fromItem(item) as unknown as ScaleRecord).wish : null;
}

/** A person types `chainmend scale bitcoin N`: sees what would be done, says yes, and tries again where the command failed. */
export function scales(world: World, nodes: number): void {
  const ask = async (more: object) => {
    const { Payload } = (await world.region.call('lambda', 'Invoke', {
      FunctionName: 'chainmend-seed-groups',
      Payload: new Uint8Array(Buffer.from(JSON.stringify({ kind: 'scale', fleet: FLEET, nodes, ...more }))),
    })) as { Payload?: Uint8Array };
    const [summary] = JSON.parse(Buffer.from(Payload ?? []).toString() || '[]') as { plan?: string }[];
    return summary;
  };
  const type = async (): Promise<void> => {
    const { plan } = (await ask({})) ?? {};
    if (plan !== undefined) await ask({ plan, by: 'ops' });
  };
  const until = (afterMinutes: number): void =>
    world.at(afterMinutes, async () => {
      await type().catch(() => undefined);
      // A command that has failed may have been heard.
      if (wishOf(world)?.to !== nodes) until(3);
    });
  until(0);
}

/** What the group launches next has the data of a snapshot. */
const isSeeded = (world: World): boolean => {
  const { launchTemplate } = group(world) ?? {};
  const newest = world.region.ec2
    .launchTemplates()
    .find(({ launchTemplateId }) => launchTemplateId === launchTemplate?.LaunchTemplateId)
    ?.versions.at(-1);
  return (
    launchTemplate?.Version === '$Latest' &&
    newest?.data.BlockDeviceMappings?.some(({ Ebs }) => Ebs?.SnapshotId !== undefined) === true
  );
};

export const allSynced = (world: World, count: number): boolean =>
  world.current.length === count && world.current.every(({ machine }) => machine.report().state === 'synced');

/** The load balancer sends requests to each of the nodes that are there. */
export function allHealthy({ region, current }: World): boolean {
  const [targets] = region.elb.targetGroups();
  const healthy = targets ? region.elb.health(targets.arn).filter(({ state }) => state === 'healthy') : [];
  return (
    healthy.length === current.length && current.every(({ instanceId }) => healthy.some(({ id }) => id === instanceId))
  );
}

const has = (count: number): Expectation => ({
  sentence: `the group wants ${count} nodes and has them, all in service and healthy at the load balancer`,
  holds: (_, world) => group(world)?.desired === count && inService(world) === count && allHealthy(world),
});

const ended: Expectation = {
  sentence: 'what was asked for is done, and nobody is on the way out',
  holds: (_, world) => wishOf(world)?.state === 'done' && wishOf(world)?.leaving === null,
};

export const ofScaledGroup = {
  deployedWith: new URL('../fleets-scale', import.meta.url).pathname,
  build: (world) => {
    const chain = world.chain({
      ...{ name: FLEET, ...everySeconds(15), heightAtStart: 3_000, consensus: 'elsewhere' },
      ...{ bytesPerBlock: 2 ** 20, inodesPerBlock: 0.02 },
    });
    references(world, chain);
  },
  hours: 12,
} satisfies Partial<Scenario>;

const MORE = 6;

export const scaleUp: Scenario = {
  ...ofScaledGroup,
  name: 'scale-up',
  sentence:
    'A group of four nodes is to have six: two begin with the newest snapshot, the second once the first is proved.',
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => isSeeded(world) && allSynced(world, SIZE),
      () => scales(world, MORE),
    );
  },
  done: (world) => wishOf(world)?.state === 'done' && allSynced(world, MORE) && allHealthy(world),
  expect: [
    has(MORE),
    ended,
    {
      sentence: 'the second was launched once the first was seen to be synced, and not before',
      holds: (_, { region, tableName, nodes }) => {
        const [first, second] = nodes.slice(SIZE);
        const launchedAtMs = second && region.ec2.instance(second.instanceId).launchedAtMs;
        return readJournal(region, tableName).some(
          ({ heal, node, sentence, atMs }) =>
            heal === 'watch-fleet' &&
            node === first?.name &&
            sentence.includes('→ synced') &&
            launchedAtMs !== undefined &&
            atMs < launchedAtMs,
        );
      },
    },
    {
      sentence: 'both mounted the data of a snapshot, formatted nothing, and have identities of their own',
      holds: (_, { region, nodes }) =>
        nodes.length === MORE &&
        nodes.slice(SIZE).every(({ machine, instanceId }) => {
          const [volume] = region.ec2
            .volumes()
            .filter(({ snapshotId, attachment }) => snapshotId !== '' && attachment?.instanceId === instanceId);
          const identities = nodes.flatMap((node) => node.machine.readFile(KEY) ?? []);
          return (
            volume !== undefined &&
            machine.readFile(markOf(volume.volumeId, 'prepared')) !== undefined &&
            new Set(identities).size === identities.length
          );
        }),
    },
    namesRight,
    allWell,
    nobodyPaged,
  ],
};

const FEWER = 3;

/** The members that are gone. */
const gone = (world: World): readonly PlacedNode[] =>
  world.nodes.filter(({ instanceId }) => !world.current.some((node) => node.instanceId === instanceId));

export const scaleDown: Scenario = {
  ...ofScaledGroup,
  name: 'scale-down',
  sentence:
    'A group of four nodes is to have three: the youngest of the fullest zone leaves the pool, and is ended then.',
  people: (world) => {
    world.at(1, () => world.deployNodes(FLEET));
    world.when(
      () => allSynced(world, SIZE) && allHealthy(world),
      () => scales(world, FEWER),
    );
  },
  done: (world) => wishOf(world)?.state === 'done' && inService(world) === FEWER && allHealthy(world),
  expect: [
    has(FEWER),
    ended,
    {
      sentence: 'one is gone, with its volume, and its name with it',
      holds: (_, world) =>
        gone(world).length === 1 &&
        gone(world).every(
          ({ machine }) =>
            !world.region.ec2
              .volumes()
              .some(({ volumeId }) => volumeId === (machine.readFile('/var/lib/chainmend/volume') ?? '').trim()),
        ),
    },
    {
      sentence: 'it had left the pool six minutes before it was ended',
      holds: (_, world) => {
        const called = (operation: string) =>
          world.region.gateway.trace.calls.find(
            ({ actor, operation: name }) => actor.startsWith('chainmend-seed-groups') && name === operation,
          )?.at ?? Number.NaN;
        return called('TerminateInstanceInAutoScalingGroup') - called('CreateTags') >= 6 * MINUTE_MS;
      },
    },
    {
      sentence: 'the others stand in both zones',
      holds: (_, { region, current }) =>
        new Set(current.map(({ instanceId }) => region.ec2.instance(instanceId).availabilityZone)).size === 2,
    },
    namesRight,
    allWell,
    nobodyPaged,
  ],
};
