// watch-fleet's observation of a fleet at one moment, as stored in the table: guardrails, register-nodes and rotate-peers read it.
import type { PageCode } from '../model/guardrail-codes.ts';
import type { Role } from './model.ts';
import type { SharedNames } from './node-names.ts';
import type { ScheduledMark } from './scheduled-events.ts';

/**
 * behind: it advances, and has not reached the tip. starting: its client came up lately and is within its grace. stuck: behind and not advancing
 * while others do. forked: other blocks than its siblings and references have. unreachable: its RPC does not answer. busy: it answers, and does not
 * say where it stands (too many requests, not available, elsewhere, refused, not in its protocol): it is alive, and that is all that is known.
 * unknown: nothing is known. The last two are neither healthy nor sick.
 */
export const HEALTHS = ['synced', 'behind', 'starting', 'busy', 'stuck', 'forked', 'unreachable', 'unknown'] as const;
export type Health = (typeof HEALTHS)[number];

/** consensus-client: the one beside the execution client is down, or stands still. */
export type NodeCause = 'consensus-client';

/** one-reference: nobody but a single reference shows that the chain goes on, and its blocks follow on the node's own. Enough for a restart. */
export type Evidence =
  | 'one-reference'
  /** Nobody else can say whether the chain goes on: it has only stood for longer than its chain ever pauses. Enough for one restart. */
  | 'no-reference'
  /** The client beside it, which gives it its blocks, makes none either: whose fault that is nobody knows. Enough for a restart. */
  | 'beside-stands'
  /** Its chain stands, and its vote for the next block is missing, as other validators of its owner tell. Enough for a restart. */
  | 'votes';

/**
 * The client beside an execution client, as it answered in this reading. waiting: for that very execution client. unknown: it said nothing of where it
 * stands.
 */
export interface ObservedConsensusClient {
  readonly health: 'synced' | 'syncing' | 'starting' | 'waiting' | 'stuck' | 'unreachable' | 'unknown';
  readonly reason: string;
  /** Its newest slot; null where it told none, which is never a slot of 0. */
  readonly slot: number | null;
  /** What it says itself. */
  readonly slotsBehind: number | null;
  /** Absent where it gave none. */
  readonly version?: string;
}

/** What its machine is like is written down, for the day when somebody terminates it. */
export interface MachineMark {
  /** Of what was written. */
  readonly fingerprint: string;
  readonly atMs: number;
}

export interface ObservedNode {
  readonly instanceId: string;
  readonly name: string;
  readonly role: Role;
  readonly availabilityZone: string;
  readonly privateIp: string;
  readonly health: Health;
  /** The reason, for a tired person. */
  readonly reason: string;
  /** Start of this health, ms since the epoch. */
  readonly sinceMs: number;
  /** null: it did not answer, which is never a lag of 0. */
  readonly height: number | null;
  /** An Auto Scaling group makes another in its place, under any name. Absent otherwise. */
  readonly inGroup?: true;
  /** Absent where nobody has asked for it (`replace.terminated`), or it was not written yet. */
  readonly machine?: MachineMark;
  /** Its client runs, as its node said lately, and nobody asks more (`probe: unit`): its health is unknown, and it is not in trouble. Absent otherwise. */
  readonly runs?: true;
  /** It says that it works, and nothing of it has moved for the time after which others count as stuck. Absent otherwise. */
  readonly works?: true;
  /** Its client ends again and again, and something starts it again each time. Absent otherwise. */
  readonly endsAgain?: true;
  /**
   * Nobody reaches its machine, which is silent, and EC2's status check of its instance has failed: it serves nobody. What its client and its data are like is
   * not known, so that its health is unknown. Absent otherwise.
   */
  readonly cutOff?: true;
  /**
   * Why it serves nobody, where that is proved by somebody else than its silence. dead: EC2 finds its instance impaired, or not running. stopped: a person
   * has stopped its client, as its node has said. It is no sign against its siblings. Absent otherwise.
   */
  readonly downBy?: 'dead' | 'stopped';
  /** The type of its first sync, which its instance has still, and since when it has had no need of it. Absent where it has another type. */
  readonly boosted?: { readonly type: string; readonly idleSinceMs?: number };
  /** Absent where EC2 has scheduled nothing for its instance. */
  readonly scheduled?: readonly ScheduledMark[];
  /** The newest block whose hash it reported in this reading; absent where it reported none. */
  readonly block?: { readonly height: number; readonly hash: string };
  /** The client's own version string; absent where it gave none. */
  readonly clientVersion?: string;
  /** When its present progress was first seen, ms since the epoch; null before it was ever read. */
  readonly heightSinceMs: number | null;
  /** Blocks behind the fleet's tip. */
  readonly lagBlocks: number | null;
  readonly blockAgeSeconds: number | null;
  readonly peerCount: number | null;
  /** When its client last came up, as observed: silent or starting before, answering after. */
  readonly startedAtMs: number | null;
  /** When it was first seen. */
  readonly seenSinceMs: number;
  /** Codes that paged a person, until it has been well for half an hour: a node that flaps pages once. */
  readonly paged: readonly string[];
  /** Data paths of which its own command has answered nothing, where nobody else tells of disks (`metrics: otlp`). Absent where it tells all of them, or did not answer. */
  readonly unseenPaths?: readonly string[];
  /** It has not been at the tip since its client came up, and gets there: neither well nor sick. Absent otherwise. */
  readonly syncing?: true;
  /** Absent where none is asked: its fleet names no port, or the node was not asked at all. */
  readonly consensusClient?: ObservedConsensusClient;
  /** Set where the cause is not the client that is watched. */
  readonly cause?: NodeCause;
  /** Set where a verdict of stuck rests on less than several voices, or on votes alone; with `votes` also until it is known whether it votes again. */
  readonly evidence?: Evidence;
  /** Of a CometBFT node: the voting power that it told; absent where it told none. */
  readonly votes?: NodeVotes;
  /** State that only watch-fleet needs from one sweep to the next. */
  readonly memory?: NodeMemory;
}

/** What a node is to those who ask it. A machine that nobody reaches serves nobody, whatever its client is like. */
export const servedAs = ({ health, cutOff }: Pick<ObservedNode, 'health' | 'cutOff'>): Health =>
  cutOff ? 'unreachable' : health;

/** Voting power, as a node's status and its metrics told it. A node that is silent keeps its own power, and tells nothing of the chain's. */
export interface NodeVotes {
  /** Its own; 0 outside the validator set. */
  readonly own?: number;
  /** Of the whole validator set, and of it what the last block lacked and what has signed twice. */
  readonly chain?: { readonly total: number; readonly missing: number; readonly byzantine: number };
}

/** The progress of a node or reference, and whether it was seen to advance. Times are ms since the epoch. */
export interface Track {
  /** Its height, or the progress of a sync that does not show in the height yet; kept while it is silent. */
  readonly progress: number | null;
  /** Since when its progress is unchanged, as far as it was watched. */
  readonly sinceMs: number | null;
  readonly readAtMs: number | null;
  /** When it was last seen to advance, from one reading to the next. */
  readonly advancedAtMs: number | null;
  /** What else it tells that moves while its height stands. Absent where it tells none. */
  readonly counters?: Readonly<Record<string, number>>;
  /** When one of them was last seen to grow. Absent where none was. */
  readonly movedAtMs?: number;
}

/** The consensus client beside an execution client, as it was last heard. Times are ms since the epoch. */
export interface ConsensusTrack {
  readonly heardAtMs: number;
  readonly slot: number;
  /** Since when its slot is unchanged, as far as it was watched. */
  readonly slotSinceMs: number;
  /** What it makes of its slots, where it tells that. Absent where it does not. */
  readonly counters?: Readonly<Record<string, number>>;
  /** Since when none of them has grown, as far as it was watched. Absent with them. */
  readonly countersSinceMs?: number;
}

/** What its node says of its clients, where nothing else is asked (`probe: unit`). Times are ms since the epoch. */
export interface ClientLook {
  readonly askedAtMs: number;
  /** The last answer that says it; absent before the first. */
  readonly told?: {
    readonly atMs: number;
    readonly is: 'running' | 'ended';
    /** So many answers in a row have said so. */
    readonly times: number;
    readonly reason: string;
    readonly rootUsedPercent: number;
  };
  /** Why the last question has no answer that says it, and since when that is so; absent where it has one. */
  readonly silent?: {
    readonly sinceMs: number;
    readonly reason: string;
    /** Nothing came from its machine at all. */
    readonly machine?: true;
  };
}

/** What a node says of the run of its clients. Times are ms since the epoch. */
export interface ClientRun {
  readonly askedAtMs: number;
  /** When it answered last; 0 where it never did. */
  readonly toldAtMs: number;
  /** Its first client, whose port is asked. */
  readonly isRunning: boolean;
  /** Since when that one runs, or ran last; null where nobody tells. */
  readonly startedAtMs: number | null;
  /** How often its clients were started again by themselves; null where nobody counts. */
  readonly restarts: number | null;
}

export interface NodeMemory {
  readonly track: Track;
  /** Absent where its node was never asked since when its clients run. */
  readonly run?: ClientRun;
  /** Absent where its node was never asked for its clients alone. */
  readonly look?: ClientLook;
  /** Absent where its consensus client was never heard. */
  readonly consensus?: ConsensusTrack;
  /** Since when others are seen to have a block above the one at which it stands, ms since the epoch; absent while none has. */
  readonly overtakenAtMs?: number;
  /** The height at which it was called stuck although nobody else could say so: it is not called so twice. */
  readonly stoodAlone?: number;
  /** The result of asking it last: facts, that it starts, or nothing; null where it was never asked. */
  readonly heard: 'facts' | 'starting' | 'nothing' | null;
  /** How far it was behind, once a quarter of an hour while it is behind, oldest first; absent while it is not. */
  readonly lags?: readonly { readonly atMs: number; readonly blocks: number }[];
  /** When its client ended in the last hours, oldest first; absent where it did not. */
  readonly crashes?: readonly number[];
  /** When people were told of each code in `paged`: after a day they are told again. */
  readonly toldAtMs?: Readonly<Record<string, number>>;
  /** The events of EC2 that people were told of, by id, with the time that they were told; with `near`, those that were told again since their time is near. Absent where there is none. */
  readonly toldEvents?: Readonly<Record<string, number>>;
  /** Whether it was at the tip since its client came up, or before that alone; absent where it never was. */
  readonly atTip?: 'reached' | 'left';
  /** Number of starts since it was last well: the grace of a client that flaps ends. */
  readonly starts: number;
  /** Since when, and from which height on, its newest block differs from the majority's; null while nobody doubts it. */
  readonly doubted: { readonly sinceMs: number; readonly height: number } | null;
}

/** Up to 100 nodes as they were seen at one moment; a fleet has as many of these items as it needs. */
export interface FleetObservation {
  readonly observedAtMs: number;
  readonly nodes: readonly ObservedNode[];
}

export const NODES_PER_OBSERVATION = 100;

/** The state of an independent reference: lying and lagging ones are not counted. */
export type ReferenceState = 'good' | 'lagging' | 'lying' | 'silent';

export interface ObservedReference {
  /** Host of its URL: the rest may hold a key. */
  readonly host: string;
  readonly state: ReferenceState;
  readonly reason: string;
  readonly sinceMs: number;
  readonly height: number | null;
  readonly heightSinceMs: number | null;
  /** State that only watch-fleet needs from one sweep to the next. */
  readonly memory?: Track;
}

/** The fleet as a whole: what nodes are compared with, and what pages once. */
export interface FleetWatch {
  readonly observedAtMs: number;
  /** Highest height that is believed; null before any was. */
  readonly tip: number | null;
  readonly tipSinceMs: number | null;
  /** Since when the chain is halted; null while it advances. */
  readonly haltedSinceMs: number | null;
  /** The majority's hash at `height`: what nodes are compared at next. */
  readonly canonical: { readonly height: number; readonly hash: string } | null;
  readonly chainId: string | null;
  readonly references: readonly ObservedReference[];
  /** Troubles of the fleet as a whole: which ones are seen now, since when, and why. */
  readonly conditions: Readonly<Record<string, FleetCondition>>;
  /** Codes that paged a person, with the time when the trouble was last seen, until it has been over for half an hour. */
  readonly paged: Readonly<Record<string, number>>;
  /** The pages that were sent, while their cause lasts and for a day after it; absent where there is none. */
  readonly pages?: readonly WatchPage[];
  /** Nodes that were there and are not any more, for a day; absent where there is none. */
  readonly gone?: readonly GoneNode[];
  /** Since when no node is there and none was ever seen, ms since the epoch; absent otherwise. */
  readonly emptySinceMs?: number;
  /** Names that members of Auto Scaling groups share or have shared, with the time when that was last seen; absent where there is none. */
  readonly sharedNames?: SharedNames;
  /** The version of the parameter from which the fleet's file could be read last; absent before any was. */
  readonly fileVersion?: number;
  /** When the tip was last confirmed; it is kept for a while when the confirming sources fall silent. */
  readonly tipSeenAtMs: number | null;
  readonly version: number;
}

/** A page of watch-fleet, for who repeats it and says that it is over. */
export interface WatchPage {
  readonly key: string;
  readonly code: PageCode;
  /** As the page names whom it is about. */
  readonly node: string;
  readonly sentence: string;
  readonly atMs: number;
  /** The alarm on the same measurement; empty where there is none. */
  readonly alarm: string;
  /** Empty where it is about the fleet as a whole. */
  readonly nodes: readonly { readonly instanceId: string; readonly name: string }[];
  /** eased: the cause is not seen now, and counts as over when that has lasted. */
  readonly state: 'lasts' | 'eased' | 'ended';
  /** Absent until it is `ended`. */
  readonly endedAtMs?: number;
}

export interface GoneNode {
  readonly instanceId: string;
  readonly name: string;
  /** Absent in records of earlier versions. */
  readonly role?: Role;
  /** When it was first missed, ms since the epoch. */
  readonly sinceMs: number;
  /** The instance that has its name now, and was not seen synced yet: where that one goes, this node is missed again, and not that instance. */
  readonly followedBy?: string;
  /**
   * How it went, as EC2 said: its instance has ended, lives on without the fleet's tags, or carries the mark of what a heal sets aside, which may be taken off
   * again. Absent where EC2 says none of these.
   */
  readonly went?: 'terminated' | 'untagged' | 'outside';
}

/** Of those that are gone, those whose place nobody has taken. */
export const missedOf = (gone: readonly GoneNode[]): readonly GoneNode[] =>
  gone.filter(({ followedBy }) => followedBy === undefined);

export interface FleetCondition {
  /** ending: it was not seen in the last sweeps. It still forbids what it forbade, and people are told of it no more. */
  readonly status: 'holds' | 'ending';
  readonly sinceMs: number;
  /** When it was last seen, ms since the epoch. */
  readonly seenAtMs: number;
  /** What was seen, for a tired person. */
  readonly reason: string;
  /** The nodes that it is about; absent where it is about the fleet as a whole. */
  readonly instanceIds?: readonly string[];
  /** The Availability Zone that it is about. Absent otherwise. */
  readonly zone?: string;
  /** The other fleet whose nodes show it: it is over here when it is over there. Absent where the fleet's own nodes do. */
  readonly shownBy?: string;
}
