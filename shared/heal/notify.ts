// Pages to the people on duty, by SNS, and the commands in them that answer a question of mode ask. A mail is plain text to read and to paste from. A
// subscribed machine (a function, a queue, an endpoint) gets the same as JSON.
//
// `--result` and `--payload` are blobs: version 2 of the AWS CLI takes text in them as base64, and sends what it decodes to; version 1 takes it as it
// is, and knows no `--cli-binary-format`. Read from a file as bytes (`fileb://`) both take the same, so the answer is piped in. Single quotes around
// JSON of letters, digits and double quotes mean the same in bash, zsh and fish.

import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { CONDITIONS, FAILURES, GUARDRAILS, isFinal, type PageCode } from '../model/guardrail-codes.ts';
import { PAGE_WANTS, type Urgency } from '../model/page-wants.ts';
import { forSuite, suiteOfTopic } from '../model/suite.ts';
import { NODE_HEALTH } from '../model/trigger.ts';
import { plainJson, plainText } from '../text/plain-text.ts';

/** What a page about a fleet as a whole names in the place of a node. */
export const THE_FLEET = 'fleet';

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
const MACHINES = ['lambda', 'sqs', 'http', 'firehose', 'email-json'] as const;
/** Members of a page that are texts, each as one line. */
const plainMembers = (content: object): object =>
  Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, typeof value === 'string' ? plainText(value) : value]),
  );

/** page: of a new cause. again: the same, not acknowledged. resolved: its cause is over. told: something was healed, and nobody was woken for it. */
type Severity = 'page' | 'again' | 'resolved' | 'told';

/** @param answers lines for a person to paste, below what happened */
export async function page(sns: SNSClient, topicArn: string, content: Page, answers = ''): Promise<void> {
  await publish(sns, topicArn, content, wordsOf(content, keyOf(content)), answers);
}

/** A page that was sent before: whose it is, and under which key. */
export interface SentPage extends Page {
  readonly key: string;
}

/**
 * The same page again.
 *
 * @param times how often it was sent, with this one: 2 or more
 */
export async function pageAgain(
  sns: SNSClient,
  topicArn: string,
  sent: SentPage,
  times: number,
  answers = '',
): Promise<void> {
  const { key, ...content } = sent;
  const sentence = `Sent again, ${times} times by now, and not acknowledged: ${content.sentence}`;
  const words = wordsOf({ ...content, sentence }, key);
  const wants = `again (${times}), ${words.wants}`;
  // What is repeated can be acknowledged, whatever it is about.
  const again = { ...words, wants, severity: 'again', canAcknowledge: true } as const;
  await publish(sns, topicArn, { ...content, sentence, times }, again, answers);
}

/** The cause of a page has come back after its end was told: nobody looks after it now, so it is a page again, under the same key. */
export async function pageBack(sns: SNSClient, topicArn: string, sent: SentPage, answers = ''): Promise<void> {
  const { key, ...content } = sent;
  const sentence = `It is back, and no heal is at work: ${content.sentence}`;
  await publish(sns, topicArn, { ...content, sentence }, wordsOf({ ...content, sentence }, key), answers);
}

/** The cause of a page is over. @param sent its sentence says how it ended */
export async function pageResolved(sns: SNSClient, topicArn: string, sent: SentPage): Promise<void> {
  const { key, ...content } = sent;
  const words = wordsOf(content, key);
  await publish(sns, topicArn, content, { ...words, ...NOTHING_WANTED, wants: 'resolved', severity: 'resolved' });
}

/** A node that was healed. */
export interface Healed {
  readonly fleet: string;
  readonly node: string;
  /** How the heal proved it. */
  readonly sentence: string;
  /** What was wrong. */
  readonly trouble: string;
  readonly incidentId: string;
  readonly attempt: number;
  readonly trigger: string;
  /** From the first sign of it to the proof. */
  readonly seconds: number;
}

/** Says that a node was healed, to who wants to know. */
export async function tell(sns: SNSClient, topicArn: string, healed: Healed): Promise<void> {
  const { trouble, seconds, ...content } = healed;
  const sentence = `${trouble}. ${content.sentence}. From the first sign to the proof: ${Math.round(seconds)} s`;
  await publish(
    sns,
    topicArn,
    { ...content, sentence, seconds },
    {
      ...{ code: 'healed', severity: 'told', wants: 'healed', meaning: '', runbook: undefined, canAcknowledge: false },
      ...{ urgency: 'none', key: keyOf(content) },
    },
  );
}

/** A page without what decides its words. */
interface Content {
  readonly fleet: string;
  readonly node: string;
  readonly sentence: string;
  readonly [more: string]: unknown;
}

/** One for all pages of one cause: chats and pagers put them together by it. What is about several nodes is a cause of its own. */
export function keyOf({ fleet, node, trigger, code }: { readonly [name in keyof Page]?: unknown }): string {
  const about = isOfMany(node) && node !== THE_FLEET ? 'nodes' : node;
  return plainText([fleet, about, isOfMany(node) ? code : (trigger ?? causeOf(code))].join('/'), MAX_KEY_CHARACTERS);
}

/**
 * That a node does not follow its chain is one cause, whoever sees it: watch-fleet, the heal of its health, or register-nodes, which asks whether it may
 * leave the pool.
 */
const causeOf = (code: unknown): unknown => (OF_HEALTH.has(code) ? NODE_HEALTH : code);
const OF_HEALTH: ReadonlySet<unknown> = new Set<Page['code']>(['node-unreachable', 'node-stuck', 'approval-wanted']);

const isOfMany = (node: unknown): boolean => node === THE_FLEET || /^\d+ nodes$/.test(String(node));

const MAX_KEY_CHARACTERS = 300;

/** How a message is worded. */
interface Words {
  readonly severity: Severity;
  readonly key: string;
  readonly code: string;
  readonly wants: string;
  readonly urgency: Urgency | 'none';
  /** What the code means; empty for a question, which says so itself. */
  readonly meaning: string;
  readonly runbook: string | undefined;
  readonly canAcknowledge: boolean;
}

/** Of an incident; of watch-fleet; of a function that looks after fleets, and of its questions. */
const FOLLOWED = ['incidentId', 'instances', 'subject', 'plan'] as const;

const NOTHING_WANTED = { urgency: 'none', canAcknowledge: false } as const;

function wordsOf(content: Page, key: string): Words {
  const { code } = content;
  const { wants, urgency, runbook: ofCode } = PAGE_WANTS[code];
  const named = typeof content['runbook'] === 'string' ? plainText(content['runbook'], 200) : undefined;
  return {
    ...{ severity: 'page', key, code, wants, urgency, meaning: MEANINGS[code] ?? '' },
    // The sender's own one where the code has none: that of the alarm on the same measurement.
    runbook: ofCode === undefined ? named : `docs/runbooks/${ofCode}.md`,
    // These members are those of pages that are followed, and so repeated: `functions/dispatch-heal/open-pages.ts`.
    canAcknowledge: urgency === 'now' && FOLLOWED.some((name) => name in content),
  };
}

async function publish(sns: SNSClient, topicArn: string, content: Content, words: Words, answers = ''): Promise<void> {
  const suite = suiteOfTopic(topicArn);
  const told = toldOf(topicArn, content, words, new Date());
  const text = mailText(told, content, words, answers);
  const message = (fields: object): string => {
    const members = { ...plainMembers(fields), ...told.members };
    const json = plainJson(members) ?? '';
    const copies = Object.fromEntries(MACHINES.map((protocol) => [protocol, json]));
    const all = {
      default: text,
      sms: told.subject,
      ...copies,
      https: plainJson(chatOf(told, words, members)) ?? '',
    };
    return forSuite(suite, JSON.stringify(all));
  };
  const whole = message(content);
  // A shorter page is better than one that SNS refuses.
  const Message = Buffer.byteLength(whole) <= MAX_MESSAGE_BYTES ? whole : message({ cut: true });
  const severity = { DataType: 'String', StringValue: words.severity };
  await sns.send(
    new PublishCommand({
      ...{ TopicArn: topicArn, Subject: told.subject, MessageStructure: 'json', Message },
      // For the filter policy of a subscription.
      MessageAttributes: { severity },
    }),
  );
}

/** A page, put into words. All of it is plain text. */
interface Told {
  readonly subject: string;
  /** "bitcoin/node2: look at the node, nothing helped" */
  readonly headline: string;
  readonly sentence: string;
  readonly next: readonly (readonly [what: string, line: string])[];
  /** What every machine gets besides the page's own members. */
  readonly members: Readonly<Record<string, unknown>> & {
    readonly account: string;
    readonly region: string;
    readonly at: string;
    readonly next: Readonly<Record<string, string>>;
  };
}

const URGENCIES: Readonly<Record<Words['urgency'], string>> = {
  now: 'act now: it stays as it is, or gets worse, until a person acts',
  soon: 'act within the day',
  know: 'nothing has to be done',
  none: 'nothing: it is over',
};

const MEANINGS: Readonly<Record<string, string>> = { ...GUARDRAILS, ...FAILURES, ...CONDITIONS };

function toldOf(topicArn: string, content: Content, words: Words, at: Date): Told {
  const { fleet, node } = content;
  const { severity, key, code, wants, urgency, runbook } = words;
  const about = plainText(`${fleet}/${node}`, MAX_ABOUT_CHARACTERS);
  const [, , , region = '', account = ''] = topicArn.split(':');
  const text = (name: string): string | undefined =>
    typeof content[name] === 'string' ? plainText(content[name], 200) : undefined;
  const incident = text('incidentId');
  const sentence = plainText(content.sentence);
  const next: [string, string][] = [
    ...(incident === undefined ? [] : [['why', `npm run chainmend -- explain ${incident}`] as [string, string]]),
    ['state', `npm run chainmend -- status ${plainText(fleet, 64)}`],
    ...(words.canAcknowledge && PASTEABLE.test(key)
      ? [['seen', `npm run chainmend -- ack ${key}`] as [string, string]]
      : []),
    ['stop', `npm run chainmend -- pause ${plainText(fleet, 64)} --why "…"`],
    // Of one node: a person undoes what was done to that. Its name is a tag's value.
    ...(undoes(text('trigger'), code) && !isOfMany(node) && PASTEABLE.test(`${fleet}/${node}`)
      ? [['undo', `npm run chainmend -- undo ${fleet}/${node}`] as [string, string]]
      : []),
    ...(runbook === undefined ? [] : [['runbook', runbook] as [string, string]]),
  ];
  return {
    subject: `${suiteOfTopic(topicArn)} ${about}: ${wants} (${code === 'healed' ? (text('trigger') ?? code) : code})`
      .replace(/[^\x20-\x7e]/g, inAscii)
      .slice(0, MAX_SUBJECT_CHARACTERS),
    headline: `${plainText(`${fleet}/${node}`, 300)}: ${wants}`,
    sentence,
    next,
    members: {
      ...{ fleet, node: plainText(node), code, severity, sentence, wants, urgency, account, region },
      ...{ at: at.toISOString(), key },
      ...(runbook !== undefined && { runbook }),
      ...(words.meaning !== '' && { means: words.meaning }),
      next: Object.fromEntries([...answersIn(content, words), ...next]),
    },
  };
}

/** The shorter commands that answer a question; a mail has them with the longer ones. */
function answersIn({ plan, incidentId }: Content, { code }: Words): readonly (readonly [string, string])[] {
  if (code !== 'approval-wanted' || typeof plan !== 'string') return [];
  if (typeof incidentId !== 'string') return [['approve', `npm run chainmend -- approve ${plainText(plan, 100)}`]];
  const incident = plainText(incidentId, 100);
  return [
    ['approve', `npm run chainmend -- approve ${incident} --plan ${plainText(plan, 100)}`],
    ['reject', `npm run chainmend -- reject ${incident}`],
  ];
}

/** A key that a shell takes as one word and nothing else. */
const PASTEABLE = /^[A-Za-z0-9][\w.:/=+@-]*$/;

/** Triggers whose heal may have put something away. An undo that was refused for good is not offered again. */
const undoes = (trigger: string | undefined, code: string): boolean =>
  trigger !== undefined && /^(node|request):/.test(trigger) && !(trigger === 'request:undo' && isFinal(code));

/** A subject is ASCII: a typographic apostrophe or an ellipsis has a plain form. */
const inAscii = (character: string): string => ({ '’': "'", '…': '...' })[character] ?? '?';

/** The room of a subject that names leave to what is wanted. */
const MAX_ABOUT_CHARACTERS = 32;

function mailText(
  { headline, sentence, next, members }: Told,
  content: Content,
  words: Words,
  answers: string,
): string {
  const { code, meaning, urgency } = words;
  const { account, region, at } = members;
  const rows = (lines: readonly (readonly [string, string])[]): string =>
    lines.map(([what, line]) => `${what.padEnd(8)} ${line}`).join('\n');
  const facts: [string, string][] = [
    ['what', sentence],
    ...(meaning === '' ? [] : [['means', `${code}: ${meaning}`] as [string, string]]),
    ['wanted', URGENCIES[urgency]],
  ];
  const whose = [`account ${account}, ${region}`, `${at.slice(0, 19).replace('T', ' ')} UTC`];
  const incident = ['incidentId', 'trigger', 'attempt'].flatMap((name) =>
    name in content ? [plainText(String(content[name]), 100)] : [],
  );
  if (incident.length > 0) whose.push(`incident ${incident.join(', ')}`);
  return [headline, rows(facts), answers, rows(next), whose.join(' · ')].filter((part) => part !== '').join('\n\n');
}

/**
 * For subscriptions by HTTPS: the schema of custom notifications of Amazon Q Developer in chat applications, which Slack and Teams show ("Custom
 * notifications", Amazon Q Developer in chat applications Administrator Guide). Everything else of the page is in `additionalContext`.
 */
function chatOf({ headline, sentence, members }: Told, { key, code, meaning }: Words, all: object): object {
  const shown = new Set(['next', 'means']);
  const others = Object.entries(all).filter(([name]) => !shown.has(name));
  const context = others.map(([name, value]) => [name, typeof value === 'string' ? value : plainJson(value)]);
  return {
    ...{ version: '1.0', source: 'custom' },
    content: {
      textType: 'client-markdown',
      title: headline,
      description: meaning === '' ? sentence : `${sentence}\n\n_${meaning}_`,
      nextSteps: Object.entries(members.next).map(([what, line]) => `${what}: ${line}`),
      keywords: [code],
    },
    metadata: {
      ...{ threadId: key, summary: headline, eventType: code },
      additionalContext: Object.fromEntries(context),
    },
  };
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
