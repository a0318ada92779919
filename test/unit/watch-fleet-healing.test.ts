// Whether people may sleep over a node that is down: only while a heal that needs nobody is at work on it, and for half an hour.
import { describe, expect, it } from '@jest/globals';
import type { DuePage } from '../../functions/watch-fleet/pages.ts';
import { HEALED_WITHIN_MS, isBeingHealed, withoutHealing } from '../../functions/watch-fleet/pages.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { HealPayload } from '../../shared/model/payload.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;

const base = {
  ...{ fleet: 'bitcoin', node: 'node2', instanceId: 'i-2', trigger: 'disk:data', incidentId: 'feedbeef' },
  ...{ onsetMs: NOW - 2 * MINUTE_MS, alarm: { alarmName: '', namespace: '', dimensions: {} }, attempt: 1 },
  ...{ failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], version: 1 },
} as const;
const open: IncidentRecord = { ...base, state: 'open' };
const payloadOf = (mode: 'act' | 'ask' | 'plan'): HealPayload => ({
  ...{ ...base, mode, kind: 'resize-volume', deadlineMs: NOW + 60 * MINUTE_MS },
});
const claimed = (mode: 'act' | 'ask' | 'plan' = 'act'): IncidentRecord => ({
  ...{ ...base, state: 'claimed', payload: payloadOf(mode), execution: 'arn:1' },
});

describe('a node is being healed', () => {
  it.each<[string, IncidentRecord, boolean]>([
    ['while its incident was just opened', open, true],
    [
      'while an attempt is allocated',
      { ...base, state: 'allocated', payload: payloadOf('act'), allocatedAtMs: NOW },
      true,
    ],
    ['while an attempt is at work', claimed(), true],
    ['while it waits for its turn', { ...open, refusedCodes: ['staggered', 'busy'] }, true],
    ['while an attempt is at work that was refused before', { ...claimed(), refusedCodes: ['paused'] }, true],
    ['not when it was refused', { ...open, refusedCodes: ['staggered', 'size-ceiling'] }, false],
    ['not when an attempt has failed', { ...open, failures: 1 }, false],
    ['not when it was only planned', { ...open, plannedUntilMs: NOW + MINUTE_MS }, false],
    ['not while a person is asked', claimed('ask'), false],
    ['not in mode plan', claimed('plan'), false],
    ['not when it is over', { ...base, state: 'healed', endedAtMs: NOW }, false],
    ['not when people were told of it', { ...base, state: 'escalated', endedAtMs: NOW }, false],
    ['not after half an hour', { ...claimed(), onsetMs: NOW - HEALED_WITHIN_MS }, false],
  ])('%s', (_, incident, expected) => {
    expect(isBeingHealed(incident, NOW)).toBe(expected);
  });
});

describe('a page', () => {
  const node = (name: string): ObservedNode => ({
    ...{ instanceId: `i-${name.at(-1)}`, name, role: 'follower', availabilityZone: 'a', privateIp: '10.0.0.1' },
    ...{ health: 'unreachable', reason: `${name} is silent`, sinceMs: 0, height: null, heightSinceMs: null },
    ...{ lagBlocks: null, blockAgeSeconds: null, peerCount: null, startedAtMs: null, seenSinceMs: 0, paged: [] },
  });
  const due = (...names: readonly string[]): DuePage => ({
    ...{ code: 'node-unreachable', nodes: names.map(node), reason: 'first', kind: 'unreachable' },
  });

  it('is not sent where everybody that it is about is being healed', () => {
    expect(withoutHealing(due('node2'), [claimed()], true, NOW)).toBeNull();
  });

  it('is about the others where somebody is', () => {
    const left = withoutHealing(due('node2', 'node3'), [claimed()], true, NOW);
    expect(left?.nodes.map(({ name }) => name)).toEqual(['node3']);
    expect(left?.reason).toBe('node3: node3 is silent');
  });

  it('is as it was where nobody is', () => {
    const page = due('node3');
    expect(withoutHealing(page, [claimed()], true, NOW)).toBe(page);
  });
});
