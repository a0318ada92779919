// The metrics pages of CometBFT and geth, as far as they are used. The form: captured pages in test/fixtures/chain-samples.
import type { ConsensusFacts } from '../validators.ts';

export interface CometbftPage {
  readonly namespace: 'cometbft' | 'tendermint';
  readonly chainId: string;
  readonly height: number;
  readonly peers: number;
  readonly facts: ConsensusFacts;
  /** Metrics of the last block are absent until the client has seen a block since its start. */
  readonly blockSeen: boolean;
}

/** consensus/metrics.go and p2p/metrics.go of github.com/cometbft/cometbft. */
export function cometbftPage({ namespace, chainId, height, peers, facts, blockSeen }: CometbftPage): string {
  const gauge = (name: string, help: string, value: number): string =>
    `# HELP ${namespace}_${name} ${help}\n# TYPE ${namespace}_${name} gauge\n${namespace}_${name}{chain_id="${chainId}"} ${value}\n`;
  const ofBlock = [
    gauge(
      'consensus_byzantine_validators',
      'Number of validators who tried to double sign.',
      facts.byzantineValidators,
    ),
    gauge(
      'consensus_byzantine_validators_power',
      'Total power of the byzantine validators.',
      facts.byzantineValidatorsPower,
    ),
    gauge('consensus_latest_block_height', 'The latest block height.', height),
    gauge('consensus_missing_validators', 'Number of validators who did not sign.', facts.missingValidators),
    gauge('consensus_missing_validators_power', 'Total power of the missing validators.', facts.missingValidatorsPower),
    gauge('consensus_validators', 'Number of validators.', facts.validators),
    gauge('consensus_validators_power', 'Total power of all validators.', facts.validatorsPower),
  ];
  return [
    gauge('consensus_height', 'Height of the chain.', height + 1),
    gauge('consensus_rounds', 'Number of rounds.', facts.rounds),
    ...(blockSeen ? ofBlock : []),
    gauge('p2p_peers', 'Number of peers.', peers),
  ].join('');
}

export interface GethPage {
  readonly chainId: string;
  readonly height: number;
  readonly peers: number;
  /** Since the page was last read; without any, the lines are missing. */
  readonly inserts: number;
}

/** metrics/prometheus of github.com/ethereum/go-ethereum. */
export function gethPage({ chainId, height, peers, inserts }: GethPage): string {
  const gauge = (name: string, value: number): string => `# TYPE ${name} gauge\n${name} ${value}\n`;
  const quantiles = ['0.5', '0.75', '0.95', '0.99', '0.999', '0.9999'].map(
    (quantile) => `chain_inserts {quantile="${quantile}"} 270187.5\n`,
  );
  return [
    '\n',
    gauge('chain_head_block', height),
    gauge('chain_head_finalized', Math.max(0, height - 64)),
    gauge('chain_head_header', height),
    gauge('chain_head_receipt', height),
    gauge('chain_head_safe', Math.max(0, height - 32)),
    `# TYPE chain_info gauge\nchain_info {chain_id="${chainId}"} 1\n`,
    ...(inserts === 0
      ? []
      : [
          `# TYPE chain_inserts_count counter\nchain_inserts_count ${inserts}\n`,
          '# TYPE chain_inserts summary\n',
          ...quantiles,
        ]),
    gauge('p2p_peers', peers),
  ].join('');
}
