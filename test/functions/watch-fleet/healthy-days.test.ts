// No false alarm: fleets in which nothing is wrong, for a thousand days of a slow chain and a hundred of a fast one, at the chain's own
// block interval and as irregular as there.
//
// What is compressed, and why that is right:
// - Only the decision is played, no region: `judgeFleet` is all that calls a node sick, and it depends on nothing but its arguments.
// - Two nodes and two references stand for a fleet. More voices only make a verdict harder: it needs half of all of them.
// - A look at which every source has the same height as the one before is left out, except for the clocks that it moves: such a look names nobody, as the
//   first test shows, and moves nothing else. The next look is then judged with the clocks as they would be.
// - A chain whose blocks come within seconds has no quiet look. Its days are alike: no gap in it is longer than some minutes. So it is played for fewer
//   days (`DAYS`), and each look of those is judged.
import { describe, expect, it } from '@jest/globals';
import { judgeFleet } from '../../../functions/watch-fleet/fleet-health.ts';
import { OVERDUE_MS } from '../../../functions/watch-fleet/node-health.ts';
import { BlockMoments, rhythmOf } from '../../../local/nodes/rhythm.ts';
import { randomStream } from '../../../local/simulator/random.ts';
import { chainDefaults, type KnownChain } from '../../../shared/chains/defaults.ts';
import { follow } from '../../../shared/fleet/progress.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { statusAt, T0, Watched } from '../../fixtures/sights.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Named, the suite runs in full. */
const PART = isAsked('healthy-days') ? 1 : 0.02;
const DAYS: Readonly<Partial<Record<KnownChain, number>>> = {
  ...{ bitcoin: 1000, litecoin: 1000, dogecoin: 1000, stacks: 1000 },
  ...{ ethereum: 100, bsc: 100, cometbft: 100, solana: 100 },
};

const fleetOf = (chain: KnownChain) =>
  parseFleet({
    ...{ fleet: 'well', chain, mode: 'plan', nodes: { tag: { Component: 'nodes' } }, role: 'follower' },
    ...{ volumes: { data: '/data' }, rpc: { port: 8332 } },
  });

/** How long a block takes to a source, in ms: seconds as a rule, at times twenty; and a reference behind a cache that is always late. */
const SLOW_REFERENCE_MS = 70_000;
const LATEST_MS = 20_000;
/** Nodes and references are not all read at one moment of a sweep. */
const READING_MS = 8_000;
/** The function is deployed anew, or fails: so often it does not look for some minutes. */
const RESTARTS = 0.002;

const MOST_SECOND_LOOKS = 0.04;

const NODES = ['node1', 'node2'] as const;
const ALARMING = new Set(['behind', 'stuck', 'forked', 'unreachable']);

interface Days {
  readonly alarms: readonly string[];
  readonly looks: number;
  readonly judged: number;
  /** Second looks. */
  readonly again: number;
}

function healthyDays(chain: KnownChain, days: number, seed: number, compressed = true): Days {
  const random = randomStream(seed, `healthy/${chain}`);
  const rhythm = rhythmOf(chain);
  const intervalMs = chainDefaults[chain].blockSeconds * 1_000;
  const alarms: string[] = [];
  const watched = new Watched(fleetOf(chain));
  let [looks, judged, again] = [0, 0, 0];
  const sources = [...NODES, 'reference', 'slow reference'];
  // Blocks are drawn for each day by themselves: what a chain has made of blocks before does not matter to the next ones.
  let height = 1_000_000;
  const seen = new Map<string, number>();
  let [fromMs, quiet] = [T0, ''];
  for (let day = 0; day < days; day++, fromMs += DAY_MS) {
    const moments = new BlockMoments({ rhythm, regularUpTo: height, random: randomStream(seed, `${chain}/${day}`) });
    const startMoment = height;
    const tipAt = (atMs: number): number =>
      Math.max(startMoment, moments.heightAt(startMoment + Math.max(0, atMs - fromMs) / intervalMs));
    const lateBy = (name: string, block: number): number => {
      if (name === 'slow reference') return SLOW_REFERENCE_MS;
      // The same delay for the same block and source, whenever it is asked.
      const draw = randomStream(seed, `${name}/${block}`);
      const spread = Math.sqrt(-2 * Math.log(1 - draw.next())) * Math.cos(2 * Math.PI * draw.next());
      return Math.min(LATEST_MS, 1_500 * Math.exp(spread));
    };
    const heightOf = (name: string, atMs: number): number => {
      let own = tipAt(atMs);
      while (own > startMoment && fromMs + (moments.of(own) - startMoment) * intervalMs + lateBy(name, own) > atMs)
        own--;
      const most = Math.max(own, seen.get(name) ?? 0);
      seen.set(name, most);
      return most;
    };
    for (let atMs = fromMs; atMs < fromMs + DAY_MS; atMs += 60_000) {
      if (random.next() < RESTARTS) {
        atMs += 60_000 * random.integer(1, 9);
        quiet = '';
      }
      looks++;
      const nowMs = atMs + READING_MS;
      const heights = sources.map((name) => heightOf(name, atMs + random.integer(0, READING_MS)));
      const same = heights.join();
      const isLevel = heights.every((own) => own === heights[0]);
      if (compressed && isLevel && same === quiet) {
        passQuietly(watched, heights[0] ?? 0, nowMs);
        continue;
      }
      quiet = isLevel ? same : '';
      judged++;
      const [node1 = 0, node2 = 0, ...references] = heights;
      watched.sweep({ nodes: { node1, node2 }, references }, nowMs - watched.nowMs);
      const { late } = watched;
      if (late.length > 0) {
        again++;
        watched.lookAgain(Object.fromEntries(late.map((name) => [name, heightOf(name, nowMs + OVERDUE_MS)])));
      }
      for (const [name, health] of Object.entries(watched.health))
        if (ALARMING.has(health)) alarms.push(`day ${day}: ${name} ${health}: ${watched.node(name).reason}`);
      alarms.push(
        ...watched.conditions.map((code) => `day ${day}: ${code}: ${watched.watch?.conditions[code]?.reason}`),
      );
    }
    // Sources that are late have the last blocks of a day when the next one begins.
    height = tipAt(fromMs + DAY_MS);
  }
  return { alarms, looks, judged, again };
}

/** What a look leaves behind at which all sources have the height that they had at the look before, and nothing else happens. */
function passQuietly(watched: Watched, height: number, nowMs: number): void {
  const status = statusAt({ height }, []);
  watched.nowMs = nowMs;
  watched.nodes = new Map(
    [...watched.nodes].map(([id, node]) => [
      id,
      { ...node, ...(node.memory && { memory: { ...node.memory, track: follow(node.memory.track, status, nowMs) } }) },
    ]),
  );
  const { watch } = watched;
  if (!watch) return;
  const references = watch.references.map((one) => ({
    ...one,
    ...(one.memory && { memory: follow(one.memory, status, nowMs) }),
  }));
  watched.watch = { ...watch, references, observedAtMs: nowMs, tipSeenAtMs: nowMs };
}

describe('a fleet in which nothing is wrong', () => {
  it.each(sampled('healthy-days', ['bitcoin', 'stacks'] as const, 2))(
    'of %s is judged the same with and without its quiet looks',
    (chain) => {
      const [short, whole] = [true, false].map((compressed) => healthyDays(chain, 2, 7, compressed));
      expect([short?.alarms, whole?.alarms, short?.looks]).toEqual([[], [], whole?.looks]);
      expect(short?.judged).toBeLessThan((whole?.judged ?? 0) * 0.9);
    },
  );

  it('is judged after a quiet look as after one that was played', () => {
    const [played, left] = [new Watched(fleetOf('bitcoin')), new Watched(fleetOf('bitcoin'))];
    const same = { nodes: { node1: 1000, node2: 1000 }, references: [1000, 1000] };
    for (const watched of [played, left]) watched.sweep(same).sweep(same);
    played.sweep(same);
    passQuietly(left, 1000, left.nowMs + 60_000);
    const next = { nodes: { node1: 1003, node2: 1000 }, references: [1003, 1003] };
    expect(judgeFleet(left.sight(next)).nodes.map(({ node }) => [node.health, node.reason])).toEqual(
      judgeFleet(played.sight(next)).nodes.map(({ node }) => [node.health, node.reason]),
    );
    expect([...left.nodes.values()].map(({ memory }) => memory?.track)).toEqual(
      [...played.nodes.values()].map(({ memory }) => memory?.track),
    );
  });

  it.each(sampled('healthy-days', Object.entries(DAYS), 3))(
    'of %s is never called sick',
    (chain, days) => {
      const played = Math.max(2, Math.round(days * PART));
      const { alarms, looks, again } = healthyDays(chain as KnownChain, played, 1);
      expect(alarms).toEqual([]);
      expect(looks).toBeGreaterThan(played * 1_400);
      // A second look is rare: it costs twenty seconds of the function, and a command on each node that is late.
      expect(again / looks).toBeLessThan(MOST_SECOND_LOOKS);
    },
    900_000,
  );
});
