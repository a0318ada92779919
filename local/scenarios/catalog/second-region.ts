// Scenarios: a fleet's snapshots are copied to a second region by policy, and a suite there opens the newest copy before anybody needs it.
import { join } from 'node:path';
import { ACCOUNT_ID, SECOND_REGION_NAME } from '../../region.ts';
import {
  badOnesAlone,
  copiesOf,
  copyIsVerified,
  dataNotBlamed,
  homeOf,
  isProved,
  nodesUntouched,
  nothingButThrowAways,
  tagsOf,
  toldInMinutes,
  toldOnce,
} from '../checks/copies.ts';
import { alarmsRight } from '../checks/ladder-expectations.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { nothingLeft } from '../world/drills.ts';
import { deletePolicies, nodesElsewhere } from '../world/elsewhere.ts';
import { pagedNow } from '../world/ladder.ts';

/** The fleet's file in the region of its nodes, and its file in the second one. */
const COPIED_FROM = join(import.meta.dirname, '../fleets-copied');
const DEPLOYED_WITH = join(import.meta.dirname, '../fleets-second-region');
/** The customer key of the second region: every copy is under it. */
const KEY = `arn:aws:kms:${SECOND_REGION_NAME}:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

const ownCopies: Expectation = {
  sentence: 'the copies are the second region’s own: other ids, its key, and the tags of the volumes',
  holds: (_, world) => {
    const sources = new Set(copiesOf(homeOf(world)).map(({ snapshotId }) => snapshotId));
    const copies = copiesOf(world);
    return (
      copies.length > 0 &&
      copies.every(({ snapshotId, kmsKeyArn }) => !sources.has(snapshotId) && kmsKeyArn === KEY) &&
      copies.every((copy) => tagsOf(copy)['Component'] === 'nodes/bitcoin')
    );
  },
};

const always: readonly Expectation[] = [ownCopies, nothingLeft, nothingButThrowAways, nodesUntouched, alarmsRight];

export const secondRegion: Scenario = {
  name: 'second-region',
  sentence:
    'A policy copies a fleet’s snapshots to a second region; the suite there opens the newest copy, and knows in how many minutes a node would be back.',
  deployedWith: DEPLOYED_WITH,
  copiedFrom: COPIED_FROM,
  build: nodesElsewhere,
  done: isProved,
  hours: 8,
  pagesAtMost: 8,
  expect: [copyIsVerified, toldInMinutes, ...always, badOnesAlone],
};

const ALLOW = {
  ...{ Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
};
/** What EBS needs to open a volume under the key. */
const DENY = { Effect: 'Deny', Action: 'kms:CreateGrant', Resource: '*', Principal: { AWS: '*' } };
const WITHOUT_GRANTS = JSON.stringify({ Statement: [ALLOW, DENY] });

export const secondRegionKey: Scenario = {
  name: 'second-region-key',
  sentence:
    'The copies are complete, and the policy of their key gives nobody a grant: a drill finds it, and people are told before they need a copy.',
  deployedWith: DEPLOYED_WITH,
  copiedFrom: COPIED_FROM,
  build: (world) => {
    nodesElsewhere(world);
    world.beforehand(() =>
      world.region.call('kms', 'PutKeyPolicy', { KeyId: KEY, PolicyName: 'default', Policy: WITHOUT_GRANTS }),
    );
  },
  done: (world) => pagedNow(world, 'drill-unproved'),
  hours: 8,
  pagesAtMost: 3,
  expect: [
    {
      sentence: 'people are told which copy cannot be opened, and that its key is the cause',
      holds: ({ pages }) =>
        pages.some(({ code, sentence }) => code === 'drill-unproved' && sentence.includes('kms:CreateGrant')),
    },
    dataNotBlamed,
    ...always,
  ],
};

export const secondRegionStopped: Scenario = {
  name: 'second-region-stopped',
  sentence:
    'A person deletes the policy in the first region, and no copy comes any more: people are told in the second one, and the last copy stays proved.',
  deployedWith: DEPLOYED_WITH,
  copiedFrom: COPIED_FROM,
  build: nodesElsewhere,
  people: (world) =>
    world.when(
      () => isProved(world),
      () => deletePolicies(world),
    ),
  done: (world) => pagedNow(world, 'copies-old'),
  hours: 16,
  pagesAtMost: 8,
  expect: [
    {
      sentence: 'people are told that none has come from the first region',
      holds: ({ pages }) => pages.some(({ code, sentence }) => code === 'copies-old' && sentence.includes('eu-west-1')),
    },
    toldOnce,
    copyIsVerified,
    ...always,
  ],
};
