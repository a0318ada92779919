// Lets an unmodified SDK client speak to a region without a socket: its HTTP requests enter the gateway directly.
import type { Caller, Gateway } from '../../local/simulator/gateway/gateway.ts';
import { handleWireRequest } from '../../local/simulator/gateway/http.ts';

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export function inProcessHandler(gateway: Gateway, caller: Caller = { actor: 'person' }) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, path, query, headers, body }: HttpRequest) {
      const parameters = new URLSearchParams();
      for (const [name, value] of Object.entries(query ?? {})) {
        for (const item of Array.isArray(value) ? value : [value ?? '']) parameters.append(name, item);
      }
      const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      const answer = await handleWireRequest(
        gateway,
        {
          method,
          path: parameters.size > 0 ? `${path}?${parameters}` : path,
          headers: lowerCase,
          body: typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array()),
        },
        caller,
      );
      const bytes = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
      return { response: { statusCode: answer.statusCode, headers: answer.headers, body: bytes } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
}
