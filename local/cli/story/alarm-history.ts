// CloudWatch's own history of its alarms: which node each alarm belongs to, and how full the disks were at each transition.

import { ownerOfAlarm } from '../../../infra/report/alarm-owner.ts';
import { growthBytesPerHour } from '../../../shared/growth/rate.ts';
import { START_MS } from '../../region.ts';
import { operationPages } from '../../scenarios/report/cloudwatch-pages.ts';
import type { PlacedNode, World } from '../../scenarios/world/world.ts';
import { nameOf, type StorySubject } from './lines.ts';

export interface DiskFact {
  readonly role: string;
  readonly usedPercent: number;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** By the history up to that moment; null: not known. */
  readonly bytesPerHour: number | null;
}

export interface AlarmTransition {
  readonly atMs: number;
  readonly alarmName: string;
  readonly from: string;
  readonly to: string;
  /** CloudWatch's own reason. */
  readonly reason: string;
  readonly about?: StorySubject;
  /** What the agent's metrics said of the disk at that moment. */
  readonly disk?: DiskFact;
}

interface AlarmHistory {
  readonly AlarmHistoryItems: readonly {
    readonly AlarmName: string;
    readonly Timestamp: Date;
    readonly HistoryData: string;
  }[];
  readonly NextToken?: string;
}

interface Alarms {
  readonly MetricAlarms: readonly {
    readonly AlarmName: string;
    /** Absent if the alarm is on an expression. */
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  }[];
  readonly NextToken?: string;
}

const RECORDS_MAX = 100;

/** CloudWatch's own history of its alarms since the story began, oldest first. */
export function alarmTransitions(world: World): AlarmTransition[] {
  const dimensions = new Map(
    operationPages<Alarms>(world, 'DescribeAlarms', { MaxRecords: RECORDS_MAX }).flatMap(({ MetricAlarms }) =>
      MetricAlarms.map(
        ({ AlarmName, Dimensions = [] }) =>
          [AlarmName, Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))] as const,
      ),
    ),
  );
  const fleets = [...world.fleets.keys()];
  const query = {
    HistoryItemType: 'StateUpdate',
    ScanBy: 'TimestampAscending',
    StartDate: new Date(START_MS),
    MaxRecords: RECORDS_MAX,
  };
  return operationPages<AlarmHistory>(world, 'DescribeAlarmHistory', query)
    .flatMap(({ AlarmHistoryItems }) => AlarmHistoryItems)
    .map(({ AlarmName, Timestamp, HistoryData }) => {
      const { oldState, newState } = JSON.parse(HistoryData) as Record<
        'oldState' | 'newState',
        { readonly stateValue: string; readonly stateReason: string }
      >;
      const atMs = Timestamp.getTime();
      const of = dimensions.get(AlarmName) ?? {};
      const placed = world.nodes.find(({ instanceId }) => instanceId === of['InstanceId']);
      const disk = placed && diskAt(world, placed, of, atMs);
      const owner = ownerOfAlarm(AlarmName, fleets);
      const about = placed ? nameOf(placed) : owner && [owner.fleet, owner.node].filter(Boolean).join('/');
      return {
        atMs,
        alarmName: AlarmName,
        from: oldState.stateValue,
        to: newState.stateValue,
        reason: newState.stateReason,
        ...(about !== undefined && { about }),
        ...(disk && { disk }),
      };
    });
}

const MINUTE_MS = 60_000;

/** By the minutes that had ended at that moment: the alarm has evaluated these. */
function diskAt(
  { region }: World,
  { machine }: PlacedNode,
  dimensions: Readonly<Record<string, string>>,
  atMs: number,
): DiskFact | undefined {
  const role = machine.volumes.find(({ path }) => path === dimensions['path'])?.role;
  const points = (name: string) =>
    region.cloudwatch
      .seriesOf({ namespace: 'CWAgent', name, dimensions })
      .filter((point) => point.atMs + MINUTE_MS <= atMs);
  const used = points('disk_used');
  const usedBytes = used.at(-1)?.value;
  const sizeBytes = points('disk_total').at(-1)?.value;
  const usedPercent = points('disk_used_percent').at(-1)?.value;
  if (role === undefined || usedBytes === undefined || sizeBytes === undefined || usedPercent === undefined)
    return undefined;
  const bytesPerHour = growthBytesPerHour(used.map((point) => ({ atMs: point.atMs, usedBytes: point.value })));
  return { role, usedPercent, sizeBytes, usedBytes, bytesPerHour };
}
