// relay-pages in the stack: only where a deployment names a webhook's secret, and with a right to that secret alone.
import { describe, expect, it } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { webhookPlace } from '../../infra/constructs/relay-pages.ts';
import { bitcoin, buildStack, type Resource, resourcesOf, statementsIn, text } from './support.ts';

const stackOf = (options: NonNullable<Parameters<typeof buildStack>[0]> = {}) => {
  const { stack } = buildStack({ fleets: [bitcoin], ...options });
  const resources = resourcesOf(stack);
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-relay-pages',
  );
  const role = fn && resources('AWS::IAM::Role').find(({ id }) => text(fn.Properties.Role) === `<${id}.Arn>`);
  return { stack, fn, resources, statements: role ? statementsIn(resources, role as Resource) : [] };
};

describe('relay-pages', () => {
  it('is not there where no webhook is named', () => {
    const { fn, resources } = stackOf({ email: 'oncall@example.com' });
    expect(fn).toBeUndefined();
    expect(resources('AWS::SNS::Subscription')).toHaveLength(1);
  });

  it.each([
    ['ssm:/ops/chat', 'ssm:GetParameter', 'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/ops/chat'],
    [
      'secret:ops/chat',
      'secretsmanager:GetSecretValue',
      'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:ops/chat-??????',
    ],
  ])('with %s may read this one secret, and nothing else', (webhook, action, resource) => {
    const { fn, statements } = stackOf({ webhook, email: 'oncall@example.com' });
    const own = statements.filter(({ actions }) => !actions.every((one) => /^(logs|xray|sqs):/.test(one)));
    expect(own.map(({ actions, resources }) => [actions, resources])).toEqual([
      [[action], [resource]],
      [['kms:Decrypt'], ['arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*']],
    ]);
    const service = action.split(':')[0];
    const { StringEquals } = own[1]?.conditions ?? {};
    expect(text(StringEquals?.['kms:ViaService'])).toBe(`${service}.<AWS::Region>.amazonaws.com`);
    expect(fn?.Properties.Environment.Variables).toMatchObject({ WEBHOOK: webhook });
    expect(fn?.Properties.VpcConfig).toBeUndefined();
  });

  it('gets the pages, and a page that it cannot be given is kept', () => {
    const { fn, resources } = stackOf({ webhook: 'ssm:/ops/chat', email: 'oncall@example.com' });
    const subscription = resources('AWS::SNS::Subscription').find(({ Properties }) => Properties.Protocol === 'lambda');
    expect(text(subscription?.Properties.Endpoint)).toBe(`<${fn?.id}.Arn>`);
    expect(text(subscription?.Properties.RedrivePolicy.deadLetterTargetArn)).toMatch(/Undelivered/);
  });

  it('is tried three times, its failures are kept, and an alarm tells of them', () => {
    const { fn, resources } = stackOf({ webhook: 'ssm:/ops/chat', email: 'oncall@example.com' });
    const config = resources('AWS::Lambda::EventInvokeConfig').find(
      ({ Properties }) => text(Properties.FunctionName) === `<${fn?.id}>`,
    );
    expect(config?.Properties).toMatchObject({ MaximumRetryAttempts: 2 });
    const alarms = resources('AWS::CloudWatch::Alarm').map(({ Properties }) => text(Properties.AlarmName));
    expect(alarms).toContain('chainmend/chainmend-relay-pages/errors');
  });

  it('without a mail beside it is warned of: a webhook that fails would be told by itself alone', () => {
    const warned = (options: object) =>
      Annotations.fromStack(buildStack({ fleets: [bitcoin], ...options }).stack).findWarning(
        '*',
        Match.stringLikeRegexp('webhook'),
      ).length;
    expect(warned({ webhook: 'ssm:/ops/chat' })).toBe(1);
    expect(warned({ webhook: 'ssm:/ops/chat', email: 'oncall@example.com' })).toBe(0);
  });

  it('and its secret pass the rule packs', () => {
    const { app } = buildStack({ webhook: 'ssm:/ops/chat', email: 'oncall@example.com', checked: true });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('where the webhook’s address lies', () => {
  it('is never the address: nothing of it is repeated', () => {
    const told = () => webhookPlace('https://hooks.slack.com/services/T0/B0/S3CR3T');
    expect(told).toThrow(/context "webhook" is an address, which is a secret/);
    expect(told).not.toThrow(/S3CR3T/);
  });

  it.each(['', '/ops/chat', 'ssm:ops/chat', 'ssm:/', 'secret:', 'secret:a b', 'file:/etc/chat'])(
    'is not %j',
    (given) => {
      expect(() => webhookPlace(given)).toThrow(
        'expected ssm:/NAME of a SecureString or secret:NAME of Secrets Manager',
      );
    },
  );

  it('is not below /chainmend, which other functions read', () => {
    expect(() => webhookPlace('ssm:/chainmend/chat')).toThrow('expected a parameter outside /chainmend');
    expect(webhookPlace('ssm:/chainmend-chat')).toBe('ssm:/chainmend-chat');
  });
});
