import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Answer, ChainClient, Question } from '../../../shared/chains/client.ts';
import { beacon, chainClients } from '../../../shared/chains/clients.ts';
import { httpJsonClient } from '../../../shared/chains/http-json.ts';
import { consensusMetricsQuestion, gethMetricsQuestion } from '../../../shared/chains/metrics.ts';
import { formatPeerAddress, parsePeerAddress } from '../../../shared/chains/peer-address.ts';
import { anyText, tries } from '../../fixtures/any.ts';
import { answered, failed } from '../../fixtures/chain-answers.ts';
import * as samples from '../../fixtures/chain-samples.ts';

const eos = httpJsonClient(
  'eos',
  {
    requests: { info: { get: '/v1/chain/get_info' } },
    height: 'info.head_block_num',
    hash: 'info.head_block_id',
    hashAt: { request: { post: '/v1/chain/get_block_info', body: { block_num: '{height}' } }, at: 'id' },
    blockTime: { at: 'info.head_block_time', as: 'iso' },
    chainId: 'info.chain_id',
  },
  600,
);

/** A question with right answers, from which wrong ones are made. */
const GOOD: readonly (readonly [ChainClient, readonly unknown[]])[] = [
  [chainClients.litecoin, [samples.litecoinStatus]],
  [chainClients.ethereum, [samples.gethDevelopment]],
  [beacon, [samples.beaconSyncing, samples.beaconHead, samples.beaconGenesis, samples.beaconSpec]],
  [chainClients.cometbft, [samples.cometbftStatus, samples.cometbftNetInfo]],
  [chainClients.stacks, [samples.stacksInfo, samples.stacksNeighbors, samples.stacksHealth]],
  [chainClients.solana, [[{ id: 0, result: 430 }, samples.solanaBehind]]],
  [eos, [samples.eos]],
];

const anyJson = fc.jsonValue({ maxDepth: 4 });
const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc
    .record({ body: anyJson, status: fc.constantFrom(200, 200, 200, 404, 500, 503) })
    .map(({ body, status }) => answered(body, status)),
  fc.constant(failed()),
);

describe.each(GOOD.map(([client, bodies]) => [client.name, client, bodies] as const))('%s', (_, client, bodies) => {
  it('never throws and never has a height, whatever garbage it answers', () => {
    const question = client.status([2]);
    fc.assert(
      fc.property(fc.tuple(...question.requests.map(() => anyAnswer)), (answers) => {
        expect(heightOf(question, answers)).toBeUndefined();
      }),
      tries('chains', 300),
    );
  });

  it('never throws, and has a height that a number can hold, whatever is changed in an answer', () => {
    const question = client.status();
    const changed = fc.tuple(
      fc.nat(1000),
      fc.oneof(anyJson, fc.bigInt({ min: 2n ** 53n }).map(String), fc.maxSafeInteger()),
    );
    fc.assert(
      fc.property(fc.array(changed, { minLength: 1, maxLength: 3 }), (changes) => {
        const mutated = changes.reduce(
          (now, [at, value]) => withLeaf(now, at, value),
          JSON.parse(JSON.stringify(bodies)),
        );
        const answers = question.requests.map((_request, at) => answered(mutated[at]));
        const height = heightOf(question, answers);
        expect(height === undefined || (Number.isSafeInteger(height) && height >= 0)).toBe(true);
      }),
      tries('chains', 500),
    );
  });

  it('never throws when answers are missing or failed, and says which trouble it was', () => {
    const question = client.status();
    const reading = question.read(question.requests.map(() => failed('slow')));
    expect(reading).toMatchObject({ kind: 'error', code: 'slow' });
    expect(question.read([])).toMatchObject({ kind: 'error', code: 'malformed' });
  });
});

describe('metrics', () => {
  it.each([
    ['cometbft', consensusMetricsQuestion],
    ['geth', gethMetricsQuestion],
  ] as const)('of %s never throw, and are never read from garbage', (_, question: Question<unknown>) => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), anyJson), (body) => {
        expect(question.read([answered(body)])).toMatchObject({ kind: 'error', code: 'malformed' });
      }),
    );
  });
});

describe('what is said of garbage', () => {
  it('is one short line, whatever was in it', () => {
    const question = chainClients.cometbft.status();
    fc.assert(
      fc.property(anyText({ maxLength: 3000 }), (text) => {
        const reading = question.read([answered({ error: { message: text } }, 500), failed()]);
        if (reading.kind !== 'error') throw new Error('this is no answer');
        expect(reading.reason.length).toBeLessThan(300);
        expect(reading.reason).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe("a peer's address", () => {
  it('comes back as it was written, and nothing else does', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((address) => !address.includes('%')),
      fc.domain(),
    );
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        expect(parsePeerAddress(formatPeerAddress({ host: name, port }))).toEqual({ host: name, port });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = parsePeerAddress(text);
        if (address !== undefined) expect(formatPeerAddress(address)).toBe(text.replace(/:0+(\d)/, ':$1'));
      }),
    );
  });

  it.each(['10.0.0.1', '10.0.0.1:0', '10.0.0.1:65536', '10.0.0.256:1', '::1:8333', 'a b:1', 'evil.com\n:1', '-x:1'])(
    '%j is none',
    (text) => expect(parsePeerAddress(text)).toBeUndefined(),
  );
});

/** The height of an answer that is final, or would be after a second round that fails. */
function heightOf(question: Question<{ readonly height: number }>, answers: readonly Answer[]): number | undefined {
  const reading = question.read(answers);
  if (reading.kind === 'next') {
    const last = reading.question.read(reading.question.requests.map(() => answered({}, 404)));
    return last.kind === 'ok' ? last.facts.height : undefined;
  }
  return reading.kind === 'ok' ? reading.facts.height : undefined;
}

/** The same tree with its leaf number `at` (modulo their count) replaced. */
function withLeaf(tree: unknown, at: number, value: unknown): unknown[] {
  const leaves: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (holder: Record<string, unknown>) => {
    for (const [key, below] of Object.entries(holder)) {
      leaves.push({ holder, key });
      if (typeof below === 'object' && below !== null) visit(below as Record<string, unknown>);
    }
  };
  const copy = JSON.parse(JSON.stringify(tree));
  visit(copy);
  const leaf = leaves[at % Math.max(1, leaves.length)];
  if (leaf !== undefined) leaf.holder[leaf.key] = value;
  return copy;
}
