// A real story: something goes wrong with real nodes, and the nodes themselves are asked whether it was repaired.
import type { Release } from './deployed.ts';
import type { Group, Need, StoryEntry } from './stories/plan.ts';
import type { RealNode, RealWorld } from './world.ts';

/** Reports a story as it happens. */
export interface StoryLog {
  /** One line of the story: its subject, and its text. */
  say(subject: string, text: string): void;
  /** Must become true within a time; otherwise the story ends. `why`: what is seen instead, for the reader of a failure. */
  becomes(
    sentence: string,
    withinSeconds: number,
    isSo: () => boolean | Promise<boolean>,
    why?: () => unknown,
  ): Promise<void>;
  /** Must be true now; otherwise the story fails but continues. */
  holds(sentence: string, isSo: boolean, why?: unknown): void;
}

export interface RealStory {
  readonly name: string;
  /** One sentence, for lists. */
  readonly sentence: string;
  /** What it needs of the host, besides its group's needs. */
  readonly needs?: readonly Need[];
  readonly run: (telling: StoryLog, world: RealWorld) => Promise<void>;
}

/** Stories of one network of nodes, which is made once. */
export interface StoryGroup {
  readonly name: Group;
  readonly fleets: readonly string[];
  /** Of the fleets whose nodes are deployed from their files: what these files fetch. */
  readonly releases?: Readonly<Record<string, Release>>;
  readonly needs?: readonly Need[];
  /** Its stories have many steps: more sweeps come than one a minute. */
  readonly sweepsOften?: true;
  /** Makes the machines, and waits until all nodes are healthy. It is the group's first story; without it no other can run. */
  readonly build: (world: RealWorld, telling: StoryLog) => Promise<void>;
  /** One after the other, before all other stories. */
  readonly first?: readonly RealStory[];
  /** One after the other within a lane; lanes run in parallel. */
  readonly lanes: readonly (readonly RealStory[])[];
}

/** A group's stories as far as they are known before it runs: its network first. */
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

/** A story cannot continue. The expectation that failed is already reported. */
export class StoryFailure extends Error {
  override readonly name = 'StoryBroken';
}

/** Runs a line of shell on a node. @returns its output without the final newline. @throws if the line fails */
export async function runOnNode(
  { machine, name }: RealNode,
  line: string,
  ...operands: readonly string[]
): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.shell(line, ...operands);
  if (exitCode !== 0) throw new Error(`on ${name}: ${line}: ${exitCode} ${stderr.trim()}`);
  return stdout.trimEnd();
}

/** Two questions of a person lie at least so far apart. */
const ASKED_EVERY_MS = 20_000;

interface Wish {
  readonly kind: string;
  readonly fleet: string;
  readonly node: string;
  readonly [field: string]: unknown;
}

/**
 * For `becomes`: a person asks for something, and asks again where chainmend refuses. Other stories of the network go on at the same time: the breaker
 * counts their nodes, their heals have the fleet's turn, and a node that was just restarted was not observed yet.
 */
export function asked(world: RealWorld, wish: Wish, isSo: () => boolean | Promise<boolean>): () => Promise<boolean> {
  let askedMs: number | undefined;
  const { clock } = world.region;
  const asksNow = () =>
    askedMs === undefined ||
    (clock.now() - askedMs > ASKED_EVERY_MS && hasJournalLine(world, askedMs, { node: wish.node, kind: 'refusal' }));
  return async () => {
    if (await isSo()) return true;
    if (asksNow()) {
      const atMs = clock.now();
      await world.send(wish);
      askedMs = atMs;
    }
    return false;
  };
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
