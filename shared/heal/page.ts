// Pages: one sentence to the people on duty, by SNS, with everything a machine needs beside it.
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { PageCode } from '../guardrails/codes.ts';
import { plainJson, plainText } from '../text/plain-text.ts';

export interface Page {
  readonly fleet: string;
  readonly node: string;
  readonly code: PageCode | 'approval-wanted';
  readonly sentence: string;
  readonly [more: string]: unknown;
}

/** "UTF-8 text with no line breaks or control characters, and less than 100 characters long" (PublishInput, @aws-sdk/client-sns). */
const MAX_SUBJECT_CHARACTERS = 99;

/** Members of a page that are texts, each as one line. */
const plainMembers = (content: Page): object =>
  Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, typeof value === 'string' ? plainText(value) : value]),
  );

/** Whatever a sentence quotes, a page is one line of plain text for each of its members. */
export async function page(sns: SNSClient, topicArn: string, content: Page): Promise<void> {
  const subject = `chainmend ${content.fleet}/${content.node}: ${content.code}`.replace(/[^\x20-\x7e]/g, '?');
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subject.slice(0, MAX_SUBJECT_CHARACTERS),
      Message: plainJson(plainMembers(content)) ?? '',
    }),
  );
}
