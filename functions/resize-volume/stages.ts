// The words of the heal: the stages that it goes through, the effects that it asks for, and what each of them may come to.

import type { Changed, Claimed, Leased } from '../../shared/heal/claim.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { Sent } from '../../shared/heal/node-commands.ts';
import type { Ending, Guarded } from '../../shared/heal/outcome.ts';
import type { GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import type { GrowPlan, ResizeDecision, ResizeFacts } from './decide.ts';

/** What was planned, whether or not EC2 must be asked for it. */
export type Plan = Exclude<ResizeDecision, { readonly refuse: GuardrailCode } | { readonly do: 'nothing' }>;

/** `unit` is the index of one of the fleet file's units: a node with an execution and a beacon client is asked about each. */
export type Command =
  | { readonly operation: 'observe-node'; readonly unit: number }
  | {
      readonly operation: 'grow-filesystem';
      readonly unit: number;
      readonly volumeId: string;
      readonly toGiB: number;
      readonly startClient: boolean;
      /** Why, for the journal: the plan's own words. */
      readonly reason: string;
    };

export interface Held {
  readonly holder: Holder;
  /** Ordinal of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** The plan that a person approved, in mode ask. */
  readonly approved: Plan | null;
  /** What the node was like when it acknowledged the fence. */
  readonly found: Found | null;
}

export interface Found {
  /** How many units the fleet file knows on a node. */
  readonly units: number;
  readonly client: Observation['client'];
  /** The filesystem is full, or has no inodes left, or was when an attempt began: what does not run was stopped by that. */
  readonly full: boolean;
}

export type State =
  | { readonly stage: 'claim' }
  | { readonly stage: 'survey' }
  | { readonly stage: 'ask'; readonly plan: Plan }
  | { readonly stage: 'lease'; readonly approved: Plan | null }
  | ({ readonly stage: 'send'; readonly command: Command; readonly goal: Goal } & Held)
  | ({ readonly stage: 'await-command'; readonly commandId: string; readonly unit: number; readonly goal: Goal } & Held)
  | ({ readonly stage: 'observe'; readonly seen: Observation } & Held)
  | ({ readonly stage: 'reserve'; readonly plan: GrowPlan } & Held)
  | ({ readonly stage: 'intend'; readonly plan: GrowPlan; readonly atMs: number } & Held)
  | ({ readonly stage: 'modify'; readonly plan: GrowPlan; readonly atMs: number } & Held)
  | ({
      readonly stage: 'reconcile';
      readonly plan: GrowPlan;
      readonly atMs: number;
      readonly interrupted: string;
    } & Held)
  | ({ readonly stage: 'await-modification'; readonly plan: Plan; readonly sinceMs: number } & Held)
  | ({ readonly stage: 'prove'; readonly reason: string } & Held)
  | ({ readonly stage: 'conclude'; readonly held: Held | null } & Conclusion)
  | ({ readonly stage: 'release'; readonly held: Held } & Conclusion)
  | { readonly stage: 'end'; readonly ending: Ending | null };

interface Conclusion {
  readonly ending: Ending;
  readonly commandsOver: boolean;
  /** The highest fence that the node knows, where that is above ours. */
  readonly seenFence?: number;
}

/** What the command under way is for. */
export type Goal =
  | { readonly for: 'fence' }
  /** `silences`: how many of its commands have gone unanswered. Each is guarded by state, so another one does no harm. */
  | { readonly for: 'grow'; readonly plan: Plan; readonly silences: number }
  | { readonly for: 'verify'; readonly plan: Plan; readonly silences: number };

export type Effect =
  | { readonly do: 'claim' }
  | { readonly do: 'survey'; readonly seen: Observation | null }
  | { readonly do: 'ask'; readonly plan: Plan }
  | { readonly do: 'lease' }
  | {
      readonly do: 'send';
      readonly command: Command;
      readonly holder: Holder;
      readonly ordinal: number;
      /** A client that was just started is given so long to show that it stays up. */
      readonly afterSeconds: number;
    }
  | { readonly do: 'await-command'; readonly commandId: string; readonly operationId: string }
  | { readonly do: 'reserve'; readonly plan: GrowPlan; readonly holder: Holder }
  | { readonly do: 'intend'; readonly plan: GrowPlan; readonly holder: Holder; readonly atMs: number }
  | { readonly do: 'modify'; readonly plan: GrowPlan; readonly holder: Holder; readonly atMs: number }
  /** Whether the modification that was intended at `atMs` happened: one that began before is another attempt's. */
  | { readonly do: 'reconcile'; readonly plan: GrowPlan; readonly atMs: number; readonly interrupted: string }
  | {
      readonly do: 'await-modification';
      readonly volumeId: string;
      readonly toGiB: number;
      /** One that began before is not the one that is awaited; 0 for somebody else's, which has begun already. */
      readonly sinceMs: number;
    }
  | { readonly do: 'prove'; readonly holder: Holder; readonly reason: string }
  | { readonly do: 'conclude'; readonly ending: Ending }
  | { readonly do: 'release'; readonly holder: Holder; readonly commandsOver: boolean; readonly seenFence: number }
  | { readonly do: 'end'; readonly ending: Ending | null };

export interface Results {
  readonly claim: Claimed;
  readonly survey: ResizeFacts | Guarded;
  readonly ask: { readonly approved: true } | Guarded;
  readonly lease: Leased;
  /** sent: at least once. */
  readonly send: Sent;
  /** over: it ended without an answer, or the moment has passed after which it can no longer run. */
  readonly 'await-command': Answer | { readonly over: string };
  readonly reserve: { readonly reserved: true; readonly atMs: number } | Guarded | { readonly lost: true };
  readonly intend: Changed | Guarded;
  /** interrupted: it may or may not have happened, now or later. */
  readonly modify: { readonly accepted: true } | Guarded | { readonly lost: true } | { readonly interrupted: string };
  readonly reconcile: { readonly happened: boolean };
  readonly 'await-modification': { readonly usable: true } | { readonly failed: string };
  readonly prove: Changed;
  readonly conclude: { readonly written: boolean };
  readonly release: { readonly done: true };
}
