// Scenarios: the daily look at whether heals would work. Somebody changes the policy of the volumes' key, which no node feels before its next start; or nobody
// changes anything.

import { ACCOUNT_ID, REGION_NAME } from '../../region.ts';
import { nobodyPaged } from '../checks/expectations.ts';
import { readJournal } from '../report/journal.ts';
import { pageIn } from '../report/pages.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { DRILLS_DEPLOYED, nothingLeft, notYetDrilled } from '../world/drills.ts';
import { launchTemplate, snapshotsOf } from '../world/fixtures.ts';
import { GOOD, impatient, passed, smallFleet } from '../world/ladder.ts';
import { asksForRollBack, rollBackFleet } from '../world/roll-backs.ts';
import type { World } from '../world/world.ts';
import { isTried } from './roll-backs.ts';

const KEY = `arn:aws:kms:${REGION_NAME}:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
/** The looks of three days, a few minutes apart. */
const LOOKS_AT_MINUTES = [2, 8, 14] as const;
const CHANGED_AT_MINUTES = 5;
/** Before the last look. */
const REGAINED_AT_MINUTES = 11;
/** dispatch-heal reads every five minutes what has become of pages about a fleet. */
const OVER_AT_MINUTES = 22;

const build = (world: World): void => {
  const volumes = [{ role: 'data' as const, path: '/node-data', sizeGiB: 100, usedPercent: 46, kmsKeyId: KEY }];
  snapshotsOf(world, smallFleet(world, { more: { volumes } }), { hoursAgo: 6, snapshotId: GOOD });
  launchTemplate(world, 'bitcoin', { IamInstanceProfile: { Name: 'bitcoin-node' } });
};

const look = ({ region }: World): Promise<unknown> =>
  region.call('lambda', 'Invoke', {
    FunctionName: 'chainmend-check-readiness',
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from('{"kind":"check"}')),
  });

const looks = (world: World): void => {
  for (const minutes of LOOKS_AT_MINUTES) world.at(minutes, () => look(world));
};

const linesOf = ({ region, tableName }: World) =>
  readJournal(region, tableName).filter(({ by }) => by === 'check-readiness');

const nothingTouched: Expectation = {
  sentence: 'it only looks: nothing was healed, and nothing refused',
  holds: ({ heals, refusals }) => heals.length === 0 && refusals.length === 0,
};

const looksOften: Expectation = {
  sentence: 'its first look is in the journal',
  holds: (_, world) =>
    linesOf(world).filter(({ sentence }) => sentence.startsWith('the first look at 4 nodes')).length === 1,
  undisturbed: true,
};

const ALLOW = {
  ...{ Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
};
const DENY = { Effect: 'Deny', Action: 'kms:CreateGrant', Resource: '*', Principal: { AWS: '*' } };
const policyOf = (Statement: readonly object[]): string => JSON.stringify({ Statement });

export const readinessLost: Scenario = {
  name: 'readiness-lost',
  sentence: 'The policy of a key denies grants from now on: the next daily look says which heals that takes, once.',
  fleets: { bitcoin: impatient },
  build,
  people: (world) => {
    looks(world);
    world.at(CHANGED_AT_MINUTES, () =>
      world.region.call('kms', 'PutKeyPolicy', { KeyId: KEY, PolicyName: 'default', Policy: policyOf([ALLOW, DENY]) }),
    );
  },
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 1,
  expect: [
    {
      sentence: 'people are told once, with the heals, the nodes and the key',
      holds: ({ pages }) =>
        pages.length === 1 &&
        pages.every(
          ({ code, node, sentence }) =>
            code === 'readiness-lost' &&
            node === 'fleet' &&
            /^4 of 4 nodes have lost a heal since the last daily look: stop-start, swap.* of node1, node2, node3, node4: KMS key \S+ denies kms:CreateGrant/.test(
              sentence,
            ),
        ),
      undisturbed: true,
    },
    looksOften,
    nothingTouched,
  ],
};

/** What the page says of itself, in the order in which it was sent. */
const severities = ({ region }: World): readonly string[] =>
  region.sns.published().flatMap((one) => pageIn(one)['severity'] ?? []);

export const readinessRegained: Scenario = {
  ...readinessLost,
  name: 'readiness-regained',
  sentence: 'The policy of a key denies grants for a while: what was lost is told, and that it would work again.',
  people: (world) => {
    readinessLost.people?.(world);
    world.at(REGAINED_AT_MINUTES, () =>
      world.region.call('kms', 'PutKeyPolicy', { KeyId: KEY, PolicyName: 'default', Policy: policyOf([ALLOW]) }),
    );
  },
  expect: [
    {
      sentence: 'people are told of the loss once, and once that it is over',
      holds: (_, world) => severities(world).join() === 'page,resolved',
      undisturbed: true,
    },
    looksOften,
    nothingTouched,
  ],
};

export const readinessKept: Scenario = {
  name: 'readiness-kept',
  sentence: 'Three daily looks find what the first one found: nobody is told anything.',
  fleets: { bitcoin: impatient },
  build,
  people: looks,
  done: (world) => passed(world, OVER_AT_MINUTES),
  hours: 1,
  expect: [looksOften, nothingTouched, nobodyPaged],
};

const ASKED_AT_MINUTES = 1;

/** The lines of the daily look about the owner's roll-back, each sentence once. */
const saidOfRollBack = (world: World): readonly string[] => [
  ...new Set(linesOf(world).flatMap(({ sentence }) => (sentence.startsWith('roll-back: ') ? [sentence] : []))),
];

export const readinessTrials: Scenario = {
  name: 'readiness-trials',
  sentence:
    'A fleet has a roll-back that no drill has tried: the daily look says that it would not be used, and after a drill that it would.',
  deployedWith: DRILLS_DEPLOYED,
  fleets: { bitcoin: notYetDrilled },
  build: (world) => {
    rollBackFleet(world, 'passes');
    snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 6, snapshotId: GOOD });
  },
  people: (world) => {
    world.at(ASKED_AT_MINUTES, () => asksForRollBack(world));
    world.at(LOOKS_AT_MINUTES[0], () => look(world));
    world.when(
      () => isTried(world),
      () => look(world),
    );
  },
  done: (world) => saidOfRollBack(world).some((sentence) => sentence.includes('it would be used')),
  hours: 12,
  expect: [
    {
      sentence:
        'that it would not be used is in the journal first, then that it would, with the minutes that it took on the copy',
      holds: (_, world) => {
        const [before = '', after = ''] = saidOfRollBack(world);
        return (
          /it would not be used: no drill has tried \S+ on a copy yet/.test(before) &&
          /it would be used: \S+ came through on a copy in \d+ min/.test(after)
        );
      },
      undisturbed: true,
    },
    { sentence: 'no more is said of it', holds: (_, world) => saidOfRollBack(world).length === 2, undisturbed: true },
    nothingLeft,
    { ...nobodyPaged, undisturbed: true },
  ],
};
