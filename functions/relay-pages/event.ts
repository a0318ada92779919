// Parses what starts relay-pages: one message of the topic of the pages, as SNS hands it to a function ("Invoking Lambda functions with Amazon SNS
// notifications", Lambda guide).
import * as v from 'valibot';
import { EventError } from '../../shared/events/errors.ts';
import { checked } from '../../shared/events/fields.ts';

export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  /** CloudWatch's messages and ours have one; a message that somebody publishes by hand may have none. */
  readonly subject: string | undefined;
  /** JSON of a page, or of an alarm; whatever somebody has published. */
  readonly message: string;
}

const records = v.object({
  Records: v.pipe(
    v.array(
      v.object({
        Sns: v.object({
          MessageId: v.string('the id of an SNS message'),
          TopicArn: v.string('the ARN of an SNS topic'),
          Subject: v.nullish(v.string('a text')),
          Message: v.string('a text'),
        }),
      }),
    ),
    v.length(1, 'one record, as SNS sends it'),
  ),
});

/** @param topicArn of the pages: what comes from elsewhere is no page. Throws nothing but `EventError`. */
export function parseNotification(event: unknown, topicArn: string): Notification {
  const [record] = checked(records, event).Records;
  if (record === undefined) throw new EventError('Records', [], 'one record, as SNS sends it');
  const { MessageId, TopicArn, Subject, Message } = record.Sns;
  if (TopicArn !== topicArn)
    throw new EventError('Records.0.Sns.TopicArn', TopicArn, `the topic of the pages, ${topicArn}`);
  return { messageId: MessageId, topicArn: TopicArn, subject: Subject ?? undefined, message: Message };
}
