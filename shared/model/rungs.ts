// The rungs of the ladder of replace-node: those that a fleet file allows, mildest first, and the one that only an upgrade has.

export const RUNGS = ['restart', 'stop-start', 'swap', 'replace'] as const;
/** `upgrade`: another version of the client. It stands before a swap that puts back the data of before. */
export type Rung = (typeof RUNGS)[number] | 'upgrade';
