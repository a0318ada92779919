// A function that asks nodes over HTTP as the suite's own do, calls AWS beside it, and tells what came of it and when.
import { get } from 'node:http';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import type { ChainRequest } from '../../shared/chains/client.ts';
import { type Credentials, type FetchLimits, httpFetcher } from '../../shared/chains/fetch.ts';

export { awsClients };

export type Step =
  | {
      readonly do: 'ask';
      readonly url: string;
      readonly request?: Partial<ChainRequest>;
      readonly limits?: FetchLimits;
      readonly credentials?: Credentials;
    }
  | { readonly do: 'invoke'; readonly functionName: string; readonly payload?: unknown; readonly bytes?: number }
  | { readonly do: 'parameter'; readonly name: string }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'throw'; readonly message: string }
  | { readonly do: 'bytes'; readonly count: number }
  /** With `http.get`, and nobody who listens for errors. */
  | { readonly do: 'get-url'; readonly url: string };

export interface GuestEvent {
  /** One after the other; those of an inner list together. */
  readonly steps: readonly (Step | readonly Step[])[];
}

export interface Seen {
  readonly tookMs: number;
  readonly seen: unknown;
}

export function createHandler({ clients }: { readonly clients: Clients }) {
  const take = async (step: Step): Promise<unknown> => {
    switch (step.do) {
      case 'ask': {
        const { url, limits, credentials, request } = step;
        const ask = httpFetcher({ url, ...(credentials && { credentials }) }, limits);
        return ask({ method: 'GET', path: '/status', expects: 'json', ...request });
      }
      case 'invoke': {
        const { functionName: FunctionName, payload, bytes } = step;
        const Payload = bytes === undefined ? JSON.stringify(payload ?? {}) : JSON.stringify('x'.repeat(bytes - 2));
        const answer = await clients.lambda.send(new InvokeCommand({ FunctionName, Payload }));
        const { FunctionError, StatusCode, ExecutedVersion } = answer;
        const text = answer.Payload?.transformToString() ?? '';
        return { StatusCode, ExecutedVersion, FunctionError, payload: JSON.parse(text) };
      }
      case 'parameter':
        return (await clients.ssm.send(new GetParameterCommand({ Name: step.name }))).Parameter?.Value;
      case 'sleep':
        return new Promise((resolve) => setTimeout(resolve, step.ms));
      case 'throw':
        throw new RangeError(step.message);
      case 'bytes':
        return 'x'.repeat(step.count);
      case 'get-url':
        return new Promise((resolve) => get(step.url, ({ statusCode }) => resolve(statusCode)));
    }
  };
  const timed = async (step: Step): Promise<Seen> => {
    const startMs = Date.now();
    if (step.do === 'throw') await take(step);
    const seen = await take(step).catch((error: Error & { $metadata?: { attempts?: number } }) => ({
      error: error.name,
      message: error.message,
      attempts: error.$metadata?.attempts,
    }));
    console.log(`${step.do} after ${Date.now() - startMs} ms`);
    return { tookMs: Date.now() - startMs, seen };
  };
  return async ({ steps }: GuestEvent): Promise<Seen[]> => {
    const all: Seen[] = [];
    for (const step of steps) all.push(...(await Promise.all([step].flat().map((one) => timed(one as Step)))));
    return all;
  };
}

export const handler = createHandler({ clients: awsClients() });
