// Answers a request to the RPC port: by the chain's protocol, or as a client of no known chain.
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';
import { familyOf } from '../protocol.ts';
import { bitcoinAnswer } from './bitcoin.ts';
import { cometbftAnswer } from './cometbft.ts';
import { ethereumAnswer } from './ethereum.ts';
import { json, notFound, REFUSED, type Response, target } from './http.ts';
import type { RpcFacts } from './rpc-facts.ts';
import { stacksAnswer } from './stacks.ts';

/** @param prefix before all paths; other paths are not found */
export function answerOf(asked: RpcFacts, request: HttpRequest, prefix = ''): HttpAnswer {
  if (!request.path.startsWith(prefix)) return notFound();
  const inner = { ...request, path: request.path.slice(prefix.length) || '/' };
  switch (familyOf(asked.protocol)) {
    case 'bitcoin':
      return bitcoinAnswer(asked, inner);
    // Other clients open their RPC when they have loaded.
    case 'ethereum':
      return asked.loading ? REFUSED : ethereumAnswer(asked, inner);
    case 'cometbft':
      return asked.loading ? REFUSED : cometbftAnswer(asked, inner);
    case 'stacks':
      return asked.loading ? REFUSED : stacksAnswer(asked, inner);
  }
}

/** A client of no known chain: it answers as infra/commands/smoke/client.py, the client of the ladder's smoke test. */
export function plainAnswer(
  { height, blocks, network }: Pick<RpcFacts, 'height' | 'blocks'> & { readonly network: string },
  request: HttpRequest,
): Response {
  if (request.method !== 'GET' || target(request).path !== '/tip') return notFound();
  const time = Math.floor(blocks.blockTimeMs(height) / 1_000);
  return json({ height, hash: blocks.hash(height), time, network, version: 'smoke-client/1' });
}
