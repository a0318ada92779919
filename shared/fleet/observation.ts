// What watch-fleet saw of a fleet at one moment, as it is kept in the table: guardrails, register-nodes and rotate-peers read it.
import type { Role } from './model.ts';

/**
 * behind: it advances, and is not there yet. starting: its client came up lately and is within its grace. stuck: behind and standing
 * still while others go on. forked: other blocks than its siblings and references have. unreachable: its RPC does not answer.
 * unknown: nothing is known, which is neither healthy nor sick.
 */
export type Health = 'synced' | 'behind' | 'starting' | 'stuck' | 'forked' | 'unreachable' | 'unknown';

export interface ObservedNode {
  readonly instanceId: string;
  readonly name: string;
  readonly role: Role;
  readonly availabilityZone: string;
  readonly privateIp: string;
  readonly health: Health;
  /** Why, for a tired person. */
  readonly reason: string;
  /** Since when it is of this health, ms since the epoch. */
  readonly sinceMs: number;
  /** null: it did not answer, which is never a lag of 0. */
  readonly height: number | null;
  /** The newest block whose hash it told in this look; absent where it told none. */
  readonly block?: { readonly height: number; readonly hash: string };
  /** As its client calls itself; absent where it did not say. */
  readonly clientVersion?: string;
  /** When its progress was first seen to be what it is, ms since the epoch; null before it was ever read. */
  readonly heightSinceMs: number | null;
  /** Blocks behind the fleet's tip. */
  readonly lagBlocks: number | null;
  readonly blockAgeSeconds: number | null;
  readonly peerCount: number | null;
  /** When its client was last seen to come up: silent or starting before, answering after. */
  readonly startedAtMs: number | null;
  /** When it was first seen. */
  readonly seenSinceMs: number;
  /** Codes that a person was paged for, until it has been well for half an hour: one that flaps is told of once. */
  readonly paged: readonly string[];
  /** Where the cause lies elsewhere than in the client that is watched. */
  readonly cause?: 'beacon-node';
  /** What only watch-fleet needs from one sweep to the next. */
  readonly memory?: NodeMemory;
}

/** How far somebody has come, and whether it was seen to get there. Times are ms since the epoch. */
export interface Track {
  /** Its height, or how far a sync has come that does not show in it yet; kept while it is silent. */
  readonly progress: number | null;
  /** Since when its progress is what it is, as far as it was watched. */
  readonly sinceMs: number | null;
  readonly readAtMs: number | null;
  /** When it was last seen to advance, from one reading to the next. */
  readonly advancedAtMs: number | null;
}

export interface NodeMemory {
  readonly track: Track;
  /** What came of asking it last: facts, that it starts, or nothing; null where it was never asked. */
  readonly heard: 'facts' | 'starting' | 'nothing' | null;
  /** How often it came up since it was last well: the grace of a client that flaps ends. */
  readonly starts: number;
  /** Since when, and from which height on, its newest block differs from what most have there; null while nobody doubts it. */
  readonly doubted: { readonly sinceMs: number; readonly height: number } | null;
}

/** Up to 100 nodes as they were seen at one moment; a fleet has as many of these as it needs. */
export interface FleetObservation {
  readonly observedAtMs: number;
  readonly nodes: readonly ObservedNode[];
}

export const NODES_PER_OBSERVATION = 100;

/** How an independent reference fares: lying and lagging ones are not counted. */
export type ReferenceState = 'good' | 'lagging' | 'lying' | 'silent';

export interface ObservedReference {
  /** Host of its URL: the rest may hold a key. */
  readonly host: string;
  readonly state: ReferenceState;
  readonly reason: string;
  readonly sinceMs: number;
  readonly height: number | null;
  readonly heightSinceMs: number | null;
  /** What only watch-fleet needs from one sweep to the next. */
  readonly memory?: Track;
}

/** The fleet as a whole: what nodes are measured against, and what is told once. */
export interface FleetWatch {
  readonly observedAtMs: number;
  /** Highest height that is believed; null before any was. */
  readonly tip: number | null;
  readonly tipSinceMs: number | null;
  /** Since when the chain stands still; null while it goes on. */
  readonly haltedSinceMs: number | null;
  /** Hash that most of fleet and references have at `height`: what nodes are compared at next. */
  readonly canonical: { readonly height: number; readonly hash: string } | null;
  readonly chainId: string | null;
  readonly references: readonly ObservedReference[];
  /** Troubles of the fleet as a whole: what was seen now, since when, and why. */
  readonly conditions: Readonly<Record<string, FleetCondition>>;
  /** Codes that a person was paged for, with the moment when the trouble was last seen, until it has been over for half an hour. */
  readonly paged: Readonly<Record<string, number>>;
  /** When the tip was last confirmed; it is kept for a while when those who confirmed it fall silent. */
  readonly tipSeenAtMs: number | null;
  readonly version: number;
}

export interface FleetCondition {
  readonly sinceMs: number;
  readonly reason: string;
}
