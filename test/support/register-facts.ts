// A fleet's nodes and its zone, as the tests of register-nodes need them: the exchange's three nodes, and any other fleet.
import fc from 'fast-check';
import { desiredNames, type NameFacts, planNames } from '../../functions/register-nodes/records.ts';
import { type RecordSet, recordKey, type Zone, type ZoneRecord } from '../../functions/register-nodes/zone.ts';
import type { Role } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { fleetNode } from './builders/node.ts';

export const DNS = { zone: 'bitcoin.internal', pool: 'pool', ttlSeconds: 10, p2pPort: 8333 } as const;
export const FLEET = { name: 'bitcoin', chain: 'bitcoin', dns: DNS, probe: { by: 'ssm' } } as const;

const REGION = 'eu-west-1';
/** Of the exchange's fleet. */
export const OWNER = { fleet: FLEET.name, region: REGION } as const;

export const idOf = (index: number): string => `i-0${String(index).padStart(8, '0')}`;

export const nodeOf = (index: number, more: Partial<FleetNode> = {}): FleetNode =>
  fleetNode({
    instanceId: idOf(index),
    name: `node${index}`,
    availabilityZone: `eu-west-1${'abc'[index % 3]}`,
    privateIp: `10.0.${index % 3}.${index}`,
    ...more,
  });

export const nodes = [nodeOf(1), nodeOf(2), nodeOf(3)];

export const healthOf = (...health: readonly Health[]): ReadonlyMap<string, Health> =>
  new Map(health.map((state, index) => [idOf(index + 1), state]));

export const factsOf = (more: Partial<NameFacts> = {}): NameFacts => ({
  fleet: FLEET,
  region: REGION,
  nodes,
  health: healthOf('synced', 'synced', 'synced'),
  paused: new Set(),
  zone: new Map(),
  ...more,
});

export const zoneOf = (records: readonly (RecordSet & { readonly plain?: boolean })[]): Zone =>
  new Map(records.map((record) => [recordKey(record.name, record.type), { plain: true, ...record }]));

export const a = (name: string, ...values: readonly string[]): RecordSet => ({
  name,
  type: 'A',
  ttlSeconds: DNS.ttlSeconds,
  values,
});

export const planOf = (facts: NameFacts) =>
  planNames({ fleet: facts.fleet.name, region: facts.region }, desiredNames(facts), facts.zone);

/** What Route 53 makes of a plan: all of a change or nothing, and never over what is there. Throws where it would refuse. */
export function applied(facts: NameFacts): NameFacts {
  const zone = new Map<string, ZoneRecord>(facts.zone);
  for (const { remove, create } of planOf(facts).changes) {
    for (const record of remove) {
      const key = recordKey(record.name, record.type);
      const now = zone.get(key);
      if (!now || JSON.stringify([now.ttlSeconds, now.values]) !== JSON.stringify([record.ttlSeconds, record.values]))
        throw new Error(`${key} is not as it was read`);
      zone.delete(key);
    }
    for (const record of create) {
      const key = recordKey(record.name, record.type);
      if (zone.has(key)) throw new Error(`${key} is there already`);
      zone.set(key, { ...record, plain: true });
    }
  }
  return { ...facts, zone };
}

export const valuesIn = (facts: NameFacts, name: string, type = 'A'): readonly string[] =>
  facts.zone.get(recordKey(name, type))?.values ?? [];

const health = fc.constantFrom<Health | undefined>(
  'synced',
  'behind',
  'starting',
  'stuck',
  'forked',
  'unreachable',
  'unknown',
  undefined,
);
const role = fc.constantFrom<Role>('follower', 'validator', 'sentry', 'bootnode', 'unknown');

interface AnyNode {
  readonly node: FleetNode;
  readonly health: Health | undefined;
  readonly paused: boolean;
  readonly taken: boolean;
}

const anyNode = (index: number): fc.Arbitrary<AnyNode> =>
  fc.record({
    node: fc
      .record({
        // A few names only, so that two nodes sometimes have the same one.
        name: fc.constantFrom(`node${index}`, `Node${index}`, `node${index + 1}`, 'pool', 'node_1', `n-${index}`),
        role,
        state: fc.constantFrom('pending', 'running', 'running', 'running', 'stopping', 'stopped'),
        privateIp: fc.constantFrom(`10.0.0.${index}`, `10.0.1.${index}`),
      })
      .map((more) => nodeOf(index, more)),
    health,
    paused: fc.boolean().map((is) => is && index % 4 === 0),
    taken: fc.boolean().map((is) => is && index % 3 === 0),
  });

/** Strangers' records under names that may be ours to have, too. */
const foreign = fc
  .array(
    fc.record({
      name: fc.constantFrom(
        'node1',
        'node3',
        'pool',
        'other',
        '_chainmend.node2',
        '_chainmend.pool',
        '_bitcoin-p2p._tcp',
      ),
      type: fc.constantFrom('A', 'TXT', 'CNAME', 'SRV'),
      plain: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((some) =>
    some.map(({ name, type, plain }) => ({
      name: `${name}.${DNS.zone}`,
      type,
      ttlSeconds: 60,
      values: [type === 'TXT' ? '"heritage=somebody"' : '192.0.2.1'],
      plain,
    })),
  );

/** Any fleet of up to eight nodes over a zone with anybody's records; `before` is what the fleet looked like a run ago. */
export const anyStory = fc
  .tuple(
    fc.tuple(...Array.from({ length: 8 }, (_, i) => fc.option(anyNode(i + 1), { nil: undefined }))),
    fc.tuple(...Array.from({ length: 8 }, (_, i) => fc.option(anyNode(i + 1), { nil: undefined }))),
    foreign,
  )
  .map(([before, now, strangers]) => {
    const facts = (some: readonly (AnyNode | undefined)[], zone: Zone): NameFacts => {
      const there = some.filter((one) => one !== undefined);
      return factsOf({
        nodes: there.map(({ node }) => node),
        health: new Map(there.flatMap(({ node, health: state }) => (state ? [[node.instanceId, state] as const] : []))),
        paused: new Set(there.filter(({ paused }) => paused).map(({ node }) => node.instanceId)),
        taken: new Set(there.filter(({ taken }) => taken).map(({ node }) => node.instanceId)),
        zone,
      });
    };
    const strange = zoneOf(strangers);
    return { strange, facts: facts(now, applied(facts(before, strange)).zone) };
  });
