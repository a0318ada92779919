// Scenario: a fleet file gets another name while a node of it is restored. What was begun under the old name is ended under the new one.

import { join } from 'node:path';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { allHealedInTheEnd } from '../checks/expectations.ts';
import { restoredFrom, sameInstances } from '../checks/ladder-expectations.ts';
import { incidentsOf } from '../report/records.ts';
import type { Scenario } from '../scenario.ts';
import { deployTags } from '../world/deployed.ts';
import { snapshotsOf } from '../world/fixtures.ts';
import {
  corruptNow,
  dataVolumes,
  GOOD,
  impatient,
  incidentsEnded,
  ladderHeals,
  requestOf,
  smallFleet,
} from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const BREAKS_AT_MINUTES = 3;
const BEFORE = 'bitcoin';
const NOW = 'btc';

export const fleetRenamed: Scenario = {
  name: 'fleet-renamed',
  sentence: 'A person renames a fleet while a node’s volume is swapped: the new name ends what the old one began.',
  deployedWith: join(import.meta.dirname, '../fleets-renamed'),
  fleets: { bitcoin: impatient },
  build: (world) =>
    void snapshotsOf(world, smallFleet(world, { clock: QUICK_BLOCKS }), { hoursAgo: 8, snapshotId: GOOD }),
  people: (world) => {
    world.at(BREAKS_AT_MINUTES, () => corruptNow(world));
    world.when(
      () => requestOf(world, 'AttachVolume') !== undefined,
      () => rename(world),
    );
  },
  // The incident of the old name is closed where the new one goes on.
  done: (world) =>
    incidentsEnded(world, 'healed') &&
    incidentsOf(world).every(({ state }) => state === 'healed' || state === 'escalated'),
  hours: 8,
  expect: [
    restoredFrom(GOOD, 'the volume that was made under the old name is the node’s'),
    {
      sentence: 'it is one ladder: the new name ends the incident of the old one, and makes no other volume',
      holds: (report, world) =>
        dataVolumes(world).length === 2 && new Set(ladderHeals(report).map(({ incident }) => incident)).size === 1,
      undisturbed: true,
    },
    {
      sentence: 'its names are kept under the new name',
      holds: ({ refusals }) => refusals.every(({ guardrail }) => guardrail !== 'record-foreign'),
    },
    sameInstances,
    allHealedInTheEnd,
    {
      sentence:
        'a person was told once at most that the file of the old name is gone: not where the new name went on at once',
      holds: ({ pages }) => pages.filter(({ code }) => code === 'fleet-file-invalid').length <= 1,
      undisturbed: true,
    },
  ],
};

async function rename({ region }: World): Promise<void> {
  const file = region.ssm.parameter(fleetParameterName('/chainmend', BEFORE));
  const Value = JSON.stringify({ ...JSON.parse(file ?? '{}'), fleet: NOW });
  const Name = fleetParameterName('/chainmend', NOW);
  await region.call('ssm', 'PutParameter', { Name, Value, Type: 'String' });
  await deployTags(region, [JSON.parse(Value)]);
  await region.call('ssm', 'DeleteParameter', { Name: fleetParameterName('/chainmend', BEFORE) });
}
