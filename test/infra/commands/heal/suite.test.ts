// The AWS requests of `npm run chainmend` and its reading of the answers: real clients, whose requests this test answers.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from '@jest/globals';
import { RequestError, SuiteError } from '../../../../infra/commands/errors.ts';
import { awsSuite } from '../../../../infra/commands/heal/aws-suite.ts';
import { ASKING } from '../../../../infra/commands/heal/context.ts';
import { fleetNames } from '../../../../infra/commands/heal/target.ts';
import { repositoryRoot } from '../../../../infra/paths.ts';
import { toItem } from '../../../../shared/aws/attributes.ts';
import { WRITERS } from '../../../../shared/heal/records.ts';
import { keys } from '../../../../shared/heal/store.ts';
import { DEPLOYED, deployedOf } from '../../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';
import { bitcoin as FLEET_FILE } from '../../../fixtures/fleet-documents.ts';
import { YES } from '../../../fixtures/verbs.ts';

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
  return {
    requests,
    suite: awsSuite({
      lambda: new LambdaClient(config),
      dynamodb: new DynamoDBClient(config),
      ssm: new SSMClient(config),
      sts: new STSClient(config),
      secretsmanager: new SecretsManagerClient(config),
    }),
  };
}

const failing = (body: unknown) => () => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body });

describe('with CHAINMEND_NAME', () => {
  const named = (name: string, respond: Respond) => {
    const before = process.env['CHAINMEND_NAME'];
    process.env['CHAINMEND_NAME'] = name;
    const restore = (): void => {
      process.env['CHAINMEND_NAME'] = before ?? '';
    };
    return { ...suiteAnswering(respond), restore };
  };

  it('a request goes to the dispatcher, the table and the parameters of that suite', async () => {
    const { suite, requests, restore } = named('payments', ({ path }) => ({
      body: path.includes('functions') ? { incidentId: '7f3a0c1d', did: 'started' } : { Items: [], Parameters: [] },
    }));
    try {
      await suite.ask({ kind: 'undo', fleet: 'bitcoin', node: 'node2' }, YES);
      await suite.observed('bitcoin');
      await suite.settings();
      await suite.journal('bitcoin', 5, 'dispatch-heal');
    } finally {
      restore();
    }
    expect(requests[0]?.path).toBe('/2015-03-31/functions/payments-chainmend-dispatch-heal/invocations');
    const [observed, settings, journal] = requests.slice(1).map(({ body }) => body);
    expect(observed).toMatchObject({ TableName: 'payments-chainmend' });
    expect(settings).toMatchObject({ Path: '/payments-chainmend' });
    expect(journal).toMatchObject({ TableName: 'payments-chainmend' });
  });
});

describe('a request', () => {
  it('is an invocation of the dispatcher, whose answer says how it can be followed', async () => {
    const answer = { incidentId: '7f3a0c1d', did: 'started' };
    const { suite, requests } = suiteAnswering(() => ({ body: answer }));
    expect(await suite.ask({ kind: 'undo', fleet: 'bitcoin', node: 'node2' }, YES)).toEqual(answer);
    expect(requests[0]?.path).toBe('/2015-03-31/functions/chainmend-dispatch-heal/invocations');
    expect(requests[0]?.body).toEqual({ kind: 'undo', fleet: 'bitcoin', node: 'node2' });
  });

  it('without a yes is one for its plan alone, whatever it says', async () => {
    const { suite, requests } = suiteAnswering(() => ({ body: { incidentId: '7f3a0c1d', did: 'started' } }));
    await suite.ask({ kind: 'undo', fleet: 'bitcoin', node: 'node2', plan: false }, null);
    expect(requests[0]?.body).toMatchObject({ plan: true });
  });

  it('that the dispatcher does not understand is wrong use', async () => {
    const { suite } = suiteAnswering(failing({ errorType: 'EventError', errorMessage: 'event, field node: …' }));
    await expect(suite.ask({}, YES)).rejects.toThrow(RequestError);
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
    const asked = suiteAnswering(respond).suite.ask({}, YES);
    await expect(asked).rejects.toThrow(SuiteError);
    await expect(asked).rejects.toThrow(sentence);
  });
});

/** The partition of a query. */
const partitionOf = (body: unknown): string =>
  (body as { ExpressionAttributeValues: { ':pk': { S: string } } }).ExpressionAttributeValues[':pk'].S;

const itemOf = (pk: string, sk: string, more: object) => ({
  ...{ pk: { S: pk }, sk: { S: sk } },
  ...toItem({ at: '2026-01-01T12:00:01.000Z', kind: 'decision', sentence: sk, attempt: 1, ...more }),
});

describe('the story of an incident', () => {
  const incident = {
    fleet: 'bitcoin',
    instanceId: INSTANCE,
    trigger: 'request:undo',
    incidentId: '7f3a',
    onsetMs: NOON_MS,
  };
  const prefix = `2026-01-01T12:00:00.000Z#${INSTANCE}#7f3a#`;
  const line = (writer: string, attempt: number, place: string, at: string) =>
    itemOf(`JOURNAL#bitcoin#${writer}`, `${prefix}${String(attempt).padStart(4, '0')}#${place}`, { at, attempt });

  it('is read page by page, from the dispatcher’s lines and the heal’s, in the order in which it happened', async () => {
    const pages: Readonly<Record<string, readonly object[][]>> = {
      'JOURNAL#bitcoin#dispatch-heal': [[line('dispatch-heal', 2, '00-dispatch', '2026-01-01T12:05:00.000Z')]],
      'JOURNAL#bitcoin#replace-node': [
        [line('replace-node', 1, '010-b', '2026-01-01T12:00:02.000Z')],
        [line('replace-node', 1, '009-a', '2026-01-01T12:00:01.000Z')],
      ],
    };
    const { suite, requests } = suiteAnswering(({ body }) => {
      const pk = partitionOf(body);
      const [first = [], second] = pages[pk] ?? [];
      if ((body as { ExclusiveStartKey?: object }).ExclusiveStartKey) return { body: { Items: second } };
      const LastEvaluatedKey = { pk: { S: pk }, sk: { S: 'x' } };
      return { body: { Items: first, ...(second && { LastEvaluatedKey }) } };
    });
    const lines = await suite.story(incident);
    expect(lines.map(({ by, attempt, place }) => `${by} ${attempt} ${place}`)).toEqual([
      'replace-node 1 009-a',
      'replace-node 1 010-b',
      'dispatch-heal 2 00-dispatch',
    ]);
    // The command never reads what watch-fleet or rotate-peers may have written about it.
    expect(new Set(requests.map(({ body }) => partitionOf(body)))).toEqual(new Set(Object.keys(pages)));
    expect(requests[0]?.body).toMatchObject({
      TableName: 'chainmend',
      ExpressionAttributeValues: { ':story': { S: prefix } },
    });
  });
});

describe('the journal of a fleet', () => {
  it('has the lines of every function under the name of the partition that they stand in', async () => {
    const { suite, requests } = suiteAnswering(({ body }) => {
      const pk = partitionOf(body);
      if (pk !== 'JOURNAL#bitcoin#watch-fleet') return { body: { Items: [] } };
      const forged = {
        kind: 'outcome',
        sentence: 'healed',
        heal: 'replace-node',
        writer: 'replace-node',
        node: 'node2',
      };
      return { body: { Items: [itemOf(pk, 'a#b#c#1#place', forged)] } };
    });
    expect(await suite.journal('bitcoin', 10)).toMatchObject([
      { by: 'watch-fleet', sentence: 'healed', node: 'node2' },
    ]);
    expect(requests).toHaveLength(WRITERS.length);
    for (const { body } of requests) expect(body).toMatchObject({ Limit: 10, ScanIndexForward: false });
  });
});

describe('plans of a whole fleet that wait', () => {
  it('are looked for at every function that takes a yes to a plan of a whole fleet', () => {
    const functions = globSync('functions/*/event.ts', { cwd: repositoryRoot }).filter((file) =>
      readFileSync(join(repositoryRoot, file), 'utf8').includes('approveEvent'),
    );
    expect(functions.map((file) => file.split('/')[1]).sort()).toEqual([...ASKING].sort());
  });

  it.each([
    ['register-nodes', keys.register],
    ['rotate-peers', keys.rotation],
    ['prune-retired', keys.prune],
    ['seed-groups', keys.seeds],
    ['seed-groups', keys.boost],
  ] as const)('are found in the records of %s, with what it says of them itself', async (by, keyOf) => {
    const notifications = [{ code: 'approval-wanted', subject: '0123456789ab', sinceMs: NOON_MS }];
    const fleet = JSON.stringify(FLEET_FILE);
    const { suite, requests } = suiteAnswering(({ body, headers }) => {
      if (headers['x-amz-target']?.endsWith('GetParametersByPath'))
        return {
          body: {
            Parameters: [
              { Name: '/chainmend/fleets/bitcoin', Value: fleet },
              { Name: DEPLOYED, Value: deployedOf(FLEET_FILE) },
            ],
          },
        };
      const { Key } = body as { Key?: { pk: { S: string } } };
      if (Key)
        return {
          body: isDeepStrictEqual(Key, toItem(keyOf('bitcoin')))
            ? { Item: { ...Key, ...toItem({ notifications }) } }
            : {},
        };
      const page = { kind: 'page', sentence: 'bitcoin: plan 0123456789ab changes the peers of 3 nodes' };
      return { body: { Items: [itemOf(partitionOf(body), 'x#y#z#1#p', page)] } };
    });
    expect(await suite.asks('bitcoin')).toEqual([
      {
        ...{ fleet: 'bitcoin', by, plan: '0123456789ab' },
        sentence: 'bitcoin: plan 0123456789ab changes the peers of 3 nodes',
        ...{ sinceMs: NOON_MS, untilMs: NOON_MS + 4 * 60 * 60_000 },
      },
    ]);
    const queries = requests.filter(({ headers }) => headers['x-amz-target']?.endsWith('Query'));
    expect(queries.map(({ body }) => partitionOf(body))).toEqual([`JOURNAL#bitcoin#${by}`]);
    expect(fleetNames(await suite.settings())).toEqual(['bitcoin']);
  });

  it('are approved by invoking the function that has asked', async () => {
    const refusals = ['approval-expired: plan 0123456789ab is not carried out'];
    const { suite, requests } = suiteAnswering(() => ({ body: [{ fleet: 'bitcoin', refusals }] }));
    const ask = { fleet: 'bitcoin', by: 'register-nodes', plan: '0123456789ab', sentence: '' } as const;
    expect(await suite.approvePlan({ ...ask, sinceMs: 0, untilMs: 0 }, 'arn:ada', YES)).toEqual({ refusals });
    expect(requests[0]?.path).toContain('/functions/chainmend-register-nodes/');
    expect(requests[0]?.body).toEqual({ kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab', by: 'arn:ada' });
  });
});

describe('another number of nodes', () => {
  it('is asked of the function that brings groups there', async () => {
    const summary = { fleet: 'bitcoin', done: [], left: ['4 → 6 nodes'], plan: '0123456789ab', refusals: [] };
    const { suite, requests } = suiteAnswering(() => ({ body: [summary] }));
    const asked = { fleet: 'bitcoin', nodes: 6 };
    const begun = { plan: '0123456789ab', by: 'arn:ada' };
    expect(await suite.scale(asked, { ...begun, yes: YES })).toEqual(summary);
    expect(requests[0]?.path).toContain('/functions/chainmend-seed-groups/');
    expect(requests[0]?.body).toEqual({ kind: 'scale', ...asked, ...begun });
  });

  it('that nobody answers is a failure of the suite', async () => {
    const { suite } = suiteAnswering(() => ({ body: [] }));
    await expect(suite.scale({ fleet: 'bitcoin', nodes: 6 })).rejects.toThrow('answered nothing');
  });
});

describe('an answer', () => {
  it('is sent to the very callback that asked', async () => {
    const { suite, requests } = suiteAnswering(() => ({ body: {} }));
    expect(await suite.answer('cb/1', { approve: true, plan: 'abc' }, YES)).toBe('sent');
    expect(requests[0]?.path).toContain('cb%2F1');
    expect(requests[0]?.body).toEqual({ approve: true, plan: 'abc' });
  });

  it('that comes too late is told as that, and any other failure as itself', async () => {
    const failing = (type: string) =>
      suiteAnswering(() => ({
        status: 400,
        headers: { 'x-amzn-errortype': type },
        body: { Type: 'User', message: 'no' },
      }));
    expect(await failing('CallbackTimeoutException').suite.answer('cb', {}, YES)).toBe('closed');
    await expect(failing('InvalidParameterValueException').suite.answer('cb', {}, YES)).rejects.toThrow(
      'the answer: InvalidParameterValueException: no',
    );
  });

  it('needs no name where STS does not tell one', async () => {
    const { suite } = suiteAnswering(() => ({ status: 403, headers: {}, body: {} }));
    expect(await suite.caller()).toBeUndefined();
  });
});

describe('public keys', () => {
  const absent = { status: 400, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: {} };
  const tagged = (key: string) => ({ body: { Tags: [{ Key: 'chainmend:network-node-key', Value: key }] } });
  const secretOf = ({ body }: { readonly body?: unknown }) => (body as { readonly SecretId: string }).SecretId;

  it('are read from tags alone, also where one node has none', async () => {
    const { suite, requests } = suiteAnswering((request) =>
      secretOf(request).endsWith('/later') ? absent : tagged(secretOf(request)),
    );
    const keys = await suite.publicKeys('clique', ['sealer1', 'later', 'client1']);
    expect([...keys]).toEqual([
      ['sealer1', 'chainmend/networks/clique/sealer1'],
      ['client1', 'chainmend/networks/clique/client1'],
    ]);
    for (const { headers } of requests) expect(headers['x-amz-target']).toBe('secretsmanager.DescribeSecret');
  });

  it('are none of a fleet that is no network, of which one secret is looked for', async () => {
    const { suite, requests } = suiteAnswering(() => absent);
    expect(await suite.publicKeys('bitcoin', ['node1', 'node2'])).toEqual(new Map());
    expect(requests).toHaveLength(1);
  });

  it('that AWS does not tell are an error', async () => {
    const { suite } = suiteAnswering(() => ({ status: 500, headers: {}, body: {} }));
    await expect(suite.publicKeys('clique', ['sealer1'])).rejects.toThrow('the public keys');
  });
});
