// When the blocks of a chain come, counted in its block interval. A regular chain makes one in each; a real one does not.
import { chainDefaults, type KnownChain, otherChain } from '../../shared/chains/defaults.ts';
import type { Random } from '../simulator/random.ts';

/**
 * regular: one block in each interval. chance: proof of work, so that the gaps are exponential. slots: one in each slot, and some slots are missed.
 * rounds: one in each interval or so, and sometimes another round is needed. tenures: quick blocks, and a pause where Bitcoin gives no new tenure.
 */
export type Rhythm = 'regular' | 'chance' | 'slots' | 'rounds' | 'tenures';

/** How the blocks of each main network come. The interval is `blockSeconds` of its chain; a slot is an interval. */
const CHAIN_RHYTHMS: Readonly<Record<KnownChain, Rhythm>> = {
  ...{
    bitcoin: 'chance',
    litecoin: 'chance',
    dogecoin: 'chance',
    'bitcoin-cash': 'chance',
    dash: 'chance',
    zcash: 'chance',
  },
  ...{ ethereum: 'slots', bsc: 'slots', polygon: 'slots', avalanche: 'slots', optimism: 'slots', base: 'slots' },
  ...{ arbitrum: 'slots', solana: 'slots', stacks: 'tenures' },
  ...{ cometbft: 'rounds', cosmoshub: 'rounds', osmosis: 'rounds', celestia: 'rounds' },
};

/** A chain that chainmend has no client for is regular. */
export const rhythmOf = (chain: KnownChain | typeof otherChain): Rhythm =>
  chain === otherChain ? 'regular' : CHAIN_RHYTHMS[chain];

/** When the blocks of a chain come: its interval, and how they keep to it. */
export interface BlockClock {
  readonly blockIntervalMs: number;
  readonly rhythm: Rhythm;
}

/** The clock of a main network. */
export const clockOf = (chain: KnownChain): BlockClock => ({
  blockIntervalMs: chainDefaults[chain].blockSeconds * 1_000,
  rhythm: rhythmOf(chain),
});

/** A block in each interval, which no main network makes: for a story of which the moments of blocks are a part. */
export const everySeconds = (seconds: number): BlockClock => ({ blockIntervalMs: seconds * 1_000, rhythm: 'regular' });

/** So many slots in a hundred have no block: about one on ethereum, and a few on solana, where leaders skip. */
const MISSED_SLOTS = 0.02;
/** A proposer is away in one of a hundred heights. */
const MORE_ROUNDS = 0.01;
/** A tenure is one Bitcoin block, 600 s: one block of twenty comes after a pause, and all together have the mean. */
const PAUSES = 0.05;
const BETWEEN_PAUSES = 0.6;
const PAUSE = (1 - (1 - PAUSES) * BETWEEN_PAUSES) / PAUSES;

/** The time from one block to the next, in intervals. */
function gapOf(rhythm: Rhythm, random: Random): number {
  switch (rhythm) {
    case 'regular':
      return 1;
    case 'chance':
      return exponential(random);
    case 'slots':
      return 1 + repeats(MISSED_SLOTS, random);
    case 'rounds':
      return 0.8 + 0.4 * random.next() + repeats(MORE_ROUNDS, random);
    case 'tenures':
      return exponential(random) * (random.next() < PAUSES ? PAUSE : BETWEEN_PAUSES);
  }
}

const exponential = (random: Random): number => -Math.log(1 - random.next());

/** How often something of this probability happens in a row. */
function repeats(probability: number, random: Random): number {
  let times = 0;
  while (random.next() < probability) times++;
  return times;
}

export interface Pace {
  readonly rhythm: Rhythm;
  /** Blocks up to this one are regular, so that a story begins at a certain height. */
  readonly regularUpTo: number;
  readonly random: Random;
}

/** Beyond so many blocks ahead the average tells: eleven days at a block a second. */
const FAR_BLOCKS = 1_000_000;

/** The moments of a chain's blocks, in intervals since its block 0. Drawn once each, in order, so that everybody who asks gets the same. */
export class BlockMoments {
  private readonly pace: Pace | undefined;
  /** Of the blocks after the last regular one. */
  private readonly drawn: number[] = [];

  constructor(pace?: Pace) {
    this.pace = pace?.rhythm === 'regular' ? undefined : pace;
  }

  /** The moment of a block; a fraction lies between two regular ones. */
  of(height: number): number {
    const { pace } = this;
    if (pace === undefined || height <= pace.regularUpTo) return height;
    const ahead = height - pace.regularUpTo - this.drawn.length;
    // A disk that hardly fills is full in millions of blocks: nobody waits for them, and all of them would be drawn.
    if (ahead > FAR_BLOCKS) return (this.drawn.at(-1) ?? pace.regularUpTo) + ahead;
    while (this.drawn.length < height - pace.regularUpTo) this.draw(pace);
    return this.drawn[height - pace.regularUpTo - 1] ?? height;
  }

  /** The newest block at a moment. */
  heightAt(moment: number): number {
    const { pace } = this;
    if (pace === undefined || moment < pace.regularUpTo) return Math.floor(moment);
    while ((this.drawn.at(-1) ?? pace.regularUpTo) <= moment) this.draw(pace);
    let [low, high] = [0, this.drawn.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.drawn[middle] ?? 0) <= moment) low = middle + 1;
      else high = middle;
    }
    return pace.regularUpTo + low;
  }

  private draw({ rhythm, regularUpTo, random }: Pace): void {
    this.drawn.push((this.drawn.at(-1) ?? regularUpTo) + gapOf(rhythm, random));
  }
}
