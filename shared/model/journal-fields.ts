// What a line of the journal says, as values. Reports and the terminal print these; the sentence beside them is for people, and no program
// reads it back. Each field names the lines that have it.
import type { Mode } from './mode.ts';
import type { Rung } from './rungs.ts';

/** What became of an intended act. `answered` words are the node's own (shared/node-commands); the others are ours. */
export type ActStatus =
  | 'done'
  /** Some of several. */
  | 'partly'
  | 'failed'
  /** Nobody knows whether it took effect. */
  | 'unknown'
  /** A guard refused it, or the lease was lost: nothing was sent. */
  | 'refused'
  | 'lost'
  /** The node has not begun: another fence is newer, or the start-by has passed. */
  | 'stale'
  | 'late';

/** What would be done, and why. The sentence of a plan is both, with a colon between them. */
export interface PlanWords {
  readonly would: string;
  /** Empty where the plan says why by itself. */
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
  /** Results that failed: what AWS or the node said. */
  readonly reason?: string;
  /** Results of commands: the fence that the node has acknowledged. */
  readonly fence?: number;
  /** The dispatcher's decision to start an attempt. */
  readonly mode?: Mode;
  /** Plans, questions and approvals: what an approval names. */
  readonly plan?: string;
  /** Plans: see `PlanWords`. */
  readonly would?: string;
  readonly because?: string;
  /** Plans that are put to a person. */
  readonly asks?: true;
  /** Decisions that follow a person's yes to `plan`. */
  readonly approved?: true;
  /** Decisions and proofs of the ladder: which rung it is on. */
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
  /** Intents of rotate-peers that write a client's configuration: how many peers it names; absent where the old list is written again. */
  readonly peers?: number;
  /** Decisions of rotate-peers: what was done is taken back. */
  readonly undoes?: true;
}
