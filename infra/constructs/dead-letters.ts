// A queue for events that could not be delivered or handled. Nothing is lost, and an alarm tells of what arrives.
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { suiteNames, suiteScope } from './suite-names.ts';

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

/**
 * The one queue for invocations that failed for good, of all functions of the suite. What each message says, and its `SenderId`, name the function; the
 * alarm is each function's own, on what Lambda says that it has dropped.
 */
export function failedInvocations(scope: Construct): DeadLetters {
  const suite = suiteScope(scope);
  const made = suite.node.tryFindChild('Failed');
  return made instanceof DeadLetters ? made : new DeadLetters(suite, 'Failed', `${suiteNames(scope).suite}-failed`);
}
