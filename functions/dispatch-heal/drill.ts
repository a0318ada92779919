// Whether a drill of a fleet is due, which node it imitates, and whether people have to know that the last proof is old. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import { judgeConditions, judgeHalt } from '../../shared/guardrails/conditions.ts';
import {
  type DrillRecord,
  type DrillWatchRecord,
  noDrill,
  proofAgeHours,
  recoverability,
} from '../../shared/heal/drill.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { COPIES, copiesId } from '../../shared/model/copies.ts';
import { readTrigger } from '../../shared/model/trigger.ts';
import { type Held, lastToldMs } from '../../shared/reconcile/page-memory.ts';

export interface DrillFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'drills' | 'copiesFrom'>;
  readonly record: DrillRecord | undefined;
  readonly watch: DrillWatchRecord;
  /** As watch-fleet saw them within the last three minutes; empty where it saw none. */
  readonly nodes: readonly ObservedNode[];
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  /** Of all fleets: they share the quota of the account. */
  readonly incidents: readonly IncidentRecord[];
  /** A person wants one now: an attempt that was refused, and is made again later, does not keep it from that. */
  readonly isAsked?: true;
}

export type DrillStep =
  | { readonly do: 'wait'; readonly why: string }
  /** The node is imitated, and nothing is done to it; or what stands in its place, where copies of another region are opened. */
  | { readonly do: 'drill'; readonly node: Pick<ObservedNode, 'instanceId' | 'name'> };

/** What comes next. The same facts give the same step. */
export function drillStep({
  nowMs,
  fleet,
  record = noDrill,
  watch,
  nodes,
  breaker,
  haltedSinceMs,
  incidents,
  isAsked,
}: DrillFacts): DrillStep {
  const wait = (why: string) => ({ do: 'wait', why }) as const;
  const isLeft = record.current !== null;
  if (fleet.drills === undefined && !isLeft) return wait('the fleet file asks for no drills');
  const own = incidents.find((one) => one.fleet === fleet.name && isDrill(one) && isAtWork(one));
  if (own && !(isAsked && own.state === 'open')) return wait(`a drill is under way: ${own.incidentId}`);
  const isWanted = watch.wantedSinceMs !== undefined && watch.wantedSinceMs > (record.last?.atMs ?? 0);
  if (!isLeft && !isWanted && nowMs < record.dueAtMs) return wait('none is due');
  const followers = nodes
    .filter(({ role, health }) => role === 'follower' && (isLeft || health === 'synced'))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const patterns: readonly Pick<ObservedNode, 'instanceId' | 'name'>[] =
    fleet.copiesFrom === undefined ? followers : [{ instanceId: copiesId(fleet.name), name: COPIES }];
  // The request takes the place of the attempt that waits: two would be two drills.
  const pattern = patterns.find(({ instanceId }) => instanceId === own?.instanceId) ?? patterns[0];
  if (pattern === undefined) return wait('nobody has seen a follower that is synced within 3 min');
  // What an earlier drill has left costs money: it is removed, whatever else goes on.
  if (isLeft) return { do: 'drill', node: pattern };
  const heal = incidents.find((one) => isAtWork(one) && needsQuota(one, fleet.name));
  if (heal) return wait(`a heal may need the quota: ${heal.fleet}/${heal.node} (${heal.trigger})`);
  const held =
    judgeHalt('drill', fleet.name, haltedSinceMs) ??
    judgeConditions('drill', { instanceId: '', name: fleet.name }, breaker.conditions);
  if (held) return wait(held.reason);
  if (breaker.open) return wait(breaker.sentence);
  return { do: 'drill', node: pattern };
}

export const isDrill = ({ trigger }: IncidentRecord): boolean => readTrigger(trigger)?.subject === 'drill';
export const isAtWork = ({ state }: IncidentRecord): boolean =>
  state === 'open' || state === 'allocated' || state === 'claimed';

/** Any heal of the fleet itself; of other fleets those that may launch an instance. */
function needsQuota(incident: IncidentRecord, fleet: string): boolean {
  const trigger = readTrigger(incident.trigger);
  if (trigger === null || trigger.subject === 'drill') return false;
  return incident.fleet === fleet || trigger.kind === 'node' || trigger.kind === 'request';
}

/** People are told again after this time. */
const TELL_AGAIN_MS = 24 * 60 * 60_000;

/** That the last proof is too old: people are told once a day. */
export function oldProof({
  nowMs,
  fleet,
  record,
  watch,
}: Pick<DrillFacts, 'nowMs' | 'fleet' | 'record' | 'watch'>): readonly Held[] {
  const { drills } = fleet;
  if (drills === undefined) return [];
  const hours = proofAgeHours(record, watch, nowMs);
  if (hours <= drills.maxAgeHours) return [];
  const about = { code: 'recoverability-old', subject: fleet.name } as const;
  // That no copies come is the cause, where that was told.
  const toldAtMs = [record?.copiesToldAtMs, lastToldMs(watch, about)];
  const last = record?.last;
  const why = last
    ? `the last drill (${last.setId}) ended as ${last.is}: ${last.reason}`
    : 'no drill has come to its end';
  const sentence = `${recoverability(record, nowMs)}, and the fleet file allows ${drills.maxAgeHours} h: ${why}`;
  return [{ ...about, sentence, isDue: toldAtMs.every((atMs) => atMs == null || nowMs - atMs >= TELL_AGAIN_MS) }];
}

/** Why nothing of the fleet is tried on a throw-away instance. */
export const noDrills = ({ name }: Pick<Fleet, 'name'>): string =>
  `the file of ${name} has no drills. Add drills: { securityGroup: sg-… }, then npm run deploy`;
