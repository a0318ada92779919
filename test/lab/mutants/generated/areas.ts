// What generated mutants change, and the suites that must notice: for each folder of decisions, the suites that mirror it. A story in the region would
// notice more, minutes later, and would not say which rule was broken.

export interface Area {
  readonly name: string;
  /** Globs from the root of the checkout: files that decide, without a call of AWS. */
  readonly sources: readonly string[];
  /** Globs as well. Each of these suites runs in milliseconds, without the region. */
  readonly suites: readonly string[];
  /** Tried by its name, and not with all others: minutes. */
  readonly isLong?: true;
}

/** All but the two that play in the region. A mutant that none of them notices is played by all stories of the explorers. */
const OF_THE_LADDER = ['test/functions/replace-node/!(second-file|type).test.ts', 'test/lab/explorers/played.test.ts'];

export const AREAS: readonly Area[] = [
  {
    name: 'shared/guardrails',
    sources: ['shared/guardrails/!(names|rotation).ts'],
    suites: ['test/shared/guardrails/*.test.ts'],
  },
  // The rules of one function alone are tested with it.
  {
    name: 'shared/guardrails of names',
    sources: ['shared/guardrails/names.ts'],
    suites: [
      'test/shared/guardrails/names.test.ts',
      'test/functions/register-nodes/notifications.test.ts',
      'test/shared/reconcile/{followed-pages,reconcile}.test.ts',
    ],
  },
  {
    name: 'shared/guardrails of peers',
    sources: ['shared/guardrails/rotation.ts'],
    suites: [
      'test/shared/guardrails/rotation.test.ts',
      'test/functions/rotate-peers/{plan,rotate-ids,rotate-guards}.test.ts',
    ],
  },
  { name: 'shared/growth', sources: ['shared/growth/decide.ts'], suites: ['test/shared/growth/*.test.ts'] },
  {
    name: 'shared/snapshots',
    sources: ['shared/snapshots/{ranking,sets,donor,catch-up}.ts'],
    suites: ['test/shared/snapshots/{catch-up,donor,good,sets,snapshot-any}.test.ts'],
  },
  {
    name: 'shared/heal',
    sources: ['shared/heal/{incident,lease}.ts'],
    suites: ['test/shared/heal/{engine,incident,lease,outcome,payload,progress}.test.ts'],
  },
  {
    name: 'functions/check-readiness',
    sources: ['functions/check-readiness/decide.ts'],
    suites: ['test/functions/check-readiness/*.test.ts'],
  },
  {
    name: 'functions/dispatch-heal',
    sources: ['functions/dispatch-heal/{upgrade,decide}.ts'],
    suites: [
      'test/functions/dispatch-heal/{decide,dispatch,health,manual,paced,queue,scheduled,upgrade,upgrade-batch}.test.ts',
    ],
  },
  {
    name: 'functions/prune-retired',
    sources: ['functions/prune-retired/decide.ts'],
    suites: ['test/functions/prune-retired/prune-{any,decide,facts,holds,remove}.test.ts'],
  },
  // In four parts of some minutes.
  {
    isLong: true,
    name: 'functions/replace-node',
    sources: [
      'functions/replace-node/{blame,give-back,judge,ladder,plan}.ts',
      'functions/replace-node/rungs/{own-command,reindex,roll-back}.ts',
    ],
    suites: OF_THE_LADDER,
  },
  {
    isLong: true,
    name: 'functions/replace-node of decisions',
    sources: ['functions/replace-node/decide.ts', 'functions/replace-node/rungs/{restart,upgrade}.ts'],
    suites: OF_THE_LADDER,
  },
  {
    isLong: true,
    name: 'functions/replace-node of instances',
    sources: ['functions/replace-node/rungs/{beside,replace,rung}.ts'],
    suites: OF_THE_LADDER,
  },
  {
    isLong: true,
    name: 'functions/replace-node of data',
    sources: ['functions/replace-node/rungs/swap.ts'],
    suites: OF_THE_LADDER,
  },
  {
    name: 'functions/resize-volume',
    sources: ['functions/resize-volume/plan.ts'],
    suites: ['test/functions/resize-volume/{plan,program,program-approval}.test.ts'],
  },
  {
    name: 'functions/rotate-peers',
    sources: ['functions/rotate-peers/plan.ts'],
    suites: ['test/functions/rotate-peers/{plan,plan-fleet,rotate-choose,rotate-choose-names,rotate-guards}.test.ts'],
  },
  {
    name: 'functions/seed-groups',
    sources: ['functions/seed-groups/decide.ts'],
    suites: ['test/functions/seed-groups/decide.test.ts'],
  },
  {
    name: 'functions/snapshot-node',
    sources: ['functions/snapshot-node/decide.ts'],
    suites: ['test/functions/snapshot-node/{decide,snapshot-any,snapshot-node,stop,take}.test.ts'],
  },
  {
    name: 'functions/watch-releases',
    sources: ['functions/watch-releases/decide.ts'],
    suites: ['test/functions/watch-releases/decide.test.ts'],
  },
];
