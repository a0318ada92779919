// What a heal has taken is given back where it cannot go on: a guard forbids the next act, or AWS does not answer. One function decides it.
import { describe, expect, it } from '@jest/globals';
import { type Act, doesRecover, intendAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { type NodeStatus, phaseOf } from '../../../functions/replace-node/state.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { besideNode, client, copy, ladderState, newReplacement, seen } from '../../fixtures/replace-facts.ts';

type Seen = NodeStatus['seen'];
const UP = seen();
const DOWN = seen([client('stopped')]);
const HALF = seen([client('running'), client('stopped')]);

const told = (act: Act | null): string => (act === null ? 'nothing' : 'to' in act ? `${act.do} ${act.to}` : act.do);
/** Where AWS does not answer. */
const blind = (has: Partial<LadderState>, answer: Seen = null, unanswered: NodeStatus['unanswered'] = null): string =>
  told(giveBackInstead({ refused: null, why: 'AWS does not answer' }, ladderState(has), { seen: answer, unanswered }));

const down = { client: 'mayBeDown' } as const;
const version = { from: '28.0', to: '28.1', at: 0, cleanSinceMs: 0, is: 'unknown', givenUp: null } as const;
const upgrade = { ...version, mayHaveRun: false };
const masked = { originalMask: 'intended', fencingBegun: true, fencedBy: 'acknowledgement', identity: 'none' } as const;
const replaced = (more: Parameters<typeof newReplacement>[0] = {}, has: Partial<LadderState> = {}) =>
  ({ ...down, rung: 'replace', replacement: newReplacement({ ...masked, ...more }), ...has }) as const;

describe('while AWS does not answer, a client that a command brings back is brought back', () => {
  it.each<[string, Partial<LadderState>, Seen, string]>([
    ['after a restart that was cut off', { ...down, rung: 'restart' }, DOWN, 'restart'],
    ['one of two after a restart', { ...down, rung: 'restart' }, HALF, 'start-again'],
    ['after the stop for a move', { ...down, rung: 'stop-start', moves: true }, DOWN, 'start-again'],
    ['on its own volumes', { ...down, rung: 'swap', restoredVolumes: copy() }, DOWN, 'swap found'],
    ['in its version of before', { ...down, rung: 'upgrade', upgrade }, DOWN, 'switch-version 28.1'],
    ['as it is enabled', { ...down, rung: 'upgrade', upgrade: { ...upgrade, mayHaveRun: true } }, DOWN, 'start-again'],
    ['after an owner’s roll-back', { ...down, rung: 'roll-back', rolledBack: true }, DOWN, 'start-again'],
    ['whose identity was about to move', replaced(), null, 'start-original'],
  ])('%s', (_, has, answer, act) => {
    expect(blind(has, answer)).toBe(act);
  });

  it('is asked first how it is, three times at most', () => {
    const open = (count: number) => ({ count, reason: 'late', isStale: false });
    const restart = { ...down, rung: 'restart' } as const;
    expect([null, open(2), open(3)].map((unanswered) => blind(restart, null, unanswered))).toEqual([
      ...['inspect', 'inspect', 'nothing'],
    ]);
  });

  it.each<[string, Partial<LadderState>, Seen]>([
    ['nothing was taken', { rung: 'restart' }, DOWN],
    ['it runs', { ...down, rung: 'restart' }, UP],
    ['it ran since, and a person has stopped it', { ...down, ran: true, rung: 'restart' }, DOWN],
    ['its instance is stopped', { ...down, rung: 'stop-start', moves: true, original: 'stopRequested' }, DOWN],
    ['its machine was impaired', { ...down, rung: 'stop-start' }, null],
    ['a volume of it may be off', replaced({ mayBeUnplugged: true }), null],
    ['its root is off', replaced({ originalRoot: { device: '/dev/xvda', volumeId: 'vol-0' } }), null],
    ['its identity may run elsewhere', replaced({ takeOver: 'intended' }), null],
    ['another instance has its place', replaced({ membership: 'joined' }), null],
    ['it was not touched yet', replaced({ originalMask: 'none' }), null],
    ['the new version runs beside it', replaced({}, { beside: besideNode() }), null],
    ['what was done is proved', { ...down, rung: 'swap', restoredVolumes: copy(), proved: 'it follows' }, DOWN],
    ['its start has failed three times', { ...replaced(), setback: setback('start-original') }, null],
  ])('and nothing is sent where %s', (_, has, answer) => {
    expect(blind(has, answer)).toBe('nothing');
  });
});

function setback(act: string) {
  return { act, count: 3, reason: 'no answer came', atMs: NOON_MS };
}

describe('where a guard forbids to go on', () => {
  const paused = (refused: Act, has: Partial<LadderState>, answer: Seen = null): string =>
    told(giveBackInstead({ refused, why: 'paused' }, ladderState(has), { seen: answer, unanswered: null }));
  const restart: Act = { do: 'restart', reason: '' };
  const mask: Act = { do: 'mask-original', reason: '' };

  it('one of two clients that a cut-off restart has left down is started', () => {
    expect(paused(restart, { ...down, rung: 'restart' }, HALF)).toBe('start-again');
    expect(paused(restart, { ...down, rung: 'restart' }, UP)).toBe('nothing');
  });

  it('a client that a cut-off command may have masked is started', () => {
    expect(paused(mask, replaced({ fencedBy: null, identity: 'original' }))).toBe('start-original');
  });

  it('a restart beside another rung takes nothing of that rung back', () => {
    expect(paused(restart, { ...down, rung: 'upgrade', upgrade }, HALF)).toBe('nothing');
  });

  it('nobody is asked: what would be next is known, and the next attempt asks', () => {
    expect(paused(restart, { ...down, rung: 'restart' })).toBe('nothing');
  });
});

describe('a client whose identity was about to move, and that runs again', () => {
  const intended = intendAct(ladderState(replaced()), { do: 'start-original', reason: '' }, NOON_MS);
  const after = reduceAct(intended, { do: 'start-original', reason: '' }, { is: 'done', atMs: NOON_MS, seen: UP });

  it('owes nothing, and its successor waits beside it', () => {
    expect(phaseOf(after)).toBe('preparing');
    expect(after.replacement).toMatchObject({
      fencedBy: null,
      fencingBegun: false,
      identity: 'original',
      givenUp: null,
    });
    expect(after.ran).toBe(true);
  });

  it('is no way back of a replacement that was given up: that one goes', () => {
    const gone = ladderState(replaced({ givenUp: 'it stands', fencedBy: 'acknowledgement' }));
    const back = reduceAct(gone, { do: 'start-original', reason: '' }, { is: 'done', atMs: NOON_MS, seen: UP });
    expect(back.replacement).toMatchObject({ fencedBy: 'acknowledgement', originalMask: 'none', givenUp: 'it stands' });
  });
});

it('a volume that may be off its instance is written down before it is taken off', () => {
  const detach: Act = {
    do: 'detach',
    volumeId: 'vol-0123456789abcdef0',
    which: 'original',
    device: '/dev/sdf',
    reason: '',
  };
  const [volume] = ladderState().found.volumes;
  const act = { ...detach, volumeId: volume?.volumeId ?? '' };
  const intended = intendAct(ladderState(replaced()), act, NOON_MS);
  expect(intended.replacement?.mayBeUnplugged).toBe(true);
  expect(told(giveBackInstead({ refused: null, why: '' }, intended, { seen: null, unanswered: null }))).toBe('nothing');
});

it('a volume whose detachment AWS certainly has not got is on it still: a command starts its client', () => {
  const [volume] = ladderState().found.volumes;
  const place = { volumeId: volume?.volumeId ?? '', which: 'original', device: '/dev/sdf', reason: '' } as const;
  const off: Act = { do: 'detach', ...place };
  const before = ladderState(replaced());
  const unknown = { is: 'unknown', atMs: NOON_MS, reason: 'EC2 does not answer', isFault: true } as const;
  const unsent = reduceAct(intendAct(before, off, NOON_MS), off, { ...unknown, isUnsent: true }, before);
  const nobodyKnows = reduceAct(intendAct(before, off, NOON_MS), off, unknown, before);
  const instead = (state: LadderState) =>
    told(giveBackInstead({ refused: null, why: '' }, state, { seen: null, unanswered: null }));
  expect([instead(unsent), instead(nobodyKnows)]).toEqual(['start-original', 'nothing']);
});

it('a stop of the instance that AWS certainly has not got leaves the client to be started by a command', () => {
  const stop: Act = { do: 'stop-instance', which: 'original', reason: '', ran: true };
  const moves = ladderState({ ...down, rung: 'stop-start', moves: true });
  const intended = intendAct(moves, stop, NOON_MS);
  const unknown = { is: 'unknown', atMs: NOON_MS, reason: 'its guards cannot be read', isFault: true } as const;
  const unsent = reduceAct(intended, stop, { ...unknown, isUnsent: true }, moves);
  expect([unsent.original, reduceAct(intended, stop, unknown, moves).original]).toEqual(['untouched', 'stopRequested']);
  const instead = giveBackInstead({ refused: null, why: '' }, unsent, { seen: DOWN, unanswered: null });
  expect(instead).toMatchObject({ do: 'start-again' });
  expect(instead && doesRecover(instead, unsent)).toBe(true);
  expect(intended.pending).toMatchObject({ target: INSTANCE });
});
