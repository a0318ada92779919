// The rungs of the ladder of replace-node, mildest first.

export const RUNGS = ['restart', 'stop-start', 'swap', 'replace'] as const;
export type Rung = (typeof RUNGS)[number];
