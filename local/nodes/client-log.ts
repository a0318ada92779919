// The last log lines of clients, shortened: a person, or a script that collects evidence, reads them.
import type { SimulatedClient } from './client.ts';
import { type Family, familyOf, type Protocol } from './protocol.ts';

interface ExitLogLines {
  /** The last line of a client that was asked to end and did. */
  readonly ended: string;
  /** Its data cannot be opened. */
  readonly unreadable: string;
  /** Its data open, but one block cannot be passed. */
  readonly badBlock: (height: number) => string;
  /** From this block on its chain needs another version. */
  readonly needsUpgrade: (height: number) => string;
}

/** BuildUpgradeNeededMsg, x/upgrade/keeper/abci.go of the Cosmos SDK; its process goes on to answer. */
const needsUpgrade = (height: number): string => `UPGRADE "next" NEEDED at height: ${height}: module=x/upgrade`;

// bitcoin: src/init.cpp, src/node/blockstorage.cpp, src/validation.cpp. ethereum: core/blockchain.go; go-ethereum issues 22008, 28713. cometbft:
// libs/service, consensus/replay.go; cosmos/gaia issue 922. stacks: SQLite's own words for a broken file (SQLITE_CORRUPT); for the end of a stacks
// node there is no source.
const WORDS: Readonly<Record<Family, ExitLogLines>> = {
  bitcoin: {
    ended: 'Shutdown: done',
    unreadable: ': Corrupted block database detected. Please restart with -reindex or -reindex-chainstate to recover.',
    badBlock: (height) =>
      `ERROR: ConnectBlock: Consensus::CheckBlock: bad-txns-inputs-missingorspent at height ${height}`,
    needsUpgrade,
  },
  ethereum: {
    ended: 'INFO Blockchain stopped',
    unreadable: 'Fatal: Failed to register the Ethereum service: failed to retrieve genesis from ancient EOF',
    badBlock: (height) => `ERROR ########## BAD BLOCK ######### Block: ${height} Error: missing trie node`,
    needsUpgrade,
  },
  cometbft: {
    ended: 'INF service stop impl=Node module=main msg="Stopping Node service"',
    unreadable: 'ERROR: error during handshake: error on replay: wrong Block.Header.AppHash.',
    badBlock: (height) => `panic: Failed to process committed block (${height}): wrong Block.Header.AppHash.`,
    needsUpgrade,
  },
  stacks: {
    ended: 'INFO Runloop terminated',
    unreadable: 'panicked: database disk image is malformed',
    badBlock: (height) => `WARN Failed to process block at height ${height}: database disk image is malformed`,
    needsUpgrade,
  },
};

/** A client of an unknown protocol: as few words as possible. */
const PLAIN: ExitLogLines = {
  ended: 'shutdown complete',
  unreadable: 'fatal: cannot open database',
  badBlock: (height) => `error: invalid block at height ${height}`,
  needsUpgrade,
};

export const wordsOf = (protocol: Protocol | undefined): ExitLogLines =>
  protocol === undefined ? PLAIN : WORDS[familyOf(protocol)];

interface EndedClient {
  readonly client: SimulatedClient;
  readonly chain: { readonly protocol: Protocol | undefined };
  /** Why its configuration prevented its start. */
  readonly setup: { readonly refusal: string | undefined };
  readonly disks: { readonly data: { readonly refusal: string | undefined } };
}

/** receiveRoutine of consensus/state.go. */
const ENDED_INSIDE = 'CONSENSUS FAILURE!!! module=consensus err="write …: no space left on device"';

/** The last meaningful line of its client's log; "" while it runs and follows, and if it had no time to write one. */
export function lastLineOf({ client, disks, setup, chain }: EndedClient): string {
  const words = wordsOf(chain.protocol);
  if (client.state === 'running') {
    if (client.heldBy.has('ended-inside')) return ENDED_INSIDE;
    if (client.heldBy.has('old-version')) return words.needsUpgrade(client.height());
    return client.heldBy.has('bad-block') ? words.badBlock(client.height() + 1) : '';
  }
  const refusal = setup.refusal ?? disks.data.refusal;
  if (refusal !== undefined) return refusal;
  if (client.endedCleanly) return words.ended;
  const cause = client.outages.at(-1)?.cause;
  if (cause === 'killed' || client.killedWhileStopping) return '';
  if (cause === 'corrupt-data') return words.unreadable;
  return cause === 'disk-full' ? 'No space left on device' : 'Input/output error';
}

/** The exit status that systemd and docker report: 137 is SIGKILL. Undefined while it runs. */
export function exitStatusOf({ client, disks, setup }: EndedClient): number | undefined {
  if (client.state === 'running') return undefined;
  const refused = setup.refusal !== undefined || disks.data.refusal !== undefined;
  if (!refused && client.endedCleanly) return 0;
  const killed = client.killedWhileStopping || client.outages.at(-1)?.cause === 'killed';
  return !refused && killed ? 137 : 1;
}
