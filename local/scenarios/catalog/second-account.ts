// Scenarios: a fleet's snapshots are shared with a second account by policy, and a suite there opens the newest one before anybody needs it.
import { join } from 'node:path';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { LEDGER_TAGS } from '../../../shared/model/tags.ts';
import { REGION_NAME, SECOND_ACCOUNT_ID } from '../../region.ts';
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
import { deployTags } from '../world/deployed.ts';
import { nothingLeft } from '../world/drills.ts';
import { deletePolicies, nodesElsewhere, policiesElsewhere } from '../world/elsewhere.ts';
import { pagedNow } from '../world/ladder.ts';
import type { World } from '../world/world.ts';

/** The fleet's file in the account of its nodes, and its file in the account that is kept for bad days. */
const SHARED_FROM = join(import.meta.dirname, '../fleets-shared');
const DEPLOYED_WITH = join(import.meta.dirname, '../fleets-second-account');
/** The customer key of the volumes, in the account of the nodes. */
const KEY = `arn:aws:kms:${REGION_NAME}:${SECOND_ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** An owner writes the id of the policy into the file, once both are deployed, and deploys it again. */
async function namePolicy(world: World): Promise<void> {
  const Name = fleetParameterName('/chainmend', 'bitcoin');
  const [policy] = await policiesElsewhere(world);
  const { Parameter } = (await world.region.call('ssm', 'GetParameter', { Name })) as {
    readonly Parameter: { readonly Value: string };
  };
  const Value = Parameter.Value.replace(/policy-[0-9a-f]+/, String(policy));
  await world.region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
  await deployTags(world.region, [JSON.parse(Value)]);
}

/** @param mayUse whether the policy of the key in the account of the nodes lets this one use it */
const build =
  (mayUse: boolean) =>
  (world: World): void => {
    nodesElsewhere(world, KEY);
    if (mayUse) world.region.ec2.allowForeignKey(KEY, 'use');
    world.beforehand(() => namePolicy(world));
  };

const isWithdrawn = (world: World): boolean => copiesOf(world).length === 0;

const sharedOnes: Expectation = {
  sentence: 'what is opened belongs to the account of the nodes, under its key, and shows none of its tags',
  holds: (_, world) =>
    isWithdrawn(world) ||
    copiesOf(world).every(
      (copy) => copy.ownerId === SECOND_ACCOUNT_ID && copy.kmsKeyArn === KEY && tagsOf(copy)['Component'] === undefined,
    ),
};

const marksStayHere: Expectation = {
  sentence: 'what is found out of a snapshot is written in this account alone',
  holds: (_, world) =>
    copiesOf(homeOf(world)).every((source) => tagsOf(source)[LEDGER_TAGS.verified] === undefined) &&
    copiesOf(homeOf(world)).every((source) => tagsOf(source)[LEDGER_TAGS.quarantined] === undefined),
};

const always: readonly Expectation[] = [
  sharedOnes,
  marksStayHere,
  nothingLeft,
  nothingButThrowAways,
  nodesUntouched,
  alarmsRight,
];

const deployed = {
  deployedWith: DEPLOYED_WITH,
  sharedFrom: SHARED_FROM,
  context: { kmsKeys: KEY },
} as const;

export const secondAccount: Scenario = {
  name: 'second-account',
  sentence:
    'A policy shares a fleet’s snapshots with a second account; the suite there opens the newest one under its key, and knows in how many minutes a node would be back.',
  ...deployed,
  build: build(true),
  done: isProved,
  hours: 8,
  pagesAtMost: 8,
  expect: [copyIsVerified, toldInMinutes, ...always, badOnesAlone],
};

export const secondAccountKey: Scenario = {
  name: 'second-account-key',
  sentence:
    'The snapshots are shared, and their key is not: a drill finds it, and people are told before they need one of them.',
  ...deployed,
  build: build(false),
  done: (world) => pagedNow(world, 'drill-unproved'),
  hours: 8,
  pagesAtMost: 3,
  expect: [
    {
      sentence: 'people are told which snapshot cannot be opened, and that its key is the cause',
      holds: ({ pages }) =>
        pages.some(({ code, sentence }) => code === 'drill-unproved' && sentence.includes('kms:CreateGrant')),
    },
    dataNotBlamed,
    ...always,
  ],
};

export const secondAccountStopped: Scenario = {
  name: 'second-account-stopped',
  sentence:
    'A person deletes the policy in the account of the nodes, and no snapshot is shared any more: people are told in the second one, and the last one stays proved.',
  ...deployed,
  build: build(true),
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
      sentence: 'people are told that none has come from the account, and of which policy',
      holds: ({ pages }) =>
        pages.some(
          ({ code, sentence }) =>
            code === 'copies-old' && sentence.includes(SECOND_ACCOUNT_ID) && /policy-[0-9a-f]{17}/.test(sentence),
        ),
    },
    toldOnce,
    copyIsVerified,
    ...always,
  ],
};
