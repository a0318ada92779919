// A set of snapshots is opened on a throw-away machine before anybody needs it: one that is good, and then one whose files are overwritten. Everything of
// a drill is removed again, and no node feels it.
import { fromItem } from '../../../../shared/aws/attributes.ts';
import type { DrillRecord } from '../../../../shared/heal/drill.ts';
import { keys } from '../../../../shared/heal/store.ts';
import { DRILL_TAG, LEDGER_TAGS } from '../../../../shared/model/tags.ts';
import { heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode, type StoryLog } from '../../story.ts';
import type { RealWorld } from '../../world.ts';
import { cleanSnapshots } from './snapshots.ts';
import { spoilSnapshot } from './spoil.ts';

export const DRILLED = { fleet: 'litecoin-drilled', names: ['drilled1', 'drilled2'] } as const;
const [DONOR] = DRILLED.names;
/** A copy of a peer's key may not run. */
const KEY = '/node-data/regtest/onion_v3_private_key';
const ASKED_EVERY_MS = 30_000;
/** The verdict is written down before the story sees the tag. */
const SECONDS_APART = 30;

export const drill: RealStory = {
  name: 'drill',
  sentence:
    'The newest set opens on a throw-away machine and catches up; one whose files are overwritten is quarantined; everything is removed again.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const nodes = DRILLED.names.map((name) => world.find(name));
    await becomes('chainmend sees both nodes synced', 240, () => {
      const seen = world.observed(DRILLED.fleet);
      return seen.length === 2 && seen.every(({ health }) => health === 'synced');
    });
    await Promise.all(nodes.map((node) => runOnNode(node, 'echo "$2" >"$1"', KEY, `the key of ${node.name}`)));

    const good = await clean(telling, world, 'a good one');
    const starts = () =>
      Promise.all(nodes.map((node) => runOnNode(node, 'systemctl show -p MainPID --value "$1"', UNIT)));
    const before = await starts();
    const machine = await opened(telling, world, 1);
    await becomes(
      'its client runs, on blocks of the set',
      300,
      async () => (await heightOf(machine)) >= (good.ledger.height ?? Number.POSITIVE_INFINITY),
      async () => [await heightOf(machine), (await machine.machine.shell(LAST_LINES)).stdout],
    );
    const key = (await machine.machine.shell('cat "$1"', KEY)).stdout;
    holds('the key of the node that gave it is not there', key === '', key);
    await becomes(
      'the set is verified',
      420,
      () => markOf(world, good.snapshotId) === 'verified',
      () => told(world),
    );
    const tookSeconds = (Date.now() - world.region.ec2.instance(machine.instanceId).launchedAtMs) / 1_000;
    await removed(telling, world, 1);
    const proved = recordOf(world)?.proved;
    const toldSeconds = (proved?.minutes ?? 0) * 60;
    say(
      DRILLED.fleet,
      `a node comes back in ${toldSeconds.toFixed(0)} s, chainmend says, at height ${proved?.height}; by the clock ${tookSeconds.toFixed(0)} s`,
    );
    holds(
      'the minutes are those of the clock, from the launch to the tip',
      toldSeconds > 0 && Math.abs(toldSeconds - tookSeconds) <= SECONDS_APART,
      [proved, tookSeconds],
    );

    const bad = await clean(telling, world, 'which then breaks');
    await spoilSnapshot(world, bad.snapshotId);
    say(DRILLED.fleet, `the files of ${bad.snapshotId} are overwritten, and nobody knows`);
    const between = await starts();
    const second = await opened(telling, world, 2);
    await becomes(
      'the set is quarantined',
      600,
      () => markOf(world, bad.snapshotId) === 'quarantined',
      async () => [told(world), (await second.machine.shell(LAST_LINES)).stdout],
    );
    const page = () =>
      world
        .journal()
        .find(({ kind, code, fleet }) => kind === 'page' && code === 'set-unfit' && fleet === DRILLED.fleet)?.sentence;
    await becomes(
      'people are told',
      120,
      () => page() !== undefined,
      () => told(world),
    );
    const words = /Error opening block database|orruption/;
    const tag = world.region.ec2.tags(bad.snapshotId)[LEDGER_TAGS.quarantined] ?? '';
    holds('in the client’s own words, as the tag has them', words.test(page() ?? '') && words.test(tag), [page(), tag]);
    await removed(telling, world, 2);
    holds('the good set is still verified', markOf(world, good.snapshotId) === 'verified');
    const after = await starts();
    holds('no client was stopped for either drill', before[1] === after[1] && between.join() === after.join(), [
      before,
      between,
      after,
    ]);
  },
};

const LAST_LINES = `systemctl show -p ActiveState,SubState,ExecMainStatus ${UNIT}; journalctl -u ${UNIT} -o cat --no-pager | tail -n 6`;

const told = (world: RealWorld) =>
  world
    .journal()
    .filter(({ fleet }) => fleet === DRILLED.fleet)
    .slice(-8);

/** A person has a clean snapshot taken. */
async function clean({ say, becomes }: StoryLog, world: RealWorld, what: string) {
  const count = cleanSnapshots(world, DONOR).length;
  let askedMs = 0;
  say(DONOR, `a person asks for a clean snapshot, ${what}`);
  await becomes(`the set is there, with its ledger, and its donor serves again (${what})`, 420, async () => {
    const there = cleanSnapshots(world, DONOR);
    if (there.length === count && Date.now() - askedMs > ASKED_EVERY_MS) {
      askedMs = Date.now();
      await world.send({ kind: 'snapshot', fleet: DRILLED.fleet, node: DONOR });
    }
    const [newest] = there.slice(-1);
    return (
      there.length > count &&
      newest !== undefined &&
      hasJournalLine(world, newest.startedAtMs, { node: DONOR, heal: 'snapshot-node', kind: 'outcome', act: 'healed' })
    );
  });
  const [newest] = cleanSnapshots(world, DONOR).slice(-1);
  if (!newest) throw new Error('there is no clean snapshot');
  return newest;
}

/** A person asks for a drill until one has begun. @returns its machine */
async function opened({ say, becomes, holds }: StoryLog, world: RealWorld, nth: 1 | 2) {
  let askedMs = 0;
  say(DRILLED.fleet, 'a person asks for a drill');
  await becomes(
    'a throw-away machine boots',
    300,
    async () => {
      const is = world.drills[nth - 1]?.machine.pid !== undefined;
      if (!is && Date.now() - askedMs > ASKED_EVERY_MS) {
        askedMs = Date.now();
        await world.send({ kind: 'drill', fleet: DRILLED.fleet });
      }
      return is;
    },
    () => told(world),
  );
  const machine = world.drills[nth - 1];
  if (!machine) throw new Error('the machine of the drill is gone');
  const { tags } = world.region.ec2.instance(machine.instanceId);
  const own = world.fleets.get(DRILLED.fleet)?.nodes.tags ?? {};
  holds(
    'it is no node of the fleet, by its tags',
    Object.entries(own).every(([Key, Value]) => !tags.some((tag) => tag.Key === Key && tag.Value === Value)),
    tags,
  );
  return machine;
}

async function removed({ becomes, holds }: StoryLog, world: RealWorld, nth: 1 | 2): Promise<void> {
  const { ec2 } = world.region;
  const left = () => [
    ...ec2.instances().filter(({ state, tags }) => state !== 'terminated' && tags.some(({ Key }) => Key === DRILL_TAG)),
    ...ec2.volumes().filter(({ tags }) => tags.some(({ Key }) => Key === DRILL_TAG)),
  ];
  await becomes(
    'the machine is gone, with its volumes, and the drill is over',
    300,
    () => left().length === 0 && world.drills[nth - 1]?.machine.pid === undefined && recordOf(world)?.current === null,
    () => [left(), recordOf(world)],
  );
  holds('one machine was made for it', world.drills.length === nth, world.drills.length);
}

function recordOf({ region, tableName }: RealWorld): DrillRecord | undefined {
  const { pk, sk } = keys.drill(DRILLED.fleet);
  const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
  const item = items.find((one) => one['pk']?.S === pk && one['sk']?.S === sk);
  return item && (fromItem(item) as unknown as DrillRecord);
}

function markOf({ region }: RealWorld, snapshotId: string): 'verified' | 'quarantined' | 'none' {
  const tags = region.ec2.tags(snapshotId);
  if (tags[LEDGER_TAGS.quarantined] !== undefined) return 'quarantined';
  return tags[LEDGER_TAGS.verified] === undefined ? 'none' : 'verified';
}
