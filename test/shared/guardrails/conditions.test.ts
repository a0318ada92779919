import { describe, expect, it } from '@jest/globals';
import type { FleetCondition, FleetWatch } from '../../../shared/fleet/observation.ts';
import { judgeConditions, judgeHalt } from '../../../shared/guardrails/conditions.ts';
import { viewFleet } from '../../../shared/guardrails/fleet-view.ts';
import { actOf, judgeClass } from '../../../shared/guardrails/replace.ts';
import { BINDINGS, forbids, HELD_ACTS, type HeldAct } from '../../../shared/model/conditions.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS } from '../../../shared/model/page-wants.ts';
import { LADDER } from '../../../shared/model/rungs.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const NODE = { instanceId: 'i-1', name: 'node1' };
const condition = (more: Partial<FleetCondition> = {}): FleetCondition => ({
  status: 'holds',
  sinceMs: NOON_MS,
  seenAtMs: NOON_MS,
  reason: 'two blocks at 900',
  ...more,
});

describe('a chain on which nobody advances', () => {
  it('holds every act that its row forbids, whether people were told of it or not', () => {
    const held = HELD_ACTS.filter((act) => judgeHalt(act, 'node1', NOON_MS) !== null);
    expect(held).toEqual(HELD_ACTS.filter((act) => forbids('chain-halted', act)));
    expect(HELD_ACTS.filter((act) => judgeHalt(act, 'node1', null) !== null)).toEqual([]);
  });

  it('lets a client be started that has ended by itself, and what a person asks for by name', () => {
    expect(judgeHalt('restart', 'node1', NOON_MS, { cause: 'known' })).toBeNull();
    expect(judgeHalt('replace', 'node1', NOON_MS, { cause: 'known' })?.refuse).toBe('chain-standing');
    expect(judgeHalt('replace', 'node1', NOON_MS, { manual: true })).toBeNull();
  });
});

describe('what a condition forbids', () => {
  it('is said for each condition that people are told of, with its reason', () => {
    const without = Object.keys(CONDITIONS).filter((code) => !Object.hasOwn(BINDINGS, code));
    expect(without).toEqual([]);
    for (const [code, { because }] of Object.entries(BINDINGS))
      expect([code, because.length > 8]).toEqual([code, true]);
  });

  it('of each page that wants something now, is a row, or the code is itself a refusal or the end of a heal', () => {
    const now = Object.entries(PAGE_WANTS).filter(
      ([code, { urgency }]) => urgency === 'now' && code !== 'approval-wanted',
    );
    const unsaid = now.filter(
      ([code]) => ![BINDINGS, GUARDRAILS, FAILURES].some((table) => Object.hasOwn(table, code)),
    );
    expect(unsaid).toEqual([]);
  });

  it('names every rung of the ladder', () => {
    expect(LADDER.map(actOf).filter((act) => !HELD_ACTS.includes(act))).toEqual([]);
  });

  it.each<[string, HeldAct, boolean]>([
    ['no-majority', 'swap', true],
    ['no-majority', 'upgrade', true],
    ['no-majority', 'snapshot', true],
    ['no-majority', 'drill', true],
    ['no-majority', 'peers', true],
    ['no-majority', 'restart', false],
    ['no-majority', 'stop', false],
    ['no-majority', 'replace', false],
    ['node-missing', 'upgrade', false],
    ['what nobody knows', 'swap', false],
  ])('%s: %s %s', (code, act, held) => {
    const refusal = judgeConditions(act, NODE, [{ ...condition(), code }]);
    expect(refusal?.refuse).toBe(held ? 'condition-holds' : undefined);
    if (refusal) expect(refusal).toMatchObject({ page: false, reason: expect.stringContaining('two blocks at 900') });
  });

  it('is nothing where no condition is seen', () => {
    expect(judgeConditions('swap', NODE, undefined)).toBeNull();
  });

  it('is of its nodes alone where it is about nodes', () => {
    expect(BINDINGS['zone-down'].whom).toBe('nodes');
    expect([forbids('zone-down', 'stop'), forbids('zone-down', 'restart')]).toEqual([true, false]);
  });
});

describe('a zone that people were told of', () => {
  const fleet = bitcoinFleet();
  const part = {
    observedAtMs: NOON_MS,
    nodes: [
      observedNode({ instanceId: 'i-1', name: 'node1', availabilityZone: 'a', health: 'unreachable' }),
      observedNode({ instanceId: 'i-2', name: 'node2', availabilityZone: 'a', health: 'unreachable' }),
      ...['b', 'b', 'c', 'c'].map((availabilityZone, at) =>
        observedNode({ instanceId: `i-${at + 3}`, name: `node${at + 3}`, availabilityZone, health: 'stuck' }),
      ),
    ],
  };
  const watch = (observedAtMs: number, status: FleetCondition['status'] = 'holds'): FleetWatch => ({
    ...{ observedAtMs, tip: null, tipSinceMs: null, tipSeenAtMs: null, haltedSinceMs: null, canonical: null },
    ...{ chainId: null, references: [], paged: {}, version: 1 },
    conditions: {
      'zone-down': condition({
        ...{ status, zone: 'a', instanceIds: ['i-1', 'i-2'], reason: '2 of 2 nodes in a in trouble' },
      }),
    },
  });
  const judged = (told: FleetWatch, of: 'restart' | 'replace') => {
    const { breaker } = viewFleet(fleet, { observations: [part], watch: told }, NOON_MS);
    return judgeClass({
      ...{ class: of, fleet, role: 'follower', node: NODE, breaker, haltedSinceMs: null },
      ...{ cause: 'known', manual: false, acknowledgesValidator: false },
    });
  };
  const refusal = (observedAtMs: number, of: 'restart' | 'replace') => judged(watch(observedAtMs), of)?.refuse;

  it('holds what it forbids, although the nodes elsewhere are sick by now', () => {
    expect(refusal(NOON_MS, 'replace')).toBe('zone-down');
    expect(refusal(NOON_MS, 'restart')).toBeUndefined();
  });

  it('is paged by the act that it holds, but not once the last look has not seen it', () => {
    expect(judged(watch(NOON_MS), 'replace')).toMatchObject({ refuse: 'zone-down', page: true });
    const ending = judged(watch(NOON_MS, 'ending'), 'replace');
    expect(ending).toMatchObject({ refuse: 'zone-down', page: false });
    expect(ending?.reason).toContain('the last look no longer saw that');
  });

  it('is not known any more where nobody has watched for three minutes', () => {
    expect(refusal(NOON_MS - 4 * MINUTE_MS, 'replace')).toBe('breaker-open');
  });
});
