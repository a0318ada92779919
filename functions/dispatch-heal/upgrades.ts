// The upgrades of fleets that people have asked for: each sweep looks how far each is, and opens the next incident, which is a heal like any other.
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { UpgradeRequest } from '../../shared/events/dispatch.ts';
import { EventError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { OBSERVATION_VALID_MS } from '../../shared/guardrails/breaker.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { createJournal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import { page } from '../../shared/heal/notify.ts';
import type { IncidentRecord, UpgradeRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { createContext, DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import type { Candidate } from './decide.ts';
import { considerCandidate, type DispatchResult } from './dispatch.ts';
import { answerOf, findFleet } from './requests.ts';
import { nextStep, type UpgradeStep } from './upgrade.ts';

/**
 * A person asks for it. Only a plan of the first node is made where the person, or the fleet's mode, wants no more.
 *
 * @throws EventError where the fleet file does not name the version, or another upgrade is under way
 */
export async function handleUpgrade(
  services: DispatcherServices,
  event: UpgradeRequest,
): Promise<DispatchAnswer | undefined> {
  const { clients, environment, store } = services;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const fleet = findFleet(settings.fleets, event.fleet);
  const versions = fleet.client?.versions ?? [];
  if (!versions.includes(event.to))
    throw new EventError(
      'to',
      event.to,
      `one of client.versions in the fleet file: ${versions.join(', ') || 'it names none'}`,
    );
  const context = createContext(services, settings);
  const nowMs = Date.now();
  const read = await store.readUpgrade(fleet.name);
  if (read?.state === 'under-way' && read.to !== event.to)
    throw new EventError(
      'to',
      event.to,
      `${read.to}, which ${fleet.name} is being upgraded to; pause it to have it end`,
    );
  const isUnderWay = read?.state === 'under-way';
  const upgrade: UpgradeRecord = isUnderWay
    ? read
    : { to: event.to, askedAtMs: nowMs, state: 'under-way', version: (read?.version ?? 0) + 1 };
  const nodes = await nodesOf(context, fleet, nowMs);
  const incidents = await store.readIncidents(fleet.name, []);
  const step = nextStep({ nowMs, fleet, upgrade, nodes, incidents });
  if (event.plan || fleet.mode === 'plan') return planOf(context, fleet, upgrade, step);
  if (!isUnderWay) {
    if (!(await store.replace(keys.upgrade(fleet.name), upgrade)))
      throw new Error(`the upgrade of ${fleet.name} was asked for twice at this moment`);
    await note(
      services,
      fleet.name,
      upgrade,
      '00-asked',
      `${fleet.name} is upgraded to ${event.to}, one node after the other`,
    );
  }
  const considered = await takeStep(context, fleet, upgrade, step, nowMs);
  return considered && answerOf(considered);
}

/** Of the node that comes next; where it is not known which, of none. */
async function planOf(
  context: DispatchContext,
  { name, client }: Fleet,
  { to, askedAtMs }: UpgradeRecord,
  step: UpgradeStep,
): Promise<DispatchAnswer | undefined> {
  if (!('node' in step))
    throw new EventError(
      'fleet',
      name,
      `a fleet with a node to upgrade; ${step.do === 'wait' ? step.why : step.reason}`,
    );
  const watchMinutes = client?.watchMinutes ?? 0;
  const want = { do: 'upgrade', to, cleanSinceMs: askedAtMs, watchMinutes } as const;
  const trigger = { kind: 'plan', subject: 'upgrade' } as const;
  const considered = await considerCandidate(context, { ...candidateOf(name, step.node, askedAtMs), trigger, want });
  return considered && answerOf(considered);
}

/** Body of the sweep's last part, for one fleet. */
export async function followUpgrade(
  services: DispatcherServices,
  context: DispatchContext,
  fleet: Fleet,
  incidents: readonly IncidentRecord[],
): Promise<void> {
  if (fleet.client === undefined && incidents.every(({ want }) => want?.do !== 'upgrade')) return;
  const upgrade = await services.store.readUpgrade(fleet.name);
  // Nothing is begun under a pause; what is under way judges it itself.
  const { environment, settings } = context;
  if (upgrade?.state !== 'under-way' || judgePauses(environment.PARAMETER_PREFIX, fleet.name, settings.values)) return;
  const nowMs = Date.now();
  const step = nextStep({ nowMs, fleet, upgrade, nodes: await nodesOf(context, fleet, nowMs), incidents });
  await takeStep(context, fleet, upgrade, step, nowMs);
}

async function takeStep(
  context: DispatchContext,
  fleet: Fleet,
  upgrade: UpgradeRecord,
  step: UpgradeStep,
  nowMs: number,
): Promise<DispatchResult | undefined> {
  if (step.do === 'wait') return undefined;
  if (step.do === 'end') {
    await end(context, fleet.name, upgrade, step);
    return undefined;
  }
  const candidate = candidateOf(fleet.name, step.node, nowMs);
  if (step.do === 'snapshot')
    return considerCandidate(context, { ...candidate, trigger: { kind: 'snapshot', subject: 'clean' } });
  const { cleanSinceMs, watchMinutes } = step;
  const want = { do: 'upgrade', to: upgrade.to, cleanSinceMs, watchMinutes } as const;
  return considerCandidate(context, { ...candidate, trigger: { kind: 'request', subject: 'upgrade' }, want });
}

const candidateOf = (fleet: string, { instanceId }: ObservedNode, onsetMs: number): Candidate => ({
  alarm: { alarmName: '', namespace: 'person', dimensions: { InstanceId: instanceId } },
  ...{ instanceId, onsetMs, fleet, atOnce: true, suppressedBy: null },
});

async function nodesOf({ seen }: DispatchContext, { name }: Fleet, nowMs: number): Promise<readonly ObservedNode[]> {
  const { observations } = await seen(name);
  // What is half seen is not seen: a node that is not in it would be left out.
  return observations.every(({ observedAtMs }) => nowMs - observedAtMs <= OBSERVATION_VALID_MS)
    ? observations.flatMap(({ nodes }) => nodes)
    : [];
}

/** People are told before it is written: a page may come twice, but must come. */
async function end(
  services: DispatcherServices,
  fleet: string,
  upgrade: UpgradeRecord,
  { as, reason, isTold }: Extract<UpgradeStep, { readonly do: 'end' }>,
): Promise<void> {
  const { clients, environment, store } = services;
  const sentence = `the upgrade to ${upgrade.to}: ${reason}`;
  if (!isTold)
    await page(clients.sns, environment.TOPIC_ARN, { fleet, node: WHOLE_FLEET, code: 'upgrade-ended', sentence });
  await note(services, fleet, upgrade, `01-${as}`, sentence);
  const ended: UpgradeRecord = { ...upgrade, state: as, reason, version: upgrade.version + 1 };
  await store.replace(keys.upgrade(fleet), ended);
}

async function note(
  { store }: DispatcherServices,
  fleet: string,
  { askedAtMs }: UpgradeRecord,
  place: string,
  sentence: string,
): Promise<void> {
  const whole = { fleet, node: WHOLE_FLEET, instanceId: WHOLE_FLEET, incidentId: 'upgrade', attempt: 0 } as const;
  const about = { ...whole, by: DISPATCHER, onsetMs: askedAtMs, heal: 'replace-node', writer: DISPATCHER } as const;
  await createJournal(store, about)(place, { atMs: Date.now(), kind: 'notice', sentence });
}
