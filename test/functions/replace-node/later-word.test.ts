// Whether a heal of what a person has asked for reads that they have asked for something else since.
import { describe, expect, it } from '@jest/globals';
import { readLaterWord } from '../../../functions/replace-node/last-word.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { keys } from '../../../shared/heal/store.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { ladderState } from '../../fixtures/replace-facts.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

const asked = (trigger: string, minutes: number): IncidentRecord =>
  openIncidentRecord({ trigger, incidentId: trigger, onsetMs: NOON_MS + minutes * MINUTE_MS, version: 1 });

/** What the heal of the first one reads, of all that people have asked for. */
async function read(incidents: readonly [IncidentRecord, ...IncidentRecord[]], state: LadderState | null = null) {
  const { store } = tableOfHeals();
  for (const one of incidents) await store.replace(keys.incident(one.fleet, one.instanceId, one.trigger), one);
  const [{ fleet, instanceId, trigger, incidentId }] = incidents;
  const payload = { fleet, instanceId, trigger, incidentId };
  return (await readLaterWord({ store, payload } as unknown as Parameters<typeof readLaterWord>[0], state))?.trigger;
}

describe('a heal of a request', () => {
  const [restore, undo] = [asked('request:restore', 0), asked('request:undo', 1)];

  it('reads the later word, of the node’s data alone', async () => {
    expect(await read([restore, undo])).toBe('request:undo');
    expect(await read([undo, restore])).toBeUndefined();
    expect(await read([restore, asked('request:replace', 1), asked('snapshot:clean', 1)])).toBeUndefined();
    expect(await read([asked('node:health', 0), undo])).toBeUndefined();
  });

  it('reads it until it has stopped the client', async () => {
    expect(await read([restore, undo], ladderState({ client: 'untouched' }))).toBe('request:undo');
    expect(await read([restore, undo], ladderState({ client: 'mayBeDown' }))).toBeUndefined();
  });
});
