// Where a defect is, in the sources.

type Places = (text: string) => string;

/** A stack as it is told: a program in one piece has its places in chunks, and knows those of its sources (start.js). */
export const sourcePlaces: Places = (text) => (globalThis as { readonly [PLACES]?: Places })[PLACES]?.(text) ?? text;

const PLACES = Symbol.for('chainmend.sourcePlaces');
