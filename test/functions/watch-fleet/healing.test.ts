// Whether a down node pages people. It does not while a heal works on it without a person, for at most half an hour.
import { describe, expect, it } from '@jest/globals';
import type { DuePage } from '../../../functions/watch-fleet/pages.ts';
import { withoutHealing } from '../../../functions/watch-fleet/pages.ts';
import { HEALED_WITHIN_MS, isBeingHealed } from '../../../shared/heal/page-truth.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { allocatedIncident, endedIncident, ME, openIncidentRecord, payload } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const of = { instanceId: 'i-2', incidentId: 'feedbeef', onsetMs: NOON_MS - 2 * MINUTE_MS };
const open = openIncidentRecord(of);
const claimed = (mode: Mode = 'act'): IncidentRecord => ({
  ...openIncidentRecord(of),
  ...{ state: 'claimed', payload: payload({ ...of, mode }), execution: ME },
});

describe('a node is being healed', () => {
  it.each<[string, IncidentRecord, boolean]>([
    ['while its incident was just opened', open, true],
    ['while an attempt is allocated', allocatedIncident(of), true],
    ['while an attempt is at work', claimed(), true],
    ['while it waits for its turn', { ...open, refusedCodes: ['staggered', 'busy'] }, true],
    ['while an attempt is at work that was refused before', { ...claimed(), refusedCodes: ['paused'] }, true],
    [
      'while it waits at the door for longer than half an hour',
      {
        ...open,
        ...{ trigger: 'node:health', onsetMs: NOON_MS - 2 * HEALED_WITHIN_MS },
        ...{ refusedCodes: ['replace-in-flight', 'replacements-spent'], waitsFor: 'replacements-spent' },
      },
      true,
    ],
    [
      'not when it has waited at the door for four hours',
      { ...open, trigger: 'node:health', onsetMs: NOON_MS - 8 * HEALED_WITHIN_MS, waitsFor: 'replace-in-flight' },
      false,
    ],
    ['not when it was refused', { ...open, refusedCodes: ['staggered', 'size-ceiling'] }, false],
    ['not when an attempt has failed', { ...open, failures: 1 }, false],
    ['not when it was only planned', { ...open, plannedUntilMs: NOON_MS + MINUTE_MS }, false],
    ['not while a person is asked', claimed('ask'), false],
    ['not in mode plan', claimed('plan'), false],
    ['not when it is over', endedIncident('healed', NOON_MS, of), false],
    ['not when people were told of it', endedIncident('escalated', NOON_MS, of), false],
    ['not after half an hour', { ...claimed(), onsetMs: NOON_MS - HEALED_WITHIN_MS }, false],
  ])('%s', (_, incident, expected) => {
    expect(isBeingHealed(incident, NOON_MS)).toBe(expected);
  });
});

it('a node whose full disk is pruned is healed for as long as its owner’s command may take, and no other heal is', () => {
  const begun = (minutes: number, trigger = 'disk:data') => ({
    ...claimed(),
    ...{ trigger, onsetMs: NOON_MS - HEALED_WITHIN_MS - minutes * MINUTE_MS },
  });
  const hour = 60 * MINUTE_MS;
  expect([59, 60].map((minutes) => isBeingHealed(begun(minutes), NOON_MS, hour))).toEqual([true, false]);
  expect(isBeingHealed(begun(59), NOON_MS)).toBe(false);
  expect(isBeingHealed(begun(59, 'snapshot:clean'), NOON_MS, hour)).toBe(false);
  expect(isBeingHealed({ ...begun(10), failures: 1 }, NOON_MS, hour)).toBe(false);
});

describe('a page', () => {
  const node = (name: string) =>
    observedNode({
      instanceId: `i-${name.at(-1)}`,
      name,
      health: 'unreachable',
      reason: `${name} is silent`,
      sinceMs: 0,
    });
  const due = (...names: readonly string[]): DuePage => ({
    ...{ code: 'node-unreachable', nodes: names.map(node), reason: 'first', kind: 'unreachable' },
  });

  it('is not sent where everybody that it is about is being healed', () => {
    expect(withoutHealing(due('node2'), [claimed()], true, NOON_MS)).toBeNull();
  });

  it('is about the others where somebody is', () => {
    const left = withoutHealing(due('node2', 'node3'), [claimed()], true, NOON_MS);
    expect(left?.nodes.map(({ name }) => name)).toEqual(['node3']);
    expect(left?.reason).toBe('node3: node3 is silent');
  });

  it('is as it was where nobody is', () => {
    const page = due('node3');
    expect(withoutHealing(page, [claimed()], true, NOON_MS)).toBe(page);
  });
});
