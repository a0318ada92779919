// The address of the webhook: a secret, read once for each message and shown to nobody. Whoever has it can write into the chat.
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { ProbeClients } from '../../shared/aws/clients.ts';
import { isPublicAddress } from './addresses.ts';

/** What keeps a page from being posted. Its message has no part of the webhook's address but the host. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
}

/** @param place `ssm:/NAME` of a SecureString, or `secret:NAME`. Throws a `RelayError`. */
export async function readWebhook(stores: ProbeClients, place: string): Promise<URL> {
  let text: string | undefined;
  try {
    text = await (place.startsWith('ssm:')
      ? readParameter(stores, place.slice('ssm:'.length))
      : readSecret(stores, place.slice('secret:'.length)));
  } catch (error) {
    if (error instanceof RelayError) throw error;
    // The name alone: AWS's message about a secret is not repeated.
    const name = error instanceof Error ? error.name : 'no reason given';
    throw new RelayError(`the webhook’s address in ${place} cannot be read (${name})`);
  }
  return webhookUrl(text, place);
}

async function readParameter({ ssm }: ProbeClients, name: string): Promise<string | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  if (Parameter?.Type !== 'SecureString')
    throw new RelayError(
      `ssm:${name} is a ${Parameter?.Type}, expected a SecureString: the webhook’s address is a secret`,
    );
  return Parameter.Value;
}

async function readSecret({ secretsmanager }: ProbeClients, name: string): Promise<string | undefined> {
  const { SecretString } = await secretsmanager.send(new GetSecretValueCommand({ SecretId: name }));
  return SecretString;
}

const URL_CHARACTERS_MAX = 2_000;

/** @param place names it in messages. Throws a `RelayError` that shows nothing of the address. */
export function webhookUrl(text: string | undefined, place: string): URL {
  const written = (text ?? '').trim();
  const url = written.length <= URL_CHARACTERS_MAX ? URL.parse(written) : null;
  const wrong = (what: string) => new RelayError(`${place} does not hold a webhook’s address: ${what}`);
  if (url === null) throw wrong('expected one such as https://hooks.slack.com/services/…');
  if (url.protocol !== 'https:') throw wrong('it does not begin with https://');
  if (url.username !== '' || url.password !== '') throw wrong('it has a user or a password before its host');
  if (url.hash !== '') throw wrong('it has a fragment (#…)');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (/^[0-9.]+$|:/.test(host) ? !isPublicAddress(host) : /(^|\.)(localhost|local|internal|localdomain)$/i.test(host))
    throw wrong('its host is not on the internet');
  return url;
}
