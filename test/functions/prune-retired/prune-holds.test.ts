import { describe, expect, it } from '@jest/globals';
import { judgeHolds } from '../../../functions/prune-retired/holds.ts';
import type { KeptRecord } from '../../../shared/heal/kept.ts';
import type { SnapshotFact } from '../../../shared/snapshots/model.ts';

type Hold = Extract<KeptRecord, { readonly kind: 'hold' }>;

const snapshot = (snapshotId: string, heldBy: string | null = null) =>
  ({ snapshotId, ledger: { heldBy } }) as SnapshotFact;
const hold = (incidentId: string, ...snapshotIds: readonly string[]): Hold => ({
  ...{ kind: 'hold', fleet: 'bitcoin', node: 'node1', incidentId, id: incidentId, atMs: 0, state: 'kept', version: 1 },
  ...{ snapshotIds, lockedIds: [] },
});
const incident = (incidentId: string, state: 'open' | 'healed' | 'escalated') => ({ incidentId, state });

describe('a hold on snapshots', () => {
  it('is renewed while its incident lasts, and that of an escalated one lasts until a person has looked', () => {
    const snapshots = [snapshot('snap-1'), snapshot('snap-2'), snapshot('snap-3')];
    const holds = [hold('aaaa', 'snap-1'), hold('bbbb', 'snap-2', 'snap-gone')];
    const { renew, release } = judgeHolds(holds, snapshots, [incident('aaaa', 'open'), incident('bbbb', 'escalated')]);
    expect(renew.map((one) => [one.hold.incidentId, one.snapshots.map(({ snapshotId }) => snapshotId)])).toEqual([
      ['aaaa', ['snap-1']],
      ['bbbb', ['snap-2']],
    ]);
    expect(release).toEqual([]);
  });

  it('is released where its incident is healed, or nobody knows it any more', () => {
    const holds = [hold('aaaa', 'snap-1'), hold('cccc', 'snap-1')];
    const { renew, release } = judgeHolds(holds, [snapshot('snap-1')], [incident('aaaa', 'healed')]);
    expect({ renew, release: release.map(({ incidentId }) => incidentId) }).toEqual({
      renew: [],
      release: ['aaaa', 'cccc'],
    });
  });

  it('is neither made nor ended by a tag', () => {
    // Somebody has removed the tag of one snapshot, replaced another's by that of a healed incident, and tagged one more.
    const snapshots = [snapshot('snap-1', 'dead'), snapshot('snap-2', 'alice')];
    const { renew, release } = judgeHolds([hold('aaaa', 'snap-1')], snapshots, [
      incident('aaaa', 'escalated'),
      incident('dead', 'healed'),
    ]);
    expect(renew.map((one) => one.snapshots.map(({ snapshotId }) => snapshotId))).toEqual([['snap-1']]);
    expect(release).toEqual([]);
  });
});
