// What a story is made of: plain facts gathered from a run that has ended, from the journal, the trace and the region alike.
import { growthBytesPerHour } from '../../functions/resize-volume/growth.ts';
import type { HealPayload } from '../../shared/heal/records.ts';
import type { OutageCause } from '../nodes/client.ts';
import { START_MS } from '../region/region.ts';
import { isMutating } from '../region/request-faults.ts';
import type { CallRecord } from '../region/trace.ts';
import { callsOfDispatch, callsOfExecution } from '../run/calls.ts';
import { type JournalLine, readJournal } from '../run/journal.ts';
import type { Report } from '../run/report.ts';
import type { Run } from '../run/run.ts';
import type { Placed, World } from '../run/world.ts';

/** A node as a person names it: "bitcoin/node2". */
export type NodeName = string;

export interface DiskFact {
  readonly role: string;
  readonly usedPercent: number;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** By the history up to then; 0 where it does not grow or nobody knows. */
  readonly bytesPerHour: number;
}

export interface AlarmChange {
  readonly atMs: number;
  readonly alarmName: string;
  readonly from: string;
  readonly to: string;
  /** CloudWatch's own words. */
  readonly reason: string;
  readonly about?: NodeName;
  /** What the agent's metrics said of the disk at that moment. */
  readonly disk?: DiskFact;
}

export interface Requested {
  readonly atMs: number;
  readonly actor: string;
  /** "ec2.ModifyVolume" */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly outcome: string;
  readonly about?: NodeName;
}

/** A durable execution: what it asked for, and how it ended for Lambda. */
export interface HealFact {
  readonly arn: string;
  readonly about: NodeName;
  readonly incidentId: string;
  readonly attempt: number;
  readonly status: string;
  readonly endedAtMs: number | undefined;
  readonly requests: readonly Requested[];
  /** What the dispatcher asked for it. */
  readonly dispatch: readonly Requested[];
}

export interface OutageFact {
  readonly about: NodeName;
  readonly cause: OutageCause;
  readonly fromMs: number;
  readonly toMs?: number;
}

export interface HaltFact {
  readonly chain: string;
  readonly fromMs: number;
  readonly toMs?: number;
}

export interface StoryFacts {
  readonly report: Report;
  readonly journal: readonly JournalLine[];
  readonly alarms: readonly AlarmChange[];
  readonly heals: readonly HealFact[];
  /** What people did by API since the story began, and what the dispatcher asked for. */
  readonly people: readonly Requested[];
  readonly dispatcher: readonly Requested[];
  readonly outages: readonly OutageFact[];
  readonly halts: readonly HaltFact[];
  readonly unmet: readonly string[];
}

export function gatherFacts({ report, world, unmet }: Run): StoryFacts {
  const { region } = world;
  const since = region.front.trace.calls.filter(({ at }) => at >= START_MS);
  return {
    report,
    unmet,
    journal: readJournal(region, world.tableName),
    alarms: alarmChanges(world),
    heals: region.lambda.executions().flatMap((execution): readonly HealFact[] => {
      const { fleet, node, incidentId, attempt } = JSON.parse(execution.payload) as Partial<HealPayload>;
      // Whoever invokes a heal by hand may say anything; such an execution ends at once.
      if (typeof incidentId !== 'string' || attempt === undefined) return [];
      const about = `${fleet}/${node}`;
      const asked = (calls: readonly CallRecord[]) => calls.map((call) => ({ ...requested(world, call), about }));
      return [
        {
          arn: execution.arn,
          about,
          incidentId,
          attempt,
          status: execution.status,
          endedAtMs: execution.endedAtMs,
          requests: asked(callsOfExecution(region, execution.arn)),
          dispatch: asked(callsOfDispatch(region, incidentId, attempt)),
        },
      ];
    }),
    people: since
      .filter(({ actor, operation }) => actor === 'person' && isMutating(operation))
      .map((call) => requested(world, call)),
    dispatcher: since
      .filter(({ actor }) => actor.startsWith('chainmend-dispatch-heal'))
      .map((call) => requested(world, call)),
    outages: world.nodes.flatMap((placed) =>
      placed.machine.client.outages.map(({ cause, fromMs, toMs }) => ({
        about: nameOf(placed),
        cause,
        fromMs,
        ...(toMs !== undefined && { toMs }),
      })),
    ),
    halts: world.chains
      .flatMap(({ spec, halts }) => halts.map((halt) => ({ chain: spec.name, ...halt })))
      // Validators that are put there one by one make no chain stand still.
      .filter(({ fromMs, toMs }) => fromMs !== toMs),
  };
}

const nameOf = ({ fleet, name }: Placed): NodeName => `${fleet.name}/${name}`;

function requested(world: World, { at, actor, service, operation, input, outcome = '' }: CallRecord): Requested {
  const known = input as Readonly<Record<string, unknown>>;
  const ids = JSON.stringify(input);
  const placed = world.nodes.find(
    ({ instanceId, volumeIds }) => ids.includes(instanceId) || [...volumeIds.values()].some((id) => ids.includes(id)),
  );
  return {
    atMs: at,
    actor,
    name: `${service}.${operation}`,
    input: known,
    outcome,
    ...(placed && { about: nameOf(placed) }),
  };
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
    /** Absent where the alarm is on an expression. */
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  }[];
  readonly NextToken?: string;
}

const RECORDS_MAX = 100;
/** A run has a few hundred alarms and transitions; this many pages are two orders more. */
const PAGES_MAX = 1_000;

/** CloudWatch's own history of its alarms since the story began, oldest first. */
function alarmChanges(world: World): AlarmChange[] {
  const dimensions = new Map(
    pagesOf<Alarms>(world, 'DescribeAlarms', { MaxRecords: RECORDS_MAX }).flatMap(({ MetricAlarms }) =>
      MetricAlarms.map(
        ({ AlarmName, Dimensions = [] }) =>
          [AlarmName, Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))] as const,
      ),
    ),
  );
  const query = {
    HistoryItemType: 'StateUpdate',
    ScanBy: 'TimestampAscending',
    StartDate: new Date(START_MS),
    MaxRecords: RECORDS_MAX,
  };
  return pagesOf<AlarmHistory>(world, 'DescribeAlarmHistory', query)
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
      return {
        atMs,
        alarmName: AlarmName,
        from: oldState.stateValue,
        to: newState.stateValue,
        reason: newState.stateReason,
        ...(placed && { about: nameOf(placed) }),
        ...(disk && { disk }),
      };
    });
}

function pagesOf<P extends { readonly NextToken?: string }>(
  { region }: World,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): P[] {
  const serve = region.cloudwatch.operations[operation];
  if (!serve) throw new Error(`CloudWatch has no operation ${operation}`);
  const pages: P[] = [];
  for (let token: string | undefined; pages.length < PAGES_MAX; token = pages.at(-1)?.NextToken) {
    if (pages.length > 0 && token === undefined) break;
    const call = { at: region.clock.now(), actor: 'person' };
    pages.push(serve({ ...input, ...(token !== undefined && { NextToken: token }) }, call) as P);
  }
  return pages;
}

const MINUTE_MS = 60_000;

/** By the minutes that were over at that moment: those that an alarm has looked at. */
function diskAt(
  { region }: World,
  { machine }: Placed,
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
