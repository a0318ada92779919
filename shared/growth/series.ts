// Which of several series of one filesystem counts: for its alarm and for its history alike.

type Dimensions = Readonly<Record<string, string>>;

/** One that carries a device or a volume's id ends when the volume is swapped, or its device gets another name. */
export const plainestFirst = (a: Dimensions, b: Dimensions): number =>
  Object.keys(a).length - Object.keys(b).length || (nameOf(a) < nameOf(b) ? -1 : 1);

const nameOf = (dimensions: Dimensions): string => JSON.stringify(Object.entries(dimensions).sort());

/** The one with the newest value; of equals the plainest. @param series plainest first */
export const newestOf = <Series>(series: readonly Series[], lastMs: (one: Series) => number): Series | undefined =>
  series.reduce<Series | undefined>(
    (best, one) => (best === undefined || lastMs(one) > lastMs(best) ? one : best),
    undefined,
  );
