// One entry of a peer list as clients write them, taken apart: "id@10.0.0.1:26656", "enode://id@10.0.0.1:30303?discport=0",
// "10.0.0.1:8333", "10.0.0.1". Who is meant is told by the id, or where there is none by the address.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { parsePeerAddress } from '../chains/peer-address.ts';

export interface PeerEntry {
  /** The very text that stands in the list. */
  readonly text: string;
  /** Lower case; undefined where the client has none. */
  readonly id: string | undefined;
  readonly host: string;
  /** undefined: the client's own default (bitcoin). */
  readonly port: number | undefined;
}

/** undefined for what is no peer at all: it is kept as it stands by nobody. */
export function parseEntry(text: string): PeerEntry | undefined {
  const [, id, address = ''] =
    /^(?:enode:\/\/)?(?:([0-9A-Fa-f]{40,130})@)?([^@\s]{1,300}?)(?:\?discport=\d{1,5})?$/.exec(text) ?? [];
  const whole = parsePeerAddress(address) ?? parsePeerAddress(`${isIPv6(address) ? `[${address}]` : address}:1`);
  if (whole === undefined) return undefined;
  const port = parsePeerAddress(address)?.port;
  return { text, id: id?.toLowerCase(), host: whole.host, port };
}

/**
 * Whether CometBFT takes an address for one that nobody outside can reach, and so refuses to book it while `addr_book_strict` is on
 * (`Routable` in p2p/netaddress.go: RFC 1918, 3927, 4862, 4193, 4843, and the machine itself). A name is not judged.
 */
export function isUnroutable(host: string): boolean {
  if (isIPv4(host)) return UNROUTABLE.check(host, 'ipv4');
  return isIPv6(host) && UNROUTABLE.check(host, 'ipv6');
}

const UNROUTABLE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
] as const)
  UNROUTABLE.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['fe80::', 64],
  ['fc00::', 7],
  ['2001:10::', 28],
  ['::1', 128],
] as const)
  UNROUTABLE.addSubnet(network, prefix, 'ipv6');
