import { describe, expect, it } from '@jest/globals';
import { desiredNames, inBatches, planNames } from '../../../functions/register-nodes/records.ts';
import { markerOf } from '../../../functions/register-nodes/zone.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { markerName } from '../../../shared/fleet/resource-names.ts';
import {
  a,
  applied,
  DNS,
  FLEET,
  factsOf,
  healthOf,
  idOf,
  nodeOf,
  nodes,
  OWNER,
  planOf,
  valuesIn,
  zoneOf,
} from '../../fixtures/register-facts.ts';

const POOL = 'pool.bitcoin.internal';
const SRV = '_bitcoin-p2p._tcp.bitcoin.internal';
const [one, two, three] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
const codes = (facts: ReturnType<typeof factsOf>) => planOf(facts).refusals.map(({ refuse }) => refuse);
const changed = (facts: ReturnType<typeof factsOf>) => planOf(facts).changes.map(({ sentence }) => sentence);

describe('a fleet of three nodes', () => {
  it('has an address each, a pool and its P2P service, and a marker beside each', () => {
    const after = applied(factsOf());
    expect(valuesIn(after, 'node2.bitcoin.internal')).toEqual(['10.0.2.2']);
    expect(valuesIn(after, POOL)).toEqual(['10.0.0.3', '10.0.1.1', '10.0.2.2']);
    expect(valuesIn(after, SRV, 'SRV')).toEqual([1, 2, 3].map((n) => `0 0 8333 node${n}.bitcoin.internal`));
    expect(valuesIn(after, '_chainmend.pool.bitcoin.internal', 'TXT')).toEqual([
      '"heritage=chainmend,fleet=bitcoin,region=eu-west-1,type=A"',
    ]);
    expect(after.zone.size).toBe(10);
  });

  it('needs nothing once it has them', () => {
    expect(changed(applied(factsOf()))).toEqual([]);
  });

  it('keeps the address of a node that is stopped, which keeps it too, but no one is sent there', () => {
    const before = applied(factsOf());
    const after = applied({ ...before, nodes: [one, { ...two, state: 'stopped' }, three] });
    expect(valuesIn(after, 'node2.bitcoin.internal')).toEqual(['10.0.2.2']);
    expect(valuesIn(after, POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
    expect(valuesIn(after, SRV, 'SRV')).not.toContain('0 0 8333 node2.bitcoin.internal');
  });

  it('forgets a node that is gone', () => {
    const before = applied(factsOf());
    const after = applied({ ...before, nodes: [one, three] });
    expect([...after.zone.keys()].filter((key) => key.includes('node2'))).toEqual([]);
    expect(valuesIn(after, POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
  });

  it('is told in words', () => {
    const before = applied(factsOf());
    expect(changed({ ...before, nodes: [{ ...one, privateIp: '10.0.1.9' }, three] })).toEqual([
      '_bitcoin-p2p._tcp.bitcoin.internal SRV loses 0 0 8333 node2.bitcoin.internal (2 in all)',
      'node1.bitcoin.internal A 10.0.1.1 → 10.0.1.9',
      'node2.bitcoin.internal A 10.0.2.2 goes: no node has it any more',
      'pool.bitcoin.internal A gains 10.0.1.9, loses 10.0.1.1, 10.0.2.2 (2 in all)',
    ]);
  });
});

describe('the pool', () => {
  const pool = (...args: readonly Health[]) => valuesIn(applied(factsOf({ health: healthOf(...args) })), POOL);

  it.each([
    ['holds those that are synced', ['synced', 'stuck', 'behind'], ['10.0.1.1']],
    ['holds those that are behind when none is synced', ['behind', 'starting', 'unreachable'], ['10.0.1.1']],
    ['holds those that start when none is better', ['stuck', 'starting', 'forked'], ['10.0.2.2']],
    ['holds the unknown rather than the unreachable', ['unknown', 'unreachable', 'stuck'], ['10.0.1.1']],
    ['holds the unreachable rather than the stuck', ['stuck', 'unreachable', 'forked'], ['10.0.2.2']],
    ['holds the stuck rather than the forked', ['forked', 'stuck', 'forked'], ['10.0.2.2']],
    [
      'holds the forked when nothing else is left',
      ['forked', 'forked', 'forked'],
      ['10.0.0.3', '10.0.1.1', '10.0.2.2'],
    ],
  ] as const)('%s', (_, health, addresses) => {
    expect(pool(...health)).toEqual(addresses);
  });

  it('prefers a node that does not run, and so answers nothing, to one that answers with another chain', () => {
    const facts = factsOf({ nodes: [one, { ...two, state: 'stopped' }], health: healthOf('forked', 'synced') });
    expect(valuesIn(applied(facts), POOL)).toEqual(['10.0.2.2']);
  });

  it('does not take in a forked node beside a paused one that does not run: no answer is better than a wrong one', () => {
    const before = applied(factsOf({ nodes: [one, two], health: healthOf('synced', 'stuck') }));
    const asleep = { ...before, nodes: [{ ...one, state: 'stopped' as const }, two], paused: new Set([idOf(1)]) };
    expect(valuesIn(applied({ ...asleep, health: healthOf('synced', 'forked') }), POOL)).toEqual(['10.0.1.1']);
    expect(valuesIn(applied({ ...asleep, health: healthOf('synced', 'stuck') }), POOL)).toHaveLength(2);
  });

  it('stays as it is for who was not observed lately, but for nodes that are gone', () => {
    const before = applied(factsOf({ health: healthOf('synced', 'synced', 'stuck') }));
    expect(valuesIn(before, POOL)).toEqual(['10.0.1.1', '10.0.2.2']);
    expect(changed({ ...before, health: new Map() })).toEqual([]);
    expect(valuesIn(applied({ ...before, health: new Map(), nodes: [two, three] }), POOL)).toEqual(['10.0.2.2']);
  });

  it('loses nobody because nothing is known: unknown is neither healthy nor sick', () => {
    const before = applied(factsOf());
    expect(valuesIn(applied({ ...before, health: healthOf('synced', 'unknown', 'stuck') }), POOL)).toEqual([
      '10.0.1.1',
      '10.0.2.2',
    ]);
  });

  it('holds every node that runs where nobody ever asks them', () => {
    const unasked = { ...FLEET, probe: undefined };
    const before = applied(factsOf({ fleet: unasked, health: new Map(), nodes: [one, two] }));
    expect(valuesIn(before, POOL)).toEqual(['10.0.1.1', '10.0.2.2']);
    expect(valuesIn(applied({ ...before, nodes }), POOL)).toHaveLength(3);
    expect(valuesIn(applied({ ...before, nodes: [one, { ...two, state: 'stopped' }] }), POOL)).toEqual(['10.0.1.1']);
  });

  it('serves RPC, so validators and bootnodes are in it only where there is nobody else', () => {
    const mixed = [one, { ...two, role: 'validator' as const }, { ...three, role: 'bootnode' as const }];
    expect(valuesIn(applied(factsOf({ nodes: mixed, health: healthOf('stuck', 'synced', 'synced') })), POOL)).toEqual([
      '10.0.1.1',
    ]);
    const validators = nodes.map((node) => ({ ...node, role: 'validator' as const }));
    expect(valuesIn(applied(factsOf({ nodes: validators })), POOL)).toHaveLength(3);
  });

  it('is not left to a paused node that answers nothing or nonsense: the least bad of the others join it', () => {
    const before = applied(factsOf());
    const paused = new Set([idOf(1)]);
    const asleep = { ...before, nodes: [{ ...one, state: 'stopped' as const }, two, three], paused };
    expect(valuesIn(applied({ ...asleep, health: healthOf('synced', 'behind', 'stuck') }), POOL)).toEqual([
      '10.0.1.1',
      '10.0.2.2',
    ]);
    const astray = { ...before, paused, health: healthOf('forked', 'behind', 'stuck') };
    expect(valuesIn(applied(astray), POOL)).toEqual(['10.0.1.1', '10.0.2.2']);
  });

  it('does without a node that a heal has taken, however well it looks, and has it again afterwards', () => {
    const before = applied(factsOf());
    const without = applied({ ...before, taken: new Set([idOf(2)]) });
    expect(valuesIn(without, POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
    expect(desiredNames({ ...before, taken: new Set([idOf(2)]) }).poolReason).toBe(
      '2 of 3 nodes are synced, 1 left out: a heal is at work on it',
    );
    expect(valuesIn(applied({ ...without, taken: new Set() }), POOL)).toHaveLength(3);
  });

  it('does without it where nobody asks the nodes, and where it was not observed lately', () => {
    const taken = new Set([idOf(2)]);
    const unasked = { ...FLEET, probe: undefined };
    const before = applied(factsOf({ fleet: unasked, health: new Map() }));
    expect(valuesIn(applied({ ...before, taken }), POOL)).toEqual(['10.0.0.3', '10.0.1.1']);
    expect(valuesIn(applied({ ...applied(factsOf()), health: new Map(), taken }), POOL)).toEqual([
      '10.0.0.3',
      '10.0.1.1',
    ]);
  });

  it('is never emptied by heals: who behaves worst serves rather than nobody', () => {
    const all = new Set([1, 2, 3].map(idOf));
    expect(valuesIn(applied({ ...applied(factsOf()), taken: all }), POOL)).toHaveLength(3);
    const alone = factsOf({ nodes: [one], health: healthOf('synced'), taken: new Set([idOf(1)]) });
    expect(valuesIn(applied(alone), POOL)).toEqual(['10.0.1.1']);
  });

  it('is spread over the zones where there are more than a record holds', () => {
    const many = Array.from({ length: 900 }, (_, i) =>
      nodeOf(i + 1, {
        privateIp: `10.${i % 9}.${Math.floor(i / 250)}.${i % 250}`,
        availabilityZone: i < 800 ? 'a' : 'b',
      }),
    );
    const facts = factsOf({ nodes: many, health: new Map(many.map(({ instanceId }) => [instanceId, 'synced'])) });
    const record = desiredNames(facts).records.find(({ name }) => name === POOL);
    expect(record?.values).toHaveLength(400);
    const zones = new Map(many.map(({ privateIp, availabilityZone }) => [privateIp, availabilityZone]));
    expect(record?.values.filter((ip) => zones.get(ip) === 'b')).toHaveLength(100);
  });
});

describe('the P2P service', () => {
  it('does not name a validator that stands behind sentries', () => {
    const guarded = [
      { ...one, role: 'validator' as const },
      { ...two, role: 'sentry' as const },
    ];
    expect(valuesIn(applied(factsOf({ nodes: guarded })), SRV, 'SRV')).toEqual(['0 0 8333 node2.bitcoin.internal']);
    const open = [{ ...one, role: 'validator' as const }, two];
    expect(valuesIn(applied(factsOf({ nodes: open })), SRV, 'SRV')).toHaveLength(2);
  });

  it('fits into a batch that deletes and creates it', () => {
    const many = Array.from({ length: 900 }, (_, i) => nodeOf(i + 1, { name: `node${i}-${'x'.repeat(50)}` }));
    const facts = applied(factsOf({ nodes: many }));
    const characters = valuesIn(facts, SRV, 'SRV').join('').length;
    expect(characters).toBeGreaterThan(10_000);
    expect(characters * 2).toBeLessThan(32_000);
  });
});

it('a pool that another fleet of the zone has stays that one’s, and people are told', () => {
  const { changes, refusals } = planOf(
    factsOf({
      zone: zoneOf([
        a('pool.bitcoin.internal', '10.9.9.9'),
        markerOf({ ...OWNER, fleet: 'litecoin' }, { name: 'pool.bitcoin.internal', type: 'A' }),
      ]),
    }),
  );
  expect(changes.map(({ name }) => name)).not.toContain('pool.bitcoin.internal');
  expect(refusals).toMatchObject([
    { refuse: 'record-foreign', subject: 'pool.bitcoin.internal A', reason: expect.stringContaining('fleet=litecoin') },
  ]);
});

describe('a record that chainmend did not make', () => {
  it.each([
    ['without a marker', [a('node2.bitcoin.internal', '192.0.2.9')], /is 192.0.2.9 and not marked/],
    ['as an alias', [{ ...a('node2.bitcoin.internal', '192.0.2.9'), type: 'CNAME' }], /is a CNAME/],
    [
      'with another fleet’s marker',
      [markerOf({ ...OWNER, fleet: 'litecoin' }, { name: 'node2.bitcoin.internal', type: 'A' })],
      /fleet=litecoin/,
    ],
    [
      'with the marker of a fleet of the same name in another region, whose zones these are, too,',
      [
        a('node2.bitcoin.internal', '10.9.2.2'),
        markerOf({ ...OWNER, region: 'us-east-1' }, { name: 'node2.bitcoin.internal', type: 'A' }),
      ],
      /region=us-east-1/,
    ],
    [
      'with the marker of a fleet of the same name in another suite, whose zones these are, too,',
      [
        a('node2.bitcoin.internal', '10.9.2.2'),
        markerOf({ ...OWNER, suite: 'payments-chainmend' }, { name: 'node2.bitcoin.internal', type: 'A' }),
      ],
      /suite=payments,fleet=bitcoin/,
    ],
    [
      'that got a routing policy later',
      [
        { ...a('node2.bitcoin.internal', '10.0.2.2'), plain: false },
        markerOf(OWNER, { name: 'node2.bitcoin.internal', type: 'A' }),
      ],
      /alias or has a routing policy/,
    ],
  ])('%s is refused by name, and the rest is made', (_, records, reason) => {
    const facts = factsOf({ zone: zoneOf(records) });
    const { refusals, changes } = planOf(facts);
    expect(refusals).toMatchObject([{ refuse: 'record-foreign', subject: 'node2.bitcoin.internal A', page: true }]);
    expect(refusals[0]?.reason).toMatch(reason);
    expect(refusals[0]?.node).toMatchObject({ name: 'node2', instanceId: idOf(2) });
    expect(changes.map(({ name }) => name)).toEqual([SRV, 'node1.bitcoin.internal', 'node3.bitcoin.internal', POOL]);
    // A client that looks for peers must not find a stranger.
    expect(valuesIn(applied(facts), SRV, 'SRV')).not.toContain('0 0 8333 node2.bitcoin.internal');
  });

  describe('of a fleet that has another name now', () => {
    const records = [
      a('node2.bitcoin.internal', '10.0.2.2'),
      markerOf({ ...OWNER, fleet: 'litecoin' }, { name: 'node2.bitcoin.internal', type: 'A' }),
    ];
    const planAmong = (fleets: readonly string[] | null) => {
      const facts = factsOf({ zone: zoneOf(records) });
      return planNames(OWNER, desiredNames(facts), facts.zone, fleets && new Set(fleets));
    };

    it('stays with another suite, whose fleets this one does not know', () => {
      const theirs = markerOf(
        { ...OWNER, suite: 'payments-chainmend', fleet: 'litecoin' },
        { name: 'node2.bitcoin.internal', type: 'A' },
      );
      const facts = factsOf({ zone: zoneOf([a('node2.bitcoin.internal', '10.0.2.2'), theirs]) });
      for (const suite of ['chainmend', 'orders-chainmend'])
        expect(
          planNames({ ...OWNER, suite }, desiredNames(facts), facts.zone, new Set(['bitcoin'])).refusals,
        ).toMatchObject([{ refuse: 'record-foreign', subject: 'node2.bitcoin.internal A' }]);
    });

    it('goes over with its marker where the old name has no file any more', () => {
      const { refusals, changes } = planAmong(['bitcoin']);
      expect(refusals).toEqual([]);
      expect(changes.find(({ name }) => name === 'node2.bitcoin.internal')).toMatchObject({
        remove: records,
        create: [{ type: 'A' }, { type: 'TXT', values: [expect.stringContaining('fleet=bitcoin,')] }],
      });
    });

    it.each([
      ['the other fleet has a file', ['bitcoin', 'litecoin']],
      ['nobody knows which fleets have a file', null],
    ])('stays as it is where %s', (_, fleets) => {
      expect(planAmong(fleets).refusals).toMatchObject([{ refuse: 'record-foreign' }]);
    });
  });

  it('is put back where it was ours and a person changed it', () => {
    const before = applied(factsOf());
    const drifted = new Map(before.zone);
    drifted.set('node2.bitcoin.internal A', { ...a('node2.bitcoin.internal', '192.0.2.9'), plain: true });
    expect(changed({ ...before, zone: drifted })).toEqual(['node2.bitcoin.internal A 192.0.2.9 → 10.0.2.2']);
  });

  it('is made again where it was ours and only its marker is left', () => {
    const before = applied(factsOf());
    const without = new Map(before.zone);
    without.delete('node2.bitcoin.internal A');
    expect(changed({ ...before, zone: without })).toEqual(['node2.bitcoin.internal A 10.0.2.2 is made']);
  });

  it('in another region is not taken for one of a node that is gone', () => {
    const before = applied(factsOf());
    const elsewhere = applied(
      factsOf({ region: 'us-east-1', nodes: [nodeOf(7), nodeOf(8), nodeOf(9)], zone: before.zone }),
    );
    const plan = planOf({ ...elsewhere, region: before.region, nodes, health: before.health });
    expect([plan.changes, plan.owned]).toEqual([[], 3]);
  });

  it('loses a marker that is left over from a node that is gone', () => {
    const zone = zoneOf([markerOf(OWNER, { name: 'node9.bitcoin.internal', type: 'A' })]);
    const plan = planOf({ ...applied(factsOf()), zone: new Map([...applied(factsOf()).zone, ...zone]) });
    expect(plan.changes.map(({ remove }) => remove.map(({ name }) => name))).toEqual([
      [markerName('node9.bitcoin.internal')],
    ]);
    expect(plan.gone).toBe(0);
  });
});

describe('names', () => {
  it('that two nodes share are refused for both, whatever their case, and what is there stays', () => {
    const before = applied(factsOf());
    const facts = { ...before, nodes: [one, { ...two, name: 'NODE3' }, three] };
    expect(codes(facts)).toEqual(['name-taken', 'name-taken']);
    expect(valuesIn(applied(facts), 'node3.bitcoin.internal')).toEqual(['10.0.0.3']);
    expect(valuesIn(applied(facts), SRV, 'SRV')).toContain('0 0 8333 node3.bitcoin.internal');
  });

  it('that cannot be labels are refused for their node, which is in the pool all the same', () => {
    const facts = factsOf({ nodes: [{ ...one, name: 'node one' }, two] });
    expect(codes(facts)).toEqual(['name-invalid']);
    expect(valuesIn(applied(facts), POOL)).toEqual(['10.0.1.1', '10.0.2.2']);
  });

  it('of the pool are the pool’s', () => {
    expect(codes(factsOf({ nodes: [{ ...one, name: 'Pool' }, two] }))).toEqual(['name-taken']);
  });
});

describe('a paused node', () => {
  it('keeps its records as they are', () => {
    const before = applied(factsOf());
    const facts = {
      ...before,
      nodes: [one, { ...two, privateIp: '10.0.2.99' }, three],
      health: healthOf('synced', 'stuck', 'synced'),
      paused: new Set([idOf(2)]),
    };
    // No node has its old address any more, so the address leaves the pool; its name stays.
    expect(changed(facts)).toEqual(['pool.bitcoin.internal A loses 10.0.2.2 (2 in all)']);
    const same = { ...before, health: healthOf('synced', 'stuck', 'synced'), paused: new Set([idOf(2)]) };
    expect(changed(same)).toEqual([]);
  });

  it('does not empty the pool when all are', () => {
    const before = applied(factsOf());
    const facts = {
      ...before,
      nodes: nodes.map((node) => ({ ...node, privateIp: '' })),
      paused: new Set(nodes.map(({ instanceId }) => instanceId)),
    };
    expect(changed(facts)).toEqual([]);
  });
});

describe('a plan', () => {
  it('is named by its changes and nothing else', () => {
    expect(planOf(factsOf()).hash).toMatch(/^[0-9a-f]{12}$/);
    expect(planOf(factsOf({ nodes: [...nodes].reverse() })).hash).toBe(planOf(factsOf()).hash);
    expect(planOf(factsOf({ health: healthOf('synced', 'stuck') })).hash).not.toBe(planOf(factsOf()).hash);
  });

  it('counts the nodes’ names that would go for good, but not of those that EC2 itself calls terminated', () => {
    const before = applied(factsOf());
    expect(planOf({ ...before, nodes: [one] })).toMatchObject({ owned: 3, gone: 2 });
    expect(planOf({ ...before, nodes: [one], ended: new Set(['Node2']) })).toMatchObject({ owned: 2, gone: 1 });
  });

  it('that may delete nobody’s name keeps everything else up: who is sick leaves the pool, who is new gets a name', () => {
    const before = applied(factsOf());
    const facts = { ...before, nodes: [one, nodeOf(4)], keepGone: true, health: healthOf('forked') };
    const after = applied({ ...facts, health: new Map([...facts.health, [idOf(4), 'synced']]) });
    expect(valuesIn(after, 'node2.bitcoin.internal')).toEqual(['10.0.2.2']);
    expect(valuesIn(after, 'node4.bitcoin.internal')).toEqual(['10.0.1.4']);
    expect(valuesIn(after, POOL)).toEqual(['10.0.0.3', '10.0.1.4', '10.0.2.2']);
    expect(valuesIn(after, SRV, 'SRV')).toHaveLength(4);
    const ended = applied({ ...facts, ended: new Set(['node2']) });
    expect(valuesIn(ended, 'node2.bitcoin.internal')).toEqual([]);
    // No node is known to be better than the unseen ones, so the least bad nodes join them.
    expect(valuesIn(ended, POOL)).toEqual(['10.0.0.3', '10.0.1.4']);
  });

  it('goes out in batches that Route 53 takes', () => {
    const many = Array.from({ length: 450 }, (_, i) =>
      nodeOf(i + 1, { privateIp: `10.1.${i % 200}.${Math.floor(i / 200)}` }),
    );
    const before = applied(factsOf({ nodes: many.slice(0, 400), health: new Map() }));
    const batches = inBatches(planOf({ ...before, nodes: many.slice(50), health: new Map() }).changes);
    for (const batch of batches) {
      const values = batch.flatMap(({ remove, create }) => [...remove, ...create]).flatMap((record) => record.values);
      expect(values.length).toBeLessThanOrEqual(1_000);
      expect(values.join('').length).toBeLessThanOrEqual(32_000);
    }
    expect(batches.flat().length).toBeGreaterThan(100);
    expect(FLEET.dns).toBe(DNS);
  });
});
