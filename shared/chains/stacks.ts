// stacks-node; watch-fleet and rotate-peers use it. Source of paths and fields: docs/rpc of stacks-network/stacks-core.
import * as v from 'valibot';
import { bodyIfAny, bodyOf, checked, get, ok, question } from './answers.ts';
import { type ChainClient, checkedHeights, type NodePeers, type NodeStatus, type Question, UNSAID } from './client.ts';
import { epochSeconds, hash256, label, peerList, wholeNumber } from './fields.ts';
import { formatKeyedPeer, peerAddress } from './peer-address.ts';

/** `stopGraceSeconds`: how long a clean stop may take. */
export function stacksClient(stopGraceSeconds: number): ChainClient {
  return {
    name: 'stacks',
    status: (heights = []) => {
      // A node answers blocks by height in binary, without their ids: siblings are compared at equal tips.
      checkedHeights(heights);
      return statusQuestion();
    },
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: (peer) => formatKeyedPeer(peer, PUBLIC_KEY_DIGITS),
      peersAtRunTime: { by: 'nothing', reason: 'stacks-node has no call for it' },
      peersThatPersist: {
        in: 'toml',
        table: 'node',
        key: 'bootstrap_node',
        as: 'comma-separated',
        takesEffect: 'restart',
      },
      stop: { graceSeconds: stopGraceSeconds, sacred: 'the seed of a miner or signer, a line of its configuration' },
    },
  };
}

/** A compressed secp256k1 key identifies a peer; neighbours are listed by its hash. */
const PUBLIC_KEY_DIGITS = 66;

const infoSchema = v.object({
  stacks_tip_height: wholeNumber,
  stacks_tip: hash256,
  stacks_tip_consensus_hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a hash of 40 hexadecimal digits')),
  burn_block_height: wholeNumber,
  network_id: wholeNumber,
  server_version: label,
  is_fully_synced: v.optional(v.boolean()),
});

const keySchema = v.object({
  node_public_key: v.nullish(v.pipe(v.string(), v.regex(/^(0x)?[0-9a-f]{64,66}$/, 'a public key in hexadecimal'))),
});

// Newer versions only.
const healthSchema = v.object({ max_stacks_height_of_neighbors: wholeNumber });

// The other kind, Epoch2, has no time of its own.
const tenureSchema = v.union(
  [v.object({ Nakamoto: v.object({ timestamp: epochSeconds }) }), v.object({ Epoch2: v.unknown() })],
  'a block header',
);

const neighbor = v.object({
  ip: v.string(),
  port: v.pipe(v.number(), v.integer()),
  public_key_hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a hash of 40 hexadecimal digits')),
  age: v.nullish(wholeNumber),
});

// bootstrap and sample are nodes that it only knows by address.
const neighborsSchema = v.object({ inbound: peerList(neighbor), outbound: peerList(neighbor) });

function statusQuestion(): Question<NodeStatus> {
  return question([get('/v2/info'), get('/v2/neighbors'), get('/v3/health')], ([info, neighbors, health]) => {
    const node = checked(infoSchema, bodyOf(info, '/v2/info'), '/v2/info');
    const connected = bodyIfAny(neighbors);
    const neighborhood = bodyIfAny(health);
    const status: NodeStatus = {
      ...UNSAID,
      height: node.stacks_tip_height,
      hashes: [{ height: node.stacks_tip_height, hash: node.stacks_tip }],
      syncing: node.is_fully_synced === undefined ? undefined : !node.is_fully_synced,
      claimedTip:
        neighborhood === undefined
          ? undefined
          : checked(healthSchema, neighborhood, '/v3/health').max_stacks_height_of_neighbors,
      peerCount: connected === undefined ? undefined : count(checked(neighborsSchema, connected, '/v2/neighbors')),
      chainId: String(node.network_id),
      clientVersion: node.server_version,
      anchorHeight: node.burn_block_height,
    };
    return { kind: 'next', question: blockTimeQuestion(status, node.stacks_tip_consensus_hash) };
  });
}

/** The newest block of the tenure; a node before Nakamoto, or one that is just catching up, may not have it. */
function blockTimeQuestion(status: NodeStatus, consensusHash: string): Question<NodeStatus> {
  return question([get(`/v3/tenures/tip/${consensusHash}`)], ([tenure]) => {
    const body = bodyIfAny(tenure);
    if (body === undefined) return ok(status);
    const tip = checked(tenureSchema, body, '/v3/tenures/tip');
    return ok({ ...status, blockTimeMs: 'Nakamoto' in tip ? tip.Nakamoto.timestamp : undefined });
  });
}

function peersQuestion(): Question<NodePeers> {
  return question([get('/v2/info'), get('/v2/neighbors')], ([info, neighbors]) => {
    const { node_public_key } = checked(keySchema, bodyOf(info, '/v2/info'), '/v2/info');
    const { inbound, outbound } = checked(neighborsSchema, bodyOf(neighbors, '/v2/neighbors'), '/v2/neighbors');
    return ok({
      ownPeerId: node_public_key?.replace(/^0x/, ''),
      peers: [
        ...outbound.map((peer) => ({ ...peerOf(peer), address: peerAddress(peer.ip, peer.port), inbound: false })),
        ...inbound.map((peer) => ({ ...peerOf(peer), address: undefined, inbound: true })),
      ],
    });
  });
}

function peerOf({ public_key_hash, age }: v.InferOutput<typeof neighbor>) {
  return { id: public_key_hash, connectedSeconds: age ?? undefined };
}

function count({ inbound, outbound }: v.InferOutput<typeof neighborsSchema>): number {
  return inbound.length + outbound.length;
}
