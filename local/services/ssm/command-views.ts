// How SendCommand and the List operations show commands and invocations, and their filters. Sources: doc comments of Command, CommandInvocation and
// CommandFilter in @aws-sdk/client-ssm.
import type { Command, CommandFilter, CommandInvocation } from '@aws-sdk/client-ssm';
import { AwsError } from '../../simulator/service.ts';
import { type CommandSpec, expiresAtMs, type Invocation, isOver } from './invocations.ts';

export interface SentCommand {
  readonly order: CommandSpec;
  readonly documentVersion: string;
  readonly comment: string;
  readonly timeoutSeconds: number;
  readonly parameters: Readonly<Record<string, string[]>>;
  readonly stepName: string;
  readonly invocations: readonly Invocation[];
}

/** ListCommandInvocations with Details cuts the output shorter than GetCommandInvocation does (observed; AWS publishes no number (December 2026: none at
 * "ListCommandInvocations")). */
const DETAILS_CHARACTERS = 2_500;

export function describedCommand({
  order,
  documentVersion,
  comment,
  timeoutSeconds,
  parameters,
  invocations,
}: SentCommand): Command {
  const count = (test: (invocation: Invocation) => boolean): number => invocations.filter(test).length;
  return {
    CommandId: order.commandId,
    DocumentName: order.documentName,
    DocumentVersion: documentVersion,
    Comment: comment,
    ExpiresAfter: new Date(expiresAtMs(order)),
    Parameters: { ...parameters },
    InstanceIds: invocations.map(({ instanceId }) => instanceId),
    Targets: [],
    RequestedDateTime: new Date(order.sentAtMs),
    ...overall(invocations),
    MaxConcurrency: '50',
    MaxErrors: '0',
    TargetCount: invocations.length,
    CompletedCount: count(isOver),
    ErrorCount: count(({ details }) => details === 'Failed' || details === 'ExecutionTimedOut'),
    DeliveryTimedOutCount: count(({ details }) => details === 'DeliveryTimedOut'),
    TimeoutSeconds: timeoutSeconds,
  };
}

/** The parent's status: with MaxErrors 0 the first failure decides ("Understanding command statuses"). */
function overall(invocations: readonly Invocation[]): Pick<Command, 'Status' | 'StatusDetails'> {
  if (invocations.every(({ status }) => status === 'Pending' || status === 'Delayed'))
    return { Status: 'Pending', StatusDetails: 'Pending' };
  if (invocations.some(({ status }) => status === 'Cancelling'))
    return { Status: 'Cancelling', StatusDetails: 'Cancelling' };
  if (!invocations.every(isOver)) return { Status: 'InProgress', StatusDetails: 'InProgress' };
  const worst = (['Failed', 'TimedOut', 'Cancelled'] as const).find((status) =>
    invocations.some((invocation) => invocation.status === status),
  );
  if (!worst) return { Status: 'Success', StatusDetails: 'Success' };
  const details = invocations.find(({ status }) => status === worst)?.details ?? worst;
  return { Status: worst, StatusDetails: details };
}

export function describedInvocation(
  command: SentCommand,
  invocation: Invocation,
  withDetails: boolean,
): CommandInvocation {
  const { order, comment, documentVersion, stepName } = command;
  const status = invocation.status === 'Delayed' || invocation.status === 'Cancelling' ? 'Pending' : invocation.status;
  return {
    CommandId: order.commandId,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: comment,
    DocumentName: order.documentName,
    DocumentVersion: documentVersion,
    RequestedDateTime: new Date(order.sentAtMs),
    Status: invocation.status,
    StatusDetails: invocation.details,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: withDetails
      ? [
          {
            Name: stepName,
            Status: status,
            StatusDetails: invocation.details,
            ResponseCode: invocation.responseCode,
            Output: `${invocation.stdout}${invocation.stderr}`.slice(0, DETAILS_CHARACTERS),
            ...(invocation.startedAtMs === undefined
              ? {}
              : { ResponseStartDateTime: new Date(invocation.startedAtMs) }),
            ...(invocation.endedAtMs === undefined ? {} : { ResponseFinishDateTime: new Date(invocation.endedAtMs) }),
          },
        ]
      : [],
  };
}

/** "If the plugin hasn't started to run, the string is empty." */
export function executionTimes({ startedAtMs, endedAtMs }: Invocation) {
  const iso = (atMs: number | undefined): string => (atMs === undefined ? '' : new Date(atMs).toISOString());
  const elapsed =
    startedAtMs === undefined || endedAtMs === undefined ? '' : `PT${((endedAtMs - startedAtMs) / 1_000).toFixed(3)}S`;
  const end = startedAtMs === undefined ? undefined : endedAtMs;
  return { ExecutionStartDateTime: iso(startedAtMs), ExecutionElapsedTime: elapsed, ExecutionEndDateTime: iso(end) };
}

/** "The ExecutionStage filter can't be used with the ListCommandInvocations operation, only with ListCommands" (CommandFilter). */
export function refuseExecutionStage(filters: readonly CommandFilter[] | undefined): void {
  if (!filters?.some(({ key }) => key === 'ExecutionStage')) return;
  throw new AwsError('InvalidFilterKey', 'The filter key ExecutionStage is not valid for invocations.');
}

export function matches({ key, value = '' }: CommandFilter, row: Command | CommandInvocation): boolean {
  const requestedMs = row.RequestedDateTime?.getTime() ?? 0;
  switch (key) {
    case 'InvokedAfter':
      return requestedMs >= Date.parse(value);
    case 'InvokedBefore':
      return requestedMs < Date.parse(value);
    case 'Status':
      return row.Status === value || row.StatusDetails === value;
    case 'DocumentName':
      return row.DocumentName === value;
    case 'ExecutionStage': {
      const executing =
        row.Status === 'Pending' ||
        row.Status === 'InProgress' ||
        row.Status === 'Cancelling' ||
        row.Status === 'Delayed';
      return (value === 'Executing') === executing;
    }
    default:
      throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
  }
}
