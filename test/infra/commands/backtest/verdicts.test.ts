// What the past would have led to, by what AWS has kept of it; and what is not knowable.
import { describe, expect, it } from '@jest/globals';
import { backtestOf, summaryOf } from '../../../../infra/commands/backtest/backtest.ts';
import type { History } from '../../../../infra/commands/backtest/history.ts';
import { wordOf } from '../../../../infra/commands/backtest/verdict.ts';
import { HEALTH_VALUE } from '../../../../shared/fleet/resource-names.ts';
import type { SnapshotFact } from '../../../../shared/snapshots/model.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { act, diskHistory, history, minutely, nodeHistory, same, sibling } from '../../../fixtures/builders/history.ts';
import { DATA_VOLUME, fleetNode, instanceNow } from '../../../fixtures/builders/node.ts';
import { snapshot } from '../../../fixtures/builders/snapshot.ts';
import { DAY_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { volumeNow } from '../../../fixtures/builders/volume.ts';

/** Two days ago: metrics have minutes. */
const THEN_MS = NOON_MS - 2 * DAY_MS;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
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
      'is one where it was full before the days began, and still was in them',
      disk({ fromMs: THEN_MS + 3 * MINUTE_MS }),
      ['grow to 600 GiB'],
    ],
    [
      'is none where it was over before the days began',
      disk({ fromMs: THEN_MS + HOUR_MS, nodes: [nodeHistory({ disks: [diskHistory(THEN_MS, [80, 92, 93, 80])] })] }),
      [],
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

  it('is grown or left to EBS by when EBS says that it had finished', () => {
    const before = act({ what: 'ModifyVolume', atMs: THEN_MS - 3 * HOUR_MS, ids: [DATA_VOLUME], fromGiB: 500 });
    const until = (endedAtMs: number | null, startedAtMs = before.atMs) =>
      disk({
        acts: [before],
        nodes: [nodeHistory({ disks: [full], modifications: [{ volumeId: DATA_VOLUME, startedAtMs, endedAtMs }] })],
      });
    expect(verdicts(until(THEN_MS - HOUR_MS))).toEqual(['grow to 600 GiB']);
    expect(verdicts(until(THEN_MS + HOUR_MS))).toEqual(['refused modification-in-progress']);
    expect(verdicts(until(null))).toEqual(['refused modification-in-progress']);
    // EBS tells of a later one only.
    expect(verdicts(until(THEN_MS + DAY_MS, THEN_MS + DAY_MS - HOUR_MS))).toEqual(['not knowable']);
  });

  it('is not knowable where it was over within minutes, and nobody had modified its volume', () => {
    const brief = diskHistory(THEN_MS, [80, 81, 92, 93, 50, 50, 50]);
    const past = (atMs: number) =>
      disk({
        nodes: [nodeHistory({ disks: [brief] })],
        acts: [act({ what: 'ModifyVolume', atMs, ids: [DATA_VOLUME], fromGiB: 500 })],
      });
    expect(verdicts(disk({ nodes: [nodeHistory({ disks: [brief] })] }))).toEqual(['not knowable']);
    expect(verdicts(past(THEN_MS + 3 * 60_000))).toEqual(['grow to 600 GiB']);
    expect(verdicts(past(THEN_MS + 3 * HOUR_MS))).toEqual(['not knowable']);
  });

  it('has a size from the least to the most where others were full, too, and it went on filling', () => {
    const filling = diskHistory(THEN_MS, [80, ...Array.from({ length: 40 }, (_, at) => 85 + at / 3)]);
    const alone = disk({ nodes: [nodeHistory({ disks: [filling] })] });
    const together = disk({ nodes: [nodeHistory({ disks: [filling] }), sibling('node1', { disks: [full] })] });
    expect(verdicts(alone)).toEqual([expect.stringMatching(/^grow to \d+ GiB$/)]);
    expect(verdicts(together)[0]).toMatch(/^grow to \d+–\d+ GiB$/);
  });

  it('has the budget of its month as the calls of before leave it, by the size that the agent told where they tell none', () => {
    const fleet = bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 20 } });
    const before = act({
      what: 'ModifyVolume',
      by: 'chainmend',
      atMs: THEN_MS - 26 * HOUR_MS,
      ids: [DATA_VOLUME],
      toGiB: 700,
    });
    const told = diskHistory(THEN_MS - 27 * HOUR_MS, [...same(92, 120), ...same(50, 25 * 60), ...same(92, 30)]);
    const past = (fromGiB: number | null) =>
      history({ fleet, nodes: [nodeHistory({ disks: [told] })], acts: [{ ...before, fromGiB }] });
    expect(verdicts(past(690)).at(-1)).toMatch(/^grow/);
    expect(verdicts(past(500)).at(-1)).toBe('refused cost-ceiling');
    expect(verdicts(past(null)).at(-1)).toBe('refused cost-ceiling');
  });

  it('is not knowable where the budget of the month was spent by the growths of others before its turn', () => {
    const fleet = bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 20 } });
    const long = diskHistory(THEN_MS, [80, 81, ...same(92, 60)]);
    const nodes = [nodeHistory({ disks: [long] }), sibling('node1', { disks: [long] })];
    const other = act({ what: 'ModifyVolume', by: 'chainmend', atMs: THEN_MS + 6 * 60_000, ids: ['vol-other'] });
    const past = (toGiB: number) => history({ fleet, nodes, acts: [{ ...other, fromGiB: 500, toGiB }] });
    expect(verdicts(past(600))[1]).toBe('grow to 600 GiB');
    expect(verdicts(past(700))[1]).toBe('not knowable');
  });

  it('says that its node was not asked', () => {
    expect(provisos(disk())).toEqual(['its node said of the disk what its CloudWatch agent said']);
  });

  it('would not have come again where it would have been grown, unless somebody has grown it', () => {
    const twice = [...same(92, 10), ...same(50, 25 * 60), ...same(92, 10)];
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

  it('is left alone while a tag of its own paused it, as CloudTrail has the tag', () => {
    const key = 'chainmend:pause';
    const tag = (what: 'CreateTags' | 'DeleteTags', atMs: number) => act({ what, atMs, tags: { [key]: 'mine' } });
    const put = tag('CreateTags', THEN_MS - HOUR_MS);
    const gone = (atMs: number) => tag('DeleteTags', atMs);
    expect(verdicts(watched(STUCK, { acts: [put, gone(THEN_MS + HOUR_MS)] }))).toEqual(['refused paused']);
    expect(verdicts(watched(STUCK, { acts: [put, gone(THEN_MS - HOUR_MS / 2)] }))).toEqual(['restart']);
    expect(verdicts(watched(STUCK, { acts: [tag('CreateTags', THEN_MS + HOUR_MS)] }))).toEqual(['restart']);
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const tagged = { ...node, instance: { ...node.instance, tags: { ...node.instance.tags, [key]: 'mine' } } };
    expect(verdicts(watched(STUCK, { nodes: [tagged, ...others] }))).toEqual(['refused paused']);
  });

  it('is not knowable where its role was changed since by a tag, and the one of before is not kept', () => {
    const fleet = bitcoinFleet({ role: { tag: 'Duty', values: { follower: 'follower', validator: 'validator' } } });
    const duty = (atMs: number, Duty: string) => act({ what: 'CreateTags', atMs, tags: { Duty } });
    const later = duty(THEN_MS + HOUR_MS, 'validator');
    expect(verdicts(watched(STUCK, { fleet, acts: [later] }))).toEqual(['not knowable']);
    const before = duty(THEN_MS - HOUR_MS, 'follower');
    expect(verdicts(watched(STUCK, { fleet, acts: [before, later] }))).toEqual(['restart']);
  });

  it('is left alone where its instance did not run, whoever had stopped it', () => {
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const stop = (what: string) => [act({ what, atMs: THEN_MS - 5 * 60_000, by: 'chainmend' })];
    expect(verdicts(watched(STUCK, { acts: stop('StopInstances') }))).toEqual(['refused instance-stopped']);
    expect(verdicts(watched(STUCK, { acts: stop('StartInstances') }))).toEqual(['restart']);
    const checked = (minutes: number) => minutely(THEN_MS - HOUR_MS, ...same(0, minutes));
    const nodes = (minutes: number) => [{ ...node, checks: checked(minutes) }, ...others];
    // EC2 itself has stopped it: no call, and no checks any more.
    expect(verdicts(watched(STUCK, { nodes: nodes(40) }))).toEqual(['refused instance-stopped']);
    expect(verdicts(watched(STUCK, { nodes: nodes(120) }))).toEqual(['restart']);
  });

  it('is a validator’s owner’s whether it ran or not: that is judged before its instance is read', () => {
    const node = { node: fleetNode({ role: 'validator' }), health: minutely(THEN_MS, ...STUCK) };
    const stopped = act({ what: 'StopInstances', atMs: THEN_MS - 5 * 60_000 });
    expect(verdicts(watched(STUCK, { nodes: [nodeHistory(node)], acts: [stopped] }))).toEqual(['refused validator']);
  });

  it('is left to people where the fleet file has no rung', () => {
    expect(verdicts(watched(STUCK, { fleet: bitcoinFleet({ replace: { rungs: [] } }) }))).toEqual(['left alone']);
  });

  it('is given peers first, where it had too few and they are rotated', () => {
    const fleet = bitcoinFleet({ peers: { minimum: 3, rotate: true } });
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const having = (count: number) => [{ ...node, peers: minutely(THEN_MS, ...same(count, 5)) }, ...others];
    expect(verdicts(watched(STUCK, { fleet, nodes: having(0) }))).toEqual(['refused peers-first']);
    expect(verdicts(watched(STUCK, { fleet, nodes: having(8) }))).toEqual(['restart']);
    const kept = bitcoinFleet({ peers: { minimum: 3, rotate: false } });
    expect(verdicts(watched(STUCK, { fleet: kept, nodes: having(0) }))).toEqual(['restart']);
  });

  it('has its disk grown first, where it was full', () => {
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const nodes = [{ ...node, disks: [diskHistory(THEN_MS - 5 * 60_000, same(98, 30))] }, ...others];
    expect(verdicts(watched(STUCK, { nodes }))).toContain('refused disk-full-first');
  });

  it('is not taken for silent where only its data volume was: another filesystem was told of', () => {
    const health = [synced, unreachable, unreachable, unreachable, synced];
    const [node = nodeHistory(), ...others] = watched(health).nodes;
    const told = { disks: [diskHistory(THEN_MS - HOUR_MS, [50, 50, 50])], agent: minutely(THEN_MS, ...same(20, 9)) };
    const past = watched(health, { nodes: [{ ...node, ...told }, ...others] });
    expect(verdicts(past)).toEqual(['restart']);
  });

  it('is the instance of then, where another one has taken its place and it is still kept', () => {
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const retired = { ...node, retiredAtMs: THEN_MS + HOUR_MS };
    const successor = sibling('node2', {
      node: fleetNode({ instanceId: 'i-successor' }),
      instance: instanceNow({ instanceId: 'i-successor', launchedAtMs: THEN_MS + HOUR_MS, rootVolumeId: null }),
      health: minutely(THEN_MS + HOUR_MS, synced, synced),
    });
    const past = watched(STUCK, { nodes: [retired, successor, ...others] });
    expect(verdicts(past)).toEqual(['restart']);
    expect(provisos(past)).toEqual(['its SSM agent answered']);
  });

  it('comes again after a restart that was made', () => {
    const twice = [...STUCK, ...same(synced, 60), ...STUCK];
    const made = (document: string) =>
      act({ what: 'SendCommand', by: 'chainmend', document, atMs: THEN_MS + 4 * 60_000 });
    const past = (document: string) => watched(twice, { acts: [made(document)] });
    expect(verdicts(past('chainmend-restart-client-0a1b2c'))).toEqual(['restart', 'restart']);
    expect(verdicts(past('chainmend-inspect-node-0a1b2c'))).toEqual(['restart', 'not knowable']);
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

describe('the rungs that would have come next', () => {
  const stored = (...snapshots: readonly SnapshotFact[]): Partial<History> => ({
    stored: { snapshots, owners: new Map() },
  });
  const orElse = (more: Partial<History>): readonly string[] =>
    backtestOf(watched(STUCK, more)).rows.flatMap(({ verdict }) =>
      verdict.is === 'healed' ? (verdict.orElse ?? []) : [],
    );
  const before = snapshot({ id: 'snap-before', node: 'node2', hoursAgo: 54 });
  const deleted = act({ what: 'DeleteSnapshot', atMs: THEN_MS + HOUR_MS, ids: ['snap-0123456789abcdef0'] });

  it('have the source that stood then', () => {
    const after = snapshot({ id: 'snap-after', node: 'node2', hoursAgo: 3 });
    expect(orElse(stored(after, before))).toEqual(['swap from node2-54 of 6 h before', 'replace']);
  });

  it('say that there was none', () => {
    expect(orElse(stored())).toEqual(['no swap: no good snapshot stood then', 'replace']);
    const bad = snapshot({
      id: 'snap-before',
      node: 'node2',
      hoursAgo: 54,
      ledger: { quarantined: 'it did not open' },
    });
    expect(orElse(stored(bad))[0]).toContain('it did not open');
  });

  it('say what was deleted since, or could not be read', () => {
    expect(orElse({ ...stored(), acts: [deleted] })[0]).toBe(
      'swap, if snap-0123456789abcdef0, which was deleted since was good',
    );
    expect(orElse({ ...stored(before), acts: [deleted] })[0]).toContain(
      'of 6 h before, or from snap-0123456789abcdef0',
    );
    expect(orElse({ stored: null })[0]).toContain('the snapshots could not be read');
  });

  it('are not climbed where no template is known, or the fleet file has none', () => {
    const [node = nodeHistory(), ...others] = watched(STUCK).nodes;
    const bare = { ...node, instance: instanceNow({ launchTemplate: null, rootVolumeId: null, launchedAtMs: 0 }) };
    expect(orElse({ ...stored(before), nodes: [bare, ...others] })[1]).toMatch(/^no replace: .*launch template/);
    expect(orElse({ ...stored(before), fleet: bitcoinFleet({ replace: { rungs: ['restart'] } }) })).toEqual([]);
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
      'Of 1 incident: 1 would have been healed, each with a proviso, 0 refused, 0 are not knowable.',
    );
    expect(summaryOf(backtestOf(disk({ switches: [paused] })))).toBe(
      'Of 1 incident: 0 would have been healed, 1 refused (paused), 0 are not knowable.',
    );
    expect(summaryOf(backtestOf(watched(STUCK)))).toContain('1 would have been healed, each with a proviso');
    expect(summaryOf(backtestOf(history()))).toBe('No incident is to be seen in what AWS has kept.');
  });
});
