// The SNS topic that pages people: refusals that need a person, questions of mode `ask`, and the alarms on the suite itself.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { InputError } from '../input-error.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Grant } from './grants.ts';
import { arn, suiteNames } from './suite-names.ts';

/**
 * The topic has its own KMS key ($1 a month). Nobody can change the policy of SNS's default key, and it does not admit CloudWatch. Alarms would never
 * arrive, without an error ("Encrypting Amazon SNS topics", compatibility with event sources from AWS services).
 */
export class Pages extends Construct {
  readonly topic: Topic;
  readonly #key: Key;

  constructor(scope: Construct, id: string, email: string | undefined, undelivered: DeadLetters) {
    super(scope, id);
    this.#key = new Key(this, 'Key', {
      description: 'Pages of chainmend on their way through SNS.',
      enableKeyRotation: true,
      // Messages are encrypted only while SNS holds them: nothing is lost with the key.
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    });
    this.topic = new Topic(this, 'Topic', {
      topicName: suiteNames(this).topicName,
      displayName: suiteNames(this).suite,
      masterKey: this.#key,
      enforceSSL: true,
    });
    if (email !== undefined)
      this.topic.addSubscription(new EmailSubscription(emailAddress(email), { deadLetterQueue: undelivered.queue }));

    // `enforceSSL` adds a topic policy. It replaces the default one, which let the account's alarms publish.
    const alarms = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: {
        // An ARN names its account. These are the alarms on the suite itself, and the node alarms that only AWS judges: status checks.
        ArnLike: {
          'aws:SourceArn': [suiteNames(this).suiteAlarmPrefix, suiteNames(this).nodeAlarmPrefix].map((name) =>
            arn(this, 'cloudwatch', `alarm:${name}*`),
          ),
        },
      },
    };
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfTheSuite',
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        ...alarms,
      }),
    );
    this.#key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfTheSuite',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        ...alarms,
      }),
    );
  }

  grants(): Grant[] {
    return [
      { sid: 'PagePeople', actions: ['sns:Publish'], resources: [this.topic.topicArn] },
      { sid: 'EncryptPages', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [this.#key.keyArn] },
    ];
  }
}

/** @param given how its author knows it */
export function emailAddress(text: string, given = 'context "email"'): string {
  const [name = '', domain = '', ...more] = text.split('@');
  const isAddress = more.length === 0 && /^\S+$/.test(name) && /^\S+$/.test(domain) && /[^.]\.[^.]/.test(domain);
  if (!isAddress) {
    throw new InputError(`${given} is ${JSON.stringify(text)}, expected an address such as oncall@example.com`);
  }
  return text;
}
