// The operations on alarms: put, describe, delete, set a state, tag.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { digits, pageOf, type Tokens } from '../pages.ts';
import type { HistoryItem } from './alarms.ts';
import {
  type Alarm,
  type CompositeAlarm,
  type CompositeAlarmInput,
  checkTags,
  describeAlarm,
  type MetricAlarm,
  type MetricAlarmInput,
  readCompositeAlarm,
  readMetricAlarm,
  suppressorOf,
  type Tag,
  warmUpEndMs,
} from './alarms.ts';
import type { Contributor } from './contributors.ts';
import type { Engine } from './engine.ts';
import type { StateValue } from './evaluation.ts';
import { isInsights } from './insights-syntax.ts';
import { configurationChangeEvent, fullConfiguration } from './payloads.ts';
import type { AlarmQuery } from './watch.ts';

interface DescribeAlarmsInput {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
  readonly StateValue?: string;
  readonly ActionPrefix?: string;
  readonly ChildrenOfAlarmName?: string;
  readonly ParentsOfAlarmName?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

// "CloudWatch service quotas": 5,000 alarms, which AWS raises on request; up to 100 names or records in a call, 50 by default.
const ALARMS_MAX = 25_000;
/** "A default of 200 alarms using the Metrics Insights query per account per Region" ("Limits", user guide). */
const QUERY_ALARMS_MAX = 200;
/** The API reference names no page size of DescribeAlarmContributors; a small one exposes callers that read only one page. */
const CONTRIBUTORS = 50;
const NAMES_MAX = 100;
const RECORDS_MAX = 100;
const RECORDS = 50;
const BESIDE_CHILDREN = new Set(['ChildrenOfAlarmName', 'MaxRecords', 'NextToken']);

export function alarmOperations(kernel: Kernel, engine: Engine): Record<string, Operation> {
  const ids = kernel.random('cloudwatch/ids');
  const { alarms } = engine;

  const put = (alarm: Alarm, before: object | undefined): object => {
    engine.install(alarm);
    const operation = before ? 'update' : 'create';
    engine.note(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" ${operation}d`, {
      type: before ? 'Update' : 'Create',
    });
    kernel.emit(configurationChangeEvent(alarm, operation, before));
    return {};
  };

  const queries = (): number =>
    [...alarms.values()].filter((alarm) => alarm.type === 'metric' && isQuery(alarm.watch)).length;

  const fresh = (name: string, tags: readonly Tag[], atMs: number, first: StateValue = 'INSUFFICIENT_DATA') => {
    if (alarms.size >= ALARMS_MAX) throw new AwsError('LimitExceededFault', `More than ${ALARMS_MAX} alarms`);
    return {
      name,
      arn: `arn:aws:cloudwatch:${kernel.regionName}:${kernel.accountId}:alarm:${name}`,
      ...{ createdAtMs: atMs, configuredAtMs: atMs },
      state: { value: first, reason: 'Unchecked: Initial alarm creation', atMs },
      tags: new Map(tags.map(({ Key, Value }) => [Key, Value])),
    };
  };

  const putMetricAlarm = (sent: MetricAlarmInput, call: Call): object => {
    const input = structuredClone(sent);
    const watch = readMetricAlarm(input, ids.uuid());
    const known = alarms.get(input.AlarmName);
    if (known?.type === 'composite') throw invalid(`${input.AlarmName} is a composite alarm`);
    if (isQuery(watch) && !(known && isQuery(known.watch)) && queries() >= QUERY_ALARMS_MAX)
      throw new AwsError('LimitExceededFault', `More than ${QUERY_ALARMS_MAX} alarms on Metrics Insights queries`);
    // "When you update an existing alarm, its state is left unchanged"; Tags are for new alarms only.
    if (!known) {
      return put(
        {
          // "A PromQL alarm starts in the OK state rather than INSUFFICIENT_DATA" (AWS SDK Code Examples, CloudWatch).
          ...fresh(input.AlarmName, input.Tags ?? [], call.at, watch.of === 'promql' ? 'OK' : undefined),
          type: 'metric',
          input,
          watch,
          contributors: new Map(),
          partial: false,
          warmUpUntilMs: warmUpEndMs(input, call.at),
        } satisfies MetricAlarm,
        undefined,
      );
    }
    const before = fullConfiguration(known);
    const warmUpUntilMs = known.warmUpUntilMs === undefined ? undefined : warmUpEndMs(input, known.createdAtMs);
    Object.assign(known, { input, watch, configuredAtMs: call.at, warmUpUntilMs });
    return put(known, before);
  };

  const putCompositeAlarm = (sent: CompositeAlarmInput, call: Call): object => {
    const input = structuredClone(sent);
    const rule = readCompositeAlarm(input);
    const absent = rule.children.filter((name) => !alarms.has(name));
    if (absent.length > 0) {
      throw invalid(
        `Could not save the composite alarm as alarms [${absent.join(', ')}] in the alarm rule do not exist`,
      );
    }
    const known = alarms.get(input.AlarmName);
    if (known?.type === 'metric') throw invalid(`${input.AlarmName} is a metric alarm`);
    if (!known) {
      const alarm: CompositeAlarm = {
        ...fresh(input.AlarmName, input.Tags ?? [], call.at),
        type: 'composite',
        input,
        rule,
        suppression: undefined,
      };
      return put(alarm, undefined);
    }
    const before = fullConfiguration(known);
    Object.assign(known, { input, rule, configuredAtMs: call.at, suppression: undefined });
    return put(known, before);
  };

  const find = (name: string): Alarm => {
    const alarm = alarms.get(name);
    if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist`, { statusCode: 404 });
    return alarm;
  };
  const tagged = (arn: string): Alarm => {
    const alarm = [...alarms.values()].find((one) => one.arn === arn);
    if (!alarm) throw unknown(`Unknown resource ${arn}`);
    return alarm;
  };

  /** "Only the Alarm Name, ARN, StateValue, and StateUpdatedTimestamp information are returned" (DescribeAlarms, API reference). */
  const describeChildren = (parent: string, input: DescribeAlarmsInput): object => {
    const given = Object.keys(input).filter((name) => input[name as keyof DescribeAlarmsInput] !== undefined);
    if (given.some((name) => !BESIDE_CHILDREN.has(name)))
      throw invalid('ChildrenOfAlarmName is given with other members than MaxRecords and NextToken');
    const alarm = alarms.get(parent);
    if (alarm?.type !== 'composite') throw unknown(`Composite alarm ${parent} does not exist`);
    const { items, next } = paged(
      alarm.rule.children.flatMap((name) => alarms.get(name) ?? []),
      input,
    );
    const described = (type: Alarm['type']): object[] =>
      items
        .filter((child) => child.type === type)
        .map(({ name, arn, state }) => ({
          ...{ AlarmName: name, AlarmArn: arn },
          ...{ StateValue: state.value, StateUpdatedTimestamp: new Date(state.atMs) },
        }));
    return { MetricAlarms: described('metric'), CompositeAlarms: described('composite'), ...next };
  };

  const describeAlarms = (input: DescribeAlarmsInput): object => {
    if (input.ChildrenOfAlarmName !== undefined) return describeChildren(input.ChildrenOfAlarmName, input);
    const found = selected([...alarms.values()], input);
    const { items, next } = paged(found, input);
    const described = (type: Alarm['type']): object[] =>
      items.filter((alarm) => alarm.type === type).map(describeAlarm);
    return { MetricAlarms: described('metric'), CompositeAlarms: described('composite'), ...next };
  };

  const deleteAlarms = (input: { AlarmNames: readonly string[] }): object => {
    if (input.AlarmNames.length > NAMES_MAX) throw invalid(`AlarmNames has more than ${NAMES_MAX} elements`);
    // "If you specify any incorrect alarm names, the alarms you specify with correct names are still deleted." Whether AWS then also returns the
    // error that it lists is not documented; here it does.
    const doomed = input.AlarmNames.flatMap((name) => alarms.get(name) ?? []);
    if (doomed.filter(({ type }) => type === 'composite').length > 1)
      throw invalid('Only one composite alarm can be deleted per request');
    for (const alarm of doomed) {
      const user = [...alarms.values()].find(
        (one) => !doomed.includes(one) && one.type === 'composite' && uses(one, alarm),
      );
      if (user) throw invalid(`Cannot delete ${alarm.name}: the composite alarm ${user.name} depends on it`);
    }
    for (const alarm of doomed) {
      engine.remove(alarm);
      engine.note(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" deleted`, { type: 'Delete' });
      kernel.emit(configurationChangeEvent(alarm, 'delete'));
    }
    const known = new Set(doomed.map(({ name }) => name));
    const missing = input.AlarmNames.find((name) => !known.has(name));
    if (missing !== undefined) find(missing);
    return {};
  };

  const switchActions = (names: readonly string[], enabled: boolean): object => {
    for (const name of names) {
      const alarm = alarms.get(name);
      if (alarm) Object.assign(alarm, { input: { ...alarm.input, ActionsEnabled: enabled } });
    }
    return {};
  };

  return {
    PutMetricAlarm: putMetricAlarm,
    PutCompositeAlarm: putCompositeAlarm,
    DescribeAlarms: describeAlarms,
    DeleteAlarms: deleteAlarms,
    DescribeAlarmContributors: (input: { AlarmName: string; NextToken?: string }) => {
      const alarm = alarms.get(input.AlarmName);
      if (!alarm) throw unknown(`Alarm ${input.AlarmName} does not exist`);
      const all = alarm.type === 'metric' ? [...alarm.contributors.values()] : [];
      const inAlarm = all.filter(({ state }) => state.value === 'ALARM');
      const { items, next } = paged(inAlarm, { MaxRecords: CONTRIBUTORS, ...input });
      return { AlarmContributors: items.map(describeContributor), ...next };
    },
    DescribeAlarmHistory: (input: AlarmHistoryInput) => describeHistory(engine.history, input),
    SetAlarmState: (
      input: { AlarmName: string; StateValue: StateValue; StateReason: string; StateReasonData?: string },
      call: Call,
    ) => {
      const { StateReasonData: data } = input;
      if (data !== undefined && !isJson(data)) {
        throw new AwsError('InvalidFormatFault', 'StateReasonData was not syntactically valid JSON');
      }
      const state = { value: input.StateValue, reason: input.StateReason, atMs: call.at };
      engine.setState(find(input.AlarmName), data === undefined ? state : { ...state, reasonData: data });
      return {};
    },
    EnableAlarmActions: (input: { AlarmNames: readonly string[] }) => switchActions(input.AlarmNames, true),
    DisableAlarmActions: (input: { AlarmNames: readonly string[] }) => switchActions(input.AlarmNames, false),
    ListTagsForResource: (input: { ResourceARN: string }) => ({
      Tags: [...tagged(input.ResourceARN).tags].map(([Key, Value]) => ({ Key, Value })),
    }),
    TagResource: (input: { ResourceARN: string; Tags: readonly Tag[] }) => {
      const { tags } = tagged(input.ResourceARN);
      const merged = new Map([...tags, ...input.Tags.map(({ Key, Value }) => [Key, Value] as const)]);
      checkTags([...merged].map(([Key, Value]) => ({ Key, Value })));
      for (const [key, value] of merged) tags.set(key, value);
      return {};
    },
    UntagResource: (input: { ResourceARN: string; TagKeys: readonly string[] }) => {
      const { tags } = tagged(input.ResourceARN);
      for (const key of input.TagKeys) tags.delete(key);
      return {};
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const describeContributor = ({ id, attributes, state }: Contributor): object => ({
  ContributorId: id,
  ContributorAttributes: { ...attributes },
  StateReason: state.reason,
  StateTransitionedTimestamp: new Date(state.atMs),
});

const isQuery = ({ metrics }: AlarmQuery): boolean => metrics.some(({ Expression: text }) => text && isInsights(text));

interface AlarmHistoryInput {
  readonly AlarmName?: string;
  readonly AlarmTypes?: readonly string[];
  readonly AlarmContributorId?: string;
  readonly HistoryItemType?: string;
  readonly StartDate?: Date;
  readonly EndDate?: Date;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
  readonly ScanBy?: string;
}

/** Only metric alarms, unless AlarmTypes lists others: "If you omit this parameter, only metric alarms are returned". */
function selected(alarms: readonly Alarm[], input: DescribeAlarmsInput): Alarm[] {
  if (input.ParentsOfAlarmName !== undefined) throw notEmulated('ParentsOfAlarmName');
  const { AlarmNames: names, AlarmNamePrefix: prefix, AlarmTypes: types = ['MetricAlarm'] } = input;
  if (names && prefix !== undefined) throw invalid('AlarmNamePrefix and AlarmNames cannot be given together');
  if (names && names.length > NAMES_MAX) throw invalid(`AlarmNames has more than ${NAMES_MAX} elements`);
  const wanted = names && new Set(names);
  return alarms
    .filter(
      (alarm) =>
        types.includes(alarm.type === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
        (wanted?.has(alarm.name) ?? true) &&
        alarm.name.startsWith(prefix ?? '') &&
        (input.StateValue === undefined || alarm.state.value === input.StateValue) &&
        (input.ActionPrefix === undefined || actionsOf(alarm).some((arn) => arn.startsWith(input.ActionPrefix ?? ''))),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const actionsOf = ({ input }: Alarm): readonly string[] => [
  ...(input.OKActions ?? []),
  ...(input.AlarmActions ?? []),
  ...(input.InsufficientDataActions ?? []),
];

const uses = (composite: CompositeAlarm, alarm: Alarm): boolean =>
  composite.rule.children.includes(alarm.name) || suppressorOf(composite) === alarm.name;

/** "Use this parameter to specify whether you want the operation to return metric alarms or composite alarms. If you omit this parameter, only metric alarms are returned." */
function describeHistory(history: readonly HistoryItem[], input: AlarmHistoryInput): object {
  const { AlarmTypes: types = ['MetricAlarm'] } = input;
  const found = history.filter(
    (item) =>
      types.includes(item.AlarmType) &&
      (input.AlarmName === undefined || item.AlarmName === input.AlarmName) &&
      (input.AlarmContributorId === undefined || item.AlarmContributorId === input.AlarmContributorId) &&
      (input.HistoryItemType === undefined || item.HistoryItemType === input.HistoryItemType) &&
      item.Timestamp.getTime() >= (input.StartDate?.getTime() ?? 0) &&
      item.Timestamp.getTime() <= (input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY),
  );
  const { items, next } = paged(input.ScanBy === 'TimestampAscending' ? found : found.reverse(), input);
  return { AlarmHistoryItems: items.map((item) => ({ ...item })), ...next };
}

function paged<T>(all: readonly T[], input: { MaxRecords?: number; NextToken?: string }) {
  const { MaxRecords: size = RECORDS, NextToken: token } = input;
  if (size < 1 || size > RECORDS_MAX) throw invalid(`MaxRecords must be from 1 to ${RECORDS_MAX}`);
  const { items, next } = pageOf(all, token, size, TOKENS);
  return { items, next: next === undefined ? {} : { NextToken: next } };
}

const TOKENS: Tokens = {
  ...digits(),
  refused: () => new AwsError('InvalidNextToken', 'The next token specified is invalid.'),
};

const unknown = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, { statusCode: 404 });

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
