// Puts a message of the pages' topic into the form of Slack's incoming webhooks, which Mattermost, Rocket.Chat and Discord (below `/slack`) take, too. Pure.
//
// What is said comes from nodes, tags and people, and a chat acts on some of it: mentions call everybody, links hide where they lead, formatting hides words.
// Slack names `&`, `<` and `>` as its control characters ("Formatting text for app surfaces", Slack API). The other chats read Markdown and a bare
// `@channel`, and nothing escapes these in all of them. So each such character becomes its full-width form, which reads the same and does nothing.
import * as v from 'valibot';
import { jsonOrUndefined } from '../../shared/text/json.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import type { Notification } from './event.ts';

interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Slack makes no links and no mentions of what looks like one. */
  readonly verbatim: true;
}

export interface WebhookMessage {
  /** All of it: Slack shows it in notifications, chats that know no blocks show nothing else. Its first line is the subject. */
  readonly text: string;
  readonly blocks: readonly (
    | { readonly type: 'section'; readonly text: Mrkdwn }
    | { readonly type: 'context'; readonly elements: readonly Mrkdwn[] }
  )[];
  /** Nobody fetches an address that a stranger has written. */
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

/** "content: the message contents (up to 2000 characters)" (Execute Webhook, Discord API), the shortest of the four; Slack's section takes 3,000. */
const TEXT_CHARACTERS_MAX = 1_900;
const SUBJECT_CHARACTERS_MAX = 150;
const SENTENCE_CHARACTERS_MAX = 800;
const MEANING_CHARACTERS_MAX = 300;
const FOOT_CHARACTERS_MAX = 400;
const LINE_CHARACTERS_MAX = 200;
const LINES_MAX = 10;

export function webhookMessage(notification: Notification): WebhookMessage {
  const { subject, sentences, lines, foot } = contentOf(notification);
  const headline = inert(subject, SUBJECT_CHARACTERS_MAX);
  const said = sentences.map(([text, most]) => inert(text, most));
  const commands = lines.slice(0, LINES_MAX).flatMap(([what, line]) => commandLine(what, line) ?? []);
  const whose = inert(foot, FOOT_CHARACTERS_MAX);
  const sections = [`*${headline}*`, said.join('\n'), commands.join('\n')].filter((text) => text !== '');
  return {
    text: within(TEXT_CHARACTERS_MAX, [headline, ...said, ...commands, whose]),
    blocks: [
      ...sections.map((text) => ({ type: 'section' as const, text: mrkdwn(text) })),
      ...(whose === '' ? [] : [{ type: 'context' as const, elements: [mrkdwn(whose)] }]),
    ],
    ...{ unfurl_links: false, unfurl_media: false },
  };
}

const mrkdwn = (text: string): Mrkdwn => ({ type: 'mrkdwn', text, verbatim: true });

/** Whole lines, as many as there is room for. */
function within(most: number, lines: readonly string[]): string {
  let text = '';
  for (const line of lines.filter((one) => one !== '')) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length <= most) text = longer;
  }
  return text;
}

/** In the words of who said it. */
interface Content {
  readonly subject: string;
  readonly sentences: readonly (readonly [text: string, charactersMax: number])[];
  readonly lines: readonly (readonly [what: string, line: string])[];
  readonly foot: string;
}

const optionalText = v.optional(v.fallback(v.string(), ''), '');

/** What `shared/heal/notify.ts` tells machines. A member that is no text counts as missing. */
const page = v.object({
  code: v.string(),
  sentence: v.string(),
  ...{ fleet: optionalText, node: optionalText, wants: optionalText, means: optionalText, urgency: optionalText },
  ...{ incidentId: optionalText, key: optionalText, account: optionalText, region: optionalText, at: optionalText },
  next: v.optional(v.fallback(v.record(v.string(), v.string()), {}), {}),
});

/** What CloudWatch tells of an alarm on the suite ("Amazon SNS notifications", CloudWatch guide). */
const alarm = v.object({
  AlarmName: v.string(),
  NewStateValue: v.string(),
  ...{ AlarmDescription: optionalText, NewStateReason: optionalText },
  ...{ AWSAccountId: optionalText, Region: optionalText, StateChangeTime: optionalText },
});

function contentOf({ subject, message, messageId }: Notification): Content {
  const json = jsonOrUndefined(message);
  const ofPage = v.safeParse(page, json);
  if (ofPage.success) return contentOfPage(ofPage.output, subject);
  const ofAlarm = v.safeParse(alarm, json);
  if (ofAlarm.success) return contentOfAlarm(ofAlarm.output);
  return {
    subject: subject ?? 'chainmend: a message that is no page',
    sentences: [[message, SENTENCE_CHARACTERS_MAX]],
    ...{ lines: [], foot: `message ${messageId}` },
  };
}

function contentOfPage(told: v.InferOutput<typeof page>, subject: string | undefined): Content {
  const { fleet, node, code, sentence, wants, means, urgency, incidentId, key, account, region, at, next } = told;
  const foot = [
    account === '' ? '' : `account ${account}, ${region}`,
    at === '' ? '' : `${at.slice(0, 19).replace('T', ' ')} UTC`,
    incidentId === '' ? '' : `incident ${incidentId}`,
    key,
  ];
  return {
    subject: subject ?? `chainmend ${fleet}/${node}: ${wants} (${code})`,
    sentences: [
      [sentence, SENTENCE_CHARACTERS_MAX],
      [means, MEANING_CHARACTERS_MAX],
      [(Object.hasOwn(HOW_SOON, urgency) && HOW_SOON[urgency]) || '', LINE_CHARACTERS_MAX],
    ],
    lines: Object.entries(next),
    foot: foot.filter((part) => part !== '').join(' · '),
  };
}

const HOW_SOON: Readonly<Record<string, string>> = {
  now: 'Act now: it stays as it is, or gets worse, until a person acts',
  soon: 'Act within the day',
  know: 'Nothing has to be done',
  none: 'Nothing has to be done: it is over',
};

function contentOfAlarm(told: v.InferOutput<typeof alarm>): Content {
  const { AlarmName, NewStateValue, AlarmDescription, NewStateReason, AWSAccountId, Region, StateChangeTime } = told;
  return {
    subject: `chainmend itself: the alarm ${AlarmName} is ${NewStateValue}`,
    sentences: [
      [AlarmDescription, SENTENCE_CHARACTERS_MAX],
      [NewStateReason, MEANING_CHARACTERS_MAX],
    ],
    lines: [],
    foot: [AWSAccountId === '' ? '' : `account ${AWSAccountId}, ${Region}`, StateChangeTime]
      .filter((part) => part !== '')
      .join(' · '),
  };
}

/** Of each character on which one of the chats acts: what stands for it. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;' },
  ...{ '@': '＠', '*': '＊', '~': '～', '|': '｜', '\\': '＼', '`': '＇' },
  ...{ '[': '［', ']': '］' },
};
/** An underscore within a word formats nothing, and names have many. */
const LOOSE_UNDERSCORE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/**
 * A stranger's text as one line that no chat acts on.
 *
 * @param charactersMax of the result; an escaped character is never cut in two
 */
export function inert(text: string, charactersMax: number): string {
  let made = '';
  for (const character of plainText(text, charactersMax).replace(LOOSE_UNDERSCORE, '＿')) {
    const more = STANDS_FOR[character] ?? character;
    if (made.length + more.length >= charactersMax) return `${made}…`;
    made += more;
  }
  return made;
}

/** Our own commands have no other characters; a line that has is left to the mail. */
const COMMAND = /^[A-Za-z0-9 .,:/=+"…_-]{1,200}$/;

/** "why: `npm run chainmend -- explain 7f3a`" */
function commandLine(what: string, line: string): string | undefined {
  return COMMAND.test(line) && /^[a-z]{1,12}$/.test(what) ? `${what}: \`${line}\`` : undefined;
}
