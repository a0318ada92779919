// What a run of the explorer drives: the product's own functions, and the ways in which effects are performed around them. A naive version in place
// of one of these switches a rule off.
import { ACTS, START } from '../../../functions/resize-volume/acts.ts';
import {
  allocate,
  claim,
  conclude,
  judgeAttempt,
  openIncident,
  recovered,
  refuseOpen,
  reopenToSettle,
} from '../../../shared/heal/incident.ts';
import {
  freeDead,
  grant,
  holds,
  intend,
  leaseFree,
  prove,
  raiseQuiet,
  release,
  unsettled,
  withdraw,
} from '../../../shared/heal/lease.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';

export const PRODUCT = {
  start: START,
  acts: ACTS,
  openIncident,
  allocate,
  claim,
  conclude,
  judgeAttempt,
  recovered,
  refuseOpen,
  reopenToSettle,
  freeDead,
  grant,
  holds,
  intend,
  leaseFree,
  prove,
  raiseQuiet,
  release,
  unsettled,
  withdraw,
} as const;

/** Rules that belong to the shells: they are in the step bodies and in the node's script, not in a pure function. */
export interface Ways {
  /** Pause is read inside the body of the step that mutates. Naive: in an earlier step. */
  readonly pauseInStep: boolean;
  /** ModifyVolume is called at most once. Naive: an interrupted call is repeated unless Describe shows the new size. */
  readonly modifyOnce: boolean;
  /** After an unknown result, the heal waits for the consistency window and the request's lifetime. Naive: it believes the first Describe. */
  readonly reconcileWaits: boolean;
  /** The intent counts before the call. Naive: a modification counts after its answer. */
  readonly countsIntents: boolean;
  /** An intent is withdrawn only if its call certainly had no effect. Naive: an intent without an answer is withdrawn, too. */
  readonly withdrawsRefused: boolean;
  /** An approval is a callback of one execution. Naive: a field of the incident. */
  readonly approvalOfExecution: boolean;
  /** The sweep invokes an attempt again that was allocated and never started. */
  readonly invokesAgain: boolean;
  /** The node orders by (fence, ordinal) and remembers the answer. Naive: by the fence alone. */
  readonly nodeOrders: 'fence and ordinal' | 'fence';
  /** A new holder's first command raises the fence on the node. Naive: the observation only reads. */
  readonly observingFences: boolean;
}

export interface Protocol extends Ways {
  readonly functions: typeof PRODUCT;
}

export const FULL: Protocol = {
  functions: PRODUCT,
  pauseInStep: true,
  modifyOnce: true,
  reconcileWaits: true,
  countsIntents: true,
  withdrawsRefused: true,
  approvalOfExecution: true,
  invokesAgain: true,
  nodeOrders: 'fence and ordinal',
  observingFences: true,
};

/** What people and chance may do, in addition to faults. */
export type Act = 'pause' | 'refill' | 'other heal' | 'silence';

/** The setting for the steps of a world. */
export interface Setting {
  readonly mode: HealPayload['mode'];
  readonly acts: readonly Act[];
  readonly protocol: Protocol;
}

/** What must never happen. Each is the sentence under which a broken trace is printed. */
export const NEVER = {
  modifiedTwice: 'at most one ModifyVolume takes effect per attempt',
  budget: 'at most three modifications of the volume in 24 h',
  twoHeals: 'never two heals work on one node',
  superseded: 'a superseded attempt mutates nothing',
  unapproved: 'in mode ask, acts only on its own approval and not beyond it',
  paused: 'nothing is mutated while a pause is set',
  stale: 'a stale command never changes the node',
  outcome: 'an outcome is written only by the claimed attempt',
  healedSick: 'healed is written only for a disk that is healthy',
  selfRefused: 'a heal never finds the node busy with itself',
  attemptBack: 'the attempt number never goes back',
  sizeDown: 'a size never goes down',
} as const;
export const CONVERGES =
  'once faults stop it converges: healed or escalated, no lease, nothing open, nothing running, no command queued';
