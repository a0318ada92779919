// stacks-node; watch-fleet and rotate-peers use it. Source of paths and fields: docs/rpc of stacks-network/stacks-core.
import * as v from 'valibot';
import { bodyIfAny, bodyOf, checked, get, OptionalFacts, ok, question, starting } from './answers.ts';
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
    tellsParents: false,
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: (peer) => formatKeyedPeer(peer, PUBLIC_KEY_DIGITS),
      peersAtRunTime: { by: 'nothing', reason: 'stacks-node has no call for it' },
      peersThatPersist: {
        in: 'toml',
        table: 'node',
        key: 'bootstrap_node',
        as: 'comma-separated',
        signs: ['node', 'burnchain'],
        foreign: [],
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
  is_fully_synced: v.optional(v.boolean()),
});

const tenureIdSchema = v.object({
  stacks_tip_consensus_hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a hash of 40 hexadecimal digits')),
});
const anchorSchema = v.object({ burn_block_height: wholeNumber });
const networkSchema = v.object({ network_id: wholeNumber });
const versionSchema = v.object({ server_version: label });

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
    const body = bodyOf(info, '/v2/info');
    const node = checked(infoSchema, body, '/v2/info');
    // It reads bitcoin from its own first block on, for hours, and calls itself fully synced before it has a block (stacks-network/stacks-core#4847).
    if (node.stacks_tip_height === 0 || /^0+$/.test(node.stacks_tip)) return starting(withoutBlock(body));
    const optional = new OptionalFacts();
    const told = <Output>(name: string, schema: v.GenericSchema<unknown, Output>): Output | undefined =>
      optional.read(name, () => checked(schema, body, '/v2/info'));
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
          : optional.read(
              'height of its neighbours',
              () => checked(healthSchema, neighborhood, '/v3/health').max_stacks_height_of_neighbors,
            ),
      peerCount:
        connected === undefined
          ? undefined
          : optional.read('peers', () => count(checked(neighborsSchema, connected, '/v2/neighbors'))),
      chainId: told('network', networkSchema)?.network_id.toString(),
      clientVersion: told('version', versionSchema)?.server_version,
      anchorHeight: told('height on bitcoin', anchorSchema)?.burn_block_height,
      missing: optional.missing,
    };
    const tenure = told('tenure', tenureIdSchema);
    if (tenure === undefined) return ok(status);
    return { kind: 'next', question: blockTimeQuestion(status, tenure.stacks_tip_consensus_hash) };
  });
}

function withoutBlock(body: unknown): string {
  const { success, output } = v.safeParse(anchorSchema, body);
  return `it has no block yet${success ? `, and has read bitcoin up to ${output.burn_block_height}` : ''}`;
}

/** The newest block of the tenure; a node before Nakamoto, or one that is just catching up, may not have it. */
function blockTimeQuestion(status: NodeStatus, consensusHash: string): Question<NodeStatus> {
  return question([get(`/v3/tenures/tip/${consensusHash}`)], ([tenure]) => {
    const body = bodyIfAny(tenure);
    if (body === undefined) return ok(status);
    const optional = new OptionalFacts();
    const tip = optional.read('block time', () => checked(tenureSchema, body, '/v3/tenures/tip'));
    const blockTimeMs = tip !== undefined && 'Nakamoto' in tip ? tip.Nakamoto.timestamp : undefined;
    return ok({ ...status, blockTimeMs, missing: [...status.missing, ...optional.missing] });
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
