import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chainNames } from '../../../shared/chains/defaults.ts';
import { fleetOfParameter, fleetParameterName, fleetParameterValue } from '../../../shared/fleet/parameter.ts';
import { FleetFileError, type FleetProblem } from '../../../shared/fleet/problems.ts';
import { parseFleet, resolveFleet, roleOf } from '../../../shared/fleet/resolve.ts';
import { completeDocument, parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { deployedAs } from '../../fixtures/builders/fleet.ts';
import { anyFleetDocument, bitcoin } from '../../fixtures/fleet-documents.ts';

function problemsIn(source: unknown): readonly FleetProblem[] {
  try {
    parseFleet(source);
  } catch (error) {
    if (error instanceof FleetFileError) return error.problems;
    throw error;
  }
  return [];
}

/** How every client of bitcoin stops unless its file says otherwise. */
const stops = { stopGraceSeconds: 600, cleanLine: 'Shutdown: done' };
const commandsMissing = ['commands.stop', 'commands.status'];
const withArgument = { start: '/opt/start', stop: '/opt/stop --now', status: '/opt/status' };
const units = { a: { unit: 'a', stopGraceSeconds: 9 } };

const fieldsIn = (source: unknown) => problemsIn(source).map(({ path }) => path.join('.'));

describe('a fleet file', () => {
  it('of ten lines gets the rest from its chain', () => {
    const fleet = parseFleet(JSON.stringify(bitcoin));
    expect(fleet).toEqual({
      suite: 'chainmend',
      tag: 'bitcoin',
      neighbours: [],
      name: 'bitcoin',
      chain: 'bitcoin',
      mode: 'plan',
      nodes: { tags: { Component: 'nodes/bitcoin' }, nameTag: 'Name' },
      role: { fixed: 'follower' },
      volumes: [{ role: 'data', path: '/var/lib/bitcoind', tags: { Component: 'nodes/bitcoin' } }],
      units: [{ name: 'node', runtime: { kind: 'systemd', unit: 'node@*' }, ...stops }],
      identityPaths: [
        '/var/lib/bitcoind/wallets',
        '/var/lib/bitcoind/wallet.dat',
        '/var/lib/bitcoind/onion_v3_private_key',
      ],
      owner: { by: undefined, acceptDrift: undefined, restartValidators: false },
      disk: {
        growAtPercent: 85,
        horizonHours: 30,
        minimumStepPercent: 20,
        maximumSizeGiB: 2000,
        maximumMonthlyIncreaseUsd: 100,
        modificationsPerDay: 3,
      },
      breaker: { unhealthyPercent: 20, unhealthyMinimum: 1, restartPercent: 25 },
      ask: { expiresAfterHours: 4 },
      metrics: 'classic',
      pages: { healed: true, againAfterMinutes: 30, againEveryMinutes: 60, againPerDay: 8, readiness: false },
      alarms: { namePatterns: [], own: [], topics: [], per: 'auto', diskPercent: 85 },
      rpc: {
        scheme: 'http',
        port: 8332,
        path: '',
        credentials: undefined,
        metricsPort: undefined,
        beaconPort: undefined,
        paths: undefined,
      },
      probe: { by: 'ssm' },
      health: {
        references: [],
        behindBlocks: 3,
        stuckSeconds: 90,
        patienceSeconds: 600,
        trust: 'several',
        haltSeconds: 10_800,
        startGraceSeconds: 1800,
        confirmations: 6,
        chainId: undefined,
      },
      peers: {
        rotate: true,
        seeds: [],
        maximum: 8,
        minimum: 3,
        configPath: '/var/lib/bitcoind/bitcoin.conf',
        restart: false,
        p2pPort: 8333,
      },
      dns: { zone: 'bitcoin.internal', pool: 'pool', ttlSeconds: 5, p2pPort: 8333 },
      snapshots: undefined,
      replace: {
        rungs: ['restart', 'stop-start', 'swap', 'replace'],
        source: 'snapshot',
        initializationMiBps: undefined,
        launchTemplate: undefined,
        lifecyclePolicies: [],
        upgradeHeights: [],
        publicAddress: 'keep',
        userData: undefined,
        warm: true,
        subnetIds: [],
        keepDays: 7,
        autoScaling: 'refuse',
        terminated: false,
        moveBeforeHours: 48,
        restartsPerDay: 6,
        replacementsPerHour: 2,
        replacementsPerDay: 5,
        replacementsPerNode: 3,
      },
      cleanSnapshots: undefined,
      seedsGroups: false,
      dataMode: undefined,
    });
  });

  it('keeps identity paths on the volume that the owner named', () => {
    const { identityPaths } = parseFleet({ ...bitcoin, volumes: { data: '/node-data' } });
    expect(identityPaths[0]).toBe('/node-data/wallets');
  });

  it.each([
    ['a template unit', { unit: 'node@*' }, { kind: 'systemd', unit: 'node@*' }],
    ['a container', { docker: 'node' }, { kind: 'docker', container: 'node' }],
    [
      'a compose service',
      { compose: { file: '/opt/node/compose.yaml', service: 'geth' } },
      { kind: 'compose', file: '/opt/node/compose.yaml', service: 'geth' },
    ],
    [
      'executables of its own',
      { commands: { start: '/opt/node/start', stop: '/opt/node/stop', status: '/opt/node/status' } },
      { kind: 'commands', start: '/opt/node/start', stop: '/opt/node/stop', status: '/opt/node/status' },
    ],
    ["the chain's usual unit where none is named", {}, { kind: 'systemd', unit: 'bitcoind' }],
  ])('may run its client as %s', (_, written, runtime) => {
    const { unit: _unit, ...rest } = bitcoin;
    expect(parseFleet({ ...rest, ...written }).units).toEqual([{ name: 'node', runtime, ...stops }]);
  });

  it('may run several clients on each node, each with its own grace', () => {
    const { unit: _unit, ...rest } = bitcoin;
    const units = { execution: { unit: 'geth' }, beacon: { docker: 'lighthouse', stopGraceSeconds: 90 } };
    expect(parseFleet({ ...rest, chain: 'ethereum', units }).units).toEqual([
      {
        ...{ name: 'execution', runtime: { kind: 'systemd', unit: 'geth' } },
        ...{ stopGraceSeconds: 300, cleanLine: 'Blockchain stopped' },
      },
      {
        ...{ name: 'beacon', runtime: { kind: 'docker', container: 'lighthouse' } },
        ...{ stopGraceSeconds: 90, cleanLine: undefined },
      },
    ]);
  });

  it('may leave the role to a tag, and a value that nobody explained is an unknown role', () => {
    const fleet = parseFleet({ ...bitcoin, role: { tag: 'Role', values: { sealer: 'validator' } } });
    expect(roleOf(fleet, { Role: 'sealer' })).toBe('validator');
    expect(roleOf(fleet, { Role: 'follower' })).toBe('unknown');
    expect(roleOf(fleet, { Role: 'constructor' })).toBe('unknown');
    expect(roleOf(fleet, {})).toBe('unknown');
    expect(roleOf(parseFleet({ ...bitcoin, role: { tag: 'Role' } }), { Role: 'bootnode' })).toBe('bootnode');
  });

  it.each([
    ['nothing', {}, ['fleet', 'chain', 'mode', 'nodes']],
    ['no mode', { ...bitcoin, mode: undefined }, ['mode']],
    ['a size with a unit', { ...bitcoin, disk: { maximumSizeGiB: '500GB' } }, ['disk.maximumSizeGiB']],
    ['a size of nothing', { ...bitcoin, disk: { maximumSizeGiB: 0 } }, ['disk.maximumSizeGiB']],
    ['a size that no EBS volume has', { ...bitcoin, disk: { maximumSizeGiB: 65_537 } }, ['disk.maximumSizeGiB']],
    ['half a GiB', { ...bitcoin, disk: { maximumSizeGiB: 99.5 } }, ['disk.maximumSizeGiB']],
    ['a full disk as the moment to grow', { ...bitcoin, disk: { growAtPercent: 100 } }, ['disk.growAtPercent']],
    ['a horizon shorter than the budget', { ...bitcoin, disk: { horizonHours: 24 } }, ['disk.horizonHours']],
    ['all four modifications', { ...bitcoin, disk: { modificationsPerDay: 4 } }, ['disk.modificationsPerDay']],
    ['no tag to find nodes by', { ...bitcoin, nodes: { tag: {} } }, ['nodes.tag']],
    ['tags as a list', { ...bitcoin, nodes: { tag: ['Component'] } }, ['nodes.tag.0']],
    ['a wildcard in a tag', { ...bitcoin, nodes: { tag: { Component: 'nodes/*' } } }, ['nodes.tag.Component']],
    ['a number as a tag', { ...bitcoin, nodes: { tag: { Version: 3 } } }, ['nodes.tag.Version']],
    ['an empty tag', { ...bitcoin, nodes: { tag: { Component: '' } } }, ['nodes.tag.Component']],
    ['every alarm of the account', { ...bitcoin, alarms: { namePatterns: ['*'] } }, ['alarms.namePatterns.0']],
    ['the root volume', { ...bitcoin, volumes: { data: '/' } }, ['volumes.data']],
    ['a way up', { ...bitcoin, volumes: { data: { path: '/data/../etc' } } }, ['volumes.data.path']],
    ['one mount for two volumes', { ...bitcoin, volumes: { data: '/d', ancient: '/d' } }, ['volumes.ancient']],
    ['a unit that is an option', { ...bitcoin, unit: '--help' }, ['unit']],
    ['every unit of the machine', { ...bitcoin, unit: '*' }, ['unit']],
    ['two ways to run', { ...bitcoin, docker: 'node' }, ['docker']],
    [
      'two ways to run, one of them by hand',
      { ...bitcoin, commands: { start: '/a', stop: '/b', status: '/c' } },
      ['commands'],
    ],
    ['commands without a way to ask', { ...bitcoin, unit: undefined, commands: { start: '/a' } }, commandsMissing],
    ['an argument for a command', { ...bitcoin, unit: undefined, commands: withArgument }, ['commands.stop']],
    ['a last line that no unit has', { ...bitcoin, unit: undefined, units, cleanLine: 'bye' }, ['cleanLine']],
    ['a unit that runs as nothing', { ...bitcoin, unit: undefined, units: { beacon: {} } }, ['units.beacon']],
    [
      'a grace that no unit has',
      { ...bitcoin, unit: undefined, units: { a: { unit: 'a' } }, stopGraceSeconds: 9 },
      ['stopGraceSeconds'],
    ],
    ['an unknown client without its facts', { ...bitcoin, chain: 'other' }, ['volumes', 'stopGraceSeconds', 'p2pPort']],
  ])('with %s is refused by the name of the field', (_, written, fields) => {
    // As JSON, which is how it comes out of SSM: undefined members are absent.
    expect(fieldsIn(JSON.stringify(written))).toEqual(fields);
  });

  it.each([
    ['not JSON', '{"fleet":', 'fleet file: the file is "{\\"fleet\\":"; expected a JSON object'],
    ['a list', '[]', 'fleet file: fleet is missing; expected a name of at most 32'],
    ['null', 'null', 'fleet file: the file is empty; expected for example { fleet: bitcoin'],
    ['a tag that JavaScript would lose', '{"nodes":{"tag":{"A":"b","__proto__":"c"}}}', 'key "nodes.tag.__proto__"'],
  ])('that is %s is refused', (_, text, sentence) => {
    expect(() => parseFleet(text)).toThrow(sentence);
  });

  // Records are made by these names, and every object has members of these names already.
  it.each([
    ['constructor', { fleet: 'constructor' }, 'fleet is "constructor"; expected a name'],
    ['prototype', { fleet: 'prototype' }, 'neither constructor nor prototype'],
    ['__proto__', { fleet: '__proto__' }, 'fleet is "__proto__"; expected a name'],
    ['toString', { fleet: 'toString' }, 'fleet is "toString"; expected a name'],
    ['constructor as a role', { volumes: { constructor: '/x' } }, 'key "volumes.constructor"; expected another name'],
    ['prototype as a role', { volumes: { prototype: '/x', data: '/y' } }, 'key "volumes.prototype"; expected another'],
    ['constructor as a unit', { unit: undefined, units: { constructor: { unit: 'a' } } }, 'key "units.constructor"'],
  ])('that is called by a name that every object has is refused by it: %s', (_, more, sentence) => {
    expect(() => parseFleet(JSON.stringify({ ...bitcoin, ...more }))).toThrow(sentence);
  });

  it('is told of with the value that was found and an example of a right one', () => {
    expect(() => parseFleet({ ...bitcoin, disk: { maximumSizeGiB: '500GB' } })).toThrow(
      'fleet file "bitcoin": disk.maximumSizeGiB is "500GB"; ' +
        'expected a whole number of GiB from 1 to 65536, no unit after it, for example 2000',
    );
  });

  it('is told of with everything that is wrong in it, not with the first thing', () => {
    expect(fieldsIn({ ...bitcoin, mode: 'actt', unit: 'a b', owner: { acceptDrift: 1 } })).toEqual([
      'mode',
      'unit',
      'owner.acceptDrift',
    ]);
  });
});

describe('the parameter of a fleet', () => {
  const name = fleetParameterName('/chainmend', 'bitcoin');
  const deployed = deployedAs(bitcoin);

  it('gives the fleet back, with a hash for the journal that changes with the file', () => {
    const { value, tier } = fleetParameterValue(parseFleetDocument(bitcoin));
    const { fleet, hash } = fleetOfParameter('/chainmend', { name, value }, deployed);
    expect([fleet, tier]).toEqual([parseFleet(bitcoin), 'Standard']);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    const changed = JSON.stringify({ ...bitcoin, mode: 'act' });
    expect(fleetOfParameter('/chainmend', { name, value: changed }, deployed).hash).not.toBe(hash);
  });

  it('is parsed once while it stays the same, and again when the file changes or the deployment knows something else', () => {
    const value = JSON.stringify(bitcoin);
    const read = (deployment = deployed) => fleetOfParameter('/chainmend', { name, value }, deployment).fleet;
    const first = read();
    expect(read()).toBe(first);
    expect(fleetOfParameter('/another', { name: '/another/fleets/bitcoin', value }, deployed).fleet.suite).toBe(
      'another',
    );
    const narrower = deployedAs({ ...bitcoin, nodes: { tag: { Component: 'nodes/bitcoin', Stage: 'live' } } });
    expect(() => read(narrower)).toThrow('npm run deploy is who may change this');
    expect(read()).toBe(first);
  });

  it('takes the larger tier over 4 KB, and refuses over 8 KB', () => {
    const long = (paths: number) =>
      parseFleetDocument({ ...bitcoin, identity: Array(paths).fill(`/data/${'x'.repeat(64)}`.repeat(4)) });
    expect(fleetParameterValue(long(16)).tier).toBe('Advanced');
    expect(() => fleetParameterValue(long(32))).toThrow(
      /^fleet file "bitcoin": length is 9\d{3}; expected at most 8192 bytes/,
    );
  });

  it('is refused when it holds another fleet', () => {
    const value = JSON.stringify({ ...bitcoin, fleet: 'litecoin' });
    expect(() => fleetOfParameter('/chainmend', { name, value }, deployed)).toThrow(
      'fleet is "litecoin"; expected the name of the parameter that holds it, /chainmend/fleets/bitcoin',
    );
  });
});

describe('any fleet file', () => {
  it('that is valid resolves, and a file in which its defaults are written out means the same', () => {
    fc.assert(
      fc.property(anyFleetDocument, (document) => {
        const read = parseFleetDocument(JSON.stringify(document));
        const fleet = resolveFleet(read);
        expect(fleet.volumes.length).toBeGreaterThan(0);
        expect(fleet.units.every(({ stopGraceSeconds }) => stopGraceSeconds >= 1)).toBe(true);
        expect(parseFleet(JSON.stringify(completeDocument(read)))).toEqual(fleet);
      }),
    );
  });

  it('with a key that the schema does not know is refused by the name of that key', () => {
    fc.assert(
      fc.property(anyFleetDocument, fc.string({ minLength: 1 }), fc.jsonValue(), (document, key, value) => {
        const places = [[], ['nodes'], ['disk'], ['owner']].filter((path) => path.every((name) => name in document));
        for (const path of places) {
          const copy: Record<string, unknown> = JSON.parse(JSON.stringify(document));
          const level = path.reduce<Record<string, unknown>>(
            (inner, name) => inner[name] as Record<string, unknown>,
            copy,
          );
          fc.pre(!knownKeys.includes(key));
          Object.defineProperty(level, key, { value, enumerable: true, configurable: true, writable: true });
          expect(fieldsIn(copy)).toContain([...path, key].join('.'));
        }
      }),
    );
  });

  it('never carries what a shell would interpret', () => {
    const meta = fc.constantFrom(...' \t\n\r\0;&|<>()$`\\"\'!{}[]~#%^?,', '$(id)', '`id`', '\u00a0', 'é');
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), meta, fc.string({ maxLength: 8 }), (before, character, after) => {
        const bad = `${before}${character}${after}`;
        for (const [field, put, right] of texts) {
          expect([bad, field, fieldsIn(put(bad)).length > 0]).toEqual([bad, field, true]);
          expect([bad, field, fieldsIn(put(`${right}${bad}`)).length > 0]).toEqual([bad, field, true]);
        }
      }),
    );
  });

  it('survives whatever else is stored in its parameter: an error of ours, and no other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), fc.string()), (source) => {
        expect(problemsIn(source).length).toBeGreaterThan(0);
      }),
    );
  });
});

const knownKeys = [
  ...['fleet', 'chain', 'mode', 'nodes', 'role', 'unit', 'docker', 'compose', 'stopGraceSeconds', 'units', 'volumes'],
  ...[
    'identity',
    'disk',
    'owner',
    'breaker',
    'ask',
    'alarms',
    'dns',
    'tag',
    'nameTag',
    'by',
    'acceptDrift',
    'restartValidators',
  ],
  ...['growAtPercent', 'horizonHours', 'minimumStepPercent', 'maximumSizeGiB', 'maximumMonthlyIncreaseUsd'],
  ...[
    'modificationsPerDay',
    'rpc',
    'probe',
    'health',
    'p2pPort',
    'peers',
    'snapshots',
    'replace',
    'commands',
    'cleanLine',
    'dataMode',
  ],
];

const { unit: _unit, ...withoutUnit } = bitcoin;

/** Every text that a person can write, with a right one: a refusal must come from the text itself. */
const texts: [field: string, put: (text: string) => unknown, right: string][] = [
  ['fleet', (text) => ({ ...bitcoin, fleet: text }), 'bitcoin-2'],
  ['chain', (text) => ({ ...bitcoin, chain: text }), 'litecoin'],
  ['mode', (text) => ({ ...bitcoin, mode: text }), 'act'],
  ['nodes.tag key', (text) => ({ ...bitcoin, nodes: { tag: { [text]: 'x' } } }), 'aws:autoscaling:groupName'],
  ['nodes.tag', (text) => ({ ...bitcoin, nodes: { tag: { Component: text } } }), 'nodes/bitcoin@eu-west-1'],
  ['nodes.nameTag', (text) => ({ ...bitcoin, nodes: { ...bitcoin.nodes, nameTag: text } }), 'Node_Name'],
  ['role', (text) => ({ ...bitcoin, role: text }), 'sentry'],
  ['role.tag', (text) => ({ ...bitcoin, role: { tag: text } }), 'Role'],
  ['role.values', (text) => ({ ...bitcoin, role: { tag: 'Role', values: { [text]: 'validator' } } }), '18'],
  ['unit', (text) => ({ ...bitcoin, unit: text }), 'node@0.20.0'],
  ['docker', (text) => ({ ...withoutUnit, docker: text }), 'bitcoin-node_1.2'],
  ['compose.file', (text) => ({ ...withoutUnit, compose: { file: text, service: 'x' } }), '/opt/node/compose.yaml'],
  ['compose.service', (text) => ({ ...withoutUnit, compose: { file: '/x', service: text } }), 'geth'],
  ['commands.start', (text) => ({ ...withoutUnit, commands: { start: text, stop: '/b', status: '/c' } }), '/opt/start'],
  ['commands.stop', (text) => ({ ...withoutUnit, commands: { start: '/a', stop: text, status: '/c' } }), '/opt/stop'],
  [
    'commands.status',
    (text) => ({ ...withoutUnit, commands: { start: '/a', stop: '/b', status: text } }),
    '/opt/is-up',
  ],
  ['dataMode', (text) => ({ ...bitcoin, dataMode: text }), 'pruned'],
  ['replace.launchTemplate', (text) => ({ ...bitcoin, replace: { launchTemplate: text } }), 'nodes/bitcoin'],
  ['replace.subnets', (text) => ({ ...bitcoin, replace: { subnets: [text] } }), 'subnet-0123456789abcdef0'],
  ['units key', (text) => ({ ...withoutUnit, units: { [text]: { unit: 'x' } } }), 'beacon'],
  ['units.unit', (text) => ({ ...withoutUnit, units: { x: { unit: text } } }), 'lighthouse.service'],
  ['volumes key', (text) => ({ ...bitcoin, volumes: { [text]: '/x' } }), 'ancient'],
  ['volumes', (text) => ({ ...bitcoin, volumes: { data: text } }), '/var/lib/bitcoind'],
  ['volumes.path', (text) => ({ ...bitcoin, volumes: { data: { path: text } } }), '/mnt/.data'],
  ['volumes.tag', (text) => ({ ...bitcoin, volumes: { data: { path: '/x', tag: { A: text } } } }), 'data'],
  ['identity', (text) => ({ ...bitcoin, identity: [text] }), '/data/config/node_key.json'],
  ['alarms.namePatterns', (text) => ({ ...bitcoin, alarms: { namePatterns: [text] } }), '*-disk-*'],
  ['dns.zone', (text) => ({ ...bitcoin, dns: { zone: text } }), 'nodes.bitcoin.internal'],
  ['dns.pool', (text) => ({ ...bitcoin, dns: { zone: 'x.internal', pool: text } }), 'synced-1'],
  ['rpc.path', (text) => ({ ...bitcoin, rpc: { path: text } }), '/ext/bc/C/rpc'],
  ['rpc.credentials', (text) => ({ ...bitcoin, rpc: { credentials: text } }), 'file:/node-data/.cookie'],
  ['probe.vpc', (text) => ({ ...bitcoin, probe: { vpc: text, subnets: ['subnet-01234567'] } }), 'vpc-01234567'],
  ['probe.subnets', (text) => ({ ...bitcoin, probe: { vpc: 'vpc-01234567', subnets: [text] } }), 'subnet-01234567'],
  [
    'probe.metric',
    (text) => ({ ...bitcoin, probe: { metric: { namespace: 'A', height: text } } }),
    'stacks_tip_height',
  ],
  ['health.references', (text) => ({ ...bitcoin, health: { references: [text] } }), 'https://a.example:8443/v1/key'],
  ['health.chainId', (text) => ({ ...bitcoin, health: { chainId: text } }), 'cosmoshub-4'],
  ['peers.seeds', (text) => ({ ...bitcoin, peers: { seeds: [text] } }), 'seed.bitcoin.example:8333'],
  ['peers.config', (text) => ({ ...bitcoin, peers: { config: text } }), '/etc/bitcoin/bitcoin.conf'],
  ['snapshots.copyTo.region', (text) => ({ ...bitcoin, snapshots: { copyTo: { region: text } } }), 'us-gov-west-1'],
];

it.each(texts)('%s takes an ordinary text', (_, put, right) => {
  expect(problemsIn(put(right))).toEqual([]);
});

it('chains that have defaults all make a fleet of three lines', () => {
  for (const chain of chainNames.filter((name) => name !== 'other')) {
    expect(parseFleet({ fleet: 'f', chain, mode: 'plan', nodes: { tag: { A: 'b' } } }).chain).toBe(chain);
  }
});
