// Which of several series of one filesystem counts: for its alarm and for its history alike.

type Dimensions = Readonly<Record<string, string>>;

/** One that carries a device or a volume's id ends when the volume is swapped, or its device gets another name. */
export const plainestFirst = (a: Dimensions, b: Dimensions): number =>
  Object.keys(a).length - Object.keys(b).length || (nameOf(a) < nameOf(b) ? -1 : 1);

const nameOf = (dimensions: Dimensions): string => JSON.stringify(Object.entries(dimensions).sort());

/** Two periods of 300 s: of two that are both published, one may have its value of this period already. */
const LIVE_MS = 600_000;

/** The plainest of those whose last value is as new as the newest one, give or take two periods. @param series plainest first */
export function newestOf<Series>(series: readonly Series[], lastMs: (one: Series) => number): Series | undefined {
  const newestMs = series.reduce((newest, one) => Math.max(newest, lastMs(one)), 0);
  return series.find((one) => lastMs(one) >= newestMs - LIVE_MS);
}
