// CometBFT and the Tendermint versions before it (cosmos chains, IRITA); watch-fleet and rotate-peers use it. Only its metrics report the state of
// its consensus: cometbft-metrics.ts.
import * as v from 'valibot';
import {
  AnswerError,
  checked,
  get,
  OptionalFacts,
  ok,
  question,
  requireAnswer,
  shortened,
  starting,
} from './answers.ts';
import {
  type Answer,
  type BlockHash,
  type ChainClient,
  checkedHeights,
  countersOf,
  type DialablePeer,
  type NodePeers,
  type NodeStatus,
  type Peer,
  type PeerChange,
  type Question,
  type StatusMore,
  UNSAID,
  type VotesSeen,
} from './client.ts';
import { label, peerList, timestamp, wholeNumberOrText } from './fields.ts';
import { formatKeyedPeer, listeningAddress, parsePeerAddress } from './peer-address.ts';

/** `name` in messages: osmosis. `stopGraceSeconds`: how long a clean stop may take. */
export function cometbftClient(name: string, stopGraceSeconds: number): ChainClient {
  return {
    name,
    status: (heights = [], more = {}) => statusQuestion(checkedHeights(heights), more),
    tellsParents: true,
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: (peer) => formatKeyedPeer(peer, ID_DIGITS),
      peersAtRunTime: {
        by: 'rpc',
        // /dial_peers exists with `rpc.unsafe` only, together with calls that stop a node: never over a network.
        reach: 'node',
        maximum: undefined,
        lostOnRestart: true,
        add: dialQuestion,
        remove: undefined,
      },
      peersThatPersist: {
        in: 'toml',
        table: 'p2p',
        key: 'persistent_peers',
        as: 'comma-separated',
        signs: ['p2p'],
        // Sei writes its keys with hyphens, and would get a second one; the other table is bor's.
        foreign: ['p2p.persistent-peers', 'p2p.bootstrap-peers', 'p2p.discovery'],
        takesEffect: 'restart',
      },
      stop: {
        graceSeconds: stopGraceSeconds,
        sacred:
          'data/priv_validator_state.json must never go back in time; config/node_key.json is the id that peers know',
      },
    },
  };
}

/** A node's id is the hash of its key, 20 bytes. */
const ID_DIGITS = 40;

const LIMITS = { maximumBytes: 2 * 1024 * 1024 };

// 32 bytes; 20 in early versions of Tendermint; empty before the first block.
const blockHash = v.pipe(
  v.string('a hash of 64 hexadecimal digits'),
  v.regex(/^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})?$/, 'a hash of 64 hexadecimal digits'),
  v.toLowerCase(),
);

const nodeId = v.pipe(
  v.string('an id of 40 hexadecimal digits'),
  v.regex(/^[0-9a-fA-F]{40}$/, 'an id of 40 hexadecimal digits'),
  v.toLowerCase(),
);

const networkSchema = v.object({ node_info: v.object({ network: label }) });
// Clients that were built without one say "": their network is known all the same.
const versionSchema = v.object({ node_info: v.object({ version: v.optional(v.union([v.literal(''), label])) }) });

// `SyncInfo` of Tendermint 0.35 and its descendants (Sei): a chunk of a snapshot may take an hour (crypto-org-chain/cronos#944). CometBFT tells none of it.
const STATE_SYNC = ['snapshot_height', 'snapshot_chunks_count', 'backfilled_blocks'] as const;

const statusSchema = v.object({
  sync_info: v.object({
    latest_block_hash: blockHash,
    latest_block_height: wholeNumberOrText,
    latest_block_time: timestamp,
    catching_up: v.optional(v.boolean()),
    // The name of catching_up in early versions of Tendermint.
    syncing: v.optional(v.boolean()),
    // Tendermint 0.35 and its descendants only.
    max_peer_block_height: v.optional(wholeNumberOrText),
    ...v.entriesFromList(STATE_SYNC, v.fallback(v.optional(wholeNumberOrText), undefined)),
  }),
});

const validatorSchema = v.object({
  validator_info: v.optional(
    v.object({
      address: v.fallback(v.optional(nodeId), undefined),
      voting_power: v.union([v.number(), v.pipe(v.string(), v.digits())]),
    }),
  ),
});

const votesOf = v.pipe(v.array(v.string()), v.maxLength(10_000));
const consensusSchema = v.object({
  round_state: v.object({
    'height/round/step': v.pipe(v.string(), v.regex(/^\d{1,15}\/\d{1,9}\/\d$/, 'height/round/step')),
    height_vote_set: v.pipe(
      v.array(
        v.object({
          round: wholeNumberOrText,
          prevotes: votesOf,
          prevotes_bit_array: v.string(),
          precommits: votesOf,
          precommits_bit_array: v.string(),
        }),
      ),
      v.maxLength(10_000),
    ),
  }),
});

const netInfoSchema = v.object({ n_peers: wholeNumberOrText });

// Tendermint 0.35 writes a URL; all other versions write the peer's own description and its remote address.
const peersSchema = v.object({
  peers: peerList(
    v.union(
      [
        v.object({
          node_info: v.object({ id: nodeId, listen_addr: v.string() }),
          is_outbound: v.boolean(),
          remote_ip: v.optional(v.string()),
          connection_status: v.optional(v.object({ Duration: v.optional(v.union([v.string(), v.number()])) })),
        }),
        v.object({ node_id: nodeId, url: v.string() }),
      ],
      'a peer of /net_info',
    ),
  ),
});

const headerSchema = v.object({
  height: wholeNumberOrText,
  last_block_id: v.fallback(v.optional(v.object({ hash: blockHash })), undefined),
});

const blockchainSchema = v.object({
  block_metas: v.pipe(
    v.array(v.object({ block_id: v.object({ hash: blockHash }), header: headerSchema })),
    v.maxLength(20),
  ),
});

function statusQuestion(
  heights: readonly number[],
  { parents = false, votes = false }: StatusMore,
): Question<NodeStatus> {
  const requests = [
    get('/status'),
    get('/net_info', LIMITS),
    // Headers of a range of blocks; all versions have it. /block would also send the transactions.
    ...heights.map((height) => get(`/blockchain?minHeight=${height}&maxHeight=${height}`)),
    // The last one: what does not fit into a command's answer is left out from the end.
    ...(votes ? [get('/consensus_state', LIMITS)] : []),
  ];
  return question(requests, ([statusAnswer, netInfo, ...answers]) => {
    const blockAnswers = answers.slice(0, heights.length);
    const body = resultOf(statusAnswer, '/status');
    const { sync_info } = checked(statusSchema, body, '/status');
    // Before its first block (waiting for genesis, or for state sync) it says catching_up: false.
    const isSyncing = sync_info.catching_up ?? sync_info.syncing;
    const counters = countersOf(isSyncing === true ? STATE_SYNC.map((name) => [name, sync_info[name]] as const) : []);
    if (sync_info.latest_block_height === 0 || sync_info.latest_block_hash === '')
      return starting('it has no block yet', counters);
    const tip = { height: sync_info.latest_block_height, hash: sync_info.latest_block_hash };
    const optional = new OptionalFacts();
    const network = optional.read('network', () => checked(networkSchema, body, '/status').node_info.network);
    const version =
      network && optional.read('version', () => checked(versionSchema, body, '/status').node_info.version);
    const validator = optional.read('voting power', () => checked(validatorSchema, body, '/status').validator_info);
    const seen = optional.read('votes', () => resultIfAny(answers[heights.length], '/consensus_state', votesSeen));
    return ok({
      ...UNSAID,
      height: tip.height,
      hashes: withTip(tip, optional.read('hashes', () => hashesAt(heights, blockAnswers)) ?? [], parents),
      blockTimeMs: sync_info.latest_block_time,
      syncing: isSyncing,
      ...(Object.keys(counters).length > 0 && { counters }),
      claimedTip: sync_info.max_peer_block_height,
      peerCount: optional.read('peers', () =>
        resultIfAny(netInfo, '/net_info', (result) => checked(netInfoSchema, result, '/net_info').n_peers),
      ),
      chainId: network,
      clientVersion: version === '' ? undefined : version,
      inValidatorSet: validator === undefined ? undefined : Number(validator.voting_power) > 0,
      votingPower: countable(validator?.voting_power),
      ...(validator?.address !== undefined && { voterId: validator.address.slice(0, VOTER_DIGITS) }),
      ...(seen && { votes: seen }),
      missing: optional.missing,
    });
  });
}

/** CometBFT allows powers up to 2^60 (types/validator_set.go); one that cannot be counted exactly is unknown. */
function countable(power: number | string | undefined): number | undefined {
  const value = Number(power);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A vote is printed with the first six bytes of its sender's address (`Vote.String` in types/vote.go). */
const VOTER_DIGITS = 12;
const VOTER = /^Vote\{\d{1,9}:([0-9A-F]{12}) /;
/** "BA{4:x__x} 20/40 = 0.50": the power that has voted, and all of it (`VoteSet.BitArrayString` in types/vote_set.go). */
const VOTED_POWER = /\} (\d{1,20})\/(\d{1,20}) = /;

/**
 * A prevote or a precommit step that has the votes of two thirds or less does not end: nobody proposes, and the round stays (`RoundStepType` in
 * consensus/types/round_state.go). In the other steps no votes are waited for.
 */
function votesSeen(result: unknown): VotesSeen | undefined {
  const { round_state: state } = checked(consensusSchema, result, '/consensus_state');
  const [height = 0, round, step = 0] = state['height/round/step'].split('/').map(Number);
  const votes = state.height_vote_set.find((one) => one.round === round);
  const [voters, power] =
    step === 4 || step === 5
      ? [votes?.prevotes, votes?.prevotes_bit_array]
      : step === 6 || step === 7
        ? [votes?.precommits, votes?.precommits_bit_array]
        : [];
  const [, voted, all] = VOTED_POWER.exec(power ?? '') ?? [];
  if (voters === undefined || voted === undefined || all === undefined) return undefined;
  return {
    height,
    voterIds: voters.flatMap((vote) => VOTER.exec(vote)?.[1]?.toLowerCase() ?? []),
    tooFew: 3n * BigInt(voted) <= 2n * BigInt(all),
  };
}

function peersQuestion(): Question<NodePeers> {
  return question([get('/status'), get('/net_info', LIMITS)], ([status, netInfo]) => {
    const { node_info } = checked(
      v.object({ node_info: v.object({ id: nodeId }) }),
      resultOf(status, '/status'),
      '/status',
    );
    const { peers } = checked(peersSchema, resultOf(netInfo, '/net_info'), '/net_info');
    return ok({ ownPeerId: node_info.id, peers: peers.map(peerOf) });
  });
}

function peerOf(peer: v.InferOutput<typeof peersSchema>['peers'][number]): Peer {
  if ('url' in peer) {
    const [, address = ''] = peer.url.replace(/^[a-z]+:\/\//, '').split('@');
    return { id: peer.node_id, address: parsePeerAddress(address), inbound: undefined, connectedSeconds: undefined };
  }
  return {
    id: peer.node_info.id,
    // Its listening address is often 0.0.0.0: the port is taken from there, and the host is the remote address.
    address: listeningAddress(peer.remote_ip, peer.node_info.listen_addr),
    inbound: !peer.is_outbound,
    connectedSeconds: seconds(peer.connection_status?.Duration),
  };
}

const ONLY_AT_START =
  'its client takes no peers while it runs (rpc.unsafe is off): the list in its file counts from its next start, so restart it, or allow that (peers.restart)';

/**
 * `persistent`: dialled again after each loss, until the node restarts. `private`: not gossiped, from this moment on, even if the configuration says
 * otherwise (`UnsafeDialPeers` in rpc/core/net.go).
 */
function dialQuestion(peer: DialablePeer): Question<PeerChange> {
  const peers = encodeURIComponent(JSON.stringify([formatKeyedPeer(peer, ID_DIGITS)]));
  const secrecy = peer.hidden ? '&unconditional=true&private=true' : '';
  return question([get(`/dial_peers?persistent=true${secrecy}&peers=${peers}`)], ([answer]) => {
    if (answer?.kind === 'failed' && answer.status === 404) throw new AnswerError('refused', ONLY_AT_START);
    checked(v.object({ log: v.string() }), resultOf(answer, '/dial_peers'), '/dial_peers');
    return ok('changed');
  });
}

/** A node that has pruned a block, or has not reached it, answers with an error: then there is no hash. */
/** The tip is the one of `/status`: a block of its height that came later is left out, unless it is the same. */
function withTip(tip: BlockHash, told: readonly BlockHash[], parents: boolean): readonly BlockHash[] {
  const same = told.find(({ height, hash }) => height === tip.height && hash === tip.hash);
  const all = [...told.filter(({ height }) => height !== tip.height), same ?? tip];
  return parents ? all : all.map(({ height, hash }) => ({ height, hash }));
}

function hashesAt(heights: readonly number[], answers: readonly Answer[]): readonly BlockHash[] {
  return heights.flatMap((height, at) => {
    const metas =
      resultIfAny(
        answers[at],
        '/blockchain',
        (result) => checked(blockchainSchema, result, '/blockchain').block_metas,
      ) ?? [];
    // A node clamps the range to what it has: the answer may have other heights than the request.
    return metas
      .filter(({ header, block_id }) => header.height === height && block_id.hash !== '')
      .map(({ block_id, header: { last_block_id: below } }) => ({
        ...{ height, hash: block_id.hash },
        ...(below !== undefined && below.hash !== '' && { parent: below.hash }),
      }));
  });
}

const envelope = v.object({
  result: v.optional(v.unknown()),
  error: v.nullish(v.object({ message: v.string(), data: v.optional(v.string()) })),
});

/** In a JSON-RPC envelope, except from Tendermint 0.35 and its descendants, which answer a GET without one. */
function resultOf(answer: Answer | undefined, what: string): unknown {
  const { status, body } = requireAnswer(answer, what);
  const { result, error } = checked(envelope, body, `${what}, HTTP ${status}`);
  if (error != null) throw new AnswerError('refused', `${what} answered: ${shortened(error.data ?? error.message)}`);
  if (status !== 200) throw new AnswerError('refused', `${what} answered HTTP ${status}`);
  return result ?? body;
}

/** undefined where the node does not answer this call; an answer must still be valid. */
function resultIfAny<Output>(
  answer: Answer | undefined,
  what: string,
  read: (result: unknown) => Output,
): Output | undefined {
  return answer?.kind === 'answered' && answer.status === 200 ? read(resultOf(answer, what)) : undefined;
}

/** Nanoseconds, as a text or a number. */
function seconds(nanoseconds: string | number | undefined): number | undefined {
  const value = Math.floor(Number(nanoseconds) / 1e9);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
