// How fast nodes of a fleet have caught up with their chain, as heals have seen it, and how long data that lack blocks would take by that. Pure.

/** How far a client was behind its chain at one moment. */
export interface LagAt {
  readonly atMs: number;
  /** null where nobody knows the height of its chain. */
  readonly lagBlocks: number | null;
}

/** One catch-up that ended in a proof. */
export interface ShownCatchUp {
  /** The key of the heal's rung: a repeated write of one catch-up counts once. */
  readonly key: string;
  readonly node: string;
  readonly atMs: number;
  /** By so many blocks the node came nearer to its chain, which went on meanwhile. */
  readonly blocks: number;
  /** In so many seconds. */
  readonly seconds: number;
}

/** What the heals of one fleet have seen, oldest first. */
export interface CatchUpsRecord {
  readonly shown: readonly ShownCatchUp[];
  readonly version: number;
}

/** How fast a fleet catches up. */
export interface CatchUpRate {
  /** Blocks of the lag that go in a second. More than 0. */
  readonly blocksPerSecond: number;
  /** The catch-up that has shown it. */
  readonly node: string;
  readonly atMs: number;
}

/** The interval of watch-fleet's sweeps is a minute: two of them apart, two sightings differ by more than their own delay. */
const SEEN_FOR_MS = 2 * 60_000;
/** Fewer blocks are the ordinary ups and downs of a lag. */
const BLOCKS_LEAST = 20;
/** In a record. Our own bound: what is older says little of today's machines and blocks. */
const SHOWN_MOST = 10;
const DAY_MS = 24 * 60 * 60_000;
const VALID_MS = 180 * DAY_MS;
/** The rate is the middle one of so many: one node without peers, or with a better disk, does not decide. */
const LATEST = 5;

/**
 * What a client has shown from its first sighting to a later one.
 *
 * @returns null where it was too short, too little, or not known how far behind it was
 */
export function shownBetween(from: LagAt, to: LagAt): Pick<ShownCatchUp, 'blocks' | 'seconds'> | null {
  if (from.lagBlocks === null || to.lagBlocks === null || to.atMs - from.atMs < SEEN_FOR_MS) return null;
  const blocks = from.lagBlocks - to.lagBlocks;
  return blocks < BLOCKS_LEAST ? null : { blocks, seconds: (to.atMs - from.atMs) / 1_000 };
}

/** Between two looks a client that is asked much may lag a little; five of them show that it did not follow. */
const FELL_BACK_AFTER_MS = 5 * 60_000;

/**
 * Whether a client has fallen back: it was as near as `nearest`, has not followed its chain since, and shows from `now` on how fast it catches up.
 *
 * @param first the sighting from which it is measured so far
 */
export function beginsAnew(first: LagAt, nearest: LagAt, now: LagAt): boolean {
  if (now.lagBlocks === null || nearest.lagBlocks === null || first.lagBlocks === null) return false;
  if (first.atMs > nearest.atMs) return now.lagBlocks > first.lagBlocks;
  return now.lagBlocks - nearest.lagBlocks >= BLOCKS_LEAST && now.atMs - nearest.atMs >= FELL_BACK_AFTER_MS;
}

/** @returns no `next` where it was written before */
export function withShown(record: CatchUpsRecord | undefined, shown: ShownCatchUp): { readonly next?: CatchUpsRecord } {
  const before = record?.shown ?? [];
  if (before.some(({ key }) => key === shown.key)) return {};
  return { next: { shown: [...before, shown].slice(-SHOWN_MOST), version: (record?.version ?? 0) + 1 } };
}

const rateOf = ({ blocks, seconds }: ShownCatchUp): number => blocks / seconds;

/** The middle one of the latest; of an even number the slower. null where no heal has shown it, or none for half a year. */
export function rateShown(record: CatchUpsRecord | undefined, nowMs: number): CatchUpRate | null {
  const latest = (record?.shown ?? [])
    .filter(({ atMs, blocks, seconds }) => nowMs - atMs < VALID_MS && blocks > 0 && seconds > 0)
    .slice(-LATEST)
    .toSorted((a, b) => rateOf(a) - rateOf(b));
  const middle = latest[Math.floor((latest.length - 1) / 2)];
  return middle === undefined ? null : { blocksPerSecond: rateOf(middle), node: middle.node, atMs: middle.atMs };
}

/** What is known of the chain when data are chosen. */
export interface Chain {
  /** Its newest block as the fleet saw it; null where nobody knows. */
  readonly head: { readonly height: number; readonly atMs: number } | null;
  /** How long a block takes, in ms; null where nobody knows. */
  readonly blockMs: number | null;
  /** null: no heal of the fleet has shown it. */
  readonly rate: CatchUpRate | null;
}

export interface CatchUp {
  /** From the start of the client, in ms; null where it is not known. */
  readonly forMs: number | null;
  /** With the time until all blocks of the volume are there, in whole minutes; null where it is not known. */
  readonly minutes: number | null;
  /** For the journal and the plan. */
  readonly words: string;
}

/**
 * How many blocks data lack; null where nobody knows. By their date where their height is not known, and then they lack that many at least.
 */
function lackingIn({ height, takenAtMs }: DataAge, { head, blockMs }: Chain): number | null {
  if (head === null) return null;
  if (height !== null) return Math.max(0, head.height - height);
  return blockMs === null || takenAtMs === null ? null : Math.max(0, Math.round((head.atMs - takenAtMs) / blockMs));
}

export interface DataAge {
  /** Of the newest block in the data; null where nobody knows. */
  readonly height: number | null;
  /** When they were taken, ms since the epoch; null where nobody knows. */
  readonly takenAtMs: number | null;
}

/**
 * How long data take until they are in step with their chain.
 *
 * @param initializationMinutes until all blocks of the volume are there, before the client is started on it; 0 where nobody waits for that
 */
export function catchUpOf(age: DataAge, chain: Chain, initializationMinutes: number): CatchUp {
  const { rate } = chain;
  const unknown = (why: string): CatchUp => ({ forMs: null, minutes: null, words: `unknown: ${why}` });
  const lacking = lackingIn(age, chain);
  if (lacking === null) return unknown('nobody knows how many blocks these data lack');
  if (rate === null) return unknown('no heal has seen this fleet catch up yet');
  const seconds = lacking / rate.blocksPerSecond;
  const minutes = Math.ceil(initializationMinutes + seconds / 60);
  const initialization = initializationMinutes > 0 ? `initialization ${Math.ceil(initializationMinutes)} min + ` : '';
  const shown = `as ${rate.node} showed on ${new Date(rate.atMs).toISOString().slice(0, 10)}`;
  const words = `${initialization}${age.height === null ? 'about ' : ''}${lacking} blocks ÷ ${Number(rate.blocksPerSecond.toPrecision(2))} blocks/s = ${minutes} min, ${shown}`;
  return { forMs: Math.round(seconds * 1_000), minutes, words };
}
