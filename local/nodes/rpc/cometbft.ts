// CometBFT's RPC over GET. The form: what cometbft 0.38.17 answered (test/fixtures/chain-samples.ts).
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';
import type { SeenPeer } from '../peers.ts';
import type { SeenVotes } from '../validators.ts';
import { json, notFound, type Response, SILENT, target } from './http.ts';
import { isBehind, type RpcFacts } from './rpc-facts.ts';

/** Blocks of one /blockchain answer (rpc/core/blocks.go). */
const BLOCKS_MAX = 20;

export function cometbftAnswer(asked: RpcFacts, request: HttpRequest): HttpAnswer {
  const { path, query } = target(request);
  switch (path) {
    case '/status':
      return result(status(asked));
    case '/net_info':
      return asked.withholds ? failed('not available') : result(netInfo(asked));
    case '/blockchain':
      return blockchain(asked, query);
    case '/dial_peers':
      return dialPeers(asked, query);
    case '/consensus_state':
      return asked.votes === 'hung' ? SILENT : result(consensusState(asked, asked.votes));
    case '/health':
      return result({});
    default:
      return notFound();
  }
}

function status(asked: RpcFacts) {
  const { height, votingPower, peerId = '' } = asked;
  return {
    node_info: nodeInfo(asked, peerId, asked.name),
    sync_info: {
      latest_block_hash: hash(asked, height),
      latest_app_hash: height === 0 ? '' : '0000000000000000',
      latest_block_height: String(height),
      latest_block_time: time(height === 0 ? 0 : asked.blocks.blockTimeMs(height)),
      earliest_block_hash: hash(asked, Math.min(1, height)),
      earliest_app_hash: height === 0 ? '' : '0000000000000000',
      earliest_block_height: String(Math.min(1, height)),
      earliest_block_time: time(height === 0 ? 0 : asked.blocks.blockTimeMs(1)),
      catching_up: isBehind(asked),
    },
    validator_info: {
      address: asked.voterAddress ?? peerId.toUpperCase(),
      pub_key: {
        type: 'tendermint/PubKeyEd25519',
        value: Buffer.from(peerId.padEnd(64, '0'), 'hex').toString('base64'),
      },
      voting_power: String(votingPower),
    },
  };
}

const nodeInfo = ({ chainId, clientVersion, p2pPort }: RpcFacts, id: string, moniker: string) => ({
  protocol_version: { p2p: '8', block: '11', app: '1' },
  id,
  listen_addr: `tcp://0.0.0.0:${p2pPort}`,
  network: chainId,
  version: clientVersion,
  channels: '40202122233038606100',
  moniker,
  other: { tx_index: 'on', rpc_address: 'tcp://0.0.0.0:26657' },
});

function netInfo(asked: RpcFacts) {
  return {
    listening: true,
    listeners: ['Listener(@)'],
    n_peers: String(asked.peerCount),
    peers: asked.peers().map((peer) => peerInfo(asked, peer)),
  };
}

function peerInfo(asked: RpcFacts, peer: SeenPeer) {
  const connectedMs = Math.max(0, asked.nowMs - peer.connectedSinceMs);
  const monitor = {
    Start: time(peer.connectedSinceMs),
    Bytes: '4957',
    Samples: '20',
    InstRate: '45',
    CurRate: '342',
    AvgRate: '623',
    PeakRate: '5840',
    BytesRem: '0',
    Duration: nanoseconds(connectedMs),
    Idle: '40000000',
    TimeRem: '0',
    Progress: 0,
    Active: true,
  };
  const id = peer.id ?? '';
  return {
    node_info: nodeInfo({ ...asked, p2pPort: peer.port }, id, id.slice(0, 16).toUpperCase()),
    is_outbound: !peer.inbound,
    connection_status: {
      Duration: nanoseconds(connectedMs),
      SendMonitor: monitor,
      RecvMonitor: monitor,
      Channels: [{ ID: 32, SendQueueCapacity: '100', SendQueueSize: '0', Priority: '6', RecentlySent: '643' }],
    },
    remote_ip: peer.host,
  };
}

/**
 * A chain that stands waits in the prevote step of its round (4), where it has too few votes to go on; between blocks it waits for the time of the next (1).
 * `VoteSet.MarshalJSON` and `Vote.String` of types, `RoundStateSimple` of consensus/types.
 */
function consensusState({ height, nowMs }: RpcFacts, votes: SeenVotes | undefined) {
  const next = height + 1;
  const { round, validators } = votes ?? { round: 0, validators: [] };
  const sum = (some: SeenVotes['validators']): number => some.reduce((total, { power }) => total + power, 0);
  const voted = validators.filter(({ hasVoted }) => hasVoted);
  const bits = (set: (one: SeenVotes['validators'][number]) => boolean, power: number): string => {
    const total = sum(validators);
    const marks = validators.map((one) => (set(one) ? 'x' : '_')).join('');
    return `BA{${validators.length}:${marks}} ${power}/${total} = ${(total === 0 ? 0 : power / total).toFixed(2)}`;
  };
  const prevote = (address: string, at: number): string =>
    `Vote{${at}:${address.slice(0, 12)} ${next}/${String(round).padStart(2, '0')}/SIGNED_MSG_TYPE_PREVOTE(Prevote) 000000000000 ${address.slice(-12)} 000000000000 @ ${time(nowMs)}}`;
  return {
    round_state: {
      'height/round/step': `${next}/${round}/${votes ? 4 : 1}`,
      start_time: time(nowMs),
      proposal_block_hash: '',
      locked_block_hash: '',
      valid_block_hash: '',
      height_vote_set: [
        {
          round,
          prevotes: validators.map(({ address, hasVoted }, at) => (hasVoted ? prevote(address, at) : 'nil-Vote')),
          prevotes_bit_array: bits(({ hasVoted }) => hasVoted, sum(voted)),
          precommits: validators.map(() => 'nil-Vote'),
          precommits_bit_array: bits(() => false, 0),
        },
      ],
      proposer: { address: validators[0]?.address ?? '', index: 0 },
    },
  };
}

/** The range is limited to the node's blocks; above its last block there is none. */
function blockchain(asked: RpcFacts, query: URLSearchParams): Response {
  const { height } = asked;
  const lowest = Math.max(1, Number(query.get('minHeight') ?? 1));
  const highest = Math.min(height, Number(query.get('maxHeight') ?? height) || height);
  if (!Number.isSafeInteger(lowest) || !Number.isSafeInteger(highest)) return failed('cannot parse the heights');
  if (lowest > highest) return failed(`min height ${lowest} can't be greater than max height ${highest}`);
  const count = Math.min(BLOCKS_MAX, highest - lowest + 1);
  const metas = Array.from({ length: count }, (_, below) => blockMeta(asked, highest - below));
  return result({ last_height: String(height), block_metas: metas });
}

function blockMeta(asked: RpcFacts, height: number) {
  const own = hash(asked, height);
  const empty = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855';
  const id = (of: string) => ({ hash: of, parts: { total: of === '' ? 0 : 1, hash: of === '' ? '' : empty } });
  return {
    block_id: id(own),
    block_size: '675',
    header: {
      version: { block: '11', app: '1' },
      chain_id: asked.chainId,
      height: String(height),
      time: time(asked.blocks.blockTimeMs(height)),
      last_block_id: id(height === 1 ? '' : hash(asked, height - 1)),
      last_commit_hash: empty,
      data_hash: empty,
      validators_hash: empty,
      next_validators_hash: empty,
      consensus_hash: '048091BC7DDC283F77BFBF91D73C44DA58C3DF8A9CBC867405D8B7F3DAADA22F',
      app_hash: '0000000000000000',
      last_results_hash: empty,
      evidence_hash: empty,
      proposer_address: own.slice(0, 40),
    },
    num_txs: '0',
  };
}

/** rpc/core/net.go, with `rpc.unsafe` only. */
function dialPeers({ control }: RpcFacts, query: URLSearchParams): Response {
  if (!control?.rpcUnsafe) return notFound();
  const peers = texts(query.get('peers'));
  if (peers === undefined) return failed('error converting http params to arguments: invalid peers');
  if (peers.length === 0) return failed('no peers provided');
  const parts = peers.map((peer) => /^([0-9a-f]{40})@([^@\s]{3,300}:\d{1,5})$/.exec(peer));
  const wrong = parts.indexOf(null);
  if (wrong >= 0) return failed(`invalid peer address ${peers[wrong]}`);
  // Without persistent=true a peer is dialled only once; here no connection is lost that would need a second dial.
  for (const [, id, address = ''] of parts.flatMap((part) => (part ? [part] : []))) control.add(address, id);
  return result({ log: 'Dialing peers in progress. See /net_info for details' });
}

function texts(value: string | null): readonly string[] | undefined {
  try {
    const list = JSON.parse(value ?? '') as unknown;
    return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : undefined;
  } catch {
    // The text is not JSON, so it is not a list of peers: the caller answers with an error.
    return undefined;
  }
}

const result = (value: unknown): Response => json({ jsonrpc: '2.0', id: -1, result: value });

const failed = (data: string): Response =>
  json({ jsonrpc: '2.0', id: -1, error: { code: -32_603, message: 'Internal error', data } }, 500);

/** Empty before the first block. */
const hash = ({ blocks }: RpcFacts, height: number): string => (height === 0 ? '' : blocks.hash(height).toUpperCase());

/** As Go formats it: nanoseconds without trailing zeros. */
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');

const nanoseconds = (ms: number): string => String(ms * 1_000_000);
