import { describe, expect, it } from '@jest/globals';
import { BEGINS_WITHIN_MS, HEALED_WITHIN_MS, withoutHealing } from '../../functions/watch-fleet/healing.ts';
import type { DuePage } from '../../functions/watch-fleet/pages.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;

const node = (name: string, sinceMs = NOW_MS - 10 * MINUTE_MS) =>
  ({ name, instanceId: `i-${name}`, sinceMs, reason: 'nothing listens there' }) as ObservedNode;
const due = (...nodes: readonly ObservedNode[]): DuePage => ({
  code: 'node-unreachable',
  nodes,
  reason: `${nodes.length} nodes`,
  kind: 'unreachable',
});
const incident = (of: string, more: Partial<IncidentRecord> = {}): IncidentRecord =>
  ({
    ...{ fleet: 'bitcoin', node: of, instanceId: `i-${of}`, trouble: 'disk:data', incidentId: '01234567' },
    ...{ onsetMs: NOW_MS - MINUTE_MS, attempt: 1, failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [] },
    ...{ alarm: { alarmName: '', namespace: '', dimensions: {} }, version: 1, state: 'open' },
    ...more,
  }) as IncidentRecord;
const told = (page: DuePage | null): readonly string[] => page?.nodes.map(({ name }) => name) ?? [];

describe('a node that is down', () => {
  it('is told of where nobody heals it', () => {
    expect(told(withoutHealing(due(node('a')), [], NOW_MS))).toEqual(['a']);
  });

  it('is not told of while its incident is young and waits for nothing but its turn', () => {
    const waiting = incident('a', { refusedCodes: ['staggered'] });
    expect(withoutHealing(due(node('a')), [waiting], NOW_MS)).toBeNull();
  });

  it('is told of alone, when another one is being healed', () => {
    const page = withoutHealing(due(node('a'), node('b')), [incident('a')], NOW_MS);
    expect(told(page)).toEqual(['b']);
    expect(page?.reason).toBe('b: nothing listens there');
  });

  it.each([
    ['was refused for a reason that only a person can end', { refusedCodes: ['cost-ceiling'] }],
    ['has failed once', { failures: 1 }],
    ['is over', { state: 'healed', endedAtMs: NOW_MS }],
    ['takes longer than any heal should', { onsetMs: NOW_MS - HEALED_WITHIN_MS }],
    ['is a plan that touches nothing', { plannedUntilMs: NOW_MS + MINUTE_MS }],
  ] as const)('is told of when its heal %s', (_, more) => {
    expect(told(withoutHealing(due(node('a')), [incident('a', more as Partial<IncidentRecord>)], NOW_MS))).toEqual([
      'a',
    ]);
  });

  it('has the minute in which the alarm of a full disk may still go off, and is told of after it', () => {
    const lately = node('a', NOW_MS - BEGINS_WITHIN_MS + 1);
    expect(withoutHealing(due(lately), [], NOW_MS)).toBeNull();
    expect(told(withoutHealing(due(lately), [], NOW_MS + 1))).toEqual(['a']);
  });
});
