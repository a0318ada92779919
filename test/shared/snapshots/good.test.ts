// Which sets of snapshots are good for a node, in which order, and the reasons against the others.
import { describe, expect, it } from '@jest/globals';
import {
  blockMsOf,
  chooseRequestedSet,
  faultMayBeginMs,
  isWithinReach,
  rankSets,
} from '../../../shared/snapshots/ranking.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { DAY_MS, HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { demand, fleetOf, setsFrom, twoVolumes } from '../../fixtures/snapshot-facts.ts';

const sets = (...taken: readonly Taken[]) => setsFrom(taken.map(snapshot));
const ids = (input: Parameters<typeof rankSets>[0]) => rankSets(input).good.map(({ setId }) => setId);
const why = (input: Parameters<typeof rankSets>[0]) => rankSets(input).refused.map(({ why: said }) => said);
const verified = { verifiedAtMs: NOON_MS - DAY_MS };

describe('before a node is called stuck, it may have stood', () => {
  const SWEEPS_MS = 2 * 60_000;

  it('since its newest block came, and for its patience at least', () => {
    const bitcoin = { chain: 'bitcoin', health: { patienceSeconds: 600 } } as const;
    const stood = (minutes: number) => NOON_MS - faultMayBeginMs(NOON_MS, bitcoin, NOON_MS - minutes * 60_000);
    expect([stood(50), stood(5)]).toEqual([50 * 60_000 + SWEEPS_MS, 600_000 + SWEEPS_MS]);
    // A client that catches up has blocks of years ago: its data are no older for that.
    expect(stood(100_000)).toBe(3 * HOUR_MS + SWEEPS_MS);
    const all = sets({ hoursAgo: 1 }, { hoursAgo: 2 });
    const stoodSinceMs = NOON_MS - 90 * 60_000;
    expect(ids(demand({ sets: all, stoodSinceMs, faultSinceMs: NOON_MS }))).toEqual(['node1-2']);
  });

  it('where nobody saw that, for three hours on bitcoin, where three blocks of the others may take as long', () => {
    const mayBegin = faultMayBeginMs(NOON_MS, { chain: 'bitcoin', health: { patienceSeconds: 600 } }, null);
    expect(NOON_MS - mayBegin).toBe(3 * HOUR_MS + SWEEPS_MS);
  });

  it.each(['ethereum', 'cometbft', 'other'] as const)(
    'for no longer than its patience on %s, whose blocks are quick',
    (chain) => {
      const mayBegin = faultMayBeginMs(NOON_MS, { chain, health: { patienceSeconds: 300 } }, null);
      expect(NOON_MS - mayBegin).toBe(300_000 + SWEEPS_MS);
    },
  );
});

describe('the order of good sets', () => {
  const running = { id: 'snap-running', policy: 'policy-1', hoursAgo: 2 };
  it.each<[string, readonly Taken[], readonly string[]]>([
    [
      'is verified, then clean, then taken of a running client, where they are about equally new',
      [running, { hoursAgo: 3 }, { hoursAgo: 5 }, { hoursAgo: 20, ledger: verified }],
      ['node1-20', 'node1-3', 'node1-5', 'snap-running'],
    ],
    [
      'is clean before verified where the verified one is more than a day older',
      [{ hoursAgo: 6 }, { hoursAgo: 90 * 24, ledger: verified }],
      ['node1-6', 'node1-2160'],
    ],
    [
      'is of a running client before clean where the clean one is more than a week older',
      [running, { hoursAgo: 8 * 24 }, { hoursAgo: 6 * 24 }],
      ['node1-144', 'snap-running', 'node1-192'],
    ],
  ])('%s', (_, taken, order) => {
    expect(ids(demand({ sets: sets(...taken) }))).toEqual(order);
  });

  it('prefers the node’s own among those of one hour, and a newer one of a sibling otherwise', () => {
    expect(ids(demand({ sets: sets({ node: 'node2', hoursAgo: 2 }, { hoursAgo: 2.5 }) }))).toEqual([
      'node1-2.5',
      'node2-2',
    ]);
    expect(ids(demand({ sets: sets({ node: 'node2', hoursAgo: 2 }, { hoursAgo: 26 }) }))).toEqual([
      'node2-2',
      'node1-26',
    ]);
  });

  it.each<[string, number | null, readonly string[]]>([
    ['has a clean set of six days ago first where its blocks are caught up in hours', 1, ['node1-144', 'snap-running']],
    ['has it last where they take days', 0.1, ['snap-running', 'node1-144']],
    ['has it first where nobody knows how long they take', null, ['node1-144', 'snap-running']],
  ])('%s', (_, blocksPerSecond, order) => {
    // A block in 30 s: six days are 17,280.
    const all = sets(running, { hoursAgo: 144, ledger: { height: 882_720 } });
    const rate = blocksPerSecond === null ? null : { blocksPerSecond, node: 'node3', atMs: NOON_MS };
    expect(ids(demand({ sets: all, head: { height: 900_000, atMs: NOON_MS }, rate }))).toEqual(order);
  });

  it('goes by the blocks of a set where they are far behind its date', () => {
    // A block in 600 s: 64 days are 9,216. The newer one was taken of a node that had stood for that long.
    const all = sets(
      { hoursAgo: 2, ledger: { height: 890_784 } },
      { node: 'node2', hoursAgo: 26, ledger: { height: 899_844 } },
    );
    const head = { height: 900_000, atMs: NOON_MS };
    expect(ids(demand({ sets: all, head }))).toEqual(['node2-26', 'node1-2']);
    expect(ids(demand({ sets: all }))).toEqual(['node1-2', 'node2-26']);
  });

  it('goes by the date where the blocks are about as new: blocks do not come on the second', () => {
    const all = sets(
      { hoursAgo: 2, ledger: { height: 899_950 } },
      { node: 'node2', hoursAgo: 26, ledger: { height: 899_860 } },
    );
    expect(ids(demand({ sets: all, head: { height: 900_000, atMs: NOON_MS } }))).toEqual(['node1-2', 'node2-26']);
  });

  it('has those of a policy that copies no tags where the fleet file names the policy', () => {
    const taken: Taken = {
      policy: 'policy-0123456789abcdef0',
      id: 'snap-untagged',
      tags: { Component: 'nodes' },
      hoursAgo: 2,
    };
    expect(ids(demand({ sets: sets(taken) }))).toEqual([]);
    const fleet = fleetOf({ replace: { lifecyclePolicies: ['policy-0123456789abcdef0'] } });
    expect(ids(demand({ fleet, sets: sets(taken) }))).toEqual(['snap-untagged']);
  });

  it('has what was taken of a running client of nobody knows whom last', () => {
    const all = sets(
      { policy: 'policy-1', volumeId: 'vol-gone', id: 'snap-gone', hoursAgo: 2 },
      { policy: 'policy-1', id: 'snap-known', hoursAgo: 30 },
    );
    expect(ids(demand({ sets: all }))).toEqual(['snap-known', 'snap-gone']);
  });

  it('has at most two that were taken of a running client in an incident, those that were tried among them', () => {
    const all = sets(...[2, 3, 4, 5].map((hoursAgo) => ({ policy: 'policy-1', id: `snap-${hoursAgo}`, hoursAgo })));
    expect(ids(demand({ sets: all }))).toEqual(['snap-2', 'snap-3']);
    const tried = [{ source: 'snap-2', rank: 'crash-consistent' }] as const;
    expect(ids(demand({ sets: all, tried }))).toEqual(['snap-3']);
    const both = [...tried, { source: 'snap-3', rank: 'crash-consistent' }] as const;
    expect(ids(demand({ sets: all, tried: both }))).toEqual([]);
    expect(why(demand({ sets: all, tried: both })).at(-1)).toMatch(/at most 2 are tried in an incident: so many were/);
  });

  it('counts no clean set against those two', () => {
    const all = sets({ policy: 'policy-1', id: 'snap-2', hoursAgo: 2 }, { hoursAgo: 3 }, { hoursAgo: 4 });
    const tried = ['node1-3', 'node1-5'].map((source) => ({ source, rank: 'clean' as const }));
    expect(ids(demand({ sets: all, tried }))).toEqual(['node1-4', 'snap-2']);
  });

  it('says of a third one that better ones come first, and of what a person can change before all else', () => {
    const all = sets(
      ...[2, 3, 4].map((hoursAgo) => ({ policy: 'policy-1', id: `snap-${hoursAgo}`, hoursAgo })),
      { hoursAgo: 5, more: { state: 'error' } },
      { hoursAgo: 6, id: 'snap-by-hand', ledger: { fleet: null } },
    );
    const told = why(demand({ sets: all }));
    expect(told).toEqual([
      'snap-by-hand has no tag that says it is of bitcoin, so heals may not read it. If it is: ' +
        'aws ec2 create-tags --resources snap-by-hand --tags Key=chainmend:fleet,Value=bitcoin',
      expect.stringMatching(/is error, not completed$/),
      expect.stringMatching(/at most 2 are tried in an incident: better ones come first$/),
    ]);
  });

  it('has a clean set of a node that is gone at its place, since it cannot be a root volume', () => {
    expect(ids(demand({ sets: sets({ node: 'node9', hoursAgo: 2 }, { hoursAgo: 26 }) }))).toEqual([
      'node9-2',
      'node1-26',
    ]);
  });

  it('counts what is an hour apart as equally new, in each hour again, and goes by the name at last', () => {
    const order = (...taken: readonly Taken[]) => ids(demand({ sets: sets(...taken) }));
    expect(order({ node: 'node2', hoursAgo: 2 }, { hoursAgo: 3 })).toEqual(['node1-3', 'node2-2']);
    expect(order({ node: 'node2', hoursAgo: 2 }, { node: 'node2', hoursAgo: 26 }, { hoursAgo: 26.5 })).toEqual([
      'node2-2',
      'node1-26.5',
      'node2-26',
    ]);
    const siblings = [
      { node: 'node3', hoursAgo: 2 },
      { node: 'node2', hoursAgo: 2 },
    ];
    expect(order(...siblings)).toEqual(['node2-2', 'node3-2']);
    expect(ids(demand({ sets: sets(...siblings).toReversed() }))).toEqual(['node2-2', 'node3-2']);
  });

  it('has a head start for a clean set where nobody knows how long a block takes', () => {
    const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
    expect(ids(demand({ sets: sets(running, { hoursAgo: 144 }), rate }))).toEqual(['node1-144', 'snap-running']);
  });

  it('goes by the date of a set whose blocks are a day behind it, and no more', () => {
    // A block in 600 s, by the second one. The first one lacks those of 26 h, and is two hours old.
    const all = sets(
      { hoursAgo: 2, ledger: { height: 900_000 - 156 } },
      { node: 'node2', hoursAgo: 10, ledger: { height: 900_000 - 60 } },
    );
    const head = { height: 900_000, atMs: NOON_MS };
    expect(ids(demand({ sets: all, head }))).toEqual(['node1-2', 'node2-10']);
  });
});

describe('how long a block takes', () => {
  const head = { height: 900_000, atMs: NOON_MS };
  const of = (...taken: readonly (readonly [hoursAgo: number, missing: number | null])[]) =>
    blockMsOf(
      sets(
        ...taken.map(([hoursAgo, missing]) => ({
          hoursAgo,
          ledger: { height: missing === null ? null : 900_000 - missing },
        })),
      ),
      { head },
    );

  it('is told by the set that makes blocks look slowest: a node that had stood lacks more', () => {
    expect(of([10, 60], [20, 1_200])).toBe(600_000);
  });

  it('is told by six blocks at least, and by an hour at least', () => {
    expect([of([10, 6]), of([10, 5])]).toEqual([6_000_000, null]);
    expect([of([1, 60]), of([0.99, 60])]).toEqual([60_000, null]);
  });

  it('is not known where no set tells its height, or nobody knows the chain’s', () => {
    expect(of([10, null])).toBeNull();
    expect(of()).toBeNull();
    expect(blockMsOf(sets({ hoursAgo: 10 }), { head: null })).toBeNull();
  });
});

describe('a snapshot that heals may read', () => {
  const reach = (tags: Readonly<Record<string, string>>, fleet = twoVolumes()) =>
    isWithinReach({ tags, policyId: null, ownerId: '111122223333' }, fleet);

  it('has all tags of one of the volumes, or the fleet’s name', () => {
    expect(reach({ Component: 'nodes/bitcoin', Role: 'ancient' })).toBe(true);
    expect(reach({ Component: 'nodes/bitcoin' })).toBe(false);
    expect(reach({ Component: 'nodes/litecoin', Role: 'data' })).toBe(false);
    expect(reach({ 'chainmend:fleet': 'bitcoin' })).toBe(true);
    expect(reach({ 'chainmend:fleet': 'litecoin' })).toBe(false);
  });

  it('belongs to the account that shares it, where the file names that, and to no other', () => {
    const account = { id: '444455556666', policy: 'policy-0123456789abcdef0' };
    const sharing = { ...twoVolumes(), copiesFrom: { region: 'eu-west-1', maxAgeHours: 48, account } };
    const of = (ownerId: string, fleet: Parameters<typeof isWithinReach>[1]) =>
      isWithinReach({ tags: {}, policyId: null, ownerId }, fleet);
    expect(of('444455556666', sharing)).toBe(true);
    expect(of('111122223333', sharing)).toBe(false);
    expect(of('444455556666', twoVolumes())).toBe(false);
    expect(of('444455556666', { ...sharing, copiesFrom: { region: 'eu-west-1', maxAgeHours: 48 } })).toBe(false);
  });

  it('is named with all others of its set, and with the policy that made them', () => {
    const fleet = twoVolumes();
    const untagged = { policy: 'policy-1', tags: { Component: 'nodes' } };
    const facts = [snapshot({ ...untagged, id: 'snap-a' }), snapshot({ ...untagged, id: 'snap-b', role: 'ancient' })];
    expect(why(demand({ fleet, sets: setsFrom(facts, fleet) }))).toEqual([
      expect.stringMatching(
        /^snap-a snap-b has no tag .* policy policy-1, or name it .* for this one aws ec2 create-tags --resources snap-a snap-b /,
      ),
    ]);
  });
});

describe('a set is refused, and it is said why, when it', () => {
  const fault: readonly (readonly [string, Taken, RegExp, Parameters<typeof demand>[0]?])[] = [
    ['is not completed yet', { more: { state: 'pending' } }, /is pending, not completed/],
    ['has failed', { more: { state: 'error' } }, /is error, not completed/],
    ['is archived', { more: { archived: true } }, /is archived: a person must restore it/],
    ['is quarantined', { ledger: { quarantined: 'the client exits' } }, /is quarantined: the client exits/],
    ['lacks one of its parts', { ledger: { parts: 2 } }, /has 1 of its 2 parts/],
    ['is another account’s', { more: { ownerId: '999999999999' } }, /belongs to account 999999999999/],
    [
      'has a key that cannot be used',
      { more: { kmsKeyId: 'arn:key' } },
      /encrypted with a key that cannot be used: it is disabled/,
      { unusableKeys: new Map([['arn:key', 'it is disabled']]) },
    ],
    ['is another fleet’s', { ledger: { fleet: 'litecoin' } }, /is of the fleet litecoin/],
    [
      'is of a policy that copies no tags',
      { policy: 'policy-1', tags: { Component: 'nodes' } },
      /has no tag that says it is of bitcoin.*set CopyTags in the lifecycle policy policy-1, or name it in replace.lifecyclePolicies/,
    ],
    ['is of another chain', { ledger: { chainId: 'test' } }, /is of the chain test, not of main/],
    ['was written by another client', { ledger: { client: 'btcd' } }, /was written by btcd, node1 runs satoshi/],
    [
      'was written by a newer client',
      { ledger: { clientVersion: '28.0.1' } },
      /28\.0\.1, node1 runs the older 27\.1\.0/,
    ],
    ['holds data of another mode', { ledger: { mode: 'archive' } }, /holds archive data, the fleet keeps pruned/],
    [
      'is from before an upgrade of its chain',
      { ledger: { height: 499 } },
      /of height 499, before the upgrade at 500 .*restore it by hand/,
      {
        fleet: fleetOf({ replace: { upgradeHeights: [200, 500] } }),
        head: { height: 600, atMs: NOON_MS },
        client: null,
      },
    ],
    ['is on a fork', { ledger: { blockHash: 'bb' } }, /has block bb at height 100, the chain has aa/],
    ['was taken after the fault', { hoursAgo: -4 }, /after the trouble of node1 began/],
    ['was taken when the fault may have begun', { hoursAgo: -0.15 }, /may have begun at 2026-01-01T11:58:00\.000Z/],
    [
      'was tried',
      { id: 'snap-tried' },
      /was tried in this incident/,
      { tried: [{ source: 'snap-tried', rank: 'clean' }] },
    ],
    [
      'is of a validator',
      { node: 'node2' },
      /node2, a validator: never/,
      { siblings: new Map([['node2', 'validator']]) },
    ],
    [
      'was taken of a validator, whatever its node is now',
      { node: 'node2', ledger: { ofValidator: true } },
      /taken of node2 as a validator, with its key: never for another node/,
    ],
    [
      'is of a node of unknown role',
      { node: 'node2' },
      /it may be a validator/,
      { siblings: new Map([['node2', 'unknown']]) },
    ],
    [
      'is of nobody knows whom, in a fleet that may have validators',
      { node: 'node9' },
      /whose role nobody knows/,
      { fleet: fleetOf({ role: { tag: 'Role' } }) },
    ],
    ['is a sibling’s, for a validator', { node: 'node2' }, /only its own snapshots are for it/, { role: 'validator' }],
    [
      'was taken of a running client, for a validator',
      { policy: 'policy-1' },
      /never from such a set/,
      { role: 'validator' },
    ],
  ];

  it.each<[string, Parameters<typeof demand>[0]]>([
    ['that is still to come', { head: { height: 450, atMs: NOON_MS } }],
    [
      'under the client of before it',
      { head: { height: 600, atMs: NOON_MS }, client: { client: 'satoshi', version: '27.0.0' } },
    ],
  ])('but not before an upgrade %s', (_, more) => {
    const fleet = fleetOf({ replace: { upgradeHeights: [500] } });
    const taken = sets({ ledger: { height: 400, clientVersion: '27.0.0' } });
    expect(ids(demand({ fleet, sets: taken, ...more }))).toHaveLength(1);
  });

  it.each<[string, number, RegExp | null]>([
    ['a millisecond before the fault may have begun', -120_001, null],
    ['at the moment at which it may have begun', -120_000, /may have begun at/],
    ['when it was seen', 3 * HOUR_MS, /after the trouble of node1 began/],
  ])('was taken too late: %s', (_, afterNoonMs, said) => {
    const told = why(demand({ sets: sets({ more: { startedAtMs: NOON_MS + afterNoonMs } }) }));
    expect(told).toEqual(said === null ? [] : [expect.stringMatching(said)]);
  });

  it.each<[string, Taken, Parameters<typeof demand>[0], RegExp | null]>([
    ['the first upgrade that its data are before', { ledger: { height: 100 } }, {}, /before the upgrade at 200 /],
    ['none where nobody knows its height', { ledger: { height: null } }, {}, null],
    ['none that its data are of', { ledger: { height: 500 } }, {}, null],
    ['one whose block is the newest', { ledger: { height: 499 } }, { head: { height: 500, atMs: NOON_MS } }, /at 500 /],
    ['one of a chain that nobody has seen', { ledger: { height: 499 } }, { head: null }, /at 500 /],
    [
      'one, whatever a CometBFT node says of its version',
      { ledger: { height: 499, clientVersion: '27.1.0' } },
      {
        client: { client: 'satoshi', version: '27.1.0' },
        fleet: fleetOf({ chain: 'cometbft', replace: { upgradeHeights: [500, 200] } }),
      },
      /at 500 /,
    ],
    [
      'one, under a client of after it',
      { ledger: { height: 499, clientVersion: '27.0.0' } },
      { client: { client: 'satoshi', version: '27.1.0' } },
      /at 500 /,
    ],
  ])('is from before an upgrade: %s', (_, taken, more, said) => {
    const fleet = fleetOf({ replace: { upgradeHeights: [500, 200] } });
    const head = { height: 600, atMs: NOON_MS };
    const told = why(demand({ fleet, head, client: null, sets: sets(taken), ...more }));
    expect(told).toEqual(said === null ? [] : [expect.stringMatching(said)]);
  });

  it('was written before an upgrade, by one part of it at least', () => {
    const fleet = twoVolumes({ replace: { upgradeHeights: [500] } });
    const facts = (ancientVersion: string) => [
      snapshot({ ledger: { parts: 2, height: 400, clientVersion: '27.1.0' } }),
      snapshot({ role: 'ancient', ledger: { parts: 2, height: 400, clientVersion: ancientVersion } }),
    ];
    const told = (ancientVersion: string) =>
      ids(demand({ fleet, head: { height: 600, atMs: NOON_MS }, sets: setsFrom(facts(ancientVersion), fleet) }));
    expect([told('27.1.0').length, told('27.0.0').length]).toEqual([1, 0]);
  });

  it('holds one part that was taken of a validator', () => {
    const fleet = twoVolumes();
    const facts = [
      snapshot({ node: 'node2', ledger: { parts: 2 } }),
      snapshot({ node: 'node2', role: 'ancient', ledger: { parts: 2, ofValidator: true } }),
    ];
    expect(why(demand({ fleet, sets: setsFrom(facts, fleet) }))).toEqual([
      expect.stringMatching(/taken of node2 as a validator/),
    ]);
  });

  it.each<[Parameters<typeof demand>[0], string]>([
    [{ role: 'validator' }, 'it is of node2, and node1 is a validator: only its own snapshots are for it'],
    [{ role: 'unknown' }, 'it is of node2, and node1 is of unknown role: only its own snapshots are for it'],
  ])('is a sibling’s, and the node may sign: %j', (more, said) => {
    expect(why(demand({ sets: sets({ node: 'node2' }), ...more }))).toEqual([said]);
  });

  it.each(fault)('%s', (_, taken, said, more = {}) => {
    const { good, refused } = rankSets(demand({ sets: sets(taken), ...more }));
    expect(good).toEqual([]);
    expect(refused.map((one) => one.why)).toEqual([expect.stringMatching(said)]);
  });

  it('has no snapshot of one of the node’s volumes', () => {
    const fleet = twoVolumes();
    const half = setsFrom([snapshot()], fleet);
    expect(why(demand({ fleet, sets: half }))).toEqual(['it has no snapshot of the volume ancient']);
  });
});

describe('what is not known', () => {
  it('refuses nothing: a first day’s snapshots tell neither client nor chain', () => {
    const first = sets({ policy: 'policy-1', id: 'snap-1', hoursAgo: 4 });
    expect(ids(demand({ sets: first }))).toEqual(['snap-1']);
    const nobody = { chainId: null, client: null, dataMode: undefined, accounts: [], hashes: new Map() };
    expect(ids(demand({ sets: sets({ hoursAgo: 4 }), ...nobody }))).toEqual(['node1-4']);
  });

  it('lets data of a newer patch, or of an older minor version, be opened', () => {
    const written = (clientVersion: string) => sets({ hoursAgo: 4, ledger: { clientVersion } });
    expect(ids(demand({ sets: written('27.1.9') }))).toHaveLength(1);
    expect(ids(demand({ sets: written('26.9.0') }))).toHaveLength(1);
    expect(ids(demand({ sets: written('27.10.0') }))).toHaveLength(0);
    expect(ids(demand({ sets: written('28.0.0'), client: { client: 'satoshi', version: null } }))).toHaveLength(1);
    expect(ids(demand({ sets: sets({ hoursAgo: 4, ledger: { clientVersion: null } }) }))).toHaveLength(1);
  });

  it('is the same chain: its name in small letters, as it is observed, and in capital ones, as the fleet file has it', () => {
    expect(ids(demand({ sets: sets({ hoursAgo: 4, ledger: { chainId: 'main' } }), chainId: 'Main' }))).toHaveLength(1);
  });

  it('is no fork: data that tell their height and no hash', () => {
    expect(ids(demand({ sets: sets({ hoursAgo: 4, ledger: { blockHash: null } }) }))).toHaveLength(1);
  });

  it('lets a gone node’s set be used where all nodes of the fleet are followers', () => {
    expect(ids(demand({ sets: sets({ node: 'node9', hoursAgo: 4 }) }))).toEqual(['node9-4']);
  });
});

describe('a validator', () => {
  it('gets its own clean set', () => {
    expect(ids(demand({ role: 'validator', sets: sets({ hoursAgo: 4 }) }))).toEqual(['node1-4']);
  });
});

describe('a person who names a snapshot', () => {
  const choose = (snapshotId: string, taken: readonly Taken[], more: Parameters<typeof demand>[0] = {}) =>
    chooseRequestedSet(snapshotId, demand({ sets: sets(...taken), ...more }));

  it('gets its set, by any of its parts or by the set’s own name', () => {
    expect(choose('snap-x', [{ id: 'snap-x', hoursAgo: 4 }])).toMatchObject({ set: { setId: 'node1-4' } });
    expect(choose('node1-4', [{ id: 'snap-x', hoursAgo: 4 }])).toMatchObject({ set: { setId: 'node1-4' } });
  });

  it('may name the fifth that was taken of a running client', () => {
    const taken = [1, 2, 3, 4, 5].map((days) => ({ policy: 'policy-1', id: `snap-${days}`, hoursAgo: 24 * days }));
    expect(choose('snap-5', taken)).toMatchObject({ set: { setId: 'snap-5' } });
  });

  it('is told how to take a quarantine back', () => {
    const taken = [{ id: 'snap-x', hoursAgo: 4, ledger: { quarantined: 'empty' } }];
    expect(choose('snap-x', taken)).toEqual({
      refuse: 'snapshot-unfit',
      reason:
        'the set of snap-x is quarantined: empty. If you know better: ' +
        'aws ec2 delete-tags --resources snap-x --tags Key=chainmend:quarantined',
    });
  });

  it('is told what to do about one that is newer than the fault, and gets it once it was proved later', () => {
    expect(choose('snap-x', [{ id: 'snap-x', hoursAgo: -1 }])).toMatchObject({
      refuse: 'snapshot-unfit',
      reason: expect.stringContaining('aws ec2 create-tags --resources snap-x --tags Key=chainmend:verified'),
    });
    const proved = [{ id: 'snap-x', hoursAgo: -1, ledger: { verifiedAtMs: NOON_MS + 2 * DAY_MS } }];
    expect(choose('snap-x', proved)).toMatchObject({ set: { rank: 'verified' } });
  });

  it('gets the whole set of several volumes by any of them, and is told which name it was', () => {
    const fleet = twoVolumes();
    const whole = (more: Partial<Taken> = {}) =>
      setsFrom(
        [
          snapshot({ id: 'snap-a', hoursAgo: 4, ledger: { parts: 2 } }),
          snapshot({ id: 'snap-b', hoursAgo: 4, role: 'ancient', ...more, ledger: { parts: 2, ...more.ledger } }),
        ],
        fleet,
      );
    const named = (id: string, more?: Partial<Taken>) => chooseRequestedSet(id, demand({ fleet, sets: whole(more) }));
    expect(named('snap-b')).toMatchObject({ set: { setId: 'node1-4' } });
    const pending = { more: { state: 'pending' as const } };
    expect(named('snap-a', pending)).toMatchObject({ reason: 'the set of snap-a: snap-b is pending, not completed' });
    expect(named('node1-4', pending)).toMatchObject({ reason: 'the set node1-4: snap-b is pending, not completed' });
  });

  it('gets no set of after the fault that was proved before it was taken, or of which one part alone was', () => {
    const fleet = twoVolumes();
    const atMs = NOON_MS + HOUR_MS;
    const late = (data: number | null, ancient: number | null) =>
      chooseRequestedSet(
        'snap-a',
        demand({
          fleet,
          sets: setsFrom(
            [
              snapshot({ id: 'snap-a', hoursAgo: -1, ledger: { parts: 2, verifiedAtMs: data } }),
              snapshot({ id: 'snap-b', hoursAgo: -1, role: 'ancient', ledger: { parts: 2, verifiedAtMs: ancient } }),
            ],
            fleet,
          ),
        }),
      );
    expect(late(atMs + DAY_MS, atMs + DAY_MS)).toHaveProperty('set');
    for (const [data, ancient] of [
      [atMs + DAY_MS, null],
      [atMs + DAY_MS, atMs - DAY_MS],
      [atMs, atMs],
    ] as const)
      expect(late(data, ancient)).toMatchObject({
        reason: expect.stringMatching(/Name one from before.*snap-a snap-b/),
      });
  });

  it('is told no more than the fault of one from before, or where nothing is wrong with the node', () => {
    const pending = { id: 'snap-x', more: { state: 'pending' as const } };
    const reason = 'the set of snap-x: snap-x is pending, not completed';
    expect(choose('snap-x', [{ ...pending, hoursAgo: 4 }])).toMatchObject({ reason });
    expect(choose('snap-x', [{ ...pending, hoursAgo: -1 }], { faultSinceMs: null })).toMatchObject({ reason });
    const atOnset = { id: 'snap-x', more: { state: 'pending' as const, startedAtMs: NOON_MS - 120_000 } };
    expect(choose('snap-x', [atOnset])).toMatchObject({ reason: expect.stringContaining('Name one from before') });
  });

  it('may name the newest of all where nothing is wrong with the node', () => {
    expect(choose('snap-x', [{ id: 'snap-x', hoursAgo: 0 }], { faultSinceMs: null })).toHaveProperty('set');
  });

  it('gets no snapshot that is nobody’s', () => {
    expect(choose('snap-y', [{ id: 'snap-x' }])).toMatchObject({
      refuse: 'snapshot-unfit',
      reason: expect.stringContaining('snap-y is no snapshot of a data volume of bitcoin'),
    });
  });
});
