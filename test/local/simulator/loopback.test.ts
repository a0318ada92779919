// A person's first steps: `npm start -- --serve` in one shell, and in another an SDK or a CLI that has only the printed variables.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateVpcCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  paginateDescribeVolumes,
  type Volume,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient, ListDurableExecutionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { GetParameterCommand, PutParameterCommand, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const BOOT_MS = 120_000;
const HEALED_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** Virtual seconds a second: disk-full is healed immediately, and one look takes minutes. */
const SPEED = '1200';

const sample = (name: string): string => readFileSync(join(ROOT, 'events', name), 'utf8');

let served: ChildProcessByStdio<null, Readable, Readable>;
let ended: Promise<unknown>;
let ec2: EC2Client;

beforeAll(async () => {
  served = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'local/main.ts'), '--serve', '--speed', SPEED],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  ended = new Promise((resolve) => served.once('exit', resolve));
  let remarks = '';
  served.stderr.setEncoding('utf8').on('data', (text: string) => {
    remarks += text;
  });
  for await (const line of createInterface({ input: served.stdout })) {
    const [, name = '', value = ''] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name) process.env[name] = value;
    if (name === 'AWS_SECRET_ACCESS_KEY') break;
  }
  if (!process.env['AWS_ENDPOINT_URL']) throw new Error(`--serve ended with ${await ended}: ${remarks}`);
  ec2 = new EC2Client();
}, BOOT_MS);

afterAll(async () => {
  served.kill('SIGINT');
  expect(await ended).toBe(0);
});

describe('an SDK with nothing but the printed variables', () => {
  it('is who it is: a person of the account', async () => {
    expect(await new STSClient().send(new GetCallerIdentityCommand())).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:iam::111122223333:user/person',
    });
  });

  it('finds the nodes by their tags', async () => {
    const Filters = [{ Name: 'tag:Component', Values: ['nodes/*'] }];
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    const names = instances.map(({ Tags }) => Tags?.find(({ Key }) => Key === 'Name')?.Value);
    expect(names).toEqual(['node1', 'node2', 'node3']);
    expect(instances.every(({ State }) => State?.Name === 'running')).toBe(true);
  });

  it(
    'sees the volume that was full become larger',
    async () => {
      const grown = await eventually(async () => {
        const volumes = await volumesWith('tag:Name', 'node2-data');
        return volumes.find(({ Size = 0 }) => Size > 500);
      });
      expect(grown).toMatchObject({ Size: 900, State: 'in-use', VolumeType: 'gp3' });
    },
    HEALED_MS,
  );

  it('reads a list page by page', async () => {
    const sizes: number[] = [];
    const volumeIds = new Set<string | undefined>();
    // The smallest page size of EC2 is 5.
    for await (const { Volumes = [] } of paginateDescribeVolumes({ client: ec2, pageSize: 5 }, {})) {
      sizes.push(Volumes.length);
      for (const { VolumeId } of Volumes) volumeIds.add(VolumeId);
    }
    expect(sizes).toEqual([5, 1]);
    expect(volumeIds.size).toBe(6);
  });

  it(
    'reads the journal of the heal',
    async () => {
      const sentences = await eventually(async () => {
        const { Items = [] } = await new DynamoDBClient().send(
          new QueryCommand({
            TableName: 'chainmend',
            KeyConditionExpression: 'pk = :journal',
            ExpressionAttributeValues: { ':journal': { S: 'JOURNAL#bitcoin#resize-volume' } },
          }),
        );
        return Items.some(({ kind }) => kind?.S === 'outcome') && Items.map(({ sentence }) => sentence?.S);
      });
      expect(sentences).toContainEqual(expect.stringContaining('grow 500 → 900 GiB'));
    },
    HEALED_MS,
  );

  it('lists the alarms', async () => {
    const { MetricAlarms = [] } = await new CloudWatchClient().send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'chainmend-bitcoin-' }),
    );
    const told = MetricAlarms.map(({ AlarmName, MetricName }) => [AlarmName, MetricName]);
    expect(told).toContainEqual(['chainmend-bitcoin-node2-disk', 'disk_used_percent']);
  });

  it('reads the parameters, and sets the pause', async () => {
    const ssm = new SSMClient();
    const names: (string | undefined)[] = [];
    const everything = { Path: '/chainmend', Recursive: true };
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, everything))
      names.push(...Parameters.map(({ Name }) => Name));
    expect(names).toEqual(['/chainmend/deployed/1', '/chainmend/fleets/bitcoin', '/chainmend/pause']);
    await ssm.send(new PutParameterCommand({ Name: '/chainmend/pause', Value: 'not today', Overwrite: true }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: '/chainmend/pause' }));
    expect(Parameter).toMatchObject({ Value: 'not today', Version: 2 });
  });

  it('invokes the dispatcher with the samples of events/, and hears what is wrong with others', async () => {
    const lambda = new LambdaClient();
    const invoke = async (payload: string) => {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: 'chainmend-dispatch-heal', Payload: Buffer.from(payload) }),
      );
      return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? '') };
    };
    for (const name of ['sweep.json', 'alarm.json', 'ec2-state-change.json'])
      expect(await invoke(sample(name))).toEqual({ error: undefined, payload: null });
    expect(await invoke('{"kind":"dance"}')).toMatchObject({
      error: 'Unhandled',
      payload: { errorType: 'EventError', errorMessage: expect.stringContaining('"dance"') },
    });
  });

  it('finds the durable execution behind the heal', async () => {
    const { DurableExecutions = [] } = await new LambdaClient().send(
      new ListDurableExecutionsByFunctionCommand({ FunctionName: 'chainmend-resize-volume' }),
    );
    expect(DurableExecutions).toContainEqual(expect.objectContaining({ Status: 'SUCCEEDED' }));
  });

  it('is told what is not emulated, and what is', async () => {
    await expect(ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringMatching(/^ec2\.CreateVpc is not emulated by the local region; it knows .*ModifyVolume/),
    });
    await expect(new CloudWatchLogsClient().send(new DescribeLogGroupsCommand())).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('it knows nothing of this service'),
    });
  });
});

async function volumesWith(Name: string, value: string): Promise<Volume[]> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name, Values: [value] }] }));
  return Volumes;
}

/** Polls until the result is there; the test's own time limit ends it. */
async function eventually<T>(look: () => Promise<T | false | undefined>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await setTimeout(LOOK_EVERY_MS);
  }
}
