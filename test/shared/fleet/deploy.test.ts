// The section `deploy` of a fleet file: what is right, and what a person is told of what is not.
import { describe, expect, it } from '@jest/globals';
import { parseStored } from '../../../shared/fleet/parse.ts';
import { parseFleet, resolveFleet } from '../../../shared/fleet/resolve.ts';
import { beginsWith } from '../../../shared/fleet/schema-deploy.ts';
import { cliqueOf, dialledBy, networkRoleOf, tagOfRole } from '../../../shared/fleet/schema-network.ts';
import { completeDocument, parseFleetDocument } from '../../../shared/fleet/whole.ts';

const DEPLOY = {
  kind: 'single',
  nodes: { node1: 'eu-west-1a' },
  vpc: 'vpc-0123456789abcdef0',
  subnets: { 'eu-west-1a': 'subnet-0123456789abcdef0' },
  instanceType: 'm6i.large',
  volume: { sizeGiB: 500 },
};
const SNAPSHOT = 'snap-0123456789abcdef0';
const BUNDLE = { url: 'https://example.org/x.tar', sha256: 'a'.repeat(64) };
const BOOSTED = { sizeGiB: 500, boost: { iops: 16000, throughputMiBps: 1000 } };
/** Without what is undefined: a file has no such value. */
const fleet = (deploy: object = {}, more: object = {}): object =>
  JSON.parse(JSON.stringify(withUndefined(deploy, more)));
const withUndefined = (deploy: object, more: object): object => ({
  ...{ fleet: 'bitcoin', chain: 'bitcoin', mode: 'plan', nodes: { tag: { Component: 'nodes/bitcoin' } } },
  ...{ role: 'follower', ...(!('units' in more) && { unit: 'bitcoind' }), deploy: { ...DEPLOY, ...deploy }, ...more },
});
const read = (deploy?: object, more?: object) => completeDocument(parseFleetDocument(fleet(deploy, more)));

describe('deploy', () => {
  it('takes from the file what it says already, and lets heals change what it has made', () => {
    const { deploy, owner, replace } = read();
    expect(deploy).toMatchObject({ p2p: ['tcp/8333'], rootGiB: 16, logDays: 30 });
    expect(deploy?.volume).toEqual({ sizeGiB: 500, iops: 3000, throughputMiBps: 125, filesystem: 'xfs' });
    expect(owner).toMatchObject({ by: 'cdk', acceptDrift: true });
    expect(replace.userData).toBe('run');
  });

  it('gives functions what a boost is taken back to, and nothing where there is none', () => {
    expect(parseFleet(fleet({ volume: { ...BOOSTED, iops: 4000 } })).boost).toEqual({
      ...{ from: { iops: 16000, throughputMiBps: 1000 }, to: { iops: 4000, throughputMiBps: 125 } },
    });
    expect(parseFleet(fleet()).boost).toBeUndefined();
    expect(parseFleet(fleet({ boost: { instanceType: 'm6i.8xlarge' } })).typeBoost).toEqual({
      ...{ from: 'm6i.8xlarge', to: 'm6i.large' },
    });
    expect(parseFleet(fleet()).typeBoost).toBeUndefined();
  });

  it.each([
    ['the newest good snapshot, where nothing is said', {}, { snapshot: 'newest-good', bundle: null }],
    ['nothing', { data: 'sync' }, { snapshot: null, bundle: null }],
    ['a snapshot of the fleet', { data: { snapshot: SNAPSHOT } }, { snapshot: SNAPSHOT, bundle: null }],
    ['a bundle', { data: { bundle: BUNDLE } }, { snapshot: null, bundle: BUNDLE }],
    [
      'a bundle, where there is no good snapshot yet',
      { data: { snapshot: 'newest-good', bundle: BUNDLE } },
      { snapshot: 'newest-good', bundle: BUNDLE },
    ],
  ])('lets a new node begin with %s', (_, deploy, begins) => {
    const complete = read(deploy).deploy;
    expect(complete && beginsWith(complete)).toEqual(begins);
  });

  it('leaves a word of its owner as it is', () => {
    expect(read({}, { owner: { acceptDrift: false } }).owner).toMatchObject({ by: 'cdk', acceptDrift: false });
  });

  it('opens UDP, too, where clients find their peers by it', () => {
    const { deploy } = read({}, { chain: 'ethereum', unit: 'geth' });
    expect(deploy?.p2p).toEqual(['tcp/30303', 'udp/30303']);
  });

  it('changes nothing for a fleet without it', () => {
    const { deploy: _, ...without } = fleet() as { deploy: object };
    const complete = completeDocument(parseFleetDocument(without));
    expect(complete).not.toHaveProperty('deploy');
    expect(complete.owner).toEqual({ restartValidators: false });
    expect(complete.replace).not.toHaveProperty('userData');
  });

  it.each<readonly [string, object, object, string]>([
    ['a kind that does not exist', { kind: 'double' }, {}, 'deploy.kind is "double"; expected a kind: single, ha'],
    ['no nodes', { nodes: undefined }, {}, 'deploy.nodes is missing; expected with kind: single'],
    [
      'a group of single instances',
      { group: { size: 3 } },
      {},
      'deploy.group is {"size":3}; expected only with kind: ha',
    ],
    [
      'a zone without a subnet',
      { nodes: { node1: 'eu-west-1b' } },
      {},
      'deploy.nodes.node1 is "eu-west-1b"; expected one of the zones of deploy.subnets: eu-west-1a',
    ],
    [
      'a validator',
      {},
      { role: 'validator' },
      'role is "validator"; expected follower, sentry or bootnode with deploy',
    ],
    [
      'another number of nodes',
      {},
      { nodes: { tag: { A: 'b' }, expected: 3 } },
      'nodes.expected is 3; expected 1, as deploy.nodes has',
    ],
    [
      'a name tag that is a selector',
      {},
      { nodes: { tag: { Name: 'node1' } } },
      'nodes.nameTag is "Name"; expected another tag',
    ],
    ['a tag of AWS', {}, { nodes: { tag: { 'aws:x': 'y' } } }, 'expected no aws:x with deploy'],
    ['a container', {}, { units: { node: { docker: 'node' } } }, 'expected one unit of systemd'],
    ['two volumes', {}, { volumes: { data: '/a', ancient: '/b' } }, 'expected one volume with deploy'],
    [
      'a template without a version',
      {},
      { unit: 'node@*' },
      'deploy.version is missing; expected with the template node@*',
    ],
    [
      'a version without a template',
      { version: '28.1' },
      {},
      'deploy.version is "28.1"; expected none: bitcoind is no template',
    ],
    [
      'a version that no upgrade knows',
      { version: '28.1' },
      { unit: 'node@*', client: { versions: ['28.0'] } },
      'expected one of client.versions: 28.0',
    ],
    [
      'a volume beyond its ceiling',
      { volume: { sizeGiB: 3000 } },
      {},
      'deploy.volume.sizeGiB is 3000; expected at most disk.maximumSizeGiB, 2000',
    ],
    [
      'more IOPS than gp3 has',
      { volume: { sizeGiB: 10, iops: 6000 } },
      {},
      'expected at most 5000: gp3 has 500 for each GiB',
    ],
    [
      'a boost that gp3 does not have',
      { volume: { sizeGiB: 10, boost: { iops: 6000, throughputMiBps: 125 } } },
      {},
      'deploy.volume.boost.iops is 6000; expected at most 5000: gp3 has 500 for each GiB',
    ],
    [
      'a boost with more throughput than its IOPS carry',
      { volume: { sizeGiB: 500, boost: { iops: 3000, throughputMiBps: 1000 } } },
      {},
      'deploy.volume.boost.throughputMiBps is 1000; expected at most 750',
    ],
    [
      'a boost that is none',
      { volume: { sizeGiB: 500, boost: { iops: 3000, throughputMiBps: 125 } } },
      {},
      'expected more than the 3000 IOPS and 125 MiB/s that the volume keeps',
    ],
    [
      'a boost that is lower than what stays',
      { volume: { sizeGiB: 500, iops: 6000, boost: { iops: 4000, throughputMiBps: 500 } } },
      {},
      'expected more than the 6000 IOPS and 125 MiB/s that the volume keeps, and none of the two lower',
    ],
    [
      'a boost whose end nobody would see',
      { volume: BOOSTED },
      { probe: 'none' },
      'expected another probe than none: the boost ends when the node is seen to have caught up',
    ],
    [
      'a boost of a group',
      { kind: 'ha', nodes: undefined, group: { size: 3 }, rpcFrom: 'sg-0123456789abcdef0', volume: BOOSTED },
      { asg: { seed: 'newest-good', identityFree: true }, snapshots: { clean: {} } },
      'expected only with kind: single: what a group launches begins with a snapshot',
    ],
    [
      'a type for the first sync that is the one that stays',
      { boost: { instanceType: 'm6i.large' } },
      {},
      'deploy.boost.instanceType is "m6i.large"; expected another type than deploy.instanceType',
    ],
    [
      'a type for the first sync whose end nobody would see',
      { boost: { instanceType: 'm6i.8xlarge' } },
      { probe: 'none' },
      'expected another probe than none: the boost ends when the node is seen to have caught up',
    ],
    [
      'a type for the first sync of a group',
      {
        kind: 'ha',
        nodes: undefined,
        group: { size: 3 },
        rpcFrom: 'sg-0123456789abcdef0',
        boost: { instanceType: 'm6i.8xlarge' },
      },
      { asg: { seed: 'newest-good', identityFree: true }, snapshots: { clean: {} } },
      'expected only with kind: single: what a group launches begins with a snapshot',
    ],
    [
      'a type for the first sync where no instance may be stopped',
      { boost: { instanceType: 'm6i.8xlarge' } },
      { replace: { rungs: ['restart', 'swap'] } },
      'expected stop-start among them with deploy.boost: its end stops the instance',
    ],
    [
      'more throughput than gp3 has',
      { volume: { sizeGiB: 500, throughputMiBps: 1000 } },
      {},
      'expected at most 750: gp3 has 0.25 MiB/s',
    ],
    [
      'an address without a digest',
      { install: { url: 'https://example.org/x' } },
      {},
      'deploy.install.sha256 is missing',
    ],
    [
      'an address without encryption',
      { install: { url: 'http://example.org/x', sha256: 'a'.repeat(64) } },
      {},
      'expected an https URL',
    ],
    [
      'a bundle without a digest',
      { data: { bundle: { url: 'https://example.org/x.tar' } } },
      {},
      'deploy.data.bundle.sha256',
    ],
    [
      'data that are none of the four',
      { data: 'newest' },
      {},
      'deploy.data is "newest"; expected newest-good, sync, or for example { snapshot: snap-0123456789abcdef0 }',
    ],
    [
      'a snapshot that is no id',
      { data: { snapshot: 'vol-0123456789abcdef0' } },
      {},
      'deploy.data.snapshot is "vol-0123456789abcdef0"; expected newest-good or the id of a snapshot',
    ],
    ['data of neither kind', { data: {} }, {}, 'deploy.data is {}; expected snapshot or bundle in it'],
    [
      'a bundle beside state sync',
      {
        stateSync: { servers: ['https://a.example', 'https://b.example'] },
        data: { bundle: { url: 'https://example.org/x.tar', sha256: 'a'.repeat(64) } },
      },
      { chain: 'cometbft', unit: 'cometbft', peers: { config: '/var/lib/cometbft/config/config.toml' } },
      'expected no stateSync beside it',
    ],
    [
      'a bundle for another disk',
      { data: { bundle: { url: 'https://example.org/x.tar', sha256: 'a'.repeat(64), into: '/elsewhere' } } },
      {},
      'or a folder below it',
    ],
    [
      'state sync of a chain that has none',
      { stateSync: { servers: ['https://a.example', 'https://b.example'] } },
      {},
      'expected only with a chain of CometBFT',
    ],
    ['state sync of one server', { stateSync: { servers: ['https://a.example'] } }, {}, 'deploy.stateSync.servers'],
    [
      'a program on a data volume',
      { install: { url: 'https://example.org/x', sha256: 'a'.repeat(64), unpack: '/node-data/bin' } },
      { volumes: { data: '/node-data' } },
      'deploy.install.unpack is "/node-data/bin"; expected a folder outside of /node-data',
    ],
    ['nothing to install', { install: {} }, {}, 'expected lines, or url with sha256'],
    [
      'a value that CloudFormation would put in',
      { install: { lines: ['echo {{resolve:ssm:/x}}'] } },
      {},
      'expected no {{',
    ],
    ['a line with a control character', { install: { lines: ['echo \u001b[2J'] } }, {}, 'expected a line of shell'],
    [
      'user data that would not run again',
      {},
      { replace: { userData: 'ignore' } },
      'replace.userData is "ignore"; expected run',
    ],
    ['a mount path that leads elsewhere', {}, { volumes: { data: '/a/../etc' } }, 'expected an absolute path'],
  ])('refuses %s', (_, deploy, more, told) => {
    expect(() => read(deploy, more)).toThrow(told);
  });
});

describe('deploy of a group', () => {
  const GROUP = { kind: 'ha', nodes: undefined, group: { size: 3 }, rpcFrom: 'sg-0123456789abcdef0' };
  const SEEDED = { asg: { seed: 'newest-good', identityFree: true }, snapshots: { clean: {} } };
  const readGroup = (deploy: object = {}, more: object = {}) => read({ ...GROUP, ...deploy }, { ...SEEDED, ...more });

  it('leaves it to the group to launch another member, and to its owner whether one may be set aside', () => {
    const { deploy, replace, owner } = readGroup();
    // A volume of a launch is in no stack.
    expect(owner).toMatchObject({ by: 'nobody', acceptDrift: true });
    expect(deploy?.group).toEqual({ size: 3, healthPort: 8099 });
    expect(replace.rungs).toEqual(['restart', 'stop-start', 'swap']);
    expect(replace.autoScaling).toBe('refuse');
    expect(readGroup({}, { replace: { rungs: ['restart'] } }).replace.rungs).toEqual(['restart']);
  });

  it.each<readonly [string, object, object, string]>([
    ['nodes with names', { nodes: { node1: 'eu-west-1a' } }, {}, 'expected only with kind: single'],
    ['no size', { group: undefined }, {}, 'deploy.group is missing; expected with kind: ha'],
    ['one node alone', { group: { size: 1 } }, {}, 'deploy.group.size is 1'],
    ['another number of nodes', {}, { nodes: { tag: { A: 'b' }, expected: 4 } }, 'nodes.expected is 4; expected 3'],
    [
      'fewer than its size may not be the most',
      { group: { size: 3, maximum: 2 } },
      {},
      'expected at least the size, 3',
    ],
    ['more than its size may not be the least', { group: { size: 3, minimum: 4 } }, {}, 'expected at most the size, 3'],
    [
      'a fixed number of nodes that may change',
      { group: { size: 3, maximum: 5 } },
      { nodes: { tag: { A: 'b' }, expected: 3 } },
      'nodes.expected is 3; expected nothing with deploy.group.minimum or maximum',
    ],
    ['nobody who may ask', { rpcFrom: undefined }, {}, 'deploy.rpcFrom is missing'],
    ['no seed: what the group ends takes its volume with it', {}, { asg: undefined }, 'asg is missing'],
    ['no clean snapshots', {}, { snapshots: {} }, 'snapshots.clean is missing'],
    ['a copy of an identity', {}, { asg: { seed: 'newest-good' } }, 'the identity of the node'],
    [
      'another instance by a heal',
      {},
      { replace: { rungs: ['restart', 'replace'] } },
      'expected no replace with kind: ha',
    ],
    [
      'a secret of the account',
      {},
      {
        rpc: { credentials: 'ssm:/x' },
        probe: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] },
      },
      'expected file:/PATH with kind: ha',
    ],
    [
      'a client that nobody knows',
      {},
      { chain: 'other', volumes: { data: '/d' }, disk: { maximumSizeGiB: 900 } },
      'chain is "other"; expected one whose client',
    ],
  ])('refuses %s', (_, deploy, more, told) => {
    expect(() => readGroup(deploy, more)).toThrow(told);
  });
});

describe('deploy of a private network', () => {
  const NETWORK = {
    kind: 'network',
    nodes: { v1: 'eu-west-1a', v2: 'eu-west-1a', s1: 'eu-west-1a', n1: 'eu-west-1a' },
    network: { chainId: 'consortium-1', validators: ['v1', 'v2'], sentries: ['s1'] },
  };
  const CHAIN = { chain: 'cometbft', unit: 'cometbft', role: { tag: 'Role' }, dns: { zone: 'a.internal' } };
  const readNetwork = (deploy: object = {}, more: object = {}) =>
    read({ ...NETWORK, ...deploy }, { ...CHAIN, ...more });

  it('is open to itself alone, and changed by heals as single nodes are', () => {
    const { deploy, owner } = readNetwork();
    expect(deploy?.p2p).toEqual([]);
    expect(owner).toMatchObject({ by: 'cdk', acceptDrift: true });
  });

  it('has each node dial those who are in front of it', () => {
    const { network } = NETWORK;
    expect(dialledBy(network, 'v1')).toEqual(['v2', 's1']);
    expect(dialledBy(network, 's1')).toEqual(['v1', 'v2']);
    expect(dialledBy(network, 'n1')).toEqual(['s1']);
    expect(dialledBy({ ...network, sentries: [] }, 'n1')).toEqual(['v1', 'v2']);
    expect(['v1', 's1', 'n1'].map((name) => networkRoleOf(network, name))).toEqual(['validator', 'sentry', 'follower']);
  });

  it.each<readonly [string, object, object, string]>([
    ['no network', { network: undefined }, {}, 'deploy.network is missing'],
    ['a network of another kind', { kind: 'single' }, {}, 'expected only with kind: network'],
    ['no nodes', { nodes: undefined }, {}, 'deploy.nodes is missing; expected with kind: network'],
    ['no validators', { network: { chainId: 'a', validators: [] } }, {}, 'expected a list of 1 to 16'],
    [
      'a validator that is no node',
      { network: { ...NETWORK.network, validators: ['v9'] } },
      {},
      'deploy.network.validators is "v9"; expected one of deploy.nodes',
    ],
    ['one twice', { network: { ...NETWORK.network, validators: ['v1', 'v1'] } }, {}, 'expected each node once'],
    [
      'a sentry that is a validator',
      { network: { ...NETWORK.network, sentries: ['v1'] } },
      {},
      'deploy.network.sentries is "v1"; expected a node that is no validator',
    ],
    ['one role for all', {}, { role: 'validator' }, 'role is "validator"; expected { tag: Role }'],
    ['a tag for roles that all share', {}, { role: { tag: 'Component' } }, 'role.tag is "Component"; expected another'],
    [
      'other words for roles',
      {},
      { role: { tag: 'Role', values: { sealer: 'validator' } } },
      'expected sentry: sentry among them',
    ],
    ['another client', {}, { chain: 'bsc', unit: 'bsc' }, 'chain is "bsc"; expected cometbft or ethereum'],
    [
      'words of another chain',
      { network: { ...NETWORK.network, sealers: ['v1'] } },
      {},
      'deploy.network.sealers is ["v1"]; expected validators and sentries with this chain',
    ],
    [
      'what clique alone has',
      { network: { ...NETWORK.network, clique: {} } },
      {},
      'deploy.network.clique is {}; expected validators and sentries with this chain',
    ],
    ['no names', {}, { dns: undefined }, 'dns is missing; expected with kind: network'],
    ['the world', { p2p: ['tcp/26656'] }, {}, 'deploy.p2p is ["tcp/26656"]; expected none with kind: network'],
    [
      'data of somebody else',
      { data: { bundle: { url: 'https://example.org/a', sha256: 'a'.repeat(64) } } },
      {},
      'expected sync with kind: network',
    ],
    ['keys beside its volume', {}, { peers: { config: '/etc/config.toml' } }, 'expected HOME/config/config.toml'],
    [
      'a signing state that other data could bring',
      {},
      { identity: ['/var/lib/cometbft/config/node_key.json'] },
      'expected /var/lib/cometbft/config/priv_validator_key.json among them',
    ],
  ])('refuses %s', (_, deploy, more, told) => {
    expect(() => readNetwork(deploy, more)).toThrow(told);
  });
});

describe('deploy of a private network of clique', () => {
  const NETWORK = {
    kind: 'network',
    nodes: { b1: 'eu-west-1a', s1: 'eu-west-1a', s2: 'eu-west-1a', c1: 'eu-west-1a' },
    network: { chainId: '1337', sealers: ['s1', 's2'], bootnodes: ['b1'] },
  };
  const CHAIN = {
    ...{ chain: 'ethereum', unit: 'geth', dns: { zone: 'a.internal' } },
    role: { tag: 'Role', values: { bootnode: 'bootnode', sealer: 'validator', client: 'follower' } },
    peers: { config: '/var/lib/geth/config.toml' },
  };
  const readNetwork = (deploy: object = {}, more: object = {}) =>
    read({ ...NETWORK, ...deploy }, { ...CHAIN, ...more });

  it('is tagged with the owner’s own words for the roles', () => {
    expect(readNetwork().deploy?.p2p).toEqual([]);
    expect((['bootnode', 'validator', 'follower'] as const).map((role) => tagOfRole(CHAIN.role, role))).toEqual([
      ...['bootnode', 'sealer', 'client'],
    ]);
    expect(tagOfRole({}, 'validator')).toBe('validator');
  });

  it('has each node dial the sealers and the bootnodes', () => {
    const { network } = NETWORK;
    expect(dialledBy(network, 's1')).toEqual(['s2', 'b1']);
    expect(dialledBy(network, 'b1')).toEqual(['s1', 's2']);
    expect(dialledBy(network, 'c1')).toEqual(['s1', 's2', 'b1']);
    expect(['s1', 'b1', 'c1'].map((name) => networkRoleOf(network, name))).toEqual([
      ...['validator', 'bootnode', 'follower'],
    ]);
  });

  it('has blocks every five seconds, and gives nobody anything, unless the file says so', () => {
    expect(cliqueOf(NETWORK.network)).toEqual({ periodSeconds: 5, epochBlocks: 30_000 });
  });

  it.each<readonly [string, object, object, string]>([
    [
      'no sealers',
      { network: { chainId: '1337', bootnodes: ['b1'] } },
      {},
      'deploy.network.sealers is missing; expected some of deploy.nodes',
    ],
    [
      'a bootnode that seals',
      { network: { ...NETWORK.network, bootnodes: ['s1'] } },
      {},
      'deploy.network.bootnodes is "s1"; expected a node that is no sealer',
    ],
    [
      'a bootnode that is no node',
      { network: { ...NETWORK.network, bootnodes: ['b9'] } },
      {},
      'deploy.network.bootnodes is "b9"; expected one of deploy.nodes',
    ],
    [
      'a chain that has no number',
      { network: { ...NETWORK.network, chainId: 'consortium-1' } },
      {},
      'deploy.network.chainId is "consortium-1"; expected a number',
    ],
    [
      'an account that is none',
      { network: { ...NETWORK.network, clique: { alloc: { me: '1' } } } },
      {},
      'expected an address of 0x and 40',
    ],
    [
      'validators',
      { network: { ...NETWORK.network, validators: ['c1'] } },
      {},
      'deploy.network.validators is ["c1"]; expected sealers and bootnodes with this chain',
    ],
    [
      'no word for a sealer',
      {},
      { role: { tag: 'Role', values: { bootnode: 'bootnode', client: 'follower' } } },
      'expected sealer: validator among them, or no values',
    ],
    ['a configuration that is not there', {}, { peers: {} }, 'peers.config is "none"; expected HOME/config.toml'],
    [
      'keys of accounts that other data could bring',
      {},
      { identity: ['/var/lib/geth/geth/nodekey'] },
      'expected /var/lib/geth/keystore among them',
    ],
  ])('refuses %s', (_, deploy, more, told) => {
    expect(() => readNetwork(deploy, more)).toThrow(told);
  });
});

describe('of deploy, functions', () => {
  it('read its kind, its nodes, the sizes of its group and the figures of its volumes, and leave what only synthesis needs', () => {
    const { deploy } = parseStored(fleet({ ...{ kind: 'ha', nodes: undefined, group: { size: 3, healthPort: 1 } } }));
    expect(deploy).toEqual({ kind: 'ha', instanceType: 'm6i.large', group: { size: 3 }, volume: {} });
    expect(parseStored(fleet({ image: 'nonsense', unheardOf: 1 })).deploy).toEqual({
      kind: 'single',
      nodes: { node1: 'eu-west-1a' },
      instanceType: 'm6i.large',
      volume: {},
    });
  });

  it('expect the nodes that it names, where nodes.expected says nothing; the members of a group are the group’s', () => {
    expect(resolveFleet(parseStored(fleet({}))).nodes.expected).toBe(1);
    const grouped = fleet({ ...{ kind: 'ha', nodes: undefined, group: { size: 3, healthPort: 1 } } });
    expect(resolveFleet(parseStored(grouped)).nodes.expected).toBeUndefined();
  });

  it.each([
    ['another kind', { kind: 'double' }, 'deploy.kind is "double"; expected a kind: single, ha'],
    ['no kind', { kind: undefined }, 'deploy.kind is missing; expected a kind: single, ha'],
    ['a size that is none', { group: { size: '3' } }, 'deploy.group.size is "3"; expected a whole number of nodes'],
    ['a group without a size', { group: {} }, 'deploy.group.size is missing'],
    ['a word in its place', 'single', 'deploy is "single"; expected for example { kind: single, … }'],
  ])('refuse %s', (_, deploy, told) => {
    const document = typeof deploy === 'string' ? { ...fleet(), deploy } : fleet(deploy);
    expect(() => parseStored(document)).toThrow(told);
  });
});
