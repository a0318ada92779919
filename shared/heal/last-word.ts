// Of what a person asks of one node's data the last word counts: a restore, an undo and a shrink each put other data in place of the others'. Pure.
import { triggerText } from '../model/trigger.ts';
import type { IncidentRecord } from './records.ts';

/** The triggers of such requests. */
export const EXCHANGES: ReadonlySet<string> = new Set(
  (['restore', 'undo', 'shrink'] as const).map((subject) => triggerText({ kind: 'request', subject })),
);

/** When a person has asked for it, the last time, ms since the epoch. */
export const wordMs = ({ onsetMs, askedAtMs = onsetMs }: Pick<IncidentRecord, 'onsetMs' | 'askedAtMs'>): number =>
  askedAtMs;

/** What a person has asked for since, of the same data; undefined where nobody has changed their mind. */
export function laterWord(
  incident: IncidentRecord,
  { incidents }: { readonly incidents: readonly IncidentRecord[] },
): IncidentRecord | undefined {
  if (!EXCHANGES.has(incident.trigger)) return undefined;
  return incidents.find(
    (one) => one.instanceId === incident.instanceId && EXCHANGES.has(one.trigger) && wordMs(one) > wordMs(incident),
  );
}

/** Whether it is still to be done. What a later word that is over has left of an earlier one, the earlier one's heal settles. */
export const isStanding = ({ state }: Pick<IncidentRecord, 'state'>): boolean =>
  state !== 'healed' && state !== 'escalated';
