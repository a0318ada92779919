// A client that stands still and has too few peers. Pure.
import type { Fleet } from '../fleet/model.ts';
import type { Refusal } from '../model/guardrail-codes.ts';

/** rotate-peers looks every five minutes, and again where the first list did not help. */
const PEERS_WITHIN_MS = 30 * 60_000;

/**
 * Whether a node is given peers before anything else: neither a restart nor other data give it any, and rotate-peers does, if it can.
 *
 * @param node one that stands still @param node.sinceMs since when it does
 */
export function peersLacking(
  { peers }: Pick<Fleet, 'peers'>,
  { name, peerCount, sinceMs }: { readonly name: string; readonly peerCount: number; readonly sinceMs: number },
  nowMs: number,
): Refusal | null {
  if (!peers?.rotate || peerCount >= peers.minimum || nowMs - sinceMs >= PEERS_WITHIN_MS) return null;
  const reason = `${name} has ${peerCount} peers, ${peers.minimum} at least are needed: it is given some first`;
  return { refuse: 'peers-first', reason, page: false, retryAfterMs: 50_000 };
}
