// The facts of an HTML report (infra/report), of a run that has ended: from the region's journal, its metrics, its alarms and its snapshots.
import type { AlarmHistoryItem } from '@aws-sdk/client-cloudwatch';
import { alarmChangeOf } from '../../../infra/report/alarm-change.ts';
import {
  type AlarmChange,
  type Broken,
  drillFactOf,
  type FleetFact,
  type MeasuredOutage,
  type NodeFact,
  type Recovery,
  type ReportFacts,
  type ReportLine,
  releaseFactOf,
  type Samples,
} from '../../../infra/report/facts.ts';
import { recoveryOf } from '../../../infra/report/recovery.ts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import { ownSnapshots } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { NodeMetric } from '../../../shared/fleet/resource-names.ts';
import type { DrillRecord } from '../../../shared/heal/drill.ts';
import type { ReleasesRecord } from '../../../shared/heal/records.ts';
import { keys } from '../../../shared/heal/store.ts';
import { DEFAULT_SUITE } from '../../../shared/model/suite.ts';
import { hasTags } from '../../../shared/model/tags.ts';
import { readLedger } from '../../../shared/snapshots/ledger.ts';
import type { VolumeOwner } from '../../../shared/snapshots/sets.ts';
import { START_MS } from '../../region.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { operationPages } from './cloudwatch-pages.ts';
import { type JournalLine, readJournal } from './journal.ts';

/** So much of the quiet before is shown. */
const BEFORE_MS = 5 * 60_000;
/** The watch looks once a minute. */
const STEP_MS = 60_000;

export interface PlayedRun {
  readonly source: 'run' | 'storm';
  readonly title: string;
  readonly sentence: string;
  readonly command: string;
  readonly outages?: readonly MeasuredOutage[];
  readonly broken: readonly Broken[];
}

export function reportFactsOf(world: World, { outages = [], ...run }: PlayedRun): ReportFacts {
  const fromMs = START_MS - BEFORE_MS;
  const toMs = world.region.clock.now();
  const nodes = nodesOf(world, fromMs);
  const fleets = [...world.fleets.values()].filter(({ name }) => nodes.some(({ fleet }) => fleet === name));
  return {
    ...{ format: 1, ...run, outages, fromMs, toMs, stepMs: STEP_MS, nodes },
    fleets: fleets.map(
      (fleet): FleetFact => ({
        fleet: fleet.name,
        tip: since(world.region.cloudwatch.seriesOf(fleetMetric(fleet.name, 'Tip')), fromMs),
        recovery: recoveryIn(world, fleet),
        ...releasesIn(world, fleet),
        ...drillIn(world, fleet),
      }),
    ),
    journal: readJournal(world.region, world.tableName)
      .filter(({ atMs }) => atMs >= fromMs)
      .map(lineOf),
    alarms: alarmsOf(world, fromMs),
    notes: [],
  };
}

function lineOf({ atMs, place, kind, sentence, code, act, evidence, fields, ...about }: JournalLine): ReportLine {
  const { fleet, node, incidentId, attempt, by, heal } = about;
  return { atMs, place, kind, sentence, code, act, evidence, fields, fleet, node, incidentId, attempt, by, heal };
}

const fleetMetric = (fleet: string, name: string) => ({
  namespace: DEFAULT_SUITE,
  name,
  dimensions: { Fleet: fleet },
});

const since = (points: readonly { readonly atMs: number; readonly value: number }[], fromMs: number): Samples =>
  points.filter(({ atMs }) => atMs >= fromMs).map(({ atMs, value }) => [atMs, value] as const);

/** Each name once, though several instances may have had it. */
function nodesOf(world: World, fromMs: number): readonly NodeFact[] {
  const { region, nodes, terminated } = world;
  const placed = Map.groupBy([...nodes, ...terminated], ({ fleet, name }) => `${fleet.name}/${name}`);
  return [...placed.values()].flatMap((same): readonly NodeFact[] => {
    const [first] = same;
    if (!first) return [];
    const { fleet, name } = first;
    const of = (metric: NodeMetric): Samples =>
      since(
        region.cloudwatch.seriesOf({
          ...{ namespace: DEFAULT_SUITE, name: metric },
          dimensions: { Fleet: fleet.name, Node: name },
        }),
        fromMs,
      );
    const disk = of('DiskUsedPercent');
    return [
      {
        ...{ fleet: fleet.name, node: name, health: of('Health'), lag: of('HeightLag') },
        disk: disk.length > 0 ? disk : agentsDisk(world, same, fromMs),
      },
    ];
  });
}

/** Where the watch publishes no fullness, the CloudWatch agent's: of each minute the fullest volume. */
function agentsDisk({ region }: World, placed: readonly PlacedNode[], fromMs: number): Samples {
  const worst = new Map<number, number>();
  for (const { machine, instanceId } of placed)
    for (const { path } of machine.volumes)
      for (const fstype of ['xfs', 'ext4', 'btrfs'])
        for (const { atMs, value } of region.cloudwatch.seriesOf({
          ...{ namespace: 'CWAgent', name: 'disk_used_percent' },
          dimensions: { InstanceId: instanceId, fstype, path },
        }))
          if (atMs >= fromMs) worst.set(atMs, Math.max(worst.get(atMs) ?? 0, value));
  return [...worst].sort(([a], [b]) => a - b);
}

function alarmsOf(world: World, fromMs: number): readonly AlarmChange[] {
  const query = {
    ...{ HistoryItemType: 'StateUpdate', ScanBy: 'TimestampAscending', MaxRecords: 100 },
    StartDate: new Date(fromMs),
  };
  const fleets = [...world.fleets.keys()];
  return operationPages<{ AlarmHistoryItems: readonly AlarmHistoryItem[]; NextToken?: string }>(
    world,
    'DescribeAlarmHistory',
    query,
  )
    .flatMap(({ AlarmHistoryItems }) => AlarmHistoryItems)
    .flatMap((item) => alarmChangeOf(item, fleets));
}

function releasesIn(world: World, { name }: Fleet): Pick<FleetFact, 'releases'> {
  const stored = recordIn<ReleasesRecord>(world, keys.releases(name));
  return stored ? { releases: releaseFactOf(stored) } : {};
}

function drillIn(world: World, { name }: Fleet): Pick<FleetFact, 'drill'> {
  const stored = recordIn<DrillRecord>(world, keys.drill(name));
  return stored ? { drill: drillFactOf(stored, world.region.clock.now()) } : {};
}

function recordIn<T>({ region, tableName }: World, { pk, sk }: { readonly pk: string; readonly sk: string }): T | null {
  const stored = region.dynamodb
    .items(tableName)
    .map((item) => item as Parameters<typeof fromItem>[0])
    .find((item) => item['pk']?.S === pk && item['sk']?.S === sk);
  return stored ? (fromItem(stored) as unknown as T) : null;
}

function recoveryIn({ region, nodes }: World, fleet: Fleet): Recovery {
  const volumes = new Map(
    nodes
      .filter((placed) => placed.fleet.name === fleet.name)
      .flatMap(({ name, volumeIds }) =>
        [...volumeIds].map(([role, volumeId]): [string, VolumeOwner] => [volumeId, { node: name, role }]),
      ),
  );
  const facts = region.ec2.snapshots().flatMap((snapshot) => {
    const tags = region.ec2.tags(snapshot.snapshotId);
    const ledger = readLedger(tags);
    const isOurs =
      ledger.fleet === fleet.name ||
      volumes.has(snapshot.volumeId) ||
      fleet.volumes.some((volume) => hasTags(tags, volume.tags));
    if (!isOurs) return [];
    return [
      {
        ...{ snapshotId: snapshot.snapshotId, volumeId: snapshot.volumeId, sizeGiB: snapshot.volumeSizeGiB },
        ...{ startedAtMs: snapshot.startedAtMs, state: snapshot.state, encrypted: snapshot.encrypted },
        ...{ kmsKeyId: snapshot.kmsKeyArn ?? null, ownerId: snapshot.ownerId, tags, ledger },
        ...{ policyId: tags['aws:dlm:lifecycle-policy-id'] ?? null, locked: false, archived: false },
      },
    ];
  });
  return recoveryOf(ownSnapshots(fleet, facts), { fleet, volumes, nodeNames: new Set(nodes.map(({ name }) => name)) });
}
