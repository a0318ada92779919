// What chainmend would have done in an incident of the past: its own decisions, over what AWS has kept. A fact that is not kept is tried with each value that
// it could have had; where the decision depends on it, the verdict is not knowable, and says on what. Pure.

import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { judgePauses, judgePauseTag, PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { commandNames } from '../../names.ts';
import { growthOf } from './growth-then.ts';
import type { History, NodeHistory } from './history.ts';
import type { Incident } from './incidents.ts';
import { ladderOf } from './ladder-then.ts';
import { tagThen } from './tags-then.ts';
import { type Judged, refusedBy, unknowable, wordOf } from './verdict.ts';

const HOUR_MS = 60 * 60_000;

export function judged(history: History, incident: Incident): Judged {
  const one = history.nodes.find(({ node }) => node.instanceId === incident.instanceId);
  if (one === undefined)
    return unknowable(incident, 'the instance is gone, and AWS keeps neither its tags nor its volumes');
  const successor = successorOf(history, one, incident);
  if (successor !== null) return unknowable(incident, successor);
  const pause = pausedAt(history, incident.onsetMs) ?? pausedByTag(history, one, incident.onsetMs);
  if (typeof pause === 'string') return unknowable(incident, pause);
  if (pause !== null) return { incident, verdict: refusedBy(pause), provided: [] };
  const told = incident.trouble === 'full disk' ? growthOf(history, one, incident) : ladderOf(history, one, incident);
  const isUnread = history.acts === null && told.verdict.is !== 'not knowable';
  return isUnread ? { ...told, provided: [...told.provided, NOBODYS_CALLS] } : told;
}

/** The pause of one node is a tag of its instance: as CloudTrail has its changes, or as it is today. */
function pausedByTag({ acts }: History, { instance }: NodeHistory, atMs: number): Refusal | null {
  const value = tagThen(acts, instance, PAUSE_TAG, atMs);
  // That a tag of before the changes that are kept was there is not kept; a pause so old is none that anybody means.
  return typeof value === 'string' ? judgePauseTag({ [PAUSE_TAG]: value }) : null;
}

/** Where CloudTrail could not be read. */
const NOBODYS_CALLS = 'nobody had called AWS for this node or its volumes';
/** Metrics by a node's name go on where another instance takes its place; of the one before AWS keeps nothing. */
function successorOf(
  { acts }: History,
  { node, instance, volumes }: NodeHistory,
  { onsetMs }: Incident,
): string | null {
  if (instance.launchedAtMs <= onsetMs) return null;
  const wasRun = acts?.some(
    ({ what, ids, atMs }) => what === 'RunInstances' && atMs > onsetMs && ids.includes(node.instanceId),
  );
  const root = volumes.find(({ volumeId }) => volumeId === instance.rootVolumeId);
  const isYoung = wasRun === true || (root !== undefined && root.createdAtMs > onsetMs);
  return isYoung ? `its instance of then is gone: ${node.instanceId} has taken its place since` : null;
}
/** The pauses as they were; a sentence where that is not kept. Before the first deployment there was none. */
function pausedAt({ fleet, switches, acts }: History, atMs: number): Refusal | string | null {
  if (switches === null) return 'what the pauses said could not be read';
  const values = new Map([[pauseParameterName(commandNames().parameterPrefix), 'off']]);
  for (const name of [
    pauseParameterName(commandNames().parameterPrefix),
    pauseParameterName(commandNames().parameterPrefix, fleet.name),
  ]) {
    const deleted = acts?.find((act) => act.what === 'DeleteParameter' && act.parameter === name && act.atMs > atMs);
    if (deleted !== undefined) return `${deleted.who} has deleted ${name} since, and what it said is not kept`;
    const versions = switches.filter((version) => version.name === name);
    const then = versions.findLast((version) => version.atMs <= atMs);
    if (then === undefined && (versions[0]?.version ?? 1) > 1) return `AWS keeps no value of ${name} that is so old`;
    if (then !== undefined) values.set(name, then.value);
  }
  return judgePauses(commandNames().parameterPrefix, fleet.name, values);
}
/** So long a node has to be well before its ladder begins anew (`replacementsPerNode`, docs/decisions.md), and so long modifications count. */
const AFTER_HEAL_MS = 2 * HOUR_MS;

/** What restarts a client here: our own command, by the name of its document, or a stop, a start or a reboot by anybody. */
const RESTARTS = /-restart-client-/;
const POWER: ReadonlySet<string> = new Set(['StopInstances', 'StartInstances', 'RebootInstances']);

/** Such a heal was made between the two: then it is no trouble of before that comes again. */
const wasMade = (acts: History['acts'], { instanceId, onsetMs: untilMs }: Incident, sinceMs: number): boolean =>
  acts?.some(
    ({ what, document, ids, atMs, hasFailed }) =>
      (POWER.has(what) || (what === 'SendCommand' && RESTARTS.test(document ?? ''))) &&
      !hasFailed &&
      atMs >= sinceMs &&
      atMs < untilMs &&
      ids.includes(instanceId),
  ) === true;

/**
 * What comes after a heal that did not happen would perhaps not have come. Where the heal did happen, by whomever, it is in the history.
 * @param before the same node's, oldest first, as they were judged
 * @param volumeIds of the node
 */
export function afterOthers(
  judged: Judged,
  before: readonly Judged[],
  volumeIds: readonly string[],
  { acts }: Pick<History, 'acts'>,
): Judged {
  const { incident } = judged;
  const last = before.findLast(
    (other) =>
      other.verdict.is === 'healed' &&
      other.incident.role === incident.role &&
      (other.incident.trouble === 'full disk') === (incident.trouble === 'full disk'),
  );
  if (last === undefined) return judged;
  const { onsetMs, toMs } = last.incident;
  const by = wordOf(last.verdict);
  if (incident.trouble === 'full disk') {
    const isGrown = acts?.some(
      ({ what, atMs, hasFailed, ids }) =>
        what === 'ModifyVolume' &&
        !hasFailed &&
        atMs >= onsetMs &&
        atMs < incident.onsetMs &&
        ids.some((id) => volumeIds.includes(id)),
    );
    return isGrown ? judged : unknowable(incident, `it would have been larger by then: ${by} would have come before`);
  }
  if (incident.fromMs - (toMs ?? onsetMs) > AFTER_HEAL_MS) return judged;
  if (wasMade(acts, incident, onsetMs)) return judged;
  return unknowable(
    incident,
    `whether it would have come after the ${by} before, and what that would have told, is not kept`,
  );
}
