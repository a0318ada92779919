// Runs a lifecycle policy's schedule: when it takes snapshots, of which volumes, and which it deletes. Sources: doc comments of Schedule, CreateRule
// and RetainRule in @aws-sdk/client-dlm; "How Amazon Data Lifecycle Manager works" (EBS user guide).
import type { CrossRegionCopyRule, PolicyDetails, Schedule } from '@aws-sdk/client-dlm';
import type { Tag } from '@aws-sdk/client-ec2';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import type { Snapshot, Volume } from '../ec2/model.ts';
import type { Ec2 } from '../ec2/service.ts';

/** What policies need of EC2. */
export type SnapshotSupply = Pick<
  Ec2,
  | 'volumes'
  | 'instances'
  | 'snapshots'
  | 'takeSnapshots'
  | 'deleteSnapshot'
  | 'isSnapshotLocked'
  | 'copySnapshot'
  | 'isBeside'
  | 'shareSnapshot'
  | 'isAccount'
>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** "The operation occurs within a one-hour window following the specified time." (CreateRule.Times) */
const WINDOW_MS = HOUR_MS;
/** After its last block has come. */
const SETTLE_MS = 1_000;
/** A month and a year by DLM's own maxima: 1,200 months are 36,500 days. */
const PERIOD_MS: Readonly<Record<string, number>> = {
  DAYS: DAY_MS,
  WEEKS: 7 * DAY_MS,
  MONTHS: (36_500 / 1_200) * DAY_MS,
  YEARS: 365 * DAY_MS,
};

export interface Scheduled {
  readonly policyId: string;
  readonly details: PolicyDetails;
  readonly schedule: Schedule;
  /** "If you do not specify a time, Amazon Data Lifecycle Manager selects a time within the next 24 hours." */
  readonly beginWithinMs?: number | undefined;
  /** False after the policy was deleted; then it does not run any more. */
  readonly isThere: () => boolean;
}

/** The parts of a schedule that the region ignores. The policy is stored nevertheless. */
export const unsupportedFeatures = (
  { isBeside, isAccount }: Pick<SnapshotSupply, 'isBeside' | 'isAccount'>,
  { CreateRule, ShareRules = [], CrossRegionCopyRules = [] }: Schedule,
): readonly string[] => [
  ...(CreateRule?.CronExpression === undefined ? [] : ['snapshots by cron expressions']),
  ...(CrossRegionCopyRules.every(({ Target = '' }) => isBeside(Target))
    ? []
    : ['copies of snapshots in other Regions']),
  ...(ShareRules.flatMap(({ TargetAccounts = [] }) => TargetAccounts).every(isAccount)
    ? []
    : ['the sharing of snapshots with other accounts']),
  ...(ShareRules.some(({ UnshareInterval }) => UnshareInterval !== undefined) ? ['the end of sharing'] : []),
];

/** Takes snapshots at the schedule's interval, from now on, as long as the region exists. Cron expressions are ignored. */
export function startSchedule(kernel: Kernel, supply: SnapshotSupply, scheduled: Scheduled): void {
  const { Interval: hours, Times, CronExpression } = scheduled.schedule.CreateRule ?? {};
  if (CronExpression !== undefined || hours === undefined) return;
  const { clock } = kernel;
  const random = kernel.random(`dlm/${scheduled.policyId}`);
  const slot = (atMs: number): void => {
    const runAtMs = atMs + random.integer(0, WINDOW_MS);
    clock.at(runAtMs, () => {
      if (scheduled.isThere()) carryOut(kernel, supply, scheduled);
    });
    clock.at(atMs + hours * HOUR_MS, () => {
      if (scheduled.isThere()) slot(atMs + hours * HOUR_MS);
    });
  };
  const firstMs =
    Times?.[0] === undefined
      ? clock.now() + random.integer(0, scheduled.beginWithinMs ?? DAY_MS)
      : nextAt(Times[0], clock.now());
  clock.at(firstMs, () => slot(firstMs));
}

/** The next time that is hh:mm in UTC. */
function nextAt(time: string, nowMs: number): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS + (60 * hours + minutes) * 60_000;
  return todayMs >= nowMs ? todayMs : todayMs + DAY_MS;
}

/** One run: takes a snapshot of each target, then deletes the oldest ones that must not be kept. */
export function carryOut(kernel: Kernel, supply: SnapshotSupply, scheduled: Scheduled): void {
  for (const volumes of targetsOf(supply, scheduled.details)) takeOf(kernel, supply, scheduled, volumes);
  retain(kernel, supply, scheduled);
}

/** The volumes of each snapshot set: each volume alone, or all volumes of an instance. One of the policy's tags is enough. */
function targetsOf(supply: SnapshotSupply, { ResourceTypes, TargetTags = [], Parameters }: PolicyDetails): Volume[][] {
  const isTarget = (tags: readonly Tag[]): boolean =>
    TargetTags.some(({ Key, Value }) => tags.some((tag) => tag.Key === Key && tag.Value === Value));
  const there = supply.volumes().filter(({ phase }) => phase === undefined);
  if (ResourceTypes?.[0] !== 'INSTANCE') return there.filter(({ tags }) => isTarget(tags)).map((volume) => [volume]);
  return supply
    .instances()
    .filter(({ tags, state }) => (state === 'running' || state === 'stopped') && isTarget(tags))
    .map(({ instanceId, rootDeviceName }) =>
      there.filter(
        ({ attachment }) =>
          attachment?.instanceId === instanceId &&
          !(Parameters?.ExcludeBootVolume === true && attachment.device === rootDeviceName),
      ),
    );
}

function takeOf(
  kernel: Kernel,
  supply: SnapshotSupply,
  { policyId, details, schedule }: Scheduled,
  volumes: readonly Volume[],
): void {
  if (volumes.length === 0) return;
  const { Name = '', CopyTags, TagsToAdd = [], RetainRule } = schedule;
  const expiresMs = kernel.clock.now() + (periodOf(RetainRule) ?? 0);
  const system: Tag[] = [
    { Key: 'aws:dlm:lifecycle-policy-id', Value: policyId },
    { Key: 'aws:dlm:lifecycle-schedule-name', Value: Name },
    { Key: 'dlm:managed', Value: 'true' },
    // "For snapshots created by an age-based schedule. Indicates when the snapshot is to be deleted."
    ...(RetainRule?.Count === undefined
      ? [{ Key: 'aws:dlm:expirationTime', Value: new Date(expiresMs).toISOString() }]
      : []),
  ];
  const tags = (volume: Volume): Tag[] => {
    // "Copy all user-defined tags on a source volume to snapshots of the volume" (CopyTags)
    const copied = CopyTags ? volume.tags.filter(({ Key = '' }) => !Key.startsWith('aws:')) : [];
    const added = TagsToAdd.map(({ Key = '', Value = '' }): Tag => ({ Key, Value }));
    return [...new Map([...copied, ...added, ...system].map((tag) => [tag.Key, tag])).values()];
  };
  const together = details.ResourceTypes?.[0] === 'INSTANCE';
  const description = `Created for policy: ${policyId} schedule: ${Name}`;
  let taken: readonly string[];
  try {
    taken = supply.takeSnapshots(
      volumes.map(({ volumeId }) => volumeId),
      { description, tags, together },
    );
  } catch (error) {
    // Too many snapshots of this volume are in progress: DLM tries again at its next time, and reports nothing while the policy is not in ERROR.
    if (!(error instanceof AwsError)) throw error;
    return;
  }
  for (const snapshotId of taken) {
    for (const rule of schedule.CrossRegionCopyRules ?? []) copyTo(kernel, supply, rule, snapshotId, description);
    for (const { TargetAccounts = [] } of schedule.ShareRules ?? [])
      whenCompleted(kernel, supply, snapshotId, () => {
        for (const account of TargetAccounts) supply.shareSnapshot(snapshotId, account);
      });
  }
}

/** Nothing where it has ended in `error`, or is gone before. */
function whenCompleted(
  kernel: Kernel,
  supply: SnapshotSupply,
  snapshotId: string,
  act: (snapshot: Snapshot) => void,
): void {
  const snapshot = supply.snapshots().find((one) => one.snapshotId === snapshotId);
  if (snapshot?.state === 'pending')
    kernel.clock.at(snapshot.dueAtMs + SETTLE_MS, () => whenCompleted(kernel, supply, snapshotId, act));
  else if (snapshot?.state === 'completed') act(snapshot);
}

/** Each snapshot is copied once it is completed, and the copy is deleted when its time is over. A Region that is not part of the world gets none. */
function copyTo(
  kernel: Kernel,
  supply: SnapshotSupply,
  { Target: region = '', CmkArn: kmsKeyArn, CopyTags = false, RetainRule }: CrossRegionCopyRule,
  snapshotId: string,
  description: string,
): void {
  if (!supply.isBeside(region)) return;
  whenCompleted(kernel, supply, snapshotId, ({ tags }) => {
    const remove = supply.copySnapshot(snapshotId, {
      ...{ region, description },
      tags: CopyTags ? tags.filter(({ Key = '' }) => !Key.startsWith('aws:')) : [],
      ...(kmsKeyArn !== undefined && { kmsKeyArn }),
    });
    const keptMs = periodOf(RetainRule);
    if (keptMs !== undefined) kernel.clock.after(keptMs, remove);
  });
}

/** Keeps the newest of each volume, or those that are young enough. A locked snapshot stays, and is checked again in the next run. */
function retain(kernel: Kernel, supply: SnapshotSupply, { policyId, schedule }: Scheduled): void {
  const { Name = '', RetainRule } = schedule;
  const tagOf = ({ tags }: Snapshot, key: string): string | undefined => tags.find(({ Key }) => Key === key)?.Value;
  const own = supply
    .snapshots()
    .filter(
      (snapshot) =>
        tagOf(snapshot, 'aws:dlm:lifecycle-policy-id') === policyId &&
        tagOf(snapshot, 'aws:dlm:lifecycle-schedule-name') === Name,
    );
  const oldestMs = kernel.clock.now() - (periodOf(RetainRule) ?? 0);
  for (const snapshots of Map.groupBy(own, ({ volumeId }) => volumeId).values()) {
    const newestFirst = snapshots.toSorted((a, b) => b.startedAtMs - a.startedAtMs);
    const beyond =
      RetainRule?.Count === undefined
        ? newestFirst.filter(({ startedAtMs }) => startedAtMs < oldestMs)
        : newestFirst.slice(RetainRule.Count);
    for (const { snapshotId } of beyond) if (!supply.isSnapshotLocked(snapshotId)) supply.deleteSnapshot(snapshotId);
  }
}

/** Undefined: kept by number. */
function periodOf(rule: Schedule['RetainRule'] | CrossRegionCopyRule['RetainRule']): number | undefined {
  if (rule?.Interval === undefined) return undefined;
  return rule.Interval * (PERIOD_MS[rule.IntervalUnit ?? ''] ?? DAY_MS);
}
