// Whether the rest of a CometBFT chain goes on while one validator is stopped.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { judgeVotingPower } from '../../../shared/guardrails/voting-power.ts';
import { instanceIdOf } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';

const FLEET = { name: 'irita', chain: 'cometbft' } as const;

/** A validator with this power; the chain is well and of `total` unless given. */
const validator = (name: string, own: number, total: number, more: Partial<ObservedNode> = {}): ObservedNode =>
  observedNode({
    ...{ name, role: 'validator', votes: { own, chain: { total, missing: 0, byzantine: 0 } } },
    ...more,
  });

const fleetOf = (...powers: readonly number[]): ObservedNode[] => {
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power, at) => validator(`v${at + 1}`, power, total));
};

const judge = (nodes: readonly ObservedNode[], fleet: Parameters<typeof judgeVotingPower>[0]['fleet'] = FLEET) =>
  judgeVotingPower({ fleet, nodes, instanceId: instanceIdOf('v1') });

describe('a validator may be stopped', () => {
  it('while the others keep more than two thirds of the voting power', () => {
    expect(judge(fleetOf(10, 10, 10, 10))).toBeNull();
    expect(judge(fleetOf(10, 10, 10, 10), { ...FLEET, chain: 'cosmoshub' })).toBeNull();
    expect(judge(fleetOf(1_000_000, 1_000_000, 1_000_001))).toBeNull();
  });

  it('where it is in no validator set: its stop costs nothing', () => {
    expect(judge([validator('v1', 0, 30), validator('v2', 30, 30)])).toBeNull();
  });

  it('while another one of seven is down', () => {
    const nodes = fleetOf(1, 1, 1, 1, 1, 1, 1).map((node) => ({
      ...node,
      votes: { own: 1, chain: { total: 7, missing: 1, byzantine: 0 } },
    }));
    expect(
      judge([...nodes.slice(0, 6), validator('v7', 1, 7, { health: 'unreachable', votes: { own: 1 } })]),
    ).toBeNull();
  });
});

describe('the power that would be missing', () => {
  const five = fleetOf(10, 10, 10, 10, 10);
  const stuck = (own: number | undefined, role: ObservedNode['role']): ObservedNode =>
    observedNode({ name: 'x', role, health: 'stuck', ...(own !== undefined && { votes: { own } }) });

  it.each<[string, readonly ObservedNode[], boolean]>([
    ['is not that of a follower that tells none', [...five, stuck(undefined, 'follower')], true],
    ['nor that of a follower that has none', [...five, stuck(0, 'follower')], true],
    ['is that of a follower that has some', [...five, stuck(10, 'follower')], false],
    [
      'is its own once, where it is not synced itself',
      [{ ...five[0], health: 'stuck' } as ObservedNode, ...five.slice(1)],
      true,
    ],
  ])('%s', (_, nodes, allowed) => {
    expect(judge(nodes) === null).toBe(allowed);
  });

  it('is told with nobody’s name where all are synced, and looked at again in five minutes', () => {
    expect(judge(fleetOf(10, 10, 10))).toEqual({
      refuse: 'quorum-at-risk',
      reason:
        'without v1 20 of 30 of the voting power would be online and honest, and blocks need more than two thirds',
      page: false,
      retryAfterMs: 300_000,
    });
  });
});

describe('a validator is not stopped', () => {
  const telling = (chain: { total: number; missing: number; byzantine: number }) =>
    fleetOf(10, 10, 10, 10).map((node) => ({ ...node, votes: { own: 10, chain } }));

  it.each<[string, readonly ObservedNode[], RegExp]>([
    ['where exactly two thirds would stay', fleetOf(10, 10, 10), /^without v1 20 of 30 of the voting power/],
    ['where it alone holds more than a third', fleetOf(41, 20, 20, 20), /^without v1 60 of 101/],
    ['while another one of four has not signed', telling({ total: 40, missing: 10, byzantine: 0 }), /20 of 40/],
    ['while another one of four has signed twice', telling({ total: 40, missing: 0, byzantine: 10 }), /20 of 40/],
    [
      'while another one has just gone down, and the last block had its signature yet',
      [...fleetOf(10, 10, 10, 10).slice(0, 3), validator('v4', 10, 40, { health: 'stuck', votes: { own: 10 } })],
      /20 of 40 .*; not synced: v4$/,
    ],
    [
      'where one of the nodes tells less power than the others',
      [
        ...fleetOf(10, 10, 10, 10).slice(0, 3),
        validator('v4', 10, 40, { votes: { own: 10, chain: { total: 40, missing: 20, byzantine: 0 } } }),
      ],
      /10 of 40/,
    ],
  ])('%s', (_, nodes, reason) => {
    expect(judge(nodes)).toMatchObject({
      ...{ refuse: 'quorum-at-risk', page: false },
      reason: expect.stringMatching(reason),
    });
  });

  const four = fleetOf(10, 10, 10, 10);
  it('of a chain that tells no power: unknown is no yes', () => {
    expect(judge(four, { ...FLEET, chain: 'ethereum' })).toMatchObject({
      refuse: 'voting-power-unknown',
      reason: expect.stringMatching(/only CometBFT chains .* irita is ethereum$/),
    });
  });

  it.each<[string, readonly ObservedNode[], RegExp]>([
    [
      'that does not tell its own',
      [validator('v1', 0, 40, { votes: {} }), ...four.slice(1)],
      /v1 does not tell its own/,
    ],
    ['that nobody has seen', four.slice(1), new RegExp(`${instanceIdOf('v1')} does not tell its own`)],
    [
      'that is not synced itself, and nobody else tells the chain’s',
      four.map((node, at) => (at === 0 ? { ...node, health: 'stuck' as const } : { ...node, votes: { own: 10 } })),
      /no synced node tells the chain’s/,
    ],
    [
      'where the others tell nothing at all',
      four.map((node, at) => (at === 0 ? { ...node, votes: { own: 10 } } : observedNode({ name: node.name }))),
      /no synced node tells the chain’s/,
    ],
    [
      'where no metrics are read',
      four.map((node) => ({ ...node, votes: { own: 10 } })),
      /no synced node tells the chain’s.*rpc\.metricsPort/,
    ],
    [
      'where only a node that is behind tells the chain’s',
      four.map((node, at) => (at === 3 ? { ...node, health: 'behind' as const } : { ...node, votes: { own: 10 } })),
      /no synced node tells the chain’s/,
    ],
    [
      'while another one is down that never told its power',
      [...four.slice(0, 3), observedNode({ name: 'v4', role: 'validator', health: 'unknown' })],
      /v4 has told none and is not synced$/,
    ],
    [
      'while a node of unknown role is down that never told its power',
      [...four, observedNode({ name: 'x5', role: 'unknown', health: 'unreachable' })],
      /x5 has told none/,
    ],
  ])('%s: unknown is no yes', (_, nodes, reason) => {
    expect(judge(nodes)).toMatchObject({
      refuse: 'voting-power-unknown',
      reason: expect.stringMatching(reason),
    });
  });
});

it('whatever the powers, exactly what keeps more than two thirds is allowed', () => {
  const power = fc.integer({ min: 0, max: 2 ** 50 });
  fc.assert(
    fc.property(fc.array(power, { minLength: 1, maxLength: 7 }), (powers) => {
      const total = powers.reduce((sum, one) => sum + BigInt(one), 0n);
      const rest = total - BigInt(powers[0] ?? 0);
      expect(judge(fleetOf(...powers)) === null).toBe(3n * rest > 2n * total);
    }),
    { numRuns: 300 },
  );
});
