// The records that make one heal at a time true, and the partitions of the one table that they stand in. IAM lets each function write its
// own partitions only (dynamodb:LeadingKeys, infra/constructs/state.ts).

import type { AlarmFact, HealKind, HealPayload, RequestedAction } from '../model/payload.ts';
import { readTrigger } from '../model/trigger.ts';
import { plainText } from '../text/plain-text.ts';
import type { Terms } from './approval.ts';
import type { LadderState, SnapshotMemory } from './memory.ts';

/** What is true of an incident in each of its states. */
export interface IncidentBase {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly trigger: string;
  /** Eight digits of a hash: short enough to say. */
  readonly incidentId: string;
  readonly onsetMs: number;
  /** What told of it, and leads to the metric's history. */
  readonly alarm: AlarmFact;
  /** Number of the last attempt of this (node, trouble). Never starts again, whatever becomes of the incident. */
  readonly attempt: number;
  /** Attempts of this incident that failed. Refusals do not count. */
  readonly failures: number;
  /** Attempts of this incident that ended without saying what came of them. Absent until one did. */
  readonly deaths?: number;
  /** Nothing is dispatched before, ms since the epoch. */
  readonly notBeforeMs: number;
  /** In mode plan nothing new is said before, ms since the epoch; any other mode acts at once. Absent until something was planned. */
  readonly plannedUntilMs?: number;
  /** What a person asked of replace-node; absent where an alarm or an observation told of trouble. */
  readonly want?: RequestedAction;
  /** Absent until a plan was put to a person. */
  readonly approval?: ApprovalRecord;
  /** Codes that were journalled as a refusal of this incident, oldest first. */
  readonly refusedCodes: readonly string[];
  /** Codes that a person was paged for in this incident. */
  readonly pagedCodes: readonly string[];
  readonly version: number;
}

/** The plan that a heal in mode ask has put to a person last, and what came of it. Only the heal that asks writes it. */
export interface ApprovalRecord {
  readonly attempt: number;
  /** The hash of `terms`. */
  readonly plan: string;
  /** Where the answer goes: SendDurableExecutionCallbackSuccess. */
  readonly callbackId: string;
  readonly sentence: string;
  readonly terms: Terms;
  /** What guards said when it was asked; each is asked again before anything is done. */
  readonly guardrails?: readonly { readonly rule: string; readonly verdict: string }[];
  readonly askedAtMs: number;
  readonly untilMs: number;
  /** Absent while it is waited for, and where the attempt died. `by` is what the answer claims. */
  readonly answer?: {
    readonly said: 'approved' | 'denied' | 'expired';
    readonly by: string | null;
    readonly atMs: number;
  };
}

/** INCIDENT goes open → allocated → claimed → open | healed | escalated, each write conditional on the one before. */
export type IncidentRecord = IncidentBase &
  (
    | { readonly state: 'open' }
    | { readonly state: 'allocated'; readonly payload: HealPayload; readonly allocatedAtMs: number }
    | { readonly state: 'claimed'; readonly payload: HealPayload; readonly execution: string }
    | { readonly state: 'healed'; readonly endedAtMs: number }
    | { readonly state: 'escalated'; readonly endedAtMs: number }
  );

/** What a heal has begun on a node and a successor must settle. `found` is written once and inherited. */
export type Operation = GrowOperation | ReplaceOperation | SnapshotOperation;

export interface ReplaceOperation {
  readonly kind: 'replace';
  /** preparing: nothing was done to the node's client. down: it may be down because of us. proved: only the clearing up is missing. */
  readonly phase: 'preparing' | 'down' | 'proved';
  readonly incidentId: string;
  readonly memory: LadderState;
}

export interface SnapshotOperation {
  readonly kind: 'snapshot';
  readonly phase: 'preparing' | 'down' | 'proved';
  readonly incidentId: string;
  readonly memory: SnapshotMemory;
}

export interface GrowOperation {
  readonly kind: 'grow';
  /** preparing: intents are written. down: the client may be down because of us. proved: it worked, only the records are missing. */
  readonly phase: 'preparing' | 'down' | 'proved';
  readonly incidentId: string;
  readonly volumeId: string;
  readonly found: { readonly sizeGiB: number };
  readonly toGiB: number;
  readonly intentAtMs: number;
}

/** One ModifyVolume that was intended; budgets count intents, since an answer can be lost. */
export interface ModificationIntent {
  readonly volumeId: string;
  readonly toGiB: number;
  readonly atMs: number;
}

/** How far a heal has come with what takes long, as told last. */
export interface Progress {
  readonly incidentId: string;
  /** The work, in words that stay the same while it lasts. */
  readonly what: string;
  /** 0 to 100. */
  readonly percent: number;
  /** null where nobody can tell. */
  readonly etaSeconds: number | null;
  readonly atMs: number;
}

export interface NodeRecord {
  readonly fleet: string;
  readonly instanceId: string;
  /** ARN of the execution that holds the node; null when it is free. */
  readonly owner: string | null;
  /** Raised by every grant; commands that carry a lower one are refused on the node. */
  readonly fence: number;
  /** Until then a command that was sent may still run on the node, ms since the epoch. Survives grants. */
  readonly quietAfterMs: number;
  readonly operation: Operation | null;
  /**
   * Since when a client that the full disk stopped is to be started again, ms since the epoch. Written before the command that
   * starts it and taken back by the proof, so that a heal that dies in between is not the end of it. Absent where nothing is owed.
   */
  readonly clientOwedSinceMs?: number;
  /** Intents of the last 24 h, oldest first. */
  readonly modifications: readonly ModificationIntent[];
  /** Of the heal that holds the node. Absent where it has told of none. */
  readonly progress?: Progress;
  readonly version: number;
}

export const HEAL_KINDS = ['resize-volume', 'replace-node', 'snapshot-node'] as const satisfies readonly HealKind[];

/** Every function that writes state, by the folder of its sources. */
export const WRITERS = [
  'watch-fleet',
  'register-nodes',
  'rotate-peers',
  'dispatch-heal',
  ...HEAL_KINDS,
  'prune-retired',
] as const;
export type Writer = (typeof WRITERS)[number];

/**
 * Partition keys. A fleet's name holds no "#" (shared/fleet/schema.ts), so no fleet reaches into another's partition; `*` in its place
 * makes the pattern of all fleets.
 */
export const partitions = {
  /** What a function remembers of a fleet for itself and for its readers; nobody else writes it. */
  own: (fleet: string, writer: Writer): string => `FLEET#${fleet}#${writer}`,
  /** Incidents that one kind of heal works on: dispatch-heal opens them, that heal claims and concludes them. */
  incidents: (fleet: string, heal: HealKind): string => `INCIDENT#${fleet}#${heal}`,
  /** Leases and open operations: dispatch-heal and all heals. */
  nodes: (fleet: string): string => `NODE#${fleet}`,
  /** Whose turn it is to be replaced or stopped: replace-node and snapshot-node. */
  turn: (fleet: string): string => `TURN#${fleet}`,
  /** What heals have put away: replace-node, snapshot-node, and prune-retired, which removes it. */
  kept: (fleet: string): string => `KEPT#${fleet}`,
  /** Budgets that all fleets share: replace-node. */
  account: (): string => 'ACCOUNT',
  /** Lines of one function. No function may read the journal. */
  journal: (fleet: string, writer: Writer): string => `JOURNAL#${fleet}#${writer}`,
} as const;

/** Which heal works on incidents of this trigger. @throws TypeError where the text is no trigger's */
export function healOf(text: string): HealKind {
  const trigger = readTrigger(text);
  if (trigger === null) throw new TypeError(`no heal works on ${plainText(JSON.stringify(text), 100)}`);
  if (trigger.kind === 'disk') return 'resize-volume';
  return trigger.subject === 'clean' ? 'snapshot-node' : 'replace-node';
}
