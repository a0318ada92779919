// The long suites take turns: each run of `npm test` plays one eighteenth of them, and every short suite. CI plays all of them.

/**
 * Paths below `test`, without `.test.ts`: suites of some seconds on two cores, in parts of about one length. A suite that is not here is played
 * each time.
 */
export const TURNS: readonly (readonly string[])[] = [
  ['local/scenarios/crash'],
  ['functions/dispatch-heal/approvals', 'infra/commands/verbs-region', 'shared/aws/volumes'],
  [
    'functions/replace-node/climb',
    'lab/explorers/played',
    'functions/watch-fleet/health-any',
    'local/simulator/deploy',
    'regexes',
    'shared/snapshots/snapshots-read',
  ],
  [
    'functions/prune-retired/prune-retired',
    'functions/replace-node/reach',
    'functions/watch-fleet/watch-region',
    'lab/fuzz/node-answers',
    'infra/commands/verbs-answered',
    'local/scenarios/reach',
    'local/services/cloudwatch/cloudwatch',
  ],
  [
    'lab/explorers/rollout',
    'functions/register-nodes/sightings',
    'functions/watch-fleet/healthy-days',
    'infra/dashboards-snapshots',
    'infra/library/library',
    'infra/node-fleet',
    'local/services/elasticloadbalancingv2/load-balancing',
    'local/simulator/hostile',
    'local/simulator/wire',
  ],
  [
    'lab/explorers/protocol',
    'functions/rotate-peers/rotate-peers',
    'infra/commands/heal/heal-cli',
    'infra/commands/smoke/smoke-region',
    'infra/template-size',
    'local/scenarios/deployment',
    'local/scenarios/views',
    'local/scenarios/world',
  ],
  [
    'functions/prune-retired/prune-decide',
    'functions/replace-node/asked',
    'infra/bundle',
    'infra/powers-necessary',
    'local/scenarios/drills',
    'local/scenarios/hostile-words',
    'local/services/autoscaling/autoscaling',
    'local/services/ec2/instances',
    'shared/fleet/schema',
    'shared/guardrails/grow',
  ],
  [
    'functions/resize-volume/history',
    'functions/seed-groups/scale',
    'infra/commands/names/names',
    'local/scenarios/aws-blip',
    'local/scenarios/stale-answers',
    'local/services/cloudtrail/cloudtrail',
    'local/services/ec2/snapshots',
    'local/services/ec2/volumes',
    'local/services/kms/kms',
    'shared/aws/hand-over',
  ],
  [
    'functions/register-nodes/register-nodes',
    'functions/relay-pages/webhook',
    'infra/commands/adopt/adopt-region',
    'infra/commands/reference',
    'infra/powers',
    'infra/report/page',
    'infra/suites',
    'lab/oracle/layers',
    'shared/node-commands/scripts-on-node',
  ],
  [
    'functions/replace-node/move',
    'infra/commands/fleets/fleet-cli',
    'infra/decisions',
    'infra/supply-chain',
    'infra/synth',
    'local/scenarios/museum',
    'local/scenarios/volumes',
    'local/scenarios/world-files',
    'lab/storms/second-generator',
    'shared/peers/hide-secrets',
  ],
  [
    'functions/watch-fleet/budget',
    'functions/watch-fleet/throttled',
    'lab/storms/backtested',
    'lab/mutants/seeded',
    'infra/relay-pages',
    'infra/report/report-browser',
    'infra/rotate-peers',
    'lab/oracle/promises',
    'lab/oracle/scenarios',
    'local/scenarios/real-blocks',
  ],
  [
    'functions/relay-pages/message',
    'functions/resize-volume/program-approval',
    'functions/seed-groups/seed-groups',
    'lab/fuzz/configurations',
    'lab/fuzz/read-outs',
    'lab/fuzz/rpc',
    'lab/oracle/score',
    'local/scenarios/disturbed',
    'local/scenarios/fleet-pages',
    'local/scenarios/second-region',
  ],
  [
    'functions/snapshot-node/snapshot-region',
    'lab/fuzz/people',
    'infra/probe-nodes',
    'infra/state-writers',
    'infra/watch-releases',
    'local/scenarios/lanes',
    'local/scenarios/modes',
    'lab/storms/quiet',
    'local/two-suites',
    'shared/heal/page',
  ],
  [
    'lab/explorers/ladder',
    'functions/replace-node/volumes',
    'functions/seed-groups/boost',
    'lab/fuzz/itself',
    'infra/state',
    'local/scenarios/launches',
    'local/simulator/network',
    'lab/storms/storms',
    'shared/node-commands/documents',
    'shared/node-commands/root-on-nodes',
  ],
  [
    'functions/dispatch-heal/dispatch',
    'functions/replace-node/evidence',
    'functions/replace-node/second-file',
    'infra/commands/doctor/doctor-region',
    'infra/geth-dev',
    'local/cli/cli',
    'local/scenarios/watched',
    'local/services/lambda/lambda',
    'local/services/ssm/parameters',
    'local/simulator/durable',
  ],
  [
    'lab/explorers/height',
    'functions/dispatch-heal/sweep',
    'functions/make-network/clique',
    'infra/commands/smoke/ladder',
    'infra/limits',
    'infra/network',
    'local/scenarios/bad-input',
    'local/scenarios/left-stopped',
    'local/scenarios/strangers',
    'local/scenarios/swap-warmed',
    'local/services/ec2/run',
  ],
  [
    'functions/probe-nodes/probe-nodes',
    'functions/replace-node/signing',
    'functions/resize-volume/program-any',
    'lab/fuzz/fleet-files',
    'infra/powers-leaked',
    'infra/replace-node',
    'local/scenarios/protected',
    'lab/storms/played-policies',
    'lab/storms/storm-cli',
    'shared/probe/probe-on-node',
  ],
  [
    'functions/dispatch-heal/sweep-health',
    'functions/replace-node/type',
    'infra/commands/heal/scale',
    'infra/commands/retire/retire',
    'infra/register-nodes',
    'infra/seed-groups',
    'local/cli/story',
    'local/scenarios/concurrency',
    'local/simulator/loopback',
    'shared/aws/instances',
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
 * @param wanted `CHAINMEND_TURN`: `1` to `18`, beside the short suites; `alone-1` to `alone-18`, without them; `all`; or nothing
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
