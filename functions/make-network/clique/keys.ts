// Keys of a geth node: its own, by which its peers know it, and the account of a sealer. Both are of secp256k1. Pure: random bytes are an argument. Sources:
// crypto/crypto.go (SaveECDSA, PubkeyToAddress) and p2p/enode/urlv4.go of go-ethereum.
import { createECDH } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { expectBytes } from '../chain.ts';

export const PRIVATE_KEY_BYTES = 32;
/** Without the byte in front of it that says that it is not compressed. */
export const PUBLIC_KEY_BYTES = 64;
const ADDRESS_BYTES = 20;

/** Throws an `Error` for the few numbers that are no key of the curve. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  expectBytes(privateKey, PRIVATE_KEY_BYTES, 'a private key');
  const pair = createECDH('secp256k1');
  pair.setPrivateKey(privateKey);
  return Uint8Array.from(pair.getPublicKey().subarray(1));
}

/** Keccak as Ethereum has it, which is not the SHA-3 of FIPS 202. */
export const keccak256 = (bytes: Uint8Array): Buffer => Buffer.from(keccak_256(bytes));

/** 40 lower-case digits: of an account, without 0x. */
export const addressOf = (publicKey: Uint8Array): string =>
  keccak256(publicKey).subarray(-ADDRESS_BYTES).toString('hex');

/** What stands in an enode URL. */
export const enodeIdOf = (publicKey: Uint8Array): string => Buffer.from(publicKey).toString('hex');

/** geth/nodekey */
export const nodeKeyFile = (privateKey: Uint8Array): string => Buffer.from(privateKey).toString('hex');
