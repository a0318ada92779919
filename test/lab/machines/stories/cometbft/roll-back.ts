// A full node executes a block wrongly, once, and stands there after each restart. Its owner's command is tried on a copy first: one that leaves the
// application behind is never sent to a node, which gets other data; one that takes both back is, and cures the next node in seconds.

import { rollBacksOf } from '../../../../../local/scenarios/world/roll-backs.ts';
import { blockAt, DATA_PATH, heightOf } from '../../chains/cometbft.ts';
import {
  applicationOf,
  installCommand,
  miscount,
  type OwnImage,
  type RollBackRun,
  runsOn,
  saysOfAppHash,
} from '../../chains/rolling-back.ts';
import { hasJournalLine, type RealStory, runOnNode, type StoryLog } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';
import { clean, journalOf, opened, recordOf, removed } from '../drills.ts';
import { trusted } from '../litecoin/snapshots.ts';

export const ROLL_BACK_FLEET = 'cometbft-rollback';
export const VALIDATOR = 'validator1';
export const NODES = ['follower1', 'follower2', 'follower3'] as const;
const [DONOR, FIRST, SECOND] = NODES;
const DRILLS = { fleet: ROLL_BACK_FLEET, donor: DONOR };
/** The owner's image, with the command as they first wrote it. */
export const IMAGE: OwnImage = { by: 'stock' };

const BLOCKS_ON = 5;

export const rollBack: RealStory = {
  name: 'roll-back',
  sentence:
    'A node stands at a block that it executed wrongly: a roll-back that fails on a copy is never sent, and one that came through there cures it.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const validator = world.find(VALIDATOR);
    await clean(telling, world, { ...DRILLS, what: 'before any trouble' });

    say(ROLL_BACK_FLEET, 'its owner’s command is CometBFT’s own rollback, which leaves the application where it was');
    const failing = await tried(telling, world, 1);
    holds(
      'it ended with 0 there, and its client has not come back from it',
      failing.runs.length === 1 && failing.runs[0]?.status === 0 && failing.trial?.is === 'unproved',
      failing,
    );
    holds(
      'the drill says so in the client’s words',
      /higher than core/.test(failing.trial?.reason ?? ''),
      failing.trial,
    );
    holds('the set is proved all the same', recordOf(world, ROLL_BACK_FLEET)?.last?.is === 'verified');

    await trusted(world, telling, DONOR);
    const first = await broken(telling, world, FIRST);
    await becomes(
      'a restart does not help, and chainmend says why the roll-back is not done',
      420,
      () =>
        hasJournalLine(world, first.sinceMs, { node: FIRST, text: /roll-back was not begun: it did not come through/ }),
      () => journalOf(world, ROLL_BACK_FLEET),
    );
    await healed(telling, world, first);
    holds(
      'it has got other data, made from the snapshot',
      first.node.machine.mountedAt(DATA_PATH) !== first.volumeId,
      first.node.machine.mountedAt(DATA_PATH),
    );
    const onNodes = async () => (await Promise.all(NODES.map((name) => runsOn(world.find(name))))).flat();
    const none = await onNodes();
    holds(
      'the command that failed on the copy has run on no node',
      none.length === 0 && nodesTold(world).length === 0,
      [none, nodesTold(world)],
    );

    IMAGE.by = 'application';
    await Promise.all(NODES.map((name) => installCommand(world.find(name), 'application')));
    say(ROLL_BACK_FLEET, 'its owner has it call the rollback of the application, which takes both back');
    const passing = await tried(telling, world, 2);
    holds(
      'it came through there',
      passing.runs.length === 1 && passing.runs[0]?.status === 0 && passing.trial?.is === 'verified',
      passing,
    );
    const predicted = (passing.trial?.minutes ?? 0) * 60;
    say(
      ROLL_BACK_FLEET,
      `on the copy it took ${predicted.toFixed(1)} s from the stop of the client to the tip, chainmend says; the story’s last look at it behind the tip was after ${passing.behindSeconds.toFixed(1)} s`,
    );
    holds(
      'the record’s seconds end at a look after it was back, and before the drill was over',
      predicted >= passing.behindSeconds && predicted <= passing.drillSeconds,
      passing,
    );

    const second = await broken(telling, world, SECOND);
    await becomes(
      'its data are taken back, as the copy’s were',
      420,
      async () => (await runsOn(second.node)).length > 0,
      () => journalOf(world, ROLL_BACK_FLEET),
    );
    const tip = await heightOf(validator);
    await becomes('it has caught up with the others', 120, async () => (await heightOf(second.node)) >= tip + 1);
    const caughtUpMs = Date.now();
    await healed(telling, world, second);
    const runs = await runsOn(second.node);
    holds('the command ran once, and ended with 0', runs.length === 1 && runs[0]?.status === 0, runs);
    const tookSeconds = (caughtUpMs - (runs[0]?.beganMs ?? 0)) / 1_000;
    say(SECOND, `on the node it took ${tookSeconds.toFixed(1)} s; the copy had said ${predicted.toFixed(1)} s at most`);
    holds(
      'chainmend has sent it to that node alone',
      nodesTold(world).join() === second.node.instanceId,
      nodesTold(world),
    );
    holds('it still has its own volume', second.node.machine.mountedAt(DATA_PATH) === second.volumeId);
  },
};

/** A drill that tries the command on a copy of the donor's data. */
async function tried(telling: StoryLog, world: RealWorld, nth: 1 | 2) {
  const { becomes } = telling;
  const before = recordOf(world, ROLL_BACK_FLEET)?.rolledBack?.atMs ?? 0;
  const machine = await opened(telling, world, { ...DRILLS, nth });
  const openedMs = Date.now();
  const trialOf = () => {
    const record = recordOf(world, ROLL_BACK_FLEET);
    return record?.rolledBack !== undefined && record.rolledBack.atMs > before ? record.rolledBack : undefined;
  };
  let runs: readonly RollBackRun[] = [];
  await becomes(
    'the command is run there, once the set is proved',
    420,
    async () => {
      if (machine.machine.pid !== undefined) runs = await runsOn(machine);
      return runs.length > 0;
    },
    () => journalOf(world, ROLL_BACK_FLEET),
  );
  const beganMs = runs[0]?.beganMs ?? 0;
  let behindMs = beganMs;
  await becomes(
    'what came of it is on the record',
    420,
    async () => {
      const lookMs = Date.now();
      const tip = await heightOf(world.find(VALIDATOR));
      if (machine.machine.pid !== undefined && (await heightOf(machine)) < tip - 1) behindMs = lookMs;
      return trialOf() !== undefined;
    },
    () => [journalOf(world, ROLL_BACK_FLEET), recordOf(world, ROLL_BACK_FLEET)],
  );
  const overMs = Date.now();
  await removed(telling, world, { ...DRILLS, nth });
  return {
    ...{ runs, trial: trialOf() },
    ...{ behindSeconds: (behindMs - beganMs) / 1_000, drillSeconds: (overMs - openedMs) / 1_000 },
  };
}

interface Broken {
  readonly node: RealNode;
  readonly sinceMs: number;
  readonly volumeId: string | undefined;
}

/** Its application executes one block wrongly: another app hash than all others have. */
async function broken({ say, becomes, holds }: StoryLog, world: RealWorld, name: string): Promise<Broken> {
  const node = world.find(name);
  const sinceMs = Date.now();
  const volumeId = node.machine.mountedAt(DATA_PATH);
  await miscount(node);
  say(name, 'one bit of its memory flips: its application executes one block wrongly');
  await becomes('its client refuses the next block', 60, async () => (await saysOfAppHash(node)) !== '');
  say(name, `it says: ${await saysOfAppHash(node)}`);
  const stands = await heightOf(node);
  const validator = world.find(VALIDATOR);
  await becomes('the chain goes on', 60, async () => (await heightOf(validator)) >= stands + BLOCKS_ON);
  holds('and it stands there, while its process runs', (await heightOf(node)) === stands && stands > 0, stands);
  const [own, others] = await Promise.all([applicationOf(node), applicationOf(validator)]);
  holds('its application has another hash than the others', own.hash !== others.hash, [own, others]);
  return { node, sinceMs, volumeId };
}

/** By its own client's words: the chain of the others, and the state of the others. */
async function healed({ becomes, holds }: StoryLog, world: RealWorld, { node, sinceMs }: Broken): Promise<void> {
  const { name } = node;
  await becomes(
    `chainmend says that ${name} is healed`,
    600,
    () => hasJournalLine(world, sinceMs, { node: name, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    () => journalOf(world, ROLL_BACK_FLEET),
  );
  const all = [VALIDATOR, ...NODES].map((one) => world.find(one));
  const tip = await heightOf(world.find(VALIDATOR));
  await becomes(
    'it goes on with the others',
    120,
    async () => (await Promise.all(all.map(heightOf))).every((height) => height >= tip + BLOCKS_ON),
    () => Promise.all(all.map(heightOf)),
  );
  const hashes = await Promise.all(all.map(async (one) => (await blockAt(one, tip + 2)).block_id.hash));
  holds('all have the same block', new Set(hashes).size === 1, hashes);
  const states = await Promise.all(all.map(applicationOf));
  holds('and the same state, by their applications', new Set(states.map(({ hash }) => hash)).size === 1, states);
  const start = await runOnNode(node, 'pgrep -x -c cometbft');
  holds('one client runs on it', start === '1', start);
}

/** Machines of drills are no nodes. */
const nodesTold = (world: RealWorld): readonly string[] =>
  rollBacksOf(world).filter((instanceId) => world.nodes.some((node) => node.instanceId === instanceId));
