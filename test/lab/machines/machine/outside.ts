// What machines reach by HTTPS outside of their VPC, under the names that they use on AWS: the region's endpoints, for requests that are signed with the
// keys of an instance's role, and the files that a fleet file names by their addresses. The certificates are of an authority that is made for this run.
import { createReadStream, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BODY_BYTES_MAX, handleWireRequest, type WireGateway } from '../../../../local/simulator/gateway/http.ts';
import type { WireRequest } from '../../../../local/simulator/gateway/message.ts';
import { checkSignature, claimOf } from '../../../../local/simulator/gateway/signature.ts';
import { AwsError } from '../../../../local/simulator/service.ts';
import { RESOLVER } from './lan.ts';
import type { InstanceKeys } from './metadata.ts';
import { toolNow } from './tool.ts';

const PORT = 443;
const DAYS = '2';

export interface OutsideOptions {
  readonly gateway: WireGateway;
  readonly regionName: string;
  /** Paths of files of this host by the addresses that they are fetched from. */
  readonly files: ReadonlyMap<string, string>;
  readonly keysOf: (accessKeyId: string) => InstanceKeys | undefined;
  readonly onError: (error: unknown) => void;
}

export class Outside {
  /** The certificate of its authority, which machines trust. */
  readonly authority: string;
  /** Names that lead here. */
  readonly hosts: ReadonlySet<string>;
  readonly #server: Server;

  private constructor(directory: string, options: OutsideOptions) {
    const { regionName, files } = options;
    this.hosts = new Set([
      `secretsmanager.${regionName}.amazonaws.com`,
      ...[...files.keys()].map((url) => new URL(url).hostname),
    ]);
    const made = certify(directory, [...this.hosts]);
    this.authority = made.authority;
    this.#server = createServer({ key: made.key, cert: made.cert }, (request, response) => {
      answer(options, request, response).catch((error: unknown) => {
        options.onError(error);
        response.destroy();
      });
    });
  }

  /** @param directory of the run: its keys are made there */
  static async serve(directory: string, options: OutsideOptions): Promise<Outside> {
    const outside = new Outside(directory, options);
    await new Promise<void>((resolve, reject) => {
      outside.#server.once('error', reject);
      outside.#server.listen(PORT, RESOLVER, resolve);
    });
    return outside;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** An authority, and one certificate of it for all these names. */
function certify(directory: string, hosts: readonly string[]) {
  const path = (name: string): string => join(directory, `outside-${name}.pem`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', DAYS];
  toolNow('openssl', [
    ...['req', '-x509', ...key, '-subj', '/CN=chainmend real machines'],
    ...['-keyout', path('authority-key'), '-out', path('authority')],
  ]);
  toolNow('openssl', [
    ...['req', '-x509', ...key, '-subj', '/CN=outside', '-CA', path('authority'), '-CAkey', path('authority-key')],
    ...['-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', path('key'), '-out', path('cert')],
  ]);
  const [authority = '', ownKey = '', cert = ''] = ['authority', 'key', 'cert'].map((name) =>
    readFileSync(path(name), 'utf8'),
  );
  return { authority, key: ownKey, cert };
}

async function answer(options: OutsideOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const file = options.files.get(`https://${headers.host}${path}`);
  if (file !== undefined) return pipeline(createReadStream(file), response.writeHead(200));
  const body = await bodyOf(request);
  if (body === undefined) return void response.writeHead(413).end();
  const asked: WireRequest = {
    ...{ method, path, body },
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
  try {
    const claim = claimOf(asked);
    const keys = options.keysOf(claim.accessKeyId);
    if (!keys || keys.token !== headers['x-amz-security-token'])
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    checkSignature(asked, claim, keys.secretAccessKey, [Date.now()]);
    const caller = { actor: keys.instanceId, roleArn: keys.roleArn };
    const answered = await handleWireRequest(options.gateway, asked, caller, () => response.destroyed);
    response.writeHead(answered.statusCode, { ...answered.headers }).end(answered.body);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    response
      .writeHead(error.statusCode, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ __type: error.name, message: error.message }));
  }
}

/** Undefined: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
