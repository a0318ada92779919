// Tells people of what heals were refused: sends the pages that telling.ts finds due, and writes down that they were sent.
import { createJournal } from '../../shared/heal/journal.ts';
import { page } from '../../shared/heal/notify.ts';
import { healOf, type IncidentRecord, type ToldRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { names } from '../../shared/text/names.ts';
import { DISPATCHER, type DispatcherServices } from './context.ts';
import { dueTellings, type RefusedIncident, type Telling } from './telling.ts';

/** Nodes of one page that are named to machines. */
const MAX_NAMED = 50;

/**
 * A page that could not be sent, or written down, is due again in the next sweep: it may come twice, but must come.
 *
 * @param collectFailure one page that cannot be sent keeps back no other
 */
export async function tellRefusals(
  services: DispatcherServices,
  incidents: readonly IncidentRecord[],
  nowMs: number,
  collectFailure: (work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const fleets = new Set(incidents.filter(({ toTell }) => toTell !== undefined).map(({ fleet }) => fleet));
  const records = new Map<string, ToldRecord>();
  for (const fleet of fleets) {
    const read = await services.store.readToldRefusals(fleet);
    if (read) records.set(fleet, read);
  }
  for (const telling of dueTellings(incidents, records, nowMs))
    await collectFailure(async () => {
      await pageFor(services, telling, nowMs);
      for (const [fleet, told] of telling.told) {
        const before = records.get(fleet);
        const next = { told: { ...before?.told, [telling.code]: told }, version: (before?.version ?? 0) + 1 };
        if (!(await services.store.replace(keys.toldRefusals(fleet), next)))
          throw new Error(
            `what people were told of ${fleet} was changed by somebody else: ${telling.code} may be told twice`,
          );
        records.set(fleet, next);
      }
    });
}

async function pageFor(
  { clients, environment, store }: DispatcherServices,
  { code, about, refused }: Telling,
  nowMs: number,
): Promise<void> {
  const [first] = refused;
  if (first === undefined) return;
  const { incident } = first;
  const { fleet, incidentId, attempt, trigger } = incident;
  const all = nodesOf(refused);
  const sentence = sentenceOf(about, first, all);
  await page(clients.sns, environment.TOPIC_ARN, {
    ...{ fleet, node: about === 'fleet' ? 'fleet' : all.length > 1 ? `${all.length} nodes` : incident.node, code },
    ...{ sentence, incidentId, attempt, trigger },
    ...(all.length > 1 && { instances: refused.slice(0, MAX_NAMED).map((one) => one.incident.instanceId) }),
  });
  const journal = createJournal(store, { ...incident, by: DISPATCHER, heal: healOf(trigger), writer: DISPATCHER });
  await journal(`00-${code}-page`, { atMs: nowMs, kind: 'page', sentence, code });
}

/** Each node once, with its fleet where there are several. */
function nodesOf(refused: readonly RefusedIncident[]): readonly string[] {
  const isOne = new Set(refused.map(({ incident }) => incident.fleet)).size === 1;
  return [...new Set(refused.map(({ incident: { fleet, node } }) => (isOne ? node : `${fleet}/${node}`)))];
}

function sentenceOf(about: Telling['about'], { incident, refusal }: RefusedIncident, all: readonly string[]): string {
  if (about === 'fleet') return `${refusal.sentence}, and so is every other node of ${incident.fleet}`;
  return all.length === 1 ? refusal.sentence : `${names(all)}: ${refusal.sentence} (the first of them)`;
}
