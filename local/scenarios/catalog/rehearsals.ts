// Scenarios: what would be done to a node is done to a copy of its data first.

import { allHealedInTheEnd } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight, sameInstances } from '../checks/ladder-expectations.ts';
import { incidentsOf } from '../report/records.ts';
import type { Scenario } from '../scenario.ts';
import { alone, asksForDrills, DRILLS_DEPLOYED, drilledBefore, drillRecord, nothingLeft } from '../world/drills.ts';
import { launchTemplate } from '../world/fixtures.ts';
import { ask, dataOf, pagedNow } from '../world/ladder.ts';
import { AFTER, CANARY, installed, MENDED, rehearsable, versionsOf } from '../world/upgrades.ts';
import type { World } from '../world/world.ts';

const asks = (world: World, to: string): Promise<unknown> =>
  ask(world, { kind: 'upgrade', fleet: 'bitcoin', to, rehearse: true });

/** Versions that a command has named to a machine of the fleet itself. */
const switchedTo = ({ region, current }: World): readonly string[] =>
  region.gateway.trace.calls.flatMap(({ operation, input }) => {
    if (operation !== 'SendCommand') return [];
    const { InstanceIds = [], Parameters = {} } = input as {
      readonly InstanceIds?: readonly string[];
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    const isNode = current.some(({ instanceId }) => InstanceIds.includes(instanceId));
    const only = Parameters['Only']?.[0];
    return isNode && only === 'switch' ? (Parameters['Version'] ?? []) : [];
  });

/** The volumes whose snapshots throw-away instances were launched with, one for each. */
const copiedFrom = ({ region }: World): readonly string[] =>
  region.gateway.trace.calls
    .filter(({ operation, actor }) => operation === 'RunInstances' && actor.startsWith('chainmend-audit-snapshots'))
    .flatMap(({ input }) => /"SnapshotId":"(snap-[0-9a-f]+)"/.exec(JSON.stringify(input))?.[1] ?? [])
    .flatMap((id) => region.ec2.snapshots().find(({ snapshotId }) => snapshotId === id)?.volumeId ?? []);

export const rehearseMigration: Scenario = {
  name: 'rehearse-migration',
  sentence:
    'A version that migrates the data takes no block on a copy: no node gets it. The one that mends it goes on from a copy, and then it is rolled out.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: rehearsable },
  build: (world) => {
    installed(world, 'stands');
    launchTemplate(world, 'bitcoin');
    drilledBefore(world);
  },
  people: (world) => {
    world.at(1, () => asksForDrills(world));
    world.at(2, () => asks(world, AFTER));
    world.whenPaged('upgrade-failed', 10, () => asks(world, MENDED));
  },
  done: (world) =>
    incidentsOf(world).filter(({ trigger, state }) => trigger === 'request:upgrade' && state === 'healed').length === 4,
  hours: 16,
  pagesAtMost: 1,
  expect: [
    {
      sentence: 'every node runs the version that went on from a copy',
      holds: (_, world) => Object.values(versionsOf(world)).every((version) => version === MENDED),
    },
    {
      sentence: 'no node was ever told to run the one that took no block',
      holds: (_, world) => switchedTo(world).every((version) => version === MENDED),
    },
    { sentence: 'a person is told of it', holds: (_, world) => pagedNow(world, 'upgrade-failed') },
    {
      sentence: 'both were tried on a copy of the data of the first node',
      holds: (_, world) =>
        copiedFrom(world).length === 2 && copiedFrom(world).every((id) => id === dataOf(world, CANARY)),
      undisturbed: true,
    },
    {
      sentence: 'what it did to the copy is known: when it answered, what it added, and when it had caught up',
      holds: (_, world) => {
        const { is, to, measured, minutes } = drillRecord(world)?.rehearsed ?? {};
        return is === 'verified' && to === MENDED && measured != null && measured.openSeconds > 0 && (minutes ?? 0) > 0;
      },
    },
    {
      sentence: 'what the plan says of it is what was measured',
      holds: (_, world) =>
        incidentsOf(world).some(
          ({ node, want }) => node === CANARY && want?.do === 'upgrade' && want.rehearsed?.includes('had caught up'),
        ),
    },
    {
      sentence: 'the set that was tried is called neither good nor bad for it',
      holds: ({ snapshots }) => snapshots.every(({ rank }) => rank === 'clean'),
      undisturbed: true,
    },
    nothingLeft,
    alone,
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    { ...allHealedInTheEnd, undisturbed: true },
  ],
};
