// Pages to the people on duty, by SNS, and the commands in them that answer a question of mode ask. A mail is plain text to read and to paste from. A
// subscribed machine (a function, a queue, an endpoint) gets the same as JSON.
//
// `--result` and `--payload` are blobs: version 2 of the AWS CLI takes text in them as base64, and sends what it decodes to; version 1 takes it as it
// is, and knows no `--cli-binary-format`. Read from a file as bytes (`fileb://`) both take the same, so the answer is piped in. Single quotes around
// JSON of letters, digits and double quotes mean the same in bash, zsh and fish.

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

/**
 * "UTF-8 text with no line breaks or control characters, and less than 100 characters long" (PublishInput, @aws-sdk/client-sns); ASCII, as its older
 * text requires.
 */
const MAX_SUBJECT_CHARACTERS = 99;
/** "at most 256 KB in size (262,144 bytes)" (PublishInput): of all copies together, each of them twice quoted. */
const MAX_MESSAGE_BYTES = 262_144;
/** Protocols of machines ("Publish", SNS API: keys of a JSON message); mails and everybody else get `default`. */
const MACHINES = ['lambda', 'sqs', 'http', 'https', 'firehose', 'email-json'] as const;
/** Members of a page that a mail shows in addition to its sentence. */
const SHOWN = ['incidentId', 'attempt', 'trigger', 'runbook'] as const;

/** Members of a page that are texts, each as one line. */
const plainMembers = (content: object): object =>
  Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, typeof value === 'string' ? plainText(value) : value]),
  );

/** @param answers lines for a person to paste, below the sentence of a mail */
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
  // A shorter page is better than one that SNS refuses.
  const Message = Buffer.byteLength(whole) <= MAX_MESSAGE_BYTES ? whole : message({ cut: true });
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, MessageStructure: 'json', Message }));
}

/** Characters of a callback's id ("Pattern: [A-Za-z0-9+/]+={0,2}", SendDurableExecutionCallbackSuccess, Lambda API), and of base64url. */
const CALLBACK_ID = /^[\w+/=-]{1,1024}$/;

/** A question of a heal: the answer goes to the execution that waits for it. */
export interface HealQuestion {
  readonly incidentId: string;
  readonly plan: string;
  readonly callbackId: string;
}

/** A question of a function that looks after a whole fleet: an approval invokes it with the plan. */
export interface FleetQuestion {
  readonly functionName: string;
  readonly fleet: string;
  readonly plan: string;
  /** It takes longer than a shell waits. */
  readonly takesLong?: true;
}

export interface Answers {
  /** One line for a shell with the AWS CLI, of version 1 or 2. */
  readonly approve: string;
  /** undefined: no answer is needed, because nothing is done without a yes. */
  readonly refuse?: string;
  /** For a mail, with the shorter commands first. */
  readonly text: string;
}

/** @param region for the CLI; undefined leaves it to the person's own settings */
export function answersToHeal({ incidentId, plan, callbackId }: HealQuestion, region: string | undefined): Answers {
  if (!CALLBACK_ID.test(callbackId))
    throw new Error(`a callback id that no shell should see: ${JSON.stringify(callbackId)}`);
  const send = `aws lambda send-durable-execution-callback-success${at(region)} --callback-id '${callbackId}' --result fileb:///dev/stdin`;
  const approve = piped({ approve: true, plan }, send);
  const refuse = piped({ approve: false }, send);
  return {
    approve,
    refuse,
    text: lines(
      [
        'To approve, in a clone of chainmend (it shows the plan and asks first):',
        `npm run chainmend -- approve ${incidentId} --plan ${plan}`,
      ],
      ['or with the AWS CLI alone:', approve],
      ['To refuse:', `npm run chainmend -- reject ${incidentId}`],
      ['or with the AWS CLI alone:', refuse],
    ),
  };
}

export function answersToFleet(
  { functionName, fleet, plan, takesLong }: FleetQuestion,
  region: string | undefined,
): Answers {
  const how = takesLong ? ' --invocation-type Event' : '';
  const invoke = `aws lambda invoke${at(region)} --function-name ${functionName}${how} --payload fileb:///dev/stdin /dev/stdout`;
  const approve = piped({ kind: 'approve', fleet, plan }, invoke);
  return {
    approve,
    text: lines(
      [
        'To approve, in a clone of chainmend (it shows the plan and asks first):',
        `npm run chainmend -- approve ${plan}`,
      ],
      ['or with the AWS CLI alone:', approve],
      ['To refuse, do nothing: without a yes nothing is done.'],
    ),
  };
}

const at = (region: string | undefined): string => (region === undefined ? '' : ` --region ${region}`);

const piped = (answer: object, command: string): string => `echo '${JSON.stringify(answer)}' | ${command}`;

/** Each with a separate line to paste, and blank lines around it: a mail may wrap any line, and never joins lines. */
const lines = (...parts: readonly (readonly [string, string?])[]): string =>
  parts.map(([words, line]) => (line === undefined ? words : `${words}\n\n${line}`)).join('\n\n');
