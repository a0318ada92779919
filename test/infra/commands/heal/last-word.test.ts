// What people read of an incident's last word: what was said, how long ago, and that it is no word of now.
import { describe, expect, it } from '@jest/globals';
import { stateText, wordText } from '../../../../infra/commands/heal/status.ts';
import { conclude, openIncident, recovered, refuseOpen } from '../../../../shared/heal/incident.ts';
import type { IncidentRecord } from '../../../../shared/heal/records.ts';
import { claimedIncident, ME, openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../../fixtures/builders/time.ts';

const paused = { code: 'paused', sentence: 'paused until 12:04 UTC', notBeforeMs: NOON_MS + MINUTE_MS } as const;
const written = (result: { readonly next: IncidentRecord } | object): IncidentRecord => {
  if (!('next' in result)) throw new Error(`nothing was written: ${JSON.stringify(result)}`);
  return result.next as IncidentRecord;
};
const atDoor = written(refuseOpen(openIncidentRecord(), paused, NOON_MS));

describe('an incident that was refused while a pause was set', () => {
  it('is refused now while the door says so each minute', () => {
    expect(stateText(atDoor, NOON_MS + 10_000)).toBe('refused (paused), again in 50 s');
  });

  it('was refused seven hours ago once the pause has ended and nobody has looked since', () => {
    expect(stateText(atDoor, NOON_MS + 7 * HOUR_MS)).toBe('refused 7.0 h ago (paused)');
    expect(wordText(atDoor, NOON_MS + 7 * HOUR_MS)).toBe(
      'refused 7.0 h ago: paused until 12:04 UTC; nobody has asked the node',
    );
  });

  it('says what was said since: a plan, another refusal, a failure', () => {
    const concluded = (outcome: Parameters<typeof conclude>[3], asked: boolean) =>
      written(conclude(claimedIncident({ ...atDoor, attempt: 1 }), 1, ME, outcome, NOON_MS + HOUR_MS, asked));
    const at = NOON_MS + 2 * HOUR_MS;
    const planned = concluded({ outcome: 'planned', sentence: 'restart', notBeforeMs: at }, true);
    expect([stateText(planned, at), wordText(planned, at)]).toEqual([
      'planned 60 min ago',
      'planned 60 min ago: restart',
    ]);
    const silent = { outcome: 'refused', code: 'node-silent', sentence: 'it does not answer' } as const;
    expect(wordText(concluded({ ...silent, notBeforeMs: at }, true), at)).toBe(
      'refused 60 min ago: it does not answer',
    );
    const failed = { outcome: 'failed', code: 'command-failed', sentence: 'exit 1', notBeforeMs: at } as const;
    expect(stateText(concluded({ ...failed, page: undefined }, true), at)).toBe('failed 60 min ago (command-failed)');
  });

  it('has no last word once it is over, nor when it is opened again', () => {
    const over = written(recovered(atDoor, NOON_MS));
    expect(over).not.toHaveProperty('lastWord');
    const { fleet, node, instanceId, trigger, incidentId, alarm } = atDoor;
    const onset = { fleet, node, instanceId, trigger, incidentId, alarm, onsetMs: NOON_MS + 1 };
    const again = written(openIncident(over, onset, NOON_MS + 2));
    expect([wordText(again, NOON_MS + 2), stateText(again, NOON_MS + 2)]).toEqual([null, 'waits']);
  });
});
