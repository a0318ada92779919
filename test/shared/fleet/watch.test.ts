import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chainClients } from '../../../shared/chains/clients.ts';
import { chainDefaults, type Family, type KnownChain } from '../../../shared/chains/defaults.ts';
import { checkWithClient, parseSeed } from '../../../shared/fleet/client-checks.ts';
import { heightProbeOf, seesClientsOnly } from '../../../shared/fleet/model.ts';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';

import { bitcoin } from '../../fixtures/fleet-documents.ts';

/** "rpc.port": "…; expected …", for every error. */
function refusals(document: unknown): Readonly<Record<string, string>> {
  try {
    checkWithClient(parseFleetDocument(JSON.stringify(document)));
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, expected }) => [path.join('.'), expected]));
  }
  return {};
}

const vpc = { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] };
const tezos = {
  ...{ fleet: 'tezos', chain: 'other', mode: 'plan', nodes: { tag: { Component: 'nodes/tezos' } } },
  ...{ unit: 'octez-node', volumes: { data: '/var/lib/tezos' }, stopGraceSeconds: 120 },
};
const paths = {
  requests: { head: { get: '/chains/main/blocks/head/header' }, version: { get: '/version' } },
  height: 'head.level',
  hash: 'head.hash',
  hashAt: { request: { get: '/chains/main/blocks/{height}/hash' }, at: '' },
  blockTime: { at: 'head.timestamp', as: 'iso' },
  chainId: 'head.chain_id',
};
const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('a fleet is asked', () => {
  it('by a command on each node where its file says nothing, at the port of its chain', () => {
    const { probe, rpc } = parseFleet({ ...bitcoin, chain: 'cometbft' });
    expect(probe).toEqual({ by: 'ssm' });
    expect(rpc).toMatchObject({ scheme: 'http', port: 26_657, path: '', metricsPort: 26_660 });
  });

  it('by a function in its VPC, with credentials that only that function reads', () => {
    const { probe, rpc } = parseFleet({ ...bitcoin, probe: vpc, rpc: { credentials: 'ssm:/chainmend/rpc/bitcoin' } });
    expect(probe).toEqual({ by: 'vpc', vpcId: vpc.vpc, subnetIds: vpc.subnets });
    expect(rpc?.credentials).toEqual({ kind: 'parameter', name: '/chainmend/rpc/bitcoin' });
    const secret = parseFleet({ ...bitcoin, probe: vpc, rpc: { credentials: 'secret:rpc/bitcoin' } });
    expect(secret.rpc?.credentials).toEqual({ kind: 'secret', name: 'rpc/bitcoin' });
    const cookie = parseFleet({ ...bitcoin, rpc: { credentials: 'file:/node-data/.cookie' } });
    expect(cookie.rpc?.credentials).toEqual({ kind: 'file', path: '/node-data/.cookie' });
  });

  it('not at all where a metric tells its heights', () => {
    const metric = { namespace: 'Stacks', height: 'stacks_tip_height' };
    expect(parseFleet({ ...bitcoin, chain: 'stacks', probe: { metric } }).probe).toEqual({
      ...{ by: 'metric', namespace: 'Stacks', heightMetric: 'stacks_tip_height' },
      ...{ instanceDimension: 'InstanceId', dimensions: {}, periodSeconds: 300 },
    });
    expect(parseFleet({ ...bitcoin, probe: 'none' }).probe).toBeUndefined();
  });

  it('only whether its client runs, where its file says so: no height is known then', () => {
    const fleet = parseFleet({ ...bitcoin, probe: 'unit' });
    expect(fleet.probe).toEqual({ by: 'unit' });
    expect(heightProbeOf(fleet)).toBeUndefined();
    expect(seesClientsOnly(fleet)).toBe(true);
    expect(seesClientsOnly(parseFleet(bitcoin))).toBe(false);
  });

  it('by paths of its own file where chainmend has no code for its client, and by nobody without them', () => {
    expect(parseFleet(tezos)).toMatchObject({ rpc: undefined, probe: undefined, peers: undefined, dns: undefined });
    const fleet = parseFleet({ ...tezos, rpc: { port: 8732, paths }, p2pPort: 9732, dns: { zone: 'tezos.internal' } });
    expect(fleet).toMatchObject({ probe: { by: 'ssm' }, rpc: { port: 8732, paths }, dns: { p2pPort: 9732 } });
  });

  it('without its metrics, once its file says so', () => {
    const fleet = parseFleet({ ...bitcoin, chain: 'cometbft', rpc: { metricsPort: 'none' } });
    expect(fleet.rpc?.metricsPort).toBeUndefined();
  });
});

describe('a fleet file is refused', () => {
  it.each<[string, object, string, string]>([
    [
      "with a node's own file for a function in the VPC",
      { probe: vpc, rpc: { credentials: 'file:/node-data/.cookie' } },
      'rpc.credentials',
      'a function in the VPC cannot read a file on the node',
    ],
    [
      'with a secret for a command on the node',
      { rpc: { credentials: 'ssm:/chainmend/rpc/bitcoin' } },
      'rpc.credentials',
      'a command on the node carries no secrets',
    ],
    ['with paths for a chain that is known', { rpc: { paths } }, 'rpc.paths', 'chainmend knows how bitcoin is asked'],
    ['with two probes', { probe: { ...vpc, metric: { namespace: 'A', height: 'b' } } }, 'probe', 'expected either'],
    ['with no probe', { probe: {} }, 'probe', 'expected either'],
    ['without subnets', { probe: { vpc: vpc.vpc } }, 'probe.subnets', 'expected the subnets of the VPC'],
    [
      'with subnets for nobody',
      { probe: { metric: { namespace: 'A', height: 'b' }, subnets: vpc.subnets } },
      'probe.subnets',
      'only with vpc',
    ],
    [
      'with metrics that bitcoind has not',
      { rpc: { metricsPort: 26_660 } },
      'rpc.metricsPort',
      'only for ethereum, bsc',
    ],
    ['with a beacon node beside bitcoind', { rpc: { beaconPort: 5052 } }, 'rpc.beaconPort', 'only for ethereum'],
    [
      'with six references',
      { health: { references: Array.from({ length: 6 }, (_, index) => `https://r${index}.example`) } },
      'health.references',
      'expected a list of at most 5',
    ],
    [
      'with a reference over http',
      { health: { references: ['http://a.example'] } },
      'health.references.0',
      'https URL',
    ],
    [
      'with a user in a reference',
      { health: { references: ['https://u:p@a.example'] } },
      'health.references.0',
      'without user',
    ],
    ['with a key in a query', { health: { references: ['https://a.example/?key=1'] } }, 'health.references.0', 'query'],
    ['with more peers than bitcoind takes', { peers: { maximum: 9 } }, 'peers.maximum', 'expected at most 8'],
    ['with a floor above the list', { peers: { maximum: 4, minimum: 5 } }, 'peers.minimum', 'expected at most 4'],
    [
      'with a seed that bitcoind would not understand',
      { peers: { seeds: ['203.0.113.7:8333', 'enode://ab@203.0.113.7:8333'] } },
      'peers.seeds.1',
      'as a bitcoin client writes it, for example 203.0.113.7:8333',
    ],
    [
      'with metrics over OTLP where no node tells its disks',
      { probe: vpc, metrics: 'otlp' },
      'metrics',
      'expected classic',
    ],
    ['with them and nobody to ask', { probe: 'none', metrics: 'otlp' }, 'metrics', 'expected classic'],
    [
      'with them and an alarm of each node',
      { metrics: 'otlp', alarms: { per: 'node' } },
      'alarms.per',
      'a contributor',
    ],
    ['with an alarm below growth', { alarms: { diskPercent: 80 } }, 'alarms.diskPercent', 'disk.growAtPercent, 85'],
    [
      'with an alarm below its own growth',
      { disk: { growAtPercent: 92 }, alarms: { diskPercent: 91 } },
      'alarms.diskPercent',
      'disk.growAtPercent, 92',
    ],
    ...[
      'chainmend-*',
      'chainmend-bitcoin-node2-height',
      'chainmend/blind',
      'payments-chainmend-*',
      '*-disk',
      '*bitcoin-node*-stuck',
      'c*d-*-inodes-data',
    ].map((name): [string, object, string, string] => [
      `with an own alarm that is chainmend’s: ${name}`,
      {
        alarms: {
          own: [
            { name: 'bitcoin-*-height', means: 'stuck' },
            { name, means: 'stuck' },
          ],
        },
      },
      'alarms.own.1.name',
      'fits no alarm of chainmend’s own',
    ]),
    [
      'with snapshots shared under no key',
      { snapshots: { shareWith: { accounts: ['111122223333'] } } },
      'snapshots.shareWith.kmsKeyArn',
      'snapshots under the default AWS key cannot be shared',
    ],
    [
      "with snapshots shared under AWS's key",
      { snapshots: { shareWith: { accounts: ['111122223333'], kmsKeyArn: 'alias/aws/ebs' } } },
      'snapshots.shareWith.kmsKeyArn',
      'snapshots under the default AWS key cannot be shared',
    ],
    [
      'with a key of another region than the copies',
      { snapshots: { copyTo: { region: 'eu-central-1', kmsKeyArn: key } } },
      'snapshots.copyTo.kmsKeyArn',
      'expected a key of eu-central-1',
    ],
    [
      'with snapshots of whatever carries one of two tags',
      { nodes: { tag: { Component: 'nodes/bitcoin', Stage: 'production' } }, snapshots: {} },
      'nodes.tag',
      'expected one tag for snapshots',
    ],
    [
      'with snapshots of a volume that two tags tell',
      { volumes: { data: { path: '/x', tag: { A: 'b', C: 'd' } } }, snapshots: {} },
      'volumes.data.tag',
      'expected one tag for snapshots',
    ],
    [
      'with a period that DLM has not',
      { snapshots: { everyHours: 5 } },
      'snapshots.everyHours',
      'hours: 1, 2, 3, 4, 6',
    ],
    [
      'with the P2P port where it is not',
      { dns: { zone: 'b.internal', p2pPort: 8333 } },
      'dns.p2pPort',
      'expected one of',
    ],
  ])('%s', (_, written, field, sentence) => {
    const found = refusals({ ...bitcoin, ...written });
    expect(Object.keys(found)).toEqual([field]);
    expect(found[field]).toContain(sentence);
  });

  it.each(['bitcoin-*-height', '*-height', 'bitcoin-*', 'disk-chainmend', 'd*-disk', 'c*-disk-used'])(
    'not with an own alarm by the name %s',
    (name) => {
      const document = { ...bitcoin, alarms: { own: [{ name, means: 'stuck' }] } };
      expect(refusals(document)).toEqual({});
    },
  );

  it('by check, and not by a function that reads it: what was stored before is read', () => {
    const document = { ...bitcoin, alarms: { own: [{ name: '*-disk', means: 'disk-full' }] } };
    expect(parseFleet(document).alarms.own).toHaveLength(1);
  });

  it.each<[string, object, string, string]>([
    ['with a probe and nothing to ask', { probe: 'ssm' }, 'rpc.paths', 'what a node is asked'],
    ['with a port and nothing to ask', { rpc: { port: 8732 } }, 'rpc.paths', 'what a node is asked'],
    ['with something to ask and no port', { rpc: { paths } }, 'rpc.port', 'expected for chain other'],
    ['with names and no port', { dns: { zone: 'tezos.internal' } }, 'p2pPort', 'expected for chain other with dns'],
    ['with peers', { peers: { minimum: 3 } }, 'peers', 'how a client of chain other is told its peers is not known'],
    [
      'with references and no way to ask them',
      { health: { references: ['https://a.example'] } },
      'health.references',
      'without rpc.paths',
    ],
    [
      'with a path that begins with no request',
      { rpc: { port: 1, paths: { ...paths, height: 'tip.level' } } },
      'rpc.paths.height',
      'expected it to begin with a request: head, version',
    ],
    [
      'with a request that is no path',
      { rpc: { port: 1, paths: { ...paths, requests: { head: { get: 'http://169.254.169.254/' } } } } },
      'rpc.paths.requests',
      'expected one such as /v1/chain/get_info',
    ],
    [
      'with a request that is neither',
      { rpc: { port: 1, paths: { ...paths, requests: { head: {} } } } },
      'rpc.paths.requests.head',
      'expected either get or post',
    ],
    [
      'with a body for GET',
      { rpc: { port: 1, paths: { ...paths, requests: { head: { get: '/x', body: 1 } } } } },
      'rpc.paths.requests.head',
      'expected a body with post and none with get',
    ],
  ])('of a client without code, %s', (_, written, field, sentence) => {
    const found = refusals({ ...tezos, ...written });
    expect(Object.keys(found)).toEqual([field]);
    expect(found[field]).toContain(sentence);
  });

  it('with a restart that would read no list', () => {
    expect(Object.keys(refusals({ ...bitcoin, chain: 'ethereum', peers: { restart: true } }))).toEqual([
      'peers.config',
    ]);
    expect(refusals({ ...bitcoin, chain: 'ethereum', peers: { restart: true, config: '/data/geth.toml' } })).toEqual(
      {},
    );
  });

  it('with a rotation of peers that find each other', () => {
    expect(Object.keys(refusals({ ...bitcoin, chain: 'solana', peers: { rotate: true } }))).toEqual(['peers.rotate']);
  });
});

describe('what a fleet does with its peers, names, alarms and snapshots', () => {
  it('follows its data volume, its port and its threshold', () => {
    const fleet = parseFleet({
      ...bitcoin,
      ...{ volumes: { data: '/node-data' }, p2pPort: 18_333, disk: { growAtPercent: 90 } },
    });
    expect(fleet.peers).toMatchObject({ configPath: '/node-data/bitcoin.conf', p2pPort: 18_333 });
    expect(fleet.dns?.p2pPort).toBe(18_333);
    expect(fleet.alarms.diskPercent).toBe(90);
  });

  it('may be nothing', () => {
    expect(parseFleet({ ...bitcoin, peers: 'none' }).peers).toMatchObject({ rotate: false, minimum: 3 });
    expect(parseFleet({ ...bitcoin, chain: 'solana' }).peers?.rotate).toBe(false);
  });

  it('may be snapshots, shared and copied', () => {
    const shareWith = { accounts: ['444455556666'], kmsKeyArn: key, identityFree: true };
    expect(parseFleet({ ...bitcoin, snapshots: {} }).snapshots).toEqual({
      ...{ everyHours: 24, keep: 7, shareWith: undefined, copyTo: undefined },
    });
    expect(
      parseFleet({ ...bitcoin, snapshots: { everyHours: 6, shareWith, copyTo: { region: 'eu-central-1' } } }).snapshots,
    ).toEqual({
      ...{ everyHours: 6, keep: 7, shareWith },
      copyTo: { region: 'eu-central-1', keepDays: 7, kmsKeyArn: undefined },
    });
  });
});

describe('seeds', () => {
  const digits: Partial<Record<Family, number>> = { ethereum: 128, cometbft: 40, stacks: 66 };
  const hex = (length: number) =>
    fc
      .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
      .map((all) => all.join(''));

  it.each(Object.keys(chainDefaults) as KnownChain[])('of %s are read back as its client writes them', (chain) => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !text.includes('.')),
      fc.constant('seed.example'),
    );
    fc.assert(
      fc.property(
        host,
        fc.integer({ min: 1, max: 65_535 }),
        hex(digits[chainDefaults[chain].family] ?? 1),
        (at, port, id) => {
          const peer = { host: at, port, ...(digits[chainDefaults[chain].family] !== undefined && { id }) };
          expect(parseSeed(chain, chainClients[chain].operations.formatPeer(peer))).toEqual(peer);
        },
      ),
    );
  });

  it.each([
    ['no port', 'bitcoin', 'seed.example'],
    ['an id that bitcoin has not', 'bitcoin', 'ab@seed.example:8333'],
    ['no id', 'cometbft', '10.0.0.1:26656'],
    ['a short id', 'cometbft', 'abcd@10.0.0.1:26656'],
    ['the form of another client', 'cometbft', `enode://${'a'.repeat(40)}@10.0.0.1:26656`],
    ['two peers in one', 'cometbft', `${'a'.repeat(40)}@10.0.0.1:26656,${'b'.repeat(40)}@10.0.0.2:26656`],
  ] as const)('with %s are none', (_, chain, text) => {
    expect(parseSeed(chain, text)).toBeUndefined();
  });
});

it('every chain has limits that fit together', () => {
  for (const [chain, { health, peers }] of Object.entries(chainDefaults)) {
    expect([chain, health.haltSeconds >= 60, health.patienceSeconds >= 60, peers.maximum >= 3]).toEqual([
      chain,
      true,
      true,
      true,
    ]);
    const { peersAtRunTime, peersThatPersist } = chainClients[chain as KnownChain].operations;
    // Rotation needs a writable list, at run time or in a file.
    expect([chain, peers.rotate]).toEqual([chain, peersAtRunTime.by === 'rpc' || peersThatPersist.in !== 'flag']);
  }
});
