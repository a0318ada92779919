// What dispatch-heal asks plan-snapshots, and what it is answered. No SDK: both bundles carry it.
import type { Refusal } from '../model/guardrail-codes.ts';

export interface DonorQuestion {
  readonly kind: 'donor';
  readonly fleet: string;
  /** A person's wish need not be due. */
  readonly asked: 'schedule' | 'person';
}

export type DonorAnswer =
  | { readonly donor: { readonly instanceId: string; readonly name: string }; readonly reason: string }
  | Refusal
  | { readonly notDue: string };
