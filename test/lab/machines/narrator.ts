// Prints the stories of a run as they happen: the steps, the entries of the suite's journal meanwhile, and what held.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalLine } from '../../../local/scenarios/report/journal.ts';
import type { RunEvent } from './run-events.ts';
import { type RealStory, StoryFailure, type StoryLog } from './story.ts';
import type { RealWorld } from './world.ts';

const LOOK_MS = 500;
const JOURNAL_LOOK_MS = 1_000;
const SEEN_CHARACTERS = 6_000;
/** What the heals have decided and came to lately: a failure is printed with it. */
const JOURNAL_LINES = 20;
const STEPS: readonly JournalLine['kind'][] = ['intent', 'result'];
const WATCHERS: readonly string[] = ['watch-fleet', 'register-nodes', 'rotate-peers'];
const JOURNAL_CHARACTERS = 200;

export interface StartedStory {
  readonly telling: StoryLog & { fails(error: unknown): void };
  end(): void;
}

export class Narrator {
  readonly #tell: (told: RunEvent) => void;
  readonly #beganMs = Date.now();
  #lately: readonly string[] = [];

  constructor(tell: (told: RunEvent) => void) {
    this.#tell = tell;
  }

  #seconds(atMs = Date.now()): number {
    return Math.max(0, (atMs - this.#beganMs) / 1_000);
  }

  /** Prints the journal, and the scripts that machines run, from now on. @returns a function that ends it */
  follow(world: RealWorld): () => void {
    // Not by their count: a line may be written after other lines of a later moment, or of the same moment.
    const told = new Set(world.journal().map(keyOf));
    const scripts = new Set<string>();
    const look = (): void => {
      for (const line of world.journal()) {
        if (told.has(keyOf(line))) continue;
        told.add(keyOf(line));
        const { atMs, fleet, node, heal, kind, sentence } = line;
        const atSeconds = this.#seconds(atMs);
        const subject = node === '-' ? fleet : `${fleet}/${node}`;
        const text = `${heal}, ${kind}: ${sentence}`;
        const lately = `${atSeconds.toFixed(0)} s ${subject}: ${text}`.slice(0, JOURNAL_CHARACTERS);
        if (!STEPS.includes(kind) && !(kind === 'decision' && WATCHERS.includes(heal)))
          this.#lately = [...this.#lately, lately].slice(-JOURNAL_LINES);
        this.#tell({ event: 'told', atSeconds, subject, text });
      }
      for (const { operation: name } of world.scripts) {
        if (!scripts.has(name)) this.#tell({ event: 'script', name });
        scripts.add(name);
      }
    };
    const timer = setInterval(look, JOURNAL_LOOK_MS);
    return () => {
      clearInterval(timer);
      look();
    };
  }

  begin({ name: story, sentence }: RealStory): StartedStory {
    const beganMs = Date.now();
    this.#tell({ event: 'story', name: story, sentence });
    const holds: StoryLog['holds'] = (what, isSo, why) =>
      this.#tell(
        isSo ? { event: 'held', story, sentence: what } : { event: 'broken', story, sentence: what, why: shown(why) },
      );
    return {
      telling: {
        say: (subject, text) => this.#tell({ event: 'told', story, atSeconds: this.#seconds(), subject, text }),
        holds,
        becomes: async (what, withinSeconds, isSo, why) => {
          const { became, trouble } = await waitFor(withinSeconds, isSo);
          if (became) return holds(what, true);
          const seen = why === undefined ? undefined : await seenBy(why);
          holds(what, false, { notWithinSeconds: withinSeconds, trouble, journal: this.#lately, seen });
          throw new StoryFailure(what);
        },
        fails: (error) => holds('it comes to its end', false, String(error)),
      },
      end: () => this.#tell({ event: 'ended', story, seconds: (Date.now() - beganMs) / 1_000 }),
    };
  }
}

/** A node that cannot be asked now is asked again. */
async function waitFor(
  withinSeconds: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<{ readonly became: boolean; readonly trouble?: string }> {
  const untilMs = Date.now() + withinSeconds * 1_000;
  for (;;) {
    let trouble: string | undefined;
    try {
      if (await isSo()) return { became: true };
    } catch (error) {
      trouble = String(error);
    }
    if (Date.now() > untilMs) return { became: false, ...(trouble !== undefined && { trouble }) };
    await sleep(LOOK_MS);
  }
}

const seenBy = async (why: () => unknown): Promise<unknown> => {
  try {
    return await why();
  } catch (error) {
    return String(error);
  }
};

const shown = (why: unknown): string =>
  (typeof why === 'string' ? why : (JSON.stringify(why) ?? '')).slice(0, SEEN_CHARACTERS);

const keyOf = ({ atMs, fleet, node, heal, kind, sentence }: JournalLine): string =>
  JSON.stringify([atMs, fleet, node, heal, kind, sentence]);
