// Every key of the fleet file's schema says in which direction a change of it narrows, so that no key widens unasked.
import { describe, expect, it } from '@jest/globals';
import { DIRECTIONS, directionOf, narrows } from '../../../../infra/commands/fleets/directions.ts';
import { effectsOf } from '../../../../infra/commands/fleets/effects.ts';
import { type DescribedSchema, describedSchema } from '../../../../infra/fleet-json-schema.ts';
import type { StoredDocument } from '../../../../shared/fleet/schema.ts';

/** Keys below which nothing is a key of ours: the body of a request is anything. */
const WHOLE = /\.body$/;

/** "disk.growAtPercent", "volumes.*.tag.*"; a list is one key. */
function keysOf(schema: DescribedSchema, path: readonly string[] = []): readonly string[] {
  const name = path.join('.');
  if (WHOLE.test(name)) return [name];
  const forms = (schema.anyOf ?? [schema]).filter((one) => typeof one === 'object');
  return forms.flatMap(({ properties, additionalProperties, anyOf }): readonly string[] => {
    if (anyOf) return keysOf({ anyOf }, path);
    const inner = Object.entries(properties ?? {}).flatMap(([key, one]) =>
      typeof one === 'object' ? keysOf(one, [...path, key]) : [],
    );
    if (typeof additionalProperties === 'object') return [...inner, ...keysOf(additionalProperties, [...path, '*'])];
    return inner.length > 0 ? inner : [name];
  });
}

const KEYS = [...new Set(keysOf(describedSchema()))];

describe('a key of a fleet file', () => {
  it('has a direction, and no direction is of a key that is gone', () => {
    expect(KEYS.length).toBeGreaterThan(200);
    expect(KEYS.filter((key) => DIRECTIONS[key] === undefined)).toEqual([]);
    expect(Object.keys(DIRECTIONS).filter((key) => !KEYS.includes(key))).toEqual([]);
  });

  it('that nobody has heard of asks', () => {
    expect(directionOf('health.newKey')).toBe('asks');
    expect(directionOf('volumes.data.tag.cost.center')).toBe('asks');
  });

  it.each(Object.entries(DIRECTIONS).filter(([, way]) => way !== 'told' && way !== 'asks'))(
    '%s (%j) asks for a step in the other direction, and for none that narrows',
    (_, way) => {
      const [narrow, wide] =
        typeof way === 'object'
          ? way
          : {
              less: ['1', '2'],
              more: ['2', '1'],
              false: ['false', 'true'],
              true: ['true', 'false'],
              fewer: ['a', 'a\nb'],
              further: ['a\nb', 'a'],
            }[way as 'less'];
      expect(narrows(way, wide ?? '', narrow ?? '')).toBe(true);
      expect(narrows(way, narrow ?? '', wide ?? '')).toBe(false);
      expect(narrows(way, narrow ?? '', 'another word')).toBe(false);
    },
  );
});

const FILE = { fleet: 'bitcoin', chain: 'bitcoin', mode: 'act', nodes: { tag: { A: 'b' } } } as const;

describe('a change', () => {
  it.each<[string, Partial<StoredDocument>, Partial<StoredDocument>, readonly string[]]>([
    ['nothing', {}, {}, []],
    [
      'a feed whose releases run without a person',
      { unit: 'node@*', client: { versions: ['28.1'] }, releases: { feed: 'https://feed.example/a.atom' } },
      {
        unit: 'node@*',
        client: { versions: ['28.1'] },
        releases: { feed: 'https://feed.example/a.atom', auto: 'patch' },
      },
      ['releases.auto added: patch'],
    ],
    [
      'a name that alarms may have',
      {},
      { alarms: { namePatterns: ['bitcoin-*'] } },
      ['alarms.namePatterns none → bitcoin-*'],
    ],
    [
      'so many nodes that a terminated one is made again',
      { nodes: { tag: { A: 'b' }, expected: 3 } },
      { nodes: { tag: { A: 'b' }, expected: 4 } },
      ['nodes.expected 3 → 4'],
    ],
    [
      'credentials that vanish',
      { rpc: { credentials: 'file:/a/.cookie' } },
      {},
      ['rpc.credentials removed: file:/a/.cookie'],
    ],
    ['a name that vanishes', { dns: { zone: 'a.internal' } }, {}, ['dns.zone removed: a.internal']],
    [
      'an identity that is listed no more',
      { identity: ['/a/key', '/a/state'] },
      { identity: ['/a/key'] },
      ['identity /a/key, /a/state → /a/key'],
    ],
    [
      'a rung more',
      { replace: { rungs: ['restart'] } },
      { replace: { rungs: ['restart', 'swap'] } },
      ['replace.rungs restart → restart, swap'],
    ],
    ['a rung less', { replace: { rungs: ['restart', 'swap'] } }, { replace: { rungs: [] } }, []],
    ['pages that are repeated less often', {}, { pages: { againPerDay: 2 } }, []],
  ])('to %s', (_, before, after, asked) => {
    const told = effectsOf(JSON.stringify({ ...FILE, ...before }), { ...FILE, ...after } as StoredDocument);
    expect(told.filter((line) => !/^(dns\.(pool|ttlSeconds)|client\.)/.test(line))).toEqual(asked);
  });
});
