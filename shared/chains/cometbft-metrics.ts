// What CometBFT's consensus does, by its Prometheus port; watch-fleet makes the consortium rules of it (rounds that do not end,
// voting power that is missing, validators that sign twice).
// Source: consensus/metrics.go; the namespace is `instrumentation.namespace` of config.toml, "tendermint" before CometBFT.
import { AnswerError } from './answers.ts';
import type { Question } from './client.ts';
import { metricsQuestion, wholeValue } from './metrics.ts';

/** A value that is undefined has not been set since the node started, and says nothing. */
export interface ConsensusMetrics {
  readonly namespace: 'cometbft' | 'tendermint';
  readonly latestBlockHeight: number | undefined;
  /** Rounds of the present height; 0 where each is decided in the first. */
  readonly rounds: number | undefined;
  readonly validatorsPower: number | undefined;
  readonly missingValidatorsPower: number | undefined;
  readonly byzantineValidators: number | undefined;
  readonly byzantineValidatorsPower: number | undefined;
}

/** To be asked of the port in `instrumentation.prometheus_listen_addr`, 26660 unless changed. */
export const consensusMetricsQuestion: Question<ConsensusMetrics> = metricsQuestion(
  '/metrics',
  /^(cometbft|tendermint)_consensus_(rounds|latest_block_height|(validators|missing_validators|byzantine_validators)(_power)?)$/,
  (series) => {
    const namespaces = (['cometbft', 'tendermint'] as const).filter((candidate) =>
      [...series.keys()].some((name) => name.startsWith(candidate)),
    );
    const [namespace] = namespaces;
    if (namespace === undefined || namespaces.length > 1) {
      throw new AnswerError('malformed', 'metrics: expected either cometbft_consensus_… or tendermint_consensus_…');
    }
    const value = (name: string) => wholeValue(series, `${namespace}_consensus_${name}`);
    return {
      namespace,
      latestBlockHeight: value('latest_block_height'),
      rounds: value('rounds'),
      validatorsPower: value('validators_power'),
      missingValidatorsPower: value('missing_validators_power'),
      byzantineValidators: value('byzantine_validators'),
      byzantineValidatorsPower: value('byzantine_validators_power'),
    };
  },
);
