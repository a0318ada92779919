// The rounds of functions that look after fleets while EC2 throttles: they wait, and a person who has asked is told at once.

import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHandler as createPrune } from '../../functions/prune-retired/handler.ts';
import { createHandler as createSeed } from '../../functions/seed-groups/handler.ts';
import { bitcoinFile, DEPLOYED, deployedOf } from '../fixtures/builders/fleet.ts';

const FILE = bitcoinFile({ asg: { seed: 'newest-good', identityFree: true } });
const PARAMETERS = {
  '/chainmend/pause': 'off',
  '/chainmend/fleets/bitcoin': JSON.stringify(FILE),
  [DEPLOYED]: deployedOf(FILE),
};
const HANDLERS = { 'prune-retired': createPrune, 'seed-groups': createSeed };

type Answers = Readonly<Record<string, (input: Record<string, unknown>) => object>>;
const answering = (answers: Answers) => ({
  send: async ({
    constructor: { name },
    input,
  }: {
    readonly constructor: { readonly name: string };
    readonly input: never;
  }) => {
    const answer = answers[name.replace(/Command$/, '')];
    if (!answer) throw new Error(`${name} was not expected`);
    return answer(input);
  },
});

const VARIABLES = {
  TABLE_NAME: 'chainmend',
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend',
  PARAMETER_PREFIX: '/chainmend',
  DOCUMENTS: 'chainmend-fence-0a1b2c3d',
};
const before = { ...process.env };
beforeEach(() => {
  Object.assign(process.env, VARIABLES);
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => {});
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  process.env = before;
});

/** How often EC2 was asked for nodes, and what the function has thrown. @param times so often EC2 throttles */
async function round(name: keyof typeof HANDLERS, event: object, times: number) {
  let asked = 0;
  const throttled = () => Object.assign(new Error('Request limit exceeded.'), { name: 'RequestLimitExceeded' });
  const ec2 = answering({
    DescribeInstances: () => {
      if (++asked <= times) throw throttled();
      return { Reservations: [] };
    },
    DescribeVolumes: () => ({ Volumes: [] }),
    DescribeSnapshots: () => ({ Snapshots: [] }),
  });
  const parameters = Object.entries(PARAMETERS).map(([Name, Value]) => ({ Name, Value, Version: 1 }));
  const ssm = answering({
    GetParametersByPath: () => ({ Parameters: parameters }),
    ListDocuments: () => ({ DocumentIdentifiers: [] }),
  });
  const clients = {
    ec2: Object.assign(new EC2Client({ region: 'eu-west-1' }), ec2),
    ssm: Object.assign(new SSMClient({ region: 'eu-west-1' }), ssm),
    ...{
      dynamodb: answering({ GetItem: () => ({}), Query: () => ({ Items: [] }), PutItem: () => ({}) }),
      autoscaling: answering({}),
      sns: answering({}),
    },
  };
  const run = HANDLERS[name]({ clients: clients as never })(event, { awsRequestId: 'a-run' } as never);
  const thrown = (run as Promise<unknown>).then(() => null, String);
  await jest.advanceTimersByTimeAsync(5 * 60_000);
  return { asked, thrown: await thrown };
}

describe('while EC2 throttles', () => {
  it.each([
    ['prune-retired', { kind: 'prune' }],
    ['seed-groups', { kind: 'seed' }],
  ] as const)(
    'the round of %s comes to the fleet again in the same run, and nothing has failed',
    async (name, event) => {
      const { asked, thrown } = await round(name, event, 2);
      expect(thrown).toBeNull();
      expect(asked).toBeGreaterThan(2);
    },
  );

  it.each([
    ['prune-retired', { kind: 'prune', fleet: 'bitcoin' }],
    ['seed-groups', { kind: 'seed', fleet: 'bitcoin', plan: true }],
  ] as const)('a person who asks %s is told at once', async (name, event) => {
    const { asked, thrown } = await round(name, event, Number.POSITIVE_INFINITY);
    expect(thrown).toContain('Request limit exceeded');
    expect(asked).toBeLessThanOrEqual(2);
  });
});
