// What an attempt does with what another one has left in the middle, where a person is asked first, or only wants to be told.
import { describe, expect, it } from '@jest/globals';
import { sourceOf } from '../../functions/replace-node/approval.ts';
import { phaseOf } from '../../functions/replace-node/intending.ts';
import type { Act } from '../../functions/replace-node/model.ts';
import { mayWait, needsTurn, type Permitted, permit, settlesWith } from '../../functions/replace-node/resuming.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Mode } from '../../shared/model/mode.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { nodeRecord } from '../support/heal-facts.ts';
import { copy, facts, machine, memory, newInstance } from '../support/replace-facts.ts';

const prepared = memory({ rung: 'swap', copy: copy() });
const down = memory({ rung: 'swap', copy: copy({ mounted: 'copy' }), done: ['held', 'down'] });
const launched = memory({ rung: 'replace', machine: newInstance() });
const swapping = memory({ rung: 'swap' });
const incidentId = '7f3a0c1d';

const other = copy({ source: 'set-1' });
/** These rungs, with the data of `prepared`. */
const only = (...rungs: readonly Rung[]): Permitted => ({ rungs, source: sourceOf(copy()) });

const left = (has: ReplaceMemory) =>
  nodeRecord({ operation: { kind: 'replace', phase: phaseOf(has), incidentId, memory: has } });
const settles = (has: ReplaceMemory, mode: Mode, of = incidentId) => settlesWith(left(has), { mode, incidentId: of });

describe('what is settled without a question', () => {
  it.each<[string, Permitted | undefined, Permitted | undefined]>([
    ['all of it in mode act', settles(prepared, 'act'), null],
    ['a rung that the node feels is brought to its end', settles(down, 'ask'), only('swap')],
    ['what was only made is put away, and no rung climbed', settles(prepared, 'ask'), only()],
    ['in mode plan, too', settles(launched, 'plan'), { rungs: [], source: null }],
    ['nothing where a person only asks for a plan', settles(down, 'plan', '0badcafe'), undefined],
    ['nothing where nothing was made', settles(memory({ rung: 'swap' }), 'ask'), undefined],
    ['nothing of a node that nobody knows', settlesWith(undefined, { mode: 'ask', incidentId }), undefined],
  ])('%s', (_, is, expected) => {
    expect(is).toEqual(expected);
  });
});

describe('what is permitted', () => {
  const takes = (rung: 'swap' | 'replace'): Act => ({ do: 'take-rung', rung, reason: 'it is stuck' });
  const exchange: Act = { do: 'swap', to: 'copy', reason: 'data of set-0' };
  const wait: Act = { do: 'wait', seconds: 60, what: '4 % of its blocks are there' };
  const word = (act: Act): string =>
    act.do === 'end' ? (act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as) : act.do;

  it.each<[string, Act, ReplaceMemory, Permitted, string]>([
    ['anything where nothing is to be asked', takes('replace'), memory(), null, 'take-rung'],
    ['a rung that was approved', takes('swap'), memory(), only('swap'), 'take-rung'],
    ['no other', takes('replace'), memory(), only('swap'), 'approval-exceeded'],
    ['none after what was left open is settled', takes('swap'), memory(), only(), 'approval-exceeded'],
    ['volumes that were made without a yes are not exchanged', exchange, prepared, only(), 'give-up-copy'],
    ['nor waited for', wait, prepared, only('restart'), 'give-up-copy'],
    ['they are with one', exchange, prepared, only('restart', 'swap'), 'swap'],
    ['where the client may be down it goes on', exchange, down, only(), 'swap'],
    ['a new instance is put away', { do: 'keep-volumes' }, launched, only(), 'give-up-machine'],
    [
      'the data that were approved are copied',
      { do: 'choose', copy: copy(), reason: '' },
      swapping,
      only('swap'),
      'choose',
    ],
    [
      'no others, though they be better by now',
      { do: 'choose', copy: other, reason: '' },
      swapping,
      only('swap'),
      'approval-exceeded',
    ],
    [
      'none where none were there when it was approved',
      { do: 'choose', copy: copy(), reason: '' },
      swapping,
      { rungs: ['swap'], source: null },
      'approval-exceeded',
    ],
    [
      'nor others for a new instance, which is put away',
      { do: 'choose', copy: other, reason: '' },
      launched,
      only('replace'),
      'give-up-machine',
    ],
    [
      'what is put away is',
      { do: 'drop-machine' },
      memory({ rung: 'replace', machine: newInstance({ givenUp: 'no' }) }),
      only(),
      'drop-machine',
    ],
    [
      'a rung of before is not gone on with',
      { do: 'restart', reason: '' },
      memory({ rung: 'restart' }),
      only('swap'),
      'approval-exceeded',
    ],
  ])('%s', (_, act, has, rungs, expected) => {
    expect(word(permit(act, facts(), has, rungs))).toBe(expected);
  });

  it('what a rung before has stopped is started before the next one is asked for', () => {
    const stopped = memory({ failed: [{ rung: 'stop-start', reason: 'in vain' }], done: ['held', 'stopped'] });
    const old = machine({ state: 'stopped' }, { agentOnline: false });
    expect(word(permit(takes('replace'), facts({ old }), stopped, only('stop-start')))).toBe('start-instance');
  });
});

describe('the fleet’s turn', () => {
  it.each<[string, ReplaceMemory, boolean, boolean]>([
    ['is taken again, and waited for, by whoever goes on with what was only made', prepared, true, true],
    ['and with a rung that had nothing made yet', memory({ rung: 'swap' }), true, true],
    ['is not waited for by a node whose client may be down', down, true, false],
    [
      'nor to put away what did not help',
      memory({ rung: 'replace', machine: newInstance({ givenUp: 'no' }) }),
      true,
      false,
    ],
    ['is not needed for a restart', memory({ rung: 'restart' }), false, true],
    ['nor after the proof', { ...down, proved: 'height 1003' }, false, false],
  ])('%s', (_, has, needs, waits) => {
    expect([needsTurn(has), mayWait(has)]).toEqual([needs, waits]);
  });
});
