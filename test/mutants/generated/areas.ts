// What generated mutants change, and the suites that must notice: for each folder of decisions, the suites that mirror it.

export interface Area {
  /** As it is asked for: `npm run mutants:generated -- shared/guardrails`. */
  readonly name: string;
  /** Globs from the root of the checkout. */
  readonly sources: readonly string[];
  /** Globs as well. Each of these suites runs in milliseconds, without the region. */
  readonly suites: readonly string[];
}

export const AREAS: readonly Area[] = [
  {
    name: 'shared/guardrails',
    sources: ['shared/guardrails/*.ts'],
    // The rules of one function alone are tested with it.
    suites: [
      'test/shared/guardrails/*.test.ts',
      'test/functions/register-nodes/names{,-any}.test.ts',
      'test/functions/rotate-peers/rotate-{choose,choose-any,choose-names,guards}.test.ts',
    ],
  },
  { name: 'shared/growth', sources: ['shared/growth/decide.ts'], suites: ['test/shared/growth/*.test.ts'] },
  {
    name: 'shared/snapshots',
    sources: ['shared/snapshots/{ranking,sets,donor,marks,catch-up}.ts'],
    suites: ['test/shared/snapshots/*.test.ts'],
  },
  {
    name: 'shared/heal',
    sources: ['shared/heal/{incident,lease,budgets,memory}.ts'],
    suites: ['test/shared/heal/*.test.ts'],
  },
  {
    name: 'functions/dispatch-heal',
    sources: ['functions/dispatch-heal/{upgrade,decide,candidates}.ts'],
    suites: ['test/functions/dispatch-heal/*.test.ts'],
  },
  {
    name: 'functions/replace-node',
    sources: ['functions/replace-node/{blame,decide,judge,ladder,plan}.ts', 'functions/replace-node/rungs/*.ts'],
    suites: ['test/functions/replace-node/*.test.ts'],
  },
  ...['check-readiness', 'prune-retired', 'seed-groups', 'snapshot-node', 'watch-releases'].map((name) => ({
    name: `functions/${name}`,
    sources: [`functions/${name}/decide.ts`],
    suites: [`test/functions/${name}/*.test.ts`],
  })),
  ...['resize-volume', 'rotate-peers'].map((name) => ({
    name: `functions/${name}`,
    sources: [`functions/${name}/plan.ts`],
    suites: [`test/functions/${name}/*.test.ts`],
  })),
];
