// A set of snapshots is opened on a throw-away machine before anybody needs it: one that is good, and then one whose files are overwritten. Everything of
// a drill is removed again, and no node feels it.
import { LEDGER_TAGS } from '../../../../../shared/model/tags.ts';
import { DATA_PATH, heightOf, UNIT } from '../../chains/litecoin.ts';
import { type RealStory, runOnNode } from '../../story.ts';
import type { RealWorld } from '../../world.ts';
import { clean, journalOf, opened, recordOf, removed } from '../drills.ts';
import { spoilSnapshot } from './spoil.ts';

export const DRILLED = { fleet: 'litecoin-drilled', names: ['drilled1', 'drilled2'] } as const;
const DRILLS = { fleet: DRILLED.fleet, donor: DRILLED.names[0] };
/** A copy of a peer's key may not run. */
const KEY = '/node-data/regtest/onion_v3_private_key';

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

    const good = await clean(telling, world, { ...DRILLS, what: 'a good one' });
    const starts = () =>
      Promise.all(nodes.map((node) => runOnNode(node, 'systemctl show -p MainPID --value "$1"', UNIT)));
    const before = await starts();
    const askedMs = Date.now();
    const machine = await opened(telling, world, { ...DRILLS, nth: 1 });
    const { launchedAtMs } = world.region.ec2.instance(machine.instanceId);
    let behindMs = launchedAtMs;
    await becomes(
      'its client runs, on blocks of the set',
      300,
      async () => {
        const lookMs = Date.now();
        const isThere = (await heightOf(machine)) >= (good.ledger.height ?? Number.POSITIVE_INFINITY);
        if (!isThere) behindMs = lookMs;
        return isThere;
      },
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
    const drillSeconds = (Date.now() - askedMs) / 1_000;
    await removed(telling, world, { ...DRILLS, nth: 1 });
    const proved = recordOf(world, DRILLED.fleet)?.proved;
    const toldSeconds = (proved?.minutes ?? 0) * 60;
    say(
      DRILLED.fleet,
      `a node comes back in ${toldSeconds.toFixed(0)} s, chainmend says, at height ${proved?.height}; the whole drill took ${drillSeconds.toFixed(0)} s`,
    );
    holds(
      'the minutes are from the launch to a look after it was there, and before the set was marked',
      toldSeconds > (behindMs - launchedAtMs) / 1_000 && toldSeconds <= drillSeconds,
      [proved, behindMs - launchedAtMs, drillSeconds],
    );

    const { folders = [], setId } = recordOf(world, DRILLED.fleet)?.startFiles ?? {};
    const read = folders.map(({ folder, mib }) => `${folder} ${mib} MiB`).join(', ');
    say(DRILLED.fleet, `its client has read of ${setId}, as the machine’s memory says: ${read}`);
    holds(
      'that is its block index and its chain state, of the volume that was opened',
      ['regtest/blocks/index', 'regtest/chainstate'].every((name) => folders.some(({ folder }) => folder === name)) &&
        folders.every(({ path }) => path === DATA_PATH),
      folders,
    );

    const bad = await clean(telling, world, { ...DRILLS, what: 'which then breaks' });
    await spoilSnapshot(world, bad.snapshotId);
    say(DRILLED.fleet, `the files of ${bad.snapshotId} are overwritten, and nobody knows`);
    const between = await starts();
    const second = await opened(telling, world, { ...DRILLS, nth: 2 });
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
    await removed(telling, world, { ...DRILLS, nth: 2 });
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

const told = (world: RealWorld) => journalOf(world, DRILLED.fleet);

function markOf({ region }: RealWorld, snapshotId: string): 'verified' | 'quarantined' | 'none' {
  const tags = region.ec2.tags(snapshotId);
  if (tags[LEDGER_TAGS.quarantined] !== undefined) return 'quarantined';
  return tags[LEDGER_TAGS.verified] === undefined ? 'none' : 'verified';
}
