// Which well nodes the sweep wants to stop and start: before what EC2 has scheduled for them, or to take them back from the type of their first sync; and
// when that is over.
import { describe, expect, it } from '@jest/globals';
import { moveCandidates } from '../../../functions/dispatch-heal/candidates.ts';
import { judgeBeforeStart } from '../../../functions/dispatch-heal/decide.ts';
import { isMovedNoMore, judgeMoved } from '../../../functions/dispatch-heal/scheduled.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { viewFleet } from '../../../shared/guardrails/fleet-view.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { NODE_EVENT, NODE_TYPE } from '../../../shared/model/trigger.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const ALARM = { alarmName: '', namespace: 'chainmend', dimensions: {} };
const fleet = bitcoinFleet();
const mark = (hours: number, more: object = {}) => ({
  ...{ id: 'e1', code: 'instance-stop' as const, notBeforeMs: NOON_MS + hours * HOUR_MS, seenAtMs: NOON_MS - HOUR_MS },
  ...more,
});
const seenAll = (nodes: readonly ObservedNode[], ageMs = 0) =>
  viewFleet(fleet, { observations: [{ observedAtMs: NOON_MS - ageMs, nodes }], watch: undefined }, NOON_MS);
const seen = (node: ObservedNode, ageMs = 0) => seenAll([observedNode({ name: 'node1' }), node], ageMs);
const candidates = (more: Partial<ObservedNode>, ageMs = 0) =>
  moveCandidates([fleet], new Map([['bitcoin', seen(observedNode(more), ageMs)]]), NOON_MS);

describe('a node is moved', () => {
  it('once its event is near enough, and its onset is when that began', () => {
    expect(candidates({ scheduled: [mark(24)] })).toMatchObject([
      { instanceId: INSTANCE, onsetMs: NOON_MS - HOUR_MS, trigger: { kind: 'node', subject: 'event' } },
    ]);
    expect(candidates({ scheduled: [mark(47.5, { seenAtMs: 0 })] })).toMatchObject([
      { onsetMs: NOON_MS - 30 * MINUTE_MS },
    ]);
  });

  it.each<[string, Partial<ObservedNode>, number]>([
    ['days before', { scheduled: [mark(49)] }, 0],
    ['when its time has come', { scheduled: [mark(-1)] }, 0],
    ['where nothing is scheduled', {}, 0],
    ['once it was started since', { scheduled: [mark(24, { moved: true })] }, 0],
    ['while it is sick', { health: 'stuck', scheduled: [mark(24)] }, 0],
    ['by what was seen more than three minutes ago', { scheduled: [mark(24)] }, 4 * MINUTE_MS],
  ])('but not %s', (_, more, ageMs) => {
    expect(candidates(more, ageMs)).toEqual([]);
  });

  it('and waits at the door while its fleet cannot spare it', () => {
    const subject = { fleet, node: { instanceId: INSTANCE, name: 'node2' }, role: 'follower' } as const;
    const at = (health: ObservedNode['health']) => {
      const own = observedNode({ scheduled: [mark(24)] });
      const nodes = [observedNode({ name: 'node1', health }), own];
      return judgeMoved('event', subject, seenAll(nodes), NOON_MS)?.refuse;
    };
    expect([at('synced'), at('stuck')]).toEqual([undefined, 'cannot-be-spared']);
  });
});

it('its incident is over when nothing is scheduled any more, or the node is gone', () => {
  const incident = { trigger: NODE_EVENT, instanceId: INSTANCE } as unknown as IncidentRecord;
  expect(isMovedNoMore(incident, [observedNode({ scheduled: [mark(24)] })])).toBe(false);
  expect(isMovedNoMore(incident, [observedNode()])).toBe(true);
  expect(isMovedNoMore(incident, [observedNode({ scheduled: [mark(24, { moved: true })] })])).toBe(true);
  expect(isMovedNoMore(incident, [observedNode({ name: 'node1' })])).toBe(true);
});

describe('a node that has caught up with the type of its first sync', () => {
  const boosted = { ...fleet, typeBoost: { from: 'm6i.8xlarge', to: 'm6i.large' } };
  const own = observedNode({
    boosted: { type: 'm6i.8xlarge', idleSinceMs: NOON_MS - 45 * MINUTE_MS },
    sinceMs: NOON_MS - HOUR_MS,
  });
  const wanted = (node: ObservedNode) => moveCandidates([boosted], new Map([['bitcoin', seen(node)]]), NOON_MS);

  it('is taken back, and its onset is a quarter of an hour after it has', () => {
    expect(wanted(own)).toMatchObject([
      { instanceId: INSTANCE, onsetMs: NOON_MS - 45 * MINUTE_MS, trigger: { kind: 'node', subject: 'type' } },
    ]);
    expect(wanted(observedNode({ sinceMs: NOON_MS - HOUR_MS }))).toEqual([]);
  });

  it('is moved for EC2 first: the new hardware may as well be the smaller one later', () => {
    expect(wanted({ ...own, scheduled: [mark(24)] })).toMatchObject([{ trigger: { subject: 'event' } }]);
  });

  it('waits at the door while its fleet cannot spare it', () => {
    const subject = { fleet: boosted, node: { instanceId: INSTANCE, name: 'node2' }, role: 'follower' } as const;
    const at = (health: ObservedNode['health']) =>
      judgeMoved('type', subject, seenAll([observedNode({ name: 'node1', health }), own]), NOON_MS)?.refuse;
    expect([at('synced'), at('stuck')]).toEqual([undefined, 'cannot-be-spared']);
  });

  it('and is judged there as a move: nobody restarts a client for it', () => {
    const nodes = [observedNode({ name: 'node1', health: 'stuck' }), own];
    const refusal = judgeBeforeStart(
      {
        fleet: boosted,
        node: 'node2',
        trigger: { kind: 'node', subject: 'type' },
        candidate: { instanceId: INSTANCE, onsetMs: NOON_MS, suppressedBy: null, alarm: ALARM },
      },
      { instanceId: INSTANCE, tags: {} },
      seenAll(nodes),
      NOON_MS,
    );
    expect(refusal).toMatchObject({ refuse: 'cannot-be-spared', page: false });
  });

  it('has nothing open any more once it has another type', () => {
    const incident = { trigger: NODE_TYPE, instanceId: INSTANCE } as unknown as IncidentRecord;
    expect(isMovedNoMore(incident, [own])).toBe(false);
    expect(isMovedNoMore(incident, [observedNode({ scheduled: [mark(24)] })])).toBe(true);
  });
});
