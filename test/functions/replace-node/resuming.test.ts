// How an attempt continues another one's unfinished work where a person is asked first, or where the mode is plan.
import { describe, expect, it } from '@jest/globals';
import { type Act, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { mayWait, needsTurn, permit, settlesWith, sourceOf } from '../../../functions/replace-node/permission.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { type Permitted, phaseOf } from '../../../functions/replace-node/state.ts';
import { excludedOf } from '../../../functions/replace-node/tried.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { copy, facts, ladderState, machine, newReplacement } from '../../fixtures/replace-facts.ts';

const prepared = ladderState({ rung: 'swap', restoredVolumes: copy() });
const down = ladderState({
  rung: 'swap',
  restoredVolumes: copy({ mounted: 'restored' }),
  hold: 'held',
  client: 'mayBeDown',
});
const launched = ladderState({ rung: 'replace', replacement: newReplacement() });
const putAway = ladderState({
  rung: 'swap',
  restoredVolumes: copy({ givenUp: { door: 'person', fault: 'unpermitted', reason: 'a person said no' } }),
});
const swapping = ladderState({ rung: 'swap' });
const incidentId = '7f3a0c1d';
const DONE = { is: 'done', atMs: NOON_MS } as const;

const other = copy({ source: 'set-1' });
/** These rungs, with the data of `prepared`. */
const only = (...rungs: readonly Rung[]): Permitted => ({ rungs, source: sourceOf(copy()) });

const left = (has: LadderState) =>
  nodeRecord({ operation: { kind: 'replace', phase: phaseOf(has), incidentId, memory: has } });
const settles = (has: LadderState, mode: Mode, of = incidentId) => settlesWith(left(has), { mode, incidentId: of });

describe('what is settled without a question', () => {
  it.each<[string, Permitted | undefined, Permitted | undefined]>([
    ['all of it in mode act', settles(prepared, 'act'), null],
    ['a rung that the node feels is brought to its end', settles(down, 'ask'), only('swap')],
    ['what was only made is held, and a person is asked whether to go on', settles(prepared, 'ask'), undefined],
    ['an instance that was launched, too', settles(launched, 'ask'), undefined],
    ['what is being put away is put away', settles(putAway, 'ask'), { rungs: [], source: sourceOf(copy()) }],
    ['what another incident has made is put away', settles(prepared, 'ask', '0badcafe'), only()],
    ['in mode plan, too', settles(launched, 'plan'), { rungs: [], source: null }],
    ['nothing where a person only asks for a plan', settles(down, 'plan', '0badcafe'), undefined],
    ['nothing where nothing was made', settles(ladderState({ rung: 'swap' }), 'ask'), undefined],
    ['nothing of a node that nobody knows', settlesWith(undefined, { mode: 'ask', incidentId }), undefined],
  ])('%s', (_, is, expected) => {
    expect(is).toEqual(expected);
  });
});

describe('what is permitted', () => {
  const takes = (rung: 'swap' | 'replace'): Act => ({ do: 'take-rung', rung, reason: 'it is stuck' });
  const exchange: Act = { do: 'swap', to: 'restored', reason: 'data of set-0' };
  const wait: Act = { do: 'wait', seconds: 60, what: '4 % of its blocks are there' };
  const word = (act: Decision): string =>
    act.do === 'end' ? (act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as) : act.do;

  it.each<[string, Act, LadderState, Permitted, string]>([
    ['anything where nothing is to be asked', takes('replace'), ladderState(), null, 'take-rung'],
    ['a rung that was approved', takes('swap'), ladderState(), only('swap'), 'take-rung'],
    ['no other', takes('replace'), ladderState(), only('swap'), 'approval-exceeded'],
    [
      'no second instance for data that nobody has approved',
      takes('replace'),
      ladderState({ failed: [{ rung: 'replace', reason: 'corrupt', badData: 'own' }] }),
      { rungs: ['replace'], source: null },
      'approval-exceeded',
    ],
    [
      'a second instance for data that were approved',
      takes('replace'),
      ladderState({ failed: [{ rung: 'replace', reason: 'corrupt', badData: 'own' }] }),
      only('replace'),
      'take-rung',
    ],
    ['none after what was left open is settled', takes('swap'), ladderState(), only(), 'approval-exceeded'],
    ['volumes that were made without a yes are not exchanged', exchange, prepared, only(), 'give-up-volumes'],
    ['nor waited for', wait, prepared, only('restart'), 'give-up-volumes'],
    ['they are with one', exchange, prepared, only('restart', 'swap'), 'swap'],
    ['where the client may be down it goes on', exchange, down, only(), 'swap'],
    ['a new instance is put away', { do: 'keep-volumes' }, launched, only(), 'give-up-replacement'],
    [
      'the data that were approved are copied',
      { do: 'choose-volumes', volumes: copy(), reason: '' },
      swapping,
      only('swap'),
      'choose-volumes',
    ],
    [
      'no others, though they be better by now',
      { do: 'choose-volumes', volumes: other, reason: '' },
      swapping,
      only('swap'),
      'approval-exceeded',
    ],
    [
      'none where none were there when it was approved',
      { do: 'choose-volumes', volumes: copy(), reason: '' },
      swapping,
      { rungs: ['swap'], source: null },
      'approval-exceeded',
    ],
    [
      'nor others for a new instance, which is put away',
      { do: 'choose-volumes', volumes: other, reason: '' },
      launched,
      only('replace'),
      'give-up-replacement',
    ],
    [
      'what is put away is',
      { do: 'drop-replacement' },
      ladderState({ rung: 'replace', replacement: newReplacement({ givenUp: 'no' }) }),
      only(),
      'drop-replacement',
    ],
    [
      'a rung of before is not gone on with',
      { do: 'restart', reason: '' },
      ladderState({ rung: 'restart' }),
      only('swap'),
      'approval-exceeded',
    ],
  ])('%s', (_, act, has, rungs, expected) => {
    expect(word(permit(act, facts(), has, rungs))).toBe(expected);
  });

  it('ends with what a person has said, once everything is put away', () => {
    const refusal = { refuse: 'approval-denied', reason: 'a person said no', page: false, retryAfterMs: 1 } as const;
    const denied = { rungs: [], source: null, refusal };
    expect(permit(exchange, facts(), prepared, denied)).toMatchObject({
      do: 'give-up-volumes',
      blame: { fault: 'unpermitted', reason: 'a person said no' },
    });
    expect(permit(takes('replace'), facts(), ladderState(), denied)).toEqual({
      do: 'end',
      end: { as: 'refused', refusal },
    });
  });

  it('an instance that nobody has approved is no failure of its rung, which is climbed once somebody has', () => {
    const given = reduceAct(launched, permit({ do: 'keep-volumes' }, facts(), launched, only()) as Act, DONE);
    const dropped = reduceAct(given, { do: 'drop-replacement' }, DONE);
    expect(dropped).toMatchObject({ rung: null, replacement: null, failed: [], exhausted: [] });
  });

  it('data that nobody has approved may be used once somebody has', () => {
    const given = reduceAct(prepared, permit(exchange, facts(), prepared, only()) as Act, DONE);
    const dropped = reduceAct(given, { do: 'drop-volumes' }, DONE);
    expect(dropped.tried).toMatchObject([{ source: copy().source, fault: 'unpermitted' }]);
    expect(excludedOf(dropped, NOON_MS)).toEqual([]);
  });

  it('what a rung before has stopped is started before the next one is asked for', () => {
    const stopped = ladderState({
      failed: [{ rung: 'stop-start', reason: 'in vain' }],
      hold: 'held',
      original: 'stopIntended',
    });
    const original = machine({ state: 'stopped' }, { agentOnline: false });
    expect(word(permit(takes('replace'), facts({ original }), stopped, only('stop-start')))).toBe('start-instance');
  });
});

describe('the fleet’s turn', () => {
  it.each<[string, LadderState, boolean, boolean]>([
    ['is taken again, and waited for, by whoever goes on with what was only made', prepared, true, true],
    ['and with a rung that had nothing made yet', ladderState({ rung: 'swap' }), true, true],
    ['is not waited for by a node whose client may be down', down, true, false],
    [
      'nor to put away what did not help',
      ladderState({ rung: 'replace', replacement: newReplacement({ givenUp: 'no' }) }),
      true,
      false,
    ],
    ['is not needed for a restart', ladderState({ rung: 'restart' }), false, true],
    ['nor after the proof', { ...down, proved: 'height 1003' }, false, false],
  ])('%s', (_, has, needs, waits) => {
    expect([needsTurn(has), mayWait(has)]).toEqual([needs, waits]);
  });
});
