// Decides whether a full disk is grown, by how much, or why not: one pure decision from what was read.

import { judgeVolumes } from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import { growthChange } from '../guardrails/drift.ts';
import { growthUsd, VOLUME_LIMITS, type VolumeType } from '../guardrails/ebs.ts';
import { exceeds } from '../guardrails/grow.ts';
import { judgeGrowthDrift, nameOf, type Owner, type OwnerWords, ownerOf } from '../guardrails/owner.ts';
import { judgeInstance } from '../heal/guard.ts';
import { recentModifications } from '../heal/lease.ts';
import type { ModificationIntent } from '../heal/records.ts';
import { INTENT_COUNTS_MS } from '../model/execution.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { hasTags } from '../model/tags.ts';
import type { Observation } from '../node-commands/answer.ts';
import { leastFilesystemBytes } from '../node-commands/command.ts';
import { whyNoGrowth } from './filesystem.ts';
import { judgePrune, type PruneFacts, type PruneVerdict, prunedText } from './prune.ts';
import { growthBytesPerHour, RESTS_BYTES_PER_HOUR, type UsedPoint } from './rate.ts';

export const GIB = 1024 ** 3;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface VolumeFact {
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly type: VolumeType;
  /** null where the volume type has no IOPS to set. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ModificationFact {
  readonly volumeId: string;
  readonly state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  readonly targetGiB: number;
}

export interface ResizeFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  /** Role of the volume in question, from the incident's trigger. */
  readonly volumeRole: string;
  readonly instanceState: string | null;
  /** null where the instance was not read: its node has answered, and no owner's word depends on its tags. */
  readonly instanceTags: Readonly<Record<string, string>> | null;
  /** Volumes attached to the instance, without its root volume. */
  readonly volumes: readonly VolumeFact[];
  readonly latestModification: ModificationFact | null;
  /** The node's own answer; null in plan mode and before an approval, when nothing is sent to the node. */
  readonly seen: Observation | null;
  /** Bytes used on the filesystem as CloudWatch knows them, oldest first. */
  readonly history: readonly UsedPoint[];
  /** Why CloudWatch's history could not be read; absent where it was read, or is empty. */
  readonly historyUnread?: string;
  /** How full the filesystem is by CloudWatch's last value, which the alarm also uses; null where there is none. */
  readonly reportedPercent: number | null;
  /** The same for inodes; absent where CloudWatch has no value. */
  readonly reportedInodesPercent?: number;
  readonly intents: readonly ModificationIntent[];
  /** When volumes were taken back from the figures of their first sync, lately, by volume id; absent where the fleet has none. */
  readonly takenBackAtMs?: Readonly<Record<string, readonly number[]>>;
  /** An earlier attempt had to start the client that the full disk had stopped, and died before the proof. */
  readonly clientOwed?: true;
  /** The client was down while the disk was not full yet: an earlier attempt of this incident has seen it, or another heal has left it to the person who stopped it. */
  readonly wasDownBeforeFull?: true;
  /** The node's heal has ended without data that its client opens, and the client syncs from the first block. */
  readonly syncsFromZero?: true;
  /** What this fleet's growth has added to the monthly bill in this calendar month. */
  readonly addedUsd: number;
  /** Of the owner's own pruning; absent where the fleet file has none, or the question is not a heal's. */
  readonly prune?: PruneFacts & {
    /** An attempt before has stopped the client for it, and has not proved it. */
    readonly isOpen: boolean;
    /** The last one was of this incident. */
    readonly isOurs: boolean;
  };
}

/**
 * What the size was decided by, as far as rules of a fleet file ask for it. It is written to the journal, so that another version of the file can be
 * asked the same later (`chainmend diff --journal`).
 */
export type GrowthNumbers = {
  readonly role: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly type: VolumeType;
  readonly percent: number;
  readonly inodesPercent: number;
  readonly usedGiB: number;
  /** null: the history was too short to say. */
  readonly gibPerHour: number | null;
  /** Of the volume, by us, in the 24 hours before. */
  readonly modifications: number;
  /** Added to the bill of the month before. */
  readonly addedUsd: number;
  /** What tells of an owner whatever the file says: a stack's own tag, a word in a tag of people, or nothing. */
  readonly ownerBy: 'stack-tag' | 'guess' | null;
};

export interface GrowPlan {
  readonly do: 'modify';
  readonly numbers?: GrowthNumbers;
  readonly volumeId: string;
  readonly fromGiB: number;
  readonly toGiB: number;
  /** Sent with the request where the type has IOPS to set, so that a growing volume keeps its IOPS. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  readonly addedUsd: number;
  /** The inputs of the chosen size: use now, growth by its history, and the fleet file's ceiling. */
  readonly usedGiB: number;
  readonly gibPerHour: number | null;
  readonly ceilingGiB: number;
  readonly reason: string;
  /** What the file said of the owner: asked again right before the call. */
  readonly ownerWords: OwnerWords;
  /** What the volume's owner has to change afterwards; absent where nobody is known. */
  readonly ownerChange?: string;
}

/** The owner's own command has the client drop what it need not keep, before the volume grows. */
export interface PrunePlan {
  readonly do: 'prune';
  readonly numbers?: GrowthNumbers;
  readonly volumeId: string;
  /** The volume keeps its size. */
  readonly toGiB: number;
  readonly command: string;
  readonly seconds: number;
  /** On the filesystem now. */
  readonly usedBytes: number;
  /** Where its client stood when it was observed last; null where nobody knows. */
  readonly height: number | null;
  readonly reason: string;
  /** What is done where it cannot be pruned after all. */
  readonly instead: GrowPlan | Refusal;
}

export type ResizeDecision =
  | { readonly do: 'nothing'; readonly reason: string }
  /** The volume is already larger than its filesystem: a heal died half-way, or a person forgot. */
  | {
      readonly do: 'grow-filesystem';
      readonly volumeId: string;
      readonly toGiB: number;
      readonly reason: string;
      readonly ownerChange?: string;
    }
  /** A modification to a larger size is under way: wait for it, then grow the filesystem. */
  | {
      readonly do: 'await-modification';
      readonly volumeId: string;
      readonly toGiB: number;
      readonly reason: string;
      readonly ownerChange?: string;
    }
  | GrowPlan
  | PrunePlan
  | Refusal;

/** Decides from facts that were read at `nowMs`. The same facts give the same decision; every branch carries its reason. */
export function decideResize(facts: ResizeFacts): ResizeDecision {
  const { fleet, instanceState } = facts;
  const notRunning = judgeInstance(instanceState, 'a filesystem grows only on a running one');
  if (notRunning) return notRunning;

  const volume = chooseVolume(facts);
  if ('refuse' in volume) return volume;

  const use = usageOf(facts, volume);
  if (use === null) {
    const none = 'there is no reading of how full the disk is, neither from the node nor from CloudWatch';
    return facts.historyUnread === undefined
      ? refuse('not-confirmed', none, { retryAfterMs: 5 * MINUTE_MS })
      : refuse('unreadable', `${none}: ${facts.historyUnread}`, { retryAfterMs: HOUR_MS, page: true });
  }
  const owner = ownerOf(fleet.owner.by, volume.tags) ?? ownerOf(fleet.owner.by, facts.instanceTags ?? {});
  const threshold = fleet.disk.growAtPercent;
  if (Math.max(use.percent, use.inodesPercent) < threshold) {
    if (facts.clientOwed && facts.seen?.client !== 'running')
      return {
        do: 'grow-filesystem',
        volumeId: volume.volumeId,
        toGiB: volume.sizeGiB,
        ...grownBefore(facts, owner, volume, volume.sizeGiB),
        reason: `${use.sentence}, grown already; the client that the full disk stopped is still to be started`,
      };
    const { ownerChange } = grownBefore(facts, owner, volume, volume.sizeGiB);
    const { last = null, isOurs = false } = facts.prune ?? {};
    const pruned = last !== null && isOurs ? `; ${prunedText(last)}` : '';
    const below = `${use.sentence}, below the ${threshold} % from which it is grown${pruned}`;
    return { do: 'nothing', reason: toBeChanged(below, ownerChange) };
  }

  const pending = facts.latestModification?.volumeId === volume.volumeId ? facts.latestModification : null;
  const format = formatLimitOf(facts.seen);
  const deviceGiB = Math.min(
    Math.max(Math.floor((facts.seen?.deviceBytes ?? 0) / GIB), pending?.state === 'modifying' ? 0 : volume.sizeGiB),
    format?.maximumGiB ?? Number.POSITIVE_INFINITY,
  );
  const unable = judgeFilesystem(facts.seen, use.sentence);
  if (unable) return unable;
  const leastBytes = facts.seen ? leastFilesystemBytes(deviceGiB) : deviceGiB * GIB * REPORTED_SIZE_SLACK;
  if (use.filesystemBytes < leastBytes) {
    return {
      do: 'grow-filesystem',
      volumeId: volume.volumeId,
      toGiB: deviceGiB,
      ...grownBefore(facts, owner, volume, deviceGiB),
      reason: `${use.sentence}, on a volume of ${deviceGiB} GiB: only the filesystem is missing`,
    };
  }
  if (pending?.state === 'modifying' && pending.targetGiB > sizeOf(facts, volume)) {
    return {
      do: 'await-modification',
      volumeId: volume.volumeId,
      toGiB: pending.targetGiB,
      ...grownBefore(facts, owner, volume, pending.targetGiB),
      reason: `${use.sentence}; a modification to ${pending.targetGiB} GiB is under way`,
    };
  }
  if (pending?.state === 'modifying' || pending?.state === 'optimizing') {
    return refuse(
      'modification-in-progress',
      `${use.sentence}, and EBS is still ${pending.state} the volume to ${pending.targetGiB} GiB`,
      {
        retryAfterMs: 10 * MINUTE_MS,
        page: true,
      },
    );
  }
  if (facts.syncsFromZero)
    return refuse(
      'sync-from-zero',
      `${use.sentence}, and its client syncs from the first block, since no heal has found data that it opens: restore it from a good snapshot, or grow the disk by hand`,
      { retryAfterMs: HOUR_MS, page: true },
    );
  const decided = decideSize(facts, volume, use, format, owner);
  const numbers = numbersOf(facts, volume, use);
  if ('do' in decided && decided.do === 'prune')
    return { ...decided, numbers, instead: { ...decided.instead, numbers } };
  return { ...decided, numbers };
}

function numbersOf(facts: ResizeFacts, volume: VolumeFact, use: FilesystemUsage): GrowthNumbers {
  const { volumeId, sizeGiB, type } = volume;
  const rateGiB = gibPerHourOf(facts);
  const owner = ownerOf(undefined, volume.tags) ?? ownerOf(undefined, facts.instanceTags ?? {});
  return {
    ...{ role: facts.volumeRole, volumeId, sizeGiB, type },
    ...{ percent: exact(use.percent), inodesPercent: exact(use.inodesPercent), usedGiB: exact(use.usedGiB) },
    gibPerHour: rateGiB === null ? null : exact(rateGiB),
    modifications: modifiedAtMs(facts, volumeId).length,
    addedUsd: exact(facts.addedUsd),
    ownerBy: owner === null ? null : owner.from === 'guess' ? 'guess' : 'stack-tag',
  };
}

/** null: its history is too short to say. */
function gibPerHourOf({ history }: ResizeFacts): number | null {
  const rate = growthBytesPerHour(history);
  return rate === null ? null : rate / GIB;
}

/** All that we have modified within the time that EBS counts, to whatever figures. */
const modifiedAtMs = ({ intents, takenBackAtMs = {}, nowMs }: ResizeFacts, volumeId: string): readonly number[] => [
  ...recentModifications({ modifications: intents }, volumeId, nowMs).map(({ atMs }) => atMs),
  ...(takenBackAtMs[volumeId] ?? []),
];

/** Enough for the same decision, and short in the journal. */
const exact = (value: number): number => Math.round(value * 1e6) / 1e6;

function decideSize(
  facts: ResizeFacts,
  volume: VolumeFact,
  use: FilesystemUsage,
  format: FormatLimit | null,
  owner: Owner | null,
): Omit<GrowPlan, 'numbers'> | Omit<PrunePlan, 'numbers'> | Refusal {
  const { disk } = facts.fleet;
  const fromGiB = volume.sizeGiB;
  const limits = VOLUME_LIMITS[volume.type];
  const formatGiB = format?.maximumGiB ?? Number.POSITIVE_INFINITY;
  const rateGiB = gibPerHourOf(facts);
  const wishGiB = roundUp(
    Math.max(
      (use.usedGiB + (rateGiB ?? 0) * disk.horizonHours) / use.usable,
      fromGiB * (1 + disk.minimumStepPercent / 100),
      // The size that brings usage below the threshold with a tenth to spare, in bytes and in inodes; a larger filesystem has more inodes.
      (use.usedGiB / use.usable / (disk.growAtPercent / 100)) * 1.1,
      fromGiB * (use.inodesPercent / disk.growAtPercent) * 1.1,
    ),
  );
  const ceilingGiB = Math.min(disk.maximumSizeGiB, limits.maximumGiB, formatGiB);
  const verdict = pruneVerdict(facts, { wishGiB, ceilingGiB });
  const size = { wishGiB, ceilingGiB, rateGiB };
  if (verdict === null || 'not' in verdict) return grownTo(facts, volume, use, format, owner, size, verdict);
  return prunePlan(facts, volume, use, verdict, grownTo(facts, volume, use, format, owner, size, null));
}

interface Size {
  readonly wishGiB: number;
  readonly ceilingGiB: number;
  readonly rateGiB: number | null;
}

/** By how much it is grown, pruned or not. */
function grownTo(
  facts: ResizeFacts,
  volume: VolumeFact,
  use: FilesystemUsage,
  format: FormatLimit | null,
  owner: Owner | null,
  { wishGiB, ceilingGiB, rateGiB }: Size,
  verdict: Extract<PruneVerdict, { readonly not: string }> | null,
): Omit<GrowPlan, 'numbers'> | Refusal {
  const { disk, owner: words } = facts.fleet;
  const fromGiB = volume.sizeGiB;
  const limits = VOLUME_LIMITS[volume.type];
  const unpruned = verdict === null ? '' : `; not pruned: ${verdict.not}`;
  const atCeiling = { page: true, ...(verdict?.passes && { retryAfterMs: PRUNE_AGAIN_MS }) };
  if (fromGiB >= limits.maximumGiB) {
    const why =
      fromGiB > limits.maximumGiB
        ? `EBS cannot grow a volume of the type ${volume.type}`
        : `${fromGiB} GiB is the most that ${volume.type} has`;
    return refuse('type-maximum', `${use.sentence}, and ${why}${unpruned}`, atCeiling);
  }
  if (fromGiB >= disk.maximumSizeGiB) {
    return refuse(
      'size-ceiling',
      `${use.sentence}, and the fleet file allows no more than ${disk.maximumSizeGiB} GiB${unpruned}`,
      atCeiling,
    );
  }

  if (format && fromGiB >= format.maximumGiB)
    return refuse('format-limit', `${use.sentence}, and ${format.why}${unpruned}`, atCeiling);

  const drift = judgeGrowthDrift(owner, words, use.sentence);
  if (drift) return drift;

  const recent = modifiedAtMs(facts, volume.volumeId);
  if (recent.length >= disk.modificationsPerDay) {
    const returnsMs = budgetReturnsMs(recent, disk.modificationsPerDay);
    return refuse(
      'budget-spent',
      `${use.sentence}, and the volume was modified ${recent.length} times in 24 h, limit ${disk.modificationsPerDay}; the next is possible at ${clockTime(returnsMs)}`,
      { page: true, retryAfterMs: Math.max(MINUTE_MS, returnsMs - facts.nowMs), untilMs: returnsMs },
    );
  }

  const toGiB = Math.min(wishGiB, ceilingGiB);
  const addedUsd = growthUsd(volume.type, fromGiB, toGiB);
  if (exceeds(facts.addedUsd + addedUsd, disk.maximumMonthlyIncreaseUsd)) {
    return refuse(
      'cost-ceiling',
      `growing ${fromGiB} → ${toGiB} GiB adds ${usd(addedUsd)} a month; growth of this month has added ${usd(facts.addedUsd)} already, limit ${usd(disk.maximumMonthlyIncreaseUsd)}`,
      { page: true },
    );
  }
  return {
    do: 'modify',
    volumeId: volume.volumeId,
    fromGiB,
    toGiB,
    // The ratio limits only widen as a volume grows, so its present value stays allowed.
    iops: volume.iops,
    throughputMiBps: volume.throughputMiBps,
    addedUsd,
    usedGiB: tenths(use.usedGiB),
    gibPerHour: rateGiB === null ? null : tenths(rateGiB),
    ceilingGiB: disk.maximumSizeGiB,
    ownerWords: { by: words.by, acceptDrift: words.acceptDrift },
    ...ownerChangeOf(facts, owner, volume, toGiB),
    reason: [
      use.sentence,
      lasting(toGiB, use.usedGiB, rateGiB, toGiB < wishGiB),
      ...(verdict === null ? [] : [`not pruned: ${verdict.not}`]),
      ...(rateGiB === null ? [`how fast it fills is not known: ${facts.historyUnread ?? SHORT_HISTORY}`] : []),
      ...(owner === null ? [] : [`${nameOf(owner)} will find the new size, and what to change there is told`]),
    ].join('; '),
  };
}

/** A disk at its ceiling that may be pruned soon is looked at again soon. */
const PRUNE_AGAIN_MS = 15 * MINUTE_MS;

const pruneVerdict = (
  { nowMs, fleet, seen, prune }: ResizeFacts,
  ceiling: { readonly wishGiB: number; readonly ceilingGiB: number },
): PruneVerdict | null => (prune === undefined ? null : judgePrune({ nowMs, fleet, seen, facts: prune, ceiling }));

const prunePlan = (
  { seen, prune }: ResizeFacts,
  { volumeId, sizeGiB }: VolumeFact,
  use: FilesystemUsage,
  { prune: { command, seconds }, reason }: Extract<PruneVerdict, { readonly prune: object }>,
  instead: Omit<GrowPlan, 'numbers'> | Refusal,
): Omit<PrunePlan, 'numbers'> => ({
  do: 'prune',
  ...{ volumeId, toGiB: sizeGiB, command, seconds },
  usedBytes: seen?.usedBytes ?? Math.round(use.usedGiB * GIB),
  height: prune?.nodes.find(({ instanceId }) => instanceId === prune.node.instanceId)?.height ?? null,
  reason: `${use.sentence}; ${reason}`,
  instead,
});

const ownerChangeOf = ({ volumeRole }: ResizeFacts, owner: Owner | null, { volumeId }: VolumeFact, toGiB: number) => {
  const ownerChange = growthChange(owner, { volumeId, role: volumeRole, toGiB });
  return ownerChange === null ? {} : { ownerChange };
};

/** What an earlier attempt has grown is told by the attempt that ends well. What others have grown, the owner itself perhaps, is not ours to tell. */
function grownBefore(
  facts: ResizeFacts,
  owner: Owner | null,
  volume: VolumeFact,
  toGiB: number,
): { readonly ownerChange?: string } {
  const ours = recentModifications({ modifications: facts.intents }, volume.volumeId, facts.nowMs);
  return ours.length === 0 ? {} : ownerChangeOf(facts, owner, volume, toGiB);
}

/** The end of a heal in words, with what remains for the owner of the volume. */
export const toBeChanged = (reason: string, ownerChange: string | undefined): string =>
  ownerChange === undefined ? reason : `${reason}. To be changed: ${ownerChange}`;

/** Whether the filesystem can follow a larger volume; asked before one is bought, and before one that is there is called unused. */
function judgeFilesystem(seen: Observation | null, sentence: string): Refusal | null {
  const why = seen && whyNoGrowth(seen);
  if (why === null) return null;
  const told = `${sentence}, and its filesystem cannot grow: ${why}. A larger volume would be paid for and not be used`;
  return refuse('filesystem-unsupported', told, { page: true });
}

/** The largest volume that its partition table and filesystem can use, and why that is so. */
interface FormatLimit {
  readonly maximumGiB: number;
  readonly why: string;
}

/** What the node says of them; null where it was not asked, or knows no limit. */
function formatLimitOf(seen: Observation | null): FormatLimit | null {
  if (!seen?.growthLimit) return null;
  const maximumGiB = Math.floor(seen.growthLimit.bytes / GIB);
  const what =
    seen.growthLimit.by === 'partition-table'
      ? `the partition table of ${seen.device} is an MBR, which ends at`
      : `ext4 without the feature 64bit ends at`;
  return { maximumGiB, why: `${what} ${maximumGiB} GiB: a larger volume would be paid for and not be used` };
}

const SHORT_HISTORY = 'its history in CloudWatch is too short';

const lasting = (toGiB: number, usedGiB: number, rateGiB: number | null, capped: boolean): string => {
  const cap = capped ? ', as far as the ceilings let it' : '';
  const leaves = `${toGiB} GiB leaves ${Math.round(100 - (usedGiB / toGiB) * 100)} % free`;
  if (rateGiB === null) return `${leaves}${cap}`;
  if (rateGiB * GIB < RESTS_BYTES_PER_HOUR) return `${leaves}, and it hardly fills${cap}`;
  return `${toGiB} GiB lasts ${hours((toGiB - usedGiB) / rateGiB)} at today’s ${rateGiB.toFixed(1)} GiB/h${cap}`;
};

/** The node's own answer decides which volume is under the path; EC2's tags must agree. If the node was not asked, EC2's tags choose. */
function chooseVolume(facts: ResizeFacts): VolumeFact | Refusal {
  const volume = findVolume(facts);
  if ('refuse' in volume) return volume;
  return judgeVolumes(facts.fleet, [volume]) ?? volume;
}

function findVolume(facts: ResizeFacts): VolumeFact | Refusal {
  const role = facts.fleet.volumes.find(({ role }) => role === facts.volumeRole);
  const again = { retryAfterMs: HOUR_MS, page: true };
  if (!role)
    return refuse('volume-not-found', `the fleet file knows no volume with the role ${facts.volumeRole}`, again);
  const tags = Object.entries(role.tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  const tagged = facts.volumes.filter((v) => hasTags(v.tags, role.tags));

  if (facts.seen) {
    const { volumeId, path } = facts.seen;
    const volume = facts.volumes.find((v) => v.volumeId === volumeId);
    if (!volume) {
      const why =
        volumeId === ''
          ? `${path} is on ${facts.seen.device}: which EBS volume is below it cannot be told, as with LVM, RAID and instance stores. Grow it yourself`
          : `${path} is on ${volumeId}, which is not a data volume attached to the instance`;
      return refuse('volume-not-found', why, again);
    }
    return tagged.includes(volume)
      ? volume
      : refuse('volume-tag-missing', `${volumeId} under ${path} does not carry ${tags}`, again);
  }
  const [only, another] = tagged;
  if (only && another)
    return refuse('volume-ambiguous', `${tagged.length} attached volumes carry ${tags}: ${ids(tagged)}`, again);
  if (only) return only;
  return facts.volumes.length > 0
    ? refuse('volume-tag-missing', `none of the attached volumes ${ids(facts.volumes)} carries ${tags}`, again)
    : refuse('volume-not-found', 'no data volume is attached to the instance', again);
}

interface FilesystemUsage {
  readonly percent: number;
  readonly inodesPercent: number;
  readonly usedGiB: number;
  /** The part of the filesystem that a client can use: a larger one reserves as large a part. */
  readonly usable: number;
  readonly filesystemBytes: number;
  readonly sentence: string;
}

function usageOf(facts: ResizeFacts, volume: VolumeFact): FilesystemUsage | null {
  const { seen, history, reportedPercent, volumeRole } = facts;
  const latest = history.at(-1);
  const reported = latest && facts.nowMs - latest.atMs <= REPORT_VALID_MS ? latest.usedBytes : undefined;
  const usedBytes = seen ? seen.usedBytes : reported;
  if (usedBytes === undefined || seen?.sizeBytes === 0) return null;
  const filesystemBytes = seen ? seen.sizeBytes : reportedBytes(usedBytes, reportedPercent, volume);
  const percent = (!seen && reportedPercent) || (seen ? percentOf(seen) : (usedBytes / filesystemBytes) * 100);
  const inodesPercent = seen ? inodesPercentOf(seen) : (facts.reportedInodesPercent ?? 0);
  const inodes = inodesPercent > percent ? `, ${Math.floor(inodesPercent)} % of its inodes` : '';
  return {
    percent,
    inodesPercent,
    usedGiB: usedBytes / GIB,
    usable: seen ? Math.min(1, Math.max(USABLE_LEAST, (usedBytes + seen.availableBytes) / filesystemBytes)) : 1,
    filesystemBytes,
    sentence: `${volumeRole} volume ${Math.floor(percent)} % of ${Math.round(filesystemBytes / GIB)} GiB${inodes}`,
  };
}

/** A report that is older than two of the history's periods of half an hour is out of date. */
const REPORT_VALID_MS = 90 * MINUTE_MS;

/** A node that tells of less room is not believed: what is bought by it has a limit. */
const USABLE_LEAST = 0.5;

/** How full a filesystem is for its users, as `df` and the CloudWatch agent count: what is reserved is no room. */
export const percentOf = ({ usedBytes, availableBytes }: Observation): number =>
  usedBytes + availableBytes === 0 ? 100 : (usedBytes / (usedBytes + availableBytes)) * 100;

/** Some filesystems count no inodes: btrfs says 0. */
export const inodesPercentOf = ({ inodesTotal, inodesUsed }: Observation): number =>
  inodesTotal > 0 ? (inodesUsed / inodesTotal) * 100 : 0;

/** The agent's percentage leaves out reserved blocks (5 % on ext4), so a filesystem counts as smaller only if the difference is clear. */
const REPORTED_SIZE_SLACK = 0.9;

/** The filesystem's size where the node was not asked: the volume's, unless bytes and percentage show that it was never grown to that. */
function reportedBytes(usedBytes: number, reportedPercent: number | null, volume: VolumeFact): number {
  const volumeBytes = volume.sizeGiB * GIB;
  const bytes = reportedPercent ? usedBytes / (reportedPercent / 100) : volumeBytes;
  return bytes < volumeBytes * REPORTED_SIZE_SLACK ? bytes : volumeBytes;
}

const sizeOf = ({ seen }: ResizeFacts, volume: VolumeFact): number =>
  seen ? Math.min(volume.sizeGiB, Math.round(seen.deviceBytes / GIB)) : volume.sizeGiB;

/** Round sizes: whole tens of GiB, from 500 GiB on whole fifties. */
const roundUp = (gib: number): number => {
  const step = gib < 50 ? 1 : gib < 500 ? 10 : 50;
  return Math.ceil(gib / step - 1e-9) * step;
};

const refuse = (
  code: Refusal['refuse'],
  reason: string,
  { retryAfterMs = HOUR_MS, page = false, untilMs }: Partial<Pick<Refusal, 'retryAfterMs' | 'page' | 'untilMs'>> = {},
): Refusal => ({ refuse: code, reason, page, retryAfterMs, ...(untilMs !== undefined && { untilMs }) });

/**
 * When a volume may be modified again. If the limit was lowered, more than the oldest modification must expire.
 *
 * @param atMs when it was modified, as far as that counts: as often as the limit says, at least
 */
export function budgetReturnsMs(atMs: readonly number[], limit: number): number {
  const oldestFirst = atMs.toSorted((a, b) => a - b);
  return (oldestFirst[atMs.length - limit] ?? 0) + INTENT_COUNTS_MS;
}

const ids = (volumes: readonly VolumeFact[]): string => volumes.map(({ volumeId }) => volumeId).join(', ');
const tenths = (value: number): number => Math.round(value * 10) / 10;
const usd = (amount: number): string => `$${amount.toFixed(2)}`;
const hours = (h: number): string =>
  h < 1 ? 'less than an hour' : h < 72 ? `${Math.round(h)} h` : `${Math.round(h / 24)} days`;
const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
