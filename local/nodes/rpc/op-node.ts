// The JSON-RPC of op-node, beside the execution client of an L2. The form: L1BlockRef of op-service/eth/id.go, github.com/ethereum-optimism/optimism.
import type { HttpRequest } from '../../simulator/network/network.ts';
import { jsonRpc, type Response } from './http.ts';

/** @param height how far it has come; here the L1 chain has a block for each of the L2's. @param nowMs the time of the newest one */
export function opNodeAnswer(height: number, nowMs: number, request: HttpRequest): Response {
  const head = {
    ...{ hash: `0x${height.toString(16).padStart(64, '0')}`, parentHash: `0x${'0'.repeat(64)}` },
    ...{ number: height, timestamp: Math.floor(nowMs / 1000) },
  };
  return jsonRpc(request, 'two', (method) => {
    if (method === 'optimism_syncStatus') return { result: { current_l1: head, head_l1: head, unsafe_l2: head } };
    if (method === 'optimism_version') return { result: 'v1.16.2' };
    return { error: { code: -32_601, message: `the method ${method} does not exist/is not available` } };
  });
}
