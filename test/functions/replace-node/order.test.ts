// The order of the rungs, whatever is asked for and whatever was tried, and what is read for the next decision.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { ladderOf, needsOf } from '../../../functions/replace-node/ladder.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import {
  copy,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  shrinking,
} from '../../fixtures/replace-facts.ts';

const failed = (...rungs: readonly Rung[]) => ({
  failed: rungs.map((rung) => ({ rung, reason: `${rung} was in vain` })),
});
const fleetOf = (replace: Partial<Fleet['replace']>): Fleet => ({
  ...FLEET,
  replace: { ...FLEET.replace, ...replace },
});

describe('the order of the rungs', () => {
  const up = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
  const version = { from: '28.0', to: '28.1', is: 'from', givenUp: 'x', at: 0, cleanSinceMs: 0 } as const;
  const move = { cause: null, refusal: null } as const;
  const stopped = machine({ state: 'stopped' }, { agentOnline: false });
  const gone = { machine: null, volumes: [], power: 'terminated', present: [], missed: [] } as const;
  const rungsOf = (more: Partial<Facts>, has: Partial<LadderState> = {}) =>
    ladderOf(facts(more), { failed: [], ...has });
  const heal = ['restart', 'swap', 'replace'];

  it.each<[string, Partial<Facts>, Partial<LadderState>, readonly string[]]>([
    ['a move is a stop and a start', { move }, {}, ['stop-start']],
    ['also where its instance is stopped already', { move, original: stopped }, {}, ['stop-start']],
    ['also where it was tried, and the instance runs', { move }, failed('stop-start'), ['stop-start']],
    [
      'one that does not start again is another instance’s',
      { move, original: stopped },
      failed('stop-start'),
      ['stop-start', 'replace'],
    ],
    ['a terminated node is made again', { gone }, {}, ['replace']],
    ['where the file allows it', { gone, fleet: fleetOf({ rungs: ['restart', 'swap'] }) }, {}, []],
    ['a move, too', { move, fleet: fleetOf({ rungs: ['restart', 'swap'] }) }, {}, []],
    ['an upgrade has a way back', { want: up }, {}, ['upgrade', 'swap']],
    ['an upgrade that never ran needs none', { want: up }, failed('upgrade'), ['upgrade']],
    [
      'an upgrade that may have run does',
      { want: up },
      { ...failed('upgrade'), upgrade: { ...version, mayHaveRun: true } },
      ['upgrade', 'swap'],
    ],
    [
      'whoever settles it',
      {},
      { ...failed('upgrade'), upgrade: { ...version, mayHaveRun: true } },
      ['upgrade', 'swap'],
    ],
    [
      'one that was not on the node does not',
      {},
      { ...failed('upgrade'), upgrade: { ...version, mayHaveRun: false } },
      ['upgrade'],
    ],
    ['another rung that failed is no upgrade', { want: up }, failed('swap'), ['upgrade', 'swap']],
    ['beside the node only another instance is tried', { want: { ...up, strategy: 'blue-green' } }, {}, ['replace']],
    [
      'what was switched before is settled first',
      { want: { ...up, strategy: 'blue-green' } },
      { upgrade: { ...version, mayHaveRun: true } },
      ['upgrade', 'swap'],
    ],
    ['a smaller disk is a swap', { want: { do: 'shrink', toGiB: 200 } }, {}, ['swap']],
    [
      'an impaired instance whose replacement is there has all',
      { original: impaired('system'), replacement: machine() },
      {},
      ['stop-start', 'swap', 'replace'],
    ],
    [
      'an impaired instance whose agent answers',
      { original: { ...impaired('system'), agentOnline: true } },
      {},
      ['stop-start', 'replace'],
    ],
    ['an instance that is not shown has a stop and a start', { original: null }, {}, ['stop-start', 'replace']],
    ['a restart that failed keeps its place', {}, failed('restart'), heal],
  ])('%s', (_, more, has, rungs) => {
    const allowed = more.fleet ?? fleetOf({ rungs: ['restart', 'stop-start', 'swap', 'replace'] });
    expect(rungsOf({ ...more, fleet: allowed }, has)).toEqual(rungs);
  });
});

describe('what the next decision needs', () => {
  const nothing = {
    ...{ sources: false, supply: false, initialization: false, stop: false, standby: false },
    ...{ launch: false, replace: false },
  };
  const up = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
  const beside = { want: { ...up, strategy: 'blue-green' } } as const;
  const lost = { found: { ...ladderState().found, dataLost: true } } as const;
  const elsewhere = { replacement: newReplacement({ availabilityZone: 'eu-west-1b' }) };
  const here = { replacement: newReplacement() };
  const none = fleetOf({ rungs: ['swap'] });
  const SWITCHED = {
    ...{ from: '28.0', to: '28.1', mayHaveRun: true, givenUp: 'x', at: 0, cleanSinceMs: 0 },
    is: 'from',
  } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState> | null, object]>([
    ['before a heal has begun', {}, null, {}],
    ['after the proof', {}, { proved: 'x', rung: 'swap' }, {}],
    ['before a restart', {}, { hold: 'none' }, { supply: true, replace: true }],
    ['before a restart, where all is held', {}, {}, { replace: true }],
    ['before a restart, where nobody knows whether it is', {}, { hold: 'unknown' }, { supply: true, replace: true }],
    ['in a move', {}, { hold: 'none', moves: true }, { replace: true }],
    ['under a restart', {}, { hold: 'none', rung: 'restart' }, {}],
    ['before a swap', {}, failed('restart'), { standby: true, replace: true }],
    ['under a swap', {}, { rung: 'swap' }, { sources: true, standby: true }],
    ['under a swap on standby', {}, { rung: 'swap', standby: 'entered' }, { sources: true }],
    [
      'under a swap with its copy',
      {},
      { rung: 'swap', hold: 'none', restoredVolumes: copy() },
      { initialization: true, standby: true },
    ],
    ['under a swap onto a smaller disk', {}, { rung: 'swap', restoredVolumes: shrinking() }, { standby: true }],
    [
      'before another instance',
      {},
      failed('restart', 'swap'),
      { stop: true, standby: true, launch: true, replace: true },
    ],
    ['under another instance', {}, { rung: 'replace' }, { stop: true, standby: true }],
    ['under another instance in its zone', {}, { rung: 'replace', ...here }, { stop: true, standby: true }],
    [
      'under another instance in another zone',
      {},
      { rung: 'replace', ...elsewhere },
      { sources: true, stop: true, standby: true },
    ],
    ['under a restart after another instance in another zone', {}, { rung: 'restart', ...elsewhere }, {}],
    [
      'before a node is made again without its volumes',
      {},
      { ...lost, ...failed('restart', 'swap') },
      { sources: true, stop: true, standby: true, launch: true, replace: true },
    ],
    ['while it is', {}, { ...lost, rung: 'replace', ...here }, { sources: true, stop: true, standby: true }],
    ['under a restart of one whose volumes are gone', {}, { ...lost, rung: 'restart' }, {}],
    [
      'before the way back of what was switched before',
      beside,
      { ...failed('upgrade'), upgrade: SWITCHED },
      { standby: true },
    ],
    [
      'before a rung, with a copy of before',
      {},
      { hold: 'none', restoredVolumes: copy() },
      { initialization: true, replace: true },
    ],
    ['before an upgrade', { want: up }, {}, { sources: true, standby: true }],
    ['under an upgrade', { want: up }, { rung: 'upgrade' }, { standby: true }],
    [
      'before an upgrade beside the node',
      beside,
      {},
      { sources: true, stop: true, standby: true, launch: true, replace: true },
    ],
    ['under one beside the node', beside, { rung: 'replace', ...here }, { sources: true, stop: true, standby: true }],
    ['under another rung of one beside the node', beside, { rung: 'upgrade' }, { standby: true }],
    ['before a stop and a start', { original: impaired('system') }, {}, { stop: true, standby: true, replace: true }],
    ['where no rung is left', {}, failed('restart', 'swap', 'replace'), {}],
    ['where the file allows no other instance', { fleet: none }, {}, { standby: true }],
  ])('%s', (_, more, has, needs) => {
    expect(needsOf(facts(more), has === null ? null : ladderState(has))).toEqual({ ...nothing, ...needs });
  });
});
