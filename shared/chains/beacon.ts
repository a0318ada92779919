// Beacon nodes of ethereum (lighthouse, prysm, teku, nimbus, lodestar, grandine) by the API that all of them share. watch-fleet asks them to find out
// whether an execution client is stuck or its beacon node sends it nothing. Source of paths and fields: github.com/ethereum/beacon-APIs.
import * as v from 'valibot';
import {
  AnswerError,
  bodyIfAny,
  bodyOf,
  checked,
  get,
  OptionalFacts,
  ok,
  question,
  requireAnswer,
  starting,
} from './answers.ts';
import {
  type Answer,
  type BlockHash,
  type ChainClient,
  checkedHeights,
  type NodePeers,
  type NodeStatus,
  type PeerAddress,
  type Question,
  UNSAID,
} from './client.ts';
import { decimalText, hash256, label, peerList, wholeNumberOrText } from './fields.ts';
import { formatPeerAddress, peerAddress } from './peer-address.ts';

/** Heights are slots. `stopGraceSeconds`: how long a clean stop may take. */
export function beaconClient(stopGraceSeconds: number): ChainClient {
  return {
    name: 'beacon',
    status: (heights = []) => statusQuestion(checkedHeights(heights)),
    // A slot may be empty: the block below is not that of the slot below.
    tellsParents: false,
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: formatPeerAddress,
      peersAtRunTime: {
        by: 'nothing',
        reason: 'the beacon API has no call for it; nodes find each other by discovery',
      },
      peersThatPersist: { in: 'flag', flag: undefined, takesEffect: 'restart' },
      stop: {
        graceSeconds: stopGraceSeconds,
        sacred: 'the slashing-protection database of a validator: an older one signs a slot twice',
      },
    },
  };
}

const data = <Of extends v.GenericSchema>(schema: Of) => v.object({ data: schema });

const syncingSchema = data(
  v.object({
    head_slot: decimalText,
    sync_distance: decimalText,
    is_syncing: v.boolean(),
    // Older nodes leave these two out.
    is_optimistic: v.optional(v.boolean()),
    el_offline: v.optional(v.boolean()),
  }),
);
const headerSchema = data(v.object({ root: hash256, header: v.object({ message: v.object({ slot: decimalText }) }) }));
const genesisSchema = data(v.object({ genesis_time: decimalText }));
const specSchema = data(
  v.object({
    SECONDS_PER_SLOT: v.pipe(decimalText, v.minValue(1, 'at least 1'), v.maxValue(3600, 'at most 3600')),
    DEPOSIT_CHAIN_ID: v.optional(decimalText),
  }),
);
const versionSchema = data(v.object({ version: label }));
const peerCountSchema = data(v.object({ connected: wholeNumberOrText }));

const peersSchema = data(
  peerList(
    v.object({
      peer_id: label,
      last_seen_p2p_address: v.optional(v.string(), ''),
      state: v.string(),
      direction: v.string(),
    }),
  ),
);
const identitySchema = data(v.object({ peer_id: label }));

function statusQuestion(slots: readonly number[]): Question<NodeStatus> {
  const paths = [
    '/eth/v1/node/syncing',
    '/eth/v1/beacon/headers/head',
    '/eth/v1/beacon/genesis',
    '/eth/v1/config/spec',
    '/eth/v1/node/version',
    '/eth/v1/node/peer_count',
    ...slots.map((slot) => `/eth/v1/beacon/headers/${slot}`),
  ];
  const requests = paths.map((path) => get(path));
  return question(requests, ([syncingAnswer, headAnswer, genesisAnswer, specAnswer, version, peers, ...headers]) => {
    // 503: up, but not able to answer for its chain yet.
    if (requireAnswer(syncingAnswer, 'syncing').status === 503) return starting('its beacon node is not ready');
    const { data: syncing } = checked(syncingSchema, bodyOf(syncingAnswer, 'syncing'), 'syncing');
    const head = headerOf(headAnswer, 'the header of its head');
    if (head === undefined) return starting('it has no head yet');
    const optional = new OptionalFacts();
    const genesis = optional.read('genesis', () => checked(genesisSchema, bodyOf(genesisAnswer, 'genesis'), 'genesis'));
    const spec = optional.read('spec', () => checked(specSchema, bodyOf(specAnswer, 'spec'), 'spec'));
    const versionBody = bodyIfAny(version);
    const peersBody = bodyIfAny(peers);
    return ok({
      ...UNSAID,
      height: head.height,
      hashes: [...(optional.read('hashes', () => hashesBelow(head, slots, headers)) ?? []), head],
      blockTimeMs:
        genesis &&
        spec &&
        optional.read('block time', () =>
          slotTimeMs(genesis.data.genesis_time, spec.data.SECONDS_PER_SLOT, head.height),
        ),
      syncing: syncing.is_syncing,
      claimedTip: head.height + syncing.sync_distance,
      peerCount:
        peersBody === undefined
          ? undefined
          : optional.read('peers', () => checked(peerCountSchema, peersBody, 'peer_count').data.connected),
      // The id of the execution chain, so that the two clients of a node can be compared.
      chainId: spec?.data.DEPOSIT_CHAIN_ID?.toString(),
      clientVersion:
        versionBody === undefined
          ? undefined
          : optional.read('version', () => checked(versionSchema, versionBody, 'version').data.version),
      hamperedBy: hamperedBy(syncing),
      missing: optional.missing,
    });
  });
}

function peersQuestion(): Question<NodePeers> {
  // A beacon node knows thousands of nodes that it is not connected to.
  const limits = { maximumBytes: 4 * 1024 * 1024 };
  const requests = [get('/eth/v1/node/identity'), get('/eth/v1/node/peers?state=connected', limits)];
  return question(requests, ([identity, peers]) =>
    ok({
      ownPeerId: checked(identitySchema, bodyOf(identity, 'identity'), 'identity').data.peer_id,
      peers: checked(peersSchema, bodyOf(peers, 'peers'), 'peers')
        .data.filter(({ state }) => state === 'connected')
        .map(({ peer_id, last_seen_p2p_address, direction }) => ({
          id: peer_id,
          address: direction === 'outbound' ? multiaddress(last_seen_p2p_address) : undefined,
          inbound: direction === 'inbound',
          connectedSeconds: undefined,
        })),
    }),
  );
}

/** undefined where there is no such block: its slot was missed, or the node does not have it. */
function headerOf(answer: Answer | undefined, what: string): BlockHash | undefined {
  if (requireAnswer(answer, what).status === 404) return undefined;
  const { root, header } = checked(headerSchema, bodyOf(answer, what), what).data;
  return { height: header.message.slot, hash: root };
}

function hashesBelow(head: BlockHash, slots: readonly number[], headers: readonly Answer[]): readonly BlockHash[] {
  return slots.flatMap((slot, at) => {
    const header = headerOf(headers[at], `the header of slot ${slot}`);
    if (header === undefined || slot === head.height) return [];
    if (header.height !== slot)
      throw new AnswerError('malformed', `headers: slot ${header.height} given, expected ${slot}`);
    return [header];
  });
}

function hamperedBy({
  is_optimistic,
  el_offline,
}: v.InferOutput<typeof syncingSchema>['data']): NodeStatus['hamperedBy'] {
  if (el_offline === true) return 'execution-offline';
  // Optimistic: it follows a head that its execution client has not verified yet.
  return is_optimistic === true ? 'execution-behind' : undefined;
}

function slotTimeMs(genesisSeconds: number, secondsPerSlot: number, slot: number): number {
  const seconds = genesisSeconds + slot * secondsPerSlot;
  if (!Number.isSafeInteger(seconds * 1000)) throw new AnswerError('malformed', `slot ${slot} is beyond any time`);
  return seconds * 1000;
}

/** "/ip4/7.7.7.7/tcp/4242/p2p/Qm…" */
function multiaddress(text: string): PeerAddress | undefined {
  const [, host, port] = /^\/(?:ip4|ip6|dns4|dns6|dns)\/([^/\s]{1,253})\/tcp\/(\d{1,5})(?:\/|$)/.exec(text) ?? [];
  return peerAddress(host, Number(port));
}
