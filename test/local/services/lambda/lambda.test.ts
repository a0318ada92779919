import { describe, expect, it } from '@jest/globals';
import { applyUpdates, replayedOperations } from '../../../../local/services/lambda/operations.ts';
import { resources } from '../../../../local/services/lambda/resources.ts';
import { CustomResourceAnswers } from '../../../../local/simulator/cloudformation/custom-resources.ts';
import { Network } from '../../../../local/simulator/network/network.ts';
import { VpcEndpoints } from '../../../../local/simulator/network/vpc-endpoints.ts';
import { testKernel } from '../../../fixtures/kernel.ts';
import { type Handler, lambdaRegion, textOf } from '../../../fixtures/lambda.ts';

const DLQ = 'arn:aws:sqs:eu-west-1:111122223333:dlq';
const plain = (settings: object = {}, handler: Handler = async (event) => event) => {
  const region = lambdaRegion({ kernel: testKernel() });
  region.deploy('dispatch', handler, settings);
  return region;
};

/** Waits for a synchronous invocation while virtual time passes. */
async function answerOf(region: ReturnType<typeof lambdaRegion>, input: object, payload?: unknown) {
  const answer = region.invoke(input, payload);
  await region.drain();
  return await answer;
}

describe('Invoke', () => {
  it('answers with what the function returned, and with the version that ran', async () => {
    const answer = await answerOf(plain(), { FunctionName: 'dispatch:live' }, { a: 1 });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '1' });
    expect(textOf(answer.Payload)).toEqual({ a: 1 });
    expect(answer.FunctionError).toBeUndefined();
  });

  it.each([
    'dispatch',
    '111122223333:function:dispatch',
    'arn:aws:lambda:eu-west-1:111122223333:function:dispatch',
    'arn:aws:lambda:eu-west-1:111122223333:function:dispatch:1',
    'dispatch:$LATEST',
  ])('knows the function as %s', async (FunctionName) => {
    expect((await answerOf(plain(), { FunctionName })).StatusCode).toBe(200);
  });

  it('tells an error of the function in its payload, not as a failure of the call', async () => {
    const region = plain({}, async () => {
      throw new RangeError('too large');
    });
    const answer = await answerOf(region, { FunctionName: 'dispatch' });
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(textOf(answer.Payload)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too large' });
    expect([region.counted('Invocations'), region.counted('Errors')]).toEqual([1, 1]);
  });

  it('refuses unknown functions, qualifiers and payloads that are not JSON', async () => {
    const region = plain();
    expect(() => region.invoke({ FunctionName: 'other' })).toThrow(/Function not found/);
    expect(() => region.invoke({ FunctionName: 'dispatch:7' })).toThrow(/Function not found: .*dispatch:7/);
    expect(() => region.call('Invoke', { FunctionName: 'dispatch', Payload: Buffer.from('{') })).toThrow(/into json/);
    const large = Buffer.alloc(1024 * 1024 + 1, ' ');
    expect(() => region.call('Invoke', { FunctionName: 'dispatch', InvocationType: 'Event', Payload: large })).toThrow(
      /1048577 byte payload is too large for the Event invocation type/,
    );
    expect(() =>
      region.call('Invoke', { FunctionName: 'dispatch', Payload: Buffer.alloc(6 * 1024 * 1024 + 1) }),
    ).toThrow(/Request must be smaller than 6291456 bytes for the InvokeFunction operation/);
    expect(() => region.invoke({ FunctionName: 'dispatch', DurableExecutionName: 'x' })).toThrow(/not durable/);
    expect(() => region.invoke({ FunctionName: 'dispatch', LogType: 'Tail' })).toThrow(/does not emulate LogType/);
  });

  it('with DryRun changes nothing', async () => {
    const region = plain();
    expect(await answerOf(region, { FunctionName: 'dispatch', InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
    expect(region.counted('Invocations')).toBe(0);
  });
});

describe('Sandboxes', () => {
  it('start cold in 500 ms, and are used again, the last one first', async () => {
    const actors: string[] = [];
    const region = plain({}, async (_event, _context, { actor }) => void actors.push(actor));
    const startedAt = region.kernel.clock.now();
    await Promise.all([answerOf(region, { FunctionName: 'dispatch' }), answerOf(region, { FunctionName: 'dispatch' })]);
    expect(region.kernel.clock.now() - startedAt).toBe(500);
    await answerOf(region, { FunctionName: 'dispatch' });
    expect(region.kernel.clock.now() - startedAt).toBe(500);
    expect(actors).toEqual(['dispatch/1', 'dispatch/2', 'dispatch/2']);
  });

  it('that run longer than the time-out of the function are killed', async () => {
    const actors: string[] = [];
    const region = plain({ Timeout: 3 }, (_event, context, { actor, hang }) => {
      expect(context.getRemainingTimeInMillis()).toBe(3000);
      actors.push(actor);
      return hang();
    });
    const answer = await answerOf(region, { FunctionName: 'dispatch' });
    expect(textOf(answer.Payload)).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 3.00 seconds$/),
    });
    await answerOf(region, { FunctionName: 'dispatch' });
    expect(actors).toEqual(['dispatch/1', 'dispatch/2']);
  });

  it('that are killed fail their invocation, and are never used again', async () => {
    const region = plain({}, (_event, _context, { hang }) => hang());
    const answer = region.invoke({ FunctionName: 'dispatch' });
    await region.drain(1000);
    region.lambda.sandboxKilled('dispatch/1');
    expect(textOf((await answer).Payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  it('whose runtime ends by itself are never used again either', async () => {
    const actors: string[] = [];
    const region = plain({}, async (_event, _context, { actor, end }) => {
      actors.push(actor);
      if (actors.length === 1) throw end(new Error('out of the blue'));
    });
    const first = await answerOf(region, { FunctionName: 'dispatch' });
    expect(textOf(first.Payload)).toMatchObject({ errorMessage: 'out of the blue' });
    expect(await answerOf(region, { FunctionName: 'dispatch' })).not.toHaveProperty('FunctionError');
    expect(actors).toEqual(['dispatch/1', 'dispatch/2']);
  });

  it('are limited: one more than the reserved concurrency is throttled', async () => {
    const region = plain({}, (_event, _context, { hang }) => hang());
    region.call('PutFunctionConcurrency', { FunctionName: 'dispatch', ReservedConcurrentExecutions: 1 });
    void region.invoke({ FunctionName: 'dispatch' });
    await expect(region.invoke({ FunctionName: 'dispatch' })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      statusCode: 429,
    });
    expect(region.counted('Throttles')).toBe(1);
  });

  it('share what the account has and nobody has reserved', async () => {
    const region = lambdaRegion({ kernel: testKernel(), accountConcurrency: 10 });
    for (const name of ['mine', 'others'])
      region.deploy(name, (_event, _context, { hang }) => hang(), { FunctionName: name });
    const begun = (FunctionName: string) => void region.invoke({ FunctionName });
    const throttled = (FunctionName: string) =>
      expect(region.invoke({ FunctionName })).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    for (let count = 0; count < 10; count++) begun('others');
    await throttled('mine');
    await throttled('others');
    expect(region.call('GetAccountSettings', {})).toMatchObject({ AccountLimit: { ConcurrentExecutions: 10 } });
    // No other function takes one function's reserved concurrency.
    const roomy = lambdaRegion({ kernel: testKernel(), accountConcurrency: 101 });
    for (const name of ['mine', 'others'])
      roomy.deploy(name, (_event, _context, { hang }) => hang(), { FunctionName: name });
    roomy.call('PutFunctionConcurrency', { FunctionName: 'mine', ReservedConcurrentExecutions: 1 });
    for (let count = 0; count < 100; count++) void roomy.invoke({ FunctionName: 'others' });
    await expect(roomy.invoke({ FunctionName: 'others' })).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    void roomy.invoke({ FunctionName: 'mine' });
    await expect(roomy.invoke({ FunctionName: 'mine' })).rejects.toMatchObject({
      data: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    });
  });

  it('are reserved only as long as enough is left for the others: nothing, in a new account', () => {
    const few = lambdaRegion({ kernel: testKernel(), accountConcurrency: 10 });
    const many = lambdaRegion({ kernel: testKernel() });
    for (const region of [few, many]) region.deploy('dispatch', async () => null);
    const reserve = (region: typeof few, ReservedConcurrentExecutions: number) =>
      region.call('PutFunctionConcurrency', { FunctionName: 'dispatch', ReservedConcurrentExecutions });
    expect(() => reserve(few, 1)).toThrow('below its minimum value of [10]');
    expect(() => reserve(many, 901)).toThrow('below its minimum value of [100]');
    reserve(many, 900);
    reserve(many, 900);
    expect(many.call('GetAccountSettings', {})).toMatchObject({
      AccountLimit: { UnreservedConcurrentExecutions: 100 },
    });
  });
});

describe('Asynchronous invocations', () => {
  const failing = (settings: object = {}) => {
    const at: number[] = [];
    const records: string[] = [];
    const region = plain(settings, async () => {
      at.push((region.kernel.clock.now() - startedAt) / 1000);
      throw new Error('no table');
    });
    region.kernel.receive('arn:aws:sqs:', (_, payload) => void records.push(payload));
    const startedAt = region.kernel.clock.now();
    return { region, at, records };
  };

  it('are tried again after one and two minutes, then go to the dead-letter queue as they came', async () => {
    const { region, at, records } = failing({ DeadLetterConfig: { TargetArn: DLQ } });
    expect(await region.invoke({ FunctionName: 'dispatch', InvocationType: 'Event' }, { a: 1 })).toEqual({
      StatusCode: 202,
    });
    await region.drain();
    expect(at).toEqual([0.5, 60.5, 180.5]);
    expect(records).toEqual(['{"a":1}']);
    expect(region.counted('AsyncEventsDropped')).toBe(1);
  });

  it('go to the destination as a record that tells what happened', async () => {
    const { region, records } = failing();
    region.call('PutFunctionEventInvokeConfig', {
      FunctionName: 'dispatch',
      Qualifier: 'live',
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: DLQ } },
    });
    await region.invoke({ FunctionName: 'dispatch', Qualifier: 'live', InvocationType: 'Event' }, { a: 1 });
    await region.drain();
    expect(JSON.parse(records[0] ?? '')).toMatchObject({
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
      requestPayload: { a: 1 },
      responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'no table' },
    });
  });

  it('are given up when they are too old', async () => {
    const { region, at, records } = failing();
    region.call('PutFunctionEventInvokeConfig', {
      FunctionName: 'dispatch',
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: DLQ } },
    });
    region.kernel.deliver('arn:aws:lambda:eu-west-1:111122223333:function:dispatch', '{"source":"rule"}');
    await region.drain();
    expect(at).toEqual([0.5]);
    expect(JSON.parse(records[0] ?? '').requestContext.condition).toBe('EventAgeExceeded');
  });

  it('count an error when even the dead-letter queue refuses', async () => {
    const region = plain({ DeadLetterConfig: { TargetArn: DLQ } }, async () => {
      throw new Error('no table');
    });
    await region.invoke({ FunctionName: 'dispatch', InvocationType: 'Event' });
    await region.drain();
    expect(region.counted('DeadLetterErrors')).toBe(1);
  });

  it('wait for room when they are throttled', async () => {
    const region = plain();
    region.call('PutFunctionConcurrency', { FunctionName: 'dispatch', ReservedConcurrentExecutions: 0 });
    await region.invoke({ FunctionName: 'dispatch', InvocationType: 'Event' });
    await region.drain(10_000);
    expect(region.counted('Invocations')).toBe(0);
    region.call('PutFunctionConcurrency', { FunctionName: 'dispatch', ReservedConcurrentExecutions: 1 });
    await region.drain();
    expect(region.counted('Invocations')).toBe(1);
  });
});

describe('What a person asks about functions', () => {
  it('is allowed to the source and to the account that a permission names', async () => {
    const region = plain();
    const permission = { FunctionName: 'dispatch', Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' };
    const [SourceArn, SourceAccount] = ['arn:aws:events:eu-west-1:111122223333:rule/r', '111122223333'];
    region.call('AddPermission', { ...permission, StatementId: 'both', SourceArn, SourceAccount });
    region.call('AddPermission', { ...permission, StatementId: 'account', SourceAccount });
    const { Policy } = (await region.call('GetPolicy', { FunctionName: 'dispatch' })) as { Policy: string };
    const account = { 'AWS:SourceAccount': SourceAccount };
    expect(JSON.parse(Policy).Statement).toMatchObject([
      { Sid: 'both', Condition: { StringEquals: account, ArnLike: { 'AWS:SourceArn': SourceArn } } },
      { Sid: 'account', Condition: { StringEquals: account } },
    ]);
  });

  it('their configuration, versions, aliases and durable settings', () => {
    const region = plain({ DurableConfig: { ExecutionTimeout: 60 }, Environment: { Variables: { TABLE_NAME: 't' } } });
    expect(region.call('GetFunctionConfiguration', { FunctionName: 'dispatch', Qualifier: 'live' })).toMatchObject({
      FunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:dispatch:live',
      Version: '1',
      Environment: { Variables: { TABLE_NAME: 't' } },
      DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 14 },
    });
    expect(region.call('ListAliases', { FunctionName: 'dispatch' })).toMatchObject({
      Aliases: [{ Name: 'live', FunctionVersion: '1' }],
    });
    expect(region.call('ListFunctions', {})).toMatchObject({ Functions: [{ FunctionName: 'dispatch' }] });
    expect(() => region.call('GetAlias', { FunctionName: 'dispatch', Name: 'dead' })).toThrow(/Cannot find alias/);
  });
});

describe('A function in a VPC', () => {
  const VPCS = new Map([
    ['subnet-1', 'vpc-1'],
    ['subnet-2', 'vpc-1'],
    ['subnet-9', 'vpc-9'],
  ]);
  const within = (VpcConfig: object) => {
    const region = lambdaRegion({ kernel: testKernel(), vpcOf: (subnetId) => VPCS.get(subnetId) });
    region.deploy('probe', async () => {}, { VpcConfig });
    return region.call('GetFunctionConfiguration', { FunctionName: 'probe:live' });
  };

  it('is in the VPC of its subnets, and so are its versions', () => {
    expect(within({ SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] })).toMatchObject({
      VpcConfig: { VpcId: 'vpc-1', SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] },
    });
    expect(within({ SubnetIds: [], SecurityGroupIds: [] })).not.toHaveProperty('VpcConfig');
  });

  it('is what a template says with VpcConfig', async () => {
    const region = lambdaRegion({ kernel: testKernel(), vpcOf: (subnetId) => VPCS.get(subnetId) });
    await resources['AWS::Lambda::Function']?.create(
      {
        Code: { ZipFile: '' },
        FunctionName: 'probe',
        Role: 'arn:aws:iam::111122223333:role/probe',
        VpcConfig: { SubnetIds: ['subnet-9'], SecurityGroupIds: ['sg-1'] },
      },
      {
        logicalId: 'Probe',
        accountId: '111122223333',
        regionName: 'eu-west-1',
        code: region.code,
        vpcEndpoints: new VpcEndpoints(),
        answers: new CustomResourceAnswers(new Network(), 'eu-west-1'),
        uuid: () => '00000000-0000-4000-8000-000000000000',
        wait: async () => {},
        arn: (service, resource) => `arn:aws:${service}:eu-west-1:111122223333:${resource}`,
        generatedName: () => 'generated',
        call: async (_, operation, input) => (await region.call(operation, input)) as Record<string, unknown>,
      },
    );
    expect(region.call('GetFunctionConfiguration', { FunctionName: 'probe' })).toMatchObject({
      VpcConfig: { VpcId: 'vpc-9' },
    });
  });

  it.each([
    ['subnets without a security group', { SubnetIds: ['subnet-1'] }, 'must coexist or be both empty list'],
    ['a security group without subnets', { SecurityGroupIds: ['sg-1'] }, 'must coexist or be both empty list'],
    [
      'a subnet that does not exist',
      { SubnetIds: ['subnet-1', 'subnet-3'], SecurityGroupIds: ['sg-1'] },
      "InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID 'subnet-3' does not exist",
    ],
    [
      'subnets of two VPCs',
      { SubnetIds: ['subnet-1', 'subnet-9'], SecurityGroupIds: ['sg-1'] },
      'expected subnets of one VPC, got those of vpc-1, vpc-9',
    ],
  ])('cannot have %s', (_, VpcConfig, sentence) => {
    expect(() => within(VpcConfig)).toThrow(sentence);
  });
});

describe('Checkpoints', () => {
  const step = (Action: string, Id = 'a', more: object = {}) => ({ Id, Type: 'STEP', Action, ...more }) as never;
  const context = (Action: string, Id: string, more: object = {}) =>
    ({ Id, Type: 'CONTEXT', Action, ...more }) as never;
  const apply = (updates: never[], from: ReturnType<typeof applyUpdates>['operations'] = new Map()) =>
    applyUpdates(from, updates, 0, (id) => `callback-${id}`);

  it('are refused as a whole when one transition is not possible', () => {
    expect(() => apply([step('START'), step('START')])).toThrow('Invalid current STEP state to start.');
    expect(() => apply([step('SUCCEED')])).toThrow('Invalid current STEP state to close.');
    const done = apply([step('START'), step('SUCCEED')]).operations;
    expect(() => apply([step('RETRY')], done)).toThrow('Invalid current STEP state to close.');
    expect(() => apply([step('START', 'b', { ParentId: 'a' })], done)).toThrow('Invalid parent operation id.');
    expect(() => apply([{ Id: 'w', Type: 'WAIT', Action: 'START', WaitOptions: { WaitSeconds: 0 } } as never])).toThrow(
      /WaitSeconds: expected 1 to/,
    );
  });

  it('hold results up to 1 MB', () => {
    const Payload = 'x'.repeat(1024 * 1024 + 1);
    expect(() => apply([step('START'), step('SUCCEED', 'a', { Payload })])).toThrow(/exceeds the limit of 1048576/);
  });

  it('fold the children of a closed context away, unless it asks for them', () => {
    const updates = [
      context('START', 'c'),
      step('START', 's', { ParentId: 'c' }),
      step('SUCCEED', 's', { ParentId: 'c' }),
    ];
    const ids = (more: object) =>
      replayedOperations(apply([...updates, context('SUCCEED', 'c', more)]).operations).map(({ Id }) => Id);
    expect(ids({})).toEqual(['c']);
    expect(ids({ ContextOptions: { ReplayChildren: true } })).toEqual(['c', 's']);
  });

  it('count starts and retries towards the 3,000 operations of an execution', () => {
    const retry = step('RETRY', 'a', { StepOptions: { NextAttemptDelaySeconds: 1 } });
    expect(apply([step('START'), retry]).metered).toBe(2);
  });
});

describe('The token of a checkpoint', () => {
  const execution = async () => {
    const events: { DurableExecutionArn: string; CheckpointToken: string }[] = [];
    const region = plain({ DurableConfig: { ExecutionTimeout: 600 } }, (event, _context, { hang }) => {
      events.push(event as (typeof events)[number]);
      return hang();
    });
    await region.invoke({ FunctionName: 'dispatch:live', InvocationType: 'Event' });
    await region.drain(1000);
    const [event] = events;
    if (event === undefined) throw new Error('the function was not invoked');
    const { DurableExecutionArn, CheckpointToken } = event;
    const checkpoint = (input: object) => region.call('CheckpointDurableExecution', { DurableExecutionArn, ...input });
    return { region, checkpoint, CheckpointToken, DurableExecutionArn };
  };

  it('is a fence: each is good for one checkpoint, and for none once its sandbox is dead', async () => {
    const { region, checkpoint, CheckpointToken } = await execution();
    const next = checkpoint({ CheckpointToken }) as { CheckpointToken: string };
    expect(() => checkpoint({ CheckpointToken })).toThrow('Invalid Checkpoint Token');
    region.lambda.sandboxKilled('dispatch/1');
    expect(() => checkpoint({ CheckpointToken: next.CheckpointToken })).toThrow('Invalid Checkpoint Token');
  });

  it('answers a repeated request as it answered the first, when its client token says so', async () => {
    const { checkpoint, CheckpointToken } = await execution();
    const Updates = [{ Id: 'a', Type: 'STEP', Action: 'START' }];
    const first = checkpoint({ CheckpointToken, ClientToken: 'c', Updates });
    expect(checkpoint({ CheckpointToken, ClientToken: 'c', Updates })).toEqual(first);
  });

  it('opens the pages of the state', async () => {
    const { region, checkpoint, CheckpointToken, DurableExecutionArn } = await execution();
    const Updates = ['a', 'b', 'c'].map((Id) => ({ Id, Type: 'STEP', Action: 'START' }));
    const next = checkpoint({ CheckpointToken, Updates }) as { CheckpointToken: string };
    const page = (Marker?: string) =>
      region.call('GetDurableExecutionState', { DurableExecutionArn, ...next, Marker, MaxItems: 2 }) as {
        Operations: { Id: string }[];
        NextMarker?: string;
      };
    const first = page();
    expect(first.Operations).toHaveLength(2);
    expect(page(first.NextMarker).Operations.map(({ Id }) => Id)).toEqual(['b', 'c']);
  });

  it('lets no execution write more than 3,000 operations', async () => {
    const { checkpoint, CheckpointToken } = await execution();
    const Updates = Array.from({ length: 3001 }, (_, i) => ({ Id: `s${i}`, Type: 'STEP', Action: 'START' }));
    expect(() => checkpoint({ CheckpointToken, Updates })).toThrow(/limit of 3000 operations/);
  });
});
