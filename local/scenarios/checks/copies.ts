// What is right where a fleet has copies alone, and its nodes are in another region or account.
import { LEDGER_TAGS } from '../../../shared/model/tags.ts';
import type { Snapshot } from '../../services/ec2/model.ts';
import type { Expectation } from '../scenario.ts';
import { drillRecord, leftOfDrills, OWN_GROUP } from '../world/drills.ts';
import type { World } from '../world/world.ts';

/** Where the nodes are. */
export function homeOf(world: World): World {
  if (!world.home) throw new Error('the nodes of the world are where its suite is');
  return world.home;
}

export const copiesOf = ({ region }: World): readonly Snapshot[] => region.ec2.snapshots();
export const tagsOf = ({ tags }: Snapshot): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
const areMarked = (world: World, tag: string): readonly Snapshot[] =>
  copiesOf(world).filter((copy) => tagsOf(copy)[tag] !== undefined);

export const isProved = (world: World): boolean => {
  const record = drillRecord(world);
  return record?.proved != null && record.current === null && leftOfDrills(world).length === 0;
};

export const copyIsVerified: Expectation = {
  sentence: 'a copy is verified, on the blocks that the references agree on',
  holds: (_, world) => {
    const { proved, last } = drillRecord(world) ?? {};
    const verified = areMarked(world, LEDGER_TAGS.verified).map(({ snapshotId }) => snapshotId);
    return proved != null && verified.includes(proved.setId) && /of its references/.test(last?.reason ?? '');
  },
};

/** Each command may come many minutes late, and each look is one. */
const MINUTES_MOST = 120;

export const toldInMinutes: Expectation = {
  sentence: 'it is known how many minutes the way back takes here',
  holds: (_, world) => {
    const { proved } = drillRecord(world) ?? {};
    return proved != null && proved.minutes > 0 && proved.minutes < MINUTES_MOST && proved.usd < 0.5;
  },
};

export const nothingButThrowAways: Expectation = {
  sentence: 'nothing runs here but what is thrown away, in its one group and without a key of a node',
  holds: (_, world) =>
    world.nodes.length === 0 &&
    world.drills.every(({ instanceId, machine }) => {
      const groups = world.region.ec2.instances().find((one) => one.instanceId === instanceId)
        ?.networkInterface?.securityGroupIds;
      const own = machine.readFile('/node-data/onion_v3_private_key');
      const theirs = homeOf(world).nodes.map((node) => node.machine.readFile('/node-data/onion_v3_private_key'));
      return (groups === undefined || groups.join() === OWN_GROUP) && (own === undefined || !theirs.includes(own));
    }),
};

/** They are of running clients: some do not open. */
export const badOnesAlone: Expectation = {
  sentence: 'people are told of copies that do not open, and of nothing else',
  holds: ({ pages }, world) =>
    pages.every(({ code }) => code === 'set-unfit') &&
    pages.length === areMarked(world, LEDGER_TAGS.quarantined).length,
  undisturbed: true,
};

export const nodesUntouched: Expectation = {
  sentence: 'no node was stopped or started where they are',
  holds: (_, world) =>
    homeOf(world).nodes.every(({ machine }) => machine.isPowered && machine.report().clientStarts.length === 0),
};

export const dataNotBlamed: Expectation = {
  sentence: 'nothing is held against the data',
  holds: (_, world) =>
    areMarked(world, LEDGER_TAGS.quarantined).length === 0 && areMarked(world, LEDGER_TAGS.verified).length === 0,
};

export const toldOnce: Expectation = {
  sentence: 'they are told once',
  holds: ({ pages }) => pages.filter(({ code }) => code === 'copies-old').length === 1,
  // Where the answer to a page is lost, it is sent again.
  undisturbed: true,
};
