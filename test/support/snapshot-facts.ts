// A fleet's snapshots as the tests of what is good, due and past its date need them: what is said is one line, and the rest is usual.
import type { Fleet } from '../../shared/fleet/model.ts';
import { parseFleet } from '../../shared/fleet/resolve.ts';
import { FLEET_TAG, INCIDENT_TAG, NODE_TAG } from '../../shared/model/tags.ts';
import { ledgerTags, readLedger } from '../../shared/snapshots/ledger.ts';
import type { Ledger, SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import type { GoodInput } from '../../shared/snapshots/ranking.ts';
import { type SetContext, setsOf } from '../../shared/snapshots/sets.ts';

export const NOON_MS = Date.parse('2026-11-20T12:00:00Z');
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const ACCOUNT = '111122223333';

export const fleetOf = (more: object = {}): Fleet =>
  parseFleet({
    fleet: 'bitcoin',
    chain: 'bitcoin',
    mode: 'act',
    nodes: { tag: { Component: 'nodes/bitcoin' } },
    role: 'follower',
    health: { stuckSeconds: 600 },
    snapshots: { clean: {} },
    ...more,
  });

/** Two volumes, whose tags tell them apart. */
export const twoVolumes = (more: object = {}): Fleet =>
  fleetOf({
    volumes: {
      data: { path: '/var/lib/bitcoind', tag: { Component: 'nodes/bitcoin', Role: 'data' } },
      ancient: { path: '/var/lib/ancient', tag: { Component: 'nodes/bitcoin', Role: 'ancient' } },
    },
    ...more,
  });

export interface Taken {
  readonly id?: string;
  readonly node?: string;
  readonly role?: string;
  /** Before noon; an hour unless given. */
  readonly hoursAgo?: number;
  /** Of a lifecycle policy, which writes no ledger. */
  readonly policy?: string;
  readonly volumeId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly ledger?: Partial<Ledger>;
  readonly more?: Partial<Omit<SnapshotFact, 'ledger' | 'tags'>>;
}

/** Taken of a node that was stopped cleanly, by a heal of ours; or by a policy. */
export function snapshot({
  id,
  node = 'node1',
  role = 'data',
  hoursAgo = 1,
  policy,
  ...rest
}: Taken = {}): SnapshotFact {
  const snapshotId = id ?? `snap-${node}-${role}-${hoursAgo}`;
  const written: Partial<Ledger> =
    policy !== undefined
      ? {}
      : {
          ...{ fleet: 'bitcoin', node, role, setId: `${node}-${hoursAgo}`, parts: 1, cleanStop: true },
          ...{
            height: 100,
            blockHash: 'aa',
            chainId: 'main',
            client: 'satoshi',
            clientVersion: '27.0.0',
            mode: 'pruned',
          },
        };
  const tags = {
    ...(policy === undefined ? { [INCIDENT_TAG]: 'a1b2c3d4' } : { Component: 'nodes/bitcoin' }),
    ...ledgerTags({ ...readLedger({}), ...written, ...rest.ledger }),
    ...rest.tags,
  };
  return {
    snapshotId,
    volumeId: rest.volumeId ?? `vol-${node}-${role}`,
    sizeGiB: 500,
    startedAtMs: NOON_MS - hoursAgo * HOUR_MS,
    state: 'completed',
    encrypted: true,
    kmsKeyId: null,
    ownerId: ACCOUNT,
    policyId: policy ?? null,
    locked: false,
    archived: false,
    ...rest.more,
    tags,
    ledger: readLedger(tags),
  };
}

export const contextOf = (
  fleet: Fleet = fleetOf(),
  nodes: readonly string[] = ['node1', 'node2', 'node3'],
): SetContext => ({
  fleet,
  volumes: new Map(
    nodes.flatMap((node) => fleet.volumes.map(({ role }) => [`vol-${node}-${role}`, { node, role }] as const)),
  ),
  nodeNames: new Set(nodes),
});

export const setsFrom = (facts: readonly SnapshotFact[], fleet: Fleet = fleetOf()): readonly SnapshotSet[] =>
  setsOf(facts, contextOf(fleet));

/** node1, a follower that has been in trouble since noon. */
export const demand = (more: Partial<GoodInput> = {}): GoodInput => ({
  fleet: fleetOf(),
  node: 'node1',
  role: 'follower',
  siblings: new Map([
    ['node2', 'follower'],
    ['node3', 'follower'],
  ]),
  sets: [],
  faultSinceMs: NOON_MS,
  chainId: 'main',
  client: { client: 'satoshi', version: '27.1.0' },
  dataMode: 'pruned',
  accounts: [ACCOUNT],
  unusableKeys: new Map(),
  hashes: new Map([[100, 'aa']]),
  tried: [],
  ...more,
});

export const tagged = (fleet: string, node: string): Record<string, string> => ({
  [FLEET_TAG]: fleet,
  [NODE_TAG]: node,
});
