// Whether what people were told of an incident holds still, and whether they may rely on its heal. Pure.
import type { PageCode } from '../model/guardrail-codes.ts';
import { endingOf } from '../model/page-endings.ts';
import { isOfMove, readTrigger } from '../model/trigger.ts';
import { DISK_FIRST, type IncidentRecord } from './records.ts';

const MINUTE_MS = 60_000;

/**
 * Growing a disk takes half a minute, a clean stop for a snapshot a little more. If a heal takes this long and its node is still down, people should
 * know.
 */
export const HEALED_WITHIN_MS = 30 * MINUTE_MS;

/**
 * A ladder takes longer, and pages people itself when it is refused, fails or has reached its end. Each of its rungs has its own bound. The longest
 * is a volume: 1 TiB, initialized at the slowest rate that can be asked for (100 MiB/s), takes three hours. A node that is still down after four
 * hours needs a person.
 */
const REPLACED_WITHIN_MS = 4 * 60 * MINUTE_MS;

/** Refusals that wait for a turn, or for what passes by itself, and not for a person. They say nothing of what was said before. */
const WAITS: ReadonlySet<string> = new Set([
  'busy',
  'staggered',
  'throttled',
  'replace-in-flight',
  'disk-full-first',
  'peers-first',
  'restarts-paced',
  // A stall that lasts is told by the heal itself.
  'ebs-impaired',
]);

/** What watch-fleet tells of a node, and a heal may end; a fork is not one of them. */
export const MAY_BE_HEALED: ReadonlySet<PageCode> = new Set<PageCode>([
  'node-unreachable',
  'node-stuck',
  'falling-behind',
]);

export const isAtWork = ({ state }: Pick<IncidentRecord, 'state'>): boolean =>
  state === 'allocated' || state === 'claimed';

/** A move that has not begun says nothing of a trouble, and keeps no page of it back. */
export const isMove = ({ trigger }: IncidentRecord): boolean => isOfMove(trigger);

const isOfDisk = ({ trigger }: IncidentRecord): boolean => readTrigger(trigger)?.kind === 'disk';

/** An incident of replace-node that is not only a plan. */
export const isLadder = ({ trigger }: IncidentRecord): boolean => {
  const kind = readTrigger(trigger)?.kind;
  return kind === 'node' || kind === 'request';
};

/**
 * Whether people may rely on the heal. Not if it waits for a person's answer, was refused, has failed, or waits too long for its turn.
 *
 * @param prunesForMs how long a full disk may be pruned by its owner's command, as the fleet file says, before it grows; 0 where it has none
 */
export function isBeingHealed(incident: IncidentRecord, nowMs: number, prunesForMs = 0): boolean {
  const ageMs = nowMs - incident.onsetMs;
  if (incident.failures > 0) return false;
  switch (incident.state) {
    case 'allocated':
    case 'claimed':
      // It may have waited for days until the fleet could spare the node. Its own bounds end it, and it tells people itself.
      if (isMove(incident)) return incident.payload.mode === 'act';
      return (
        incident.payload.mode === 'act' &&
        ageMs < (isLadder(incident) ? REPLACED_WITHIN_MS : HEALED_WITHIN_MS + (isOfDisk(incident) ? prunesForMs : 0))
      );
    case 'open':
      // Its turn at the door comes by itself, as the end of a ladder does. Where the day's replacements are used up, the door says so.
      if (incident.waitsFor !== undefined && incident.waitsFor !== DISK_FIRST) return ageMs < REPLACED_WITHIN_MS;
      // A ladder that waits has not begun: another node takes the time.
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

type Said = Pick<IncidentRecord, 'state' | 'lastWord' | 'refusedCodes'>;

/** Whether a page of this code about an incident holds: by what ends it (`endingOf`), and by nothing that was said since. While a heal is at work nobody knows. */
export function isStillSaid(incident: Said, code: PageCode): boolean {
  const { state, lastWord, refusedCodes } = incident;
  if (state === 'healed' || isAtWork(incident)) return false;
  if (endingOf(code) !== 'word') return true;
  // Nothing was said since it was opened again, or a plan was written: no guard refuses it now.
  if (lastWord === undefined || lastWord.kind === 'planned') return false;
  if (code === 'attempts-dying') return lastWord.kind === 'died';
  return refusedCodes.findLast((said) => said === code || !WAITS.has(said)) === code;
}

/**
 * Until when what the page says is known to be so, ms since the epoch: when it was last found so, or the time that its refusal has named. undefined where
 * nobody looks again before its incident is over.
 */
export const foundAtMs = ({ state, lastWord }: Said, code: PageCode): number | undefined =>
  state === 'open' && endingOf(code) === 'word' ? (lastWord?.untilMs ?? lastWord?.atMs) : undefined;
