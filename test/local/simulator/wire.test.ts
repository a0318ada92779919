import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICES } from '../../../local/services/services.ts';
import type { ClockFollower } from '../../../local/simulator/clock.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen, type WireServer } from '../../../local/simulator/gateway/server.ts';
import { AwsError, type Operation, type Service } from '../../../local/simulator/service.ts';
import { type GatewayRegion, gatewayRegion } from '../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../fixtures/in-process-handler.ts';
import { presignedUrl, signedFetch } from '../../fixtures/signed-request.ts';
import { WIRE_CASES } from '../../fixtures/wire-cases.ts';

type Sdk = Readonly<Record<string, new (input: object) => object>>;
interface SdkClient {
  send(command: object): Promise<Readonly<Record<string, unknown>>>;
  destroy(): void;
}

const refuse = (code: string, message: string, options?: ConstructorParameters<typeof AwsError>[2]): Operation => {
  return () => {
    throw new AwsError(code, message, options);
  };
};

const REFUSALS: Readonly<Record<string, Operation>> = {
  'ec2.TerminateInstances': refuse('InvalidInstanceID.NotFound', "The instance ID 'i-0' does not exist"),
  'dynamodb.UpdateItem': refuse('ConditionalCheckFailedException', 'The conditional request failed', {
    data: { Item: { pk: { S: 'held' }, raw: { B: new Uint8Array([7]) } } },
  }),
  'route53.GetHostedZone': refuse('NoSuchHostedZone', 'No hosted zone <Z>'),
  'monitoring.DescribeAlarmHistory': refuse('InvalidNextToken', 'bad token'),
  'lambda.GetFunction': refuse('ResourceNotFoundException', 'Function not found: f', { data: { Type: 'User' } }),
  'sqs.GetQueueUrl': refuse('QueueDoesNotExist', 'The specified queue does not exist.'),
  'sns.GetTopicAttributes': refuse('NotFoundException', 'Topic does not exist'),
  'ssm.DescribeInstanceInformation': refuse('InternalServerError', 'try again', { fault: 'server' }),
};

const KEY = newAccessKey();

let region: GatewayRegion;
let server: WireServer;
let following: ClockFollower;
/** Inputs as the services saw them, by "service.operation". */
const received = new Map<string, unknown>();
const sdks = new Map<string, Sdk>();

beforeAll(async () => {
  const byService = new Map<string, Record<string, Operation>>(SERVICES.map(({ name }) => [name, {}]));
  const add = (name: string, operation: Operation) => {
    const [service = '', action = ''] = name.split('.');
    Object.assign(byService.get(service) ?? {}, { [action]: operation });
  };
  for (const { service, operation, output } of WIRE_CASES) {
    add(`${service}.${operation}`, (input) => {
      received.set(`${service}.${operation}`, input);
      return output;
    });
  }
  for (const [name, operation] of Object.entries(REFUSALS)) add(name, operation);
  const services: Service[] = [...byService].map(([name, operations]) => ({ name, operations }));
  region = await gatewayRegion(services);
  server = await listen(region.gateway, {
    admissions: [{ ...KEY, caller: { actor: 'person' } }],
    onDefect: (error) => region.clock.fail(error),
  });
  following = region.follow();
  for (const { name, client } of SERVICES) sdks.set(name, (await client.load()) as unknown as Sdk);
});

afterAll(async () => {
  await server.close();
  await following.stop();
});

const LANES = ['over loopback', 'in process'] as const;

async function call(
  lane: (typeof LANES)[number],
  service: string,
  operation: string,
  input: object,
  more: object = {},
) {
  const sdk = sdks.get(service) ?? {};
  const Client = Object.entries(sdk).find(
    ([name, value]) => /^[A-Z]\w*Client$/.test(name) && 'send' in value.prototype,
  )?.[1];
  const Command = sdk[`${operation}Command`];
  if (Client === undefined || Command === undefined) throw new Error(`the SDK has no ${service}.${operation}`);
  const client = new Client({
    region: 'eu-west-1',
    credentials: KEY,
    maxAttempts: 1,
    useQueueUrlAsEndpoint: false, // of SQS; others do not know it
    ...(lane === 'over loopback' ? { endpoint: server.url } : { requestHandler: inProcessHandler(region.gateway) }),
    ...more,
  }) as SdkClient;
  try {
    const { $metadata, ...output } = await client.send(new Command(input));
    return { output, metadata: $metadata as { requestId?: string; httpStatusCode?: number } };
  } finally {
    client.destroy();
  }
}

/** Compares by value: the SDK returns bytes in its own class, and null for an empty payload. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, item) => {
      if (item === null || (ArrayBuffer.isView(item) && item.byteLength === 0)) return undefined;
      return ArrayBuffer.isView(item)
        ? Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('base64')
        : item;
    }),
  );

describe.each(LANES)('the wire, %s', (lane) => {
  it.each(WIRE_CASES.map((wireCase) => [`${wireCase.service}.${wireCase.operation}`, wireCase] as const))(
    'carries %s there and back unchanged',
    async (name, { service, operation, input, output }) => {
      const answer = await call(lane, service, operation, input);
      expect(plain(received.get(name))).toEqual(plain(input));
      expect(plain(answer.output)).toEqual(plain(output));
      expect(answer.metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each([
    ['dynamodb.UpdateItem', { TableName: 't', Key: { pk: { S: 'a' } } }, 'ConditionalCheckFailedException', 400],
    ['route53.GetHostedZone', { Id: 'Z' }, 'NoSuchHostedZone', 404],
    ['monitoring.DescribeAlarmHistory', {}, 'InvalidNextToken', 400],
    ['lambda.GetFunction', { FunctionName: 'f' }, 'ResourceNotFoundException', 404],
    ['sqs.GetQueueUrl', { QueueName: 'q' }, 'QueueDoesNotExist', 400],
    ['sns.GetTopicAttributes', { TopicArn: 'arn:t' }, 'NotFoundException', 404],
    ['ssm.DescribeInstanceInformation', {}, 'InternalServerError', 500],
  ])('makes the refusal of %s the SDK’s own exception', async (name, input, code, status) => {
    const [service = '', operation = ''] = name.split('.');
    const error = await call(lane, service, operation, input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(sdks.get(service)?.[code] ?? Error);
    expect(error).toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
  });

  it('carries the members of an exception', async () => {
    const key = { TableName: 't', Key: { pk: { S: 'a' } } };
    await expect(call(lane, 'dynamodb', 'UpdateItem', key)).rejects.toMatchObject({
      message: 'The conditional request failed',
      Item: { pk: { S: 'held' }, raw: { B: Uint8Array.of(7) } },
    });
  });

  it('answers the codes of EC2, which models no exceptions', async () => {
    await expect(call(lane, 'ec2', 'TerminateInstances', { InstanceIds: ['i-0'] })).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance ID 'i-0' does not exist",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('names an operation that is not emulated', async () => {
    await expect(call(lane, 'ec2', 'CreateVpc', {})).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('ec2.CreateVpc'),
    });
    await expect(call(lane, 'lambda', 'ListLayers', {})).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('lambda.ListLayers'),
    });
  });

  it('refuses a request without a required member in the service’s own words', async () => {
    await expect(call(lane, 'ec2', 'ModifyVolume', { Size: 5 })).rejects.toMatchObject({
      name: 'MissingParameter',
      message: 'The request must contain the parameter VolumeId',
    });
    await expect(call(lane, 'dynamodb', 'GetItem', { TableName: 't' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("Value null at 'key'"),
    });
  });
});

describe('a service spoken to in the protocol of another SDK', () => {
  const post = (path: string, headers: Record<string, string>, body: string | Uint8Array) =>
    signedFetch(server.url, KEY, { service: 'monitoring', path, headers, body });

  it('reads CloudWatch’s older query protocol and answers in it', async () => {
    const answer = await post(
      '/',
      { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      'Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=x&AlarmTypes.member.1=MetricAlarm',
    );
    expect(received.get('monitoring.DescribeAlarms')).toEqual({ AlarmNames: ['x'], AlarmTypes: ['MetricAlarm'] });
    expect(await answer.text()).toMatch(
      /^<DescribeAlarmsResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/"><DescribeAlarmsResult>.*<MetricAlarms><member><AlarmName>x</,
    );
  });

  it('reads and writes CBOR', async () => {
    const { cbor } = await import('@smithy/core/cbor');
    const answer = await post(
      '/service/GraniteServiceVersion20100801/operation/DescribeAlarms',
      { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      cbor.serialize({ AlarmNames: ['y'] }),
    );
    expect(received.get('monitoring.DescribeAlarms')).toEqual({ AlarmNames: ['y'] });
    expect(answer.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    expect(cbor.deserialize(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
      MetricAlarms: [{ AlarmName: 'x' }],
    });
  });

  it('says what is wrong with a body that is not JSON', async () => {
    const headers = {
      'x-amz-target': 'GraniteServiceVersion20100801.DescribeAlarms',
      'content-type': 'application/x-amz-json-1.0',
    };
    const answer = await post('/', headers, '{"AlarmNames":');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'SerializationException' });
  });
});

describe('a request that cannot be routed', () => {
  it('is told that it must be signed', async () => {
    const answer = await fetch(`${server.url}/`, { method: 'POST', body: 'Action=DescribeVolumes' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toMatch(/MissingAuthenticationToken.*not signed/);
  });

  it('is told which services there are', async () => {
    const answer = await signedFetch(server.url, KEY, { service: 's3', method: 'GET', path: '/bucket' });
    expect(await answer.text()).toMatch(/NotImplemented.*"s3"; it knows.*ec2/);
  });

  it('may be presigned', async () => {
    const path = '/?Action=GetCallerIdentity&Version=2011-06-15';
    const answer = await fetch(await presignedUrl(server.url, KEY, { service: 'sts', path }));
    expect(await answer.text()).toContain('<Account>111122223333</Account>');
  });
});
