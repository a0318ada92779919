// The journal's line of a request that is refused for good: it has no incident, and whoever has sent it without waiting for the answer finds it here.
import { createJournal, type JournalTable } from '../../shared/heal/journal.ts';
import { healOf } from '../../shared/heal/records.ts';
import { DISPATCHER } from './context.ts';
import type { Dispatch } from './decide.ts';

const DAY_MS = 24 * 60 * 60_000;

/** One line a day for each node, wish and code: who asks again and again does not fill the journal. */
export async function journalLastWord(
  store: JournalTable,
  { incident, refusal }: Pick<Extract<Dispatch, { readonly do: 'refuse' }>, 'incident' | 'refusal'>,
  nowMs: number,
): Promise<void> {
  const { trigger } = incident;
  const { refuse: code, reason: sentence } = refusal;
  const ofDay = { incidentId: 'request', attempt: 0, onsetMs: nowMs - (nowMs % DAY_MS) };
  const journal = createJournal(store, {
    ...{ ...incident, ...ofDay, by: DISPATCHER, writer: DISPATCHER },
    heal: healOf(trigger),
  });
  await journal(`00-${trigger}-${code}`, { atMs: nowMs, kind: 'refusal', sentence, code, evidence: { trigger } });
}
