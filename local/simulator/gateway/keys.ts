// Access keys of a served region: random, and valid while it is served.
import { randomBytes } from 'node:crypto';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ID_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** In AWS's form ("AKIA" and 16 digits of base 32; 40 characters), without characters that have a meaning in a shell. */
export function newAccessKey(): AccessKey {
  const digits = [...randomBytes(16)].map((byte) => ID_DIGITS[byte % ID_DIGITS.length]);
  return { accessKeyId: `AKIA${digits.join('')}`, secretAccessKey: randomBytes(30).toString('base64url') };
}
