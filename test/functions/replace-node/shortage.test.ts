// What AWS has too little of for now: it is told once, asked for again every hour for a day, and then it is a person's.
import { describe, expect, it } from '@jest/globals';
import { leavesUnspent } from '../../../functions/replace-node/acts/act.ts';
import { type Act, endsUnspent, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { keepsTurn } from '../../../functions/replace-node/permission.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { phaseOf } from '../../../functions/replace-node/state.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { FLEET, facts, impaired, ladderState, machine, newReplacement, YOUNG } from '../../fixtures/replace-facts.ts';

const TWO = { ...FLEET, replace: { ...FLEET.replace, subnetIds: ['subnet-0b'] } };
const NO_REPLACE = { ...FLEET, replace: { ...FLEET.replace, rungs: ['restart', 'stop-start'] as const } };
const dead = { original: impaired('instance'), seen: null, watched: null, fleet: TWO } satisfies Partial<Facts>;
const stopped = {
  ...dead,
  original: machine({ state: 'stopped' }, { agentOnline: false, checks: null }),
} satisfies Partial<Facts>;
const CAPACITY = 'InsufficientInstanceCapacity';

/** The rung of another instance, with the milder one behind it. */
const atReplace = ladderState({
  rung: 'replace',
  hold: 'held',
  failed: [{ rung: 'stop-start', reason: 'EC2 finds it impaired still' }],
});

/** Plays the launches until the ladder decides something else. @param answers codes that AWS refuses with, by subnet; another one launches */
function play(
  from: LadderState,
  atMs: number,
  answers: Readonly<Record<string, string>>,
  more: Partial<Facts> = dead,
): { readonly state: LadderState; readonly act: Decision; readonly launches: readonly string[] } {
  let state = from;
  const launches: string[] = [];
  for (let turns = 0; turns < 20; turns++) {
    const act = decide(facts({ ...more, nowMs: atMs }), state);
    const subnetId = state.replacement?.subnetId ?? '';
    if (act.do === 'launch') {
      launches.push(subnetId);
      const code = answers[subnetId];
      state = reduceAct(
        state,
        act,
        code === undefined
          ? { is: 'done', atMs, instanceId: YOUNG, fence: 1 }
          : { is: 'failed', atMs, code, reason: `${code}: so it is` },
      );
      if (code === undefined) return { state, act, launches };
    } else if (act.do === 'plan-replacement' || act.do === 'drop-replacement')
      state = reduceAct(state, act, { is: 'done', atMs });
    else return { state, act, launches };
  }
  // They do not end: what was launched so often fails the test.
  return { state, act: decide(facts({ ...more, nowMs: atMs }), state), launches };
}
const NOWHERE = { 'subnet-0a': CAPACITY, 'subnet-0b': CAPACITY };
const hours = (count: number): number => NOON_MS + count * HOUR_MS + count * MINUTE_MS;
const refusalIn = (act: Decision) => (act.do === 'end' && act.end.as === 'refused' ? act.end.refusal : null);

describe('another instance that no subnet has room for', () => {
  const { state, act, launches } = play(atReplace, NOON_MS, NOWHERE);

  it('was tried once in each of them, is told with AWS’s words, and waits an hour', () => {
    expect(launches).toEqual(['subnet-0a', 'subnet-0b']);
    expect(refusalIn(act)).toMatchObject({ refuse: 'no-capacity', page: true, retryAfterMs: HOUR_MS + 1_000 });
    expect(refusalIn(act)?.reason).toMatch(
      /subnet-0a: InsufficientInstanceCapacity: so it is; subnet-0b: .*tries again every hour until 2026-0\d-\d\d 12:00 UTC$/,
    );
  });

  it('is not tried again within the hour, whatever begins an attempt', () => {
    const early = play(state, NOON_MS + 20 * MINUTE_MS, {});
    expect(early.launches).toEqual([]);
    expect(refusalIn(early.act)?.retryAfterMs).toBe(40 * MINUTE_MS + 1_000);
  });

  it('is tried again an hour later, and launched where there is room', () => {
    const later = play(state, hours(1), { 'subnet-0a': CAPACITY });
    expect(later.launches).toEqual(['subnet-0a', 'subnet-0b']);
    expect(later.act.do).toBe('launch');
    expect(later.state.replacement?.instanceId).toBe(YOUNG);
  });

  it('is a person’s after a day', () => {
    let has = state;
    const tries: number[] = [];
    for (let hour = 1; hour <= 30; hour++) {
      const next = play(has, hours(hour), NOWHERE);
      tries.push(next.launches.length);
      has = next.state;
      if (next.act.do === 'end-rung') {
        expect(next.act.reason).toContain('none of 2 subnets accepted it; replace.subnets can name more');
        break;
      }
      expect(refusalIn(next.act)?.refuse).toBe('no-capacity');
    }
    expect(tries).toEqual(new Array(24).fill(2));
  });

  it('holds neither the budget of a replacement nor the turn of its fleet while it waits', () => {
    expect(leavesUnspent(state)).toBe(true);
    expect(leavesUnspent({ ...state, original: 'stopRequested' })).toBe(true);
    const left = (memory: LadderState) =>
      keepsTurn({ operation: { kind: 'replace', phase: phaseOf(memory), incidentId: '7f3a0c1d', memory } });
    expect(left({ ...state, rung: null, original: 'stopRequested' })).toBe(false);
    expect(left({ ...state, replacement: newReplacement(), original: 'stopRequested' })).toBe(true);
    const ends: Act = { do: 'end-rung', reason: '' };
    expect(endsUnspent({ ...state, original: 'stopRequested' }, ends, { is: 'done' }, { ...state, rung: null })).toBe(
      true,
    );
  });

  it('does not wait where a subnet refuses it for good and none for now', () => {
    const never = play(atReplace, NOON_MS, { 'subnet-0a': 'InvalidSubnetID.NotFound', 'subnet-0b': 'Unsupported' });
    expect(never.act).toMatchObject({
      do: 'end-rung',
      reason: expect.stringContaining('none of 2 subnets accepted it'),
    });
  });

  it('is tried later only in the subnets that may have room then', () => {
    const mixed = play(atReplace, NOON_MS, { 'subnet-0a': 'Unsupported', 'subnet-0b': CAPACITY });
    expect(refusalIn(mixed.act)?.refuse).toBe('no-capacity');
    expect(play(mixed.state, hours(1), {}).launches).toEqual(['subnet-0b']);
  });
});

describe('a quota of the account', () => {
  it.each(['VcpuLimitExceeded', 'MaxIOPSLimitExceeded', 'VolumeLimitExceeded'])(
    'that is reached (%s) is asked in one subnet, told, and asked again an hour later',
    (code) => {
      const { state, act, launches } = play(atReplace, NOON_MS, { 'subnet-0a': code });
      expect(launches).toEqual(['subnet-0a']);
      expect(refusalIn(act)).toMatchObject({
        refuse: 'quota-reached',
        reason: expect.stringContaining(`a quota of the account is reached: ${code}`),
      });
      expect(play(state, hours(1), {}).launches).toEqual(['subnet-0a']);
    },
  );

  it('is no shortage where the launch is not permitted: that does not pass by itself', () => {
    const { act } = play(atReplace, NOON_MS, { 'subnet-0a': 'UnauthorizedOperation' });
    expect(act).toMatchObject({ do: 'end-rung', reason: expect.stringContaining('AWS does not permit the launch') });
  });
});

describe('a launch that EC2 accepts and has no room for after all', () => {
  const launched = play(atReplace, NOON_MS, { 'subnet-0b': CAPACITY }).state;
  const gone = (stateReason: string): Partial<Facts> => ({
    ...dead,
    replacement: machine({ instanceId: YOUNG, state: 'terminated', stateReason }, { agentOnline: false }),
  });
  const givenUp = (stateReason: string): LadderState => {
    const act = decide(facts(gone(stateReason)), launched);
    expect(act.do).toBe('give-up-replacement');
    const given = reduceAct(launched, act as Act, { is: 'done', atMs: NOON_MS });
    const drop = decide(facts(gone(stateReason)), given);
    expect(drop.do).toBe('drop-replacement');
    return reduceAct(given, drop as Act, { is: 'done', atMs: NOON_MS });
  };

  it('leaves the next subnet to be tried, and then waits', () => {
    const state = givenUp('Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request');
    expect(state).toMatchObject({ rung: 'replace', replacement: null, hasMade: false });
    const next = play(state, NOON_MS, { 'subnet-0b': CAPACITY });
    expect(next.launches).toEqual(['subnet-0b']);
    expect(refusalIn(next.act)?.refuse).toBe('no-capacity');
  });

  it('waits for a quota as well', () => {
    const next = play(givenUp('Client.VolumeLimitExceeded: Volume limit exceeded'), NOON_MS, {});
    expect(refusalIn(next.act)?.refuse).toBe('quota-reached');
  });

  it('ends the rung where it was ended for another reason', () => {
    const state = givenUp('Client.UserInitiatedShutdown: User initiated shutdown');
    expect(state).toMatchObject({ rung: null, exhausted: ['subnet-0a'] });
  });
});

describe('an instance that was stopped, and that AWS has no room to start', () => {
  const start: Act = { do: 'start-instance', reason: '' };
  const refused = (state: LadderState, atMs: number, code = CAPACITY): LadderState =>
    reduceAct(state, start, { is: 'failed', atMs, code, reason: `${code}: so it is` });
  const stops = ladderState({ rung: 'stop-start', hold: 'held', client: 'mayBeDown', original: 'stopRequested' });
  const down = refused(stops, NOON_MS);
  const next = (state: LadderState, atMs: number, fleet: Facts['fleet'] = TWO): Decision =>
    decide(facts({ ...stopped, fleet, nowMs: atMs, launch: { is: 'accepted' } }), state);

  it('is replaced by another one where that can be had', () => {
    expect(down).toMatchObject({ rung: null, original: 'stopRequested', failed: [{ rung: 'stop-start' }] });
    expect(next(down, NOON_MS)).toMatchObject({ do: 'take-rung', rung: 'replace' });
  });

  it('is told as stopped, with what is tried, and not called a lost ladder', () => {
    const { act, state } = play({ ...down, rung: 'replace' }, NOON_MS, NOWHERE, stopped);
    expect(refusalIn(act)).toMatchObject({
      refuse: 'no-capacity',
      reason: expect.stringMatching(
        /^its instance is stopped, and AWS does not start it again; AWS launches no other instance: none of 2 subnets/,
      ),
    });
    expect(phaseOf(state)).toBe('down');
  });

  it('is not asked for within the hour, and is started before anything else an hour later', () => {
    expect(refusalIn(next(down, NOON_MS + 20 * MINUTE_MS, NO_REPLACE))).toMatchObject({
      refuse: 'no-capacity',
      retryAfterMs: 40 * MINUTE_MS + 1_000,
    });
    expect(next(down, hours(1)).do).toBe('start-instance');
    expect(next(down, hours(1), NO_REPLACE).do).toBe('start-instance');
  });

  it('is asked for as often as it takes, for a day, and is then a person’s', () => {
    let state = down;
    let count = 0;
    for (; count < 40 && refusalIn(next(state, hours(count) + MINUTE_MS, NO_REPLACE)) !== null; count++) {
      expect(next(state, hours(count + 1), NO_REPLACE).do).toBe('start-instance');
      state = refused(state, hours(count + 1));
    }
    expect(count).toBe(24);
    expect(next(state, hours(24) + MINUTE_MS, NO_REPLACE)).toMatchObject({
      do: 'end',
      end: {
        as: 'escalated',
        code: 'ladder-spent',
        asFound: false,
        reason: expect.stringMatching(/cannot be started again: Insufficient/),
      },
    });
  });

  it('is not asked for again and again where another instance did not help either', () => {
    const replacement = newReplacement({ givenUp: 'its client ends again', fencingBegun: true });
    const back = { ...down, rung: 'replace' as const, replacement };
    const young = machine({ instanceId: YOUNG, state: 'stopped' }, { agentOnline: false, checks: null });
    const act = decide(facts({ ...stopped, replacement: young }), back);
    expect(act.do).toBe('drop-replacement');
  });

  it('is proved like any other start once it is accepted, and climbs on where that does not help', () => {
    const started = reduceAct(down, start, { is: 'done', atMs: hours(1) });
    expect(started).toMatchObject({ rung: 'stop-start', failed: [], original: 'started' });
    expect(started).not.toHaveProperty('unstarted');
    const still = decide(facts({ ...dead, nowMs: hours(1) + 5 * MINUTE_MS }), started);
    expect(still).toMatchObject({ do: 'end-rung', reason: 'EC2 finds it impaired still' });
  });

  it('is a failed start, and no shortage, where AWS refuses it for another reason', () => {
    expect(refused(stops, NOON_MS, 'UnauthorizedOperation')).not.toHaveProperty('unstarted');
  });
});
