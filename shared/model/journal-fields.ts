// The values of a journal line. Reports and the terminal print these; the sentence next to them is for people, and no program reads it back. Each
// field names the lines that have it.
import type { Mode } from './mode.ts';
import type { Rung } from './rungs.ts';

/** The result of an intended act. The words of a command's answer are the node's own (shared/node-commands); the others are ours. */
export type ActStatus =
  | 'done'
  /** Some of several. */
  | 'partly'
  | 'failed'
  /** It is not known whether it took effect. */
  | 'unknown'
  /** A guard refused it, or the lease was lost: nothing was sent. */
  | 'refused'
  | 'lost'
  /** The node has not begun: another fence is newer, or the start-by has passed. */
  | 'stale'
  | 'late';

/** The action and its reason. The sentence of a plan is both, with a colon between them. */
export interface PlanWords {
  readonly would: string;
  /** Empty where the action already includes the reason. */
  readonly because: string;
}

export const planSentence = ({ would, because }: PlanWords): string =>
  because === '' ? would : `${would}: ${because}`;

export interface AlarmChange {
  readonly alarmName: string;
  readonly change: 'made' | 'updated' | 'deleted';
  /** Of an update. */
  readonly why?: string;
}

export interface RecordChange {
  readonly change: 'made' | 'changed' | 'deleted';
  /** Addresses join or leave a name that several nodes share. */
  readonly ofPool?: true;
}

export interface JournalFields {
  /** Results. */
  readonly status?: ActStatus;
  /** Results that failed: the message of AWS or the node. */
  readonly reason?: string;
  /** Results of commands: the fence that the node has acknowledged. */
  readonly fence?: number;
  /** The dispatcher's decision to start an attempt. */
  readonly mode?: Mode;
  /** Plans, questions and approvals: the hash that an approval names. */
  readonly plan?: string;
  /** Plans: see `PlanWords`. */
  readonly would?: string;
  readonly because?: string;
  /** Plans that are put to a person. */
  readonly asks?: true;
  /** Decisions that follow a person's approval of `plan`. */
  readonly approved?: true;
  /** Decisions and proofs of the ladder: its present rung. */
  readonly rung?: Rung | null;
  /** Decisions of the ladder: the node follows its chain again. */
  readonly proved?: true;
  /** Intents: a mark that lasts as long as the incident, such as a hold on a snapshot. */
  readonly bookkeeping?: true;
  /** Decisions of watch-fleet: a node's health before (null: seen for the first time) and now. */
  readonly from?: string | null;
  readonly to?: string;
  /** Decisions of register-nodes: which nodes are in the pool, and why. */
  readonly pool?: string;
  /** Intents of register-nodes: each alarm of the group; each record of the batch, in the order of `evidence.changes`. */
  readonly alarms?: readonly AlarmChange[];
  readonly records?: readonly RecordChange[];
  /** Intents of rotate-peers that write a client's configuration: how many peers it names; absent where the old list is restored. */
  readonly peers?: number;
  /** Decisions of rotate-peers that undo what was done. */
  readonly undoes?: true;
}
