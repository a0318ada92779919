// The instance metadata service as a real server, for the AWS CLI on a machine: who asks is known by the address of its machine, and gets the temporary
// keys of its instance's role. Only what a client of IMDSv2 asks for credentials is there ("Retrieve security credentials from instance metadata", EC2
// user guide).
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { newAccessKey } from '../../../../local/simulator/gateway/keys.ts';
import { METADATA } from './lan.ts';

const PORT = 80;
const TOKEN_SECONDS = 21_600;
/** "valid for up to … six hours". */
const KEYS_VALID_MS = 6 * 60 * 60_000;
const CREDENTIALS = '/latest/meta-data/iam/security-credentials/';

/** What one instance's role signs its requests with. */
export interface InstanceKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  readonly instanceId: string;
  readonly roleArn: string;
}

export interface Launch {
  readonly instanceId: string;
  /** Undefined: it has no instance profile. */
  readonly roleArn: string | undefined;
}

export class Metadata {
  readonly #server: Server;
  readonly #launchAt: (address: string) => Launch | undefined;
  readonly #tokens = new Set<string>();
  /** By instance: one key each, as long as the run. */
  readonly #keys = new Map<string, InstanceKeys>();

  private constructor(launchAt: (address: string) => Launch | undefined) {
    this.#launchAt = launchAt;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** @param launchAt the running instance that has an address */
  static async serve(launchAt: (address: string) => Launch | undefined): Promise<Metadata> {
    const metadata = new Metadata(launchAt);
    await new Promise<void>((resolve, reject) => {
      metadata.#server.once('error', reject);
      metadata.#server.listen(PORT, METADATA, resolve);
    });
    return metadata;
  }

  keysOf(accessKeyId: string): InstanceKeys | undefined {
    return [...this.#keys.values()].find((keys) => keys.accessKeyId === accessKeyId);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [status, text] = this.#answerTo(request);
    response.writeHead(status).end(text);
  }

  #answerTo({ method, url = '', headers, socket }: IncomingMessage): readonly [status: number, text?: string] {
    if (method === 'PUT' && url === '/latest/api/token') return [200, this.#newToken()];
    // The launch templates say `httpTokens: required`.
    if (!this.#tokens.has(String(headers['x-aws-ec2-metadata-token']))) return [401];
    const launch = this.#launchAt(socket.remoteAddress ?? '');
    const name = launch?.roleArn?.split('/').at(-1);
    if (method !== 'GET' || !launch || name === undefined) return [404];
    if (url === CREDENTIALS) return [200, name];
    return url === `${CREDENTIALS}${name}` ? [200, credentialsText(this.#keysFor(launch))] : [404];
  }

  #newToken(): string {
    const token = randomBytes(32).toString('base64');
    this.#tokens.add(token);
    setTimeout(() => this.#tokens.delete(token), TOKEN_SECONDS * 1_000).unref();
    return token;
  }

  #keysFor({ instanceId, roleArn = '' }: Launch): InstanceKeys {
    const known = this.#keys.get(instanceId);
    if (known) return known;
    const { accessKeyId, secretAccessKey } = newAccessKey();
    // Temporary keys begin with ASIA ("Understanding unique ID prefixes", IAM user guide).
    const temporary = accessKeyId.replace(/^AKIA/, 'ASIA');
    const token = randomBytes(48).toString('base64');
    const made = { accessKeyId: temporary, secretAccessKey, token, instanceId, roleArn };
    this.#keys.set(instanceId, made);
    return made;
  }
}

const credentialsText = ({ accessKeyId, secretAccessKey, token }: InstanceKeys): string =>
  JSON.stringify({
    ...{ Code: 'Success', LastUpdated: iso(Date.now()), Type: 'AWS-HMAC' },
    ...{ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: token },
    Expiration: iso(Date.now() + KEYS_VALID_MS),
  });

/** "2026-01-01T12:00:00Z" */
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
