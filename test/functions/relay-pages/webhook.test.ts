// The webhook's address is a secret: where it may lead, and that no message shows it.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isPublicAddress } from '../../../functions/relay-pages/addresses.ts';
import { parseNotification } from '../../../functions/relay-pages/event.ts';
import { post, postedBy } from '../../../functions/relay-pages/post.ts';
import { readWebhook, webhookUrl } from '../../../functions/relay-pages/webhook.ts';
import type { ProbeClients } from '../../../shared/aws/clients.ts';
import { SELF_SIGNED } from '../../fixtures/self-signed.ts';

const SECRET = 'T0/B0/S3CR3T';
const ADDRESS = `https://hooks.slack.com/services/${SECRET}`;
const PLACE = 'ssm:/ops/chat';

const faultOf = (text: string | undefined): string => {
  try {
    webhookUrl(text, PLACE);
    return 'none';
  } catch (error) {
    return error instanceof Error && error.name === 'RelayError' ? error.message : `another error: ${String(error)}`;
  }
};

describe('the address of a webhook', () => {
  it.each([
    ADDRESS,
    ` ${ADDRESS}\n`,
    'https://chat.example.org:8443/hooks/abc',
    'https://discord.com/api/webhooks/1/x/slack?thread_id=2',
  ])('may be %j', (text) => {
    expect(faultOf(text)).toBe('none');
  });

  it.each<[string, string | undefined, string]>([
    ['nothing', undefined, 'expected one such as https://hooks.slack.com/services/…'],
    ['no address', SECRET, 'expected one such as'],
    ['without TLS', `http://hooks.slack.com/services/${SECRET}`, 'it does not begin with https://'],
    ['of another scheme', `file:///${SECRET}`, 'it does not begin with https://'],
    ['with a password', 'https://u:S3CR3T@hooks.slack.com/', 'it has a user or a password before its host'],
    ['with a fragment', `${ADDRESS}#${SECRET}`, 'it has a fragment'],
    ['too long', `${ADDRESS}/${'x'.repeat(2_000)}`, 'expected one such as'],
    ['of this machine', `https://localhost/${SECRET}`, 'its host is not on the internet'],
    ['of a private name', `https://chat.internal/${SECRET}`, 'its host is not on the internet'],
    ['of a private address', `https://10.1.2.3/${SECRET}`, 'its host is not on the internet'],
    ['of a private address, in another spelling', `https://0x0a010203/${SECRET}`, 'its host is not on the internet'],
    ['of the credentials of an instance', `https://169.254.169.254/${SECRET}`, 'its host is not on the internet'],
    ['of this machine, by IPv6', `https://[::1]/${SECRET}`, 'its host is not on the internet'],
    ['of a private address within IPv6', `https://[::ffff:10.0.0.1]/${SECRET}`, 'its host is not on the internet'],
  ])('%s is refused, without a word of it', (_, text, why) => {
    const fault = faultOf(text);
    expect(fault).toMatch(/^ssm:\/ops\/chat does not hold a webhook’s address: /);
    expect(fault).toContain(why);
    expect(fault).not.toContain('S3CR3T');
  });

  it.each([
    ...[
      '8.8.8.8',
      '100.63.255.255',
      '100.128.0.1',
      '172.15.0.1',
      '172.32.0.1',
      '192.169.0.1',
      '223.255.255.255',
      '2600:1f18::1',
    ],
  ])('%s is on the internet', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ...[
      '0.0.0.0',
      '10.255.255.255',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.170.2',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
    ],
    ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '256.1.1.1', '1.2.3', '', 'x', '::', '::1', 'fe80::1', 'fd00::1'],
    ...['2002:a00:1::', '2001:db8::1', '2001::1', '64:ff9b::a00:1', '::ffff:10.0.0.1', 'ff02::1'],
  ])('%j is not', (address) => expect(isPublicAddress(address)).toBe(false));
});

const storesWith = (send: () => Promise<object>): ProbeClients =>
  ({ ssm: { send }, secretsmanager: { send } }) as unknown as ProbeClients;

describe('the secret', () => {
  it('is a SecureString, or a secret of Secrets Manager', async () => {
    const parameter = storesWith(async () => ({ Parameter: { Type: 'SecureString', Value: ADDRESS } }));
    expect((await readWebhook(parameter, PLACE)).href).toBe(ADDRESS);
    const secret = storesWith(async () => ({ SecretString: ADDRESS }));
    expect((await readWebhook(secret, 'secret:ops/chat')).href).toBe(ADDRESS);
  });

  it('that lies in a parameter which everybody may read is refused', async () => {
    const stores = storesWith(async () => ({ Parameter: { Type: 'String', Value: ADDRESS } }));
    const told = String(await readWebhook(stores, PLACE).catch(String));
    expect(told).toContain('ssm:/ops/chat is a String, expected a SecureString');
    expect(told).not.toContain('S3CR3T');
  });

  it('that cannot be read is told by the name of the error alone', async () => {
    const stores = storesWith(async () => {
      throw Object.assign(new Error(`a message with ${SECRET}`), { name: 'AccessDeniedException' });
    });
    const error = await readWebhook(stores, PLACE).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe(
      'RelayError: the webhook’s address in ssm:/ops/chat cannot be read (AccessDeniedException)',
    );
    // The log shows an error's cause, too.
    expect((error as Error).cause).toBeUndefined();
  });
});

let close = (): void => {};
afterEach(() => close());

describe('a message to a webhook', () => {
  const reason = (posted: Awaited<ReturnType<typeof post>>): string => ('reason' in posted ? posted.reason : 'taken');

  it.each([
    [200, 'taken', undefined],
    [204, 'taken', undefined],
    [302, 'points elsewhere (HTTP 302); redirects are not followed', false],
    [400, 'does not take the message (HTTP 400)', false],
    [404, 'does not take the message (HTTP 404): was the webhook removed?', false],
    [408, 'answers HTTP 408', true],
    [429, 'answers HTTP 429', true],
    [500, 'answers HTTP 500', true],
    [0, 'does not take the message (HTTP 0)', false],
  ])('that is answered with HTTP %d is: %s', (status, said, mayPass) => {
    const posted = postedBy(status, 'chat.example');
    expect(reason(posted)).toContain(said);
    expect('mayPass' in posted ? posted.mayPass : undefined).toBe(mayPass);
  });

  it('is sent to nobody whose certificate no authority has given', async () => {
    const seen: unknown[] = [];
    const server = createServer(SELF_SIGNED, (request) => seen.push(request.url)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    close = () => void server.close();
    const { port } = server.address() as AddressInfo;
    const posted = await post(new URL(`https://127.0.0.1:${port}/${SECRET}`), '{}', 2_000);
    expect(reason(posted)).toBe(`127.0.0.1:${port} cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)`);
    expect(seen).toEqual([]);
  });

  it('does not follow a name into this machine', async () => {
    const posted = await post(new URL(`https://localhost:9/${SECRET}`), '{}', 2_000);
    expect(posted).toEqual({
      ...{ kind: 'refused', mayPass: false },
      reason: 'localhost:9 leads to an address that is not on the internet',
    });
  });

  it('that nobody answers is given up, with the host and nothing else of the address', async () => {
    // The request is never answered: its headers are read, and that is all.
    const posted = await post(new URL(`https://192.0.2.1/${SECRET}`), '{}', 50);
    expect(reason(posted)).toMatch(/^192\.0\.2\.1 (did not answer within 0\.05 s|cannot be reached \(\w+\))$/);
  });
});

describe('what starts the function', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
  const event = (more: object = {}, records = 1) => ({
    Records: Array.from({ length: records }, () => ({
      EventSource: 'aws:sns',
      Sns: { MessageId: '0f0e', TopicArn: TOPIC, Subject: 'a page', Message: '{}', Timestamp: 'x', ...more },
    })),
  });

  it('is one message of the topic of the pages, with or without a subject', () => {
    const read = { messageId: '0f0e', topicArn: TOPIC, subject: 'a page', message: '{}' };
    expect(parseNotification(event(), TOPIC)).toEqual(read);
    expect(parseNotification(event({ Subject: null }), TOPIC)).toEqual({ ...read, subject: undefined });
  });

  it('is nothing else', () => {
    expect(() => parseNotification(event({ TopicArn: `${TOPIC}-2` }), TOPIC)).toThrow(
      'expected the topic of the pages',
    );
    expect(() => parseNotification(event({}, 2), TOPIC)).toThrow('expected one record');
    expect(() => parseNotification(event({ Message: 5 }), TOPIC)).toThrow('field Records.0.Sns.Message');
    expect(() => parseNotification({}, TOPIC)).toThrow('field Records');
  });
});
