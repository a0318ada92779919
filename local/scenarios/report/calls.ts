// Assigns requests to heals and sorts them: the counts of the contract.

import type { Region } from '../../region.ts';
import type { InvocationSpan } from '../../simulator/lambda-runtime/sandboxes.ts';
import { type CallRecord, canonical, wasCarriedOut } from '../../simulator/trace.ts';

export interface HealCalls {
  readonly apiCalls: number;
  readonly guardCalls: number;
  readonly pollCalls: number;
  readonly stateCalls: number;
}

/** The calls of a durable execution, in order, from all its sandboxes. */
export function callsOfExecution(region: Region, arn: string): CallRecord[] {
  return region.spans
    .filter(({ event }) => (event as { DurableExecutionArn?: string } | null)?.DurableExecutionArn === arn)
    .flatMap((span) => callsOfSpan(region, span));
}

/** The dispatcher's calls that led to an attempt. Of an invocation by an event, all calls; of a sweep, which reads everything, only Invoke. */
export function callsOfDispatch(region: Region, incidentId: string, attempt: number): CallRecord[] {
  return region.spans
    .filter(({ functionName }) => functionName.endsWith('dispatch-heal'))
    .flatMap((span) => {
      const calls = callsOfSpan(region, span);
      const invokes = calls.filter((call) => startsAttempt(call, incidentId, attempt));
      if (invokes.length === 0) return [];
      return (span.event as { kind?: string } | null)?.kind === 'sweep' ? invokes : calls;
    });
}

const startsAttempt = ({ operation, input }: CallRecord, incidentId: string, attempt: number): boolean => {
  if (operation !== 'Invoke') return false;
  const { Payload } = input as { Payload?: Uint8Array };
  const payload = JSON.parse(Buffer.from(Payload ?? []).toString() || '{}') as {
    incidentId?: string;
    attempt?: number;
  };
  return payload.incidentId === incidentId && payload.attempt === attempt;
};

export function callsOfSpan({ gateway, spans }: Region, span: InvocationSpan): CallRecord[] {
  // A killed sandbox never continued: its calls end where its next invocation would begin.
  const next = spans.find((other) => other.actor === span.actor && other.fromCall > span.fromCall);
  const to = span.toCall ?? next?.fromCall ?? gateway.trace.calls.length;
  return gateway.trace.calls.slice(span.fromCall, to).filter(({ actor }) => actor === span.actor);
}

const API = new Set(['ec2', 'ssm', 'monitoring', 'route53', 'dlm', 'sns']);
/** What guards read again: pauses and the fleet file, the node's pause tag. */
const GUARD_READS = new Set(['ssm.GetParameters', 'ec2.DescribeTags']);

/** The throttling codes of AWS's services: EC2, most others, SSM and DynamoDB, CloudWatch (`@smithy/service-error-classification`). */
const THROTTLED: ReadonlySet<string> = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'RequestThrottled',
  'RequestThrottledException',
]);

export const isThrottled = (outcome: string): boolean => THROTTLED.has(outcome);

/** A request was not served if it was throttled, or if its caller died before sending it. */
const wasServed = ({ outcome = '' }: CallRecord): boolean =>
  outcome !== 'caller killed before' && !isThrottled(outcome);

/** Sorts a heal's calls: a guard's re-read, the same read again while waiting, state, and all other AWS calls. */
export function countCalls(calls: readonly CallRecord[]): HealCalls {
  const counts = { apiCalls: 0, guardCalls: 0, pollCalls: 0, stateCalls: 0 };
  const seen = new Set<string>();
  for (const { actor, service, operation, input } of calls.filter(wasServed)) {
    const name = `${service}.${operation}`;
    if (service === 'dynamodb' || (service === 'lambda' && operation !== 'Invoke')) {
      counts.stateCalls++;
      continue;
    }
    if (!API.has(service) && name !== 'lambda.Invoke') continue;
    // The dispatcher and the heal count separately.
    const key = `${actor.split('/')[0]} ${name} ${canonical(input)}`;
    const again = seen.has(key);
    seen.add(key);
    if (name === 'ec2.DescribeTags' || (again && GUARD_READS.has(name))) counts.guardCalls++;
    else if (again && /^(Describe|Get|List)/.test(operation)) counts.pollCalls++;
    else counts.apiCalls++;
  }
  return counts;
}

/** Documents that only read: a node under a new fence, a volume before it is used, a client and its configuration. */
const LOOKS = /^chainmend-(observe-node|inspect-node|check-volume|ask-node|see-clients|ask-peers|read-config)-/;
/** People's own resources outside EC2 that a heal sets aside and brings back. */
const ASIDE: Readonly<Record<string, RegExp>> = {
  autoscaling: /^(Enter|Exit)Standby$/,
  elasticloadbalancing: /^(Register|Deregister)Targets$/,
};

/** A request that changes something, and who made it. */
export interface Mutation {
  readonly record: CallRecord;
  /** ARN of the durable execution that made it; the actor if it was not an execution. */
  readonly by: string;
  readonly resource: string;
  readonly instanceId: string;
}

/** Whether a request changes an instance, a volume, a node, or their owner or users. Tags and locks are notes: they change nothing that runs. */
export function isMutation(record: CallRecord): boolean {
  if (!wasCarriedOut(record)) return false;
  const { service, operation, input } = record;
  // A dry run changes nothing.
  if ((input as { readonly DryRun?: boolean }).DryRun === true) return false;
  if (service === 'ssm') {
    const { DocumentName = '' } = input as { DocumentName?: string };
    return operation === 'SendCommand' && !LOOKS.test(DocumentName);
  }
  return service === 'ec2'
    ? !/^(Describe|Get|(Create|Delete)Tags$|(Lock|Unlock)Snapshot$)/.test(operation)
    : ASIDE[service]?.test(operation) === true;
}
