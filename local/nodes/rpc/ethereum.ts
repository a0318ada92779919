// The JSON-RPC of geth and bsc. The form: what geth 1.16.5 answered (test/fixtures/chain-samples.ts).
import { createHash } from 'node:crypto';
import type { HttpRequest } from '../../simulator/network/network.ts';
import type { SeenPeer } from '../peers.ts';
import { GENESIS_HASHES } from '../protocol.ts';
import { jsonRpc, type Response, type RpcOutcome } from './http.ts';
import { isBehind, type RpcFacts, seconds } from './rpc-facts.ts';

const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;

export function ethereumAnswer(asked: RpcFacts, request: HttpRequest): Response {
  return jsonRpc(request, 'two', (method, params) => call(asked, method, params));
}

function call(asked: RpcFacts, method: string, params: readonly unknown[]): RpcOutcome {
  switch (method) {
    case 'eth_chainId':
      return { result: hex(Number(asked.chainId)) };
    case 'net_version':
      return { result: asked.chainId };
    case 'eth_blockNumber':
      return { result: hex(asked.height) };
    case 'eth_syncing':
      return { result: syncing(asked) };
    case 'eth_getBlockByNumber':
      return blockByNumber(asked, params[0]);
    case 'net_peerCount':
      return asked.withholds
        ? { error: { code: -32_004, message: 'method not allowed' } }
        : { result: hex(asked.peerCount) };
    case 'net_listening':
      return { result: true };
    case 'web3_clientVersion':
      return { result: asked.withholds ? '' : asked.clientVersion };
    default:
      return asked.control?.local === true && method.startsWith('admin_')
        ? admin(asked, method, params)
        : missing(method);
  }
}

function syncing(asked: RpcFacts) {
  if (!isBehind(asked)) return false;
  const zero = '0x0';
  // As reth tells it (`SyncInfo` of alloy-rs/alloy, crates/rpc-types-eth).
  if (asked.stagesAt !== undefined)
    return {
      startingBlock: zero,
      currentBlock: hex(asked.height),
      highestBlock: hex(asked.claimedTip),
      stages: [
        { name: 'Headers', block: hex(asked.claimedTip) },
        { name: 'Bodies', block: hex(asked.claimedTip) },
        { name: 'Execution', block: hex(asked.stagesAt) },
        { name: 'Finish', block: hex(asked.height) },
      ],
    };
  return {
    currentBlock: hex(asked.height),
    healedBytecodeBytes: zero,
    healedBytecodes: zero,
    healedTrienodeBytes: zero,
    healedTrienodes: zero,
    healingBytecode: zero,
    healingTrienodes: zero,
    highestBlock: hex(asked.claimedTip),
    startingBlock: zero,
    stateIndexRemaining: zero,
    syncedAccountBytes: zero,
    syncedAccounts: zero,
    syncedBytecodeBytes: zero,
    syncedBytecodes: zero,
    syncedStorage: zero,
    syncedStorageBytes: zero,
    txIndexFinishedBlocks: zero,
    txIndexRemainingBlocks: '0x1',
  };
}

function blockByNumber(asked: RpcFacts, wanted: unknown): RpcOutcome {
  const height = wanted === 'latest' ? asked.height : wanted === 'earliest' ? 0 : quantity(wanted);
  if (height === undefined) {
    return { error: { code: INVALID_PARAMS, message: 'invalid argument 0: hex string without 0x prefix' } };
  }
  return { result: height > asked.height ? null : block(asked, height) };
}

const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

const block = ({ blocks }: RpcFacts, height: number) => ({
  baseFeePerGas: '0x3b9aca00',
  blobGasUsed: '0x0',
  difficulty: '0x0',
  excessBlobGas: '0x0',
  extraData: '0xd883011005846765746888676f312e32362e38856c696e7578',
  gasLimit: '0x2255100',
  gasUsed: '0x0',
  hash: `0x${blocks.hash(height)}`,
  logsBloom: `0x${'0'.repeat(512)}`,
  miner: '0x71562b71999873db5b286df957af199ec94617f7',
  mixHash: `0x${digest(`mix/${blocks.hash(height)}`)}`,
  nonce: '0x0000000000000000',
  number: hex(height),
  parentBeaconBlockRoot: `0x${'0'.repeat(64)}`,
  parentHash: `0x${height === 0 ? '0'.repeat(64) : blocks.hash(height - 1)}`,
  receiptsRoot: EMPTY_ROOT,
  requestsHash: '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  size: '0x280',
  stateRoot: `0x${digest(`state/${blocks.hash(height)}`)}`,
  timestamp: hex(seconds(blocks.blockTimeMs(height))),
  transactions: [],
  transactionsRoot: EMPTY_ROOT,
  uncles: [],
  withdrawals: [],
  withdrawalsRoot: EMPTY_ROOT,
});

/** Only answered on the node itself, as over geth's IPC socket: its HTTP modules do not include it. */
function admin(asked: RpcFacts, method: string, [peer]: readonly unknown[]): RpcOutcome {
  if (method === 'admin_nodeInfo') return { result: nodeInfo(asked) };
  if (method === 'admin_peers') return { result: asked.peers().map((seen) => peerInfo(asked, seen)) };
  if (method !== 'admin_addPeer' && method !== 'admin_removePeer') return missing(method);
  const [, id, address] = /^enode:\/\/([0-9a-f]{128})@([^@\s?]{3,300}:\d{1,5})(?:\?|$)/.exec(String(peer)) ?? [];
  if (id === undefined || address === undefined) {
    return { error: { code: -32_000, message: "invalid enode: missing 'enr:' prefix for base64-encoded record" } };
  }
  if (method === 'admin_addPeer') asked.control?.add(address, id);
  else {
    asked.control?.remove(address, { keep: false });
    asked.control?.disconnect(address);
  }
  // true in any case: the request was accepted.
  return { result: true };
}

function nodeInfo({ protocol, peerId = '', host, p2pPort, clientVersion, chainId, blocks, height }: RpcFacts) {
  return {
    id: digest(peerId),
    name: clientVersion,
    enode: `enode://${peerId}@${host}:${p2pPort}`,
    enr: `enr:-${Buffer.from(digest(`enr/${peerId}`), 'hex').toString('base64url')}`,
    ip: host,
    ports: { discovery: p2pPort, listener: p2pPort },
    listenAddr: `[::]:${p2pPort}`,
    protocols: {
      eth: {
        network: Number(chainId),
        genesis: `0x${GENESIS_HASHES[protocol] ?? blocks.hash(0)}`,
        config: { chainId: Number(chainId) },
        head: `0x${blocks.hash(height)}`,
      },
      snap: {},
    },
  };
}

function peerInfo({ host, clientVersion, blocks, height }: RpcFacts, peer: SeenPeer) {
  const id = peer.id ?? '';
  const port = peer.inbound ? peer.ephemeralPort : peer.port;
  return {
    enode: `enode://${id}@${peer.host}:${port}`,
    id: digest(id),
    name: clientVersion,
    caps: ['eth/68', 'eth/69', 'snap/1'],
    network: {
      localAddress: `${host}:${peer.inbound ? peer.port : peer.ephemeralPort}`,
      remoteAddress: `${peer.host}:${port}`,
      inbound: peer.inbound,
      trusted: false,
      static: peer.manual && !peer.inbound,
    },
    protocols: {
      eth: { version: 69, earliestBlock: 0, latestBlock: height, latestBlockHash: `0x${blocks.hash(height)}` },
      snap: { version: 1 },
    },
  };
}

const missing = (method: string): RpcOutcome => ({
  error: { code: METHOD_NOT_FOUND, message: `the method ${method} does not exist/is not available` },
});

const hex = (value: number): string => `0x${value.toString(16)}`;

const quantity = (value: unknown): number | undefined =>
  typeof value === 'string' && /^0x[0-9a-f]{1,13}$/.test(value) ? Number(value) : undefined;

const digest = (of: string): string => createHash('sha256').update(of).digest('hex');
