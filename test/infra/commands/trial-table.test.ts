// The table of an owner's commands and what came of each on a copy, as `status` and `doctor` print it.
import { describe, expect, it } from '@jest/globals';
import { trialTable } from '../../../infra/commands/trial-table.ts';
import type { TrialReport } from '../../../shared/heal/trials.ts';

const tried = { is: 'verified', at: '2026-01-01T06:00:00.000Z', ageSeconds: 21_600, set: 'set-1', minutes: 4 } as const;
const rollBack: TrialReport = { of: 'roll-back', command: '/opt/node/roll-back', isUsed: true, why: null, tried };

describe('the table of own commands', () => {
  it('says when each was tried on a copy, whether it came through, how long it took, what it freed, and whether a heal would run it', () => {
    const prune: TrialReport = {
      ...rollBack,
      of: 'prune',
      command: '/opt/node/prune',
      tried: { ...tried, freedGiB: 120 },
    };
    expect(trialTable([rollBack, prune]).join('\n')).toBe(
      `
OWN COMMAND          ON A COPY      WOULD IT BE USED
roll-back            came through   yes
/opt/node/roll-back  6.0 h ago
                     in 4 min
prune                came through   yes
/opt/node/prune      6.0 h ago
                     in 4 min
                     freed 120 GiB`.trimStart(),
    );
  });

  it('has no more than 80 columns, however long a path and a reason are', () => {
    const why = `no drill has tried ${'/opt/a-long-name'.repeat(9)} on a copy yet, and it did not come through before either, as nobody knows`;
    const long: TrialReport = {
      of: 'prune',
      command: `/opt/${'long/'.repeat(30)}prune`,
      isUsed: false,
      why,
      tried: null,
    };
    const lines = trialTable([
      long,
      { ...rollBack, isUsed: false, why: 'it did not come through: '.repeat(9), tried: { ...tried, is: 'unproved' } },
    ]);
    expect(lines.every((line) => line.length <= 80 || line.includes('/opt/a-long-name/opt'))).toBe(true);
    expect(lines.join('\n')).toMatch(/prune +not tried yet +no: no drill has tried/);
    expect(lines.join('\n')).toMatch(/…ng\/long\/long\/long\/prune/);
    expect(lines.join('\n')).toMatch(/roll-back +did not +no: it did not come through/);
  });

  it('calls what no copy is asked for by its name', () => {
    const own: TrialReport = { ...rollBack, why: 'tried on no copy (rehearse: false)', tried: null };
    expect(trialTable([own])[1]).toMatch(/^roll-back +not asked for +yes: tried on no copy/);
  });

  it('says where nobody knows what was freed, and nothing of it after one that did not come through', () => {
    const prune: TrialReport = { ...rollBack, of: 'prune', tried: { ...tried, freedGiB: null } };
    expect(trialTable([prune]).join('\n')).toContain('freed: not known');
    const failed: TrialReport = {
      ...prune,
      isUsed: false,
      why: 'why',
      tried: { ...tried, is: 'unproved', freedGiB: null },
    };
    expect(trialTable([failed]).join('\n')).not.toMatch(/freed| in 4 min/);
  });

  it('is none where the fleet has no own command', () => {
    expect(trialTable([])).toEqual([]);
  });
});
