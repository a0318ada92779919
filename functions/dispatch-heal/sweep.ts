// The level-triggered half of the door: every minute what is still wrong is read again, and what died is found.
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { StopDurableExecutionCommand } from '@aws-sdk/client-lambda';
import { EventError } from '../../shared/events/errors.ts';
import { readExecution } from '../../shared/heal/execution-status.ts';
import { INVOKE_AGAIN_MS, judgeAttempt, recovered, reopenToSettle } from '../../shared/heal/incident.ts';
import { freeDead, leaseFree, unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { consider, type Door, invoke } from './consider.ts';
import { type Candidate, fleetOf, isDiskAlarm, troubleOf } from './decide.ts';
import { type AlarmNow, readAlarming, readInstances, readMuteRule, readSettings, type Settings } from './truth.ts';

/** What one sweep starts at most; the next comes in a minute. */
const MAX_CANDIDATES = 100;
/** A manual incident has no alarm that could say that it is over. */
const MANUAL_VALID_MS = 60 * 60_000;

/**
 * Settles what died, then takes every disk alarm that is in ALARM through the door. One fleet's failure does not stop the others;
 * all failures are thrown together at the end, so that they reach Lambda's retries, the dead-letter queue and an alarm.
 */
export async function sweep(door: Door): Promise<void> {
  const { clients, store, environment } = door;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const alarming = await readAlarming(clients.cloudwatch);
  const failures: unknown[] = [...settings.broken.values()].map((sentence) => new Error(sentence));
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      // An alarm that leads nowhere ended in the dead-letter queue when its event came; every minute again would hide the rest.
      if (error instanceof EventError) console.warn(JSON.stringify({ level: 'warn', left: error.message }));
      else failures.push(error);
    }
  };

  const names = new Set(alarming.map(({ fact }) => fact.alarmName));
  const open: IncidentRecord[] = [];
  for (const fleet of settings.fleets) {
    await attempt(async () => {
      const { incidents, nodes } = await store.readFleet(fleet.name);
      open.push(...incidents.filter(({ state }) => state === 'open'));
      for (const node of nodes) await attempt(() => settleNode(door, node, incidents));
      for (const incident of incidents) await attempt(() => settleIncident(door, incident, names));
    });
  }
  const disks = alarming.filter(({ fact, metricName }) => isDiskAlarm(fact, metricName, settings.fleets));
  const candidates: Candidate[] = [];
  for (const alarm of disks.slice(0, MAX_CANDIDATES)) {
    await attempt(async () => {
      const muted = await readMuteRule(clients.cloudwatch, alarm.fact.alarmName);
      candidates.push(candidateOf(alarm, muted));
    });
  }
  // What a contributor or a person told of has no alarm of its own to be read from.
  candidates.push(
    ...open
      .filter((incident) => !candidates.some((known) => tellsOf(known, incident)))
      .flatMap((incident) => toldAgain(incident, names)),
  );
  await attempt(() => considerAll(door, settings, candidates, attempt));

  await clients.cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'chainmend',
      MetricData: [{ MetricName: 'Sweeps', Value: 1, Unit: 'Count' }],
    }),
  );
  if (failures.length > 0)
    throw new AggregateError(failures, `the sweep went on, but: ${failures.map(sentenceOf).join('; ')}`);
}

export async function considerAll(
  door: Door,
  { fleets, values }: Pick<Settings, 'fleets' | 'values'>,
  candidates: readonly Candidate[],
  attempt: (work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  if (candidates.length === 0) return;
  const instances = await readInstances(door.clients.ec2, [...new Set(candidates.map(({ instanceId }) => instanceId))]);
  for (const candidate of candidates) {
    await attempt(async () => {
      const { alarmName, dimensions } = candidate.alarm;
      const instance = instances.get(candidate.instanceId);
      if (!instance) throw new EventError(alarmName, candidate.instanceId, 'an instance that exists');
      const fleet = fleetOf(instance.tags, fleets);
      if ('refuse' in fleet)
        throw new EventError(
          alarmName,
          candidate.instanceId,
          `an instance with the tags of one fleet; ${fleet.reason}`,
        );
      const trouble = troubleOf(fleet, dimensions);
      if (!trouble) {
        const paths = fleet.volumes.map(({ path }) => path).join(' or ');
        throw new EventError(alarmName, dimensions['path'], `a path of fleet ${fleet.name}: ${paths}`);
      }
      await consider(door, { values }, { candidate, fleet, instance, trouble });
    });
  }
}

export const candidateOf = ({ fact, sinceMs, actionsEnabled }: AlarmNow, mutedBy: string | null): Candidate => ({
  alarm: fact,
  instanceId: fact.dimensions['InstanceId'] ?? '',
  onsetMs: sinceMs,
  suppressedBy: mutedBy ?? (actionsEnabled ? null : 'its actions being disabled'),
});

const tellsOf = ({ alarm, instanceId }: Candidate, incident: IncidentRecord): boolean =>
  instanceId === incident.instanceId && alarm.alarmName === incident.alarm.alarmName;

const toldAgain = (incident: IncidentRecord, alarming: ReadonlySet<string>): readonly Candidate[] => {
  const { alarm, instanceId, onsetMs } = incident;
  if (alarm.alarmName !== '' && !alarming.has(alarm.alarmName)) return [];
  return [{ alarm, instanceId, onsetMs, suppressedBy: null }];
};

/** A node whose holder has ended is freed; what that holder left open is a trouble of its own. */
async function settleNode(
  { clients, store }: Door,
  node: NodeRecord,
  incidents: readonly IncidentRecord[],
): Promise<void> {
  if (node.owner === null) return;
  const owner = await readExecution(clients.lambda, node.owner);
  const nowMs = Date.now();
  const freed = freeDead(node, owner, nowMs);
  if ('next' in freed) {
    await store.replace(keys.node(node.fleet, node.instanceId), freed.next);
    return;
  }
  if (!unsettled(node) || !leaseFree(node, owner, nowMs)) return;
  const incident = incidents.find(({ incidentId }) => incidentId === node.operation?.incidentId);
  const reopened = incident && reopenToSettle(incident);
  if (reopened && 'next' in reopened) await replace(store, reopened.next);
}

/** An attempt that died leaves its incident open again; one that outlived its deadline is stopped; one that never began is invoked again. */
async function settleIncident(door: Door, incident: IncidentRecord, alarming: ReadonlySet<string>): Promise<void> {
  const { clients, store } = door;
  const nowMs = Date.now();
  if (incident.state === 'open' || incident.state === 'escalated') {
    const manual = incident.alarm.alarmName === '';
    const over = manual ? nowMs - incident.onsetMs > MANUAL_VALID_MS : !alarming.has(incident.alarm.alarmName);
    const closed = over ? recovered(incident, nowMs) : { leave: true as const };
    if ('next' in closed) await replace(store, closed.next);
    return;
  }
  const execution = await executionOf(door, incident, nowMs);
  if (!execution) return;
  const judged = judgeAttempt(incident, await readExecution(clients.lambda, execution), nowMs);
  if ('stop' in judged) {
    const why = { ErrorType: 'DeadlinePassed', ErrorMessage: `attempt ${incident.attempt} outlived its deadline` };
    await clients.lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn: execution, Error: why }));
  }
  if ('next' in judged) await replace(store, judged.next);
}

/** The ARN of an attempt that was allocated and not claimed is known only by invoking it again, which changes nothing if it exists. */
async function executionOf(door: Door, incident: IncidentRecord, nowMs: number): Promise<string | undefined> {
  if (incident.state === 'claimed') return incident.execution;
  if (incident.state !== 'allocated' || nowMs - incident.allocatedAtMs < INVOKE_AGAIN_MS) return undefined;
  return invoke(door, incident.payload);
}

const replace = (store: Door['store'], next: IncidentRecord): Promise<boolean> =>
  store.replace(keys.incident(next.fleet, next.instanceId, next.trouble), next);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
