// The types of a drill: what is read before a decision, the progress of the attempt, and its acts with their results.
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import type { Launch } from '../../shared/aws/launch.ts';
import type { ReadFolder } from '../../shared/chains/start-files.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { Track } from '../../shared/fleet/observation.ts';
import { UNTRACKED } from '../../shared/fleet/progress.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import type { Approval, Terms } from '../../shared/heal/approval.ts';
import type { Claimed } from '../../shared/heal/claim.ts';
import type { ActContext, HealContext } from '../../shared/heal/context.ts';
import type { Drill, DrilledPart, DrillRecord, DrillVerdict } from '../../shared/heal/drill.ts';
import type { ActOf } from '../../shared/heal/engine.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { PlanWords } from '../../shared/model/journal-fields.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { SnapshotSet } from '../../shared/snapshots/model.ts';

export const ENVIRONMENT = [
  'INSPECT_NODE_DOCUMENT',
  'RESTART_CLIENT_DOCUMENT',
  'START_CLIENT_DOCUMENT',
  'ASK_NODE_DOCUMENT',
] as const;

export type Variable = (typeof ENVIRONMENT)[number];
export type DrillContext = HealContext<DrillPayload, Variable>;
export type DrillActContext = ActContext<DrillContext>;

/** Everything that decides whether a drill begins now, and of which set. */
export interface DrillFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly record: DrillRecord;
  /** Of the node that is imitated. */
  readonly role: Role;
  /** The node that is imitated; null: EC2 does not know it any more. */
  readonly pattern: InstanceDescription | null;
  /** Its data volumes, in the order of the fleet file, each with a snapshot still to be named; null where they cannot all be told. */
  readonly shapes: readonly Omit<DrilledPart, 'snapshotId'>[] | null;
  readonly launchTemplate: Launch['launchTemplate'] | null;
  /** Of the fleet file; else the imitated node's own first, and those of its siblings. */
  readonly subnetIds: readonly string[];
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  /** What an hour of the drill costs, about. */
  readonly usdPerHour: number;
  /** The newest block that is believed; null where nobody knows it. */
  readonly tip: number | null;
  /** Heals of the fleet that are under way or wait: they may need the quota of the account. */
  readonly heals: readonly string[];
  /** Sets that heals would use. */
  readonly good: readonly SnapshotSet[];
  readonly refused: readonly { readonly setId: string; readonly why: string }[];
  /** Absent where a node is imitated. */
  readonly copies?: CopiesFacts;
}

/** What is known where a fleet has copies of another region alone. */
export interface CopiesFacts {
  /** The newest copy that is completed, by when it began to come, ms since the epoch; null: there is none. */
  readonly newestAtMs: number | null;
  /** Copies that have come since then and failed, newest first. */
  readonly failed: readonly string[];
  /** Of the launch template; null where it cannot be read, or names none. */
  readonly instanceType: string | null;
}

/**
 * The progress of this attempt: computed again from its checkpoints at each replay.
 *
 * unclaimed → planning → running → removing → removed. What an attempt before has left is removed first, and nothing is tried then.
 */
export type Progress =
  | { readonly at: 'unclaimed' }
  | { readonly at: 'lost' }
  | Planning
  | Running
  | Removing
  | { readonly at: 'removed'; readonly ending: Ending; readonly isTold: boolean };

/** Nothing is made yet. */
export interface Planning {
  readonly at: 'planning';
  /** null: to be read before anything is decided. */
  readonly facts: DrillFacts | null;
  /** The terms that a person has approved. */
  readonly approved: Terms | null;
}

/** The record says what there is, or is about to be. */
export interface Running {
  readonly at: 'running';
  readonly drill: Drill;
  /** It runs, and its agent answers. */
  readonly isUp: boolean;
  /** The lease of the throw-away instance; null until it answers. */
  readonly held: Holder | null;
  /** Ordinal of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** Its last answer. */
  readonly seen: NodeState | null;
  /** Commands that came too late, or that nobody answered, since the last one that was carried out. */
  readonly unanswered: number;
  /** How often it was asked whether its first boot is over. */
  readonly asked: number;
  /** The version that is tried is what a start would start; true where none is tried. */
  readonly isEnabled: boolean;
  /** Since when its client was told to run, ms since the epoch. */
  readonly upSinceMs: number | null;
  /** The client says nothing: its node is asked how it is. */
  readonly isSilent: boolean;
  readonly climb: Climb;
  /** What its volumes held right after the start; null where nobody knows. */
  readonly usedBytes: number | null;
  /** The version that is tried has caught up: what it did to the data is measured, and then all of it goes. */
  readonly proved: VerifiedVerdict | null;
  /** The set is verified: its node is asked what its client has read until then, before anything else is done to it. null: not yet, or it was asked. */
  readonly unread: VerifiedVerdict | null;
  /** The set is verified, whatever comes: what is tried now is a command of the owner's. null: none is begun, or asked for. */
  readonly trial: Trial | null;
}

type VerifiedVerdict = Extract<DrillVerdict, { readonly is: 'verified' }>;

/** The owner's commands that are tried on a copy, in this order. */
export type TriedCommand = 'roll-back' | 'prune' | 'reindex';

export interface Trial {
  readonly of: TriedCommand;
  /** The verdict on the set. */
  readonly proved: DrillVerdict;
  /** The command was carried out, and its client has to prove itself. */
  readonly isDone: boolean;
}

/** Everything goes, whatever came of it. */
export interface Removing {
  readonly at: 'removing';
  readonly drill: Drill;
  /** Made before this attempt, and what was found, if anything, is no answer to this incident. */
  readonly isInherited: boolean;
  /** Whether the snapshots say what was found; they need not where nothing was. */
  readonly isMarked: boolean;
}

/** How far the client has come. */
export interface Climb {
  /** The first height that it told, and when, ms since the epoch; null and 0 before. */
  readonly first: number | null;
  readonly firstAtMs: number;
  readonly best: number | null;
  /** What moves of it. */
  readonly track: Track;
  /** When it answered last, ms since the epoch; 0 before. */
  readonly heardAtMs: number;
  /** How often it told a height. */
  readonly times: number;
}

export const NO_CLIMB: Climb = { first: null, firstAtMs: 0, best: null, track: UNTRACKED, heardAtMs: 0, times: 0 };

/** A command that did not come to anything. `again`: it may be sent again. `isLate`: it came after its start-by, and was certainly not begun. */
export interface NotCarriedOut {
  readonly failed: string;
  readonly again: boolean;
  readonly isLate?: true;
}

/** What is remembered of the copies, beside when the next look is due. */
export type CopiesNote = Pick<DrillRecord, 'copiesSinceMs' | 'copiesToldAtMs'>;

/** What a drill has made and that is still there. */
export interface Left {
  readonly ids: readonly string[];
  /** AWS's own words. */
  readonly refused: string | null;
}

/** `from`: the progress that the act was decided from. */
export interface Acts {
  readonly claim: { readonly args: object; readonly result: Claimed };
  readonly look: { readonly args: { readonly from: Planning }; readonly result: DrillFacts | Refusal };
  readonly ask: {
    readonly args: {
      readonly from: Planning;
      readonly sentence: string;
      readonly words: PlanWords;
      readonly terms: Terms;
    };
    readonly result: Approval;
  };
  /** What an execution before has left becomes this one's, if that one has ended. */
  readonly adopt: {
    readonly args: { readonly drill: Drill };
    readonly result: { readonly drill: Drill } | { readonly busy: string };
  };
  /** The record is written before anything is made. */
  readonly begin: {
    readonly args: { readonly facts: DrillFacts; readonly drill: Drill; readonly reason: string };
    readonly result: { readonly drill: Drill } | { readonly busy: string } | Refusal;
  };
  readonly launch: {
    readonly args: { readonly from: Running };
    readonly result: { readonly instanceId: string } | { readonly failed: string; readonly isTold: boolean };
  };
  /** Until it runs and its agent answers. */
  readonly boot: {
    readonly args: { readonly from: Running };
    readonly result: { readonly up: true } | { readonly failed: string; readonly isTold: boolean };
  };
  /** Asks it, raising its fence. */
  readonly meet: {
    readonly args: { readonly from: Running };
    /** `seen`: null while its first boot goes on. */
    readonly result:
      | {
          readonly holder: Holder;
          readonly seen: null | { readonly state: NodeState } | { readonly verdict: DrillVerdict };
        }
      | NotCarriedOut;
  };
  /** The version that is tried takes the place of what the image enables, while nothing can start. */
  readonly enable: {
    readonly args: { readonly from: Running; readonly version: string };
    readonly result: { readonly enabled: true } | { readonly verdict: DrillVerdict } | NotCarriedOut;
  };
  /** Mounts the data without the identity of the node that they are of, unmasks the client and starts it. */
  readonly start: {
    readonly args: { readonly from: Running };
    readonly result:
      | { readonly upSinceMs: number; readonly usedBytes: number | null }
      | { readonly verdict: DrillVerdict }
      | NotCarriedOut;
  };
  /** Stops the client, runs the owner's own command on its data, and starts it again: as it would be done to a node. */
  readonly 'try-command': {
    readonly args: { readonly from: Running; readonly of: TriedCommand; readonly command: string };
    readonly result:
      | {
          readonly begunAtMs: number;
          readonly upSinceMs: number;
          /** What its volumes held right before and right after it; null where nobody could tell. */
          readonly usedBytes: { readonly before: number; readonly after: number } | null;
        }
      | { readonly verdict: DrillVerdict; readonly begunAtMs: number }
      | NotCarriedOut;
  };
  readonly prove: {
    readonly args: { readonly from: Running; readonly upSinceMs: number };
    readonly result: { readonly verdict: DrillVerdict } | { readonly silent: true; readonly climb: Climb };
  };
  /** Asks its node which folders its client has read since it was started on them. */
  readonly learn: {
    readonly args: { readonly from: Running; readonly verdict: VerifiedVerdict };
    /** null: nobody can tell. */
    readonly result: { readonly read: readonly ReadFolder[] | null };
  };
  /** Asks its node once more how full its volumes are. */
  readonly measure: {
    readonly args: { readonly from: Running };
    readonly result: { readonly usedBytes: number | null };
  };
  /** The verdict on the record, and on the snapshots. */
  readonly mark: {
    readonly args: { readonly from: Removing; readonly verdict: DrillVerdict };
    readonly result: { readonly verdict: DrillVerdict };
  };
  readonly remove: {
    readonly args: { readonly from: Removing };
    readonly result:
      | { readonly gone: Drill; readonly atMs: number }
      | { readonly left: Left }
      | { readonly lost: true };
  };
  /** A drill that does not begin is looked at again later. */
  readonly defer: {
    readonly args: { readonly ending: Ending; readonly againMs: number; readonly note?: CopiesNote };
    readonly result: { readonly done: true };
  };
  readonly conclude: { readonly args: { readonly ending: Ending }; readonly result: { readonly written: boolean } };
}

export type Act<Name extends keyof Acts = keyof Acts> = ActOf<Acts, Name>;
