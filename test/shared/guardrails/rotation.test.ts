// The record of a fleet's peer rotations: one run at a time, one restart at a time, and what is forgotten.
import { describe, expect, it } from '@jest/globals';
import {
  beginRun,
  changedLately,
  claimRestart,
  endRun,
  newRotation,
  type RotationRecord,
  type UnprovedRestart,
  withPendingPlan,
} from '../../../shared/guardrails/rotation.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const UNTIL_MS = NOON_MS + 10 * MINUTE_MS;
const record = (more: Partial<RotationRecord> = {}): RotationRecord => ({
  ...{ ...newRotation, run: { writer: 'me', untilMs: UNTIL_MS }, version: 7 },
  ...more,
});

describe('the first record', () => {
  it('has nothing in it', () => {
    expect(newRotation).toMatchObject({ changed: [], asked: [], notifications: [], run: null, restart: null });
    expect(changedLately(undefined, NOON_MS)).toBe(0);
  });
});

describe('a run', () => {
  it('takes the turn once the time of the one before is over, and not before', () => {
    expect(beginRun(record(), 'other', UNTIL_MS, 0)).toEqual({ busy: 'me' });
    expect(beginRun(record(), 'other', UNTIL_MS + 1, UNTIL_MS + 9)).toMatchObject({
      next: { run: { writer: 'other', untilMs: UNTIL_MS + 9 }, version: 8 },
    });
  });

  it('has an epoch of now, and always a later one than the run before', () => {
    const epoch = (epochSeconds: number) => {
      const begun = beginRun(record({ run: null, epochSeconds }), 'me', NOON_MS, UNTIL_MS);
      return 'next' in begun && begun.next.epochSeconds;
    };
    expect([epoch(0), epoch(NOON_MS / 1000 + 5)]).toEqual([NOON_MS / 1000, NOON_MS / 1000 + 6]);
  });

  it('forgets at its end what is old: changes after an hour, plans and waits after a day, the rest after a month', () => {
    const month = 30 * DAY_MS;
    const both = <T>(of: (atMs: number) => T, keptMs: number) => ({
      young: of(NOON_MS - keptMs + 1),
      old: of(NOON_MS - keptMs),
    });
    const of = (atMs: number) => ({ hash: 'h', sha256: 's', atMs });
    const ended = endRun(
      record({
        changed: [
          { atMs: NOON_MS - HOUR_MS, entries: 2 },
          { atMs: NOON_MS - HOUR_MS + 1, entries: 3 },
        ],
        backoff: both((notBeforeMs) => ({ failures: 1, notBeforeMs }), DAY_MS),
        plans: both(of, DAY_MS),
        pending: both((atMs) => atMs, month),
        rejected: both(of, month),
      }),
      'me',
      NOON_MS,
    );
    if (!('next' in ended)) throw new Error('left');
    const { changed, backoff, plans, pending, rejected, run, version } = ended.next;
    expect({ run, version, changed: changed.map(({ entries }) => entries) }).toEqual({
      ...{ run: null, version: 8, changed: [3] },
    });
    for (const kept of [backoff, plans, pending, rejected]) expect(Object.keys(kept)).toEqual(['young']);
  });

  it('that has not the turn ends nothing', () => {
    for (const read of [undefined, record({ run: null }), record({ run: { writer: 'other', untilMs: UNTIL_MS } })])
      expect(endRun(read, 'me', NOON_MS)).toEqual({ leave: true });
  });

  it('counts the changes of the last hour', () => {
    const changed = [60, 59, 1].map((minutesAgo) => ({ atMs: NOON_MS - minutesAgo * MINUTE_MS, entries: minutesAgo }));
    expect(changedLately(record({ changed }), NOON_MS)).toBe(60);
  });
});

describe('the one restart of a fleet', () => {
  const restart = (peersBefore: number | null, more: Partial<UnprovedRestart> = {}): UnprovedRestart => ({
    ...{ instanceId: 'i-1', node: 'node1', atMs: NOON_MS, peersBefore, floor: 3, overAtMs: NOON_MS },
    ...more,
  });
  const proves = (was: number | null, now: number | null) => {
    const claimed = claimRestart(record({ restart: restart(was) }), 'me', restart(now));
    return 'next' in claimed ? claimed.next.restart?.peersBefore : claimed.taken;
  };

  it('has to prove as much as the one before it of the same node', () => {
    expect([proves(8, 3), proves(3, 8), proves(null, 3), proves(8, null), proves(null, null)]).toEqual([
      ...[8, 8, 3, 8],
      null,
    ]);
  });

  it('is taken from nobody who has the turn', () => {
    const other = record({ run: { writer: 'other', untilMs: UNTIL_MS } });
    expect(claimRestart(other, 'me', restart(3))).toEqual({ taken: 'other has the turn' });
    expect(claimRestart(undefined, 'me', restart(3))).toEqual({ taken: 'another run has the turn' });
  });
});

describe('a question to people', () => {
  const question = (hash: string, atMs = NOON_MS) => ({ hash, atMs, nodes: {} });

  it('is asked once, and again when its time is over', () => {
    const asked = [question('a')];
    const again = (ms: number) => withPendingPlan({ asked }, question('a', NOON_MS + ms), HOUR_MS).asked[0]?.atMs;
    expect([again(HOUR_MS - 1), again(HOUR_MS)]).toEqual([NOON_MS, NOON_MS + HOUR_MS]);
  });

  it('is remembered among fifty, the newest first', () => {
    const asked = Array.from({ length: 50 }, (_, at) => question(`q${at}`));
    const hashes = withPendingPlan({ asked }, question('new'), HOUR_MS).asked.map(({ hash }) => hash);
    expect([hashes.length, hashes[0], hashes.at(-1)]).toEqual([50, 'new', 'q48']);
  });
});
