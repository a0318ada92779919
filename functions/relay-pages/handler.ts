// relay-pages: posts each page to an incoming webhook of a chat. What cannot be posted is thrown: Lambda tries it again, and then keeps it in the function's queue.
import { setTimeout } from 'node:timers/promises';
import middy from '@middy/core';
import { type ProbeClients as Clients, probeClients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged, logInfo } from '../../shared/aws/log.ts';
import { parseNotification } from './event.ts';
import { webhookMessage } from './message.ts';
import { post } from './post.ts';
import { RelayError, readWebhook } from './webhook.ts';

export { probeClients as awsClients };

const ENVIRONMENT = ['TOPIC_ARN', 'WEBHOOK'] as const;

/** Slack takes one message a second of a webhook ("Rate limits", Slack API), and several pages may come at once. */
const WAITS_MS = [2_000, 8_000] as const;
/** Three of them, the waits and a read of the address are some 40 s: below the function's minute. */
const POST_TIMEOUT_MS = 8_000;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const relay = async (event: unknown): Promise<{ readonly posted: string }> => {
    const { TOPIC_ARN, WEBHOOK } = readEnvironment(ENVIRONMENT);
    const notification = parseNotification(event, TOPIC_ARN);
    const { messageId } = notification;
    const url = await readWebhook(clients, WEBHOOK);
    const tries = await deliver(url, JSON.stringify(webhookMessage(notification)), messageId);
    logInfo({ posted: messageId, host: url.host, tries });
    return { posted: messageId };
  };
  return middy<unknown, { readonly posted: string }>().use(logged()).handler(relay);
}

/** @returns how often it was sent: twice in the chat is possible where an answer was lost. Throws a `RelayError`. */
async function deliver(url: URL, body: string, messageId: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const posted = await post(url, body, POST_TIMEOUT_MS);
    if (posted.kind === 'taken') return tries;
    const waitMs = WAITS_MS[tries - 1];
    if (!posted.mayPass || waitMs === undefined)
      throw new RelayError(`message ${messageId} of the pages was not posted: ${posted.reason}; tries: ${tries}`);
    await setTimeout(waitMs);
  }
}

export const handler = createHandler({ clients: probeClients() });
