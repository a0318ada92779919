// What `npm run heal` asks of AWS and makes of its answers: real clients, whose requests are answered here.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from '@jest/globals';
import { awsSuite } from '../../infra/heal-commands/aws-suite.ts';
import { RequestError, SuiteError } from '../../infra/heal-commands/desk.ts';
import { toItem } from '../../shared/aws/attributes.ts';
import { INSTANCE, NOON_MS } from '../support/heal-facts.ts';

interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Respond = (request: Request) => {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
};

function suiteAnswering(respond: Respond) {
  const requests: Request[] = [];
  const requestHandler = {
    handle: async ({ path, headers, body }: { path: string; headers: Record<string, string>; body?: Uint8Array }) => {
      const text = body === undefined ? '' : typeof body === 'string' ? body : new TextDecoder().decode(body);
      const request = { path, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      requests.push(request);
      const { status = 200, headers: more = {}, body: answer } = respond(request);
      return {
        response: { statusCode: status, headers: more, body: new TextEncoder().encode(JSON.stringify(answer)) },
      };
    },
  };
  const config = {
    ...{ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 },
    requestHandler: requestHandler as never,
  };
  return { requests, suite: awsSuite(new LambdaClient(config), new DynamoDBClient(config)) };
}

const failing = (body: unknown) => () => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body });

describe('a request', () => {
  it('is an invocation of the dispatcher, whose answer says how it can be followed', async () => {
    const answer = { incidentId: '7f3a0c1d', did: 'started' };
    const { suite, requests } = suiteAnswering(() => ({ body: answer }));
    expect(await suite.ask({ kind: 'undo', fleet: 'bitcoin', node: 'node2' })).toEqual(answer);
    expect(requests[0]?.path).toBe('/2015-03-31/functions/chainmend-dispatch-heal/invocations');
    expect(requests[0]?.body).toEqual({ kind: 'undo', fleet: 'bitcoin', node: 'node2' });
  });

  it('that the dispatcher does not understand is wrong use', async () => {
    const { suite } = suiteAnswering(failing({ errorType: 'EventError', errorMessage: 'event, field node: …' }));
    await expect(suite.ask({})).rejects.toThrow(RequestError);
  });

  it.each<[string, Respond, string]>([
    ['fails', failing({ errorMessage: 'boom' }), 'chainmend-dispatch-heal failed: boom'],
    ['meets an older stack', () => ({ body: null }), 'may be older than this checkout'],
    [
      'is not allowed',
      () => ({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: { message: 'no' } }),
      'chainmend-dispatch-heal: AccessDeniedException: no',
    ],
  ])('that %s is told in one sentence', async (_, respond, sentence) => {
    const asked = suiteAnswering(respond).suite.ask({});
    await expect(asked).rejects.toThrow(SuiteError);
    await expect(asked).rejects.toThrow(sentence);
  });
});

describe('the story of an incident', () => {
  const incident = {
    fleet: 'bitcoin',
    instanceId: INSTANCE,
    trouble: 'request:undo',
    incidentId: '7f3a',
    onsetMs: NOON_MS,
  };
  const prefix = `2026-01-01T12:00:00.000Z#${INSTANCE}#7f3a#`;
  const item = (attempt: number, place: string, at: string) => ({
    ...{ pk: { S: 'JOURNAL#bitcoin' }, sk: { S: `${prefix}${String(attempt).padStart(4, '0')}#${place}` } },
    ...toItem({ at, kind: 'decision', sentence: place, attempt, code: undefined }),
  });

  it('is read page by page, by its incident alone, in the order in which it happened', async () => {
    const pages = [
      [item(1, '010-b', '2026-01-01T12:00:02.000Z'), item(2, '00-dispatch', '2026-01-01T12:05:00.000Z')],
      [item(1, '00-dispatch', '2026-01-01T12:00:01.000Z')],
    ];
    const { suite, requests } = suiteAnswering(({ body }) => {
      const second = (body as { ExclusiveStartKey?: object }).ExclusiveStartKey !== undefined;
      const key = { pk: { S: 'JOURNAL#bitcoin' }, sk: { S: 'x' } };
      return { body: { Items: pages[second ? 1 : 0], ...(!second && { LastEvaluatedKey: key }) } };
    });
    const lines = await suite.story(incident);
    expect(lines.map(({ attempt, place }) => `${attempt} ${place}`)).toEqual([
      '1 00-dispatch',
      '1 010-b',
      '2 00-dispatch',
    ]);
    expect(requests[0]?.body).toMatchObject({
      TableName: 'chainmend',
      ExpressionAttributeValues: { ':pk': { S: 'JOURNAL#bitcoin' }, ':story': { S: prefix } },
    });
  });
});

describe('a yes', () => {
  it('is sent to the very callback that asked, with the plan that it is to', async () => {
    const { suite, requests } = suiteAnswering(() => ({ body: {} }));
    await suite.approve('cb/1', 'abc');
    expect(requests[0]?.path).toContain('cb%2F1');
    expect(requests[0]?.body).toEqual({ approve: true, plan: 'abc' });
  });
});
