// Parses and formats peers. The text ends in a configuration file or in a call to a running client. So only an address and a key in their plain forms
// are accepted.
import { isIPv4, isIPv6 } from 'node:net';
import type { DialablePeer, PeerAddress } from './client.ts';

/** "10.0.0.1:8333" or "[fd00::1]:8333"; undefined for anything else. */
export function parsePeerAddress(text: string): PeerAddress | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/.exec(text) ?? [];
  return peerAddress(bracketed ?? plain, Number(digits));
}

/** Host and port as one address, if both are valid. */
export function peerAddress(host: string | undefined, port: number): PeerAddress | undefined {
  return host !== undefined && isHost(host) && isPort(port) ? { host, port } : undefined;
}

/** "10.0.0.1:8333". Throws a `TypeError`. */
export function formatPeerAddress({ host, port }: PeerAddress): string {
  if (!isHost(host)) throw new TypeError(`peer: host is ${JSON.stringify(host)}; expected an IP address or a name`);
  if (!isPort(port)) throw new TypeError(`peer: port is ${port}; expected a whole number from 1 to 65535`);
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** "id@10.0.0.1:26656"; `digits` is the length of the id in lower-case hexadecimal. Throws a `TypeError`. */
export function formatKeyedPeer({ id = '', ...address }: DialablePeer, digits: number): string {
  if (id.length !== digits || !/^[0-9a-f]+$/.test(id)) {
    throw new TypeError(`peer: id is ${JSON.stringify(id)}; expected ${digits} hexadecimal digits in lower case`);
  }
  return `${id}@${formatPeerAddress(address)}`;
}

/** The address of a peer as seen from outside: its remote host, and the port that it says it listens on. */
export function listeningAddress(host: string | undefined, listens: string): PeerAddress | undefined {
  const [, digits] = /:(\d{1,5})$/.exec(listens) ?? [];
  return peerAddress(host, Number(digits));
}

function isHost(host: string): boolean {
  if (isIPv4(host) || isIPv6(host)) return true;
  // A name needs a letter: 1.2.3 and 999.1.1.1 are wrong addresses. A last dot is allowed.
  return /^(?=.{1,253}$)(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?)*\.?$/.test(
    host,
  );
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
