// The long suites take turns: each run of `npm test` plays one fifth of them, and every short suite. CI plays all of them.

/**
 * Paths below `test`, without `.test.ts`: suites of more than two seconds on two cores, in parts of about one length. A suite that is not here is played
 * each time.
 */
export const TURNS: readonly (readonly string[])[] = [
  [
    'explorers/protocol',
    'functions/prune-retired/prune-retired',
    'functions/replace-node/begin',
    'functions/replace-node/machine',
    'functions/replace-node/proof',
    'functions/resize-volume/history',
    'functions/resize-volume/program-any',
    'functions/resize-volume/program-approval',
    'functions/snapshot-node/snapshot-region',
    'functions/watch-fleet/health-any',
    'fuzz/configurations',
    'fuzz/itself',
    'infra/commands/reference',
    'infra/commands/smoke/ladder-region',
    'infra/commands/verbs-region',
    'infra/report/report-browser',
    'infra/state-writers',
    'local/cli/story',
    'local/scenarios/volumes',
    'local/scenarios/watched',
    'local/simulator/network',
    'local/storms/second-generator',
    'regexes',
    'shared/aws/hand-over',
    'shared/aws/volumes',
  ],
  [
    'functions/dispatch-heal/approvals',
    'functions/dispatch-heal/sweep-health',
    'functions/register-nodes/register-nodes',
    'functions/watch-fleet/healthy-days',
    'infra/commands/diff/seeded',
    'infra/commands/names/names',
    'infra/commands/retire/retire',
    'infra/dashboards-snapshots',
    'infra/powers',
    'infra/register-nodes',
    'infra/replace-node',
    'infra/rotate-peers',
    'infra/template-size',
    'local/oracle/promises',
    'local/oracle/scenarios',
    'local/scenarios/bad-input',
    'local/scenarios/views',
    'local/scenarios/world-files',
    'local/services/autoscaling/autoscaling',
    'local/services/ec2/instances',
    'local/services/elasticloadbalancingv2/load-balancing',
    'local/simulator/wire',
    'local/storms/played-policies',
    'shared/fleet/schema',
    'shared/node-commands/root-on-nodes',
    'shared/node-commands/scripts-on-node',
    'shared/snapshots/snapshots-read',
  ],
  [
    'functions/dispatch-heal/sweep',
    'functions/register-nodes/sightings',
    'functions/replace-node/asked',
    'functions/replace-node/evidence',
    'functions/replace-node/sources',
    'functions/watch-fleet/watch-region',
    'fuzz/fleet-files',
    'infra/bundle',
    'infra/commands/backtest/backtested',
    'infra/commands/doctor/judge',
    'infra/commands/heal/approve',
    'infra/commands/smoke/smoke-region',
    'infra/powers-leaked',
    'infra/synth',
    'local/oracle/layers',
    'local/oracle/score',
    'local/scenarios/concurrency',
    'local/scenarios/disturbed',
    'local/scenarios/lanes',
    'local/scenarios/modes',
    'local/scenarios/world',
    'local/services/services',
    'local/simulator/loopback',
    'local/simulator/refusals',
    'local/storms/storms',
    'shared/heal/page',
    'shared/node-commands/documents',
    'shared/snapshots/donor',
  ],
  [
    'functions/replace-node/move',
    'functions/watch-fleet/budget',
    'fuzz/node-answers',
    'fuzz/people',
    'fuzz/rpc',
    'infra/commands/adopt/adopt-region',
    'infra/commands/fleets/fleet-cli',
    'infra/commands/preflight/preflight',
    'infra/commands/smoke/ladder',
    'infra/powers-necessary',
    'infra/probe-nodes',
    'infra/report/page',
    'local/scenarios/crash',
    'local/scenarios/deployment',
    'local/scenarios/hostile-words',
    'local/scenarios/museum',
    'local/scenarios/reach',
    'local/scenarios/real-blocks',
    'local/scenarios/strangers',
    'local/services/ec2/run',
    'local/services/ssm/parameters',
    'local/simulator/hostile',
    'local/storms/storm-cli',
    'shared/aws/instances',
    'shared/chains/fetch',
    'shared/peers/hide-secrets',
    'shared/snapshots/snapshot-any',
  ],
  [
    'explorers/ladder',
    'functions/probe-nodes/probe-nodes',
    'functions/replace-node/second-file',
    'functions/replace-node/superseded',
    'functions/rotate-peers/rotate-peers',
    'functions/seed-groups/seed-groups',
    'functions/watch-fleet/health',
    'functions/watch-fleet/throttled',
    'fuzz/read-outs',
    'infra/commands/diff/diff-region',
    'infra/commands/doctor/doctor-region',
    'infra/commands/fifteen-minutes',
    'infra/decisions',
    'infra/seed-groups',
    'infra/state',
    'infra/supply-chain',
    'local/cli/cli',
    'local/scenarios/aws-blip',
    'local/scenarios/launches',
    'local/services/cloudwatch/cloudwatch',
    'local/services/ec2/volumes',
    'local/services/kms/kms',
    'local/services/strict',
    'local/simulator/deploy',
    'local/simulator/durable',
    'local/storms/quiet',
    'shared/probe/probe-on-node',
  ],
];

/** Long, and played each time: the first that say when something is wrong. */
export const ALWAYS: readonly string[] = ['local/scenarios/scenarios', 'infra/stack'];

export interface Turn {
  /** For the end of a run. */
  readonly words: string;
  /** The suites that wait for another run. */
  readonly waiting: readonly string[];
  /** No suites but these. */
  readonly only?: readonly string[];
}

/**
 * Which suites a run without names plays. Throws on other words.
 *
 * @param wanted `CHAINMEND_TURN`: `1` to `5`; `all`; `others`: what a run without a word leaves out, and nothing else; or nothing
 * @param commit any number: each commit has another turn
 */
export function turnOf(wanted: string, commit: number): Turn {
  const own = commit % TURNS.length;
  const withoutOwn = TURNS.flatMap((suites, at) => (at === own ? [] : suites));
  if (wanted === 'all') return { words: 'All long suites were played.', waiting: [] };
  if (wanted === 'others') {
    const words = `The long suites of all turns but the ${own + 1}. were played, and no short one.`;
    return { words, waiting: TURNS[own] ?? [], only: withoutOwn };
  }
  const turn = wanted === '' ? own : Number(wanted) - 1;
  if (!TURNS[turn]) throw new Error(`CHAINMEND_TURN is "${wanted}": expected 1 to ${TURNS.length}, others or all`);
  const waiting = TURNS.flatMap((suites, at) => (at === turn ? [] : suites));
  const words = `Turn ${turn + 1} of ${TURNS.length}: ${waiting.length} long suites wait for theirs. CHAINMEND_TURN=all npm test plays all.`;
  return { words, waiting };
}
