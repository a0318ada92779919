// The long suites take turns: each run of `npm test` plays one twelfth of them, and every short suite. CI plays all of them.

/**
 * Paths below `test`, without `.test.ts`: suites of more than two seconds on two cores, in parts of about one length. A suite that is not here is played
 * each time.
 */
export const TURNS: readonly (readonly string[])[] = [
  [
    'functions/dispatch-heal/sweep',
    'functions/replace-node/sources',
    'functions/rotate-peers/rotate-peers',
    'functions/watch-fleet/throttled',
    'infra/commands/diff/diff-region',
    'infra/commands/fleets/fleet-cli',
    'infra/commands/names/names',
    'infra/commands/verbs-region',
    'infra/powers-necessary',
    'functions/replace-node/type',
    'infra/seed-groups',
    'local/services/kms/kms',
  ],
  [
    'functions/replace-node/asked',
    'functions/replace-node/evidence',
    'functions/replace-node/proof',
    'functions/watch-fleet/watch-region',
    'fuzz/itself',
    'functions/make-network/clique',
    'infra/replace-node',
    'local/oracle/promises',
    'local/scenarios/strangers',
    'local/scenarios/views',
    'local/scenarios/volumes',
    'local/services/ssm/parameters',
    'local/simulator/durable',
  ],
  [
    'functions/watch-fleet/healthy-days',
    'fuzz/configurations',
    'infra/commands/heal/approve',
    'infra/commands/reference',
    'infra/commands/smoke/ladder',
    'infra/probe-nodes',
    'infra/register-nodes',
    'explorers/height',
    'infra/report/page',
    'local/scenarios/drills',
    'local/scenarios/disturbed',
    'local/scenarios/museum',
    'local/scenarios/real-blocks',
    'local/scenarios/second-region',
  ],
  [
    'functions/watch-fleet/health',
    'fuzz/rpc',
    'infra/commands/smoke/smoke-region',
    'infra/state',
    'local/scenarios/world-files',
    'functions/seed-groups/boost',
    'local/services/autoscaling/autoscaling',
    'local/services/ec2/run',
    'local/simulator/loopback',
    'local/simulator/refusals',
    'local/two-suites',
    'shared/peers/hide-secrets',
    'shared/probe/probe-on-node',
    'shared/snapshots/donor',
  ],
  [
    'functions/prune-retired/prune-retired',
    'functions/register-nodes/register-nodes',
    'functions/replace-node/superseded',
    'fuzz/people',
    'infra/commands/adopt/adopt-region',
    'infra/commands/doctor/doctor-region',
    'local/scenarios/hostile-words',
    'local/scenarios/left-stopped',
    'local/scenarios/watched',
    'local/services/services',
    'regexes',
    'shared/node-commands/root-on-nodes',
  ],
  [
    'explorers/protocol',
    'infra/commands/smoke/ladder-region',
    'infra/dashboards-snapshots',
    'infra/limits',
    'infra/powers',
    'local/scenarios/aws-blip',
    'explorers/rollout',
    'local/scenarios/bad-input',
    'local/scenarios/modes',
    'local/services/elasticloadbalancingv2/load-balancing',
    'local/services/strict',
    'local/simulator/deploy',
    'shared/node-commands/scripts-on-node',
  ],
  [
    'functions/dispatch-heal/sweep-health',
    'functions/replace-node/move',
    'infra/powers-leaked',
    'local/scenarios/crash',
    'local/scenarios/deployment',
    'local/scenarios/launches',
    'local/scenarios/swap-warmed',
    'local/scenarios/reach',
    'local/storms/storm-cli',
    'shared/aws/instances',
    'shared/chains/fetch',
    'shared/heal/page',
  ],
  [
    'functions/dispatch-heal/approvals',
    'functions/resize-volume/program-approval',
    'fuzz/node-answers',
    'infra/commands/diff/seeded',
    'infra/rotate-peers',
    'infra/geth-dev',
    'local/scenarios/stale-answers',
    'infra/synth',
    'local/oracle/layers',
    'local/scenarios/lanes',
    'local/services/ec2/instances',
    'local/storms/quiet',
    'shared/aws/hand-over',
  ],
  [
    'functions/replace-node/machine',
    'functions/replace-node/second-file',
    'fuzz/fleet-files',
    'fuzz/read-outs',
    'infra/commands/fifteen-minutes',
    'infra/commands/verbs-answered',
    'infra/state-writers',
    'local/oracle/scenarios',
    'local/oracle/score',
    'local/simulator/network',
    'shared/aws/volumes',
    'shared/fleet/schema',
  ],
  [
    'functions/register-nodes/sightings',
    'infra/bundle',
    'infra/commands/backtest/backtested',
    'infra/commands/preflight/preflight',
    'infra/template-size',
    'local/cli/story',
    'local/scenarios/world',
    'local/services/ec2/volumes',
    'local/simulator/wire',
    'local/storms/second-generator',
    'shared/snapshots/snapshot-any',
  ],
  [
    'functions/probe-nodes/probe-nodes',
    'functions/seed-groups/scale',
    'functions/seed-groups/seed-groups',
    'infra/commands/doctor/judge',
    'infra/commands/retire/retire',
    'infra/decisions',
    'infra/library/library',
    'infra/relay-pages',
    'infra/watch-releases',
    'infra/suites',
    'infra/report/report-browser',
    'local/cli/cli',
    'local/services/cloudwatch/cloudwatch',
    'local/storms/played-policies',
    'shared/node-commands/documents',
    'shared/snapshots/snapshots-read',
  ],
  [
    'explorers/ladder',
    'functions/replace-node/begin',
    'functions/resize-volume/history',
    'functions/resize-volume/program-any',
    'functions/snapshot-node/snapshot-region',
    'functions/watch-fleet/budget',
    'functions/watch-fleet/health-any',
    'infra/supply-chain',
    'local/scenarios/concurrency',
    'local/scenarios/fleet-pages',
    'local/simulator/hostile',
    'local/storms/storms',
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
 * @param wanted `CHAINMEND_TURN`: `1` to `12`, beside the short suites; `alone-1` to `alone-12`, without them; `all`; or nothing
 * @param commit any number: each commit has another turn
 */
export function turnOf(wanted: string, commit: number): Turn {
  if (wanted === 'all') return { words: 'All long suites were played.', waiting: [] };
  const alone = wanted.startsWith('alone-');
  const turn = wanted === '' ? commit % TURNS.length : Number(wanted.replace('alone-', '')) - 1;
  const own = TURNS[turn];
  if (!own) {
    const expected = `1 to ${TURNS.length}, alone-1 to alone-${TURNS.length}, or all`;
    throw new Error(`CHAINMEND_TURN is "${wanted}": expected ${expected}`);
  }
  if (alone) return { words: `The long suites of turn ${turn + 1} were played, and no other.`, waiting: [], only: own };
  const waiting = TURNS.flatMap((suites, at) => (at === turn ? [] : suites));
  const words = `Turn ${turn + 1} of ${TURNS.length}: ${waiting.length} long suites wait for theirs. CHAINMEND_TURN=all npm test plays all.`;
  return { words, waiting };
}
