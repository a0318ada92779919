// An account as geth keeps it: a private key that a password opens ("Web3 Secret Storage", version 3). Pure: random bytes are an argument. Source:
// accounts/keystore/passphrase.go of go-ethereum.
import { createCipheriv, scryptSync } from 'node:crypto';
import { expectBytes } from '../chain.ts';
import { addressOf, keccak256, publicKeyOf } from './keys.ts';

export interface Scrypt {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** As `geth --lightkdf`: the password has 256 random bits, which nobody guesses at any speed, and the function has half a gigabyte. */
const LIGHT: Scrypt = { n: 4_096, r: 8, p: 6 };

const KEY_BYTES = 32;
const SALT_BYTES = 32;
const IV_BYTES = 16;
const ID_BYTES = 16;
/** What a key file takes besides the key and its password. */
export const KEYSTORE_RANDOM_BYTES = SALT_BYTES + IV_BYTES + ID_BYTES;

export interface KeystoreProps {
  readonly privateKey: Uint8Array;
  readonly password: string;
  /** 64 bytes: a salt, an initialization vector and an id. */
  readonly random: Uint8Array;
  readonly scrypt?: Scrypt;
}

export function keystoreFile({ privateKey, password, random, scrypt: { n, r, p } = LIGHT }: KeystoreProps): string {
  expectBytes(random, KEYSTORE_RANDOM_BYTES, 'random bytes');
  const salt = random.subarray(0, SALT_BYTES);
  const iv = random.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
  // 128 × N × r bytes, and some more (RFC 7914).
  const maxmem = 256 * n * r + 2 ** 20;
  const derived = scryptSync(password, salt, KEY_BYTES, { N: n, r, p, maxmem });
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, IV_BYTES), iv);
  const ciphertext = Buffer.concat([cipher.update(privateKey), cipher.final()]);
  return JSON.stringify({
    address: addressOf(publicKeyOf(privateKey)),
    crypto: {
      cipher: 'aes-128-ctr',
      ciphertext: ciphertext.toString('hex'),
      cipherparams: { iv: hex(iv) },
      kdf: 'scrypt',
      kdfparams: { dklen: KEY_BYTES, n, p, r, salt: hex(salt) },
      mac: hex(keccak256(Buffer.concat([derived.subarray(IV_BYTES), ciphertext]))),
    },
    id: uuidOf(random.subarray(-ID_BYTES)),
    version: 3,
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Of 16 random bytes (RFC 9562, version 4). */
function uuidOf(random: Uint8Array): string {
  const digits = hex(random);
  const variant = (8 + (Number.parseInt(digits[16] ?? '0', 16) % 4)).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}
