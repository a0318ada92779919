// What a daily look compares, case by case: what is a loss, and how its sentence is made.
import { describe, expect, it } from '@jest/globals';
import {
  compareReadiness,
  compareTrials,
  firstSentence,
  isLookedAt,
  isSilent,
  type Lost,
  lostSentence,
  stillLost,
} from '../../../functions/check-readiness/decide.ts';
import type { TrialReport } from '../../../shared/heal/trials.ts';
import type { Cause, NodeReport } from '../../../shared/readiness/fleet-report.ts';
import {
  COLUMNS,
  type Column,
  type FindingCode,
  HEALS,
  no,
  unknown,
  type Verdict,
  verdictOf,
} from '../../../shared/readiness/verdict.ts';

it.each([
  ['whose file wants it, each day', true, undefined, true],
  ['whose file says nothing, on no day', false, undefined, false],
  ['whose file says nothing, when a person asks for it', false, 'bitcoin', true],
])('a fleet is looked at %s', (_, readiness, asked, expected) => {
  const pages = { healed: true, againAfterMinutes: 30, againEveryMinutes: 60, againPerDay: 8, readiness };
  expect(isLookedAt({ pages }, asked)).toBe(expected);
});

const YES: Verdict = { is: 'yes' };
const report = (node: string, more: Partial<Record<Column, Verdict>> = {}): NodeReport => ({
  ...{ node, instanceId: `i-${node}`, role: 'follower', source: null, modificationsLeft: null },
  heals: { ...(Object.fromEntries(COLUMNS.map((column) => [column, YES])) as Record<Column, Verdict>), ...more },
});
const cause = (code: FindingCode, more: Partial<Cause> = {}): Cause => ({
  ...{ is: 'no', code, why: `why ${code}`, heals: ['swap'], nodes: ['node1'] },
  ...more,
});
const all = (letter: 'y' | 'n' | '-' | '?') =>
  Object.fromEntries(HEALS.map((column) => [column, letter])) as Record<(typeof HEALS)[number], typeof letter>;
const look = (
  nodes: readonly NodeReport[],
  before: 'y' | 'n' | '-' | '?' | null = 'y',
  causes: readonly Cause[] = [],
) =>
  compareReadiness(
    before === null ? undefined : { heals: { node1: all(before), node2: all(before) } },
    { nodes, causes },
    new Set(),
  );
const refused = (code: FindingCode) => verdictOf([no(code, 'why')]);

describe('what passes by itself', () => {
  it.each<FindingCode>([
    ...([
      'paused',
      'pause-unreadable',
      'instance-stopped',
      'breaker-open',
      'chain-standing',
      'restarts-paced',
    ] as const),
    ...(['restarts-spent', 'replacements-spent', 'node-replacements-spent', 'budget-spent'] as const),
    ...(['modification-in-progress', 'donor-unsuitable', 'pool-at-floor', 'not-due', 'observation-stale'] as const),
    ...(['zone-down', 'throttled', 'not-observed'] as const),
  ])('is no loss: %s', (code) => {
    const { lost, heals } = look([report('node1', { swap: refused(code) })]);
    expect([lost, heals['node1']?.swap]).toEqual([null, 'y']);
    expect(firstSentence({ nodes: [report('node1')], causes: [cause(code)] })).toMatch(/finds nothing/);
  });

  it('is a loss beside what stays', () => {
    const both = verdictOf([no('paused', 'why'), no('key-denies', 'why')]);
    expect(look([report('node1', { swap: both })]).lost?.nodes).toEqual(['node1']);
  });
});

describe('a heal', () => {
  it('that the fleet does not want is neither lost nor had', () => {
    const off: Verdict = { is: 'off', why: 'the fleet file' };
    expect(look([report('node1', { swap: off })])).toMatchObject({ lost: null, heals: { node1: { swap: '-' } } });
  });

  it('works where no dry run was asked, and only where nothing else is unknown', () => {
    const notAsked = unknown('not-asked', 'why');
    const of = (verdict: Verdict) => look([report('node1', { swap: verdict })], 'n').heals['node1']?.swap;
    expect([of(verdictOf([notAsked])), of(verdictOf([notAsked, unknown('unread', 'why')]))]).toEqual(['y', 'n']);
  });

  it('works again only where it did not, and does now', () => {
    expect(look([report('node1')], 'n').again).toEqual(HEALS.map((column) => `${column} of node1`));
    for (const before of ['y', '?', '-', null] as const) expect(look([report('node1')], before).again).toEqual([]);
    expect(look([report('node1', { swap: refused('key-denies') })], 'n').again).not.toContain('swap of node1');
  });

  it('is compared with a look before, or it is the first', () => {
    expect([look([], null).isFirst, look([]).isFirst]).toEqual([true, false]);
  });
});

describe('a loss', () => {
  const broken = { swap: refused('key-denies') };
  const two = [report('node1', broken), report('node2', { replace: refused('key-denies') })];

  it('is told with its causes, and of each with the nodes and heals that are lost', () => {
    const causes = [
      cause('key-denies', { heals: ['swap', 'replace', 'grow'], nodes: ['node1', 'node2', 'node3'] }),
      cause('key-denies', { heals: ['grow'], nodes: ['node1'] }),
      cause('paused', { heals: ['swap'] }),
      cause('unread', { is: 'unknown' }),
    ];
    expect(look(two, 'y', causes).lost).toEqual({
      nodes: ['node1', 'node2'],
      causes: [{ ...causes[0], heals: ['swap', 'replace'], nodes: ['node1', 'node2'] }],
    });
  });

  const lost = (count: number, more: Partial<Cause> = {}, nodes = ['node1', 'node2']): Lost => ({
    nodes,
    causes: Array.from({ length: count }, (_, at) => cause('key-denies', { why: `why ${at}`, nodes, ...more })),
  });

  it('is a sentence of three causes, and of how many more there are', () => {
    expect(lostSentence(lost(3), 9)).toBe(
      '2 of 9 nodes have lost a heal since the last daily look: swap of node1, node2: why 0; swap of node1, node2: why 1; swap of node1, node2: why 2',
    );
    expect(lostSentence(lost(5), 9)).toMatch(/why 2; and 2 more causes$/);
    expect(lostSentence(lost(1, {}, ['node1']), 9)).toMatch(/^1 of 9 nodes has lost /);
  });

  it('has its remedy, and four names at most', () => {
    expect(lostSentence(lost(1, { remedy: 'allow it' }), 9)).toMatch(/why 0 \(allow it\)$/);
    const named = (count: number) =>
      lostSentence(
        lost(
          1,
          {},
          Array.from({ length: count }, (_, at) => `n${at}`),
        ),
        9,
      ).split(': ')[1];
    expect([named(4), named(5)]).toEqual(['swap of n0, n1, n2, n3', 'swap of n0, n1, n2 and 2 more']);
  });
});

describe('what is still lost', () => {
  it('is of a node that was there before: a new one has lost nothing, and the first look knows of none', () => {
    const now = { node1: { ...all('y'), swap: 'n' as const } };
    const of = (known: Parameters<typeof stillLost>[1], before: readonly string[] = []) =>
      stillLost(before, known, now);
    expect([of({ node1: all('y') }), of({ node2: all('y') }), of(undefined), of({ node1: all('n') })]).toEqual([
      ['swap of node1'],
      ...[[], [], []],
    ]);
    expect(of(undefined, ['swap of node1'])).toEqual(['swap of node1']);
  });
});

describe('a node that does not run', () => {
  it('says nothing of its next heal, whichever of them tells of it', () => {
    expect(isSilent(report('node1'))).toBe(false);
    expect(isSilent(report('node1', { swap: refused('key-denies') }))).toBe(false);
    expect(
      isSilent(report('node1', { swap: verdictOf([no('key-denies', 'why'), no('instance-stopped', 'why')]) })),
    ).toBe(true);
    expect(isSilent(report('node1', { swap: { is: 'off', why: 'the fleet file' } }))).toBe(false);
  });
});

describe('the owner’s commands', () => {
  const tried = { is: 'verified', at: '2026-01-01T06:00:00.000Z', ageSeconds: 60, set: 'set-1', minutes: 4 } as const;
  const used: TrialReport = { of: 'roll-back', command: '/opt/node/roll-back', isUsed: true, why: null, tried };
  const unused: TrialReport = { ...used, isUsed: false, why: 'no drill has tried it on a copy yet', tried: null };
  const untried: TrialReport = { ...used, why: 'tried on no copy (rehearse: false)', tried: null };

  it.each<[string, Parameters<typeof compareTrials>, ReturnType<typeof compareTrials>]>([
    [
      'are told at the first look, also where they would not be used',
      [undefined, [used, { ...unused, of: 'prune' }]],
      {
        known: { 'roll-back': 'y', prune: 'n' },
        changed: [
          'roll-back: it would be used: /opt/node/roll-back came through on a copy in 4 min',
          'prune: it would not be used: no drill has tried it on a copy yet',
        ],
      },
    ],
    ['are not told again', [{ 'roll-back': 'y' }, [used]], { known: { 'roll-back': 'y' }, changed: [] }],
    [
      'nor are those that would not be used',
      [{ 'roll-back': 'n' }, [unused]],
      { known: { 'roll-back': 'n' }, changed: [] },
    ],
    [
      'are told when one would be used no more',
      [{ 'roll-back': 'y' }, [unused]],
      {
        known: { 'roll-back': 'n' },
        changed: ['roll-back: it would not be used: no drill has tried it on a copy yet'],
      },
    ],
    [
      'are told when one would be used again, untried where no copy is asked for',
      [{ 'roll-back': 'n' }, [untried]],
      {
        known: { 'roll-back': 'y' },
        changed: ['roll-back: it would be used: /opt/node/roll-back: tried on no copy (rehearse: false)'],
      },
    ],
    ['stay as they were where a look cannot read them', [{ prune: 'n' }, null], { known: { prune: 'n' }, changed: [] }],
    ['are forgotten when the file has them no more', [{ prune: 'n' }, []], { known: {}, changed: [] }],
    ['are none in most fleets', [undefined, []], { known: undefined, changed: [] }],
  ])('%s', (_, [before, trials], compared) => {
    expect(compareTrials(before, trials)).toEqual(compared);
  });
});
