// How many restarts may begin, and of which nodes: a table of steps, one of fleet sizes, and what must hold whatever happens.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Health } from '../../../shared/fleet/observation.ts';
import { readBreaker } from '../../../shared/guardrails/breaker.ts';
import { nodesNow, OBSERVATION_VALID_MS } from '../../../shared/guardrails/fleet-view.ts';
import {
  endRestart,
  judgePace,
  type PaceFacts,
  type PaceRecord,
  paceOf,
  reserveInPace,
  type SeenRestart,
  seenRestarts,
  type Waiting,
} from '../../../shared/guardrails/pace.ts';
import { judgeClass } from '../../../shared/guardrails/replace.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

interface World {
  readonly health: readonly Health[];
  readonly zones: number;
  readonly percent?: number;
  readonly nowMs?: number;
  readonly sinceMs?: number;
  readonly syncing?: readonly number[];
}

const ZONES = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const id = (at: number): string => `i-${String(at).padStart(2, '0')}`;
const zoneOf = (at: number, zones: number): string => ZONES[at % zones] ?? '';

function factsOf(
  { health, zones, percent = 25, nowMs = NOON_MS, sinceMs = NOON_MS - 10 * MINUTE_MS, syncing = [] }: World,
  restarts: readonly SeenRestart[] = [],
  waiting?: readonly Waiting[],
): PaceFacts {
  const { breaker: limits } = bitcoinFleet({ breaker: { restartPercent: percent } });
  const nodes = health.map((one, at) => ({
    ...{ instanceId: id(at), availabilityZone: zoneOf(at, zones), health: one, sinceMs },
    ...(syncing.includes(at) && { syncing: true as const }),
  }));
  const observations = [{ observedAtMs: nowMs, nodes }];
  return {
    ...{ nowMs, limits, restarts },
    breaker: readBreaker({ breaker: limits }, nodesNow(observations, nowMs)),
    nodes: nodesNow(observations, nowMs),
    waiting:
      waiting ??
      nodes.flatMap(({ instanceId, health: one }, at) =>
        one === 'stuck' ? [{ instanceId, onsetMs: sinceMs + at, hasWaited: true }] : [],
      ),
  };
}

const many = (count: number, health: Health): Health[] => Array.from({ length: count }, () => health);
const fleet = (sick: number, well: number, zones = 3): World => ({
  health: [...many(sick, 'stuck'), ...many(well, 'synced')],
  zones,
});

const restart = (at: number, is: SeenRestart['is'], minutesAgo = 5, zones = 3): SeenRestart => {
  const base = { key: `k${at}`, execution: `e${at}`, incidentId: `x${at}`, instanceId: id(at), node: `node${at}` };
  const atMs = NOON_MS - minutesAgo * MINUTE_MS;
  const over = is === 'under-way' || is === 'lost' ? {} : { ended: { as: is, atMs: atMs + MINUTE_MS, reason: 'why' } };
  return { ...base, zone: zoneOf(at, zones), atMs, inWave: true, is, ...over };
};
/** It began while the breaker was closed. */
const alone = ({ inWave: _, ...one }: SeenRestart): SeenRestart => one;
const proved = (count: number): SeenRestart[] => Array.from({ length: count }, (_, at) => restart(at, 'proved'));

describe('the pace of restarts', () => {
  /** [what, the fleet, its restarts, who may begin now] */
  it.each<[string, World, readonly SeenRestart[], readonly number[]]>([
    ['one sick node is restarted at once', fleet(1, 4), [], [0]],
    ['two of ten are too, in two zones', fleet(2, 8), [], [0, 1]],
    ['of eight of ten one goes first', fleet(8, 2), [], [0]],
    ['while it is under way nobody follows', fleet(8, 2), [restart(0, 'under-way')], []],
    ['its proof lets two go', fleet(8, 2), [restart(8, 'proved')], [0, 1]],
    [
      'the second of them does not wait for the first',
      fleet(8, 2),
      [restart(8, 'proved'), restart(0, 'under-way')],
      [1],
    ],
    [
      'with three proofs four would go, and the share is two',
      fleet(8, 2),
      proved(3).map((one, at) => ({ ...one, instanceId: id(9 - at) })),
      [0, 1],
    ],
    ['in a fleet of forty they do, two zones with two each', fleet(30, 10, 2), proved(3), [0, 1, 2, 3]],
    [
      'a zone has its share, and the next zone goes on',
      fleet(8, 2),
      [restart(9, 'proved'), restart(0, 'under-way')],
      [1],
    ],
    ['one that was undone proves nothing and stops nothing', fleet(8, 2), [restart(9, 'undone')], [0]],
    ['nor does one whose attempt is lost', fleet(8, 2), [restart(9, 'lost')], [0]],
    ['a canary that failed stops the wave', fleet(8, 2), [restart(0, 'failed')], []],
    ['one that is not proved after two hours does, too', fleet(8, 2), [restart(0, 'under-way', 121)], []],
    ['one failure of three does not', fleet(8, 2), [...proved(2), restart(7, 'failed')], [0, 1]],
    [
      'a wave that failed this morning stops the wave of now, as long as somebody is sick from then',
      { ...fleet(8, 2), sinceMs: NOON_MS - 9 * HOUR_MS },
      [restart(0, 'failed', 8 * 60)],
      [],
    ],
    ['not when all of them were well since', fleet(8, 2), [restart(0, 'failed', 8 * 60)], [0]],
    [
      'proofs of an earlier wave make no canary',
      fleet(8, 2),
      proved(4).map((one) => ({
        ...one,
        atMs: NOON_MS - HOUR_MS,
        ended: { as: 'proved', atMs: NOON_MS - 50 * MINUTE_MS, reason: '' },
      })),
      [0],
    ],
    ['what waits when the breaker closes keeps its pace', fleet(2, 8), [restart(9, 'failed')], [0]],
    [
      'most of the fleet unknown: nobody is restarted',
      { health: [...many(2, 'stuck'), ...many(6, 'unknown'), ...many(2, 'synced')], zones: 3 },
      [],
      [],
    ],
    [
      'nor where more are unknown than are proved to be sick',
      { health: [...many(2, 'stuck'), ...many(3, 'busy'), ...many(5, 'synced')], zones: 3 },
      [],
      [],
    ],
    [
      'new nodes that sync are no part of any wave',
      { health: ['stuck', ...many(4, 'behind'), ...many(4, 'synced')], zones: 3, syncing: [1, 2, 3, 4] },
      [],
      [0],
    ],
    ['one that failed before there was a wave says nothing of it', fleet(8, 2), [alone(restart(9, 'failed'))], [0]],
    ['after the trouble, one that was undone keeps nobody waiting', fleet(2, 8), [restart(9, 'undone')], [0, 1]],
    ['nor one whose attempt is lost', fleet(2, 8), [restart(9, 'lost')], [0, 1]],
    ['a proof counts for half an hour', fleet(8, 2), [restart(8, 'proved', 31)], [0, 1]],
    ['and not for longer', fleet(8, 2), [restart(8, 'proved', 32)], [0]],
    [
      'restarts that follow each other within half an hour are one wave, in whatever order they are written',
      fleet(30, 10, 2),
      [67, 36, 5].map((minutesAgo, at) => restart(39 - at, 'proved', minutesAgo, 2)),
      [0, 1, 2, 3],
    ],
    [
      'what was proved hours before does not widen the wave of now',
      fleet(30, 10, 2),
      [300, 299, 5].map((minutesAgo, at) => restart(39 - at, 'proved', minutesAgo, 2)),
      [0, 1],
    ],
  ])('%s', (_, world, restarts, next) => {
    expect(paceOf(factsOf(world, restarts)).next).toEqual(next.map(id));
  });

  /** A restart that began `from` minutes ago and ended `until` minutes ago. */
  const ended = (at: number, as: 'proved' | 'failed', from: number, until: number): SeenRestart => ({
    ...restart(at, as, from),
    ended: { as, atMs: NOON_MS - until * MINUTE_MS, reason: 'why' },
  });

  it.each<[string, World, readonly SeenRestart[], boolean]>([
    ['a restart that is under way for two hours', fleet(8, 2), [restart(0, 'under-way', 120)], false],
    ['one that is under way for longer', fleet(8, 2), [restart(0, 'under-way', 121)], true],
    [
      'as many proofs as failures, however long a proof took',
      fleet(8, 2),
      [ended(8, 'proved', 150, 20), ended(9, 'failed', 10, 5)],
      false,
    ],
    ['a failure of six hours ago, and trouble of today', fleet(8, 2), [restart(0, 'failed', 361)], true],
    ['an earlier one, and trouble since', fleet(8, 2), [restart(0, 'failed', 362)], false],
    [
      'an earlier one, and trouble from that very moment',
      { ...fleet(8, 2), sinceMs: NOON_MS - 399 * MINUTE_MS },
      [restart(0, 'failed', 400)],
      true,
    ],
  ])('is stopped, or is not, by %s', (_, world, restarts, isStopped) => {
    expect(paceOf(factsOf(world, restarts)).stopped).toBe(isStopped ? 'not-helped' : null);
  });

  it('is stopped by one node that is sick from then, and not by one that was well all along', () => {
    const facts = factsOf(fleet(8, 2), [restart(0, 'failed', 8 * 60)]);
    const since = (at: number) =>
      paceOf({
        ...facts,
        nodes: facts.nodes.map((node) =>
          node.instanceId === id(at) ? { ...node, sinceMs: NOON_MS - 9 * HOUR_MS } : node,
        ),
      }).stopped;
    expect([since(3), since(9)]).toEqual(['not-helped', null]);
  });

  it('is a wave where one zone is in trouble, although the breaker is closed', () => {
    const health = Array.from({ length: 30 }, (_, at): Health => (at % 3 === 2 && at < 18 ? 'unreachable' : 'synced'));
    const facts = factsOf({ health, zones: 3 });
    expect(facts.breaker).toMatchObject({ open: false, zone: { name: 'eu-west-1c' } });
    expect(paceOf(facts)).toMatchObject({ isWave: true, isTrouble: true });
  });

  it('is crowded where more nodes are sick than may go', () => {
    const crowded = (sick: number, well: number) => paceOf(factsOf(fleet(sick, well))).isCrowded;
    expect([crowded(8, 2), crowded(2, 8), crowded(1, 9)]).toEqual([true, false, false]);
  });

  it('lets a full zone wait, and the next zone go before it', () => {
    const wants = (...nodes: readonly number[]): Waiting[] =>
      nodes.map((at, onsetMs) => ({ instanceId: id(at), onsetMs, hasWaited: true }));
    const restarts = [restart(9, 'proved'), restart(0, 'under-way')];
    expect(paceOf(factsOf(fleet(8, 2), restarts, wants(3, 1))).next).toEqual([id(1)]);
    // With room for two in each zone: what is under way already does not begin again.
    expect(paceOf(factsOf({ ...fleet(8, 2), percent: 50 }, restarts, wants(0, 3))).next).toEqual([id(3)]);
  });

  it('goes by the instance id where trouble began at the same moment', () => {
    const waiting = [2, 1].map((at) => ({ instanceId: id(at), onsetMs: 1, hasWaited: true }));
    expect(paceOf(factsOf(fleet(8, 2), [restart(9, 'proved')], waiting)).next).toEqual([id(1), id(2)]);
  });

  it('goes by the oldest trouble, and by what has waited before what has just come', () => {
    const waiting = [
      { instanceId: id(3), onsetMs: 1, hasWaited: false },
      { instanceId: id(1), onsetMs: 5, hasWaited: true },
      { instanceId: id(2), onsetMs: 4, hasWaited: true },
    ];
    expect(paceOf(factsOf(fleet(8, 2), [restart(9, 'proved')], waiting)).next).toEqual([id(2), id(1)]);
  });

  it('stops nobody for an old observation, and lets nobody go', () => {
    const facts = factsOf(fleet(8, 2));
    const old = [{ observedAtMs: NOON_MS - OBSERVATION_VALID_MS - 1, nodes: [] }];
    const breaker = readBreaker(bitcoinFleet(), nodesNow(old, NOON_MS));
    expect(paceOf({ ...facts, breaker })).toMatchObject({ free: 0, stopped: 'unknown' });
  });

  it('says why, to the node that waits and to people', () => {
    const me = { instanceId: id(5), name: 'node5', fleet: 'bitcoin' };
    const judge = (world: World, restarts: readonly SeenRestart[] = []) =>
      judgePace(paceOf(factsOf(world, restarts)), me);
    expect(judge(fleet(8, 2), [restart(0, 'under-way')])).toEqual({
      refuse: 'restarts-paced',
      reason:
        '8 of 10 nodes unhealthy or unknown, limit 2; one restart at a time, more after each proof (0 so far); now node0: node5 waits for its turn',
      page: true,
      retryAfterMs: 50_000,
    });
    expect(judge(fleet(8, 2))?.reason).toBe(
      '8 of 10 nodes unhealthy or unknown, limit 2; one restart at a time, more after each proof (0 so far): node5 waits for its turn',
    );
    expect(
      judge({ health: [...many(2, 'stuck'), ...many(6, 'unknown'), ...many(2, 'synced')], zones: 3 }),
    ).toMatchObject({
      refuse: 'breaker-open',
      reason: expect.stringMatching(
        /most of them are unknown, perhaps because chainmend does not see them: chainmend leaves node5 alone/,
      ),
    });
    expect(judge(fleet(8, 2), [restart(0, 'failed')])).toMatchObject({
      refuse: 'breaker-open',
      retryAfterMs: 300_000,
      reason: expect.stringMatching(
        /node0 was restarted first, and that did not help \(why\): chainmend leaves node5 alone/,
      ),
      page: true,
    });
    expect(
      judge(
        fleet(6, 24),
        [0, 1, 2, 3, 4, 6, 7].map((at) => alone(restart(at, 'under-way'))),
      ),
    ).toMatchObject({
      page: false,
      reason:
        '7 restarts at a time, 25 % of the fleet and of a zone; now node0, node1, node2, node3, node4, node6, node7: node5 waits for its turn',
    });
    // The wave is over, and one more node waits for a moment: there is nothing to be told.
    expect(judge(fleet(1, 5, 1), [{ ...restart(3, 'under-way', 5, 1) }])).toMatchObject({
      refuse: 'restarts-paced',
      page: false,
    });
    // Its chain's page names those who do not vote.
    const { breaker, ...more } = factsOf(fleet(3, 2));
    const halted = {
      code: 'own-chain-halted',
      status: 'holds',
      sinceMs: NOON_MS,
      seenAtMs: NOON_MS,
      reason: 'why',
    } as const;
    const told = paceOf({ ...more, breaker: { ...breaker, conditions: [halted] } });
    expect(judgePace(told, { instanceId: id(2), name: 'node2', fleet: 'bitcoin' })).toMatchObject({ page: false });
    // Two of three zones are well: it is told as the zone's, and by what a restart does not need.
    const zone = { health: ['synced', 'synced', 'unreachable', 'synced', 'synced', 'unreachable'], zones: 3 } as const;
    expect(judge(zone)).toMatchObject({ refuse: 'restarts-paced', page: false });
    expect(judge(zone, [restart(2, 'failed')])).toMatchObject({ refuse: 'zone-down', page: true });
  });
});

describe('a zone in trouble', () => {
  const at = (zones: number, sick: readonly number[], count = 9, as: Health = 'unreachable'): World => ({
    health: Array.from({ length: count }, (_, one) => (sick.includes(one) ? as : 'synced')),
    zones,
  });
  it.each<[string, World, string | undefined]>([
    ['all of one zone, and nobody else', at(3, [1, 4, 7]), 'eu-west-1b'],
    ['most of it', at(3, [1, 4]), 'eu-west-1b'],
    ['one of it', at(3, [1]), undefined],
    ['all of one zone, and one node elsewhere', at(3, [1, 4, 7, 2]), 'eu-west-1b'],
    ['most of a zone, and one node elsewhere', at(3, [1, 4, 2]), undefined],
    ['two zones', at(3, [1, 4, 7, 2, 5, 8]), undefined],
    ['nearly all of them', at(3, [...Array.from({ length: 10 }, (_, n) => n * 3 + 1), 0], 30), 'eu-west-1b'],
    ['a fleet of one zone', at(1, [1, 4, 7]), undefined],
    ['two zones, all of one of them', at(2, [1, 3, 5, 7]), 'eu-west-1b'],
    ['less than half of a large zone', at(2, [1, 3], 12), undefined],
    ['nodes that answer, and stand: each has its own trouble', at(3, [1, 4, 7], 9, 'stuck'), undefined],
  ])('is %s', (_, world, zone) => {
    expect(factsOf(world).breaker.zone?.name).toBe(zone);
  });
});

/** By hand: from how many nodes on so many restarts at a time, of the fleet and of a zone: a quarter, and one at least. */
const SHARE = (count: number): number =>
  count < 8 ? 1 : count < 12 ? 2 : count < 16 ? 3 : count < 20 ? 4 : Math.floor(count / 4);

describe('a wave over every fleet of 1 to 50 nodes in one to three zones', () => {
  const fleets = [1, 2, 3].flatMap((zones) => Array.from({ length: 50 }, (_, at) => [at + 1, zones] as const));

  it.each(fleets)('of %i nodes in %i zones: one canary, then more, and nothing is swapped', (size, zones) => {
    const sick = Math.ceil(size * 0.8);
    const steps: number[] = [];
    let restarts: readonly SeenRestart[] = [];
    let health = fleet(sick, size - sick, zones).health;
    for (let step = 0; health.includes('stuck') && step < 60; step++) {
      const facts = factsOf({ health, zones }, restarts);
      const { next, isWave } = paceOf(facts);
      const sickNow = health.filter((one) => one === 'stuck').length;
      // A swap and a replacement have the breaker, as ever.
      const replaced = judgeClass({
        ...{ class: 'replace', fleet: bitcoinFleet(), role: 'follower', haltedSinceMs: null, cause: 'unknown' },
        ...{ node: { instanceId: next[0] ?? '', name: 'x' }, breaker: facts.breaker },
        ...{ manual: false, acknowledgesValidator: false },
      });
      expect(replaced === null).toBe(!facts.breaker.open && facts.breaker.zone === undefined);
      expect(facts.breaker.open).toBe(sickNow > Math.max(1, Math.floor(size / 5)));
      steps.push(next.length);
      expect(next.length).toBeGreaterThan(0);
      expect(next.length).toBeLessThanOrEqual(SHARE(size));
      for (const zone of ZONES.slice(0, zones)) {
        const inZone = facts.nodes.filter((node) => node.zone === zone);
        const begun = inZone.filter(({ instanceId }) => next.includes(instanceId)).length;
        expect(begun).toBeLessThanOrEqual(SHARE(inZone.length));
      }
      const done = next.map((instanceId) => restart(Number(instanceId.slice(2)), 'proved', 1, zones));
      restarts = [...restarts, ...done.map((one) => (isWave ? one : { ...one, key: `${one.key}-alone` }))];
      health = health.map((one, at) => (next.includes(id(at)) ? 'synced' : one));
    }
    expect(health).not.toContain('stuck');
    if (sick > Math.max(1, Math.floor(size / 5))) expect(steps[0]).toBe(1);
    expect(steps.slice(0, 3).every((count, step) => count <= 2 ** step)).toBe(true);
  });
});

describe('whatever happens, the pace', () => {
  const health = fc.constantFrom<Health>('synced', 'stuck', 'unreachable', 'unknown', 'behind', 'busy', 'forked');
  const any = fc.record({
    health: fc.array(health, { minLength: 1, maxLength: 50 }),
    zones: fc.integer({ min: 1, max: 3 }),
    percent: fc.integer({ min: 1, max: 50 }),
    order: fc.array(fc.nat(1_000), { minLength: 50, maxLength: 50 }),
    acts: fc.array(fc.tuple(fc.nat(49), fc.constantFrom<SeenRestart['is']>('proved', 'failed', 'undone', 'lost')), {
      maxLength: 80,
    }),
  });

  it('is never a stampede, never more than a share, and never leaves the oldest behind', () => {
    fc.assert(
      fc.property(any, ({ health: start, zones, percent, order, acts }) => {
        const now = [...start];
        const restarts: SeenRestart[] = [];
        for (const [pick, result] of acts) {
          const waiting = now.flatMap((one, at) =>
            one === 'stuck' || one === 'unreachable'
              ? [{ instanceId: id(at), onsetMs: order[at] ?? 0, hasWaited: true }]
              : [],
          );
          const facts = factsOf({ health: now, zones, percent }, restarts, waiting);
          const { next, free, stopped, isWave } = paceOf(facts);
          const underWay = restarts.filter(({ is }) => is === 'under-way');
          const share = (count: number): number => Math.max(1, Math.floor((count * percent) / 100));
          expect(next.length).toBeLessThanOrEqual(free);
          if (next.length > 0) expect(underWay.length + next.length).toBeLessThanOrEqual(share(now.length));
          const proofs = restarts.filter(({ is }) => is === 'proved').length;
          if (isWave && next.length > 0) expect(underWay.length + next.length).toBeLessThanOrEqual(proofs + 1);
          for (const zone of new Set(next.map((one) => zoneOf(Number(one.slice(2)), zones)))) {
            const inZone = (instanceId: string): boolean => zoneOf(Number(instanceId.slice(2)), zones) === zone;
            const there = [...underWay.map(({ instanceId }) => instanceId), ...next].filter(inZone).length;
            expect(there).toBeLessThanOrEqual(share(now.filter((_, at) => zoneOf(at, zones) === zone).length));
          }
          // Nobody waits for nothing: with nobody under way and nothing to stop for, the oldest goes.
          const oldest = waiting.toSorted((a, b) => a.onsetMs - b.onsetMs || (a.instanceId < b.instanceId ? -1 : 1))[0];
          if (stopped === null && underWay.length === 0 && oldest) expect(next[0]).toBe(oldest.instanceId);
          const { open, isBlind, isMostlyUnknown } = facts.breaker;
          if (open && (isBlind || isMostlyUnknown)) expect(next).toEqual([]);
          const begun = isWave ? (one: SeenRestart) => one : alone;
          for (const instanceId of next)
            restarts.push({
              ...begun(restart(Number(instanceId.slice(2)), 'under-way', 0, zones)),
              key: `${restarts.length}`,
            });
          const going = restarts.findIndex(
            ({ is }, at) => is === 'under-way' && at >= pick % Math.max(1, restarts.length),
          );
          const one = restarts[going];
          if (!one) continue;
          restarts[going] = {
            ...one,
            is: result,
            ...(result !== 'lost' && { ended: { as: result as 'proved', atMs: NOON_MS, reason: '' } }),
          };
          if (result === 'proved') now[Number(one.instanceId.slice(2))] = 'synced';
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a place in the pace', () => {
  const world = fleet(8, 2);
  const seen = (record: PaceRecord | undefined) =>
    seenRestarts(record, () => ({ status: { state: 'running' }, unsettled: false }));
  const wanted = (at: number, execution = `e${at}`) => ({
    ...{ key: `k${at}`, execution, incidentId: `x${at}`, instanceId: id(at), node: `node${at}`, onsetMs: at },
  });
  const reserve = (record: PaceRecord | undefined, at: number, execution?: string) =>
    reserveInPace(record, factsOf(world, seen(record)), wanted(at, execution), 'bitcoin');
  const taken = (record: PaceRecord | undefined, at: number): PaceRecord => {
    const reserved = reserve(record, at);
    if (!('next' in reserved)) throw new Error(JSON.stringify(reserved));
    return reserved.next;
  };

  it('is taken by one canary alone: the second reads the first', () => {
    const first = taken(undefined, 4);
    expect(first).toMatchObject({ restarts: [{ key: 'k4', zone: 'eu-west-1b', inWave: true }], version: 1 });
    expect(reserve(first, 5)).toMatchObject({ refuse: 'restarts-paced' });
    expect(reserve(first, 4)).toEqual({ reserved: true });
    // A later attempt at the same restart has the place of the one before.
    expect(reserve(first, 4, 'later')).toMatchObject({ next: { restarts: [{ execution: 'later' }], version: 2 } });
  });

  it('ends with a word, and the first word stays', () => {
    const ended = endRestart(taken(undefined, 4), 'k4', { as: 'proved', atMs: NOON_MS, reason: 'it follows' });
    if (!('next' in ended)) throw new Error('left');
    expect(reserve(ended.next, 5)).toMatchObject({ next: { version: 3 } });
    const again = { as: 'failed', atMs: NOON_MS, reason: '' } as const;
    expect(endRestart(ended.next, 'k4', again)).toEqual({ leave: true });
    expect(endRestart(undefined, 'k4', again)).toEqual({ leave: true });
  });

  it('has a reason that ends, and is one restart’s alone', () => {
    const [four, five] = [taken(undefined, 4).restarts[0], taken(undefined, 5).restarts[0]];
    if (!four || !five) throw new Error('not taken');
    const both: PaceRecord = { restarts: [four, five], version: 2 };
    const failed = { as: 'failed', atMs: NOON_MS, reason: 'x'.repeat(500) } as const;
    expect(endRestart(both, 'k5', failed)).toEqual({
      next: { restarts: [four, { ...five, ended: { ...failed, reason: 'x'.repeat(200) } }], version: 3 },
    });
    expect(endRestart(both, 'none', failed)).toEqual({ leave: true });
  });

  it('is taken again by another restart of the same attempt, and by one that was undone', () => {
    const first = taken(undefined, 4);
    const again = (record: PaceRecord, more: object) => {
      const reserved = reserveInPace(record, factsOf(world, seen(record)), { ...wanted(4), ...more }, 'bitcoin');
      return 'next' in reserved
        ? reserved.next.restarts.map(({ key, ended }) => `${key} ${ended?.as ?? 'goes on'}`)
        : reserved;
    };
    expect(again(first, { key: 'second' })).toEqual(['second goes on']);
    const over = (as: 'proved' | 'undone'): PaceRecord => {
      const ended = endRestart(first, 'k4', { as, atMs: NOON_MS, reason: '' });
      if (!('next' in ended)) throw new Error('left');
      return ended.next;
    };
    expect(again(over('undone'), {})).toEqual(['k4 goes on']);
    expect(again(over('proved'), {})).toEqual({ reserved: true });
    expect(again(over('proved'), { key: 'second' })).toEqual(['k4 proved', 'second goes on']);
  });

  it('is written without a zone for a node that nobody has seen', () => {
    expect(reserve(undefined, 99)).toMatchObject({ next: { restarts: [{ key: 'k99', zone: '' }] } });
  });

  it('is remembered for a week, in a list that ends', () => {
    const past = (agoMs: number, at = 8): PaceRecord['restarts'][number] => {
      const { is: _, ...one } = alone(restart(at, 'proved'));
      return { ...one, key: `old-${agoMs}-${at}`, atMs: NOON_MS - agoMs };
    };
    const week = 7 * 24 * HOUR_MS;
    const kept = (restarts: PaceRecord['restarts']) =>
      taken({ restarts, version: 1 }, 4).restarts.map(({ key }) => key);
    expect(kept([past(week), past(week - 1), past(HOUR_MS)])).toEqual([`old-${week - 1}-8`, `old-${HOUR_MS}-8`, 'k4']);
    const many = kept(Array.from({ length: 500 }, (_, at) => past(HOUR_MS, at)));
    expect([many.length, many[0], many.at(-1)]).toEqual([400, `old-${HOUR_MS}-101`, 'k4']);
  });

  it('is open again where its attempt has ended without a word, and goes on while its node is not settled', () => {
    const first = taken(undefined, 4);
    const is = (unsettled: boolean) =>
      seenRestarts(first, () => ({ status: { state: 'ended', endedAtMs: NOON_MS }, unsettled }))[0]?.is;
    expect([is(false), is(true)]).toEqual(['lost', 'under-way']);
  });
});
