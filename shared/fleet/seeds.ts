// Seeds of a fleet file, read back: external peers as the chain's client writes them.
import type { DialablePeer } from '../chains/client.ts';
import { chainClients } from '../chains/clients.ts';
import type { KnownChain } from '../chains/defaults.ts';
import { parsePeerAddress } from '../chains/peer-address.ts';

/** undefined for what that client would not write in these very words. */
export function parseSeed(chain: KnownChain, text: string): DialablePeer | undefined {
  const [, id, rest = ''] = /^(?:enode:\/\/)?(?:([0-9a-f]{1,130})@)?(.+)$/.exec(text) ?? [];
  const address = parsePeerAddress(rest);
  if (address === undefined) return undefined;
  const peer = id === undefined ? address : { ...address, id };
  return written(chain, peer) === text ? peer : undefined;
}

function written(chain: KnownChain, peer: DialablePeer): string | undefined {
  try {
    return chainClients[chain].operations.formatPeer(peer);
  } catch (error) {
    // An id that is too short, or none at all.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
