// The interface of every chain client: questions as data (the requests to make), a strict reader of the answers, and how the client is run. No I/O
// here: probe-nodes and rotate-peers send the requests, watch-fleet judges what was read.

/** One protocol, or one family of forks of it. */
export interface ChainClient {
  /** The name in messages: litecoin, ethereum… */
  readonly name: string;
  /**
   * The node's position in the chain, by harmless calls only. `heights`: blocks whose hashes are also wanted, for comparison with siblings; at most
   * `MAXIMUM_HEIGHTS`, whole numbers; a `RangeError` otherwise. `parents`: with the hash of the block below each of them, where `tellsParents`. `votes`:
   * with whose votes it has for the next block, where its protocol tells them.
   */
  readonly status: (heights?: readonly number[], more?: StatusMore) => Question<NodeStatus>;
  /** Whether its protocol tells of a block by its height the hash of the one below: blocks can be seen to follow on each other. */
  readonly tellsParents: boolean;
  /** The peers that the node is connected to. undefined where no such question exists. */
  readonly peers: (Question<NodePeers> & { readonly reach: Reach }) | undefined;
  readonly operations: ClientOperations;
}

/** node: calls that may do harm. A node answers them on its own loopback only, and they are never sent over a network. */
export type Reach = 'network' | 'node';

/** Heights whose hashes one status question may ask for; each costs a whole block's header, with some clients its transaction ids. */
export const MAXIMUM_HEIGHTS = 5;

export interface StatusMore {
  readonly parents?: boolean;
  readonly votes?: boolean;
}

export interface ChainRequest {
  readonly method: 'GET' | 'POST';
  /** Appended to the endpoint's own path; empty for JSON-RPC. */
  readonly path: string;
  /** JSON, for POST. */
  readonly body?: string;
  readonly expects: 'json' | 'text';
  /** A longer answer is cut off and refused; the fetcher's own limit unless given. */
  readonly maximumBytes?: number;
}

/** The result of one request. */
export type Answer =
  /** `body` is parsed JSON, or a text where that was expected; `atMs` is its time of arrival. */
  { readonly kind: 'answered'; readonly status: number; readonly body: unknown; readonly atMs: number } | Failure;

export interface Failure {
  readonly kind: 'failed';
  readonly code: ReadingErrorCode;
  readonly reason: string;
  /** HTTP's, of an answer that is not in this protocol, where the request came from the node itself. */
  readonly status?: number;
}

export type ReadingErrorCode =
  /** Nothing listens, no route, no such name, or the connection broke. */
  | 'unreachable'
  /** Not complete within the time allowed. */
  | 'slow'
  | 'too-large'
  /** It redirects; redirects are not followed. */
  | 'redirected'
  | 'unauthorized'
  /** It is alive and asks for a pause: HTTP 429 or 503. */
  | 'busy'
  /** It answered, but not in this protocol. */
  | 'malformed'
  /** It answered, with an error of its own. */
  | 'refused'
  /** The endpoint in the fleet file cannot be asked. */
  | 'misconfigured';

/**
 * What a failed reading shows of the client. life: something answered on its port, and did not say where it stands. silence: nobody answered. us: we
 * asked wrongly. Only silence, which others' eyes confirm, is a reason for a heal.
 */
export const SHOWS: Readonly<Record<ReadingErrorCode, 'life' | 'silence' | 'us'>> = {
  unreachable: 'silence',
  slow: 'silence',
  'too-large': 'life',
  redirected: 'life',
  busy: 'life',
  malformed: 'life',
  refused: 'life',
  unauthorized: 'us',
  misconfigured: 'us',
};

export interface Question<Facts> {
  /** Sent to one endpoint, all in parallel; the answers are read in this order. */
  readonly requests: readonly ChainRequest[];
  /** Never throws. `next` where an answer decides what else has to be asked. */
  readonly read: (
    answers: readonly Answer[],
  ) => Reading<Facts> | { readonly kind: 'next'; readonly question: Question<Facts> };
}

/** Only `ok` carries facts: a node that did not answer has no height, and no lag of 0. */
export type Reading<Facts> =
  | { readonly kind: 'ok'; readonly facts: Facts }
  /** Alive, and not yet able to answer. `counters`: what moves meanwhile; absent where it tells none. */
  | { readonly kind: 'starting'; readonly reason: string; readonly counters?: NodeStatus['counters'] }
  | { readonly kind: 'error'; readonly code: ReadingErrorCode; readonly reason: string };

/** A client's own report. It may be wrong: the truth comes from comparing it with its siblings. */
export interface NodeStatus {
  /** Blocks, or slots where the chain counts those (solana, beacon). */
  readonly height: number;
  /** Of the tip and of the requested heights, as far as the node has them; lower case, without 0x where it is hexadecimal. */
  readonly hashes: readonly BlockHash[];
  /** When the block at `height` was made, milliseconds since 1970; undefined where the client does not report it. */
  readonly blockTimeMs: number | undefined;
  /** Whether it says that it is behind: several clients are known to report this wrongly, in both directions. */
  readonly syncing: boolean | undefined;
  /** The end of the chain as the client believes it. */
  readonly claimedTip: number | undefined;
  /** Progress of a sync that does not show in `height` until it ends (geth's snap sync): progress, not health. */
  readonly syncHeight: number | undefined;
  /**
   * What else moves while its height stands, by name: stages of a sync, healed state, derived blocks. It is progress, never health. At most `MAXIMUM_COUNTERS`;
   * absent where it tells none.
   */
  readonly counters?: Readonly<Record<string, number>>;
  /** What it says that it does while its height stands: the stage of a staged sync. Absent where it says nothing of that. */
  readonly works?: string;
  readonly peerCount: number | undefined;
  /** The id that tells this network from others: the genesis hash (bitcoin, solana), a number (ethereum, stacks), a name (cometbft). */
  readonly chainId: string | undefined;
  readonly clientVersion: string | undefined;
  /** Its height on the chain that it is anchored to: Bitcoin, for stacks. */
  readonly anchorHeight: number | undefined;
  /** false: its key is in no validator set at the moment, as with a jailed validator; undefined where there is no such set. */
  readonly inValidatorSet: boolean | undefined;
  /** Its part in the consensus: 0 outside the validator set; undefined where it tells none. */
  readonly votingPower: number | undefined;
  /** What its votes carry as their sender; absent where it tells none. */
  readonly voterId?: string;
  /** Absent where it was not asked for them, or waits for no votes now. */
  readonly votes?: VotesSeen;
  /** Why it cannot continue without another program, if it says so: a beacon node reports its execution client. */
  readonly hamperedBy: 'execution-offline' | 'execution-behind' | undefined;
  /** The facts that it was asked for and did not give in a form that can be read, each with the reason. */
  readonly missing: readonly string[];
}

/** The votes that a node has for the next block, in the step of its round that waits for them. */
export interface VotesSeen {
  /** Of the block that is voted on. */
  readonly height: number;
  /** Those from whom it has one. */
  readonly voterIds: readonly string[];
  /** They have two thirds of the power or less: while that is so, the step does not end. */
  readonly tooFew: boolean;
}

/** erigon and reth have a dozen stages each. */
export const MAXIMUM_COUNTERS = 24;
const COUNTER_CHARACTERS = 40;

/** The counters of a client: those with a plain name and a whole number, and no more than `MAXIMUM_COUNTERS`. */
export function countersOf(told: Iterable<readonly [string, number | undefined]>): NonNullable<NodeStatus['counters']> {
  const counters: Record<string, number> = {};
  for (const [name, value] of told) {
    if (Object.keys(counters).length >= MAXIMUM_COUNTERS) break;
    const isPlain = /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && name.length <= COUNTER_CHARACTERS;
    if (isPlain && value !== undefined && Number.isSafeInteger(value) && value >= 0) counters[name] = value;
  }
  return counters;
}

export interface BlockHash {
  readonly height: number;
  readonly hash: string;
  /** Hash of the block below; absent where it was not asked for, or is not told. */
  readonly parent?: string;
}

export interface NodePeers {
  /** The network that it runs on, in the words of its own configuration (bitcoind: main, test, regtest…). Absent where its protocol tells none. */
  readonly network?: string;
  /** undefined where a node has no identity except its address (bitcoin). */
  readonly ownPeerId: string | undefined;
  readonly peers: readonly Peer[];
}

export interface Peer {
  readonly id: string | undefined;
  /** Where it can be dialled. undefined where only the far end of an inbound connection is known. */
  readonly address: PeerAddress | undefined;
  /** The host of the other end, where that is known and `address` is not: an inbound connection. */
  readonly host?: string;
  readonly inbound: boolean | undefined;
  readonly connectedSeconds: number | undefined;
}

export interface PeerAddress {
  /** An IPv4 or IPv6 address without brackets, or a name. */
  readonly host: string;
  readonly port: number;
}

/** A peer in the form for a configuration or for a call to a running client. */
export interface DialablePeer extends PeerAddress {
  /** Needed by every client but bitcoin. */
  readonly id?: string;
  /** A validator behind sentries: the nodes that dial it tell nobody about it. */
  readonly hidden?: true;
}

export interface ClientOperations {
  /** A peer in the client's own form: "id@10.0.0.1:26656". Throws a `TypeError` that names the fault. */
  readonly formatPeer: (peer: DialablePeer) => string;
  readonly peersAtRunTime: PeersAtRunTime;
  readonly peersThatPersist: PeersThatPersist;
  readonly stop: {
    /** SIGKILL before this may cost the client its state. */
    readonly graceSeconds: number;
    /** Data that must never be lost, doubled or go back in time. */
    readonly sacred: string;
  };
}

export type PeersAtRunTime =
  | {
      readonly by: 'rpc';
      readonly reach: Reach;
      /** The client's own limit of such peers; undefined without a limit. */
      readonly maximum: number | undefined;
      readonly lostOnRestart: boolean;
      readonly add: (peer: DialablePeer) => Question<PeerChange>;
      /** undefined: the client has no such call. */
      readonly remove: ((peer: DialablePeer) => Question<PeerChange>) | undefined;
    }
  | { readonly by: 'nothing'; readonly reason: string };

/** already: it was so before. */
export type PeerChange = 'changed' | 'already';

export type PeersThatPersist =
  /** One line a peer: `addnode=10.0.0.1:8333`. `sections`: whether its file has a section for each network ([test]), outside of which the key does not count. */
  | { readonly in: 'lines'; readonly key: string; readonly sections: boolean; readonly takesEffect: 'restart' }
  /**
   * A key of a table of a TOML file: a list of texts, or one text with commas. `signs`: dotted keys of which every such file has one; `foreign`: those by
   * which another program's file is told. What merely parses is not the client's.
   */
  | {
      readonly in: 'toml';
      readonly signs: readonly string[];
      readonly foreign: readonly string[];
      readonly table: string;
      readonly key: string;
      readonly as: 'list' | 'comma-separated';
      readonly takesEffect: 'restart';
    }
  /** A command-line flag: it is in the unit, which is its owner's. undefined: each client has another name for it. */
  | { readonly in: 'flag'; readonly flag: string | undefined; readonly takesEffect: 'restart' };

/** The values where a client says nothing: spread first, so that each client names only what its protocol reports. */
export const UNSAID = {
  blockTimeMs: undefined,
  syncing: undefined,
  claimedTip: undefined,
  syncHeight: undefined,
  peerCount: undefined,
  chainId: undefined,
  clientVersion: undefined,
  anchorHeight: undefined,
  inValidatorSet: undefined,
  votingPower: undefined,
  hamperedBy: undefined,
  missing: [],
} as const satisfies Partial<NodeStatus>;

/** The heights of a status question, each once, in order. */
export function checkedHeights(heights: readonly number[]): readonly number[] {
  const unique = [...new Set(heights)].sort((one, other) => one - other);
  if (unique.length > MAXIMUM_HEIGHTS)
    throw new RangeError(`${unique.length} heights asked for, at most ${MAXIMUM_HEIGHTS}`);
  for (const height of unique) {
    if (!Number.isSafeInteger(height) || height < 0)
      throw new RangeError(`height is ${height}; expected a whole number from 0`);
  }
  return unique;
}

/** Never rejects. */
export type Fetcher = (request: ChainRequest) => Promise<Answer>;

/**
 * Asks one node one question: sends its requests, and any further requests that an answer makes necessary. Never throws and takes at most
 * `MAXIMUM_ROUNDS` times the fetcher's own limit.
 */
export async function askQuestion<Facts>(question: Question<Facts>, fetcher: Fetcher): Promise<Reading<Facts>> {
  let next = question;
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    const reading = next.read(await Promise.all(next.requests.map(fetcher)));
    if (reading.kind !== 'next') return reading;
    next = reading.question;
  }
  return { kind: 'error', code: 'malformed', reason: `no end of questions after ${MAXIMUM_ROUNDS} rounds` };
}

/** All clients need one or two. */
const MAXIMUM_ROUNDS = 3;
