// Plays storms twice: with every sweep, and without those that would find nothing new.
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { GENERATORS } from '../storms/generators.ts';
import { type PlayOptions, playStorm } from '../storms/play.ts';

export interface QuietOrder {
  readonly seed: number;
  readonly hours: number;
}

interface Told {
  /** What each function has said of each node and how often, sorted, without times, heights and ids: these depend on the second in which somebody looks. */
  readonly said: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
  readonly leftOut: number;
}

export const job = async (orders: readonly QuietOrder[]): Promise<{ readonly all: Told; readonly needed: Told }[]> => {
  const played = [];
  for (const { seed, hours } of orders)
    played.push({ all: await told(seed, hours, 'all'), needed: await told(seed, hours, 'needed') });
  return played;
};

async function told(seed: number, hours: number, sweeps: NonNullable<PlayOptions['sweeps']>): Promise<Told> {
  const worlds: World[] = [];
  const { broken, leftOut } = await playStorm(GENERATORS.a.draw(seed, { hours }), GENERATORS.a, {
    sweeps,
    witness: (world) => worlds.push(world),
  });
  const said = worlds.flatMap(({ region, tableName }) =>
    readJournal(region, tableName).map(({ by, fleet, node, kind, sentence }) =>
      `${by} ${fleet}/${node} ${kind}: ${sentence}`.replace(CHANCE, '#').replace(PEERS, '…'),
    ),
  );
  const counts: Record<string, number> = {};
  for (const line of said.sort()) counts[line] = (counts[line] ?? 0) + 1;
  return { said: counts, broken: broken.map(({ promise, subject }) => `${promise} ${subject}`).sort(), leftOut };
}

/** Which peers of many a node is given, and how many nodes have given up some at the moment of a question, is chance. */
const PEERS = /\bname [^(;]+? no more|(?<=would change the peers of ).*/g;
const CHANCE = /plan [0-9a-f]{4,} of |\b(snap|vol|i|set)-[0-9a-f-]+|[0-9a-f]{8}(-\d+)?|\d+(,\d+)*/g;
