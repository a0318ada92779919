// The ports that a deployed fleet opens: what is right, what a person is told of what is not, and that an old file means what it meant.
import { describe, expect, it } from '@jest/globals';
import { ACCESS, endpointOf, openPortsOf, PORTS_MAX } from '../../../shared/fleet/schema-ports.ts';
import { completeDocument, parseFleetDocument } from '../../../shared/fleet/whole.ts';

const GROUP = 'sg-0123456789abcdef0';
const DEPLOY = {
  ...{ kind: 'single', nodes: { node1: 'eu-west-1a' }, vpc: 'vpc-0123456789abcdef0', instanceType: 'm6i.large' },
  ...{ subnets: { 'eu-west-1a': 'subnet-0123456789abcdef0' }, volume: { sizeGiB: 500 } },
};
const read = (deploy: object, more: object = {}) =>
  completeDocument(
    parseFleetDocument({
      ...{ fleet: 'mainnet', chain: 'ethereum', mode: 'plan', nodes: { tag: { Component: 'nodes/mainnet' } } },
      ...{ role: 'follower', unit: 'geth', deploy: { ...DEPLOY, ...deploy }, ...more },
    }),
  );
const RPC = { name: 'rpc', port: 8545, from: GROUP };
const WS = { name: 'ws', port: 8546, from: ACCESS };

describe('the ports that are open', () => {
  it('are those that the file names, each to whom it says, and the one that chainmend asks is known', () => {
    expect(openPortsOf(read({ ports: [RPC, WS] }))).toEqual([
      { ...RPC, isRpc: true },
      { ...WS, isRpc: false },
    ]);
  });

  it('are the RPC to one group, where the file says rpcFrom as before, and none where it says neither', () => {
    expect(openPortsOf(read({ rpcFrom: GROUP }))).toEqual([{ ...RPC, isRpc: true }]);
    expect(openPortsOf(read({}))).toEqual([]);
  });

  it('are at most as many as the quotas of AWS have room for', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...WS, name: `p${at}`, port: 9000 + at }));
    expect(openPortsOf(read({ ports: many(PORTS_MAX) }))).toHaveLength(PORTS_MAX);
    expect(() => read({ ports: many(PORTS_MAX + 1) })).toThrow('expected a list of 1 to 16');
    expect(() => read({ ports: [] })).toThrow('expected a list of 1 to 16');
  });

  it.each([
    ['one port twice', { ports: [RPC, { ...WS, port: 8545 }] }, 'deploy.ports.1.port is 8545; expected each port once'],
    [
      'one name twice',
      { ports: [RPC, { ...WS, name: 'rpc' }] },
      'deploy.ports.1.name is "rpc"; expected each name once',
    ],
    [
      'a name that is none',
      { ports: [{ ...RPC, name: 'My port' }] },
      'deploy.ports.0.name is "My port"; expected a name',
    ],
    [
      'a port that is none',
      { ports: [{ ...RPC, port: 65_536 }] },
      'deploy.ports.0.port is 65536; expected a port from 1',
    ],
    ['no port', { ports: [{ ...RPC, port: 0 }] }, 'deploy.ports.0.port is 0; expected a port from 1'],
    [
      'the world',
      { ports: [{ ...RPC, from: '0.0.0.0/0' }] },
      'deploy.ports.0.from is "0.0.0.0/0"; expected access or the id',
    ],
    ['an address', { ports: [{ ...RPC, from: '10.0.0.0/8' }] }, "no client's port is open to addresses"],
    ['nobody', { ports: [{ name: 'rpc', port: 8545 }] }, 'deploy.ports.0.from is missing'],
    ['a word of its own', { ports: [{ ...RPC, to: GROUP }] }, 'unknown key "deploy.ports.0.to"'],
    ['both words', { ports: [RPC], rpcFrom: GROUP }, 'expected none beside deploy.ports'],
    [
      'P2P',
      { ports: [{ ...RPC, port: 30_303 }] },
      'deploy.ports.0.port is 30303; expected another port than those of P2P',
    ],
    ['the RPC as P2P', { p2p: ['tcp/8545'] }, 'deploy.p2p is "tcp/8545"; expected no RPC port'],
  ])('may not be %s', (_, deploy, why) => {
    expect(() => read(deploy)).toThrow(why);
  });

  it('may not be the one on which a member of a group says that it has caught up', () => {
    const group = { kind: 'ha', nodes: undefined, group: { size: 3 }, ports: [{ ...WS, port: 8099 }] };
    const more = { snapshots: { clean: {} }, asg: { seed: 'newest-good', identityFree: true } };
    expect(() => read(JSON.parse(JSON.stringify(group)), more)).toThrow('the load balancer alone may open that');
  });
});

it('an endpoint is the address of a request, where chainmend asks it, and a host with its port where not', () => {
  const rpc = { scheme: 'http', path: '/ext/bc/C/rpc' };
  expect(endpointOf('node1.x', { ...RPC, isRpc: true }, rpc)).toBe('http://node1.x:8545/ext/bc/C/rpc');
  expect(endpointOf('node1.x', { ...RPC, isRpc: true }, { ...rpc, path: '/' })).toBe('http://node1.x:8545');
  expect(endpointOf('node1.x', { ...WS, isRpc: false }, rpc)).toBe('node1.x:8546');
});
