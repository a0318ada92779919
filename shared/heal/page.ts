// Pages: one message to the people on duty, by SNS. A mail is plain text that can be read and pasted from; what is subscribed by a machine
// (a function, a queue, an endpoint) gets the same as JSON.
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { PageCode } from '../model/guardrail-codes.ts';
import { plainJson, plainText } from '../text/plain-text.ts';

export interface Page {
  readonly fleet: string;
  readonly node: string;
  readonly code: PageCode | 'approval-wanted';
  readonly sentence: string;
  readonly [more: string]: unknown;
}

/** "UTF-8 text with no line breaks or control characters, and less than 100 characters long" (PublishInput, @aws-sdk/client-sns); ASCII, as its older text wants. */
const MAX_SUBJECT_CHARACTERS = 99;
/** "at most 256 KB in size (262,144 bytes)" (PublishInput): of all copies together, each of them twice quoted. */
const MAX_MESSAGE_BYTES = 262_144;
/** Protocols of machines ("Publish", SNS API: keys of a JSON message); mails and everybody else get `default`. */
const MACHINES = ['lambda', 'sqs', 'http', 'https', 'firehose', 'email-json'] as const;
/** What a mail says of a page besides its sentence. */
const SHOWN = ['incidentId', 'attempt', 'trouble', 'runbook'] as const;

/** Members of a page that are texts, each as one line. */
const plainMembers = (content: object): object =>
  Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, typeof value === 'string' ? plainText(value) : value]),
  );

/** @param answers what a person can paste, below the sentence of a mail */
export async function page(sns: SNSClient, topicArn: string, content: Page, answers = ''): Promise<void> {
  const { fleet, node, code } = content;
  const about = `${plainText(`${fleet}/${node}`, 300)}: ${code}`;
  const subject = `chainmend ${about}`.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SUBJECT_CHARACTERS);
  const sentence = plainText(content.sentence);
  const shown = SHOWN.flatMap((name) => (name in content ? [`${name}: ${plainText(String(content[name]), 200)}`] : []));
  const text = [about, sentence, answers, shown.join('\n')].filter((part) => part !== '').join('\n\n');
  const message = (fields: object): string => {
    const json = plainJson({ ...plainMembers(fields), fleet, node, code, sentence }) ?? '';
    const copies = Object.fromEntries(MACHINES.map((protocol) => [protocol, json]));
    return JSON.stringify({ default: text, sms: subject, ...copies });
  };
  const whole = message(content);
  // A page that says less is better than one that SNS refuses.
  const Message = Buffer.byteLength(whole) <= MAX_MESSAGE_BYTES ? whole : message({ cut: true });
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, MessageStructure: 'json', Message }));
}
