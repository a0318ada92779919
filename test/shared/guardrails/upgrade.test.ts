import { describe, expect, it } from '@jest/globals';
import { judgeUpgrade, type UpgradeFacts } from '../../../shared/guardrails/upgrade.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const node = (name: string, health: 'synced' | 'stuck' | 'unknown' = 'synced') =>
  observedNode({ name, instanceId: `i-${name}`, health, role: 'follower' });
const judge = (more: Partial<UpgradeFacts> = {}) =>
  judgeUpgrade({
    nowMs: NOON_MS,
    fleet: bitcoinFleet({ unit: 'node@*', client: { versions: ['28.0', '28.1'] } }),
    node: { instanceId: 'i-node1', name: 'node1' },
    role: 'follower',
    nodes: [node('node1'), node('node2')],
    breaker: { open: false, sentence: '0 of 2 nodes unhealthy or unknown, limit 1' },
    haltedSinceMs: null,
    to: '28.1',
    ...more,
  });
const judged = (more: Partial<UpgradeFacts> = {}) => judge(more)?.refuse ?? null;

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
    [
      'its zone is in trouble',
      { breaker: { open: false, sentence: '', zone: { name: 'a', instanceIds: ['i-node1'], sentence: '2 of 2' } } },
      'zone-down',
    ],
    ['the breaker is open', { breaker: { open: true, sentence: '2 of 2' } }, 'breaker-open'],
  ])('but not where %s', (_, more, code) => {
    expect(judge(more)).toMatchObject({ refuse: code, page: false });
  });

  it('and nobody is paged where it may not: the plan of its upgrade tells', () => {
    const stuck = [node('node1'), node('node2', 'stuck')];
    expect(judge({ nodes: stuck })).toMatchObject({ page: false, retryAfterMs: 300_000 });
    expect(judge({ to: '29.0' })).toEqual({
      refuse: 'version-unknown',
      reason: 'the fleet file does not name 29.0 under client.versions (28.0, 28.1)',
      page: false,
      retryAfterMs: 3_600_000,
    });
    expect(judge({ fleet: bitcoinFleet() })).toMatchObject({
      refuse: 'version-unknown',
      reason: expect.stringMatching(/\(none\)$/),
    });
  });

  it('by a person alone where it signs, or may sign', () => {
    expect(judge({ role: 'validator' })).toMatchObject({
      reason: 'node1 is a validator: a person upgrades it, where it is',
      page: false,
    });
    expect(judge({ role: 'unknown' })).toMatchObject({
      reason: 'nobody says what node1 does, and it could be a validator',
      page: false,
    });
  });
});
