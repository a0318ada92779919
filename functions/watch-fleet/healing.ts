// Who is being healed: a node that is down because its disk is full needs no person while a heal grows the disk.
import type { PageCode } from '../../shared/guardrails/codes.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { type DuePage, sentenceAbout } from './pages.ts';

/** A plain heal takes half a minute. Of one that takes so long, and whose node is still down, people should know. */
export const HEALED_WITHIN_MS = 30 * 60_000;

/** What a heal may end; a fork it cannot. */
export const MAY_BE_HEALED: ReadonlySet<PageCode> = new Set<PageCode>(['node-unreachable', 'node-stuck']);

/** Refusals that wait for a turn, not for a person. */
const WAITS: ReadonlySet<string> = new Set(['busy', 'staggered', 'throttled']);

/** A heal that waits for a person's answer, was refused or has failed is none that people may sleep over. */
export function isBeingHealed(incident: IncidentRecord, nowMs: number): boolean {
  if (nowMs - incident.onsetMs >= HEALED_WITHIN_MS || incident.failures > 0) return false;
  switch (incident.state) {
    case 'allocated':
    case 'claimed':
      return incident.payload.mode === 'act';
    case 'open':
      return incident.plannedUntilMs === undefined && incident.refusedCodes.every((code) => WAITS.has(code));
    case 'healed':
    case 'escalated':
      return false;
  }
}

/** Alarms look once a minute, each at a second of its own: a full disk that has stopped its client may not have been told of before. */
export const BEGINS_WITHIN_MS = 90_000;

/** The page without those who are being healed, and those whose heal may be about to begin; null where nobody is left. */
export function withoutHealing(due: DuePage, incidents: readonly IncidentRecord[], nowMs: number): DuePage | null {
  const healing = new Set(
    incidents.filter((incident) => isBeingHealed(incident, nowMs)).map(({ instanceId }) => instanceId),
  );
  const nodes = due.nodes.filter(
    ({ instanceId, sinceMs }) => !healing.has(instanceId) && nowMs - sinceMs >= BEGINS_WITHIN_MS,
  );
  if (nodes.length === due.nodes.length) return due;
  return nodes.length === 0 ? null : { ...due, nodes, reason: sentenceAbout(nodes) };
}
