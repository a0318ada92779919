// The value types in answers of all protocols, parsed exactly: a number that JavaScript cannot hold is refused, not rounded.
import * as v from 'valibot';

const wholeMessage = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;

/** A JSON number. Beyond 2^53 it has lost digits by the time we see it, so it is refused. */
export const wholeNumber = v.pipe(v.number(wholeMessage), v.safeInteger(wholeMessage), v.minValue(0, wholeMessage));

/** "12345": 64-bit numbers as texts, as Go and the beacon API write them. */
export const decimalText = v.pipe(
  v.string(`${wholeMessage}, as a text`),
  v.regex(/^(0|[1-9]\d{0,15})$/, `${wholeMessage}, as a text`),
  v.transform(Number),
  v.safeInteger(wholeMessage),
);

/** Older software of the same family writes a number where newer software writes a text. */
export const wholeNumberOrText = v.union([wholeNumber, decimalText], wholeMessage);

/** "0x1b4": ethereum's quantities. */
export const hexQuantity = v.pipe(
  v.string('a hexadecimal quantity such as "0x1b4"'),
  v.regex(/^0x[0-9a-fA-F]{1,64}$/, 'a hexadecimal quantity such as "0x1b4"'),
  v.transform((text) => BigInt(text)),
  v.maxValue(BigInt(Number.MAX_SAFE_INTEGER), `at most ${Number.MAX_SAFE_INTEGER}`),
  v.transform(Number),
);

/** The same without an upper limit, as decimal digits: chain ids are identities, not amounts. */
export const hexIdentity = v.pipe(
  v.string('a hexadecimal quantity such as "0x1b4"'),
  v.regex(/^0x[0-9a-fA-F]{1,64}$/, 'a hexadecimal quantity such as "0x1b4"'),
  v.transform((text) => BigInt(text).toString()),
);

/** 32 bytes in hexadecimal, with or without 0x, to lower case without it: one form to compare. */
export const hash256 = v.pipe(
  v.string('a hash of 64 hexadecimal digits'),
  v.regex(/^(0x)?[0-9a-fA-F]{64}$/, 'a hash of 64 hexadecimal digits'),
  v.transform((hash) => hash.toLowerCase().replace(/^0x/, '')),
);

/** Base58, as solana writes keys and hashes of 32 bytes. */
export const base58 = text(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, '32 bytes in base58');

/** Seconds since 1970, to milliseconds; up to the year 9999. */
export const epochSeconds = v.pipe(
  wholeNumber,
  v.maxValue(253_402_300_799, 'seconds since 1970'),
  v.transform((seconds) => seconds * 1000),
);

/** "2026-11-20T09:28:01.272685294Z", to milliseconds since 1970. */
export const timestamp = v.pipe(
  text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, 'a time such as 2026-11-20T09:28:01.27Z'),
  v.transform((time) => Date.parse(time.replace(/(\.\d{3})\d+/, '$1'))),
  v.number('a time that exists'),
);

/** A readable name or version: without invisible characters. */
export const label = text(
  /^(?:(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S} ]){1,256}$/u,
  'a text of 1 to 256 printable characters',
);

/** No client has nearly this many peers; solana's gossip, the largest, has some thousands. */
export function peerList<Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(item, 'a list of peers'), v.maxLength(20_000, 'at most 20000 peers'));
}

function text(pattern: RegExp, expected: string) {
  return v.pipe(v.string(expected), v.regex(pattern, expected));
}
