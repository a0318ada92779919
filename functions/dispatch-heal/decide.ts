// Decides whether an attempt is started for one candidate, with which payload, and what is refused before anything is begun. Pure.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { CONSENSUS_UNITS, consensusUnitOf } from '../../shared/fleet/consensus-client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { advancedSince, UNTRACKED } from '../../shared/fleet/progress.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { EC2_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import { peersLacking } from '../../shared/guardrails/peers.ts';
import { isVoteMissed, judgeClass } from '../../shared/guardrails/replace.ts';
import { isLeftAlone, type RotationRecord, type UnprovedRestart } from '../../shared/guardrails/rotation.ts';
import { allocate, openIncident } from '../../shared/heal/incident.ts';
import { leaseFree, mayHold, newNode, unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord, Operation } from '../../shared/heal/records.ts';
import { DISK_FIRST, healOf } from '../../shared/heal/records.ts';
import type { ExecutionStatus } from '../../shared/model/execution.ts';
import { isFinal, type Refusal } from '../../shared/model/guardrail-codes.ts';
import {
  type AlarmFact,
  acknowledgesValidator,
  type HealKind,
  type HealPayload,
  type RequestedAction,
} from '../../shared/model/payload.ts';
import { readTrigger, type Trigger, triggerText } from '../../shared/model/trigger.ts';
import type { TaggedInstance } from './facts.ts';
import { mayRestart } from './paced.ts';
import { judgeMoved } from './scheduled.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** One report by an alarm, a contributor, an observation or a person. */
export interface Candidate {
  readonly alarm: AlarmFact;
  readonly instanceId: string;
  readonly onsetMs: number;
  /** undefined: the disk under the alarm's path. */
  readonly trigger?: Trigger;
  /** What a person wants of replace-node. */
  readonly want?: RequestedAction;
  /** The person who wants a clean snapshot has said that the node is a validator. */
  readonly acknowledgesValidator?: true;
  /** Of a drill: the version that is tried on a copy. */
  readonly rehearses?: string;
  /** A person asks for it now: an earlier refusal or plan is judged again, however recent it is. */
  readonly atOnce?: true;
  /** Whoever has asked reads the answer: what is finally refused is no incident, and nobody is paged for it. */
  readonly isAnswered?: true;
  /** Why the alarm must be left alone: suppressed or muted by a person. */
  readonly suppressedBy: string | null;
  /** The fleet that a person has named: the instance must belong to it. */
  readonly fleet?: string;
  /** An observation about the node that no heal cures. */
  readonly refusal?: Refusal;
  /** The trigger of an incident that left something open on the node. It is settled no matter how the node looks now. */
  readonly settles?: Trigger;
}

export interface DispatchFacts {
  readonly nowMs: number;
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly node: string;
  readonly trigger: Trigger;
  readonly paused: Refusal | null;
  /** Another node, or another heal of this node, goes first. A plan that touches nothing need not wait for that. */
  readonly waits: Refusal | null;
  /** What the guardrails of the heal say before anything is begun: only what is certain to be refused. */
  readonly guarded: Refusal | null;
  readonly incident: IncidentRecord | undefined;
  readonly nodeRecord: NodeRecord | undefined;
  /** How the node was last seen; absent where nobody has looked, or its trouble is no matter of that. */
  readonly observed?: Pick<ObservedNode, 'health' | 'sinceMs' | 'memory'> | undefined;
  /** The execution of the node's lease owner, if the node has one. */
  readonly owner: ExecutionStatus;
}

/**
 * Why nothing is begun. healed-lately: the alarm lags behind the cure. refused-lately, planned-lately: the candidate was judged a moment ago. The
 * others are states of the incident or its node.
 */
export type LeaveCode =
  | 'healed-lately'
  | 'refused-lately'
  | 'planned-lately'
  | Extract<ReturnType<typeof allocate>, { readonly leave: string }>['leave'];

export type Dispatch =
  /** `write`: an incident that was not known before, so that a report that comes only once is not forgotten; or that a person has asked again. */
  | { readonly do: 'leave'; readonly code: LeaveCode; readonly reason: string; readonly write?: IncidentRecord }
  /** Writes INCIDENT and refuses; nothing is started. */
  | { readonly do: 'refuse'; readonly incident: IncidentRecord; readonly isNew: boolean; readonly refusal: Refusal }
  /** Writes the allocated attempt, then invokes with its payload. */
  | { readonly do: 'start'; readonly write: readonly IncidentRecord[]; readonly payload: HealPayload }
  | { readonly do: 'invoke-again'; readonly payload: HealPayload };

/** Decides one candidate. The same facts give the same decision. */
export function decideDispatch(facts: DispatchFacts): Dispatch {
  const { fleet, nowMs, trigger, nodeRecord, candidate } = facts;
  const opened = incidentOfRequest(facts) ?? openIncident(facts.incident, onsetOf(facts), nowMs, stuckSince(facts));
  if ('lags' in opened) return leaveAlone('healed-lately', 'healed minutes ago; the alarm lags behind the cure');
  const found = 'next' in opened ? opened.next : opened.keep;
  const waited = isBack(found, facts) ? { ...found, notBeforeMs: 0 } : found;
  const isNew = 'next' in opened;
  const isAskedAgain = !isNew && isRepeated(facts);
  const incident = candidate.atOnce
    ? { ...found, notBeforeMs: 0, plannedUntilMs: 0, ...(isAskedAgain && { askedAtMs: nowMs }) }
    : waited;
  const refusal = refusalOf(facts);
  if (refusal && incident.state === 'open') {
    if (!isNew && nowMs < incident.notBeforeMs)
      return leaveAlone('refused-lately', `${refusal.refuse}, looked at a moment ago`);
    return { do: 'refuse', incident, isNew, refusal };
  }
  // A node's health is observed again each minute, so nothing is lost if it is not written.
  const note = isNew && trigger.kind !== 'node' && { write: incident };
  if (fleet.mode === 'plan' && incident.state === 'open' && nowMs < (incident.plannedUntilMs ?? 0))
    return { ...leaveAlone('planned-lately', 'planned already, and the fleet is in mode plan'), ...note };
  if (fleet.mode === 'ask' && !candidate.atOnce && !candidate.settles && isLeft(incident, facts.observed))
    return leaveAlone('refused-lately', 'left to the person who has stopped it: nobody is asked for a yes meanwhile');
  const node = nodeRecord ?? newNode(fleet.name, candidate.instanceId);
  const kind = operationOf(trigger);
  // A drill does nothing to the node: whoever holds it keeps it.
  const free = kind === null || (leaseFree(node, facts.owner, nowMs) && mayHold(node, kind));
  const allocated = allocate(incident, free, (attempt) => payloadOf(fleet, nowMs, incident, attempt), nowMs);
  if (candidate.atOnce && !('next' in allocated) && asksOtherwise(candidate, incident))
    return leaveAlone('busy', OTHER_TERMS);
  const again = isAskedAgain && { write: { ...found, askedAtMs: nowMs, version: found.version + 1 } };
  if ('leave' in allocated) {
    const reason = candidate.atOnce && isTakenOver(facts, incident) ? TAKEN_OVER : allocated.leave;
    return { ...leaveAlone(allocated.leave, reason), ...note, ...again };
  }
  if ('invokeAgain' in allocated) return { do: 'invoke-again', payload: allocated.invokeAgain };
  return { do: 'start', write: isNew ? [incident, allocated.next] : [allocated.next], payload: allocated.invoke };
}

/**
 * What was left to a person, or to a boot, waits for hours, longer each time. Once its node answers again, and is not well, it has trouble of its own; if it
 * is well, what the heal has left open ends: until then the node is in no pool.
 */
const isBack = (
  { leftAtMs }: IncidentRecord,
  { observed, candidate }: Pick<DispatchFacts, 'observed' | 'candidate'>,
): boolean =>
  observed !== undefined &&
  observed.sinceMs > (leftAtMs ?? Number.POSITIVE_INFINITY) &&
  (observed.health === 'stuck' ||
    observed.health === 'behind' ||
    observed.health === 'forked' ||
    (observed.health === 'synced' && candidate.settles !== undefined));

/**
 * Still as it was left, and a person was told: in mode ask there would be a yes before the node is looked at, and `client-stopped` right after it.
 */
const isLeft = ({ leftAtMs = 0, state, pagedCodes }: IncidentRecord, observed: DispatchFacts['observed']): boolean =>
  state === 'open' &&
  (pagedCodes.includes('client-stopped') || pagedCodes.includes('instance-stopped')) &&
  observed?.health === 'unreachable' &&
  observed.sinceMs <= leftAtMs;

const OTHER_TERMS =
  'a heal is at what was asked for before, with other data: it is not interrupted. Ask again once that is over';

const TAKEN_OVER =
  'another instance is to take its place: what is asked for of this one begins only if it stays. Ask again once the other one is there';

/** Whether a heal of something else may put the node on another instance. */
const isTakenOver = ({ nodeRecord, trigger }: DispatchFacts, { incidentId }: IncidentRecord): boolean => {
  const operation = nodeRecord?.operation;
  return (
    trigger.kind === 'request' &&
    operation?.kind === 'replace' &&
    operation.incidentId !== incidentId &&
    operation.memory.rung === 'replace'
  );
};

/** Whether a person asks for other data than in the request before. A repetition is the same request, and one of an upgrade differs in its time alone. */
const asksOtherwise = ({ want }: Candidate, before: IncidentRecord): boolean =>
  want?.do !== 'upgrade' && before.want !== undefined && !isDeepStrictEqual(want, before.want);

/** A person says once more what a heal is at: that counts as said now, and what they had said in between does not. Upgrades are asked for by the sweep. */
const isRepeated = ({ candidate, trigger }: DispatchFacts): boolean =>
  candidate.atOnce === true && trigger.kind === 'request' && trigger.subject !== 'upgrade';

const leaveAlone = (code: LeaveCode, reason: string) => ({ do: 'leave', code, reason }) as const;

/**
 * Each request of a person is an incident of its own, with the terms of this request. Exception: a heal still works on the request before, or has
 * left something open under its name.
 */
function incidentOfRequest(facts: DispatchFacts): { readonly next: IncidentRecord } | undefined {
  const { candidate, incident: read, nodeRecord, trigger } = facts;
  if (!candidate.atOnce || trigger.kind === 'disk' || trigger.kind === 'node') return undefined;
  if (read?.state === 'allocated' || read?.state === 'claimed') return undefined;
  if (read && nodeRecord && unsettled(nodeRecord) && nodeRecord.operation?.incidentId === read.incidentId)
    return read.state === 'open' && asksOtherwise(candidate, read)
      ? { next: { ...read, ...(candidate.want && { want: candidate.want }), version: read.version + 1 } }
      : undefined;
  const count = { attempt: read?.attempt ?? 0, version: (read?.version ?? 0) + 1 };
  const fresh = { failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], state: 'open' as const };
  const { want, acknowledgesValidator, rehearses } = candidate;
  const terms = {
    ...(want && { want }),
    ...(acknowledgesValidator && { acknowledgesValidator }),
    ...(rehearses !== undefined && { rehearses }),
  };
  return { next: { ...onsetOf(facts), ...count, ...fresh, ...terms } };
}

/** Whether the answer to whoever has asked is all that comes of it. */
export const isLastWord = (
  { isAnswered }: Candidate,
  { isNew, refusal }: Extract<Dispatch, { readonly do: 'refuse' }>,
): boolean => isAnswered === true && isNew && isFinal(refusal.refuse);

function refusalOf({ candidate, paused, waits, guarded, fleet, nodeRecord, trigger }: DispatchFacts): Refusal | null {
  // A heal died while the client was down: the next heal may put it back, even if a later decision said otherwise.
  const operation = nodeRecord?.operation;
  if (operation?.phase === 'down' && operation.kind === operationOf(trigger)) return null;
  if (candidate.suppressedBy !== null) {
    const reason = `${candidate.alarm.alarmName} is suppressed by ${candidate.suppressedBy}`;
    return { refuse: 'suppressed', reason, page: false, retryAfterMs: 5 * MINUTE_MS };
  }
  // A little less than the sweep's minute, so that every sweep looks.
  if (paused) return { ...paused, retryAfterMs: 50_000 };
  // The turn comes before the guardrails: nobody is paged for a node that is down while its disk is grown.
  return candidate.refusal ?? (fleet.mode === 'plan' ? null : waits) ?? guarded;
}

/**
 * A node that is stuck has been so since its last block, however often sweeps that came late have called it behind meanwhile. undefined: it is not stuck,
 * or was never seen to advance.
 */
const stuckSince = ({ trigger, observed }: Pick<DispatchFacts, 'trigger' | 'observed'>): number | undefined =>
  trigger.kind === 'node' && observed?.health === 'stuck'
    ? (advancedSince(observed.memory?.track ?? UNTRACKED) ?? undefined)
    : undefined;

const onsetOf = ({ candidate, fleet, node, trigger }: DispatchFacts) => ({
  fleet: fleet.name,
  node,
  instanceId: candidate.instanceId,
  trigger: triggerText(trigger),
  incidentId: hash([candidate.instanceId, triggerText(trigger), candidate.onsetMs], 8),
  onsetMs: candidate.onsetMs,
  alarm: candidate.alarm,
});

/** In an alarm's fact, in place of a namespace: the round of clean snapshots asked, not an alarm. */
export const SCHEDULE = 'schedule';
/** In the same place: a person asked. */
export const PERSON = 'person';

/**
 * What a heal may take beyond its wait for an approval: slow modifications, volumes that are initialized, a client that replays. The largest volumes
 * take three days to initialize, and an old copy may catch up for days.
 */
const HEAL_HOURS: Readonly<Record<HealKind, number>> = {
  ...{ 'resize-volume': 8, 'replace-node': 192, 'snapshot-node': 12 },
  // drills.hours is 24 at most; the rest is for boot and removal.
  'audit-snapshots': 28,
};

/** What each heal leaves open on a node, if it dies. */
const OPERATIONS = {
  'resize-volume': 'grow',
  'replace-node': 'replace',
  'snapshot-node': 'snapshot',
  'audit-snapshots': null,
} as const satisfies Readonly<Record<HealKind, Operation['kind'] | null>>;

const operationOf = (trigger: Trigger): Operation['kind'] | null => OPERATIONS[healOf(triggerText(trigger))];

/** What an attempt is started with. */
export function payloadOf(
  { mode, ask }: Pick<Fleet, 'mode' | 'ask'>,
  nowMs: number,
  incident: IncidentRecord,
  attempt: number,
): HealPayload {
  const { fleet, node, instanceId, trigger, incidentId, onsetMs, alarm } = incident;
  const kind = healOf(trigger);
  const hours = HEAL_HOURS[kind] + (mode === 'ask' ? ask.expiresAfterHours : 0);
  const base = {
    ...{ fleet, node, instanceId, trigger, incidentId, attempt, onsetMs, alarm },
    mode: readTrigger(trigger)?.kind === 'plan' ? ('plan' as const) : mode,
    deadlineMs: nowMs + hours * HOUR_MS,
  };
  switch (kind) {
    case 'resize-volume':
      return { kind, ...base };
    case 'replace-node':
      return { kind, ...base, want: incident.want ?? { do: 'heal' } };
    case 'snapshot-node':
      // What a person has acknowledged is no word for a later round of the schedule.
      if (alarm.namespace === SCHEDULE) return { kind, ...base, requestedBy: 'schedule' };
      return {
        ...{ kind, ...base, requestedBy: 'person' },
        ...(incident.acknowledgesValidator && { acknowledgesValidator: true }),
      };
    case 'audit-snapshots':
      return {
        ...{ kind, ...base, requestedBy: alarm.namespace === SCHEDULE ? 'schedule' : 'person' },
        ...(incident.rehearses !== undefined && { rehearses: incident.rehearses }),
      };
  }
}

/** At most 64 of [A-Za-z0-9_-]: DurableExecutionName of InvocationRequest, @aws-sdk/client-lambda. */
export const executionName = ({
  kind,
  instanceId,
  trigger,
  incidentId,
  attempt,
}: Pick<HealPayload, 'kind' | 'instanceId' | 'trigger' | 'incidentId' | 'attempt'>): string =>
  `${kind}-${hash([kind, instanceId, trigger, incidentId, attempt], 40)}`;

const hash = (parts: readonly (string | number)[], digits: number): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);

/**
 * What any heal that could be started would refuse as well. The mildest rung that the fleet file allows decides: the ladder itself judges each rung.
 */
export function judgeBeforeStart(
  {
    fleet,
    trigger,
    candidate,
    node,
    nodeRecord,
    incident,
  }: {
    readonly fleet: Fleet;
    readonly trigger: Trigger;
    readonly candidate: Candidate;
    readonly node: string;
    readonly nodeRecord?: NodeRecord | undefined;
    readonly incident?: IncidentRecord | undefined;
  },
  { tags, instanceId }: TaggedInstance,
  observed: FleetView,
  nowMs: number,
): Refusal | null {
  const { lastSeen, breaker, haltedSinceMs } = observed;
  const { want, atOnce } = candidate;
  // A plan reports what the guardrails say. An undo is judged by what it would put back.
  if (trigger.kind === 'plan' || want?.do === 'undo') return null;
  if (trigger.kind !== 'node' && want === undefined) return null;
  if (trigger.subject === 'event' || trigger.subject === 'type')
    return judgeMoved(
      trigger.subject,
      { fleet, node: { instanceId, name: node }, role: roleOf(fleet, tags) },
      observed,
      nowMs,
    );
  const seen = lastSeen.find((one) => one.instanceId === instanceId);
  const elsewhere = want === undefined || want.do === 'heal' ? causeElsewhere(fleet, seen) : null;
  const down = isDown(candidate, observed);
  const restarts =
    (want === undefined || want.do === 'heal') &&
    trigger.subject !== 'terminated' &&
    mayRestart(fleet, nodeRecord, incident?.incidentId, down);
  const judged = judgeClass({
    class: restarts ? 'restart' : 'replace',
    fleet,
    role: roleOf(fleet, tags),
    node: { instanceId, name: node },
    breaker,
    haltedSinceMs,
    // If a client is down, the ladder finds out why.
    cause: down || isVoteMissed(fleet, seen?.evidence) ? 'known' : 'unknown',
    manual: atOnce === true || trigger.kind !== 'node',
    acknowledgesValidator: acknowledgesValidator(want),
  });
  return judged ?? elsewhere;
}

/** An execution client without its consensus client gets no blocks: the one that is at fault is restarted where it is ours, and told where it is not. */
function causeElsewhere(fleet: Fleet, seen: ObservedNode | undefined): Refusal | null {
  if (seen?.cause === undefined) return null;
  const unit = consensusUnitOf(fleet);
  if (unit !== undefined && fleet.replace.rungs.includes('restart')) return null;
  const why = unit
    ? 'the fleet file allows no restart'
    : `no unit of the fleet file is it (${CONSENSUS_UNITS.join(' or ')})`;
  const reason = `${seen.name}: ${seen.reason}; ${why}: nothing is done to its execution client`;
  return { refuse: 'consensus-client-down', reason, page: true, retryAfterMs: 5 * MINUTE_MS };
}

/** Whether the node's client or its instance is down, as far as anybody sees. */
export const isDown = ({ alarm, instanceId }: Candidate, { lastSeen }: Pick<FleetView, 'lastSeen'>): boolean =>
  alarm.namespace === EC2_NAMESPACE ||
  lastSeen.some((one) => one.instanceId === instanceId && one.health === 'unreachable');

/**
 * A client without peers cannot sync, and rotate-peers gives it some, if it can. Where its attempt did not help, a restart is tried meanwhile.
 *
 * @param rotation undefined where rotate-peers has not looked at the fleet yet
 */
export function peersFirst(
  { peers }: Pick<Fleet, 'peers'>,
  { lastSeen }: Pick<FleetView, 'lastSeen'>,
  rotation: Pick<RotationRecord, 'backoff'> | undefined,
  instanceId: string,
  nowMs: number,
): Refusal | null {
  if (rotation && isLeftAlone(rotation, instanceId, nowMs)) return null;
  const seen = lastSeen.find((one) => one.instanceId === instanceId);
  // An execution client gets its blocks from its consensus client.
  if (seen?.health !== 'stuck' || seen.peerCount === null || seen.cause !== undefined) return null;
  return peersLacking({ peers }, { ...seen, peerCount: seen.peerCount }, nowMs);
}

/** Two rounds of watch-fleet: until then the observation of a node whose disk was grown, or whose client was restarted, may be from before. */
const SEEN_SINCE_MS = 2 * 60_000;

/** A client that rotate-peers has stopped for its list of peers. */
export type ListRestart = Pick<UnprovedRestart, 'instanceId' | 'node' | 'overAtMs'>;

/**
 * rotate-peers has just stopped another client of the fleet for its list of peers, and nobody has seen it since: no client that runs is taken down beside it.
 * One that does not come back counts as unhealthy after that, as any other.
 *
 * @param of the node whose client would go down; null where it may be any. `isDown`: it answers nobody, and a heal takes nothing from anyone
 */
export function restartFirst(
  restart: ListRestart | null,
  of: { readonly instanceId: string; readonly isDown: boolean } | null,
  nowMs: number,
): Refusal | null {
  if (restart === null || restart.instanceId === of?.instanceId || of?.isDown) return null;
  if (nowMs >= restart.overAtMs + SEEN_SINCE_MS) return null;
  const reason = `${restart.node} was restarted for its list of peers a moment ago, and has not been seen since`;
  return { refuse: 'restart-unproved', reason, page: false, retryAfterMs: 50_000 };
}

/**
 * Whether a disk's incident goes first: while it is judged for the first time, while its growth is under way, and while the node itself says that the
 * disk is full. An incident that only waits (at a ceiling, for a budget, for a person) keeps no node from its heal, which reads the disk before it acts.
 */
const goesFirst = (disk: IncidentRecord, own: IncidentRecord | undefined): boolean => {
  const isAsking = disk.state === 'claimed' && disk.approval?.attempt === disk.attempt && !disk.approval.answer;
  if ((disk.state === 'claimed' || disk.state === 'allocated') && !isAsking) return true;
  if (disk.state === 'open' && disk.failures === 0 && disk.refusedCodes.includes('not-confirmed')) return false;
  const isUnjudged = disk.state === 'open' && disk.refusedCodes.length === 0;
  return disk.state !== 'healed' && (isUnjudged || own?.waitsFor === DISK_FIRST);
};

/** A full disk may be the only cause of a node's trouble, now or before. @param own the incident of the node's health */
export function diskFirst(
  disks: readonly (IncidentRecord | undefined)[],
  own: IncidentRecord | undefined,
  nowMs: number,
): Refusal | null {
  const grown = disks.find((disk) => disk?.state === 'healed' && nowMs - disk.endedAtMs < SEEN_SINCE_MS);
  const first = disks.find((disk) => disk !== undefined && goesFirst(disk, own));
  if (!first && grown) {
    const reason = `incident ${grown.incidentId} (${grown.trigger}) was healed a moment ago: what became of the node is seen first`;
    return { refuse: 'disk-full-first', reason, page: false, retryAfterMs: 50_000 };
  }
  if (!first) return null;
  const reason = `incident ${first.incidentId} (${first.trigger}) is open: the disk is grown first`;
  return { refuse: 'disk-full-first', reason, page: false, retryAfterMs: 50_000 };
}
