// Scenario: deployed nodes are made with a larger instance, and their volumes with more IOPS and throughput, for the first sync. Once they have caught up
// both are taken back to what the file says, the instances one after the other, and the fleet gets its first clean snapshot. A node beside them, without a
// boost, shows what that saves.

import { rhythmOf } from '../../nodes/rhythm.ts';
import { START_MS } from '../../region.ts';
import { nobodyPaged } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import { dataVolumes } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { references } from '../world/worlds.ts';

const FLEET = 'bitcoin';
/** The same chain and the same nodes, and no boost. */
const PLAIN = 'bitcoin-plain';
const COUNT = 3;
const HEIGHT = 250_000;
const HOUR_MS = 3_600_000;
/** As in the fleet file. */
const LASTING = { iops: 3_000, throughputMiBps: 125 };
const LASTING_TYPE = 'm6i.large';
/** Three days at a new gp3 volume's 3,000 IOPS: what the owner of an Ethereum node had at 300, when its chain was a tenth of that. */
const IOS_PER_BLOCK = (3 * 86_400 * LASTING.iops) / HEIGHT;

export const syncBoost: Scenario = {
  name: 'sync-boost',
  sentence:
    'Three nodes are deployed with a boost for their first sync: 7 hours instead of 3 days. Volumes and instances are taken back by themselves, and a clean snapshot follows.',
  deployedWith: new URL('../fleets-sync-boost', import.meta.url).pathname,
  build: (world) => {
    for (const name of [FLEET, PLAIN]) {
      const chain = world.chain({
        ...{
          name,
          blockIntervalMs: 600_000,
          rhythm: rhythmOf('bitcoin'),
          heightAtStart: HEIGHT,
          protocol: 'bitcoin' as const,
          consensus: 'elsewhere',
        },
        ...{ bytesPerBlock: 2 ** 20, inodesPerBlock: 0.02, iosPerBlock: IOS_PER_BLOCK },
      });
      if (name === FLEET) references(world, chain);
    }
  },
  people: (world) => {
    for (const name of [FLEET, PLAIN]) world.at(1, () => world.deployNodes(name));
  },
  done: (world) =>
    performances(world).every(isLasting) &&
    types(world).every((type) => type === LASTING_TYPE) &&
    cleanSnapshots(world).length > 0 &&
    allSettled(world),
  hours: 16,
  expect: [
    {
      sentence: 'each node had caught up in less than eight hours',
      holds: (_, world) =>
        own(world, FLEET).length === COUNT &&
        own(world, FLEET).every((node) => {
          const tookMs = world.caughtUpMs(node, START_MS, START_MS + HOUR_MS);
          return tookMs > 5 * HOUR_MS && tookMs < 8 * HOUR_MS;
        }),
      undisturbed: true,
    },
    {
      sentence: 'the node without a boost has a fifth of its chain at most by then',
      holds: (_, world) => {
        const [node] = own(world, PLAIN);
        const height = node?.machine.report().height ?? 0;
        return height > 0 && height < HEIGHT / 5;
      },
      undisturbed: true,
    },
    {
      sentence: 'the volumes have what the file says, and each was modified once, after its node had caught up',
      holds: (_, world) =>
        performances(world).every(isLasting) &&
        dataOf(world, FLEET).every(({ volumeId }) => modifications(world, volumeId) === 1),
      undisturbed: true,
    },
    {
      sentence: 'no volume keeps the boost, and none was modified more than three times',
      holds: (_, world) =>
        performances(world).length === COUNT &&
        performances(world).every(isLasting) &&
        dataOf(world, FLEET).every(({ volumeId }) => modifications(world, volumeId) <= 3),
    },
    {
      sentence: 'the volume of the other fleet was left as it is',
      holds: (_, world) => dataOf(world, PLAIN).every(({ volumeId }) => modifications(world, volumeId) === 0),
    },
    {
      sentence: 'each instance has the type that stays',
      holds: (_, world) => types(world).length === COUNT && types(world).every((type) => type === LASTING_TYPE),
    },
    {
      sentence:
        'each client was stopped once for its instance, and one of them for the clean snapshot, and for nothing else',
      holds: (_, world) => {
        const starts = own(world, FLEET).map(({ machine }) => machine.report().clientStarts.length);
        return starts.every((count) => count === 2 || count === 3) && starts.filter((count) => count === 3).length <= 1;
      },
      undisturbed: true,
    },
    {
      sentence: 'no two of them were down at one moment',
      holds: (_, { region }) => {
        const calls = region.gateway.trace.calls.filter(({ outcome }) => outcome === 'ok');
        const of = (name: string) => calls.filter(({ operation }) => operation === name).map(({ at }) => at);
        const starts = of('StartInstances');
        return of('StopInstances').every((stopped, i, all) => {
          const again = starts.find((started) => started > stopped);
          return again !== undefined && all.every((other, j) => j === i || other < stopped || other > again);
        });
      },
      undisturbed: true,
    },
    {
      sentence: 'a clean snapshot of a node that had caught up is there',
      holds: (_, world) => cleanSnapshots(world).length > 0,
    },
    nobodyPaged,
  ],
};

const own = ({ current }: World, fleet: string) => current.filter((node) => node.fleet.name === fleet);

export const dataOf = (world: World, fleet: string) =>
  own(world, fleet).flatMap(({ name }) => dataVolumes(world, name));

const performances = (world: World) => dataOf(world, FLEET).map(({ performance }) => performance);

const types = (world: World): readonly string[] =>
  own(world, FLEET).map(({ instanceId }) => world.region.ec2.instance(instanceId).instanceType);

const isLasting = ({ iops, throughputMiBps }: ReturnType<typeof performances>[number]): boolean =>
  iops === LASTING.iops && throughputMiBps === LASTING.throughputMiBps;

/** Accepted by EC2. */
export const modifications = ({ region }: World, volumeId: string): number =>
  region.gateway.trace.calls.filter(
    ({ operation, outcome, input }) =>
      operation === 'ModifyVolume' && outcome === 'ok' && (input as { VolumeId?: string }).VolumeId === volumeId,
  ).length;

const cleanSnapshots = ({ region }: World) =>
  region.ec2.snapshots().filter(({ tags, state }) => {
    const isClean = tags.some(({ Key, Value }) => Key === 'chainmend:clean-stop' && Value === 'true');
    return isClean && state === 'completed';
  });

const allSettled = (world: World): boolean =>
  own(world, FLEET).length === COUNT && own(world, FLEET).every(({ machine }) => machine.report().state === 'synced');
