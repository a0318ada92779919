// What a real story is: something that goes wrong with real nodes, and what must become of it, asked of the nodes themselves.
import type { Group, Need, StoryEntry } from './stories/plan.ts';
import type { RealNode, RealWorld } from './world.ts';

/** Told as it happens. */
export interface StoryLog {
  /** One line of the story: about whom, and what. */
  say(subject: string, text: string): void;
  /** Must be so within a time; ends the story where it is not. `why`: what is seen instead, for whoever looks at a failure. */
  becomes(
    sentence: string,
    withinSeconds: number,
    isSo: () => boolean | Promise<boolean>,
    why?: () => unknown,
  ): Promise<void>;
  /** Must be so now; the story goes on where it is not. */
  holds(sentence: string, isSo: boolean, why?: unknown): void;
}

export interface RealStory {
  readonly name: string;
  /** One sentence, for lists. */
  readonly sentence: string;
  /** Of the host, besides what its group needs. */
  readonly needs?: readonly Need[];
  readonly run: (telling: StoryLog, world: RealWorld) => Promise<void>;
}

/** Stories of one network of nodes, which is made once. */
export interface StoryGroup {
  readonly name: Group;
  readonly fleets: readonly string[];
  readonly needs?: readonly Need[];
  /** Makes the machines, and waits until all is well: the group's first story, without which there is no other. */
  readonly build: (world: RealWorld, telling: StoryLog) => Promise<void>;
  /** One after the other, before anything else. */
  readonly first?: readonly RealStory[];
  /** One after the other within a lane; lanes go on side by side. */
  readonly lanes: readonly (readonly RealStory[])[];
}

/** What is known of a group's stories before it is played: its network first. */
export function entriesOf({ name: group, needs: all = [], first = [], lanes }: StoryGroup): StoryEntry[] {
  const network = {
    name: networkOf(group),
    sentence: `The machines of the ${group} network boot, find each other by their names, and follow one chain.`,
  };
  return [network, ...first, ...lanes.flat()].map(({ name, sentence, needs = [] }: Omit<RealStory, 'run'>) => ({
    group,
    name,
    sentence,
    needs: [...all, ...needs],
  }));
}

export const networkOf = (group: Group): string => `${group}-network`;

/** A story that cannot go on. What is not so has been told. */
export class StoryFailure extends Error {
  override readonly name = 'StoryBroken';
}

/** Runs a line of shell on a node; its output without the last line's end. Throws where it fails. */
export async function runOnNode(
  { machine, name }: RealNode,
  line: string,
  ...operands: readonly string[]
): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.shell(line, ...operands);
  if (exitCode !== 0) throw new Error(`on ${name}: ${line}: ${exitCode} ${stderr.trim()}`);
  return stdout.trimEnd();
}

/** Whether the journal has such a line since a moment. */
export const hasJournalLine = (
  world: RealWorld,
  sinceMs: number,
  like: {
    readonly node?: string;
    readonly kind?: string;
    readonly heal?: string;
    readonly code?: string;
    /** Of an outcome: how it ended. */
    readonly act?: string;
    readonly text?: RegExp;
  },
): boolean =>
  world
    .journal()
    .some(
      ({ atMs, node, kind, heal, code, act, sentence }) =>
        atMs >= sinceMs &&
        (like.node === undefined || like.node === node) &&
        (like.kind === undefined || like.kind === kind) &&
        (like.heal === undefined || like.heal === heal) &&
        (like.code === undefined || like.code === code) &&
        (like.act === undefined || like.act === act) &&
        (like.text === undefined || like.text.test(sentence)),
    );
