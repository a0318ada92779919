// What chainmend would have done about a disk that was full, by what AWS has kept of it. Pure.

import { HISTORY_HOURS, HISTORY_PERIOD_SECONDS } from '../../../functions/resize-volume/history.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import { decideResize, GIB, type ResizeFacts, type VolumeFact } from '../../../shared/growth/decide.ts';
import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../../shared/guardrails/ebs.ts';
import { monthOf } from '../../../shared/guardrails/grow.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import type { Samples } from '../../report/facts.ts';
import { type Act, type DiskHistory, type History, type NodeHistory, sampleAt, stepMsAt } from './history.ts';
import type { Incident } from './incidents.ts';
import { refusedToSay, toldThen } from './told-then.ts';
import { type Judged, oneOf, refusedBy, unknowable, type Verdict } from './verdict.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HISTORY_MS = HISTORY_HOURS * HOUR_MS;
const PERIOD_MS = HISTORY_PERIOD_SECONDS * 1_000;
/** "it can take up to 24 hours for a new configuration to take effect, depending on volume size" ("Modify a volume", EBS user guide). */
const OPTIMIZING_MS = DAY_MS;
/** A heal that meets a modification tries again half an hour later (shared/growth/decide.ts). */
const AGAIN_WITHIN_MS = 30 * MINUTE_MS;
/** "CloudTrail typically delivers events within an average of about 5 minutes of an API call. This time is not guaranteed" (CloudTrail user guide). */
const CALLS_LATE_MS = 15 * MINUTE_MS;

/** It is asked of its filesystem before anything is grown. */
export const NODE = 'its node said of the disk what its CloudWatch agent said';

export function growthOf(history: History, one: NodeHistory, incident: Incident): Judged {
  const nowMs = incident.onsetMs;
  if (history.acts !== null && history.toMs - nowMs < CALLS_LATE_MS)
    return unknowable(incident, 'CloudTrail may not have the calls of the last quarter of an hour yet');
  const disk = one.disks.find(({ role }) => role === incident.role);
  if (disk === undefined) return unknowable(incident, 'the CloudWatch agent has told nothing of this filesystem');
  const found = volumesThen(history, one, disk, incident);
  if ('unknown' in found) return unknowable(incident, found.unknown);
  const { volumes } = found;
  const told = toldThen(one, incident, 'disk', disk.path);
  if (told !== undefined) return growthAt(history, one, { incident, disk, volumes, atMs: told.atMs, seen: told.seen });
  const refused = toldThen(one, incident, 'disk refused');
  if (refused !== undefined) return { incident, verdict: refusedBy(refusedToSay(refused)), provided: [] };
  // The sample of a step has what came until its end: only steps that were over are of before.
  const stepMs = stepMsAt(history.toMs - nowMs);
  const overMs = Math.max(incident.fromMs, nowMs - stepMs);
  if (wasBrief(history, volumes, incident, stepMs))
    return unknowable(incident, 'it was over within minutes: whether a heal would still have found it is not kept');
  const first = growthAt(history, one, { incident, disk, volumes, atMs: overMs });
  const last = growthAt(history, one, { incident, disk, volumes, atMs: turnMs(history, incident, volumes, overMs) });
  return spanning(first, last);
}

/** The size depends on how full it was when its turn came: where that is not the same, both ends are told. */
function spanning(first: Judged, last: Judged): Judged {
  const [a, b] = [first.verdict, last.verdict];
  if (a.is !== b.is && a.is !== 'not knowable' && b.is !== 'not knowable')
    return oneOf(first.incident, first.provided, [
      { when: 'its turn came at once', verdict: a },
      { when: 'others were grown before it', verdict: b },
    ]);
  if (a.is !== 'healed' || b.is !== 'healed' || a.toGiB === undefined || b.toGiB === undefined) return first;
  if (a.toGiB === b.toGiB) return first;
  return { ...first, verdict: { ...a, toGiB: Math.min(a.toGiB, b.toGiB), upToGiB: Math.max(a.toGiB, b.toGiB) } };
}

/** Two steps after the alarm nothing was full any more, and nobody had modified its volume: it was emptied, or grown on the node. */
const wasBrief = (
  { acts }: History,
  volumes: readonly VolumeFact[],
  { fromMs, onsetMs, toMs }: Incident,
  stepMs: number,
): boolean =>
  toMs !== null &&
  toMs - onsetMs <= 2 * stepMs &&
  // The sample of a step has its beginning for its time.
  nextModification(acts, volumes, fromMs - MINUTE_MS, toMs + 2 * stepMs) === undefined;

/** Disks of a fleet are grown one after the other: so late a turn may have come where others were full at the same time, and at once where none was. */
const TURN_MS = 30 * MINUTE_MS;

function turnMs(
  { acts, nodes, fleet, toMs }: History,
  incident: Incident,
  volumes: readonly VolumeFact[],
  overMs: number,
) {
  const { onsetMs, instanceId } = incident;
  const threshold = fleet.alarms.diskPercent;
  const isQueued = nodes.some(({ node, disks }) =>
    disks.some(
      ({ role, percent }) =>
        (node.instanceId !== instanceId || role !== incident.role) &&
        percent.some(([atMs, value]) => value >= threshold && Math.abs(atMs - onsetMs) <= TURN_MS),
    ),
  );
  if (!isQueued) return overMs;
  const untilMs = overMs + TURN_MS;
  const modified = nextModification(acts, volumes, onsetMs, untilMs)?.atMs ?? Number.POSITIVE_INFINITY;
  return Math.max(overMs, Math.min(untilMs, (incident.toMs ?? toMs) - MINUTE_MS, modified));
}

const nextModification = (acts: History['acts'], volumes: readonly VolumeFact[], fromMs: number, toMs: number) =>
  acts?.find(
    ({ what, ids, atMs, hasFailed }) =>
      what === 'ModifyVolume' &&
      !hasFailed &&
      atMs >= fromMs &&
      atMs <= toMs &&
      volumes.some(({ volumeId }) => ids.includes(volumeId)),
  );

interface Moment {
  readonly incident: Incident;
  readonly disk: DiskHistory;
  readonly volumes: readonly VolumeFact[];
  /** When the heal would have asked. */
  readonly atMs: number;
  /** What the node answered. */
  readonly seen?: Observation;
}

function growthAt(history: History, one: NodeHistory, { incident, disk, volumes, atMs, seen }: Moment): Judged {
  const { fleet } = history;
  const provided = seen === undefined ? [NODE] : [];
  const nowMs = incident.onsetMs;
  const used = usedBefore(disk, volumes, atMs);
  const percent = sampleAt(disk.percent, atMs, 2 * stepMsAt(history.toMs - nowMs));
  const facts: ResizeFacts = {
    ...{
      nowMs: atMs,
      fleet,
      volumeRole: disk.role,
      instanceState: 'running',
      instanceTags: one.instance.tags,
      volumes,
    },
    ...{ latestModification: null, seen: seen ?? null, reportedPercent: percent ?? null },
    history: used.map(([atMs, usedBytes]) => ({ atMs, usedBytes })),
    intents: ourGrowths(history, atMs).flatMap(({ ids, toGiB, atMs }) =>
      ids.flatMap((volumeId) => (toGiB === null ? [] : [{ volumeId, toGiB, atMs }])),
    ),
    addedUsd: addedBefore(history, atMs, volumes),
  };
  const modified = lastModification(history, volumes, nowMs);
  if (modified === undefined || wasModifiedAgain(history, modified, nowMs))
    return { incident, verdict: growthVerdict(facts), provided };
  const ended = modificationEnded(one, modified, nowMs);
  const { ids, toGiB } = modified;
  const latest = { volumeId: ids.find((id) => id.startsWith('vol-')) ?? '', targetGiB: toGiB ?? 0 };
  return oneOf(incident, provided, [
    ...(ended === false
      ? []
      : [
          {
            when: `EBS had finished the modification by ${modified.who}`,
            verdict: growthVerdict({ ...facts, latestModification: { ...latest, state: 'completed' } }),
          },
        ]),
    ...(ended === true
      ? []
      : [
          {
            when: 'it was still at it',
            verdict: growthVerdict({ ...facts, latestModification: { ...latest, state: 'optimizing' } }),
          },
        ]),
  ]);
}

/** CloudTrail and EBS write the same request down within a second or two. */
const SAME_REQUEST_MS = MINUTE_MS;

/** Whether EBS had finished by then. EBS tells of the latest modification of a volume only; null: it tells of a later one, or nobody has read it. */
function modificationEnded({ modifications }: NodeHistory, modified: Act, nowMs: number): boolean | null {
  const told = modifications?.find(
    ({ volumeId, startedAtMs }) =>
      modified.ids.includes(volumeId) && Math.abs(startedAtMs - modified.atMs) <= SAME_REQUEST_MS,
  );
  return told === undefined ? null : told.endedAtMs !== null && told.endedAtMs <= nowMs;
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
    // What an owner's command would have freed then nobody knows, and the question says nothing of it.
    case 'prune':
      return { is: 'left', because: decision.reason };
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
    .reduce((sum, act) => {
      const { ids, toGiB } = act;
      const fromGiB = act.fromGiB ?? sizeBefore(history, act);
      const type = volumes.find(({ volumeId }) => ids.includes(volumeId))?.type ?? 'gp3';
      return fromGiB === null || toGiB === null ? sum : sum + (toGiB - fromGiB) * MONTHLY_USD_PER_GIB[type];
    }, 0);
}

/** Where a call does not say it: by what the agent told of the one data volume of its node. */
function sizeBefore({ nodes, toMs }: History, { ids, atMs }: Act): number | null {
  const one = nodes.find(({ volumes }) => volumes.some(({ volumeId }) => ids.includes(volumeId)));
  const [disk, another] = one?.disks ?? [];
  if (disk === undefined || another !== undefined) return null;
  const stepMs = stepMsAt(toMs - atMs);
  const [used, percent] = [disk.used, disk.percent].map((samples) => sampleAt(samples, atMs - stepMs, 2 * stepMs));
  return used === undefined || percent === undefined || percent <= 0 ? null : Math.round(used / (percent / 100) / GIB);
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
