// Access keys of a served region: random, and good for as long as it is served.
import { randomBytes } from 'node:crypto';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ID_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** In the form of AWS's own ("AKIA" and 16 digits of base 32; 40 characters), with nothing in it that means something to a shell. */
export function newAccessKey(): AccessKey {
  const digits = [...randomBytes(16)].map((byte) => ID_DIGITS[byte % ID_DIGITS.length]);
  return { accessKeyId: `AKIA${digits.join('')}`, secretAccessKey: randomBytes(30).toString('base64url') };
}
