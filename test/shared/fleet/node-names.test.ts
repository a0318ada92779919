// What a node is called, also where several carry one name tag.
import { describe, expect, it } from '@jest/globals';
import {
  followShared,
  nameApart,
  partsOfName,
  plainName,
  SHARED_KEPT_MS,
  tellApart,
} from '../../../shared/fleet/node-names.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const GROUP = { 'aws:autoscaling:groupName': 'bitcoin-nodes' };
const member = (instanceId: string, name = 'bitcoin-node', group: Readonly<Record<string, string>> = GROUP) =>
  fleetNode({ instanceId, name, tags: group });
const ONE = 'i-0aa000000000a0001';
const TWO = 'i-0bb000000000b0002';

describe('a node', () => {
  const named = (nodes: readonly ReturnType<typeof member>[], remembered: readonly string[] = []) =>
    tellApart(nodes, new Set(remembered)).map(({ name }) => name);

  it.each([
    ['has its own name', [fleetNode({ name: 'node1' }), fleetNode({ name: 'node2' })], [], ['node1', 'node2']],
    ['of a group has its own name, too', [member(ONE, 'node1'), member(TWO, 'node2')], [], ['node1', 'node2']],
    ['of a group of one has the group’s name', [member(ONE), fleetNode()], [], ['bitcoin-node', 'node2']],
    [
      'that shares its name in a group has its id behind it',
      [member(ONE), member(TWO)],
      [],
      ['bitcoin-node-000a0001', 'bitcoin-node-000b0002'],
    ],
    ['keeps that name when its sibling goes', [member(ONE)], ['bitcoin-node'], ['bitcoin-node-000a0001']],
    [
      'is told apart from a member of another group, as where each zone has one',
      [member(ONE), member(TWO, 'bitcoin-node', { 'aws:autoscaling:groupName': 'bitcoin-nodes-b' })],
      [],
      ['bitcoin-node-000a0001', 'bitcoin-node-000b0002'],
    ],
    [
      'that a person has given a group’s name keeps it: the member gives way',
      [member(ONE), fleetNode({ instanceId: TWO, name: 'bitcoin-node' })],
      [],
      ['bitcoin-node-000a0001', 'bitcoin-node'],
    ],
    [
      'outside of groups is never renamed, whoever else has its name',
      [fleetNode({ instanceId: ONE }), fleetNode({ instanceId: TWO })],
      ['node2'],
      ['node2', 'node2'],
    ],
    ['without a name is called by its id', [member(ONE, ONE), member(TWO, TWO)], [], [ONE, TWO]],
  ])('%s', (_, nodes, remembered, names) => {
    expect(named(nodes, remembered)).toEqual(names);
  });

  it('whose name with the id is longer than a metric takes is called by its id', () => {
    expect(nameApart('n'.repeat(119), ONE)).toBe(`${'n'.repeat(119)}-000a0001`);
    expect(nameApart('n'.repeat(120), ONE)).toBe(ONE);
  });

  it('is found again by such a name', () => {
    expect(partsOfName(nameApart('bitcoin-node', ONE))).toEqual({ written: 'bitcoin-node', idEnds: '000a0001' });
    expect(partsOfName('bitcoin-node')).toBeNull();
  });
});

describe('a shared name', () => {
  const young = (instanceId: string, ageMs: number) => ({ ...member(instanceId), launchedAtMs: NOON_MS - ageMs });

  it('is remembered when two have run under it for half an hour', () => {
    const both = [young(ONE, DAY_MS), young(TWO, 30 * MINUTE_MS)];
    expect(followShared(undefined, both, NOON_MS)).toEqual({ 'bitcoin-node': NOON_MS });
  });

  it('is not remembered while a group of one replaces its member', () => {
    const both = [young(ONE, DAY_MS), young(TWO, 29 * MINUTE_MS)];
    expect(followShared(undefined, both, NOON_MS)).toEqual({});
  });

  it('is kept for a month after one is left', () => {
    const left = [young(ONE, DAY_MS)];
    const before = { 'bitcoin-node': NOON_MS };
    expect(followShared(before, left, NOON_MS + SHARED_KEPT_MS - HOUR_MS)).toEqual(before);
    expect(followShared(before, left, NOON_MS + SHARED_KEPT_MS)).toEqual({});
  });

  it('is one of fifty at most, the latest', () => {
    const before = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`name${at}`, NOON_MS - at]));
    const names = Object.keys(followShared(before, [], NOON_MS));
    expect([names.length, names[0], names.at(-1)]).toEqual([50, 'name0', 'name49']);
  });
});

it.each(['__proto__', 'constructor', 'toString'])(
  'a node that is called %s, as every object’s own members are, has the name of its id: records are kept by names',
  (Name) => {
    expect(plainName({ nodes: { nameTag: 'Name', tags: {} } }, { tags: { Name }, instanceId: ONE })).toBe(ONE);
  },
);
