// Measures how fast a filesystem fills. It is robust against the one jump that a restore, a compaction or a new index makes.

export interface UsedPoint {
  readonly atMs: number;
  readonly usedBytes: number;
}

const HOUR_MS = 60 * 60_000;
/** Pairs of points closer than this say more about noise than about growth. */
const MINIMUM_SPAN_MS = HOUR_MS / 2;
/** Slower than 10 MiB an hour: it hardly fills. */
export const RESTS_BYTES_PER_HOUR = 10 * 1024 ** 2;
/** Half an hour shows that a disk fills. That it does not takes longer: a client that has just come back may write nothing for a while. */
const REST_SEEN_MS = 3 * HOUR_MS;
/** Bounds the pairwise work: 96 points are 4,560 pairs. */
const MAXIMUM_POINTS = 96;

/**
 * Bytes per hour by the Theil–Sen estimator (the median of the slopes between all pairs of points), which a single jump among n points does not move.
 * Never negative: a shrinking filesystem does not grow. null: the history is too short to say, as after a reboot that gave the device another name.
 *
 * @param history oldest first
 */
export function growthBytesPerHour(history: readonly UsedPoint[]): number | null {
  const points = thin(history);
  const slopes: number[] = [];
  for (let later = 1; later < points.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const [a, b] = [points[earlier], points[later]];
      if (!a || !b || b.atMs - a.atMs < MINIMUM_SPAN_MS || crossesJump(points, earlier, later)) continue;
      slopes.push((b.usedBytes - a.usedBytes) / ((b.atMs - a.atMs) / HOUR_MS));
    }
  }
  if (slopes.length === 0) return null;
  const rate = Math.max(0, median(slopes));
  return rate < RESTS_BYTES_PER_HOUR && spanMs(points) < REST_SEEN_MS ? null : rate;
}

const spanMs = (points: readonly UsedPoint[]): number => (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);

const thin = (history: readonly UsedPoint[]): readonly UsedPoint[] => {
  const every = Math.ceil(history.length / MAXIMUM_POINTS);
  return every <= 1 ? history : history.filter((_, i) => (history.length - 1 - i) % every === 0);
};

/** A jump shifts every pair that spans it. With the jump in the middle that would be half of all pairs, so those are left out. */
const crossesJump = (points: readonly UsedPoint[], from: number, to: number): boolean => {
  const jump = jumpIndex(points);
  return jump > from && jump <= to;
};

const jumps = new WeakMap<readonly UsedPoint[], number>();

/** Index of the point right after the largest step, if that step stands out among all steps; else −1. */
function jumpIndex(points: readonly UsedPoint[]): number {
  const known = jumps.get(points);
  if (known !== undefined) return known;
  const steps = points.slice(1).map((point, i) => Math.abs(point.usedBytes - (points[i]?.usedBytes ?? 0)));
  const largest = Math.max(0, ...steps);
  const outstanding = steps.length >= 4 && largest > 10 * Math.max(1, median(steps));
  const index = outstanding ? steps.indexOf(largest) + 1 : -1;
  jumps.set(points, index);
  return index;
}

const median = (values: readonly number[]): number => {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};
