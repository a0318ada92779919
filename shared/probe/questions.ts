// The status questions for a node, by its fleet's chain: to its client, to the metrics of its chain, and to the consensus client next to it.

import type { ChainClient, NodePeers, NodeStatus, Question } from '../chains/client.ts';
import { chainClients, consensusClientOf } from '../chains/clients.ts';
import { familyOf, otherChain } from '../chains/defaults.ts';
import { httpJsonClient } from '../chains/http-json.ts';
import {
  type ConsensusMetrics,
  consensusMetricsQuestion,
  type GethMetrics,
  gethMetricsQuestion,
} from '../chains/metrics.ts';
import type { RpcPolicy } from '../fleet/model.ts';
import { plainText } from '../text/plain-text.ts';
import type { ProbeQuestion } from './protocol.ts';

/** Why a fleet's nodes cannot be asked: the fleet file lacks something, or the chain has no such question. */
export class QuestionError extends TypeError {
  override readonly name = 'QuestionError';

  /** A probe request may contain any text as fleet and chain: the message is made plain here. */
  constructor(message: string) {
    super(plainText(message));
  }
}

/** A question and the port that it goes to. */
export interface PortQuestion<Facts> {
  readonly port: number;
  readonly question: Question<Facts>;
}

export interface NodeQuestions {
  readonly status: PortQuestion<NodeStatus>;
  readonly consensus?: PortQuestion<ConsensusMetrics>;
  readonly geth?: PortQuestion<GethMetrics>;
  readonly beacon?: PortQuestion<NodeStatus>;
}

/** The client of a fleet's chain. Throws a `QuestionError` that says what the fleet file lacks, or a `PathsError`. */
export function clientOf({ fleet, chain, rpc, stopGraceSeconds }: Omit<ProbeQuestion, 'ask'>): ChainClient {
  if (rpc.paths !== undefined) return httpJsonClient(fleet, rpc.paths, stopGraceSeconds);
  if (!Object.hasOwn(chainClients, chain))
    throw new QuestionError(
      `fleet ${fleet}: chain is ${chain}${chain === otherChain ? ' and rpc.paths is not given' : ', which has no client'}`,
    );
  return chainClients[chain as keyof typeof chainClients];
}

/** Throws as `clientOf` does, a `RangeError` for heights that no question takes. `ask`: absent where nothing but the heights is asked for. */
export function statusQuestions(
  question: Omit<ProbeQuestion, 'ask'> & Partial<Pick<ProbeQuestion, 'ask'>>,
  heights: readonly number[],
): NodeQuestions {
  const { chain, rpc } = question;
  const { port, metricsPort, beaconPort } = rpc;
  const beside = beaconPort === undefined ? undefined : consensusClientOf(chain);
  const metrics = metricsPort === undefined ? undefined : metricsOf(chain, metricsPort);
  const votes = question.ask?.what === 'status' && question.ask.votes === true;
  return {
    status: { port, question: clientOf(question).status(heights, { votes }) },
    ...metrics,
    // Slots and heights are not the same numbers.
    ...(beaconPort !== undefined && beside && { beacon: { port: beaconPort, question: beside.status() } }),
  };
}

/** Throws a `QuestionError` where a fleet's peers must not be asked over a network. */
export function peersQuestion(question: Omit<ProbeQuestion, 'ask'>): PortQuestion<NodePeers> {
  const { name, peers } = clientOf(question);
  if (peers === undefined) throw new QuestionError(`${name} has no question about its peers`);
  if (peers.reach === 'node')
    throw new QuestionError(`the peers of ${name} are asked on the node only, never over a network`);
  return { port: question.rpc.port, question: peers };
}

function metricsOf(chain: string, port: number): Pick<NodeQuestions, 'consensus' | 'geth'> {
  const family = familyOf(chain);
  if (family === 'cometbft') return { consensus: { port, question: consensusMetricsQuestion } };
  return family === 'ethereum' ? { geth: { port, question: gethMetricsQuestion } } : {};
}

/** The path of the RPC goes before the client's own path, and before no other path. */
export const pathAt = (rpc: RpcPolicy, port: number): string => (port === rpc.port ? rpc.path : '');
