// The beacon API of an execution client's consensus client. The form: github.com/ethereum/beacon-APIs, as in test/fixtures/chain-samples.ts. A slot
// here is one block interval; slots during a halt of the chain were missed.
import { createHash } from 'node:crypto';
import type { HttpRequest } from '../../simulator/network/network.ts';
import { json, type Response, target, text } from './http.ts';
import type { Blocks } from './rpc-facts.ts';

export interface BeaconFacts {
  readonly blocks: Blocks;
  readonly blockIntervalMs: number;
  /** The execution block in its head. */
  readonly height: number;
  readonly nowMs: number;
  readonly depositChainId: string;
  readonly peerCount: number;
  /** Its own database is loading. */
  readonly loading: boolean;
  readonly executionOffline: boolean;
  readonly executionBehind: boolean;
  /** It hangs without noticing. */
  readonly believesSynced: boolean;
  readonly peerId: string;
}

/** A beacon node that is so many slots behind reports that it is syncing (lighthouse, SYNC_TOLERANCE_EPOCHS is 2 epochs of 32). */
const TOLERATED_SLOTS = 64;

export function beaconAnswer(asked: BeaconFacts, request: HttpRequest): Response {
  const { path } = target(request);
  if (asked.loading) return json({ code: 503, message: 'Beacon node is currently initializing' }, 503);
  switch (path) {
    case '/eth/v1/node/syncing':
      return data(syncing(asked));
    case '/eth/v1/beacon/genesis':
      return data(genesis(asked));
    case '/eth/v1/config/spec':
      return data({ SECONDS_PER_SLOT: String(slotSeconds(asked)), DEPOSIT_CHAIN_ID: asked.depositChainId });
    case '/eth/v1/node/version':
      return data({ version: 'Lighthouse/v8.2.2-e423a66/x86_64-linux' });
    case '/eth/v1/node/peer_count':
      return data({ disconnected: '12', connecting: '0', connected: String(asked.peerCount), disconnecting: '0' });
    case '/eth/v1/node/identity':
      return data(identity(asked));
    case '/eth/v1/node/peers':
      return json({ data: peers(asked), meta: { count: asked.peerCount } });
    default: {
      const [, block] = /^\/eth\/v1\/beacon\/headers\/(head|\d{1,12})$/.exec(path) ?? [];
      return block === undefined ? text('Not Found', 404) : header(asked, block);
    }
  }
}

function syncing(asked: BeaconFacts) {
  const head = slotOf(asked, asked.height);
  const distance = asked.believesSynced ? 0 : Math.max(0, slotAt(asked, asked.nowMs) - head);
  return {
    head_slot: String(head),
    sync_distance: String(distance),
    is_syncing: distance > TOLERATED_SLOTS,
    is_optimistic: asked.executionBehind,
    el_offline: asked.executionOffline,
  };
}

const genesis = (asked: BeaconFacts) => ({
  genesis_time: String(genesisSeconds(asked)),
  genesis_validators_root: `0x${asked.blocks.hash(0)}`,
  genesis_fork_version: '0x00000000',
});

function header(asked: BeaconFacts, block: string): Response {
  const height = block === 'head' ? asked.height : heightIn(asked, Number(block));
  if (height === undefined) return json({ code: 404, message: 'Block not found' }, 404);
  return json({
    execution_optimistic: asked.executionBehind,
    finalized: false,
    data: {
      root: `0x${asked.blocks.hash(height)}`,
      canonical: true,
      header: {
        message: {
          slot: String(slotOf(asked, height)),
          proposer_index: '787092',
          parent_root: `0x${asked.blocks.hash(Math.max(0, height - 1))}`,
          state_root: `0x${asked.blocks.hash(height)}`,
          body_root: `0x${asked.blocks.hash(height)}`,
        },
        signature: `0x${asked.blocks.hash(height).repeat(3)}`,
      },
    },
  });
}

const peers = ({ peerCount, peerId }: BeaconFacts) =>
  Array.from({ length: peerCount }, (_, index) => {
    const peer_id = `16Uiu2HA${createHash('sha256').update(`${peerId}/${index}`).digest('hex').slice(0, 45)}`;
    const address = `/ip4/203.0.113.${1 + (index % 254)}/tcp/9000/p2p/${peer_id}`;
    const direction = index % 4 === 3 ? 'inbound' : 'outbound';
    return { peer_id, enr: null, last_seen_p2p_address: address, state: 'connected', direction };
  });

const identity = ({ peerId }: BeaconFacts) => ({
  peer_id: peerId,
  enr: `enr:-${Buffer.from(peerId).toString('base64url')}`,
  p2p_addresses: [],
  discovery_addresses: [],
  metadata: { seq_number: '1', attnets: '0x0000000000000000', syncnets: '0x0f' },
});

const data = (value: unknown): Response => json({ data: value });

const slotSeconds = ({ blockIntervalMs }: BeaconFacts): number => Math.max(1, Math.round(blockIntervalMs / 1_000));

/** Before all blocks of this run, and such that block heights and slots have the same order of magnitude. */
const genesisSeconds = (asked: BeaconFacts): number => Math.floor(asked.blocks.blockTimeMs(0) / 1_000);

const slotAt = (asked: BeaconFacts, ms: number): number =>
  Math.max(0, Math.floor((ms / 1_000 - genesisSeconds(asked)) / slotSeconds(asked)));

const slotOf = (asked: BeaconFacts, height: number): number => slotAt(asked, asked.blocks.blockTimeMs(height));

/** The block of a slot. Heights are never above slots, so only lower heights are searched. */
function heightIn(asked: BeaconFacts, slot: number): number | undefined {
  let low = 0;
  let high = asked.height;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (slotOf(asked, middle) < slot) low = middle + 1;
    else high = middle;
  }
  return slotOf(asked, low) === slot ? low : undefined;
}
