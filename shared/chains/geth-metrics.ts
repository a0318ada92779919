// What geth and bsc tell by their metrics port, where a fleet file gives it; watch-fleet uses it. Names as metrics/prometheus of
// go-ethereum writes them: "chain/head/block" becomes chain_head_block.
import { AnswerError } from './answers.ts';
import type { Question } from './client.ts';
import { metricsQuestion, wholeValue } from './metrics.ts';

export interface GethMetrics {
  readonly headBlock: number;
  readonly peers: number | undefined;
  /** Block insertions since whoever asked last: geth starts to count anew at each reading. undefined: none since. */
  readonly inserts: number | undefined;
}

/** To be asked of `--metrics.port`, 6060 unless changed. */
export const gethMetricsQuestion: Question<GethMetrics> = metricsQuestion(
  '/debug/metrics/prometheus',
  /^(chain_head_block|p2p_peers|chain_inserts_count)$/,
  (series) => {
    const headBlock = wholeValue(series, 'chain_head_block');
    if (headBlock === undefined) throw new AnswerError('malformed', 'metrics: expected chain_head_block');
    return { headBlock, peers: wholeValue(series, 'p2p_peers'), inserts: wholeValue(series, 'chain_inserts_count') };
  },
);
