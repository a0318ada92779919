// The six alert rules of CometBFT operators, from the nodes' metrics and status. A value that no node reports is not published: no data, and never 0.
import { familyOf } from '../../shared/chains/defaults.ts';
import type { ConsensusMetrics } from '../../shared/chains/metrics.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { ConsensusMetric } from '../../shared/fleet/resource-names.ts';
import type { ConditionCode } from '../../shared/model/guardrail-codes.ts';
import { names } from '../../shared/text/names.ts';
import { type FleetFacts, statusOf } from './context.ts';
import { duration } from './phrases.ts';

/** "consensus rounds > 10", "height unchanged for 5 minutes while rounds = 0", "online voting power <= 0.7": what their alert rules say. */
const ROUNDS_LIMIT = 10;
const OUT_OF_SYNC_MS = 5 * 60_000;
const POWER_LIMIT_PERCENT = 70;

export interface Consensus {
  readonly metrics: Readonly<Partial<Record<ConsensusMetric, number>>>;
  readonly conditions: ReadonlyMap<ConditionCode, string>;
}

interface ConsensusFacts {
  readonly node: ObservedNode;
  readonly metrics: ConsensusMetrics | undefined;
  readonly inValidatorSet: boolean | undefined;
}

export function judgeConsensus(facts: FleetFacts, nodes: readonly ObservedNode[]): Consensus {
  if (familyOf(facts.fleet.chain) !== 'cometbft') return { metrics: {}, conditions: new Map() };
  const all = nodes.map((node) => consensusFactsOf(facts, node));
  // A node that is not at the tip reports only the past.
  const present = all.filter(({ node }) => node.health === 'synced');
  const rounds = most(all.filter(({ node }) => node.health !== 'forked').map(({ metrics }) => metrics?.rounds));
  const outOfSync = all.filter((one) => isOutOfSync(one, facts.nowMs));
  const validators = present.filter(
    ({ node, inValidatorSet }) => node.role === 'validator' && inValidatorSet !== undefined,
  );
  const jailed = validators.filter(({ inValidatorSet }) => inValidatorSet === false);
  const power = least(present.map(({ metrics }) => onlinePowerPercent(metrics)));
  const byzantine = most(present.map(({ metrics }) => metrics?.byzantineValidators));
  const measured = all.some(({ metrics }) => metrics?.rounds !== undefined);
  const known = nodes.filter(({ health }) => health !== 'unknown');
  const down = nodes.filter(({ health }) => health === 'unreachable');

  const conditions = new Map<ConditionCode, string>();
  if (rounds !== undefined && rounds > ROUNDS_LIMIT)
    conditions.set('consensus-halted', `consensus is in round ${rounds}, limit ${ROUNDS_LIMIT}`);
  const quiet = outOfSync.filter(({ node }) => node.health !== 'stuck');
  if (quiet.length > 0)
    conditions.set(
      'node-out-of-sync',
      `${list(quiet)}: height unchanged for ${duration(OUT_OF_SYNC_MS)} and more in round 0`,
    );
  if (jailed.length > 0) conditions.set('validator-jailed', `${list(jailed)}: in no validator set`);
  if (power !== undefined && power <= POWER_LIMIT_PERCENT)
    conditions.set(
      'voting-power-low',
      `${power.toFixed(1)} % of the voting power is online and honest, limit ${POWER_LIMIT_PERCENT} %`,
    );
  if (byzantine !== undefined && byzantine > 0)
    conditions.set('byzantine-validators', `${byzantine} validators have signed twice`);
  return {
    conditions,
    metrics: {
      ...(rounds !== undefined && { ConsensusRounds: rounds }),
      ...(measured && { NodesOutOfSync: outOfSync.length }),
      ...(validators.length > 0 && { ValidatorsJailed: jailed.length }),
      ...(power !== undefined && { OnlineVotingPowerPercent: power }),
      ...(byzantine !== undefined && { ByzantineValidators: byzantine }),
      ...(known.length > 0 && { NodesDown: down.length }),
    },
  };
}

function consensusFactsOf(facts: FleetFacts, node: ObservedNode): ConsensusFacts {
  const reading = facts.readings.get(node.instanceId);
  const consensus = reading?.kind === 'read' ? reading.reading.consensus : undefined;
  return {
    node,
    metrics: consensus?.kind === 'ok' ? consensus.facts : undefined,
    inValidatorSet: statusOf(reading)?.inValidatorSet,
  };
}

/** A node at the tip is in sync, even where no block was made for long. */
function isOutOfSync({ node, metrics }: ConsensusFacts, nowMs: number): boolean {
  return (
    metrics?.rounds === 0 &&
    (node.lagBlocks ?? 0) > 0 &&
    node.heightSinceMs !== null &&
    nowMs - node.heightSinceMs >= OUT_OF_SYNC_MS
  );
}

/** (1 − (byzantine + missing) ÷ all) of the voting power, in per cent; undefined unless all three are known. */
export function onlinePowerPercent(metrics: ConsensusMetrics | undefined): number | undefined {
  const { validatorsPower, missingValidatorsPower, byzantineValidatorsPower } = metrics ?? {};
  if (!validatorsPower || missingValidatorsPower === undefined || byzantineValidatorsPower === undefined)
    return undefined;
  return Math.max(0, 100 * (1 - (missingValidatorsPower + byzantineValidatorsPower) / validatorsPower));
}

const list = (all: readonly ConsensusFacts[]): string => names(all.map(({ node }) => node.name));

const knownValues = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value) => value !== undefined);

function most(values: readonly (number | undefined)[]): number | undefined {
  const known = knownValues(values);
  return known.length === 0 ? undefined : Math.max(...known);
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = knownValues(values);
  return known.length === 0 ? undefined : Math.min(...known);
}
