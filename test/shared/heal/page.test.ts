import type { PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answersToFleet, answersToHeal, type Page, page } from '../../../shared/heal/notify.ts';
import { anyText } from '../../fixtures/any.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
const CONTENT: Page = {
  ...{ fleet: 'bitcoin', node: 'node2', code: 'size-ceiling', sentence: 'data volume 91 % of 2000 GiB' },
  ...{ incidentId: '7f3a0c1d', attempt: 1, trigger: 'disk:data' },
};
const MACHINES = ['lambda', 'sqs', 'http', 'https', 'firehose', 'email-json'];

/** The single call of a page. */
async function published(content: Parameters<typeof page>[2], answers?: string): Promise<PublishCommandInput> {
  const inputs: PublishCommandInput[] = [];
  const sns = { send: async ({ input }: { input: PublishCommandInput }) => void inputs.push(input) };
  await page(sns as unknown as SNSClient, TOPIC, content, answers);
  const [only, another] = inputs;
  if (!only || another) throw new Error(`${inputs.length} calls of Publish, expected one`);
  return only;
}

const copies = ({ Message = '' }: PublishCommandInput) => JSON.parse(Message) as Record<string, string>;

describe('a page', () => {
  it('says in its subject whom and what it is about, and the rest as a text that a person can read', async () => {
    const input = await published(CONTENT);
    expect(input).toMatchObject({
      ...{ Subject: 'chainmend bitcoin/node2: size-ceiling', TopicArn: TOPIC, MessageStructure: 'json' },
    });
    expect(copies(input)['default']).toBe(`bitcoin/node2: size-ceiling

data volume 91 % of 2000 GiB

incidentId: 7f3a0c1d
attempt: 1
trigger: disk:data`);
    // Email and all other subscriptions get the default.
    expect(Object.keys(copies(input)).sort()).toEqual(['default', 'sms', ...MACHINES].sort());
    expect(copies(input)['sms']).toBe('chainmend bitcoin/node2: size-ceiling');
  });

  it('is JSON for machines, with every field', async () => {
    const all = copies(await published({ ...CONTENT, instances: ['i-1'] }));
    for (const protocol of MACHINES)
      expect(JSON.parse(all[protocol] ?? '')).toEqual({ ...CONTENT, instances: ['i-1'] });
  });

  it('shows what can be pasted as it is: no quote is escaped, and each command is a line of its own', async () => {
    const { text, approve, refuse = '' } = answersToHeal(QUESTION, 'eu-west-1');
    const { default: mail = '' } = copies(await published({ ...CONTENT, code: 'approval-wanted' }, text));
    const lines = mail.split('\n');
    for (const command of [approve, refuse]) expect(lines.filter((line) => line === command)).toHaveLength(1);
  });

  it('has a subject that SNS takes, and a text without anything that acts on a terminal, whatever a node is called', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText({ maxLength: 256, size: 'max' }),
        fc.string({ unit: 'binary', maxLength: 6_000, size: 'max' }),
        async (node, sentence) => {
          const input = await published({ fleet: 'bitcoin', node, code: 'paused', sentence });
          // "… no line breaks or control characters, and less than 100 characters long" (PublishInput, @aws-sdk/client-sns).
          expect(input.Subject).toMatch(/^[\x20-\x7e]{1,99}$/);
          expect(copies(input)['default']?.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        },
      ),
    );
  });

  it('is never longer than SNS takes: what a machine gets besides is left out before that', async () => {
    const much = Array.from({ length: 5_000 }, (_, at) => `"${at}"\u0000`);
    const input = await published({ ...CONTENT, sentence: '"'.repeat(100_000), much });
    expect(Buffer.byteLength(input.Message ?? '')).toBeLessThanOrEqual(262_144);
    const { cut, much: left, sentence = '', fleet } = JSON.parse(copies(input)['sqs'] ?? '');
    expect({ cut, left, fleet, length: sentence.length }).toEqual({ cut: true, fleet: 'bitcoin', length: 4_000 });
  });
});

const QUESTION = { incidentId: '7f3a0c1d', plan: '0123456789abcdef', callbackId: 'Ab+/09==' };

describe('the lines that answer a question', () => {
  it('are right for version 1 and 2 of the AWS CLI: the answer is bytes that are piped in', () => {
    const { approve, refuse, text } = answersToHeal(QUESTION, 'eu-west-1');
    expect(approve).toBe(
      `echo '{"approve":true,"plan":"0123456789abcdef"}' | aws lambda send-durable-execution-callback-success --region eu-west-1 --callback-id 'Ab+/09==' --result fileb:///dev/stdin`,
    );
    expect(refuse).toBe(
      `echo '{"approve":false}' | aws lambda send-durable-execution-callback-success --region eu-west-1 --callback-id 'Ab+/09==' --result fileb:///dev/stdin`,
    );
    const lines = text.split('\n');
    expect(lines.indexOf('npm run chainmend -- approve 7f3a0c1d --plan 0123456789abcdef')).toBeLessThan(
      lines.indexOf(approve),
    );
    expect(lines.indexOf('npm run chainmend -- reject 7f3a0c1d')).toBeLessThan(lines.indexOf(refuse ?? ''));
  });

  it('of a whole fleet invoke the function that has asked', () => {
    const question = { functionName: 'chainmend-rotate-peers', fleet: 'bitcoin', plan: '0123456789ab' };
    const { approve, refuse } = answersToFleet({ ...question, takesLong: true }, undefined);
    expect(approve).toBe(
      `echo '{"kind":"approve","fleet":"bitcoin","plan":"0123456789ab"}' | aws lambda invoke --function-name chainmend-rotate-peers --invocation-type Event --payload fileb:///dev/stdin /dev/stdout`,
    );
    expect(refuse).toBeUndefined();
  });

  it('are never made of an id that a shell could take for something else', () => {
    for (const callbackId of ["x'; reboot #", '', 'a b', '$(id)', 'x'.repeat(1_025)])
      expect(() => answersToHeal({ ...QUESTION, callbackId }, 'eu-west-1')).toThrow('no shell should see');
  });
});
