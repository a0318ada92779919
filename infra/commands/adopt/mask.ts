// Masks a read-out: who owns the account, and what its things are called, is replaced by pseudonyms. The same word has the same pseudonym everywhere, so
// that fleets, chains and roles are found in it as before. Pure.

import { isPublicWord } from './public-words.ts';
import type { ReadOut } from './read-out.ts';

/** What is not masked, for the person who passes the file on. */
export const NOT_MASKED =
  'Not masked: words that name nobody (chains, clients, roles, stages, common tag keys), numbers of up to four digits, sizes, ports, versions, times, instance types, region and zones.';

/** An account that nobody has: AWS's own in its examples. */
const ACCOUNT = '111122223333';
const ID = /\b(i|vol|snap|subnet|vpc|sg|ami|lt|policy|eni|eipalloc)-[0-9a-f]{8,17}\b/g;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
/** Written by people, or with their words in it. */
const WORD = /[\p{L}\p{M}\d]+/gu;
/** Ids and addresses. */
const NAMED = /\b(?:i|vol|snap|subnet|vpc|sg|ami|lt|policy|eni|eipalloc)-[0-9a-f]{8,17}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Fields that hold no word of a person. */
const PLAIN_FIELDS = [
  'readOut',
  'readAt',
  'region',
  'zone',
  'type',
  'state',
  'device',
  'rootDevice',
  'protocol',
  'version',
  'startedAt',
  'launchedAt',
  'instanceStoreTypes',
];
/** Keys of AWS and of chainmend, whose values have a form of their own. */
const RESERVED_KEY = /^(aws|chainmend):/;
/** What AWS calls its own namespaces and dimensions. */
const AWS_NAME = /^(AWS\/|CWAgent$|InstanceId$|ImageId$|InstanceType$|AutoScalingGroupName$)/;

export function masked(readOut: ReadOut): ReadOut {
  const texts = new Set<string>();
  walk(readOut, (text) => {
    texts.add(text);
    return text;
  });
  const names = pseudonymsOf([...texts]);
  const unread = readOut.unread.map(({ what, why }) => ({ what, why: why.split(':')[0] ?? '' }));
  const hidden = walk({ ...readOut, unread: [] }, names) as ReadOut;
  return { ...hidden, account: ACCOUNT, masked: true, unread };
}

/** In the order of the words, so that a read-out of tomorrow has the same pseudonyms where nothing was added. */
function pseudonymsOf(texts: readonly string[]): (text: string) => string {
  const sorted = [...texts].sort();
  const ids = numbered(sorted.flatMap((text) => text.match(ID) ?? []));
  const addresses = sorted.flatMap((text) => text.match(ADDRESS) ?? []);
  const inside = numbered(addresses.filter((address) => PRIVATE.test(address)));
  const outside = numbered(addresses.filter((address) => !PRIVATE.test(address)));
  const bare = sorted.map((text) => text.replace(ID, '').replace(ADDRESS, ''));
  const words = numbered(
    bare
      .flatMap(partsOf)
      .filter((word) => !isPublicWord(word.toLowerCase()))
      .map((word) => word.toLowerCase()),
  );
  const wordFor = (word: string): string => {
    const at = words.get(word.toLowerCase());
    // The number behind a word stays: node2 of a fleet is its node2.
    return at === undefined
      ? word
      : /^[\p{L}\p{M}]/u.test(word)
        ? `w${at}x${/\d{1,4}$/.exec(word)?.[0] ?? ''}`
        : `n${at}`;
  };
  const plain = (text: string): string => text.replace(WORD, (part) => partsOf(part).map(wordFor).join(''));
  return (text) =>
    pieces(text, (piece) => {
      const id = ids.get(piece);
      if (id !== undefined) return `${piece.slice(0, piece.indexOf('-'))}-${id.toString(16).padStart(17, '0')}`;
      const own = inside.get(piece);
      if (own !== undefined) return `10.${(own >> 16) & 255}.${(own >> 8) & 255}.${own & 255}`;
      const other = outside.get(piece);
      // 198.18.0.0/15 is for tests of networks (RFC 2544): nobody's.
      return other === undefined
        ? plain(piece)
        : `198.${18 + ((other >> 16) & 1)}.${(other >> 8) & 255}.${other & 255}`;
    });
}

/** prodEth2 is prod and Eth2. */
const partsOf = (text: string): readonly string[] =>
  (text.match(WORD) ?? []).flatMap((word) => word.replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, '$1\u0000').split('\u0000'));

const numbered = (items: readonly string[]): ReadonlyMap<string, number> =>
  new Map([...new Set(items)].sort().map((item, at) => [item, at + 1]));

/** The text in pieces: ids, addresses, and what is between. */
function pieces(text: string, of: (piece: string) => string): string {
  let made = '';
  let from = 0;
  for (const found of text.matchAll(NAMED)) {
    made += of(text.slice(from, found.index)) + of(found[0]);
    from = found.index + found[0].length;
  }
  return made + of(text.slice(from));
}

/** Every text that may have a person's word in it, and the keys of tags. */
function walk(value: unknown, of: (text: string) => string, field = ''): unknown {
  if (typeof value === 'string') return PLAIN_FIELDS.includes(field) || AWS_NAME.test(value) ? value : of(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, of, field));
  if (typeof value !== 'object' || value === null) return value;
  const isMap = MAPS.includes(field);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      isMap
        ? [RESERVED_KEY.test(key) || AWS_NAME.test(key) ? key : of(key), walk(inner, of, 'value')]
        : [key, walk(inner, of, key)],
    ),
  );
}

const MAPS = ['tags', 'instanceTags', 'targetTags', 'dimensions'];
