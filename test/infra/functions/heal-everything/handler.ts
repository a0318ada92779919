// A handler with the clients of a whole heal, so that the bundle is tested independently of functions/.

import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  ConditionalCheckFailedException,
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
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetDurableExecutionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCommandInvocationCommand, GetParametersCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';

/** Classes that a test asks for by `instanceof`. */
export const errors = { ConditionalCheckFailedException };

export const awsClients = (configure: (service: string) => object = () => ({})) => ({
  cloudwatch: new CloudWatchClient(configure('monitoring')),
  dynamodb: new DynamoDBClient(configure('dynamodb')),
  ec2: new EC2Client(configure('ec2')),
  lambda: new LambdaClient(configure('lambda')),
  sns: new SNSClient(configure('sns')),
  ssm: new SSMClient(configure('ssm')),
});

export const commands = {
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
  RunInstancesCommand,
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
