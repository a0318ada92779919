import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type HttpHost,
  Network,
  type NetworkLocation,
  whenAnswered,
} from '../../../local/simulator/network/network.ts';
import type { NetworkRan, NetworkRun } from '../../fixtures/jobs/network.ts';
import { runJob } from '../../fixtures/jobs.ts';
import type { Step } from '../../fixtures/network-guest.ts';

const ask = (url: string, more: Partial<Step & { do: 'ask' }> = {}): Step => ({ do: 'ask', url, ...more });
const invoke = (steps: readonly unknown[], functionName = 'callee'): Step => ({
  do: 'invoke',
  functionName,
  payload: { steps },
});
const sleep = (ms: number): Step => ({ do: 'sleep', ms });

const NAMES_OF_NODES = {
  private: {
    'node1.bitcoin.internal': '10.0.0.11',
    'node2.bitcoin.internal': '10.0.0.12',
    'gone.bitcoin.internal': '10.0.0.99',
  },
  public: { 'node1.bitcoin.example': '10.0.0.11' },
} as const;
const NODE = 'http://10.0.0.11:8332';
const PATIENT = { timeoutMs: 60_000, maximumBytes: 1_000_000 };

const RUNS = {
  'a node of its VPC': {
    by: 'inside',
    steps: [
      ask(NODE, { credentials: { kind: 'bearer', token: 'secret' } }),
      ask(`${NODE}/key`, { request: { method: 'POST', path: '', body: '[1]', expects: 'json' } }),
      ask(NODE, { request: { path: '/missing' } }),
      ask('https://10.0.0.11'),
      ask('http://10.0.0.16', { limits: PATIENT }),
    ],
  },
  'nodes by their names': {
    by: 'inside',
    names: NAMES_OF_NODES,
    steps: [
      ask('http://node1.bitcoin.internal:8332'),
      ask('http://NODE1.bitcoin.internal:8332'),
      ask('http://node1.bitcoin.example:8332'),
      ask('http://node2.bitcoin.internal:8332'),
      ask('http://gone.bitcoin.internal:8332'),
      ask('http://node9.bitcoin.internal:8332'),
      ask('http://a..bitcoin.internal:8332'),
    ],
  },
  'nodes by their names, from the internet': {
    by: 'outside',
    names: NAMES_OF_NODES,
    steps: [
      ask('http://node1.bitcoin.internal:8332'),
      ask('http://node1.bitcoin.example:8332'),
      ask('https://reference.example'),
    ],
  },
  'hosts that do not answer': {
    by: 'inside',
    steps: [
      ask('http://10.0.0.12:8332'),
      ask('http://10.0.0.99:8332'),
      ask('http://nobody.example'),
      ask('http://localhost:8332'),
      ask('http://10.0.0.13:8332'),
      ask('http://10.0.0.15:8332'),
      ask('http://10.0.0.15:8332', { limits: PATIENT }),
    ],
  },
  'answers of 10 MB': {
    by: 'inside',
    steps: [ask('http://10.0.0.14'), ask('http://10.0.0.14', { request: { path: '/announced' } })],
  },
  'what cannot be sent': { by: 'inside', steps: [ask(NODE, { request: { path: '/a path' } })] },
  'the internet, from the internet': { by: 'outside', steps: [ask('https://reference.example'), ask(NODE)] },
  'the internet and another VPC, from a VPC': {
    by: 'inside',
    steps: [ask('https://reference.example'), ask('http://10.9.0.11')],
  },
  'AWS, from a VPC with an endpoint for SSM': {
    by: 'inside',
    endpoints: ['ssm'],
    steps: [{ do: 'parameter', name: '/fleet' }, invoke([])],
  },
  'much at one instant': {
    by: 'inside',
    endpoints: ['ssm'],
    steps: [
      [ask(NODE, { request: { path: '/c' } }), ask(NODE, { request: { path: '/a' } })],
      [ask(NODE), { do: 'parameter', name: '/fleet' }, ask(NODE, { request: { path: '/b' } }), sleep(30)],
    ],
  },
  'a node, and is killed before it answers': {
    by: 'inside',
    killAfterMs: 2000,
    steps: [ask(NODE), ask('http://10.0.0.15', { limits: PATIENT })],
  },
  'a node that refuses, and listens to no error': {
    by: 'inside',
    steps: [{ do: 'get-url', url: 'http://10.0.0.12' }],
  },
  'another function': {
    by: 'outside',
    steps: [invoke([sleep(1000)]), invoke([sleep(1000)]), [invoke([sleep(1000)]), invoke([sleep(1001)])]],
  },
  'a function that fails': {
    by: 'outside',
    steps: [
      invoke([{ do: 'throw', message: 'no table' }]),
      invoke([sleep(6000)]),
      invoke([{ do: 'bytes', count: 6 * 1024 * 1024 + 100 }]),
    ],
  },
  'a function that may not or cannot be asked': {
    by: 'outside',
    steps: [
      invoke([], 'outside'),
      invoke([], 'nobody'),
      { do: 'invoke', functionName: 'callee', bytes: 6 * 1024 * 1024 + 1 },
    ],
  },
  'a function that is busy': { by: 'outside', reserved: { callee: 0 }, steps: [invoke([])] },
} as const satisfies Readonly<Record<string, Omit<NetworkRun, 'lane'>>>;

type Name = keyof typeof RUNS;
const NAMES = Object.keys(RUNS) as Name[];
const plan = (lane: NetworkRun['lane']): NetworkRun[] => NAMES.map((name) => ({ ...RUNS[name], lane }));

let fidelity: NetworkRan[];
let again: NetworkRan[];
let sweep: NetworkRan[];

beforeAll(async () => {
  [fidelity, sweep] = await Promise.all([runJob('network', plan('fidelity')), runJob('network', plan('sweep'))]);
  again = await runJob('network', plan('fidelity').slice(0, 3));
}, 120_000);

function ran(name: Name): NetworkRan {
  const result = fidelity[NAMES.indexOf(name)];
  if (result === undefined) throw new Error(`${name} did not run`);
  return result;
}

/** The results of its steps, with the virtual time of each. */
const steps = (name: Name): [number, unknown][] => {
  const { payload } = ran(name);
  if (!Array.isArray(payload)) throw new Error(`${name}: ${JSON.stringify(payload)}`);
  return payload.map(({ tookMs, seen }) => [tookMs, seen]);
};
const answered = (body: unknown, status = 200) => expect.objectContaining({ kind: 'answered', status, body });
const failed = (code: string, reason: string) => ({ kind: 'failed', code, reason: expect.stringContaining(reason) });

describe('A function that asks a host outside of AWS', () => {
  it('does and sees the same in both lanes, and to the byte with the same seed', () => {
    expect(sweep).toEqual(fidelity);
    expect(again).toEqual(fidelity.slice(0, 3));
    expect(new Set(fidelity.map(({ traceHash }) => traceHash)).size).toBe(fidelity.length);
  });

  it('gets what a node of its VPC answers, after the time that the node takes and no other', () => {
    expect(steps('a node of its VPC')).toEqual([
      [30, answered(expect.objectContaining({ nth: 1, port: 8332, path: '/status', authorization: 'Bearer secret' }))],
      [30, answered(expect.objectContaining({ method: 'POST', path: '/key', body: '[1]', 'content-length': '3' }))],
      [30, answered(expect.objectContaining({ path: '/missing' }), 404)],
      [30, answered(expect.objectContaining({ port: 443, host: '10.0.0.11' }))],
      [0, answered('é'.repeat(200_000))],
    ]);
  });

  it('finds the nodes of its VPC by their names in its private zone, and by public names of private addresses', () => {
    const host = (name: string) => [30, answered(expect.objectContaining({ host: `${name}:8332`, port: 8332 }))];
    expect(steps('nodes by their names')).toEqual([
      host('node1.bitcoin.internal'),
      host('node1.bitcoin.internal'),
      host('node1.bitcoin.example'),
      [0, failed('unreachable', 'refuses connections')],
      [0, failed('unreachable', 'no route')],
      [0, failed('unreachable', 'a name that does not exist')],
      [0, failed('unreachable', 'a name that does not exist')],
    ]);
  });

  it('knows no private name on the internet, and a public name of a private address leads nowhere', () => {
    expect(steps('nodes by their names, from the internet')).toEqual([
      [0, failed('unreachable', 'a name that does not exist')],
      [4000, failed('slow', 'did not answer')],
      [30, answered(expect.anything())],
    ]);
  });

  it('learns why there is no answer, and waits as long as it wants to where there is none', () => {
    expect(steps('hosts that do not answer')).toEqual([
      [0, failed('unreachable', 'refuses connections')],
      [0, failed('unreachable', 'no route')],
      [0, failed('unreachable', 'a name that does not exist')],
      [0, failed('unreachable', 'refuses connections')],
      [4000, failed('slow', 'did not answer within 4 s')],
      [4000, failed('slow', 'did not answer within 4 s')],
      [20_000, answered({})],
    ]);
  });

  it('is not drowned by one that answers 10 MB, whether it says so before or not', () => {
    const tooLarge = [70, failed('too-large', 'more than 524288 bytes')];
    expect(steps('answers of 10 MB')).toEqual([tooLarge, tooLarge]);
  });

  it('is refused by its own HTTP client what that cannot send', () => {
    expect(steps('what cannot be sent')).toEqual([[0, failed('misconfigured', 'ERR_UNESCAPED_CHARACTERS')]]);
  });

  it('reaches the internet and no VPC, unless it is in one: then that one, and nothing else', () => {
    const silence = [4000, failed('slow', 'did not answer')];
    expect(steps('the internet, from the internet')).toEqual([[30, answered(expect.anything())], silence]);
    expect(steps('the internet and another VPC, from a VPC')).toEqual([silence, silence]);
  });

  it('reaches from its VPC the services of AWS that have an endpoint there; the others do not even connect', () => {
    const [parameter, invoked] = steps('AWS, from a VPC with an endpoint for SSM');
    expect(parameter).toEqual([50, 'bitcoin']);
    expect(invoked?.[1]).toMatchObject({
      error: 'TimeoutError',
      message: expect.stringContaining(
        'did not establish a connection with the server within the configured timeout of',
      ),
      attempts: 4,
    });
    const { calls } = ran('AWS, from a VPC with an endpoint for SSM');
    expect(calls.filter((call) => call.startsWith('inside/'))).toEqual(['inside/1 GetParameter ok']);
  });

  it('is heard in one order when it asks for much at one instant', () => {
    const heard = steps('much at one instant').map(([, seen]) => (seen as { body?: { nth: number } })?.body?.nth);
    expect(heard).toEqual([2, 1, 4, undefined, 3, undefined]);
  });

  it('hears no answer any more once it was killed', () => {
    const { functionError, payload, log } = ran('a node, and is killed before it answers');
    expect([functionError, payload]).toEqual([
      'Unhandled',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: signal: killed$/),
      },
    ]);
    expect(log.filter((line) => line.includes('ask after'))).toHaveLength(1);
  });

  it('ends by an error that it does not listen to, as on Lambda', () => {
    const { functionError, payload } = ran('a node that refuses, and listens to no error');
    expect([functionError, payload]).toMatchObject([
      'Unhandled',
      { errorMessage: 'connect ECONNREFUSED 10.0.0.12:80' },
    ]);
  });
});

describe('A network', () => {
  const vpc = { vpcId: 'vpc-1' };
  const request = { method: 'GET', path: '/', headers: {}, body: new Uint8Array() };
  const says =
    (body: string): HttpHost =>
    () => ({ kind: 'response', statusCode: 200, body, afterMs: 1 });

  it('has the names that its resolver knows where the sender stands, before those that hosts are attached by', () => {
    const network = new Network();
    network.attach('10.0.0.11', vpc, says('node'));
    network.attach('reference.example', 'internet', says('reference'));
    const asked: string[] = [];
    network.resolveWith((name, from) => {
      asked.push(name);
      return from === 'internet' ? undefined : '10.0.0.11';
    });
    const told = (from: NetworkLocation, address: string): string => {
      let heard = '';
      whenAnswered(network.request(from, address, 80, request), (answer) => {
        heard = answer.kind === 'response' ? String(answer.body) : answer.kind;
      });
      return heard;
    };
    expect(told(vpc, 'node1.bitcoin.internal')).toBe('node');
    expect(told(vpc, 'reference.example')).toBe('node');
    expect(told('internet', 'reference.example')).toBe('reference');
    expect(told('internet', 'node1.bitcoin.internal')).toBe('no-name');
    expect(asked).toHaveLength(4);
    expect([told(vpc, '10.0.0.11'), told(vpc, '::2'), told(vpc, 'localhost')]).toEqual(['node', 'no-route', 'refused']);
    expect(asked).toHaveLength(4);
  });
});

describe('A function that invokes another and waits', () => {
  const told = (name: Name): unknown[] => steps(name).map(([, seen]) => seen);
  const error = (name: string, message: string, attempts = 1) => ({
    error: name,
    message: expect.stringContaining(message),
    attempts,
  });

  it('waits for a cold start the first time, and each of two at a time has a sandbox of its own', () => {
    const answer = (tookMs: number) => ({ StatusCode: 200, ExecutedVersion: '$LATEST', payload: [{ tookMs }] });
    expect(steps('another function')).toEqual([
      [1500, answer(1000)],
      [1000, answer(1000)],
      [1000, answer(1000)],
      [1501, answer(1001)],
    ]);
    const { log } = ran('another function');
    expect(log.filter((line) => line.includes(' callee/')).map((line) => line.split(' ')[1])).toEqual([
      'callee/1',
      'callee/1',
      'callee/1',
      'callee/2',
    ]);
  });

  it('is told of its error, its time-out and its too large answer in the payload', () => {
    const unhandled = (payload: object) => ({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      FunctionError: 'Unhandled',
      payload,
    });
    expect(told('a function that fails')).toEqual([
      unhandled({ errorType: 'RangeError', errorMessage: 'no table', trace: [] }),
      unhandled({
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 5.00 seconds$/),
      }),
      unhandled({
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      }),
    ]);
    expect(steps('a function that fails')[1]?.[0]).toBe(5000);
  });

  it('is refused what its role may not ask, what does not exist, and more than 6 MB', () => {
    expect(told('a function that may not or cannot be asked')).toEqual([
      error('AccessDeniedException', 'not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda'),
      error('AccessDeniedException', 'function:nobody'),
      error('RequestEntityTooLargeException', 'Request must be smaller than 6291456 bytes for the InvokeFunction'),
    ]);
  });

  it('is throttled when it has no room, and its own client tries again', () => {
    expect(told('a function that is busy')).toEqual([error('TooManyRequestsException', 'Rate Exceeded.', 4)]);
  });
});
