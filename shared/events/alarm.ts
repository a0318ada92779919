// Parses the state change of a CloudWatch alarm ("Alarm events and EventBridge", "Alarm tags in action payloads", CloudWatch user guide; a sample of
// each in events/). AWS may add fields at any time: a field that is not used here is not checked.
import * as v from 'valibot';
import { checked, text, timestampMs } from './fields.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** The node of the alarm, by the alarm's own tags. A healer reads all of it again: an event is a hint. */
export interface AlarmTags {
  readonly fleet: string | undefined;
  readonly node: string | undefined;
  /** "disk": what the alarm watches. */
  readonly kind: string | undefined;
}

interface StateChange {
  readonly alarmName: string;
  readonly state: AlarmState;
  /** Time of the state change, which is not the time of the event. */
  readonly atMs: number;
  readonly tags: AlarmTags;
  /** Set by a composite alarm's suppressor or its wait or extension period: such an alarm is left alone. */
  readonly suppressedBy: string | undefined;
  /** A mute rule is active: the alarm is left alone. */
  readonly muted: boolean;
}

export interface AlarmStateChange extends StateChange {
  readonly kind: 'alarm';
  /** Always present in AWS's samples; INSUFFICIENT_DATA for a new alarm. */
  readonly previousState: AlarmState;
  /** The first metric that has dimensions; undefined for composite alarms and for queries. */
  readonly metric: AlarmMetric | undefined;
}

export interface AlarmMetric {
  readonly namespace: string;
  readonly name: string;
  /** InstanceId, path, …; the metric's own. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One time series of a Metrics Insights alarm: a node of a fleet-wide alarm. */
export interface ContributorStateChange extends StateChange {
  readonly kind: 'contributor';
  readonly contributorId: string;
  /** The metric that the alarm's query selects; undefined where the query is not understood. */
  readonly metric: Pick<AlarmMetric, 'namespace' | 'name'> | undefined;
  /** The attributes by which the query groups: { InstanceId: "i-…" }. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An event "CloudWatch Alarm State Change". Throws an `EventError`. */
export function parseAlarm(event: unknown): AlarmStateChange {
  const { detail } = checked(alarmSchema, event);
  return {
    kind: 'alarm',
    ...stateChange(detail),
    previousState: detail.previousState.value,
    metric: firstMetric(detail.configuration.metrics ?? []),
  };
}

/** An event "CloudWatch Alarm Contributor State Change". Throws an `EventError`. */
export function parseContributor(event: unknown): ContributorStateChange {
  const { detail } = checked(contributorSchema, event);
  const { id, attributes } = detail.alarmContributor;
  const queried = queriedMetric((detail.configuration.metrics ?? []).map(({ expression }) => expression));
  const metric = queried && { namespace: queried.namespace, name: queried.name };
  return { kind: 'contributor', ...stateChange(detail), contributorId: id, metric, attributes };
}

function stateChange(detail: v.InferOutput<typeof stateChangeSchema>): StateChange {
  const tags = detail.alarmTags ?? {};
  return {
    alarmName: detail.alarmName,
    state: detail.state.value,
    atMs: detail.state.timestamp,
    tags: { fleet: tags['chainmend:fleet'], node: tags['chainmend:node'], kind: tags['chainmend:kind'] },
    suppressedBy: detail.state.actionsSuppressedBy,
    muted: detail.muteDetail !== undefined,
  };
}

function firstMetric(metrics: v.InferOutput<typeof metricsSchema>): AlarmMetric | undefined {
  for (const { metricStat } of metrics) {
    const metric = metricStat?.metric;
    if (metric !== undefined && Object.keys(metric.dimensions).length > 0) return metric;
  }
  return undefined;
}

const stateValue = v.picklist(['OK', 'ALARM', 'INSUFFICIENT_DATA'], 'OK, ALARM or INSUFFICIENT_DATA');
const name = text(/^.{1,255}$/su, '1 to 255 characters');
const strings = v.record(v.string(), v.string('a string'), 'an object of strings');

// Tags reach filters of DescribeInstances and keys of the table: only characters without a meaning there or in a shell.
const ownTag = v.optional(text(/^[A-Za-z0-9_.:/=+@-]{1,256}$/, 'a tag value of letters, digits and _.:/=+@-'));

const stateChangeSchema = v.object({
  alarmName: name,
  state: v.object({ value: stateValue, timestamp: timestampMs, actionsSuppressedBy: v.optional(name) }),
  /** Only where the alarm propagates its tags. */
  alarmTags: v.optional(v.object({ 'chainmend:fleet': ownTag, 'chainmend:node': ownTag, 'chainmend:kind': ownTag })),
  muteDetail: v.optional(v.object({})),
});

const metricsSchema = v.array(
  v.object({
    expression: v.optional(v.string('an expression')),
    /** Absent for an expression. */
    metricStat: v.optional(
      v.object({ metric: v.object({ namespace: name, name, dimensions: v.optional(strings, {}) }) }),
    ),
  }),
);

const source = v.literal('aws.cloudwatch', '"aws.cloudwatch"');

const alarmSchema = v.object({
  source,
  detail: v.object({
    ...stateChangeSchema.entries,
    previousState: v.object({ value: stateValue }),
    /** A composite alarm has an alarmRule instead of metrics. */
    configuration: v.object({ metrics: v.optional(metricsSchema) }),
  }),
});

const contributorSchema = v.object({
  source,
  detail: v.object({
    ...stateChangeSchema.entries,
    alarmContributor: v.object({ id: name, attributes: strings }),
    configuration: v.optional(v.object({ metrics: v.optional(metricsSchema) }), {}),
  }),
});

/** The subject of a Metrics Insights query: enough of it to find the alarm's owner. A query that is not understood belongs to no node. */
interface QueriedMetric {
  readonly namespace: string;
  readonly name: string;
  /** One series, and one contributor, for each group. */
  readonly groups: boolean;
}

const NAME = String.raw`(?:"((?:[^"\\]|\\.)+)"|(\w+))`;
const QUERY = new RegExp(
  String.raw`^\s*SELECT\s+\w+\s*\(\s*${NAME}\s*\)\s+FROM\s+(?:SCHEMA\s*\(\s*)?${NAME}(.*)$`,
  'is',
);

/** The metric of the first query among an alarm's expressions; undefined where there is none, or none that is understood. */
export function queriedMetric(expressions: readonly (string | undefined)[]): QueriedMetric | undefined {
  for (const expression of expressions) {
    const [, quotedName, name, quotedNamespace, namespace, rest = ''] = QUERY.exec(expression ?? '') ?? [];
    const metric = { name: quotedName ?? name, namespace: quotedNamespace ?? namespace };
    if (metric.name !== undefined && metric.namespace !== undefined)
      return {
        namespace: unescaped(metric.namespace),
        name: unescaped(metric.name),
        groups: /\sGROUP\s+BY\s/i.test(rest),
      };
  }
  return undefined;
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');
