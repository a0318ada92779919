// Who is being healed: a node that is down needs no person while a heal grows its disk, restarts its client or swaps its volumes.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { readBreaker } from '../../shared/guardrails/breaker.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import { type DuePage, sentenceAbout } from './pages.ts';

const MINUTE_MS = 60_000;

/** To grow a disk takes half a minute, a clean stop for a snapshot some more. Of one that takes so long, and whose node is still down, people should know. */
export const HEALED_WITHIN_MS = 30 * MINUTE_MS;

/**
 * A ladder takes longer, and tells people itself when it is refused, fails or has come to its end. Each of its rungs has a bound of its
 * own, and the longest is a volume: 1 TiB, initialized at the slowest rate that can be asked for (100 MiB/s), takes three hours. Whoever is
 * still down after four has no heal that people may sleep over.
 */
const REPLACED_WITHIN_MS = 4 * 60 * MINUTE_MS;

/** What a heal may end; a fork it cannot. */
export const MAY_BE_HEALED: ReadonlySet<PageCode> = new Set<PageCode>(['node-unreachable', 'node-stuck']);

/** Refusals that wait for a turn, not for a person. */
const WAITS: ReadonlySet<string> = new Set([
  'busy',
  'staggered',
  'throttled',
  'replace-in-flight',
  'disk-full-first',
  'peers-first',
]);

/** Troubles that replace-node takes. */
const isLadder = ({ trouble }: IncidentRecord): boolean => /^(node|request):/.test(trouble);

/** A heal that waits for a person's answer, was refused, has failed, or waits for its turn too long is none that people may sleep over. */
export function isBeingHealed(incident: IncidentRecord, nowMs: number): boolean {
  const ageMs = nowMs - incident.onsetMs;
  if (incident.failures > 0) return false;
  switch (incident.state) {
    case 'allocated':
    case 'claimed':
      return incident.payload.mode === 'act' && ageMs < (isLadder(incident) ? REPLACED_WITHIN_MS : HEALED_WITHIN_MS);
    case 'open':
      // A ladder that waits has not begun: whoever it waits for takes the time.
      return (
        ageMs < HEALED_WITHIN_MS &&
        incident.plannedUntilMs === undefined &&
        incident.refusedCodes.every((code) => WAITS.has(code))
      );
    case 'healed':
    case 'escalated':
      return false;
  }
}

/** Alarms look once a minute, each at a second of its own: a full disk that has stopped its client may not have been told of before. */
export const BEGINS_WITHIN_MS = 90_000;

/** An alarm on a node's health needs two minutes, and whoever has no alarm is found by the dispatcher's sweep after four. */
export const ACTS_WITHIN_MS = 5 * MINUTE_MS;

/** Whether heals begin by themselves in this fleet now: where its file allows none, or the breaker is open, people wait for nothing. */
export const healsBegin = (fleet: Fleet, nodes: readonly ObservedNode[], nowMs: number): boolean =>
  fleet.mode === 'act' &&
  fleet.replace.rungs.length > 0 &&
  !readBreaker(fleet, [{ observedAtMs: nowMs, nodes }], nowMs).open;

/**
 * The page without those who are being healed, and those whose heal may be about to begin; null where nobody is left. Who was looked at
 * and is not healed is told of at once.
 *
 * @param begin whether heals begin by themselves: `healsBegin`
 */
export function withoutHealing(
  due: DuePage,
  incidents: readonly IncidentRecord[],
  begin: boolean,
  nowMs: number,
): DuePage | null {
  const known = incidents.filter(({ state, trouble }) => state !== 'healed' && !trouble.startsWith('plan:'));
  const begun = new Map<string, boolean>();
  for (const incident of known)
    begun.set(incident.instanceId, begun.get(incident.instanceId) === true || isBeingHealed(incident, nowMs));
  const withinMs = (instanceId: string): number =>
    begin && !begun.has(instanceId) ? ACTS_WITHIN_MS : BEGINS_WITHIN_MS;
  const nodes = due.nodes.filter(
    ({ instanceId, sinceMs }) => begun.get(instanceId) !== true && nowMs - sinceMs >= withinMs(instanceId),
  );
  if (nodes.length === due.nodes.length) return due;
  return nodes.length === 0 ? null : { ...due, nodes, reason: sentenceAbout(nodes) };
}
