// SCALE: how many nodes a person wants a group to have, and how far it is. Written by seed-groups alone.
import { newRegister, type RegisterRecord } from '../guardrails/names.ts';

export interface ScaleRecord extends RegisterRecord {
  /** null: nobody has asked yet. */
  readonly wish: ScaleWish | null;
}

export interface ScaleWish {
  readonly to: number;
  readonly from: number;
  /** Times are ms since the epoch. */
  readonly askedAtMs: number;
  /** As the person's event claims; null where it names nobody. */
  readonly by: string | null;
  /** The members that a person was shown: no other one is ended. */
  readonly mayLeave: readonly string[];
  /** Members that were ever set aside, the last one first: a tag on one of these may have come late. Absent where none was. */
  readonly left?: readonly string[];
  /** Written before its tag: whoever comes next finishes what is here. null: none is on its way out. */
  readonly leaving: {
    readonly instanceId: string;
    readonly name: string;
    readonly sinceMs: number;
    /** When its end was asked for; null: not yet. */
    readonly sentAtMs: number | null;
  } | null;
  /** Steps that were begun: of two runs at the same moment only one takes the next. */
  readonly steps: number;
  /** When the last of them was begun. */
  readonly steppedAtMs: number;
  readonly state: 'under-way' | 'done' | 'ended';
  /** How it ended; null while it is under way. */
  readonly reason: string | null;
}

export const noScale: ScaleRecord = { ...newRegister, wish: null };
