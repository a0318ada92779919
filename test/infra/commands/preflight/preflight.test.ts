// `npm run chainmend -- check --account`: reports the problems of a deployment in an account before it starts, with the command that helps.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsClientConfig, readAccount } from '../../../../infra/commands/preflight/account.ts';
import { type AccountFacts, findingsOf } from '../../../../infra/commands/preflight/facts.ts';
import { ensureSynthesized } from '../../../../infra/synth.ts';
import { ACCOUNT_ID, createRegion, REGION_NAME, type Region } from '../../../../local/region.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { readAssembly } from '../../../../local/simulator/cloudformation/deploy.ts';
import type { NodeFact } from '../../../../shared/readiness/launch-facts.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { long } from '../../../fixtures/long.ts';
import { runFleetVerb } from '../../../fixtures/verbs.ts';

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/bitcoin-node`;
let region: Region;
let following: ClockFollower;
let config: AwsClientConfig;
const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));

beforeAll(async () => {
  const fleet = (name: string, more = '') =>
    writeFileSync(
      join(directory, `${name}.yaml`),
      `fleet: ${name}\nchain: bitcoin\nmode: act\nnodes: { tag: { Component: nodes/${name} } }\nrole: follower\nunit: node@*\n${more}`,
    );
  fleet('bitcoin');
  fleet('litecoin');
  fleet('dogecoin', 'replace: { rungs: [restart, swap] }\n');
  region = await createRegion({ seed: 1, lane: 'sweep', guard: false, accountConcurrency: 10 });
  following = region.clock.follow({ speed: 1_000 });
  config = {
    region: REGION_NAME,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    requestHandler: inProcessHandler(region.gateway),
  };
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await following.stop();
});

async function checkAccount() {
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const nothing = () => {
    throw new Error('this is not asked for here');
  };
  const status = await runFleetVerb(['check', '--account'], {
    ...{ directory, say, complain: say, confirm: undefined, store: nothing, belongings: nothing },
    account: (fleets) => readAccount(fleets, config),
  });
  return { status, told: told.join('\n') };
}

async function node(fleet: string, LaunchTemplateData: object | undefined): Promise<void> {
  const LaunchTemplateName = `${fleet}-nodes`;
  const Tags = [
    { Key: 'Component', Value: `nodes/${fleet}` },
    { Key: 'Name', Value: `${fleet}-1` },
    ...(fleet === 'litecoin' ? [{ Key: 'ManagedBy', Value: 'terraform' }] : []),
  ];
  const base = { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm6i.large' };
  if (LaunchTemplateData)
    await region.call('ec2', 'CreateLaunchTemplate', {
      LaunchTemplateName,
      LaunchTemplateData: { ...base, ...LaunchTemplateData },
    });
  await region.call('ec2', 'RunInstances', {
    ...{ MinCount: 1, MaxCount: 1, SubnetId: 'subnet-0123456789abcdef0', MetadataOptions: { HttpTokens: 'required' } },
    ...(LaunchTemplateData ? { LaunchTemplate: { LaunchTemplateName } } : base),
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
}

describe('check --account', () => {
  it('says before a deployment what it needs: the roles, the bootstrap, and how little may run at once', async () => {
    await node('bitcoin', { IamInstanceProfile: { Name: 'bitcoin-node' } });
    await node('litecoin', undefined);
    const { status, told } = await checkAccount();
    expect(status).toBe(1);
    expect(told).toContain(`account ${ACCOUNT_ID} in ${REGION_NAME}, chainmend is not deployed`);
    expect(told).toMatch(/^Lambda may run 10 invocations at once, as in a new account: .* --quota-code L-B99A9384 /m);
    expect(told).toMatch(
      /^bitcoin: 1 node\n {2}lt-[0-9a-f]{17}: profile bitcoin-node, arn:aws:iam::\d{12}:role\/bitcoin-node$/m,
    );
    expect(told).toContain(`Deploy with: npm run deploy -- -c email=you@example.com -c nodeRoles=${ROLE}\n`);
    expect(told).toMatch(/^dogecoin: 0 nodes; no other instance ever takes/m);
    expect(told).toMatch(/^litecoin: litecoin-1 was launched from no template, .*replace\.launchTemplate/m);
    expect(told).toMatch(/^ {2}who owns litecoin-1 is a guess, by the tag ManagedBy=terraform: /m);
    expect(told).toMatch(/^ {2}would be refused for litecoin-1: swap, replace \(drift-refused\)\. /m);
    expect(told).toMatch(/^CDK is not bootstrapped in this region: npx cdk bootstrap$/m);
    expect(told).toMatch(/^2 problems in the account; nothing was changed$/m);
  });

  it('says that a parameter is in the way of a deployment, which somebody has stored before it', async () => {
    const parameter = { Name: '/chainmend/fleets/bitcoin', Value: '{}', Type: 'String' };
    await region.call('ssm', 'PutParameter', parameter);
    expect((await checkAccount()).told).toMatch(
      /^bitcoin: its parameter is there though nothing is deployed, .*delete-parameter/m,
    );
    await region.call('ssm', 'DeleteParameter', { Name: parameter.Name });
  });

  long('preflight')(
    'says after a deployment without roles that no launch would be allowed, and that it would be with them',
    async () => {
      const assembly = readAssembly(await ensureSynthesized({ fleets: directory }));
      const { resources } = await region.deploy({ assembly });
      const without = await checkAccount();
      expect(without.status).toBe(1);
      expect(without.told).toMatch(
        /^bitcoin: replace-node may not pass on arn:\S+role\/bitcoin-node, .*: deploy with -c nodeRoles=arn:\S+role\/bitcoin-node$/m,
      );
      const [, role] = [...resources].find(([id]) => id.startsWith('ReplaceNodeRole')) ?? [];
      const Statement = [
        {
          ...{ Effect: 'Allow', Action: 'iam:PassRole', Resource: ROLE },
          Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
        },
      ];
      await region.call('iam', 'PutRolePolicy', {
        ...{ RoleName: role?.ref, PolicyName: 'NodeRoles', PolicyDocument: JSON.stringify({ Statement }) },
      });
      const told = (await checkAccount()).told;
      expect(told).toMatch(/role\/bitcoin-node, may be passed on$/m);
      expect(told).not.toMatch(/^bitcoin: replace-node may not|Deploy with/m);
      expect(told).toMatch(/^Nobody gets the pages: their topic has no subscription: aws sns subscribe/m);
      const TopicArn = `arn:aws:sns:${REGION_NAME}:${ACCOUNT_ID}:chainmend-pages`;
      await region.call('sns', 'Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'you@example.com' });
      expect((await checkAccount()).told).toMatch(/^Nobody gets the pages: a subscription waits for the link/m);
      region.sns.confirm(TopicArn, 'you@example.com');
      expect((await checkAccount()).told).not.toContain('Nobody gets the pages');
    },
  );
});

const node1 = { name: 'node1', role: 'follower', tags: {}, autoScalingGroup: null, instanceStore: false } as const;

describe('what is found', () => {
  const facts: AccountFacts = {
    ...{ account: ACCOUNT_ID, region: REGION_NAME, concurrency: 1_000, isBootstrapped: true },
    ...{ withoutDurable: undefined, isDeployed: true },
    subscribers: {
      kind: 'counted',
      topicArn: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
      confirmed: 1,
      pending: 0,
    },
    fleets: [],
  };

  it('is nothing in an account that has everything', () => {
    expect(findingsOf(facts)).toMatchObject({ problems: [] });
    expect(findingsOf(facts).lines).toContain('Lambda may run 1000 invocations at once');
  });

  it('is that nobody gets the pages, or that this is not known; before a deployment it is nothing', () => {
    const topicArn = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
    const about = (subscribers: AccountFacts['subscribers']) => findingsOf({ ...facts, subscribers }).problems;
    expect(about({ kind: 'counted', topicArn, confirmed: 0, pending: 0 })).toEqual([
      expect.stringContaining(`has no subscription: aws sns subscribe --topic-arn ${topicArn} `),
    ]);
    expect(about({ kind: 'counted', topicArn, confirmed: 0, pending: 1 })).toEqual([
      expect.stringContaining('a subscription waits for the link in its mail'),
    ]);
    expect(about({ kind: 'counted', topicArn, confirmed: 1, pending: 1 })).toEqual([]);
    expect(about({ kind: 'unknown', why: 'AuthorizationError: no' })).toEqual([
      'Whether anybody gets the pages is not known: AuthorizationError: no',
    ]);
    expect(about({ kind: 'missing' })).toEqual([]);
  });

  it('is a template without a profile, or one of which nothing is known', () => {
    const about = (template: object) =>
      findingsOf({
        ...facts,
        fleets: [
          { fleet: bitcoinFleet(), nodes: [], withoutTemplate: [], isStored: true, templates: [template as never] },
        ],
      }).problems;
    const template = { template: 'lt-1', profile: 'none', mayPass: undefined, hasUserData: false, unknown: undefined };
    expect(about(template)).toEqual([expect.stringContaining('never managed by Systems Manager')]);
    expect(about({ ...template, hasUserData: true })).toContainEqual(
      expect.stringContaining('lt-1 has user data, and replace.userData does not say what becomes of them'),
    );
    expect(about({ ...template, profile: undefined, unknown: 'nothing can be read: AccessDenied' })).toEqual([
      'bitcoin: of lt-1 nothing can be read: AccessDenied',
    ]);
  });

  const linesOf = (more: Partial<NodeFact>, differing: Parameters<typeof bitcoinFleet>[0] = {}) => {
    const nodes = [
      { ...node1, publicIp: null, unread: undefined, ...more },
      { ...node1, name: 'node2', publicIp: null, unread: undefined },
    ];
    const found = { nodes, withoutTemplate: [], isStored: true, templates: [] };
    const { lines } = findingsOf({ ...facts, fleets: [{ fleet: bitcoinFleet(differing), ...found }] });
    return lines.slice(lines.indexOf('bitcoin: 2 nodes') + 1);
  };

  it('is nothing of nodes that nobody owns', () => {
    expect(linesOf({})).toEqual([]);
  });

  it('is an owner that the file does not name, by a tag that lets one guess', () => {
    const guess = expect.stringMatching(/^ {2}who owns node1 is a guess, by the tag ManagedBy=terraform: .*owner\.by/);
    expect(linesOf({ tags: { ManagedBy: 'terraform' } })).toEqual([
      guess,
      expect.stringMatching(
        /^ {2}would be refused for node1: swap, replace \(drift-refused\)\. .*\(owner\.acceptDrift\)\.$/,
      ),
    ]);
    expect(linesOf({ tags: { tool: 'pulumi' } })).toEqual([expect.stringContaining('by the tag tool=pulumi')]);
    expect(linesOf({ tags: { ManagedBy: 'terraform' } }, { owner: { by: 'nobody' } })).toEqual([]);
  });

  it('is a stack that owns a node, whatever the file says', () => {
    const tags = { 'aws:cloudformation:stack-name': 'nodes' };
    const refused = expect.stringContaining('would be refused for node1: swap, replace (drift-refused)');
    expect(linesOf({ tags })).toEqual([refused]);
    expect(linesOf({ tags }, { owner: { by: 'nobody' } })).toEqual([
      '  the file says owner.by: nobody, but AWS’s own tag of node1 says CloudFormation stack nodes',
      refused,
    ]);
    expect(linesOf({ tags }, { owner: { acceptDrift: true } })).toEqual([]);
  });

  it.each<[string, Partial<NodeFact>, string]>([
    ['a member of a group', { autoScalingGroup: 'nodes' }, 'stop-start, swap, replace (asg-owned)'],
    ['a type with disks of its own', { instanceStore: true }, 'stop-start, replace (instance-store)'],
    ['a public address', { publicIp: { ip: '198.51.100.7', allocationId: null } }, 'stop-start, replace (public-ip)'],
    ['a validator by its tag', { role: 'validator' }, 'swap, replace (validator)'],
    ['a role that nobody has told', { role: 'unknown' }, 'swap, replace (role-unknown)'],
  ])('is what the ladder would refuse now: %s', (_, node, refused) => {
    expect(linesOf(node)).toEqual([expect.stringContaining(`would be refused for node1: ${refused}. `)]);
  });

  it('is that something could not be read, and no refusal is made up for it', () => {
    expect(linesOf({ instanceStore: null, unread: 'AccessDenied: no' })).toEqual([
      '  whether a stop would lose something of node1 is not known: AccessDenied: no',
    ]);
  });

  it('is a client that nothing keeps from starting on a new instance', () => {
    const fleet = bitcoinFleet({
      unit: undefined,
      commands: { start: '/opt/start', stop: '/opt/stop', status: '/opt/status' },
    });
    const found = { nodes: [], withoutTemplate: [], isStored: true, templates: [] };
    expect(findingsOf({ ...facts, fleets: [{ fleet, ...found }] }).problems).toEqual([
      expect.stringMatching(/^bitcoin: its client is started by its owner’s own commands, .* leave replace out/),
    ]);
  });
});
