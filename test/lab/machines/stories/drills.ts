// What stories of drills share: a person who has a clean snapshot taken, who asks for a drill, and who looks whether everything of it is gone.
import { fromItem } from '../../../../shared/aws/attributes.ts';
import type { DrillRecord } from '../../../../shared/heal/drill.ts';
import { keys } from '../../../../shared/heal/store.ts';
import { DRILL_TAG } from '../../../../shared/model/tags.ts';
import { hasJournalLine, type StoryLog } from '../story.ts';
import type { RealNode, RealWorld } from '../world.ts';
import { cleanSnapshots } from './litecoin/snapshots.ts';

const ASKED_EVERY_MS = 30_000;
const LINES_SHOWN = 8;

interface Drilled {
  readonly fleet: string;
  readonly donor: string;
}

/** The first drill of a world, or the second. */
type Nth = Pick<Drilled, 'fleet'> & { readonly nth: 1 | 2 };

/** The last lines of a fleet. */
export const journalOf = (world: RealWorld, name: string) =>
  world
    .journal()
    .filter(({ fleet }) => fleet === name)
    .slice(-LINES_SHOWN);

/** A person has a clean snapshot taken. */
export async function clean(
  { say, becomes }: StoryLog,
  world: RealWorld,
  { fleet, donor, what }: Drilled & { readonly what: string },
) {
  const count = cleanSnapshots(world, donor).length;
  let askedMs = 0;
  say(donor, `a person asks for a clean snapshot, ${what}`);
  await becomes(`the set is there, with its ledger, and its donor serves again (${what})`, 420, async () => {
    const there = cleanSnapshots(world, donor);
    if (there.length === count && Date.now() - askedMs > ASKED_EVERY_MS) {
      askedMs = Date.now();
      await world.send({ kind: 'snapshot', fleet, node: donor });
    }
    const [newest] = there.slice(-1);
    return (
      there.length > count &&
      newest !== undefined &&
      hasJournalLine(world, newest.startedAtMs, { node: donor, heal: 'snapshot-node', kind: 'outcome', act: 'healed' })
    );
  });
  const [newest] = cleanSnapshots(world, donor).slice(-1);
  if (!newest) throw new Error('there is no clean snapshot');
  return newest;
}

/** A person asks for a drill until one has begun. @returns its machine */
export async function opened(
  { say, becomes, holds }: StoryLog,
  world: RealWorld,
  { fleet, nth }: Nth,
): Promise<RealNode> {
  let askedMs = 0;
  say(fleet, 'a person asks for a drill');
  await becomes(
    'a throw-away machine boots',
    300,
    async () => {
      const is = world.drills[nth - 1]?.machine.pid !== undefined;
      if (!is && Date.now() - askedMs > ASKED_EVERY_MS) {
        askedMs = Date.now();
        await world.send({ kind: 'drill', fleet });
      }
      return is;
    },
    () => journalOf(world, fleet),
  );
  const machine = world.drills[nth - 1];
  if (!machine) throw new Error('the machine of the drill is gone');
  const { tags } = world.region.ec2.instance(machine.instanceId);
  const own = world.fleets.get(fleet)?.nodes.tags ?? {};
  holds(
    'it is no node of the fleet, by its tags',
    Object.entries(own).every(([Key, Value]) => !tags.some((tag) => tag.Key === Key && tag.Value === Value)),
    tags,
  );
  return machine;
}

/** Nothing of it is left, and its record says so. */
export async function removed({ becomes, holds }: StoryLog, world: RealWorld, { fleet, nth }: Nth): Promise<void> {
  const { ec2 } = world.region;
  const left = () => [
    ...ec2.instances().filter(({ state, tags }) => state !== 'terminated' && tags.some(({ Key }) => Key === DRILL_TAG)),
    ...ec2.volumes().filter(({ tags }) => tags.some(({ Key }) => Key === DRILL_TAG)),
  ];
  await becomes(
    'the machine is gone, with its volumes, and the drill is over',
    300,
    () =>
      left().length === 0 &&
      world.drills[nth - 1]?.machine.pid === undefined &&
      recordOf(world, fleet)?.current === null,
    () => [left(), recordOf(world, fleet)],
  );
  holds('one machine was made for it', world.drills.length === nth, world.drills.length);
}

export function recordOf({ region, tableName }: RealWorld, fleet: string): DrillRecord | undefined {
  const { pk, sk } = keys.drill(fleet);
  const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
  const item = items.find((one) => one['pk']?.S === pk && one['sk']?.S === sk);
  return item && (fromItem(item) as unknown as DrillRecord);
}
