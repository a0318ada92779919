// The RPC of stacks-node. The form: docs/rpc/components/examples of github.com/stacks-network/stacks-core, as in
// test/fixtures/chain-samples.ts.
import { createHash } from 'node:crypto';
import type { HttpRequest } from '../../simulator/network/network.ts';
import type { SeenPeer } from '../peers.ts';
import { json, type Response, target, text } from './http.ts';
import { isBehind, type RpcFacts, seconds } from './rpc-facts.ts';

/** A Bitcoin block is made every ten minutes. */
const BURN_INTERVAL_MS = 600_000;
/** Block 0 of Bitcoin, 2009-01-03. */
const BURN_GENESIS_MS = 1_231_006_505_000;
const TENURE = '/v3/tenures/tip/';

export function stacksAnswer(asked: RpcFacts, request: HttpRequest): Response {
  const { path } = target(request);
  if (path === '/v2/info') return json(info(asked));
  if (path === '/v2/neighbors') return json(neighbors(asked));
  if (path === '/v3/health') return json(health(asked));
  if (!path.startsWith(TENURE)) return text('Path not found', 404);
  return path.slice(TENURE.length) === consensusHash(asked) ? json(tenure(asked)) : text('Chain tip not found', 404);
}

function info(asked: RpcFacts) {
  const { height, blocks, chainId, clientVersion, peerId = '' } = asked;
  const burnHeight = Math.max(0, Math.floor((blocks.blockTimeMs(height) - BURN_GENESIS_MS) / BURN_INTERVAL_MS));
  return {
    peer_version: 402_653_196,
    pox_consensus: consensusHash(asked),
    burn_block_height: burnHeight,
    stable_pox_consensus: hash160(`pox/${burnHeight - 1}`),
    stable_burn_block_height: Math.max(0, burnHeight - 1),
    server_version: clientVersion,
    network_id: Number(chainId),
    parent_network_id: 3_652_501_241,
    stacks_tip_height: height,
    stacks_tip: blocks.hash(height),
    stacks_tip_consensus_hash: consensusHash(asked),
    genesis_chainstate_hash: '74237aa39aa50a83de11a4f53e9d3bb7d43461d1de9873f402e5453ae60bc59b',
    unanchored_tip: '0'.repeat(64),
    tenure_height: Math.floor(height / 10),
    exit_at_block_height: null,
    is_fully_synced: !isBehind(asked),
    node_public_key: peerId,
    node_public_key_hash: hash160(peerId),
    affirmations: { heaviest: '', stacks_tip: '', sortition_tip: '', tentative_best: '' },
    last_pox_anchor: { anchor_block_hash: blocks.hash(Math.max(0, height - 2_100)), anchor_block_txid: '0'.repeat(64) },
    stackerdbs: [],
  };
}

function neighbors(asked: RpcFacts) {
  const peers = asked.peers();
  return {
    bootstrap: peers.filter(({ manual, inbound }) => manual && !inbound).map((peer) => neighbor(asked, peer, null)),
    sample: [],
    inbound: peers.filter(({ inbound }) => inbound).map((peer) => neighbor(asked, peer, age(asked, peer))),
    outbound: peers.filter(({ inbound }) => !inbound).map((peer) => neighbor(asked, peer, age(asked, peer))),
  };
}

const neighbor = (
  { chainId }: RpcFacts,
  { host, port, ephemeralPort, inbound, id = '' }: SeenPeer,
  seconds: number | null,
) => ({
  network_id: Number(chainId),
  peer_version: 402_653_196,
  ip: host,
  port: inbound ? ephemeralPort : port,
  public_key_hash: hash160(id),
  authenticated: true,
  stackerdbs: [],
  age: seconds,
});

const age = ({ nowMs }: RpcFacts, { connectedSinceMs }: SeenPeer): number =>
  Math.max(0, seconds(nowMs) - seconds(connectedSinceMs));

const health = ({ height, claimedTip, peerCount }: RpcFacts) => ({
  difference_from_max_peer: Math.max(0, claimedTip - height),
  max_stacks_height_of_neighbors: peerCount === 0 ? 0 : Math.max(height, claimedTip),
  node_stacks_tip_height: height,
});

function tenure(asked: RpcFacts) {
  const { height, blocks } = asked;
  return {
    Nakamoto: {
      version: 0,
      chain_length: height,
      burn_spent: 417_647_583_456,
      consensus_hash: consensusHash(asked),
      parent_block_id: blocks.hash(Math.max(0, height - 1)),
      tx_merkle_root: blocks.hash(height).split('').reverse().join(''),
      state_index_root: blocks.hash(height),
      timestamp: seconds(blocks.blockTimeMs(height)),
    },
  };
}

const consensusHash = ({ blocks, height }: RpcFacts): string => blocks.hash(height).slice(0, 40);

/** Replaces RIPEMD-160 of SHA-256: peers are listed by a hash of their key. */
const hash160 = (of: string): string => createHash('sha256').update(of).digest('hex').slice(0, 40);
