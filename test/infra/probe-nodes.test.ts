import { describe, expect, it } from '@jest/globals';
import { bitcoin, buildStack, fleetFile, listOf, type Resource, resourcesOf, text } from './support.ts';

const probe = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d', 'subnet-0e1b2c3d'] };
const inVpc = (fleet: string, chain: string, rpc: object = {}, more: object = {}) =>
  fleetFile({ fleet, chain, mode: 'plan', nodes: { tag: { Component: fleet } }, probe, rpc, ...more });

const fleets = [
  bitcoin,
  inVpc('litecoin', 'litecoin', { credentials: 'ssm:/litecoin/rpc' }),
  inVpc('ethereum', 'ethereum', { credentials: 'secret:ethereum/rpc', metricsPort: 6060, beaconPort: 5052 }),
  inVpc('irita', 'cometbft', {}, { probe: { vpc: 'vpc-0ffffff0', subnets: ['subnet-0ffffff0'] } }),
];
const { app, stack } = buildStack({ fleets, checked: true });
const resources = resourcesOf(stack);
const probes = resources('AWS::Lambda::Function').filter(({ Properties }) =>
  Properties.FunctionName.includes('probe-nodes'),
);
const named = (vpcId: string) =>
  probes.find(({ Properties }) => Properties.FunctionName === `chainmend-probe-nodes-${vpcId}`) as Resource;
const litecoinAndEthereum = named('vpc-0a1b2c3d');
const irita = named('vpc-0ffffff0');

const statementsOf = (fn: Resource) => {
  const role = resources('AWS::IAM::Role').find(({ id }) => text(fn.Properties.Role) === `<${id}.Arn>`) as Resource;
  return role.Properties.Policies[0].PolicyDocument.Statement as Resource['Properties'][];
};
const groupOf = (fn: Resource) =>
  resources('AWS::EC2::SecurityGroup').find(
    ({ id }) => text(fn.Properties.VpcConfig.SecurityGroupIds[0]) === `<${id}.GroupId>`,
  ) as Resource;

describe('the functions that ask nodes', () => {
  it('are one for each VPC that a fleet names, in its subnets, and none for fleets that are asked otherwise', () => {
    expect(probes.map(({ Properties }) => Properties.FunctionName).sort()).toEqual([
      'chainmend-probe-nodes-vpc-0a1b2c3d',
      'chainmend-probe-nodes-vpc-0ffffff0',
    ]);
    expect(litecoinAndEthereum.Properties.VpcConfig.SubnetIds).toEqual(probe.subnets);
    expect(resourcesOf(buildStack().stack)('AWS::EC2::SecurityGroup')).toEqual([]);
  });

  it('reach the ports of RPC, metrics and beacon of their fleets, and no other', () => {
    const ports = (fn: Resource) =>
      groupOf(fn).Properties.SecurityGroupEgress.map(({ FromPort, ToPort, IpProtocol }: Resource['Properties']) => {
        expect([ToPort, IpProtocol]).toEqual([FromPort, 'tcp']);
        return FromPort;
      });
    expect(ports(litecoinAndEthereum)).toEqual([5052, 6060, 8545, 9332]);
    expect(ports(irita)).toEqual([26657, 26660]);
    for (const fn of probes) expect(groupOf(fn).Properties.SecurityGroupIngress).toBeUndefined();
  });

  it('may read the credentials of their fleets and nothing else: interfaces are Lambda’s own doing', () => {
    const actions = (fn: Resource) => {
      const ownArn = `arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:${fn.Properties.FunctionName}`;
      // The denial for the function's code, by the condition key that its requests have and Lambda's own do not.
      const denied = statementsOf(fn)
        .filter(({ Effect }) => Effect === 'Deny')
        .flatMap(({ Action, Resource, Condition }) => {
          expect([Resource, text(Condition.ArnEquals['lambda:SourceFunctionArn'])]).toEqual(['*', ownArn]);
          return listOf(Action);
        });
      return statementsOf(fn)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action }) => listOf(Action) as string[])
        .filter((action) => !/^(logs|xray):/.test(action) && !denied.includes(action));
    };
    expect(actions(irita)).toEqual([]);
    expect(actions(litecoinAndEthereum)).toEqual(['ssm:GetParameter', 'secretsmanager:GetSecretValue', 'kms:Decrypt']);
    const resourcesOfAction = (action: string) =>
      statementsOf(litecoinAndEthereum)
        .filter(({ Action }) => Action === action)
        .flatMap(({ Resource }) => listOf(Resource).map(text));
    expect(resourcesOfAction('ssm:GetParameter')).toEqual([
      'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/litecoin/rpc',
    ]);
    expect(resourcesOfAction('secretsmanager:GetSecretValue')).toEqual([
      'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:ethereum/rpc-??????',
    ]);
  });

  it('may stand in their VPC, whatever keys Lambda’s own requests carry: that is granted without a condition', () => {
    for (const fn of probes) {
      const granted = statementsOf(fn).filter(
        ({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes('ec2:CreateNetworkInterface'),
      );
      expect(granted.map(({ Condition }) => Condition)).toEqual([undefined]);
    }
  });

  it('have endpoints of their own where there are credentials, and none where there are none', () => {
    const endpoints = resources('AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties);
    expect(endpoints.map(({ ServiceName, VpcId }) => [text(ServiceName), VpcId])).toEqual([
      ['com.amazonaws.<AWS::Region>.ssm', 'vpc-0a1b2c3d'],
      ['com.amazonaws.<AWS::Region>.secretsmanager', 'vpc-0a1b2c3d'],
    ]);
    expect(Object.keys(litecoinAndEthereum.Properties.Environment.Variables).sort()).toEqual([
      'AWS_ENDPOINT_URL_SECRETS_MANAGER',
      'AWS_ENDPOINT_URL_SSM',
    ]);
    expect(irita.Properties.Environment).toBeUndefined();
  });

  it('leave the names of AWS’s services in the VPC as they are: the nodes’ own agents use them', () => {
    for (const { Properties } of resources('AWS::EC2::VPCEndpoint')) expect(Properties.PrivateDnsEnabled).toBe(false);
  });

  it('have no queue: who asks them sees what fails, and so do alarms', () => {
    const names = resources('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
    expect(names.filter((name) => name.includes('probe-nodes')).sort()).toEqual([
      'chainmend/chainmend-probe-nodes-vpc-0a1b2c3d/errors',
      'chainmend/chainmend-probe-nodes-vpc-0ffffff0/errors',
    ]);
    for (const { Properties } of probes) expect(Properties.DeadLetterConfig).toBeUndefined();
  });

  it('are refused where two fleets of one VPC name different subnets', () => {
    const other = inVpc('dogecoin', 'dogecoin', {}, { probe: { ...probe, subnets: ['subnet-0ffffff1'] } });
    expect(() => buildStack({ fleets: [...fleets, other] })).toThrow(
      /fleets litecoin and dogecoin: probe.subnets are subnet-0a1b2c3d, subnet-0e1b2c3d and subnet-0ffffff1; expected the same/,
    );
  });

  it('pass the checks', () => {
    expect(() => app.synth()).not.toThrow();
  });
});

describe('watch-fleet', () => {
  it('is called every minute, and a late sweep is not made up for', () => {
    const schedule = resources('AWS::Scheduler::Schedule').find(
      ({ Properties }) => Properties.Name === 'chainmend-watch',
    );
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { Input: '{"kind":"sweep"}', RetryPolicy: { MaximumEventAgeInSeconds: 60 } },
    });
    const fn = resources('AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'chainmend-watch-fleet',
    ) as Resource;
    const retries = resources('AWS::Lambda::EventInvokeConfig').find(
      ({ Properties }) => text(Properties.FunctionName) === `<${fn.id}>`,
    );
    expect(retries?.Properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  });

  it('sends the one document that only reads, and only to nodes of a fleet', () => {
    const fn = resources('AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'chainmend-watch-fleet',
    ) as Resource;
    const commands = statementsOf(fn).filter(({ Action }) => Action === 'ssm:SendCommand');
    expect(
      commands.filter(({ Condition }) => Condition === undefined).flatMap(({ Resource }) => listOf(Resource).map(text)),
    ).toEqual(
      ['ask-node', 'see-clients'].map(
        (name) => `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/chainmend-${name}-*`,
      ),
    );
    expect(fn.Properties.Environment.Variables.ASK_NODE_DOCUMENT).toBe('chainmend-ask-node-66666666');
  });

  it('that looks no more is an alarm: what it would have told, nobody tells', () => {
    const missing = resources('AWS::CloudWatch::Alarm').find(
      ({ Properties }) => Properties.AlarmName === 'chainmend/watches-missing',
    );
    expect(missing?.Properties).toMatchObject({
      MetricName: 'Watches',
      EvaluationPeriods: 5,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });
});
