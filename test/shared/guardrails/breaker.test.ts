import { describe, expect, it } from '@jest/globals';
import type { Health } from '../../../shared/fleet/observation.ts';
import { isProvedSick, NO_NODES_HERE, readBreaker, zoneStays } from '../../../shared/guardrails/breaker.ts';
import { nodesNow, OBSERVATION_VALID_MS } from '../../../shared/guardrails/fleet-view.ts';
import type { HealthReading } from '../../../shared/guardrails/records.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const seen = (health: readonly Health[], observedAtMs = NOON_MS): HealthReading => ({
  observedAtMs,
  nodes: health.map((each, i) => ({ instanceId: `i-${observedAtMs}-${i}`, health: each, height: null })),
});
const nodes = (synced: number, others: number, health: Health = 'stuck'): Health[] => [
  ...Array.from({ length: synced }, (): Health => 'synced'),
  ...Array.from({ length: others }, () => health),
];

describe('the breaker of a fleet', () => {
  it('is closed where its nodes are in another region: here is none that could be in trouble', () => {
    expect(NO_NODES_HERE).toEqual({ open: false, sentence: 'its nodes are in another region' });
  });

  const read = (health: readonly Health[], breaker = {}) =>
    readBreaker(bitcoinFleet({ breaker }), nodesNow([seen(health)], NOON_MS));

  it.each([
    [1, 0, false],
    [0, 1, false],
    [3, 1, false],
    [2, 2, true],
    [4, 1, false],
    [3, 2, true],
    [8, 2, false],
    [7, 3, true],
    [80, 20, false],
    [79, 21, true],
  ])('with %i nodes synced and %i not is open: %s', (synced, others, open) => {
    expect(read(nodes(synced, others)).open).toBe(open);
  });

  it.each<Health>(['behind', 'starting', 'stuck', 'forked', 'unreachable', 'unknown'])(
    'counts a node that is %s',
    (health) => {
      expect(read(nodes(3, 2, health))).toEqual({
        ...{ open: true, sentence: '2 of 5 nodes unhealthy or unknown, limit 1' },
        ...(health === 'unknown' && { isMostlyUnknown: true }),
      });
    },
  );

  it('counts a node as well whose client runs, where nobody asks more, and only then', () => {
    const of = (runs: number, unknown: number, dead: number) => {
      const one = seen([...nodes(0, runs + unknown, 'unknown'), ...nodes(0, dead, 'unreachable')]);
      const all = one.nodes.map((node, at) => ({ ...node, ...(at < runs && { runs: true as const }) }));
      return readBreaker(bitcoinFleet(), nodesNow([{ ...one, nodes: all }], NOON_MS));
    };
    expect(of(4, 0, 1)).toEqual({ open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' });
    expect(of(3, 0, 2)).toMatchObject({ open: true });
    expect(of(0, 4, 1)).toMatchObject({ open: true, isMostlyUnknown: true });
    expect(of(0, 5, 0)).toMatchObject({ open: true, isBlind: true });
    expect(of(5, 0, 0)).toEqual({ open: false, sentence: '0 of 5 nodes unhealthy or unknown, limit 1' });
  });

  describe('leaves out nodes that sync', () => {
    const syncing = (count: number, others: readonly Health[]): HealthReading => {
      const one = seen(others);
      const more = Array.from({ length: count }, () => ({ health: 'behind', syncing: true }) as const);
      return { ...one, nodes: [...one.nodes, ...more] };
    };
    const readAll = (reading: HealthReading) => readBreaker(bitcoinFleet(), nodesNow([reading], NOON_MS));

    it('so that one that hangs beside them is healed', () => {
      expect(readAll(syncing(1, nodes(3, 1)))).toEqual({
        open: false,
        sentence: '1 of 4 nodes unhealthy or unknown, limit 1; 1 more are syncing',
      });
    });

    it('and does not let more of the others be sick because of them', () => {
      expect(readAll(syncing(6, nodes(2, 2))).open).toBe(true);
      expect(readAll(syncing(40, nodes(4, 2))).open).toBe(true);
    });

    it('but for those of a part that was not observed lately', () => {
      const old = { ...syncing(2, []), observedAtMs: NOON_MS - OBSERVATION_VALID_MS - 1 };
      expect(readBreaker(bitcoinFleet(), nodesNow([seen(nodes(4, 0)), old], NOON_MS)).open).toBe(true);
    });
  });

  it('allows what the fleet file says', () => {
    expect(read(nodes(3, 2), { unhealthyMinimum: 2 }).open).toBe(false);
    expect(read(nodes(5, 5), { unhealthyPercent: 50 }).open).toBe(false);
  });

  it('is open where nothing was observed, or nothing lately', () => {
    const fleet = bitcoinFleet();
    const sentence = 'the fleet has not been observed for 3 min: all of it counts as unknown';
    expect(readBreaker(fleet, nodesNow([], NOON_MS))).toEqual({ open: true, sentence, isBlind: true });
    const old = seen(nodes(5, 0), NOON_MS - OBSERVATION_VALID_MS);
    expect(readBreaker(fleet, nodesNow([old], NOON_MS)).open).toBe(false);
    expect(readBreaker(fleet, nodesNow([old], NOON_MS + 1))).toEqual({ open: true, sentence, isBlind: true });
  });

  it('is blind where nobody could be asked, and one node alone says nothing of that', () => {
    expect(read(nodes(0, 4, 'unknown'))).toMatchObject({ open: true, isBlind: true });
    expect(read(nodes(1, 3, 'unknown')).isBlind).toBeUndefined();
    expect(read(nodes(0, 4, 'stuck')).isBlind).toBeUndefined();
    expect(read(nodes(0, 1, 'unknown')).isBlind).toBeUndefined();
  });

  it('counts the nodes of a part that was not observed lately as unknown, not as absent', () => {
    const parts = [seen(nodes(100, 0)), seen(nodes(100, 0), NOON_MS - OBSERVATION_VALID_MS - 1)];
    expect(readBreaker(bitcoinFleet(), nodesNow(parts, NOON_MS))).toEqual({
      open: true,
      isMostlyUnknown: true,
      sentence: '100 of 200 nodes unhealthy or unknown, limit 40',
    });
  });
});

/** Written by hand: a fifth of the nodes, rounded down, and at least one. From how many nodes on which limit holds. */
const LIMITS: readonly (readonly [from: number, to: number, limit: number])[] = [
  [1, 9, 1],
  [10, 14, 2],
  [15, 19, 3],
  [20, 24, 4],
  [25, 29, 5],
  [30, 34, 6],
  [35, 39, 7],
  [40, 44, 8],
  [45, 49, 9],
  [50, 50, 10],
];

describe('the breaker of every fleet of 1 to 50 nodes', () => {
  const sizes = LIMITS.flatMap(([from, to, limit]) =>
    Array.from({ length: to - from + 1 }, (_, more) => [from + more, limit] as const),
  );
  const judge = (synced: number, others: number, health: Health) =>
    readBreaker(bitcoinFleet(), nodesNow([seen(nodes(synced, others, health))], NOON_MS));

  it('has a row for each size', () => {
    expect(sizes.map(([size]) => size)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it.each(sizes)('of %i nodes stays closed with up to %i in trouble, and opens with one more', (size, limit) => {
    for (let unwell = 0; unwell <= size; unwell++) {
      const { open, sentence } = judge(size - unwell, unwell, unwell % 2 ? 'stuck' : 'unknown');
      expect([unwell, open]).toEqual([unwell, unwell > limit]);
      expect(sentence).toBe(`${unwell} of ${size} nodes unhealthy or unknown, limit ${limit}`);
    }
  });
});

describe('a zone in trouble', () => {
  type Part = readonly [zone: string | undefined, health: Health, count: number];
  const zoneOf = (...parts: readonly Part[]) => {
    const all = parts.flatMap(([zone, health, count]) =>
      Array.from({ length: count }, () => ({ ...(zone !== undefined && { availabilityZone: zone }), health })),
    );
    const numbered = all.map((node, at) => ({ ...node, instanceId: `i-${at}` }));
    return readBreaker(bitcoinFleet(), nodesNow([{ observedAtMs: NOON_MS, nodes: numbered }], NOON_MS)).zone;
  };

  it('is told with its nodes, and with the numbers of the others', () => {
    expect(zoneOf(['b', 'unreachable', 3], ['b', 'synced', 1], ['a', 'synced', 3])).toEqual({
      name: 'b',
      instanceIds: ['i-0', 'i-1', 'i-2', 'i-3'],
      sentence: '3 of 4 nodes in b in trouble, 0 of 3 elsewhere',
    });
  });

  it.each<[string, readonly Part[], string | undefined]>([
    [
      'whose nodes nobody could ask',
      [
        ['b', 'unknown', 2],
        ['a', 'synced', 3],
      ],
      'b',
    ],
    [
      'with half of its nodes well',
      [
        ['b', 'unreachable', 2],
        ['b', 'synced', 2],
        ['a', 'synced', 5],
      ],
      undefined,
    ],
    [
      'with one node, which is alone in it',
      [
        ['b', 'unreachable', 1],
        ['a', 'synced', 3],
      ],
      undefined,
    ],
    [
      'that nobody names',
      [
        [undefined, 'unreachable', 3],
        ['a', 'synced', 6],
      ],
      undefined,
    ],
    [
      'where nine of ten of the trouble are',
      [
        ['b', 'unreachable', 9],
        ['a', 'stuck', 1],
        ['a', 'synced', 2],
      ],
      'b',
    ],
    [
      'while elsewhere as many are well as not',
      [
        ['b', 'unreachable', 9],
        ['a', 'stuck', 1],
        ['a', 'synced', 1],
      ],
      undefined,
    ],
    [
      'while elsewhere nobody is well',
      [
        ['b', 'unreachable', 9],
        ['a', 'stuck', 1],
      ],
      undefined,
    ],
    [
      'beside nodes elsewhere that only lag',
      [
        ['b', 'unreachable', 2],
        ['b', 'synced', 1],
        ['a', 'behind', 1],
        ['a', 'synced', 4],
      ],
      'b',
    ],
    [
      'that is silent as a whole, beside one node that hangs elsewhere',
      [
        ['b', 'unreachable', 2],
        ['a', 'stuck', 1],
        ['a', 'synced', 3],
      ],
      'b',
    ],
    [
      'that is silent in part, beside one node that hangs elsewhere',
      [
        ['b', 'unreachable', 2],
        ['b', 'synced', 1],
        ['a', 'stuck', 1],
        ['a', 'synced', 3],
      ],
      undefined,
    ],
  ])('is none, or is one: %s', (_, parts, name) => {
    expect(zoneOf(...parts)?.name).toBe(name);
  });

  it('stays so until most of its own nodes answer, however the others are', () => {
    const stays = (here: readonly Health[], elsewhere: readonly Health[]) => {
      const of = (zone: string, all: readonly Health[]) =>
        all.map((health, at) => ({ instanceId: `${zone}${at}`, availabilityZone: zone, health }));
      const nodes = [...of('b', here), ...of('a', elsewhere)];
      return zoneStays('b', nodesNow([{ observedAtMs: NOON_MS, nodes }], NOON_MS))?.sentence;
    };
    expect(stays(['unreachable', 'unknown'], ['stuck', 'stuck'])).toBe(
      '2 of 2 nodes in b in trouble, 2 of 2 elsewhere',
    );
    expect(stays(['unreachable', 'unreachable', 'synced'], ['synced'])).toBeDefined();
    expect(stays(['unreachable', 'starting'], ['synced'])).toBeUndefined();
    expect(stays([], ['synced'])).toBeUndefined();
  });
});

describe('what is proved to be one node’s own trouble', () => {
  const down = (dead: number, stopped: number, stuck: number, synced: number) => {
    const of = (count: number, more: object) => Array.from({ length: count }, () => more);
    const nodes = [
      ...of(dead, { health: 'unreachable', downBy: 'dead' }),
      ...of(stopped, { health: 'unreachable', downBy: 'stopped' }),
      ...of(stuck, { health: 'stuck' }),
      ...of(synced, { health: 'synced' }),
    ] as HealthReading['nodes'];
    return readBreaker(bitcoinFleet(), nodesNow([{ observedAtMs: NOON_MS, nodes }], NOON_MS));
  };

  it('is no sign against its siblings: EC2 finds them dead itself, or a person has stopped them', () => {
    expect(down(2, 0, 0, 2)).toEqual({
      open: false,
      sentence: '0 of 4 nodes unhealthy or unknown, limit 1; 2 more are dead, as EC2 says itself',
    });
    expect(down(1, 1, 1, 1)).toMatchObject({
      open: false,
      sentence:
        '1 of 4 nodes unhealthy or unknown, limit 1; 1 more are dead, as EC2 says itself; 1 more were stopped by a person',
    });
    expect(down(0, 3, 0, 1).open).toBe(false);
    expect(down(1, 0, 2, 1).open).toBe(true);
  });

  it('counts where more than half of the fleet are dead: that is no chance', () => {
    expect(down(3, 0, 0, 1)).toMatchObject({ open: true, sentence: '3 of 4 nodes unhealthy or unknown, limit 1' });
  });

  it('is not known of a node that nobody has seen lately', () => {
    const nodes = [{ health: 'unreachable' as const, downBy: 'dead' as const }, { health: 'synced' as const }];
    expect(nodesNow([{ observedAtMs: NOON_MS - OBSERVATION_VALID_MS - 1, nodes }], NOON_MS)).toMatchObject([
      { health: 'unknown', downBy: null },
      { health: 'unknown', downBy: null },
    ]);
  });

  it('is said of a machine that nobody reaches, too', () => {
    const nodes = [{ health: 'unknown' as const, cutOff: true as const }];
    expect(nodesNow([{ observedAtMs: NOON_MS, nodes }], NOON_MS)).toMatchObject([{ downBy: 'dead' }]);
  });
});

describe('a node as it is known now', () => {
  it('is unknown when nobody has seen it for three minutes', () => {
    const known = (minutes: number) => nodesNow([seen(['synced'], NOON_MS - minutes * 60_000)], NOON_MS)[0]?.isKnown;
    expect([known(3), known(3.01)]).toEqual([true, false]);
  });

  it('has no id and no zone where the observation tells none', () => {
    expect(nodesNow([{ observedAtMs: NOON_MS, nodes: [{ health: 'stuck' }] }], NOON_MS)).toMatchObject([
      { instanceId: '', zone: '', health: 'stuck', sinceMs: NOON_MS, isKnown: true },
    ]);
  });

  it.each<[Health, boolean]>([
    ['stuck', true],
    ['forked', true],
    ['unreachable', true],
    ['behind', false],
    ['starting', false],
    ['busy', false],
    ['unknown', false],
    ['synced', false],
  ])('that is %s is proved to be sick: %s', (health, sick) => {
    const [node] = nodesNow([seen([health])], NOON_MS);
    expect(node && isProvedSick(node)).toBe(sick);
    expect(node && isProvedSick({ ...node, isSyncing: true })).toBe(false);
  });
});
