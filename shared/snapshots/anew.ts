// Whether a client has not opened its data, and syncs from the first block. Pure.

/** A copy that comes hours later is never so far behind, and no client takes so many blocks back. */
const ANEW_PERCENT = 1;

/** @param from where its data, or the chain, were */
export const beginsAnew = (height: number, from: number): boolean => height * 100 < from * ANEW_PERCENT;
