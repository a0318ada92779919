// Posts one message to a webhook over HTTPS, bounded in time. It never throws. Redirects are not followed, and what is answered is not read: an error page may
// quote the address, which is a secret.
import * as https from 'node:https';
import { isPublicAddress } from './addresses.ts';

export type Posted =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'refused';
      /** Names the host and nothing else of the address. */
      readonly reason: string;
      /** Whether the same message could be taken a little later. */
      readonly mayPass: boolean;
    };

/** @param timeoutMs from the first packet to the status of the answer */
export function post(url: URL, body: string, timeoutMs: number): Promise<Posted> {
  const { host } = url;
  return new Promise((resolve) => {
    let sent: ReturnType<typeof https.request> | undefined;
    const deadline = setTimeout(
      () => finish(refused(`${host} did not answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    // May be called several times: a connection that is torn down reports it once more.
    function finish(posted: Posted): void {
      clearTimeout(deadline);
      resolve(posted);
      sent?.destroy();
    }
    try {
      sent = https.request(
        {
          ...{ protocol: 'https:', hostname: url.hostname.replace(/^\[|\]$/g, ''), method: 'POST', agent: false },
          port: url.port === '' ? undefined : Number(url.port),
          path: url.pathname + url.search,
          headers: {
            ...{ 'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(body)) },
            connection: 'close',
          },
        },
        ({ statusCode = 0 }) => finish(postedBy(statusCode, host)),
      );
      // "Emitted after resolving the host name but before connecting" ("Event: 'lookup'", net.Socket, Node.js).
      sent.on('socket', (socket) =>
        socket.on('lookup', (_error, address) => {
          if (address && !isPublicAddress(address))
            finish(refused(`${host} leads to an address that is not on the internet`, false));
        }),
      );
      sent.on('error', (error) => finish(refused(`${host} cannot be reached (${codeOf(error)})`)));
      sent.end(body);
    } catch (error) {
      // A path with characters that HTTP does not allow.
      finish(refused(`${host} cannot be asked (${codeOf(error)})`, false));
    }
  });
}

const refused = (reason: string, mayPass = true): Posted => ({ kind: 'refused', reason, mayPass });

/** What the status of an answer says. */
export function postedBy(status: number, host: string): Posted {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 300 && status < 400)
    return refused(`${host} points elsewhere (HTTP ${status}); redirects are not followed`, false);
  if (status === 408 || status === 429 || status >= 500) return refused(`${host} answers HTTP ${status}`);
  return refused(`${host} does not take the message (HTTP ${status}): was the webhook removed?`, false);
}

/** The code alone: messages of the system may quote an address. */
function codeOf(error: unknown): string {
  // Not by instanceof: where a function runs in its own context, errors of Node come from another one.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no reason given';
}
