// What follows from drills: which set is tried next, when, what they have cost, and recoverability in words.
import { describe, expect, it } from '@jest/globals';
import {
  type Drill,
  type DrillRecord,
  type DrillVerdict,
  ended,
  nextSet,
  noDrill,
  proofAgeHours,
  pruneTrialText,
  recoverability,
  rehearsalText,
  reindexTrialText,
  spentIn,
  trialText,
} from '../../../shared/heal/drill.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const set = (setId: string, hoursAgo: number, rank: 'verified' | 'clean' | 'crash-consistent' = 'clean') => ({
  ...{ setId, rank, takenAtMs: NOON_MS - hoursAgo * HOUR_MS },
});
const tried = (setId: string, is: DrillVerdict['is'], unproved = 0) => ({
  setId,
  is,
  atMs: NOON_MS - HOUR_MS,
  unproved,
});
const proved = (hoursAgo: number): NonNullable<DrillRecord['proved']> => ({
  ...{ setId: 'proved', takenAtMs: NOON_MS - 30 * HOUR_MS, height: 931_064, atMs: NOON_MS - hoursAgo * HOUR_MS },
  ...{ minutes: 11.2, usd: 0.21 },
});
const asked = { maxAgeHours: 48, nowMs: NOON_MS, isAsked: false };
const next = (
  sets: Parameters<typeof nextSet>[0],
  record: Partial<DrillRecord> = {},
  more: Partial<typeof asked> = {},
) => {
  const chosen = nextSet(sets, { ...noDrill, ...record }, { ...asked, ...more });
  return 'none' in chosen ? chosen.none : chosen.setId;
};

describe('the next drill is of', () => {
  it('the newest set, of any rank', () => {
    expect(next([set('old', 20), set('new', 2, 'crash-consistent'), set('middle', 10)])).toBe('new');
  });

  it('the one before, where the newest was found bad', () => {
    expect(next([set('bad', 2), set('before', 10)], { tried: [tried('bad', 'unfit')] })).toBe('before');
  });

  it('the same one again, where nothing was found; three times at most', () => {
    const sets = [set('open', 2), set('before', 10)];
    expect(next(sets, { tried: [tried('open', 'unproved', 2)] })).toBe('open');
    expect(next(sets, { tried: [tried('open', 'unproved', 3)] })).toBe('before');
  });

  it('none, where the newest was proved lately: an older one tells nothing new', () => {
    const record = { tried: [tried('new', 'verified')], proved: proved(5) };
    expect(next([set('new', 2), set('old', 20)], record)).toBe('nothing new');
  });

  it('the proved one again, once its proof is older than half of what is allowed, or a person asks', () => {
    const record = { tried: [tried('new', 'verified')], proved: proved(25) };
    expect(next([set('new', 30)], record)).toBe('new');
    expect(next([set('new', 30)], { ...record, proved: proved(23) })).toBe('nothing new');
    expect(next([set('new', 30)], { ...record, proved: proved(1) }, { isAsked: true })).toBe('new');
  });

  it('one that only a restore has proved, since no drill has', () => {
    expect(next([set('restored', 2, 'verified')])).toBe('restored');
  });

  it('no set, where all are bad or none is there', () => {
    expect(next([])).toBe('no set');
    expect(next([set('bad', 2)], { tried: [tried('bad', 'unfit')] })).toBe('no set');
  });
});

const drill = (verdict: DrillVerdict | null): Drill => ({
  ...{ incidentId: 'd0000001', execution: 'arn', token: 'token', subnetIds: ['subnet-1'], instanceType: 'm6i.large' },
  set: { ...set('set-1', 6), node: 'node1', height: 930_000, blockHash: null, parts: [] },
  ...{ startedAtMs: NOON_MS - 30 * MINUTE_MS, instanceId: 'i-1', usdPerHour: 0.4, verdict },
});
const verified: DrillVerdict = {
  is: 'verified',
  atMs: NOON_MS - 19 * MINUTE_MS,
  height: 931_064,
  reason: 'it has caught up',
  openSeconds: 45,
};

describe('once everything is removed', () => {
  it('a proof counts from the launch to the tip, and its dollars to the end', () => {
    const record = ended({ ...noDrill, current: drill(null) }, drill(verified), 24, NOON_MS);
    expect(record.current).toBeNull();
    expect(record.proved).toMatchObject({ setId: 'set-1', height: 931_064, minutes: 11 });
    expect(record.proved?.usd).toBeCloseTo(0.2);
    expect(record.dueAtMs).toBe(NOON_MS + 24 * HOUR_MS);
  });

  it.each<[string, DrillVerdict, number]>([
    [
      'a bad set is followed by the one before within minutes',
      { is: 'unfit', atMs: NOON_MS, reason: 'bad' },
      5 * MINUTE_MS,
    ],
    [
      'what nobody could tell is tried after some hours',
      { is: 'unproved', atMs: NOON_MS, reason: '?', isTold: true },
      6 * HOUR_MS,
    ],
    [
      'what only gave way is tried after an hour',
      { is: 'unproved', atMs: NOON_MS, reason: '?', isTold: false },
      HOUR_MS,
    ],
  ])('%s', (_, verdict, waitMs) => {
    const record = ended({ ...noDrill, proved: proved(30) }, drill(verdict), 24, NOON_MS);
    expect(record.dueAtMs - NOON_MS).toBe(waitMs);
    expect(record.proved).toEqual(proved(30));
    expect(record.last).toMatchObject({ setId: 'set-1', is: verdict.is });
  });

  it('giving way does not count against a set, and each try without a verdict does', () => {
    const gaveWay = { is: 'unproved', atMs: NOON_MS, reason: '?', isTold: false } as const;
    const once = ended(noDrill, drill({ ...gaveWay, isTold: true }), 24, NOON_MS);
    expect(once.tried[0]?.unproved).toBe(1);
    expect(ended(once, drill(gaveWay), 24, NOON_MS).tried).toEqual([{ ...once.tried[0], atMs: NOON_MS }]);
  });

  it('dollars add up in a calendar month, and begin at nothing in the next', () => {
    const twice = ended(ended(noDrill, drill(verified), 24, NOON_MS), drill(verified), 24, NOON_MS);
    expect(spentIn(twice, NOON_MS)).toBeCloseTo(0.4);
    expect(spentIn(twice, NOON_MS + 32 * 24 * HOUR_MS)).toBe(0);
  });
});

describe('a version that was tried on a copy', () => {
  const tries = (verdict: DrillVerdict | null): Drill => ({ ...drill(verdict), rehearses: '28.1' });
  const before = { ...noDrill, proved: proved(30), tried: [tried('set-1', 'verified')], dueAtMs: NOON_MS + HOUR_MS };

  it('says nothing of the set, and when the next one is looked for stays as it was', () => {
    for (const is of ['unfit', 'unproved'] as const) {
      const record = ended(
        before,
        tries({ is, atMs: NOON_MS, reason: 'bad', isTold: true } as DrillVerdict),
        24,
        NOON_MS,
      );
      expect(record).toEqual({ ...before, spent: record.spent, rehearsed: record.rehearsed });
      expect(record.rehearsed).toMatchObject({ to: '28.1', setId: 'set-1', is, reason: 'bad', measured: null });
    }
  });

  it('costs what any drill costs', () => {
    expect(spentIn(ended(before, tries(verified), 24, NOON_MS), NOON_MS)).toBeCloseTo(0.2);
  });

  it('is told with what it did to the copy', () => {
    const { rehearsed } = ended(before, tries({ ...verified, addedGiB: 3 }), 24, NOON_MS);
    expect(rehearsed && rehearsalText(rehearsed)).toBe(
      '28.1 on a copy of set-1: it answered 45 s after its start, added 3 GiB, and had caught up 11 min after the launch',
    );
    const unmeasured = ended(before, tries({ ...verified, addedGiB: null }), 24, NOON_MS).rehearsed;
    expect(unmeasured && rehearsalText(unmeasured)).toContain('45 s after its start, and had caught up');
  });

  it('is told with its reason where it did not go on', () => {
    const { rehearsed } = ended(before, tries({ is: 'unfit', atMs: NOON_MS, reason: 'bad blocks' }), 24, NOON_MS);
    expect(rehearsed && rehearsalText(rehearsed)).toBe('28.1 on a copy of set-1: bad blocks');
  });

  it.each([
    ['gave way to a heal: tried again', false, true],
    ['had no room that a person could give it: not tried again', true, false],
  ])('one that %s', (_, isTold, isToBeRepeated) => {
    const { rehearsed } = ended(before, tries({ is: 'unproved', atMs: NOON_MS, reason: '?', isTold }), 24, NOON_MS);
    expect(rehearsed?.isToBeRepeated).toBe(isToBeRepeated);
  });
});

describe('what a client has read', () => {
  const folders = [{ path: '/node-data', folder: 'chainstate', mib: 400 }];
  const seenAfter = (read: Drill['read'], before: DrillRecord = noDrill) =>
    ended(before, { ...drill(verified), ...(read && { read }) }, 24, NOON_MS).startFiles;

  it('is known of the set that told last', () => {
    expect(seenAfter(folders)).toEqual({ setId: 'set-1', atMs: verified.atMs, folders });
  });

  it('stays known where the next drill could not tell', () => {
    const before = { setId: 'set-0', atMs: NOON_MS - HOUR_MS, folders };
    expect(seenAfter(undefined, { ...noDrill, startFiles: before })).toEqual(before);
  });
});

describe('a roll-back that was tried on a copy', () => {
  const COMMAND = '/opt/node/roll-back';
  const tries = (rolledBack?: DrillVerdict): Drill => ({
    ...{ ...drill(verified), rollsBack: COMMAND, rolledBackAtMs: NOON_MS - 4 * MINUTE_MS },
    ...(rolledBack && { rolledBack }),
  });
  const back: DrillVerdict = { ...verified, atMs: NOON_MS };
  const trialAfter = (rolledBack?: DrillVerdict, before: DrillRecord = noDrill) =>
    ended(before, tries(rolledBack), 24, NOON_MS).rolledBack;

  it('is known beside what was found of its set', () => {
    const record = ended(noDrill, tries(back), 24, NOON_MS);
    expect(record.rolledBack).toMatchObject({ command: COMMAND, setId: 'set-1', is: 'verified', minutes: 4 });
    expect(record.proved).toMatchObject({ setId: 'set-1' });
    const bad = ended(noDrill, tries({ is: 'unfit', atMs: NOON_MS, reason: 'bad blocks' }), 24, NOON_MS);
    expect(bad.rolledBack).toMatchObject({ is: 'unfit', reason: 'bad blocks' });
    expect(bad.tried).toMatchObject([{ setId: 'set-1', is: 'verified' }]);
  });

  it('that gave way, or was not begun, leaves what was known', () => {
    const before = { ...noDrill, ...{ rolledBack: trialAfter(back) ?? never() } };
    expect(trialAfter({ is: 'unproved', atMs: NOON_MS, reason: 'it gives way', isTold: false }, before)).toBe(
      before.rolledBack,
    );
    expect(trialAfter(undefined, before)).toBe(before.rolledBack);
    expect(
      trialAfter({ is: 'unproved', atMs: NOON_MS, reason: 'it exits with 1', isTold: true }, before),
    ).toMatchObject({
      is: 'unproved',
    });
  });

  it('is told with its minutes, or with its reason', () => {
    expect(trialText(trialAfter(back) ?? never())).toBe(
      '/opt/node/roll-back on a copy of set-1: its client was at the tip again 4 min after its stop',
    );
    expect(trialText(trialAfter({ is: 'unfit', atMs: NOON_MS, reason: 'bad blocks' }) ?? never())).toBe(
      '/opt/node/roll-back on a copy of set-1: bad blocks',
    );
  });
});

describe('a reindex that was tried on a copy', () => {
  const trialWith = (reindexed?: DrillVerdict, before: DrillRecord = noDrill) =>
    ended(
      before,
      {
        ...{ ...drill(verified), reindexes: '/opt/node/reindex', reindexedAtMs: NOON_MS - 38 * MINUTE_MS },
        ...(reindexed && { reindexed }),
      },
      24,
      NOON_MS,
    ).reindexed;
  const back = (addedGiB: number | null): DrillVerdict => ({ ...verified, atMs: NOON_MS, addedGiB });

  it.each<[string, DrillVerdict, string]>([
    ['more', back(3), ': its client was at the tip again 38 min after its stop, and its data take 3 GiB more'],
    ['less', back(-3), ': its client was at the tip again 38 min after its stop, and its data take 3 GiB less'],
    [
      'as much',
      back(0),
      ': its client was at the tip again 38 min after its stop, and its data take as much as before',
    ],
    ['nobody knows how much', back(null), ', and how much its data take nobody knows'],
    [
      'nothing',
      { is: 'unfit', atMs: NOON_MS, reason: 'bad blocks' },
      '/opt/node/reindex on a copy of set-1: bad blocks',
    ],
  ])('is told with its minutes and its disk, or with its reason: %s', (_, verdict, text) => {
    expect(reindexTrialText(trialWith(verdict) ?? never())).toContain(text);
  });

  it('that gave way, or was not begun, leaves what was known', () => {
    const before = { ...noDrill, reindexed: trialWith(back(0)) ?? never() };
    expect(trialWith({ is: 'unproved', atMs: NOON_MS, reason: 'it gives way', isTold: false }, before)).toBe(
      before.reindexed,
    );
    expect(trialWith(undefined, before)).toBe(before.reindexed);
  });
});

describe('a pruning that was tried on a copy', () => {
  const back: DrillVerdict = { ...verified, atMs: NOON_MS };
  const trialWith = (more: Partial<Drill> = {}) =>
    ended(
      noDrill,
      {
        ...{ ...drill(verified), prunes: '/opt/node/prune', prunedAtMs: NOON_MS - 40 * MINUTE_MS, pruned: back },
        ...{ prunedBytes: { before: 300 * 2 ** 30, after: 180 * 2 ** 30 }, ...more },
      },
      24,
      NOON_MS,
    ).pruned ?? never();

  it('is known with what it has freed there', () => {
    expect(trialWith()).toMatchObject({ setId: 'set-1', is: 'verified', minutes: 40, freedGiB: 120 });
    expect(pruneTrialText(trialWith())).toBe(
      '/opt/node/prune on a copy of set-1: its client was at the tip again 40 min after its stop, and it has freed 120 GiB',
    );
    expect(pruneTrialText(trialWith({ prunedBytes: null }))).toMatch(/, and what it has freed nobody knows$/);
    const bad = trialWith({ pruned: { is: 'unfit', atMs: NOON_MS, reason: 'bad blocks' } });
    expect(pruneTrialText(bad)).toBe('/opt/node/prune on a copy of set-1: bad blocks');
  });

  it('that gave way, or was not begun, leaves what was known', () => {
    const before = { ...noDrill, pruned: trialWith() };
    const tried = (pruned?: DrillVerdict) =>
      ended(
        before,
        { ...drill(verified), prunes: '/opt/node/prune', prunedAtMs: NOON_MS, ...(pruned && { pruned }) },
        24,
        NOON_MS,
      ).pruned;
    expect(tried({ is: 'unproved', atMs: NOON_MS, reason: 'it gives way', isTold: false })).toBe(before.pruned);
    expect(tried()).toBe(before.pruned);
  });
});

const never = (): never => {
  throw new Error('nothing is known');
};

describe('recoverability', () => {
  it('is a number: minutes, height, age, dollars', () => {
    expect(recoverability({ proved: proved(6) }, NOON_MS)).toBe(
      '11 min to height 931,064, proved 6 h ago, $0.21 a drill',
    );
    expect(recoverability({ proved: proved(0.5) }, NOON_MS)).toContain('proved 30 min ago');
    expect(recoverability({ proved: proved(100) }, NOON_MS)).toContain('proved 4 days ago');
  });

  it('is unknown where nobody has proved it, and ages from the first wish on', () => {
    expect(recoverability(undefined, NOON_MS)).toBe('nobody has proved yet that a node comes back from a snapshot');
    expect(proofAgeHours(undefined, { sinceMs: NOON_MS - 50 * HOUR_MS }, NOON_MS)).toBe(50);
    expect(proofAgeHours({ proved: proved(6) }, { sinceMs: NOON_MS - 50 * HOUR_MS }, NOON_MS)).toBe(6);
  });
});
