// The stack of a private chain's nodes: each may read its own keys and no other's, and no instance is there before the keys are.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { addChecks } from '../../infra/checks.ts';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { NodesStack } from '../../infra/stack.ts';
import { firstBootScripts } from '../../shared/node-commands/index.ts';
import { buildStack, resourcesOf } from './support.ts';

const file = readFleets(join(repositoryRoot, 'examples/deploy')).find(({ fleet: { name } }) => name === 'consortium');
if (!file) throw new Error('examples/deploy has no consortium');
const { document } = file;
const NODES = ['validator1', 'validator2', 'validator3', 'validator4', 'sentry1', 'sentry2'];

let template: Template;
let json: {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, object>>;
};
interface Resource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
}
const ofType = (type: string): [id: string, resource: Resource][] =>
  Object.entries(json.Resources).filter(([, { Type }]) => Type === type);

beforeAll(() => {
  const app = new App({ analyticsReporting: false, context: recommendedFlags, builtinCloudFormationValidation: false });
  const bundles = mkdtempSync(join(tmpdir(), 'chainmend-network-'));
  mkdirSync(join(bundles, 'make-network'));
  writeFileSync(join(bundles, 'make-network/index.js'), 'exports.handler = null;\n');
  const stack = new NodesStack(app, 'ChainmendNodes-consortium', { document, scripts: firstBootScripts(), bundles });
  addChecks(app);
  app.synth();
  template = Template.fromStack(stack);
  rmSync(bundles, { recursive: true });
  json = template.toJSON() as typeof json;
});

const roleOfNode = (node: string): string => {
  const found = ofType('AWS::IAM::Role').find(([, { Properties }]) =>
    JSON.stringify(Properties['RoleName'] ?? '').includes(`consortium.${node}-`),
  );
  if (!found) throw new Error(`${node} has no role`);
  return JSON.stringify(found[1].Properties);
};

describe('a node of a network', () => {
  it.each(NODES)('%s may read its own keys and the genesis, and nothing else of Secrets Manager', (node) => {
    const readable = [...roleOfNode(node).matchAll(/secret:chainmend\/networks\/[^"]+/g)].map(([name]) => name);
    expect(readable).toEqual([
      `secret:chainmend/networks/consortium/${node}-??????`,
      'secret:chainmend/networks/consortium-??????',
    ]);
    expect(roleOfNode(node).match(/secretsmanager:\w+/g)).toEqual(['secretsmanager:GetSecretValue']);
  });

  it.each(NODES)('%s reaches no keys, genesis or logs of a fleet whose name begins as its own does', (node) => {
    const reached = [...roleOfNode(node).matchAll(/:((?:secret|log-group):[^"]+)/g)].map(
      ([, pattern = '']) => new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`),
    );
    const reaches = (thing: string): boolean => reached.some((pattern) => pattern.test(thing));
    const things = (fleet: string): readonly string[] => [
      `secret:chainmend/networks/${fleet}-Ab12Cd`,
      `secret:chainmend/networks/${fleet}/${node}-Ab12Cd`,
      `log-group:/chainmend/nodes/${fleet}`,
    ];
    expect(things('consortium').map(reaches)).toEqual([true, true, true]);
    for (const fleet of ['consortium-2', 'consortium2', 'consortium-ab12cd', 'consorti'])
      expect(things(fleet).map(reaches)).toEqual([false, false, false]);
  });

  it('is tagged with its role, and launched behind its keys', () => {
    const [[keys = ''] = []] = ofType('AWS::CloudFormation::CustomResource');
    const instances = ofType('AWS::EC2::Instance');
    expect(instances).toHaveLength(6);
    for (const [, { DependsOn = [] }] of instances) expect(DependsOn).toContain(keys);
    for (const [role, count] of [
      ['validator', 4],
      ['sentry', 2],
    ] as const)
      expect(
        Object.keys(
          template.findResources('AWS::EC2::Instance', {
            Properties: { Tags: Match.arrayWith([{ Key: 'Role', Value: role }]) },
          }),
        ),
      ).toHaveLength(count);
  });

  it('is told whom to dial: validators each other and the sentries, and nobody a key', () => {
    const data = ofType('AWS::EC2::LaunchTemplate').map(([, { Properties }]) => JSON.stringify(Properties));
    const of = (node: string): string => data.find((text) => text.includes(`NETWORK_NODE='${node}'`)) ?? '';
    expect(of('validator1')).toContain("NETWORK_PEERS=('validator2' 'validator3' 'validator4' 'sentry1' 'sentry2')");
    expect(of('validator1')).toContain("NETWORK_PEX='false'");
    expect(of('validator1')).toContain('NETWORK_PRIVATE=()');
    expect(of('sentry1')).toContain("NETWORK_PRIVATE=('validator1' 'validator2' 'validator3' 'validator4')");
    expect(of('sentry1')).toContain("NETWORK_PEX='true'");
  });

  it('opens its P2P port to the others alone', () => {
    const isP2p = { Properties: { FromPort: 26_656, ToPort: 26_656 } };
    const found = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress', isP2p));
    expect(found).toHaveLength(1);
    expect(found[0]?.['Properties']).not.toHaveProperty('CidrIp');
    expect(JSON.stringify(ofType('AWS::EC2::SecurityGroup')[0]?.[1].Properties['SecurityGroupIngress'])).not.toContain(
      'CidrIp',
    );
  });
});

describe('who makes the keys', () => {
  it('may make secrets of this fleet, see their tags, and read the genesis; a key it cannot read', () => {
    const [, { Properties: role } = { Properties: {} }] =
      ofType('AWS::IAM::Role').find(([, { Properties }]) => JSON.stringify(Properties).includes('CreateSecret')) ?? [];
    const policies = JSON.stringify(role);
    expect(policies.match(/secretsmanager:\w+/g)).toEqual([
      ...['secretsmanager:CreateSecret', 'secretsmanager:TagResource', 'secretsmanager:DescribeSecret'],
      'secretsmanager:GetSecretValue',
    ]);
    const read = /"secretsmanager:GetSecretValue".*?"Resource":(.*?),"Sid"/.exec(policies)?.[1] ?? '';
    expect(read.match(/secret:[^"]+/g)).toEqual(['secret:chainmend/networks/consortium-??????']);
  });

  it('is told each volume, and no number that CloudFormation would make a text of', () => {
    template.hasResourceProperties('AWS::CloudFormation::CustomResource', {
      Network: {
        ...{ Secrets: 'chainmend/networks/consortium', Fleet: 'consortium', ChainId: 'consortium-1' },
        Nodes: NODES.map((Name) => ({ Name, Volume: { Ref: Match.anyValue() }, Role: Name.replace(/\d/, '') })),
      },
    });
  });
});

it('the outputs tell the endpoints of each role', () => {
  expect(json.Outputs['ValidatorEndpoints']).toMatchObject({
    Value: NODES.slice(0, 4)
      .map((name) => `${name}.consortium.internal:26657`)
      .join(),
  });
  expect(json.Outputs['SentryEndpoints']).toMatchObject({
    Value: 'sentry1.consortium.internal:26657,sentry2.consortium.internal:26657',
  });
  expect(Object.keys(json.Outputs)).toEqual(expect.arrayContaining(['ChainId', 'GenesisSha256']));
});

it('the suite may pass on the roles of sentries, and of no validator', () => {
  const resources = resourcesOf(buildStack({ fleets: [file] }).stack);
  const suite = JSON.stringify(['Role', 'ManagedPolicy'].map((type) => resources(`AWS::IAM::${type}`)));
  expect(suite).toContain('role/chainmend-node-consortium.sentry1-');
  expect(suite).not.toContain('chainmend-node-consortium.validator');
});

describe('a network of clique', () => {
  const clique = readFleets(join(repositoryRoot, 'examples/deploy')).find(({ fleet: { name } }) => name === 'clique');
  if (!clique) throw new Error('examples/deploy has no clique');
  const SEALERS = ['sealer1', 'sealer2', 'sealer3'];
  const stackOf = (document: typeof clique.document): Template => {
    const app = new App({
      analyticsReporting: false,
      context: recommendedFlags,
      builtinCloudFormationValidation: false,
    });
    const bundles = mkdtempSync(join(tmpdir(), 'chainmend-clique-'));
    mkdirSync(join(bundles, 'make-network'));
    writeFileSync(join(bundles, 'make-network/index.js'), 'exports.handler = null;\n');
    const stack = new NodesStack(app, 'ChainmendNodes-clique', { document, scripts: firstBootScripts(), bundles });
    addChecks(app);
    app.synth();
    const made = Template.fromStack(stack);
    rmSync(bundles, { recursive: true });
    return made;
  };
  let made: Template;
  beforeAll(() => {
    made = stackOf(clique.document);
  });

  it('is asked of the function with its genesis, and no number that CloudFormation would make a text of', () => {
    made.hasResourceProperties('AWS::CloudFormation::CustomResource', {
      Network: {
        ...{ Secrets: 'chainmend/networks/clique', ChainId: '1337' },
        Nodes: Match.arrayWith([
          { Name: 'bootnode1', Volume: { Ref: Match.anyValue() }, Role: 'bootnode' },
          { Name: 'sealer1', Volume: { Ref: Match.anyValue() }, Role: 'validator' },
        ]),
        Clique: {
          ...{ PeriodSeconds: '5', EpochBlocks: '30000', Alloc: Match.absent() },
          ...{ Introducers: ['bootnode1'], Zone: 'clique.internal', Port: '30303' },
        },
      },
    });
    const { deploy } = clique.document;
    if (!deploy?.network) throw new Error('a network');
    const network = { ...deploy.network, bootnodes: [], clique: { alloc: { [`0x${'1'.repeat(40)}`]: '7' } } };
    const { bootnodes: _, ...without } = network;
    stackOf({ ...clique.document, deploy: { ...deploy, network: without } }).hasResourceProperties(
      'AWS::CloudFormation::CustomResource',
      { Network: { Clique: { Alloc: [{ Address: `0x${'1'.repeat(40)}`, Wei: '7' }], Introducers: SEALERS } } },
    );
  });

  it('is tagged in the owner’s own words', () => {
    for (const [role, count] of Object.entries({ bootnode: 1, sealer: 3, client: 2 }))
      expect(
        Object.keys(
          made.findResources('AWS::EC2::Instance', {
            Properties: { Tags: Match.arrayWith([{ Key: 'Role', Value: role }]) },
          }),
        ),
      ).toHaveLength(count);
  });

  it('has each node told its files, and whom it dials', () => {
    const data = Object.values(made.findResources('AWS::EC2::LaunchTemplate')).map((one) => JSON.stringify(one));
    const of = (node: string): string => data.find((text) => text.includes(`NETWORK_NODE='${node}'`)) ?? '';
    expect(of('sealer1')).toContain("NETWORK_PEERS=('sealer2' 'sealer3' 'bootnode1')");
    expect(of('sealer1')).toContain("NETWORK_FIRST=('bootnode1')");
    expect(of('sealer1')).toContain("'sealer_key keystore/sealer.json' 'sealer_password keystore/.password'");
    expect(of('client1')).toContain("NETWORK_OWN=('node_key geth/nodekey')");
    expect(of('client1')).toContain("NETWORK_PEERS=('sealer1' 'sealer2' 'sealer3' 'bootnode1')");
  });

  it('opens its P2P port to itself alone, for TCP and for UDP', () => {
    made.resourceCountIs('AWS::EC2::SecurityGroupIngress', 2);
    for (const IpProtocol of ['tcp', 'udp'])
      made.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
        ...{ IpProtocol, FromPort: 30_303, ToPort: 30_303, CidrIp: Match.absent() },
        SourceSecurityGroupId: Match.anyValue(),
      });
  });

  it('tells the endpoints of each role, and the enodes that others begin with', () => {
    const outputs = made.toJSON()['Outputs'] as Readonly<Record<string, { readonly Value: unknown }>>;
    expect(outputs['FollowerEndpoints']?.Value).toBe('client1.clique.internal:8545,client2.clique.internal:8545');
    expect(outputs['BootnodeEndpoints']?.Value).toBe('bootnode1.clique.internal:8545');
    expect(outputs['Enodes']?.Value).toEqual({ 'Fn::GetAtt': [expect.any(String), 'Enodes'] });
  });

  it('lets the suite pass on the roles of clients and bootnodes, and of no sealer', () => {
    const resources = resourcesOf(buildStack({ fleets: [clique] }).stack);
    const suite = JSON.stringify(['Role', 'ManagedPolicy'].map((type) => resources(`AWS::IAM::${type}`)));
    for (const node of ['bootnode1', 'client1', 'client2'])
      expect(suite).toContain(`role/chainmend-node-clique.${node}-`);
    expect(suite).not.toContain('chainmend-node-clique.sealer');
  });
});
