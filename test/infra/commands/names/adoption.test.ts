// What a person may hand over, and what register-nodes makes of it: from a zone and nodes.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NameFacts } from '../../../../functions/register-nodes/records.ts';
import { markerOf, recordKey, type ZoneRecord } from '../../../../functions/register-nodes/zone.ts';
import { planAdoption } from '../../../../infra/commands/names/adoption.ts';
import { tries } from '../../../fixtures/any.ts';
import {
  a,
  anyStory,
  applied,
  factsOf,
  nodeOf,
  nodes,
  OWNER,
  planOf,
  zoneOf,
} from '../../../fixtures/register-facts.ts';

const NODE2 = 'node2.bitcoin.internal';
const POOL = 'pool.bitcoin.internal';
const fleets = new Set(['bitcoin']);
const planIn = (names: NameFacts) => planAdoption({ names, fleets });
const shownIn = (names: NameFacts) =>
  planIn(names).adoptable.map(({ record, afterwards }) => `${record.name} ${record.type} ${afterwards}`);

/** What Route 53 makes of the batch; throws where it would refuse. */
function adopted(names: NameFacts): NameFacts {
  const zone = new Map<string, ZoneRecord>(names.zone);
  for (const { remove, create } of planIn(names).changes) {
    for (const record of remove) if (!zone.delete(recordKey(record.name, record.type))) throw new Error(record.name);
    for (const record of create) {
      if (zone.has(recordKey(record.name, record.type))) throw new Error(record.name);
      zone.set(recordKey(record.name, record.type), { ...record, plain: true });
    }
  }
  return { ...names, zone };
}

const answersOf = ({ zone }: NameFacts): string =>
  JSON.stringify(
    [...zone.values()]
      .filter(({ type }) => type !== 'TXT')
      .map(({ name, type, ttlSeconds, values }) => [name, type, ttlSeconds, values])
      .sort(),
  );

describe('handing records over', () => {
  it('shows each with what register-nodes makes of it afterwards', () => {
    const srv = {
      ...a('_bitcoin-p2p._tcp.bitcoin.internal', '0 0 8333 node1.bitcoin.internal.'),
      type: 'SRV',
      ttlSeconds: 60,
    };
    const zone = zoneOf([
      { ...a('node1.bitcoin.internal', '10.0.1.1'), ttlSeconds: 300 },
      a(NODE2, '192.0.2.9'),
      a('node3.bitcoin.internal', '10.0.0.3'),
      a(POOL, '10.0.1.1', '192.0.2.9'),
      srv,
    ]);
    expect(shownIn(factsOf({ zone }))).toEqual([
      '_bitcoin-p2p._tcp.bitcoin.internal SRV gains 0 0 8333 node2.bitcoin.internal, 0 0 8333 node3.bitcoin.internal, TTL 60 → 10 s (3 in all)',
      'node1.bitcoin.internal A becomes 10.0.1.1, TTL 10 s',
      'node2.bitcoin.internal A becomes 10.0.2.2, TTL 10 s',
      'node3.bitcoin.internal A stays as it is',
      'pool.bitcoin.internal A gains 10.0.0.3, 10.0.2.2, loses 192.0.2.9 (3 in all)',
    ]);
  });

  it('lets register-nodes keep them: it refuses none of them any more', () => {
    const zone = zoneOf([a(NODE2, '192.0.2.9'), a(POOL, '10.0.1.1')]);
    const before = factsOf({ zone });
    expect(planOf(before).refusals).toHaveLength(2);
    expect(planOf(before).refusals[0]?.reason).toMatch(/npm run chainmend -- names adopt bitcoin$/);
    const after = adopted(before);
    expect(planOf(after).refusals).toEqual([]);
    expect(planOf(applied(after)).changes).toEqual([]);
    expect(planIn(applied(after)).kept).toBe(5);
  });

  it.each([
    ['of no node', [a('grafana.bitcoin.internal', '10.0.200.7')], /^grafana.* A 10\.0\.200\.7: no node of the fleet/],
    ['that is a CNAME', [{ ...a(NODE2, 'elsewhere.example'), type: 'CNAME' }], /^node2.* is a CNAME/],
    ['that is an alias or has a routing policy', [{ ...a(NODE2), plain: false }], /^node2.*: it is an alias or has a/],
    ['with another fleet’s marker', [a(NODE2, '10.0.2.2'), marker({ fleet: 'litecoin' })], /fleet=litecoin/],
    ['with the marker of a suite elsewhere', [a(NODE2, '10.0.2.2'), marker({ region: 'us-east-1' })], /us-east-1/],
    ['beside which there is only somebody’s marker', [marker({ region: 'us-east-1' })], /^node2.*us-east-1/],
  ])('is not offered for one %s, and says why', (_, records, why) => {
    const { adoptable, others } = planAdoption({
      names: factsOf({ zone: zoneOf(records) }),
      fleets: new Set(['bitcoin', 'litecoin']),
    });
    expect(adoptable).toEqual([]);
    expect(others).toHaveLength(1);
    expect(others[0]).toMatch(why);
  });

  function marker(more: Partial<typeof OWNER> | { readonly region: string } | { readonly fleet: string }) {
    return markerOf({ ...OWNER, ...more }, { name: NODE2, type: 'A' });
  }

  it('leaves a paused node’s record, and one that two nodes claim', () => {
    const zone = zoneOf([a(NODE2, '192.0.2.9')]);
    const paused = new Set([nodes[1]?.instanceId ?? '']);
    expect(planIn(factsOf({ zone, paused }))).toMatchObject({
      adoptable: [],
      others: [expect.stringContaining('paused, doubled')],
    });
    const two = factsOf({ zone, nodes: [...nodes, nodeOf(7, { name: 'Node2' })] });
    expect(planIn(two)).toMatchObject({ adoptable: [], others: [expect.stringContaining('paused, doubled')] });
  });

  it('never changes an answer, takes no record with a marker, and is done once, whatever there is', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const after = adopted(facts);
        expect(answersOf(after)).toBe(answersOf(facts));
        expect(planIn(after).changes).toEqual([]);
        // What it said that register-nodes would do is what it does.
        const done = applied(after);
        for (const { record, afterwards } of planIn(facts).adoptable) {
          const now = done.zone.get(recordKey(record.name, record.type));
          const same = JSON.stringify(now?.values) === JSON.stringify(record.values);
          if (afterwards === 'stays as it is') expect(same && now?.ttlSeconds === record.ttlSeconds).toBe(true);
        }
        for (const { name, type } of planIn(facts).adoptable.map(({ record }) => record)) {
          expect(facts.zone.get(recordKey(name, type))?.plain).toBe(true);
          expect(facts.zone.has(recordKey(`_chainmend.${name}`, 'TXT'))).toBe(false);
        }
      }),
      tries('names', 300),
    );
  });
});
