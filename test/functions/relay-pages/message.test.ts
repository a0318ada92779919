// A page as a chat's webhook gets it: what is said of it, that it fits, and that no chat acts on a stranger's words.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Notification } from '../../../functions/relay-pages/event.ts';
import { inert, webhookMessage } from '../../../functions/relay-pages/message.ts';
import { anyText, tries } from '../../fixtures/any.ts';
import { HOSTILE, unseenIn } from '../../fixtures/hostile-text.ts';

const PAGE = {
  ...{
    fleet: 'bitcoin',
    node: 'node2',
    code: 'size-ceiling',
    sentence: 'data volume 91 % of 2000 GiB',
    urgency: 'now',
  },
  ...{ means: 'The fleet file’s ceiling for a volume’s size is reached.', incidentId: '7f3a0c1d' },
  ...{ account: '111122223333', region: 'eu-west-1', at: '2026-01-01T12:04:21.019Z', key: 'bitcoin/node2/disk:data' },
  next: { why: 'npm run chainmend -- explain 7f3a0c1d', stop: 'npm run chainmend -- pause bitcoin --why "…"' },
};
const SUBJECT = "chainmend bitcoin/node2: free space, or raise the size's ceiling (size-ceiling)";

const notification = (message: unknown, subject: string | undefined = SUBJECT): Notification => ({
  ...{ messageId: '0f0e', topicArn: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages', subject },
  message: typeof message === 'string' ? message : JSON.stringify(message),
});
const textOf = (message: unknown, subject?: string): string => webhookMessage(notification(message, subject)).text;
const linesOf = (message: unknown, subject?: string): string[] => textOf(message, subject).split('\n');

describe('a page', () => {
  it('begins with its subject, and says what happened, how soon somebody is wanted, and what to type', () => {
    expect(linesOf(PAGE)).toEqual([
      SUBJECT,
      'data volume 91 % of 2000 GiB',
      'The fleet file’s ceiling for a volume’s size is reached.',
      'Act now: it stays as it is, or gets worse, until a person acts',
      'why: `npm run chainmend -- explain 7f3a0c1d`',
      'stop: `npm run chainmend -- pause bitcoin --why "…"`',
      'account 111122223333, eu-west-1 · 2026-01-01 12:04:21 UTC · incident 7f3a0c1d · bitcoin/node2/disk:data',
    ]);
  });

  it('that is longer than a chat takes loses whole lines, and never its subject', () => {
    const next = Object.fromEntries([...'abcdefghij'].map((name) => [name, `npm run ${name.repeat(180)}`]));
    const lines = linesOf({ ...PAGE, sentence: 'x'.repeat(5_000), next });
    expect(lines.join('\n').length).toBeLessThanOrEqual(1_900);
    expect(lines[0]).toBe(SUBJECT);
    expect(lines.filter((line) => line.includes('npm run')).length).toBeGreaterThan(2);
    expect(
      lines.filter((line) => line.includes('npm run')).every((line) => /^[a-j]: `npm run [a-j]{180}`$/.test(line)),
    ).toBe(true);
  });

  it('is the same in blocks, where a chat knows them', () => {
    const { blocks, text } = webhookMessage(notification(PAGE));
    const shown = blocks.flatMap((block) => ('text' in block ? [block.text] : block.elements));
    expect(shown.every(({ type, verbatim }) => type === 'mrkdwn' && verbatim)).toBe(true);
    expect(shown.map((one) => one.text).join('\n')).toBe(text.replace(SUBJECT, `*${SUBJECT}*`));
  });

  it('is never fetched for a preview of what it links to', () => {
    expect(webhookMessage(notification(PAGE))).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  it('that lacks a member, or has another in its place, is shown by the rest', () => {
    expect(linesOf({ code: 'x', sentence: 'it broke', next: [1], urgency: 'toString', at: 5, means: null })).toEqual([
      SUBJECT,
      'it broke',
    ]);
  });
});

describe('what is no page', () => {
  it('as an alarm of CloudWatch on the suite, is told in its words and not as its JSON', () => {
    const alarm = {
      ...{ AlarmName: 'chainmend/failing', NewStateValue: 'ALARM', AlarmDescription: 'A part of chainmend fails' },
      ...{ NewStateReason: 'x transitioned to ALARM', AWSAccountId: '111122223333', Region: 'EU (Ireland)' },
      Trigger: { children: [{ secret: 'raw' }] },
    };
    expect(linesOf(alarm, 'ALARM: "chainmend/failing" in EU (Ireland)')).toEqual([
      'chainmend itself: the alarm chainmend/failing is ALARM',
      'A part of chainmend fails',
      'x transitioned to ALARM',
      'account 111122223333, EU (Ireland)',
    ]);
  });

  it('as what a person publishes by hand, is shown under its own subject', () => {
    expect(linesOf('is <this> on?', 'a test')).toEqual(['a test', 'is &lt;this&gt; on?', 'message 0f0e']);
    expect(linesOf('[]', undefined)[0]).toBe(SUBJECT);
    expect(webhookMessage({ ...notification('5'), subject: undefined }).text).toMatch(
      /^chainmend: a message that is no/,
    );
  });
});

describe('a stranger’s words', () => {
  it.each([
    [
      'calls nobody in Slack',
      '<!channel> <!here> <@U1> <!subteam^S1>',
      '&lt;!channel&gt; &lt;!here&gt; &lt;＠U1&gt; &lt;!subteam^S1&gt;',
    ],
    [
      'calls nobody in Mattermost, Rocket.Chat and Discord',
      '@channel @all @everyone @here',
      '＠channel ＠all ＠everyone ＠here',
    ],
    [
      'hides no address behind another text',
      '<https://x.example|y> [y](https://x.example) ![z](https://x.example)',
      '&lt;https://x.example｜y&gt; ［y］(https://x.example) !［z］(https://x.example)',
    ],
    ['hides and formats nothing', '*a* ~b~ _c_ `d` ||e|| \\f', '＊a＊ ～b～ ＿c＿ ＇d＇ ｜｜e｜｜ ＼f'],
    ['escapes an ampersand once', '&lt;!channel&gt; A&B', '&amp;lt;!channel&amp;gt; A&amp;B'],
    ['keeps the underscores of a name', 'node_a_1 of my_fleet', 'node_a_1 of my_fleet'],
    ['stays on one line', 'a\nb\r\nc\u2028d', 'a b c d'],
  ])('%s', (_, said, shown) => {
    expect(inert(said, 500)).toBe(shown);
  });

  it('are cut between characters, never within what stands for one', () => {
    expect(inert('<<<<<', 10)).toBe('&lt;&lt;…');
    expect(inert('😀😀😀', 4)).toBe('😀…');
  });

  it('in a command keep it from being shown: the mail has it', () => {
    const next = {
      why: 'explain `x`',
      'a:b': 'ls',
      seen: 'ack bitcoin/@channel/x',
      stop: 'pause a & b',
      state: 'status <x>',
    };
    expect(linesOf({ ...PAGE, next }).some((line) => /`|^a:b/.test(line))).toBe(false);
  });

  it('make no message that a chat refuses or acts on, whatever they are', () => {
    const nasty = fc.oneof(
      anyText({ maxLength: 3_000, size: 'max' }),
      fc.constantFrom(HOSTILE, '<!channel>'.repeat(900), '&'.repeat(5_000)),
    );
    fc.assert(
      fc.property(nasty, nasty, nasty, (sentence, node, line) => {
        const told = { ...PAGE, sentence, node, key: line, means: node, next: { ...PAGE.next, why: line } };
        const message = webhookMessage(notification(told, node));
        const { text, blocks } = message;
        // Discord takes 2,000 characters, a section of Slack's 3,000.
        expect(text.length).toBeLessThanOrEqual(1_900);
        expect(text).not.toBe('');
        for (const block of blocks)
          for (const shown of 'text' in block ? [block.text] : block.elements) {
            expect(shown.text.length).toBeLessThanOrEqual(3_000);
            expect(actingIn(shown.text.replace(/^\*|\*$/g, ''))).toEqual([]);
          }
        expect(actingIn(text)).toEqual([]);
        expect(unseenIn(text.replaceAll('\n', ''))).toEqual([]);
      }),
      tries('relay-pages', 1_000),
    );
  });
});

/** What one of the four chats would act on, outside our own lines of code. */
function actingIn(text: string): string[] {
  const ours = text.replace(/^[a-z]{1,12}: `[A-Za-z0-9 .,:/=+"…_-]+`$/gm, '');
  return ours.match(/[<>@*~|\\`[\]]|&(?!(amp|lt|gt);)/g) ?? [];
}
