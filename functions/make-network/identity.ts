// The identity of one node: what is kept of it, what everybody may know of it, and whether it is the one that the fleet file means. Pure.

import { NETWORK_TAGS } from '../../shared/model/network-tags.ts';
import { parseJson } from '../../shared/text/json.ts';
import { base64, type ChainMaker, type ChainRecord, expectBytes } from './chain.ts';
import type { Network } from './request.ts';

export type NetworkNode = Network['Nodes'][number];

/** What everybody may know: it stands in the tags of the secret, so that nobody has to read that again, not even who made it. */
export interface PublicIdentity {
  /** The one volume that these keys are for: its signing state is nowhere else. */
  readonly volumeId: string;
  readonly nodeKey: Uint8Array;
  /** undefined: it makes no blocks. */
  readonly makerKey: Uint8Array | undefined;
}

/** How many random bytes an identity takes. */
export const randomBytesOf = ({ nodeKeyBytes, makerKeyBytes }: ChainMaker): number => nodeKeyBytes + makerKeyBytes;

export interface MadeIdentity {
  readonly secret: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly known: PublicIdentity;
}

/** @param random as many bytes as `randomBytesOf` says */
export function makeIdentity(chain: ChainMaker, { Volume, Role }: NetworkNode, random: Uint8Array): MadeIdentity {
  expectBytes(random, randomBytesOf(chain), 'random bytes');
  const node = chain.nodeKey(random.subarray(0, chain.nodeKeyBytes));
  const maker = Role === 'validator' ? chain.makerKey(random.subarray(chain.nodeKeyBytes)) : undefined;
  return {
    secret: secretOf(Volume, { ...node.files, ...maker?.files }),
    tags: {
      ...{ [NETWORK_TAGS.volume]: Volume, [NETWORK_TAGS.nodeKey]: base64(node.publicKey) },
      ...(maker && { [NETWORK_TAGS.makerKey]: base64(maker.publicKey) }),
    },
    known: { volumeId: Volume, nodeKey: node.publicKey, makerKey: maker?.publicKey },
  };
}

/** Its files in base64, which the first boot takes apart without a parser of JSON. */
const secretOf = (volume: string, files: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    volume,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [name, base64(text)])),
  });

/** What the tags of a secret say; undefined: it is none of ours. */
export function identityIn(
  { publicKeyBytes }: ChainMaker,
  tags: Readonly<Record<string, string>>,
): PublicIdentity | undefined {
  const key = (text: string | undefined): Uint8Array | undefined => {
    const bytes = Buffer.from(text ?? '', 'base64');
    return bytes.length === publicKeyBytes && base64(bytes) === text ? bytes : undefined;
  };
  const { [NETWORK_TAGS.volume]: volumeId = '', [NETWORK_TAGS.makerKey]: written } = tags;
  const [nodeKey, makerKey] = [key(tags[NETWORK_TAGS.nodeKey]), key(written)];
  if (!nodeKey || volumeId === '' || (written !== undefined && !makerKey)) return undefined;
  return { volumeId, nodeKey, makerKey };
}

/** Why these keys are not those of this node; undefined where they are. */
export function identityFault(
  { maker }: ChainMaker,
  { Name, Volume, Role }: NetworkNode,
  known: PublicIdentity,
): string | undefined {
  if (known.volumeId !== Volume)
    return `the keys of ${Name} are for ${known.volumeId}, and its volume is ${Volume} now: with them there a node could run twice, and a ${maker} sign twice. Give it its volume back, or another name`;
  if (Role === 'validator' && !known.makerKey)
    return `${Name} was made without the key of a ${maker}: the ${maker}s of a network are those of its genesis, and the chain itself takes others`;
  if (Role !== 'validator' && known.makerKey)
    return `${Name} has the key of a ${maker}: the ${maker}s of a network are those of its genesis, and the chain itself lets them go`;
  return undefined;
}

/** What all nodes know: the genesis, and the ids of those that there were when it was made. */
export interface NetworkRecord extends ChainRecord {
  readonly ids: Readonly<Record<string, string>>;
}

export const recordText = ({ genesis, ids, makers }: NetworkRecord): string =>
  JSON.stringify({ genesis: base64(genesis), ids, ...(makers && { makers }) });

/** Throws an `Error` where it is no such record. */
export function recordIn(text: string): NetworkRecord {
  const { genesis, ...more } = parseJson(text) as NetworkRecord;
  return { ...more, genesis: Buffer.from(genesis, 'base64').toString() };
}

/** Why the genesis is not that of the fleet file, as far as that goes without a key; undefined where it is. */
export function fileFault(chain: ChainMaker, record: NetworkRecord, network: Network): string | undefined {
  const { chainId, makers: there } = chain.read(record);
  if (chainId !== network.ChainId)
    return `the network is ${chainId}, and the fleet file says ${network.ChainId}: another chain is another fleet`;
  const now = network.Nodes.flatMap(({ Name, Role }) => (Role === 'validator' ? [Name] : [])).sort();
  if (there.join() === now.join()) return chain.genesisFault(record, network);
  return `the genesis has the ${chain.maker}s ${there.join(', ')}, and the fleet file has ${now.join(', ')}: it is made once, and the chain itself takes other ${chain.maker}s, and lets them go`;
}

/** Whether those who make its blocks have the keys that they have now. @param wanted what would be made now, at any time */
export function keysFault(chain: ChainMaker, record: ChainRecord, wanted: ChainRecord): string | undefined {
  if (chain.read(record).makersKeys === chain.read(wanted).makersKeys) return undefined;
  return `the ${chain.maker}s of the genesis have other keys than their secrets: somebody has made one of these anew`;
}
