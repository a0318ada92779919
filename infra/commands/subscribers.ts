// Whether anybody gets the suite's pages. A page cannot say that nobody reads pages, so `heal status` and `fleets check --account` say it.
import { GetTopicAttributesCommand, NotFoundException, type SNSClient } from '@aws-sdk/client-sns';
import { commandNames } from '../names.ts';

/** missing: there is no topic, as nothing is deployed. unknown: AWS did not say. */
export type Subscribers =
  | { readonly kind: 'counted'; readonly topicArn: string; readonly confirmed: number; readonly pending: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown'; readonly why: string };

/** @param callerArn of STS: it names the account and the partition */
export async function readSubscribers(sns: SNSClient, callerArn: string | undefined): Promise<Subscribers> {
  const [, partition, , , account] = callerArn?.split(':') ?? [];
  if (partition === undefined || account === undefined)
    return { kind: 'unknown', why: 'the account of these credentials is not known' };
  try {
    const topicArn = `arn:${partition}:sns:${await sns.config.region()}:${account}:${commandNames().topicName}`;
    const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
    const { SubscriptionsConfirmed: confirmed, SubscriptionsPending: pending } = Attributes;
    if (confirmed === undefined) return { kind: 'unknown', why: 'SNS gives no number of subscriptions' };
    return { kind: 'counted', topicArn, confirmed: Number(confirmed), pending: Number(pending ?? 0) };
  } catch (error) {
    if (error instanceof NotFoundException) return { kind: 'missing' };
    return { kind: 'unknown', why: error instanceof Error ? `${error.name}: ${error.message}`.trim() : String(error) };
  }
}

/** What is wrong with it, with the remedy; undefined where somebody gets the pages, or nothing is deployed. */
export function unreadPages(subscribers: Subscribers): string | undefined {
  switch (subscribers.kind) {
    case 'missing':
      return undefined;
    case 'unknown':
      return `Whether anybody gets the pages is not known: ${subscribers.why}`;
    case 'counted': {
      const { topicArn, confirmed, pending } = subscribers;
      if (confirmed > 0) return undefined;
      const subscribe = `aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint YOU@EXAMPLE.COM`;
      return pending > 0
        ? `Nobody gets the pages: ${pending === 1 ? 'a subscription waits' : `${pending} subscriptions wait`} for the link in ${pending === 1 ? 'its mail' : 'their mails'}, “AWS Notification - Subscription Confirmation”, to be followed; after three days it has to be made again: ${subscribe}`
        : `Nobody gets the pages: their topic has no subscription: ${subscribe}`;
    }
  }
}
