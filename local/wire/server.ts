// The region behind a socket, on the loopback interface only: for the AWS CLI, SDKs of any language, and real nodes.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Caller } from '../region/front.ts';
import { BODY_BYTES_MAX, type Door, enter, scopeOf } from './door.ts';
import type { WireRequest } from './message.ts';

export interface WireServer {
  /** For AWS_ENDPOINT_URL: "http://127.0.0.1:41231". */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a region on 127.0.0.1. Requests are answered in virtual time: the clock has to follow wall time, or be run.
 * @param identify who signs with this access key; a person unless told otherwise
 * @param nowMs of the region's clock, for the Date of each answer: by it the SDKs correct their own
 */
export async function listen(
  front: Door,
  identify: (accessKeyId: string) => Caller = () => ({ actor: 'person' }),
  nowMs: () => number = Date.now,
): Promise<WireServer> {
  const server = createServer((message, response) => {
    response.setHeader('date', new Date(nowMs()).toUTCString());
    answer(front, identify, message, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  front: Door,
  identify: (accessKeyId: string) => Caller,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readAll(message);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const request: WireRequest = { method: message.method ?? 'POST', path: message.url ?? '/', headers, body };
  const caller = identify(scopeOf(request)?.accessKeyId ?? '');
  const answered = await enter(front, request, caller, () => response.destroyed);
  const content = typeof answered.body === 'string' ? Buffer.from(answered.body) : answered.body;
  response.writeHead(answered.statusCode, { ...answered.headers, 'content-length': String(content.length) });
  response.end(message.method === 'HEAD' ? undefined : content);
}

async function readAll(message: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
