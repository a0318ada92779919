// How a client has ended, in the words of its node.

/** Words by which clients name their data as the cause of their end, as their logs have them (local/nodes/client-log.ts has the sources). */
const NAMES_DATA =
  /corrupt|database|leveldb|rocksdb|pebble|mdbx|sqlite|checksum|malformed|trie node|ancient|AppHash|bad block|ConnectBlock|block index|chainstate|invalid block/i;
export const namesItsData = (text: string): boolean => NAMES_DATA.test(text) && causeBesideData(text) === null;

/**
 * Words that name a database with which nothing is wrong. Sources: osmosis#877, avalanchego#1081, besu#1997 and #2710, reth#8611 and #12841, stacks-core#2017,
 * bitcoin#9009; bitcoin#23816, go-ethereum#28151 and #16137; nethermind#8249, erigon#7390 and #9026.
 */
const BESIDE_DATA = [
  {
    words:
      /resource temporarily unavailable|no locks available|cannot obtain a lock|database is locked|(in use|used)\b.{0,20} by another process|held by process|unknown error code: 11\b/i,
    cause: 'another process has its data',
  },
  {
    words: /-reindex to (go back to unpruned mode|change -)|contains (an )?incompatible genesis/i,
    cause: 'its configuration is not that of its data',
  },
  { words: /too many open files|cannot allocate memory|MDBX_TOO_LARGE/i, cause: 'it needs a higher limit' },
  // Of the Cosmos SDK (shared/guardrails/upgrade.ts); cronos#614.
  { words: /UPGRADE "[^"]{1,100}" NEEDED at|halt per configuration height/, cause: 'its chain needs another version' },
] as const;

/** Why a client has ended that names no fault of its data: it would end on other data, too. null: nothing of the kind is told. */
export const causeBesideData = (text: string): string | null =>
  BESIDE_DATA.find(({ words }) => words.test(text))?.cause ?? null;

interface EndedClient {
  readonly state: string;
  readonly lastLine: string;
  /** The words by which it needs another version, where its last line is of the trace behind them. */
  readonly needs?: string | undefined;
}

/** The same of a client that has failed, in one sentence. */
export function endedBesideData({ state, lastLine, needs }: EndedClient): string | null {
  if (state !== 'failed') return null;
  const said = causeBesideData(lastLine) !== null || namesItsData(lastLine) ? lastLine : (needs ?? '');
  const cause = causeBesideData(said);
  return cause && `its client says that ${cause} ("${said.slice(0, 160)}")`;
}

export const endOf = ({
  state,
  exitStatus,
  lastLine,
}: {
  readonly state: string;
  readonly exitStatus: number | null;
  readonly lastLine: string;
}): string =>
  `${state}${exitStatus === null ? '' : `, exit status ${exitStatus}`}${lastLine === '' ? '' : `, "${lastLine.slice(0, 160)}"`}`;
