// What a heal would have decided about a node of the past: what a backtest reads.
import { describe, expect, it } from '@jest/globals';
import { type Past, planThen, wouldLookForSets } from '../../../functions/replace-node/hindsight.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { facts, machine, watched } from '../../fixtures/replace-facts.ts';

const past = (more: Partial<Past> = {}): Past => facts({ seen: null, ...more });

describe('hindsight', () => {
  it('names the rungs that would have been allowed, and the verdict on each', () => {
    const addressed = machine({ publicIp: { ip: '203.0.113.7', allocationId: null } });
    expect(planThen(past({ original: addressed }), { good: [snapshotSet()], refused: [] })).toMatchObject({
      rungs: ['restart', 'swap'],
      sentence: expect.stringContaining('data: set-0 of node2'),
      verdicts: [
        { rung: 'restart', verdict: 'may be done' },
        { rung: 'swap', verdict: 'may be done' },
        { rung: 'replace', verdict: expect.stringContaining('203.0.113.7') },
      ],
    });
  });

  it('names no data where it is not known which sets stood then', () => {
    expect(planThen(past(), null)).toMatchObject({ sentence: expect.not.stringContaining('data:') });
  });

  it('says why a node that followed its chain would have been left alone', () => {
    expect(planThen(past({ watched: watched('synced') }), null)).toEqual({ well: expect.any(String) });
  });

  it('looks for sets only where the volumes of the node are known', () => {
    expect(wouldLookForSets(past())).toBe(true);
    expect(wouldLookForSets(past({ original: null }))).toBe(false);
  });
});
