// The RPC of a client that is no chain's: as infra/smoke/client.py answers, the client of the ladder's smoke test.
import type { HttpRequest } from '../../simulator/network/network.ts';
import type { Asked } from './asked.ts';
import { json, notFound, type Response, target } from './http.ts';

export function plainAnswer(
  { height, blocks, network }: Pick<Asked, 'height' | 'blocks'> & { readonly network: string },
  request: HttpRequest,
): Response {
  if (request.method !== 'GET' || target(request).path !== '/tip') return notFound();
  const time = Math.floor(blocks.blockTimeMs(height) / 1_000);
  return json({ height, hash: blocks.hash(height), time, network, version: 'smoke-client/1' });
}
