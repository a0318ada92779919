import { describe, expect, it } from '@jest/globals';
import type { DuePage } from '../../../functions/watch-fleet/pages.ts';
import {
  ACTS_WITHIN_MS,
  BEGINS_WITHIN_MS,
  healsStartByThemselves,
  withoutHealing,
} from '../../../functions/watch-fleet/pages.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { HEALED_WITHIN_MS } from '../../../shared/heal/page-truth.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const node = (name: string, sinceMs = NOON_MS - 10 * MINUTE_MS) =>
  observedNode({ name, health: 'unreachable', sinceMs, reason: 'nothing listens there' });
const due = (...nodes: readonly ObservedNode[]): DuePage => ({
  code: 'node-unreachable',
  nodes,
  reason: `${nodes.length} nodes`,
  kind: 'unreachable',
});
const incident = (of: string, more: Partial<IncidentRecord> = {}) =>
  ({
    ...openIncidentRecord({ node: of, instanceId: `i-${of}`, onsetMs: NOON_MS - MINUTE_MS }),
    ...more,
  }) as IncidentRecord;
const told = (page: DuePage | null): readonly string[] => page?.nodes.map(({ name }) => name) ?? [];

describe('a node that is down', () => {
  it('is told of where nobody heals it', () => {
    expect(told(withoutHealing(due(node('a')), [], true, NOON_MS))).toEqual(['a']);
  });

  it('is not told of while its incident is young and waits for nothing but its turn', () => {
    const waiting = incident('a', { refusedCodes: ['staggered'] });
    expect(withoutHealing(due(node('a')), [waiting], true, NOON_MS)).toBeNull();
  });

  it('is told of alone, when another one is being healed', () => {
    const page = withoutHealing(due(node('a'), node('b')), [incident('a')], true, NOON_MS);
    expect(told(page)).toEqual(['b']);
    expect(page?.reason).toBe('b: nothing listens there');
  });

  it.each([
    ['was refused for a reason that only a person can end', { refusedCodes: ['cost-ceiling'] }],
    ['has failed once', { failures: 1 }],
    ['is over', { state: 'healed', endedAtMs: NOON_MS }],
    ['takes longer than any heal should', { onsetMs: NOON_MS - HEALED_WITHIN_MS }],
    ['is a plan that touches nothing', { plannedUntilMs: NOON_MS + MINUTE_MS }],
  ] as const)('is told of when its heal %s', (_, more) => {
    expect(
      told(withoutHealing(due(node('a')), [incident('a', more as Partial<IncidentRecord>)], true, NOON_MS)),
    ).toEqual(['a']);
  });

  it.each<[string, Partial<IncidentRecord>, readonly string[]]>([
    [
      'whose heal has failed, and said so',
      { state: 'escalated', endedAtMs: NOON_MS - MINUTE_MS, pagedCodes: ['ladder-spent'] },
      [],
    ],
    ['whose heal was refused, and said so', { refusedCodes: ['validator'], pagedCodes: ['validator'] }, []],
    [
      'of which only the fleet’s breaker was told',
      { refusedCodes: ['breaker-open'], pagedCodes: ['breaker-open'] },
      ['a'],
    ],
    [
      'whose heal has failed a day ago',
      { state: 'escalated', endedAtMs: NOON_MS - 24 * 60 * MINUTE_MS, pagedCodes: ['ladder-spent'] },
      ['a'],
    ],
    [
      'whose disk was told, which is another trouble',
      { trigger: 'disk:data', failures: 1, pagedCodes: ['budget-spent'] },
      ['a'],
    ],
  ])('is told once: a node %s', (_, more, names) => {
    const of = incident('a', { trigger: 'node:health', ...more } as Partial<IncidentRecord>);
    expect(told(withoutHealing(due(node('a')), [of], true, NOON_MS))).toEqual(names);
  });

  it('is told by the question of its heal, for as long as that waits', () => {
    const approval = { attempt: 1, untilMs: NOON_MS + MINUTE_MS };
    const asks = incident('a', { trigger: 'node:health', approval } as unknown as Partial<IncidentRecord>);
    const asked = { ...asks, state: 'claimed', attempt: 1, payload: { mode: 'ask' } } as IncidentRecord;
    expect(withoutHealing(due(node('a')), [asked], true, NOON_MS)).toBeNull();
    expect(told(withoutHealing(due(node('a')), [asked], true, NOON_MS + MINUTE_MS))).toEqual(['a']);
  });

  it('has hours while the ladder climbs, and half an hour while that only waits for the disk', () => {
    const onsetMs = NOON_MS - HEALED_WITHIN_MS;
    const waiting = incident('a', { trigger: 'node:health', onsetMs, refusedCodes: ['disk-full-first'] });
    const climbing = { ...waiting, state: 'claimed', payload: { mode: 'act' } } as IncidentRecord;
    expect(told(withoutHealing(due(node('a')), [waiting], true, NOON_MS))).toEqual(['a']);
    expect(withoutHealing(due(node('a')), [waiting], true, NOON_MS - 1)).toBeNull();
    expect(withoutHealing(due(node('a')), [climbing], true, NOON_MS)).toBeNull();
  });

  it('has the minutes in which its alarm may still go off, and is told of after them', () => {
    const lately = node('a', NOON_MS - ACTS_WITHIN_MS + 1);
    expect(withoutHealing(due(lately), [], true, NOON_MS)).toBeNull();
    expect(told(withoutHealing(due(lately), [], true, NOON_MS + 1))).toEqual(['a']);
  });

  it('has less of them where no heal would begin', () => {
    const lately = node('a', NOON_MS - BEGINS_WITHIN_MS);
    expect(told(withoutHealing(due(lately), [], false, NOON_MS))).toEqual(['a']);
  });

  it('is healed, or asked about, without anybody’s doing, while the breaker is closed or restarts are paced', () => {
    const seen = (sick: number, health: ObservedNode['health'] = 'stuck') =>
      Array.from({ length: 5 }, (_, i) => observedNode({ name: `n${i}`, health: i < sick ? health : 'synced' }));
    const begins = (mode: Mode, nodes: ObservedNode[], more = {}) =>
      healsStartByThemselves(bitcoinFleet({ mode, ...more }), nodes, NOON_MS);
    expect([begins('act', seen(1)), begins('act', seen(2)), begins('ask', seen(1)), begins('plan', seen(1))]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(begins('act', seen(2, 'unknown'))).toBe(false);
    expect(begins('act', seen(2), { replace: { rungs: ['swap'] } })).toBe(false);
  });

  it('has none where it was looked at and is not healed', () => {
    const lately = node('a', NOON_MS - BEGINS_WITHIN_MS);
    const refused = incident('a', { trigger: 'node:health', refusedCodes: ['validator'] });
    expect(told(withoutHealing(due(lately), [refused], true, NOON_MS))).toEqual(['a']);
  });

  it('is not told of again for a plan that somebody asked for', () => {
    const plan = incident('a', { trigger: 'plan:restore', plannedUntilMs: 1 });
    expect(withoutHealing(due(node('a', NOON_MS - BEGINS_WITHIN_MS)), [plan], true, NOON_MS)).toBeNull();
  });

  it('has hours where its ladder is climbed, since a volume may take that long', () => {
    const claimed = (minutesAgo: number, trigger: string) =>
      incident('a', {
        ...{ trigger, state: 'claimed', onsetMs: NOON_MS - minutesAgo * MINUTE_MS },
        payload: { mode: 'act' },
      } as Partial<IncidentRecord>);
    expect(withoutHealing(due(node('a')), [claimed(239, 'node:health')], true, NOON_MS)).toBeNull();
    expect(told(withoutHealing(due(node('a')), [claimed(240, 'node:health')], true, NOON_MS))).toEqual(['a']);
    expect(told(withoutHealing(due(node('a')), [claimed(31, 'snapshot:clean')], true, NOON_MS))).toEqual(['a']);
  });

  it('is told of when it has waited for its turn for half an hour, whatever it waits for', () => {
    const waits = (minutesAgo: number) =>
      incident('a', {
        ...{ trigger: 'node:health', refusedCodes: ['replace-in-flight'], onsetMs: NOON_MS - minutesAgo * MINUTE_MS },
      });
    expect(withoutHealing(due(node('a')), [waits(29)], true, NOON_MS)).toBeNull();
    expect(told(withoutHealing(due(node('a')), [waits(30)], true, NOON_MS))).toEqual(['a']);
  });

  it('has no heal where its fleet’s file allows no rung', () => {
    const none = bitcoinFleet({ mode: 'act', replace: { rungs: [] } });
    expect(healsStartByThemselves(none, [{ ...node('a'), health: 'stuck' } as ObservedNode], NOON_MS)).toBe(false);
  });

  it('is not told of while one of two heals is at work on it', () => {
    const both = [
      incident('a', { refusedCodes: ['disk-full-first', 'validator'], trigger: 'node:health' }),
      incident('a'),
    ];
    expect(withoutHealing(due(node('a')), both, true, NOON_MS)).toBeNull();
    expect(withoutHealing(due(node('a')), both.toReversed(), true, NOON_MS)).toBeNull();
  });
});
