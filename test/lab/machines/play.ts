// Plays a group's stories, or one of them, in an enclosure; this is the part outside the enclosure.
import { fileURLToPath } from 'node:url';
import { type EnclosureResult, enclose } from './host/enclosure.ts';
import type { ReadyHost } from './host/readiness.ts';
import type { RunEvent, Task } from './run-events.ts';
import type { Group, StoryEntry } from './stories/plan.ts';
import { type Tally, tally } from './tally.ts';

export interface Play {
  readonly group: Group;
  /** The group's stories that this host can play, or the one that was requested. */
  readonly played: readonly StoryEntry[];
  readonly isOnlyOne: boolean;
  readonly limitSeconds: number;
  readonly memoryMiB: number | undefined;
  readonly onEvent: (told: RunEvent) => void;
}

export interface Played {
  readonly tally: Tally;
  readonly ended: EnclosureResult;
}

const INSIDE = fileURLToPath(new URL('group-runner.ts', import.meta.url));

/** All runs together take at most half of the available memory. */
const MEMORY_SHARE = 0.5;
const MEMORY_MIB = { least: 768, most: 6_144 } as const;

/** Memory of each of so many runs at a time; undefined: too little, so they use the disk. */
export function memoryEachMiB(runs: number, availableBytes: number = process.availableMemory()): number | undefined {
  const each = Math.floor((availableBytes / 2 ** 20 / runs) * MEMORY_SHARE);
  return each < MEMORY_MIB.least ? undefined : Math.min(each, MEMORY_MIB.most);
}

/** @throws only if the run cannot begin */
export async function play(ready: ReadyHost, play: Play, entry = INSIDE): Promise<Played> {
  const { group, played, isOnlyOne, limitSeconds, memoryMiB, onEvent } = play;
  const told: RunEvent[] = [];
  const enclosure = await enclose({
    entry,
    words: (runDirectory) => wordsFor(group, isOnlyOne ? played[0]?.name : undefined, taskOf(ready, runDirectory)),
    onEvent: (event) => {
      told.push(event);
      onEvent(event);
    },
    limitSeconds,
    ...(memoryMiB !== undefined && { memoryMiB }),
  });
  const ended = await enclosure.ended;
  return { tally: tally(group, played, told, ended), ended };
}

const wordsFor = (group: Group, story: string | undefined, task: Task): string[] => [
  ...['--group', group],
  ...(story === undefined ? [] : ['--story', story]),
  JSON.stringify(task),
];

const taskOf = ({ baseDirectory, software, machines }: ReadyHost, runDirectory: string): Task => ({
  baseDirectory,
  software,
  runDirectory,
  machines,
});
