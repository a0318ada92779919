// The level-triggered half of the door: every minute what is still wrong is read again, and what died is found.

import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { logError, logWarn } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { OBSERVATION_VALID_MS } from '../../shared/guardrails/breaker.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { EC2_NAMESPACE, heeded } from './alarms.ts';
import { again, concerns, DISABLED, isOver, nodeOf, ofDisk, ofSick, type Records, sickOf } from './candidates.ts';
import type { Around, Door } from './consider.ts';
import type { Candidate } from './decide.ts';
import { type Apart, takeApart } from './fleet-wide.ts';
import { isWell, type Sick } from './health.ts';
import { aroundOf, considerOne } from './look.ts';
import { settleIncident, settleNode } from './settle.ts';
import {
  type AlarmNow,
  type Checks,
  type FleetSeen,
  readAlarming,
  readChecks,
  readInstances,
  readMuteRule,
  readOver,
} from './truth.ts';
import { inTurn } from './turns.ts';

/** Of the function's 60 s: then nothing more is settled, and then nobody more is looked at. What is left has its turn in the next minutes. */
const SETTLE_FOR_MS = 20_000;
const LOOK_FOR_MS = 40_000;

/**
 * Settles what died, then takes every disk alarm that is in ALARM, and every node that is sick, through the door. One fleet's failure does not stop the others;
 * all failures are thrown together at the end, so that they reach Lambda's retries, the dead-letter queue and an alarm.
 */
export async function sweep(door: Door): Promise<void> {
  const { clients, environment } = door;
  const nowMs = Date.now();
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  // Counted, and told by an alarm of its own: a sweep that failed for it each minute would drown everything else.
  for (const sentence of settings.broken.values()) logError({ fleet: sentence });
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      // An alarm that leads nowhere ended in the dead-letter queue when its event came; every minute again would hide the rest.
      if (error instanceof EventError) logWarn({ left: error.message });
      else failures.push(error);
    }
  };

  let inAlarm: readonly AlarmNow[] | null = null;
  // What died is settled, and who is seen to be sick is helped, whatever becomes of the alarms.
  await attempt(async () => {
    inAlarm = await readAlarming(clients.cloudwatch);
  });
  const known = await readRecords(door, settings, attempt);
  const around = aroundOf(door, settings, pagedOf(known));
  const seen = await readSeenOf(around, settings, attempt);
  const apart = await takeApart(clients.cloudwatch, inAlarm, settings.fleets, attempt);
  const read: Read = { door, settings, known, around, seen, apart };
  await attempt(() => settle(read, { nowMs, untilMs: nowMs + SETTLE_FOR_MS }, attempt));
  await attempt(() => look(read, { nowMs, untilMs: nowMs + LOOK_FOR_MS }, attempt));
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

interface Read {
  readonly door: Door;
  readonly settings: Settings;
  readonly known: Records;
  readonly around: Around;
  readonly seen: ReadonlyMap<string, FleetSeen>;
  readonly apart: Apart;
}

async function readRecords({ store }: Door, { fleets }: Settings, attempt: Attempt): Promise<Records> {
  const incidents: IncidentRecord[] = [];
  const nodes: NodeRecord[] = [];
  for (const fleet of fleets)
    await attempt(async () => {
      const read = await store.readFleet(fleet.name);
      incidents.push(...read.incidents);
      nodes.push(...read.nodes);
      for (const place of read.foreign)
        await attempt(async () => {
          throw new Error(`${place} holds a record of something else: somebody has forged it, and it is left out`);
        });
    });
  return { incidents, nodes };
}

/** What people know of each fleet as a whole, from incidents that are not over. */
const pagedOf = ({ incidents }: Records): Set<string> =>
  new Set(
    incidents
      .filter(({ state }) => state !== 'healed')
      .flatMap(({ fleet, pagedCodes }) => pagedCodes.map((code) => `${fleet} ${code}`)),
  );

async function readSeenOf(
  { seen }: Around,
  { fleets }: Settings,
  attempt: Attempt,
): Promise<ReadonlyMap<string, FleetSeen>> {
  const read = new Map<string, FleetSeen>();
  await Promise.all(fleets.map(({ name }) => attempt(async () => void read.set(name, await seen(name)))));
  return read;
}

async function settle({ door, known, seen, apart }: Read, time: Time, attempt: Attempt): Promise<void> {
  const { incidents, nodes } = known;
  const { alarming, whole, isUnread } = apart;
  const resting = incidents.filter(({ state }) => state === 'open' || state === 'escalated');
  const quiet = isUnread ? [] : resting.filter((incident) => !alarming.some((alarm) => concerns(alarm, incident)));
  const asked = quiet.map(({ alarm }) => alarm.alarmName).filter((name) => name !== '' && !whole.has(name));
  // Of a fleet-wide alarm that is in ALARM for others, who is not among them is over.
  const over = new Set([...(await readOver(door.clients.cloudwatch, [...new Set(asked)])), ...whole]);
  // Alarms that nobody could read say that nothing is over.
  const isQuiet = (incident: IncidentRecord): boolean =>
    !isUnread && quiet.includes(incident) && over.has(incident.alarm.alarmName);
  const isHealthy = (incident: IncidentRecord): boolean => {
    const { observations = [] } = seen.get(incident.fleet) ?? {};
    const fresh = observations.every(({ observedAtMs }) => time.nowMs - observedAtMs <= OBSERVATION_VALID_MS);
    const all = observations.flatMap(({ nodes }) => nodes);
    const checksPass =
      !isUnread &&
      !alarming.some(
        ({ fact }) => fact.namespace === EC2_NAMESPACE && fact.dimensions['InstanceId'] === incident.instanceId,
      );
    if (!fresh || !checksPass) return false;
    // Where nobody asks the nodes, EC2's checks are all that is known of them.
    const unasked = all.some(({ instanceId, health }) => instanceId === incident.instanceId && health === 'unknown');
    return (
      isWell(incident.instanceId, all, time.nowMs) ||
      (unasked && incident.alarm.namespace === EC2_NAMESPACE && isQuiet(incident))
    );
  };
  const ended = (incident: IncidentRecord): boolean =>
    isOver(incident, nodeOf(known, incident), isQuiet, isHealthy, time.nowMs);
  const works = [
    ...nodes.map((node) => () => settleNode(door, node, incidents)),
    ...incidents.map((incident) => () => settleIncident(door, incident, ended)),
  ];
  await inTurn(works, time, attempt);
}

async function look({ door, settings, known, around, seen, apart }: Read, time: Time, attempt: Attempt): Promise<void> {
  const { clients } = door;
  const { alarming } = apart;
  const { fleets } = settings;
  const heard = (subject: 'disk' | 'checks'): readonly AlarmNow[] =>
    alarming.filter((alarm) => alarm.about !== 'fleet' && heeded(alarm, fleets) === subject);
  const disks = heard('disk');
  const ids = (alarms: readonly AlarmNow[]): string[] => alarms.map(({ fact }) => fact.dimensions['InstanceId'] ?? '');
  const impaired = ids(heard('checks'));
  const first = await readInstances(clients.ec2, [...new Set([...ids(disks), ...impaired])]);
  const checks = new Map<string, Checks>();
  // Full disks do not wait for what EC2 says of instances.
  await attempt(async () => {
    const known = [...new Set(impaired)].filter((id) => first.has(id));
    for (const [id, check] of await readChecks(clients.ec2, known)) checks.set(id, check);
  });
  const sick = sickOf(fleets, seen, alarming, checks, time.nowMs);
  const others = again(known, apart.isUnread ? null : alarming, disks, sick, time.nowMs);
  const more = [...sick, ...others].map(({ instanceId }) => instanceId).filter((id) => !first.has(id));
  const instances = new Map([...first, ...(await readInstances(clients.ec2, [...new Set(more)]))]);
  // One alarm of many nodes has one answer.
  const mutes = new Map<string, Promise<string | null>>();
  const muteOf = ({ fact: { alarmName }, actionsEnabled }: AlarmNow): Promise<string | null> => {
    const mute = mutes.get(alarmName) ?? readMuteRule(clients.cloudwatch, alarmName);
    mutes.set(alarmName, mute);
    return mute.then((rule) => rule ?? (actionsEnabled ? null : DISABLED));
  };
  const works: (() => Promise<Candidate>)[] = [
    ...disks.map((disk) => async () => ofDisk(disk, await muteOf(disk))),
    ...sick.map((one) => async () => ofSick(one, await firstMute(one, muteOf))),
    ...others.map((candidate) => async () => candidate),
  ];
  await inTurn(works, time, (work) =>
    attempt(async () => void (await considerOne(door, settings, around, instances, await work()))),
  );
}

/** A person who has silenced any of the alarms on a node is at work there. */
async function firstMute(
  { alarms }: Sick,
  muteOf: (alarm: AlarmNow) => Promise<string | null>,
): Promise<string | null> {
  for (const alarm of alarms) {
    const mute = await muteOf(alarm);
    if (mute !== null) return mute;
  }
  return null;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
