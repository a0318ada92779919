// What a node asks its own client to tell a load balancer whether it has caught up: one request, a pattern of the right answer, and the most that it may
// be behind. It is the client's own word, and decides about traffic alone; heals go by what other nodes and references say.
import { chainDefaults, type Family, type KnownChain } from './defaults.ts';

export interface SyncedQuestion {
  /** Below the RPC's own path: "/status". */
  readonly path: string;
  /** Empty: it is asked with GET. */
  readonly body: string;
  /**
   * An ERE that the whole answer, in one line, has to match; a JavaScript expression with the same meaning, too. Two groups are its height and the one
   * that it knows of, one group the time of its newest block (seconds, in hexadecimal or not, or a date). A third group is such a time beside two
   * heights: a day old at most, which is what makes a download an initial one (DEFAULT_MAX_TIP_AGE of bitcoind).
   */
  readonly pattern: string;
  /** Blocks between the two heights, or seconds since that time. */
  readonly most: number;
}

const call = (method: string, parameters: readonly unknown[] = []): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: parameters });

/** Newest blocks are told with a delay, and clocks differ. */
const CLOCK_SECONDS = 60;

/**
 * Blocks come by chance, so that an age says little; a node without headers of its own believes to be done, so that it says something. Not every member
 * of the family has `initialblockdownload` (some versions of dogecoind lack it), `mediantime` or `headers` (zcashd, zebrad: they estimate the end of their chain by time).
 */
const bitcoinPattern = (chain: KnownChain): string =>
  chain === 'zcash'
    ? '"blocks": ?([0-9]{1,12}),.*"estimatedheight": ?([0-9]{1,12})'
    : '"blocks": ?([0-9]{1,12}), ?"headers": ?([0-9]{1,12}),.*"mediantime": ?([0-9]{9,12})';

/** @param behindBlocks as the fleet file says from when on a node is behind */
export function syncedQuestion(chain: KnownChain, behindBlocks: number): SyncedQuestion {
  const { family, blockSeconds } = chainDefaults[chain];
  const ageSeconds = Math.ceil(behindBlocks * blockSeconds) + CLOCK_SECONDS;
  const questions: Readonly<Record<Family, SyncedQuestion>> = {
    bitcoin: { path: '', body: call('getblockchaininfo'), most: behindBlocks, pattern: bitcoinPattern(chain) },
    // eth_syncing says false as well before it has begun.
    ethereum: {
      ...{ path: '', body: call('eth_getBlockByNumber', ['latest', false]), most: ageSeconds },
      pattern: '"timestamp": ?"(0x[0-9a-f]{1,12})"',
    },
    cometbft: {
      ...{ path: '/status', body: '', most: ageSeconds },
      pattern: '"latest_block_time": ?"([0-9TZ:.-]{10,40})".*"catching_up": ?false',
    },
    stacks: { path: '/v2/info', body: '', pattern: '"is_fully_synced": ?true', most: 0 },
    solana: { path: '', body: call('getHealth'), pattern: '"result": ?"ok"', most: 0 },
  };
  return questions[family];
}
