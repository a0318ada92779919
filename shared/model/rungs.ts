// The rungs of the ladder of replace-node: those that a fleet file allows, mildest first, and the one that only an upgrade has.

export const RUNGS = ['restart', 'stop-start', 'swap', 'replace'] as const;
/** A rung that a fleet file names. */
export type FileRung = (typeof RUNGS)[number];
/** `upgrade`: another version of the client. It stands before a swap that puts back the data of before. */
export type Rung = FileRung | 'upgrade';
