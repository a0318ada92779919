// What chainmend would have done in an incident of the past: its own decisions, over what AWS has kept. A fact that is not kept is tried with each value that
// it could have had; where the decision depends on it, the verdict is not knowable, and says on what. Pure.

import type { Facts } from '../../../functions/replace-node/facts.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import { HISTORY_HOURS, HISTORY_PERIOD_SECONDS } from '../../../functions/resize-volume/history.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { HEALTH_VALUE } from '../../../shared/fleet/resource-names.ts';
import { decideResize, GIB, type ResizeFacts, type VolumeFact } from '../../../shared/growth/decide.ts';
import { readBreaker } from '../../../shared/guardrails/breaker.ts';
import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../../shared/guardrails/ebs.ts';
import { monthOf } from '../../../shared/guardrails/grow.ts';
import type { HealthReading } from '../../../shared/guardrails/records.ts';
import { judgePauses } from '../../../shared/guardrails/switches.ts';
import type { GuardrailCode, Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { parameterPrefix } from '../../names.ts';
import type { Samples } from '../../report/facts.ts';
import { type Act, type DiskHistory, type History, type NodeHistory, sampleAt, stepMsAt } from './history.ts';
import type { Incident } from './incidents.ts';

export type Verdict =
  | { readonly is: 'healed'; readonly by: 'grow' | Rung; readonly toGiB?: number; readonly because: string }
  | { readonly is: 'refused'; readonly code: GuardrailCode; readonly isPaged: boolean; readonly because: string }
  /** Nothing was wrong enough to act on. */
  | { readonly is: 'left'; readonly because: string }
  | { readonly is: 'not knowable'; readonly because: string };

export interface Judged {
  readonly incident: Incident;
  readonly verdict: Verdict;
  /** What the verdict takes for granted, since AWS keeps nothing of it. */
  readonly provided: readonly string[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HISTORY_MS = HISTORY_HOURS * HOUR_MS;
const PERIOD_MS = HISTORY_PERIOD_SECONDS * 1_000;
/** "it can take up to 24 hours for a new configuration to take effect, depending on volume size" ("Modify a volume", EBS user guide). */
const OPTIMIZING_MS = DAY_MS;
/** A heal that meets a modification tries again half an hour later (shared/growth/decide.ts). */
const AGAIN_WITHIN_MS = 30 * MINUTE_MS;

export function judged(history: History, incident: Incident): Judged {
  const one = history.nodes.find(({ node }) => node.instanceId === incident.instanceId);
  if (one === undefined)
    return unknowable(incident, 'the instance is gone, and AWS keeps neither its tags nor its volumes');
  const successor = successorOf(history, one, incident);
  if (successor !== null) return unknowable(incident, successor);
  const pause = pausedAt(history, incident.onsetMs);
  if (typeof pause === 'string') return unknowable(incident, pause);
  if (pause !== null) return { incident, verdict: refusedBy(pause), provided: [] };
  const told = incident.trouble === 'full disk' ? growthOf(history, one, incident) : ladderOf(history, one, incident);
  const isUnread = history.acts === null && told.verdict.is !== 'not knowable';
  return isUnread ? { ...told, provided: [...told.provided, NOBODYS_CALLS] } : told;
}

/** Where CloudTrail could not be read. */
const NOBODYS_CALLS = 'nobody had called AWS for this node or its volumes';

const unknowable = (incident: Incident, because: string): Judged => ({
  ...{ incident, provided: [] },
  verdict: { is: 'not knowable', because },
});

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
  const values = new Map([[pauseParameterName(parameterPrefix), 'off']]);
  for (const name of [pauseParameterName(parameterPrefix), pauseParameterName(parameterPrefix, fleet.name)]) {
    const deleted = acts?.find((act) => act.what === 'DeleteParameter' && act.parameter === name && act.atMs > atMs);
    if (deleted !== undefined) return `${deleted.who} has deleted ${name} since, and what it said is not kept`;
    const versions = switches.filter((version) => version.name === name);
    const then = versions.findLast((version) => version.atMs <= atMs);
    if (then === undefined && (versions[0]?.version ?? 1) > 1) return `AWS keeps no value of ${name} that is so old`;
    if (then !== undefined) values.set(name, then.value);
  }
  return judgePauses(parameterPrefix, fleet.name, values);
}

const refusedBy = ({ refuse, page, reason }: Refusal): Verdict => ({
  ...{ is: 'refused', code: refuse, isPaged: page, because: reason },
});

/** All verdicts that the facts allow: one, or on what it depends. */
function oneOf(incident: Incident, cases: readonly { readonly when: string; readonly verdict: Verdict }[]): Judged {
  const [first, ...others] = cases;
  if (first === undefined) throw new RangeError('oneOf: expected a case');
  const other = others.find(({ verdict }) => wordOf(verdict) !== wordOf(first.verdict));
  if (other === undefined) return { incident, verdict: first.verdict, provided: [] };
  const because = `${wordOf(first.verdict)} if ${first.when}, ${wordOf(other.verdict)} if ${other.when}: AWS does not keep which`;
  return unknowable(incident, because);
}

/** "grow to 140 GiB", "refused size-ceiling" */
export function wordOf(verdict: Verdict): string {
  switch (verdict.is) {
    case 'healed':
      return verdict.toGiB === undefined ? verdict.by : `${verdict.by} to ${verdict.toGiB} GiB`;
    case 'refused':
      return `refused ${verdict.code}`;
    case 'left':
      return 'left alone';
    case 'not knowable':
      return 'not knowable';
  }
}

/** "CloudTrail typically delivers events within an average of about 5 minutes of an API call. This time is not guaranteed" (CloudTrail user guide). */
const CALLS_LATE_MS = 15 * MINUTE_MS;

function growthOf(history: History, one: NodeHistory, incident: Incident): Judged {
  const { fleet } = history;
  const nowMs = incident.onsetMs;
  if (history.acts !== null && history.toMs - nowMs < CALLS_LATE_MS)
    return unknowable(incident, 'CloudTrail may not have the calls of the last quarter of an hour yet');
  const disk = one.disks.find(({ role }) => role === incident.role);
  if (disk === undefined) return unknowable(incident, 'the CloudWatch agent has told nothing of this filesystem');
  const found = volumesThen(history, one, disk, incident);
  if ('unknown' in found) return unknowable(incident, found.unknown);
  const { volumes } = found;
  // The sample of a step has what came until its end: only steps that were over are of before.
  const stepMs = stepMsAt(history.toMs - nowMs);
  const overMs = Math.max(incident.fromMs, nowMs - stepMs);
  const used = usedBefore(disk, volumes, overMs);
  const percent = sampleAt(disk.percent, overMs, 2 * stepMs);
  const facts: ResizeFacts = {
    ...{ nowMs, fleet, volumeRole: disk.role, instanceState: 'running', instanceTags: one.instance.tags, volumes },
    ...{ latestModification: null, seen: null, reportedPercent: percent ?? null },
    history: used.map(([atMs, usedBytes]) => ({ atMs, usedBytes })),
    intents: ourGrowths(history, nowMs).flatMap(({ ids, toGiB, atMs }) =>
      ids.flatMap((volumeId) => (toGiB === null ? [] : [{ volumeId, toGiB, atMs }])),
    ),
    addedUsd: addedBefore(history, nowMs, volumes),
  };
  const modified = lastModification(history, volumes, nowMs);
  if (modified === undefined || wasModifiedAgain(history, modified, nowMs))
    return { incident, verdict: growthVerdict(facts), provided: [] };
  const { ids, toGiB } = modified;
  const latest = { volumeId: ids.find((id) => id.startsWith('vol-')) ?? '', targetGiB: toGiB ?? 0 };
  return oneOf(incident, [
    {
      when: `EBS had finished the modification by ${modified.who}`,
      verdict: growthVerdict({ ...facts, latestModification: { ...latest, state: 'completed' } }),
    },
    {
      when: 'it was still at it',
      verdict: growthVerdict({ ...facts, latestModification: { ...latest, state: 'optimizing' } }),
    },
  ]);
}

function growthVerdict(facts: ResizeFacts): Verdict {
  const decision = decideResize(facts);
  if ('refuse' in decision) return refusedBy(decision);
  switch (decision.do) {
    case 'nothing':
      return { is: 'left', because: decision.reason };
    case 'modify':
    case 'await-modification':
    case 'grow-filesystem':
      return { is: 'healed', by: 'grow', toGiB: decision.toGiB, because: decision.reason };
  }
}

/** Today's data volumes with the sizes of then. Another volume that lay there is not kept, and neither is what it was tagged with. */
function volumesThen(
  { acts, toMs }: History,
  { instance, volumes }: NodeHistory,
  disk: DiskHistory,
  { fromMs, onsetMs: nowMs }: Incident,
): { readonly volumes: readonly VolumeFact[] } | { readonly unknown: string } {
  const data = volumes.filter(({ volumeId }) => volumeId !== instance.rootVolumeId);
  const later = acts?.find(
    ({ what, ids, atMs, hasFailed }) =>
      what === 'AttachVolume' && atMs > nowMs && !hasFailed && ids.includes(instance.instanceId),
  );
  if (later !== undefined) return { unknown: `${later.who} has attached another volume since` };
  const young = data.find(({ createdAtMs }) => createdAtMs > nowMs);
  if (young !== undefined)
    return { unknown: `${young.volumeId} was made since, and what lay there before is not kept` };
  const facts: VolumeFact[] = [];
  for (const volume of data) {
    const sizeGiB = sizeThen({ acts, toMs }, volume, disk, { fromMs, nowMs, isOnly: data.length === 1 });
    if (sizeGiB === null) return { unknown: `${volume.volumeId} was grown since, and the size before is not kept` };
    facts.push(...factOf(volume, sizeGiB));
  }
  return { volumes: facts };
}

/** The size before the first growth since then: as CloudTrail has it, or by what the agent told; null where neither is kept. */
function sizeThen(
  { acts, toMs }: Pick<History, 'acts' | 'toMs'>,
  { volumeId, sizeGiB }: VolumeDescription,
  disk: DiskHistory,
  { fromMs, nowMs, isOnly }: { readonly fromMs: number; readonly nowMs: number; readonly isOnly: boolean },
): number | null {
  const next = acts?.find(
    ({ what, ids, atMs, hasFailed }) => what === 'ModifyVolume' && atMs > nowMs && !hasFailed && ids.includes(volumeId),
  );
  if (next === undefined && acts !== null) return sizeGiB;
  if (next?.fromGiB != null) return next.fromGiB;
  const validMs = 2 * stepMsAt(toMs - nowMs);
  const [used, percent] = [sampleAt(disk.used, fromMs, validMs), sampleAt(disk.percent, fromMs, validMs)];
  if (!isOnly || used === undefined || percent === undefined || percent <= 0) return null;
  return Math.round(used / (percent / 100) / GIB);
}

const factOf = (volume: VolumeDescription, sizeGiB: number): readonly VolumeFact[] => {
  const { volumeId, type, iops, throughputMiBps, tags } = volume;
  return isVolumeType(type) ? [{ volumeId, sizeGiB, type, iops, throughputMiBps, tags }] : [];
};

/** In bytes as the agent told them, or by its percentages of the one volume; in the steps in which a heal reads them, of each the largest. */
function usedBefore(disk: DiskHistory, volumes: readonly VolumeFact[], nowMs: number): Samples {
  const before = (samples: Samples): Samples => {
    const steps = new Map<number, number>();
    for (const [atMs, value] of samples) {
      if (atMs > nowMs || nowMs - atMs > HISTORY_MS) continue;
      const stepMs = Math.floor(atMs / PERIOD_MS) * PERIOD_MS;
      steps.set(stepMs, Math.max(steps.get(stepMs) ?? 0, value));
    }
    return [...steps];
  };
  const used = before(disk.used);
  const [volume, another] = volumes;
  if (used.length > 0 || volume === undefined || another !== undefined) return used;
  return before(disk.percent).map(([atMs, percent]) => [atMs, (percent / 100) * volume.sizeGiB * GIB]);
}

const ourGrowths = ({ acts }: History, nowMs: number): readonly Act[] =>
  (acts ?? []).filter(
    ({ what, by, atMs, hasFailed }) => what === 'ModifyVolume' && by === 'chainmend' && atMs < nowMs && !hasFailed,
  );

/** What growth had added to the bill of that month, as far as calls are kept. */
function addedBefore(history: History, nowMs: number, volumes: readonly VolumeFact[]): number {
  return ourGrowths(history, nowMs)
    .filter(({ atMs }) => monthOf(atMs) === monthOf(nowMs))
    .reduce((sum, { ids, fromGiB, toGiB }) => {
      const type = volumes.find(({ volumeId }) => ids.includes(volumeId))?.type ?? 'gp3';
      return fromGiB === null || toGiB === null ? sum : sum + (toGiB - fromGiB) * MONTHLY_USD_PER_GIB[type];
    }, 0);
}

const lastModification = ({ acts }: History, volumes: readonly VolumeFact[], nowMs: number): Act | undefined =>
  acts?.findLast(
    ({ what, ids, atMs, hasFailed }) =>
      what === 'ModifyVolume' &&
      !hasFailed &&
      atMs < nowMs &&
      nowMs - atMs < OPTIMIZING_MS &&
      volumes.some(({ volumeId }) => ids.includes(volumeId)),
  );

/** EBS took the next modification while a heal would have tried again: so it had finished this one. */
const wasModifiedAgain = ({ acts }: History, modified: Act, nowMs: number): boolean =>
  acts?.some(
    ({ what, ids, atMs, hasFailed }) =>
      what === 'ModifyVolume' &&
      !hasFailed &&
      atMs >= nowMs &&
      atMs - nowMs <= AGAIN_WITHIN_MS &&
      ids.some((id) => modified.ids.includes(id)),
  ) === true;

const AGENT = 'its SSM agent answered';
const SILENT = 'its SSM agent was as silent as its CloudWatch agent';
const CLIENT = 'nobody had stopped its client on the node';
const OTHERS = 'the other nodes followed their chain';
const ADVANCED = 'the chain advanced';
const TURN = 'its turn came while many were sick';

function ladderOf(history: History, one: NodeHistory, incident: Incident): Judged {
  const { onsetMs: nowMs, trouble } = incident;
  const isImpaired = trouble === 'failed checks';
  const hand = handOnNode(history, one, nowMs);
  if (hand !== null && !isImpaired) return unknowable(incident, hand);
  const reading = readingAt(history, nowMs, one, trouble);
  const halted = haltedAt(history, nowMs);
  const isSilent = trouble === 'unreachable' && fellSilent(history, one, incident);
  const provided = [
    ...(isImpaired ? [] : [isSilent ? SILENT : AGENT]),
    ...(trouble === 'unreachable' && !isSilent ? [CLIENT] : []),
    ...(reading.isWhole ? [] : [OTHERS]),
    ...(halted === undefined ? [ADVANCED] : []),
  ];
  const facts = factsOf(history, one, incident, {
    ...{ reading: reading.reading, haltedSinceMs: halted ?? null, agentOnline: !isImpaired && !isSilent },
  });
  const verdict = ladderVerdict(facts);
  // One canary first, then more after each proof (docs/adr/0028): who went first, and whether that helped, is not kept.
  const isPaced = facts.breaker.open && verdict.is === 'healed';
  return { incident, verdict, provided: isPaced ? [...provided, TURN] : provided };
}

function ladderVerdict(facts: Facts): Verdict {
  const plan = planOf(facts);
  if ('refusal' in plan) return refusedBy(plan.refusal);
  if ('well' in plan) return { is: 'left', because: plan.well };
  const [first] = plan.rungs;
  if (first === undefined) return { is: 'left', because: plan.sentence };
  return { is: 'healed', by: first, because: facts.watched?.reason ?? 'its status checks failed' };
}

/** A person who is on the node may have stopped its client: whether the heal would have left it to them is not kept. */
function handOnNode({ acts }: History, { node }: NodeHistory, nowMs: number): string | null {
  const hand = acts?.findLast(
    ({ what, by, ids, atMs, hasFailed }) =>
      (what === 'SendCommand' || what === 'StartSession') &&
      by === 'people' &&
      !hasFailed &&
      atMs <= nowMs &&
      nowMs - atMs <= HOUR_MS &&
      ids.includes(node.instanceId),
  );
  return hand === undefined ? null : `${hand.who} was on the node (${hand.what}), and what was done there is not kept`;
}

/** The CloudWatch agent, another program of the same instance, had told of it before, and told nothing once the trouble had begun. */
function fellSilent({ toMs: readMs }: History, { disks }: NodeHistory, { fromMs, onsetMs, toMs }: Incident): boolean {
  const stepMs = stepMsAt(readMs - onsetMs);
  const untilMs = Math.min(toMs ?? readMs, onsetMs + 5 * stepMs);
  const told = disks.flatMap(({ percent }) => percent.map(([atMs]) => atMs));
  const isBetween = (fromMs: number, untilMs: number): boolean => told.some((atMs) => atMs > fromMs && atMs <= untilMs);
  return isBetween(fromMs - DAY_MS, fromMs) && !isBetween(fromMs + stepMs, untilMs);
}

const HEALTH_OF: ReadonlyMap<number, Health> = new Map(
  Object.entries(HEALTH_VALUE).map(([health, value]) => [value, health as Health]),
);

/** The health of all nodes then; of those that nobody watched: well, which the verdict says. */
function readingAt(
  history: History,
  nowMs: number,
  about: NodeHistory,
  trouble: Incident['trouble'],
): { readonly reading: HealthReading; readonly isWhole: boolean } {
  const validMs = 3 * stepMsAt(history.toMs - nowMs);
  let isWhole = true;
  const nodes = history.nodes.map(({ node, health, checks }) => {
    const value = sampleAt(health, nowMs, validMs);
    const seen = value === undefined ? undefined : HEALTH_OF.get(value);
    const isImpaired = (sampleAt(checks, nowMs, validMs) ?? 0) >= 1;
    const isAbout = node.instanceId === about.node.instanceId;
    if (seen === undefined && !isAbout) isWhole = false;
    const told: Health = seen ?? (isImpaired ? 'unreachable' : 'synced');
    const now: Health = isAbout && trouble === 'stuck' ? 'stuck' : isAbout ? 'unreachable' : told;
    return { instanceId: node.instanceId, availabilityZone: node.availabilityZone, health: now, sinceMs: nowMs };
  });
  return { reading: { observedAtMs: nowMs, nodes }, isWhole };
}

/** Since when the chain stood; null while it advanced; undefined where nobody watched it. */
function haltedAt({ halted, toMs }: History, nowMs: number): number | null | undefined {
  const now = sampleAt(halted, nowMs, 3 * stepMsAt(toMs - nowMs));
  if (now === undefined) return undefined;
  if (now < 1) return null;
  const before = halted.findLast(([atMs, value]) => atMs <= nowMs && value < 1);
  return before === undefined ? nowMs : before[0];
}

interface Then {
  readonly reading: HealthReading;
  readonly haltedSinceMs: number | null;
  readonly agentOnline: boolean;
}

function factsOf(
  history: History,
  { node, instance, instanceStore, volumes, attachedEbs }: NodeHistory,
  { trouble, fromMs, onsetMs: nowMs }: Incident,
  { reading, haltedSinceMs, agentOnline }: Then,
): Facts {
  const { fleet } = history;
  const isImpaired = trouble === 'failed checks';
  const stall = sampleAt(attachedEbs, nowMs, 3 * stepMsAt(history.toMs - nowMs)) ?? 0;
  return {
    ...{
      nowMs,
      fleet,
      want: { do: 'heal' },
      role: node.role,
      node: node.name,
      incidentId: 'backtest',
      onsetMs: fromMs,
    },
    original: {
      instance: { ...instance, state: 'running' },
      checks: {
        system: 'ok',
        instance: isImpaired ? 'impaired' : 'ok',
        attachedEbs: stall >= 1 ? 'impaired' : 'ok',
      },
      agentOnline,
    },
    ...{ instanceStore, standbyFault: null, replacement: null, instanceId: node.instanceId, gone: null, move: null },
    ...{ volumes, impairedVolumes: [], seen: null, unanswered: null, openUntilMs: null },
    watched: {
      ...{
        instanceId: node.instanceId,
        health: trouble === 'stuck' ? 'stuck' : 'unreachable',
        reason: REASON[trouble],
      },
      ...{ sinceMs: fromMs, observedAtMs: nowMs, height: null, lagBlocks: null, stoodSinceMs: null },
    },
    breaker: readBreaker(fleet, [reading], nowMs),
    ...{ haltedSinceMs, reach: null, sources: null, keyScope: history.keyScope, launch: null },
    initialization: null,
  };
}

const REASON: Readonly<Record<Incident['trouble'], string>> = {
  'full disk': 'its disk was full',
  'failed checks': 'its status checks failed',
  stuck: 'it stood while others had newer blocks',
  unreachable: 'it did not answer',
};

/** So long a node has to be well before its ladder begins anew (`replacementsPerNode`, docs/architecture.md), and so long modifications count. */
const AFTER_HEAL_MS = 2 * HOUR_MS;

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
  return unknowable(
    incident,
    `whether it would have come after the ${by} before, and what that would have told, is not kept`,
  );
}
