// Evidence in proportion to harm: what a single reference shows is enough for a restart, and for nothing more.
import { describe, expect, it } from '@jest/globals';
import { begin } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, facts, machine, seen, watched } from '../../fixtures/replace-facts.ts';

describe('a node that only one reference shows to stand', () => {
  const alone = (more: Partial<Facts> = {}) =>
    facts({ watched: watched('stuck', { evidence: 'one-reference' }), ...more });

  it('is restarted, and stopped and started', () => {
    expect(guardOf(alone(), 'restart')).toBeNull();
    expect(guardOf(alone(), 'stop-start')).toBeNull();
  });

  it('gets neither other data nor another instance, and people are told what would be enough', () => {
    for (const rung of ['swap', 'replace'] as const)
      expect(guardOf(alone(), rung)).toMatchObject({
        refuse: 'one-witness',
        page: true,
        reason: expect.stringContaining('health.references'),
      });
  });

  it('gets them where its owner trusts the reference, or wants it', () => {
    const fleet = bitcoinFleet({ probe: 'ssm', health: { trust: 'one-reference' } });
    expect(guardOf(alone({ fleet }), 'swap')).toBeNull();
    expect(
      guardOf(alone({ want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } }), 'swap'),
    ).toBeNull();
  });

  it('gets them where its client has ended by itself, which the node says', () => {
    expect(guardOf(alone({ seen: seen([client('failed')]) }), 'swap')).toBeNull();
    expect(guardOf(alone({ seen: seen([client('running'), client('failed')]) }), 'swap')).toBeNull();
  });
});

describe('a node of which nobody else can say whether it stands', () => {
  const fleet = bitcoinFleet({ probe: 'ssm', health: { trust: 'one-reference' } });
  const lone = facts({ fleet, watched: watched('stuck', { evidence: 'no-reference' }) });

  it('is restarted, and nothing more, whatever its owner trusts', () => {
    expect(guardOf(lone, 'restart')).toBeNull();
    expect(guardOf(lone, 'swap')).toMatchObject({
      refuse: 'one-witness',
      reason: expect.stringContaining('name a reference'),
      page: true,
      retryAfterMs: HOUR_MS,
    });
  });
});

describe('guards that are of one rung alone', () => {
  it('are not asked of a node that EC2 does not know', () => {
    for (const rung of ['restart', 'upgrade', 'replace'] as const)
      expect(guardOf(facts({ original: null }), rung)).toBeNull();
  });

  it('what keeps a node from being moved keeps it from a stop and a start, not from another instance', () => {
    const refusal = { refuse: 'busy', reason: 'another one is moved', page: false, retryAfterMs: 1 } as const;
    const moved = facts({ move: { cause: null, refusal } });
    expect(guardOf(moved, 'stop-start')).toEqual(refusal);
    expect(guardOf(moved, 'replace')).toBeNull();
  });

  it('an upgrade at a height asks only whether the fleet can spare the node', () => {
    const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
    const spared = { refuse: 'busy', reason: 'another one is upgraded', page: false, retryAfterMs: 1 } as const;
    const stored = facts({ want, instanceStore: true });
    const atHeight = { ...stored, want: { ...want, atHeight: 1_001 } };
    expect(guardOf(atHeight, 'upgrade')).toBeNull();
    expect(guardOf({ ...atHeight, spared }, 'upgrade')).toEqual(spared);
    expect(guardOf({ ...stored, spared }, 'upgrade')).toEqual(spared);
  });

  it('no way back is judged of an upgrade at a height: an owner who allows no other volumes keeps nobody from it', () => {
    const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
    const original = machine({ tags: { 'aws:cloudformation:stack-name': 'nodes' } });
    expect(guardOf(facts({ want, original }), 'upgrade')?.refuse).toBe('drift-refused');
    expect(guardOf(facts({ want: { ...want, atHeight: 1_001 }, original }), 'upgrade')).toBeNull();
  });

  it('an instance beside a node is judged as one in its place: its owner must allow that, and no disk may be lost', () => {
    const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0, strategy: 'blue-green' } as const;
    const beside = (more: Partial<Facts>) => guardOf(facts({ want, ...more }), 'replace')?.refuse ?? null;
    const owned = machine({ tags: { 'aws:cloudformation:stack-name': 'nodes' } });
    expect([beside({}), beside({ instanceStore: true }), beside({ original: owned })]).toEqual([
      ...[null, 'instance-store', 'drift-refused'],
    ]);
    expect(guardOf(facts({ want, original: owned }), 'replace')?.reason).toContain('its instance and its data volumes');
  });

  it('the trouble of a zone keeps no person from a stop and a start', () => {
    const zone = { name: 'eu-west-1a', instanceIds: [INSTANCE], sentence: '3 of 3' };
    const down = { breaker: { open: false, sentence: '', zone } };
    expect(guardOf(facts(down), 'stop-start')?.refuse).toBe('zone-down');
    expect(guardOf(facts({ ...down, want: { do: 'replace-instance' } }), 'stop-start')).toBeNull();
  });
});

describe('a node beside whose client another one stands', () => {
  it('is restarted, and nothing more, whatever its owner trusts: nobody knows which is at fault', () => {
    const fleet = bitcoinFleet({ probe: 'ssm', health: { trust: 'one-reference' } });
    const both = facts({ fleet, watched: watched('stuck', { evidence: 'beside-stands' }) });
    expect(guardOf(both, 'restart')).toBeNull();
    expect(guardOf(both, 'swap')).toMatchObject({ refuse: 'one-witness', page: true });
  });
});

describe('a validator whose vote its chain waits for', () => {
  const waitedFor = (restartValidators: boolean, want?: 'heal') =>
    facts({
      fleet: bitcoinFleet({ role: 'validator', owner: { restartValidators } }),
      ...{ role: 'validator', haltedSinceMs: NOON_MS - 10 * MINUTE_MS },
      watched: watched('stuck', { evidence: 'votes' }),
      ...(want && { want: { do: want } }),
    });

  it('is restarted where its owner allows that, although its chain stands, and gets nothing else', () => {
    expect(guardOf(waitedFor(true), 'restart')).toBeNull();
    expect(guardOf(waitedFor(false), 'restart')?.refuse).toBe('chain-standing');
    expect(guardOf({ ...waitedFor(true), haltedSinceMs: null }, 'swap')?.refuse).toBe('validator');
    expect(guardOf({ ...waitedFor(true), haltedSinceMs: null, role: 'follower' }, 'swap')).toMatchObject({
      refuse: 'one-witness',
    });
  });

  it('is proved by its vote: where it stands its whole chain stands', () => {
    const heights = (evidence: 'votes' | 'one-reference') => {
      const begun = begin({
        ...waitedFor(true),
        watched: watched('stuck', { evidence }),
        seen: seen([client('running')]),
      });
      return 'state' in begun ? begun.state?.found.height : begun;
    };
    expect(heights('votes')).toBeNull();
    expect(heights('one-reference')).toEqual(expect.any(Number));
  });
});

describe('a client that ends again and again', () => {
  const looping = (...lastLines: string[]) =>
    facts({
      watched: watched('unreachable', { endsAgain: true }),
      seen: seen(lastLines.map((lastLine) => client('failed', { exitStatus: 137, lastLine }))),
    });

  it('is restarted', () => {
    expect(guardOf(looping('Killed'), 'restart')).toBeNull();
  });

  it('gets neither other data nor another instance while it does not name its data', () => {
    for (const rung of ['roll-back', 'reindex', 'swap', 'replace'] as const)
      expect(guardOf(looping('Killed'), rung)).toMatchObject({
        refuse: 'condition-holds',
        page: false,
        reason: expect.stringContaining('does not name its data (failed, exit status 137, "Killed")'),
      });
  });

  it('gets them where it names its data, now or as its restart has heard, where they are not mounted, or where a person wants it', () => {
    expect(guardOf(looping('Fatal LevelDB error: Corruption: checksum mismatch'), 'swap')).toBeNull();
    // Its unit starts it again and again: the last line is of whichever moment it was asked.
    expect(guardOf({ ...looping('Shutdown: done'), dataAtFault: true }, 'swap')).toBeNull();
    expect(guardOf({ ...looping('Killed'), want: { do: 'restore' } as Facts['want'] }, 'swap')).toBeNull();
  });
});
