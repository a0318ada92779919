// What a person reads before anything is done: the rungs, the guards' answers for each, the data, minutes and cost.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { type LadderPlan, planOf, stateOf } from '../../../functions/replace-node/plan.ts';
import { hashOf } from '../../../shared/heal/approval.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { volumeNow } from '../../fixtures/builders/volume.ts';
import { FLEET, facts, impaired, machine, watched } from '../../fixtures/replace-facts.ts';

function planned(more: Partial<Facts> = {}): LadderPlan {
  const plan = planOf(facts({ seen: null, ...more }));
  if (!('rungs' in plan)) throw new Error(`no plan: ${JSON.stringify(plan)}`);
  return plan;
}
const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;

describe('a plan', () => {
  it('says the rungs, why, from which data, how long and for how much', () => {
    expect(planned().sentence).toBe(
      'restart, then swap, then replace: it is stuck; data: set-0 of node2: clean, height 900, taken 2026-01-01T11:00:00.000Z; 51 min at most, +$40.00 a month while the old volumes are kept',
    );
  });

  it('of an impaired instance leaves its data alone', () => {
    expect(planned({ original: impaired('instance') }).rungs).toEqual(['stop-start', 'replace']);
  });

  it('counts the time until the blocks are there, where that is asked for', () => {
    const rated = { ...FLEET, replace: { ...FLEET.replace, initializationMiBps: 100 } };
    expect(planned({ fleet: rated, want: restore }).evidence.minutes).toBe(15 + Math.ceil((500 * 1024) / 100 / 60));
  });

  it('says how long the data take to be in step, by the rate that the fleet has shown', () => {
    const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
    const chain = { head: { height: 2_700, atMs: NOON_MS }, blockMs: 30_000, rate };
    const known = { good: [snapshotSet()], refused: [], sibling: null, kept: null, chain };
    const words = '1800 blocks ÷ 0.1 blocks/s = 300 min, as node3 has shown on 2026-01-01';
    expect(planned({ sources: known })).toMatchObject({
      sentence: expect.stringContaining(`; to be caught up: ${words}; `),
      evidence: { minutes: 51, caughtUpMinutes: 300, caughtUp: words },
    });
    const unknown = planned({ sources: { ...known, chain: { ...chain, rate: null } } });
    expect(unknown.sentence).toContain('to be caught up: unknown: no heal has seen this fleet catch up yet');
    expect(unknown.evidence.caughtUpMinutes).toBeNull();
  });

  it('tells what a guard says of each rung, and leaves out what it refuses', () => {
    const plan = planned({ original: machine({ publicIp: { ip: '203.0.113.7', allocationId: null } }) });
    expect(plan.rungs).toEqual(['restart', 'swap']);
    expect(plan.evidence.guardrails).toEqual([
      { rule: 'restart', verdict: 'may be done' },
      { rule: 'swap', verdict: 'may be done' },
      { rule: 'replace', verdict: expect.stringContaining('203.0.113.7') },
    ]);
  });

  it('names the public address that becomes another one, where the fleet file lets it', () => {
    const changing = { ...FLEET, replace: { ...FLEET.replace, publicAddress: 'may-change' as const } };
    const lost = { publicIp: { ip: '203.0.113.7', allocationId: null } };
    const plan = planned({ fleet: changing, original: machine(lost) });
    expect(plan.rungs).toContain('replace');
    expect(plan.sentence).toContain('; its public address 203.0.113.7 becomes another one where replace is done');
    expect(new Map(plan.terms).get('public address')).toBe('203.0.113.7 is lost');
    const kept = { publicIp: { ip: '203.0.113.7', allocationId: 'eipalloc-0123456789abcdef0' } };
    expect(planned({ fleet: changing, original: machine(kept) }).sentence).not.toContain('203.0.113.7');
  });

  it.each<[string, Partial<Facts>, string]>([
    ['of a validator', { role: 'validator' }, 'validator'],
    ['while the chain stands', { haltedSinceMs: NOON_MS }, 'chain-standing'],
    ['of an instance that somebody has stopped', { original: machine({ state: 'stopped' }) }, 'instance-stopped'],
  ])('is a refusal %s', (_, more, code) => {
    expect(planOf(facts({ seen: null, ...more }))).toMatchObject({ refusal: { refuse: code } });
  });

  it('is none of a node that follows its chain', () => {
    expect(planOf(facts({ watched: watched('synced') }))).toEqual({
      well: expect.stringContaining('it follows its chain again'),
    });
  });

  it('says that there is nothing to be copied', () => {
    const none = { good: [], refused: [{ setId: 'set-9', why: 'quarantined' }], sibling: null, kept: null };
    expect(planned({ sources: none }).evidence.source).toBe('no good snapshot is left; set-9: quarantined');
  });

  it('of a restore is a refusal where the act would be one: no snapshot fits, or nothing was kept', () => {
    const none = { good: [], refused: [{ setId: 'set-9', why: 'quarantined' }], sibling: null, kept: null };
    expect(planOf(facts({ seen: null, want: restore, sources: none }))).toMatchObject({
      refusal: { refuse: 'snapshot-unfit', reason: expect.stringContaining('set-9: quarantined'), page: false },
    });
    expect(planOf(facts({ seen: null, want: { do: 'undo' }, sources: none }))).toMatchObject({
      refusal: { refuse: 'nothing-to-undo' },
    });
  });

  it('of a restore is a refusal where the budget is spent; the milder rungs of a heal are left', () => {
    const spent = { refuse: 'replacements-spent', reason: 'two this hour', page: false, retryAfterMs: 1 } as const;
    expect(planOf(facts({ seen: null, want: restore }), spent)).toEqual({ refusal: spent });
    expect(planOf(facts({ seen: null }), spent)).toMatchObject({ rungs: ['restart'] });
  });

  it('is made without a word to the node', () => {
    expect(stateOf(facts({ seen: null }))?.found.volumes).toHaveLength(1);
    expect(
      stateOf(facts({ seen: null, volumes: [volumeNow(), volumeNow({ volumeId: 'vol-0b1b2c3d4e5f60718' })] }))?.found
        .volumes,
    ).toEqual([]);
  });
});

describe('an approval is of what would be done, and to what', () => {
  const hash = (more: Partial<Facts> = {}) => hashOf(planned(more).terms);
  const at = (more: Partial<Facts>, setId: string) => ({
    ...more,
    sources: { good: [snapshotSet(undefined, { setId })], refused: [], sibling: null, kept: null },
  });

  it('other rungs, other data, other volumes or another wish are another question', () => {
    const other = volumeNow({ volumeId: 'vol-0b1b2c3d4e5f60718' });
    const hashes = [
      hash(),
      hash({ original: impaired('instance') }),
      hash({ want: restore }),
      hash({ want: { ...restore, snapshotId: 'snap-0a1b2c3d4e5f60718' } }),
      hash(at({}, 'set-9')),
      hash({ volumes: [other] }),
      hash({ volumes: [volumeNow({ sizeGiB: 900 })] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('says each snapshot by its id, so that two sets of one name are not one', () => {
    const terms = new Map(planned().terms);
    expect(terms.get('source')).toMatch(/^set-0 of node2: snap-[0-9a-f]+ \(data\)$/);
    expect(terms.get('volumes')).toMatch(/^vol-[0-9a-f]+ \(data, 500 GiB\)$/);
    expect(terms.get('rungs')).toBe('restart, then swap, then replace');
    expect(terms.get('cost')).toBe('+$40.00 a month while the old volumes are kept');
  });

  it('other words for the same are the same question', () => {
    expect(hash()).toBe(hash({ watched: watched('stuck', { reason: 'stuck at 1000 still' }) }));
  });
});
