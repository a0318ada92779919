// Two suites in one region of an account, deployed from their synthesized templates, under their own policies.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { SuitesPlayed } from '../fixtures/jobs/two-suites.ts';
import { runJob } from '../fixtures/jobs.ts';
import { long } from '../fixtures/long.ts';

const PLAY_MS = 300_000;
const PAYMENTS = 'payments-chainmend-pages';

const firstPages = ({ pages }: SuitesPlayed, code: string) =>
  pages
    .flatMap((page) => (page.code === code && page.severity === 'page' ? [`${page.topic} ${page.node}`] : []))
    .sort();

describe('a suite without a name, and "payments", which describes the same nodes and two of its own', () => {
  let played: SuitesPlayed;
  beforeAll(async () => {
    played = await runJob('two-suites', {
      given: [],
      minutes: 30,
      typed: ['status', 'status --name payments', '--name payments journal orders/order2'],
    });
  }, PLAY_MS);

  it('heal each its own full disk', () => {
    expect(Object.fromEntries(played.nodes.map(({ name, sizeGiB }) => [name, sizeGiB]))).toEqual({
      ...{ node1: 1_000, node2: 900 },
      ...{ order1: 1_000, order2: 900, order3: 1_000 },
    });
  });

  it('never both touch a node', () => {
    expect(played.hands).toEqual({
      node1: [''],
      node2: [''],
      order1: ['payments'],
      order2: ['payments'],
      order3: ['payments'],
    });
  });

  it('tell apart whose a node is: what nobody has claimed is the suite’s without a name where that one describes it', () => {
    expect(Object.fromEntries(played.nodes.map(({ name, claim }) => [name, claim]))).toEqual({
      ...{ node1: null, node2: null },
      ...{ order1: 'payments', order2: 'payments', order3: 'payments' },
    });
  });

  it('have people told once of each node that is the other’s, by the one that leaves it alone', () => {
    expect(firstPages(played, 'another-suite')).toEqual([`${PAYMENTS} node1`, `${PAYMENTS} node2`]);
    expect(played.pages.filter(({ severity }) => severity === 'again')).toEqual([]);
    const [page] = played.pages.filter(({ code }) => code === 'another-suite');
    expect(page?.sentence).toMatch(/whose fleet bitcoin describes it, .* Key=chainmend:suite,Value=payments/);
  });

  it('are found by their names from a shell, each with its own fleets', () => {
    const { said } = played;
    expect(said['status']).toMatch(/^bitcoin\b/m);
    expect(said['status']).not.toMatch(/^orders\b/m);
    expect(said['status --name payments']).toMatch(/^orders\b/m);
    expect(said['--name payments journal orders/order2']).toMatch(/900 GiB/);
  });

  it('ask for nothing that their policies do not allow', () => {
    expect(played.denied).toEqual([]);
  });
});

it('a node that a person gives to the other suite by its tag is healed by that one, and left alone by the first', async () => {
  const played = await runJob('two-suites', { given: ['node2'], minutes: 30 });
  expect(played.nodes.find(({ name }) => name === 'node2')).toMatchObject({ claim: 'payments', sizeGiB: 900 });
  expect(played.hands).toMatchObject({ node2: ['payments'] });
  expect(firstPages(played, 'another-suite')).toEqual(['chainmend-pages node2', `${PAYMENTS} node1`]);
  expect(played.pages.filter(({ code }) => code === 'healed').map(({ topic, node }) => `${topic} ${node}`)).toEqual([
    `${PAYMENTS} node2`,
    `${PAYMENTS} order2`,
  ]);
  expect(played.denied).toEqual([]);
}, 300_000);

long('two-suites')(
  'a node of the named suite whose instance dies is replaced, and its successor is that suite’s from its launch on',
  async () => {
    const played = await runJob('two-suites', { given: [], minutes: 100, dead: 'order1' });
    const own = played.nodes.filter(({ name }) => name === 'order1');
    expect(own.length).toBeGreaterThan(1);
    for (const { claim } of own) expect(claim).toBe('payments');
    expect(played.hands['order1']).toEqual(['payments']);
    expect(played.pages.filter(({ code, node }) => code === 'healed' && node === 'order1')).toHaveLength(1);
    expect(played.denied).toEqual([]);
  },
  300_000,
);
