// Scenario: the table goes back an hour in the middle of a heal. What it forgot is found out: names of executions, fences, and what was made.
import { wasCarriedOut } from '../../simulator/trace.ts';
import { allHealedInTheEnd, healed, sizeGiB } from '../checks/expectations.ts';
import { sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { corruptNow, GOOD, impatient, passed, requestOf, smallFleet } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BACKUP_AT_MINUTES = 10;
const BREAKS_AT_MINUTES = 58;
const FILLS_AT_MINUTES = 110;
const GIB = 2 ** 30;
/** The node whose disk fills. */
const FULL = 'node4';

export const tableRolledBack: Scenario = {
  name: 'table-rolled-back',
  sentence:
    'A person restores the table to an hour ago while a node’s volume is swapped, and again while a disk is grown: both are healed, and what was forgotten is told.',
  fleets: { bitcoin: impatient },
  build: (world) =>
    void snapshotsOf(world, smallFleet(world, { clock: QUICK_BLOCKS }), { hoursAgo: 8, snapshotId: GOOD }),
  people: (world) => {
    let backup: Backup = [];
    world.at(BACKUP_AT_MINUTES, () => {
      backup = world.region.dynamodb.items(world.tableName);
    });
    world.at(BREAKS_AT_MINUTES, () => corruptNow(world));
    world.when(
      () => requestOf(world, 'AttachVolume') !== undefined,
      () => restore(world, backup),
    );
    world.at(FILLS_AT_MINUTES, () => world.find('bitcoin', FULL).machine.write('/node-data', 46 * GIB));
    world.when(
      () => world.region.gateway.trace.calls.some(({ operation }) => operation === 'ModifyVolume'),
      () => restore(world, backup),
    );
  },
  done: (world) => passed(world, FILLS_AT_MINUTES + 30) && healed(world, 1),
  hours: 8,
  expect: [
    {
      sentence: 'the node whose data broke was given others',
      holds: ({ heals }) => heals.some(({ rung, outcome }) => rung === 'swap' && outcome === 'healed'),
      undisturbed: true,
    },
    {
      sentence: 'no node was asked under a fence that it had seen before',
      holds: (_, world) => new Set(observedAs(world)).size === observedAs(world).length,
    },
    {
      sentence: 'a page names the volume that the forgotten attempt had made',
      holds: ({ pages }, world) => {
        const page = pages.find(({ code }) => code === 'lease-lost');
        return madeFirst(world) !== '' && page?.sentence.includes(madeFirst(world)) === true;
      },
      undisturbed: true,
    },
    { sentence: 'the disk was grown once', holds: (report) => sizeGiB(report, FULL) > 100 },
    {
      sentence: 'no function failed because a name was used before',
      holds: ({ pages }) => pages.every(({ code }) => code !== 'suite-alarm'),
      undisturbed: true,
    },
    sameInstances,
    allHealedInTheEnd,
  ],
};

type Backup = ReturnType<World['region']['dynamodb']['items']>;

/** The journal stays: it tells the checks what was intended. */
const restore = ({ region, tableName }: World, backup: Backup): void =>
  region.dynamodb.restore(tableName, backup, (item) => JSON.stringify(item['pk']).includes('JOURNAL#'));

/** The volume that the first attempt attached. */
function madeFirst(world: World): string {
  const call = world.region.gateway.trace.calls.find(({ operation }) => operation === 'AttachVolume');
  return (call?.input as { readonly VolumeId?: string } | undefined)?.VolumeId ?? '';
}

/** The ids of the questions to the node whose disk is full; a throttled one never came to it, and is sent again as it was. */
function observedAs(world: World): readonly string[] {
  const { instanceId } = world.find('bitcoin', FULL);
  return world.region.gateway.trace.calls.filter(wasCarriedOut).flatMap(({ operation, input }) => {
    const { DocumentName = '', InstanceIds = [], Parameters } = input as Command;
    const isQuestion = operation === 'SendCommand' && DocumentName.startsWith('chainmend-observe-node-');
    return isQuestion && InstanceIds.includes(instanceId) ? (Parameters?.['OperationId'] ?? []) : [];
  });
}

interface Command {
  readonly DocumentName?: string;
  readonly InstanceIds?: readonly string[];
  readonly Parameters?: Readonly<Record<string, readonly string[]>>;
}
