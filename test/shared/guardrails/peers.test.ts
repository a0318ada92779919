// A node that stands and has too few peers is given some before anything else.
import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { peersLacking } from '../../../shared/guardrails/peers.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

describe('a node that stands', () => {
  const peers = { minimum: 4, rotate: true } as Fleet['peers'];
  const judged = (more: { peerCount?: number; minutes?: number } = {}, of: Pick<Fleet, 'peers'> = { peers }) =>
    peersLacking(
      of,
      { name: 'node1', peerCount: more.peerCount ?? 3, sinceMs: NOON_MS - (more.minutes ?? 8) * MINUTE_MS },
      NOON_MS,
    );

  it('is given peers first where it has too few', () => {
    expect(judged()).toEqual({
      refuse: 'peers-first',
      reason: 'node1 has 3 peers, 4 at least are needed: it is given some first',
      page: false,
      retryAfterMs: 50_000,
    });
    expect(judged({ peerCount: 0 })).not.toBeNull();
  });

  it('is healed otherwise where it has enough, where half an hour has not helped, or where nobody gives it any', () => {
    expect(judged({ peerCount: 4 })).toBeNull();
    expect(judged({ peerCount: 5 })).toBeNull();
    expect(judged({ minutes: 29.9 })).not.toBeNull();
    expect(judged({ minutes: 30 })).toBeNull();
    expect(judged({}, { peers: { ...peers, rotate: false } as Fleet['peers'] })).toBeNull();
    expect(judged({}, { peers: undefined } as unknown as Pick<Fleet, 'peers'>)).toBeNull();
  });
});
