// Keys of a CometBFT node, as its own files have them. Pure: random bytes are an argument. Sources: crypto/ed25519/ed25519.go, p2p/key.go and
// privval/file.go of CometBFT.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { base64, expectBytes } from '../chain.ts';

export const SEED_BYTES = 32;

/** An ed25519 key (RFC 8032). */
export interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What stands before the seed in a private key of PKCS #8, and before the key in a public one (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seed of 32 random bytes */
export function keyPair(seed: Uint8Array): KeyPair {
  expectBytes(seed, SEED_BYTES, 'a seed');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { seed, publicKey: Uint8Array.from(spki.subarray(-SEED_BYTES)) };
}

/** The first 20 bytes of the hash of a public key: the id of a node in lower case, the address of a validator in upper case. */
const address = (publicKey: Uint8Array): string => createHash('sha256').update(publicKey).digest('hex').slice(0, 40);

export const nodeIdOf = address;
export const validatorAddressOf = (publicKey: Uint8Array): string => address(publicKey).toUpperCase();

/** The private key of Go's crypto/ed25519 is the seed with the public key behind it. */
const privateKey = ({ seed, publicKey }: KeyPair) => ({
  type: 'tendermint/PrivKeyEd25519',
  value: base64(Buffer.concat([seed, publicKey])),
});

export const publicKeyJson = (publicKey: Uint8Array) => ({
  type: 'tendermint/PubKeyEd25519',
  value: base64(publicKey),
});

/** config/node_key.json */
export const nodeKeyFile = (key: KeyPair): string => JSON.stringify({ priv_key: privateKey(key) });

/** config/priv_validator_key.json */
export const validatorKeyFile = (key: KeyPair): string =>
  JSON.stringify({
    address: validatorAddressOf(key.publicKey),
    pub_key: publicKeyJson(key.publicKey),
    priv_key: privateKey(key),
  });
