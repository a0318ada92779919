// Hours may pass between taking a rung and the first act that the node feels: the facts are then read again.
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { volumeNow } from '../../fixtures/builders/volume.ts';
import {
  client,
  copy,
  copyVolume,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const both = [volumeNow(), copyVolume()];
const young = machine({ instanceId: YOUNG });
const BREAKER = { breaker: { open: true, sentence: '4 of 5 nodes unhealthy or unknown, limit 1' } } as const;
const HALTED = { haltedSinceMs: NOON_MS - 60 * MINUTE_MS } as const;
const SYNCED = { watched: watched('synced', { lagBlocks: 0 }) } as const;
const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;

/** Everything is made, attached and inspected; only the exchange is missing. */
const ready: Partial<LadderState> = { rung: 'swap', restoredVolumes: copy() };
/** The replacement instance is up, its client masked; nothing was done to the original instance. */
const launched: Partial<LadderState> = {
  rung: 'replace',
  replacement: newReplacement({ volumesKept: true }),
};

/** The original instance was about to be masked, and a guard may have forbidden it. */
const MASKING: Partial<LadderState> = {
  ...launched,
  replacement: newReplacement({ volumesKept: true, fencingBegun: true, originalMask: 'intended' }),
};

const word = (act: Decision): string =>
  act.do === 'end' ? (act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as) : act.do;
const next = (more: Partial<Facts>, has: Partial<LadderState>): string =>
  word(decide(facts({ volumes: both, ...more }), ladderState(has)));

describe('before volumes are exchanged', () => {
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['a node that is stuck still gets them', {}, ready, 'swap'],
    ['one that follows its chain again keeps its own', SYNCED, ready, 'give-up-volumes'],
    [
      'not where EC2 finds its instance impaired',
      { ...SYNCED, original: { ...impaired('system'), agentOnline: true } },
      ready,
      'leave-pool',
    ],
    ['a person gets what was asked for', { ...SYNCED, want: restore }, ready, 'leave-pool'],
    ['a chain that stands still meanwhile is no node’s trouble', HALTED, ready, 'chain-standing'],
    ['nor is a fleet of which most is sick meanwhile', BREAKER, ready, 'breaker-open'],
    ['a node that is called a validator meanwhile is left alone', { role: 'validator' }, ready, 'validator'],
    [
      'what was begun is brought to an end whatever is seen now',
      { ...BREAKER, seen: seen([client('stopped')]) },
      { ...ready, hold: 'held', client: 'mayBeDown' },
      'swap',
    ],
    [
      'what a guard has forbidden has begun nothing, where the client runs as before',
      { ...BREAKER, seen: seen() },
      { ...ready, hold: 'held', client: 'mayBeDown' },
      'breaker-open',
    ],
    ['one that recovers before its data are chosen needs none', SYNCED, { rung: 'swap' }, 'prove'],
    [
      'and neither does one that recovers between two rungs',
      SYNCED,
      { failed: [{ rung: 'restart', reason: '' }] },
      'prove',
    ],
    [
      'of one that is set aside the group is told before it is refused',
      { ...BREAKER, original: machine({ autoScalingGroup: 'nodes' }) },
      { ...ready, hold: 'held', standby: 'entered' },
      'clean-up',
    ],
  ])('%s', (_, more, has, act) => {
    expect(next(more, has)).toBe(act);
  });

  it('a node that recovered by itself loses none of its volumes when all is cleared up', () => {
    const cleared = { rung: 'swap', proved: 'by itself' } as const;
    expect(decide(facts(), ladderState(cleared))).toMatchObject({ do: 'clean-up', piece: { kind: 'register' } });
    expect(
      next(
        {},
        {
          ...cleared,
          cleared: [
            { kind: 'register', target: 'bitcoin' },
            { kind: 'release-holds', target: '' },
          ],
        },
      ),
    ).toBe('healed');
  });
});

describe('before the old instance is fenced', () => {
  const at = { replacement: young, seen: seen() };
  it.each<[string, Partial<Facts>, string]>([
    ['a node that is stuck still gets another instance', {}, 'mask-original'],
    ['one that follows its chain again keeps its own', SYNCED, 'give-up-replacement'],
    ['a chain that stands still meanwhile is no node’s trouble', HALTED, 'chain-standing'],
    ['nor is a fleet of which most is sick meanwhile', BREAKER, 'breaker-open'],
    ['an instance that one look does not show is looked for again', { original: null }, 'wait'],
  ])('%s', (_, more, act) => {
    expect(next({ ...at, ...more }, launched)).toBe(act);
  });

  it('one that was begun with goes on', () => {
    expect(next({ ...at, ...BREAKER }, MASKING)).toBe('mask-original');
  });

  it('one that was to be masked and is seen well after that keeps its own', () => {
    const since = (waitingSinceMs: number) => next({ ...at, ...SYNCED }, { ...MASKING, waitingSinceMs });
    expect(since(NOON_MS - MINUTE_MS)).toBe('give-up-replacement');
    expect(since(NOON_MS)).toBe('leave-pool');
  });

  it('an instance that is not shown for minutes is gone', () => {
    expect(next({ ...at, original: null }, { ...launched, waitingSinceMs: NOON_MS - 6 * MINUTE_MS })).toBe(
      'note-fenced',
    );
  });
});

it('blocks that take two days are asked after seldom, so that one attempt sees their end', () => {
  const initialization = { percent: 40, etaSeconds: null, done: false };
  const fleet = facts().fleet;
  const rated = { ...fleet, replace: { ...fleet.replace, initializationMiBps: 100 } };
  const act = decide(
    facts({ volumes: both, initialization, fleet: rated }),
    ladderState({ rung: 'swap', restoredVolumes: copy({ checked: 0 }), waitingSinceMs: NOON_MS - 120 * MINUTE_MS }),
  );
  expect(act).toMatchObject({ do: 'wait', seconds: 300 });
});

it('who is told that nothing helped is told, too, that the instance does not run', () => {
  const failed = (['restart', 'stop-start', 'swap', 'replace'] as const).map((rung) => ({ rung, reason: 'in vain' }));
  const act = decide(
    facts({ original: machine({ state: 'stopped' }, { agentOnline: false }) }),
    ladderState({ failed }),
  );
  expect(act).toMatchObject({ end: { as: 'escalated', asFound: false, reason: expect.stringContaining('stopped') } });
});

describe('an act that a pause forbade for hours', () => {
  const ago = (minutes: number): Partial<LadderState> => ({
    waitingSinceMs: NOON_MS - minutes * MINUTE_MS,
    pending: { call: 'StopInstances', target: INSTANCE, atMs: NOON_MS - minutes * MINUTE_MS },
  });
  const stop: Partial<LadderState> = {
    rung: 'stop-start',
    hold: 'held',
    client: 'mayBeDown',
    original: 'stopIntended',
  };
  const restart: Partial<LadderState> = { rung: 'restart', hold: 'held', client: 'mayBeDown' };

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['stops no node that follows its chain by then', SYNCED, { ...stop, ...ago(60) }, 'prove'],
    ['restarts none', SYNCED, { ...restart, waitingSinceMs: NOON_MS - 60 * MINUTE_MS }, 'prove'],
    ['does where it is sick still', {}, { ...stop, ...ago(60) }, 'stop-instance'],
    ['a stop that may be on its way is waited for', SYNCED, { ...stop, ...ago(2) }, 'wait'],
    ['what was seen before it tells nothing', SYNCED, { ...restart, waitingSinceMs: NOON_MS }, 'restart'],
  ])('%s', (_, more, has, act) => {
    expect(next(more, has)).toBe(act);
  });
});

describe('a copy that a heal of before has left', () => {
  const named = (snapshotId: string) => ({ want: { ...restore, snapshotId } });
  const up: Partial<LadderState> = {
    rung: 'swap',
    restoredVolumes: copy({ mounted: 'restored' }),
    upSinceMs: NOON_MS,
    hold: 'held',
    client: 'mayBeDown',
  };

  it.each<[string, Partial<Facts>, string]>([
    ['is proved where a heal goes on', {}, 'wait'],
    ['and where a person wants just that', named('snap-00'), 'wait'],
    ['is no other snapshot that a person has named', named('snap-09'), 'give-up-volumes'],
    ['is not what an undo puts back', { want: { do: 'undo' } }, 'give-up-volumes'],
  ])('%s', (_, more, act) => {
    expect(next(more, up)).toBe(act);
  });
});
