// The drills of fleets: each sweep looks whether one is due, opens it as an incident like any other, and tells how old the last proof is.
import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { DrillRequest } from '../../shared/events/dispatch.ts';
import { NotNowError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { NO_NODES_HERE } from '../../shared/guardrails/breaker.ts';
import type { PageMemory } from '../../shared/guardrails/names.ts';
import { judgeFleetSwitches } from '../../shared/guardrails/switches.ts';
import { type DrillRecord, type DrillWatchRecord, proofAgeHours } from '../../shared/heal/drill.ts';
import { createJournal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { tellFound } from '../../shared/reconcile/page-memory.ts';
import { createContext, DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import { type Candidate, SCHEDULE } from './decide.ts';
import { considerCandidate } from './dispatch.ts';
import { type DrillFacts, drillStep, noDrills, oldProof } from './drill.ts';
import { answerOf, findFleet } from './requests.ts';

/**
 * A person asks for it: the newest set that heals would use, whatever was tried before.
 *
 * @throws NotNowError where the fleet has no drills, one is under way, or no node can be imitated
 */
export async function handleDrill(
  services: DispatcherServices,
  event: DrillRequest,
): Promise<DispatchAnswer | undefined> {
  const { clients, environment, store } = services;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const fleet = findFleet(settings.fleets, event.fleet);
  if (fleet.drills === undefined) throw new NotNowError(noDrills(fleet));
  const context = createContext(services, settings);
  const nowMs = Date.now();
  const incidents = await store.readDrills(fleet.name);
  const facts = await factsOf(context, fleet, incidents, nowMs);
  const step = drillStep({
    ...facts,
    record: facts.record && { ...facts.record, dueAtMs: 0 },
    // The heal itself judges what else goes on, and says so.
    ...{ haltedSinceMs: null, breaker: { open: false, sentence: '' }, isAsked: true },
  });
  if (step.do === 'wait') throw new NotNowError(`no drill of ${fleet.name} begins now: ${step.why}`);
  const trigger = { kind: event.plan ? 'plan' : 'snapshot', subject: 'drill' } as const;
  const considered = await considerCandidate(context, {
    ...candidateOf(fleet.name, step.node.instanceId, nowMs, 'person'),
    trigger,
  });
  return considered && answerOf(considered);
}

/** A lifecycle policy has reported an error: every fleet with drills proves its newest set at once. */
export async function wantDrills(services: DispatcherServices, policyId: string): Promise<void> {
  const { clients, environment, store } = services;
  const nowMs = Date.now();
  const { fleets } = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  for (const fleet of fleets.filter(({ drills }) => drills !== undefined)) {
    await changeWatch(store, fleet.name, (read) => ({ sinceMs: nowMs, ...read, wantedSinceMs: nowMs }));
    await note(
      services,
      fleet.name,
      nowMs,
      '00-policy-error',
      `the lifecycle policy ${policyId} reports an error: a drill is due`,
    );
  }
}

/**
 * Body of the sweep's last part, for one fleet.
 *
 * @param incidents of all fleets
 * @returns what is measured of it
 */
export async function followDrills(
  services: DispatcherServices,
  context: DispatchContext,
  fleet: Fleet,
  incidents: readonly IncidentRecord[],
): Promise<readonly MetricDatum[]> {
  const nowMs = Date.now();
  const hasOwn = incidents.some((one) => one.fleet === fleet.name && one.trigger === 'snapshot:drill');
  if (fleet.drills === undefined && !hasOwn) return [];
  const facts = await factsOf(context, fleet, incidents, nowMs);
  if (fleet.drills !== undefined) await tellOldProof(services, facts);
  const { environment, settings } = context;
  if (!judgeFleetSwitches(environment.PARAMETER_PREFIX, fleet.name, settings)) {
    const step = drillStep(facts);
    if (step.do === 'drill')
      await considerCandidate(context, candidateOf(fleet.name, step.node.instanceId, nowMs, SCHEDULE));
  }
  return fleet.drills === undefined ? [] : measured(facts);
}

async function factsOf(
  { store, seen }: DispatchContext,
  fleet: Fleet,
  incidents: readonly IncidentRecord[],
  nowMs: number,
): Promise<DrillFacts> {
  const [record, watch, { nodes, breaker, haltedSinceMs }] = await Promise.all([
    store.readDrill(fleet.name),
    store.readDrillWatch(fleet.name),
    seen(fleet),
  ]);
  return {
    ...{ nowMs, fleet, record, incidents, haltedSinceMs },
    watch: watch ?? (await changeWatch(store, fleet.name, (read) => read ?? { sinceMs: nowMs })),
    nodes,
    breaker: fleet.copiesFrom === undefined ? breaker : NO_NODES_HERE,
  };
}

const candidateOf = (fleet: string, instanceId: string, onsetMs: number, namespace: string): Candidate => ({
  alarm: { alarmName: '', namespace, dimensions: { InstanceId: instanceId } },
  trigger: { kind: 'snapshot', subject: 'drill' },
  ...{ instanceId, onsetMs, fleet, atOnce: true, suppressedBy: null },
});

async function tellOldProof(services: DispatcherServices, { fleet, nowMs, record, watch }: DrillFacts): Promise<void> {
  const change = (of: (read: DrillWatchRecord) => PageMemory): Promise<DrillWatchRecord> =>
    changeWatch(services.store, fleet.name, (read = watch) => ({ ...read, ...of(read) }));
  const held = oldProof({ nowMs, fleet, record, watch });
  const sender: Parameters<typeof tellFound>[0] = {
    ...services,
    write: ({ code, sentence }) => note(services, fleet.name, nowMs, `00-${code}`, sentence, code),
    remember: change,
  };
  await tellFound(sender, fleet.name, watch, held, nowMs);
}

const changeWatch = (
  store: DispatcherServices['store'],
  fleet: string,
  decide: (read: DrillWatchRecord | undefined) => Omit<DrillWatchRecord, 'version'>,
): Promise<DrillWatchRecord> =>
  settle<DrillWatchRecord, DrillWatchRecord>(
    store,
    keys.drillWatch(fleet),
    () => store.readDrillWatch(fleet),
    (read) => {
      const next = { ...decide(read), version: (read?.version ?? 0) + 1 };
      return { result: next, write: next };
    },
  );

/** Two numbers for each fleet: how long it takes, and how long ago that was proved. */
function measured({ fleet, record, watch, nowMs }: DrillFacts): readonly MetricDatum[] {
  const Dimensions = [{ Name: 'Fleet', Value: fleet.name }];
  const proved: DrillRecord['proved'] = record?.proved ?? null;
  return [
    { MetricName: 'RecoveryAgeHours', Value: proofAgeHours(record, watch, nowMs), Unit: 'None', Dimensions },
    ...(proved ? [{ MetricName: 'RecoveryMinutes', Value: proved.minutes, Unit: 'None' as const, Dimensions }] : []),
  ];
}

async function note(
  { store }: DispatcherServices,
  fleet: string,
  atMs: number,
  place: string,
  sentence: string,
  code?: string,
): Promise<void> {
  const whole = { fleet, node: WHOLE_FLEET, instanceId: WHOLE_FLEET, incidentId: 'drills', attempt: 0 } as const;
  const about = { ...whole, by: DISPATCHER, onsetMs: atMs, heal: 'audit-snapshots', writer: DISPATCHER } as const;
  await createJournal(store, about)(place, {
    atMs,
    kind: code === undefined ? 'notice' : 'page',
    sentence,
    ...(code !== undefined && { code }),
  });
}
