// What a table that a person restores knows nothing of: it is as it was at its backup, but for the journal (docs/decisions.md).
import type { PersonAct } from './acts.ts';

export class Forgotten {
  readonly #spans: { readonly fromMs: number; readonly untilMs: number }[] = [];

  /** A person's act; any that restores no table is passed over. */
  hear({ kind, atMs, untilMs = atMs }: PersonAct): void {
    if (kind === 'restore-table') this.#spans.push({ fromMs: atMs, untilMs });
  }

  /** Whether the table knows at `nowMs` nothing of what was at `atMs`. */
  has(atMs: number, nowMs: number): boolean {
    return this.#spans.some(({ fromMs, untilMs }) => untilMs <= nowMs && fromMs <= atMs && atMs <= untilMs);
  }

  /** Whether it has forgotten anything by then. */
  any(nowMs: number): boolean {
    return this.#spans.some(({ untilMs }) => untilMs <= nowMs);
  }
}
