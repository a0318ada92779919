// plan-snapshots: chooses the node of a fleet that is stopped for the next clean snapshot, if one is due. It reads and changes nothing. dispatch-heal
// calls it in each round of the schedule, and when a person wants a snapshot and names no node.
import middy from '@middy/core';
import * as v from 'valibot';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { checked, fleetName } from '../../shared/events/fields.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { viewFleet } from '../../shared/guardrails/fleet-view.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { keepsNode } from '../../shared/heal/incident.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { createStore, type Store } from '../../shared/heal/store.ts';
import type { DonorAnswer } from '../../shared/model/questions.ts';
import { CLEAN_SNAPSHOT, readTrigger } from '../../shared/model/trigger.ts';
import { type Donor, donorOf } from '../../shared/snapshots/donor.ts';
import { readSnapshots } from '../../shared/snapshots/inventory.ts';
import { readOwners, setsOf } from '../../shared/snapshots/sets.ts';

export { awsClients };

const ENVIRONMENT = ['TABLE_NAME', 'PARAMETER_PREFIX'] as const;

const question = v.strictObject({
  kind: v.literal('donor'),
  fleet: fleetName,
  requestedBy: v.picklist(['schedule', 'person']),
});

export function createHandler({ clients }: { readonly clients: Clients }) {
  const plan = async (event: unknown): Promise<DonorAnswer> => {
    const { TABLE_NAME, PARAMETER_PREFIX } = readEnvironment(ENVIRONMENT);
    const { fleet: name, requestedBy } = checked(question, event);
    const { fleets } = await readSettings(clients.ssm, PARAMETER_PREFIX);
    const fleet = fleets.find((one) => one.name === name);
    if (!fleet) throw new EventError('fleet', name, `one of ${fleets.map((one) => one.name).join(', ')}`);
    return answerOf(await choose(clients, createStore(clients.dynamodb, TABLE_NAME), fleet, requestedBy));
  };
  return middy<unknown, DonorAnswer>().use(logged()).handler(plan);
}

async function choose(
  clients: Clients,
  store: Store,
  fleet: Fleet,
  requestedBy: 'schedule' | 'person',
): Promise<Donor> {
  const nodes = await discoverNodes(clients.ec2, fleet, store);
  const [owners, reading, records] = await Promise.all([
    readOwners(clients.ec2, fleet, nodes),
    store.readFleetReading(fleet.name),
    store.readFleet(fleet.name),
  ]);
  const volumeIds = [...owners].filter(([, { role }]) => role !== null).map(([volumeId]) => volumeId);
  const facts = await readSnapshots(clients.ec2, fleet, volumeIds);
  const nowMs = Date.now();
  const view = viewFleet(fleet, reading, nowMs);
  const here = new Set(nodes.map(({ instanceId }) => instanceId));
  const nodeNames = new Set(nodes.map((node) => node.name));
  return donorOf({
    fleet,
    nodes: view.lastSeen.filter(({ instanceId }) => here.has(instanceId)),
    unobserved: view.observed.kind === 'known' ? null : view.observed.why,
    sets: setsOf(facts, { fleet, volumes: owners, nodeNames }),
    breaker: view.breaker,
    haltedSinceMs: view.haltedSinceMs,
    busy: busyNodes(nodes, records),
    underWaySinceMs: underWaySince(records.incidents),
    failedMs: failedSnapshots(records.incidents),
    nowMs,
    ...(requestedBy === 'person' && { asked: { instanceId: undefined } }),
  });
}

const ENDED: ReadonlySet<IncidentRecord['state']> = new Set(['healed', 'escalated']);

/** When the latest clean snapshot was begun that has not ended, of any node; null where none is under way. */
export function underWaySince(incidents: readonly IncidentRecord[]): number | null {
  const begun = incidents.filter(
    ({ state, trigger }) => !ENDED.has(state) && readTrigger(trigger)?.kind === 'snapshot',
  );
  return begun.length === 0 ? null : Math.max(...begun.map(({ onsetMs }) => onsetMs));
}

/** When clean snapshots were begun of which an attempt has failed, or ended without a word. */
export const failedSnapshots = (incidents: readonly IncidentRecord[]): readonly number[] =>
  incidents
    .filter(({ trigger, failures, deaths = 0 }) => trigger === CLEAN_SNAPSHOT && failures + deaths > 0)
    .map(({ onsetMs }) => onsetMs);

/** Why nodes cannot be stopped now, by instance id: a heal goes first, and a pause is a person's word. */
export function busyNodes(
  nodes: readonly Pick<FleetNode, 'instanceId' | 'tags'>[],
  records: { readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] },
): ReadonlyMap<string, string> {
  const busy = new Map<string, string>();
  for (const { instanceId, tags } of nodes) {
    const paused = judgePauseTag(tags);
    if (paused) busy.set(instanceId, paused.reason);
  }
  for (const { instanceId, owner } of records.nodes) if (owner !== null) busy.set(instanceId, 'another heal holds it');
  for (const incident of records.incidents) {
    const { instanceId, state, incidentId, trigger } = incident;
    if (keepsNode(incident) && readTrigger(trigger)?.kind !== 'plan')
      busy.set(instanceId, `incident ${incidentId} (${trigger}) is ${state}`);
  }
  return busy;
}

function answerOf(donor: Donor): DonorAnswer {
  if (!('donor' in donor)) return donor;
  const { instanceId, name } = donor.donor;
  return { donor: { instanceId, name }, reason: donor.reason };
}

export const handler = createHandler({ clients: awsClients() });
