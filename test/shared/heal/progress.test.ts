import { describe, expect, it } from '@jest/globals';
import { release } from '../../../shared/heal/lease.ts';
import { decideProgress, noteProgress, sentenceOf } from '../../../shared/heal/progress.ts';
import type { Progress } from '../../../shared/heal/records.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { shell } from '../../fixtures/heal-shell.ts';

const me = { execution: ME, fence: 4 };
const told = (percent: number, atMs = NOON_MS) => ({ what: 'fill vol-1 from snap-1', percent, etaSeconds: 600, atMs });
const kept = (percent: number, more: Partial<Progress> = {}): Progress => ({
  ...told(percent),
  incidentId: '7f3a0c1d',
  ...more,
});

describe('the progress of a heal', () => {
  it('is told by the minute on the node, and at each quarter in the journal', async () => {
    const { tools, nodes, journal } = shell();
    for (let minute = 0; minute <= 20; minute++)
      await noteProgress(tools, me, told(minute * 5, NOON_MS + minute * MINUTE_MS), '08');
    expect(journal.map(({ place, sentence }) => [place, sentence])).toEqual([
      ['08-progress-1', 'fill vol-1 from snap-1: 25 %, about 10 min left'],
      ['08-progress-2', 'fill vol-1 from snap-1: 50 %, about 10 min left'],
      ['08-progress-3', 'fill vol-1 from snap-1: 75 %, about 10 min left'],
      ['08-progress-4', 'fill vol-1 from snap-1: 100 %'],
    ]);
    expect(nodes.get(INSTANCE)).toMatchObject({ progress: kept(100, { atMs: NOON_MS + 20 * MINUTE_MS }), version: 22 });
  });

  it('never writes the node twice in a minute, however often it is told', async () => {
    const { tools, nodes } = shell();
    for (let second = 0; second < 120; second++)
      await noteProgress(tools, me, told(50, NOON_MS + second * 1_000), '08');
    expect(nodes.get(INSTANCE)?.version).toBe(3);
  });

  it('has its line although the node was written a moment before', () => {
    expect(decideProgress(kept(24), kept(26, { atMs: NOON_MS + 1_000 }))).toEqual({ write: false, quarter: 1 });
  });

  it('skips no line that it has not told, and tells none again when it falls back', () => {
    expect(decideProgress(undefined, kept(80)).quarter).toBe(3);
    expect(decideProgress(kept(10), kept(80)).quarter).toBe(3);
    expect(decideProgress(kept(80), kept(60)).quarter).toBeNull();
    expect(decideProgress(undefined, kept(24)).quarter).toBeNull();
  });

  it('of other work, or of another incident, begins anew', () => {
    expect(decideProgress(kept(100, { what: 'fill vol-2' }), kept(30)).quarter).toBe(1);
    expect(decideProgress(kept(100, { incidentId: 'another' }), kept(30)).quarter).toBe(1);
  });

  it('is not silenced by what a clock ahead of ours has written', () => {
    expect(decideProgress(kept(10, { atMs: NOON_MS + 10 * MINUTE_MS }), kept(11)).write).toBe(true);
  });

  it('is not written by one that has lost the node', async () => {
    const { tools, nodes, journal } = shell({}, nodeRecord({ owner: OTHER, fence: 5 }));
    expect(await noteProgress(tools, me, told(30), '08')).toEqual({ lost: true });
    expect(journal).toEqual([]);
    expect(nodes.get(INSTANCE)).not.toHaveProperty('progress');
  });

  it.each([Number.NaN, -1, 101])('of %d %% is refused', async (percent) => {
    await expect(noteProgress(shell().tools, me, told(percent), '08')).rejects.toThrow('expected 0 to 100');
  });

  it('goes when the node is given back', () => {
    const released = release(nodeRecord({ owner: ME, fence: 4, progress: kept(50) }), me, true, NOON_MS);
    expect('next' in released && released.next).toEqual(nodeRecord({ fence: 4, version: 2 }));
  });

  it('says how long it takes only where somebody can tell', () => {
    expect(sentenceOf({ ...told(30), etaSeconds: null })).toBe('fill vol-1 from snap-1: 30 %');
    expect(sentenceOf({ ...told(99.9), etaSeconds: 42 })).toBe('fill vol-1 from snap-1: 99 %, about 42 s left');
  });
});
