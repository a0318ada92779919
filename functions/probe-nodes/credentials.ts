// The RPC credentials of a fleet, read once for each request. They go into a header and nowhere else: no message, error or log shows
// anything of them.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import * as v from 'valibot';
import type { Credentials } from '../../shared/chains/fetch.ts';
import type { CredentialsSource } from '../../shared/fleet/model.ts';
import { jsonOrUndefined } from '../../shared/text/json.ts';

export interface SecretStores {
  readonly ssm: SSMClient;
  readonly secretsmanager: SecretsManagerClient;
}

export type CredentialsReading =
  | { readonly credentials: Credentials | undefined }
  /** Why they cannot be read, without any part of their content. */
  | { readonly misconfigured: string };

const schema = v.union([
  v.strictObject({ user: v.pipe(v.string(), v.minLength(1)), password: v.string() }),
  v.strictObject({ token: v.pipe(v.string(), v.minLength(1)) }),
]);

/** Never rejects. */
export async function readCredentials(
  stores: SecretStores,
  source: CredentialsSource | undefined,
): Promise<CredentialsReading> {
  switch (source?.kind) {
    case undefined:
      return { credentials: undefined };
    case 'file':
      return { misconfigured: 'the credentials are a file on the node, which only a probe on the node can read' };
    case 'parameter':
      return parsed(`parameter ${source.name}`, async () => {
        const { Parameter } = await stores.ssm.send(
          new GetParameterCommand({ Name: source.name, WithDecryption: true }),
        );
        return Parameter?.Value;
      });
    case 'secret':
      return parsed(`secret ${source.name}`, async () => {
        const { SecretString } = await stores.secretsmanager.send(new GetSecretValueCommand({ SecretId: source.name }));
        return SecretString;
      });
  }
}

async function parsed(what: string, read: () => Promise<string | undefined>): Promise<CredentialsReading> {
  let text: string | undefined;
  try {
    text = await read();
  } catch (error) {
    // The name alone: AWS's message about a secret is not repeated.
    return {
      misconfigured: `the credentials in ${what} cannot be read (${error instanceof Error ? error.name : 'no reason given'})`,
    };
  }
  const credentials = v.safeParse(schema, jsonOrUndefined(text ?? ''));
  if (!credentials.success)
    return { misconfigured: `${what} does not hold {"user": …, "password": …} or {"token": …} as JSON` };
  const { output } = credentials;
  return { credentials: 'token' in output ? { kind: 'bearer', ...output } : { kind: 'basic', ...output } };
}
