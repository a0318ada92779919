// The words of a plan, what an approval of it covers, and what a client was stopped by.
import { describe, expect, it } from '@jest/globals';
import {
  baselineOf,
  beyondApproval,
  clientMustRun,
  hadRoomAt,
  hasStartedClient,
  type NodeBaseline,
  questionOf,
  startsClient,
} from '../../../functions/resize-volume/plan.ts';
import { otherChain } from '../../../shared/chains/defaults.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { observation } from '../../fixtures/builders/observation.ts';
import { GIB } from '../../fixtures/builders/volume.ts';

type Plan = Parameters<typeof questionOf>[0];
const base = { volumeId: DATA_VOLUME, toGiB: 600, reason: 'it is full' } as const;
const modify = { ...base, do: 'modify', fromGiB: 500, addedUsd: 8 } as unknown as Plan;

const prune = { ...base, do: 'prune', command: '/opt/node/prune' } as unknown as Plan;

describe('the question of a plan', () => {
  it('to prune names the owner’s command, and no growth', () => {
    const { words, terms } = questionOf(prune);
    expect(words.would).toBe('stop the client, run /opt/node/prune, and start it');
    expect(terms).toEqual([
      ['act', 'stop the client, run its owner’s pruning on its data, and start it; nothing grows'],
      ['volume', DATA_VOLUME],
      ['command', '/opt/node/prune'],
      ['size', '600 GiB at most'],
      ['cost', 'nothing'],
    ]);
    expect(questionOf(modify).terms.map(([term]) => term)).toEqual(['act', 'volume', 'size', 'cost']);
  });

  it.each<[Plan, string, readonly string[]]>([
    [
      modify,
      'grow 500 → 600 GiB',
      ['grow the volume and its filesystem', '500 → 600 GiB at most', '+$8.00 a month at most'],
    ],
    [
      { ...base, do: 'grow-filesystem' },
      'grow the filesystem to 600 GiB',
      ['grow the filesystem', '600 GiB at most', 'nothing'],
    ],
    [
      { ...base, do: 'await-modification' },
      'wait for EBS, then grow the filesystem to 600 GiB',
      ['wait for EBS, then grow the filesystem', '600 GiB at most', 'nothing'],
    ],
  ])('says what would be done, and its terms', (plan, would, [act, size, cost]) => {
    const question = questionOf(plan);
    expect(question).toMatchObject({
      ...{ words: { would, because: 'it is full' }, evidence: { plan } },
      terms: [
        ['act', act],
        ['volume', DATA_VOLUME],
        ['size', size],
        ['cost', cost],
      ],
    });
    expect(question.sentence).toContain(would);
  });
});

describe('an approval', () => {
  const grow: Plan = { ...base, do: 'grow-filesystem' };
  it.each<[string, Plan | null, Plan, RegExp | null]>([
    ['of nothing holds for all', null, modify, null],
    ['of the volume holds for its filesystem alone', modify, grow, null],
    [
      'of the filesystem holds for it again, and for the wait before it',
      grow,
      { ...base, do: 'await-modification' },
      null,
    ],
    ['of the filesystem holds for no larger volume', grow, modify, /^approved for the filesystem only/],
    ['holds up to its size', modify, { ...grow, toGiB: 601 }, /^approved up to 600 GiB, now 601 GiB are needed$/],
    ['of a pruning holds for it again', prune, prune, null],
    ['of a pruning holds for no growth', prune, grow, /^approved for its pruning only, now it must grow too$/],
    [
      'of a growth holds for no pruning',
      modify,
      prune,
      /^approved: grow the volume and its filesystem; now it would run \/opt\/node\/prune first$/,
    ],
    [
      'of a pruning holds for no other command',
      { ...prune, command: '/opt/node/other' } as Plan,
      prune,
      /now it would run \/opt\/node\/prune first$/,
    ],
    ['is of one volume', modify, { ...grow, volumeId: 'vol-x' }, /^approved for .*, now it would be vol-x$/],
  ])('%s', (_, approved, plan, said) => {
    const beyond = beyondApproval(approved, plan);
    if (said === null) expect(beyond).toBeNull();
    else expect(beyond).toMatch(said);
  });
});

describe('a client that does not run', () => {
  const full = (more: Parameters<typeof observation>[0], owed = false) =>
    baselineOf(
      observation({ sizeBytes: 500 * GIB, usedBytes: 10 * GIB, inodesTotal: 1_000, inodesUsed: 10, ...more }),
      bitcoinFleet(),
      owed ? { clientOwed: true } : {},
    ).full;

  it('was stopped by its disk from 97 % on, in bytes or in inodes, or where it is owed since before', () => {
    expect([full({ usedBytes: 485 * GIB }), full({ usedBytes: 484 * GIB })]).toEqual([true, false]);
    expect([full({ inodesUsed: 970 }), full({ inodesUsed: 969 })]).toEqual([true, false]);
    expect([full({}), full({}, true)]).toEqual([false, true]);
    expect(full({ inodesTotal: 0, inodesUsed: 0 })).toBe(false);
  });

  it('and that a heal had left to a person is nobody’s to leave down once it runs again: it may have ended inside', () => {
    const left = (client: 'running' | 'stopped') =>
      baselineOf(
        observation({ sizeBytes: 500 * GIB, usedBytes: 500 * GIB, client }),
        bitcoinFleet({ chain: 'cometbft' }),
        {
          wasDownBeforeFull: true,
        },
      ).full;
    expect([left('running'), left('stopped')]).toEqual([true, false]);
  });

  it('was not stopped by a disk that had room when it was seen down', () => {
    const readings = [
      { atMs: 1_000, percent: 40 },
      { atMs: 2_000, percent: 96.9 },
      { atMs: 3_000, percent: 97 },
      { atMs: 4_000, percent: 100 },
    ];
    expect([500, 1_500, 2_000, 2_001, 4_000].map((sinceMs) => hadRoomAt(sinceMs, readings))).toEqual([
      ...[true, true, true, false, false],
    ]);
    // What the metric has not said shows nothing.
    expect([hadRoomAt(4_001, readings), hadRoomAt(0, [])]).toEqual([false, false]);
  });

  it('was told to end where it has ended with success, and its chain’s clients never do that for want of room', () => {
    const of = (chain: 'cometbft' | 'solana' | 'ethereum' | 'litecoin', ended: Parameters<typeof observation>[0]) =>
      baselineOf(observation({ sizeBytes: 500 * GIB, usedBytes: 500 * GIB, ...ended }), bitcoinFleet({ chain }), {})
        .full;
    const cleanly = { client: 'stopped', clientStatus: 0 } as const;
    expect([of('cometbft', cleanly), of('solana', cleanly)]).toEqual([false, false]);
    expect([of('ethereum', cleanly), of('litecoin', cleanly)]).toEqual([true, true]);
    expect(of('cometbft', { client: 'failed', clientStatus: 2 })).toBe(true);
    // Nobody knows whether it has ended, or what a client does that only its owner knows.
    expect(of('cometbft', { client: 'unknown', clientStatus: 0 })).toBe(true);
    const full = observation({ sizeBytes: 500 * GIB, usedBytes: 500 * GIB, ...cleanly });
    expect(baselineOf(full, { ...bitcoinFleet(), chain: otherChain }, {}).full).toBe(true);
    // Of an owner's own commands nobody knows a status.
    expect(of('cometbft', { client: 'stopped', clientStatus: null })).toBe(true);
  });

  it.each<[NodeBaseline['client'] | null, boolean, boolean, boolean]>([
    [null, false, false, false],
    ['running', false, true, false],
    ['running', true, true, true],
    ['stopped', false, false, false],
    ['stopped', true, true, true],
    ['unknown', true, false, true],
  ])('and was %s, with a full disk: %s, has to run: %s, and is started: %s', (client, isFull, mustRun, starts) => {
    const found = client === null ? null : { units: 1, client, full: isFull, growAtPercent: 90 };
    expect([clientMustRun(found), startsClient(found)]).toEqual([mustRun, starts]);
  });

  it('has been started by a growth that ended, well or badly, and by none that was refused', () => {
    const full: NodeBaseline = { units: 1, client: 'stopped', full: true, growAtPercent: 90 };
    const outcomes = ['healed', 'failed', 'escalated', 'refused'] as const;
    expect(outcomes.map((outcome) => hasStartedClient(full, { outcome }))).toEqual([true, true, true, false]);
    expect(hasStartedClient({ ...full, full: false }, { outcome: 'healed' })).toBe(false);
  });
});
