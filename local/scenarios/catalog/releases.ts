// Scenarios: the daily look at releases of a client. A new one appears in its feed; or the height nears by which a version has to run.
import { join } from 'node:path';
import { feedHost } from '../../nodes/release-feed.ts';
import { START_MS } from '../../region.ts';
import { allHealedInTheEnd } from '../checks/expectations.ts';
import { alarmsRight, allWell, namesRight, sameInstances } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { impatient, incidentsEnded, ladderHeals, passed, smallFleet } from '../world/ladder.ts';
import { BEFORE, CANARY, WATCH_MINUTES } from '../world/upgrades.ts';
import type { World, WorldNode } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const FOLDER = join(import.meta.dirname, '../fleets-releases');
const HOST = 'github.example';
const FEED = `https://${HOST}/bitcoin/bitcoin/releases.atom`;
/** The looks of three days, a few minutes apart. */
const LOOKS_AT_MINUTES = [2, 8, 14] as const;
const OUT_AT_MINUTES = 5;
const OVER_AT_MINUTES = 18;

/** @param versionsAt what the feed names now */
function build(world: World, versionsAt: () => readonly string[], more: Partial<WorldNode> = {}): void {
  smallFleet(world, { clock: QUICK_BLOCKS, more });
  const { pathname } = new URL(FEED);
  const host = feedHost(HOST, (path) => (path === pathname ? { answers: 'releases', lists: versionsAt() } : undefined));
  world.region.network.attach(HOST, 'internet', host);
}

const looks = (world: World): void => {
  for (const minutes of LOOKS_AT_MINUTES)
    world.at(minutes, () =>
      world.region.call('lambda', 'Invoke', {
        FunctionName: 'chainmend-watch-releases',
        InvocationType: 'Event',
        Payload: new Uint8Array(Buffer.from('{"kind":"releases"}')),
      }),
    );
};

const nothingTouched: Expectation = {
  sentence: 'it only tells: nothing was healed, upgraded or refused',
  holds: ({ heals, refusals }) => heals.length === 0 && refusals.length === 0,
};

const OLD = ['29.0', '28.1'];
const NEW = ['30.0rc1', '29.1', ...OLD];

export const releaseTold: Scenario = {
  name: 'release-told',
  sentence:
    'A release of the client appears in its feed: the next daily look tells people, once, who runs an older one.',
  fleets: { bitcoin: { ...impatient, releases: { feed: FEED } } },
  deployedWith: FOLDER,
  build: (world) => build(world, () => (world.region.clock.now() < START_MS + OUT_AT_MINUTES * 60_000 ? OLD : NEW)),
  people: looks,
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 1,
  expect: [
    {
      sentence: 'people are told once: of the release and not of its candidate, with the nodes and the notes',
      holds: ({ pages }) =>
        pages.length === 1 &&
        pages.every(
          ({ code, sentence }) =>
            code === 'release-available' &&
            sentence.startsWith('29.1 is out: 4 of 4 nodes run an older one (29.0.0: node1, node2, node3, node4).') &&
            sentence.includes(`https://${HOST}/bitcoin/bitcoin/releases/tag/v29.1`),
        ),
      undisturbed: true,
    },
    {
      sentence: 'that every node ran the newest one before is in the journal',
      holds: (_, { region, tableName }) =>
        readJournal(region, tableName).some(
          ({ by, sentence }) =>
            by === 'watch-releases' && sentence === '29.0 is the newest release, and every node runs it',
        ),
      undisturbed: true,
    },
    nothingTouched,
  ],
};

const PATCH = '0.21.1';
const MINOR = '0.22.0';
/** The canary is watched for 20 minutes, and each of the others gives a snapshot before. */
const PATCHED_HOURS = 8;

const runsPatch = ({ current }: World): boolean => current.every(({ machine }) => machine.clientInstance() === PATCH);

export const releaseAutoPatch: Scenario = {
  name: 'release-auto-patch',
  sentence:
    'A release differs in its last number from what runs, and the fleet file names it and lets it come by itself: it is rolled out like any upgrade.',
  fleets: {
    bitcoin: {
      ...impatient,
      releases: { feed: FEED, auto: 'patch' },
      client: { versions: [BEFORE, PATCH, MINOR], canary: CANARY, watchMinutes: WATCH_MINUTES },
    },
  },
  deployedWith: FOLDER,
  build: (world) =>
    build(
      world,
      () => (world.region.clock.now() < START_MS + OUT_AT_MINUTES * 60_000 ? [BEFORE] : [MINOR, PATCH, BEFORE]),
      {
        machine: {
          versions: {
            [BEFORE]: { clientVersion: '/Satoshi:0.21.0/' },
            [PATCH]: { clientVersion: '/Satoshi:0.21.1/' },
            [MINOR]: { clientVersion: '/Satoshi:0.22.0/' },
          },
        },
      },
    ),
  people: looks,
  done: (world) => runsPatch(world) && world.region.ec2.snapshots().length === 4 && incidentsEnded(world, 'healed'),
  hours: PATCHED_HOURS,
  expect: [
    { sentence: 'every node runs the patch, and none the next line', holds: (_, world) => runsPatch(world) },
    {
      sentence: 'why it was begun is in the journal, once',
      holds: (_, { region, tableName }) =>
        readJournal(region, tableName).filter(
          ({ sentence }) =>
            sentence ===
            'bitcoin goes on to 0.21.1 without a person: releases.auto is patch, and its feed has released it',
        ).length === 1,
      undisturbed: true,
    },
    {
      sentence: 'the canary went first',
      holds: (report) => ladderHeals(report)[0]?.node === CANARY,
      undisturbed: true,
    },
    {
      sentence: 'people are told of the releases, and of nothing else',
      holds: ({ pages }) => pages.every(({ code }) => code === 'release-available'),
      undisturbed: true,
    },
    sameInstances,
    namesRight,
    alarmsRight,
    allWell,
    allHealedInTheEnd,
  ],
};

/** By the chain's rule of ten minutes a block some 25 hours; the chain of this world makes one each half a minute. */
const BLOCKS_LEFT = 150;
const HEIGHT_AT_START = 931_000;

export const deadlineNear: Scenario = {
  name: 'deadline-near',
  sentence:
    'A version has to run by a height that comes near: people are told that, and again when it is less than a day.',
  fleets: {
    bitcoin: { ...impatient, releases: { upgradeBy: { version: '30.0', height: HEIGHT_AT_START + BLOCKS_LEFT } } },
  },
  deployedWith: FOLDER,
  build: (world) => build(world, () => OLD),
  people: looks,
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 1,
  expect: [
    {
      sentence: 'people are told when it is days away, and when it is hours away, with the nodes that are not ready',
      holds: ({ pages }) =>
        pages.map(({ code }) => code).join() === 'upgrade-due,upgrade-near' &&
        pages.every(({ sentence }) =>
          /^30\.0 has to run by height 931150, in \d\d h: node1, node2, node3, node4 run 29\.0\.0$/.test(sentence),
        ),
      undisturbed: true,
    },
    nothingTouched,
  ],
};
