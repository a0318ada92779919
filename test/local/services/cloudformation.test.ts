// S3 and CloudFormation, as owners deploy with them: stacks that are made, changed, and refused in AWS's words.
import { describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { createRegion, type Region } from '../../../local/region.ts';
import { settled } from '../../../local/scenarios/world/deployment.ts';

const answers = (text: string): string => `exports.handler = async () => '${text}';`;
const zip = (text: string): Uint8Array => zipSync({ 'index.js': Buffer.from(answers(text)) });

/** A function with an alias on its published version, by which a heal is begun. */
const withFunction = (key: string, version: string) => ({
  Parameters: { AssetsBucket: { Type: 'String' } },
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: { Ref: 'AssetsBucket' }, S3Key: key },
        ...{ FunctionName: 'heal', Handler: 'index.handler', Role: { 'Fn::GetAtt': ['Role', 'Arn'] } },
      },
    },
    [version]: {
      ...{ Type: 'AWS::Lambda::Version', DeletionPolicy: 'Retain' },
      Properties: { FunctionName: { Ref: 'Function' } },
    },
    Alias: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        ...{ FunctionName: { Ref: 'Function' }, Name: 'live' },
        FunctionVersion: { 'Fn::GetAtt': [version, 'Version'] },
      },
    },
  },
});

async function owner() {
  const region = await createRegion({ seed: 1, lane: 'fidelity', guard: false, isDeployedTo: true });
  const call = (service: string, operation: string, input: object) =>
    settled(region, () => region.call(service, operation, input));
  await call('s3', 'CreateBucket', { Bucket: 'owners' });
  const put = (Key: string, Body: Uint8Array) => call('s3', 'PutObject', { Bucket: 'owners', Key, Body });
  const asked = (template: object, more: object = {}) => ({
    ...{ StackName: 'Own', TemplateBody: JSON.stringify(template), Capabilities: ['CAPABILITY_IAM'] },
    Parameters: [{ ParameterKey: 'AssetsBucket', ParameterValue: 'owners' }],
    ...more,
  });
  /** The stack, once nothing of it is in progress. */
  const ended = async (region: Region) => {
    for (;;) {
      const { Stacks } = await call('cloudformation', 'DescribeStacks', { StackName: 'Own' });
      const [stack] = Stacks as { StackStatus: string; StackStatusReason?: string }[];
      if (!stack?.StackStatus.endsWith('_IN_PROGRESS')) return stack;
      await settled(region, () => region.clock.sleep(1_000));
    }
  };
  const done = async (operation: string, template: object, more: object = {}) => {
    await call('cloudformation', operation, asked(template, more));
    return ended(region);
  };
  const invoked = async (Qualifier: string) => {
    const { Payload } = await call('lambda', 'Invoke', { FunctionName: 'heal', Qualifier });
    return Buffer.from(Payload as Uint8Array).toString();
  };
  return { call, put, asked, done, invoked };
}

describe('a stack', () => {
  it('is updated: what goes by the alias gets the new code, what has begun keeps its version', async () => {
    const { put, done, invoked } = await owner();
    await put('one.zip', zip('one'));
    expect(await done('CreateStack', withFunction('one.zip', 'VersionOne'))).toMatchObject({
      StackStatus: 'CREATE_COMPLETE',
    });
    expect(await invoked('live')).toBe('"one"');
    await put('two.zip', zip('two'));
    expect(await done('UpdateStack', withFunction('two.zip', 'VersionTwo'))).toMatchObject({
      StackStatus: 'UPDATE_COMPLETE',
    });
    expect([await invoked('live'), await invoked('1'), await invoked('$LATEST')]).toEqual(['"two"', '"one"', '"two"']);
  });

  it('that the region cannot change says which resource it is, and so does one that it would have to remove', async () => {
    const { done } = await owner();
    const topic = (name: string) => ({
      Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: name } } },
    });
    await done('CreateStack', topic('one'), { Parameters: [] });
    expect(await done('UpdateStack', topic('two'), { Parameters: [] })).toMatchObject({
      ...{ StackStatus: 'UPDATE_FAILED' },
      StackStatusReason: 'Resources.Topic (AWS::SNS::Topic): the local region does not change it in a stack',
    });
    expect(await done('UpdateStack', { Resources: {} }, { Parameters: [] })).toMatchObject({
      StackStatusReason: 'Resources.Topic (AWS::SNS::Topic): the local region does not remove it from a stack',
    });
  });

  it('keeps a role of which more changes than its inline policies', async () => {
    const { done } = await owner();
    const role = (Properties: object) => ({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties } } });
    const policy = (PolicyName: string) => ({ PolicyName, PolicyDocument: { Version: '2012-10-17', Statement: [] } });
    const trust = { AssumeRolePolicyDocument: {} };
    await done('CreateStack', role({ ...trust, Policies: [policy('One')] }), { Parameters: [] });
    expect(
      await done('UpdateStack', role({ ...trust, Policies: [policy('One'), policy('Two')] }), { Parameters: [] }),
    ).toMatchObject({ StackStatus: 'UPDATE_COMPLETE' });
    for (const changed of [
      { ...trust, Policies: [policy('Two')] },
      { ...trust, Description: 'x', Policies: [policy('One'), policy('Two')] },
    ])
      expect(await done('UpdateStack', role(changed), { Parameters: [] })).toMatchObject({
        StackStatusReason: expect.stringContaining('changes the inline policies of a role, and nothing else'),
      });
  });
});

describe('what AWS refuses', () => {
  const TOPIC = { Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: {} } } };
  it.each<[string, string, object, string]>([
    ['an unknown stack', 'UpdateStack', {}, 'Stack with id Own does not exist'],
    ['no template', 'CreateStack', { TemplateBody: undefined }, 'Either Template URL or Template Body'],
    ['a template that is no JSON', 'CreateStack', { TemplateBody: '{' }, 'Template format error'],
    [
      'a template without resources',
      'CreateStack',
      { TemplateBody: '{"Resources":null}' },
      'At least one Resources member',
    ],
    [
      'a resource without a type',
      'CreateStack',
      { TemplateBody: '{"Resources":{"A":{}}}' },
      'At least one Resources member',
    ],
    ['a body over 51,200 bytes', 'CreateStack', { TemplateBody: ' '.repeat(51_201) }, 'less than or equal to 51200'],
    [
      'an object that is not there',
      'CreateStack',
      { TemplateURL: 'https://owners.s3.amazonaws.com/x' },
      'does not exist',
    ],
    ['a URL that is none', 'CreateStack', { TemplateURL: 'x' }, 'does not exist'],
  ])('%s', async (_, operation, more, message) => {
    const { call, asked } = await owner();
    await expect(call('cloudformation', operation, asked(TOPIC, more))).rejects.toThrow(message);
  });

  it('a second stack of a name, and a change of nothing', async () => {
    const { call, asked, done } = await owner();
    await done('CreateStack', TOPIC, { Parameters: [] });
    await expect(call('cloudformation', 'CreateStack', asked(TOPIC))).rejects.toThrow('Stack [Own] already exists');
    await expect(call('cloudformation', 'UpdateStack', asked(TOPIC, { Parameters: [] }))).rejects.toThrow(
      'No updates are to be performed.',
    );
  });

  it('a bucket that is not there or is there already, a name that is none, and code that is none', async () => {
    const { call } = await owner();
    await expect(call('s3', 'PutObject', { Bucket: 'other', Key: 'x' })).rejects.toThrow('bucket does not exist');
    await expect(call('s3', 'CreateBucket', { Bucket: 'owners' })).rejects.toThrow('you already own it');
    const [Bucket, Key] = ['owners', 'code.zip'];
    for (const [Body, message] of [
      [Buffer.from('no zip'), 'read as the code of a function: invalid zip data'],
      [zipSync({ 'main.py': Buffer.from('') }), 'read as the code of a function: it has no index.js'],
    ] as const)
      await expect(call('s3', 'PutObject', { Bucket, Key, Body })).rejects.toThrow(message);
    await expect(call('s3', 'CreateBucket', { Bucket: 'No_Name' })).rejects.toThrow('bucket is not valid');
  });
});
