// What a sweep looks at: disk alarms, sick nodes, and open incidents that no alarm or observation leads to now. Pure. Unknown is not sick.
import type { Fleet } from '../../shared/fleet/model.ts';
import { type Health, missedOf, type ObservedNode } from '../../shared/fleet/observation.ts';
import { alarmName } from '../../shared/fleet/resource-names.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import { isTypeDue, type MoveCause } from '../../shared/guardrails/move.ts';
import { isOwed } from '../../shared/heal/incident.ts';
import { EXCHANGES, isStanding, laterWord, wordMs } from '../../shared/heal/last-word.ts';
import { owesClient, unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { isFinal, type Refusal } from '../../shared/model/guardrail-codes.ts';
import type { AlarmFact } from '../../shared/model/payload.ts';
import { DRILL, readTrigger, type Trigger } from '../../shared/model/trigger.ts';
import { alarmSubjectOf, relevantSubject } from './alarms.ts';
import { type Candidate, PERSON, SCHEDULE } from './decide.ts';
import type { AlarmStatus, StatusCheckResult } from './facts.ts';
import { dueEventOf } from './scheduled.ts';

export interface HealRecords {
  readonly incidents: readonly IncidentRecord[];
  readonly nodes: readonly NodeRecord[];
}

/** Whether an alarm is the one that opened the incident; of a fleet-wide alarm, the contributor of that node. */
const isIncidentAlarm = (alarm: AlarmStatus, incident: IncidentRecord): boolean =>
  alarm.fact.alarmName === incident.alarm.alarmName &&
  (alarm.about !== 'contributor' ||
    (isAlarmOnNode(alarm, incident) && alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']));

const isAlarmOnNode = ({ fact }: AlarmStatus, { instanceId }: IncidentRecord): boolean =>
  fact.dimensions['InstanceId'] === instanceId;

/** Whether an alarm is about the trigger of an incident: the same alarm, or another on the same filesystem (its inodes). */
export const alarmConcernsIncident = (alarm: AlarmStatus, incident: IncidentRecord): boolean =>
  isIncidentAlarm(alarm, incident) ||
  (isAlarmOnNode(alarm, incident) &&
    alarm.fact.dimensions['path'] !== undefined &&
    alarm.fact.dimensions['path'] === incident.alarm.dimensions['path']);

export const nodeOf = ({ nodes }: HealRecords, { instanceId }: IncidentRecord): NodeRecord | undefined =>
  nodes.find((node) => node.instanceId === instanceId);

/** Nodes of all fleets that are sick now, by alarms, by observations or by EC2's status checks. */
export const findSickNodes = (
  fleets: readonly Fleet[],
  seen: ReadonlyMap<string, FleetView>,
  alarming: readonly AlarmStatus[],
  checks: ReadonlyMap<string, StatusCheckResult>,
  nowMs: number,
): readonly SickNode[] =>
  oncePerNode([
    ...fleets.flatMap((fleet) => sickNodes(fleet, seen.get(fleet.name)?.nodes ?? [], alarming, nowMs)),
    ...impairedInstances(
      alarming.filter((alarm) => relevantSubject(alarm, fleets) === 'checks'),
      checks,
      nowMs,
    ),
  ]);

const HEALTH: Trigger = { kind: 'node', subject: 'health' };

export const sickNodeCandidate = (
  { instanceId, onsetMs, fact, refusal }: SickNode,
  suppressedBy: string | null,
): Candidate => ({
  ...{ instanceId, onsetMs, alarm: fact, trigger: HEALTH, suppressedBy },
  ...(refusal && { refusal }),
});

/** watch-fleet's own page comes first; a person who launches another one at once is not disturbed. */
const GONE_FOR_MS = 2 * 60_000;

const TERMINATED: Trigger = { kind: 'node', subject: 'terminated' };

/** Nodes that are missed, where their fleet file says that a terminated one is made again. Whether it was terminated, EC2 says. */
export const missedCandidates = (
  fleets: readonly Fleet[],
  seen: ReadonlyMap<string, FleetView>,
  nowMs: number,
): readonly Candidate[] =>
  fleets.flatMap((fleet) => {
    const gone = fleet.replace.terminated ? missedOf(seen.get(fleet.name)?.gone ?? []) : [];
    return (
      gone
        // Who had lost the fleet's tags before it ended was no node any more when it did.
        .filter(({ sinceMs, went }) => nowMs - sinceMs >= GONE_FOR_MS && went !== 'untagged')
        .map(({ instanceId, name, sinceMs }) => ({
          alarm: { alarmName: '', namespace: fleet.suite, dimensions: { Fleet: fleet.name, Node: name } },
          ...{ instanceId, onsetMs: sinceMs, trigger: TERMINATED, fleet: fleet.name, suppressedBy: null },
        }))
    );
  });

/**
 * Well nodes that are stopped and started: before what EC2 has scheduled for them, or because their instances have the type of their first sync still. One
 * that is not well is healed first.
 */
export const moveCandidates = (
  fleets: readonly Fleet[],
  seen: ReadonlyMap<string, FleetView>,
  nowMs: number,
): readonly Candidate[] =>
  fleets.flatMap((fleet) =>
    (seen.get(fleet.name)?.nodes ?? []).flatMap((node): readonly Candidate[] => {
      const due = node.health === 'synced' ? moveOf(node, fleet, nowMs) : undefined;
      if (due === undefined) return [];
      return [
        {
          alarm: { alarmName: '', namespace: fleet.suite, dimensions: { Fleet: fleet.name, Node: node.name } },
          instanceId: node.instanceId,
          onsetMs: due.sinceMs,
          trigger: { kind: 'node', subject: due.by },
          fleet: fleet.name,
          suppressedBy: null,
        },
      ];
    }),
  );

function moveOf(
  node: ObservedNode,
  fleet: Fleet,
  nowMs: number,
): { readonly by: MoveCause['by']; readonly sinceMs: number } | undefined {
  const event = dueEventOf(node, fleet, nowMs);
  if (event !== undefined) {
    const dueMs = event.notBeforeMs - fleet.replace.moveBeforeHours * 60 * 60_000;
    return { by: 'event', sinceMs: Math.max(event.seenAtMs, dueMs) };
  }
  // It has one onset, however often its node is down for another reason: what was tried in vain is not tried again.
  const sinceMs = node.boosted?.idleSinceMs;
  return sinceMs !== undefined && isTypeDue(node, fleet, nowMs) ? { by: 'type', sinceMs } : undefined;
}

/** A fresh look misses the node no more: another one has its name, it is there again, or it was missed for a day. */
export const isMissedNoMore = ({ instanceId }: IncidentRecord, gone: FleetView['gone'] | undefined): boolean =>
  gone?.every((one) => one.instanceId !== instanceId) === true;

export const diskCandidate = ({ fact, sinceMs, actionsEnabled }: AlarmStatus, mutedBy: string | null): Candidate => ({
  alarm: fact,
  instanceId: fact.dimensions['InstanceId'] ?? '',
  onsetMs: sinceMs,
  suppressedBy: mutedBy ?? (actionsEnabled ? null : DISABLED),
});

export const DISABLED = 'its actions being disabled';

/**
 * Open incidents that no alarm or observation leads to now. A person's request has no alarm; a contributor has none where its alarm could not be
 * read. What a heal left open on a node must be finished, even if the node looks well.
 *
 * @param alarming null: the alarms could not be read, and no incident counts as over
 */
export function openCandidates(
  records: HealRecords,
  alarming: readonly AlarmStatus[] | null,
  disks: readonly AlarmStatus[],
  nowMs: number,
): readonly Candidate[] {
  return records.incidents.flatMap((incident): readonly Candidate[] => {
    const { state, alarm, instanceId, onsetMs, want, fleet } = incident;
    const trigger = readTrigger(incident.trigger);
    if (state !== 'open' || trigger === null || trigger.kind === 'plan') return [];
    const node = nodeOf(records, incident);
    const owed = isOwed(incident, node, nowMs);
    const known = { alarm, instanceId, onsetMs, suppressedBy: null };
    // The later word finishes, or puts back, what was begun for this one. It may wait for a person, and no client that is down waits with it.
    const isDown = owed && owesClient(node, nowMs);
    const later = laterWord(incident, records);
    if (later !== undefined && isStanding(later) && !isDown) return [];
    if (trigger.kind === 'disk') {
      if (disks.some((disk) => isIncidentAlarm(disk, incident) && isAlarmOnNode(disk, incident))) return [];
      const isQuiet = alarm.alarmName !== '' && alarming?.some((one) => isIncidentAlarm(one, incident)) === false;
      return isQuiet && !owed ? [] : [known];
    }
    if (owed) return [{ ...known, settles: trigger, fleet, ...(want && { want }) }];
    // The observation of the node says whether the node is sick.
    if (trigger.kind === 'node') return [];
    return [{ ...known, trigger, fleet, ...(want && { want }) }];
  });
}

/** A manual incident has no alarm that could say that it is over. */
const MANUAL_VALID_MS = 60 * 60_000;

/**
 * Whether what a person asked for waits for what they had asked for before, of the same data: its hour begins once that is over. What was called back
 * itself waits for nothing.
 */
export function isHeldUp(incident: IncidentRecord, records: Pick<HealRecords, 'incidents'>, nowMs: number): boolean {
  if (!EXCHANGES.has(incident.trigger) || laterWord(incident, records) !== undefined) return false;
  const endedAtMs = (one: IncidentRecord): number => ('endedAtMs' in one ? one.endedAtMs : nowMs);
  return records.incidents.some(
    (one) =>
      laterWord(one, { incidents: [incident] }) !== undefined &&
      endedAtMs(one) > wordMs(incident) &&
      nowMs - endedAtMs(one) < MANUAL_VALID_MS,
  );
}

/** What the schedule wants it would want again at once: it is one incident, told once, until somebody has given it. */
const SCHEDULED_VALID_MS = 24 * 60 * 60_000;

/** The schedule asked, for a snapshot or a drill. */
const isScheduled = ({ alarm }: Pick<IncidentRecord, 'alarm'>): boolean => alarm.namespace === SCHEDULE;

/**
 * Whether the schedule wants of this node no more what it wanted: another one has given it since, its fleet's file does not ask for it now, or the node is
 * no fleet's node any more; or a person, who has asked for something else since. null: neither has asked.
 *
 * @param nodes of a complete and fresh observation; empty where there is none
 */
export function isWantedNoMore(
  incident: IncidentRecord,
  fleets: readonly Fleet[],
  { incidents }: Pick<HealRecords, 'incidents'>,
  nodes: readonly ObservedNode[],
  nowMs: number,
): boolean | null {
  if (readTrigger(incident.trigger)?.kind === 'request') return laterWord(incident, { incidents }) !== undefined;
  if (!isScheduled(incident)) return null;
  const { fleet: name, trigger, onsetMs, instanceId } = incident;
  const fleet = fleets.find((one) => one.name === name);
  if (fleet && (trigger === DRILL ? fleet.drills : fleet.cleanSnapshots) === undefined) return true;
  const isGiven = incidents.some(
    (one) =>
      one.fleet === name &&
      one.trigger === trigger &&
      one.state === 'healed' &&
      one.proof !== undefined &&
      one.endedAtMs > onsetMs,
  );
  const isGone = nodes.length > 0 && nodes.every((node) => node.instanceId !== instanceId);
  return isGiven || (isGone && nowMs - restsSinceMs(incident) >= GONE_AFTER_MS);
}

/**
 * Whether a resting incident is over. If that is uncertain, it is not over.
 *
 * @param isHealthy whether its node is well; of what the schedule or a person asked, whether it is wanted no more
 */
export function isOver(
  incident: IncidentRecord,
  node: NodeRecord | undefined,
  isQuiet: (incident: IncidentRecord) => boolean,
  isHealthy: (incident: IncidentRecord) => boolean,
  nowMs: number,
): boolean {
  const { trigger, alarm } = incident;
  const kind = readTrigger(trigger)?.kind;
  if (isOwed(incident, node, nowMs)) return false;
  // A plan is over once it was written, or could not be made.
  if (kind === 'plan') return true;
  // What a drill has found does not pass with time: the next one says what is so now.
  if (trigger === DRILL && incident.state === 'escalated') return false;
  if (kind === 'node') return isHealthy(incident) && !(node && unsettled(node));
  if (isScheduled(incident)) return isHealthy(incident) || nowMs - incident.onsetMs > SCHEDULED_VALID_MS;
  if (kind === 'request' && isHealthy(incident)) return true;
  // Told once, and not tried again: it would be refused again.
  if (isRefusedForGood(incident) && !(node && unsettled(node))) return true;
  return alarm.alarmName === '' ? nowMs - wordMs(incident) > MANUAL_VALID_MS : isQuiet(incident);
}

/** Of what a person has asked for of one node; what people are to be told of it is told first. */
const isRefusedForGood = ({ state, trigger, refusedCodes, pendingPages = [] }: IncidentRecord): boolean =>
  state === 'open' &&
  readTrigger(trigger)?.kind === 'request' &&
  trigger !== 'request:upgrade' &&
  refusedCodes.some(isFinal) &&
  pendingPages.length === 0;

/**
 * A person has asked for it of one node, and it waited, or was refused, until its hour was over: nothing has said that nothing comes of it. A plan that was
 * written is an answer, and upgrades and drills have their own.
 */
export function isUnanswered({ state, trigger, alarm, plannedUntilMs = 0, refusedCodes }: IncidentRecord): boolean {
  const asked = readTrigger(trigger);
  const isOfNode =
    (asked?.kind === 'request' && asked.subject !== 'upgrade') ||
    (asked?.kind === 'snapshot' && asked.subject === 'clean' && alarm.namespace === PERSON);
  return state === 'open' && isOfNode && plannedUntilMs === 0 && !refusedCodes.some(isFinal);
}

/**
 * How long a node must be sick before it is healed without an alarm. That is longer than its alarm needs (two minutes, and the time CloudWatch takes
 * to look). So the alarm comes first where there is one, and a person's mute of it is seen.
 */
const SICK_FOR_MS = 4 * 60_000;
/** A node that is synced for this long is well, no matter who repaired it. */
const WELL_FOR_MS = 60_000;

/** A node that may need a heal of its health. */
export interface SickNode {
  readonly instanceId: string;
  readonly onsetMs: number;
  /** The alarms that report the node; empty where only the observation does. */
  readonly alarms: readonly AlarmStatus[];
  readonly fact: AlarmFact;
  readonly refusal?: Refusal;
}

/** Whether a health asks for a heal. What is unknown is no verdict: it begins nothing, and ends nothing. */
export const ASKS_FOR_HEAL: Readonly<Record<Health, 'yes' | 'no' | 'unknown'>> = {
  synced: 'no',
  behind: 'no',
  starting: 'no',
  busy: 'unknown',
  unknown: 'unknown',
  // No data of the node's own would cure it, so people are paged.
  forked: 'no',
  unreachable: 'yes',
  stuck: 'yes',
};

const isSick = ({ health }: ObservedNode): boolean => ASKS_FOR_HEAL[health] === 'yes';

/** Whether the report of an owner's own alarm is about the health of this node. One that names no node is about each of its fleet. */
export const isReportOn = (
  { dimensions, own }: Pick<AlarmFact, 'dimensions'> & { readonly own: NonNullable<AlarmStatus['own']> },
  fleet: Pick<Fleet, 'name'>,
  { instanceId }: Pick<ObservedNode, 'instanceId'>,
): boolean =>
  own.fleet === fleet.name && own.means !== 'disk-full' && (dimensions['InstanceId'] ?? instanceId) === instanceId;

/** Whether a health alarm is about this node: the node's own alarm, its contributor of the fleet's alarm, or the report of an owner's own alarm. */
const alarmConcernsNode = (alarm: AlarmStatus, fleet: Fleet, { name, instanceId }: ObservedNode): boolean => {
  const { fact, metricName, about, own } = alarm;
  if (own) return isReportOn({ dimensions: fact.dimensions, own }, fleet, { instanceId });
  if (
    alarmSubjectOf(fleet.suite, { namespace: fact.namespace, name: metricName }) !== 'health' ||
    fact.dimensions['Node'] !== name
  )
    return false;
  if (about === 'contributor') return fact.alarmName === alarmName(fleet, undefined, 'unwell');
  return fact.dimensions['Fleet'] === fleet.name;
};

/**
 * Nodes that are stuck or unreachable now: what asks for a heal.
 *
 * @param alarming alarms that are in ALARM now: an alarm about the node makes it due immediately
 */
export function sickNodes(
  fleet: Fleet,
  nodes: readonly ObservedNode[],
  alarming: readonly AlarmStatus[],
  nowMs: number,
): readonly SickNode[] {
  return nodes.filter(isSick).flatMap((node): SickNode[] => {
    const alarms = alarming.filter((alarm) => alarmConcernsNode(alarm, fleet, node));
    if (alarms.length === 0 && nowMs - node.sinceMs < SICK_FOR_MS) return [];
    const { instanceId, name } = node;
    const seen = { alarmName: '', namespace: fleet.suite, dimensions: { Fleet: fleet.name, Node: name } };
    const onsetMs = Math.min(node.sinceMs, ...alarms.map(({ sinceMs }) => sinceMs));
    return [{ instanceId, onsetMs, alarms, fact: alarms[0]?.fact ?? seen }];
  });
}

/** Instances that EC2 reports as impaired. The status checks are read again, because an alarm lags behind them. */
export function impairedInstances(
  alarming: readonly AlarmStatus[],
  checks: ReadonlyMap<string, StatusCheckResult>,
  nowMs: number,
): readonly SickNode[] {
  return alarming.flatMap((alarm): SickNode[] => {
    const instanceId = alarm.fact.dimensions['InstanceId'];
    const check = instanceId === undefined ? undefined : checks.get(instanceId);
    if (instanceId === undefined || (check !== 'failed' && check !== 'ebs')) return [];
    const sick = { instanceId, onsetMs: alarm.sinceMs, alarms: [alarm], fact: alarm.fact };
    return [check === 'failed' ? sick : { ...sick, refusal: ebsImpaired(nowMs - alarm.sinceMs) }];
  });
}

/** Most stalls pass: AWS names no time, so this is our own bound. */
const PASSES_WITHIN_MS = 15 * 60_000;

const ebsImpaired = (ageMs: number): Refusal => ({
  refuse: 'ebs-impaired',
  reason:
    'the instance cannot reach an EBS volume: a stop would cure nothing, and could lose data that are not written yet. Look at its volumes (aws ec2 describe-volume-status)',
  page: ageMs >= PASSES_WITHIN_MS,
  retryAfterMs: 5 * 60_000,
});

/** A node is sick once, no matter how many alarms and observations report it: since the earliest, and left alone if one of them says so. */
export function oncePerNode(all: readonly SickNode[]): readonly SickNode[] {
  const byInstance = new Map<string, SickNode>();
  for (const sick of all) {
    const { alarms, onsetMs, refusal, fact } = byInstance.get(sick.instanceId) ?? sick;
    const isFirst = !byInstance.has(sick.instanceId);
    const found = refusal ?? sick.refusal;
    byInstance.set(sick.instanceId, {
      instanceId: sick.instanceId,
      onsetMs: Math.min(onsetMs, sick.onsetMs),
      alarms: isFirst ? alarms : [...alarms, ...sick.alarms],
      // A fact that leads to a metric's history is preferred to one that does not.
      fact: fact.alarmName === '' ? sick.fact : fact,
      ...(found && { refusal: found }),
    });
  }
  return [...byInstance.values()];
}

/**
 * A node that is in no observation for this long is no fleet's node any more. Before, nothing is known: an instance that a heal has put back is seen
 * again a sweep or two later.
 */
const GONE_AFTER_MS = 10 * 60_000;

/** When an incident last waited for, or ended, something: from then on its node is looked for. */
const restsSinceMs = (incident: IncidentRecord): number =>
  Math.max(incident.onsetMs, incident.notBeforeMs, 'endedAtMs' in incident ? incident.endedAtMs : 0);

/**
 * How the node of an incident is. well: it has been synced for a while (or has run, where nobody asks more). gone: it is no fleet's node any more, which
 * is no word of its health. unknown: neither is known, so that nothing is over.
 *
 * @param nodes of a complete and fresh observation
 */
export function fateOf(
  incident: IncidentRecord,
  nodes: readonly ObservedNode[],
  nowMs: number,
): 'well' | 'gone' | 'unknown' {
  if (nodes.length === 0) return 'unknown';
  const node = nodes.find(({ instanceId }) => instanceId === incident.instanceId);
  if (node === undefined) return nowMs - restsSinceMs(incident) >= GONE_AFTER_MS ? 'gone' : 'unknown';
  return (node.health === 'synced' || node.runs === true) && nowMs - node.sinceMs >= WELL_FOR_MS ? 'well' : 'unknown';
}
