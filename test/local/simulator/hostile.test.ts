// No request ends a served region: each gets an answer in AWS's form, and the region continues.
import { CreateVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defectSentence } from '../../../local/cli/serve.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { type ClockFollower, VirtualClock } from '../../../local/simulator/clock.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen, type WireServer } from '../../../local/simulator/gateway/server.ts';
import type { Service } from '../../../local/simulator/service.ts';
import { isAsked } from '../../fixtures/asked.ts';
import { gatewayRegion } from '../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../fixtures/in-process-handler.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { type RawRequest, signedFetch } from '../../fixtures/signed-request.ts';

const ATTACKED_MS = 600_000;

describe('a region that is attacked', () => {
  it(
    'refuses hostile words, numbers, times and bytes in every place of every operation, and goes on',
    async () => {
      const [every, mutations] = isAsked('hostile') ? [1, 20_000] : [100, 100];
      const { asked, accepted, answered, defects } = await runJob('hostile', { every, mutations });
      expect(defects).toEqual([]);
      expect(answered['InternalFailure']).toBeUndefined();
      expect(accepted).toBeGreaterThan(150);
      expect(asked).toBeGreaterThan(90_000 / every);
    },
    ATTACKED_MS,
  );
});

describe('a served region', () => {
  const key = newAccessKey();
  const defects: string[] = [];
  let region: Region;
  let server: WireServer;
  let following: ClockFollower;

  beforeAll(async () => {
    const onDefect = (error: unknown, during: string) => void defects.push(defectSentence(error, during));
    region = await createRegion({ seed: 1, lane: 'fidelity', guard: false, onDefect });
    server = await listen(region.gateway, { admissions: [{ ...key, caller: { actor: 'person' } }], onDefect });
    region.sqs.servedAt(server.url);
    following = region.clock.follow({ speed: 1_000 });
  });

  afterAll(async () => {
    await server.close();
    await following.stop();
  });

  const config = () => ({ region: 'eu-west-1', endpoint: server.url, credentials: key, maxAttempts: 1 });
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
  const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };

  it('is not ended by a managed policy, a volume type or a table that it does not know', async () => {
    const iam = new IAMClient(config());
    await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }));
    for (const name of ['AdministratorAccess', 'constructor', '__proto__']) {
      const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
      await expect(iam.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn }))).rejects.toMatchObject({
        name: 'NotImplemented',
      });
    }
    const volume = { AvailabilityZone: 'eu-west-1a', Size: 5, VolumeType: 'constructor' as never };
    await expect(new EC2Client(config()).send(new CreateVolumeCommand(volume))).rejects.toMatchObject({
      name: 'UnknownVolumeType',
    });
    const table = { TableName: 'ttt', AttributeDefinitions: [], BillingMode: 'PAY_PER_REQUEST' };
    const answer = await signedFetch(server.url, key, {
      service: 'dynamodb',
      headers: { ...JSON_1_0, 'x-amz-target': 'DynamoDB_20120810.CreateTable' },
      body: JSON.stringify(table),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'ValidationException' });
    expect(defects).toEqual([]);
  });

  it.each<[string, RawRequest, RegExp]>([
    [
      'an escape of the path that means nothing',
      { service: 'lambda', method: 'GET', path: '/2015-03-31/functions/%zz' },
      /SerializationException/,
    ],
    [
      'an escape of the path that is no text',
      { service: 'route53', method: 'GET', path: '/2013-04-01/hostedzone/%e0%a4%a' },
      /SerializationException/,
    ],
    [
      'two slashes for a path',
      { service: 'scheduler', method: 'GET', path: '//' },
      /names no operation|InvalidSignature/,
    ],
    [
      'a time that is none',
      { service: 'autoscaling', headers: FORM, body: 'Action=DescribeAlarmHistory&StartDate=yesterday' },
      /InvalidAction/,
    ],
    [
      'a time that is none, in a form',
      {
        service: 'monitoring',
        headers: FORM,
        body: 'Action=GetMetricStatistics&Namespace=n&MetricName=m&Period=60&StartTime=yesterday&EndTime=%zz&Statistics.member.1=Sum',
      },
      /MalformedInput/,
    ],
    [
      'a number that is none',
      { service: 'ec2', headers: FORM, body: 'Action=DescribeVolumes&MaxResults=many' },
      /InvalidParameterValue|MalformedInput/,
    ],
    [
      'a body that is nested a thousand levels deep',
      {
        service: 'dynamodb',
        headers: { ...JSON_1_0, 'x-amz-target': 'DynamoDB_20120810.PutItem' },
        body: `{"TableName":"t","Item":{"a":${'{"L":['.repeat(1_000)}{"S":"x"}${']}'.repeat(1_000)}}}`,
      },
      /SerializationException/,
    ],
    [
      'a document that defines entities within entities',
      {
        service: 'route53',
        path: '/2013-04-01/hostedzone',
        headers: { 'content-type': 'application/xml' },
        body: `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${'bcdefgh'.replace(/./g, (letter, at: number) => `<!ENTITY ${letter} "${`&${'abcdefg'[at]};`.repeat(10)}">`)}]><CreateHostedZoneRequest><Name>&h;</Name></CreateHostedZoneRequest>`,
      },
      /SerializationException|InvalidInput|InvalidDomainName/,
    ],
    ['an action that every object has', { service: 'ec2', headers: FORM, body: 'Action=constructor' }, /InvalidAction/],
    [
      'an operation that every object has',
      {
        service: 'ssm',
        headers: { 'x-amz-target': 'AmazonSSM.__proto__', 'content-type': 'application/x-amz-json-1.1' },
        body: '{}',
      },
      /InvalidAction/,
    ],
    ['a service that every object has', { service: 'constructor', headers: FORM, body: 'Action=a' }, /NotImplemented/],
  ])('answers %s with a refusal and a reason', async (_what, request, reason) => {
    const answer = await signedFetch(server.url, key, request);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.text()).toMatch(reason);
    expect(defects).toEqual([]);
  });

  it('hands out queues that lead back to it, and not to AWS', async () => {
    const { SQSClient, CreateQueueCommand, GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
    // Without its own endpoint the SDK sends to the host of the queue's URL.
    process.env['AWS_ENDPOINT_URL'] = server.url;
    try {
      const sqs = new SQSClient({ region: 'eu-west-1', credentials: key, maxAttempts: 1 });
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
      expect(QueueUrl).toBe(`${server.url}/111122223333/q`);
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
      expect(Attributes).toEqual({ QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:q' });
    } finally {
      delete process.env['AWS_ENDPOINT_URL'];
    }
  });
});

describe('a defect of the region itself', () => {
  const broken: Service = {
    name: 'sts',
    operations: {
      GetCallerIdentity: () => {
        throw new TypeError('\u001b[2Ja defect\nof ours');
      },
      GetSessionToken: () => ({ Credentials: 'no structure' }),
    },
  };
  const request = (gateway: Awaited<ReturnType<typeof gatewayRegion>>['gateway'], operation: string) =>
    gateway.request({ service: 'sts', operation, actor: 'person' });

  it.each(['GetCallerIdentity', 'GetSessionToken'])(
    'is an InternalFailure where it is served, told in a sentence: %s',
    async (operation) => {
      const defects: string[] = [];
      const { clock, gateway } = await gatewayRegion([broken], {
        onDefect: (error, during) => void defects.push(defectSentence(error, during)),
      });
      const following = clock.follow({ speed: 1_000 });
      await expect(request(gateway, operation)).rejects.toMatchObject({ name: 'InternalFailure', statusCode: 500 });
      await following.stop();
      expect(defects).toEqual([
        expect.stringMatching(/^sts\.\w+: a defect of the local region, \w+: .* The region goes on\.$/),
      ]);
    },
  );

  it('is told without the control characters of a caller', () => {
    const sentence = defectSentence(new TypeError('\u001b[2Ja defect\nof ours\u202e'), 'ec2.CreateTags');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
    expect(sentence).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(sentence).toContain('a defect');
  });

  it('ends the run where it must be repeatable', async () => {
    const { clock, gateway } = await gatewayRegion([broken]);
    const asked = request(gateway, 'GetCallerIdentity').catch(() => 'refused');
    await expect(clock.run({ untilMs: clock.now() + 1_000 })).rejects.toThrow('a defect');
    expect(await Promise.race([asked, 'no answer'])).toBe('no answer');
  });

  it('in work that nobody waits for ends a run, and no served region', async () => {
    const defects: unknown[] = [];
    const clock = new VirtualClock({ startMs: 0, guard: false, onDefect: (error) => void defects.push(error) });
    let later = false;
    clock.after(10, () => {
      throw new Error('a timer of ours');
    });
    clock.after(20, () => {
      later = true;
    });
    await clock.run({ untilMs: 100 });
    clock.fail(new Error('a promise of ours'));
    await clock.run({ untilMs: 200 });
    expect({ later, defects: defects.map(String) }).toEqual({
      later: true,
      defects: ['Error: a timer of ours', 'Error: a promise of ours'],
    });
    const strict = new VirtualClock({ startMs: 0, guard: false });
    strict.after(10, () => {
      throw new Error('a timer of ours');
    });
    await expect(strict.run({ untilMs: 100 })).rejects.toThrow('a timer of ours');
  });

  it('is found by an SDK that has no handler for it, too', async () => {
    const defects: unknown[] = [];
    const { clock, gateway } = await gatewayRegion([broken], { onDefect: (error) => void defects.push(error) });
    const following = clock.follow({ speed: 1_000 });
    const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const credentials = { accessKeyId: 'A', secretAccessKey: 'b' };
    const sts = new STSClient({
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
      requestHandler: inProcessHandler(gateway),
    });
    await expect(sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
    await following.stop();
  });
});
