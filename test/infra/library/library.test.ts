// The packed construct library, as an owner has it: installed from its tarball, in a folder of its own, with no source of ours in reach.
// `npm test -- library` installs it by npm, with a network; otherwise the packages of this checkout are linked beside it.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { documentTypePath, documentTypeText } from '../../../infra/library/document-type.ts';
import { packLibrary } from '../../../infra/library/pack.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { ensureBundled, synthesize } from '../../../infra/synth.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { exampleFleets } from '../../fixtures/example-fleets.ts';
import { long } from '../../fixtures/long.ts';
import { byPath, inFolder, installedApp, OLDER_NODE, type Template, templateIn, temporary, tried } from './app.ts';

const PATHS = { 'aws:cdk:enable-path-metadata': 'true' };
const nodeRoles = 'arn:aws:iam::111122223333:role/bitcoin-node';
const email = 'oncall@example.com';

it('the type of a fleet in TypeScript is made of the schema: npm run schema', () => {
  expect(readFileSync(documentTypePath, 'utf8')).toBe(documentTypeText());
});

it('the example app asks for the versions that this checkout has', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(repositoryRoot, file), 'utf8'));
  const { devDependencies, version } = read('package.json');
  const { dependencies, ...example } = read('examples/app/package.json');
  const { chainmend, ...asked } = { ...dependencies, ...example.devDependencies };
  expect(chainmend).toBe(`file:../../dist/library/chainmend-${version}.tgz`);
  expect(devDependencies).toMatchObject(asked);
});

describe('the tarball', () => {
  let tarball: string;
  let app: string;

  beforeAll(async () => {
    tarball = await packLibrary(join(temporary(), 'library'));
    app = await installedApp(tarball, isAsked('library') ? 'npm' : 'checkout');
  }, 300_000);

  /** What the repository's own stack is made of. */
  async function ownTemplate(fleets: string): Promise<Template> {
    const outdir = join(temporary(), 'assembly');
    await synthesize(outdir, { ...PATHS, fleets, nodeRoles, email, bundles: await ensureBundled() });
    return templateIn(outdir, 'Chainmend');
  }

  /** Runs the statements in a program of the app's folder, where `stack` is a new stack, and gives the template. */
  async function synthesized(head: string, file: string, statements: string, stack = 'Chainmend'): Promise<Template> {
    const outdir = join(temporary(), 'assembly');
    const { ok, output } = await attempted(head, file, statements, outdir, stack);
    expect([ok, output]).toEqual([true, expect.anything()]);
    return templateIn(outdir, stack);
  }

  async function attempted(head: string, file: string, statements: string, outdir: string, stack = 'Chainmend') {
    const options = JSON.stringify({ analyticsReporting: false, outdir, context: { ...recommendedFlags, ...PATHS } });
    const app_ = `const app = new App(${options});`;
    const lines = [head, app_, `const stack = new Stack(app, '${stack}');`, statements, 'app.synth();'];
    writeFileSync(join(app, file), `${lines.join('\n')}\n`);
    return tried(app, process.execPath, ['--import', OLDER_NODE, file]);
  }

  const REQUIRED = "const { App, Stack } = require('aws-cdk-lib'); const { Chainmend } = require('chainmend');";
  const IMPORTED = "import { App, Stack } from 'aws-cdk-lib'; import { Chainmend } from 'chainmend';";
  const whole = (fleets: string) =>
    `new Chainmend(stack, 'Default', { fleets: ${fleets}, nodeRoles: ['${nodeRoles}'], email: '${email}' });`;
  /** Runs statements that throw, and gives the message. */
  async function refused(statements: string): Promise<string> {
    const { ok, output } = await attempted(REQUIRED, 'refused.cjs', statements, join(temporary(), 'assembly'));
    expect([ok, output]).toEqual([false, expect.anything()]);
    return output;
  }

  it('has the construct, its types, the bundles and the documents, and neither a test nor the region', () => {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const names = files
      .map((file) => file.replace('package/', ''))
      .filter((file) => !/^(functions|command|docs|infra|shared)\//.test(file));
    expect(names.sort()).toEqual([
      ...[
        'LICENSE',
        'NOTICES.txt',
        'README.md',
        'chainmend.d.ts',
        'documents.json',
        'first-boot.json',
        'fleet-document.d.ts',
      ],
      ...['fleet.schema.json', 'index.d.ts', 'index.js', 'node-fleet.d.ts', 'package.json'],
    ]);
    const functions = new Set(files.flatMap((file) => /^package\/functions\/([^/]+)\//.exec(file)?.[1] ?? []));
    const own = readdirSync(join(repositoryRoot, 'functions'), { withFileTypes: true });
    expect([...functions].sort()).toEqual(own.filter((entry) => entry.isDirectory()).map(({ name }) => name));
    expect(
      files.filter((file) => !/\/(index|lazy)\.js$|\/package\.json$/.test(file) && file.includes('functions/')),
    ).toEqual([]);
  });

  it('needs the two packages that every app has, and names whose code is in it', () => {
    const read = (file: string) => readFileSync(join(app, 'node_modules/chainmend', file), 'utf8');
    const manifest = JSON.parse(read('package.json'));
    expect(Object.keys(manifest.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('private');
    const asked = [...read('index.js').matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name);
    const others = asked.filter((name) => !/^(node:|aws-cdk-lib(\/|$)|constructs$)/.test(name));
    expect(others.filter((name) => !['buffer', 'process'].includes(name))).toEqual([]);
    for (const name of ['@aws-sdk/client-ec2', '@middy/core', 'valibot', 'yaml'])
      expect(read('NOTICES.txt')).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'));
  });

  it('makes the example app, which type-checks, whose tests pass, and which has what our own stack has', async () => {
    await inFolder(app, 'npm', ['test']);
    const outdir = join(temporary(), 'assembly');
    const words = [
      '-e',
      `process.env.CDK_OUTDIR=${JSON.stringify(outdir)};process.env.CDK_CONTEXT_JSON=${JSON.stringify(JSON.stringify(PATHS))};require('./dist/bin/app.js')`,
    ];
    await inFolder(app, process.execPath, words);
    const theirs = byPath(templateIn(outdir, 'Fleets'), 'Fleets/Chainmend/');
    const ours = byPath(await ownTemplate(join(repositoryRoot, 'examples/app/fleets')), 'Chainmend/');
    expect(ours.size).toBeGreaterThan(100);
    for (const [path, resource] of ours) expect([path, theirs.get(path)]).toEqual([path, resource]);
    const more = [...theirs.keys()].filter((path) => !ours.has(path));
    expect(more).toEqual(['Pages/Topic/https:----pager.example.com--chainmend/Resource']);
  }, 300_000);

  it('makes the very resources of our own stack below the id Default', async () => {
    const ours = await ownTemplate(exampleFleets);
    const required = await synthesized(REQUIRED, 'required.cjs', whole(JSON.stringify(exampleFleets)));
    const withoutPaths = ({ Resources, Outputs }: Template) =>
      JSON.parse(JSON.stringify({ Resources, Outputs }, (key, value) => (key === 'aws:cdk:path' ? undefined : value)));
    expect(withoutPaths(required)).toEqual(withoutPaths(ours));
  }, 120_000);

  long('library')(
    'makes the same by import',
    async () => {
      const fleets = JSON.stringify(exampleFleets);
      expect(await synthesized(IMPORTED, 'imported.mjs', whole(fleets))).toEqual(
        await synthesized(REQUIRED, 'required.cjs', whole(fleets)),
      );
    },
    120_000,
  );

  it('takes fleets as objects, and says what is wrong with one by its place', async () => {
    const fleet = { fleet: 'bitcoin', chain: 'bitcoin', mode: 'plan', nodes: { tag: { Component: 'nodes/bitcoin' } } };
    const of = (more: string) => `[{ ...${JSON.stringify({ ...fleet, role: 'follower', unit: 'node@*' })}, ${more} }]`;
    const { Resources } = await synthesized(REQUIRED, 'objects.cjs', whole(of('dns: undefined')));
    const names = Object.values(Resources).map(({ Properties }) => Properties['Name']);
    expect(names).toContain('/chainmend/fleets/bitcoin');
    expect(await refused(whole(of("voulmes: { data: '/node-data' }")))).toContain(
      'fleets[0] unknown key "voulmes"; did you mean "volumes"?',
    );
    const token = "dns: { zone: require('aws-cdk-lib').Fn.importValue('zone') }";
    expect(await refused(whole(of(token)))).toContain('fleets[0] dns.zone is a token, known at the deployment only;');
    const twins = `[...${of('fleet: "one"')}, ...${of('fleet: "two"')}]`;
    expect(await refused(whole(twins))).toContain(
      'fleets[1].nodes.tag nodes.tag is {"Component":"nodes/bitcoin"}; expected',
    );
  }, 120_000);

  long('library')(
    'takes a role that the same app makes, and warns where none is named',
    async () => {
      const role =
        "new (require('aws-cdk-lib/aws-iam').Role)(stack, 'Node', { assumedBy: new (require('aws-cdk-lib/aws-iam').ServicePrincipal)('ec2.amazonaws.com') }).roleArn";
      const fleets = JSON.stringify(exampleFleets);
      const { Resources } = await synthesized(
        REQUIRED,
        'role.cjs',
        `new Chainmend(stack, 'C', { fleets: ${fleets}, nodeRoles: [${role}] });`,
      );
      expect(JSON.stringify(Resources)).toMatch(
        /"Action":"iam:PassRole","Condition":[^[\]]*"Resource":\{"Fn::GetAtt":\["Node/,
      );
      const outdir = join(temporary(), 'assembly');
      const warned = `new Chainmend(stack, 'C', { fleets: ${fleets} });`;
      await attempted(REQUIRED, 'warned.cjs', warned, outdir);
      const told = readFileSync(join(outdir, 'Chainmend.metadata.json'), 'utf8');
      expect(told).toContain('(no nodeRoles)');
      expect(told).not.toContain('-c nodeRoles');
    },
    120_000,
  );

  long('library')(
    'makes a fleet’s own nodes, in a VPC of the app or in that of the file',
    async () => {
      const statements = (fleet: string, more = '') =>
        `const { NodeFleet } = require('chainmend'); new NodeFleet(stack, 'Nodes', { fleet: ${fleet}${more} });`;
      const file = JSON.stringify(join(repositoryRoot, 'examples/deploy/bitcoin.yaml'));
      const { Resources } = await synthesized(REQUIRED, 'nodes.cjs', statements(file));
      const types = Object.values(Resources).map(({ Type }) => Type);
      expect(types.filter((type) => type === 'AWS::EC2::Instance')).toHaveLength(2);
      const vpc = "vpc: new (require('aws-cdk-lib/aws-ec2').Vpc)(stack, 'Vpc')";
      expect(await refused(statements(file, `, ${vpc}`))).toContain(
        'has no chosen subnet in eu-west-1a; expected one of',
      );
      const zones =
        "vpc: new (require('aws-cdk-lib/aws-ec2').Vpc)(stack, 'Vpc', { availabilityZones: ['eu-west-1a', 'eu-west-1b'] })";
      const own = await synthesized(REQUIRED, 'own-vpc.cjs', statements(file, `, ${zones}`));
      expect(JSON.stringify(own.Resources)).not.toContain('subnet-0123456789abcdef0');
    },
    120_000,
  );

  long('library')(
    'makes a group of nodes, in one subnet of each zone of the app’s VPC, and tells what it has made',
    async () => {
      const file = JSON.stringify(join(repositoryRoot, 'examples/deploy/bitcoin-rpc.yaml'));
      const statements =
        "const { NodeFleet } = require('chainmend'); const ec2 = require('aws-cdk-lib/aws-ec2');" +
        "const vpc = new ec2.Vpc(stack, 'Vpc', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'], natGateways: 0 });" +
        `const nodes = new NodeFleet(stack, 'Nodes', { fleet: ${file}, vpc });` +
        'if (nodes.instances.size !== 0) throw new Error("instances");' +
        "new (require('aws-cdk-lib').CfnOutput)(stack, 'Rpc', { value: nodes.loadBalancer.attrDnsName + nodes.group.ref });";
      const { Resources } = await synthesized(REQUIRED, 'group.cjs', statements);
      const of = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
      const [group, ...others] = of('AWS::AutoScaling::AutoScalingGroup');
      expect(others).toEqual([]);
      expect(group?.Properties['VPCZoneIdentifier']).toHaveLength(3);
      expect(of('AWS::ElasticLoadBalancingV2::LoadBalancer')[0]?.Properties['Subnets']).toEqual(
        group?.Properties['VPCZoneIdentifier'],
      );
      expect(of('AWS::EC2::Instance')).toEqual([]);
    },
    120_000,
  );

  long('library')(
    'has nothing that cdk-nag would find in the owner’s app',
    async () => {
      const checked =
        "const { AwsSolutionsChecks, ServerlessChecks } = require('cdk-nag');" +
        "require('aws-cdk-lib').Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));";
      const all = `new Chainmend(stack, 'C', { fleets: ${JSON.stringify(exampleFleets)}, nodeRoles: ['${nodeRoles}'], email: '${email}', webhook: 'ssm:/chat' });`;
      await synthesized(REQUIRED, 'checked.cjs', checked + all, 'Checked');
      const wide = "new (require('aws-cdk-lib/aws-sqs').Queue)(stack, 'Open');";
      expect(await refused(checked + all + wide)).toContain('AwsSolutions-SQS4');
    },
    120_000,
  );

  it.each(
    sampled(
      'library',
      [
        ['an address of nobody', "email: 'oncall'", 'email is "oncall", expected an address'],
        [
          'a webhook that is no name',
          "webhook: 'https://chat.example.com/x'",
          'webhook is an address, which is a secret',
        ],
        ['a role that is none', "nodeRoles: ['bitcoin-node']", 'nodeRoles has "bitcoin-node", expected ARNs'],
        ['a folder that is not there', "fleets: 'nowhere'", 'nowhere: expected a folder with fleet files'],
      ] as const,
      4,
    ),
  )('refuses %s', async (_, given, message) => {
    const statements = `new Chainmend(stack, 'C', { fleets: [], nodeRoles: [], ...{ ${given} } });`;
    expect(await refused(statements)).toContain(message);
  });

  long('library')(
    'is there once for each name in a region of an account',
    async () => {
      const one = (id: string, more: string) => `new Chainmend(stack, '${id}', { fleets: [], nodeRoles: []${more} });`;
      const there = (id: string, more: string) => {
        const env = JSON.stringify({ env: { account: '111122223333', region: 'eu-west-1' } });
        return `{ const stack = new Stack(app, '${id}Stack', ${env}); ${one(id, more)} }`;
      };
      const outdir = join(temporary(), 'assembly');
      const both = there('One', '') + there('Two', ", name: 'payments'");
      expect(await attempted(REQUIRED, 'two-names.cjs', both, outdir)).toMatchObject({ ok: true });
      const tableOf = (id: string) =>
        Object.values(templateIn(outdir, `${id}Stack`).Resources).flatMap(({ Type, Properties }) =>
          Type === 'AWS::DynamoDB::GlobalTable' ? [Properties['TableName']] : [],
        );
      expect([tableOf('One'), tableOf('Two')]).toEqual([['chainmend'], ['payments-chainmend']]);
      expect(await refused(one('One', ", name: 'payments'") + one('Two', ", name: 'payments'"))).toContain(
        'one region',
      );
      expect(await refused(one('One', ", name: 'Pay_ments'"))).toContain(
        'name is "Pay_ments", expected at most 20 lower-case letters, digits and single hyphens',
      );
    },
    120_000,
  );

  long('library')(
    'is there once in a region of an account',
    async () => {
      const one = (scope: string, id: string) => `new Chainmend(${scope}, '${id}', { fleets: [], nodeRoles: [] });`;
      expect(await refused(one('stack', 'One') + one('stack', 'Two'))).toContain(
        'Chainmend/Two and Chainmend/One are in one region of one account, which has room for one Chainmend of a name',
      );
      const inRegions = (...regions: string[]) =>
        regions
          .map((region, at) => {
            const env = JSON.stringify({ account: '111122223333', region });
            return `{ const s = new Stack(app, 'S${at}', { env: ${env} }); ${one('s', 'C')} }`;
          })
          .join('\n');
      expect(await refused(inRegions('eu-west-1', 'eu-west-1'))).toContain('S1/C and S0/C are in one region');
      await synthesized(REQUIRED, 'two.cjs', inRegions('eu-west-1', 'eu-west-2'), 'Chainmend');
    },
    120_000,
  );
});
