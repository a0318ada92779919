// Which node is stopped for the next clean snapshot, and why none is.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '../../../shared/fleet/model.ts';
import type { Health, ObservedNode } from '../../../shared/fleet/observation.ts';
import { type DonorFacts, donorOf } from '../../../shared/snapshots/donor.ts';
import { instanceIdOf } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf, setsFrom, twoVolumes } from '../../fixtures/snapshot-facts.ts';

const node = (name: string, more: Partial<ObservedNode> = {}) => observedNode({ name, ...more });

const factsOf = (more: Partial<DonorFacts> = {}): DonorFacts => ({
  fleet: fleetOf(),
  nodes: [node('node1'), node('node2'), node('node3')],
  unobserved: null,
  sets: [],
  breaker: { open: false, sentence: '0 of 3 nodes unhealthy or unknown, limit 1' },
  haltedSinceMs: null,
  busy: new Map(),
  underWaySinceMs: null,
  failedMs: [],
  nowMs: NOON_MS,
  ...more,
});

const sets = (...taken: readonly Taken[]) => setsFrom(taken.map(snapshot));
const donor = (more: Partial<DonorFacts> = {}) => {
  const chosen = donorOf(factsOf(more));
  return 'donor' in chosen
    ? chosen.donor.name
    : 'notDue' in chosen
      ? chosen.notDue
      : `${chosen.refuse}: ${chosen.reason}`;
};
const clean = (policy: object) => fleetOf({ snapshots: { clean: policy } });

describe('the donor', () => {
  it('is the one that has never given one, by name', () => {
    expect(donor()).toBe('node1');
    expect(donor({ sets: sets({ node: 'node1', hoursAgo: 25 }) })).toBe('node2');
  });

  it('is then the one whose last is oldest', () => {
    const all = sets({ node: 'node1', hoursAgo: 49 }, { node: 'node2', hoursAgo: 73 }, { node: 'node3', hoursAgo: 25 });
    expect(donor({ sets: all })).toBe('node2');
  });

  it('is the first by name, in whatever order they were seen', () => {
    const nodes = ['node3', 'node1', 'node4', 'node2'].map((name) => node(name));
    expect(donor({ nodes })).toBe('node1');
    expect(donor({ nodes: nodes.toReversed() })).toBe('node1');
  });

  it('is chosen by the last that it gave, and not by an earlier one', () => {
    const all = sets(
      { node: 'node1', hoursAgo: 25 },
      { node: 'node1', hoursAgo: 97 },
      { node: 'node2', hoursAgo: 49 },
      { node: 'node3', hoursAgo: 30 },
    );
    expect(donor({ sets: all })).toBe('node2');
  });

  it('is told with its turn', () => {
    const reasonOf = (more: Partial<DonorFacts>) => donorOf(factsOf(more));
    expect(reasonOf({})).toMatchObject({ reason: 'node1 is next: it has given none' });
    const each = ['node1', 'node2', 'node3'].map((name, at) => ({ node: name, hoursAgo: 25 + 24 * at }));
    expect(reasonOf({ sets: sets(...each) })).toMatchObject({
      reason: 'node3 is next: its last one is of 2025-12-29T11:00:00.000Z',
    });
  });

  it('is another one while it is not well, not free, or of no role that may be stopped', () => {
    const with1 = (more: Partial<ObservedNode>) => [node('node1', more), node('node2'), node('node3'), node('node4')];
    expect(donor({ nodes: with1({ health: 'behind' }) })).toBe('node2');
    expect(donor({ nodes: with1({ role: 'validator' }) })).toBe('node2');
    expect(donor({ nodes: with1({ role: 'unknown' }) })).toBe('node2');
    expect(donor({ nodes: with1({}), busy: new Map([['i-node1', 'incident a1b2c3d4 is open']]) })).toBe('node2');
  });

  it('is the one that a person names, though none is due', () => {
    const all = sets({ node: 'node1', hoursAgo: 1 });
    expect(donor({ sets: all, asked: { instanceId: 'i-node1' } })).toBe('node1');
    expect(donor({ sets: all, asked: { instanceId: undefined } })).toBe('node2');
    expect(donor({ fleet: fleetOf({ snapshots: {} }), asked: { instanceId: 'i-node3' } })).toBe('node3');
  });
});

describe('the time of a stop', () => {
  /** Hourly rounds at ten past; a set is taken seven minutes after its round. Times of the stops, in hours after midnight of the first day. */
  const stops = (policy: object, days: number, failing: (hour: number) => boolean = () => false): readonly number[] => {
    const midnightMs = NOON_MS - 12 * HOUR_MS;
    const found: number[] = [];
    for (let hour = 0; hour < days * 24; hour++) {
      const nowMs = midnightMs + hour * HOUR_MS + 10 * MINUTE_MS;
      const last = found.at(-1);
      const taken = last === undefined ? [] : [{ hoursAgo: (NOON_MS - midnightMs) / HOUR_MS - last - 17 / 60 }];
      const chosen = donorOf(factsOf({ fleet: clean(policy), nowMs, sets: sets(...taken) }));
      if ('donor' in chosen && !failing(hour)) found.push(hour);
    }
    return found;
  };

  it('stays where it is from day to day, though a set is taken some minutes after its round', () => {
    expect(stops({}, 4)).toEqual([0, 24, 48, 72]);
    expect(stops({ everyHours: 6 }, 1)).toEqual([0, 6, 12, 18]);
  });

  it('is the one of the fleet file, in UTC, each day or every so many', () => {
    expect(stops({ at: '03:00' }, 4)).toEqual([3, 27, 51, 75]);
    expect(stops({ at: '23:30' }, 4)).toEqual([0, 24, 48, 72]);
    expect(stops({ at: '23:30', everyHours: 48 }, 5)).toEqual([0, 48, 96]);
  });

  it('is later where nobody could be stopped, and never outside its window', () => {
    expect(stops({ at: '03:00' }, 4, (hour) => hour === 27)).toEqual([3, 28, 51, 75]);
    expect(stops({ at: '03:00' }, 4, (hour) => hour >= 27 && hour < 30)).toEqual([3, 51, 75]);
    expect(stops({ at: '03:00', withinHours: 8 }, 3, (hour) => hour < 34)).toEqual([34, 51]);
  });

  it('is any where a person asks', () => {
    const at = { fleet: clean({ at: '03:00' }) };
    expect(donor(at)).toBe('it is not within 3 h after 03:00 UTC');
    expect(donor({ ...at, asked: { instanceId: undefined } })).toBe('node1');
  });
});

describe('a set is due', () => {
  it('half an hour before its time, since the next round is an hour later', () => {
    const due = (agoMs: number) => donor({ sets: sets({ more: { startedAtMs: NOON_MS - agoMs } }) });
    expect(due(23.5 * HOUR_MS)).toBe('node2');
    expect(due(23.5 * HOUR_MS - 1)).toMatch(/is 23\.5 h old, and one is due every 24 h$/);
  });

  it('within its window, which ends to the minute', () => {
    expect(donor({ fleet: clean({ at: '09:01' }) })).toBe('node1');
    expect(donor({ fleet: clean({ at: '09:00' }) })).toBe('it is not within 3 h after 09:00 UTC');
  });

  it('of the next window, where the last one is half a day older than this', () => {
    const at = (agoMs: number) =>
      donor({ fleet: clean({ at: '12:00' }), sets: sets({ more: { startedAtMs: NOON_MS - agoMs } }) });
    expect(at(12 * HOUR_MS)).toBe('node2');
    expect(at(12 * HOUR_MS - 1)).toMatch(/is 12\.0 h old, .*, from 12:00 UTC on$/);
  });
});

describe('nobody is stopped', () => {
  it.each<[string, Partial<DonorFacts>, RegExp]>([
    ['without being asked to', { fleet: fleetOf({ snapshots: {} }) }, /asks for no clean snapshots/],
    ['before it is due', { sets: sets({ hoursAgo: 23.4 }) }, /is 23\.4 h old, and one is due every 24 h/],
    ['while the newest is still copied', { sets: sets({ hoursAgo: 1, more: { state: 'pending' } }) }, /1\.0 h old/],
    [
      'while another one is stopped for it',
      { underWaySinceMs: NOON_MS - MINUTE_MS },
      /^a clean snapshot was begun 1 min ago/,
    ],
    [
      'by an old observation',
      { unobserved: 'bitcoin was last observed 4 min ago' },
      /^observation-stale: .* 4 min ago/,
    ],
    ['while the chain stands', { haltedSinceMs: NOON_MS - HOUR_MS }, /^chain-standing: nobody has advanced since /],
    [
      'while the breaker is open',
      { breaker: { open: true, sentence: '2 of 3 nodes unhealthy or unknown, limit 1' } },
      /^breaker-open: 2 of 3/,
    ],
    [
      'below the floor of the pool',
      { nodes: [node('node1'), node('node2')] },
      /^pool-at-floor: 1 synced nodes would stay while node1 is stopped, floor 2/,
    ],
    [
      'where only validators would stay',
      { nodes: [node('node1'), node('node2', { role: 'validator' }), node('node3', { role: 'validator' })] },
      /^pool-at-floor: 0/,
    ],
    [
      'where nobody is fit',
      { nodes: [node('node1', { role: 'validator' }), node('node2', { health: 'stuck', reason: 'it stands' })] },
      /^donor-unsuitable: node1 is a validator; node2 is stuck: it stands/,
    ],
    [
      'where the one that a person names is a stranger',
      { asked: { instanceId: 'i-0' } },
      /^donor-unsuitable: i-0 is no node of bitcoin$/,
    ],
    ['of a fleet without nodes', { nodes: [] }, /^donor-unsuitable: bitcoin has no nodes$/],
    [
      'below the floor for a person either, where the fleet file does not say that it may be',
      { fleet: fleetOf({ snapshots: {} }), nodes: [node('node1')], asked: { instanceId: undefined } },
      /^pool-at-floor/,
    ],
    [
      'where the one that a person names is not well',
      { nodes: [node('node1', { health: 'forked' }), node('node2')], asked: { instanceId: 'i-node1' } },
      /^donor-unsuitable: node1 is forked/,
    ],
  ])('%s', (_, more, said) => {
    expect(donor(more)).toMatch(said);
  });

  it('for a third time within a day: two sets of no use are enough, and the next stop comes a period after the last one', () => {
    const failed = (...hoursAgo: number[]) => ({ failedMs: hoursAgo.map((hours) => NOON_MS - hours * HOUR_MS) });
    expect(donor(failed(2))).toBe('node1');
    expect(donor(failed(4, 2))).toMatch(
      /^2 nodes were stopped within a day for sets that are of no use, the last one 120 min ago/,
    );
    expect(donor(failed(26, 2))).toBe('node1');
    expect(donor({ ...failed(4, 2), asked: { instanceId: undefined } })).toBe('node1');
    const fleet = clean({ everyHours: 6 });
    expect(donor({ fleet, ...failed(8, 5.4) })).toMatch(/the next is stopped 6 h after it/);
    expect(donor({ fleet, ...failed(8, 5.6) })).toBe('node1');
  });

  it('within a day and a round, and up to half a round before the period is over', () => {
    const failed = (...hoursAgo: number[]) => ({ failedMs: hoursAgo.map((hours) => NOON_MS - hours * HOUR_MS) });
    expect(donor(failed(24.9, 2))).toMatch(/^2 nodes were stopped/);
    expect(donor(failed(25, 2))).toBe('node1');
    expect(donor(failed(24.2, 23.4))).toMatch(/^2 nodes were stopped/);
    expect(donor(failed(24.2, 23.5))).toBe('node1');
    // The set and the incident of one stop.
    expect(donor(failed(2.5, 2))).toBe('node1');
    expect(donor(failed(2.6, 2))).toMatch(/^2 nodes were stopped/);
  });

  it('where it is sets that are of no use: those that a client was stopped for, and no validator’s', () => {
    const bad = { quarantined: 'its own node did not come back from these data' };
    const two = (ledger: object, policy?: string) =>
      sets(
        ...[2, 5].map((hoursAgo) => ({
          node: 'node1',
          hoursAgo,
          ledger: { ...bad, ...ledger },
          ...(policy && { policy }),
        })),
      );
    expect(donor({ sets: two({}) })).toMatch(/^2 nodes were stopped/);
    expect(donor({ sets: two({ cleanStop: false }) })).toBe('node1');
    expect(donor({ sets: two({ ofValidator: true }) })).toBe('node1');
    const [one] = two({});
    expect(donor({ sets: one ? [one] : [], failedMs: [NOON_MS - 5 * HOUR_MS - MINUTE_MS] })).toMatch(/^2 nodes/);
    // A set that is of use is none.
    const due = { fleet: clean({ everyHours: 6 }), sets: sets({ node: 'node1', hoursAgo: 7 }) };
    expect(donor({ ...due, failedMs: [NOON_MS - 2 * HOUR_MS] })).toBe('node2');
  });

  it('and nobody is paged for it: the next sweep looks again', () => {
    expect(donorOf(factsOf({ haltedSinceMs: NOON_MS }))).toMatchObject({ page: false, retryAfterMs: 5 * MINUTE_MS });
  });

  it('of many that are unfit: the first five are told', () => {
    const unfit = (count: number) =>
      donor({ nodes: Array.from({ length: count }, (_, at) => node(`n${at}`, { role: 'validator' })) });
    expect(unfit(5)).toMatch(/; n4 is a validator$/);
    expect(unfit(7)).toMatch(/; n4 is a validator; and 2 more$/);
  });

  it('while one is under way, for two hours and unless a person asks', () => {
    expect(donor({ underWaySinceMs: NOON_MS - 2 * HOUR_MS })).toBe('node1');
    expect(donor({ underWaySinceMs: NOON_MS - MINUTE_MS, asked: { instanceId: undefined } })).toBe('node1');
  });

  it('below the floor, unless the fleet file says that it may be', () => {
    expect(donor({ fleet: clean({ alone: true }), nodes: [node('node1')] })).toBe('node1');
    expect(donor({ fleet: clean({ poolFloor: 1 }), nodes: [node('node1'), node('node2')] })).toBe('node1');
  });
});

describe('a validator', () => {
  const validators = (down?: Partial<ObservedNode>): readonly ObservedNode[] =>
    ['node1', 'node2', 'node3', 'node4'].map((name) => ({
      ...node(name, { role: 'validator', votes: { own: 10, chain: { total: 40, missing: 0, byzantine: 0 } } }),
      ...(name === 'node4' && down),
    }));
  const of = (more: Partial<DonorFacts> = {}) =>
    donor({ fleet: fleetOf({ chain: 'cometbft', role: { tag: 'Role' } }), nodes: validators(), ...more });
  const named = { instanceId: instanceIdOf('node2') };
  const acknowledged = { ...named, acknowledgesValidator: true } as const;

  it('is stopped for a person who names it and says what it is, though no pool stays', () => {
    expect(of({ asked: acknowledged })).toBe('node2');
    expect(of({ asked: named })).toBe('donor-unsuitable: node2 is a validator');
  });

  it('is stopped for nobody else: not for a schedule, and not where another node is meant', () => {
    expect(of()).toMatch(/^donor-unsuitable: node1 is a validator; node2 is a validator/);
    expect(of({ asked: { instanceId: undefined, acknowledgesValidator: true } })).toMatch(/^donor-unsuitable/);
  });

  it('is not stopped where too little voting power would stay', () => {
    expect(of({ nodes: validators({ health: 'unreachable' }), asked: acknowledged })).toMatch(/^quorum-at-risk: /);
  });

  it('is not stopped while it is not synced, and none of unknown role is', () => {
    const with2 = (more: Partial<ObservedNode>) =>
      validators().map((one) => (one.name === 'node2' ? { ...one, ...more } : one));
    expect(of({ nodes: with2({ health: 'behind' }), asked: acknowledged })).toMatch(
      /^donor-unsuitable: node2 is behind/,
    );
    expect(of({ nodes: with2({ role: 'unknown' }), asked: acknowledged })).toMatch(/node2 is of unknown role/);
  });
});

describe('a snapshot that does not count', () => {
  it.each<[string, Taken]>([
    ['is of a validator, and so for no other node', { node: 'node9', ledger: { ofValidator: true } }],
    ['has failed', { more: { state: 'error' } }],
    ['is quarantined', { ledger: { quarantined: 'bad' } }],
    ['was taken by a policy', { policy: 'policy-1' }],
    [
      'was taken by a policy, which copied a tag of the volume',
      { policy: 'p', tags: { 'chainmend:clean-stop': 'true' } },
    ],
    ['was taken of a running client and then verified', { ledger: { cleanStop: false, verifiedAtMs: NOON_MS } }],
  ])('%s', (_, taken) => {
    expect(donor({ sets: sets({ hoursAgo: 1, ...taken }) })).toBe('node1');
  });
});

describe('a set of several volumes counts', () => {
  const fleet = twoVolumes();
  const dueAfter = (...taken: readonly Taken[]) => {
    const all = setsFrom(
      taken.map((one) => snapshot({ ...one, ledger: { parts: 2, ...one.ledger } })),
      fleet,
    );
    return donor({ fleet, sets: all });
  };
  const ancient = { role: 'ancient' } as const;

  it('where all of it is there, and nothing of it is bad or a validator’s', () => {
    expect(dueAfter({}, ancient)).toMatch(/^the newest clean set is 1\.0 h old/);
    expect(dueAfter({})).toBe('node1');
    expect(dueAfter({}, { ...ancient, ledger: { quarantined: 'bad' } })).toBe('node1');
    expect(dueAfter({}, { ...ancient, ledger: { ofValidator: true } })).toBe('node2');
  });
});

it('whatever the fleet, whoever is stopped is well, no validator, free, and leaves the pool at its floor', () => {
  const healths: readonly Health[] = [
    'synced',
    'synced',
    'synced',
    'behind',
    'stuck',
    'forked',
    'unreachable',
    'unknown',
  ];
  const roles: readonly Role[] = ['follower', 'follower', 'sentry', 'bootnode', 'validator', 'unknown'];
  const any = fc.record({
    health: fc.constantFrom(...healths),
    role: fc.constantFrom(...roles),
    busy: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
    last: fc.option(fc.integer({ min: 0, max: 200 })),
  });
  const world = fc.record({
    nodes: fc.array(any, { maxLength: 8 }),
    alone: fc.boolean(),
    floor: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(world, ({ nodes, alone, floor }) => {
      const observed = nodes.map(({ health, role }, index) => node(`node${index}`, { health, role }));
      const taken = nodes.flatMap(({ last }, index) =>
        last === null ? [] : [{ node: `node${index}`, hoursAgo: last }],
      );
      const busy = new Map<string, string>(
        nodes.flatMap((one, index) => (one.busy ? [[`i-node${index}`, 'a heal'] as const] : [])),
      );
      const chosen = donorOf(
        factsOf({ fleet: clean({ alone, poolFloor: floor }), nodes: observed, sets: sets(...taken), busy }),
      );
      if (!('donor' in chosen)) return true;
      const { donor: one } = chosen;
      const serving = observed.filter(
        (other) =>
          other !== one && other.health === 'synced' && other.role !== 'validator' && other.role !== 'bootnode',
      );
      const due = taken.every(({ hoursAgo }) => hoursAgo >= 24);
      const fit = one.health === 'synced' && one.role !== 'validator' && one.role !== 'unknown';
      return due && fit && !busy.has(one.instanceId) && (alone || serving.length >= floor);
    }),
    { numRuns: 200 },
  );
});
