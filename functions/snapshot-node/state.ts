// The types of a clean snapshot: what is read before a decision, the progress of the attempt, and its acts with their results.
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import type { Approval, Terms } from '../../shared/heal/approval.ts';
import type { Changed, Claimed } from '../../shared/heal/claim.ts';
import type { ActContext, HealContext } from '../../shared/heal/context.ts';
import type { ActOf } from '../../shared/heal/engine.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { Lost } from '../../shared/heal/mutation.ts';
import type { Awaited } from '../../shared/heal/node-commands.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { PlanWords } from '../../shared/model/journal-fields.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { NodeAnswer, NodeState } from '../../shared/node-commands/node-answer.ts';

export const ENVIRONMENT = [
  'INSPECT_NODE_DOCUMENT',
  'STOP_CLIENT_DOCUMENT',
  'START_CLIENT_DOCUMENT',
  'REGISTER_NODES_FUNCTION',
] as const;

export type Variable = (typeof ENVIRONMENT)[number];
export type SnapshotContext = HealContext<SnapshotPayload, Variable>;
export type SnapshotActContext = ActContext<SnapshotContext>;

/** One snapshot that this incident has taken. */
export interface TakenSnapshot {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly setId: string;
  readonly parts: number;
  readonly state: 'pending' | 'completed' | 'error' | 'recoverable' | 'recovering';
  readonly startedAtMs: number;
  readonly quarantined: string | null;
}

/** Everything that decides whether this node may be stopped for a snapshot now. */
export interface SnapshotFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly role: Role;
  /** null: EC2 does not know the instance any more. */
  readonly instance: {
    readonly state: string;
    readonly availabilityZone: string;
    readonly rootVolumeId: string | null;
  } | null;
  /** All volumes that are attached to the instance. */
  readonly volumes: readonly VolumeDescription[];
  /** The fleet's nodes as watch-fleet saw them within the last three minutes, and when it saw this one. */
  readonly nodes: readonly ObservedNode[];
  readonly observedAtMs: number | null;
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  readonly chainId: string | null;
  /** What an earlier heal has begun on this node and not ended. */
  readonly open: SnapshotOperation | null;
  /** A heal has left its client stopped, and nobody has seen it run since. Absent otherwise. */
  readonly leftStopped?: true;
  /** Attempts of this incident that failed. */
  readonly failures: number;
  readonly taken: readonly TakenSnapshot[];
}

export interface DonorVolume {
  readonly role: string;
  readonly path: string;
  readonly volumeId: string;
}

/** The traces of the client after it had ended. */
export interface Evidence {
  readonly exitStatus: number;
  readonly lastLine: string;
  readonly seconds: number;
}

/** The lease, and what is known of the commands that were sent under it. */
export interface LeaseState {
  readonly holder: Holder;
  /** Ordinal of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** Every command that was sent has been answered. */
  readonly commandsOver: boolean;
  /** The highest fence that the node knows, if it is above ours. */
  readonly seenFence: number;
}

/**
 * The progress of this attempt: computed again from its checkpoints at each replay.
 *
 * unclaimed → planning → preparing → down → releasing → released. An attempt that gives up leaves planning for released, and preparing for releasing.
 * lost: the attempt or the lease is somebody else's, so nothing may be done or written any more.
 */
export type Progress =
  | { readonly at: 'unclaimed' }
  | { readonly at: 'lost' }
  | Planning
  | Preparing
  | ClientDown
  | Releasing
  | Released;

/** No lease is held yet. */
export interface Planning {
  readonly at: 'planning';
  /** null: to be read before anything is decided. */
  readonly facts: SnapshotFacts | null;
  /** The terms that a person has approved. */
  readonly approved: Terms | null;
  /** The record says that an earlier attempt has stopped the client. Absent otherwise. */
  readonly owesStart?: true;
}

/** The node is held, and nothing has been done to its client. */
export interface Preparing {
  readonly at: 'preparing';
  readonly held: LeaseState;
  readonly facts: SnapshotFacts | null;
  /** The node's own answer under this fence. */
  readonly seen: NodeState | null;
  /** As written on NODE once the node has left the pool; null before. */
  readonly operation: SnapshotOperation | null;
}

/** The client may be down because of us. */
export interface ClientDown {
  readonly at: 'down';
  readonly held: LeaseState;
  /** Of NODE, as it was last found or written. */
  readonly operation: SnapshotOperation;
  readonly origin: Origin;
  readonly client: DonorClient;
  /** CreateSnapshots. unknown: it may have been called, and its end was not seen. settled: checked, and it did not happen. */
  readonly call: 'none' | 'unknown' | 'settled';
  /** null: not checked yet. */
  readonly proof: { readonly proved: string } | { readonly unproved: true } | null;
  /** Why the set must not be used, and whether its snapshots say so. */
  readonly spoiled: { readonly why: string; readonly quarantined: boolean } | null;
  /** Steps that kept failing since the client went down. */
  readonly errors: number;
  /** The ending that was already reported; null while nothing went wrong. */
  readonly ending: Ending | null;
}

/** The attempt that has stopped the client, or was about to. A later attempt puts the client back, and takes no snapshot. */
type Origin =
  | { readonly by: 'this attempt'; readonly facts: SnapshotFacts }
  /** heard: the node has answered under this fence. */
  | { readonly by: 'an attempt before'; readonly heard: boolean };

type DonorClient =
  /** sentAtMs: of the command that has started it; those before it did not. */
  | { readonly is: 'running'; readonly sentAtMs: number }
  /**
   * failedStarts: commands that did not start it. unheard: why the node has not answered the last command; null where it has. isPersons: it ran again since
   * our stop, and somebody has stopped it; absent otherwise.
   */
  | {
      readonly is: 'stopped';
      readonly failedStarts: number;
      readonly unheard: Unheard | null;
      readonly isPersons?: true;
    };

/** Why a node has not answered: nothing could be sent to it, or it takes no commands, as its refusal says; or it was sent, and nothing came. */
export type Unheard = { readonly refusal: Refusal } | { readonly silent: string };

/** Only the release is missing on the node. */
export interface Releasing {
  readonly at: 'releasing';
  readonly held: LeaseState;
  readonly pool: PoolState;
  readonly remaining: RemainingWork;
  /** Its client was seen running after it was told to start. Absent where nothing was done to it. */
  readonly isUp?: true;
}

/** The node was released, or never held. */
export interface Released {
  readonly at: 'released';
  readonly pool: PoolState;
  readonly remaining: RemainingWork;
  /** Absent where it was held. */
  readonly neverHeld?: true;
}

/** out: register-nodes must still update the pool to the present state of the node. */
export type PoolState = 'in' | 'out';

/** What is left to do once the node is released. */
export type RemainingWork =
  | { readonly is: 'copying'; readonly memory: SnapshotMemory }
  | { readonly is: 'untold'; readonly ending: Ending }
  | { readonly is: 'told'; readonly ending: Ending };

export interface SnapshotPart {
  readonly snapshotId: string;
  readonly role: string | null;
}

export type CommandConclusion = Awaited<NodeAnswer>;

/** `from`: the progress that the act was decided from. */
export interface Acts {
  readonly claim: {
    readonly args: object;
    readonly result: Exclude<Claimed, { readonly mine: true }> | { readonly mine: true; readonly owesStart: boolean };
  };
  readonly look: { readonly args: { readonly from: Planning | Preparing }; readonly result: SnapshotFacts | Refusal };
  readonly ask: {
    readonly args: {
      readonly from: Planning;
      readonly sentence: string;
      readonly words: PlanWords;
      readonly terms: Terms;
    };
    readonly result: Approval | Refusal;
  };
  readonly lease: {
    readonly args: object;
    readonly result:
      | { readonly holder: Holder; readonly operation: SnapshotOperation | null }
      | { readonly busy: string };
  };
  /** The first command to the node: it raises the fence, and reads the node's state. */
  readonly inspect: {
    readonly args: { readonly from: Preparing | ClientDown };
    readonly result: CommandConclusion | Refusal | Lost;
  };
  readonly 'leave-pool': {
    readonly args: {
      readonly from: Preparing;
      readonly facts: SnapshotFacts;
      readonly operation: SnapshotOperation;
      readonly reason: string;
    };
    readonly result: { readonly left: true } | Refusal | Lost;
  };
  readonly stop: {
    readonly args: { readonly from: Preparing; readonly facts: SnapshotFacts; readonly operation: SnapshotOperation };
    /** `untilMs`: from then on the timer on its node may have started the client. `down`: whether the client may be down nevertheless, through an earlier run of the step. */
    readonly result:
      | (CommandConclusion & { readonly untilMs?: number })
      | (Refusal & { readonly down: boolean })
      | Lost;
  };
  readonly take: {
    readonly args: { readonly from: ClientDown; readonly facts: SnapshotFacts };
    /** `whole`: of all volumes, and of no others. */
    readonly result:
      | { readonly memory: SnapshotMemory; readonly whole: boolean }
      | { readonly interrupted: string; readonly memory: SnapshotMemory }
      /** isPassing: AWS itself failed, and the call certainly had no effect. */
      | { readonly failed: string; readonly page: boolean; readonly isPassing?: true }
      | Refusal
      | Lost;
  };
  readonly start: {
    readonly args: { readonly from: ClientDown; readonly reason: string };
    readonly result:
      | (CommandConclusion & { readonly memory: SnapshotMemory; readonly sentAtMs: number })
      | Refusal
      | Lost;
  };
  /** Whether a call without an answer has happened. */
  readonly reconcile: {
    readonly args: { readonly from: ClientDown };
    readonly result: { readonly memory: SnapshotMemory; readonly whole: boolean } | { readonly none: true } | Lost;
  };
  readonly prove: {
    readonly args: { readonly from: ClientDown };
    /** `blames`: the data that the client came up with are faulty. */
    readonly result:
      | { readonly proved: string }
      | { readonly unproved: string; readonly blames: boolean }
      | { readonly unseen: string };
  };
  readonly quarantine: {
    readonly args: { readonly from: ClientDown; readonly why: string };
    readonly result: { readonly done: true };
  };
  readonly settle: { readonly args: { readonly from: ClientDown; readonly reason: string }; readonly result: Changed };
  readonly release: {
    readonly args: { readonly from: ClientDown | Releasing; readonly keepOperation: boolean };
    readonly result: { readonly done: true };
  };
  /** register-nodes updates the names and the pool to the present state. */
  readonly register: { readonly args: { readonly from: Released }; readonly result: { readonly done: true } };
  readonly await: {
    readonly args: { readonly from: Planning | Released; readonly snapshots: readonly SnapshotPart[] };
    readonly result: { readonly completed: string } | { readonly failed: string };
  };
  readonly conclude: {
    readonly args: { readonly from: Planning | Preparing | Released; readonly ending: Ending };
    readonly result: { readonly written: boolean };
  };
}

export type Act<Name extends keyof Acts = keyof Acts> = ActOf<Acts, Name>;
