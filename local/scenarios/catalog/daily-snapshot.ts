// Scenario: a snapshot of a running client may not open. So one node stops for a moment each day for a clean snapshot.

import { START_MS } from '../../region.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight, sameInstances } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import { impatient, incidentsEnded, smallFleet } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

/** Some minutes after the story begins the last one is a day old. */
const HOURS_AGO = 23.9;
const LAST_DONOR = 'node1';

export const dailySnapshot: Scenario = {
  name: 'daily-snapshot',
  sentence:
    'The last clean snapshot is a day old: a node leaves the pool, stops cleanly, gives the next one and is back.',
  fleets: { bitcoin: { ...impatient, snapshots: { clean: {} } } },
  build: (world) => {
    smallFleet(world, { clock: QUICK_BLOCKS });
    snapshotsOf(world, world.find('bitcoin', LAST_DONOR), { hoursAgo: HOURS_AGO });
  },
  // A heal that died while its client was stopped only starts it again: the snapshot is the next round's.
  done: (world) => incidentsEnded(world, 'healed') && world.region.ec2.snapshots().length === 2,
  hours: 4,
  expect: [
    {
      sentence: 'one node gave a snapshot, and is proved to be well since; not the one that gave the last',
      holds: ({ heals }) =>
        heals.length === 1 &&
        heals.every(
          ({ kind, outcome, node }) => kind === 'snapshot-node' && outcome === 'healed' && node !== LAST_DONOR,
        ),
      undisturbed: true,
    },
    {
      sentence: 'the fleet has a clean snapshot of today, at the height where its donor stopped',
      holds: ({ snapshots, nodes }) => {
        const newest = snapshots.at(-1);
        const tip = Math.max(...nodes.map(({ height }) => height));
        return snapshots.length === 2 && newest?.rank === 'clean' && tip - (newest.height ?? 0) < 100;
      },
      undisturbed: true,
    },
    {
      sentence: 'what is in it opens: its client had ended',
      holds: (_, { region }) => region.ec2.snapshots().every(({ content }) => content?.data?.condition === 'clean'),
    },
    {
      sentence: 'one client was stopped, and nobody else’s',
      holds: (_, { nodes }) => nodes.filter(({ machine }) => machine.report().clientStarts.length > 0).length === 1,
      undisturbed: true,
    },
    {
      sentence: 'it left the pool while it was stopped, and the pool was never below three',
      holds: (_, world) => Math.min(...poolSizes(world)) === 3,
      undisturbed: true,
    },
    {
      sentence: 'of the time in which it served nothing, all but twelve seconds were its client’s own',
      // Its stop and its start are two commands: the look at an answer comes up to five seconds after it, and the snapshot is asked for between them.
      holds: ({ heals }) => heals.every(({ outageSeconds, clientSeconds }) => outageSeconds - clientSeconds <= 12),
      undisturbed: true,
    },
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

/** The number of addresses in the pool's record, at each write since the story began. */
const poolSizes = ({ region }: World): readonly number[] =>
  region.gateway.trace.calls
    .filter(({ at, operation }) => at >= START_MS && operation === 'ChangeResourceRecordSets')
    .flatMap(({ input }) => (input as Batch).ChangeBatch.Changes)
    .filter(
      ({ Action, ResourceRecordSet: { Name, Type } }) => Action !== 'DELETE' && Type === 'A' && /^pool\./.test(Name),
    )
    .map(({ ResourceRecordSet: { ResourceRecords = [] } }) => ResourceRecords.length);

interface Batch {
  readonly ChangeBatch: {
    readonly Changes: readonly {
      readonly Action: string;
      readonly ResourceRecordSet: {
        readonly Name: string;
        readonly Type: string;
        readonly ResourceRecords?: readonly object[];
      };
    }[];
  };
}
