// Whether a well node may be stopped before what EC2 has scheduled for its instance.
import { describe, expect, it } from '@jest/globals';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { isDue, isTypeDue, judgeMove, judgeOthers, type MoveFacts } from '../../../shared/guardrails/move.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet();
const event = { code: 'instance-retirement', notBeforeMs: NOON_MS + 24 * HOUR_MS } as const;
const cause = { by: 'event', event } as const;
const of = (name: string, health: ObservedNode['health'] = 'synced') => observedNode({ name, health });
const others = [of('node1'), of('node3'), of('node4'), of('node5')];
const closed = { open: false, sentence: '0 of 5 nodes unhealthy or unknown, limit 1' };

const facts = (more: Partial<MoveFacts> = {}): MoveFacts => ({
  ...{ nowMs: NOON_MS, fleet, node: { instanceId: INSTANCE, name: 'node2' }, role: 'follower', cause },
  ...{ nodes: [of('node2'), ...others], breaker: closed, haltedSinceMs: null },
  ...more,
});

describe('a node is moved before what EC2 has scheduled', () => {
  it('while all others of its fleet are well', () => {
    expect(judgeMove(facts())).toBeNull();
  });

  it('where it stands alone: EC2 would stop it without its client’s grace, and there is nobody to wait for', () => {
    expect(judgeMove(facts({ nodes: [of('node2')] }))).toBeNull();
  });

  it.each<[string, number, number, boolean]>([
    ['two days before it', 48, 48, true],
    ['not earlier', 49, 48, false],
    ['as early as its fleet file says', 100, 120, true],
    ['never where its fleet file says so', 1, 0, false],
    ['not at its time', 0, 48, false],
    ['not after its time', -1, 48, false],
  ])('%s', (_, hours, moveBeforeHours, due) => {
    const { replace } = bitcoinFleet({ replace: { moveBeforeHours } });
    expect(isDue({ notBeforeMs: NOON_MS + hours * HOUR_MS }, { replace }, NOON_MS)).toBe(due);
  });

  it('by nothing but a stop and a start', () => {
    const { replace } = bitcoinFleet({ replace: { rungs: ['restart', 'swap'] } });
    expect(isDue(event, { replace }, NOON_MS)).toBe(false);
  });
});

describe('a node is not moved', () => {
  it.each<[string, Partial<MoveFacts>, string]>([
    [
      'when EC2 may begin at any moment',
      { cause: { by: 'event', event: { ...event, notBeforeMs: NOON_MS + 59 * MINUTE_MS } } },
      'event-too-near',
    ],
    ['when nobody has looked at it', { nodes: others }, 'observation-stale'],
    ['while it is sick itself', { nodes: [of('node2', 'stuck'), ...others] }, 'cannot-be-spared'],
    ['while it catches up', { nodes: [of('node2', 'behind'), ...others] }, 'cannot-be-spared'],
    ['while one other is sick', { nodes: [of('node2'), of('node1', 'stuck'), of('node3')] }, 'cannot-be-spared'],
    ['while one other is unknown', { nodes: [of('node2'), of('node1', 'unknown'), of('node3')] }, 'cannot-be-spared'],
    ['while the breaker is open', { breaker: { open: true, sentence: '2 of 5' } }, 'breaker-open'],
    [
      'while most of the fleet is unknown',
      { breaker: { open: true, sentence: '4 of 5', isMostlyUnknown: true } },
      'breaker-open',
    ],
    ['while the chain stands', { haltedSinceMs: NOON_MS - HOUR_MS }, 'chain-standing'],
    ['where it is a validator', { role: 'validator' }, 'validator'],
    ['where nobody knows its role', { role: 'unknown' }, 'role-unknown'],
    [
      'where the other validators would keep too little power',
      { role: 'validator', fleet: { ...fleet, chain: 'cometbft', owner: { ...fleet.owner, restartValidators: true } } },
      'voting-power-unknown',
    ],
  ])('%s', (_, more, code) => {
    const refusal = judgeMove(facts(more));
    expect(refusal?.refuse).toBe(code);
    // What is near and undone is told by itself.
    expect(refusal?.page).toBe(false);
  });

  it('an hour before EC2 may begin is time enough', () => {
    expect(
      judgeMove(facts({ cause: { by: 'event', event: { ...event, notBeforeMs: NOON_MS + HOUR_MS } } })),
    ).toBeNull();
  });

  it('says who is in its way, and looks again in five minutes', () => {
    expect(judgeMove(facts({ nodes: [of('node2'), of('node1', 'stuck'), of('node3')] }))).toEqual({
      refuse: 'cannot-be-spared',
      reason: '1 of the 2 other nodes are not synced, node1 among them: chainmend does not stop node2 now',
      page: false,
      retryAfterMs: 300_000,
    });
  });

  it('where it signs, or may sign: a person is told what the fleet file lacks', () => {
    const reasonOf = (role: MoveFacts['role']) => judgeMove(facts({ role }))?.reason;
    expect(reasonOf('validator')).toMatch(/^node2 is a validator, and .*: a person stops and starts it before$/);
    expect(reasonOf('unknown')).toMatch(/^node2 is of unknown role, and /);
  });

  it('for the sake of others alone: its own health is none of theirs', () => {
    expect(judgeOthers(facts({ nodes: [of('node2', 'stuck'), ...others] }))).toBeNull();
  });

  it.each<[string, Partial<MoveFacts>, string | null]>([
    ['a validator of a chain without voting power', { role: 'validator' }, null],
    ['a follower of a chain with it', { role: 'follower', fleet: { ...fleet, chain: 'cometbft' } }, null],
    [
      'what may be a validator of such a chain',
      { role: 'unknown', fleet: { ...fleet, chain: 'cometbft' } },
      'voting-power-unknown',
    ],
  ])('asks for the power of the others where a stop costs some: %s', (_, more, code) => {
    const { fleet: one = fleet, ...others } = more;
    const restartable = { ...one, owner: { ...one.owner, restartValidators: true } };
    expect(judgeMove(facts({ ...others, fleet: restartable }))?.refuse ?? null).toBe(code);
  });

  it('but a validator is, where its fleet file lets it be restarted and the others keep the power', () => {
    const votes = { own: 10, chain: { total: 40, missing: 0, byzantine: 0 } };
    const nodes = ['node1', 'node2', 'node3', 'node4'].map((name) => ({
      ...of(name),
      role: 'validator' as const,
      votes,
    }));
    const restartable = { ...fleet, chain: 'cometbft', owner: { ...fleet.owner, restartValidators: true } } as const;
    expect(judgeMove(facts({ role: 'validator', fleet: restartable, nodes }))).toBeNull();
  });
});

describe('a node goes back from the type of its first sync', () => {
  const typeBoost = { from: 'm6i.8xlarge', to: 'm6i.large' };
  const boosted = { ...fleet, typeBoost };
  const caughtUp = observedNode({
    boosted: { type: 'm6i.8xlarge', idleSinceMs: NOON_MS - 45 * MINUTE_MS },
    sinceMs: NOON_MS - 15 * MINUTE_MS,
  });

  it('once it has been synced for a quarter of an hour', () => {
    expect(isTypeDue(caughtUp, boosted, NOON_MS)).toBe(true);
  });

  it.each<[string, Partial<ObservedNode>, Partial<typeof boosted>]>([
    ['sooner', { sinceMs: NOON_MS - 15 * MINUTE_MS + 1 }, {}],
    ['while it catches up', { health: 'behind' }, {}],
    [
      'from a type that somebody has chosen since',
      { boosted: { type: 'm6i.4xlarge', idleSinceMs: NOON_MS - 45 * MINUTE_MS } },
      {},
    ],
    ['where its fleet file lets nothing be stopped', {}, { replace: { ...fleet.replace, rungs: ['restart'] } }],
  ])('not %s', (_, more, of) => {
    expect(isTypeDue({ ...caughtUp, ...more }, { ...boosted, ...of }, NOON_MS)).toBe(false);
  });

  it('never where its fleet file has no boost', () => {
    expect(isTypeDue(caughtUp, fleet, NOON_MS)).toBe(false);
    expect(isTypeDue(observedNode({ sinceMs: NOON_MS - HOUR_MS }), fleet, NOON_MS)).toBe(false);
  });

  it('not while another one is down, and a validator only where its fleet file lets it be restarted', () => {
    const back = { cause: { by: 'type', ...typeBoost }, fleet: boosted } as const;
    expect(judgeMove(facts(back))).toBeNull();
    expect(judgeMove(facts({ ...back, nodes: [of('node2'), of('node1', 'stuck')] }))?.refuse).toBe('cannot-be-spared');
    expect(judgeMove(facts({ ...back, role: 'validator' }))).toMatchObject({
      refuse: 'validator',
      reason: expect.stringMatching(/: a person stops and starts it$/),
    });
  });
});
