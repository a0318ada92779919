// A fleet that takes clean snapshots, and what of it decides which are good, due and past their date.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import type { GoodInput } from '../../shared/snapshots/ranking.ts';
import { type SetContext, setsOf } from '../../shared/snapshots/sets.ts';
import { ACCOUNT, bitcoinFleet } from './builders/fleet.ts';
import { NOON_MS } from './builders/time.ts';

export const fleetOf = (more: object = {}): Fleet =>
  bitcoinFleet({ health: { stuckSeconds: 600 }, snapshots: { clean: {} }, ...more });

/** Two volumes, whose tags tell them apart. */
export const twoVolumes = (more: object = {}): Fleet =>
  fleetOf({
    volumes: {
      data: { path: '/var/lib/bitcoind', tag: { Component: 'nodes/bitcoin', Role: 'data' } },
      ancient: { path: '/var/lib/ancient', tag: { Component: 'nodes/bitcoin', Role: 'ancient' } },
    },
    ...more,
  });

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
