// The acts of resize-volume: the arguments and the result of each. The state of the heal is the next act, with all that it needs.
import type { MetricsClients } from '../../shared/aws/clients.ts';
import type { GrowPlan, ResizeFacts } from '../../shared/growth/decide.ts';
import type { Changed, Claimed, Leased } from '../../shared/heal/claim.ts';
import type { ActContext, HealContext } from '../../shared/heal/context.ts';
import type { ActOf, End } from '../../shared/heal/engine.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { Interrupted, Lost } from '../../shared/heal/mutation.ts';
import type { Sent, SentCommand, Unanswered } from '../../shared/heal/node-commands.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import type { NodeBaseline, ResizePlan } from './plan.ts';

/** Environment variables in addition to those of every heal. */
export const ENVIRONMENT = ['OBSERVE_NODE_DOCUMENT', 'GROW_FILESYSTEM_DOCUMENT'] as const;

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
  | { readonly for: 'grow'; readonly plan: ResizePlan; readonly silences: number }
  | { readonly for: 'verify'; readonly plan: ResizePlan; readonly silences: number };

/** How the attempt ends. */
interface Conclusion {
  readonly ending: Ending;
  readonly commandsOver: boolean;
  /** The highest fence that the node knows, if it is above ours. */
  readonly seenFence?: number;
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
  readonly lease: { readonly args: { readonly approved: ResizePlan | null }; readonly result: Leased };
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
      readonly plan: ResizePlan;
      /** A modification that began before is not the awaited one; 0 for somebody else's, which has already begun. */
      readonly sinceMs: number;
    };
    readonly result: { readonly usable: true } | { readonly failed: string };
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

export type Act<Name extends keyof Acts = keyof Acts> = ActOf<Acts, Name>;
export type State = Act | End;
