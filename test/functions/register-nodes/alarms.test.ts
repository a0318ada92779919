import { CloudWatchClient, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  descriptionOf,
  diffAlarms,
  foreignActions,
  isOurs,
  putInput,
} from '../../../functions/register-nodes/alarm-changes.ts';
import { type AlarmFacts, alarmsPer, desiredAlarms, filesystemKey } from '../../../functions/register-nodes/alarms.ts';
import { reconcileAlarms } from '../../../functions/register-nodes/apply-alarms.ts';
import type { RegisterContext } from '../../../functions/register-nodes/context.ts';
import { FLEET_TAG, KIND_TAG } from '../../../shared/model/tags.ts';
import { bitcoinFile, bitcoinFleet, DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { idOf, nodeOf, nodes } from '../../fixtures/register-facts.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
const document = { mode: 'plan', probe: 'ssm', volumes: { data: '/node-data' }, alarms: { diskPercent: 90 } } as const;
const fleet = bitcoinFleet(document);
const seriesOf = (...indices: readonly number[]) =>
  new Map(
    indices.map((index) => [
      filesystemKey(idOf(index), '/node-data'),
      { dimensions: { InstanceId: idOf(index), path: '/node-data', fstype: 'xfs' }, inodes: true },
    ]),
  );
const factsOf = (more: Partial<AlarmFacts> = {}): AlarmFacts => ({
  fleet,
  nodes,
  series: seriesOf(1, 2, 3),
  covered: { disk: new Set(), inodes: new Set() },
  fleetWideNow: false,
  runbooks: '',
  nowMs: NOW_MS,
  ...more,
});
const names = (facts: AlarmFacts) =>
  desiredAlarms(facts).alarms.map(({ name }) => name.replace('chainmend-bitcoin-', ''));

/** The answer of DescribeAlarms for a correct alarm. */
const stored = (facts: AlarmFacts): MetricAlarm[] =>
  desiredAlarms(facts).alarms.map((alarm) => {
    const { Tags: _, ...input } = putInput(fleet, alarm, TOPIC);
    return { ...input, AlarmArn: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarm.name}` };
  });
const diff = (facts: AlarmFacts, now: readonly MetricAlarm[], others: readonly string[] = []) => {
  const { create, update, remove } = diffAlarms(fleet, desiredAlarms(facts), now, others, NOW_MS);
  return {
    create: create.map(({ name }) => name),
    update: update.map(({ alarm, why }) => `${alarm.name}: ${why}`),
    remove: remove.map(({ AlarmName = '' }) => AlarmName),
  };
};
const nothing = { create: [], update: [], remove: [] };
const change = (now: readonly MetricAlarm[], name: string, more: Partial<MetricAlarm>) =>
  now.map((alarm) => (alarm.AlarmName === name ? { ...alarm, ...more } : alarm));

describe('alarms of nodes that the fleet’s take the place of', () => {
  const whole = bitcoinFleet({ ...document, alarms: { diskPercent: 90, per: 'fleet' } });
  const wanted = desiredAlarms(factsOf({ fleet: whole }));
  const own = change(stored(factsOf()), 'chainmend-bitcoin-node2-disk', { StateValue: 'ALARM' });
  const removed = (fleets: readonly MetricAlarm[], nowMs = NOW_MS): readonly string[] =>
    diffAlarms(whole, wanted, [...own, ...fleets], [], nowMs).remove.map(({ AlarmName = '' }) => AlarmName);
  const made = (more: Partial<MetricAlarm>): readonly MetricAlarm[] =>
    stored(factsOf({ fleet: whole })).map((alarm) => ({
      ...{ ...alarm, StateValue: 'OK', AlarmConfigurationUpdatedTimestamp: new Date(NOW_MS) },
      ...(alarm.AlarmName === 'chainmend-bitcoin-disk' && more),
    }));

  it('stay while they are on and the fleet’s has not looked yet', () => {
    const disk = 'chainmend-bitcoin-node2-disk';
    expect(removed([])).not.toContain(disk);
    expect(removed([])).toContain('chainmend-bitcoin-node1-disk');
    expect(removed(made({ StateValue: 'INSUFFICIENT_DATA' }))).not.toContain(disk);
    expect(removed(made({ StateValue: 'ALARM' }))).toContain(disk);
    expect(removed(made({ StateValue: 'OK' }))).toContain(disk);
    expect(removed(made({ StateValue: 'INSUFFICIENT_DATA' }), NOW_MS + 10 * 60_000)).toContain(disk);
  });
});

describe('a node’s alarms', () => {
  const own = ['disk', 'inodes', 'stuck', 'forked', 'unreachable', 'status-check', 'attached-ebs'];

  it('are of seven kinds, and its fleet has one for a chain that halts', () => {
    expect(names(factsOf())).toEqual(['halted', ...nodes.flatMap(({ name }) => own.map((kind) => `${name}-${kind}`))]);
  });

  it('are on health only where somebody asks the node', () => {
    const unasked = bitcoinFleet({ ...document, probe: 'none' });
    expect(names(factsOf({ fleet: unasked, nodes: [nodeOf(1)] }))).toEqual(
      ['disk', 'inodes', 'status-check', 'attached-ebs'].map((kind) => `node1-${kind}`),
    );
  });

  it('on its disk watch the very series that its agent publishes, at the fleet file’s per cent', () => {
    const [alarm] = desiredAlarms(factsOf()).alarms.filter(({ name }) => name === 'chainmend-bitcoin-node2-disk');
    if (!alarm) throw new Error('no alarm');
    expect(putInput(fleet, alarm, TOPIC)).toEqual({
      AlarmName: 'chainmend-bitcoin-node2-disk',
      AlarmDescription:
        'The data volume of bitcoin/node2 (/node-data) is filling up; chainmend grows it, or says why not.\n' +
        'Runbook: docs/runbooks/disk.md\n' +
        'Set to 90 by chainmend; a threshold of your own stays.',
      Namespace: 'CWAgent',
      MetricName: 'disk_used_percent',
      Dimensions: [
        { Name: 'InstanceId', Value: idOf(2) },
        { Name: 'path', Value: '/node-data' },
        { Name: 'fstype', Value: 'xfs' },
      ],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'missing',
      ActionsEnabled: true,
      AlarmActions: [],
      ActionConfiguration: {
        AlarmTagsPropagation: {
          Enabled: true,
          IncludedTagKeys: ['chainmend:fleet', 'chainmend:node', 'chainmend:kind'],
        },
      },
      Tags: [
        { Key: 'chainmend:fleet', Value: 'bitcoin' },
        { Key: 'chainmend:node', Value: 'node2' },
        { Key: 'chainmend:kind', Value: 'disk' },
      ],
    });
  });

  const paging = (facts: AlarmFacts): ReadonlySet<string> =>
    new Set(
      stored(facts)
        .filter(({ AlarmActions = [] }) => AlarmActions.length > 0)
        .map(({ AlarmName = '' }) => AlarmName.replace(/^.*node\d-/, '')),
    );

  it('on status checks page by themselves where nobody asks the nodes', () => {
    expect(paging(factsOf({ fleet: bitcoinFleet({ ...document, probe: 'none' }) }))).toEqual(
      new Set(['status-check', 'attached-ebs']),
    );
  });

  it('none pages by itself where the nodes are watched: who heals or watches them says what became of it', () => {
    expect(paging(factsOf())).toEqual(new Set());
  });

  it('on its disk are made when its agent publishes, and what has none yet is said', () => {
    const facts = factsOf({ series: seriesOf(1, 3) });
    expect(names(facts)).not.toContain('node2-disk');
    expect(desiredAlarms(facts).refusals).toMatchObject([
      {
        refuse: 'disk-unwatched',
        node: { name: 'node2' },
        reason: expect.stringContaining('no alarm sees /node-data of node2 fill'),
        pageAfterMs: 24 * 60 * 60_000,
      },
    ]);
  });

  it('on its disk is missed by nobody where its owner has one, and where its node does not run, or is young', () => {
    const missing = factsOf({ series: seriesOf(1, 3) });
    const [, node2] = missing.nodes;
    const key = filesystemKey(node2?.instanceId ?? '', '/node-data');
    const covered = { ...missing.covered, disk: new Set([key]) };
    expect(desiredAlarms({ ...missing, covered }).refusals).toEqual([]);
    const stopped = missing.nodes.map((node) => (node === node2 ? { ...node, state: 'stopped' as const } : node));
    expect(desiredAlarms({ ...missing, nodes: stopped }).refusals).toEqual([]);
    const young = missing.nodes.map((node) => ({ ...node, launchedAtMs: NOW_MS - 10 * 60_000 }));
    expect(desiredAlarms({ ...missing, nodes: young }).refusals).toEqual([]);
  });

  it('are one for all nodes, and the disk that no agent publishes is told all the same', () => {
    const whole = bitcoinFleet({ ...document, alarms: { diskPercent: 90, per: 'fleet' } });
    const facts = factsOf({ fleet: whole, series: seriesOf(1, 3) });
    expect(desiredAlarms(facts).refusals.map(({ refuse, subject }) => [refuse, subject])).toEqual([
      ['disk-unwatched', `${idOf(2)} /node-data`],
    ]);
    const contested = new Set([idOf(2)]);
    expect(desiredAlarms({ ...facts, contested }).refusals).toEqual([]);
    expect(desiredAlarms({ ...facts, series: seriesOf(1, 2, 3) }).refusals).toEqual([]);
  });

  it('over OTLP need no agent, and the disk of which a node’s own command tells nothing is told', () => {
    const otlp = bitcoinFleet({ mode: 'plan', probe: 'ssm', metrics: 'otlp', volumes: { data: '/node-data' } });
    const facts = factsOf({ fleet: otlp, series: new Map() });
    expect(desiredAlarms(facts).refusals).toEqual([]);
    const unseenPaths = new Map([
      [idOf(1), []],
      [idOf(2), ['/node-data']],
    ]);
    expect(desiredAlarms({ ...facts, unseenPaths }).refusals).toMatchObject([
      {
        ...{ refuse: 'disk-unwatched', subject: `${idOf(2)} /node-data`, pageAfterMs: 24 * 60 * 60_000 },
        reason: expect.stringContaining('finds no filesystem there'),
      },
    ]);
    const contested = new Set([idOf(2)]);
    expect(desiredAlarms({ ...facts, unseenPaths, contested }).refusals).toEqual([]);
  });

  it('on its disk stay when its agent falls silent', () => {
    expect(diff(factsOf({ series: new Map() }), stored(factsOf()))).toEqual(nothing);
  });

  it('on its disk are not made where people have one of their own, and go where they have made one since', () => {
    const covered = { disk: new Set([filesystemKey(idOf(2), '/node-data')]), inodes: new Set<string>() };
    expect(names(factsOf({ covered }))).not.toContain('node2-disk');
    expect(names(factsOf({ covered }))).toContain('node2-inodes');
    expect(diff(factsOf({ covered }), stored(factsOf())).remove).toEqual(['chainmend-bitcoin-node2-disk']);
  });

  it('tell a second volume by its role', () => {
    const two = bitcoinFleet({ ...document, volumes: { data: '/node-data', ancient: '/ancient' } });
    const dimensions = { InstanceId: idOf(1), path: '/ancient', fstype: 'ext4' };
    const series = new Map([[filesystemKey(idOf(1), '/ancient'), { dimensions, inodes: false }]]);
    const facts = factsOf({ fleet: two, series, nodes: [nodeOf(1)] });
    expect(names(facts).filter((name) => name.includes('disk') || name.includes('inodes'))).toEqual([
      'node1-disk-ancient',
    ]);
  });

  it('are left as they are where two nodes have one name', () => {
    const facts = factsOf({ nodes: [nodeOf(1), nodeOf(2), nodeOf(3, { name: 'node2' })] });
    expect(desiredAlarms(facts).refusals.map(({ refuse, subject }) => [refuse, subject])).toEqual([
      ['name-taken', idOf(2)],
      ['name-taken', idOf(3)],
    ]);
    const { create, remove } = diff(facts, stored(factsOf()));
    expect(create).toEqual([]);
    expect(remove).toEqual(own.map((kind) => `chainmend-bitcoin-node3-${kind}`));
  });

  it('are called after the instance where its name could not be a tag', () => {
    expect(names(factsOf({ nodes: [nodeOf(1, { name: 'node one' })] }))).toContain(`${idOf(1)}-status-check`);
  });
});

describe('a consortium’s alarms', () => {
  it('are the six rules of its chain, with their numbers', () => {
    const irita = bitcoinFleet({ ...document, fleet: 'irita', chain: 'cometbft', unit: 'node' });
    const rules = desiredAlarms(factsOf({ fleet: irita }))
      .alarms.filter(({ node }) => node === undefined)
      .map(({ kind, look, when, threshold, minutes }) => [
        kind,
        look.by === 'metric' && `${look.statistic} ${look.metric.name}`,
        when,
        threshold,
        minutes,
      ]);
    expect(rules).toEqual([
      ['halted', 'Maximum Halted', '>=', 1, 1],
      ['consensus-halted', 'Maximum ConsensusRounds', '>', 10, 1],
      ['node-out-of-sync', 'Maximum NodesOutOfSync', '>', 0, 1],
      ['validator-jailed', 'Maximum ValidatorsJailed', '>', 0, 1],
      ['voting-power-low', 'Minimum OnlineVotingPowerPercent', '<=', 70, 1],
      ['byzantine-validators', 'Maximum ByzantineValidators', '>', 0, 1],
      ['node-down', 'Maximum NodesDown', '>', 0, 1],
    ]);
  });
});

describe('a consortium that is not asked for all of it', () => {
  const kinds = (more: object) =>
    desiredAlarms(
      factsOf({ fleet: bitcoinFleet({ ...document, fleet: 'irita', chain: 'cometbft', unit: 'node', ...more }) }),
    )
      .alarms.filter(({ node }) => node === undefined)
      .map(({ kind }) => kind);

  it('has no alarm on what nobody reads: it would never go off', () => {
    expect(kinds({ rpc: { metricsPort: 'none' } })).toEqual(['halted', 'validator-jailed', 'node-down']);
    const metric = { namespace: 'Own', height: 'Height', dimension: 'InstanceId' };
    expect(kinds({ probe: { metric } })).toEqual(['halted', 'node-down']);
  });
});

describe('names that mean two alarms', () => {
  it('make neither of them, leave what is there, and say so', () => {
    const two = bitcoinFleet({ ...document, volumes: { data: '/node-data', stuck: '/stuck' } });
    const series = new Map(
      ['/node-data', '/stuck'].map((path) => [
        filesystemKey(idOf(1), path),
        { dimensions: { InstanceId: idOf(1), path, fstype: 'xfs' }, inodes: false },
      ]),
    );
    const some = [nodeOf(1, { name: 'a' }), nodeOf(2, { name: 'a-disk' })];
    const facts = factsOf({ fleet: two, nodes: some, series });
    expect(names(facts)).not.toContain('a-disk-stuck');
    expect(names(facts)).toContain('a-disk-forked');
    const taken = desiredAlarms(facts).refusals.filter(({ refuse }) => refuse === 'name-taken');
    expect(taken.map(({ subject }) => subject)).toEqual(['chainmend-bitcoin-a-disk-stuck']);
    const there: MetricAlarm = { AlarmName: 'chainmend-bitcoin-a-disk-stuck' };
    expect(diff(facts, [...stored(facts), there])).toEqual(nothing);
  });
});

describe('a large fleet’s alarms', () => {
  const many = Array.from({ length: 51 }, (_, i) => nodeOf(i + 1));

  it('are one of each kind, grouped by node', () => {
    expect(names(factsOf({ nodes: many }))).toEqual(['halted', 'disk', 'unwell', 'status-check', 'attached-ebs']);
    const [, disk, unwell] = desiredAlarms(factsOf({ nodes: many })).alarms;
    expect(disk?.look).toEqual({
      by: 'query',
      query:
        `SELECT MAX("disk_used_percent") FROM "CWAgent" WHERE "path" = '/node-data' ` +
        'GROUP BY "InstanceId", "path" ORDER BY MAX() DESC LIMIT 500',
    });
    expect(unwell?.look).toEqual({
      by: 'query',
      query:
        `SELECT MAX("Health") FROM SCHEMA("chainmend", "Fleet", "Node") WHERE "Fleet" = 'bitcoin' ` +
        'GROUP BY "Node" ORDER BY MAX() DESC LIMIT 500',
    });
  });

  it('become those of its nodes again when it is a good deal smaller', () => {
    expect([50, 51].map((count) => alarmsPer(fleet, count, false))).toEqual(['node', 'fleet']);
    expect([40, 41].map((count) => alarmsPer(fleet, count, true))).toEqual(['node', 'fleet']);
    const always = bitcoinFleet({ ...document, alarms: { per: 'node' } });
    expect(alarmsPer(always, 5_000, true)).toBe('node');
  });
});

describe('an alarm that is there', () => {
  const disk = 'chainmend-bitcoin-node2-disk';

  it('is left alone when it is as it should be', () => {
    expect(diff(factsOf(), stored(factsOf()))).toEqual(nothing);
  });

  it('keeps a threshold, patience and actions that a person gave it', () => {
    const own = {
      Threshold: 80,
      EvaluationPeriods: 5,
      AlarmActions: ['arn:aws:sns:eu-west-1:1:mine'],
      TreatMissingData: 'breaching',
    };
    expect(diff(factsOf(), change(stored(factsOf()), disk, own))).toEqual(nothing);
  });

  it('is rewritten when the fleet file’s number changes, and a person’s threshold gives way to it', () => {
    const facts = factsOf({ fleet: bitcoinFleet({ ...document, alarms: { diskPercent: 95 } }), nodes: [nodeOf(2)] });
    const now = change(stored(factsOf({ nodes: [nodeOf(2)] })), disk, { Threshold: 97, EvaluationPeriods: 3 });
    expect(diff(facts, now).update).toEqual([
      `${disk}: the fleet file says 95 instead of 90`,
      'chainmend-bitcoin-node2-inodes: the fleet file says 95 instead of 90',
    ]);
    const [update] = diffAlarms(fleet, desiredAlarms(facts), now, [], NOW_MS).update;
    if (!update) throw new Error('no update');
    expect(putInput(fleet, update.alarm, TOPIC, update.now)).toMatchObject({ Threshold: 95, EvaluationPeriods: 3 });
  });

  it('is rewritten when it watches another instance, and keeps a person’s threshold', () => {
    const now = change(stored(factsOf()), disk, {
      Threshold: 70,
      Dimensions: [{ Name: 'InstanceId', Value: 'i-00000000' }],
    });
    expect(diff(factsOf(), now)).toEqual({ ...nothing, update: [`${disk}: it looks at something else`] });
    const [update] = diffAlarms(fleet, desiredAlarms(factsOf()), now, [], NOW_MS).update;
    if (!update) throw new Error('no update');
    const input = putInput(fleet, update.alarm, TOPIC, update.now);
    expect(input.Threshold).toBe(70);
    expect(input.Tags).toBeUndefined();
    expect(input.Dimensions).toContainEqual({ Name: 'InstanceId', Value: idOf(2) });
  });

  it('is rewritten when its events do not carry its tags, or its runbook has moved', () => {
    const { ActionConfiguration: _, ...without } = stored(factsOf()).find(({ AlarmName }) => AlarmName === disk) ?? {};
    const now = stored(factsOf()).map((alarm) => (alarm.AlarmName === disk ? without : alarm));
    expect(diff(factsOf(), now).update).toEqual([`${disk}: its events do not carry its tags`]);
    const moved = diff(
      factsOf({ nodes: [nodeOf(2)], runbooks: 'https://git.example.com/' }),
      stored(factsOf({ nodes: [nodeOf(2)] })),
    );
    expect(moved.update).toHaveLength(8);
  });

  it('without anything of ours in its description keeps its threshold', () => {
    const facts = factsOf({ nodes: [nodeOf(2)] });
    const [update] = diffAlarms(
      fleet,
      desiredAlarms(facts),
      change(stored(facts), disk, { AlarmDescription: 'mine', Threshold: 70, Dimensions: [] }),
      [],
      NOW_MS,
    ).update;
    if (!update) throw new Error('no update');
    expect(putInput(fleet, update.alarm, TOPIC, update.now).Threshold).toBe(70);
  });

  it('has a description that CloudWatch takes, however long the path', () => {
    const path = `/${'x'.repeat(64)}`.repeat(15);
    const far = bitcoinFleet({ ...document, volumes: { data: path } });
    const dimensions = { InstanceId: idOf(1), path, fstype: 'xfs' };
    const series = new Map([[filesystemKey(idOf(1), path), { dimensions, inodes: true }]]);
    const [alarm] = desiredAlarms(factsOf({ fleet: far, series, nodes: [nodeOf(1)] })).alarms.filter(
      ({ kind }) => kind === 'disk',
    );
    if (!alarm) throw new Error('no alarm');
    expect(descriptionOf(alarm)).toHaveLength(1_024);
    expect(descriptionOf(alarm)).toMatch(/\nRunbook: docs\/runbooks\/disk.md\nSet to 90 by chainmend; /);
  });

  it('goes when its node has gone', () => {
    expect(diff(factsOf({ nodes: nodes.slice(0, 2) }), stored(factsOf())).remove).toHaveLength(7);
  });

  it('of a fleet whose name only begins alike is not touched', () => {
    const theirs: MetricAlarm[] = [{ AlarmName: 'chainmend-bitcoin-cash-node1-disk' }];
    expect(diff(factsOf(), [...stored(factsOf()), ...theirs], ['bitcoin-cash']).remove).toEqual([]);
    // Where that fleet is no longer known, its tags identify it.
    expect(diff(factsOf(), [...stored(factsOf()), ...theirs]).remove).toEqual(['chainmend-bitcoin-cash-node1-disk']);
    expect(isOurs({ 'chainmend:fleet': 'bitcoin-cash', 'chainmend:kind': 'disk' }, fleet)).toBe(false);
    expect(isOurs({ 'chainmend:fleet': 'bitcoin', 'chainmend:kind': 'disk' }, fleet)).toBe(true);
    expect(isOurs({ 'chainmend:fleet': 'bitcoin' }, fleet)).toBe(false);
  });

  it('is not made where its name would be one of a fleet whose name goes on from this one', () => {
    const facts = factsOf({
      nodes: [nodeOf(1, { name: 'cash-node1' }), nodeOf(2)],
      series: seriesOf(1, 2),
    });
    const { alarms } = desiredAlarms(facts);
    const taken = alarms.filter(({ name }) => name.startsWith('chainmend-bitcoin-cash-'));
    expect(taken).toHaveLength(7);
    const changes = diffAlarms(fleet, desiredAlarms(facts), [], ['bitcoin-cash'], NOW_MS);
    expect(changes.taken).toEqual(taken.map((alarm) => ({ alarm, by: 'bitcoin-cash' })));
    expect(changes.create).toEqual(alarms.filter((alarm) => !taken.includes(alarm)));
    // What it had made before the other fleet came goes; what the other one has made stays.
    const made = stored(facts);
    expect(diff(facts, made, ['bitcoin-cash'])).toMatchObject({
      ...{ create: [], update: [] },
      remove: taken.map(({ name }) => name),
    });
    const disk = 'chainmend-bitcoin-cash-node1-disk';
    const theirs = change(made, disk, { Dimensions: [{ Name: 'InstanceId', Value: idOf(9) }] });
    expect(diff(facts, theirs, ['bitcoin-cash']).remove).not.toContain(disk);
    // A fleet that is not deployed takes no name.
    expect(diff(facts, []).create).toHaveLength(alarms.length);
  });

  it('has actions of its own where it does more than page', () => {
    expect(foreignActions({ AlarmActions: [TOPIC, 'arn:aws:automate:eu-west-1:ec2:reboot'] }, TOPIC)).toEqual([
      'arn:aws:automate:eu-west-1:ec2:reboot',
    ]);
    expect(foreignActions({ AlarmActions: [TOPIC] }, TOPIC)).toEqual([]);
  });
});

type Ask = { readonly constructor: { readonly name: string }; readonly input: object };

/** A turn of a fleet whose alarms are each node's own, with CloudWatch's answers. */
function workOf(each: RegisterContext['fleet'], cloudwatch: (asked: Ask) => Promise<unknown>): RegisterContext {
  const Parameters = [
    { Name: '/chainmend/pause', Value: 'off' },
    {
      Name: '/chainmend/fleets/bitcoin',
      Value: JSON.stringify(bitcoinFile({ ...document, alarms: { per: 'node' } })),
    },
    { Name: DEPLOYED, Value: deployedOf(bitcoinFile(document)) },
  ];
  return {
    clients: {
      cloudwatch: Object.assign(new CloudWatchClient(), { send: cloudwatch }),
      ssm: { send: async () => ({ Parameters }) },
    },
    environment: { PARAMETER_PREFIX: '/chainmend', TOPIC_ARN: TOPIC },
    runbooks: 'https://git.example.com/',
    fleet: each,
    untilMs: Date.now() + 240_000,
    write: async () => {},
  } as unknown as RegisterContext;
}

const turnOf = <F, N>(fleet: F, nodes: N) => ({
  nodes,
  contested: new Set<string>(),
  unseenPaths: new Map(),
  fleets: [fleet],
  confirmed: false,
});

describe('an alarm that is not as it was read', () => {
  const each = bitcoinFleet({ ...document, alarms: { per: 'node' } });
  // A young one, whose agent publishes nothing yet.
  const some = [nodeOf(1, { launchedAtMs: Date.now() })];
  const [first = '', second = '', ...others] = desiredAlarms(
    factsOf({ fleet: each, nodes: some, series: new Map() }),
  ).alarms.map(({ name }) => name);
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));

  /** @param listed what is there as the run begins @param named what is there under these names right before */
  async function run(listed: readonly MetricAlarm[], named: object) {
    jest.useFakeTimers();
    try {
      const put: string[] = [];
      const cloudwatch = async ({ constructor: { name }, input }: Ask) => {
        if (name === 'DescribeAlarmsCommand') return 'AlarmNames' in input ? named : { MetricAlarms: listed };
        if (name === 'ListTagsForResourceCommand')
          return {
            Tags: [FLEET_TAG, KIND_TAG].map((Key) => ({ Key, Value: Key === FLEET_TAG ? 'bitcoin' : 'stuck' })),
          };
        if (name === 'PutMetricAlarmCommand') put.push((input as { AlarmName: string }).AlarmName);
        return input;
      };
      const turn = turnOf(each, some);
      const done = reconcileAlarms(workOf(each, cloudwatch), {
        ...turn,
        readGone: async () => [],
        seriesAt: async () => new Map(),
      });
      await jest.advanceTimersByTimeAsync(60_000);
      return { put, ...(await done) };
    } finally {
      jest.useRealTimers();
    }
  }

  it('is left to the next run where somebody has made it meanwhile', async () => {
    const made = { AlarmName: first, AlarmConfigurationUpdatedTimestamp: at(1) };
    const { put, left, refusals } = await run([], { MetricAlarms: [made] });
    expect([put, left, refusals]).toEqual([[second, ...others], 1, []]);
  });

  it('is told where it is another kind of alarm, which would be lost', async () => {
    const { put, left, refusals } = await run([], { CompositeAlarms: [{ AlarmName: first }] });
    expect([put, left]).toEqual([[second, ...others], 0]);
    expect(refusals).toEqual([
      {
        refuse: 'alarm-foreign',
        subject: first,
        reason: `alarm ${first} should be made, but a composite alarm has its name: it is left as it is`,
        page: true,
      },
    ]);
  });

  it('is left to the next run where a person has changed it meanwhile', async () => {
    const [old] = stored(factsOf({ fleet: each, nodes: some, series: new Map() }));
    const blind = { ...old, ActionConfiguration: {}, AlarmConfigurationUpdatedTimestamp: at(0) };
    const changed = { ...blind, AlarmConfigurationUpdatedTimestamp: at(1) };
    expect((await run([blind], { MetricAlarms: [blind] })).put).toContain(first);
    const { put, left } = await run([blind], { MetricAlarms: [changed] });
    expect([put.includes(first), left]).toEqual([false, 1]);
  });
});

describe('more alarms to be written anew than a run has time for', () => {
  it('are written anew a group at a time, so that each run gets on', async () => {
    jest.useFakeTimers();
    try {
      const some = Array.from({ length: 500 }, (_, i) => nodeOf(i + 1));
      const each = bitcoinFleet({ ...document, alarms: { per: 'node' } });
      const facts = factsOf({ fleet: each, nodes: some, series: new Map() });
      const MetricAlarms = stored(facts);
      const Tags = [
        { Key: 'chainmend:fleet', Value: 'bitcoin' },
        { Key: 'chainmend:kind', Value: 'stuck' },
      ];
      const written: string[] = [];
      const cloudwatch = async ({ constructor: { name }, input }: Ask) => {
        if (name === 'DescribeAlarmsCommand') return { MetricAlarms };
        if (name === 'ListTagsForResourceCommand') return { Tags };
        written.push(name);
        return input;
      };
      const work = workOf(each, cloudwatch);
      const turn = turnOf(each, some);
      const run = reconcileAlarms(work, { ...turn, readGone: async () => [], seriesAt: async () => new Map() });
      await jest.advanceTimersByTimeAsync(300_000);
      const { updated, left } = await run;
      expect(updated).toBeGreaterThan(400);
      expect(updated + left).toBe(MetricAlarms.length);
      expect(new Set(written)).toEqual(new Set(['PutMetricAlarmCommand']));
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('whatever the nodes', () => {
  const anyNodes = fc
    .array(
      fc.record({ index: fc.integer({ min: 1, max: 60 }), name: fc.constantFrom('a', 'b', 'c', 'd', undefined) }),
      {
        maxLength: 60,
      },
    )
    .map((some) => [
      ...new Map(some.map(({ index, name }) => [index, nodeOf(index, name === undefined ? {} : { name })])).values(),
    ]);

  it('names are told apart, fit CloudWatch, and a description says what to do', () => {
    fc.assert(
      fc.property(anyNodes, (some) => {
        const { alarms } = desiredAlarms(factsOf({ nodes: some }));
        expect(new Set(alarms.map(({ name }) => name)).size).toBe(alarms.length);
        for (const alarm of alarms) {
          expect(alarm.name.length).toBeLessThanOrEqual(255);
          expect(descriptionOf(alarm).length).toBeLessThanOrEqual(1_024);
        }
      }),
    );
  });

  it('made once, nothing is left to do, and nothing of a node that is gone is left', () => {
    fc.assert(
      fc.property(anyNodes, anyNodes, (before, now) => {
        expect(diff(factsOf({ nodes: now }), stored(factsOf({ nodes: now })))).toEqual(nothing);
        const { remove } = diff(factsOf({ nodes: now }), stored(factsOf({ nodes: before })));
        const wanted = new Set(desiredAlarms(factsOf({ nodes: now })).alarms.map(({ name }) => name));
        expect(remove.filter((name) => wanted.has(name))).toEqual([]);
      }),
    );
  });
});

describe('the alarms of a fleet whose metrics go over OTLP', () => {
  const otlp = bitcoinFleet({ ...document, metrics: 'otlp' });
  const facts = factsOf({ fleet: otlp, series: new Map() });
  const queryOf = (kind: string, now?: MetricAlarm) => {
    const alarm = desiredAlarms(facts).alarms.find(({ name }) => name === `chainmend-bitcoin-${kind}`);
    if (!alarm) throw new Error(`no alarm ${kind}`);
    return putInput(fleet, alarm, TOPIC, now).EvaluationCriteria?.PromQLCriteria;
  };
  const withQuery = (now: readonly MetricAlarm[], name: string, Query: string) =>
    change(now, name, { EvaluationCriteria: { PromQLCriteria: { Query, PendingPeriod: 300, RecoveryPeriod: 60 } } });

  it('are one of each kind for any number of nodes, and need no agent’s series', () => {
    const kinds = ['halted', 'disk', 'inodes', 'unwell', 'status-check', 'attached-ebs'];
    expect(names(facts)).toEqual(kinds);
    expect(names({ ...facts, nodes: nodes.slice(0, 1) })).toEqual(kinds);
    expect(desiredAlarms(facts).refusals).toEqual([]);
  });

  it('ask for this fleet’s series alone, and keep the labels by which a node is found', () => {
    expect(queryOf('disk')).toEqual({
      Query: 'max by (InstanceId, path) (chainmend_disk_used_percent{Fleet="bitcoin", path="/node-data"}) >= 90',
      PendingPeriod: 0,
      RecoveryPeriod: 0,
    });
    expect(queryOf('unwell')).toMatchObject({
      Query: 'max by (Node) (chainmend_health{Fleet="bitcoin"}) >= 5',
      PendingPeriod: 60,
    });
    expect(queryOf('halted')?.Query).toBe('max by (Fleet) (chainmend_halted{Fleet="bitcoin"}) >= 1');
    expect(queryOf('attached-ebs')?.Query).toBe(
      'max by (InstanceId) (chainmend_attached_ebs_failed{Fleet="bitcoin"}) >= 1',
    );
  });

  it('have none of what CloudWatch refuses beside a PromQL query', () => {
    for (const alarm of desiredAlarms(facts).alarms) {
      const input = putInput(fleet, alarm, TOPIC);
      expect(Object.keys(input)).not.toEqual(
        expect.arrayContaining(['Threshold', 'ComparisonOperator', 'EvaluationPeriods', 'TreatMissingData']),
      );
      expect(input.EvaluationInterval).toBe(60);
    }
  });

  it('of a fleet of validators see its lowest voting power', () => {
    const irita = bitcoinFleet({ ...document, chain: 'cometbft', metrics: 'otlp' });
    const power = desiredAlarms({ ...facts, fleet: irita }).alarms.find(({ kind }) => kind === 'voting-power-low');
    expect(power && putInput(fleet, power, TOPIC).EvaluationCriteria?.PromQLCriteria?.Query).toBe(
      'min by (Fleet) (chainmend_online_voting_power_percent{Fleet="bitcoin"}) <= 70',
    );
  });

  it('that are right stay, and a person’s number and patience stay in them', () => {
    expect(diff(facts, stored(facts))).toEqual(nothing);
    const tuned = withQuery(
      stored(facts),
      'chainmend-bitcoin-disk',
      'max by (InstanceId, path) (chainmend_disk_used_percent{Fleet="bitcoin", path="/node-data"}) >= 95',
    );
    expect(diff(facts, tuned)).toEqual(nothing);
    const [own] = tuned.filter(({ AlarmName }) => AlarmName === 'chainmend-bitcoin-disk');
    expect(queryOf('disk', own)).toMatchObject({
      Query: expect.stringMatching(/ >= 95$/),
      PendingPeriod: 300,
      RecoveryPeriod: 60,
    });
  });

  it('that ask for something else are rewritten, and those of the nodes go once these are there', () => {
    const other = withQuery(stored(facts), 'chainmend-bitcoin-disk', 'max by (InstanceId) (other) >= 90');
    expect(diff(facts, other).update).toEqual(['chainmend-bitcoin-disk: it looks at something else']);
    const classic = stored(factsOf());
    const { create, remove } = diff(facts, classic);
    expect(create).toHaveLength(5);
    expect(remove).toHaveLength(classic.length - 1);
    expect(diff(factsOf(), stored(facts)).remove).toHaveLength(5);
  });
});
