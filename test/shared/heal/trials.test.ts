// What people read of the owner's commands: whether a heal would run each now, and where not, why.
import { describe, expect, it } from '@jest/globals';
import type { PruneTrial, RollBackTrial } from '../../../shared/heal/drill.ts';
import { trialReports } from '../../../shared/heal/trials.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const ROLL_BACK = '/opt/node/roll-back';
const PRUNE = '/opt/node/prune';
const DRILLS = { securityGroup: 'sg-0123456789abcdef0', maxAgeHours: 48 };
const fleetWith = (more: object) => bitcoinFleet({ role: 'follower', drills: DRILLS, ...more });
const both = fleetWith({
  replace: { rollBack: { command: ROLL_BACK } },
  disk: { maximumSizeGiB: 2000, prune: { command: PRUNE } },
});
const rollsBack = fleetWith({ replace: { rollBack: { command: ROLL_BACK } } });

const rolledBack = (more: Partial<RollBackTrial> = {}): RollBackTrial => ({
  ...{ command: ROLL_BACK, setId: 'set-1', is: 'verified', reason: 'it has caught up', minutes: 4.4 },
  atMs: NOON_MS - 6 * HOUR_MS,
  ...more,
});
const pruned = (more: Partial<PruneTrial> = {}): PruneTrial => ({
  ...rolledBack({ command: PRUNE }),
  freedGiB: 120.4,
  ...more,
});

describe('an owner’s command', () => {
  it('that came through lately is used, with the minutes that it took and what it freed', () => {
    expect(trialReports(both, { rolledBack: rolledBack(), pruned: pruned() }, NOON_MS)).toEqual([
      {
        ...{ of: 'roll-back', command: ROLL_BACK, isUsed: true, why: null },
        tried: { is: 'verified', at: '2026-01-01T06:00:00.000Z', ageSeconds: 21_600, set: 'set-1', minutes: 4 },
      },
      {
        ...{ of: 'prune', command: PRUNE, isUsed: true, why: null },
        tried: {
          is: 'verified',
          at: '2026-01-01T06:00:00.000Z',
          ageSeconds: 21_600,
          set: 'set-1',
          minutes: 4,
          freedGiB: 120,
        },
      },
    ]);
  });

  it('that frees an unknown amount says so', () => {
    const [, own] = trialReports(both, { pruned: pruned({ freedGiB: null }) }, NOON_MS);
    expect(own?.tried?.freedGiB).toBeNull();
  });

  it('that took seconds took a minute', () => {
    const [own] = trialReports(rollsBack, { rolledBack: rolledBack({ minutes: 0.2 }) }, NOON_MS);
    expect(own?.tried?.minutes).toBe(1);
  });

  it.each<[string, Parameters<typeof trialReports>[1], RegExp, boolean]>([
    ['before any drill', undefined, /^no drill has tried \/opt\/node\/roll-back on a copy yet$/, false],
    ['before it was tried', {}, /^no drill has tried/, false],
    [
      'tried before the file had this one',
      { rolledBack: rolledBack({ command: '/opt/other' }) },
      /^no drill has tried/,
      false,
    ],
    [
      'that did not come through',
      { rolledBack: rolledBack({ is: 'unproved', reason: 'exits with 3' }) },
      /^it did not come through: .*exits with 3$/,
      true,
    ],
    [
      'tried too long ago',
      { rolledBack: rolledBack({ atMs: NOON_MS - 49 * HOUR_MS }) },
      /was tried on a copy 49 h ago, and that counts for 48 h/,
      true,
    ],
  ])('%s is not used, and why is told', (_, record, why, isTried) => {
    expect(trialReports(rollsBack, record, NOON_MS)).toEqual([
      expect.objectContaining({
        of: 'roll-back',
        isUsed: false,
        why: expect.stringMatching(why),
        tried: isTried ? expect.anything() : null,
      }),
    ]);
  });

  it('of whom no copy is asked is used, untried', () => {
    const fleet = fleetWith({ replace: { rollBack: { command: ROLL_BACK, rehearse: false } } });
    expect(trialReports(fleet, { rolledBack: rolledBack({ is: 'unproved' }) }, NOON_MS)).toEqual([
      { of: 'roll-back', command: ROLL_BACK, isUsed: true, why: 'tried on no copy (rehearse: false)', tried: null },
    ]);
  });

  describe('that builds the data again', () => {
    const reindexes = bitcoinFleet({
      ...{ role: 'follower', drills: DRILLS },
      replace: { reindex: { command: '/opt/node/reindex' } },
    } as Parameters<typeof bitcoinFleet>[0]);
    const trial = { ...rolledBack({ command: '/opt/node/reindex', minutes: 38 }), addedGiB: 0 };
    const swapTakes = (minutes: number) => ({
      proved: { setId: 'set-1', takenAtMs: 0, height: 1, atMs: NOON_MS, minutes, usd: 0.2 },
    });

    it.each<[string, Parameters<typeof trialReports>[1], string | null]>([
      ['is used where it is quicker than a swap', { reindexed: trial, ...swapTakes(52) }, null],
      ['is not used where it is slower', { reindexed: trial, ...swapTakes(20) }, 'reindex 38 min, swap 20 min: swap'],
      ['is not used before a drill has tried it', swapTakes(52), 'no drill has tried /opt/node/reindex on a copy yet'],
    ])('%s', (_, record, why) => {
      expect(trialReports(reindexes, record, NOON_MS)).toMatchObject([
        { of: 'reindex', command: '/opt/node/reindex', isUsed: why === null, why },
      ]);
    });
  });

  it('that the file does not have is not told of', () => {
    expect(trialReports(fleetWith({}), { rolledBack: rolledBack(), pruned: pruned() }, NOON_MS)).toEqual([]);
  });
});
