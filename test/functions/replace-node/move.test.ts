// A well node is moved to other hardware before what EC2 has scheduled for its instance, or goes back from the type of its first sync.
import { describe, expect, it } from '@jest/globals';
import { type Act, doesRecover, intendAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { moveOf } from '../../../functions/replace-node/move.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { perhapsDown } from '../../../functions/replace-node/state.ts';
import type { ScheduledEvent } from '../../../shared/fleet/scheduled-events.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { NODE_EVENT, NODE_TYPE } from '../../../shared/model/trigger.ts';
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
const cause = { by: 'event', event } as const;
const move = { cause, refusal: null };
const forbidden = {
  cause,
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
    ['EC2 has called it off', { move: { cause: null, refusal: null } }, 'healed'],
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
  it('where its machine dies meanwhile, it is stopped and started like any other dead one', () => {
    const dead = machine(
      {},
      { agentOnline: false, checks: { system: 'impaired', instance: 'impaired', attachedEbs: 'ok' } },
    );
    expect(then(asked, { original: dead, seen: null })).toBe('stop-instance');
    const silent = machine({}, { agentOnline: false });
    expect(then(asked, { original: silent, seen: null })).toBe('node-silent');
  });

  it('it leaves the pool, its client ends with its grace, and then its instance is stopped and started', () => {
    expect(then(rung)).toBe('leave-pool');
    expect(then({ ...rung, pool: 'left' })).toBe('stop-for-move');
    expect(then(asked, { seen: down })).toBe('stop-instance');
    expect(then({ ...asked, original: 'stopRequested' }, { original: stopped, seen: null })).toBe('start-instance');
    expect(then({ ...asked, original: 'started' }, { seen: null })).toBe('inspect');
    // systemd tells how a unit has ended in this boot alone.
    const booted = seen([client('stopped', { exitStatus: null })]);
    expect(then({ ...asked, original: 'started' }, { seen: booted })).toBe('start-again');
    expect(then({ ...asked, original: 'started' }, { seen: down })).toBe('client-stopped');
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
    const isWell = { watched: watched('synced', { lagBlocks: 0 }), move: { cause: null, refusal: null } };
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

describe('an impaired instance that has booted on other hardware', () => {
  const booted = { rung: 'stop-start', original: 'started', client: 'mayBeDown', hold: 'none' } as const;
  const next = (clients: readonly ReturnType<typeof client>[], more: Partial<Facts> = {}) =>
    words(decide(facts({ watched: watched('unreachable'), seen: seen([...clients]), ...more }), ladderState(booted)));
  const never = client('stopped', { exitStatus: null });

  it('has its client started where the boot has not', () => {
    expect(next([never])).toBe('start-again');
    expect(next([never, client('running')])).toBe('start-again');
    expect(next([client('running')])).toBe('inspect');
  });

  it('and left where systemd says that the boot had: somebody has stopped it since', () => {
    expect(next([client('stopped')])).toBe('client-stopped');
    expect(next([client('stopped'), client('running')])).toBe('client-stopped');
    // How a container ended, it remembers over a boot.
    const container = { kind: 'docker', container: 'node' } as const;
    const units = FLEET.units.map((unit) => ({ ...unit, runtime: container }));
    expect(next([client('stopped')], { fleet: { ...FLEET, units } as typeof FLEET })).toBe('start-again');
    // Of a unit that the file does not have.
    expect(next([client('running'), client('stopped')])).toBe('start-again');
  });
});

describe('the client does not stay down', () => {
  const stop = { do: 'stop-instance', which: 'original', reason: '' } as const;
  const state = ladderState({ moves: true, ...asked });

  it('where a pause forbids to stop its instance: it is started again, under the pause as well', () => {
    const intended = intendAct(state, stop, NOON_MS);
    const act = giveBackInstead({ refused: stop, why: 'paused' }, intended, { seen: down, unanswered: null });
    expect(act?.do).toBe('start-again');
    if (act === null) throw new Error('nothing is done');
    const after = reduceAct(intended, act, { is: 'done', atMs: NOON_MS, seen: seen() });
    expect([after.client, after.original]).toEqual(['untouched', 'untouched']);
  });

  it('and nothing is started where it runs, or where it is no move', () => {
    expect(giveBackInstead({ refused: stop, why: 'paused' }, state, { seen: seen(), unanswered: null })).toBeNull();
    expect(
      giveBackInstead({ refused: stop, why: 'paused' }, ladderState(rung), { seen: down, unanswered: null }),
    ).toBeNull();
  });

  it('where EC2 refuses the stop', () => {
    const failed = [{ rung: 'stop-start', reason: 'UnsupportedOperation' }] as const;
    expect(then({ failed }, { seen: null })).toBe('inspect');
    const stays = (has: LadderState) => words(decide(facts({ ...well, seen: down }), has));
    expect(stays(perhapsDown(ladderState({ moves: true, failed })))).toBe('start-again');
    expect(stays(ladderState({ moves: true, failed, ran: true }))).toBe('client-stopped');
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
      ...{ trigger: NODE_EVENT, instance: { instanceType: 'm6i.large', launchedAtMs } },
      ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null },
      nodes: [observedNode({ scheduled: [{ ...event, seenAtMs }] })],
    }).cause;

  it('is over once the instance was started after that, though EC2 still describes it', () => {
    expect(at(NOON_MS - HOUR_MS, NOON_MS - 2 * HOUR_MS)).toMatchObject({ by: 'event', event: { id: 'e1' } });
    expect(at(NOON_MS - HOUR_MS, NOON_MS - 1000)).toBeNull();
  });
});

describe('after its first sync', () => {
  const retypes = { from: 'm6i.8xlarge', to: 'm6i.large' } as const;
  const back = { cause: { by: 'type', ...retypes }, refusal: null } as const;
  const off = (instanceType: string) => machine({ state: 'stopped', instanceType }, { agentOnline: false });
  const whileStopped = (instanceType: string, has: Partial<LadderState> = {}) =>
    decide(
      facts({ ...well, move: back, original: off(instanceType), seen: null }),
      ladderState({ moves: true, retypes, hold: 'none', ...asked, original: 'stopRequested', ...has }),
    );

  it('a heal remembers which type the instance goes back to', () => {
    const original = machine({ instanceType: 'm6i.8xlarge' });
    expect(decide(facts({ ...well, original, move: back }), null)).toMatchObject({
      do: 'begin',
      state: { moves: true, retypes },
    });
  });

  it('the type is set while the instance is stopped, and then it is started', () => {
    expect(whileStopped('m6i.8xlarge')).toMatchObject({ do: 'change-type', to: 'm6i.large' });
    expect(whileStopped('m6i.large')).toMatchObject({ do: 'start-instance' });
  });

  it('a third type is a person’s, and is started as it is', () => {
    expect(whileStopped('r6i.large')).toMatchObject({ do: 'start-instance' });
  });

  it('where it does not start with it, it goes back to the type with which it has run, and starts', () => {
    const state = ladderState({ moves: true, retypes, ...asked, original: 'stopRequested' });
    const none = { is: 'failed', atMs: NOON_MS, reason: 'no room', code: 'InsufficientInstanceCapacity' } as const;
    const after = reduceAct(state, { do: 'start-instance', reason: '' }, none);
    expect([after.rung, after.retypes?.stays, after.unstarted]).toEqual(['stop-start', 'no room', undefined]);
    expect(whileStopped('m6i.large', after)).toMatchObject({
      do: 'change-type',
      to: 'm6i.8xlarge',
      reason: 'it does not start as m6i.large: no room',
    });
    expect(whileStopped('m6i.8xlarge', after)).toMatchObject({ do: 'start-instance' });
    // There is no room for either: it is asked for again each hour, as after any stop.
    expect(reduceAct(after, { do: 'start-instance', reason: '' }, none)).toMatchObject({
      rung: null,
      unstarted: { of: 'capacity' },
    });
  });

  it('and also where EC2 accepts the start, and has no room in the end', () => {
    const is = { moves: true, retypes, hold: 'none', ...asked, original: 'started' } as const;
    const off = machine(
      { state: 'stopped', instanceType: 'm6i.large', stateReason: 'no room' },
      { agentOnline: false },
    );
    const act = decide(facts({ ...well, move: back, original: off, seen: null }), ladderState(is));
    expect(act).toMatchObject({ do: 'change-type', to: 'm6i.8xlarge', reason: 'no room' });
    const after = reduceAct(ladderState(is), act as Act, { is: 'done', atMs: NOON_MS });
    expect([after.original, after.retypes?.stays]).toEqual(['stopRequested', 'no room']);
    // A second time it is no matter of its type.
    const again = decide(
      facts({ ...well, move: back, original: off, seen: null }),
      ladderState({ ...is, retypes: { ...retypes, stays: 'no room' } }),
    );
    expect(again).toMatchObject({ do: 'end-rung' });
  });

  it('a type that AWS does not set, or a call that fails again and again, keeps nothing down', () => {
    const state = ladderState({ moves: true, retypes, ...asked, original: 'stopRequested' });
    const act = { do: 'change-type', to: 'm6i.large', reason: '' } as const;
    const denied = reduceAct(state, act, {
      is: 'failed',
      atMs: NOON_MS,
      reason: 'denied',
      code: 'UnauthorizedOperation',
    });
    expect(denied.retypes?.stays).toBe('denied');
    expect(whileStopped('m6i.8xlarge', denied)).toMatchObject({ do: 'start-instance' });
    const setback = { act: 'change-type m6i.large', count: 3, atMs: NOON_MS, reason: 'InternalError' };
    expect(whileStopped('m6i.8xlarge', { setback })).toMatchObject({ do: 'start-instance' });
  });

  it('a pause keeps it from being taken back, and never from being given back', () => {
    const state = ladderState({ moves: true, retypes, ...asked, original: 'stopRequested' });
    expect(doesRecover({ do: 'change-type', to: 'm6i.large', reason: '' }, state)).toBe(false);
    expect(doesRecover({ do: 'change-type', to: 'm6i.8xlarge', reason: '' }, state)).toBe(true);
  });

  const unnamed = { ...FLEET, dns: undefined };
  it('where a pause forbids the other type, the instance starts with the one that it has, and is taken back another time', () => {
    const state = ladderState({ moves: true, retypes, ...asked, original: 'stopRequested' });
    const refused = { do: 'change-type', to: 'm6i.large', reason: '' } as const;
    const start = giveBackInstead({ refused, why: 'paused' }, state, { seen: null, unanswered: null });
    expect(start).toMatchObject({ do: 'start-instance', held: true });
    const intended = intendAct(state, start as Act, NOON_MS);
    expect(intended?.retypes).toEqual({ ...retypes, held: true });
    expect(whileStopped('m6i.8xlarge', { retypes: { ...retypes, held: true } })).toMatchObject({
      do: 'start-instance',
    });
    const proved = ladderState({
      moves: true,
      retypes: { ...retypes, held: true },
      hold: 'none',
      proved: 'it follows',
    });
    const end = decide(
      facts({ ...well, fleet: unnamed, original: machine({ instanceType: 'm6i.8xlarge' }), move: back }),
      proved,
    );
    expect(end).toMatchObject({ do: 'end', end: { as: 'healed', reason: expect.stringContaining('for now') } });
    // What gives the type back is no pause's to forbid.
    expect(
      giveBackInstead({ refused: { ...refused, to: 'm6i.8xlarge' }, why: 'paused' }, state, {
        seen: null,
        unanswered: null,
      }),
    ).toBeNull();
  });

  it.each([
    ['m6i.large', { as: 'healed' }],
    ['m6i.8xlarge', { as: 'escalated', code: 'boost-stays', asFound: true }],
  ])('proved as %s, it ends so', (instanceType, end) => {
    const state = ladderState({
      moves: true,
      retypes: { ...retypes, stays: 'no room' },
      hold: 'none',
      proved: 'it follows',
    });
    const original = machine({ instanceType });
    const decision = decide(facts({ ...well, fleet: unnamed, original, move: { cause: null, refusal: null } }), state);
    expect(decision).toMatchObject({ do: 'end', end });
  });

  const fleet = { ...FLEET, typeBoost: retypes };
  const causeOf = (instanceType: string, one: Facts['fleet'] = fleet, trigger = NODE_TYPE) =>
    moveOf({
      ...{ nowMs: NOON_MS, fleet: one, node: { instanceId: INSTANCE, name: 'node2' }, role: 'follower' as const },
      ...{ trigger, instance: { instanceType, launchedAtMs: 0 }, checks: null },
      ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, nodes: [observedNode()] },
    }).cause;

  it('the instance’s own type says whether it is to go back', () => {
    expect(causeOf('m6i.8xlarge')).toEqual({ by: 'type', ...retypes });
    expect(causeOf('m6i.large')).toBeNull();
    expect(causeOf('r6i.large')).toBeNull();
    expect(causeOf('m6i.8xlarge', FLEET)).toBeNull();
    expect(causeOf('m6i.8xlarge', fleet, NODE_EVENT)).toBeNull();
    expect(causeOf('m6i.8xlarge', { ...fleet, replace: { ...FLEET.replace, rungs: ['restart'] } })).toBeNull();
  });
});
