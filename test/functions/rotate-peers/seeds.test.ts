// Seeds of the fleet file that nobody meets: a wrong id, a wrong address, or a peer that is gone (berachain/beacon-kit#2697).
import { expect, it } from '@jest/globals';
import { followSeeds, type NamingNode, unmetSeeds } from '../../../functions/rotate-peers/seeds.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const idOf = (n: number): string => String(n).repeat(40);
const seedOf = (n: number): string => `${idOf(n)}@203.0.113.${n}:26656`;
const SEEDS = [seedOf(1), seedOf(2)];
const node = (names: readonly string[], ...connected: readonly string[]): NamingNode => ({
  names,
  connected: new Set(connected),
});

it.each<[string, readonly NamingNode[], Record<string, number>, Record<string, number>]>([
  ['a seed that is named, and met by nobody', [node(SEEDS, idOf(2))], {}, { [seedOf(1)]: NOON_MS }],
  ['one that was unmet before keeps its time', [node(SEEDS, idOf(2))], { [seedOf(1)]: 7 }, { [seedOf(1)]: 7 }],
  ['one whom a node meets that does not name it', [node([seedOf(1)], 'x'), node([], idOf(1))], { [seedOf(1)]: 7 }, {}],
  ['one that was not looked for keeps its time', [node([], 'x')], { [seedOf(1)]: 7 }, { [seedOf(1)]: 7 }],
  ['one whose nodes have no connections at all: they may be cut off', [node(SEEDS)], { [seedOf(1)]: 7 }, {}],
  [
    'one that a node without connections was given just now',
    [{ ...node([seedOf(1)]), isFresh: true }],
    { [seedOf(1)]: 7 },
    { [seedOf(1)]: NOON_MS },
  ],
  ['one that is no seed any more', [node(SEEDS, idOf(1), idOf(2))], { [seedOf(3)]: 7 }, {}],
  ['no seed that nobody names', [node([], 'x')], {}, {}],
])('%s', (_, nodes, before, unmet) => {
  expect(followSeeds(before, SEEDS, nodes, NOON_MS)).toEqual(unmet);
});

const NOBODY: ReadonlyMap<string, string> = new Map();
const since = (...ages: readonly number[]) =>
  Object.fromEntries(ages.map((age, at) => [seedOf(at + 1), NOON_MS - age]));

it.each<[string, Record<string, number>, RegExp | null]>([
  [
    'all of them for a quarter of an hour',
    since(15 * MINUTE_MS, 20 * MINUTE_MS),
    /connected to any seed of its file: 1/,
  ],
  ['all of them for less than that', since(15 * MINUTE_MS, 14 * MINUTE_MS), null],
  [
    'one of two for a day',
    since(24 * HOUR_MS),
    /connected to these seeds of its file for a day: 1{40}@203\.0\.113\.1:26656\. Their/,
  ],
  ['one of two for an evening', since(23 * HOUR_MS), null],
  ['none', {}, null],
])('people are told of seeds that nobody has met: %s', (_, unmet, words) => {
  const said = unmetSeeds(unmet, SEEDS, NOBODY, NOON_MS);
  if (words === null) expect(said).toBeNull();
  else expect(said).toMatch(words);
});

it('and of the id that is really there, where a node is connected to that address', () => {
  const told = unmetSeeds(since(HOUR_MS, HOUR_MS), SEEDS, new Map([['203.0.113.1', idOf(9)]]), NOON_MS);
  expect(told).toContain(`${seedOf(1)} (the peer there has the id ${idOf(9)})`);
});

it('names five of a long list', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7].map(seedOf);
  const told = unmetSeeds(Object.fromEntries(seeds.map((seed) => [seed, 0])), seeds, NOBODY, NOON_MS);
  expect(told).toContain(', and 2 more. Their ids or addresses may be wrong (peers.seeds)');
  expect(told).not.toContain(seedOf(6));
});
