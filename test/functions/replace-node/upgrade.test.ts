// A well node gets another version of its client, and the version and the data of before where that does not prove itself.
import { describe, expect, it } from '@jest/globals';
import type { Failed } from '../../../functions/replace-node/acts/act.ts';
import { type Act, doesRecover, intendAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { needsTurn, permit } from '../../../functions/replace-node/permission.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { phaseOf } from '../../../functions/replace-node/state.ts';
import { ownOnly } from '../../../functions/replace-node/supply.ts';
import type { LadderState, VersionChange } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH } from '../../fixtures/builders/volume.ts';
import { client, facts, impaired, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const fleet = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
});
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: NOON_MS - 60 * MINUTE_MS, watchMinutes: 0 } as const;
const runs = (instance: string) => seen([client('running', { instance })]);
const refusal = { refuse: 'cannot-be-spared', reason: 'another one is stuck', page: false, retryAfterMs: 1 } as const;
const well = { fleet, want, spared: null, watched: watched('synced', { lagBlocks: 0 }), seen: runs('28.0') };

const change = (more: Partial<VersionChange> = {}): VersionChange => ({
  ...{ from: '28.0', to: '28.1', is: 'to', mayHaveRun: true, givenUp: null, at: 0, cleanSinceMs: 0 },
  ...more,
});
const UP = NOON_MS - 10 * MINUTE_MS;
const cameUp = (height: number) => ({ upSinceMs: UP, height, nearest: { atMs: UP, height, lagBlocks: 0 } });
const upgraded: Partial<LadderState> = {
  ...{ rung: 'upgrade', pool: 'left', client: 'mayBeDown', upSinceMs: UP, inspectedAtMs: UP },
  ...{ upgrade: change(), cameUp: cameUp(1000) },
};

const words = (act: Decision): string => {
  if (act.do === 'switch-version') return `${act.do} ${act.goes}`;
  if (act.do === 'take-rung') return `${act.do} ${act.rung}`;
  if (act.do !== 'end') return act.do;
  return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as === 'healed' ? 'healed' : act.end.code;
};
const first = (more: Partial<Facts> = {}) => words(decide(facts({ ...well, ...more }), null));
const then = (has: Partial<LadderState>, more: Partial<Facts> = {}) =>
  words(decide(facts({ ...well, ...more }), ladderState({ hold: 'none', ...has })));

describe('an upgrade begins', () => {
  it('on a node that is well, once there are data to go back to', () => {
    expect(first()).toBe('begin');
    expect(then({})).toBe('take-rung upgrade');
  });

  it.each<[string, Partial<Facts>, string]>([
    ['its fleet cannot spare it', { spared: refusal }, 'cannot-be-spared'],
    ['somebody has stopped its client', { seen: seen([client('stopped', { instance: '28.0' })]) }, 'client-stopped'],
    ['its client ends by itself', { seen: seen([client('failed', { instance: '28.0' })]) }, 'cannot-be-spared'],
    ['nobody can follow its client', { seen: seen([client('unknown')]) }, 'client-unknown'],
    [
      'its version could not come back',
      { seen: { ...runs('28.0'), runs: [{ startedSecondsAgo: 1, restarts: 0, noWayBack: 'docker has no image' }] } },
      'version-unknown',
    ],
    ['it does not tell its version', { seen: seen([client('running')]) }, 'version-unknown'],
    ['it has the version already', { seen: runs('28.1') }, 'healed'],
    [
      'what runs could not come back: its unit is gone',
      { seen: { ...runs('28.0'), runs: [{ startedSecondsAgo: 1, restarts: 0, lacks: 'its file is gone' }] } },
      'version-unknown',
    ],
  ])('but not where %s', (_, more, end) => {
    expect(first(more)).toBe(end);
  });

  it.each<[string, Partial<Facts>, string]>([
    [
      'no clean snapshot of right before is there',
      { sources: { good: [], refused: [], sibling: null, kept: null } },
      'snapshot-unfit',
    ],
    [
      'what could be copied cannot be read',
      { sources: { unread: 'timeout', good: [], refused: [], sibling: null, kept: null } },
      'unreadable',
    ],
    [
      'its owner allows no other volumes',
      { original: machine({ tags: { 'aws:cloudformation:stack-name': 'nodes' } }) },
      'drift-refused',
    ],
  ])('and no version is changed where %s', (_, more, end) => {
    expect(then({}, more)).toBe(end);
  });

  it('is judged again right before the node feels it, and leaves the pool first', () => {
    expect(then({ rung: 'upgrade' }, { spared: refusal })).toBe('cannot-be-spared');
    expect(
      then({ rung: 'upgrade' }, { fleet: { ...fleet, dns: bitcoinFleet({ dns: { zone: 'bitcoin.internal' } }).dns } }),
    ).toBe('leave-pool');
    expect(then({ rung: 'upgrade', pool: 'left' })).toBe('switch-version to');
  });

  it('is not switched again where the fleet file names no client any more', () => {
    const cutOff = { ...upgraded, upSinceMs: null, upgrade: change({ is: 'unknown' }) };
    expect(then(cutOff)).toBe('switch-version to');
    expect(then(cutOff, { fleet: { ...fleet, client: undefined } })).toBe('version-unknown');
  });
});

describe('a new version is proved', () => {
  it('by three blocks above the first height that others saw of it, and by nothing below', () => {
    const at = (height: number) =>
      then(upgraded, { seen: runs('28.1'), watched: watched('synced', { height, lagBlocks: 0 }) });
    expect(at(1002)).toBe('wait');
    expect(at(1003)).toBe('prove');
  });

  it('at once where a heal brings it to its end, which watches no canary', () => {
    const high = watched('synced', { height: 1010, lagBlocks: 0 });
    expect(then(upgraded, { want: { do: 'heal' }, watched: high })).toBe('prove');
  });

  it('not by blocks that the node had taken until it was switched', () => {
    const { cameUp: _, ...unseen } = upgraded;
    expect(then(unseen, { watched: watched('synced', { height: 1060, lagBlocks: 0 }) })).toBe('wait');
  });

  it('not while it is behind, and not before the canary was watched for as long as the file says', () => {
    const high = { height: 1010 };
    expect(then(upgraded, { watched: watched('behind', { ...high, lagBlocks: 4 }) })).toBe('wait');
    const canary = { ...want, watchMinutes: 30 };
    expect(then(upgraded, { want: canary, watched: watched('synced', { ...high, lagBlocks: 0 }) })).toBe('wait');
    expect(
      then(
        { ...upgraded, followsSinceMs: UP },
        {
          want: canary,
          nowMs: UP + 30 * MINUTE_MS,
          watched: watched('synced', { ...high, lagBlocks: 0, observedAtMs: UP + 30 * MINUTE_MS }),
        },
      ),
    ).toBe('prove');
  });

  it.each<[string, Partial<Facts>]>([
    ['stands still', { watched: watched('stuck', { sinceMs: NOON_MS - MINUTE_MS }) }],
    ['has other blocks', { watched: watched('forked') }],
  ])('and is given up where it %s', (_, more) => {
    expect(then(upgraded, more)).toBe('give-up-version');
  });

  const asked = (state: LadderState, node: NonNullable<Facts['seen']>) =>
    reduceAct(state, { do: 'inspect', which: 'original' }, { is: 'done', atMs: NOON_MS, seen: node });
  const died = seen([client('failed', { instance: '28.1' })]);

  it('and where it has failed since it came up it is given up, and not switched to again', () => {
    const after = asked(ladderState(upgraded), died);
    expect(then(after, { seen: died, watched: watched('unreachable') })).toBe('give-up-version');
  });

  it('but where nobody knows that the switch was over it is made again', () => {
    const interrupted = { ...upgraded, upSinceMs: null, upgrade: change({ is: 'unknown' }) };
    const after = asked(ladderState(interrupted), died);
    expect(then(after, { seen: died, watched: watched('unreachable') })).toBe('switch-version to');
  });

  it('and where an attempt that knew nothing of it has started it, and it has ended, it is given up, whatever forbids to go on', () => {
    const startedAgain = ladderState({ ...upgraded, client: 'untouched', upSinceMs: null });
    const more = { seen: died, watched: watched('unreachable'), spared: refusal };
    expect(then(startedAgain, more)).toBe('give-up-version');
    expect(then({ ...startedAgain, upgrade: change({ is: 'from' }) }, more)).toBe('cannot-be-spared');
  });

  it('and where it was stopped since it came up it is left to whoever did that', () => {
    const off = seen([client('stopped', { instance: '28.1' })]);
    const after = asked(ladderState(upgraded), off);
    expect(then(after, { seen: off, watched: watched('unreachable') })).toBe('client-stopped');
  });

  it('and not where nobody sees it: unknown is no verdict', () => {
    expect(then(upgraded, { watched: watched('unknown') })).toBe('wait');
    expect(then(upgraded, { watched: null })).toBe('wait');
  });

  it('and where a person has stopped it that is left to the person', () => {
    const stopped = seen([client('stopped', { instance: '28.1', asked: true })]);
    expect(then({ ...upgraded, inspectedAtMs: NOON_MS }, { seen: stopped, watched: watched('unreachable') })).toBe(
      'client-stopped',
    );
  });
});

describe('the way back', () => {
  const givenUp = { ...upgraded, upSinceMs: null, upgrade: change({ givenUp: 'it stands still' }) };
  const failed = [{ rung: 'upgrade', reason: 'it stands still' }] as const;
  const back = { failed, upgrade: change({ is: 'from', givenUp: 'it stands still' }) } as const;

  it('begins with the version, and then come the data', () => {
    expect(then(givenUp)).toBe('switch-version from');
    expect(then({ ...givenUp, upgrade: change({ is: 'from', givenUp: 'it stands still' }) })).toBe('end-rung');
    expect(then(back)).toBe('take-rung swap');
  });

  it('waits with the data while a node that was upgraded with it gets its own', () => {
    expect(then(back, { mateBack: 'node9' })).toBe('wait');
  });

  it('has no data where the new version was never there', () => {
    expect(then({ failed: [{ rung: 'upgrade', reason: 'systemd knows no such unit' }] })).toBe('upgrade-failed');
  });

  it('ends with a page, however well the node is', () => {
    const proved = {
      ...back,
      rung: 'swap',
      proved: 'height 1010',
      cleared: [{ kind: 'register', target: 'bitcoin' }],
      restoredVolumes: null,
    } as const;
    expect(then(proved)).toBe('upgrade-failed');
    expect(then({ ...upgraded, proved: 'height 1010', cleared: proved.cleared })).toBe('healed');
  });

  it('is owed from the first moment at which the new version may have run, also between its two halves', () => {
    expect(phaseOf(ladderState({ client: 'untouched', ...back }))).toBe('down');
    expect(needsTurn(ladderState(back))).toBe(true);
  });

  it('is over with the machine that EC2 finds dead, and so is a switch that nobody answered: what revives it is free', () => {
    const dead = { seen: null, original: impaired('instance') };
    expect(then(givenUp, dead)).toBe('lose-version');
    expect(then({ ...upgraded, upSinceMs: null, upgrade: change({ is: 'unknown' }) }, dead)).toBe('lose-version');
    expect(then({ rung: 'upgrade', client: 'mayBeDown' }, dead)).toBe('end-rung');
    const lost = reduceAct(
      ladderState(givenUp),
      { do: 'lose-version', reason: 'its machine has died' },
      { is: 'done', atMs: NOON_MS },
    );
    expect(lost).toMatchObject({ rung: null, failed: [{ rung: 'upgrade' }] });
    expect(lost.upgrade).toBeUndefined();
    expect(words(decide(facts({ ...well, ...dead }), lost))).toBe('upgrade-failed');
    expect(words(decide(facts({ ...well, ...dead, want: { do: 'heal' } }), lost))).toBe('take-rung stop-start');
  });

  it('is waited for where only the agent is silent', () => {
    const silent = { seen: null, original: machine({}, { agentOnline: false }) };
    expect(then(givenUp, silent)).toBe('node-silent');
  });

  it('was approved with the upgrade', () => {
    const act = decide(facts({ ...well }), ladderState({ hold: 'none', ...back }));
    const permitted = { rungs: ['upgrade'], source: null } as const;
    expect(permit(act, facts(well), ladderState(back), permitted)).toBe(act);
  });

  it('is taken where a guard forbids to go on, and the client is down', () => {
    const to: Act = { do: 'switch-version', goes: 'to', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 0, reason: '' };
    const cutOff = ladderState({ ...upgraded, upgrade: change({ is: 'unknown' }) });
    const instead = giveBackInstead({ refused: to, why: 'paused' }, cutOff, {
      seen: seen([client('stopped')]),
      unanswered: null,
    });
    expect(instead).toMatchObject({ do: 'switch-version', goes: 'from' });
    expect(instead && doesRecover(instead, cutOff)).toBe(true);
    expect(doesRecover(to, cutOff)).toBe(false);
    expect(
      giveBackInstead({ refused: to, why: 'paused' }, cutOff, { seen: runs('28.0'), unanswered: null }),
    ).toBeNull();
  });
});

describe('the data to go back to', () => {
  it('are clean ones of this very node, of right before, and no others', () => {
    const set = (setId: string, more: object) => ({
      ...snapshotSet(),
      setId,
      node: 'node2',
      takenAtMs: NOON_MS,
      rank: 'clean' as const,
      ...more,
    });
    const good = [
      set('own', {}),
      set('another’s', { node: 'node1' }),
      set('earlier', { takenAtMs: NOON_MS - 1 }),
      set('running', { rank: 'crash-consistent' }),
    ];
    const { good: left, refused } = ownOnly({ good, refused: [] }, 'node2', NOON_MS);
    expect(left.map(({ setId }) => setId)).toEqual(['own']);
    expect(refused).toHaveLength(3);
    expect(ownOnly({ good, refused: [] }, 'node2', null).good).toHaveLength(4);
  });
});

describe('what is remembered of a switch', () => {
  const to: Act = { do: 'switch-version', goes: 'to', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 0, reason: '' };
  const from: Act = { ...to, goes: 'from' };
  const before = intendAct(ladderState({ rung: 'upgrade' }), to, NOON_MS);
  const notDone = (instance: string, state: 'running' | 'failed' | 'stopped'): Failed => ({
    ...{ is: 'failed', atMs: NOON_MS, reason: 'it ends', seen: seen([client(state, { instance })]) },
  });

  it('is written before it: its client may be down', () => {
    expect(before).toMatchObject({
      client: 'mayBeDown',
      upgrade: { from: '28.0', to: '28.1', is: 'unknown', mayHaveRun: false },
    });
  });

  it('is that the new version may have run, once it was started', () => {
    expect(reduceAct(before, to, { is: 'done', atMs: NOON_MS, seen: runs('28.1') })).toMatchObject({
      upgrade: { is: 'to', mayHaveRun: true, givenUp: null },
      upSinceMs: NOON_MS,
    });
    expect(reduceAct(before, to, notDone('28.1', 'failed'))).toMatchObject({
      upgrade: { is: 'to', mayHaveRun: true, givenUp: 'it ends' },
    });
  });

  it('is nothing where the node refused it before anything was stopped', () => {
    const after = reduceAct(before, to, notDone('28.0', 'running'));
    expect(after).toMatchObject({ rung: null, client: 'untouched', failed: [{ rung: 'upgrade' }] });
    expect(after.upgrade).toBeUndefined();
  });

  it('is that the version of before is there again, though its client does not open what the new one has left', () => {
    const has = ladderState({ ...upgraded, upgrade: change({ givenUp: 'it stands still' }) });
    expect(reduceAct(intendAct(has, from, NOON_MS), from, notDone('28.0', 'failed'))).toMatchObject({
      upgrade: { is: 'from', mayHaveRun: true },
      setback: null,
    });
  });

  it('is what the node says, where the answer was lost', () => {
    const inspect = { do: 'inspect', which: 'original' } as const;
    const lost = reduceAct(before, to, { is: 'unknown', atMs: NOON_MS, reason: 'no answer' });
    expect(reduceAct(lost, inspect, { is: 'done', atMs: NOON_MS, seen: runs('28.1') })).toMatchObject({
      upgrade: { is: 'to', mayHaveRun: true },
      upSinceMs: NOON_MS,
    });
    expect(reduceAct(lost, inspect, { is: 'done', atMs: NOON_MS, seen: runs('28.0') })).toMatchObject({
      client: 'untouched',
    });
  });
});

describe('an upgrade at a height', () => {
  const HEIGHT = 1_001;
  const atHeight = { ...want, atHeight: HEIGHT };
  const noData = { good: [], refused: [], sibling: null, kept: null };
  const stands = watched('synced', { height: HEIGHT - 1, lagBlocks: 0 });
  const switched = { ...upgraded, upgrade: change({ atHeight: HEIGHT }) };
  const halted = { haltedSinceMs: UP - MINUTE_MS };
  const next = (has: Partial<LadderState>, more: Partial<Facts> = {}) => then(has, { want: atHeight, ...more });

  it('needs no data to go back to: there is no way back', () => {
    expect(then({}, { want: atHeight, sources: noData })).toBe('take-rung upgrade');
    expect(then({}, { sources: noData })).toBe('snapshot-unfit');
  });

  it('begins on a client that has ended for it', () => {
    const ended = seen([client('failed', { instance: '28.0', lastLine: 'UPGRADE "v2" NEEDED at height: 1001' })]);
    expect(first({ want: atHeight, seen: ended, watched: watched('unreachable', { height: null }) })).toBe('begin');
  });

  it('but not on a client that a person has stopped', () => {
    expect(first({ want: atHeight, seen: seen([client('stopped', { instance: '28.0' })]) })).toBe('client-stopped');
  });

  it('keeps no fleet’s turn: all nodes stand, and none waits for another', () => {
    expect(needsTurn(ladderState(switched))).toBe(false);
    expect(needsTurn(ladderState(upgraded))).toBe(true);
  });

  it('is proved by three blocks from the height on', () => {
    const at = (height: number) => next(switched, { watched: watched('synced', { height, lagBlocks: 0 }) });
    expect([at(HEIGHT + 1), at(HEIGHT + 2)]).toEqual(['wait', 'prove']);
  });

  it.each<[string, Partial<Facts>, string]>([
    ['and, where the whole chain stands below it, by five minutes of standing with it', halted, 'prove'],
    ['the block of the height counts as below', { ...halted, watched: { ...stands, height: HEIGHT } }, 'prove'],
    ['but not while the chain is not known to stand', { haltedSinceMs: null }, 'wait'],
    ['nor before the five minutes', { ...halted, watched: { ...stands, observedAtMs: UP + MINUTE_MS } }, 'wait'],
    ['nor where it stands lower', { ...halted, watched: { ...stands, height: HEIGHT - 2 } }, 'wait'],
    [
      'and one that does not answer is asked',
      { ...halted, watched: watched('unreachable', { height: null }) },
      'inspect',
    ],
  ])('%s', (_, more, act) => {
    expect(next(switched, { watched: stands, ...more })).toBe(act);
  });

  it('where others go on and it does not, keeps the new version, and a person is told', () => {
    const stuck = watched('stuck', { height: HEIGHT - 1, sinceMs: NOON_MS - MINUTE_MS });
    expect(next(switched, { watched: stuck })).toBe('give-up-version');
    const givenUp = { ...switched, upgrade: change({ atHeight: HEIGHT, givenUp: 'it stands' }) };
    expect(next(givenUp)).toBe('keep-version');
    const kept = reduceAct(
      ladderState(givenUp),
      { do: 'keep-version', reason: 'it stands' },
      { is: 'done', atMs: NOON_MS },
    );
    expect(kept.upgrade).toBeUndefined();
    expect(then({ ...kept }, { want: atHeight })).toBe('upgrade-failed');
  });

  it('brings the version of before back only where the new one was never on the node', () => {
    const cut = {
      ...switched,
      upSinceMs: null,
      upgrade: change({ atHeight: HEIGHT, is: 'unknown', mayHaveRun: false }),
    };
    expect(next({ ...cut, upgrade: { ...cut.upgrade, givenUp: 'a pause' } })).toBe('switch-version from');
  });
});
