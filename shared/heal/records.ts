// The records that allow only one heal at a time, and their partitions in the one table. IAM lets each function write only its own partitions
// (dynamodb:LeadingKeys, infra/constructs/state.ts).

import type { PageMemory } from '../guardrails/names.ts';
import type { GuardrailCode, PageCode } from '../model/guardrail-codes.ts';
import type { AlarmFact, HealKind, HealPayload, RequestedAction } from '../model/payload.ts';
import { readTrigger } from '../model/trigger.ts';
import { plainText } from '../text/plain-text.ts';
import type { Terms } from './approval.ts';
import type { LadderState, SnapshotMemory } from './memory.ts';

/** The members of an incident in each of its states. */
/** Refusals that only wait for a turn. */
export const QUEUE_CODES = [
  'replace-in-flight',
  'replacements-spent',
  'restarts-paced',
] as const satisfies readonly GuardrailCode[];
/** It waits for a restart, which is no replacement's turn. */
export const PACED = 'restarts-paced' satisfies QueueCode;
/** The node itself has said that its disk is full: it waits until the disk is grown. */
export const DISK_FIRST = 'disk-full-first' satisfies GuardrailCode;
export type QueueCode = (typeof QUEUE_CODES)[number];

export interface IncidentBase {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly trigger: string;
  /** Eight digits of a hash: short enough to say. */
  readonly incidentId: string;
  readonly onsetMs: number;
  /** When a person asked for the same again, while a heal was at it: their last word of it, ms since the epoch. Absent where nobody did. */
  readonly askedAtMs?: number;
  /** The alarm or observation that opened it; it leads to the metric's history. */
  readonly alarm: AlarmFact;
  /** Number of the last attempt of this (node, trouble). It never starts again, not even for a later incident. */
  readonly attempt: number;
  /** Attempts of this incident that failed. Refusals do not count. */
  readonly failures: number;
  /** Attempts of this incident that were refused for something else than a turn. Absent until one was. */
  readonly refusals?: number;
  /** Attempts of this incident that ended without an outcome. Absent until one did. */
  readonly deaths?: number;
  /** Nothing is dispatched before, ms since the epoch. */
  readonly notBeforeMs: number;
  /** When its last attempt has left the node to its boot, or to the person who had stopped the client or the instance. Absent where it ended otherwise. */
  readonly leftAtMs?: number;
  /** In mode plan no new plan is written before, ms since the epoch; any other mode acts immediately. Absent until something was planned. */
  readonly plannedUntilMs?: number;
  /** What its last attempt was refused for, where that is only a turn: it waits at the door, without an execution. Absent where it does not. */
  readonly waitsFor?: QueueCode | typeof DISK_FIRST;
  /** What a person asked of replace-node; absent where an alarm or an observation reported the trouble. */
  readonly want?: RequestedAction;
  /** Of a clean snapshot: the person has said that the node is a validator. */
  readonly acknowledgesValidator?: true;
  /** Of a drill: the version that is tried on a copy. */
  readonly rehearses?: string;
  /** Absent until a plan was put to a person. */
  readonly approval?: ApprovalRecord;
  /** What was said of it last, while it is open or given up. Absent until something was, and once it is over. */
  readonly lastWord?: LastWord;
  /** Codes that were journalled as a refusal or a failure of this incident; the one that was last said is the last. */
  readonly refusedCodes: readonly string[];
  /** Codes that people were paged for in this incident, or are to be: `pendingPages`. */
  readonly pagedCodes: readonly string[];
  /** Refusals that the sweep pages for, with all other nodes that have the same one. They stay when they were. Absent until there was one. */
  readonly pendingPages?: readonly PendingPage[];
  /** The last page that its heal, or the sweep on its behalf, has sent. Absent until there was one. */
  readonly lastPage?: PageNote;
  readonly version: number;
}

/** What the door, or an attempt at its end, has said of an incident. It was so then; how it is now, only another look says. */
export interface LastWord {
  readonly kind: 'refused' | 'failed' | 'planned' | 'died';
  /** Absent where there is none: of a plan, and of an attempt that died. */
  readonly code?: PageCode;
  readonly sentence: string;
  readonly atMs: number;
  /** The node itself was asked before. At the door nobody asks it. */
  readonly asked: boolean;
  /** Of a refusal: until when it holds for sure, where its rule knows that. */
  readonly untilMs?: number;
  /** Of a ladder that has ended: the client did not open the data that it had, and syncs from the first block. */
  readonly unopened?: true;
}

export interface PendingPage {
  readonly code: GuardrailCode;
  readonly sentence: string;
  readonly atMs: number;
}

/** A page that was sent. */
export interface PageNote {
  readonly code: PageCode;
  readonly sentence: string;
  readonly atMs: number;
  /** It says that the client is down through us: it is over once the node was seen to answer. Absent of other pages. */
  readonly isDown?: true;
}

/** The pages that the sweep has sent for refusals in a fleet, by their codes. */
export interface SentPagesRecord {
  readonly sent: Readonly<Partial<Record<GuardrailCode, SentPages>>>;
  readonly version: number;
}

export interface SentPages {
  /** The last page. */
  readonly atMs: number;
  readonly count: number;
  /** Ids of the incidents that the pages were about. */
  readonly incidents: readonly string[];
  /** The key of the page that told of each incident of this fleet. Absent in records of earlier versions. */
  readonly keys?: Readonly<Record<string, string>>;
  /** When that page was sent, by incident, ms since the epoch: `atMs` is of the newest page, of whichever node. Absent in records of earlier versions. */
  readonly sentAtMs?: Readonly<Record<string, number>>;
}

/** The pages of a fleet whose cause lasts, by their keys, and what was told of healed nodes. */
export interface OpenPagesRecord {
  readonly pages: Readonly<Record<string, OpenPage>>;
  /** Healed attempts (`<incident>/<attempt>`) that people were told of, or are just being told of, with the time; kept for a few hours. */
  readonly told: Readonly<Record<string, { readonly atMs: number; readonly sendingAtMs?: number }>>;
  readonly version: number;
}

export interface OpenPage {
  readonly node: string;
  readonly code: PageCode | 'approval-wanted';
  /** When the page was sent by who found the cause, the last time. */
  readonly sentAtMs: number;
  /** Repetitions of the last 24 h, oldest first. */
  readonly again: readonly number[];
  /** Times that it was sent, with the first. */
  readonly times: number;
  /** Who has said that they look after it; absent while nobody has. */
  readonly acknowledged?: { readonly by: string; readonly atMs: number };
  /** Since when a sweep sends a message about it; absent while none does. */
  readonly sendingAtMs?: number;
  /** People were told that its cause is over; kept as long as the cause is known, so that they are told of its return, and not twice of one end. */
  readonly isOver?: true;
  /** It told of one moment, which is over for good. */
  readonly isOnce?: true;
  /** Its cause has come back since then, at this time, and people do not know it yet. */
  readonly backSinceMs?: number;
}

/** The last plan that a heal in mode ask has put to a person, and the answer. Only the heal that asks writes it. */
export interface ApprovalRecord {
  readonly attempt: number;
  /** The hash of `terms`. */
  readonly plan: string;
  /** Target of the answer: SendDurableExecutionCallbackSuccess. */
  readonly callbackId: string;
  readonly sentence: string;
  readonly terms: Terms;
  /** The guards' verdicts when it was asked; each guard is read again before anything is done. */
  readonly guardrails?: readonly { readonly rule: string; readonly verdict: string }[];
  readonly askedAtMs: number;
  readonly untilMs: number;
  /** Absent while the answer is awaited, and where the attempt died. `by` is what the answer claims. */
  readonly answer?: {
    readonly said: 'approved' | 'denied' | 'expired';
    readonly by: string | null;
    readonly atMs: number;
  };
  /** Something of it was done, or the incident was over since: a yes to the plan stands no longer. */
  readonly isOver?: true;
}

/** INCIDENT goes open → allocated → claimed → open | healed | escalated, each write conditional on the one before. */
export type IncidentRecord = IncidentBase &
  (
    | { readonly state: 'open' }
    | { readonly state: 'allocated'; readonly payload: HealPayload; readonly allocatedAtMs: number }
    | { readonly state: 'claimed'; readonly payload: HealPayload; readonly execution: string }
    | {
        readonly state: 'healed';
        readonly endedAtMs: number;
        /** How its heal proved it; absent where the trouble was over without a heal. */
        readonly proof?: string;
        /** Its node was not there any more: that is no word of its health. Absent where it was, and where nobody looked. */
        readonly isGone?: true;
      }
    | { readonly state: 'escalated'; readonly endedAtMs: number }
  );

/** What a heal has begun on a node and a later attempt must settle. `found` is written once and inherited. */
export type Operation = GrowOperation | ReplaceOperation | SnapshotOperation;

export interface ReplaceOperation {
  readonly kind: 'replace';
  /** preparing: nothing was done to the node's client. down: it may be down because of us. proved: only the cleanup is missing. */
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
  /** The owner's own pruning, for which the client is stopped: `down` from before its command until its proof. Absent where the volume grows. */
  readonly prune?: PruneMemory;
}

/** What the proof of a pruning needs. */
export interface PruneMemory {
  readonly command: string;
  /** The height at which its client was stopped; null where nobody knows it. */
  readonly height: number | null;
}

/** The last pruning of a node: written before the command is sent, so that it is sent once. */
export interface PruneNote {
  /** "<incident>/<attempt>", whose it is. */
  readonly key: string;
  readonly command: string;
  readonly volumeId: string;
  readonly atMs: number;
  /** By the node's own word, right before and once its client was proved to follow. null: nobody knows. */
  readonly usedBytesBefore: number;
  readonly usedBytesAfter: number | null;
  /** Absent until it is known that it is over. `unknown` is never taken for done. */
  readonly ended?: { readonly as: 'done' } | { readonly as: 'failed' | 'unknown'; readonly reason: string };
}

/** One intended ModifyVolume; budgets count intents, because an answer can be lost. */
export interface ModificationIntent {
  readonly volumeId: string;
  readonly toGiB: number;
  readonly atMs: number;
}

/** The last reported progress of slow work in a heal. */
export interface Progress {
  readonly incidentId: string;
  /** The work, always in the same words while it lasts. */
  readonly what: string;
  /** 0 to 100. */
  readonly percent: number;
  /** null where it is not known. */
  readonly etaSeconds: number | null;
  readonly atMs: number;
}

export interface NodeRecord {
  /** The fleet under whose name the node was held last. A person may have given it another name since. */
  readonly fleet: string;
  readonly instanceId: string;
  /** ARN of the execution that holds the node; null when it is free. */
  readonly owner: string | null;
  /** Raised by every grant; the node refuses commands with a lower one. */
  readonly fence: number;
  /** Until this time a command that was sent may still run on the node, ms since the epoch. Survives grants. */
  readonly quietAfterMs: number;
  readonly operation: Operation | null;
  /**
   * Since when a client that the full disk or a heal has stopped must be started again, ms since the epoch. It is written before the command that
   * starts the client, and removed by the proof. So a later heal continues if this one dies or gives up in between. Absent where no client has to be
   * started.
   */
  readonly clientOwedSinceMs?: number;
  /**
   * The incident of a disk in which an attempt found the client down while the disk was not full: the disk did not stop it, however full it is later.
   * Absent where the client was seen running since, and where nobody has seen that.
   */
  readonly downBeforeFull?: string;
  /** The last pruning by its owner's command, whatever came of it; absent before the first. */
  readonly pruned?: PruneNote;
  /** Intents of the last 24 h, oldest first. */
  readonly modifications: readonly ModificationIntent[];
  /** Progress of the heal that holds the node. Absent where it has reported none. */
  readonly progress?: Progress;
  /** Of a throw-away instance: when DynamoDB forgets it, seconds since the epoch. Absent for nodes. */
  readonly expiresAt?: number;
  readonly version: number;
}

/** The heals of nodes: what they have open on a node, everybody who acts on nodes has to know. */
export const HEAL_KINDS = ['resize-volume', 'replace-node', 'snapshot-node'] as const satisfies readonly HealKind[];
/** The heal that does nothing to any node: only the dispatcher, itself and people read its incidents, so that they keep nobody waiting. */
export const DRILL_KIND = 'audit-snapshots' satisfies HealKind;

/** Every function that writes state, by the folder of its sources. */
export const WRITERS = [
  'watch-fleet',
  'register-nodes',
  'rotate-peers',
  'dispatch-heal',
  ...HEAL_KINDS,
  DRILL_KIND,
  'prune-retired',
  'seed-groups',
  'check-readiness',
  'watch-releases',
] as const;
export type Writer = (typeof WRITERS)[number];

/**
 * Partition keys. A fleet's name holds no "#" (shared/fleet/schema.ts), so no fleet reaches another's partition; `*` in its place gives the pattern
 * of all fleets.
 */
export const partitions = {
  /** A function's own memory of a fleet, also for its readers; no other function writes it. */
  own: (fleet: string, writer: Writer): string => `FLEET#${fleet}#${writer}`,
  /** Incidents that one kind of heal works on: dispatch-heal opens them, that heal claims and concludes them. */
  incidents: (fleet: string, heal: HealKind): string => `INCIDENT#${fleet}#${heal}`,
  /** Leases and open operations, by instance and whatever its fleet is called: dispatch-heal and all heals. */
  nodes: (): string => 'NODE',
  /** The fleet's turn to replace or stop a node: replace-node and snapshot-node. */
  turn: (fleet: string): string => `TURN#${fleet}`,
  /** What heals have put away: replace-node, snapshot-node, and prune-retired, which removes it. */
  kept: (fleet: string): string => `KEPT#${fleet}`,
  /** Budgets that all fleets share: replace-node. */
  account: (): string => 'ACCOUNT',
  /** Lines of one function. No function may read the journal. */
  journal: (fleet: string, writer: Writer): string => `JOURNAL#${fleet}#${writer}`,
} as const;

/** The heal that works on incidents of this trigger. @throws TypeError where the text is no trigger */
export function healOf(text: string): HealKind {
  const trigger = readTrigger(text);
  if (trigger === null) throw new TypeError(`no heal works on ${plainText(JSON.stringify(text), 100)}`);
  if (trigger.kind === 'disk') return 'resize-volume';
  if (trigger.subject === 'drill') return DRILL_KIND;
  return trigger.subject === 'clean' ? 'snapshot-node' : 'replace-node';
}

/** READINESS: what check-readiness found at its last look at a fleet. */
export interface ReadinessRecord extends PageMemory {
  /**
   * By the node's name, and by the heal: y it would work, n it would not, - the fleet does not want it, ? nobody has ever known. What is not known at a look
   * stays as it was before.
   */
  readonly heals: Readonly<Record<string, Readonly<Record<ReadinessColumn, 'y' | 'n' | '-' | '?'>>>>;
  /** "swap of node2": heals that people were told are lost, and that would not work at the last look either. Absent in records of earlier versions. */
  readonly lost?: readonly string[];
  /** By what they do, whether the owner's commands would have been run. Absent in records of earlier versions, and where the fleet has none. */
  readonly trials?: Readonly<Record<string, 'y' | 'n'>>;
  readonly notifications: readonly [];
  readonly version: number;
}

/** The rungs of the ladder, and the heals beside it. */
export type ReadinessColumn = 'grow' | 'restart' | 'stop-start' | 'swap' | 'replace' | 'snapshot' | 'move';

export const noReadiness: ReadinessRecord = { heals: {}, notifications: [], version: 0 };

/** UPGRADE: the last upgrade of a fleet that a person has asked for. How far it is, its incidents tell. */
export interface UpgradeRecord extends PageMemory {
  readonly to: string;
  /** The first block that only this version makes; absent where the nodes are upgraded one after the other. */
  readonly atHeight?: number;
  /** Each node gets another instance, which runs the version beside it first; absent where the version is switched on the node. */
  readonly strategy?: 'blue-green';
  /** The version is tried on a copy of the first node's data before any node gets it; absent where it is not. */
  readonly rehearse?: true;
  /** Only what was begun since then is part of it, ms since the epoch. */
  readonly askedAtMs: number;
  /** When a node was first seen to stand below `atHeight`, ms since the epoch. */
  readonly reachedAtMs?: number;
  readonly state: 'under-way' | 'done' | 'ended';
  /** How it ended; absent while it is under way. */
  readonly reason?: string;
  /** Versions of upgrades before it, however those ended, the newest last: none of them is begun without a person. Absent: none is known. */
  readonly tried?: readonly string[];
  readonly version: number;
}

/** SNAPSHOTS: what the round of clean snapshots has told people of. */
export interface SnapshotPagesRecord extends PageMemory {
  readonly version: number;
}

/** RELEASES: what watch-releases found at its last look at a fleet. `client` is the one that is watched, `consensus` the one beside it. */
export interface ReleasesRecord extends PageMemory {
  /** The newest release of its feed; null: nobody knows. */
  readonly newest: Readonly<Record<'client' | 'consensus', string | null>>;
  /** The newest release that people were told of, or that every node ran when it was first seen. */
  readonly told: Readonly<Record<'client' | 'consensus', string | null>>;
  /** Since when the feed cannot be read; null: it could. */
  readonly failing: Readonly<
    Record<'client' | 'consensus', { readonly sinceMs: number; readonly isTold: boolean } | null>
  >;
  /** The version that has to run and when, as words; how often people were told of it; null where the file names none. */
  readonly deadline: { readonly key: string; readonly stage: number; readonly isMet: boolean } | null;
  /** The chain's height at a look of half a day ago or more: its pace follows from it. */
  readonly tip: { readonly height: number; readonly atMs: number } | null;
  /** Nodes that run an older release than the newest; null: nobody knows. */
  readonly behind: number | null;
  /** Until the version has to run; null: there is no such date, it is met, or nobody knows. */
  readonly hoursLeft: number | null;
  /** What `releases.auto` lets the fleet be upgraded to, as `client.versions` names it, and when that was seen; null or absent: nothing. */
  readonly patch?: { readonly to: string; readonly atMs: number } | null;
  readonly notifications: readonly [];
  readonly version: number;
}

export type ReleasePageCode = 'release-available' | 'releases-unread' | 'upgrade-due' | 'upgrade-near';

const NEITHER = { client: null, consensus: null } as const;
export const noReleases: ReleasesRecord = {
  ...{ newest: NEITHER, told: NEITHER, failing: NEITHER, deadline: null, tip: null, behind: null, hoursLeft: null },
  ...{ notifications: [], version: 0 },
};
