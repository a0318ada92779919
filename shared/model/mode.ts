// How far a fleet lets heals go.

/** plan: writes plans and touches nothing. ask: waits for a person's approval. act: heals. */
export type Mode = 'plan' | 'ask' | 'act';
