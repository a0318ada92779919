// The emulated services through the wire: AWS's own clients understand requests, answers and refusals.
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  ResourceNotFound,
} from '@aws-sdk/client-cloudwatch';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  EventBridgeClient,
  InvalidEventPatternException,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateScheduleCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateTopicCommand, InvalidParameterException, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCloudWatch } from '../../../../local/services/cloudwatch/cloudwatch.ts';
import { createDynamoDb } from '../../../../local/services/dynamodb/dynamodb.ts';
import { createEvents } from '../../../../local/services/events/events.ts';
import { createScheduler } from '../../../../local/services/scheduler/scheduler.ts';
import { createSns } from '../../../../local/services/sns/sns.ts';
import { createSqs } from '../../../../local/services/sqs/sqs.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { type GatewayRegion, gatewayRegion } from '../../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { testKernel } from '../../../fixtures/kernel.ts';

let region: GatewayRegion;
let following: ClockFollower;
let settings: {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
  requestHandler: ReturnType<typeof inProcessHandler>;
};

beforeAll(async () => {
  region = await gatewayRegion([], {}, ['dynamodb', 'events', 'monitoring', 'scheduler', 'sns', 'sqs']);
  const kernel = { ...testKernel(), clock: region.clock };
  const cloudwatch = createCloudWatch(kernel);
  const sqs = createSqs(kernel, cloudwatch.record);
  region.gateway.serve(
    cloudwatch,
    sqs,
    createEvents(kernel, sqs, cloudwatch.record),
    createScheduler(kernel, sqs, cloudwatch.record),
    createSns(kernel),
    createDynamoDb(kernel),
  );
  settings = {
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: inProcessHandler(region.gateway),
  };
  following = region.follow();
});

afterAll(() => following.stop());

it('DynamoDB gives items back, and shows the loser of a conditional write what is there', async () => {
  const dynamodb = new DynamoDBClient(settings);
  const TableName = 'chainmend';
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const Item = { pk: { S: 'a' }, bytes: { B: new Uint8Array([1, 2]) }, n: { N: '1' } };
  const put = new PutItemCommand({
    TableName,
    Item,
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  await dynamodb.send(put);
  const { Item: read } = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }));
  expect({ ...read, bytes: [...(read?.['bytes']?.B ?? [])] }).toEqual({ ...Item, bytes: [1, 2] });
  const lost: unknown = await dynamodb.send(put).catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(ConditionalCheckFailedException);
  expect((lost as ConditionalCheckFailedException).Item?.['n']).toEqual({ N: '1' });
  const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
});

it('CloudWatch keeps metrics and alarms', async () => {
  const cloudwatch = new CloudWatchClient({ ...settings, disableRequestCompression: true });
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 7.5 }] }));
  const now = region.clock.now();
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - 120_000),
      EndTime: new Date(now + 120_000),
      MetricDataQueries: [
        { Id: 'm1', MetricStat: { Metric: { Namespace: 'n', MetricName: 'm' }, Period: 60, Stat: 'Average' } },
      ],
    }),
  );
  expect(MetricDataResults).toMatchObject([{ Id: 'm1', Values: [7.5], StatusCode: 'Complete' }]);
  expect(MetricDataResults?.[0]?.Timestamps?.[0]).toBeInstanceOf(Date);
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'a',
      Namespace: 'n',
      MetricName: 'm',
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({}));
  expect(MetricAlarms).toMatchObject([{ AlarmName: 'a', StateValue: 'INSUFFICIENT_DATA', ActionsEnabled: true }]);
  await expect(cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['b'] }))).rejects.toBeInstanceOf(
    ResourceNotFound,
  );
});

it('EventBridge and its Scheduler keep rules and schedules', async () => {
  const events = new EventBridgeClient(settings);
  await events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"source":["aws.ec2"]}' }));
  const { FailedEntryCount } = await events.send(
    new PutTargetsCommand({
      Rule: 'r',
      Targets: [{ Id: 't', Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:f' }],
    }),
  );
  expect(FailedEntryCount).toBe(0);
  await expect(events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{' }))).rejects.toBeInstanceOf(
    InvalidEventPatternException,
  );
  const scheduler = new SchedulerClient(settings);
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 's',
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', RoleArn: 'arn:aws:iam::111122223333:role/r' },
      State: 'DISABLED',
    }),
  );
  const schedule = await scheduler.send(new GetScheduleCommand({ Name: 's' }));
  expect(schedule).toMatchObject({ State: 'DISABLED', ScheduleExpression: 'rate(1 hour)', GroupName: 'default' });
  expect(schedule.CreationDate).toBeInstanceOf(Date);
});

it('SNS and SQS take messages, and clients accept their checksums', async () => {
  const sns = new SNSClient(settings);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 't' }));
  expect((await sns.send(new PublishCommand({ TopicArn, Message: 'x', Subject: 'y' }))).MessageId).toMatch(
    /^[0-9a-f-]{36}$/,
  );
  await expect(sns.send(new PublishCommand({ TopicArn, Message: 'x', Subject: 'a\nb' }))).rejects.toBeInstanceOf(
    InvalidParameterException,
  );
  const sqs = new SQSClient(settings);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Messages).toMatchObject([{ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } }]);
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toBeInstanceOf(QueueDoesNotExist);
});
