import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import type { FleetWatch } from '../../../shared/fleet/observation.ts';
import { readView, seenLately, viewFleet } from '../../../shared/guardrails/fleet-view.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet();
const agoMs = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const part = (minutes: number, ...names: readonly string[]) => ({
  observedAtMs: agoMs(minutes),
  nodes: names.map((name) => observedNode({ name, instanceId: `i-${name}`, health: 'synced' })),
});
const watched = (minutes: number): FleetWatch => ({
  observedAtMs: agoMs(minutes),
  tip: 900_000,
  tipSinceMs: agoMs(minutes),
  tipSeenAtMs: agoMs(minutes),
  haltedSinceMs: agoMs(minutes + 20),
  canonical: { height: 899_990, hash: '0xa' },
  chainId: 'mainnet',
  references: [],
  conditions: {},
  paged: {},
  gone: [{ instanceId: 'i-lost', name: 'lost', sinceMs: agoMs(minutes) }],
  sharedNames: { twin: agoMs(minutes) },
  version: 1,
});
const view = (observations: readonly ReturnType<typeof part>[], watch?: FleetWatch) =>
  viewFleet(fleet, { observations, watch }, NOON_MS);

describe('the view of a fleet', () => {
  it('of which nobody is left is no blind one while it is watched, and its breaker holds nothing', () => {
    const empty = { observedAtMs: agoMs(1), nodes: [] };
    expect(view([empty], watched(1)).breaker).toMatchObject({ open: false, sentence: 'none of its nodes is left' });
    expect(view([empty], watched(10)).breaker).toMatchObject({ open: true, isBlind: true });
    expect(view([part(10, 'node1')], watched(1)).breaker).toMatchObject({ open: true, isBlind: true });
  });

  it('knows how its nodes are for three minutes, and which they are for ever', () => {
    const names = (minutes: number) => {
      const { nodes, lastSeen, breaker } = view([part(minutes, 'node1', 'node2')]);
      return [nodes.length, lastSeen.length, breaker.isBlind === true];
    };
    expect([names(3), names(3.01), names(600)]).toEqual([
      [2, 2, false],
      [0, 2, true],
      [0, 2, true],
    ]);
  });

  it('is whole only where all parts were observed lately, and says since when it is not', () => {
    expect(view([part(1, 'node1'), part(2, 'node2')]).observed).toEqual({ kind: 'known', value: agoMs(2) });
    expect(view([part(1, 'node1'), part(9, 'node2')])).toMatchObject({
      observed: { kind: 'unknown', sinceMs: agoMs(9), why: 'bitcoin was last observed 9 min ago' },
      nodes: [{ name: 'node1' }],
      health: [
        { instanceId: 'i-node1', health: 'synced', isKnown: true },
        { instanceId: 'i-node2', health: 'unknown', isKnown: false },
      ],
    });
    expect(view([]).observed).toEqual({ kind: 'unknown', sinceMs: null, why: 'bitcoin was never observed' });
  });

  it('judges tip, halt, missing nodes and pages of one watch by one age', () => {
    expect(view([], watched(3))).toMatchObject({
      watch: { kind: 'known' },
      tip: 900_000,
      haltedSinceMs: agoMs(23),
      gone: [{ name: 'lost' }],
      pages: [],
    });
    expect(view([], watched(60))).toMatchObject({
      watch: { kind: 'unknown', sinceMs: agoMs(60), why: 'it was last watched 60 min ago' },
      tip: null,
      haltedSinceMs: null,
      gone: null,
      pages: null,
    });
    expect(view([]).watch).toEqual({ kind: 'unknown', sinceMs: null, why: 'nobody has watched it yet' });
  });

  it('keeps of an old watch what time does not change: its network, a block of its chain, doubled names', () => {
    expect(view([], watched(600))).toMatchObject({
      chainId: 'mainnet',
      canonical: { height: 899_990 },
      sharedNames: new Set(['twin']),
    });
  });

  it('gives one node with the time at which it was seen', () => {
    const parts = [part(9, 'node1'), part(1, 'node2')];
    expect(seenLately(parts, 'i-node2', NOON_MS)).toMatchObject({ node: { name: 'node2' }, observedAtMs: agoMs(1) });
    expect(seenLately(parts, 'i-node1', NOON_MS)).toBeNull();
  });

  it('is of one reading', async () => {
    const reading = { observations: [part(1, 'node1')], watch: watched(1) };
    const none = { observations: [], watch: undefined };
    const store = { readFleetReading: async (name: string) => (name === 'bitcoin' ? reading : none) };
    expect(await readView(store, fleet, NOON_MS)).toEqual(view([part(1, 'node1')], watched(1)));
  });
});

/** What asks about a reading that never was stored: a moment of the past, and a sweep before it is written. */
const OF_OTHER_READINGS = [
  'functions/watch-fleet/fleet-health.ts',
  'functions/watch-fleet/pages.ts',
  'infra/commands/backtest/ladder-then.ts',
  'shared/guardrails/breaker.ts',
  'shared/guardrails/fleet-view.ts',
];

describe('nobody beside it', () => {
  const sources = globSync(['functions/**/*.ts', 'shared/**/*.ts', 'infra/commands/**/*.ts'], { cwd: repositoryRoot });
  const that = (pattern: RegExp): readonly string[] =>
    sources.filter((path) => pattern.test(readFileSync(join(repositoryRoot, path), 'utf8'))).sort();

  it('reads the breaker', () => {
    expect(that(/\breadBreaker\(/)).toEqual(OF_OTHER_READINGS);
  });

  it('knows how old an observation may be', () => {
    expect(that(/\bOBSERVATION_VALID_MS\b/)).toEqual(['shared/guardrails/fleet-view.ts']);
  });
});
