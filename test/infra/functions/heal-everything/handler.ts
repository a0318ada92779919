// A handler with the clients that a whole heal uses, so that the bundle is tested whatever functions/ holds today.

import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  EC2Client,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { GetDurableExecutionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCommandInvocationCommand, GetParametersCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';

export const awsClients = () => ({
  cloudwatch: new CloudWatchClient({}),
  dynamodb: new DynamoDBClient({}),
  ec2: new EC2Client({}),
  lambda: new LambdaClient({}),
  sns: new SNSClient({}),
  ssm: new SSMClient({}),
});

const commands = {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  GetCommandInvocationCommand,
  GetDurableExecutionCommand,
  GetItemCommand,
  GetMetricDataCommand,
  GetParametersCommand,
  ModifyVolumeCommand,
  PublishCommand,
  PutItemCommand,
  QueryCommand,
  SendCommandCommand,
  UpdateItemCommand,
};

export const createHandler = ({ clients }: { clients: ReturnType<typeof awsClients> }) =>
  withDurableExecution(async (event: { volumeId: string }, context: DurableContext) =>
    context.step('describe', async () => {
      const volumes = await clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [event.volumeId] }));
      return { sizeGiB: volumes.Volumes?.[0]?.Size, knows: Object.keys(commands).length, middy: typeof middy() };
    }),
  );

export const handler = createHandler({ clients: awsClients() });
