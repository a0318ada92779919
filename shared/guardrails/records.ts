// What is kept per fleet for its guardrails: the last observation, the grow lease, and what growth has cost.

export type Health = 'synced' | 'behind' | 'starting' | 'stuck' | 'forked' | 'unreachable' | 'unknown';

/** Up to 100 nodes as they were seen at one moment; a fleet has as many of these as it needs. */
export interface FleetObservation {
  readonly observedAtMs: number;
  readonly nodes: readonly { readonly instanceId: string; readonly health: Health; readonly height: number | null }[];
}

/** While a fleet's breaker is open, one heal holds this and proves itself before the others may follow. */
export interface GrowRecord {
  readonly holder: string | null;
  /** When a growth was last proved under this lease, ms since the epoch; 0 for never. */
  readonly provenAtMs: number;
  readonly version: number;
}

/** What growth adds to a fleet's monthly bill, within one calendar month (UTC). Intents count, and each growth once. */
export interface BudgetRecord {
  readonly month: string;
  /** "<volume>@<size that it grows from>" → US dollars a month. */
  readonly addedUsd: Readonly<Record<string, number>>;
  readonly version: number;
}
