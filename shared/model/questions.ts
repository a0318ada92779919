// The requests and answers between functions: replace-node asks mark-root, dispatch-heal asks plan-snapshots.

import type { Refusal } from './guardrail-codes.ts';

export interface MarkQuestion {
  readonly kind: 'mark-root';
  readonly fleet: string;
  readonly instanceId: string;
  readonly volumeId: string;
}

export type MarkAnswer = { readonly marked: string } | { readonly refused: string };

export interface DonorQuestion {
  readonly kind: 'donor';
  readonly fleet: string;
  /** A person's request need not be due. */
  readonly requestedBy: 'schedule' | 'person';
}

export type DonorAnswer =
  | { readonly donor: { readonly instanceId: string; readonly name: string }; readonly reason: string }
  | Refusal
  | { readonly notDue: string };
