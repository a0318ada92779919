// EventBridge: the default bus, its rules and targets. EventBridge Scheduler has the schedules; other buses are not emulated.

import type { BusEvent, Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import { digits, pageOf, type Tokens } from '../pages.ts';
import { BUS_STREAM, createCourier, type DeadLetters, type RetryPolicy } from './delivery.ts';
import { checkTargetInput, type TargetInput, targetPayload } from './input.ts';
import { compilePattern, type EventTest, type Json } from './pattern.ts';

export interface Events extends Service {
  /** Puts an event of an AWS service on the default bus: adds id, account, region and time, and starts its deliveries. */
  emit(event: BusEvent): void;
}

interface Target extends TargetInput {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string;
  readonly RetryPolicy?: RetryPolicy;
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly roleArn: string | undefined;
  readonly pattern: string;
  readonly test: EventTest;
  readonly state: string;
  readonly targets: Map<string, Target>;
}

// "Amazon EventBridge quotas": 300 rules a bus and 5 targets a rule; PutEvents takes 10 entries of together less than 1 MB.
const RULES_MAX = 300;
const TARGETS_MAX = 5;
const ENTRIES_MAX = 10;
const ENTRIES_BYTES_MAX = 1024 * 1024;
const PAGE_MAX = 100;
const BUS = 'default';

export function createEvents(kernel: Kernel, deadLetters: DeadLetters, record: RecordMetric): Events {
  const rules = new Map<string, Rule>();
  const ids = kernel.random('events/ids');
  const courier = createCourier(kernel, BUS_STREAM, deadLetters, record);

  const publish = (event: BusEvent, atMs: number): string => {
    const id = ids.uuid();
    // The wire form of an event ("AWS service event metadata"): time in whole seconds.
    const full = {
      version: '0',
      id,
      'detail-type': event['detail-type'],
      source: event.source,
      account: kernel.accountId,
      time: new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      region: kernel.regionName,
      resources: event.resources,
      detail: event.detail as Json,
    };
    for (const rule of rules.values()) {
      if (rule.state !== 'ENABLED' || !rule.test(full)) continue;
      for (const target of rule.targets.values()) dispatch(rule, target, full);
    }
    return id;
  };

  const dispatch = (rule: Rule, target: Target, event: Json): void => {
    const payload = targetPayload(target, event, { ruleArn: rule.arn, ruleName: rule.name });
    courier.send({
      what: 'event delivery',
      resources: [rule.name],
      targetArn: target.Arn,
      sender: {
        principal: { service: 'events.amazonaws.com', sourceArn: rule.arn, sourceAccount: kernel.accountId },
      },
      payload: () => payload,
      retryPolicy: target.RetryPolicy,
      deadLetterArn: target.DeadLetterConfig?.Arn,
      // "Using dead-letter queues to process undelivered events" (user guide).
      attributes: ({ errorCode, errorMessage, retryAttempts, exhausted }) => ({
        RULE_ARN: rule.arn,
        TARGET_ARN: target.Arn,
        ERROR_CODE: errorCode,
        ERROR_MESSAGE: errorMessage,
        RETRY_ATTEMPTS: String(retryAttempts),
        ...(exhausted ? { EXHAUSTED_RETRY_CONDITION: exhausted } : {}),
      }),
      // "Monitoring Amazon EventBridge": FailedInvocations counts permanent failures.
      metrics: {
        namespace: 'AWS/Events',
        dimensions: { RuleName: rule.name },
        failed: 'FailedInvocations',
        deadLettered: 'InvocationsSentToDlq',
      },
    });
  };

  const find = (input: { readonly EventBusName?: string; readonly Rule?: string; readonly Name?: string }): Rule => {
    refuseOtherBus(input.EventBusName);
    const name = input.Rule ?? input.Name ?? '';
    const rule = rules.get(name);
    if (!rule) throw notFound(`Rule ${name} does not exist on EventBus ${BUS}.`);
    return rule;
  };

  const operations: Record<string, Operation> = {
    PutRule: (input: PutRuleInput) => {
      refuseOtherBus(input.EventBusName);
      if (input.ScheduleExpression !== undefined) throw notEmulated('a rule with ScheduleExpression');
      if (input.EventPattern === undefined) {
        throw validation('Parameter(s) EventPattern or ScheduleExpression must be specified.');
      }
      const test = compilePattern(input.EventPattern);
      if (!rules.has(input.Name) && rules.size >= RULES_MAX) {
        throw new AwsError(
          'LimitExceededException',
          `The requested resource exceeds the maximum number allowed: ${RULES_MAX} rules`,
        );
      }
      const arn = `arn:aws:events:${kernel.regionName}:${kernel.accountId}:rule/${input.Name}`;
      rules.set(input.Name, {
        name: input.Name,
        arn,
        description: input.Description,
        roleArn: input.RoleArn,
        pattern: input.EventPattern,
        test,
        state: input.State ?? 'ENABLED',
        targets: rules.get(input.Name)?.targets ?? new Map(),
      });
      return { RuleArn: arn };
    },
    DescribeRule: (input) => ({ ...describe(find(input)), CreatedBy: kernel.accountId }),
    ListRules: (input: { NamePrefix?: string; Limit?: number; NextToken?: string; EventBusName?: string }) => {
      refuseOtherBus(input.EventBusName);
      const found = [...rules.values()].filter(({ name }) => name.startsWith(input.NamePrefix ?? ''));
      const { items, next } = paged(found, input);
      return { Rules: items.map(describe), ...next };
    },
    DeleteRule: (input: { Name: string; EventBusName?: string }) => {
      refuseOtherBus(input.EventBusName);
      if ((rules.get(input.Name)?.targets.size ?? 0) > 0) {
        throw validation("Rule can't be deleted since it has targets.");
      }
      rules.delete(input.Name);
      return {};
    },
    PutTargets: (input: { Rule: string; EventBusName?: string; Targets: readonly Target[] }) => {
      const { targets } = find(input);
      const ids = new Set([...targets.keys(), ...input.Targets.map(({ Id }) => Id)]);
      if (ids.size > TARGETS_MAX) {
        throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
      }
      for (const target of input.Targets) {
        checkTargetArn(target.Arn);
        checkTargetInput(target);
      }
      for (const target of input.Targets) targets.set(target.Id, structuredClone(target));
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets: (input: { Rule: string; EventBusName?: string; Ids: readonly string[] }) => {
      const { targets } = find(input);
      for (const id of input.Ids) targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: (input: { Rule: string; EventBusName?: string; Limit?: number; NextToken?: string }) => {
      const { items, next } = paged([...find(input).targets.values()], input);
      return { Targets: structuredClone(items), ...next };
    },
    PutEvents: (input: { Entries: readonly PutEventsEntry[] }, call: Call) =>
      putEvents(input.Entries, call.at, publish),
    TestEventPattern: (input: { EventPattern: string; Event: string }) => ({
      Result: compilePattern(input.EventPattern)(readEvent(input.Event)),
    }),
  };
  return { name: 'events', operations, emit: (event) => void publish(event, kernel.clock.now()) };
}

interface PutRuleInput {
  readonly Name: string;
  readonly EventPattern?: string;
  readonly ScheduleExpression?: string;
  readonly State?: string;
  readonly Description?: string;
  readonly RoleArn?: string;
  readonly EventBusName?: string;
}

interface PutEventsEntry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Resources?: readonly string[];
  readonly Time?: Date;
  readonly EventBusName?: string;
}

function putEvents(
  entries: readonly PutEventsEntry[],
  atMs: number,
  publish: (event: BusEvent, atMs: number) => string,
): object {
  if (entries.length === 0 || entries.length > ENTRIES_MAX) {
    throw validation(
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${ENTRIES_MAX}, inclusive`,
    );
  }
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(JSON.stringify(entry)), 0);
  if (bytes > ENTRIES_BYTES_MAX) throw validation('Total size of the entries in the request is over the limit.');
  const results = entries.map((entry) => {
    refuseOtherBus(entry.EventBusName);
    const problem = entryProblem(entry);
    if (problem) return problem;
    const event = {
      source: entry.Source ?? '',
      'detail-type': entry.DetailType ?? '',
      resources: entry.Resources ?? [],
      detail: JSON.parse(entry.Detail ?? '{}'),
    };
    return { EventId: publish(event, entry.Time?.getTime() ?? atMs) };
  });
  return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
}

function entryProblem(entry: PutEventsEntry): { ErrorCode: string; ErrorMessage: string } | undefined {
  for (const member of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[member]) {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
      };
    }
  }
  if (entry.Source?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' };
  }
  try {
    const detail: unknown = JSON.parse(entry.Detail ?? '');
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return undefined;
  } catch {
    // Falls through to the same answer: text that is not JSON is not an object.
  }
  return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}

function checkTargetArn(arn: string): void {
  if (arn.startsWith('arn:') && arn.split(':').length >= 6) return;
  throw validation(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
}

function readEvent(text: string): Record<string, Json> {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    // The error is thrown below.
  }
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event as Record<string, Json>;
  throw validation('Parameter Event is not valid. Reason: not a JSON document');
}

function describe({ name, arn, description, roleArn, pattern, state }: Rule): object {
  return {
    Name: name,
    Arn: arn,
    EventPattern: pattern,
    State: state,
    EventBusName: BUS,
    ...(description === undefined ? {} : { Description: description }),
    ...(roleArn === undefined ? {} : { RoleArn: roleArn }),
  };
}

const TOKENS: Tokens = { ...digits(), refused: () => validation('The NextToken value is not valid.') };

function paged<T>(all: readonly T[], { Limit, NextToken }: { Limit?: number; NextToken?: string }) {
  const { items, next } = pageOf(all, NextToken, Math.min(Limit ?? PAGE_MAX, PAGE_MAX), TOKENS);
  return { items, next: next === undefined ? {} : { NextToken: next } };
}

function refuseOtherBus(name = BUS): void {
  if (name !== BUS && !name.endsWith(`:event-bus/${BUS}`)) throw notFound(`Event bus ${name} does not exist.`);
}

const validation = (message: string): AwsError => new AwsError('ValidationException', message);
const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message);
