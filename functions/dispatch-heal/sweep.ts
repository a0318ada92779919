// The level-triggered half of the door: every minute what is still wrong is read again, and what died is found.
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { EventError } from '../../shared/events/errors.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { owesClient } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { consider, type Door } from './consider.ts';
import { type Candidate, isDiskAlarm, troubleOf } from './decide.ts';
import { settleIncident, settleNode } from './settle.ts';
import { type AlarmNow, type InstanceNow, readAlarming, readInstances, readMuteRule, readOver } from './truth.ts';
import { inTurn } from './turns.ts';

/** Of the function's 60 s: then nothing more is settled, and then nobody more is looked at. What is left has its turn in the next minutes. */
const SETTLE_FOR_MS = 20_000;
const LOOK_FOR_MS = 40_000;

/**
 * Settles what died, then takes every disk alarm that is in ALARM through the door. One fleet's failure does not stop the others;
 * all failures are thrown together at the end, so that they reach Lambda's retries, the dead-letter queue and an alarm.
 */
export async function sweep(door: Door): Promise<void> {
  const { clients, environment } = door;
  const nowMs = Date.now();
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const alarming = await readAlarming(clients.cloudwatch);
  // Counted, and told by an alarm of its own: a sweep that failed for it each minute would drown everything else.
  for (const sentence of settings.broken.values()) console.error(JSON.stringify({ level: 'error', fleet: sentence }));
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      // An alarm that leads nowhere ended in the dead-letter queue when its event came; every minute again would hide the rest.
      if (error instanceof EventError) console.warn(JSON.stringify({ level: 'warn', left: error.message }));
      else failures.push(error);
    }
  };

  const known = await readRecords(door, settings, attempt);
  await attempt(() => settle(door, known, alarming, { nowMs, untilMs: nowMs + SETTLE_FOR_MS }, attempt));
  await attempt(() => look(door, settings, known, alarming, { nowMs, untilMs: nowMs + LOOK_FOR_MS }, attempt));
  await attempt(() =>
    clients.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: 'chainmend',
        MetricData: [
          { MetricName: 'Sweeps', Value: 1, Unit: 'Count' },
          { MetricName: 'BrokenFleetFiles', Value: settings.broken.size, Unit: 'Count' },
        ],
      }),
    ),
  );
  if (failures.length > 0)
    throw new AggregateError(failures, `the sweep went on, but: ${failures.map(sentenceOf).join('; ')}`);
}

type Attempt = (work: () => Promise<unknown>) => Promise<void>;
type Time = Parameters<typeof inTurn>[1];

interface Records {
  readonly incidents: readonly IncidentRecord[];
  readonly nodes: readonly NodeRecord[];
}

async function readRecords({ store }: Door, { fleets }: Settings, attempt: Attempt): Promise<Records> {
  const incidents: IncidentRecord[] = [];
  const nodes: NodeRecord[] = [];
  for (const fleet of fleets)
    await attempt(async () => {
      const read = await store.readFleet(fleet.name);
      incidents.push(...read.incidents);
      nodes.push(...read.nodes);
    });
  return { incidents, nodes };
}

async function settle(
  door: Door,
  { incidents, nodes }: Records,
  alarming: readonly AlarmNow[],
  time: Time,
  attempt: Attempt,
): Promise<void> {
  const resting = incidents.filter(({ state }) => state === 'open' || state === 'escalated');
  const quiet = resting.filter((incident) => !alarming.some((alarm) => concerns(alarm, incident)));
  const over = await readOver(door.clients.cloudwatch, [...new Set(quiet.map(({ alarm }) => alarm.alarmName))]);
  const isOver = (incident: IncidentRecord): boolean =>
    quiet.includes(incident) && over.has(incident.alarm.alarmName) && !owed(incident, nodes, time.nowMs);
  const works = [
    ...nodes.map((node) => () => settleNode(door, node, incidents)),
    ...incidents.map((incident) => () => settleIncident(door, incident, isOver)),
  ];
  await inTurn(works, time, attempt);
}

/** The disk is well again and the client that it stopped is not: the incident is not over, whatever its alarm says. */
const owed = (incident: IncidentRecord, nodes: readonly NodeRecord[], nowMs: number): boolean =>
  incident.state === 'open' &&
  owesClient(
    nodes.find(({ instanceId }) => instanceId === incident.instanceId),
    nowMs,
  );

/** Whether an alarm tells of an incident's trouble: the same alarm, or another on the same filesystem (its inodes). */
const concerns = ({ fact: { alarmName, dimensions } }: AlarmNow, { alarm, instanceId }: IncidentRecord): boolean =>
  alarmName === alarm.alarmName ||
  (dimensions['InstanceId'] === instanceId &&
    dimensions['path'] !== undefined &&
    dimensions['path'] === alarm.dimensions['path']);

async function look(
  door: Door,
  settings: Settings,
  { incidents, nodes }: Records,
  alarming: readonly AlarmNow[],
  time: Time,
  attempt: Attempt,
): Promise<void> {
  const names = new Set(alarming.map(({ fact }) => fact.alarmName));
  const disks = alarming.filter(({ fact, metricName }) => isDiskAlarm(fact, metricName, settings.fleets));
  const told: (() => Promise<Candidate>)[] = disks.map(
    (disk) => async () => candidateOf(disk, await readMuteRule(door.clients.cloudwatch, disk.fact.alarmName)),
  );
  // What a contributor or a person told of has no alarm of its own to be read from.
  const open = incidents.filter(({ state }) => state === 'open');
  const again = open
    .filter((incident) => !disks.some(({ fact }) => tellsOf(fact, incident)))
    .flatMap((incident) => toldAgain(incident, names, owed(incident, nodes, time.nowMs)));
  const ids = [...disks.map(({ fact }) => fact.dimensions['InstanceId'] ?? ''), ...again.map((c) => c.instanceId)];
  if (ids.length === 0) return;
  const instances = await readInstances(door.clients.ec2, [...new Set(ids)]);
  await inTurn([...told, ...again.map((candidate) => async () => candidate)], time, (candidate) =>
    attempt(async () => considerOne(door, settings, instances, await candidate())),
  );
}

/** One candidate of an event or of a person. */
export async function considerNow(
  door: Door,
  settings: Pick<Settings, 'fleets' | 'values'>,
  candidate: Candidate,
): Promise<void> {
  await considerOne(door, settings, await readInstances(door.clients.ec2, [candidate.instanceId]), candidate);
}

async function considerOne(
  door: Door,
  { fleets, values }: Pick<Settings, 'fleets' | 'values'>,
  instances: ReadonlyMap<string, InstanceNow>,
  candidate: Candidate,
): Promise<void> {
  const { alarmName, dimensions } = candidate.alarm;
  const instance = instances.get(candidate.instanceId);
  if (!instance) throw new EventError(alarmName, candidate.instanceId, 'an instance that exists');
  const fleet = fleetOf(instance.tags, fleets);
  if ('refuse' in fleet)
    throw new EventError(alarmName, candidate.instanceId, `an instance with the tags of one fleet; ${fleet.reason}`);
  if (candidate.fleet !== undefined && candidate.fleet !== fleet.name)
    throw new EventError('fleet', candidate.fleet, `${fleet.name}, whose tags ${candidate.instanceId} carries`);
  const trouble = troubleOf(fleet, dimensions);
  if (!trouble) {
    const paths = fleet.volumes.map(({ path }) => path).join(' or ');
    throw new EventError(alarmName, dimensions['path'], `a path of fleet ${fleet.name}: ${paths}`);
  }
  await consider(door, { values }, { candidate, fleet, instance, trouble });
}

const candidateOf = ({ fact, sinceMs, actionsEnabled }: AlarmNow, mutedBy: string | null): Candidate => ({
  alarm: fact,
  instanceId: fact.dimensions['InstanceId'] ?? '',
  onsetMs: sinceMs,
  suppressedBy: mutedBy ?? (actionsEnabled ? null : 'its actions being disabled'),
});

const tellsOf = ({ alarmName, dimensions }: AlarmNow['fact'], incident: IncidentRecord): boolean =>
  dimensions['InstanceId'] === incident.instanceId && alarmName === incident.alarm.alarmName;

const toldAgain = (
  incident: IncidentRecord,
  alarming: ReadonlySet<string>,
  clientOwed: boolean,
): readonly Candidate[] => {
  const { alarm, instanceId, onsetMs } = incident;
  if (alarm.alarmName !== '' && !alarming.has(alarm.alarmName) && !clientOwed) return [];
  return [{ alarm, instanceId, onsetMs, suppressedBy: null }];
};

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
