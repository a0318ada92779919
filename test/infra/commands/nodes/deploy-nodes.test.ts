// `npm run deploy:nodes`: what new nodes begin with is said and given to CDK; what could not begin as its file says is refused before anything is made.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, describe, expect, it } from '@jest/globals';
import { contextOf, wordsForCdk } from '../../../../infra/commands/nodes/deploy-nodes.ts';
import { type NewNodesOfFleet, newNodesOf, nodesStackOf, toldOf } from '../../../../infra/commands/nodes/new-nodes.ts';
import { parseFleet } from '../../../../shared/fleet/resolve.ts';
import { beginsWith, type WrittenDeploy } from '../../../../shared/fleet/schema-deploy.ts';
import { parseFleetDocument } from '../../../../shared/fleet/whole.ts';
import { dataParameterOf } from '../../../../shared/model/node-data.ts';
import type { Read } from '../../../../shared/readiness/verdict.ts';
import type { Beginning } from '../../../../shared/snapshots/new-node.ts';

const DEPLOY: WrittenDeploy = {
  kind: 'single',
  nodes: { node1: 'eu-west-1a', node2: 'eu-west-1a' },
  vpc: 'vpc-0123456789abcdef0',
  subnets: { 'eu-west-1a': 'subnet-0123456789abcdef0' },
  instanceType: 'm6i.large',
  volume: { sizeGiB: 500 },
};
const SNAPSHOT = 'snap-0123456789abcdef0';
const GOOD: Beginning = {
  kind: 'snapshot',
  snapshotId: SNAPSHOT,
  sizeGiB: 500,
  sentence: `${SNAPSHOT} of node1, clean`,
};
const NONE: Beginning = { kind: 'none', sentence: 'there is no snapshot yet' };
const told = (begins: Beginning, more: Partial<WrittenDeploy> = {}, names = ['node2']) =>
  toldOf('bitcoin', { ...DEPLOY, ...more }, beginsWith({ ...DEPLOY, ...more }), { names, begins });

describe('what is said of a new node', () => {
  it.each<readonly [string, NewNodesOfFleet, string]>([
    ['its snapshot', told(GOOD), `bitcoin/node2 begins with ${SNAPSHOT} of node1, clean`],
    [
      'both of two',
      told(GOOD, {}, ['node1', 'node2']),
      `bitcoin/node1, bitcoin/node2 begin with ${SNAPSHOT} of node1, clean`,
    ],
    ['that it syncs, and why', told(NONE), 'bitcoin/node2 syncs from nothing: there is no snapshot yet'],
    [
      'its bundle, where there is no snapshot yet',
      told(NONE, {
        data: { snapshot: 'newest-good', bundle: { url: 'https://example.org/x.tar', sha256: 'a'.repeat(64) } },
      }),
      'bitcoin/node2 begins with the bundle https://example.org/x.tar: there is no snapshot yet',
    ],
    [
      'of a group, its members',
      told(GOOD, { kind: 'ha' }, []),
      `a new member of bitcoin begins with ${SNAPSHOT} of node1, clean`,
    ],
  ])('%s', (_, { lines }, line) => {
    expect(lines).toEqual([line]);
  });

  it('nothing, where none is new', () => {
    expect(told(GOOD, {}, [])).toEqual({ lines: [], problems: [], parameters: {} });
  });

  it('what is wrong, with field, value and what was expected', () => {
    const problem = {
      kind: 'conflict',
      path: ['deploy', 'volume', 'sizeGiB'],
      value: 5,
      expected: 'expected at least 9',
    } as const;
    expect(told({ kind: 'refused', problem }).problems).toEqual([
      'bitcoin: deploy.volume.sizeGiB is 5; expected at least 9',
    ]);
  });
});

describe('a node that its stack knows', () => {
  it('keeps what it was given, whatever has become of its instance: nothing is read, and nothing given', async () => {
    const cloudformation = {
      send: async () => ({
        Stacks: [
          { Parameters: ['node1', 'node2'].map((name) => ({ ParameterKey: dataParameterOf('bitcoin', name) })) },
        ],
      }),
    } as unknown as CloudFormationClient;
    const file = {
      fleet: 'bitcoin',
      chain: 'bitcoin',
      mode: 'act',
      nodes: { tag: { A: 'b' } },
      role: 'follower',
      deploy: DEPLOY,
    };
    const ec2 = new EC2Client({ region: 'eu-west-1' });
    const of = { fleet: parseFleet(file), document: parseFleetDocument(file) };
    expect(await newNodesOf({ ec2, cloudformation }, of, nodesStackOf('chainmend', 'bitcoin'), 0)).toEqual({
      ...{ lines: [], problems: [], parameters: {} },
    });
  });
});

describe('npm run deploy:nodes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'bitcoin.yaml'),
    JSON.stringify({
      fleet: 'bitcoin',
      chain: 'bitcoin',
      mode: 'act',
      nodes: { tag: { A: 'b' } },
      role: 'follower',
      unit: 'bitcoind',
      deploy: DEPLOY,
    }),
  );
  const PLAIN = ['deploy', '--exclusively', 'ChainmendNodes-*', '--import-existing-resources'];
  const key = dataParameterOf('bitcoin', 'node2');
  const asked = (
    words: readonly string[],
    found: NewNodesOfFleet = told(GOOD),
    name?: string,
    rules: Read<number> = { value: 60 },
  ) => {
    const said: string[] = [];
    const stacks: string[] = [];
    const newNodes = async (_: unknown, stack: string) => {
      stacks.push(stack);
      return found;
    };
    const given = wordsForCdk(
      { newNodes, rules: async () => rules, say: (text) => void said.push(text) },
      ['-c', `fleets=${folder}`, ...words],
      name,
    );
    return given.then((cdk) => ({ cdk, said, stacks }));
  };

  it('makes nothing where a security group of the account may not have so many rules', async () => {
    await expect(asked([], told(GOOD), undefined, { value: 0 })).rejects.toThrow(
      'would have 1 rules; expected at most 0, the account’s quota: aws service-quotas request-service-quota-increase',
    );
    await expect(asked([], told(GOOD), undefined, { unread: 'AccessDenied' })).resolves.toBeDefined();
  });

  it('says what new nodes begin with, and gives CDK that', async () => {
    const { cdk, said, stacks } = await asked(['-c', 'email=a@example.com']);
    expect(said).toEqual([`bitcoin/node2 begins with ${SNAPSHOT} of node1, clean`]);
    expect(stacks).toEqual(['ChainmendNodes-bitcoin']);
    expect(cdk).toEqual([
      ...PLAIN,
      ...['--parameters', `ChainmendNodes-bitcoin:${key}=${SNAPSHOT}:500`],
      ...['-c', `fleets=${folder}`, '-c', 'email=a@example.com'],
    ]);
  });

  it('leaves a value that a person gives', async () => {
    const own = ['--parameters', `ChainmendNodes-bitcoin:${key}=`];
    expect((await asked(own)).cdk).toEqual([...PLAIN, '-c', `fleets=${folder}`, ...own]);
  });

  it.each([
    ['its words', ['-c', 'name=payments'], undefined],
    ['the environment', [], 'payments'],
  ])('knows the stacks of a suite with a name, by %s', async (_, words, name) => {
    expect((await asked(words, told(NONE), name)).stacks).toEqual(['ChainmendNodes-bitcoin-payments']);
  });

  it('is refused before CDK is asked, where a node could not begin as its file says', async () => {
    await expect(asked([], { lines: [], problems: ['bitcoin: too large'], parameters: {} })).rejects.toThrow(
      'bitcoin: too large',
    );
  });

  it('reads nothing where only its words are asked for', async () => {
    const { cdk, stacks } = await asked(['--help']);
    expect(cdk).toEqual([...PLAIN, '-c', `fleets=${folder}`, '--help']);
    expect(stacks).toEqual([]);
  });

  it.each([['-c', 'fleets=x'], ['--context', 'fleets=x'], ['--context=fleets=x'], ['-c=fleets=x']])(
    'reads context as CDK does: %s %s',
    (...words) => {
      expect(
        contextOf(
          words.filter((word) => typeof word === 'string'),
          'fleets',
        ),
      ).toBe('x');
    },
  );
});
