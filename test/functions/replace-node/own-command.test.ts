// What an owner's commands have in common: when something says that the data are the trouble, that it is done once, and what becomes of one that was cut off.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { notOwnOf, ownNext } from '../../../functions/replace-node/rungs/own-command.ts';
import { type Decision, proved } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const silent = machine({}, { agentOnline: false });
const CORRUPT = 'panic: wrong Block.Header.AppHash. Expected 7F, got 3A';
const NOTHING = 'nothing says that a block of its own is the trouble';
const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;

describe('it is not begun', () => {
  const why = (more: Partial<Facts> = {}, has: Partial<LadderState> | null = {}, lastAtMs: number | null = null) =>
    notOwnOf(facts(more), has === null ? null : ladderState(has), {
      ...{ rung: 'roll-back', became: 'taken back', history: { lastAtMs } },
    });
  const restarted = (reason: string, rung: 'restart' | 'stop-start' = 'restart') => ({ failed: [{ rung, reason }] });
  const up = { watched: watched('unreachable') };
  const { found } = ladderState();

  it.each<[string, Partial<Facts>, Partial<LadderState> | null, string | null]>([
    ['it stands where it had stopped', {}, {}, null],
    ['it stands two blocks above', { watched: watched('stuck', { height: 1_002 }) }, {}, null],
    ['it stands two blocks below', { watched: watched('stuck', { height: 998 }) }, {}, null],
    ['it stands three blocks above', { watched: watched('stuck', { height: 1_003 }) }, {}, NOTHING],
    ['it stands three blocks below', { watched: watched('stuck', { height: 997 }) }, {}, NOTHING],
    ['it is behind where it had stopped', { watched: watched('behind') }, {}, NOTHING],
    ['it stands, and nobody knows where', { watched: watched('stuck', { height: null }) }, {}, NOTHING],
    ['it stands, and nobody knows where it had stopped', {}, { found: { ...found, height: null } }, NOTHING],
    [
      'it stands at its first blocks, and nobody knows where it had stopped',
      { watched: watched('stuck', { height: 2 }) },
      { found: { ...found, height: null } },
      NOTHING,
    ],
    [
      'it had stopped at its first blocks, and nobody knows where it stands',
      { watched: watched('stuck', { height: null }) },
      { found: { ...found, height: 2 } },
      NOTHING,
    ],
    ['nobody has seen it', { watched: null }, {}, NOTHING],
    ['its client ends and names its data', { ...up, seen: seen([client('failed', { lastLine: CORRUPT })]) }, {}, null],
    [
      'one of two clients does',
      { ...up, seen: seen([client('running'), client('failed', { lastLine: CORRUPT })]) },
      {},
      null,
    ],
    [
      'its client ends and names something else, wherever it stands',
      { seen: seen([client('failed', { lastLine: 'address in use' })]) },
      {},
      NOTHING,
    ],
    [
      'its restart has heard that it names its data',
      up,
      restarted(`its client ends again: failed, its last line is "${CORRUPT}"`),
      null,
    ],
    [
      'its restart has heard something else',
      up,
      restarted('its client ends again: failed, its last line is "address in use"'),
      NOTHING,
    ],
    ['its restart has heard nothing of an end', up, restarted(`it stands: ${CORRUPT}`), NOTHING],
    ['a stop and a start has', up, restarted(`its client ends again: ${CORRUPT}`, 'stop-start'), NOTHING],
    ['it was done in this heal', {}, { rolledBack: true }, 'it was done in this heal already'],
    ['for a plan nobody asks that', up, null, null],
  ])('where %s', (_, more, has, words) => {
    expect(why(more, has)).toBe(words);
  });

  it('twice a day', () => {
    const lastDone = (ms: number, has: Partial<LadderState> | null = {}) => why({}, has, NOON_MS - 24 * HOUR_MS + ms);
    expect(lastDone(0)).toBeNull();
    expect(lastDone(1)).toBe('its data were taken back 23 h ago, and once a day is all');
    expect(lastDone(1, null)).toBe('its data were taken back 23 h ago, and once a day is all');
    const unread = { rung: 'reindex', became: 'built again', history: null } as const;
    expect(notOwnOf(facts(), ladderState(), unread)).toBeNull();
  });
});

describe('once it is taken', () => {
  const BEGUN = 'it begins';
  const act = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}): Decision =>
    ownNext(facts(more), ladderState({ rung: 'roll-back', ...has }), 'roll-back', () => proved(BEGUN));
  function told(decision: Decision): string {
    if (decision.do === 'wait') return `wait: ${decision.what}`;
    if (decision.do !== 'end')
      return 'reason' in decision && decision.reason ? `${decision.do}: ${decision.reason}` : decision.do;
    const { end } = decision;
    return end.as === 'refused'
      ? `${end.refusal.refuse}${end.refusal.page ? ' (paged)' : ''}: ${end.refusal.reason}`
      : end.as;
  }
  const done = { rolledBack: true, client: 'mayBeDown' } as const;
  const blind = { breaker: { open: true, sentence: 'no observation', isBlind: true } } as const;
  const stopped = seen([client('stopped')]);
  const unknown = seen([client('unknown', { exitStatus: null })]);
  const half = seen([client('running'), client('failed')]);
  const UNKNOWN = 'start-again: what became of its roll-back nobody knows, and it is down';
  const spent = { setback: { act: 'start-again', count: 3, reason: 'no answer', atMs: NOON_MS } } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string | RegExp]>([
    ['it begins', {}, {}, `prove: ${BEGUN}`],
    [
      'it does not where the node does not answer',
      { original: silent },
      {},
      'end-rung: the node does not answer commands',
    ],
    [
      'it does not where the instance is not shown',
      { original: null },
      {},
      'end-rung: the node does not answer commands',
    ],
    ['it does not where a guard refuses it', { haltedSinceMs: ago(30) }, {}, /^chain-standing: /],
    ['it does not where a person has stopped the client', { seen: stopped }, {}, /^client-stopped: /],
    ['it does where an act may have stopped it', { seen: stopped }, { client: 'mayBeDown' }, `prove: ${BEGUN}`],
    ['it does not where nobody can follow the client', { seen: unknown }, { client: 'mayBeDown' }, /^client-unknown/],
    ['it waits while nobody sees the fleet', blind, {}, 'wait: no observation'],
    ['it waits for nothing else', { ...blind, haltedSinceMs: ago(30) }, {}, /^chain-standing: /],
    [
      'it does not in a fleet of which most is sick',
      { breaker: { open: true, sentence: '4 of 5' } },
      {},
      /^breaker-open/,
    ],
    ['it waits while nobody sees the node', { watched: null }, {}, /^wait: nobody knows how it is by now/],
    [
      'it is proved once it is up',
      { watched: watched('synced', { height: 1_010, lagBlocks: 0 }) },
      { ...done, upSinceMs: ago(3) },
      /^prove: height 1010/,
    ],
    [
      'it has not helped where it stands again',
      { watched: watched('stuck', { sinceMs: ago(1) }) },
      { ...done, upSinceMs: ago(3) },
      /^end-rung: it stands still at height 1000/,
    ],
    [
      'cut off, it is a person’s where the node is silent',
      { original: silent },
      done,
      'node-silent (paged): what became of its roll-back nobody knows, and it does not answer',
    ],
    ['cut off, it is asked for', { seen: null }, done, 'inspect'],
    ['cut off, it is asked for where the client runs', {}, done, 'inspect'],
    ['cut off, its client is started', { seen: stopped }, done, UNKNOWN],
    ['cut off, its client is started where one of two is down', { seen: half }, done, UNKNOWN],
    ['cut off, a client that nobody can follow is a person’s', { seen: unknown }, done, /^client-unknown \(paged\)/],
    [
      'cut off, a client that does not start is given up',
      { seen: stopped },
      { ...done, ...spent },
      'end-rung: start-again failed several times: no answer',
    ],
  ])('%s', (_, more, has, words) => {
    const is = told(act(more, has));
    if (typeof words === 'string') expect(is).toBe(words);
    else expect(is).toMatch(words);
  });

  it('the node itself is asked', () => {
    expect([act({ seen: null }, done), act({}, done)]).toEqual(Array(2).fill({ do: 'inspect', which: 'original' }));
  });
});
