import { describe, expect, it } from '@jest/globals';
import type { Misbehaviour } from '../../../local/nodes/rpc/misbehaviour.ts';
import { rpcHost } from '../../../local/nodes/rpc/node-rpc.ts';
import type { PostedAnswers } from '../../../local/nodes/rpc/posted.ts';
import { referenceHost } from '../../../local/nodes/rpc/reference.ts';
import type { NodeStatus } from '../../../shared/chains/client.ts';
import { askQuestion } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { chainOf, fetcherOf, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { START_MS, testKernel } from '../../fixtures/kernel.ts';

const HEIGHT = 930_000;
const client = chainClients.bitcoin;

describe('the truth of a simulated chain', () => {
  it('is the same in every run, whoever asks and when', () => {
    const [one, other] = [chainOf(testKernel()), chainOf(testKernel({ seed: 7 }))];
    expect(one.main.hash(HEIGHT)).toBe(other.main.hash(HEIGHT));
    expect(one.main.hash(HEIGHT)).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([HEIGHT, HEIGHT + 1].map((height) => one.main.hash(height))).size).toBe(2);
    expect(chainOf(testKernel(), { name: 'litecoin' }).main.hash(HEIGHT)).not.toBe(one.main.hash(HEIGHT));
  });

  it('keeps the time of each block, through every halt', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel);
    kernel.advance(25_000);
    chain.halt();
    kernel.advance(600_000);
    expect([chain.height(), chain.reaches(HEIGHT + 3)]).toEqual([HEIGHT + 2, Number.POSITIVE_INFINITY]);
    chain.resume();
    kernel.advance(30_000);
    expect(chain.height()).toBe(HEIGHT + 5);
    const seconds = [-100, 0, 1, 2, 3, 5].map((more) => (chain.main.blockTimeMs(HEIGHT + more) - START_MS) / 1_000);
    expect(seconds).toEqual([-1_000, 0, 10, 20, 635, 655]);
    expect(chain.halts).toEqual([{ fromMs: START_MS + 25_000, toMs: START_MS + 625_000, cause: 'disagreement' }]);
  });

  it('halts its followers, whose disks fill no further', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel);
    const node = nodeOf(kernel, chain);
    chain.halt();
    const before = node.report();
    kernel.advance(3_600_000);
    expect(node.report()).toEqual(before);
  });

  it('goes on only when validators agree and are there', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name: 'irita', consensus: 'here' });
    const node = nodeOf(kernel, chain, { validatorPower: 10 });
    chain.halt();
    node.stopClient();
    chain.resume();
    kernel.advance(60_000);
    expect([chain.halted, chain.height()]).toEqual([true, HEIGHT]);
    node.startClient();
    kernel.advance(60_000);
    expect([chain.halted, chain.height()]).toEqual([false, HEIGHT + 6]);
  });
});

describe('a minority fork', () => {
  const forked = (blockIntervalMs?: number) => {
    const kernel = testKernel();
    const chain = chainOf(kernel);
    kernel.advance(100_000);
    const branch = chain.fork(HEIGHT + 6, blockIntervalMs === undefined ? {} : { blockIntervalMs });
    return { kernel, chain, branch, node: nodeOf(kernel, chain) };
  };

  it('has other blocks from its height on, and the same below', () => {
    const { chain, branch } = forked();
    const same = [0, HEIGHT, HEIGHT + 5, HEIGHT + 6, HEIGHT + 9].map((at) => branch.hash(at) === chain.main.hash(at));
    expect(same).toEqual([true, true, true, false, false]);
    expect(branch.height()).toBe(chain.height());
    expect(branch.blockTimeMs(HEIGHT + 3)).toBe(chain.main.blockTimeMs(HEIGHT + 3));
  });

  it('may be slower, or ahead of the chain', () => {
    expect(forked(20_000).branch.height()).toBe(HEIGHT + 7);
    expect(forked(5_000).branch.height()).toBe(HEIGHT + 15);
  });

  it('is followed by whom the scenario puts on it, who is ahead and wrong, and may come back', async () => {
    const { kernel, chain, branch, node } = forked(5_000);
    node.client.follow(branch);
    kernel.advance(60_000);
    expect(node.report()).toMatchObject({ state: 'forked', heightLag: 0 });
    expect(node.report().height).toBeGreaterThan(chain.height());
    const { hashes } = await statusOf(kernel, node, [HEIGHT + 5, HEIGHT + 6]);
    expect(hashes.map(({ height, hash }) => hash === chain.main.hash(height))).toEqual([true, false, false]);
    node.client.follow(chain.main);
    expect(node.report()).toMatchObject({ state: 'synced', height: chain.height() });
  });

  it('that stands still holds up its followers alone', () => {
    const { kernel, chain, branch, node } = forked();
    node.client.follow(branch);
    branch.halt();
    kernel.advance(60_000);
    expect(chain.height() - node.report().height).toBe(6);
    branch.resume();
    kernel.advance(20_000);
    expect(chain.height() - node.report().height).toBe(6);
  });

  it('takes a validator away from its chain', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name: 'irita', consensus: 'here' });
    const nodes = [1, 2].map((index) =>
      nodeOf(kernel, chain, { instanceId: `i-000000000000000a${index}`, validatorPower: 10 }),
    );
    nodes[0]?.client.follow(chain.fork(HEIGHT));
    expect(chain.halted).toBe(true);
  });

  it.each([0, HEIGHT + 2, 1.5])('cannot begin at %p', (height) => {
    expect(() => chainOf(testKernel()).fork(height)).toThrow(/fork at .*, expected 1 to 930001/);
  });
});

describe('a validator that hangs', () => {
  it('does not vote, and votes again after a restart where that helps', () => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name: 'irita', consensus: 'here' });
    const nodes = [1, 2].map((index) =>
      nodeOf(kernel, chain, { instanceId: `i-000000000000000a${index}`, validatorPower: 10 }),
    );
    const [node] = nodes;
    node?.client.freeze({ untilRestart: true });
    expect(chain.halted).toBe(true);
    node?.restartClient();
    expect(chain.halted).toBe(false);
    node?.client.freeze();
    node?.restartClient();
    expect(chain.halted).toBe(true);
  });
});

describe('an RPC that misbehaves', () => {
  const asked = async (how: Misbehaviour) => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel));
    node.rpc.misbehave(how);
    kernel.advance(60_000);
    expect(node.report()).toMatchObject({ state: 'synced', height: HEIGHT + 6, peers: 8 });
    const reading = await askQuestion(client.status(), fetcherOf(kernel, rpcHost(node), 8332));
    node.rpc.behave();
    expect(await askQuestion(client.status(), fetcherOf(kernel, rpcHost(node), 8332))).toMatchObject({ kind: 'ok' });
    return reading;
  };

  it.each([
    ['garbage', 'malformed'],
    ['huge', 'too-large'],
    ['slow', 'slow'],
    ['dead', 'unreachable'],
    ['unauthorized', 'unauthorized'],
  ] as const)('%s: is read as %s, while the client goes on', async (how, code) => {
    expect(await asked(how)).toMatchObject({ kind: 'error', code });
  });

  it('answers for another network', async () => {
    const kernel = testKernel();
    const reading = await asked('wrong-chain');
    if (reading.kind !== 'ok') throw new Error(reading.reason);
    expect(reading.facts.height).toBe(HEIGHT + 6);
    expect(reading.facts.chainId).toMatch(/^[0-9a-f]{64}$/);
    expect(reading.facts.chainId).not.toBe(chainOf(kernel).chainId);
  });

  it.each([
    ['ethereum', '11155111'],
    ['cometbft', 'cometbft-1-testnet'],
  ] as const)('whose network has a name or a number: %s', async (name, chainId) => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel, { name }));
    node.rpc.misbehave('wrong-chain');
    const port = name === 'ethereum' ? 8545 : 26_657;
    expect(await askQuestion(chainClients[name].status(), fetcherOf(kernel, rpcHost(node), port))).toMatchObject({
      facts: { chainId, height: HEIGHT },
    });
  });
});

describe('an RPC that plays what somebody posted of a client', () => {
  const played = (answers: PostedAnswers, name: 'bitcoin' | 'cometbft' = 'bitcoin') => {
    const kernel = testKernel();
    const node = nodeOf(kernel, chainOf(kernel, { name }));
    node.rpc.play(answers);
    const port = name === 'bitcoin' ? 8332 : 26_657;
    const ask = () => askQuestion(chainClients[name].status(), fetcherOf(kernel, rpcHost(node), port));
    return { kernel, node, ask };
  };

  it('says it word for word, the next of a list each minute, until it behaves', async () => {
    const loading = { error: { code: -28, message: 'Loading block index...' } };
    const { kernel, node, ask } = played({ getblockchaininfo: [loading, 'refused'] });
    expect(await ask()).toEqual({ kind: 'starting', reason: 'Loading block index...' });
    kernel.advance(90_000);
    expect(await ask()).toMatchObject({ kind: 'error', code: 'unreachable' });
    expect(node.rpc.misbehaves).toBe('posted');
    node.rpc.behave();
    expect(await ask()).toMatchObject({ kind: 'ok' });
  });

  it('answers all that was not posted itself', async () => {
    const bestblockhash = 'ab'.repeat(32);
    const { ask } = played({ getblockchaininfo: { result: { blocks: 7, bestblockhash } } });
    expect(await ask()).toMatchObject({ facts: { height: 7, peerCount: 8, claimedTip: undefined } });
  });

  it('answers a path as it was posted, with its HTTP status', async () => {
    const { ask } = played({ '/status': { body: { error: { message: 'shutting down' } }, http: 500 } }, 'cometbft');
    expect(await ask()).toMatchObject({ kind: 'error', reason: '/status answered: shutting down' });
  });
});

describe('a reference', () => {
  const made = (name: 'bitcoin' | 'ethereum' | 'cometbft' | 'stacks' = 'bitcoin') => {
    const kernel = testKernel();
    const chain = chainOf(kernel, { name });
    const reference = referenceHost(chain, { path: '/v1/key' });
    const read = async (): Promise<NodeStatus> => {
      const reading = await askQuestion(
        chainClients[name].status(name === 'stacks' ? [] : [HEIGHT - 6]),
        fetcherOf(kernel, reference.host, 443, { path: '/v1/key' }),
      );
      if (reading.kind === 'ok') return reading.facts;
      throw new Error(reading.reason);
    };
    return { kernel, chain, reference, read };
  };

  it.each(['bitcoin', 'ethereum', 'cometbft', 'stacks'] as const)(
    'tells the truth in the chain’s protocol: %s',
    async (name) => {
      const { kernel, chain, read } = made(name);
      kernel.advance(60_000);
      const { height, hashes, chainId, blockTimeMs } = await read();
      expect({ height, chainId, blockTimeMs }).toEqual({
        height: HEIGHT + 6,
        chainId: chain.chainId,
        blockTimeMs: START_MS + 60_000,
      });
      expect(hashes.every((known) => known.hash === chain.main.hash(known.height))).toBe(true);
    },
  );

  it('may lag, and be honest again', async () => {
    const { reference, read } = made();
    reference.lag(40);
    expect((await read()).height).toBe(HEIGHT - 40);
    reference.lag(0);
    expect((await read()).height).toBe(HEIGHT);
  });

  it('may claim blocks that nobody has, which are not of tomorrow', async () => {
    const { kernel, reference, read } = made();
    reference.lie({ ahead: 1_000 });
    const { height, blockTimeMs } = await read();
    expect(height).toBe(HEIGHT + 1_000);
    expect(blockTimeMs).toBeLessThanOrEqual(kernel.clock.now());
    reference.lie(undefined);
    expect((await read()).height).toBe(HEIGHT);
  });

  it('may follow another branch', async () => {
    const { chain, reference, read } = made();
    const branch = chain.fork(HEIGHT - 10);
    reference.lie({ branch });
    const { hashes } = await read();
    expect(hashes.map(({ height, hash }) => hash === branch.hash(height))).toEqual([true, true]);
    expect(hashes.some(({ height, hash }) => hash === chain.main.hash(height))).toBe(false);
  });

  it('may stand still, or say nothing at all', async () => {
    const { kernel, reference, read } = made();
    reference.halt();
    kernel.advance(600_000);
    expect((await read()).height).toBe(HEIGHT);
    reference.resume();
    expect((await read()).height).toBe(HEIGHT + 60);
    reference.silence();
    await expect(read()).rejects.toThrow(/slow/);
    reference.speak();
    expect((await read()).height).toBe(HEIGHT + 60);
  });

  it('is none of a chain whose protocol is not simulated', () => {
    expect(() => referenceHost(chainOf(testKernel(), { name: 'ripple' }))).toThrow(/chain ripple: its protocol/);
  });
});

async function statusOf(
  kernel: ReturnType<typeof testKernel>,
  node: ReturnType<typeof nodeOf>,
  heights: readonly number[],
): Promise<NodeStatus> {
  const reading = await askQuestion(client.status(heights), fetcherOf(kernel, rpcHost(node), 8332));
  if (reading.kind === 'ok') return reading.facts;
  throw new Error(reading.reason);
}
