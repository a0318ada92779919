// A request from a function in the VPC to a real machine: over its real network, with Node's own HTTP client.
import http from 'node:http';
import type { HttpAnswer, HttpRequest, RealHost } from '../../../../local/simulator/network/network.ts';

/** Longer than any of the product's own limits: those end a request first. */
const SILENT_AFTER_MS = 60_000;
const BODY_BYTES_MAX = 16 * 2 ** 20;

export const realHost =
  (address: string): RealHost =>
  (port, request) =>
    ask(address, port, request);

function ask(host: string, port: number, { method, path, headers, body }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const asked = http.request({ host, port, method, path, headers, agent: false, timeout: SILENT_AFTER_MS });
    asked.once('timeout', () => {
      resolve({ kind: 'silent' });
      asked.destroy();
    });
    asked.once('error', (error: NodeJS.ErrnoException) => resolve({ kind: KINDS[error.code ?? ''] ?? 'silent' }));
    asked.once('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > BODY_BYTES_MAX) response.destroy(new Error(`more than ${BODY_BYTES_MAX} bytes`));
        else parts.push(part);
      });
      response.once('error', () => resolve({ kind: 'silent' }));
      response.once('end', () =>
        resolve({
          kind: 'response',
          statusCode: response.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(parts),
          // The real request has already taken its time.
          afterMs: 0,
        }),
      );
    });
    asked.end(body);
  });
}

const KINDS: Readonly<Record<string, 'refused' | 'no-route'>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
};
