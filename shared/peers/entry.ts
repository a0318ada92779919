// Parses one entry of a peer list in the clients' forms: "id@10.0.0.1:26656", "enode://id@10.0.0.1:30303?discport=0", "10.0.0.1:8333", "10.0.0.1",
// "node1.bitcoin.internal:8333". The id identifies the peer; without an id the host does.
import { isIPv4, isIPv6 } from 'node:net';
import { parsePeerAddress } from '../chains/peer-address.ts';

export interface PeerEntry {
  /** The exact text in the list. */
  readonly text: string;
  /** Lower case; undefined where the client has no ids. */
  readonly id: string | undefined;
  readonly host: string;
  /** undefined: the client's own default (bitcoin). */
  readonly port: number | undefined;
}

/** undefined for a text that is no peer: it is not kept. */
export function parseEntry(text: string): PeerEntry | undefined {
  const [, id, address = ''] =
    /^(?:enode:\/\/)?(?:([0-9A-Fa-f]{40,130})@)?([^@\s]{1,300}?)(?:\?discport=\d{1,5})?$/.exec(text) ?? [];
  const whole = parsePeerAddress(address) ?? parsePeerAddress(`${isIPv6(address) ? `[${address}]` : address}:1`);
  if (whole === undefined) return undefined;
  const port = parsePeerAddress(address)?.port;
  return { text, id: id?.toLowerCase(), host: whole.host, port };
}

/**
 * Whether CometBFT regards an address as unreachable from outside, and so does not store it while `addr_book_strict` is on (`Routable` in
 * p2p/netaddress.go: RFC 1918, 3927, 4862, 4193, 4843, and the machine itself). A name is not judged.
 */
export function isUnroutable(host: string): boolean {
  if (isIPv4(host)) return UNROUTABLE_IPV4.test(host);
  if (!isIPv6(host)) return false;
  // The first group as written: "fd00:1::2" begins with the group that counts; "::1" with none.
  const [first = ''] = host.toLowerCase().split(':');
  return host === '::1' || /^(fe80|f[cd][0-9a-f]{2})$/.test(first) || /^2001:0{0,2}1[0-9a-f]:/i.test(host);
}

const UNROUTABLE_IPV4 = /^(0|10|127|169\.254|172\.(1[6-9]|2\d|3[01])|192\.168)\./;
