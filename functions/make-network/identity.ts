// The identity of one node: what is kept of it, what everybody may know of it, and whether it is the one that the fleet file means. Pure.

import { base64, type KeyPair, keyPair, nodeIdOf, nodeKeyFile, validatorKeyFile } from './keys.ts';
import type { Network } from './request.ts';

export type NetworkNode = Network['Nodes'][number];

/** What everybody may know: it stands in the tags of the secret, so that nobody has to read that again, not even who made it. */
export interface PublicIdentity {
  /** The one volume that these keys are for: its signing state is nowhere else. */
  readonly volumeId: string;
  readonly nodeKey: Uint8Array;
  /** undefined: it is no validator. */
  readonly validatorKey: Uint8Array | undefined;
}

const VOLUME = 'chainmend:network-volume';
const NODE_KEY = 'chainmend:network-node-key';
const VALIDATOR_KEY = 'chainmend:network-validator-key';

/** How many random bytes an identity takes. */
export const RANDOM_BYTES = 64;

export interface MadeIdentity {
  readonly secret: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly known: PublicIdentity;
}

/** @param random 64 bytes */
export function makeIdentity({ Volume, Role }: NetworkNode, random: Uint8Array): MadeIdentity {
  if (random.length !== RANDOM_BYTES) throw new RangeError(`${random.length} random bytes, expected ${RANDOM_BYTES}`);
  const node = keyPair(random.subarray(0, RANDOM_BYTES / 2));
  const validator = Role === 'validator' ? keyPair(random.subarray(RANDOM_BYTES / 2)) : undefined;
  return {
    secret: secretOf(Volume, node, validator),
    tags: {
      ...{ [VOLUME]: Volume, [NODE_KEY]: base64(node.publicKey) },
      ...(validator && { [VALIDATOR_KEY]: base64(validator.publicKey) }),
    },
    known: { volumeId: Volume, nodeKey: node.publicKey, validatorKey: validator?.publicKey },
  };
}

/** Its files in base64, which the first boot takes apart without a parser of JSON. */
const secretOf = (volume: string, node: KeyPair, validator: KeyPair | undefined): string =>
  JSON.stringify({
    volume,
    node_key: base64(nodeKeyFile(node)),
    ...(validator && { validator_key: base64(validatorKeyFile(validator)) }),
  });

const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** What the tags of a secret say; undefined: it is none of ours. */
export function identityIn(tags: Readonly<Record<string, string>>): PublicIdentity | undefined {
  const { [VOLUME]: volumeId = '', [NODE_KEY]: nodeKey = '', [VALIDATOR_KEY]: validatorKey } = tags;
  const isOurs = PUBLIC_KEY.test(nodeKey) && (validatorKey === undefined || PUBLIC_KEY.test(validatorKey));
  if (!isOurs || volumeId === '') return undefined;
  return {
    ...{ volumeId, nodeKey: Buffer.from(nodeKey, 'base64') },
    validatorKey: validatorKey === undefined ? undefined : Buffer.from(validatorKey, 'base64'),
  };
}

/** Why these keys are not those of this node; undefined where they are. */
export function identityFault({ Name, Volume, Role }: NetworkNode, known: PublicIdentity): string | undefined {
  if (known.volumeId !== Volume)
    return `the keys of ${Name} are for ${known.volumeId}, and its volume is ${Volume} now: with them there a node could run twice, and a validator sign twice. Give it its volume back, or another name`;
  if (Role === 'validator' && !known.validatorKey)
    return `${Name} was made without the key of a validator: the validators of a network are those of its genesis, and the chain itself takes others`;
  if (Role !== 'validator' && known.validatorKey)
    return `${Name} has the key of a validator: the validators of a network are those of its genesis, and the chain itself lets them go`;
  return undefined;
}

/** What all nodes know: the genesis, and the ids of those that there were when it was made. */
export interface NetworkRecord {
  readonly genesis: string;
  readonly ids: Readonly<Record<string, string>>;
}

export const recordText = ({ genesis, ids }: NetworkRecord): string =>
  JSON.stringify({ genesis: base64(genesis), ids });

/** Throws an `Error` where it is no such record. */
export function recordIn(text: string): NetworkRecord {
  const { genesis, ids } = JSON.parse(text) as { readonly genesis: string; readonly ids: Record<string, string> };
  return { genesis: Buffer.from(genesis, 'base64').toString(), ids };
}

export const idOf = ({ nodeKey }: PublicIdentity): string => nodeIdOf(nodeKey);

/** Why the genesis is not that of the fleet file, as far as that goes by names; undefined where it is. */
export function namesFault({ genesis }: NetworkRecord, { ChainId, Nodes }: Network): string | undefined {
  const { chain_id, validators } = JSON.parse(genesis) as Written;
  if (chain_id !== ChainId)
    return `the network is ${chain_id}, and the fleet file says ${ChainId}: another chain is another fleet`;
  const there = validators.map(({ name }) => name).sort();
  const now = Nodes.flatMap(({ Name, Role }) => (Role === 'validator' ? [Name] : [])).sort();
  if (there.join() === now.join()) return undefined;
  return `the genesis has the validators ${there.join(', ')}, and the fleet file has ${now.join(', ')}: it is made once, and the chain itself takes other validators, and lets them go`;
}

interface Written {
  readonly chain_id: string;
  readonly validators: readonly { readonly name: string }[];
}

/** Whether the validators of the genesis have the keys that they have now. @param wanted the genesis that would be made now, at any time */
export function keysFault(record: NetworkRecord, wanted: string): string | undefined {
  const [there, now] = [record.genesis, wanted].map((text) => JSON.stringify((JSON.parse(text) as Written).validators));
  if (there === now) return undefined;
  return 'the validators of the genesis have other keys than their secrets: somebody has made one of these anew';
}
