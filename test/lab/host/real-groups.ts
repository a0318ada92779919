// Runs the groups of real stories side by side: each in its own enclosure, within one limit, with events as they run.
import pMap from 'p-map';
import type { ReadyHost } from '../machines/host/readiness.ts';
import { memoryEachMiB, type Play, type Played, play } from '../machines/play.ts';
import type { RunEvent } from '../machines/run-events.ts';
import { GROUPS, type Plan } from '../machines/stories/plan.ts';
import { EMPTY, sumTallies, type Tally } from '../machines/tally.ts';

/** More of them than this starve each other on two slow cores: an answer that comes late is a page that no story expects. */
const AT_ONCE = 4;

export interface GroupsOptions {
  /** Of all groups together. */
  readonly limitSeconds: number;
  readonly onEvent: (group: string, told: RunEvent) => void;
  /** The groups' standard error, where something failed. */
  readonly onRemarks: (group: string, remarks: string) => void;
  /** Only the one story of each group that is planned. */
  readonly isOnlyOne?: boolean;
  /** Used instead of group-runner.ts. */
  readonly entry?: string;
}

/** Never throws for a failure of a group. A group that cannot start counts as failed, by the names of its stories. */
export async function playGroups(ready: ReadyHost, plan: Plan, options: GroupsOptions): Promise<Tally> {
  const groups = GROUPS.filter((group) => plan.played.some((story) => story.group === group));
  const memoryMiB = memoryEachMiB(Math.min(AT_ONCE, Math.max(1, groups.length)));
  const beganMs = performance.now();
  const tallies = await pMap(
    groups,
    (group) =>
      playGroup(ready, options, {
        group,
        played: plan.played.filter((story) => story.group === group),
        isOnlyOne: options.isOnlyOne ?? false,
        limitSeconds: options.limitSeconds - (performance.now() - beganMs) / 1_000,
        memoryMiB,
        onEvent: (told) => options.onEvent(group, told),
      }),
    { concurrency: AT_ONCE },
  );
  const skipped = plan.skipped.map(({ story: { name, sentence }, why }) => ({ story: name, sentence, why }));
  return sumTallies([...tallies, { ...EMPTY, skipped }]);
}

async function playGroup(ready: ReadyHost, { entry, onRemarks }: GroupsOptions, group: Play): Promise<Tally> {
  try {
    const { tally, ended }: Played = await play(ready, group, entry);
    if (tally.broken.length > 0) onRemarks(group.group, ended.remarks);
    return tally;
  } catch (error) {
    const why = `its run could not be begun: ${(error as Error).message}`;
    return { ...EMPTY, broken: group.played.map(({ name, sentence }) => ({ story: name, sentence, why })) };
  }
}
