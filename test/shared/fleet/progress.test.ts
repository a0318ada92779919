// The one judge of a standstill: a client stands where neither its height nor anything that it counts moves, and what it says that it does is told beside that.
import { describe, expect, it } from '@jest/globals';
import { type NodeStatus, UNSAID } from '../../../shared/chains/client.ts';
import { follow, followStart, standstillOf, UNTRACKED } from '../../../shared/fleet/progress.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const AFTER_MS = 30 * MINUTE_MS;
type Told = Partial<NodeStatus>;

/** What is known at noon of a client that was asked each minute for an hour. */
function afterAnHour(toldAt: (minute: number) => Told, watchedMs?: number, everyMinutes = 1) {
  let track = UNTRACKED;
  let last: NodeStatus = { ...UNSAID, height: 0, hashes: [] };
  for (let minute = 0; minute <= 60; minute += everyMinutes) {
    last = { ...UNSAID, height: 1000, hashes: [], ...toldAt(minute) };
    track = follow(track, last, NOON_MS - (60 - minute) * MINUTE_MS, watchedMs);
  }
  return standstillOf(track, last, { afterMs: AFTER_MS, nowMs: NOON_MS });
}
const STANDS = { forMs: 60 * MINUTE_MS };

it.each<[string, (minute: number) => Told, object | null]>([
  ['stands at its height, and counts nothing', () => ({}), STANDS],
  ['stands with the same counters', () => ({ counters: { Execution: 7 } }), STANDS],
  ['stands, and one of its stages goes back', (at) => ({ counters: { Execution: 100 - at } }), STANDS],
  [
    'stands, and tells a new counter each minute that never grows',
    (at) => ({ counters: { [`stage${at}`]: at } }),
    STANDS,
  ],
  ['works by stages', (at) => ({ counters: { Execution: at, Bodies: 5 } }), null],
  ['heals its state', (at) => ({ syncing: true, counters: { healedTrienodes: 10 * at } }), null],
  ['takes a snapshot that shows in no height', (at) => ({ syncing: true, syncHeight: 2000 + at }), null],
  ['says a sync height, and that it does not sync', (at) => ({ syncing: false, syncHeight: 2000 + at }), STANDS],
  ['has moved a quarter of an hour ago', (at) => ({ counters: { Execution: Math.min(at, 45) } }), null],
  ['has moved forty minutes ago', (at) => ({ counters: { Execution: Math.min(at, 20) } }), { forMs: 40 * MINUTE_MS }],
  [
    'says what it does, and moves nothing',
    () => ({ works: 'stage Execution' }),
    { ...STANDS, works: 'stage Execution' },
  ],
  ['says what it does, and moves', (at) => ({ works: 'stage Execution', counters: { Execution: at } }), null],
  ['gains blocks', (at) => ({ height: 1000 + at }), null],
])('a client that %s', (_, toldAt, expected) => {
  expect(afterAnHour(toldAt)).toEqual(expected);
});

describe('a client that is asked each ten minutes', () => {
  it('is not watched between its looks', () => expect(afterAnHour(() => ({}), undefined, 10)).toBeNull());
  it('unless who asks says so, as drills do', () =>
    expect(afterAnHour(() => ({}), Number.POSITIVE_INFINITY, 10)).toEqual(STANDS));
});

describe('a client that does not tell its height yet', () => {
  it('keeps what was known of its height, and moves by what it counts', () => {
    const stood = { ...UNTRACKED, progress: 7, sinceMs: 1, readAtMs: 2, counters: { verified: 10 } };
    expect(followStart(stood, { verified: 11 }, NOON_MS)).toEqual({
      ...stood,
      counters: { verified: 11 },
      movedAtMs: NOON_MS,
    });
    expect(followStart(stood, { verified: 10 }, NOON_MS)).toEqual(stood);
    expect(followStart(UNTRACKED, undefined, NOON_MS)).toEqual(UNTRACKED);
  });
});
