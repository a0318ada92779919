// AWS CloudTrail, its event history alone: who called what. It is read from the region's own record of requests, so that it costs nothing to keep.

import { createHash } from 'node:crypto';
import type { LookupEventsRequest } from '@aws-sdk/client-cloudtrail';
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import { type CallRecord, wasCarriedOut } from '../../simulator/trace.ts';
import { opaque, pageOf, type Tokens } from '../pages.ts';
import { requestOf, resourcesIn, responseOf } from './event-forms.ts';

const MINUTE_MS = 60_000;
/** "CloudTrail typically delivers events within an average of about 5 minutes of an API call. This time is not guaranteed" (CloudTrail user guide). */
const DELIVERED_AFTER_MS = 5 * MINUTE_MS;
/** "You can look up events that occurred in a Region within the last 90 days" (LookupEvents, API reference). */
const KEPT_MS = 90 * 24 * 60 * MINUTE_MS;
/** "The default number of results returned is 50, with a maximum of 50 possible" (the same). */
const RESULTS_MAX = 50;

/** Services whose requests are in the history here. Data events (items of tables, messages, invocations) are in none. */
const SOURCES: Readonly<Record<string, string>> = {
  autoscaling: 'autoscaling.amazonaws.com',
  ec2: 'ec2.amazonaws.com',
  ssm: 'ssm.amazonaws.com',
};
const READ_ONLY = /^(Describe|Get|List|Lookup)/;

/** @param requests those that the region admitted, oldest first; a served region keeps the newest of them */
export function createCloudTrail(kernel: Kernel, requests: () => readonly CallRecord[]): Service {
  const eventOf = (record: CallRecord) => {
    const { at, actor, service, operation, input, outcome = '', refused } = record;
    const [caller = actor] = actor.split('/');
    const id = createHash('sha256')
      .update(`${at} ${actor} ${service} ${operation} ${JSON.stringify(input)}`)
      .digest('hex');
    const EventId = `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`;
    const source = ownValue(SOURCES, service) ?? '';
    const readOnly = READ_ONLY.test(operation);
    const resources = resourcesIn(input);
    const detail = {
      ...{ eventVersion: '1.11', userIdentity: identityOf(kernel, caller), eventTime: timeOf(at) },
      ...{ eventSource: source, eventName: operation, awsRegion: kernel.regionName, readOnly },
      ...(!wasCarriedOut(record) && { errorCode: refused ?? outcome, errorMessage: refused ?? outcome }),
      ...{ requestParameters: requestOf(operation, input), responseElements: responseOf(record, requests()) },
      ...{ eventID: EventId, eventType: 'AwsApiCall', managementEvent: true, recipientAccountId: kernel.accountId },
    };
    return {
      ...{ EventId, EventName: operation, ReadOnly: String(readOnly), EventTime: new Date(at), EventSource: source },
      ...{ Username: caller, Resources: resources, CloudTrailEvent: JSON.stringify(detail) },
    };
  };

  const lookup = (input: LookupEventsRequest): object => {
    const { LookupAttributes = [], StartTime, EndTime, EventCategory, MaxResults = RESULTS_MAX, NextToken } = input;
    if (EventCategory !== undefined) throw notEmulated(`the event category ${EventCategory}`);
    if (MaxResults < 1 || MaxResults > RESULTS_MAX)
      throw new AwsError('InvalidMaxResultsException', `MaxResults must be from 1 to ${RESULTS_MAX}`);
    const nowMs = kernel.clock.now();
    const fromMs = Math.max(nowMs - KEPT_MS, StartTime?.getTime() ?? 0);
    const toMs = Math.min(nowMs - DELIVERED_AFTER_MS, EndTime?.getTime() ?? Number.POSITIVE_INFINITY);
    if (StartTime && EndTime && StartTime > EndTime)
      throw new AwsError('InvalidTimeRangeException', 'The start time is after the end time');
    const [attribute, another] = LookupAttributes;
    if (another) throw new AwsError('InvalidLookupAttributesException', 'Only one lookup attribute is allowed');
    const isAsked = attributeTest(attribute?.AttributeKey, attribute?.AttributeValue ?? '');
    const found = requests()
      .filter(
        ({ service, at, outcome }) =>
          ownValue(SOURCES, service) !== undefined && outcome !== undefined && at >= fromMs && at <= toMs,
      )
      .filter(isAsked)
      .toReversed();
    const { items, next } = pageOf(found, NextToken, MaxResults, TOKENS);
    return { Events: items.map(eventOf), ...(next !== undefined && { NextToken: next }) };
  };

  return { name: 'cloudtrail', operations: { LookupEvents: lookup } };
}

function attributeTest(key: string | undefined, value: string): (record: CallRecord) => boolean {
  switch (key) {
    case undefined:
      return () => true;
    case 'EventName':
      return ({ operation }) => operation === value;
    case 'ReadOnly':
      return ({ operation }) => String(READ_ONLY.test(operation)) === value;
    case 'EventSource':
      return ({ service }) => ownValue(SOURCES, service) === value;
    case 'Username':
      return ({ actor }) => actor.split('/')[0] === value;
    case 'ResourceName':
      return ({ input }) => resourcesIn(input).some(({ ResourceName }) => ResourceName === value);
    default:
      throw notEmulated(`the lookup attribute ${key}`);
  }
}

/** Seconds: events have no milliseconds. */
const timeOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

/** "CloudTrail userIdentity element" (user guide). A function's session is called after the function. */
function identityOf({ accountId }: Kernel, caller: string): object {
  if (caller === 'cloudformation')
    return { type: 'IAMUser', accountId, userName: 'person', invokedBy: 'cloudformation.amazonaws.com' };
  if (!/^(?:[a-z0-9-]{1,20}-)?chainmend-/.test(caller))
    return { type: 'IAMUser', arn: `arn:aws:iam::${accountId}:user/${caller}`, accountId, userName: caller };
  return {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${accountId}:assumed-role/${caller}/${caller}`,
    accountId,
    sessionContext: { sessionIssuer: { type: 'Role', userName: caller } },
  };
}

const TOKENS: Tokens = {
  ...opaque('events', 'base64'),
  refused: () => new AwsError('InvalidNextTokenException', 'The token is not valid'),
};
