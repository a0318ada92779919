// What rotate-peers may do, and what invokes it.
import { describe, expect, it } from '@jest/globals';
import { buildStack, resourcesOf, text } from './support.ts';

const { stack } = buildStack();
const resources = resourcesOf(stack);
const named = (type: string, name: string, key: string) => {
  const found = resources(type).find(({ Properties }) => Properties[key] === name);
  if (!found) throw new Error(`there is no ${type} ${name}`);
  return found.Properties;
};
const rotatePeers = named('AWS::Lambda::Function', 'chainmend-rotate-peers', 'FunctionName');

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

function statements(): readonly Statement[] {
  const [roleId = ''] = text(rotatePeers.Role).slice(1).split('.');
  const role = resources('AWS::IAM::Role').find(({ id }) => id === roleId);
  return role?.Properties.Policies[0].PolicyDocument.Statement;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

describe('rotate-peers', () => {
  it('has the time that a client may take to stop, and is started every five minutes', () => {
    expect(rotatePeers.Timeout).toBe(900);
    const schedule = named('AWS::Scheduler::Schedule', 'chainmend-rotate-peers', 'Name');
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', FlexibleTimeWindow: { Mode: 'OFF' } });
    expect(JSON.parse(schedule.Target.Input)).toEqual({ kind: 'sweep' });
  });

  it('sends its own documents, and those to nodes of a fleet only', () => {
    const sends = statements().filter(({ Action }) => listOf(Action).includes('ssm:SendCommand'));
    const [documents, instances] = [false, true].map((conditional) =>
      sends.filter(({ Condition }) => (Condition !== undefined) === conditional),
    );
    expect(
      documents?.flatMap(({ Resource }) => listOf(Resource).map(text)).map((arn) => arn.split('/').at(-1)),
    ).toEqual([
      'chainmend-read-config-*',
      'chainmend-write-config-*',
      'chainmend-ask-peers-*',
      'chainmend-change-peers-*',
    ]);
    expect(instances?.map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'ssm:resourceTag/Component': ['nodes/bitcoin'] } },
      { StringEquals: { 'ssm:resourceTag/Component': 'nodes/litecoin', 'ssm:resourceTag/Stage': 'production' } },
    ]);
  });

  it('invokes nothing but probes, and changes nothing of AWS’s', () => {
    const actions = statements().flatMap(({ Action }) => listOf(Action) as string[]);
    const writes = actions.filter(
      (action) => !/:(Describe|Get|List|Query|Decrypt|Put(Trace|Telemetry|Log))/.test(action),
    );
    expect([...new Set(writes)].sort()).toEqual([
      'dynamodb:PutItem',
      'kms:GenerateDataKey',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'sns:Publish',
      'sqs:SendMessage',
      'ssm:SendCommand',
    ]);
    const invokes = statements().filter(({ Action }) => listOf(Action).includes('lambda:InvokeFunction'));
    expect(invokes.flatMap(({ Resource }) => listOf(Resource).map(text))).toEqual([
      'arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:chainmend-probe-nodes-*',
    ]);
  });

  it('knows the very documents that are deployed with it', () => {
    const deployed = resources('AWS::SSM::Document').map(({ Properties }) => Properties.Name);
    const variables: Readonly<Record<string, string>> = rotatePeers.Environment.Variables;
    const sent = Object.entries(variables).filter(([name]) => name.endsWith('_DOCUMENT'));
    expect(sent).toHaveLength(4);
    for (const [, name] of sent) expect(deployed).toContain(name);
  });
});
