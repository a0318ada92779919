// The level-triggered half of the door: every minute what is still wrong is read again, and what died is found.
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { EventError } from '../../shared/events/errors.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { owesClient } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { consider, type Door } from './consider.ts';
import { type Candidate, isDiskAlarm, troubleOf } from './decide.ts';
import { type Apart, takeApart } from './fleet-wide.ts';
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
  const inAlarm = await readAlarming(clients.cloudwatch);
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
  const apart = await takeApart(clients.cloudwatch, inAlarm, settings.fleets, attempt);
  await attempt(() => settle(door, known, apart, { nowMs, untilMs: nowMs + SETTLE_FOR_MS }, attempt));
  await attempt(() => look(door, settings, known, apart.alarming, { nowMs, untilMs: nowMs + LOOK_FOR_MS }, attempt));
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
  { alarming, whole }: Apart,
  time: Time,
  attempt: Attempt,
): Promise<void> {
  const resting = incidents.filter(({ state }) => state === 'open' || state === 'escalated');
  const quiet = resting.filter((incident) => !alarming.some((alarm) => concerns(alarm, incident)));
  const asked = quiet.map(({ alarm }) => alarm.alarmName).filter((name) => !whole.has(name));
  // Of a fleet-wide alarm that is in ALARM for others, who is not among them is over.
  const over = new Set([...(await readOver(door.clients.cloudwatch, [...new Set(asked)])), ...whole]);
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
const concerns = (alarm: AlarmNow, incident: IncidentRecord): boolean =>
  isSame(alarm, incident) ||
  (isOn(alarm, incident) &&
    alarm.fact.dimensions['path'] !== undefined &&
    alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']);

/** Whether an alarm is the one that an incident was told by; of a fleet-wide one, that node's part of it. */
const isSame = (alarm: AlarmNow, incident: IncidentRecord): boolean =>
  alarm.fact.alarmName === incident.alarm.alarmName &&
  (alarm.about !== 'contributor' ||
    (isOn(alarm, incident) && alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']));

const isOn = ({ fact }: AlarmNow, { instanceId }: IncidentRecord): boolean =>
  fact.dimensions['InstanceId'] === instanceId;

async function look(
  door: Door,
  settings: Settings,
  { incidents, nodes }: Records,
  alarming: readonly AlarmNow[],
  time: Time,
  attempt: Attempt,
): Promise<void> {
  const { cloudwatch } = door.clients;
  const disks = alarming.filter((alarm) => alarm.about !== 'fleet' && isDiskAlarm(alarm, settings.fleets));
  // One alarm of many nodes has one answer.
  const mutes = new Map<string, Promise<string | null>>();
  const muteOf = (alarmName: string): Promise<string | null> => {
    const mute = mutes.get(alarmName) ?? readMuteRule(cloudwatch, alarmName);
    mutes.set(alarmName, mute);
    return mute;
  };
  const told: (() => Promise<Candidate>)[] = disks.map(
    (disk) => async () => candidateOf(disk, await muteOf(disk.fact.alarmName)),
  );
  // What a person told of has no alarm of its own to be read from, and a contributor none where its alarm could not be read.
  const open = incidents.filter(({ state }) => state === 'open');
  const again = open
    .filter((incident) => !disks.some((disk) => isSame(disk, incident) && isOn(disk, incident)))
    .flatMap((incident) => toldAgain(incident, alarming, owed(incident, nodes, time.nowMs)));
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

const toldAgain = (
  incident: IncidentRecord,
  alarming: readonly AlarmNow[],
  clientOwed: boolean,
): readonly Candidate[] => {
  const { alarm, instanceId, onsetMs } = incident;
  const isQuiet = alarm.alarmName !== '' && !alarming.some((one) => isSame(one, incident));
  return isQuiet && !clientOwed ? [] : [{ alarm, instanceId, onsetMs, suppressedBy: null }];
};

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
