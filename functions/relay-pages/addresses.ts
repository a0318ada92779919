// Which addresses are on the internet. A webhook is a stranger's service there: its name must not lead into a private network, or to the machine itself.

/** "IANA IPv4 Special-Purpose Address Registry", and multicast: first address and bits of what is not globally reachable. */
const NOT_GLOBAL: readonly (readonly [first: string, bits: number])[] = [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
  ] as const),
  ...([
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ] as const),
];

/** @param address as a resolver gives it, without brackets. What is no address is not public. */
export function isPublicAddress(address: string): boolean {
  if (address.includes(':')) return isGlobalV6(address);
  const number = v4Number(address);
  return (
    number !== undefined &&
    !NOT_GLOBAL.some(([first, bits]) => number >>> (32 - bits) === (v4Number(first) ?? 0) >>> (32 - bits))
  );
}

function v4Number(address: string): number | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

/** 2000::/3 is what is given to networks (RFC 4291); without documentation, and without the two that carry an IPv4 address: 6to4 and Teredo. */
const isGlobalV6 = (address: string): boolean =>
  /^[23][0-9a-f]{3}:/i.test(address) && !/^(2002:|2001:(0?db8|0{0,4}):|3fff:)/i.test(address);
