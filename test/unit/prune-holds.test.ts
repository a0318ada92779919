import { describe, expect, it } from '@jest/globals';
import { judgeHolds } from '../../functions/prune-retired/holds.ts';
import type { SnapshotFact } from '../../shared/snapshots/model.ts';

const held = (snapshotId: string, heldBy: string | null) => ({ snapshotId, ledger: { heldBy } }) as SnapshotFact;
const incident = (incidentId: string, state: 'open' | 'healed' | 'escalated') => ({ incidentId, state });

describe('a hold on snapshots', () => {
  it('is renewed while its incident lasts, and that of an escalated one lasts until a person has looked', () => {
    const snapshots = [held('snap-1', 'aaaa'), held('snap-2', 'bbbb'), held('snap-3', null)];
    const { renew, release } = judgeHolds(snapshots, [incident('aaaa', 'open'), incident('bbbb', 'escalated')]);
    expect(renew.map((one) => [one.incident, one.snapshots.map(({ snapshotId }) => snapshotId)])).toEqual([
      ['aaaa', ['snap-1']],
      ['bbbb', ['snap-2']],
    ]);
    expect(release).toEqual([]);
  });

  it('is released where its incident is healed, or nobody knows it any more', () => {
    const { renew, release } = judgeHolds([held('snap-1', 'aaaa cccc')], [incident('aaaa', 'healed')]);
    expect({ renew, release }).toEqual({ renew: [], release: ['aaaa', 'cccc'] });
  });

  it('of two incidents ends with the one that is over', () => {
    const { renew, release } = judgeHolds([held('snap-1', 'aaaa bbbb')], [incident('bbbb', 'open')]);
    expect(renew.map((one) => one.incident)).toEqual(['bbbb']);
    expect(release).toEqual(['aaaa']);
  });
});
