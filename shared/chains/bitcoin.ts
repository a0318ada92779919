// bitcoind and its forks (litecoind, dogecoind, dashd, zcashd…) and zebrad, which answer the same calls; watch-fleet and rotate-peers use it.
import * as v from 'valibot';
import { OptionalFacts, ok, question, starting } from './answers.ts';
import {
  type Answer,
  type BlockHash,
  type ChainClient,
  checkedHeights,
  countersOf,
  type NodePeers,
  type NodeStatus,
  type PeerChange,
  type Question,
  UNSAID,
} from './client.ts';
import { epochSeconds, hash256, label, peerList, wholeNumber } from './fields.ts';
import { batch, type Call, type CallResult, call, errorCodeOf, readBatch, refusalOf, resultOf } from './json-rpc.ts';
import { formatPeerAddress, parsePeerAddress } from './peer-address.ts';

/** `name` as in messages: litecoin. `stopGraceSeconds`: how long a clean stop may take. */
export function bitcoinClient(
  name: string,
  stopGraceSeconds: number,
  { sections = true }: { readonly sections?: boolean } = {},
): ChainClient {
  return {
    name,
    status: (heights = [], { parents = false } = {}) => statusQuestion(checkedHeights(heights), parents),
    tellsParents: true,
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: formatPeerAddress,
      peersAtRunTime: {
        by: 'rpc',
        reach: 'network',
        // MAX_ADDNODE_CONNECTIONS in src/net.h; more than these wait for a free slot.
        maximum: 8,
        lostOnRestart: true,
        add: (peer) => changeQuestion([call('addnode', formatPeerAddress(peer), 'add')]),
        // addnode remove forgets a peer and stays connected to it.
        remove: (peer) =>
          changeQuestion([
            call('addnode', formatPeerAddress(peer), 'remove'),
            call('disconnectnode', formatPeerAddress(peer)),
          ]),
      },
      peersThatPersist: { in: 'lines', key: 'addnode', sections, takesEffect: 'restart' },
      stop: {
        graceSeconds: stopGraceSeconds,
        sacred: 'wallets, and the block index and chain state that are written at the end of a stop',
      },
    },
  };
}

// Error codes of src/rpc/protocol.h.
const IN_WARMUP = -28;
/** Already added, not added, not connected: the wanted state is reached. */
const ALREADY: readonly number[] = [-23, -24, -29];

const chainSchema = v.object({
  blocks: wholeNumber,
  // -1 before the first header; zebrad before 2.1 and the first versions of bitcoind have none (ZcashFoundation/zebra#8449, bitcoin/bitcoin#4127).
  headers: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-1))),
  bestblockhash: hash256,
  // Forks of old versions do not have these; `time` came with Bitcoin Core 23.
  initialblockdownload: v.optional(v.boolean()),
  time: v.optional(epochSeconds),
});

/** Headers come by messages of so many (`MAX_HEADERS_RESULTS`, src/net_processing.h): one with each block is no progress of a client that stands. */
const HEADERS_A_MESSAGE = 2_000;

// Since Bitcoin Core 24 a first sync proves the headers before it keeps any: until then only its peers tell how far it is.
const presyncedSchema = v.array(v.object({ presynced_headers: v.fallback(v.number(), -1) }));

const networkSchema = v.object({ subversion: label, connections: wholeNumber });

/** main, test, testnet4, signet, regtest (ChainTypeToString, src/util/chaintype.cpp). */
const networkOfSchema = v.object({ chain: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{1,19}$/)) });

const statsSchema = v.object({ time: epochSeconds, window_final_block_hash: hash256 });

const headerSchema = v.object({ hash: hash256, time: epochSeconds });

// The first block has none below it.
const linkSchema = v.object({ hash: hash256, previousblockhash: v.optional(hash256) });

const peerSchema = v.object({
  addr: v.pipe(v.string(), v.maxLength(300)),
  inbound: v.boolean(),
  conntime: epochSeconds,
});

function statusQuestion(heights: readonly number[], parents: boolean): Question<NodeStatus> {
  const calls = [
    call('getblockchaininfo'),
    call('getnetworkinfo'),
    call('getblockhash', 0),
    ...heights.map((height) => call('getblockhash', height)),
    // Since Bitcoin Core 15. The window's last block is the tip: a probe that has one round only needs no second question for its time.
    call('getchaintxstats', 1),
  ];
  return rpcQuestion(calls, (results) => {
    const [chainResult, networkResult, genesisResult, ...hashResults] = results;
    const statsResult = results.at(-1);
    const chain = resultOf(chainSchema, chainResult);
    const optional = new OptionalFacts();
    // btcd and other relatives lack the call.
    const network = optional.read('peers and version', () => resultOf(networkSchema, networkResult));
    const status: NodeStatus = {
      ...UNSAID,
      height: chain.blocks,
      hashes: withTip(
        { height: chain.blocks, hash: chain.bestblockhash },
        optional.read('hashes', () => knownHashes(heights, hashResults)) ?? [],
      ),
      blockTimeMs: chain.time ?? tipTimeMs(statsResult, chain.bestblockhash),
      // initialblockdownload never becomes true again while it runs; headers are proved by work, and are an admission.
      syncing:
        chain.headers === undefined
          ? chain.initialblockdownload
          : chain.initialblockdownload === true || chain.blocks < chain.headers,
      claimedTip: chain.headers === undefined ? undefined : Math.max(chain.blocks, chain.headers),
      peerCount: network?.connections,
      // Every fork of bitcoin calls its own main network "main".
      chainId: optional.read('genesis', () => resultOf(hash256, genesisResult)),
      clientVersion: network?.subversion,
      // What it has verified follows its height (`verificationprogress`), and is no counter of its own.
      ...(chain.initialblockdownload !== false && {
        counters: countersOf([['headers', inMessages(chain.headers)]]),
      }),
      missing: optional.missing,
    };
    if (chain.initialblockdownload === true && chain.time !== undefined && (chain.headers ?? 1) <= 0 && !parents)
      return { kind: 'next', question: presyncQuestion(status) };
    if (parents) return { kind: 'next', question: parentsQuestion(status, heights) };
    if (status.blockTimeMs !== undefined) return ok(status);
    return { kind: 'next', question: blockTimeQuestion(status, chain.bestblockhash) };
  });
}

const inMessages = (headers: number | undefined): number | undefined =>
  headers === undefined ? undefined : Math.max(0, headers - (headers % HEADERS_A_MESSAGE));

/** "Pre-synchronizing blockheaders": neither blocks nor headers move meanwhile. */
function presyncQuestion(status: NodeStatus): Question<NodeStatus> {
  const calls = [call('getpeerinfo')];
  return question([batch(calls)], ([answer]) => {
    if (answer?.kind === 'failed') return ok(status);
    const told = new OptionalFacts().read('peers', () => resultOf(presyncedSchema, readBatch(calls, answer)[0])) ?? [];
    const presynced = inMessages(Math.max(0, ...told.map(({ presynced_headers }) => presynced_headers)));
    return ok({
      ...status,
      counters: countersOf([...Object.entries(status.counters ?? {}), ['presynced', presynced]]),
    });
  });
}

/** undefined where the client lacks the call, or where a new block came between the two calls. */
function tipTimeMs(result: CallResult | undefined, tip: string): number | undefined {
  if (result === undefined || 'error' in result) return undefined;
  const { success, output } = v.safeParse(statsSchema, result.result);
  return success && output.window_final_block_hash === tip ? output.time : undefined;
}

/** Only a header names the block below it. Of a reference alone, whose blocks are compared: the time of its newest block is of no use there. */
function parentsQuestion(status: NodeStatus, heights: readonly number[]): Question<NodeStatus> {
  const wanted = status.hashes.filter(({ height }) => heights.includes(height));
  const calls = wanted.map(({ hash }) => call('getblockheader', hash));
  if (calls.length === 0) return question([], () => ok(status));
  return question([batch(calls)], ([answer]) => {
    // What is not told links nothing: the heights and hashes stay.
    if (answer?.kind === 'failed') return ok(status);
    const optional = new OptionalFacts();
    const below = optional.read('parents', () => parentsIn(calls, answer)) ?? new Map<string, string>();
    const hashes = status.hashes.map((block) => {
      const parent = below.get(block.hash);
      return parent === undefined ? block : { ...block, parent };
    });
    return ok({ ...status, hashes, missing: [...status.missing, ...optional.missing] });
  });
}

/** The hash of the block below, by the block's own. */
function parentsIn(calls: readonly Call[], answer: Answer | undefined): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const result of readBatch(calls, answer)) {
    if ('error' in result) continue;
    const { hash, previousblockhash } = resultOf(linkSchema, result);
    if (previousblockhash !== undefined) known.set(hash, previousblockhash);
  }
  return known;
}

/** Before Bitcoin Core 23 only a header has its time; the median time is about an hour older. */
function blockTimeQuestion(status: NodeStatus, tip: string): Question<NodeStatus> {
  const calls = [call('getblockheader', tip)];
  return question([batch(calls)], ([answer]) => {
    // Its height is already known: if the second request fails, the block time is missing, and the rest stays.
    if (answer?.kind === 'failed') return ok(status);
    const optional = new OptionalFacts();
    const blockTimeMs = optional.read('block time', () => resultOf(headerSchema, readBatch(calls, answer)[0]).time);
    return ok({ ...status, blockTimeMs, missing: [...status.missing, ...optional.missing] });
  });
}

function peersQuestion(): Question<NodePeers> {
  return rpcQuestion([call('getpeerinfo'), call('getblockchaininfo')], ([result, chain], [answer]) => {
    // Without it no file is edited.
    const network = new OptionalFacts().read('network', () => resultOf(networkOfSchema, chain).chain);
    const peers = resultOf(peerList(peerSchema), result).map(({ addr, inbound, conntime }) => ({
      id: undefined,
      address: inbound ? undefined : parsePeerAddress(addr),
      inbound,
      connectedSeconds: secondsSince(conntime, answer),
    }));
    return ok({ ownPeerId: undefined, peers, ...(network !== undefined && { network }) });
  });
}

function changeQuestion(calls: readonly Call[]): Question<PeerChange> {
  return rpcQuestion(calls, (results) => {
    const refusals = results.filter((result) => 'error' in result);
    const serious = refusals.find(({ error }) => !ALREADY.includes(error.code));
    if (serious !== undefined) throw refusalOf(serious);
    return ok(refusals.length === results.length ? 'already' : 'changed');
  });
}

function rpcQuestion<Facts>(
  calls: readonly Call[],
  read: (results: readonly CallResult[], answers: readonly Answer[]) => ReturnType<Question<Facts>['read']>,
): Question<Facts> {
  return question([batch(calls)], (answers) => {
    const results = readBatch(calls, answers[0]);
    const warming = results.find((result) => errorCodeOf(result) === IN_WARMUP);
    if (warming !== undefined && 'error' in warming)
      return starting(warming.error.message, percentOf(warming.error.message));
    return read(results, answers);
  });
}

/** "Rescanning... 45%": a phase of its start that counts. */
function percentOf(message: string): NodeStatus['counters'] {
  const [, phase = '', percent] =
    /^([A-Za-z][A-Za-z ]{0,38}[A-Za-z])[ .…:(]*(\d{1,3})(?:\.\d+)? ?%/.exec(message) ?? [];
  return countersOf([[phase.replaceAll(' ', '_'), percent === undefined ? undefined : Number(percent)]]);
}

/** A height above the tip, or of a block that is gone, is answered with an error: then there is no hash. */
function knownHashes(heights: readonly number[], results: readonly CallResult[]): readonly BlockHash[] {
  return heights.flatMap((height, at) => {
    const result = results[at];
    return result === undefined || 'error' in result ? [] : [{ height, hash: resultOf(hash256, result) }];
  });
}

function withTip(tip: BlockHash, others: readonly BlockHash[]): readonly BlockHash[] {
  return [...others.filter(({ height }) => height !== tip.height), tip];
}

function secondsSince(thenMs: number, answer: Answer | undefined): number | undefined {
  return answer?.kind === 'answered' ? Math.max(0, Math.floor((answer.atMs - thenMs) / 1000)) : undefined;
}
