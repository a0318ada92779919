// The journal of a run that serves a whole fleet on a schedule: one incident for all of it, with neither onset nor attempts.
import { createJournal, type JournalEntry, type JournalTable } from './journal.ts';
import type { Writer } from './records.ts';
import { WHOLE_FLEET } from './telling.ts';

/** One node that an entry is about; without it, the whole fleet. */
export interface About {
  readonly name: string;
  readonly instanceId: string;
}

export type WriteEntry = (entry: Omit<JournalEntry, 'atMs'>, about?: About) => Promise<void>;

/** Whose run it is (the function `by` writes for itself), and `run`, which tells its entries from those of another that runs at the same moment. */
export interface FleetRun {
  readonly fleet: string;
  readonly incidentId: string;
  readonly by: Writer;
  readonly writer: string;
  readonly run: string;
  readonly startedAtMs: number;
}

/** @returns a writer whose entries come in the order of its calls; each is written at the moment of its call */
export function fleetJournal(store: JournalTable, { run, startedAtMs, ...owner }: FleetRun): WriteEntry {
  let entries = 0;
  return async (entry, about) => {
    const node = about?.name ?? WHOLE_FLEET;
    const instanceId = about?.instanceId ?? WHOLE_FLEET;
    const journal = createJournal(store, {
      ...owner,
      heal: owner.by,
      node,
      instanceId,
      attempt: 1,
      onsetMs: startedAtMs,
    });
    await journal(`${run}-${String(entries++).padStart(4, '0')}`, { ...entry, atMs: Date.now() });
  };
}
