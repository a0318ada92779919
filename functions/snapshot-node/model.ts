// The words of a clean snapshot: what is read before a decision, what is known by then, the one act that is decided, and its result.
import type { VolumeNow } from '../../shared/aws/volumes.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import type { Approval, Terms } from '../../shared/heal/approval.ts';
import type { Ending } from '../../shared/heal/ending.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { PlanWords } from '../../shared/model/journal-fields.ts';
import type { NodeAnswer, NodeState } from '../../shared/node-commands/node-answer.ts';

/** One snapshot that this incident has taken. */
export interface Taken {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly setId: string;
  readonly parts: number;
  readonly state: 'pending' | 'completed' | 'error' | 'recoverable' | 'recovering';
  readonly startedAtMs: number;
  readonly quarantined: string | null;
}

/** Everything that says whether this node may be stopped for a snapshot now. */
export interface Facts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly role: Role;
  /** null: EC2 does not know the instance any more. */
  readonly instance: {
    readonly state: string;
    readonly availabilityZone: string;
    readonly rootVolumeId: string | null;
  } | null;
  /** All that are attached to the instance. */
  readonly volumes: readonly VolumeNow[];
  /** The fleet's nodes as watch-fleet saw them within the last three minutes, and when it saw this one. */
  readonly nodes: readonly ObservedNode[];
  readonly observedAtMs: number | null;
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  readonly chainId: string | null;
  /** What a heal of before has begun on this node and not ended. */
  readonly open: SnapshotOperation | null;
  readonly taken: readonly Taken[];
}

export interface Volume {
  readonly role: string;
  readonly path: string;
  readonly volumeId: string;
}

/** What the client left behind when it had ended. */
export interface Evidence {
  readonly exitStatus: number;
  readonly lastLine: string;
  readonly seconds: number;
}

/** What this execution knows: made anew from its checkpoints whenever it is replayed. */
export interface Progress {
  readonly claimed: boolean;
  /** null: to be read before anything is decided. */
  readonly facts: Facts | null;
  /** What a person has said yes to. */
  readonly approved: Terms | null;
  readonly holder: Holder | null;
  /** Of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** What the node said of itself under this fence. */
  readonly seen: NodeState | null;
  /** Of NODE, as it was found or written last. */
  readonly operation: SnapshotOperation | null;
  /** An attempt before this one had stopped the client, or was about to: this one puts it back, and takes no snapshot. */
  readonly inherited: boolean;
  readonly leftPool: boolean;
  /** It was called, and nobody knows what came of it. */
  readonly interrupted: string | null;
  readonly reconciled: boolean;
  /** The node itself has said that its client runs. */
  readonly running: boolean;
  /** Commands to start it that did not lead there. */
  readonly failedStarts: number;
  /** The last of them were not answered at all. */
  readonly silent: boolean;
  readonly proof: string | null;
  readonly unproved: boolean;
  /** The set must not be used, and why. */
  readonly spoiled: string | null;
  readonly quarantined: boolean;
  readonly released: boolean;
  readonly registered: boolean;
  readonly completed: boolean;
  readonly ending: Ending | null;
  readonly told: boolean;
  /** Every command that was sent has been answered. */
  readonly commandsOver: boolean;
  /** The highest fence that the node knows, where that is above ours. */
  readonly seenFence: number;
  /** Steps that kept failing once the client was down. */
  readonly errors: number;
  /** The lease is somebody else's: nothing may be done or written any more. */
  readonly lost: boolean;
}

export type Act =
  | { readonly do: 'claim' }
  | { readonly do: 'look' }
  | { readonly do: 'ask'; readonly sentence: string; readonly words: PlanWords; readonly terms: Terms }
  | { readonly do: 'lease' }
  /** The first word to the node: it raises the fence, and says how it is. */
  | { readonly do: 'inspect' }
  | { readonly do: 'leave-pool'; readonly operation: SnapshotOperation; readonly reason: string }
  | { readonly do: 'stop'; readonly operation: SnapshotOperation }
  | { readonly do: 'take'; readonly operation: SnapshotOperation; readonly facts: Facts }
  | { readonly do: 'start'; readonly operation: SnapshotOperation; readonly reason: string }
  /** Whether what was called and never answered has happened. */
  | { readonly do: 'reconcile'; readonly operation: SnapshotOperation }
  | { readonly do: 'quarantine'; readonly operation: SnapshotOperation; readonly why: string }
  | { readonly do: 'prove'; readonly operation: SnapshotOperation }
  | { readonly do: 'settle'; readonly operation: SnapshotOperation; readonly reason: string }
  | { readonly do: 'release'; readonly keepOperation: boolean }
  /** The names and the pool follow what is true now. */
  | { readonly do: 'register' }
  | { readonly do: 'await'; readonly snapshots: readonly Part[] }
  | { readonly do: 'conclude'; readonly ending: Ending }
  | { readonly do: 'end'; readonly ending: Ending | null };

export interface Part {
  readonly snapshotId: string;
  readonly role: string | null;
}

/** lost: the lease is somebody else's. */
type Lost = { readonly lost: true };

/** over: it was not answered, and can no longer run. */
export type Answered = { readonly answer: NodeAnswer } | { readonly over: string };

export interface Results {
  readonly claim: { readonly mine: true } | { readonly end: string };
  readonly look: Facts | Refusal;
  readonly ask: Approval;
  readonly lease: { readonly holder: Holder; readonly operation: SnapshotOperation | null } | { readonly busy: string };
  readonly inspect: Answered | Refusal | Lost;
  readonly 'leave-pool': { readonly left: true } | Refusal | Lost;
  /** `down`: whether the client may be down all the same, by an earlier run of the step. */
  readonly stop: Answered | (Refusal & { readonly down: boolean }) | Lost;
  readonly take: /** `whole`: of all volumes, and of no others. */
    | { readonly memory: SnapshotMemory; readonly whole: boolean }
    | { readonly interrupted: string; readonly memory: SnapshotMemory }
    | { readonly failed: string; readonly page: boolean }
    | Refusal
    | Lost;
  readonly start: (Answered & { readonly memory: SnapshotMemory }) | Refusal | Lost;
  readonly reconcile:
    | { readonly memory: SnapshotMemory; readonly whole: boolean; readonly lastStartedAtMs: number }
    | { readonly none: true }
    | Lost;
  readonly quarantine: { readonly done: true };
  readonly prove: { readonly proved: string } | { readonly unproved: string; readonly blames: boolean };
  readonly settle: { readonly written: true } | Lost;
  readonly release: { readonly done: true };
  readonly register: { readonly done: true };
  readonly await: { readonly completed: string } | { readonly failed: string };
  readonly conclude: { readonly written: boolean };
}

export const initial: Progress = {
  claimed: false,
  facts: null,
  approved: null,
  holder: null,
  ordinal: 0,
  seen: null,
  operation: null,
  inherited: false,
  leftPool: false,
  interrupted: null,
  reconciled: false,
  running: false,
  failedStarts: 0,
  silent: false,
  proof: null,
  unproved: false,
  spoiled: null,
  quarantined: false,
  released: false,
  registered: false,
  completed: false,
  ending: null,
  told: false,
  commandsOver: true,
  seenFence: 0,
  errors: 0,
  lost: false,
};
