// The rungs of the ladder of replace-node: those that a fleet file allows, mildest first, and two that are there for a reason of their own.

export const RUNGS = ['restart', 'stop-start', 'swap', 'replace'] as const;
/** A rung that a fleet file names. */
export type FileRung = (typeof RUNGS)[number];
/**
 * `upgrade`: another version of the client. It stands before a swap that puts back the data of before. `roll-back`: the owner's own command takes the
 * node's data back by some blocks; it stands before the swap, and only where the fleet file has the command (`replace.rollBack`). `reindex`: the owner's own
 * command has the client build its data again from the blocks on its disk; likewise (`replace.reindex`), and only where that is measured to be quicker than
 * a swap.
 */
export const LADDER = [...RUNGS, 'upgrade', 'roll-back', 'reindex'] as const;
export type Rung = (typeof LADDER)[number];
