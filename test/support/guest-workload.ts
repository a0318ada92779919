// A function that does what ours do, in one file: reads, conditional writes, mutations, waits and retries over four services.
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateVolumeCommand, DescribeVolumesCommand, EC2Client, ModifyVolumeCommand } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, ParameterNotFound, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';

type Configure = (service: string) => Record<string, unknown>;

export function awsClients(configure: Configure = () => ({})) {
  const settings = (service: string) => ({
    requestHandler: { requestTimeout: 2000, throwOnRequestTimeout: true },
    ...configure(service),
  });
  return {
    cloudwatch: new CloudWatchClient(settings('monitoring')),
    dynamodb: new DynamoDBClient(settings('dynamodb')),
    ec2: new EC2Client(settings('ec2')),
    ec2Once: new EC2Client({ ...settings('ec2'), maxAttempts: 1 }),
    lambda: new LambdaClient(settings('lambda')),
    ssm: new SSMClient(settings('ssm')),
  };
}

export interface WorkloadEvent {
  readonly rounds: number;
  readonly fleet: string;
}

/** Answers what it saw, with everything that could differ between lanes: kinds of errors, attempts, dates, chance. */
export function createHandler({ clients }: { clients: ReturnType<typeof awsClients> }) {
  const { cloudwatch, dynamodb, ec2, ec2Once, lambda, ssm } = clients;
  return async ({ rounds, fleet }: WorkloadEvent): Promise<string[]> => {
    const seen: string[] = [];
    const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      try {
        seen.push(`${what}: ${JSON.stringify(await work())}`);
      } catch (error) {
        const { name, message, $metadata } = error as Error & { $metadata?: { attempts?: number } };
        const modelled =
          error instanceof ConditionalCheckFailedException
            ? `modelled ${JSON.stringify(error.Item)}`
            : error instanceof ParameterNotFound && 'modelled';
        const isError = error instanceof Error;
        seen.push(`${what}: ${name} ${modelled} ${isError} ${$metadata?.attempts} ${$metadata ? message : ''}`);
      }
    };
    for (let round = 0; round < rounds; round++) {
      seen.push(`round ${round} at ${new Date().toISOString()} ${Math.random()} ${crypto.randomUUID()}`);
      const filter = [{ Name: 'tag:fleet', Values: [fleet] }];
      const [volumes, metrics] = await Promise.all([
        ec2.send(new DescribeVolumesCommand({ Filters: filter, VolumeIds: [] })),
        cloudwatch.send(
          new GetMetricDataCommand({
            StartTime: new Date(Date.now() - 3_600_000),
            EndTime: new Date(),
            MetricDataQueries: [{ Id: 'm1', Expression: 'x' }],
          }),
        ),
      ]);
      const [volume] = volumes.Volumes ?? [];
      seen.push(
        `volume ${volume?.CreateTime instanceof Date} ${volume?.CreateTime?.getTime()} ${volume?.Attachments?.length}`,
      );
      seen.push(`metric ${metrics.MetricDataResults?.[0]?.Timestamps?.[0] instanceof Date}`);
      await Promise.all(
        ['a', 'b', 'c'].map(async (key) => {
          await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 90));
          const item = { pk: { S: `${fleet}#${key}` }, at: { N: String(Date.now()) }, round: { N: String(round) } };
          const put = new PutItemCommand({
            TableName: 'table',
            Item: item,
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          });
          await attempt(`put ${key}`, async () => (await dynamodb.send(put)).$metadata.attempts);
        }),
      );
      await attempt('modify', async () => {
        const modify = new ModifyVolumeCommand({ VolumeId: 'vol-1', Size: 500 + round });
        return (await ec2Once.send(modify)).VolumeModification?.TargetSize;
      });
      await attempt('create', async () => {
        const create = new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 10 });
        return (await ec2.send(create)).VolumeId;
      });
      await attempt('command', async () => {
        const command = new SendCommandCommand({ DocumentName: 'd', InstanceIds: ['i-1'], Parameters: { a: ['b'] } });
        return (await ssm.send(command)).Command?.CommandId;
      });
      await attempt('parameter', () => ssm.send(new GetParameterCommand({ Name: '/absent' })));
      await attempt('invoke', async () => {
        const invoke = new InvokeCommand({ FunctionName: 'other', Payload: JSON.stringify({ round }) });
        return (await lambda.send(invoke)).Payload?.transformToString();
      });
      await attempt('metric', () =>
        cloudwatch
          .send(
            new PutMetricDataCommand({
              Namespace: 'test',
              MetricData: [{ MetricName: 'age', Value: performance.now(), Timestamp: new Date() }],
            }),
          )
          .then(({ $metadata }) => $metadata.attempts),
      );
      await new Promise((resolve) => setTimeout(resolve, 60_000 - (Date.now() % 60_000)));
    }
    console.log(`done ${fleet}`);
    return seen;
  };
}

export const handler = createHandler({ clients: awsClients() });
