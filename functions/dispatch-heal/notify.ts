// Sends the pages that are due for refusals of heals, and writes down that they were sent.
import { createJournal } from '../../shared/heal/journal.ts';
import { pageIncident } from '../../shared/heal/page-incident.ts';
import { healOf, type IncidentRecord, type SentPagesRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { names } from '../../shared/text/names.ts';
import { DISPATCHER, type DispatcherServices } from './context.ts';
import { type DuePage, duePages, nodesOf, type RefusedIncident } from './pages.ts';

/** Nodes of one page that are named to machines. */
const MAX_NAMED = 50;

/**
 * A page that could not be sent, or written down, is due again in the next sweep: it may come twice, but must come.
 *
 * @param collectFailure one page that cannot be sent keeps back no other
 */
export async function notifyRefusals(
  services: DispatcherServices,
  incidents: readonly IncidentRecord[],
  nowMs: number,
  collectFailure: (work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const fleets = new Set(
    incidents.filter(({ pendingPages = [] }) => pendingPages.length > 0).map(({ fleet }) => fleet),
  );
  const records = new Map<string, SentPagesRecord>();
  for (const fleet of fleets) {
    const read = await services.store.readSentPages(fleet);
    if (read) records.set(fleet, read);
  }
  for (const due of duePages(incidents, records, nowMs))
    await collectFailure(async () => {
      await pageFor(services, due);
      for (const [fleet, sent] of due.sent) {
        const before = records.get(fleet);
        const next = { sent: { ...before?.sent, [due.code]: sent }, version: (before?.version ?? 0) + 1 };
        if (!(await services.store.replace(keys.sentPages(fleet), next)))
          throw new Error(`the sent pages of ${fleet} were changed by somebody else: ${due.code} may come twice`);
        records.set(fleet, next);
      }
    });
}

async function pageFor(
  { clients, environment, store }: DispatcherServices,
  { code, about, node, refused }: DuePage,
): Promise<void> {
  const [first] = refused;
  if (first === undefined) return;
  const { incident } = first;
  const all = nodesOf(refused);
  const journal = createJournal(store, {
    ...{ ...incident, by: DISPATCHER, writer: DISPATCHER },
    heal: healOf(incident.trigger),
  });
  await pageIncident(
    { clients, environment, journal },
    { ...incident, node },
    {
      ...{ code, sentence: sentenceOf(about, first, all), place: `00-${code}-page` },
      ...(all.length > 1 && { instances: refused.slice(0, MAX_NAMED).map((one) => one.incident.instanceId) }),
    },
  );
}

/** Refusals whose sentence is about all of them. */
const SAY_ALL: ReadonlySet<string> = new Set(['zone-down']);

function sentenceOf(about: DuePage['about'], { incident, refusal }: RefusedIncident, all: readonly string[]): string {
  if (about === 'fleet' && SAY_ALL.has(refusal.code)) return refusal.sentence;
  if (about === 'fleet') return `${refusal.sentence}. The same holds for every other node of ${incident.fleet}`;
  return all.length === 1 ? refusal.sentence : `${names(all)}: ${refusal.sentence} (this is ${incident.node})`;
}
