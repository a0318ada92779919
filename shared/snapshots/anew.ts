// Whether a client has not opened its data, and syncs from the first block. Pure.

/** A copy that comes hours later is never so far behind, and no client takes so many blocks back. */
const OF_DATA_PERCENT = 50;
/** Nobody knows how old they are: a year of blocks is far from all of a chain. */
const OF_CHAIN_PERCENT = 1;

/** @param from where its data were */
export const beginsAnew = (height: number, from: number): boolean => height * 100 < from * OF_DATA_PERCENT;

/** @param tip where the chain is; no height of the data is known */
export const beginsWithoutData = (height: number, tip: number): boolean => height * 100 < tip * OF_CHAIN_PERCENT;
