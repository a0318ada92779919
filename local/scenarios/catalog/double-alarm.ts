// Scenario: events come twice, and from several sources. A node is healed once.
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { healedBy, othersUntouched } from '../checks/ladder-expectations.ts';
import type { Scenario } from '../scenario.ts';
import { ask, dataVolumes, impatient, incidentsEnded, SICK, smallFleet } from '../world/ladder.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const HANGS_AT_MINUTES = 3;
const ALARM = `chainmend-bitcoin-${SICK}-stuck`;

export const doubleAlarm: Scenario = {
  name: 'double-alarm',
  sentence: 'The alarm of a stuck node comes twice, and a person asks for it as well: it is healed once.',
  fleets: { bitcoin: impatient },
  build: (world) => void smallFleet(world, { clock: QUICK_BLOCKS }),
  people: (world) => {
    const { region } = world;
    world.at(HANGS_AT_MINUTES, () => world.find('bitcoin', SICK).machine.client.freeze({ untilRestart: true }));
    const told = () => region.spans.find(({ event }) => isAlarm(event))?.event;
    world.when(
      () => told() !== undefined,
      () =>
        Promise.all([
          ask(world, told() as Readonly<Record<string, unknown>>, 'events'),
          ask(world, HEAL),
          ask(world, HEAL),
        ]),
    );
  },
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    healedBy('restart', 'one heal, and it healed'),
    {
      sentence: 'its client was started once',
      holds: (_, world) => world.find('bitcoin', SICK).machine.report().clientStarts.length === 1,
      undisturbed: true,
    },
    {
      sentence: 'four events reported it',
      holds: (_, { region }) =>
        region.spans.filter(({ event }) => isAlarm(event) || (event as { kind?: string } | null)?.kind === 'heal')
          .length >= 4,
    },
    { sentence: 'it has the volume that it had', holds: (_, world) => dataVolumes(world).length === 1 },
    othersUntouched,
    allHealedInTheEnd,
    nobodyPaged,
  ],
};

const HEAL = { kind: 'heal', fleet: 'bitcoin', node: SICK, trigger: 'node:health' };

const isAlarm = (event: unknown): boolean => {
  const { detail } = (event ?? {}) as { detail?: { alarmName?: string; state?: { value?: string } } };
  return detail?.alarmName === ALARM && detail.state?.value === 'ALARM';
};
