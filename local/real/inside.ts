// In a run's own namespaces: makes a group's world and carries out its stories, each line of which is told to whoever is outside.
import { parseArgs } from 'node:util';
import { litecoin } from './stories/litecoin.ts';
import { type RealStory, StoryBroken, type StoryGroup, type Telling } from './story.ts';
import { type Ground, RealWorld } from './world.ts';

const GROUPS: readonly StoryGroup[] = [litecoin];

const {
  values: { group: groupName = '', story: only },
  positionals: [ground = '{}'],
} = parseArgs({ options: { group: { type: 'string' }, story: { type: 'string' } }, allowPositionals: true });

const group = GROUPS.find(({ name }) => name === groupName);
if (!group)
  throw new Error(`--group: "${groupName}" given, expected one of ${GROUPS.map(({ name }) => name).join(', ')}`);
const startedMs = Date.now();
const tell = (event: Readonly<Record<string, unknown>>): void =>
  void process.stdout.write(`${JSON.stringify(event)}\n`);

function telling(story: string): Telling {
  return {
    say: (subject, text) => tell({ event: 'told', story, atSeconds: (Date.now() - startedMs) / 1_000, subject, text }),
    becomes: async (sentence, withinSeconds, isSo, why) => {
      const untilMs = Date.now() + withinSeconds * 1_000;
      let seen = '';
      for (;;) {
        try {
          if (await isSo()) break;
        } catch (error) {
          seen = String(error);
        }
        if (Date.now() > untilMs) {
          const more = why ? JSON.stringify(await why()) : '';
          tell({ event: 'broken', story, sentence, why: `not within ${withinSeconds} s. ${seen} ${more}`.trim() });
          throw new StoryBroken(sentence);
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      tell({ event: 'held', story, sentence });
    },
    holds: (sentence, isSo, why) =>
      tell(
        isSo
          ? { event: 'held', story, sentence }
          : { event: 'broken', story, sentence, why: JSON.stringify(why ?? '') },
      ),
  };
}

// Whoever started this is gone: so is its reason.
process.stdin.resume().once('end', () => process.exit(1));

let failure: unknown;
const world = await RealWorld.make(JSON.parse(ground) as Ground, group.fleets, {
  onError: (error) => {
    failure ??= error;
    console.error(error);
  },
});
let told = 0;
const journalist = setInterval(() => {
  const journal = world.journal();
  for (const { atMs, fleet, node, kind, heal, sentence } of journal.slice(told))
    tell({
      event: 'told',
      atSeconds: (atMs - startedMs) / 1_000,
      subject: `${fleet}/${node}`,
      text: `${heal} ${kind}: ${sentence}`,
    });
  told = journal.length;
}, 1_000);
try {
  await group.build(world, telling(`${group.name}`));
  await Promise.all(group.lanes.map(lane));
} finally {
  clearInterval(journalist);
  for (const operation of new Set(world.scripts.map(({ operation }) => operation)))
    tell({ event: 'script', name: operation });
  await world.end();
}
process.exit(failure === undefined ? 0 : 1);

async function lane(stories: readonly RealStory[]): Promise<void> {
  for (const story of stories) {
    if (only !== undefined && only !== story.name) continue;
    const beganMs = Date.now();
    tell({ event: 'story', name: story.name, sentence: story.sentence });
    try {
      await story.run(telling(story.name), world);
    } catch (error) {
      if (!(error instanceof StoryBroken))
        tell({ event: 'broken', story: story.name, sentence: 'it comes to its end', why: String(error) });
    }
    tell({ event: 'ended', story: story.name, seconds: (Date.now() - beganMs) / 1_000 });
  }
}
