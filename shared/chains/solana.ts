// solana validators and RPC nodes (agave and its forks); watch-fleet uses it. Heights are slots that the cluster has finalized.
import * as v from 'valibot';
import { OptionalFacts, ok, question } from './answers.ts';
import {
  type BlockHash,
  type ChainClient,
  checkedHeights,
  type NodePeers,
  type NodeStatus,
  type Question,
  UNSAID,
} from './client.ts';
import { base58, epochSeconds, label, peerList, wholeNumber } from './fields.ts';
import {
  batch,
  type CallResult,
  call,
  errorCodeOf,
  readBatch,
  refusalOf,
  resultIfOffered,
  resultOf,
} from './json-rpc.ts';
import { formatPeerAddress, parsePeerAddress } from './peer-address.ts';

/** `stopGraceSeconds`: how long a clean stop may take. */
export function solanaClient(stopGraceSeconds: number): ChainClient {
  return {
    name: 'solana',
    status: (heights = []) => statusQuestion(checkedHeights(heights)),
    // A slot may be empty: the block below is not that of the slot below.
    tellsParents: false,
    peers: { ...peersQuestion(), reach: 'network' },
    operations: {
      formatPeer: formatPeerAddress,
      peersAtRunTime: { by: 'nothing', reason: 'gossip connects the nodes of a cluster by itself' },
      peersThatPersist: { in: 'flag', flag: '--entrypoint', takesEffect: 'restart' },
      stop: {
        graceSeconds: stopGraceSeconds,
        sacred: 'the tower file of a voting identity; one identity votes in one place only',
      },
    },
  };
}

// NODE_UNHEALTHY in rpc-client-api/src/custom_error.rs of agave.
const NODE_UNHEALTHY = -32_005;

const unhealthySchema = v.optional(v.object({ numSlotsBehind: v.nullish(wholeNumber) }), {});

const blockSchema = v.nullable(v.object({ blockhash: base58, blockTime: v.nullish(epochSeconds) }));

// The mainnet has some thousands of nodes, half a kilobyte each.
const CLUSTER_LIMITS = { maximumBytes: 8 * 1024 * 1024 };

const clusterSchema = peerList(v.object({ pubkey: base58, gossip: v.nullish(v.string()) }));

function statusQuestion(slots: readonly number[]): Question<NodeStatus> {
  // Validators without --full-rpc-api answer all of these except getBlock.
  const calls = [
    call('getSlot', { commitment: 'finalized' }),
    call('getHealth'),
    call('getGenesisHash'),
    call('getVersion'),
    ...slots.map(getBlock),
  ];
  return question([batch(calls)], ([answer]) => {
    const [slotResult, healthResult, genesis, version, ...blocks] = readBatch(calls, answer);
    const height = resultOf(wholeNumber, slotResult);
    const optional = new OptionalFacts();
    const health = optional.read('health', () => ({ behind: slotsBehind(healthResult) }));
    const status: NodeStatus = {
      ...UNSAID,
      height,
      hashes: (optional.read('hashes', () => slots.flatMap((slot, at) => blockHash(slot, blocks[at]))) ?? []).filter(
        (known) => known.height !== height,
      ),
      syncing: health && health.behind !== 0,
      claimedTip: health?.behind === undefined ? undefined : height + health.behind,
      chainId: optional.read('genesis', () => resultOf(base58, genesis)),
      clientVersion: optional.read(
        'version',
        () => resultOf(v.object({ 'solana-core': label }), version)['solana-core'],
      ),
      missing: optional.missing,
    };
    return { kind: 'next', question: tipQuestion(status) };
  });
}

/** Nodes differ in what they keep and offer: without the block at the tip, its hash and time stay unknown. */
function tipQuestion(status: NodeStatus): Question<NodeStatus> {
  const calls = [getBlock(status.height)];
  return question([batch(calls)], ([answer]) => {
    if (answer?.kind === 'failed') return ok(status);
    const optional = new OptionalFacts();
    const block = optional.read('block at its tip', () => {
      const [result] = readBatch(calls, answer);
      return result === undefined || 'error' in result ? null : resultOf(blockSchema, result);
    });
    const tip = block ? [{ height: status.height, hash: block.blockhash }] : [];
    const missing = [...status.missing, ...optional.missing];
    return ok({ ...status, missing, blockTimeMs: block?.blockTime ?? undefined, hashes: [...status.hashes, ...tip] });
  });
}

function getBlock(slot: number) {
  const without = { transactionDetails: 'none', rewards: false, maxSupportedTransactionVersion: 0 };
  return call('getBlock', slot, { ...without, commitment: 'finalized' });
}

/** A skipped slot has no block, a cleaned-up one is an error: then there is no hash. */
function blockHash(slot: number, result: CallResult | undefined): readonly BlockHash[] {
  if (result === undefined || 'error' in result) return [];
  const block = resultOf(blockSchema, result);
  return block === null ? [] : [{ height: slot, hash: block.blockhash }];
}

/** 0: healthy. undefined: unhealthy, and it does not know how far behind. */
function slotsBehind(result: CallResult | undefined): number | undefined {
  if (errorCodeOf(result) !== NODE_UNHEALTHY) {
    resultOf(v.literal('ok', '"ok"'), result);
    return 0;
  }
  if (result === undefined || !('error' in result)) return undefined;
  const data = v.safeParse(unhealthySchema, result.error.data ?? undefined);
  if (!data.success) throw refusalOf(result);
  return data.output.numSlotsBehind ?? undefined;
}

function peersQuestion(): Question<NodePeers> {
  const calls = [call('getIdentity'), call('getClusterNodes')];
  return question([batch(calls, CLUSTER_LIMITS)], ([answer]) => {
    const [identity, nodes] = readBatch(calls, answer);
    const ownPeerId = resultOf(v.object({ identity: base58 }), identity).identity;
    const cluster = resultIfOffered(clusterSchema, nodes) ?? [];
    return ok({
      ownPeerId,
      peers: cluster
        .filter(({ pubkey }) => pubkey !== ownPeerId)
        .map(({ pubkey, gossip }) => ({
          id: pubkey,
          address: parsePeerAddress(gossip ?? ''),
          inbound: undefined,
          connectedSeconds: undefined,
        })),
    });
  });
}
