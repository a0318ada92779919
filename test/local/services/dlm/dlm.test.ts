// Lifecycle policies of snapshots, through the SDK, and through a template that makes one.
import {
  CreateLifecyclePolicyCommand,
  DLMClient,
  GetLifecyclePoliciesCommand,
  GetLifecyclePolicyCommand,
  InvalidRequestException,
  type PolicyDetails,
  ResourceNotFoundException,
  type Schedule,
} from '@aws-sdk/client-dlm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const ROLE = 'arn:aws:iam::111122223333:role/snapshots';
const SCHEDULE: Schedule = {
  Name: 'every six hours',
  CreateRule: { Interval: 6, IntervalUnit: 'HOURS', Times: ['03:30'] },
  RetainRule: { Count: 28 },
  CopyTags: true,
};
const DETAILS: PolicyDetails = {
  ResourceTypes: ['VOLUME'],
  TargetTags: [{ Key: 'Fleet', Value: 'bitcoin' }],
  Schedules: [SCHEDULE],
};

let whole: WholeRegion;
let client: DLMClient;

beforeAll(async () => {
  whole = await wholeRegion();
  client = new DLMClient(await whole.as());
});

afterAll(() => whole.following.stop());

const create = (details: object, more: object = {}) =>
  client.send(
    new CreateLifecyclePolicyCommand({
      ExecutionRoleArn: ROLE,
      Description: 'bitcoin data',
      State: 'ENABLED',
      PolicyDetails: { ...DETAILS, ...details },
      ...more,
    }),
  );
const schedule = (more: object) => create({ Schedules: [{ ...SCHEDULE, ...more }] });

describe('a lifecycle policy', () => {
  it('is kept, found by its tags, and told of with what the region leaves out', async () => {
    const crossRegion = {
      ShareRules: [{ TargetAccounts: ['444455556666'], UnshareInterval: 7, UnshareIntervalUnit: 'DAYS' }],
      CrossRegionCopyRules: [
        { Target: 'eu-central-1', Encrypted: true, RetainRule: { Interval: 1, IntervalUnit: 'MONTHS' } },
      ],
    };
    const details = { Schedules: [{ ...SCHEDULE, ...crossRegion }] };
    const { PolicyId = '' } = await create(details, { Tags: { Fleet: 'bitcoin' } });
    expect(PolicyId).toMatch(/^policy-0[0-9a-f]{16}$/);
    const { Policy } = await client.send(new GetLifecyclePolicyCommand({ PolicyId }));
    expect(Policy).toMatchObject({
      State: 'ENABLED',
      StatusMessage:
        'The local region does not emulate copies of snapshots in other Regions, the sharing of snapshots with other accounts, the end of sharing',
      ExecutionRoleArn: ROLE,
      PolicyArn: `arn:aws:dlm:eu-west-1:111122223333:policy/${PolicyId}`,
      DateCreated: expect.any(Date),
      PolicyDetails: { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ...DETAILS, ...details },
      Tags: { Fleet: 'bitcoin' },
    });
    const found = async (input: object) =>
      (await client.send(new GetLifecyclePoliciesCommand(input))).Policies?.map((one) => one.PolicyId);
    expect(await found({ TargetTags: ['Fleet=bitcoin'], State: 'ENABLED' })).toEqual([PolicyId]);
    expect(await found({ TargetTags: ['Fleet=geth'] })).toEqual([]);
    expect(await found({ PolicyIds: [PolicyId] })).toEqual([PolicyId]);
    const nowhere = new GetLifecyclePolicyCommand({ PolicyId: 'policy-0000' });
    await expect(client.send(nowhere)).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it.each([1, 2, 3, 4, 6, 8, 12, 24])('may take snapshots every %i hours', async (Interval) => {
    await expect(schedule({ CreateRule: { Interval, IntervalUnit: 'HOURS' } })).resolves.toBeDefined();
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['every 5 hours', () => schedule({ CreateRule: { Interval: 5, IntervalUnit: 'HOURS' } }), /one of 1, 2, 3, 4, 6/],
    ['without a unit', () => schedule({ CreateRule: { Interval: 6 } }), /CreateRule\.IntervalUnit/],
    [
      'at 25 o’clock',
      () => schedule({ CreateRule: { ...SCHEDULE.CreateRule, Times: ['25:00'] } }),
      /'policyDetails.schedules.1.member.createRule.times' failed/,
    ],
    [
      'that keeps 1,001 snapshots',
      () => schedule({ RetainRule: { Count: 1001 } }),
      /retainRule.count' failed to satisfy constraint: Member must have value less than or equal to 1000/,
    ],
    [
      'that keeps by number and by age',
      () => schedule({ RetainRule: { Count: 1, Interval: 1, IntervalUnit: 'DAYS' } }),
      /exclude each other/,
    ],
    ['that keeps 101 years', () => schedule({ RetainRule: { Interval: 101, IntervalUnit: 'YEARS' } }), /1 to 100/],
    [
      'that shares with no account id',
      () => schedule({ ShareRules: [{ TargetAccounts: ['12'] }] }),
      /'\[12\]' at '.*targetAccounts'.*\^\[0-9\]\{12\}\$/,
    ],
    [
      'with four copies elsewhere',
      () =>
        schedule({
          CrossRegionCopyRules: ['a', 'b', 'c', 'd'].map((letter) => ({
            Target: `eu-${letter}-1`,
            Encrypted: true,
            RetainRule: { Interval: 1, IntervalUnit: 'DAYS' },
          })),
        }),
      /crossRegionCopyRules' failed to satisfy constraint: Member must have length less than or equal to 3/,
    ],
    [
      'with a copy that names its Region as AMI policies do',
      () => schedule({ CrossRegionCopyRules: [{ TargetRegion: 'eu-central-1', Encrypted: true }] }),
      /name the Region in Target/,
    ],
    [
      'of no type',
      () => create({ ResourceTypes: [] }),
      /resourceTypes' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    ],
    [
      'without tags to look for',
      () => create({ TargetTags: [] }),
      /targetTags' failed to satisfy constraint: Member must have length greater/,
    ],
    [
      'with five schedules',
      () => create({ Schedules: Array(5).fill(SCHEDULE) }),
      /schedules' failed to satisfy constraint: Member must have length less than or equal to 4/,
    ],
    [
      'described with a dot',
      () => create({}, { Description: 'bitcoin.internal' }),
      /'bitcoin.internal' at 'description' failed/,
    ],
    ['without a role', () => create({}, { ExecutionRoleArn: 'snapshots' }), /'snapshots' at 'executionRoleArn' failed/],
  ])('%s is refused', async (_sentence, ask, message) => {
    const refused = ask();
    await expect(refused).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('that lacks something names it', async () => {
    await expect(schedule({ RetainRule: undefined })).rejects.toMatchObject({
      RequiredParameters: ['Schedules[0].RetainRule'],
    });
  });

  it('for images, for defaults or with scripts is said not to be there', async () => {
    await expect(create({ PolicyType: 'IMAGE_MANAGEMENT' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(create({}, { DefaultPolicy: 'VOLUME' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(schedule({ FastRestoreRule: { Count: 1 } })).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('is made by those who may pass its role to it', async () => {
    const grant = { Effect: 'Allow', Action: 'dlm:CreateLifecyclePolicy', Resource: '*' } as const;
    const pass = {
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: ROLE,
      Condition: { StringEquals: { 'iam:PassedToService': 'dlm.amazonaws.com' } },
    } as const;
    const command = new CreateLifecyclePolicyCommand({
      ExecutionRoleArn: ROLE,
      Description: 'x',
      State: 'DISABLED',
      PolicyDetails: DETAILS,
    });
    await expect(new DLMClient(await whole.as([grant])).send(command)).rejects.toMatchObject({
      message: expect.stringContaining(`iam:PassRole on resource: ${ROLE}`),
    });
    await expect(new DLMClient(await whole.as([grant, pass])).send(command)).resolves.toBeDefined();
  });
});

describe('a template', () => {
  it('makes a zone, a secret, a lifecycle policy, and the network around a probe', async () => {
    const { region } = whole;
    const VpcId = 'vpc-0123456789abcdef0';
    const Resources = {
      Zone: {
        Type: 'AWS::Route53::HostedZone',
        Properties: {
          Name: 'irita.internal',
          VPCs: [{ VPCId: VpcId, VPCRegion: { Ref: 'AWS::Region' } }],
          HostedZoneTags: [{ Key: 'Fleet', Value: 'irita' }],
        },
      },
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'irita/rpc', SecretString: 'hunter2' } },
      Snapshots: {
        Type: 'AWS::DLM::LifecyclePolicy',
        Properties: {
          Description: 'irita data',
          ExecutionRoleArn: ROLE,
          State: 'ENABLED',
          PolicyDetails: DETAILS,
          Tags: [{ Key: 'Fleet', Value: 'irita' }],
        },
      },
      Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'the probe', VpcId } },
      Endpoint: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: {
          VpcId,
          ServiceName: { 'Fn::Sub': 'com.amazonaws.$' + '{AWS::Region}.monitoring' },
          VpcEndpointType: 'Interface',
          SecurityGroupIds: [{ 'Fn::GetAtt': ['Group', 'GroupId'] }],
        },
      },
    };
    const { resources } = await region.deploy({
      assembly: { stackName: 'Names', assets: [], template: { Resources } },
    });
    const refOf = (id: string) => resources.get(id)?.ref ?? '';
    expect(region.route53.records('irita.internal')).toHaveLength(2);
    const tags = region.call('route53', 'ListTagsForResource', {
      ResourceType: 'hostedzone',
      ResourceId: refOf('Zone'),
    });
    await expect(tags).resolves.toMatchObject({ ResourceTagSet: { Tags: [{ Key: 'Fleet', Value: 'irita' }] } });
    expect(refOf('Secret')).toMatch(/:secret:irita\/rpc-\w{6}$/);
    const { Policy } = await client.send(new GetLifecyclePolicyCommand({ PolicyId: refOf('Snapshots') }));
    expect(Policy).toMatchObject({ Description: 'irita data', Tags: { Fleet: 'irita' } });
    expect(refOf('Group')).toMatch(/^sg-0[0-9a-f]{16}$/);
    expect(region.vpcEndpoints.has(VpcId, 'monitoring')).toBe(true);
    expect(region.vpcEndpoints.has(VpcId, 'ssm')).toBe(false);
  });
});
