// The mode of a fleet: how far heals may go.

/** plan: writes plans and touches nothing. ask: waits for a person's approval. act: heals. */
export type Mode = 'plan' | 'ask' | 'act';
