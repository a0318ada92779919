// What the laboratory has played, when, and at which commit; and what is due next. Pure, apart from `readLedger` and `writeLedger`.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';

/** `found`: a test failed, a promise broke, a mutant survived. `cut`: its time was over. */
export type Outcome = 'passed' | 'found' | 'cut';

const entrySchema = v.object({
  /** ISO 8601, when it ended. */
  at: v.string(),
  /** The first twelve digits. */
  commit: v.string(),
  seconds: v.number(),
  outcome: v.picklist(['passed', 'found', 'cut']),
  /** How often it was played to its end. */
  times: v.number(),
});
const ledgerSchema = v.record(v.string(), entrySchema);

export type Entry = v.InferOutput<typeof entrySchema>;
/** The last time of each piece, by its name. */
export type Ledger = Readonly<Record<string, Entry>>;

export interface Estimated {
  readonly name: string;
  /** Before it was played for the first time. */
  readonly seconds: number;
}

/** How long a piece takes: as long as the last time, if that came to an end. */
export function secondsOf({ name, seconds }: Estimated, ledger: Ledger): number {
  const entry = ledger[name];
  if (entry === undefined) return seconds;
  return entry.outcome === 'cut' ? Math.max(seconds, entry.seconds * 2) : entry.seconds;
}

/**
 * The order in which pieces are due: what found something, what was never played, then the longest ago. A piece that was cut has not been played: it
 * keeps its place.
 */
export function inOrderOfNeed<Piece extends Estimated>(pieces: readonly Piece[], ledger: Ledger): readonly Piece[] {
  const rank = ({ name }: Piece): string => {
    const entry = ledger[name];
    if (entry === undefined || (entry.outcome === 'cut' && entry.times === 0)) return '1';
    return entry.outcome === 'found' ? '0' : `2 ${entry.at}`;
  };
  return pieces.toSorted((one, other) => compared(rank(one), rank(other)));
}

const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * After so many runs of this length every piece was played, however the pieces fall: a run wastes at most the length of the longest piece.
 * @returns undefined where a piece is longer than a run
 */
export function runsForAll(pieces: readonly Estimated[], ledger: Ledger, runSeconds: number): number | undefined {
  const each = pieces.map((piece) => secondsOf(piece, ledger));
  const longest = Math.max(0, ...each);
  if (longest > runSeconds) return undefined;
  const used = Math.max(longest, runSeconds - longest);
  return Math.ceil(each.reduce((sum, seconds) => sum + seconds, 0) / used);
}

/** The newest entry of each piece, of several ledgers: the committed one, and those of this machine. */
export function merged(ledgers: readonly Ledger[]): Ledger {
  const all: Record<string, Entry> = {};
  for (const [name, entry] of ledgers.flatMap(Object.entries))
    if ((all[name]?.at ?? '') <= entry.at)
      all[name] = { ...entry, times: Math.max(entry.times, all[name]?.times ?? 0) };
  return all;
}

/** The ledger with one more run of a piece. */
export function withRun(ledger: Ledger, name: string, run: Omit<Entry, 'times'>): Ledger {
  const before = ledger[name];
  const times = before?.times ?? 0;
  if (run.outcome !== 'cut') return { ...ledger, [name]: { ...run, times: times + 1 } };
  return { ...ledger, [name]: { ...run, at: before?.at ?? run.at, times } };
}

/** Empty where there is none. @throws where it is no ledger: it is mended or deleted by a person */
export function readLedger(path: string): Ledger {
  if (!existsSync(path)) return {};
  return v.parse(ledgerSchema, JSON.parse(readFileSync(path, 'utf8')));
}

/** Whole or not at all. */
export function writeLedger(path: string, ledger: Ledger): void {
  mkdirSync(dirname(path), { recursive: true });
  const sorted = Object.fromEntries(Object.entries(ledger).sort(([one], [other]) => compared(one, other)));
  const lines = Object.entries(sorted).map(([name, entry]) => `  ${JSON.stringify(name)}: ${JSON.stringify(entry)}`);
  writeFileSync(`${path}.new`, `{\n${lines.join(',\n')}\n}\n`);
  renameSync(`${path}.new`, path);
}
