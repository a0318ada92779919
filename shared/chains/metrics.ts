// Reads clients' Prometheus ports, where a fleet file gives them: CometBFT's consensus, geth's head. A page is requested as text, and a series must
// occur once.
import { AnswerError, bodyOf, question } from './answers.ts';
import type { ChainRequest, Question } from './client.ts';
import { MetricsError, parseMetrics, type Sample } from './prometheus.ts';

type Series = ReadonlyMap<string, readonly Sample[]>;

/** Limit of a page of metrics: large cosmos applications have several hundred kilobytes. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** `read` gets the metrics whose names match, and may throw an `AnswerError`. */
function metricsQuestion<Facts>(path: string, names: RegExp, read: (series: Series) => Facts): Question<Facts> {
  const request: ChainRequest = { method: 'GET', path, expects: 'text', maximumBytes: MAXIMUM_BYTES };
  return question([request], ([answer]) => {
    const page = bodyOf(answer, 'its metrics port');
    if (typeof page !== 'string') throw new AnswerError('malformed', 'its metrics are not a text');
    return { kind: 'ok', facts: read(seriesOf(page, names)) };
  });
}

/** The value of a gauge or counter, a whole number; undefined where it is not there (yet). */
function wholeValue(series: Series, name: string): number | undefined {
  const samples = series.get(name) ?? [];
  if (samples.length === 0) return undefined;
  const [sample] = samples;
  if (samples.length > 1 || sample === undefined) {
    throw new AnswerError('malformed', `metric ${name} is there ${samples.length} times, expected once`);
  }
  if (!Number.isSafeInteger(sample.value) || sample.value < 0) {
    throw new AnswerError('malformed', `metric ${name} is ${sample.value}, expected a whole number from 0`);
  }
  return sample.value;
}

function seriesOf(page: string, names: RegExp): Series {
  try {
    return parseMetrics(page, (name) => names.test(name));
  } catch (error) {
    if (error instanceof MetricsError) throw new AnswerError('malformed', error.message);
    throw error;
  }
}

/**
 * CometBFT's consensus (consensus/metrics.go; the namespace is `instrumentation.namespace` of config.toml, "tendermint" before CometBFT). An
 * undefined value has not been set since the node started, and says nothing.
 */
export interface ConsensusMetrics {
  readonly namespace: 'cometbft' | 'tendermint';
  readonly latestBlockHeight: number | undefined;
  /** Rounds of the present height; 0 where each height is decided in the first round. */
  readonly rounds: number | undefined;
  readonly validatorsPower: number | undefined;
  readonly missingValidatorsPower: number | undefined;
  readonly byzantineValidators: number | undefined;
  readonly byzantineValidatorsPower: number | undefined;
}

/** Asked on the port in `instrumentation.prometheus_listen_addr`, 26660 unless changed. */
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

/** The metrics of geth and bsc. Names as metrics/prometheus of go-ethereum writes them: "chain/head/block" becomes chain_head_block. */
export interface GethMetrics {
  readonly headBlock: number;
  readonly peers: number | undefined;
  /** Block insertions since the last reading: geth counts from zero after each. undefined: none since. */
  readonly inserts: number | undefined;
}

/** Asked on `--metrics.port`, 6060 unless changed. */
export const gethMetricsQuestion: Question<GethMetrics> = metricsQuestion(
  '/debug/metrics/prometheus',
  /^(chain_head_block|p2p_peers|chain_inserts_count)$/,
  (series) => {
    const headBlock = wholeValue(series, 'chain_head_block');
    if (headBlock === undefined) throw new AnswerError('malformed', 'metrics: expected chain_head_block');
    return { headBlock, peers: wholeValue(series, 'p2p_peers'), inserts: wholeValue(series, 'chain_inserts_count') };
  },
);
