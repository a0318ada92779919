// Whether a client has not opened its data, and syncs from the first block. Pure.

/** Where the data were on which a client runs. */
export interface DataHeight {
  readonly height: number;
  /** these: the height of these very data. others: nobody knows theirs, and it is where the node, or the chain, was. */
  readonly of: 'these' | 'others';
}

/**
 * No client takes half of its own blocks back. What stands for a height that nobody knows says less: a copy of a young chain may have less than half of
 * its blocks.
 */
const ANEW_PERCENT: Readonly<Record<DataHeight['of'], number>> = { these: 50, others: 1 };

/** The end of each sentence that tells it. Where it is remembered, it is the code `unopened`. */
export const UNOPENED = 'it has not opened them, and syncs from the first block';

/** @param from null: nobody knows where they were */
export const beginsAnew = (height: number, from: DataHeight | null): boolean =>
  from !== null && height * 100 < from.height * ANEW_PERCENT[from.of];
