// Parses the state change of a CloudWatch alarm, by whichever way it comes: EventBridge ("Alarm events and EventBridge", "Alarm tags in action payloads",
// CloudWatch user guide), the alarm's own Lambda action ("Invoke a Lambda function from an alarm", the same), or a message to a topic (a sample of each in
// events/). AWS may add fields at any time: a field that is not used here is not checked. Whom an alarm is about is read from the alarm itself.
import * as v from 'valibot';
import { jsonOrUndefined } from '../text/json.ts';
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
}

/** One time series of a Metrics Insights alarm: a node of a fleet-wide alarm. */
export interface ContributorStateChange extends StateChange {
  readonly kind: 'contributor';
  readonly contributorId: string;
}

/** An event "CloudWatch Alarm State Change". Throws an `EventError`. */
export function parseAlarm(event: unknown): AlarmStateChange {
  const { detail } = checked(alarmSchema, event);
  return { kind: 'alarm', ...stateChange(detail), previousState: detail.previousState.value };
}

/** An event "CloudWatch Alarm Contributor State Change". Throws an `EventError`. */
export function parseContributor(event: unknown): ContributorStateChange {
  const { detail } = checked(contributorSchema, event);
  return { kind: 'contributor', ...stateChange(detail), contributorId: detail.alarmContributor.id };
}

/** What an alarm's Lambda action sends: of the alarm, or of one series of it. Throws an `EventError`. */
export function parseAction(event: unknown): AlarmStateChange | ContributorStateChange {
  const { alarmData } = checked(actionSchema, event);
  const { alarmContributor, previousState } = alarmData;
  return alarmContributor === undefined
    ? { kind: 'alarm', ...stateChange(alarmData), previousState: previousState?.value ?? 'INSUFFICIENT_DATA' }
    : { kind: 'contributor', ...stateChange(alarmData), contributorId: alarmContributor.id };
}

/**
 * An alarm's notification, as a topic hands it to a function ("Invoking Lambda functions with Amazon SNS notifications", Lambda guide). AWS publishes no
 * sample for a contributor (December 2026: none in "Alarm events and EventBridge"): its message is taken as the alarm's. Throws an `EventError`.
 *
 * @returns null where the message is no alarm's: an owner's topic may carry others
 */
export function parseNotification(event: unknown): AlarmStateChange | null {
  const { Records } = checked(notificationSchema, event);
  const message = jsonOrUndefined(Records[0].Sns.Message);
  if (typeof message !== 'object' || message === null || !('AlarmName' in message)) return null;
  const { AlarmName, NewStateValue, OldStateValue, StateChangeTime } = checked(messageSchema, message);
  const state = { value: NewStateValue, timestamp: StateChangeTime };
  return { kind: 'alarm', ...stateChange({ alarmName: AlarmName, state }), previousState: OldStateValue };
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

const stateValue = v.picklist(['OK', 'ALARM', 'INSUFFICIENT_DATA'], 'OK, ALARM or INSUFFICIENT_DATA');
const name = text(/^.{1,255}$/su, '1 to 255 characters');

// Tags reach filters of DescribeInstances and keys of the table: only characters without a meaning there or in a shell.
const ownTag = v.optional(text(/^[A-Za-z0-9_.:/=+@-]{1,256}$/, 'a tag value of letters, digits and _.:/=+@-'));

const stateChangeSchema = v.object({
  alarmName: name,
  state: v.object({ value: stateValue, timestamp: timestampMs, actionsSuppressedBy: v.optional(name) }),
  /** Only where the alarm propagates its tags. */
  alarmTags: v.optional(v.object({ 'chainmend:fleet': ownTag, 'chainmend:node': ownTag, 'chainmend:kind': ownTag })),
  muteDetail: v.optional(v.object({})),
});

const source = v.literal('aws.cloudwatch', '"aws.cloudwatch"');

const alarmSchema = v.object({
  source,
  detail: v.object({ ...stateChangeSchema.entries, previousState: v.object({ value: stateValue }) }),
});

const contributorSchema = v.object({
  source,
  detail: v.object({ ...stateChangeSchema.entries, alarmContributor: v.object({ id: name }) }),
});

const actionSchema = v.object({
  source,
  alarmData: v.object({
    ...stateChangeSchema.entries,
    /** A series that is new had no state before. */
    previousState: v.optional(v.object({ value: stateValue })),
    alarmContributor: v.optional(v.object({ id: name })),
  }),
});

/** "at most 256 KB in size (262,144 bytes)" (PublishInput, @aws-sdk/client-sns). */
const MESSAGE_CHARACTERS = 262_144;
const MESSAGE = 'a text of at most 262,144 characters';
const notificationSchema = v.object({
  Records: v.strictTuple(
    [
      v.object({
        EventSource: v.literal('aws:sns', '"aws:sns"'),
        Sns: v.object({ Message: v.pipe(v.string(MESSAGE), v.maxLength(MESSAGE_CHARACTERS, MESSAGE)) }),
      }),
    ],
    'one record, as SNS sends it',
  ),
});

const messageSchema = v.object({
  AlarmName: name,
  NewStateValue: stateValue,
  OldStateValue: stateValue,
  StateChangeTime: timestampMs,
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
