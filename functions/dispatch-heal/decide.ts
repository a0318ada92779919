// The one door's decision: whether an attempt is started for one candidate. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import { allocate, openIncident } from '../../shared/heal/incident.ts';
import { leaseFree, maySettle, newNode, unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import type { ExecutionStatus } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { AlarmFact, HealPayload, Want } from '../../shared/model/payload.ts';
import { HEALTH, hash, isAsked, operationOf, payloadOf } from './kinds.ts';

const MINUTE_MS = 60_000;

/** One thing that an alarm, a contributor, an observation or a person tells of. */
export interface Candidate {
  readonly alarm: AlarmFact;
  readonly instanceId: string;
  readonly onsetMs: number;
  /** undefined: that of the disk under the alarm's path. */
  readonly trouble?: string;
  /** What a person wants of replace-node. */
  readonly want?: Want;
  /** A person asks for it now: what was refused or planned is looked at again, whenever that was. */
  readonly atOnce?: true;
  /** Why the alarm is to be left alone: suppressed or muted by a person. */
  readonly suppressedBy: string | null;
  /** Where a person has named the fleet: the instance must be of this one. */
  readonly fleet?: string;
  /** What is seen of it that no heal cures. */
  readonly refusal?: Refusal;
  /** The trouble of an incident that left something open on the node: it is settled whatever is seen of the node now. */
  readonly settles?: string;
}

export interface DispatchFacts {
  readonly nowMs: number;
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly node: string;
  readonly trouble: string;
  readonly paused: Refusal | null;
  /** Another node, or another heal of this one, goes first; a plan that touches nothing need not wait for that. */
  readonly waits: Refusal | null;
  /** What its guardrails say before anything is begun: only what is sure to be refused. */
  readonly guarded: Refusal | null;
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
  const { fleet, nowMs, trouble, nodeRecord, candidate } = facts;
  const opened = asked(facts) ?? openIncident(facts.incident, onsetOf(facts), nowMs);
  if ('lags' in opened) return { do: 'leave', why: 'healed minutes ago; the alarm lags behind the cure' };
  const found = 'next' in opened ? opened.next : opened.keep;
  const incident = candidate.atOnce ? { ...found, notBeforeMs: 0, plannedUntilMs: 0 } : found;
  const isNew = 'next' in opened;
  const refusal = refusalOf(facts);
  if (refusal && incident.state === 'open') {
    if (!isNew && nowMs < incident.notBeforeMs)
      return { do: 'leave', why: `${refusal.refuse}, looked at a moment ago` };
    return { do: 'refuse', incident, isNew, refusal };
  }
  // A node's health is seen anew each minute: nothing is lost where it is not noted.
  const note = isNew && trouble !== HEALTH && { write: incident };
  if (fleet.mode === 'plan' && incident.state === 'open' && nowMs < (incident.plannedUntilMs ?? 0))
    return { do: 'leave', why: 'planned already, and the fleet is in mode plan', ...note };
  const node = nodeRecord ?? newNode(fleet.name, candidate.instanceId);
  const free = leaseFree(node, facts.owner, nowMs) && maySettle(node, operationOf(trouble));
  const allocated = allocate(incident, free, (attempt) => payloadOf(fleet, nowMs, incident, attempt), nowMs);
  if ('leave' in allocated) return { do: 'leave', why: allocated.leave, ...note };
  if ('invokeAgain' in allocated) return { do: 'invoke-again', payload: allocated.invokeAgain };
  return { do: 'start', write: isNew ? [incident, allocated.next] : [allocated.next], payload: allocated.invoke };
}

/**
 * What a person asks for is an incident of its own, with the wish of now, unless a heal is at work on the one before, or has left something
 * open under its name.
 */
function asked(facts: DispatchFacts): { readonly next: IncidentRecord } | undefined {
  const { candidate, incident: read, nodeRecord, trouble } = facts;
  if (!candidate.atOnce || !isAsked(trouble)) return undefined;
  if (read?.state === 'allocated' || read?.state === 'claimed') return undefined;
  if (read && nodeRecord && unsettled(nodeRecord) && nodeRecord.operation?.incidentId === read.incidentId)
    return undefined;
  const count = { attempt: read?.attempt ?? 0, version: (read?.version ?? 0) + 1 };
  const fresh = { failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], state: 'open' as const };
  return { next: { ...onsetOf(facts), ...count, ...fresh, ...(candidate.want && { want: candidate.want }) } };
}

const refusalOf = ({
  candidate,
  paused,
  waits,
  guarded,
  fleet,
  nodeRecord,
  trouble,
}: DispatchFacts): Refusal | null => {
  // Somebody died with the client down: whoever succeeds may put it back, whatever has been decided of the node since.
  const operation = nodeRecord?.operation;
  if (operation?.phase === 'down' && operation.kind !== 'grow' && operation.kind === operationOf(trouble)) return null;
  if (candidate.suppressedBy !== null) {
    const reason = `${candidate.alarm.alarmName} is suppressed by ${candidate.suppressedBy}`;
    return { refuse: 'suppressed', reason, page: false, lookAgainMs: 5 * MINUTE_MS };
  }
  // A little less than the sweep's minute, so that every sweep looks.
  if (paused) return { ...paused, lookAgainMs: 50_000 };
  // Whose turn it is comes before what is never done: nobody is paged for a node that is down while its disk is grown.
  return candidate.refusal ?? (fleet.mode === 'plan' ? null : waits) ?? guarded;
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
