// What the past would have led to, by what AWS has kept of it; and what is not knowable.
import { describe, expect, it } from '@jest/globals';
import { backtestOf, summaryOf } from '../../../../infra/commands/backtest/backtest.ts';
import type { History } from '../../../../infra/commands/backtest/history.ts';
import { wordOf } from '../../../../infra/commands/backtest/verdicts.ts';
import { HEALTH_VALUE } from '../../../../shared/fleet/resource-names.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { act, diskHistory, history, minutely, nodeHistory, same, sibling } from '../../../fixtures/builders/history.ts';
import { DATA_VOLUME, fleetNode, instanceNow } from '../../../fixtures/builders/node.ts';
import { DAY_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { volumeNow } from '../../../fixtures/builders/volume.ts';

/** Two days ago: metrics have minutes. */
const THEN_MS = NOON_MS - 2 * DAY_MS;
const HOUR_MS = 60 * 60_000;
const { synced, stuck, unreachable } = HEALTH_VALUE;

const full = diskHistory(THEN_MS, [80, 81, 92, 93, 93]);
const grownAfterwards = act({
  what: 'ModifyVolume',
  atMs: THEN_MS + HOUR_MS,
  ids: [DATA_VOLUME],
  toGiB: 700,
  fromGiB: 500,
});
const disk = (more: Partial<History> = {}): History => history({ nodes: [nodeHistory({ disks: [full] })], ...more });
const watched = (health: readonly number[], more: Partial<History> = {}): History =>
  history({
    nodes: [
      nodeHistory({ health: minutely(THEN_MS, ...health) }),
      ...['node1', 'node3'].map((name) => sibling(name, { health: minutely(THEN_MS, ...same(synced, health.length)) })),
    ],
    halted: minutely(THEN_MS, ...same(0, health.length)),
    ...more,
  });
const STUCK = [synced, stuck, stuck, stuck, synced];

const verdicts = (past: History): readonly string[] => backtestOf(past).rows.map(({ verdict }) => wordOf(verdict));
const reasons = (past: History): string =>
  backtestOf(past)
    .rows.map(({ verdict }) => verdict.because)
    .join('; ');
const provisos = (past: History): readonly string[] => backtestOf(past).rows.flatMap(({ provided }) => provided);

describe('a disk that was full', () => {
  it.each<[string, History, readonly string[]]>([
    ['would have been grown', disk(), ['grow to 600 GiB']],
    ['that nobody has grown since is as large today as it was', disk(), ['grow to 600 GiB']],
    [
      'had the size of before, where a person has grown it since',
      disk({
        nodes: [nodeHistory({ disks: [full], volumes: [volumeNow({ sizeGiB: 700, createdAtMs: 0 })] })],
        acts: [grownAfterwards],
      }),
      ['grow to 600 GiB'],
    ],
    [
      'is refused at the ceiling of the fleet file',
      disk({ fleet: bitcoinFleet({ disk: { maximumSizeGiB: 500 } }) }),
      ['refused size-ceiling'],
    ],
    [
      'is refused while all was paused',
      disk({ switches: [{ name: '/chainmend/pause', version: 2, value: 'a move', atMs: THEN_MS - HOUR_MS }] }),
      ['refused paused'],
    ],
    [
      'is grown where a pause had ended',
      disk({
        switches: [
          { name: '/chainmend/pause', version: 2, value: 'a move', atMs: THEN_MS - HOUR_MS },
          { name: '/chainmend/pause', version: 3, value: 'off', atMs: THEN_MS - HOUR_MS / 2 },
        ],
      }),
      ['grow to 600 GiB'],
    ],
    [
      'is no incident below the alarm’s threshold',
      history({ nodes: [nodeHistory({ disks: [diskHistory(THEN_MS, [80, 84, 80])] })] }),
      [],
    ],
    [
      'is one incident where it was below it for a moment',
      history({ nodes: [nodeHistory({ disks: [diskHistory(THEN_MS, [80, 92, 93, 80, 92, 93, 93])] })] }),
      ['grow to 600 GiB'],
    ],
  ])('%s', (_, past, expected) => {
    expect(verdicts(past)).toEqual(expected);
  });

  it('had no other modification to wait for, where EBS took the next one minutes later', () => {
    const modified = (atMs: number) =>
      act({ what: 'ModifyVolume', atMs, ids: [DATA_VOLUME], fromGiB: 500, toGiB: 510 });
    const before = modified(THEN_MS - 3 * HOUR_MS);
    expect(verdicts(disk({ acts: [before] }))).toEqual(['not knowable']);
    expect(verdicts(disk({ acts: [before, modified(THEN_MS + 10 * 60_000)] }))).toEqual(['grow to 600 GiB']);
    expect(verdicts(disk({ acts: [before, modified(THEN_MS + 3 * HOUR_MS)] }))).toEqual(['not knowable']);
  });

  it('would not have come again where it would have been grown, unless somebody has grown it', () => {
    const twice = [...same(92, 3), ...same(50, 25 * 60), ...same(92, 3)];
    const nodes = [nodeHistory({ disks: [diskHistory(THEN_MS, twice)] })];
    expect(verdicts(history({ nodes }))).toEqual(['grow to 600 GiB', 'not knowable']);
    const grown = (id: string) => act({ what: 'ModifyVolume', atMs: THEN_MS + 5 * 60_000, ids: [id], fromGiB: 500 });
    expect(verdicts(history({ nodes, acts: [grown('vol-other')] }))).toEqual(['grow to 600 GiB', 'not knowable']);
    expect(verdicts(history({ nodes, acts: [grown(DATA_VOLUME)] }))).toEqual(['grow to 600 GiB', 'grow to 600 GiB']);
  });

  it.each<[string, History, string]>([
    [
      'EBS may have been at another modification',
      disk({ acts: [act({ what: 'ModifyVolume', atMs: THEN_MS - 3 * HOUR_MS, ids: [DATA_VOLUME], toGiB: 500 })] }),
      'refused modification-in-progress if it was still at it',
    ],
    [
      'another volume was attached since',
      disk({ acts: [act({ what: 'AttachVolume', atMs: THEN_MS + HOUR_MS })] }),
      'mary has attached another volume since',
    ],
    [
      'its volume is younger',
      disk({ nodes: [nodeHistory({ disks: [full], volumes: [volumeNow({ createdAtMs: THEN_MS + HOUR_MS })] })] }),
      'was made since',
    ],
    ['nobody could read what the pauses said', disk({ switches: null }), 'what the pauses said could not be read'],
    [
      'the values of a pause that AWS keeps are all younger',
      disk({ switches: [{ name: '/chainmend/pause', version: 8, value: 'off', atMs: THEN_MS + HOUR_MS }] }),
      'AWS keeps no value of /chainmend/pause that is so old',
    ],
    [
      'CloudTrail is not up to date',
      disk({ toMs: THEN_MS + 6 * 60_000 }),
      'CloudTrail may not have the calls of the last quarter of an hour yet',
    ],
    [
      'nobody could read the calls, and the agent told no bytes',
      disk({ acts: null, nodes: [nodeHistory({ disks: [{ ...full, used: [] }] })] }),
      'the size before is not kept',
    ],
  ])('is not knowable where %s', (_, past, sentence) => {
    expect(verdicts(past)).toEqual(['not knowable']);
    expect(reasons(past)).toContain(sentence);
  });
});

describe('a node that was sick', () => {
  it.each<[string, History, readonly string[]]>([
    ['would have been restarted where it stood', watched(STUCK), ['restart']],
    ['is left to its alarm’s two minutes', watched([synced, stuck, synced, synced]), []],
    [
      'is not blamed for its chain',
      watched(STUCK, { halted: minutely(THEN_MS, 1, 1, 1, 1, 1) }),
      ['refused chain-standing'],
    ],
    [
      'would have been stopped and started where EC2’s checks failed',
      history({ nodes: [nodeHistory({ checks: minutely(THEN_MS, 0, 1, 1, 1, 0) }), sibling('node1')] }),
      ['stop-start'],
    ],
    [
      'is a validator’s owner’s',
      watched(STUCK, {
        nodes: [nodeHistory({ node: fleetNode({ role: 'validator' }), health: minutely(THEN_MS, ...STUCK) })],
      }),
      ['refused validator'],
    ],
    [
      'would keep its address',
      history({
        nodes: [
          nodeHistory({
            checks: minutely(THEN_MS, 1, 1),
            instance: instanceNow({ publicIp: { ip: '198.51.100.7', allocationId: null } }),
          }),
        ],
      }),
      ['refused public-ip'],
    ],
    [
      'is left alone beside a volume that completes no I/O',
      history({ nodes: [nodeHistory({ checks: minutely(THEN_MS, 1, 1), attachedEbs: minutely(THEN_MS, 1, 1) })] }),
      ['refused ebs-impaired'],
    ],
  ])('%s', (_, past, expected) => {
    expect(verdicts(past)).toEqual(expected);
  });

  it('is one of many: the breaker reads all of them as they were then', () => {
    const nodes = ['node1', 'node3', 'node4'].map((name) => sibling(name, { health: minutely(THEN_MS, ...STUCK) }));
    const past = watched(STUCK, { nodes: [nodeHistory({ checks: minutely(THEN_MS, 1, 1, 1) }), ...nodes] });
    expect(new Set(verdicts(past))).toEqual(new Set(['stop-start', 'restart']));
    expect(provisos(past)).toContain('its turn came while many were sick');
  });

  it('says what it takes for granted, where nobody watched the others and the chain', () => {
    const past = history({ nodes: [nodeHistory({ checks: minutely(THEN_MS, 1, 1, 1) }), sibling('node1')] });
    expect(provisos(past)).toEqual(['the other nodes followed their chain', 'the chain advanced']);
    expect(provisos(watched(STUCK))).toEqual(['its SSM agent answered']);
  });

  it('says so where the calls of people could not be read', () => {
    const past = watched(STUCK, { acts: null });
    expect(verdicts(past)).toEqual(['restart']);
    expect(provisos(past)).toEqual(['its SSM agent answered', 'nobody had called AWS for this node or its volumes']);
  });

  it('is taken for silent where its CloudWatch agent had gone silent, too', () => {
    const health = [synced, unreachable, unreachable, unreachable, synced];
    const [node = nodeHistory(), ...others] = watched(health).nodes;
    const told = { ...node, disks: [diskHistory(THEN_MS - HOUR_MS, [50, 50, 50])] };
    const past = watched(health, { nodes: [told, ...others] });
    expect(verdicts(past)).toEqual(['stop-start']);
    expect(provisos(past)).toEqual(['its SSM agent was as silent as its CloudWatch agent']);
  });

  it('is not knowable where another instance has taken its place since', () => {
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const young = { ...node, instance: instanceNow({ rootVolumeId: null, launchedAtMs: THEN_MS + HOUR_MS }) };
    const run = act({ what: 'RunInstances', atMs: THEN_MS + HOUR_MS });
    const start = act({ what: 'StartInstances', atMs: THEN_MS + HOUR_MS });
    expect(verdicts(watched(STUCK, { nodes: [young, ...others], acts: [run] }))).toEqual(['not knowable']);
    expect(verdicts(watched(STUCK, { nodes: [young, ...others], acts: [start] }))).toEqual(['restart']);
  });

  it('is not knowable soon after a restart that did not happen, and is a new trouble two hours later', () => {
    const again = (minutes: number) => watched([...STUCK, ...same(synced, minutes), ...STUCK]);
    expect(verdicts(again(60))).toEqual(['restart', 'not knowable']);
    expect(verdicts(again(130))).toEqual(['restart', 'restart']);
  });

  it('is not knowable where a person was on it before', () => {
    const past = watched(STUCK, { acts: [act({ what: 'StartSession', atMs: THEN_MS - 5 * 60_000 })] });
    expect(verdicts(past)).toEqual(['not knowable']);
    expect(reasons(past)).toContain('mary was on the node (StartSession)');
  });
});

describe('what people did', () => {
  it('stands beside the incident, and what stands beside none has no reason that AWS keeps', () => {
    const within = act({ what: 'RebootInstances', atMs: THEN_MS + 3 * 60_000 });
    const beside = act({ what: 'StopInstances', atMs: THEN_MS - 5 * DAY_MS });
    const ours = act({ what: 'StopInstances', atMs: THEN_MS, by: 'chainmend' });
    const refused = act({ what: 'StopInstances', atMs: THEN_MS, hasFailed: true });
    const result = backtestOf(watched(STUCK, { acts: [beside, ours, refused, within] }));
    expect(result.rows.map(({ people }) => people)).toEqual([[within]]);
    expect(result.beside).toEqual([beside]);
  });

  it('is not known where CloudTrail could not be read', () => {
    expect(backtestOf(watched(STUCK, { acts: null })).beside).toBeNull();
  });
});

describe('the sentence of a past', () => {
  it('counts what would have been healed, refused and is not knowable', () => {
    const paused = { name: '/chainmend/pause', version: 1, value: 'a move', atMs: THEN_MS - HOUR_MS };
    expect(summaryOf(backtestOf(disk()))).toBe(
      'Of 1 incident: 1 would have been healed, 0 refused, 0 are not knowable.',
    );
    expect(summaryOf(backtestOf(disk({ switches: [paused] })))).toBe(
      'Of 1 incident: 0 would have been healed, 1 refused (paused), 0 are not knowable.',
    );
    expect(summaryOf(backtestOf(watched(STUCK)))).toContain('1 would have been healed, each with a proviso');
    expect(summaryOf(backtestOf(history()))).toBe('No incident is to be seen in what AWS has kept.');
  });
});
