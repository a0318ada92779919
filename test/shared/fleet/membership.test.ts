// What belongs to a fleet: what its deployment knows, of which its stored file may take a part, without what a neighbour claims.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repositoryRoot } from '../../../infra/paths.ts';
import {
  claimants,
  claimantsOfVolume,
  contestedWords,
  deployedIn,
  deployedParameterNames,
  deployedValues,
  fleetNames,
  isMember,
  isResourceOf,
  neighboursOf,
  ownSnapshots,
  targetFor,
  targetToPutBack,
  widenedIn,
} from '../../../shared/fleet/membership.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { tries } from '../../fixtures/any.ts';
import { bitcoinFile, DEPLOYED, deployedAs } from '../../fixtures/builders/fleet.ts';

const PROBE = { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] };
const BITCOIN = bitcoinFile({
  dns: { zone: 'bitcoin.internal' },
  rpc: { credentials: 'ssm:/bitcoin/rpc' },
  probe: PROBE,
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
    ['another pool', { dns: { zone: 'bitcoin.internal', pool: 'signet' } }, 'dns.pool'],
    ['a neighbour’s credentials', { rpc: { credentials: 'ssm:/signet/rpc' } }, 'rpc.credentials'],
    [
      'a policy of snapshots',
      { replace: { lifecyclePolicies: ['policy-0123456789abcdef0'] } },
      'replace.lifecyclePolicies',
    ],
    ['another launch template', { replace: { launchTemplate: 'lt-0123456789abcdef1' } }, 'replace.launchTemplate'],
    ['other subnets', { replace: { subnets: ['subnet-0123456789abcdef1'] } }, 'replace.subnets'],
    [
      'another security group',
      { probe: 'ssm', rpc: undefined, drills: { securityGroup: 'sg-0123456789abcdef1' } },
      'drills.securityGroup',
    ],
    [
      'a subnet for a drill',
      {
        probe: 'ssm',
        rpc: undefined,
        drills: { securityGroup: 'sg-0123456789abcdef1', subnet: 'subnet-0123456789abcdef1' },
      },
      'drills.subnet',
    ],
  ])('may not ask for %s', (_, more, field) => {
    expect(widenedIn(stored(more), deployed).map(({ path }) => path.join('.'))).toContain(field);
  });

  it('that asks for what is a neighbour’s is told whose it is, whichever field names it', () => {
    const rich = bitcoinFile({
      fleet: 'signet',
      nodes: { tag: { Network: 'signet' } },
      dns: { zone: 'signet.internal' },
      replace: { launchTemplate: 'lt-0123456789abcdef2', subnets: ['subnet-0123456789abcdef2'] },
    });
    const problems = widenedIn(
      stored({
        rpc: undefined,
        probe: 'ssm',
        dns: { zone: 'signet.internal' },
        replace: { launchTemplate: 'lt-0123456789abcdef2' },
        drills: { securityGroup: 'sg-0123456789abcdef2', subnet: 'subnet-0123456789abcdef2' },
      }),
      deployedAs(BITCOIN, rich),
    );
    const whose = problems.map(({ path, expected }) => [
      path.join('.'),
      expected.includes('bitcoin may not have what is signet’s'),
    ]);
    expect(whose).toEqual([
      ['dns.zone', true],
      ['dns.pool', true],
      ['replace.launchTemplate', true],
      ['drills.subnet', true],
      ['drills.securityGroup', false],
    ]);
  });

  it('that asks for the pool of a neighbour in one zone is told whose it is', () => {
    const beside = bitcoinFile({
      fleet: 'signet',
      nodes: { tag: { Network: 'signet' } },
      dns: { zone: 'bitcoin.internal', pool: 'signet' },
    });
    expect(
      widenedIn(stored({ dns: { zone: 'bitcoin.internal', pool: 'signet' } }), deployedAs(BITCOIN, beside)),
    ).toMatchObject([
      {
        path: ['dns', 'pool'],
        value: 'signet.bitcoin.internal',
        expected: expect.stringContaining('bitcoin may not have what is signet’s'),
      },
    ]);
  });

  // Two names found by trying four billion: the first 32 bits of their digests are the same.
  it('may not ask for a neighbour’s credentials because its own were named to look like them', () => {
    const own = bitcoinFile({ rpc: { credentials: 'ssm:/stacks/rpc-3gt0yeaa' }, probe: PROBE });
    const theirs = { ...own, rpc: { credentials: 'ssm:/bitcoin/rpc' } };
    expect(widenedIn(parseStored(theirs), deployedAs(own)).map(({ path }) => path.join('.'))).toEqual([
      'rpc.credentials',
    ]);
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
  it('has the names of fleets whose file is gone: no other fleet takes what is called by them', () => {
    expect(fleetNames([fleet])).toEqual(['bitcoin', 'signet']);
    expect(fleetNames([])).toEqual([]);
  });

  it('is read back as it was written', () => {
    expect([...deployed.keys()]).toEqual(['bitcoin', 'signet']);
    expect(deployed.get('signet')?.nodes).toEqual({ Network: 'signet' });
  });

  it('is the same object while the parameters stay the same, and another one when any of them changes', () => {
    const values = new Map([[DEPLOYED, '{"of":1,"fleets":{"bitcoin":[{"A":"b"},{}]}}']]);
    const known = deployedIn('/chainmend', values);
    expect(deployedIn('/chainmend', new Map(values))).toBe(known);
    values.set(DEPLOYED, '{"of":1,"fleets":{"bitcoin":[{"A":"c"},{}]}}');
    expect(deployedIn('/chainmend', values).get('bitcoin')?.nodes).toEqual({ A: 'c' });
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

  it('is another suite’s by the name on it, though the tags are the same', () => {
    const named = { ...fleet, suite: 'payments-chainmend', tag: 'payments/bitcoin' };
    const of = (tags: Record<string, string>) =>
      ownSnapshots(named, [{ snapshotId: 'snap-1', volumeId: 'vol-1', tags }]).length === 1;
    expect([of(own), of({ ...own, 'chainmend:fleet': 'payments/bitcoin' })]).toEqual([true, true]);
    expect([of({ ...own, 'chainmend:fleet': 'bitcoin' }), of({ ...own, 'chainmend:fleet': 'pay/bitcoin' })]).toEqual([
      false,
      false,
    ]);
    expect(isResourceOf(fleet, { ...own, 'chainmend:fleet': 'payments/bitcoin' })).toBe(false);
    expect(isResourceOf(named, { ...own, 'chainmend:fleet': 'bitcoin' })).toBe(false);
  });

  const ofSnapshot = (tags: Record<string, string>) =>
    ownSnapshots(fleet, [{ snapshotId: 'snap-1', volumeId: 'vol-1', tags }]).length === 1;

  it.each([
    ['with the tags of its volumes', own, true],
    ['with the tags of two fleets', both, false],
    ['with the tags of two fleets and its name', { ...both, 'chainmend:fleet': 'bitcoin' }, true],
    ['with a neighbour’s name', { ...own, 'chainmend:fleet': 'signet' }, false],
    ['with its name alone', { 'chainmend:fleet': 'bitcoin' }, true],
    ['with its name written over a neighbour’s tags', { Network: 'signet', 'chainmend:fleet': 'bitcoin' }, false],
    ['that nobody has named', {}, true],
    ['that was taken for a fleet of another suite', { ...own, 'chainmend:fleet': 'payments/bitcoin' }, false],
    ['that was taken for a fleet before it had its name', { ...own, 'chainmend:fleet': 'btc' }, true],
  ])('gives no data: a snapshot %s', (_, tags, isOwn) => {
    expect(ofSnapshot(tags)).toBe(isOwn);
  });

  it.each([
    ['of a volume of its own', own, true],
    ['of a volume that is gone', undefined, true],
    ['of a volume without tags', {}, true],
    ['of a neighbour’s volume', { Network: 'signet' }, false],
    ['of a volume with a neighbour’s name', { ...own, 'chainmend:fleet': 'signet' }, false],
    ['of a volume that both claim', both, false],
    ['of a volume of another suite’s fleet', { ...own, 'chainmend:fleet': 'payments/bitcoin' }, false],
  ])('gives no data, whatever is written on its snapshot: one with the fleet’s name and tags, %s', (_, tags, isOwn) => {
    const named = [{ snapshotId: 'snap-1', volumeId: 'vol-1', tags: { ...own, 'chainmend:fleet': 'bitcoin' } }];
    expect(ownSnapshots(fleet, named, new Map(tags ? [['vol-1', tags]] : [])).length === 1).toBe(isOwn);
  });

  it('is a volume that carries the tags or the name of two fleets, not one whose tags two fleets share for their volumes', () => {
    expect(claimantsOfVolume(fleet, own)).toEqual([]);
    expect(claimantsOfVolume(fleet, both)).toEqual(['signet']);
    expect(claimantsOfVolume(fleet, { ...own, 'chainmend:fleet': 'signet' })).toEqual(['signet']);
    const volumes = { data: { path: '/node-data', tag: { Volume: 'data' } } };
    const [one, two] = [
      bitcoinFile({ volumes }),
      bitcoinFile({ fleet: 'signet', nodes: { tag: { Network: 'signet' } }, volumes }),
    ];
    const shared = resolveFleet(parseStored(one), 'chainmend', neighboursOf('bitcoin', deployedAs(one, two)));
    expect(claimantsOfVolume(shared, { Volume: 'data' })).toEqual([]);
    expect(contestedWords('signet', 'vol-1', ['bitcoin'])).toBe(
      'vol-1 carries the tags of bitcoin and signet, so it is nobody’s',
    );
  });
});

it('only two places make a target of an id alone: what a record holds is put back, and what a heal has launched is asked', () => {
  const sources = globSync('{functions,infra,local,shared}/**/*.ts', { cwd: repositoryRoot }).map(
    (file): readonly [string, string] => [file, readFileSync(join(repositoryRoot, file), 'utf8')],
  );
  const usersOf = (name: RegExp): readonly string[] =>
    sources
      .filter(([, text]) => name.test(text))
      .map(([file]) => file)
      .sort();
  expect(usersOf(/\bheldTarget\b/)).toEqual(['shared/fleet/membership.ts', 'shared/heal/guard.ts']);
  expect(usersOf(/\blaunchedTarget\b/)).toEqual(['shared/fleet/membership.ts', 'shared/heal/apart-client.ts']);
  expect(usersOf(/\bas (?:Target|OwnSnapshot|OwnVolume)\b/)).toEqual(['shared/fleet/membership.ts']);
});
