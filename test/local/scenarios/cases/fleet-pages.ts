// Pages of functions that look after a whole fleet: sent again until somebody has acknowledged them, and over when their cause is.

import { START_MS } from '../../../../local/region.ts';
import { pageIn } from '../../../../local/scenarios/report/pages.ts';
import type { Expectation, Scenario } from '../../../../local/scenarios/scenario.ts';
import { ask, passed } from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers } from '../../../../local/scenarios/world/worlds.ts';

/** "33 again", in minutes since the story began; of one code, oldest first. */
const told = ({ region }: World, code: string): readonly string[] =>
  region.sns
    .published()
    .filter((published) => pageIn(published).code === code)
    .map((published) => `${Math.round((published.atMs - START_MS) / 60_000)} ${pageIn(published).severity}`);

const said = (code: string, sentence: string, pattern: RegExp): Expectation => ({
  sentence,
  holds: (_, world) => pattern.test(told(world, code).join(', ')),
  undisturbed: true,
});

const fleet = (world: World): void => {
  bitcoinChain(world, 1);
  followers(world, 3);
};

const goneAndBack: Scenario = {
  name: 'that no node is found is told again after half an hour, and no more once they are back; half an hour after that it is over',
  sentence: 'all instances are terminated, and launched again',
  build: fleet,
  people: (world) => {
    for (const name of ['node1', 'node2', 'node3']) world.at(3, () => world.terminate(world.find('bitcoin', name)));
    for (const name of ['node1', 'node2', 'node3']) world.at(45, () => world.launchAgain('bitcoin', name));
  },
  done: (world) => passed(world, 120),
  hours: 3,
  pagesAtMost: 4,
  expect: [said('node-missing', 'page, again, resolved', /^\d page, 3\d again, 7\d resolved$/)],
};

const seen: Scenario = {
  name: 'that no node is found is not told again to who has acknowledged it',
  sentence: 'all instances are terminated, and a person looks after it',
  build: fleet,
  people: (world) => {
    for (const name of ['node1', 'node2', 'node3']) world.at(3, () => world.terminate(world.find('bitcoin', name)));
    world.at(20, () => ask(world, { kind: 'acknowledge', page: 'bitcoin/fleet/node-missing', by: 'Anna' }));
  },
  done: (world) => passed(world, 100),
  hours: 3,
  expect: [said('node-missing', 'one page, and nothing after it', /^\d page$/)],
};

const pausedMeanwhile: Scenario = {
  name: 'that a record is somebody else’s is not over because a pause keeps everybody from looking',
  sentence: 'a name is taken, the fleet is paused, and the name is given free after that',
  build: fleet,
  people: (world) => {
    world.at(1, () => world.editZone('bitcoin.internal', [{ do: 'CREATE', name: 'node4', addresses: ['10.0.200.8'] }]));
    world.at(2, () => world.launch({ fleet: 'bitcoin', chain: 'bitcoin', name: 'node4', volumes: [] }));
    world.at(12, () => world.setPause('a look around', 'bitcoin'));
    world.at(110, () => world.setPause('off', 'bitcoin'));
  },
  done: (world) => passed(world, 130),
  hours: 3,
  pagesAtMost: 4,
  expect: [said('record-foreign', 'one page, and no end of it', /^\d+ page$/)],
};

export const SCENARIOS: readonly Scenario[] = [goneAndBack, seen, pausedMeanwhile];
