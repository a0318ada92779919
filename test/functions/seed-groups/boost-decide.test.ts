// When the boost of a first sync ends, and what keeps a volume as it is.
import { describe, expect, it } from '@jest/globals';
import { changed } from '../../../functions/seed-groups/boost.ts';
import {
  type BoostFacts,
  type BoostVolume,
  decideBoosts,
  isStillPlanned,
} from '../../../functions/seed-groups/boost-decide.ts';
import { SYNCED_FOR_MS } from '../../../shared/guardrails/move.ts';
import type { BoostedVolume } from '../../../shared/snapshots/boost.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf } from '../../fixtures/snapshot-facts.ts';

const MINUTE_MS = 60_000;
const FROM = { iops: 16_000, throughputMiBps: 1_000 };
const TO = { iops: 3_000, throughputMiBps: 125 };
const { name, disk } = fleetOf({});
const fleet: BoostFacts['fleet'] = { name, disk, boost: { from: FROM, to: TO } };

const volume = (more: Partial<BoostVolume> = {}): BoostVolume => ({
  ...{ volumeId: 'vol-1', node: 'node1', instanceId: 'i-1', type: 'gp3', ...FROM },
  ...{ health: 'synced', healthSinceMs: NOON_MS - HOUR_MS, neededBy: null, modification: null, grownAtMs: [] },
  ...more,
});
const known = (more: Partial<BoostedVolume> = {}): BoostedVolume => ({
  ...{ volumeId: 'vol-1', node: 'node1', instanceId: 'i-1', state: 'boosted', waits: null },
  ...{ sinceMs: NOON_MS - 9 * HOUR_MS, modifiedAtMs: [] },
  ...more,
});
const facts = (of: BoostVolume, before: readonly BoostedVolume[] = [], more: Partial<BoostFacts> = {}): BoostFacts => ({
  ...{ nowMs: NOON_MS, fleet, volumes: [of], before },
  ...more,
});

describe('the boost of a volume', () => {
  it('is taken back to what the file says, once its node has been synced for a while', () => {
    const { steps, refusals, volumes } = decideBoosts(facts(volume()));
    expect(steps).toEqual([
      {
        ...{ volumeId: 'vol-1', node: 'node1', instanceId: 'i-1', ...TO },
        sentence: 'vol-1 of node1 from 16,000 IOPS and 1,000 MiB/s to 3,000 IOPS and 125 MiB/s',
      },
    ]);
    expect(refusals).toEqual([]);
    expect(volumes).toEqual([known({ sinceMs: NOON_MS })]);
  });

  const DAY_MS = 24 * HOUR_MS;
  it.each<readonly [string, Partial<BoostVolume>, RegExp, number]>([
    ['nobody has observed its node', { health: null }, /nobody has observed/, DAY_MS],
    ['a person or a heal is at the node', { neededBy: 'incident 7f3a is open' }, /incident 7f3a is open/, DAY_MS],
    ['EBS is still modifying it', { modification: 'modifying' }, /EBS is modifying it/, 2 * DAY_MS],
    ['EBS is still optimizing it', { modification: 'optimizing' }, /EBS is optimizing it/, 2 * DAY_MS],
    ['somebody has made it another type', { type: 'io2' }, /it is io2/, HOUR_MS],
    [
      'growths have used what a day allows',
      { grownAtMs: [1, 2, 3].map((hours) => NOON_MS - hours * HOUR_MS) },
      /it was modified 3 times in 24 h, limit 3/,
      2 * DAY_MS,
    ],
  ])('stays while %s, and people are told when that lasts', (_, more, why, pageAfterMs) => {
    const { steps, refusals, volumes } = decideBoosts(facts(volume(more)));
    expect(steps).toEqual([]);
    expect(refusals).toEqual([
      expect.objectContaining({ refuse: 'boost-stays', subject: 'node1', page: true, pageAfterMs }),
    ]);
    expect(refusals[0]?.reason).toMatch(why);
    expect(volumes[0]?.waits).toMatch(why);
  });

  it.each<readonly [string, Partial<BoostVolume>, RegExp]>([
    ['its node is behind', { health: 'behind' }, /^its node is behind$/],
    ['its node has only just caught up', { healthSinceMs: NOON_MS - SYNCED_FOR_MS + 1 }, /is to stay so for 15 min$/],
  ])('stays while %s, which is no news before a week has passed', (_, more, why) => {
    const early = decideBoosts(facts(volume(more), [known({ sinceMs: NOON_MS - 7 * DAY_MS + 1 })]));
    expect([early.steps, early.refusals]).toEqual([[], []]);
    expect(early.volumes[0]?.waits).toMatch(why);
    const late = decideBoosts(facts(volume(more), [known({ sinceMs: NOON_MS - 7 * DAY_MS })]));
    expect(late.steps).toEqual([]);
    expect(late.refusals).toMatchObject([{ refuse: 'boost-stays', page: true, pageAfterMs: 0 }]);
  });

  it('counts growths and its own earlier ends together, and only those that EBS still counts', () => {
    const grownAtMs = [NOON_MS - HOUR_MS, NOON_MS - 2 * HOUR_MS];
    const ended = (hours: number) => [known({ state: 'taken-back', modifiedAtMs: [NOON_MS - hours * HOUR_MS] })];
    expect(decideBoosts(facts(volume({ grownAtMs }), ended(3))).steps).toEqual([]);
    expect(decideBoosts(facts(volume({ grownAtMs }), ended(26))).steps).toHaveLength(1);
    expect(decideBoosts(facts(volume({ grownAtMs: [...grownAtMs, NOON_MS - 26 * HOUR_MS] }))).steps).toHaveLength(1);
  });

  it('is left alone where somebody has given the volume figures of their own', () => {
    const other = volume({ iops: 9_000 });
    expect(decideBoosts(facts(other))).toMatchObject({ steps: [], refusals: [], volumes: [] });
    expect(decideBoosts(facts(other, [known()]))).toMatchObject({ steps: [], volumes: [{ state: 'taken-back' }] });
    expect(decideBoosts(facts(other, [known()])).proved).toEqual([]);
  });

  it('is waited for while a call may still take effect, and asked for again when it had none', () => {
    const asked = (minutes: number) => known({ state: 'asked', modifiedAtMs: [NOON_MS - minutes * MINUTE_MS] });
    expect(decideBoosts(facts(volume(), [asked(9)]))).toMatchObject({ steps: [], volumes: [{ state: 'asked' }] });
    expect(decideBoosts(facts(volume(), [asked(10)])).steps).toHaveLength(1);
  });

  it('is over, once, when the volume is seen with what the file says', () => {
    const lasting = volume(TO);
    const { proved, volumes, steps } = decideBoosts(facts(lasting, [known({ state: 'asked' })]));
    expect([proved.length, steps]).toEqual([1, []]);
    expect(volumes).toMatchObject([{ state: 'taken-back', sinceMs: NOON_MS, waits: null }]);
    expect(decideBoosts(facts(lasting, volumes)).proved).toEqual([]);
  });

  it('is taken back once more, and said so, where a deployment has set it again', () => {
    const more = 'which a deployment or a person has given it once more';
    const { steps, volumes } = decideBoosts(facts(volume(), [known({ state: 'taken-back' })]));
    expect(steps[0]?.sentence).toContain(more);
    expect(decideBoosts(facts(volume(), volumes)).steps[0]?.sentence).toContain(more);
    const over = decideBoosts(facts(volume(TO), volumes)).volumes;
    expect(over[0]).not.toHaveProperty('again');
  });

  it('is nobody’s business where the file gives none', () => {
    expect(decideBoosts(facts(volume(), [], { fleet: { ...fleet, boost: undefined } }))).toMatchObject({
      ...{ steps: [], refusals: [], volumes: [] },
    });
  });

  it('binds a yes to volumes and figures: other ones are another plan', () => {
    const plan = decideBoosts(facts(volume()));
    const [step] = plan.steps;
    if (!step) throw new Error('no step');
    const other = decideBoosts(facts(volume({ volumeId: 'vol-2' })));
    expect(other.hash).not.toBe(plan.hash);
    expect([isStillPlanned(step, plan), isStillPlanned(step, other)]).toEqual([true, false]);
    const higher = { ...fleet, boost: { from: FROM, to: { ...TO, iops: 4_000 } } };
    expect(isStillPlanned(step, decideBoosts(facts(volume(), [], { fleet: higher })))).toBe(false);
  });
});

describe('a modification', () => {
  it('is counted before it is called, and no more where it was certainly not made', () => {
    const before = { volumes: [known(), known({ volumeId: 'vol-2' })] };
    const asked = changed(before, 'vol-1', NOON_MS, 'ask');
    expect(asked.volumes).toEqual([
      known({ state: 'asked', sinceMs: NOON_MS, modifiedAtMs: [NOON_MS] }),
      known({ volumeId: 'vol-2' }),
    ]);
    expect(changed(asked, 'vol-1', NOON_MS, 'withdraw').volumes[0]).toMatchObject({
      ...{ state: 'boosted', modifiedAtMs: [] },
    });
  });
});
