import { describe, expect, it } from '@jest/globals';
import { buildStack, listOf, litecoin, type Resource, resourcesOf, text } from './support.ts';

const { stack } = buildStack();
const resources = resourcesOf(stack);
const fn = resources('AWS::Lambda::Function').find(
  ({ Properties }) => Properties.FunctionName === 'chainmend-register-nodes',
) as Resource;

const statements = (of = resources) => {
  const owner = of('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-register-nodes',
  ) as Resource;
  const role = of('AWS::IAM::Role').find(({ id }) => text(owner.Properties.Role) === `<${id}.Arn>`) as Resource;
  return role.Properties.Policies.flatMap(({ PolicyDocument }: Resource['Properties']) => PolicyDocument.Statement);
};
const allowing = (action: string) =>
  statements().filter(({ Action }: Resource['Properties']) => listOf(Action).includes(action));

describe('register-nodes', () => {
  it('has the time that many alarms take, and not more than a heal waits for', () => {
    expect(fn.Properties.Timeout).toBe(300);
  });

  it('is told of instances that come and go, and looks at all fleets every five minutes whatever it was told', () => {
    const rule = resources('AWS::Events::Rule').find(({ Properties }) => Properties.Name === 'chainmend-instances');
    expect(rule?.Properties.EventPattern).toMatchObject({
      source: ['aws.ec2'],
      'detail-type': ['EC2 Instance State-change Notification'],
    });
    expect(rule?.Properties.Targets).toMatchObject([
      { RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 60 }, DeadLetterConfig: {} },
    ]);
    const schedule = resources('AWS::Scheduler::Schedule').find(
      ({ Properties }) => Properties.Name === 'chainmend-register-nodes',
    );
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Target: { Input: '{"kind":"reconcile"}', RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
  });

  it('is told by watch-fleet, which may invoke it and the probes and no other function', () => {
    const watch = resources('AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'chainmend-watch-fleet',
    ) as Resource;
    const role = resources('AWS::IAM::Role').find(({ id }) => text(watch.Properties.Role) === `<${id}.Arn>`);
    const invoked = role?.Properties.Policies.flatMap(({ PolicyDocument }: Resource['Properties']) =>
      PolicyDocument.Statement.filter(({ Action }: Resource['Properties']) =>
        listOf(Action).includes('lambda:InvokeFunction'),
      ).map(({ Resource }: Resource['Properties']) => text(Resource).split(':function:')[1]),
    );
    expect(invoked.sort()).toEqual([
      'chainmend-probe-nodes-*',
      watch.Properties.Environment.Variables.REGISTER_FUNCTION_NAME,
    ]);
    expect(watch.Properties.Environment.Variables.REGISTER_FUNCTION_NAME).toBe('chainmend-register-nodes:hints');
  });

  it('changes records of the fleets’ zones only, of three types, and overwrites nothing', () => {
    expect(allowing('route53:ChangeResourceRecordSets')).toMatchObject([
      {
        Condition: {
          'ForAllValues:StringLike': {
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['*.bitcoin.internal'],
          },
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'SRV', 'TXT'],
            'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
          },
        },
      },
    ]);
  });

  it('may do nothing in Route 53 where no fleet has a zone: a condition without values would be none', () => {
    const without = statements(resourcesOf(buildStack({ fleets: [litecoin] }).stack));
    const actions = without.flatMap(({ Action }: Resource['Properties']) => listOf(Action)) as string[];
    expect(actions.filter((action) => action.startsWith('route53:'))).toEqual([]);
    expect(actions).toContain('cloudwatch:PutMetricAlarm');
  });

  it('writes alarms of nodes only, with no action but a page, and deletes those that carry a fleet’s tag', () => {
    const topic = resources('AWS::SNS::Topic')[0]?.id;
    const [write] = allowing('cloudwatch:PutMetricAlarm');
    const ofFleets = ['bitcoin', 'litecoin'].map((fleet) => expect.stringMatching(`:alarm:chainmend-${fleet}-\\*$`));
    expect(write.Resource.map(text)).toEqual(ofFleets);
    const actions = write.Condition['ForAllValues:StringEquals']['cloudwatch:AlarmActions'];
    expect(listOf(actions).map(text)).toEqual([`<${topic}>`]);
    const [remove] = allowing('cloudwatch:DeleteAlarms');
    expect(text(remove.Resource)).toMatch(/:alarm:chainmend-\*$/);
    expect(remove.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/chainmend:fleet': ['bitcoin', 'litecoin'] } });
    const [tag] = allowing('cloudwatch:TagResource');
    expect(tag.Resource.map(text)).toEqual(ofFleets);
    expect(tag.Condition.StringEqualsIfExists).toEqual({ 'aws:RequestTag/chainmend:fleet': ['bitcoin', 'litecoin'] });
  });

  it('links the runbooks where the deployment says that they are', () => {
    expect(fn.Properties.Environment.Variables.RUNBOOKS).toBeUndefined();
    const linked = resourcesOf(buildStack({ runbooks: 'https://git.example.com/chainmend/' }).stack);
    const [variables] = linked('AWS::Lambda::Function').flatMap(({ Properties }) =>
      Properties.FunctionName === 'chainmend-register-nodes' ? [Properties.Environment.Variables] : [],
    );
    expect(variables.RUNBOOKS).toBe('https://git.example.com/chainmend/');
  });

  it('is missed after fifteen minutes', () => {
    const missing = resources('AWS::CloudWatch::Alarm').find(
      ({ Properties }) => Properties.AlarmName === 'chainmend/register-nodes-missing',
    );
    expect(missing?.Properties).toMatchObject({
      MetricName: 'Invocations',
      Period: 300,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });
});

describe('status checks', () => {
  it('can page by their own alarms: topic and key let alarms of nodes in', () => {
    const policies = [
      resources('AWS::KMS::Key')[0]?.Properties.KeyPolicy,
      resources('AWS::SNS::TopicPolicy')[0]?.Properties.PolicyDocument,
    ];
    for (const { Statement } of policies) {
      const alarms = Statement.find(({ Sid }: Resource['Properties']) => Sid === 'AlarmsOfTheSuite');
      expect(alarms.Condition.ArnLike['aws:SourceArn'].map((arn: unknown) => text(arn).split(':').at(-1))).toEqual([
        'chainmend/*',
        'chainmend-*',
      ]);
    }
  });
});
