// The acts of resize-volume: the arguments and the result of each. The state of the heal is the next act, with all that it needs.
import type { MetricsClients } from '../../shared/aws/clients.ts';
import type { GrowPlan, PrunePlan, ResizeFacts } from '../../shared/growth/decide.ts';
import type { BackProof } from '../../shared/heal/back-proof.ts';
import type { Changed, Claimed, Leased } from '../../shared/heal/claim.ts';
import type { ActContext, HealContext } from '../../shared/heal/context.ts';
import type { ActOf, End } from '../../shared/heal/engine.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { Interrupted, Lost } from '../../shared/heal/mutation.ts';
import type { Sent, SentCommand, Unanswered } from '../../shared/heal/node-commands.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { PruneMemory, PruneNote } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import type { NodeAnswer } from '../../shared/node-commands/node-answer.ts';
import type { GrowthPlan, NodeBaseline, ResizePlan } from './plan.ts';

/** Environment variables in addition to those of every heal. */
export const ENVIRONMENT = [
  'OBSERVE_NODE_DOCUMENT',
  'GROW_FILESYSTEM_DOCUMENT',
  'RESTART_CLIENT_DOCUMENT',
  'REGISTER_NODES_FUNCTION',
] as const;

export type ResizeContext = HealContext<ResizePayload, (typeof ENVIRONMENT)[number], MetricsClients>;
export type ResizeActContext = ActContext<ResizeContext>;

/** What is kept from the lease on. */
export interface LeaseState {
  readonly holder: Holder;
  /** Ordinal of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** The plan that a person approved, in mode ask. */
  readonly approved: ResizePlan | null;
  /** null until the node has acknowledged the fence. */
  readonly found: NodeBaseline | null;
  /** Nobody has approved more than to bring a client up that an attempt before has stopped. Absent otherwise. */
  readonly onlySettles?: true;
  /** In this mode nothing may be done but to finish what an attempt before has paid for. Absent otherwise. */
  readonly onlyFinishes?: true;
}

/** The client is stopped, or may be, for its owner's pruning. */
export interface Pruning {
  readonly memory: PruneMemory;
  /** What came of the command, as far as the node has said it. */
  readonly ended: NonNullable<PruneNote['ended']>;
  /** Somebody has stopped the client before the command came to it. */
  readonly isPersons?: true;
  /** Commands to start the client that did not bring it up. */
  readonly starts: number;
  /** Until then the command of an attempt before may keep the node busy, so that it answers nothing else, ms since the epoch; null: none can. */
  readonly openUntilMs: number | null;
  /** Since when the client may run again, ms since the epoch; null: it has not been told to. */
  readonly upSinceMs: number | null;
  /** Null until it is known whether the node follows its chain again. */
  readonly proof: BackProof | null;
}

/** `unit` is the index of one of the fleet file's units: a node with an execution and a beacon client is asked about each. */
export type Command =
  | { readonly operation: 'observe-node'; readonly unit: number }
  | {
      readonly operation: 'grow-filesystem';
      readonly unit: number;
      readonly volumeId: string;
      readonly toGiB: number;
      readonly startClient: boolean;
      /** The reason for the journal: the plan's own words. */
      readonly reason: string;
    };

/**
 * The purpose of the command under way. `silences`: how many of its commands were not answered. Each is guarded by state, so another one does no
 * harm.
 */
export type Goal =
  | { readonly for: 'fence' }
  | { readonly for: 'grow'; readonly plan: GrowthPlan; readonly silences: number }
  | { readonly for: 'verify'; readonly plan: GrowthPlan; readonly silences: number }
  /** How full the disk is once the node is proved after its pruning. */
  | { readonly for: 'measure'; readonly pruning: Pruning; readonly silences: number };

/** How the attempt ends. */
interface Conclusion {
  readonly ending: Ending;
  readonly commandsOver: boolean;
  /** The highest fence that the node knows, if it is above ours. */
  readonly seenFence?: number;
  /** The client may be down: the next attempt brings it up. */
  readonly keepOperation?: true;
}

interface Growing {
  readonly held: LeaseState;
  readonly plan: GrowPlan;
}

/** The intent is written and counted under this time. */
interface Intended extends Growing {
  readonly atMs: number;
}

interface Called extends Intended {
  /** How often EC2 has answered this modification with a server fault. */
  readonly faults: number;
}

export interface Acts {
  readonly claim: { readonly args: object; readonly result: Claimed };
  /** Before the lease: the facts that mode plan and mode ask use. */
  readonly survey: { readonly args: object; readonly result: ResizeFacts | Refusal };
  readonly ask: {
    readonly args: { readonly plan: ResizePlan };
    readonly result: { readonly approved: true } | Refusal;
  };
  /** `open`: an attempt before has stopped the client for its owner's pruning, and has not proved it. */
  readonly lease: {
    readonly args: Pick<LeaseState, 'approved' | 'onlySettles' | 'onlyFinishes'>;
    readonly result: Leased & { readonly open?: Pick<Pruning, 'memory' | 'ended'> };
  };
  readonly send: {
    readonly args: {
      readonly held: LeaseState;
      readonly command: Command;
      readonly goal: Goal;
      /** How long a client that was just started has to show that it stays up. */
      readonly afterSeconds: number;
    };
    readonly result: Sent;
  };
  readonly 'await-command': {
    readonly args: {
      readonly held: LeaseState;
      readonly sent: SentCommand;
      readonly unit: number;
      readonly goal: Goal;
    };
    readonly result: Answer | Unanswered;
  };
  /** Once the node has acknowledged the fence: only what is read from then on justifies an act on it. */
  readonly observe: {
    readonly args: { readonly held: LeaseState; readonly seen: Observation };
    readonly result: ResizeFacts | Refusal;
  };
  readonly reserve: {
    readonly args: Growing;
    readonly result: { readonly reserved: true; readonly atMs: number } | Refusal | Lost;
  };
  readonly intend: { readonly args: Intended; readonly result: Changed | Refusal };
  readonly modify: {
    readonly args: Called;
    readonly result: { readonly accepted: true } | Refusal | Lost | Interrupted;
  };
  /** Whether the modification that was intended at `atMs` happened: one that began before belongs to another attempt. */
  readonly reconcile: {
    readonly args: Called & Interrupted;
    readonly result: { readonly happened: boolean };
  };
  readonly 'await-modification': {
    readonly args: {
      readonly held: LeaseState;
      readonly plan: GrowthPlan;
      /** A modification that began before is not the awaited one; 0 for somebody else's, which has already begun. */
      readonly sinceMs: number;
    };
    readonly result: { readonly usable: true } | { readonly failed: string };
  };
  /** Written and reserved before anything is stopped; the node leaves the pool. */
  readonly 'begin-prune': {
    readonly args: { readonly held: LeaseState; readonly plan: PrunePlan };
    /** `not`: it is not pruned now, and what would have been done without its pruning is done. */
    readonly result: { readonly begun: true } | { readonly not: string } | Refusal | Lost;
  };
  /** Sent once: its client is stopped, the owner's command is run, and the client is started. */
  readonly prune: {
    readonly args: { readonly held: LeaseState; readonly plan: PrunePlan };
    readonly result: Told | Refusal | Lost;
  };
  /** Starts a client that does not run. Whatever came of the command before, it does not stay down. */
  readonly wake: {
    readonly args: { readonly held: LeaseState; readonly pruning: Pruning; readonly afterSeconds: number };
    readonly result: Told | Refusal | Lost;
  };
  readonly 'prove-back': {
    readonly args: { readonly held: LeaseState; readonly pruning: Pruning };
    readonly result: BackProof;
  };
  /** What it has freed is written down, and the node goes back into the pool. `seen`: null where it did not say how full it is. */
  readonly 'settle-prune': {
    readonly args: { readonly held: LeaseState; readonly pruning: Pruning; readonly seen: Observation | null };
    readonly result: { readonly settled: PruneNote | null } | Lost;
  };
  readonly prove: { readonly args: { readonly held: LeaseState; readonly reason: string }; readonly result: Changed };
  readonly conclude: {
    readonly args: Conclusion & { readonly held: LeaseState | null };
    readonly result: { readonly written: boolean };
  };
  readonly release: {
    readonly args: Conclusion & { readonly held: LeaseState };
    readonly result: { readonly done: true };
  };
}

/** A command on the node's clients, and when it was over. */
export interface Told {
  readonly atMs: number;
  readonly answer: NodeAnswer | { readonly over: string };
}

export type Act<Name extends keyof Acts = keyof Acts> = ActOf<Acts, Name>;
export type State = Act | End;
