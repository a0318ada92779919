// Which snapshots form a set, what their tags say, and which fleet they belong to.
import { describe, expect, it } from '@jest/globals';
import { sharingFault } from '../../../shared/fleet/schema-heal.ts';
import { dateOf } from '../../../shared/model/tags.ts';
import { clientNameOf, ledgerTags, readLedger } from '../../../shared/snapshots/ledger.ts';
import { supplyOf } from '../../../shared/snapshots/policies.ts';
import { ownersOf, setsOf } from '../../../shared/snapshots/sets.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { DAY_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { contextOf, fleetOf, setsFrom, twoVolumes } from '../../fixtures/snapshot-facts.ts';

const SECOND_HOURS = 1 / 3_600;

describe('snapshots of one moment', () => {
  const fleet = twoVolumes();
  const both = (hoursAgo: number) => [
    snapshot({ hoursAgo, ledger: { parts: 2 } }),
    snapshot({ hoursAgo, role: 'ancient', ledger: { parts: 2 } }),
  ];

  it('are one set by the ledger', () => {
    const [set, ...others] = setsFrom(both(3), fleet);
    expect(others).toEqual([]);
    expect(set).toMatchObject({ setId: 'node1-3', node: 'node1', rank: 'clean', height: 100 });
    expect(Object.keys(set?.parts ?? {}).sort()).toEqual(['ancient', 'data']);
  });

  it('are one set where one policy took them of one node within a minute, and are as late as the last', () => {
    const policy = 'policy-1';
    const facts = [
      snapshot({ policy, id: 'snap-a', hoursAgo: 3 }),
      snapshot({ policy, id: 'snap-b', role: 'ancient', hoursAgo: 3 - 5 * SECOND_HOURS }),
      snapshot({ policy, id: 'snap-c', node: 'node2', hoursAgo: 3 }),
      snapshot({ policy: 'policy-2', id: 'snap-d', hoursAgo: 3 }),
      snapshot({ policy, id: 'snap-e', hoursAgo: 2 }),
    ];
    const sets = setsFrom(facts, fleet);
    expect(sets.map(({ setId }) => setId).sort()).toEqual(['snap-a', 'snap-c', 'snap-d', 'snap-e']);
    const whole = sets.find(({ setId }) => setId === 'snap-a');
    expect(whole?.rank).toBe('crash-consistent');
    expect((whole?.untilMs ?? 0) - (whole?.takenAtMs ?? 0)).toBe(5_000);
  });

  it('are as old as the first of them, in whatever order EC2 tells them, and have its name', () => {
    const policy = 'policy-1';
    const data = snapshot({ policy, id: 'snap-b', hoursAgo: 3 });
    const later = snapshot({ policy, id: 'snap-a', role: 'ancient', hoursAgo: 3 - 5 * SECOND_HOURS });
    const same = snapshot({ policy, id: 'snap-a', role: 'ancient', hoursAgo: 3 });
    for (const facts of [
      [data, later],
      [later, data],
    ])
      expect(setsFrom(facts, fleet)).toMatchObject([{ setId: 'snap-b', takenAtMs: data.startedAtMs }]);
    for (const facts of [
      [data, same],
      [same, data],
    ])
      expect(setsFrom(facts, fleet)).toMatchObject([{ setId: 'snap-a' }]);
  });

  it('come newest first, and by their names where they are of one moment', () => {
    const facts = [
      snapshot({ node: 'node2', hoursAgo: 3 }),
      snapshot({ hoursAgo: 5 }),
      snapshot({ node: 'node3', hoursAgo: 1 }),
      snapshot({ id: 'snap-z', node: 'node1', hoursAgo: 3 }),
      snapshot({ node: 'node3', hoursAgo: 3 }),
    ];
    const order = ['node3-1', 'node1-3', 'node2-3', 'node3-3', 'node1-5'];
    expect(setsFrom(facts).map(({ setId }) => setId)).toEqual(order);
    expect(setsFrom(facts.toReversed()).map(({ setId }) => setId)).toEqual(order);
  });

  it('are two sets of a policy from a minute on, and one by the ledger for as long as it took', () => {
    const apart = (ms: number, more: Taken = {}) => {
      const [first, second] = [snapshot({ hoursAgo: 3, ...more }), snapshot({ hoursAgo: 3, role: 'ancient', ...more })];
      return setsFrom([first, { ...second, startedAtMs: first.startedAtMs + ms }], fleet).length;
    };
    const policy = { policy: 'policy-1' };
    expect([apart(59_999, policy), apart(60_000, policy), apart(600_000, policy)]).toEqual([1, 2, 2]);
    expect(apart(600_000)).toBe(1);
  });

  it('have the height that one of them tells', () => {
    const facts = [
      snapshot({ id: 'snap-a', hoursAgo: 3, ledger: { parts: 2, height: null } }),
      snapshot({ id: 'snap-b', hoursAgo: 3, role: 'ancient', ledger: { parts: 2, height: 200 } }),
    ];
    expect(setsFrom(facts, fleet)[0]?.height).toBe(200);
  });

  it('are two sets where the same volume comes twice, even under one name', () => {
    const again = snapshot({ id: 'snap-again', hoursAgo: 3 });
    const sets = setsFrom([...both(3), again], fleet);
    expect(sets.map(({ setId }) => setId).sort()).toHaveLength(2);
    expect(new Set(sets.map(({ setId }) => setId)).size).toBe(2);
    expect(sets.filter(({ parts }) => parts['ancient'] !== undefined)).toHaveLength(1);
  });

  it('are verified or clean only where all of them are', () => {
    const half = [
      snapshot({ hoursAgo: 3, ledger: { verifiedAtMs: NOON_MS } }),
      snapshot({ hoursAgo: 3, role: 'ancient', ledger: { cleanStop: false } }),
    ];
    expect(setsFrom(half, fleet)[0]?.rank).toBe('crash-consistent');
  });

  it('are not clean because a policy copied the tag of a volume', () => {
    const copied = snapshot({ policy: 'policy-1', tags: { 'chainmend:clean-stop': 'true', 'chainmend:set': 'x' } });
    expect(setsFrom([copied])[0]).toMatchObject({ rank: 'crash-consistent', setId: copied.snapshotId });
  });
});

describe('whose a snapshot is', () => {
  const nodeOf = (...taken: Parameters<typeof snapshot>) => setsFrom([snapshot(...taken)])[0]?.node;

  it('says its own tag, whoever has the volume now', () => {
    expect(nodeOf({ node: 'node2', volumeId: 'vol-node1-data' })).toBe('node2');
  });

  it('follows from its volume where no tag says it', () => {
    expect(nodeOf({ policy: 'policy-1' })).toBe('node1');
  });

  it('follows from the copied name of a volume that is gone, where a node has that name', () => {
    expect(nodeOf({ policy: 'policy-1', volumeId: 'vol-gone', tags: { Name: 'node3' } })).toBe('node3');
    expect(nodeOf({ policy: 'policy-1', volumeId: 'vol-gone', tags: { Name: 'some disk' } })).toBe('vol-gone');
  });

  it('has the role of a volume that is gone by the tags that were copied, where they are of one role alone', () => {
    const roles = (tags: Readonly<Record<string, string>>, fleet = twoVolumes()) =>
      setsFrom([snapshot({ policy: 'policy-1', volumeId: 'vol-gone', tags })], fleet).flatMap(({ parts }) =>
        Object.keys(parts),
      );
    expect(roles({ Role: 'ancient' })).toEqual(['ancient']);
    expect(roles({ Role: 'data' })).toEqual(['data']);
    expect(roles({ Role: 'other' })).toEqual([]);
    // A fleet of one volume has no other.
    expect(roles({ Component: 'other' }, fleetOf())).toEqual(['data']);
  });

  it('is nobody’s where it is of a root volume', () => {
    const context = contextOf();
    const root = new Map([...context.volumes, ['vol-root', { node: 'node1', role: null }] as const]);
    const facts = [snapshot({ policy: 'policy-1', volumeId: 'vol-root' })];
    expect(setsOf(facts, { ...context, volumes: root })).toEqual([]);
  });
});

describe('a volume’s role', () => {
  const tag = (Key: string, Value: string) => ({ Key, Value });
  const volume = (VolumeId: string, Device: string, Tags = [tag('Component', 'nodes/bitcoin')]) => ({
    ...{ VolumeId, Tags },
    Attachments: [{ InstanceId: 'i-1', Device }],
  });
  const names = new Map([['i-1', 'node1']]);

  it('is its tags’; a root has none, though it has the same tags', () => {
    expect([...ownersOf(fleetOf(), names, [volume('vol-r', '/dev/xvda'), volume('vol-d', '/dev/sdf')])]).toEqual([
      ['vol-r', { node: 'node1', role: null }],
      ['vol-d', { node: 'node1', role: 'data' }],
    ]);
  });

  it('is that whose tags it has all, key by key', () => {
    const roleOf = (...more: { Key: string; Value: string }[]) => {
      const tags = [tag('Component', 'nodes/bitcoin'), ...more];
      return [...ownersOf(twoVolumes(), names, [volume('vol-d', '/dev/sdf', tags)]).values()][0]?.role;
    };
    expect(roleOf(tag('Role', 'ancient'), tag('Name', 'x'))).toBe('ancient');
    expect([roleOf(tag('Part', 'data')), roleOf(tag('Role', 'x')), roleOf()]).toEqual([null, null, null]);
  });

  it('is nobody’s to say where the tags of two roles fit', () => {
    const fleet = fleetOf({
      volumes: {
        data: { path: '/var/lib/bitcoind', tag: { Component: 'nodes/bitcoin' } },
        ancient: { path: '/var/lib/ancient', tag: { Part: 'ancient' } },
      },
    });
    const both = volume('vol-d', '/dev/sdf', [tag('Component', 'nodes/bitcoin'), tag('Part', 'ancient')]);
    expect([...ownersOf(fleet, names, [both]).values()]).toEqual([{ node: 'node1', role: null }]);
  });

  it('is each node’s own', () => {
    const second = { ...volume('vol-e', '/dev/sdf'), Attachments: [{ InstanceId: 'i-2', Device: '/dev/sdf' }] };
    const owners = ownersOf(fleetOf(), new Map([...names, ['i-2', 'node2']]), [volume('vol-d', '/dev/sdf'), second]);
    expect([...owners.values()].map(({ role }) => role)).toEqual(['data', 'data']);
  });

  it('is nobody’s to say where two volumes of one node have the same', () => {
    const owners = ownersOf(fleetOf(), names, [volume('vol-d', '/dev/sdf'), volume('vol-e', '/dev/sdg')]);
    expect([...owners.values()].map(({ role }) => role)).toEqual([null, null]);
  });

  it('is not looked for on volumes of strangers', () => {
    expect(ownersOf(fleetOf(), new Map(), [volume('vol-d', '/dev/sdf')]).size).toBe(0);
  });
});

describe('the ledger', () => {
  it('reads what it has written', () => {
    const { ledger } = snapshot({ ledger: { verifiedAtMs: NOON_MS, quarantined: 'no', heldBy: 'a1b2c3d4' } });
    expect(readLedger(ledgerTags(ledger))).toEqual(ledger);
  });

  it('takes what cannot be read for not said', () => {
    const odd = { 'chainmend:height': 'about 5', 'chainmend:parts': '0', 'chainmend:verified': 'yesterday' };
    expect(readLedger({ ...odd, 'chainmend:clean-stop': 'yes', 'chainmend:client': ' ' })).toMatchObject({
      ...{ height: null, parts: null, verifiedAtMs: null, cleanStop: false, client: null },
    });
  });

  it('takes a quarantine without a reason for one', () => {
    expect(readLedger({ 'chainmend:quarantined': '' }).quarantined).toBe('(no reason given)');
  });

  it('cuts what is longer than a tag', () => {
    const { ledger } = snapshot({ ledger: { quarantined: 'x'.repeat(400) } });
    expect(ledgerTags(ledger)['chainmend:quarantined']).toHaveLength(256);
  });

  it.each([
    ['Geth/v1.14.5-stable-0dd173a7/linux-amd64/go1.22.4', { client: 'geth', version: '1.14.5' }],
    ['/Satoshi:27.0.0/', { client: 'satoshi', version: '27.0.0' }],
    ['/LitecoinCore:0.21.3/', { client: 'litecoincore', version: '0.21.3' }],
    ['0.38.12', { client: 'bitcoin', version: '0.38.12' }],
    ['stacks-node 2.5.0.0.3 (release)', { client: 'stacks-node', version: '2.5.0.0.3' }],
    ['', { client: 'bitcoin', version: null }],
  ])('calls the client of %j by name', (told, name) => {
    expect(clientNameOf(told, 'bitcoin')).toEqual(name);
  });

  it.each(['', 'tomorrow', '2026', '2026-13-45', 'NaN'])('knows no date in %j', (value) => {
    expect(dateOf(value)).toBeNull();
  });

  it('reads dates with and without a time', () => {
    expect(dateOf('2026-01-01')).toBe(Date.parse('2026-01-01T00:00:00Z'));
    expect(dateOf('2026-01-01T12:00:00.000Z')).toBe(NOON_MS);
  });
});

describe('what a lifecycle policy is good for', () => {
  const schedule = { name: 'hourly', everyHours: 1, keepCount: 24, keepDays: null, copiesTags: true };
  const policy = { policyId: 'policy-1', state: 'ENABLED', statusMessage: '', wholeInstances: false } as const;

  it('is told in a sentence: how old the oldest can be', () => {
    expect(supplyOf([{ ...policy, schedules: [schedule] }])).toEqual([
      'policy-1 (hourly) takes snapshots every 1 h and keeps them for 24 h: what is older is gone',
    ]);
    const byAge = { ...schedule, keepCount: null, keepDays: 7, everyHours: null };
    expect(supplyOf([{ ...policy, schedules: [byAge] }])[0]).toContain('by a cron expression and keeps them for 168 h');
  });

  it('is nothing while it is in ERROR', () => {
    const broken = { ...policy, state: 'ERROR' as const, statusMessage: 'the role is gone', schedules: [schedule] };
    expect(supplyOf([broken])).toEqual(['policy-1 is in ERROR and takes no snapshots: the role is gone']);
  });
});

describe('snapshots for another account', () => {
  const volumes = [{ role: 'data', path: '/var/lib/bitcoind' }];
  const fault = (identityPaths: readonly string[], identityFree = false) =>
    sharingFault({ volumes, identityPaths, identityFree });

  it('are refused where identity lies on their volume, and it is said what', () => {
    expect(fault(['/var/lib/bitcoind/wallet.dat', '/etc/keys'])).toContain(
      'identity with the snapshots: /var/lib/bitcoind/wallet.dat on the volume data.',
    );
  });

  it('may go where it lies elsewhere, or where the fleet file says that there is none', () => {
    expect(fault(['/etc/keys', '/var/lib/bitcoind-keys/a'])).toBeNull();
    expect(fault(['/var/lib/bitcoind/wallet.dat'], true)).toBeNull();
  });
});

it('a set is as old as its first part', () => {
  expect(setsFrom([snapshot({ hoursAgo: 24 })])[0]?.takenAtMs).toBe(NOON_MS - DAY_MS);
});
