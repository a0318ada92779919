// What became of a node after its peers were changed. Pure.
import type { NodePeers, Reading } from '../../shared/chains/client.ts';

export type Verdict =
  /** It has as many connections as it should. */
  | { readonly is: 'proved'; readonly peers: number; readonly sentence: string }
  /** Fewer than before, and fewer than it should: it goes back. */
  | { readonly is: 'fallen'; readonly sentence: string }
  /** No worse than before, which proves a restart, and not as it should be. */
  | { readonly is: 'short'; readonly peers: number; readonly sentence: string }
  /** It does not tell: its client may just come up. */
  | { readonly is: 'unknown'; readonly sentence: string };

export interface Measured {
  readonly before: number | null;
  readonly floor: number;
}

export function judgePeers(reading: Reading<NodePeers>, { before, floor }: Measured): Verdict {
  if (reading.kind !== 'ok') return { is: 'unknown', sentence: `it does not tell its peers: ${reading.reason}` };
  const peers = reading.facts.peers.length;
  const counts = `${peers} ${peers === 1 ? 'peer' : 'peers'}, ${before ?? 'an unknown number'} before, expected ${floor} at least`;
  if (peers >= floor) return { is: 'proved', peers, sentence: counts };
  if (before !== null && peers < before) return { is: 'fallen', sentence: counts };
  return { is: 'short', peers, sentence: counts };
}
