// Runs inside a run's own namespaces: makes a group's world, plays its stories, and reports each line to the process outside.
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Narrator } from './narrator.ts';
import { parseTask, runEventLine } from './run-events.ts';
import { STORY_GROUPS } from './stories/index.ts';
import { entriesOf, networkOf, type RealStory, StoryFailure } from './story.ts';
import { RealWorld } from './world.ts';

const {
  values: { group: groupName = '', story: only },
  positionals: [task],
} = parseArgs({ options: { group: { type: 'string' }, story: { type: 'string' } }, allowPositionals: true });

const group = STORY_GROUPS.find(({ name }) => name === groupName);
if (!group)
  throw new Error(`--group: "${groupName}" given, expected one of ${STORY_GROUPS.map(({ name }) => name).join(', ')}`);
const ground = parseTask(task);

/** Written synchronously: if the run ends in the next moment, all lines are out. */
const STDOUT = 1;

// The process that started this run has ended, so this run ends too.
process.stdin.resume().once('end', () => process.exit(1));

const narrator = new Narrator((told) => writeSync(STDOUT, runEventLine(told)));
let failed = false;
const world = await RealWorld.make(ground, group, {
  onError: (error) => {
    failed = true;
    console.error(error);
  },
  // The region's clock has stopped: nothing can continue, and nothing waits for it.
  onFatal: (error) => {
    console.error(error);
    process.exit(1);
  },
});
const stop = narrator.follow(world);
const sweepSeldom = group.sweepsOften ? world.sweepOften() : () => {};
const first = await carryOut({
  name: networkOf(group.name),
  sentence: entriesOf(group)[0]?.sentence ?? '',
  run: (telling, here) => group.build(here, telling),
});
// Without its network no story can run. The process outside reports the stories that never began.
if (first) {
  await lane(group.first ?? []);
  await Promise.all(group.lanes.map(lane));
}
stop();
sweepSeldom();
await world.end();
process.exit(failed ? 1 : 0);

async function lane(stories: readonly RealStory[]): Promise<void> {
  for (const story of stories) if (only === undefined || only === story.name) await carryOut(story);
}

/** @returns whether the story ran to its end */
async function carryOut(story: RealStory): Promise<boolean> {
  const { telling, end } = narrator.begin(story);
  try {
    await story.run(telling, world);
    return true;
  } catch (error) {
    if (!(error instanceof StoryFailure)) telling.fails(error);
    return false;
  } finally {
    end();
  }
}
