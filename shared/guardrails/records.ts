// The records of a fleet's guardrails: the grow lease, and what growth has cost.
import type { Health } from '../fleet/observation.ts';

/** The part of a fleet's observation that the breaker counts. */
export interface HealthReading {
  readonly observedAtMs: number;
  readonly nodes: readonly {
    readonly instanceId?: string;
    readonly availabilityZone?: string;
    readonly health: Health;
    readonly sinceMs?: number;
    readonly syncing?: true;
    readonly runs?: true;
    readonly downBy?: 'dead' | 'stopped';
    readonly cutOff?: true;
  }[];
}

/**
 * While a fleet's breaker is open, one heal holds this and proves itself before the others may follow. A heal that begins while it is closed takes
 * it, too, if it is free: the breaker may open a moment later, and then this heal was the first.
 */
export interface GrowRecord {
  readonly holder: string | null;
  /** When a growth was last proved under this lease, ms since the epoch; 0 for never. */
  readonly provenAtMs: number;
  /** It was taken while the breaker was closed: then the dispatcher lets no heal wait for it. Absent otherwise. */
  readonly whileClosed?: true;
  readonly version: number;
}

/** What growth adds to a fleet's monthly bill, within one calendar month (UTC). Intents count, and each growth once. */
export interface BudgetRecord {
  readonly month: string;
  /** "<volume>@<size that it grows from>" → US dollars a month. */
  readonly addedUsd: Readonly<Record<string, number>>;
  readonly version: number;
}
