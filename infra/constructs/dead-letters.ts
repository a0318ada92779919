// A queue for events that could not be delivered or handled. Nothing is lost, and an alarm says that the queue is not empty.
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export class DeadLetters extends Construct {
  readonly queue: Queue;
  readonly queueName: string;

  constructor(scope: Construct, id: string, queueName: string) {
    super(scope, id);
    this.queueName = queueName;
    this.queue = new Queue(this, 'Queue', {
      queueName,
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      // SQS keeps a message for 14 days at most: time for a person to read it.
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const reason = 'It is a dead-letter queue itself; nothing consumes it but a person.';
    Validations.of(this.queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    );
  }
}
