// Who is let in for a restart, where the event of one node is looked at, and where a sweep sees all.
import { expect, it } from '@jest/globals';
import { judgeAtDoor, waitingIn } from '../../../functions/dispatch-heal/paced.ts';
import { viewFleet } from '../../../shared/guardrails/fleet-view.ts';
import type { Pace } from '../../../shared/guardrails/pace.ts';
import { type IncidentRecord, PACED } from '../../../shared/heal/records.ts';
import { NODE_HEALTH } from '../../../shared/model/trigger.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const node = { instanceId: 'i-1', name: 'node1', fleet: 'bitcoin' };
const pace = (more: Partial<Pace> = {}): Pace => ({
  ...{
    isWave: false,
    isTrouble: false,
    isTold: false,
    isCrowded: false,
    free: 1,
    next: ['i-1'],
    stopped: null,
    sentence: 'one restart at once',
    zone: undefined,
  },
  ...more,
});

it.each<[string, Partial<Pace>, boolean, string | null]>([
  ['the only sick node goes at once', {}, false, null],
  ['of several the event of one waits for the sweep, which sees all', { isCrowded: true }, false, 'restarts-paced'],
  ['the sweep lets the oldest in', { isCrowded: true }, true, null],
  ['in a wave the event of one waits, too', { isWave: true }, false, 'restarts-paced'],
  ['where the wave is stopped, it says so', { isWave: true, next: [], stopped: 'not-helped' }, false, 'breaker-open'],
])('%s', (_, more, seesAll, refusal) => {
  expect(judgeAtDoor(pace(more), node, seesAll)?.refuse ?? null).toBe(refusal);
});

it('where the breaker holds a node, its page has the line with which a person passes it; a dark zone has none', () => {
  const stopped = pace({ isWave: true, next: [], stopped: 'not-helped' });
  expect(judgeAtDoor(stopped, node, true)?.reason).toContain('npm run chainmend -- replace bitcoin/node1');
  const zone = { name: 'eu-west-1a', instanceIds: ['i-1'], sentence: '3 of 3 nodes in eu-west-1a in trouble' };
  expect(judgeAtDoor({ ...stopped, zone }, node, true)).toMatchObject({
    refuse: 'zone-down',
    reason: expect.not.stringContaining('npm run'),
  });
});

it('a node that was refused for something else takes no place from others before its time', () => {
  const nodes = [
    observedNode({ instanceId: 'i-1', name: 'node1' }),
    observedNode({ instanceId: 'i-2', name: 'node2' }),
  ];
  const fleet = bitcoinFleet();
  const view = viewFleet(fleet, { observations: [{ observedAtMs: NOON_MS, nodes }], watch: undefined }, NOON_MS);
  const sick = [
    { instanceId: 'i-1', onsetMs: NOON_MS - 9 },
    { instanceId: 'i-2', onsetMs: NOON_MS - 1 },
  ];
  const waiting = (more: Partial<IncidentRecord>): readonly string[] => {
    const incident = { ...openIncidentRecord(), instanceId: 'i-1', trigger: NODE_HEALTH, ...more } as IncidentRecord;
    return waitingIn(fleet, view, sick, { incidents: [incident], nodes: [] }).map(({ instanceId }) => instanceId);
  };
  expect(waiting({ notBeforeMs: NOON_MS + 1 })).toEqual(['i-2']);
  expect(waiting({ notBeforeMs: NOON_MS })).toEqual(['i-1', 'i-2']);
  expect(waiting({ notBeforeMs: NOON_MS + 1, waitsFor: PACED })).toEqual(['i-1', 'i-2']);
});
