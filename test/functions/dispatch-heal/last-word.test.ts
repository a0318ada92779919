// A request that is refused for good has no incident: its line in the journal is what is left of it.
import { expect, it } from '@jest/globals';
import { journalLastWord } from '../../../functions/dispatch-heal/last-word.ts';
import type { JournalRecord } from '../../../shared/heal/journal.ts';
import { partitions } from '../../../shared/heal/records.ts';
import type { GuardrailCode } from '../../../shared/model/guardrail-codes.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

it('is in the journal once a day for each node, wish and code, however often it is sent', async () => {
  const { store } = tableOfHeals();
  const refuse = async (hours: number, trigger: string, code: GuardrailCode) => {
    const nowMs = NOON_MS + hours * HOUR_MS;
    const incident = openIncidentRecord({ trigger, incidentId: `each-${hours}`, onsetMs: nowMs });
    const reason = `${trigger} is refused after ${hours} h`;
    await journalLastWord(store, { incident, refusal: { refuse: code, reason, page: false, retryAfterMs: 0 } }, nowMs);
  };
  for (const hours of [0, 1, 2, 24]) await refuse(hours, 'request:undo', 'nothing-to-undo');
  await refuse(3, 'request:undo', 'validator');
  await refuse(4, 'request:restore', 'validator');
  const lines = await store.between<JournalRecord>(partitions.journal('bitcoin', 'dispatch-heal'), ' ', '~');
  expect(lines.map(({ record: { kind, code, sentence } }) => `${kind} ${code}: ${sentence}`)).toEqual([
    'refusal validator: request:restore is refused after 4 h',
    'refusal nothing-to-undo: request:undo is refused after 0 h',
    'refusal validator: request:undo is refused after 3 h',
    'refusal nothing-to-undo: request:undo is refused after 24 h',
  ]);
});
