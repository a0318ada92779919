// How many nodes of an upgrade go over at once, and when.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { nextStep, type UpgradeFacts } from '../../../functions/dispatch-heal/upgrade.ts';
import { batchOf } from '../../../functions/dispatch-heal/upgrade-batch.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { tries } from '../../fixtures/any.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const SHARE = { versions: ['28.0', '28.1'], canary: 'b1', watchMinutes: 45, zonePercent: 50 };
const fleetWith = (more: object = {}) => bitcoinFleet({ unit: 'node@*', client: SHARE, ...more });
const fleet = fleetWith();
const node = (name: string, more: Partial<ObservedNode> = {}) =>
  observedNode({ name, instanceId: `i-${name}`, role: 'follower', availabilityZone: `eu-west-1${name[0]}`, ...more });
const zone = (letter: string, count: number) => Array.from({ length: count }, (_, at) => node(`${letter}${at + 1}`));
const nodes = [...zone('a', 4), ...zone('b', 4), ...zone('c', 4)];

const batch = (next: string, more: object = {}, all: readonly ObservedNode[] = nodes) => {
  const first = all.find(({ name }) => name === next);
  if (!first) throw new Error(`there is no ${next}`);
  return batchOf(fleetWith(more), first, all, all).map(({ name }) => name);
};

describe('so many go over at once', () => {
  it.each<[string, object, readonly ObservedNode[], readonly string[]]>([
    ['half of a zone of four, where the file says so', {}, nodes, ['a1', 'a2']],
    ['one, where the file says nothing', { client: { versions: SHARE.versions, canary: SHARE.canary } }, nodes, ['a1']],
    ['one at least, of whatever share', { client: { ...SHARE, zonePercent: 1 } }, nodes, ['a1']],
    ['no more than the fleet’s share of restarts', { breaker: { restartPercent: 10 } }, nodes, ['a1']],
    ['no more than the breaker takes', { breaker: { unhealthyPercent: 5, unhealthyMinimum: 1 } }, nodes, ['a1']],
    ['so that the pool keeps its floor', { snapshots: { clean: { poolFloor: 11 } } }, nodes, ['a1']],
    [
      'also where some of the pool are away',
      {},
      nodes.map((one, at) => (at > 2 ? { ...one, health: 'stuck' } : one)),
      ['a1'],
    ],
    ['of a zone of one', {}, [node('a1'), ...zone('b', 8)], ['a1']],
  ])('%s', (_, more, all, expected) => {
    expect(batch('a1', more, all)).toEqual(expected);
  });

  it('followers only: a sentry or a bootnode goes alone, and is no part of the share', () => {
    const mixed = [
      node('a1'),
      node('a2', { role: 'sentry' }),
      node('a3', { role: 'validator' }),
      node('a4'),
      ...zone('b', 8),
    ];
    expect(batch('a1', {}, mixed)).toEqual(['a1']);
    expect(batch('a2', {}, mixed)).toEqual(['a2']);
    const five = [...mixed, node('a5'), node('a6')];
    expect(batch('a1', {}, five)).toEqual(['a1', 'a4']);
    expect(batch('a2', {}, five)).toEqual(['a2']);
  });

  it('never two zones, never more than each limit, and the next one always', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            letter: fc.constantFrom('a', 'b', 'c'),
            role: fc.constantFrom('follower', 'follower', 'follower', 'sentry', 'validator'),
            health: fc.constantFrom('synced', 'synced', 'synced', 'stuck'),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 4 }),
        (of, zonePercent, restartPercent, poolFloor) => {
          const all = of.map(({ letter, role, health }, at) => node(`${letter}${at}`, { role, health } as never));
          const file = fleetWith({
            client: { ...SHARE, zonePercent },
            breaker: { restartPercent },
            snapshots: { clean: { poolFloor } },
          });
          const [next] = all;
          if (!next) return;
          const together = batchOf(file, next, all, all);
          expect(together[0]).toBe(next);
          if (together.length === 1) return;
          expect(new Set(together.map(({ availabilityZone }) => availabilityZone)).size).toBe(1);
          expect(together.every(({ role }) => role === 'follower')).toBe(true);
          const inZone = all.filter((one) => one.role === 'follower' && one.availabilityZone === next.availabilityZone);
          expect(together.length * 100).toBeLessThanOrEqual(inZone.length * zonePercent);
          expect(together.length * 100).toBeLessThanOrEqual(all.length * restartPercent);
          const pool = all.filter(({ health, role }) => health === 'synced' && role !== 'validator');
          expect(pool.length - together.length).toBeGreaterThanOrEqual(poolFloor);
        },
      ),
      tries('upgrade-batch', 500),
    );
  });
});

const ASKED = NOON_MS - HOUR_MS;
const upgrade = { to: '28.1', askedAtMs: ASKED, state: 'under-way', version: 1 } as const;
const at = (name: string, trigger: string, more: object): IncidentRecord =>
  ({
    ...openIncidentRecord(),
    instanceId: `i-${name}`,
    node: name,
    trigger,
    onsetMs: NOON_MS - 20 * MINUTE_MS,
    ...more,
  }) as IncidentRecord;
const healed = { state: 'healed', endedAtMs: NOON_MS - MINUTE_MS, proof: 'it follows' };
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: ASKED, watchMinutes: 0 };
const snapshot = (name: string, more: object = healed) => at(name, 'snapshot:clean', more);
const switched = (name: string, more: object = healed) => at(name, 'request:upgrade', { want, ...more });
const over = (name: string) => [snapshot(name), switched(name)];
const whole = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
  nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents, tip: null, ...more });
const step = (...[incidents, more]: Parameters<typeof whole>) => {
  const next = whole(incidents, more);
  if (next.do === 'upgrade') return `upgrade ${next.nodes.map((one) => one.node.name).join(' ')}`;
  return next.do === 'snapshot' ? `snapshot ${next.node.name}` : next.do;
};
const canary = over('b1');

describe('an upgrade by a share of each zone', () => {
  it.each<[string, readonly IncidentRecord[], string]>([
    ['begins with the canary alone', [snapshot('b1')], 'upgrade b1'],
    ['has each give its own snapshot, one after the other', canary, 'snapshot a1'],
    ['also the second of a zone', [...canary, snapshot('a1')], 'snapshot a2'],
    ['then takes them together', [...canary, snapshot('a1'), snapshot('a2')], 'upgrade a1 a2'],
    [
      'waits until all of them are proved',
      [...canary, ...over('a1'), snapshot('a2'), switched('a2', { state: 'claimed' })],
      'wait',
    ],
    [
      'goes on with the rest of the zone',
      [...canary, ...over('a1'), ...over('a2'), snapshot('a3'), snapshot('a4')],
      'upgrade a3 a4',
    ],
    [
      'then with the next zone, its canary left out',
      [...canary, ...['a1', 'a2', 'a3', 'a4'].flatMap(over), snapshot('b2'), snapshot('b3')],
      'upgrade b2 b3',
    ],
    [
      'ends when one has failed: the others are left as they are',
      [...canary, ...over('a1'), snapshot('a2'), switched('a2', { state: 'escalated' })],
      'end',
    ],
  ])('%s', (_, incidents, expected) => {
    expect(step(incidents)).toBe(expected);
  });

  it('names to each all that go over with it, and watches none of them for an hour', () => {
    const next = whole([...canary, snapshot('a1'), snapshot('a2')]);
    expect(next.do === 'upgrade' && next.nodes).toMatchObject([
      { watchMinutes: 0, together: ['i-a1', 'i-a2'] },
      { watchMinutes: 0, together: ['i-a1', 'i-a2'] },
    ]);
    const alone = whole([snapshot('b1')]);
    expect(alone.do === 'upgrade' && alone.nodes[0]).not.toHaveProperty('together');
  });

  it('does not wait for a snapshot of one until those of the others are too old', () => {
    const old = snapshot('a1', { ...healed, onsetMs: NOON_MS - HOUR_MS });
    expect(step([...canary, old])).toBe('upgrade a1');
    const young = snapshot('a1', { ...healed, onsetMs: NOON_MS - HOUR_MS + 1 });
    expect(step([...canary, young])).toBe('snapshot a2');
  });

  it('waits for it however long ago the upgrade was asked for', () => {
    const longAgo = { upgrade: { ...upgrade, askedAtMs: NOON_MS - 3 * HOUR_MS } };
    expect(step([...canary, snapshot('a1')], longAgo)).toBe('snapshot a2');
    const tooOld = { ...healed, onsetMs: NOON_MS - 3 * HOUR_MS, endedAtMs: NOON_MS - 2.5 * HOUR_MS };
    expect(step([...canary, snapshot('a1'), snapshot('a2', tooOld)], longAgo)).toBe('snapshot a2');
  });

  it('goes through one zone before the next, whatever the names are; without a share it goes by name', () => {
    const named = (['c', 'a', 'c', 'a'] as const).map((letter, at) =>
      node(`n${at + 1}`, { availabilityZone: `eu-west-1${letter}` }),
    );
    const first = (file: typeof fleet, done: readonly IncidentRecord[] = []) =>
      [named, named.toReversed()].map((some) => step(done, { fleet: file, nodes: some }));
    expect(first(fleet)).toEqual(['snapshot n2', 'snapshot n2']);
    expect(first(fleet, over('n2'))).toEqual(['snapshot n4', 'snapshot n4']);
    expect(first(fleet, [...over('n2'), ...over('n4')])).toEqual(['snapshot n1', 'snapshot n1']);
    const { zonePercent: _, ...plain } = SHARE;
    expect(first(fleetWith({ client: plain }))).toEqual(['snapshot n1', 'snapshot n1']);
    expect(first(fleetWith({ client: plain }), over('n1'))).toEqual(['snapshot n2', 'snapshot n2']);
  });

  it('takes one after the other beside the nodes, whatever the file says', () => {
    const beside = { upgrade: { ...upgrade, strategy: 'blue-green' } } as const;
    const first = at('b1', 'request:upgrade', { want: { ...want, strategy: 'blue-green' }, ...healed });
    expect(step([first], beside)).toBe('upgrade a1');
    expect(step([first, snapshot('a1'), snapshot('a2')], beside)).toBe('upgrade a1');
  });
});
