// What a unit or container says of its client's starts: the port tells neither before it answers.
import { describe, expect, it } from '@jest/globals';
import { endsBetween, followRun, runsDue } from '../../../functions/watch-fleet/client-run.ts';
import type { LookReading, NodeReading } from '../../../functions/watch-fleet/context.ts';
import { followCrashes } from '../../../functions/watch-fleet/lasting.ts';
import type { ClientRun, ObservedNode } from '../../../shared/fleet/observation.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { dead, fleetOf, instanceId, MINUTE, nodeNamed, T0, Watched } from '../../fixtures/sights.ts';

const looks = (
  startedSecondsAgo: number | null,
  restarts: number | null = 0,
  state: 'running' | 'failed' = 'running',
): LookReading => ({
  kind: 'seen',
  state: {
    clients: [{ state, exitStatus: null, asked: null, lastLine: '', masked: false }],
    runs: [{ startedSecondsAgo, restarts }],
    volumes: [],
    devices: [],
    rootUsedPercent: 40,
  },
});
const unasked: LookReading = { kind: 'unasked', reason: 'its agent is offline' };
const slow = { kind: 'error', code: 'slow', reason: 'it did not answer in time' } as const;
const loading = { kind: 'starting', reason: 'Loading block index…' } as const;

describe('a node whose port is closed', () => {
  const seenAs = (look: LookReading | undefined, said: typeof dead = dead): Watched =>
    new Watched(fleetOf({ startGraceSeconds: 900 }))
      .sweeps(20, () => ({ node1: 1000, node2: 1000, node3: 1000 }))
      .sweep({ nodes: { node1: 1000, node2: said, node3: 1000 }, ...(look && { looks: { node2: look } }) });

  it.each<[string, LookReading | undefined, string]>([
    ['whose client was started within its grace is starting', looks(899), 'starting'],
    ['whose grace is over does not answer', looks(900), 'unreachable'],
    ['whose client does not run does not answer, however new its last start', looks(10, 0, 'failed'), 'unreachable'],
    ['of whose start nobody tells does not answer', looks(null), 'unreachable'],
    ['that was not asked does not answer', undefined, 'unreachable'],
    ['whose agent is silent does not answer', unasked, 'unreachable'],
  ])('%s', (_, look, health) => {
    expect(seenAs(look).node('node2').health).toBe(health);
  });

  it('says so, and nobody is paged', () => {
    const fleet = seenAs(looks(120));
    expect(fleet.node('node2').reason).toMatch(
      /refuses connections.*; its client was started 2 min ago, as its node says$/,
    );
    expect(fleet.codes.get('node2')).toBeNull();
  });

  it('is starting for as long as the grace of that start lasts, and then does not answer', () => {
    const fleet = seenAs(looks(60));
    const health = Array.from({ length: 20 }, (_, at) => {
      fleet.sweep({ nodes: { node1: 1000, node2: dead, node3: 1000 }, looks: { node2: looks(60 * (at + 2)) } });
      return fleet.node('node2').health;
    });
    expect(health.indexOf('unreachable')).toBe(13);
    expect(health.slice(13)).not.toContain('starting');
  });

  it('is not starting where it is open, and nobody answers in time', () => {
    expect(seenAs(looks(60), slow as unknown as typeof dead).node('node2').health).toBe('unreachable');
  });
});

describe('a client that ends before it says where it stands', () => {
  const loop = (said: (sweep: number) => object | number, look: (sweep: number) => LookReading): Watched =>
    new Watched(fleetOf({ startGraceSeconds: 900 }))
      .sweeps(20, () => ({ node1: 1000, node2: 1000, node3: 1000 }))
      .sweeps(12, (sweep) => ({
        nodes: { node1: 1000, node2: said(sweep) as number, node3: 1000 },
        looks: { node2: look(sweep) },
      }));
  const troubles = (fleet: Watched): readonly string[] =>
    fleet.result?.nodes.flatMap(({ node, lasting }) => lasting.map(({ code }) => `${code} ${node.name}`)) ?? [];

  it.each<[string, (sweep: number) => object | number]>([
    ['while it loads', () => loading],
    ['while its port is closed', () => dead],
    ['and is seen at seconds at which it answers', () => 1000],
  ])('%s is a loop: its unit counts', (_, said) => {
    expect(troubles(loop(said, (sweep) => looks(20, sweep)))).toEqual(['crash-loop node2']);
  });

  it('is a loop where its runtime counts no restarts, too: each start is another', () => {
    expect(
      troubles(
        loop(
          () => loading,
          () => looks(20, null),
        ),
      ),
    ).toEqual(['crash-loop node2']);
  });

  it('is told until it has run for twenty minutes: a page is true when it is repeated, too', () => {
    const fleet = loop(
      () => loading,
      (sweep) => looks(20, sweep),
    );
    const runs = (minutes: number) =>
      fleet.sweeps(minutes, (sweep) => ({
        nodes: { node1: 1000, node2: 1000, node3: 1000 },
        looks: { node2: looks(20 + 60 * sweep, 12) },
      }));
    expect(troubles(runs(18))).toEqual(['crash-loop node2']);
    expect(troubles(runs(4))).toEqual([]);
  });

  it('is told for as long as it does not answer after its last end: nobody has seen it run', () => {
    const fleet = loop(
      () => loading,
      (sweep) => looks(20, sweep),
    );
    fleet.sweeps(30, () => ({ nodes: { node1: 1000, node2: dead, node3: 1000 } }));
    expect(troubles(fleet)).toEqual(['crash-loop node2']);
  });

  it('does not answer, whatever the age of its last start: its heal is wanted', () => {
    const fleet = loop(
      () => dead,
      (sweep) => looks(20, sweep),
    );
    expect(fleet.node('node2')).toMatchObject({ health: 'unreachable', endsAgain: true });
  });

  it('is told with its loop, and not with how long it has been busy', () => {
    const fleet = new Watched(fleetOf({ startGraceSeconds: 60, patienceSeconds: 300 }));
    fleet.sweeps(5, () => ({ node1: 1000, node2: 1000, node3: 1000 }));
    fleet.sweeps(30, (sweep) => ({
      nodes: { node1: 1000, node2: loading, node3: 1000 },
      looks: { node2: looks(20, sweep) },
    }));
    expect(fleet.node('node2').health).toBe('busy');
    expect(fleet.codes.get('node2')).toBeNull();
    expect(troubles(fleet)).toEqual(['crash-loop node2']);
  });

  it('is no loop where it runs on, or where a person has started it again', () => {
    expect(
      troubles(
        loop(
          () => loading,
          (sweep) => looks(20 + 60 * sweep, 7),
        ),
      ),
    ).toEqual([]);
    expect(
      troubles(
        loop(
          () => loading,
          (sweep) => looks(60 * (sweep % 4), 0),
        ),
      ),
    ).toEqual([]);
  });
});

describe('ends that nobody saw', () => {
  const AN_HOUR = 60 * MINUTE;
  const crashes = (untilMs: number) =>
    followCrashes([], 'facts', undefined, { counted: 10, sinceMs: T0, untilMs }, T0 + AN_HOUR);

  it('lie before the present start, where the runtime tells it: a client that has run since is in no loop', () => {
    expect(Math.max(...crashes(T0 + 8 * MINUTE))).toBeLessThan(T0 + 8 * MINUTE);
    expect(crashes(T0 + 8 * MINUTE)).toHaveLength(10);
  });

  it('lie anywhere up to now where nobody tells it', () => {
    expect(Math.max(...crashes(T0 + AN_HOUR))).toBeGreaterThan(T0 + 50 * MINUTE);
    expect(crashes(T0 - MINUTE)).toEqual(Array(10).fill(T0));
  });
});

describe('the ends between two looks', () => {
  const run = (toldAtMs: number, startedAtMs: number | null, restarts: number | null): ClientRun => ({
    ...{ askedAtMs: toldAtMs, toldAtMs, isRunning: true, startedAtMs, restarts },
  });
  it.each<[string, ClientRun | undefined, ClientRun | undefined, number]>([
    ['are unknown at the first look', undefined, run(T0, T0, 40), 0],
    ['are what the runtime has counted', run(T0, 0, 2), run(T0 + MINUTE, 0, 7), 5],
    ['are counted from 0 again where somebody has started it', run(T0, 0, 7), run(T0 + MINUTE, 0, 1), 1],
    ['are one for another start where nobody counts', run(T0, T0, null), run(T0 + MINUTE, T0 + MINUTE, null), 1],
    [
      'are none where it is the same start, told some seconds later',
      run(T0, T0, null),
      run(T0 + MINUTE, T0 + 9_000, null),
      0,
    ],
    ['are none where no start is known', run(T0, null, null), run(T0 + MINUTE, null, null), 0],
  ])('%s', (_, before, after, ends) => {
    expect(endsBetween(before, after)).toBe(ends);
  });

  it('are not forgotten for a node that did not answer in between', () => {
    const first = followRun(undefined, looks(10, 2), T0);
    const silent = followRun(first, unasked, T0 + MINUTE);
    expect(silent).toMatchObject({ askedAtMs: T0 + MINUTE, toldAtMs: T0 });
    expect(endsBetween(first, silent)).toBe(0);
    expect(endsBetween(silent, followRun(silent, looks(10, 6), T0 + 2 * MINUTE))).toBe(4);
  });
});

describe('who is asked since when its client runs', () => {
  const nodes = ['node1', 'node2', 'node3', 'node4'].map((name) => nodeNamed(name));
  const read = (status: object): NodeReading => ({ kind: 'read', reading: { instanceId: '', status } as never });
  const readings = new Map([
    [instanceId('node1'), read({ kind: 'ok' })],
    [instanceId('node2'), read(loading)],
    [instanceId('node3'), read(dead)],
    [instanceId('node4'), { kind: 'unasked', reason: 'its agent is offline' } as const],
  ]);
  const askedAt = (agoMs: number): ReadonlyMap<string, ObservedNode> =>
    new Map(
      nodes.map(({ instanceId: id }) => {
        const run = { askedAtMs: T0 - agoMs, toldAtMs: T0 - agoMs, isRunning: true, startedAtMs: null, restarts: 0 };
        const { memory, ...node } = observedNode({ instanceId: id });
        return [id, { ...node, memory: { ...memory, run } as never }];
      }),
    );
  it.each<[string, number, string[]]>([
    ['a silent one in each sweep', 1 * MINUTE, ['node3']],
    ['one that loads once in three minutes', 3 * MINUTE, ['node3', 'node2']],
    ['a well one once in a quarter of an hour', 15 * MINUTE, ['node3', 'node2', 'node1']],
  ])('%s', (_, agoMs, due) => {
    expect(runsDue(nodes, readings, askedAt(agoMs), T0).map(({ name }) => name)).toEqual(due);
  });

  it('nobody whose machine is dead, and fifty at once at the most', () => {
    const before = new Map([...askedAt(MINUTE)].map(([id, node]) => [id, { ...node, downBy: 'dead' as const }]));
    expect(runsDue(nodes, readings, before, T0)).toEqual([]);
    const many = Array.from({ length: 120 }, (_, at) => nodeNamed(`node${at}`));
    const silent = new Map(many.map(({ instanceId: id }) => [id, read(dead)]));
    expect(runsDue(many, silent, new Map(), T0)).toHaveLength(50);
  });
});
