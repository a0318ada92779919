// The JSON-RPC of bitcoind, and of litecoind and dogecoind, which kept an older form of it. The form: what litecoind 0.21.2 answered
// (test/fixtures/chain-samples.ts), and src/rpc of github.com/bitcoin/bitcoin, version 29.
import type { HttpRequest } from '../../simulator/network/network.ts';
import { withPort } from '../config/peers.ts';
import type { SeenPeer } from '../peers.ts';
import { jsonRpc, type Response, type RpcOutcome } from './http.ts';
import { isBehind, type RpcFacts, seconds } from './rpc-facts.ts';

/** Error codes of src/rpc/protocol.h. */
const MISC = -1;
const INVALID_ADDRESS_OR_KEY = -5;
const INVALID_PARAMETER = -8;
const NODE_ALREADY_ADDED = -23;
const NODE_NOT_ADDED = -24;
const IN_WARMUP = -28;
const NODE_NOT_CONNECTED = -29;
const METHOD_NOT_FOUND = -32_601;

/** With an older tip the client is in its initial download, while it advances (DEFAULT_MAX_TIP_AGE). */
const MAXIMUM_TIP_AGE_MS = 24 * 3_600_000;

export function bitcoinAnswer(asked: RpcFacts, request: HttpRequest): Response {
  const modern = asked.protocol === 'bitcoin';
  return jsonRpc(request, modern ? 'two' : 'one', (method, params) =>
    asked.loading
      ? failed(IN_WARMUP, modern ? 'Verifying blocks…' : 'Verifying blocks...')
      : call(asked, method, params),
  );
}

function call(asked: RpcFacts, method: string, params: readonly unknown[]): RpcOutcome {
  switch (method) {
    case 'getblockchaininfo':
      return { result: chainInfo(asked) };
    case 'getnetworkinfo':
      // As btcd, which lacks the call.
      return asked.withholds ? failed(MISC, 'Command unimplemented') : { result: networkInfo(asked) };
    case 'getblockcount':
      return { result: asked.height };
    case 'getblockhash':
      return blockHash(asked, params[0]);
    case 'getblockheader':
      return header(asked, params[0]);
    case 'getchaintxstats':
      return asked.protocol === 'dogecoin' ? failed(METHOD_NOT_FOUND, 'Method not found') : { result: txStats(asked) };
    case 'getpeerinfo':
      return { result: asked.peers().map((peer, index) => peerInfo(asked, peer, index)) };
    case 'addnode':
      return addnode(asked, params);
    case 'disconnectnode':
      return disconnectnode(asked, params);
    default:
      return failed(METHOD_NOT_FOUND, 'Method not found');
  }
}

function chainInfo(asked: RpcFacts) {
  const { protocol, height, claimedTip, blocks, nowMs } = asked;
  const timeMs = blocks.blockTimeMs(height);
  const modern = protocol === 'bitcoin';
  return {
    chain: 'main',
    blocks: height,
    headers: claimedTip,
    bestblockhash: blocks.hash(height),
    ...(modern && { bits: '17025049', target: '0000000000000000000250490000000000000000000000000000000000000000' }),
    difficulty: 121_658_450_774_825.0,
    ...(modern && { time: seconds(timeMs) }),
    // zcashd 5 and zebrad: an estimate of the chain's end in place of the time.
    ...(protocol === 'zcash'
      ? { estimatedheight: claimedTip }
      : { mediantime: seconds(timeMs - 5 * asked.blockIntervalMs) }),
    verificationprogress: claimedTip === 0 ? 1 : height / claimedTip,
    ...(protocol === 'zcash'
      ? { initial_block_download_complete: !isBehind(asked) }
      : { initialblockdownload: isBehind(asked) && nowMs - timeMs > MAXIMUM_TIP_AGE_MS }),
    chainwork: `${'0'.repeat(40)}a1b2c3d4e5f60718293a4b5c`,
    size_on_disk: height * 800_000,
    pruned: false,
    ...(!modern && { softforks: {} }),
    warnings: modern ? [] : '',
  };
}

function txStats({ height, blocks }: RpcFacts) {
  return {
    time: seconds(blocks.blockTimeMs(height)),
    txcount: height * 2_000,
    window_final_block_hash: blocks.hash(height),
    window_block_count: 1,
  };
}

function networkInfo(asked: RpcFacts) {
  const { clientVersion, peerCount } = asked;
  const inbound = asked.peers().filter((peer) => peer.inbound).length;
  const [, major = 0, minor = 0, patch = 0] = (/:(\d+)\.(\d+)\.(\d+)/.exec(clientVersion) ?? []).map(Number);
  return {
    version: major * 10_000 + minor * 100 + patch,
    subversion: clientVersion,
    protocolversion: 70_016,
    localservices: '0000000000000409',
    localservicesnames: ['NETWORK', 'WITNESS', 'NETWORK_LIMITED'],
    localrelay: true,
    timeoffset: 0,
    networkactive: true,
    connections: peerCount,
    connections_in: inbound,
    connections_out: peerCount - inbound,
    networks: [
      { name: 'ipv4', limited: false, reachable: true, proxy: '', proxy_randomize_credentials: false },
      { name: 'ipv6', limited: false, reachable: true, proxy: '', proxy_randomize_credentials: false },
      { name: 'onion', limited: true, reachable: false, proxy: '', proxy_randomize_credentials: false },
    ],
    relayfee: 0.00001,
    incrementalfee: 0.00001,
    localaddresses: [],
    warnings: asked.protocol === 'bitcoin' ? [] : '',
  };
}

function blockHash({ height, blocks }: RpcFacts, wanted: unknown): RpcOutcome {
  if (!Number.isSafeInteger(wanted)) return failed(MISC, 'JSON value is not an integer as expected');
  const at = Number(wanted);
  return at < 0 || at > height ? failed(INVALID_PARAMETER, 'Block height out of range') : { result: blocks.hash(at) };
}

/** Blocks below the tip whose header is found by its hash. A real node has an index of all; nobody here asks for older ones. */
const HEADERS_KEPT = 5_000;

function header({ height, blocks, blockIntervalMs }: RpcFacts, wanted: unknown): RpcOutcome {
  let known: number | undefined;
  for (let at = height; known === undefined && at >= Math.max(0, height - HEADERS_KEPT); at--)
    if (blocks.hash(at) === wanted) known = at;
  if (known === undefined) return failed(INVALID_ADDRESS_OR_KEY, 'Block not found');
  const timeMs = blocks.blockTimeMs(known);
  return {
    result: {
      hash: blocks.hash(known),
      confirmations: height - known + 1,
      height: known,
      version: 536_870_912,
      versionHex: '20000000',
      merkleroot: blocks.hash(known).split('').reverse().join(''),
      time: seconds(timeMs),
      mediantime: seconds(timeMs - 5 * blockIntervalMs),
      nonce: 2,
      bits: '17025049',
      difficulty: 121_658_450_774_825.0,
      chainwork: `${'0'.repeat(40)}a1b2c3d4e5f60718293a4b5c`,
      nTx: 1,
      ...(known > 0 && { previousblockhash: blocks.hash(known - 1) }),
    },
  };
}

function peerInfo({ host, height, nowMs, clientVersion }: RpcFacts, peer: SeenPeer, id: number) {
  return {
    id,
    addr: `${peer.host}:${peer.inbound ? peer.ephemeralPort : peer.port}`,
    addrbind: `${host}:${peer.inbound ? peer.port : peer.ephemeralPort}`,
    network: 'ipv4',
    services: '0000000000000409',
    servicesnames: ['NETWORK', 'WITNESS', 'NETWORK_LIMITED'],
    relaytxes: true,
    lastsend: seconds(nowMs),
    lastrecv: seconds(nowMs),
    last_transaction: 0,
    last_block: 0,
    bytessent: 18_080,
    bytesrecv: 270_408,
    conntime: seconds(peer.connectedSinceMs),
    timeoffset: 0,
    pingtime: 0.01,
    minping: 0.01,
    version: 70_016,
    subver: clientVersion,
    inbound: peer.inbound,
    startingheight: height,
    synced_headers: height,
    synced_blocks: height,
    inflight: [],
    permissions: [],
    minfeefilter: 0.00001,
    bytessent_per_msg: { ping: 64, pong: 64, version: 133 },
    bytesrecv_per_msg: { ping: 64, pong: 64, version: 133 },
    connection_type: peer.inbound ? 'inbound' : peer.manual ? 'manual' : 'outbound-full-relay',
  };
}

function addnode({ control, p2pPort }: RpcFacts, [node, command]: readonly unknown[]): RpcOutcome {
  if (!control) return failed(METHOD_NOT_FOUND, 'Method not found');
  if (typeof node !== 'string') return failed(MISC, 'JSON value is not a string as expected');
  const address = withPort(node, p2pPort);
  switch (command) {
    case 'add':
      return control.add(address, undefined) ? DONE : failed(NODE_ALREADY_ADDED, 'Error: Node already added');
    case 'remove':
      return control.remove(address, { keep: true })
        ? DONE
        : failed(NODE_NOT_ADDED, 'Error: Node could not be removed. It has not been added previously.');
    default:
      return failed(MISC, 'addnode "node" "command"');
  }
}

function disconnectnode({ control }: RpcFacts, [address]: readonly unknown[]): RpcOutcome {
  if (!control) return failed(METHOD_NOT_FOUND, 'Method not found');
  return typeof address === 'string' && control.disconnect(address)
    ? DONE
    : failed(NODE_NOT_CONNECTED, 'Node not found in connected nodes');
}

const DONE: RpcOutcome = { result: null };

const failed = (code: number, message: string): RpcOutcome => ({ error: { code, message } });
