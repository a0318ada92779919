// The ports of deployed nodes, with the chains and ports of owners: what is open to whom, at nodes and at the load balancer, and what a change of ports
// changes of a stack that exists.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { addChecks } from '../../infra/checks.ts';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { NodesStack } from '../../infra/stack.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { rulesInto } from '../../shared/fleet/schema-ports.ts';
import { completeDocument, parseFleetDocument } from '../../shared/fleet/whole.ts';
import { firstBootScripts } from '../../shared/node-commands/index.ts';

const examples = readFleets(join(repositoryRoot, 'examples/deploy'));
function example(name: string, deploy: object = {}, more: object = {}): FleetDocument {
  const document = examples.find(({ document: one }) => one.fleet === name)?.document;
  if (!document?.deploy) throw new Error(`examples/deploy has no ${name}`);
  const { rpcFrom: _, ports: __, ...closed } = document.deploy;
  return parseFleetDocument(JSON.parse(JSON.stringify({ ...document, ...more, deploy: { ...closed, ...deploy } })));
}

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };
interface Json {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

function made(document: FleetDocument): Json {
  const app = new App({ analyticsReporting: false, context: recommendedFlags, builtinCloudFormationValidation: false });
  const bundles = mkdtempSync(join(tmpdir(), 'chainmend-ports-'));
  mkdirSync(join(bundles, 'make-network'));
  writeFileSync(join(bundles, 'make-network/index.js'), 'exports.handler = null;\n');
  const stack = new NodesStack(app, 'Nodes', { document, scripts: firstBootScripts(), bundles });
  addChecks(app);
  app.synth();
  const template = Template.fromStack(stack).toJSON() as Json;
  rmSync(bundles, { recursive: true });
  return template;
}

const sg = 'sg-0123456789abcdef0';
const fromGroup = (port: number) => ({ name: `p${port}`, port, from: sg });
const fromAccess = (port: number) => ({ name: `p${port}`, port, from: 'access' });
const idOf = (group: string) => ({ 'Fn::GetAtt': [group, 'GroupId'] });

/** "8545 sg-…", "8545 Access", "30303/tcp 0.0.0.0/0": every way into a security group of the stack. */
function waysInto({ Resources }: Json, group: string): readonly string[] {
  const rules = [
    ...((Resources[group]?.Properties['SecurityGroupIngress'] ?? []) as Record<string, unknown>[]),
    ...Object.values(Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::EC2::SecurityGroupIngress' && JSON.stringify(Properties['GroupId']) === JSON.stringify(idOf(group))
        ? [Properties]
        : [],
    ),
  ];
  return rules
    .map(({ FromPort, ToPort, CidrIp, SourceSecurityGroupId: source }) => {
      expect(ToPort).toBe(FromPort);
      const [id] = Object.values((source ?? {}) as Record<string, string[]>);
      return `${FromPort} ${CidrIp ?? (typeof source === 'string' ? 'sg' : id?.[0])}`;
    })
    .sort();
}

describe("a node's ports", () => {
  it.each([
    [
      'geth, RPC and websockets',
      example('geth-dev', { ports: [fromAccess(8545), fromAccess(8546)] }),
      ['8545 Access', '8546 Access'],
    ],
    [
      'a consortium of CometBFT, each to its own',
      example('consortium', { ports: [1317, 8545, 8546, 9090, 26_657].map(fromGroup).concat(fromAccess(26_660)) }),
      ['1317 sg', '26656 Group', '26657 sg', '26660 Access', '8545 sg', '8546 sg', '9090 sg'],
    ],
    [
      'stacks, whose P2P stays open to the world',
      example('bitcoin', { ports: [fromGroup(20_443)] }, { fleet: 'stacks', chain: 'stacks', unit: 'stacks', rpc: {} }),
      ['20443 sg', '20444 0.0.0.0/0'],
    ],
    ['none that the file does not name', example('geth-dev'), []],
  ])('are those of %s', (_, document, ways) => {
    expect(waysInto(made(document), 'Group')).toEqual(ways);
    expect(rulesInto(completeDocument(document))).toBe(ways.length);
  });

  it('are the same rule whether the file says rpcFrom or names the RPC, and so is the whole template but for outputs', () => {
    const { Outputs: _, ...old } = made(example('bitcoin-rpc', { rpcFrom: sg }));
    const { Outputs: named, ...now } = made(example('bitcoin-rpc', { ports: [{ ...fromGroup(8332), name: 'rpc' }] }));
    expect(now).toEqual(old);
    expect(Object.keys(named)).toContain('Endpoint8332');
  });
});

describe('the access group', () => {
  const json = made(example('geth-dev', { ports: [fromGroup(8545), fromAccess(8546)] }));

  it('is exported by a name that other stacks know, and lets its members nowhere else', () => {
    expect(json.Outputs['AccessGroup']).toMatchObject({
      Value: idOf('Access'),
      Export: { Name: 'chainmend:geth-dev:access' },
    });
    expect(json.Resources['Access']?.Properties).toMatchObject({
      SecurityGroupEgress: [{ FromPort: 8546, ToPort: 8546, DestinationSecurityGroupId: idOf('Group') }],
    });
    expect(json.Resources['Access']?.Properties).not.toHaveProperty('SecurityGroupIngress');
  });

  it('is there only where a port is open to it', () => {
    expect(made(example('geth-dev', { ports: [fromGroup(8545)] })).Resources).not.toHaveProperty('Access');
  });

  it('reaches the load balancer of a group, and its members by their own names', () => {
    const document = example('bitcoin-rpc', { ports: [fromAccess(8332), fromAccess(28_332)] });
    const group = made(document);
    expect(waysInto(group, 'BalancerGroup')).toEqual(['28332 Access', '8332 Access']);
    expect(waysInto(group, 'Group')).toEqual([
      ...['28332 Access', '28332 BalancerGroup', '8099 BalancerGroup', '8332 Access', '8332 BalancerGroup'],
      '8333 0.0.0.0/0',
    ]);
    expect(rulesInto(completeDocument(document))).toBe(waysInto(group, 'Group').length);
    expect(group.Resources['Access']?.Properties['SecurityGroupEgress']).toHaveLength(4);
  });
});

describe('the load balancer of a group', () => {
  const { Resources } = made(example('bitcoin-rpc', { ports: [fromGroup(8332), fromAccess(28_332)] }));

  it('has a listener for each port, with the check that fits it', () => {
    const of = (id: string) => Resources[id]?.Properties;
    expect(of('Listener')).toMatchObject({ Port: 8332, DefaultActions: [{ TargetGroupArn: { Ref: 'Targets' } }] });
    expect(of('Listener28332')).toMatchObject({
      ...{ Port: 28_332, Protocol: 'TCP' },
      DefaultActions: [{ TargetGroupArn: { Ref: 'Targets28332' } }],
    });
    expect(of('Targets')).toMatchObject({ HealthCheckProtocol: 'HTTP', HealthCheckPort: '8099' });
    expect(of('Targets28332')).toMatchObject({ HealthCheckProtocol: 'TCP', HealthCheckPort: 'traffic-port' });
    expect(of('Nodes')?.['TargetGroupARNs']).toEqual([{ Ref: 'Targets' }, { Ref: 'Targets28332' }]);
  });
});

describe('a change of ports', () => {
  /** What is changed of what stays, as "Group.SecurityGroupIngress". */
  function changed(before: Json, after: Json): readonly string[] {
    return Object.entries(after.Resources).flatMap(([id, { Type, Properties }]) => {
      const old = before.Resources[id];
      if (!old) return [];
      expect(Type).toBe(old.Type);
      const keys = new Set([...Object.keys(Properties), ...Object.keys(old.Properties)]);
      return [...keys].flatMap((key) =>
        JSON.stringify(Properties[key]) === JSON.stringify(old.Properties[key]) ? [] : [`${id}.${key}`],
      );
    });
  }
  const ids = ({ Resources }: Json): ReadonlySet<string> => new Set(Object.keys(Resources));

  // "Update requires: No interruption" of each (AWS::EC2::SecurityGroup, AWS::AutoScaling::AutoScalingGroup): GroupDescription and VpcId would replace it.
  it.each([
    ['single nodes', 'geth-dev', fromGroup(8545), fromAccess(8546), ['Group.SecurityGroupIngress']],
    [
      'a group',
      'bitcoin-rpc',
      fromGroup(8332),
      fromGroup(28_332),
      [
        ...['BalancerGroup.SecurityGroupEgress', 'BalancerGroup.SecurityGroupIngress'],
        ...['Group.SecurityGroupIngress', 'Nodes.TargetGroupARNs'],
      ],
    ],
  ])(
    'of %s changes rules in place, and replaces no node, volume, template, group or load balancer',
    (_, name, one, two, may) => {
      const before = made(example(name, { ports: [one] }));
      const after = made(example(name, { ports: [one, two] }));
      const changes = [...changed(before, after), ...changed(after, before)];
      expect(may).toEqual(expect.arrayContaining(changes));
      const added = [...ids(after)].filter((id) => !ids(before).has(id)).map((id) => after.Resources[id]?.Type);
      expect(new Set(added)).toEqual(
        new Set(added.filter((type) => /SecurityGroup|Listener|TargetGroup/.test(type ?? ''))),
      );
      // Taken back, the template is what it was: nothing of the port is left.
      expect([...ids(before)].filter((id) => !ids(after).has(id))).toEqual([]);
    },
  );

  it('by its name alone changes nothing but words of outputs', () => {
    const named = (name: string) => made(example('bitcoin-rpc', { ports: [{ ...fromAccess(8332), name }] }));
    expect(named('main').Resources).toEqual(named('rpc').Resources);
  });

  it('to another group changes one rule', () => {
    const before = made(example('geth-dev', { ports: [fromGroup(8545)] }));
    const after = made(example('geth-dev', { ports: [{ ...fromGroup(8545), from: 'sg-0123456789abcdef1' }] }));
    expect(changed(before, after)).toEqual(['Group.SecurityGroupIngress']);
  });
});

describe('the outputs', () => {
  it('tell each endpoint: of nodes by their names, of a group at its load balancer', () => {
    const nodes = made(example('clique', { ports: [fromGroup(8545), fromAccess(8546)] })).Outputs;
    expect(nodes['Endpoint8546']?.Value).toMatch(/^bootnode1\.clique\.internal:8546,sealer1\.clique\.internal:8546,/);
    expect(nodes['Endpoint8545']?.Value).toMatch(/^http:\/\/bootnode1\.clique\.internal:8545,/);
    const balanced = made(example('bitcoin-rpc', { ports: [fromAccess(8332)] })).Outputs['Endpoint8332'];
    expect(balanced?.Value).toEqual({
      'Fn::Join': ['', ['http://', { 'Fn::GetAtt': ['Balancer', 'DNSName'] }, ':8332']],
    });
    expect(balanced).toMatchObject({ Description: 'p8332 of bitcoin-rpc, open to members of AccessGroup.' });
  });

  it('tell none of an old file', () => {
    expect(Object.keys(made(example('bitcoin', { rpcFrom: sg })).Outputs).filter((id) => /^Endpoint/.test(id))).toEqual(
      [],
    );
  });
});
