// Nodes that a heal holds, or has left half done, under the name of a fleet that has no file any more. What is held is the instance: its incident goes
// over to the fleet that the instance belongs to now, which ends what was begun. Where there is no such fleet, people are told.
import { fleetParameterName } from '../../shared/fleet/parameter.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import { movedTo, recovered } from '../../shared/heal/incident.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import { pageIncident } from '../../shared/heal/page-incident.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { healOf } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { DISPATCHER, type DispatcherServices } from './context.ts';
import { replaceIncident } from './dispatch.ts';
import { readInstances } from './facts.ts';
import { tellOnce } from './tell-once.ts';

/** Nodes with something open under a name that no fleet file has. A file that does not parse is still there. Pure. */
const strayNodes = (
  nodes: readonly NodeRecord[],
  { fleets, broken }: Pick<Settings, 'fleets' | 'broken'>,
  prefix: string,
): readonly NodeRecord[] =>
  nodes.filter(
    (node) =>
      unsettled(node) &&
      !fleets.some(({ name }) => name === node.fleet) &&
      !broken.has(fleetParameterName(prefix, node.fleet)),
  );

/** How a sweep does what this file does not know. */
interface TakeOverOptions {
  readonly collectFailure: (work: () => Promise<unknown>) => Promise<void>;
  /** Ends an attempt that is dead or late, so that its incident is open again. */
  readonly cleanUp: (incident: IncidentRecord) => Promise<void>;
}

/** @returns the incidents that have gone over to another fleet, as they are now */
export async function takeOverRenamed(
  services: DispatcherServices,
  settings: Settings,
  nodes: readonly NodeRecord[],
  options: TakeOverOptions,
): Promise<readonly IncidentRecord[]> {
  const strays = strayNodes(nodes, settings, services.environment.PARAMETER_PREFIX);
  if (strays.length === 0) return [];
  const moved: IncidentRecord[] = [];
  const ids = strays.map(({ instanceId }) => instanceId);
  const instances = await readInstances(services.clients.ec2, ids);
  for (const node of strays)
    await options.collectFailure(async () => {
      const incidents = await services.store.readIncidents(node.fleet);
      const left = incidents.find(({ incidentId }) => incidentId === node.operation?.incidentId);
      if (!left) return;
      if (left.state === 'allocated' || left.state === 'claimed') return options.cleanUp(left);
      // The heal gave up finally and has told a person, who decides.
      if (left.state === 'escalated' && node.owner === null) return;
      const fleet = fleetOf(instances.get(node.instanceId)?.tags ?? {}, settings.fleets);
      const incident = 'refuse' in fleet ? await tell(services, left) : await takeOver(services, left, fleet.name);
      if (incident) moved.push(incident);
    });
  return moved;
}

async function takeOver(
  services: DispatcherServices,
  left: IncidentRecord,
  fleet: string,
): Promise<IncidentRecord | undefined> {
  const { store } = services;
  const { instanceId, trigger, incidentId } = left;
  const moved = movedTo(left, fleet, await store.readIncident(fleet, instanceId, trigger));
  if ('next' in moved && !(await replaceIncident(store, moved.next))) return undefined;
  const closed = recovered(left, Date.now());
  if ('next' in closed) await replaceIncident(store, closed.next);
  if (!('next' in moved)) return undefined;
  const sentence = `fleet ${left.fleet} has no file any more, and the node is ${fleet}’s: incident ${incidentId} goes on there`;
  const writer = { ...moved.next, by: DISPATCHER, heal: healOf(trigger), writer: DISPATCHER } as const;
  await createJournal(store, writer)('00-moved', { atMs: Date.now(), kind: 'decision', sentence });
  return moved.next;
}

/** Once for each incident. */
async function tell({ store, clients, environment }: DispatcherServices, left: IncidentRecord): Promise<undefined> {
  const { fleet, node, instanceId, incidentId, trigger } = left;
  const code = 'node-unknown';
  const sentence = `a heal left something open on ${node} (${instanceId}), and no fleet file describes that instance now: put the file of ${fleet} back until it has ended`;
  const journal = createJournal(store, { ...left, by: DISPATCHER, heal: healOf(trigger), writer: DISPATCHER });
  await tellOnce(store, keys.told(fleet, `left-open#${incidentId}`), () =>
    pageIncident({ clients, environment, journal }, left, { code, sentence, place: `00-${code}-page` }),
  );
}
