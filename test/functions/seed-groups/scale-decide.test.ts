// How a group comes to another number of nodes, and what it waits for, refuses or takes back.
import { describe, expect, it } from '@jest/globals';
import { wishAfter } from '../../../functions/seed-groups/scale.ts';
import {
  limitFault,
  nextStep,
  planScale,
  type ScaledGroup,
  type ScaleFacts,
  type ScaleMember,
} from '../../../functions/seed-groups/scale-decide.ts';
import type { ScaleWish } from '../../../shared/snapshots/scale.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf } from '../../fixtures/snapshot-facts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const { name, cleanSnapshots, dns } = fleetOf({ snapshots: { clean: {} } });
const fleet: ScaleFacts['fleet'] = {
  ...{ name, cleanSnapshots, dns },
  scales: { group: 'chainmend-bitcoin', minimum: 2, maximum: 6 },
};

/** node1 is the oldest, and the zones alternate: node1 and node3 in a, node2 and node4 in b. */
const member = (number: number, more: Partial<ScaleMember> = {}): ScaleMember => ({
  ...{ instanceId: `i-${number}`, name: `node${number}`, role: 'follower', instanceType: 'm6i.large' },
  zone: number % 2 === 1 ? 'eu-west-1a' : 'eu-west-1b',
  launchedAtMs: NOON_MS - 30 * DAY_MS + number * HOUR_MS,
  ...{ health: 'synced', neededBy: null, cannotLeave: null, leaves: null },
  ...more,
});
const members = (count: number): ScaleMember[] => Array.from({ length: count }, (_, at) => member(at + 1));
const group = (of: readonly ScaleMember[], more: Partial<ScaledGroup> = {}): ScaledGroup => ({
  ...{ name: 'chainmend-bitcoin', minSize: 1, maxSize: 6, desired: of.length },
  lifecycles: Object.fromEntries(of.map(({ instanceId }) => [instanceId, 'InService'])),
  ...more,
});
const facts = (of: readonly ScaleMember[] = members(4), more: Partial<ScaleFacts> = {}): ScaleFacts => ({
  ...{ nowMs: NOON_MS, fleet, group: group(of), members: of, atWork: [], outside: [], pool: null },
  seed: { snapshotId: 'snap-1', sizeGiB: 500, instanceType: 'm6i.large' },
  ...more,
});
const wish = (to: number, more: Partial<ScaleWish> = {}): ScaleWish => ({
  ...{ to, from: 4, askedAtMs: NOON_MS - HOUR_MS, by: 'ops', mayLeave: ['i-1', 'i-2', 'i-3', 'i-4'], leaving: null },
  ...{ steps: 1, steppedAtMs: NOON_MS - HOUR_MS, state: 'under-way', reason: null },
  ...more,
});
/** Of names that resolvers keep for an hour. */
const ONE_HOUR = { ttlSeconds: 3_600 } as NonNullable<ScaleFacts['fleet']['dns']>;
const LEAVING = { instanceId: 'i-4', name: 'node4', sinceMs: NOON_MS - 10 * MINUTE_MS, sentAtMs: null };
/** node4 has left fleet and pool, and is a member of its group still. */
const ASIDE: ScaleFacts['outside'][number] = {
  ...{ instanceId: 'i-4', name: 'node4', privateIp: '10.0.0.4', paused: null, neededBy: null, leaves: null },
};
/** Seen a minute ago, and without its address for nine. */
const POOL = {
  addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  atMs: NOON_MS - MINUTE_MS,
  sinceMs: NOON_MS - 9 * MINUTE_MS,
};
const leaving = (more: Partial<ScaleFacts> = {}): ScaleFacts =>
  facts(members(3), { group: group(members(4)), outside: [ASIDE], pool: POOL, ...more });
const why = (step: ReturnType<typeof nextStep>): string => (step.do === 'wait' ? step.refusal.reason : step.sentence);

describe('a person who wants another number of nodes', () => {
  it('is shown how many more there will be, of what, and from which snapshot', () => {
    const { steps, refusal, leaving: going } = planScale(facts(), 6);
    expect(steps).toEqual([
      expect.stringMatching(/4 → 6 nodes, one after the other, each m6i.large with 500 GiB from snap-1/),
    ]);
    expect([refusal, going]).toEqual([null, []]);
  });

  it('is shown nothing where the group has that number, also while a better snapshot is to come', () => {
    const same = planScale(facts(members(4), { seed: { lacking: 'not yet' } }), 4);
    expect([same.steps, same.leaving, same.refusal]).toEqual([[], [], null]);
    expect(planScale(facts(members(4), { seed: { lacking: 'not yet' } }), 3).refusal).toBeNull();
  });

  it('is shown who leaves, where it stands, how old it is, and how long it is kept aside', () => {
    expect(planScale(facts(), 3).steps).toEqual([
      `node4 (i-4, eu-west-1b, launched ${new Date(member(4).launchedAtMs).toISOString()}) leaves the pool, and is ended 7 min later with its volume`,
    ]);
    expect(planScale(facts(members(4), { fleet: { ...fleet, dns: ONE_HOUR } }), 3).steps[0]).toContain(
      'ended 66 min later',
    );
  });

  it('may have the least and the most that are allowed', () => {
    for (const to of [2, 6]) expect(limitFault(facts(), to)).toBeNull();
  });

  it('is shown which nodes would go: the youngest of the fullest zone, one after the other', () => {
    expect(planScale(facts(), 2).leaving).toEqual(['i-4', 'i-3']);
    const crowded = [member(1), member(3), member(5), member(6)];
    // node6 is the youngest, and alone in its zone: one of the three others goes first.
    expect(planScale(facts(crowded), 3).leaving).toEqual(['i-5']);
    expect(planScale(facts(crowded), 2).leaving).toEqual(['i-5', 'i-3']);
  });

  it.each([
    ['more than the file allows', 7, {}, '7 nodes are asked for, and 2 to 6 are allowed'],
    ['fewer than the file allows', 2, { fleet: { ...fleet, scales: { ...fleet.scales, minimum: 3 } } }, '3 to 6'],
    ['more than the group takes', 6, { group: group(members(4), { maxSize: 5 }) }, 'the group 2 to 5'],
    ['fewer than the group keeps', 2, { group: group(members(4), { minSize: 2 }) }, 'the group 3 to 6'],
    [
      'fewer than have to stay in the pool',
      2,
      { fleet: { ...fleet, cleanSnapshots: { ...cleanSnapshots, poolFloor: 3 } } },
      '3 stay in the pool',
    ],
    ['a group that is not there', 5, { group: null }, 'there is no Auto Scaling group chainmend-bitcoin'],
    ['nodes that are in no group', 5, { fleet: { ...fleet, scales: undefined } }, 'added under deploy.nodes'],
  ])('is refused %s', (_, to, more, told) => {
    const changed = { ...facts(), ...more } as ScaleFacts;
    expect(planScale(changed, to).refusal).toMatchObject({ refuse: 'size-limits', page: false });
    expect(limitFault(changed, to)).toContain(told);
  });

  it('is refused more nodes where the next would sync from nothing', () => {
    expect(planScale(facts(members(4), { seed: { lacking: 'no snapshot yet' } }), 5).refusal).toMatchObject({
      refuse: 'no-good-snapshot',
      reason: 'no snapshot yet',
    });
  });

  it.each<readonly [string, Partial<ScaleMember>, string]>([
    ['validators', { role: 'validator' }, 'is a validator'],
    ['nodes of unknown role', { role: 'unknown' }, 'could be a validator'],
    ['nodes that a heal or a person needs', { neededBy: 'incident f9d5 is open' }, 'incident f9d5 is open'],
    ['nodes without room for the tag by which they leave', { cannotLeave: 'i-1 carries 50 tags' }, 'carries 50 tags'],
    ['nodes whose volume would outlive them', { leaves: 'vol-1 (500 GiB)' }, 'would leave vol-1 (500 GiB) behind'],
  ])('is never offered %s', (_, more, told) => {
    const kept = members(4).map((one) => ({ ...one, ...more }));
    expect(planScale(facts(kept), 3)).toMatchObject({ leaving: [], refusal: { refuse: 'cannot-be-spared' } });
    expect(planScale(facts(kept), 3).refusal?.reason).toContain(told);
    const [one, two, three, four] = members(4) as [ScaleMember, ScaleMember, ScaleMember, ScaleMember];
    expect(planScale(facts([one, two, three, { ...four, ...more }]), 3).leaving).toEqual(['i-3']);
  });

  it('says yes to what was shown: another group, number or node is another plan', () => {
    const { hash } = planScale(facts(), 3);
    expect(planScale(facts(), 3).hash).toBe(hash);
    expect(planScale(facts(), 2).hash).not.toBe(hash);
    expect(planScale(facts(members(5)), 3).hash).not.toBe(hash);
    expect(planScale(facts([member(1), member(2), member(3), member(6)]), 3).hash).not.toBe(hash);
  });

  it('says yes to the machine and the data that were shown', () => {
    const of = (more: object) =>
      planScale(
        facts(members(4), { seed: { snapshotId: 'snap-1', sizeGiB: 500, instanceType: 'm6i.large', ...more } }),
        5,
      );
    expect(of({ instanceType: 'm6i.4xlarge' }).steps[0]).toContain('each m6i.4xlarge with 500 GiB from snap-1');
    expect(of({ instanceType: null }).steps[0]).toContain('each as the launch template says, with 500 GiB');
    const hashes = [{}, { instanceType: 'm6i.4xlarge' }, { sizeGiB: 900 }, { snapshotId: 'snap-2' }].map(
      (more) => of(more).hash,
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('a group on its way up', () => {
  it('gets one more, which begins with the snapshot', () => {
    expect(nextStep(facts(), wish(6))).toMatchObject({
      do: 'raise',
      to: 5,
      sentence: expect.stringContaining('snap-1'),
    });
  });

  const fresh = (health: ScaleMember['health']) => member(5, { launchedAtMs: NOON_MS - 5 * MINUTE_MS, health });

  it.each([null, 'starting', 'behind', 'unreachable'] as const)('waits while the new one is %s', (health) => {
    const step = nextStep(facts([...members(4), fresh(health)]), wish(6));
    expect(step).toMatchObject({ do: 'wait', refusal: { refuse: 'scale-waits', page: true, pageAfterMs: DAY_MS } });
    expect(why(step)).toContain('node5 was launched 5 min ago');
  });

  it('goes on once the new one is synced, and is done when all of them are', () => {
    expect(nextStep(facts([...members(4), fresh('synced')]), wish(6))).toMatchObject({ do: 'raise', to: 6 });
    expect(nextStep(facts([...members(4), fresh('synced')]), wish(5))).toMatchObject({ do: 'conclude', as: 'done' });
    expect(nextStep(facts([...members(4), fresh('behind')]), wish(5))).toMatchObject({ do: 'wait' });
  });

  it('is not kept waiting by an old node that is sick: more of them may be the reason', () => {
    const [one, ...others] = members(4) as [ScaleMember, ...ScaleMember[]];
    expect(nextStep(facts([{ ...one, health: 'stuck' }, ...others]), wish(5))).toMatchObject({ do: 'raise', to: 5 });
  });

  it.each([
    [
      'a member is launched',
      { lifecycles: { 'i-1': 'InService', 'i-5': 'Pending' } },
      'i-5 of chainmend-bitcoin is Pending',
    ],
    ['a heal has one aside', { lifecycles: { 'i-1': 'Standby' } }, 'i-1 of chainmend-bitcoin is Standby'],
    ['the group has not launched what it wants', { desired: 5 }, 'wants 5 nodes and has 4'],
  ])('waits while %s', (_, more, told) => {
    expect(why(nextStep(facts(members(4), { group: group(members(4), more) }), wish(6)))).toContain(told);
  });

  it('waits for a member that is not known as a node of the fleet', () => {
    expect(why(nextStep(facts(members(3), { group: group(members(4)) }), wish(6)))).toContain('3 of them are known');
  });

  it('launches nothing that would sync from nothing', () => {
    const step = nextStep(facts(members(4), { seed: { lacking: 'quarantined' } }), wish(6));
    expect(step).toMatchObject({ do: 'wait', refusal: { page: true } });
    expect(why(step)).toContain('would sync from nothing: quarantined');
    expect(nextStep(facts(members(4), { seed: null }), wish(6)).do).toBe('wait');
  });

  it('is not done while a member of it is on its way', () => {
    const moving = group(members(4), { lifecycles: { ...group(members(4)).lifecycles, 'i-4': 'Pending' } });
    expect(nextStep(facts(members(4), { group: moving }), wish(4)).do).toBe('wait');
    const late = wish(6, { askedAtMs: NOON_MS - 8 * DAY_MS });
    expect(why(nextStep(facts(members(4), { group: moving }), late))).toContain('it wants 4, and i-4 of');
    expect(why(nextStep(facts(), late))).toMatch(/it wants 4$/);
    expect(why(nextStep(facts([...members(4), fresh(null)]), wish(6)))).toMatch(/is not observed$/);
  });

  it('ends where the limits are others now, and after a week', () => {
    const smaller = { group: group(members(4), { maxSize: 5 }) };
    expect(nextStep(facts(members(4), smaller), wish(6))).toMatchObject({ do: 'conclude', as: 'ended' });
    const late = wish(6, { askedAtMs: NOON_MS - 8 * DAY_MS });
    expect(nextStep(facts(), late)).toMatchObject({ do: 'conclude', as: 'ended' });
    expect(why(nextStep(facts(), late))).toContain('for a week');
  });
});

describe('a group on its way down', () => {
  it('lets the youngest of the fullest zone leave the pool first', () => {
    expect(nextStep(facts(), wish(3))).toMatchObject({ do: 'set-aside', member: { instanceId: 'i-4' } });
  });

  it('lets none go that the person was not shown', () => {
    expect(nextStep(facts(), wish(3, { mayLeave: ['i-1'] }))).toMatchObject({ member: { instanceId: 'i-1' } });
    expect(why(nextStep(facts(), wish(3, { mayLeave: ['i-9'] })))).toContain('none of those that may go');
  });

  it('waits while a heal is at work in the fleet', () => {
    const atWork = [{ instanceId: 'i-1', what: 'incident f9d5 of node1 is claimed' }];
    expect(why(nextStep(facts(members(4), { atWork }), wish(3)))).toBe('incident f9d5 of node1 is claimed');
  });

  it.each(['stuck', 'behind', 'unknown', null] as const)('waits while another node is %s', (health) => {
    const [one, ...others] = members(4) as [ScaleMember, ...ScaleMember[]];
    const step = nextStep(facts([{ ...one, health }, ...others]), wish(3));
    expect(step.do).toBe('wait');
    expect(why(step)).toContain('node1 among them');
  });

  it('ends the one that has left once no resolver has its address, and not before', () => {
    expect(nextStep(leaving(), wish(3, { leaving: LEAVING }))).toMatchObject({ do: 'end-member' });
    const early = { ...LEAVING, sinceMs: NOON_MS - 6 * MINUTE_MS };
    expect(nextStep(leaving(), wish(3, { leaving: early })).do).toBe('wait');
  });

  it.each([
    ['a larger group is wanted', leaving(), 4],
    ['another node is sick', leaving({ members: [member(1), member(2), member(3, { health: 'unreachable' })] }), 3],
    ['a heal has begun on it', leaving({ atWork: [{ instanceId: 'i-4', what: 'a heal is at work on i-4' }] }), 3],
    ['the limits are others now', leaving({ group: group(members(4), { minSize: 3 }) }), 3],
    ['the file has no limits any more', leaving({ fleet: { ...fleet, scales: undefined }, group: null }), 3],
    ['too few others are left', leaving({ members: [member(1), member(2)] }), 3],
  ] as const)('takes it back where %s', (_, changed, to) => {
    expect(nextStep(changed, wish(to, { leaving: LEAVING }))).toMatchObject({ do: 'take-back' });
  });

  it('takes back one whose tag came late, when nobody wanted it to go any more', () => {
    const stray = leaving();
    for (const to of [3, 4])
      expect(nextStep(stray, wish(to, { left: ['i-4'] }))).toMatchObject({
        do: 'take-back',
        member: { instanceId: 'i-4' },
      });
    expect(nextStep(stray, wish(3, { leaving: LEAVING }))).toMatchObject({ do: 'end-member' });
  });

  it('leaves a tag that no scaling has set, and one that a person has paused, to whoever set it', () => {
    const stray = leaving();
    const told = { do: 'wait', refusal: { refuse: 'scale-waits', page: true, pageAfterMs: 30 * 60_000 } };
    for (const left of [undefined, [], ['i-9']]) expect(nextStep(stray, wish(3, left && { left }))).toMatchObject(told);
    const paused = { ...stray, outside: stray.outside.map((one) => ({ ...one, paused: 'mine' })) };
    expect(nextStep(paused, wish(3, { left: ['i-4'] }))).toMatchObject(told);
  });

  it('takes it back after a week', () => {
    const late = wish(3, { leaving: LEAVING, askedAtMs: NOON_MS - 8 * DAY_MS });
    expect(nextStep(leaving(), late)).toMatchObject({ do: 'take-back' });
  });

  it.each([
    ['a heal is at work elsewhere', leaving({ atWork: [{ instanceId: 'i-1', what: 'a heal is at work on i-1' }] })],
    ['another node is not observed', leaving({ members: [member(1), member(2), member(3, { health: null })] })],
    [
      'a heal has another one aside',
      leaving({ group: group(members(4), { lifecycles: { 'i-1': 'Standby', 'i-4': 'InService' } }) }),
    ],
  ])('keeps it aside while %s', (_, changed) => {
    expect(nextStep(changed, wish(3, { leaving: LEAVING })).do).toBe('wait');
  });

  it('counts a member that a heal has aside as one of the group', () => {
    const lifecycles = { ...group(members(4)).lifecycles, 'i-1': 'Standby' };
    const aside = leaving({ group: group(members(4), { desired: 3, lifecycles }) });
    expect(why(nextStep(aside, wish(3, { leaving: LEAVING })))).toBe('i-1 of chainmend-bitcoin is Standby');
    expect(planScale(facts(members(4), { group: group(members(4), { desired: 3, lifecycles }) }), 3).leaving).toEqual([
      'i-4',
    ]);
  });

  it.each(['unreachable', 'stuck', 'forked'] as const)('takes it back when another is %s', (health) => {
    const sick = leaving({ members: [member(1), member(2), member(3, { health })] });
    expect(why(nextStep(sick, wish(3, { leaving: LEAVING })))).toContain(`node3 is ${health}`);
  });

  it('says why it comes back, and how many nodes the group wants then', () => {
    expect(why(nextStep(leaving(), wish(4, { leaving: LEAVING })))).toContain('4 nodes are wanted');
    expect(why(nextStep(leaving(), wish(3, { leaving: LEAVING })))).toContain('chainmend-bitcoin wants 3 nodes');
    expect(why(nextStep(facts(), wish(3)))).toContain('chainmend-bitcoin wants 3 then');
    const unseen = leaving({ members: [member(1), member(2), member(3, { health: null })] });
    expect(why(nextStep(unseen, wish(3, { leaving: LEAVING })))).toContain('(not observed)');
  });

  it('keeps it aside for as long as resolvers keep its address', () => {
    const since = (minutes: number) => ({ ...LEAVING, sinceMs: NOON_MS - minutes * MINUTE_MS });
    const seen = (minutes: number) =>
      leaving({ fleet: { ...fleet, dns: ONE_HOUR }, pool: { ...POOL, sinceMs: NOON_MS - minutes * MINUTE_MS } });
    expect(nextStep(seen(61), wish(3, { leaving: since(65) })).do).toBe('wait');
    expect(nextStep(seen(61), wish(3, { leaving: since(66) })).do).toBe('end-member');
    // A pause has kept its names.
    expect(nextStep(seen(60), wish(3, { leaving: since(90) })).do).toBe('wait');
  });

  it.each<readonly [string, Partial<ScaleFacts>, string]>([
    [
      'the pool has its address',
      { pool: { ...POOL, addresses: ['10.0.0.4'] } },
      'node4 is in the pool of bitcoin still',
    ],
    ['nobody has looked at the pool', { pool: null }, 'nobody has looked at the pool'],
    [
      'nobody has since it was set aside',
      { pool: { ...POOL, atMs: NOON_MS - 11 * MINUTE_MS } },
      'nobody has looked at the pool of bitcoin since node4 left it',
    ],
    [
      'the pool was without it for a minute alone',
      { pool: { ...POOL, sinceMs: NOON_MS - MINUTE_MS } },
      'as it was before',
    ],
    ['its tag is not seen', { outside: [] }, 'EC2 does not show the tag of node4 yet'],
    ['a person has paused it', { outside: [{ ...ASIDE, paused: 'its tag says: mine' }] }, 'node4 is left as it is'],
  ])('keeps it aside while %s', (_, changed, told) => {
    const step = nextStep(leaving(changed), wish(3, { leaving: LEAVING }));
    expect(step).toMatchObject({ do: 'wait', refusal: { refuse: 'scale-waits', page: true } });
    expect(why(step)).toContain(told);
  });

  it('looks at no pool where the fleet has none', () => {
    const nameless = leaving({ fleet: { ...fleet, dns: undefined }, pool: null, outside: [] });
    expect(nextStep(nameless, wish(3, { leaving: LEAVING })).do).toBe('end-member');
  });

  it.each<readonly [string, Partial<typeof ASIDE>, string]>([
    ['a volume of it would outlive it', { leaves: 'vol-1 (500 GiB)' }, 'would leave vol-1 (500 GiB) behind'],
    ['a person was called to it', { neededBy: 'incident f9d5 is open' }, 'incident f9d5 is open'],
  ])('takes it back where by now %s', (_, more, told) => {
    const step = nextStep(leaving({ outside: [{ ...ASIDE, ...more }] }), wish(3, { leaving: LEAVING }));
    expect(step).toMatchObject({ do: 'take-back' });
    expect(why(step)).toContain(told);
  });

  it.each<readonly [string, Partial<ScaleMember>]>([
    ['a person has paused it', { neededBy: 'the node is paused by its tag' }],
    ['it is a validator by now', { role: 'validator' }],
  ])('takes back one whose tag was not set yet where %s', (_, more) => {
    const [one, two, three] = members(3) as [ScaleMember, ScaleMember, ScaleMember];
    const step = nextStep(facts([one, two, three, member(4, more)]), wish(3, { leaving: LEAVING }));
    expect(step).toMatchObject({ do: 'take-back', member: { instanceId: 'i-4' } });
  });

  it('sets it aside again where its tag was lost', () => {
    expect(nextStep(facts(members(4)), wish(3, { leaving: LEAVING }))).toMatchObject({
      do: 'set-aside',
      member: { instanceId: 'i-4' },
    });
  });

  it('asks for its end once, and again only when the answer was lost', () => {
    const sent = (minutes: number) => ({ ...LEAVING, sentAtMs: NOON_MS - minutes * MINUTE_MS });
    expect(nextStep(leaving(), wish(3, { leaving: sent(5) })).do).toBe('wait');
    expect(nextStep(leaving(), wish(3, { leaving: sent(11) })).do).toBe('end-member');
    const ending = group(members(4), {
      desired: 3,
      lifecycles: { ...group(members(3)).lifecycles, 'i-4': 'Terminating:Wait' },
    });
    expect(nextStep(leaving({ group: ending }), wish(3, { leaving: sent(11) })).do).toBe('wait');
  });

  it('notes that it is gone, and is done when nothing moves any more', () => {
    const gone = facts(members(3));
    expect(nextStep(gone, wish(3, { leaving: LEAVING }))).toMatchObject({ do: 'note-gone' });
    expect(nextStep(gone, wish(3))).toMatchObject({ do: 'conclude', as: 'done' });
  });
});

describe('what is remembered before a step', () => {
  it('is who leaves and since when, when its end was asked for, and that it is gone', () => {
    const aside = wishAfter(
      wish(3),
      { do: 'set-aside', member: { instanceId: 'i-4', name: 'node4' }, sentence: '' },
      5,
    );
    expect(aside).toMatchObject({
      steps: 2,
      steppedAtMs: 5,
      leaving: { instanceId: 'i-4', sinceMs: 5, sentAtMs: null },
      left: ['i-4'],
    });
    const again = { do: 'set-aside', member: { instanceId: 'i-5', name: 'node5' }, sentence: '' } as const;
    expect(wishAfter(aside, again, 6).left).toEqual(['i-5', 'i-4']);
    const ended = wishAfter(aside, { do: 'end-member', sentence: '' }, 7);
    expect(ended.leaving).toMatchObject({ sinceMs: 5, sentAtMs: 7 });
    expect(wishAfter(ended, { do: 'note-gone', sentence: '' }, 9).leaving).toBeNull();
  });

  it('keeps who leaves while its tag is taken off, since the call may fail', () => {
    const aside = wish(4, { leaving: LEAVING });
    expect(wishAfter(aside, { do: 'take-back', member: LEAVING, sentence: '' }, 5).leaving).toEqual(LEAVING);
  });
});
