import { describe, expect, it } from '@jest/globals';
import { judgeUpgrade, type UpgradeFacts } from '../../../shared/guardrails/upgrade.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const node = (name: string, health: 'synced' | 'stuck' | 'unknown' = 'synced') =>
  observedNode({ name, instanceId: `i-${name}`, health, role: 'follower' });
const judged = (more: Partial<UpgradeFacts> = {}) =>
  judgeUpgrade({
    nowMs: NOON_MS,
    fleet: bitcoinFleet({ unit: 'node@*', client: { versions: ['28.0', '28.1'] } }),
    node: { instanceId: 'i-node1', name: 'node1' },
    role: 'follower',
    nodes: [node('node1'), node('node2')],
    breaker: { open: false, sentence: '0 of 2 nodes unhealthy or unknown, limit 1' },
    haltedSinceMs: null,
    to: '28.1',
    lastLines: [],
    ...more,
  })?.refuse ?? null;

describe('a node may be upgraded', () => {
  it('where it and all others are well', () => {
    expect(judged()).toBeNull();
  });

  it.each<[string, Partial<UpgradeFacts>, string]>([
    ['its fleet file does not name the version', { to: '29.0' }, 'version-unknown'],
    ['it is a validator', { role: 'validator' }, 'validator'],
    ['nobody says what it does', { role: 'unknown' }, 'role-unknown'],
    ['it was not observed', { nodes: [node('node2')] }, 'observation-stale'],
    ['it is not well itself', { nodes: [node('node1', 'stuck'), node('node2')] }, 'cannot-be-spared'],
    ['another one is not known to be well', { nodes: [node('node1'), node('node2', 'unknown')] }, 'cannot-be-spared'],
    ['the chain stands', { haltedSinceMs: NOON_MS }, 'chain-standing'],
    ['the breaker is open', { breaker: { open: true, sentence: '2 of 2' } }, 'breaker-open'],
  ])('but not where %s', (_, more, code) => {
    expect(judged(more)).toBe(code);
  });
});
