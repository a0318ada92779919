// What the launch templates of groups are given, and when they are left as they are.
import { describe, expect, it } from '@jest/globals';
import {
  decideSeeds,
  type GroupFact,
  type MemberFact,
  type SeedFacts,
  stillPlanned,
} from '../../../functions/seed-groups/decide.ts';
import { seedOf } from '../../../functions/seed-groups/scale-facts.ts';
import { naming } from '../../../functions/seed-groups/seed.ts';
import {
  describe as descriptionOf,
  launchesOf,
  markOf,
  snapshotsLaunched,
  type Template,
  templateOf,
  type Version,
  versionOf,
} from '../../../functions/seed-groups/templates.ts';
import { noSeeds } from '../../../shared/snapshots/seeds.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf, setsFrom } from '../../fixtures/snapshot-facts.ts';

const ID = 'lt-0123456789abcdef0';
const fleet = fleetOf({ asg: { seed: 'newest-good', identityFree: true } });

/** A version of the owner's, with an empty data volume of 100 GiB. */
const owners = (number = 1, volume: Version['volume'] = { device: '/dev/sdf', snapshotId: null, sizeGiB: 100 }) => ({
  ...{ number, volume, instanceType: 'm6i.large', snapshotIds: [], mark: null },
});
/** A version of ours. */
const ours = (number: number, snapshotId: string | null, base = 1): Version => ({
  number,
  volume: { device: '/dev/sdf', snapshotId, sizeGiB: 500 },
  instanceType: 'm6i.large',
  snapshotIds: snapshotId === null ? [] : [snapshotId],
  mark: { base, snapshotId },
});
const template = (launched: Version = owners(), more: Partial<Template> = {}): Template => ({
  ...{ id: ID, name: 'bitcoin-node', follows: '$Latest', latest: launched.number, launched, base: owners(), made: [] },
  tags: fleet.nodes.tags,
  ...more,
});
const member = (more: Partial<MemberFact> = {}): MemberFact => ({
  ...{ instanceId: 'i-1', name: 'node1', role: 'follower', launchedAtMs: NOON_MS - 90 * 24 * HOUR_MS },
  ...{ launchedWith: null, health: 'synced' },
  ...more,
});
const group = (of: Template = template(), members: readonly MemberFact[] = [member()]): GroupFact => ({
  name: 'bitcoin-nodes',
  launches: { template: of },
  names: [],
  members,
});
const facts = (
  groups: readonly GroupFact[],
  taken: readonly Taken[] = [{ id: 'snap-00000000000000001', hoursAgo: 8 }],
  more: Partial<SeedFacts> = {},
): SeedFacts => ({
  ...{ nowMs: NOON_MS, fleet, groups, keys: [], failed: [] },
  sets: { good: setsFrom(taken.map(snapshot)), refused: [] },
  ...more,
});
const why = (of: SeedFacts): string =>
  decideSeeds(of)
    .refusals.map(({ reason }) => reason)
    .join('; ');
const seeds = (of: SeedFacts) => decideSeeds(of).steps.map(({ base, seed }) => [base, seed?.snapshotId ?? null]);

const NEW = 'snap-00000000000000001';
const OLD = 'snap-00000000000000002';

describe('a group that launches what its owner wrote', () => {
  it('gets the newest clean set, as large as the set at least', () => {
    const [step] = decideSeeds(facts([group()])).steps;
    expect(step).toMatchObject({
      ...{ templateId: ID, base: 1, launched: 1, latest: 1, made: null, groups: ['bitcoin-nodes'] },
      seed: { snapshotId: NEW, device: '/dev/sdf', sizeGiB: 500 },
    });
    const large = template(owners(1, { device: '/dev/sdf', snapshotId: null, sizeGiB: 900 }), {
      base: owners(1, { device: '/dev/sdf', snapshotId: null, sizeGiB: 900 }),
    });
    expect(decideSeeds(facts([group(large)])).steps[0]?.seed?.sizeGiB).toBe(900);
  });

  it('gets none that was taken while a client ran, none that its policy removes, and none that a member did not come up with', () => {
    const running = snapshot({ id: NEW, ledger: { cleanStop: false } });
    expect(why({ ...facts([group()]), sets: { good: setsFrom([running]), refused: [] } })).toContain(
      'while its client ran',
    );
    const policies = snapshot({ id: NEW, policy: 'policy-1', ledger: { verifiedAtMs: NOON_MS } });
    expect(why({ ...facts([group()]), sets: { good: setsFrom([policies]), refused: [] } })).toContain(
      'lifecycle policy',
    );
    expect(why(facts([group()], [{ id: NEW }], { failed: [NEW] }))).toContain('did not come up');
    expect(seeds(facts([group()], [{ id: NEW }, { id: OLD, hoursAgo: 30 }], { failed: [NEW] }))).toEqual([[1, OLD]]);
  });

  it('is told why nothing is good, after a day', () => {
    const none = facts([group()], []);
    expect(decideSeeds(none).refusals).toMatchObject([
      { refuse: 'group-not-seeded', subject: 'bitcoin-nodes', page: true, pageAfterMs: 26 * HOUR_MS },
    ]);
    const refused = [1, 2, 3, 4, 5].map((one) => ({ setId: `set-${one}`, why: `reason ${one}` }));
    expect(why({ ...none, sets: { good: [], refused } })).toContain('reason 1; reason 2; reason 3; and 2 more');
  });
});

describe('a group is left alone', () => {
  it('while a member is a validator, or nobody knows what it is', () => {
    expect(why(facts([group(template(), [member(), member({ name: 'node2', role: 'validator' })])]))).toContain(
      'node2 of bitcoin-nodes is a validator',
    );
    expect(why(facts([group(template(), [member({ role: 'unknown' })])]))).toContain('of unknown role');
    expect(seeds(facts([group(template(), [member({ role: 'unknown' })])]))).toEqual([]);
  });

  it('where its template was not given to the fleet by its tags', () => {
    expect(why(facts([group(template(owners(), { tags: {} }))]))).toContain(
      `aws ec2 create-tags --resources ${ID} --tags Key=Component,Value=nodes/bitcoin`,
    );
  });

  it('where its template says no data volume', () => {
    const base = owners(3, { unfit: 'it makes no data volume' });
    expect(why(facts([group(template(base, { base }))]))).toContain('version 3 of launch template bitcoin-node cannot');
  });

  it('where it launches from none', () => {
    expect(
      why(facts([{ name: 'bitcoin-nodes', launches: { unfit: 'it launches nothing' }, names: [], members: [] }])),
    ).toBe('bitcoin-nodes launches as before: it launches nothing');
  });
});

describe('a group that was seeded', () => {
  const seeded = template(ours(2, OLD));

  it('keeps what it has until a set is newer by half a day', () => {
    const near = [
      { id: NEW, hoursAgo: 8 },
      { id: OLD, hoursAgo: 19 },
    ];
    expect(decideSeeds(facts([group(seeded)], near))).toEqual({
      ...{ steps: [], refusals: [], failed: [] },
      hash: expect.any(String),
    });
    expect(
      seeds(
        facts(
          [group(seeded)],
          [
            { id: NEW, hoursAgo: 8 },
            { id: OLD, hoursAgo: 20 },
          ],
        ),
      ),
    ).toEqual([[1, NEW]]);
  });

  it('gets another at once when its own is not good any more', () => {
    expect(seeds(facts([group(seeded)], [{ id: NEW, hoursAgo: 50 }]))).toEqual([[1, NEW]]);
  });

  it('gets back what its owner wrote when nothing is good any more, once', () => {
    const sets = { good: [], refused: [{ setId: OLD, why: `${OLD} is quarantined` }] };
    const [step] = decideSeeds({ ...facts([group(seeded)]), sets }).steps;
    expect(step).toMatchObject({
      base: 1,
      seed: null,
      sentence: expect.stringContaining(`since ${OLD} is quarantined`),
    });
    expect(seeds({ ...facts([group(template(ours(3, null)))]), sets })).toEqual([]);
  });

  it('is seeded anew when its owner makes a version', () => {
    const base = owners(3);
    expect(seeds(facts([group(template(base, { base }))], [{ id: OLD }]))).toEqual([[3, OLD]]);
    // Theirs came while ours was being made: ours is newer, and a copy of the version before.
    expect(seeds(facts([group(template(ours(4, OLD, 2), { base }))], [{ id: OLD }]))).toEqual([[3, OLD]]);
  });

  it('takes a set for bad from which no member comes up, and uses it no more', () => {
    const lost = (more: Partial<MemberFact> = {}) =>
      member({
        ...{ name: 'node9', health: 'unreachable', launchedAtMs: NOON_MS - HOUR_MS },
        launchedWith: { templateId: ID, version: 2 },
        ...more,
      });
    const both = [
      { id: NEW, hoursAgo: 40 },
      { id: OLD, hoursAgo: 20 },
    ];
    const plan = decideSeeds(facts([group(seeded, [member(), lost()])], both));
    expect(plan).toMatchObject({ failed: [OLD], steps: [{ seed: { snapshotId: NEW } }] });
    const alone = decideSeeds(facts([group(seeded, [lost()])], [{ id: OLD, hoursAgo: 20 }]));
    expect(alone.steps).toMatchObject([
      { seed: null, sentence: expect.stringContaining('node9 was launched with it 60 min ago') },
    ]);
    // Too early, catching up, unknown, of another version, or one of several came up: no verdict.
    const others = [
      lost({ launchedAtMs: NOON_MS - HOUR_MS + 1 }),
      ...(['behind', 'synced', 'starting', 'busy', 'unknown', null] as const).map((health) => lost({ health })),
      lost({ launchedWith: { templateId: ID, version: 1 } }),
      lost({ launchedWith: null }),
    ];
    for (const one of others)
      expect(decideSeeds(facts([group(seeded, [one])], [{ id: OLD, hoursAgo: 20 }]))).toMatchObject({
        failed: [],
        steps: [],
      });
    expect(decideSeeds(facts([group(seeded, [lost(), lost({ health: 'behind' })])], [{ id: OLD }])).failed).toEqual([]);
  });
});

describe('a member that did not come up with its snapshot', () => {
  const seeded = template(ours(2, OLD));
  const launched = (health: MemberFact['health']) =>
    member({ launchedWith: { templateId: ID, version: 2 }, launchedAtMs: NOON_MS - 2 * HOUR_MS, health });
  const failedBy = (...members: readonly MemberFact[]) =>
    decideSeeds(facts([group(seeded, members)], [{ id: OLD, hoursAgo: 20 }])).failed;

  it.each(['unreachable', 'stuck', 'forked'] as const)('is %s two hours after its launch', (health) => {
    expect(failedBy(launched(health))).toEqual([OLD]);
  });

  it.each(['synced', 'behind'] as const)('says nothing where another one is %s with it', (health) => {
    expect(failedBy(launched('stuck'), launched(health))).toEqual([]);
  });
});

describe('what a plan says', () => {
  it('of the set: its rank, its date, its node, and its height where that is known', () => {
    const sentenceOf = (height: number | null) =>
      decideSeeds(facts([group()], [{ id: NEW, hoursAgo: 8, ledger: { height } }])).steps[0]?.sentence;
    const taken = `bitcoin-node: version 1 with ${NEW} as /dev/sdf, clean, taken 2026-01-01T04:00:00.000Z of node1`;
    expect(sentenceOf(700)).toBe(`${taken} at height 700; bitcoin-nodes launches it from then on`);
    expect(sentenceOf(null)).toBe(`${taken}; bitcoin-nodes launches it from then on`);
  });

  it('of a template that is not seeded: once in a run and a half, for three hours', () => {
    expect(decideSeeds(facts([group(template(owners(), { tags: {} }))])).refusals).toMatchObject([
      { refuse: 'group-not-seeded', page: true, pageAfterMs: 1.5 * HOUR_MS, lastsMs: 3 * HOUR_MS },
    ]);
  });

  it('of a fleet that has no snapshot at all, and of three that are not good', () => {
    const none = facts([group()], []);
    expect(why(none)).toMatch(/there is no snapshot yet$/);
    const refused = [1, 2, 3].map((one) => ({ setId: `set-${one}`, why: `reason ${one}` }));
    expect(why({ ...none, sets: { good: [], refused } })).toMatch(/reason 1; reason 2; reason 3$/);
  });

  it('of one that is taken out: its own fault, and not another’s', () => {
    const seeded = template(ours(2, OLD));
    const out = (refused: readonly { setId: string; why: string }[]) =>
      decideSeeds({ ...facts([group(seeded)], []), sets: { good: [], refused } }).steps[0]?.sentence;
    const other = { setId: 'set-1', why: 'snap-9 is archived' };
    expect(out([other, { setId: OLD, why: 'it is too old' }])).toContain('as it was, since it is too old; ');
    expect(out([other, { setId: 'set-2', why: `${OLD} is quarantined` }])).toContain(`since ${OLD} is quarantined; `);
    expect(out([other])).toContain(`since ${OLD} is not there any more; `);
  });

  it('has a name of twelve digits, another one for other steps, and holds each step by itself', () => {
    const hash = (id: string) => decideSeeds(facts([group()], [{ id }])).hash;
    expect(hash(NEW)).toMatch(/^[0-9a-f]{12}$/);
    expect(hash(OLD)).not.toBe(hash(NEW));
    const more = { ...template(), id: 'lt-0123456789abcdef1', name: 'more' };
    const both = decideSeeds(facts([group(), { ...group(more), name: 'more' }]));
    expect(both.steps.map((step) => stillPlanned(step, both))).toEqual([true, true]);
  });

  it('makes no version anew that is a copy of the same version with the same data', () => {
    const made = [
      { number: 4, mark: { base: 9, snapshotId: NEW } },
      { number: 5, mark: { base: 1, snapshotId: OLD } },
      { number: 6, mark: { base: 1, snapshotId: NEW } },
    ];
    const waiting = (from: number) => template(owners(), { follows: '$Default', latest: 6, made: made.slice(0, from) });
    expect(decideSeeds(facts([group(waiting(3))])).steps).toMatchObject([{ made: 6 }]);
    expect(decideSeeds(facts([group(waiting(2))])).steps).toMatchObject([{ made: null }]);
  });
});

describe('several groups', () => {
  it('of one template get one version; each is named', () => {
    const plan = decideSeeds(facts([group(), { ...group(), name: 'bitcoin-more' }]));
    expect(plan.steps).toHaveLength(1);
    expect(plan.steps[0]?.sentence).toContain('bitcoin-nodes, bitcoin-more launch it from then on');
  });

  it('need no second version where one that is as wanted waits to become the default', () => {
    const made = [{ number: 4, mark: { base: 1, snapshotId: NEW } }];
    const waiting = template(owners(), { follows: '$Default', latest: 4, made });
    expect(decideSeeds(facts([group(waiting)])).steps).toMatchObject([{ made: 4 }]);
    const newest = template(owners(), { latest: 4, made });
    expect(decideSeeds(facts([group(newest)])).steps).toMatchObject([{ made: null }]);
  });

  it('are remembered by names that every object has members of, too', () => {
    const [step] = decideSeeds(facts([{ ...group(), name: 'constructor' }])).steps;
    expect(step && naming(noSeeds, step)).toEqual({ named: { constructor: [NEW] } });
  });

  it('have a plan whose name is of its steps alone', () => {
    const plan = decideSeeds(facts([group()]));
    const [step] = plan.steps;
    expect(step && stillPlanned(step, decideSeeds(facts([group()])))).toBe(true);
    expect(step && stillPlanned(step, decideSeeds(facts([group(template(owners(2), { base: owners(2) }))])))).toBe(
      false,
    );
    expect(decideSeeds(facts([group()], [{ id: NEW, hoursAgo: 8, ledger: { height: 7 } }])).hash).toBe(plan.hash);
  });
});

describe('a launch template', () => {
  const LaunchTemplate = { LaunchTemplateId: ID, LaunchTemplateName: 'bitcoin-node' };

  it('is followed by $Latest or $Default; a number, overrides and none are told', () => {
    expect(launchesOf({ AutoScalingGroupName: 'g', LaunchTemplate, ...rest })).toMatchObject({ follows: '$Default' });
    const latest = { ...LaunchTemplate, Version: '$Latest' };
    expect(launchesOf({ AutoScalingGroupName: 'g', LaunchTemplate: latest, ...rest })).toMatchObject({
      follows: '$Latest',
    });
    const numbered = { ...LaunchTemplate, Version: '3' };
    expect(launchesOf({ AutoScalingGroupName: 'g', LaunchTemplate: numbered, ...rest })).toEqual({
      unfit: 'g launches version 3 of bitcoin-node by its number: have it launch $Latest or $Default',
    });
    expect(launchesOf({ AutoScalingGroupName: 'g', MixedInstancesPolicy: {}, LaunchTemplate, ...rest })).toHaveProperty(
      'unfit',
    );
    expect(launchesOf({ AutoScalingGroupName: 'g', ...rest })).toHaveProperty('unfit');
  });

  it('keeps the snapshots of every version that its group may launch, by a number and for a kind of machine, too', () => {
    const specification = (version: string) => ({ LaunchTemplateId: ID, Version: version });
    const launched = new Map([
      [`${ID} 2`, [NEW]],
      [`${ID} 7`, [OLD]],
    ]);
    const kept = (more: object, base?: Version) =>
      snapshotsLaunched({ AutoScalingGroupName: 'bitcoin-nodes', ...more } as never, launched, base);
    expect(kept({ LaunchTemplate: specification('2') })).toEqual([NEW]);
    const LaunchTemplate = {
      LaunchTemplateSpecification: specification('2'),
      Overrides: [{ InstanceType: 'm6i.xlarge' }, { LaunchTemplateSpecification: specification('7') }],
    };
    expect(kept({ MixedInstancesPolicy: { LaunchTemplate } })).toEqual([NEW, OLD]);
    expect(kept({ LaunchTemplate: specification('2') }, ours(1, OLD))).toEqual([NEW, OLD]);
    expect(kept({})).toEqual([]);
  });

  it('makes one volume beside the root', () => {
    const volumes = (...names: string[]) =>
      versionOf({
        VersionNumber: 1,
        LaunchTemplateData: {
          BlockDeviceMappings: names.map((DeviceName) => ({ DeviceName, Ebs: { VolumeSize: 8 } })),
        },
      }).volume;
    expect(volumes('/dev/xvda', '/dev/sdf')).toEqual({ device: '/dev/sdf', snapshotId: null, sizeGiB: 8 });
    expect(volumes('/dev/xvda')).toHaveProperty('unfit');
    expect(volumes('/dev/sdf', '/dev/sdg')).toHaveProperty('unfit');
  });

  it('says of each version of ours what it is a copy of, and nothing else says so', () => {
    for (const mark of [
      { base: 3, snapshotId: NEW },
      { base: 12, snapshotId: null },
    ])
      expect(markOf(descriptionOf(mark))).toEqual(mark);
    for (const text of [
      undefined,
      '',
      'chainmend',
      `version 3 with the data of ${NEW}`,
      `chainmend: version 3 with the data of ${NEW}; rm -rf /`,
    ])
      expect(markOf(text)).toBeNull();
  });

  it('is read with the owner’s newest version where the newest counts, and with the default’s where that does', () => {
    const shown = { ...LaunchTemplate, DefaultVersionNumber: 2, LatestVersionNumber: 4 };
    const versions = [owners(1), ours(2, OLD, 1), owners(3), ours(4, OLD, 1)];
    expect(templateOf(shown, '$Latest', versions)).toMatchObject({ launched: { number: 4 }, base: { number: 3 } });
    expect(templateOf(shown, '$Default', versions)).toMatchObject({ launched: { number: 2 }, base: { number: 1 } });
    expect(templateOf(shown, '$Default', [ours(2, OLD, 1)])).toMatchObject({ base: { number: 2 } });
    expect(templateOf(shown, '$Default', [])).toBeNull();
  });
});

/** Members of a group that the SDK's type wants. */
const rest = {
  ...{ MinSize: 0, MaxSize: 1, DesiredCapacity: 1, DefaultCooldown: 300, AvailabilityZones: [] },
  ...{ HealthCheckType: 'EC2', CreatedTime: new Date(NOON_MS) },
};

describe('what a scaling launches', () => {
  const NEWEST = 'snap-00000000000000001';

  it('begins with the set that the template names, where the seeding would leave it as it is', () => {
    expect(seedOf(facts([group(template(ours(2, NEWEST)))]), 'bitcoin-nodes')).toEqual({
      snapshotId: NEWEST,
      sizeGiB: 500,
      instanceType: 'm6i.large',
    });
  });

  it.each([
    ['the template names none yet', facts([group()]), 'which the seeding of this hour does'],
    [
      'another set is better',
      facts([group(template(ours(2, 'snap-00000000000000009')))]),
      'which the seeding of this hour does',
    ],
    ['no set is good', facts([group()], []), 'there is no snapshot yet'],
    ['the template cannot be seeded', facts([{ ...group(), launches: { unfit: 'by its number' } }]), 'by its number'],
    [
      'a member is a validator',
      facts([group(template(ours(2, NEWEST)), [member({ role: 'validator' })])]),
      'a validator',
    ],
    ['the group has no member that is known', facts([]), 'has no member that is known'],
  ])('is nothing where %s', (_, of, told) => {
    expect(seedOf(of, 'bitcoin-nodes')).toEqual({ lacking: expect.stringContaining(told) });
  });
});
