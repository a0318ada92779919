// relay-pages: posts each page to an incoming webhook of a chat. It is part of the stack only where a deployment names the webhook's secret.
import { Duration, Stack } from 'aws-cdk-lib';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { InputError } from '../input-error.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Grant } from './grants.ts';
import type { Pages } from './pages.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

export interface RelayPagesProps {
  readonly bundles: string;
  readonly pages: Pages;
  readonly undelivered: DeadLetters;
  /** Where the webhook's address lies: `ssm:/NAME` or `secret:NAME`. */
  readonly webhook: string;
}

/** Three posts of 8 s at most, and 10 s between them. */
const TIMEOUT_SECONDS = 60;

export class RelayPages extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, { bundles, pages, undelivered, webhook }: RelayPagesProps) {
    super(scope, id);
    this.suiteFunction = new SuiteFunction(this, 'RelayPages', {
      functionName: suiteNames(this).functions.relayPages,
      description: 'Posts each page to an incoming webhook of a chat.',
      bundles,
      environment: {
        TOPIC_ARN: pages.topic.topicArn,
        WEBHOOK: webhookPlace(webhook, 'webhook', suiteNames(this).parameterPrefix),
      },
      grants: grantsFor(this, webhook),
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    this.suiteFunction.keepFailedEvents({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
    pages.topic.addSubscription(
      new LambdaSubscription(this.suiteFunction.function, { deadLetterQueue: undelivered.queue }),
    );
  }
}

/** To read this one secret, and nothing else: neither the table nor a fleet file. */
function grantsFor(scope: Construct, webhook: string): Grant[] {
  const isParameter = webhook.startsWith('ssm:');
  const name = webhook.replace(/^(ssm:\/|secret:)/, '');
  const read: Grant = isParameter
    ? { sid: 'ReadWebhook', actions: ['ssm:GetParameter'], resources: [arn(scope, 'ssm', `parameter/${name}`)] }
    : {
        ...{ sid: 'ReadWebhook', actions: ['secretsmanager:GetSecretValue'] },
        // Secrets Manager adds six characters to a name ("Secrets Manager ARN", user guide).
        resources: [arn(scope, 'secretsmanager', `secret:${name}-??????`)],
      };
  const service = isParameter ? 'ssm' : 'secretsmanager';
  return [
    read,
    {
      ...{ sid: 'DecryptWebhook', actions: ['kms:Decrypt'], resources: [arn(scope, 'kms', 'key/*')] },
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` } },
      wildcard: 'Whichever key its owner chose; only through the store that holds it.',
    },
  ];
}

/** [SSM PutParameter, "Parameter names": letters, digits and _.-, up to 15 levels.] [Secrets Manager CreateSecret: /_+=.@-] */
const PLACE = /^(ssm:(\/[A-Za-z0-9_.-]{1,64}){1,15}|secret:[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,255})$/;

/** The place as it is. Throws an `InputError`, which repeats no address: whoever has it can write into the chat. */
export function webhookPlace(text: string, given = 'context "webhook"', parameterPrefix = `/${DEFAULT_SUITE}`): string {
  if (/:\/\//.test(text))
    throw new InputError(
      `${given} is an address, which is a secret: put it into a SecureString or into Secrets Manager, and give its name, ssm:/NAME or secret:NAME`,
    );
  if (!PLACE.test(text))
    throw new InputError(
      `${given} is ${JSON.stringify(text)}, expected ssm:/NAME of a SecureString or secret:NAME of Secrets Manager`,
    );
  if (text === `ssm:${parameterPrefix}` || text.startsWith(`ssm:${parameterPrefix}/`))
    throw new InputError(
      `${given} is ${JSON.stringify(text)}, expected a parameter outside ${parameterPrefix}: all functions of chainmend read what is below it`,
    );
  return text;
}
