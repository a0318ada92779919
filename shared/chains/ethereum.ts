// Execution clients that speak ethereum's JSON-RPC: geth, nethermind, reth, erigon, bsc, bor, op-geth, nitro, avalanchego; watch-fleet and rotate-peers use it. beacon.ts asks what
// only their beacon node knows.
import * as v from 'valibot';
import { AnswerError, OptionalFacts, ok, question, starting } from './answers.ts';
import {
  type BlockHash,
  type ChainClient,
  checkedHeights,
  countersOf,
  type DialablePeer,
  type NodePeers,
  type NodeStatus,
  type PeerChange,
  type Question,
  UNSAID,
} from './client.ts';
import { epochSeconds, hash256, hexIdentity, hexQuantity, label, peerList, wholeNumber } from './fields.ts';
import { batch, type CallResult, call, readBatch, resultIfOffered, resultOf } from './json-rpc.ts';
import { formatKeyedPeer, parsePeerAddress } from './peer-address.ts';

/** What a relative of geth does in its own way. */
export interface EthereumWays {
  /** The key of the static peers in its configuration. */
  readonly staticPeers?: { readonly table: string; readonly key: string; readonly signs: readonly string[] };
  /** It answers `eth_syncing` and `net_peerCount` with constants: what they say is not known. */
  readonly answersConstants?: true;
}

/**
 * geth's --config file. Current versions ignore static-nodes.json next to it, which is TOML by chance. reth and erigon have tables of their own, and none
 * of these.
 */
const GETH_PEERS = { table: 'Node.P2P', key: 'StaticNodes', signs: ['Node', 'Eth'] } as const;

/** `name` in messages: bsc. `stopGraceSeconds`: how long a clean stop may take. */
export function ethereumClient(name: string, stopGraceSeconds: number, ways: EthereumWays = {}): ChainClient {
  const { staticPeers = GETH_PEERS, answersConstants = false } = ways;
  return {
    name,
    status: (heights = [], { parents = false } = {}) =>
      statusQuestion(checkedHeights(heights), { answersConstants, parents }),
    tellsParents: true,
    peers: { ...peersQuestion(), reach: 'node' },
    operations: {
      formatPeer: enode,
      peersAtRunTime: {
        by: 'rpc',
        // A caller of admin_* may also export the keys of an unlocked node: never over a network.
        reach: 'node',
        maximum: undefined,
        lostOnRestart: true,
        add: (peer) => changeQuestion('admin_addPeer', peer),
        remove: (peer) => changeQuestion('admin_removePeer', peer),
      },
      peersThatPersist: { in: 'toml', ...staticPeers, foreign: [], as: 'list', takesEffect: 'restart' },
      stop: {
        graceSeconds: stopGraceSeconds,
        sacred: 'the state that geth keeps in memory until it stops (go-ethereum#24416), and the node key',
      },
    },
  };
}

/** Length of a secp256k1 public key in hexadecimal. */
const KEY_DIGITS = 128;

// A block without its transactions still lists their hashes: 66 characters each, some thousands in a large block.
const STATUS_LIMITS = { maximumBytes: 2 * 1024 * 1024 };

const blockSchema = v.object({
  number: hexQuantity,
  hash: hash256,
  timestamp: v.pipe(hexQuantity, epochSeconds),
  // Of use for references only: a command on a node leaves it out.
  parentHash: v.fallback(v.optional(hash256), undefined),
});

// Only these two fields mean the same everywhere. nitro has neither (FullSyncProgressMap of arbnode/sync_monitor.go): that it answers with an object at all
// says that it is behind. What else moves while the height stands: geth's and bsc's state (`SyncProgress` of ethereum/go-ethereum's interfaces.go), besu's
// (`SyncingResult`), and the stages of reth (`SyncInfo` of alloy-rs/alloy, crates/rpc-types-eth) and erigon (`Syncing` of rpc/jsonrpc/eth_system.go).
const STATE = [
  ...(['syncedAccounts', 'syncedBytecodes', 'syncedStorage', 'healedTrienodes', 'healedBytecodes'] as const),
  ...(['txIndexFinishedBlocks', 'pulledStates'] as const),
];
const counted = v.fallback(v.optional(hexQuantity), undefined);
const stageName = v.fallback(v.optional(v.string()), undefined);
const stagesSchema = v.pipe(
  v.array(v.object({ name: stageName, stage_name: stageName, block: counted, block_number: counted })),
  v.maxLength(100),
);
const syncingSchema = v.union(
  [
    v.literal(false),
    v.object({
      currentBlock: v.optional(hexQuantity),
      highestBlock: v.optional(hexQuantity),
      ...v.entriesFromList(STATE, counted),
      // Some say null.
      stages: v.fallback(v.nullish(stagesSchema), undefined),
    }),
  ],
  'false, or how far it has come',
);

/** Its older versions do not tell their stages (erigontech/erigon#2329: two days at 0). */
const STAGED = /(^|-)(erigon|reth)\//i;

/** reth tells its stages by name, and runs them in this order (`StageId` of paradigmxyz/reth, crates/stages/types/src/id.rs). */
const RETH_STAGES = [
  ...(['Era', 'Headers', 'Bodies', 'SenderRecovery', 'Execution', 'PruneSenderRecovery', 'MerkleUnwind'] as const),
  ...(['AccountHashing', 'StorageHashing', 'MerkleExecute', 'TransactionLookup'] as const),
  ...(['IndexStorageHistory', 'IndexAccountHistory', 'Prune', 'Finish'] as const),
];

type Stage = readonly [name: string, block: number | undefined];

/**
 * The stage that a staged sync is in: the first that is not as far as the furthest, and that none after it has passed. One that others have passed is not
 * used, as erigon's Translation and reth's Era. Where erigon works on files (Snapshots), its headers come with each block, whatever its stages do.
 */
function stageOf(stages: readonly Stage[]): string | undefined {
  const place = ([name]: Stage): number => (RETH_STAGES as readonly string[]).indexOf(name);
  const isReth = stages.every((stage) => place(stage) >= 0) && !stages.some(([name]) => name === 'Snapshots');
  const inOrder = isReth ? stages.toSorted((one, other) => place(one) - place(other)) : stages;
  const worked = inOrder.filter(([name]) => isReth || name !== 'Headers');
  const top = Math.max(0, ...worked.map(([, block = 0]) => block));
  const isPassed = (at: number, own: number): boolean => worked.slice(at + 1).some(([, block = 0]) => block > own);
  return (worked.find(([, block = 0], at) => block < top && !isPassed(at, block)) ?? inOrder[0])?.[0];
}

/** What moves beside its height, and the stage that a staged sync is in. */
function progressOf(
  told: Exclude<v.InferOutput<typeof syncingSchema>, false> | undefined,
  version: string | undefined,
): Pick<NodeStatus, 'counters' | 'works'> {
  if (told === undefined) return {};
  const stages = (told.stages ?? []).map(
    ({ name, stage_name, block, block_number }): Stage => [name ?? stage_name ?? '', block ?? block_number],
  );
  // Headers come with each block, whatever the stages after them do (erigontech/erigon#7894).
  const working = stages.filter(([name]) => name !== 'Headers');
  const counters = countersOf([...STATE.map((name) => [name, told[name]] as const), ...working]);
  const found = stageOf(stages);
  const stage = found === undefined && STAGED.test(version ?? '') ? 'unsaid' : found;
  return {
    ...(Object.keys(counters).length > 0 && { counters }),
    ...(stage && { works: `stage ${stage}`.slice(0, 60) }),
  };
}

/**
 * The height whose state it has, where its stages tell that this is below its newest header: erigon calls the head of its consensus client the latest block
 * while its stages are still on their way there (erigontech/erigon#8124). null where they tell nothing of the kind.
 */
function executedBelow(
  told: Exclude<v.InferOutput<typeof syncingSchema>, false> | undefined,
  latest: number,
): number | null {
  const stage = (told?.stages ?? []).find(({ name, stage_name }) => (name ?? stage_name) === 'Execution');
  const executed = stage?.block ?? stage?.block_number;
  return executed !== undefined && executed < latest ? executed : null;
}

/** A quantity by the specification; some relatives answer a plain number. */
const peerCountSchema = v.union([hexQuantity, wholeNumber], 'a number of peers');

const enodeText = v.pipe(v.string(), v.regex(/^enode:\/\/[0-9a-f]{128}@[^@\s]{3,300}$/, 'an enode URL'));

const peersSchema = peerList(v.object({ enode: enodeText, network: v.object({ inbound: v.optional(v.boolean()) }) }));

function statusQuestion(
  heights: readonly number[],
  { answersConstants, parents }: { readonly answersConstants: boolean; readonly parents: boolean },
): Question<NodeStatus> {
  const calls = [
    call('eth_chainId'),
    call('eth_syncing'),
    call('eth_getBlockByNumber', 'latest', false),
    call('net_peerCount'),
    call('web3_clientVersion'),
    ...heights.map((height) => call('eth_getBlockByNumber', `0x${height.toString(16)}`, false)),
  ];
  return question([batch(calls, STATUS_LIMITS)], ([answer]) => {
    const [chainId, syncingResult, latest, peers, version, ...blocks] = readBatch(calls, answer);
    const block = resultOf(v.nullable(blockSchema), latest);
    if (block === null) return starting('it has no block yet');
    const optional = new OptionalFacts();
    const syncing = answersConstants
      ? undefined
      : optional.read('syncing', () => resultOf(syncingSchema, syncingResult));
    const progress = syncing === false ? undefined : syncing;
    const executed = executedBelow(progress, block.number);
    const height = executed ?? block.number;
    const told = {
      ...UNSAID,
      height,
      hashes: [...(optional.read('hashes', () => hashesBelow(block, heights, blocks)) ?? []), hashOf(block)]
        .filter((known) => known.height <= height)
        .map(({ parent, ...known }) => ({ ...known, ...(parents && parent !== undefined && { parent }) })),
      blockTimeMs: executed === null ? block.timestamp : undefined,
      syncing: syncing === undefined ? undefined : syncing !== false,
      claimedTip: executed === null ? progress?.highestBlock : Math.max(block.number, progress?.highestBlock ?? 0),
      syncHeight: progress?.currentBlock,
      // Both namespaces can be switched off.
      peerCount: answersConstants ? undefined : optional.read('peers', () => resultIfOffered(peerCountSchema, peers)),
      chainId: optional.read('chain id', () => resultOf(hexIdentity, chainId)),
      clientVersion: optional.read('version', () => resultIfOffered(label, version)),
      missing: optional.missing,
    };
    return ok({ ...told, ...progressOf(progress, told.clientVersion) });
  });
}

/** A block that the node does not have is null; a pruned one is an error. Both mean that there is no hash to compare. */
function hashesBelow(
  tip: v.InferOutput<typeof blockSchema>,
  heights: readonly number[],
  results: readonly CallResult[],
): readonly BlockHash[] {
  return heights.flatMap((height, at) => {
    const result = results[at];
    const block = result === undefined || 'error' in result ? null : resultOf(v.nullable(blockSchema), result);
    if (block === null || height === tip.number) return [];
    if (block.number !== height) {
      throw new AnswerError('malformed', `eth_getBlockByNumber: block ${block.number} given, expected ${height}`);
    }
    return [hashOf(block)];
  });
}

const hashOf = ({ number: height, hash, parentHash: parent }: v.InferOutput<typeof blockSchema>): BlockHash => ({
  height,
  hash,
  ...(parent !== undefined && { parent }),
});

function peersQuestion(): Question<NodePeers> {
  const calls = [call('admin_nodeInfo'), call('admin_peers')];
  return question([batch(calls, STATUS_LIMITS)], ([answer]) => {
    const [node, peers] = readBatch(calls, answer);
    return ok({
      ownPeerId: enodeParts(resultOf(v.object({ enode: enodeText }), node).enode).id,
      peers: resultOf(peersSchema, peers).map(({ enode: url, network: { inbound } }) => {
        const { id, address } = enodeParts(url);
        // The enode of an inbound peer has its random source port.
        const dialled =
          inbound === false ? { address } : { address: undefined, ...(address && { host: address.host }) };
        return { id, ...dialled, inbound, connectedSeconds: undefined };
      }),
    });
  });
}

function changeQuestion(method: string, peer: DialablePeer): Question<PeerChange> {
  const calls = [call(method, enode(peer))];
  return question([batch(calls)], ([answer]) => {
    // true means that the client accepted the request, not that a peer is connected.
    const [taken] = readBatch(calls, answer);
    resultOf(v.literal(true, 'true'), taken);
    return ok('changed');
  });
}

function enode(peer: DialablePeer): string {
  return `enode://${formatKeyedPeer(peer, KEY_DIGITS)}`;
}

function enodeParts(url: string) {
  const [id = '', address = ''] = url.slice('enode://'.length).split('@');
  return { id, address: parsePeerAddress(address.replace(/\?discport=\d{1,5}$/, '')) };
}
