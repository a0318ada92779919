// At whose door a failed copy is laid, and which sources may be used again.
import { describe, expect, it } from '@jest/globals';
import { leavesUnspent, type Outcome } from '../../../functions/replace-node/acts/act.ts';
import { type Act, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { blameOf } from '../../../functions/replace-node/blame.ts';
import { nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { SWAP } from '../../../functions/replace-node/rungs/swap.ts';
import type { LadderState, RestoredVolumes } from '../../../shared/heal/memory.ts';
import type { Door } from '../../../shared/model/doors.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, copy, copyVolume, facts, ladderState, seen, watched } from '../../fixtures/replace-facts.ts';

const UP_MS = NOON_MS - 20 * MINUTE_MS;
const proving: Partial<LadderState> = {
  rung: 'swap',
  upSinceMs: UP_MS,
  restoredVolumes: copy({ mounted: 'restored' }),
};
const sighting = (height: number, lagBlocks: number | null) => ({ atMs: NOON_MS, height, lagBlocks });
const cameUp = (height: number) => ({ upSinceMs: UP_MS, height, nearest: sighting(height, 50) });
const failed = (more: object): Outcome => ({ is: 'failed', atMs: NOON_MS, reason: 'it ended', ...more });

describe('a copy that did not prove itself', () => {
  type At = Parameters<typeof blameOf>[1];
  it.each<[string, At, number | null, Partial<LadderState>, string, Door]>([
    ['stands lower, and gained blocks first', 'lower-stop', 950, {}, 'it stands', 'data'],
    ['stands lower, and never gained one', 'lower-stop', 900, {}, 'it stands', 'nobody-knows'],
    [
      'stands lower at the height at which it came up, of which its tags say nothing',
      'lower-stop',
      950,
      { restoredVolumes: copy({ height: null }), cameUp: cameUp(950) },
      'it stands',
      'nobody-knows',
    ],
    [
      'stands lower, above where it had come up another time',
      'lower-stop',
      950,
      {
        restoredVolumes: copy({ height: null }),
        cameUp: { ...cameUp(850), upSinceMs: UP_MS - 1 },
      } as Partial<LadderState>,
      'it stands',
      'nobody-knows',
    ],
    [
      'stands lower, above where it had come up, of which its tags say nothing',
      'lower-stop',
      960,
      { restoredVolumes: copy({ height: null }), cameUp: cameUp(950) },
      'it stands',
      'data',
    ],
    ['has other blocks, and gained some of them', 'forked', 950, {}, 'it is forked', 'data'],
    ['has other blocks, as it came', 'forked', 900, {}, 'it is forked', 'nobody-knows'],
    ['ends, and its client names its data', 'open', null, {}, 'failed, "leveldb: corruption"', 'data'],
    [
      'ends, and its client names them, which another process has',
      'open',
      null,
      {},
      'failed, "failed to initialize database: resource temporarily unavailable"',
      'nobody-knows',
    ],
    ['syncs from the first block beside it, and gained blocks', 'unopened', 950, {}, 'it is at height 5', 'data'],
    ['syncs from the first block beside it', 'unopened', 5, {}, 'it is at height 5', 'nobody-knows'],
    ['ends, and its client says nothing of them', 'open', null, {}, 'failed, "address in use"', 'nobody-knows'],
    ['stands where the node stood', 'same-stop', 1000, {}, 'it stands', 'node'],
    ['does not answer', 'other', null, {}, 'no answer', 'nobody-knows'],
  ])('%s', (_, at, height, has, reason, door) => {
    const blame = blameOf(reason, at, { watched: watched('stuck', { height }) }, ladderState({ ...proving, ...has }));
    expect(blame).toMatchObject({ door, fault: at });
  });

  it('has its first height noted once by the wait for its proof, and where it was nearest to its chain', () => {
    const wait: Act = { do: 'wait', seconds: 20, what: '', sighting: sighting(905, 95) };
    const once = reduceAct(ladderState(proving), wait, { is: 'done', atMs: NOON_MS });
    const twice = reduceAct(once, { ...wait, sighting: sighting(930, 70) }, { is: 'done', atMs: NOON_MS });
    expect(twice.cameUp).toEqual({
      ...{ upSinceMs: UP_MS, height: 905 },
      ...{ first: sighting(905, 95), nearest: sighting(930, 70) },
    });
    const further = reduceAct(twice, { ...wait, sighting: sighting(940, 71) }, { is: 'done', atMs: NOON_MS });
    expect(further.cameUp).toEqual(twice.cameUp);
    const fallen = { ...sighting(940, 90), atMs: sighting(930, 70).atMs + 5 * MINUTE_MS };
    const back = reduceAct(further, { ...wait, sighting: fallen }, { is: 'done', atMs: NOON_MS });
    expect(back.cameUp).toEqual({ ...twice.cameUp, first: fallen });
  });

  it('is measured anew once the node has said that its client is down', () => {
    const wait = (one: ReturnType<typeof sighting>): Act => ({ do: 'wait', seconds: 20, what: '', sighting: one });
    const asked = (state: LadderState, node: NonNullable<Facts['seen']>) =>
      reduceAct(state, { do: 'inspect', which: 'original' }, { is: 'done', atMs: NOON_MS, seen: node });
    const restart = { ...proving, rung: 'restart', restoredVolumes: null } as const;
    const once = reduceAct(ladderState(restart), wait(sighting(905, 95)), { is: 'done', atMs: NOON_MS });
    expect(asked(once, seen([client('running')])).cameUp).toEqual(once.cameUp);
    const down = asked(once, seen([client('stopped')]));
    expect(down.cameUp).not.toHaveProperty('first');
    const again = reduceAct(down, wait(sighting(906, 300)), { is: 'done', atMs: NOON_MS });
    expect(again.cameUp).toEqual({ ...once.cameUp, first: sighting(906, 300) });
  });
});

describe('a client that is proved', () => {
  const from = { atMs: UP_MS + MINUTE_MS, height: 905, lagBlocks: 595 };
  const proves = (nearest: typeof from) => {
    const state = ladderState({ ...proving, cameUp: { upSinceMs: UP_MS, height: 905, first: from, nearest } });
    const decision = SWAP.next(
      facts({ volumes: [copyVolume()], watched: watched('synced', { height: 1_500, lagBlocks: 0 }) }),
      state,
    );
    return 'shown' in decision ? decision.shown : decision.do;
  };

  it('shows how fast it has caught up, to where it was still behind', () => {
    expect(proves({ atMs: UP_MS + 6 * MINUTE_MS, height: 1_205, lagBlocks: 295 })).toEqual({
      blocks: 300,
      seconds: 300,
    });
  });

  it('shows it to its proof where it was not seen in between', () => {
    expect(proves(from)).toEqual({ blocks: 595, seconds: 19 * 60 });
  });
});

describe('the door', () => {
  const swap: Act = { do: 'swap', to: 'restored', reason: '' };
  const ended = 'node.service was started and is failed, and its last line is';
  it.each<[string, Act, Outcome, Door]>([
    ['of a copy that cannot be mounted is the data’s', { do: 'check', at: 0 }, failed({ fault: 'data' }), 'data'],
    ['of a check that failed on the node is the node’s', { do: 'check', at: 0 }, failed({ fault: 'node' }), 'node'],
    [
      'of a quota is AWS’s',
      { do: 'create', at: 0, reason: '' },
      failed({ code: 'VolumeLimitExceeded', reason: 'VolumeLimitExceeded: 50 TiB' }),
      'aws',
    ],
    [
      'of a client that names its data is the data’s',
      swap,
      failed({ fault: 'data', putBack: true, seen: seen(), reason: `${ended} "Corrupted block database detected"` }),
      'data',
    ],
    [
      'of a client that ended for a cause it does not name is nobody’s',
      swap,
      failed({ fault: 'data', putBack: true, seen: seen(), reason: `${ended} "bind: address in use"` }),
      'nobody-knows',
    ],
    [
      'of a client that ends on both is nobody’s',
      swap,
      failed({ putBack: true, seen: seen([client('failed')]) }),
      'nobody-knows',
    ],
  ])('%s', (_, act, result, door) => {
    const state = ladderState({ rung: 'swap', restoredVolumes: copy() });
    expect(reduceAct(state, act, result).restoredVolumes?.givenUp?.door).toBe(door);
  });
});

describe('an attempt that ends in the middle of a rung', () => {
  it.each<[string, Partial<LadderState>, boolean]>([
    ['gives its replacement back where nothing was done', { rung: 'swap' }, true],
    ['keeps it where a volume was made', { rung: 'swap', hasMade: true }, false],
    ['keeps it where a volume may have been made', { rung: 'swap', restoredVolumes: copy({ creating: [0] }) }, false],
    ['keeps it where its client may be down', { rung: 'swap', client: 'mayBeDown' }, false],
    ['has none to give back where no rung was taken', {}, false],
  ])('%s', (_, has, gives) => {
    expect(leavesUnspent(ladderState(has))).toBe(gives);
  });
});

describe('a source that was tried', () => {
  const given = (givenUp: RestoredVolumes['givenUp'], rung: LadderState['rung'] = 'swap') =>
    reduceAct(
      ladderState({ rung, restoredVolumes: copy({ givenUp }) }),
      { do: 'drop-volumes' },
      { is: 'done', atMs: NOON_MS },
    );
  const next = (state: LadderState, more: Partial<Facts> = {}): string => {
    const sources = { good: [snapshotSet(0)], refused: [], sibling: null, kept: null };
    const act = SWAP.next(facts({ sources, ...more }), state);
    if (act.do !== 'end') return act.do;
    return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as;
  };
  const quota = { door: 'aws', fault: 'other', reason: 'a quota', isEverywhere: true } as const;

  it('is burnt by its data alone', () => {
    const burnt = given({ door: 'data', fault: 'mount', reason: 'empty' }, 'replace');
    expect(next({ ...burnt, rung: 'swap' })).toBe('end-rung');
    const passed = given({ door: 'nobody-knows', fault: 'other', reason: 'no answer' }, 'replace');
    expect(next({ ...passed, rung: 'swap' })).toBe('choose-volumes');
    expect(next(given({ door: 'nobody-knows', fault: 'other', reason: 'no answer' }))).toBe('end-rung');
  });

  it('waits where AWS has refused it, is told, and is used again', () => {
    expect(next(given(quota))).toBe('aws-refused');
    expect(next(given(quota), { nowMs: NOON_MS + HOUR_MS + 1 })).toBe('choose-volumes');
  });

  it('is not the end of the others where AWS refuses it alone', () => {
    const denied = given({ door: 'aws', fault: 'other', reason: 'not authorized' });
    const others = { good: [snapshotSet(0), snapshotSet(1)], refused: [], sibling: null, kept: null };
    expect(next(denied, { sources: others })).toBe('choose-volumes');
    expect(next(denied)).toBe('aws-refused');
  });

  it('is kept once, however often AWS refuses it', () => {
    const again = reduceAct(
      { ...given(quota), restoredVolumes: copy({ givenUp: quota }) },
      { do: 'drop-volumes' },
      { is: 'done', atMs: NOON_MS + HOUR_MS },
    );
    expect(again.tried).toHaveLength(1);
  });

  it('is asked of AWS for a day; then other data, or nothing, take their turn', () => {
    const refusedAgain = (state: LadderState, hours: number): LadderState =>
      reduceAct(
        { ...state, restoredVolumes: copy({ givenUp: quota }) },
        { do: 'drop-volumes' },
        { is: 'done', atMs: NOON_MS + hours * HOUR_MS },
      );
    const lasting = refusedAgain(refusedAgain(given(quota), 1), 23.5);
    expect(next(lasting, { nowMs: NOON_MS + 24 * HOUR_MS - 1 })).toBe('aws-refused');
    expect(next(lasting, { nowMs: NOON_MS + 24 * HOUR_MS })).toBe('end-rung');
    expect(next(lasting, { nowMs: NOON_MS + 25 * HOUR_MS })).toBe('choose-volumes');
  });

  it('is quarantined only for what its data did', () => {
    const proved = (door: Door) => {
      const [one] = given({ door, fault: 'lower-stop', reason: 'it stands' } as RestoredVolumes['givenUp']).tried;
      const state = ladderState({
        ...{ rung: 'swap', proved: 'yes', restoredVolumes: copy({ source: 'set-1', mounted: 'restored' }) },
        ...{ tried: one ? [one] : [], cleared: [{ kind: 'verify', target: 'snap-00' }] },
      });
      const act = nextCleanup(facts({ volumes: [] }), state);
      return act.do === 'clean-up' ? act.piece.kind : act.do;
    };
    expect([proved('data'), proved('nobody-knows')]).toEqual(['quarantine', 'keep']);
  });
});
