// What belongs to a fleet: what its deployment knows, of which its stored file may take a part, without what a neighbour claims.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  claimants,
  deployedIn,
  deployedParameterNames,
  deployedValues,
  isMember,
  isSnapshotOf,
  neighboursOf,
  targetFor,
  targetToPutBack,
  widenedIn,
} from '../../../shared/fleet/membership.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { tries } from '../../fixtures/any.ts';
import { bitcoinFile, DEPLOYED, deployedAs } from '../../fixtures/builders/fleet.ts';

const BITCOIN = bitcoinFile({
  dns: { zone: 'bitcoin.internal' },
  rpc: { credentials: 'ssm:/bitcoin/rpc' },
  probe: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] },
});
const SIGNET = bitcoinFile({ fleet: 'signet', nodes: { tag: { Network: 'signet' } } });
const deployed = deployedAs(BITCOIN, SIGNET);
const stored = (more: object) => parseStored(JSON.parse(JSON.stringify({ ...BITCOIN, ...more })));
const fleet = resolveFleet(parseStored(BITCOIN), 'chainmend', neighboursOf('bitcoin', deployed));

describe('a stored file', () => {
  it('is the deployment’s own, or asks for less', () => {
    expect(widenedIn(stored({}), deployed)).toEqual([]);
    const less = stored({
      nodes: { tag: { Component: 'nodes/bitcoin', Stage: 'test' } },
      dns: undefined,
      rpc: undefined,
    });
    expect(widenedIn(less, deployed)).toEqual([]);
  });

  it.each([
    ['other nodes', { nodes: { tag: { Component: 'nodes/litecoin' } } }, 'nodes.tag'],
    ['any nodes with a tag of its own', { nodes: { tag: { Stage: 'test' } } }, 'nodes.tag'],
    ['other volumes', { volumes: { data: { path: '/node-data', tag: { Network: 'signet' } } } }, 'volumes.data.tag'],
    ['a volume that was not there', { volumes: { data: '/node-data', more: '/more' } }, 'volumes.more.tag'],
    ['another zone', { dns: { zone: 'signet.internal' } }, 'dns.zone'],
    ['a neighbour’s credentials', { rpc: { credentials: 'ssm:/signet/rpc' } }, 'rpc.credentials'],
    [
      'a policy of snapshots',
      { replace: { lifecyclePolicies: ['policy-0123456789abcdef0'] } },
      'replace.lifecyclePolicies',
    ],
  ])('may not ask for %s', (_, more, field) => {
    expect(widenedIn(stored(more), deployed).map(({ path }) => path.join('.'))).toContain(field);
  });

  it('of a fleet that nobody has deployed is nothing', () => {
    expect(widenedIn(stored({ fleet: 'other' }), deployed)).toMatchObject([{ path: ['fleet'] }]);
  });

  it('never reaches an instance that the deployment does not know, whatever its tags', () => {
    const tags = fc.dictionary(
      fc.constantFrom('Component', 'Stage', 'Network'),
      fc.constantFrom('nodes/bitcoin', 'x', 'y'),
      { minKeys: 1 },
    );
    fc.assert(
      fc.property(tags, tags, (asked, carried) => {
        if (widenedIn(stored({ nodes: { tag: asked } }), deployed).length > 0) return;
        const narrowed = resolveFleet(stored({ nodes: { tag: asked } }), 'chainmend', fleet.neighbours);
        if (isMember(narrowed, carried)) expect(isMember(fleet, carried)).toBe(true);
      }),
      tries('membership', 2_000),
    );
  });
});

describe('what the deployment knows', () => {
  it('is read back as it was written', () => {
    expect([...deployed.keys()]).toEqual(['bitcoin', 'signet']);
    expect(deployed.get('signet')?.nodes).toEqual({ Network: 'signet' });
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['has another form', '{"bitcoin":{"nodes":"all"}}'],
    ['is too long', `"${'x'.repeat(9_000)}"`],
  ])('is unknown where it %s: then no file can be judged', (_, value) => {
    const values = new Map(value === undefined ? [] : [[DEPLOYED, value]]);
    expect(() => deployedIn('/chainmend', values)).toThrow('expected what npm run deploy writes of all fleets');
  });

  it('fits into one parameter for twenty-five fleets, into several for three hundred, and is refused where it does not fit', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        parseStored(bitcoinFile({ fleet: `coin${at}`, nodes: { tag: { Component: `nodes/coin${at}` } } })),
      );
    expect(deployedValues(many(25))).toMatchObject([{ tier: 'Standard' }]);
    const parts = deployedValues(many(300));
    const names = deployedParameterNames('/chainmend');
    expect(parts.length).toBeGreaterThan(1);
    const stored = new Map(parts.map(({ value }, at) => [names[at] ?? '', value]));
    expect(deployedIn('/chainmend', stored).size).toBe(300);
    stored.delete(names[1] ?? '');
    expect(() => deployedIn('/chainmend', stored)).toThrow('expected what npm run deploy writes');
    expect(() => deployedValues(many(800))).toThrow('expected fewer fleets in one suite');
  });
});

describe('what two fleets claim', () => {
  const own = { Component: 'nodes/bitcoin' };
  const both = { ...own, Network: 'signet' };

  it('is nobody’s', () => {
    expect([isMember(fleet, own), isMember(fleet, both), claimants(fleet.neighbours, both)]).toEqual([
      true,
      false,
      ['signet'],
    ]);
  });

  it('gets no command for anything new, with both names, and all that puts it back', () => {
    expect(targetFor(fleet, 'i-1', own)).toMatchObject({ instanceId: 'i-1' });
    expect(targetFor(fleet, 'i-1', both)).toMatchObject({
      refuse: 'node-unknown',
      reason: expect.stringContaining('bitcoin and signet'),
    });
    expect(targetToPutBack(fleet, 'i-1', both)).toMatchObject({ instanceId: 'i-1' });
  });

  it('gives no data: a snapshot is of whom it was taken for, or of one claimant alone', () => {
    expect(isSnapshotOf(fleet, own)).toBe(true);
    expect(isSnapshotOf(fleet, both)).toBe(false);
    expect(isSnapshotOf(fleet, { ...both, 'chainmend:fleet': 'bitcoin' })).toBe(true);
    expect(isSnapshotOf(fleet, { ...own, 'chainmend:fleet': 'signet' })).toBe(false);
  });
});
