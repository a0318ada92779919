// A well node is moved to other hardware before what EC2 has scheduled for its instance.
import { describe, expect, it } from '@jest/globals';
import { intendAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { moveOf } from '../../../functions/replace-node/move.ts';
import { startInstead } from '../../../functions/replace-node/rungs/restart.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { ScheduledEvent } from '../../../shared/fleet/scheduled-events.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, FLEET, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const event: ScheduledEvent = {
  id: 'e1',
  code: 'instance-retirement',
  notBeforeMs: NOON_MS + 24 * HOUR_MS,
  description: '',
};
const move = { event, refusal: null };
const forbidden = {
  event,
  refusal: { refuse: 'cannot-be-spared', reason: 'another one is stuck', page: false, retryAfterMs: 1 },
} as const;
const well = { watched: watched('synced', { lagBlocks: 0 }), move };
const down = seen([client('stopped')]);
const stopped = machine({ state: 'stopped' }, { agentOnline: false });

const words = (act: Decision): string => {
  if (act.do !== 'end') return act.do;
  return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as;
};
const first = (more: Partial<Facts> = {}) => words(decide(facts({ ...well, ...more }), null));
const then = (has: Partial<LadderState>, more: Partial<Facts> = {}) =>
  words(decide(facts({ ...well, ...more }), ladderState({ moves: true, hold: 'none', ...has })));
const rung = { rung: 'stop-start' } as const;
const asked = { ...rung, pool: 'left', client: 'mayBeDown' } as const;

describe('a move begins', () => {
  it('on a node that is well, and that is what it is for', () => {
    expect(first()).toBe('begin');
    expect(then({})).toBe('take-rung');
  });

  it.each<[string, Partial<Facts>, string]>([
    ['EC2 has called it off', { move: { event: null, refusal: null } }, 'healed'],
    ['somebody has stopped its client', { seen: down }, 'client-stopped'],
    ['somebody has stopped its instance', { original: stopped }, 'instance-stopped'],
    ['its disk is full', { seen: seen([client('running')], undefined, 490) }, 'disk-full-first'],
  ])('but not where %s', (_, more, end) => {
    expect(first(more)).toBe(end);
  });

  it.each<[string, Partial<Facts>, string]>([
    ['its fleet cannot spare it', { move: forbidden }, 'cannot-be-spared'],
    ['it has disks of its own', { instanceStore: true }, 'instance-store'],
    [
      'it would lose a public address',
      { original: machine({ publicIp: { ip: '198.51.100.7', allocationId: null } }) },
      'public-ip',
    ],
    ['a group would replace it', { original: machine({ autoScalingGroup: 'nodes' }) }, 'asg-owned'],
  ])('and takes no rung where %s', (_, more, end) => {
    expect(then({}, more)).toBe(end);
  });
});

describe('on its way', () => {
  it('it leaves the pool, its client ends with its grace, and then its instance is stopped and started', () => {
    expect(then(rung)).toBe('leave-pool');
    expect(then({ ...rung, pool: 'left' })).toBe('stop-for-move');
    expect(then(asked, { seen: down })).toBe('stop-instance');
    expect(then({ ...asked, original: 'stopRequested' }, { original: stopped, seen: null })).toBe('start-instance');
    expect(then({ ...asked, original: 'started' }, { seen: null })).toBe('inspect');
    expect(then({ ...asked, original: 'started' }, { seen: down })).toBe('start-again');
  });

  it('a member of a group is set aside first', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, autoScaling: 'standby' } } as const;
    const original = machine({ autoScalingGroup: 'nodes' });
    expect(then({ ...rung, pool: 'left' }, { fleet, original })).toBe('standby');
    expect(then({ ...rung, pool: 'left', standby: 'entered' }, { fleet, original })).toBe('stop-for-move');
  });

  it('no instance is stopped whose client runs', () => {
    expect(then(asked)).toBe('stop-for-move');
    expect(then(asked, { seen: null })).toBe('inspect');
    const silent = machine({}, { agentOnline: false });
    expect(then({ ...rung, pool: 'left' }, { original: silent })).toBe('node-silent');
  });

  it('what changes until the last moment is heeded', () => {
    expect(then({ ...rung, pool: 'left' }, { move: forbidden })).toBe('cannot-be-spared');
    expect(then({ ...rung, pool: 'left' }, { seen: down })).toBe('client-stopped');
    const isWell = { watched: watched('synced', { lagBlocks: 0 }), move: { event: null, refusal: null } };
    expect(then({ ...rung, pool: 'left' }, isWell)).toBe('prove');
  });

  it('that it is at the tip after its start proves it', () => {
    const before = ladderState({ moves: true, ...asked, original: 'started', hold: 'none' });
    const state = reduceAct(before, { do: 'start-again', reason: '' }, { is: 'done', atMs: NOON_MS, seen: seen() });
    expect(state.upSinceMs).toBe(NOON_MS);
    const found = { ...state.found, height: null, lagBlocks: null };
    const at = (observedAtMs: number) =>
      then({ ...state, found }, { watched: watched('synced', { observedAtMs, lagBlocks: 0 }) });
    expect(at(NOON_MS - 1)).toBe('wait');
    expect(at(NOON_MS + 1)).toBe('prove');
  });

  it('a client that the boot has started is not started again', () => {
    const before = ladderState({ moves: true, ...asked, original: 'started' });
    const booted = { do: 'inspect', which: 'original' } as const;
    expect(reduceAct(before, booted, { is: 'done', atMs: NOON_MS, seen: seen() }).upSinceMs).toBe(NOON_MS);
    expect(reduceAct(before, booted, { is: 'done', atMs: NOON_MS, seen: down }).upSinceMs).toBeNull();
  });
});

describe('the client does not stay down', () => {
  const stop = { do: 'stop-instance', which: 'original', reason: '' } as const;
  const state = ladderState({ moves: true, ...asked });

  it('where a pause forbids to stop its instance: it is started again, under the pause as well', () => {
    const intended = intendAct(state, stop, NOON_MS);
    const act = startInstead(stop, { refuse: 'paused' }, intended, { seen: down });
    expect(act?.do).toBe('start-again');
    if (act === null) throw new Error('nothing is done');
    const after = reduceAct(intended, act, { is: 'done', atMs: NOON_MS, seen: seen() });
    expect([after.client, after.original]).toEqual(['untouched', 'untouched']);
  });

  it('and nothing is started where it runs, or where it is no move', () => {
    expect(startInstead(stop, { refuse: 'paused' }, state, { seen: seen() })).toBeNull();
    expect(startInstead(stop, { refuse: 'paused' }, ladderState(rung), { seen: down })).toBeNull();
  });

  it('where EC2 refuses the stop', () => {
    const failed = [{ rung: 'stop-start', reason: 'UnsupportedOperation' }] as const;
    expect(then({ failed }, { seen: null })).toBe('inspect');
    expect(then({ failed }, { seen: down })).toBe('start-again');
    expect(then({ failed })).toBe('escalated');
  });

  it('where its old hardware is gone and there is no other: another instance is tried', () => {
    const failed = [{ rung: 'stop-start', reason: 'InsufficientInstanceCapacity' }] as const;
    const plan = decide(
      facts({ ...well, original: stopped, seen: null, watched: watched('unreachable') }),
      ladderState({ moves: true, hold: 'none', failed }),
    );
    expect(plan).toMatchObject({ do: expect.stringMatching(/^(skip-rung|take-rung)$/) });
  });
});

describe('what EC2 has scheduled', () => {
  const checks = { system: 'ok', instance: 'ok', attachedEbs: 'ok', scheduled: [event] } as const;
  const at = (seenAtMs: number, launchedAtMs: number) =>
    moveOf({
      ...{ nowMs: NOON_MS, fleet: FLEET, node: { instanceId: INSTANCE, name: 'node2' }, role: 'follower', checks },
      ...{ launchedAtMs, breaker: { open: false, sentence: '' }, haltedSinceMs: null },
      nodes: [observedNode({ scheduled: [{ ...event, seenAtMs }] })],
    }).event;

  it('is over once the instance was started after that, though EC2 still describes it', () => {
    expect(at(NOON_MS - HOUR_MS, NOON_MS - 2 * HOUR_MS)?.id).toBe('e1');
    expect(at(NOON_MS - HOUR_MS, NOON_MS - 1000)).toBeNull();
  });
});
