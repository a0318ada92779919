// Who is let in for a restart, where the event of one node is looked at, and where a sweep sees all.
import { expect, it } from '@jest/globals';
import { judgeAtDoor } from '../../../functions/dispatch-heal/paced.ts';
import type { Pace } from '../../../shared/guardrails/pace.ts';

const node = { instanceId: 'i-1', name: 'node1' };
const pace = (more: Partial<Pace> = {}): Pace => ({
  ...{
    isWave: false,
    isTrouble: false,
    isCrowded: false,
    free: 1,
    next: ['i-1'],
    stopped: null,
    sentence: 'one restart at once',
    zone: undefined,
  },
  ...more,
});

it.each<[string, Partial<Pace>, boolean, string | null]>([
  ['the only sick node goes at once', {}, false, null],
  ['of several the event of one waits for the sweep, which sees all', { isCrowded: true }, false, 'restarts-paced'],
  ['the sweep lets the oldest in', { isCrowded: true }, true, null],
  ['in a wave the event of one waits, too', { isWave: true }, false, 'restarts-paced'],
  ['where the wave is stopped, it says so', { isWave: true, next: [], stopped: 'not-helped' }, false, 'breaker-open'],
])('%s', (_, more, seesAll, refusal) => {
  expect(judgeAtDoor(pace(more), node, seesAll)?.refuse ?? null).toBe(refusal);
});
