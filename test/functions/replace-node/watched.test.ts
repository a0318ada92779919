import { describe, expect, it } from '@jest/globals';
import { watchedIn } from '../../../functions/replace-node/facts.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const seen = [{ observedAtMs: NOON_MS - 60_000, nodes: [observedNode({ instanceId: INSTANCE, name: 'node2' })] }];
const metric = { metric: { namespace: 'Owner', height: 'tip', periodSeconds: 300 } } as const;

describe('what others have seen of a node', () => {
  it('is of the moment in which they looked', () => {
    expect(watchedIn(bitcoinFleet(), seen, INSTANCE, NOON_MS)?.observedAtMs).toBe(NOON_MS - 60_000);
  });

  it('by a metric is as old as the metric may be: a height from before a start proves nothing of the client after it', () => {
    const fleet = bitcoinFleet({ probe: metric });
    expect(watchedIn(fleet, seen, INSTANCE, NOON_MS)?.observedAtMs).toBe(NOON_MS - 60_000 - (2 * 300 + 60) * 1_000);
  });

  it.each<[string, object, object]>([
    ['that says its stage tells what it does', { health: 'busy', works: true }, { tellsPhase: true }],
    [
      'that is silent, and was at the tip, knows where its data were',
      { height: null, memory: { atTip: 'left', track: { progress: 900 } } },
      { height: null, lastHeight: 900 },
    ],
    ['whose stages moved says when', { memory: { track: { movedAtMs: 7 } } }, { movedAtMs: 7 }],
  ])('of a client %s', (_, more, expected) => {
    const nodes = [observedNode({ instanceId: INSTANCE, ...more })];
    expect(watchedIn(bitcoinFleet(), [{ observedAtMs: NOON_MS, nodes }], INSTANCE, NOON_MS)).toMatchObject(expected);
  });

  it('of a client that was never at the tip knows no height of before: what it told may be the progress of its sync', () => {
    const nodes = [
      observedNode({ instanceId: INSTANCE, height: null, ...{ memory: { track: { progress: 900 } } } } as object),
    ];
    expect(watchedIn(bitcoinFleet(), [{ observedAtMs: NOON_MS, nodes }], INSTANCE, NOON_MS)).not.toHaveProperty(
      'lastHeight',
    );
  });

  it('is nothing where it is old, or another node’s', () => {
    expect(watchedIn(bitcoinFleet(), seen, INSTANCE, NOON_MS + 60 * 60_000)).toBeNull();
    expect(watchedIn(bitcoinFleet(), seen, 'i-00000000000000009', NOON_MS)).toBeNull();
  });
});
