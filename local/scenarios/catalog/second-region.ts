// Scenarios: a fleet's snapshots are copied to a second region by policy, and a suite there opens the newest copy before anybody needs it.
import { join } from 'node:path';
import { LEDGER_TAGS } from '../../../shared/model/tags.ts';
import { ACCOUNT_ID, SECOND_REGION_NAME } from '../../region.ts';
import type { Snapshot } from '../../services/ec2/model.ts';
import { alarmsRight } from '../checks/ladder-expectations.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { drillRecord, leftOfDrills, nothingLeft, OWN_GROUP } from '../world/drills.ts';
import { launchTemplate } from '../world/fixtures.ts';
import { pagedNow } from '../world/ladder.ts';
import type { World } from '../world/world.ts';
import { bitcoinChain, followers, QUICK_BLOCKS, references } from '../world/worlds.ts';

/** The fleet's file in the region of its nodes, and its file in the second one. */
const COPIED_FROM = join(import.meta.dirname, '../fleets-copied');
const DEPLOYED_WITH = join(import.meta.dirname, '../fleets-second-region');
/** The customer key of the second region: every copy is under it. */
const KEY = `arn:aws:kms:${SECOND_REGION_NAME}:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

function home(world: World): World {
  if (!world.home) throw new Error('the world has one region');
  return world.home;
}

/** Three followers in the first region; in the second one a launch template of theirs, and nothing else. */
function build(world: World): void {
  const chain = bitcoinChain(world, 1, { clock: QUICK_BLOCKS });
  references(world, chain);
  const first = home(world);
  first.shareChain(chain);
  followers(first, 3, () => ({
    volumes: [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46 }],
    machine: { startSeconds: 15 },
  }));
  launchTemplate(world, 'bitcoin');
}

const copiesOf = ({ region }: World): readonly Snapshot[] => region.ec2.snapshots();
const tagsOf = ({ tags }: Snapshot): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
const areMarked = (world: World, tag: string): readonly Snapshot[] =>
  copiesOf(world).filter((copy) => tagsOf(copy)[tag] !== undefined);

const isProved = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.proved != null && record.current === null && leftOfDrills(world).length === 0;
};

const ownCopies: Expectation = {
  sentence: 'the copies are the second region’s own: other ids, its key, and the tags of the volumes',
  holds: (_, world) => {
    const sources = new Set(copiesOf(home(world)).map(({ snapshotId }) => snapshotId));
    const copies = copiesOf(world);
    return (
      copies.length > 0 &&
      copies.every(({ snapshotId, kmsKeyArn }) => !sources.has(snapshotId) && kmsKeyArn === KEY) &&
      copies.every((copy) => tagsOf(copy)['Component'] === 'nodes/bitcoin')
    );
  },
};

const copyIsVerified: Expectation = {
  sentence: 'a copy is verified, on the blocks that the references agree on',
  holds: (_, world) => {
    const { proved, last } = drillRecord(world) ?? {};
    const verified = areMarked(world, LEDGER_TAGS.verified).map(({ snapshotId }) => snapshotId);
    return proved != null && verified.includes(proved.setId) && /of its references/.test(last?.reason ?? '');
  },
};

/** Each command may come many minutes late, and each look is one. */
const MINUTES_MOST = 120;

const toldInMinutes: Expectation = {
  sentence: 'it is known how many minutes the way back takes here',
  holds: (_, world) => {
    const { proved } = drillRecord(world) ?? {};
    return proved != null && proved.minutes > 0 && proved.minutes < MINUTES_MOST && proved.usd < 0.5;
  },
};

const nothingButThrowAways: Expectation = {
  sentence: 'nothing runs in the second region but what is thrown away, in its one group and without a key of a node',
  holds: (_, world) =>
    world.nodes.length === 0 &&
    world.drills.every(({ instanceId, machine }) => {
      const groups = world.region.ec2.instances().find((one) => one.instanceId === instanceId)
        ?.networkInterface?.securityGroupIds;
      const own = machine.readFile('/node-data/onion_v3_private_key');
      const theirs = home(world).nodes.map((node) => node.machine.readFile('/node-data/onion_v3_private_key'));
      return (groups === undefined || groups.join() === OWN_GROUP) && (own === undefined || !theirs.includes(own));
    }),
};

/** They are of running clients: some do not open. */
const badOnesAlone: Expectation = {
  sentence: 'people are told of copies that do not open, and of nothing else',
  holds: ({ pages }, world) =>
    pages.every(({ code }) => code === 'set-unfit') &&
    pages.length === areMarked(world, LEDGER_TAGS.quarantined).length,
  undisturbed: true,
};

const firstRegionUntouched: Expectation = {
  sentence: 'no node of the first region was stopped or started',
  holds: (_, world) =>
    home(world).nodes.every(({ machine }) => machine.isPowered && machine.report().clientStarts.length === 0),
};

const always: readonly Expectation[] = [
  ownCopies,
  nothingLeft,
  nothingButThrowAways,
  firstRegionUntouched,
  alarmsRight,
];

export const secondRegion: Scenario = {
  name: 'second-region',
  sentence:
    'A policy copies a fleet’s snapshots to a second region; the suite there opens the newest copy, and knows in how many minutes a node would be back.',
  deployedWith: DEPLOYED_WITH,
  copiedFrom: COPIED_FROM,
  build,
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
    build(world);
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
    {
      sentence: 'nothing is held against the data',
      holds: (_, world) =>
        areMarked(world, LEDGER_TAGS.quarantined).length === 0 && areMarked(world, LEDGER_TAGS.verified).length === 0,
    },
    ...always,
  ],
};

export const secondRegionStopped: Scenario = {
  name: 'second-region-stopped',
  sentence:
    'A person deletes the policy in the first region, and no copy comes any more: people are told in the second one, and the last copy stays proved.',
  deployedWith: DEPLOYED_WITH,
  copiedFrom: COPIED_FROM,
  build,
  people: (world) =>
    world.when(
      () => isProved(world),
      async () => {
        const { region } = home(world);
        const { Policies } = (await region.call('dlm', 'GetLifecyclePolicies', {})) as {
          readonly Policies: readonly { readonly PolicyId: string }[];
        };
        for (const { PolicyId } of Policies) await region.call('dlm', 'DeleteLifecyclePolicy', { PolicyId });
      },
    ),
  done: (world) => pagedNow(world, 'copies-old'),
  hours: 16,
  pagesAtMost: 8,
  expect: [
    {
      sentence: 'people are told that none has come from the first region',
      holds: ({ pages }) => pages.some(({ code, sentence }) => code === 'copies-old' && sentence.includes('eu-west-1')),
    },
    {
      sentence: 'they are told once',
      holds: ({ pages }) => pages.filter(({ code }) => code === 'copies-old').length === 1,
      // Where the answer to a page is lost, it is sent again.
      undisturbed: true,
    },
    copyIsVerified,
    ...always,
  ],
};
