import { describe, expect, it } from '@jest/globals';
import { poolMayChange } from '../../../functions/watch-fleet/notify.ts';
import { type Health, type ObservedNode, servedAs } from '../../../shared/fleet/observation.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';

const fleet = bitcoinFleet({ mode: 'plan', probe: 'ssm' });
type Seen = Health | 'cut off';
const observed = (some: readonly (Seen | undefined)[]) =>
  some.flatMap((seen, index) => {
    const instanceId = `i-${index}`;
    if (seen === undefined) return [];
    return [
      (seen === 'cut off'
        ? { instanceId, health: 'unknown', cutOff: true }
        : { instanceId, health: seen }) as ObservedNode,
    ];
  });
const may = (before: readonly (Seen | undefined)[], now: readonly Seen[], of = fleet) =>
  poolMayChange(
    {
      fleet: of,
      before: { nodes: new Map(observed(before).map((node) => [node.instanceId, node])), watch: undefined },
    },
    observed(now),
  );

describe('register-nodes is told at once', () => {
  it.each<[string, (Seen | undefined)[], Seen[]]>([
    ['of a node whose machine nobody reaches any more', ['synced', 'synced'], ['cut off', 'synced']],
    ['of one that was only unknown before', ['unknown', 'synced'], ['cut off', 'synced']],
    ['of a node that became synced', ['behind', 'synced'], ['synced', 'synced']],
    ['of a node that is synced no more', ['synced', 'synced'], ['unreachable', 'synced']],
    ['of a node that is seen for the first time and well', [undefined, 'synced'], ['synced', 'synced']],
    ['of a pool member that was unknown and turns out to be stuck', ['unknown', 'synced'], ['stuck', 'synced']],
    ['of any change where nobody is synced and the least bad are in', ['behind', 'stuck'], ['forked', 'stuck']],
  ])('%s', (_, before, now) => expect(may(before, now)).toBe(true));

  it.each<[string, Seen[], Seen[]]>([
    ['of one that nobody reaches still', ['cut off', 'synced'], ['cut off', 'synced']],
    ['where all is as it was', ['synced', 'stuck'], ['synced', 'stuck']],
    ['of a bad node that is bad in another way', ['unreachable', 'synced'], ['stuck', 'synced']],
    ['of a node of which nothing is known any more: it stays in', ['synced', 'synced'], ['unknown', 'synced']],
  ])('but not %s', (_, before, now) => expect(may(before, now)).toBe(false));

  it('and register-nodes counts a machine that nobody reaches as one that does not answer', () => {
    expect([servedAs({ health: 'unknown', cutOff: true }), servedAs({ health: 'unknown' })]).toEqual([
      'unreachable',
      'unknown',
    ]);
  });

  it('but not where no pool follows health', () => {
    const { dns: _, ...nameless } = fleet;
    expect(may(['behind'], ['synced'], { ...nameless, dns: undefined })).toBe(false);
    expect(may(['behind'], ['synced'], { ...fleet, probe: undefined })).toBe(false);
  });
});
