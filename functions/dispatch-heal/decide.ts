// The one door's decisions: whose trouble an alarm is, and whether an attempt is started for it. Pure.
import { createHash } from 'node:crypto';
import type { AlarmMetric, AlarmStateChange, ContributorStateChange } from '../../shared/events/alarm.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { METRIC_NAMESPACE } from '../../shared/fleet/naming.ts';
import type { Refusal } from '../../shared/guardrails/codes.ts';
import { allocate, openIncident } from '../../shared/heal/incident.ts';
import { leaseFree, newNode } from '../../shared/heal/lease.ts';
import type { AlarmFact, ExecutionStatus, HealPayload, IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import type { AlarmNow } from './truth.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What a heal may take beyond its wait for an approval: polls of a slow modification, reconciliations, commands. */
const HEAL_HOURS = 8;

/** One thing that an alarm, a contributor or a person tells of. */
export interface Candidate {
  readonly alarm: AlarmFact;
  readonly instanceId: string;
  readonly onsetMs: number;
  /** A person asks for it now: what was refused or planned is looked at again, whenever that was. */
  readonly atOnce?: true;
  /** Why the alarm is to be left alone: suppressed or muted by a person. */
  readonly suppressedBy: string | null;
  /** Where a person has named the fleet: the instance must be of this one. */
  readonly fleet?: string;
}

export interface DispatchFacts {
  readonly nowMs: number;
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly node: string;
  readonly trouble: string;
  readonly paused: Refusal | null;
  /** Another node of the fleet goes first; a plan that touches nothing need not wait for that. */
  readonly waits: Refusal | null;
  readonly incident: IncidentRecord | undefined;
  readonly nodeRecord: NodeRecord | undefined;
  /** Of the node's owner, if it has one. */
  readonly owner: ExecutionStatus;
}

export type Dispatch =
  /** `write`: an incident that was not known before, so that what told of it only once is not forgotten. */
  | { readonly do: 'leave'; readonly why: string; readonly write?: IncidentRecord }
  /** Writes INCIDENT and refuses; nothing is started. */
  | { readonly do: 'refuse'; readonly incident: IncidentRecord; readonly isNew: boolean; readonly refusal: Refusal }
  /** Writes the allocated attempt, then invokes with its payload. */
  | { readonly do: 'start'; readonly write: readonly IncidentRecord[]; readonly payload: HealPayload }
  | { readonly do: 'invoke-again'; readonly payload: HealPayload };

/** What becomes of one candidate. Same facts, same decision. */
export function decideDispatch(facts: DispatchFacts): Dispatch {
  const { fleet, nowMs } = facts;
  const opened = openIncident(facts.incident, onsetOf(facts), nowMs);
  if ('lags' in opened) return { do: 'leave', why: 'healed minutes ago; the alarm lags behind the cure' };
  const found = 'next' in opened ? opened.next : opened.keep;
  const incident = facts.candidate.atOnce ? { ...found, notBeforeMs: 0, plannedUntilMs: 0 } : found;
  const isNew = 'next' in opened;
  const refusal = refusalOf(facts);
  if (refusal && incident.state === 'open') {
    if (!isNew && nowMs < incident.notBeforeMs)
      return { do: 'leave', why: `${refusal.refuse}, looked at a moment ago` };
    return { do: 'refuse', incident, isNew, refusal };
  }
  if (fleet.mode === 'plan' && incident.state === 'open' && nowMs < (incident.plannedUntilMs ?? 0))
    return { do: 'leave', why: 'planned already, and the fleet is in mode plan', ...(isNew && { write: incident }) };
  const free = leaseFree(facts.nodeRecord ?? newNode(fleet.name, facts.candidate.instanceId), facts.owner, nowMs);
  const allocated = allocate(incident, free, (attempt) => payloadOf(facts, incident, attempt), nowMs);
  if ('leave' in allocated) return { do: 'leave', why: allocated.leave, ...(isNew && { write: incident }) };
  if ('invokeAgain' in allocated) return { do: 'invoke-again', payload: allocated.invokeAgain };
  return { do: 'start', write: isNew ? [incident, allocated.next] : [allocated.next], payload: allocated.invoke };
}

const refusalOf = ({ candidate, paused, waits, fleet }: DispatchFacts): Refusal | null => {
  if (candidate.suppressedBy !== null) {
    const reason = `${candidate.alarm.alarmName} is suppressed by ${candidate.suppressedBy}`;
    return { refuse: 'suppressed', reason, page: false, lookAgainMs: 5 * MINUTE_MS };
  }
  // A little less than the sweep's minute, so that every sweep looks.
  if (paused) return { ...paused, lookAgainMs: 50_000 };
  return fleet.mode === 'plan' ? null : waits;
};

const onsetOf = ({ candidate, fleet, node, trouble }: DispatchFacts) => ({
  fleet: fleet.name,
  node,
  instanceId: candidate.instanceId,
  trouble,
  incidentId: hash([candidate.instanceId, trouble, candidate.onsetMs], 8),
  onsetMs: candidate.onsetMs,
  alarm: candidate.alarm,
});

const payloadOf = ({ fleet, nowMs }: DispatchFacts, incident: IncidentRecord, attempt: number): HealPayload => ({
  kind: 'resize-volume',
  fleet: incident.fleet,
  node: incident.node,
  instanceId: incident.instanceId,
  trouble: incident.trouble,
  incidentId: incident.incidentId,
  attempt,
  mode: fleet.mode,
  onsetMs: incident.onsetMs,
  deadlineMs: nowMs + (HEAL_HOURS + (fleet.mode === 'ask' ? fleet.ask.expiresAfterHours : 0)) * HOUR_MS,
  alarm: incident.alarm,
});

/** At most 64 of [A-Za-z0-9_-]: DurableExecutionName of InvocationRequest, @aws-sdk/client-lambda. */
export const executionName = ({ kind, instanceId, trouble, incidentId, attempt }: HealPayload): string =>
  `${kind}-${hash([kind, instanceId, trouble, incidentId, attempt], 40)}`;

const hash = (parts: readonly (string | number)[], digits: number): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);

/**
 * The role of the volume that an alarm's `path` is about: bytes and inodes of a filesystem are one trouble with one cure.
 * A fleet-wide alarm that is grouped by instance alone names no path: that leaves no doubt where nodes have one volume.
 */
export function troubleOf(fleet: Fleet, dimensions: Readonly<Record<string, string>>): string | null {
  const [only, another] = fleet.volumes;
  const volume =
    dimensions['path'] === undefined && !another ? only : fleet.volumes.find(({ path }) => path === dimensions['path']);
  return volume ? `disk:${volume.role}` : null;
}

/**
 * Why an alarm is left alone, by what its event says of it; null: a heal takes it. Chainmend's own metrics tell of health and peers, and
 * most alarms of a fleet (its status checks, its consensus) are for people: none of them is an error.
 */
export function leftAlone({
  kind,
  alarmName,
  metric,
}: Pick<AlarmStateChange | ContributorStateChange, 'kind' | 'alarmName'> & {
  readonly metric: Pick<AlarmMetric, 'namespace' | 'name'> | undefined;
}): string | null {
  if (metric)
    return isDiskMetric(metric) ? null : `no heal takes ${alarmName}: it is about ${metric.namespace} ${metric.name}`;
  // Of a fleet-wide alarm each contributor tells of its own node, and each node of a composite alarm has an alarm of its own.
  if (kind === 'alarm') return `${alarmName} as a whole tells of no node`;
  return `nothing in the query of ${alarmName} says that it is about a disk`;
}

/** The CloudWatch agent's, or another's of the same names: bytes and inodes of a filesystem. */
const isDiskMetric = ({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string | undefined;
}): boolean => namespace !== METRIC_NAMESPACE && name?.startsWith('disk_') === true;

/**
 * Whether an alarm is one that fleets' disks raise: ours by its name, or one that a fleet file takes in by a pattern. Of a fleet-wide alarm
 * its contributors are read, who need no path where nodes have one volume.
 */
export function isDiskAlarm(
  { fact: { alarmName, namespace, dimensions }, metricName, about }: Pick<AlarmNow, 'fact' | 'metricName' | 'about'>,
  fleets: readonly Fleet[],
): boolean {
  if (!isDiskMetric({ namespace, name: metricName })) return false;
  if (about !== 'fleet' && !dimensions['InstanceId']) return false;
  if (about === 'node' && !dimensions['path']) return false;
  return (
    alarmName.startsWith('chainmend-') ||
    fleets.some(({ alarms }) => alarms.namePatterns.some((pattern) => matches(pattern, alarmName)))
  );
}

/** `*` matches any run of characters; everything else is itself. */
const matches = (pattern: string, name: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
};
