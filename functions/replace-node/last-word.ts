// What a person has asked for of the node's data beside this: a later word calls off what was not done yet.
import { EXCHANGES, laterWord } from '../../shared/heal/last-word.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { ReplaceContext } from './state.ts';

type Reader = Pick<ReplaceContext, 'store' | 'payload'>;

/** The incidents of this node's requests that exchange its data: those that are known still. */
export async function readRequests({ store, payload }: Reader): Promise<readonly IncidentRecord[]> {
  const { fleet, instanceId } = payload;
  const read = await Promise.all([...EXCHANGES].map((trigger) => store.readIncident(fleet, instanceId, trigger)));
  return read.flatMap((incident) => incident ?? []);
}

/** The later word, where this attempt is of a request whose client was not stopped yet; undefined otherwise. */
export async function readLaterWord(context: Reader, state: LadderState | null): Promise<IncidentRecord | undefined> {
  const { trigger, incidentId } = context.payload;
  if (!EXCHANGES.has(trigger) || (state !== null && state.client !== 'untouched')) return undefined;
  const incidents = await readRequests(context);
  const own = incidents.find((incident) => incident.incidentId === incidentId);
  return own && laterWord(own, { incidents });
}
