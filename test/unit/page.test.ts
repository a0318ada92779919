import type { PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { page } from '../../shared/heal/page.ts';
import { anyText } from '../support/any.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';

/** The one call that a page makes. */
async function published(content: Parameters<typeof page>[2]): Promise<PublishCommandInput> {
  const inputs: PublishCommandInput[] = [];
  const sns = { send: async ({ input }: { input: PublishCommandInput }) => void inputs.push(input) };
  await page(sns as unknown as SNSClient, TOPIC, content);
  const [only, another] = inputs;
  if (!only || another) throw new Error(`${inputs.length} calls of Publish, expected one`);
  return only;
}

describe('a page', () => {
  it('says in its subject whom and what it is about, and the rest in a message that machines read too', async () => {
    const content = {
      fleet: 'bitcoin',
      node: 'node2',
      code: 'size-ceiling',
      sentence: 'data volume 91 % of 2000 GiB',
      attempt: 1,
    } as const;
    const { Subject, Message = '', TopicArn } = await published(content);
    expect({ Subject, TopicArn }).toEqual({ Subject: 'chainmend bitcoin/node2: size-ceiling', TopicArn: TOPIC });
    expect(JSON.parse(Message)).toEqual(content);
  });

  it('has a subject that SNS takes, whatever a node is called', async () => {
    await fc.assert(
      fc.asyncProperty(anyText({ maxLength: 256, size: 'max' }), async (node) => {
        const { Subject = '' } = await published({ fleet: 'bitcoin', node, code: 'paused', sentence: 's' });
        // "… no line breaks or control characters, and less than 100 characters long" (PublishInput, @aws-sdk/client-sns).
        expect(Subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      }),
    );
  });
});
