// What clients said in public, and what became of it: each posted answer is read by the product's own reader and judged as one node of a fleet.
import { describe, expect, it } from '@jest/globals';
import { chainClients } from '../../../shared/chains/clients.ts';
import { answered, factsOf } from '../../fixtures/chain-answers.ts';
import { errorOf, fixturesOf, judge, postedClients, readingsOf } from '../../fixtures/posted.ts';

const all = postedClients.flatMap((client) => fixturesOf(client).map((fixture) => ({ client, fixture })));

describe('an answer that somebody posted', () => {
  it.each(all)('of $client is read: $fixture.from', ({ client, fixture }) => {
    const unread = readingsOf(client, fixture).filter((reading) => reading.kind === 'error');
    // A closed port is the only answer that is none.
    expect(unread.filter((reading) => reading.code !== 'unreachable')).toEqual([]);
  });

  it.each(all)(
    'of $client is judged as it turned out to be, or it is said why not: $fixture.from',
    ({ client, fixture }) => {
      const verdict = judge(client, fixture);
      expect({ ...verdict, isWrong: errorOf(fixture, verdict) !== undefined }).toEqual({
        ...verdict,
        isWrong: fixture.why !== undefined,
      });
    },
  );

  it('keeps the stages that it tells of its sync', () => {
    const staged = all.flatMap(({ client, fixture }) =>
      JSON.stringify(fixture.answers).includes('"stages":[') ? readingsOf(client, fixture) : [],
    );
    expect(staged.length).toBeGreaterThanOrEqual(7);
    for (const reading of staged) {
      expect(reading).toMatchObject({ facts: { counters: { Execution: expect.any(Number) } } });
    }
  });

  it('has its source, each once, and no address or id of its owner', () => {
    const sources = all.map(({ client, fixture }) => `${client} ${fixture.from}`);
    expect(new Set(sources).size).toBe(sources.length);
    for (const { fixture } of all) {
      expect(fixture.from).toMatch(
        /^https:\/\/(github\.com|www\.quicknode\.com\/docs|docs\.optimism\.io|ethereum\.org)\//,
      );
      const foreign = JSON.stringify(fixture).match(/\b(?!0\.0\.0\.0|127\.0\.0\.1)\d{1,3}(\.\d{1,3}){3}\b/g) ?? [];
      // A version may look like an address: 2.0.11.0.
      expect(foreign.filter((found) => !JSON.stringify(fixture.version).includes(found.slice(0, 5)))).toEqual([]);
    }
  });
});

describe('one member of a family is not another', () => {
  const hash = 'ab'.repeat(32);
  const bitcoin = (chain: object, client = chainClients.zcash) => {
    const results = [
      { result: { bestblockhash: hash, ...chain } },
      ...Array.from({ length: 3 }, () => ({ error: { code: -32_601, message: 'Method not found' } })),
    ];
    const batch = [answered(results.map((entry, id) => ({ jsonrpc: '2.0', id, ...entry })))];
    return factsOf(client.status([]), batch, [
      answered([{ jsonrpc: '2.0', id: 0, error: { code: -32_601, message: 'Method not found' } }]),
    ]);
  };

  it('a zebrad that tells no headers tells its height, and nothing of the end of the chain', () => {
    expect(bitcoin({ chain: 'main', blocks: 2_500_000, estimatedheight: 2_500_001 })).toMatchObject({
      ...{ height: 2_500_000, syncing: undefined, claimedTip: undefined },
    });
  });

  it('a bitcoind that tells its headers is believed that it lacks their blocks', () => {
    expect(bitcoin({ blocks: 10, headers: 12 }, chainClients.bitcoin)).toMatchObject({ syncing: true, claimedTip: 12 });
  });

  it('a stacks-node that reads bitcoin has no block of its own yet, whatever it says of being synced', () => {
    const info = { burn_block_height: 12_868, stacks_tip_height: 0, stacks_tip: '0'.repeat(64), is_fully_synced: true };
    expect(chainClients.stacks.status([]).read([answered(info), answered({}, 404), answered({}, 404)])).toEqual({
      ...{ kind: 'starting', reason: 'it has no block yet, and has read bitcoin up to 12868' },
    });
  });
});
