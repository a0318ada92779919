// What is told to the judge: what people do, what ours do by AWS's API, and what becomes of clients.
import type { CallRecord } from '../../../local/simulator/trace.ts';
import type { Operation } from './hands.ts';
import type { SeenNode } from './seen-nodes.ts';

/** What a person does, told before it is done. The kinds that the judge knows are in `PERSON_KINDS`; others are ignored. */
export interface PersonAct {
  readonly atMs: number;
  readonly kind: string;
  readonly fleet?: string;
  readonly node?: string;
  readonly resource?: string;
  /** restore-table: until then it is as it is; then it is as it was at `atMs`, but for the journal. */
  readonly untilMs?: number;
  /** It is asked for each node of the fleet, one after the other (docs/upgrades.md). */
  readonly ofAll?: true;
  /** Another instance of each node runs the version beside it first, without its keys (docs/upgrades.md). */
  readonly isBeside?: true;
  /** The version of the client that is asked for. */
  readonly to?: string;
  /** All nodes that stand right below this block go over at once (docs/upgrades.md). */
  readonly atHeight?: number;
  /** Of a yes: the plan that the page had shown. */
  readonly plan?: string;
  /** A yes to another number of nodes of a group (docs/deploy.md). */
  readonly nodes?: number;
}

/** A request of ours that AWS carried out, whatever its caller heard of it; told right after its effect, before `volume` and `instance`. */
export type Act = CallRecord;

/** Who ended or started a client: a command of ours, a person, or nobody (a full disk, a crash, a boot). */
export type Hand = 'ours' | 'person' | 'itself';

export interface ClientChange {
  readonly node: SeenNode;
  readonly instanceId: string;
  /** When, in ms since the epoch. */
  readonly atMs: number;
  readonly by: Hand;
  /** The command of ours that did it, and the function that sent it. */
  readonly operation?: Operation;
  readonly actor?: string;
  /** It was told to run as another version. */
  readonly isSwitch?: true;
}
