// Run Command: SendCommand, and the operations that show its result. Sources: doc comments in @aws-sdk/client-ssm.
import type {
  CancelCommandRequest,
  GetCommandInvocationRequest,
  GetCommandInvocationResult,
  ListCommandInvocationsRequest,
  ListCommandInvocationsResult,
  ListCommandsRequest,
  ListCommandsResult,
  SendCommandRequest,
  SendCommandResult,
} from '@aws-sdk/client-ssm';
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import {
  describedCommand,
  describedInvocation,
  executionTimes,
  matches,
  refuseExecutionStage,
  type SentCommand,
} from './command-views.ts';
import { acceptedParameters, prepared } from './document-content.ts';
import { type DocumentStore, documentOf, versionOf } from './documents.ts';
import { cancel, carry, type Invocation, newInvocation } from './invocations.ts';
import { constraint, paged } from './paging.ts';

/** SendCommandRequest.InstanceIds: "you can specify up to 50 IDs". */
const INSTANCES_MAX = 50;
/** SendCommandRequest.TimeoutSeconds, API reference: 30 to 2,592,000; an hour by default. */
const TIMEOUT_SECONDS = { least: 30, most: 2_592_000, usual: 3_600 } as const;
const COMMENT_LENGTH_MAX = 100;
/** GetCommandInvocationResult: "the first 24,000 characters … the first 8,000 characters written to stderr". */
const STDOUT_CHARACTERS = 24_000;
const STDERR_CHARACTERS = 8_000;
/** Systems Manager keeps the history of commands for 30 days (user guide). */
const KEPT_MS = 30 * 24 * 3_600_000;
const PLUGIN = 'aws:runShellScript';

export function commandOperations(
  kernel: Kernel,
  machines: Machines,
  documents: DocumentStore,
): Record<string, Operation> {
  const sent = new Map<string, SentCommand>();

  const shownInvocations = (command: SentCommand): Invocation[] =>
    command.invocations.filter(({ visibleFromMs }) => visibleFromMs <= kernel.clock.now());

  const commandOf = (commandId: string): SentCommand => {
    const command = sent.get(commandId);
    if (!command)
      throw new AwsError('InvalidCommandId', 'The specified command ID is not valid. Verify the ID and try again.');
    return command;
  };

  const sentAs = (commandId: string | undefined): SentCommand[] => {
    if (commandId === undefined) return [...sent.values()];
    const command = sent.get(commandId);
    return command ? [command] : [];
  };

  return {
    SendCommand: (input: SendCommandRequest): SendCommandResult => {
      const command = accepted(kernel, machines, documents, input);
      forgetOld(sent, kernel.clock.now());
      sent.set(command.order.commandId, command);
      for (const invocation of command.invocations) carry(kernel, machines, command.order, invocation);
      return { Command: describedCommand(command) };
    },

    GetCommandInvocation: (input: GetCommandInvocationRequest): GetCommandInvocationResult => {
      const command = sent.get(input.CommandId ?? '');
      const invocation = command && shownInvocations(command).find(({ instanceId }) => instanceId === input.InstanceId);
      if (!command || !invocation)
        throw new AwsError(
          'InvocationDoesNotExist',
          'The command ID and managed node ID you specified did not match any invocations.',
        );
      const { PluginName } = input;
      if (PluginName !== undefined && PluginName !== PLUGIN && PluginName !== command.stepName) {
        throw new AwsError('InvalidPluginName', `The plugin name ${PluginName} is not valid.`);
      }
      return {
        CommandId: command.order.commandId,
        InstanceId: invocation.instanceId,
        Comment: command.comment,
        DocumentName: command.order.documentName,
        DocumentVersion: command.documentVersion,
        PluginName: PLUGIN,
        ResponseCode: invocation.responseCode,
        ...executionTimes(invocation),
        Status: invocation.status,
        StatusDetails: invocation.details,
        StandardOutputContent: invocation.stdout.slice(0, STDOUT_CHARACTERS),
        StandardOutputUrl: '',
        StandardErrorContent: invocation.stderr.slice(0, STDERR_CHARACTERS),
        StandardErrorUrl: '',
        CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
      };
    },

    ListCommands: (input: ListCommandsRequest): ListCommandsResult => {
      const matching = sentAs(input.CommandId)
        .filter(
          (command) =>
            input.InstanceId === undefined ||
            command.invocations.some(({ instanceId }) => instanceId === input.InstanceId),
        )
        .map(describedCommand)
        .filter((command) => (input.Filters ?? []).every((filter) => matches(filter, command)))
        .reverse();
      const { items, ...rest } = paged(matching, input, { min: 1, max: 50 });
      return { Commands: [...items], ...rest };
    },

    ListCommandInvocations: (input: ListCommandInvocationsRequest): ListCommandInvocationsResult => {
      refuseExecutionStage(input.Filters);
      const matching = sentAs(input.CommandId)
        .flatMap((command) =>
          shownInvocations(command).map((invocation) =>
            describedInvocation(command, invocation, input.Details === true),
          ),
        )
        .filter((invocation) => input.InstanceId === undefined || invocation.InstanceId === input.InstanceId)
        .filter((invocation) => (input.Filters ?? []).every((filter) => matches(filter, invocation)))
        .reverse();
      const { items, ...rest } = paged(matching, input, { min: 1, max: 50 });
      return { CommandInvocations: [...items], ...rest };
    },

    CancelCommand: (input: CancelCommandRequest): object => {
      const command = commandOf(input.CommandId ?? '');
      const wanted = input.InstanceIds?.length ? new Set(input.InstanceIds) : undefined;
      for (const invocation of command.invocations) {
        if (wanted?.has(invocation.instanceId) ?? true) cancel(kernel, command.order, invocation);
      }
      return {};
    },
  };
}

function accepted(
  kernel: Kernel,
  machines: Machines,
  documents: DocumentStore,
  input: SendCommandRequest,
): SentCommand {
  const instanceIds = targets(input);
  const document = documentOf(documents, input.DocumentName ?? '');
  const version = versionOf(document, input.DocumentVersion);
  if (input.DocumentHashType === 'Sha1') throw notEmulated('DocumentHashType Sha1 of SendCommand, which is deprecated');
  if (input.DocumentHash !== undefined && input.DocumentHash !== version.hash) {
    throw new AwsError(
      'InvalidDocument',
      `The document hash ${input.DocumentHash} is not that of ${document.name} version ${version.version}.`,
    );
  }
  const { least, most, usual } = TIMEOUT_SECONDS;
  const timeoutSeconds = input.TimeoutSeconds ?? usual;
  if (timeoutSeconds < least || timeoutSeconds > most) {
    const [relation, bound] = timeoutSeconds < least ? ['greater', least] : ['less', most];
    throw constraint('timeoutSeconds', timeoutSeconds, `Member must have value ${relation} than or equal to ${bound}`);
  }
  const comment = input.Comment ?? '';
  if (comment.length > COMMENT_LENGTH_MAX) {
    throw constraint('comment', comment, `Member must have length less than or equal to ${COMMENT_LENGTH_MAX}`);
  }
  const parameters = input.Parameters ?? {};
  const {
    script,
    environment,
    timeoutSeconds: executionSeconds,
    stepName,
  } = prepared(version.content, acceptedParameters(version.content, parameters));
  const strange = instanceIds.filter((instanceId) => !machines.get(instanceId));
  if (strange.length > 0) {
    throw new AwsError(
      'InvalidInstanceId',
      `Instances [[${strange.join(', ')}]] not in a valid state for account ${kernel.accountId}`,
    );
  }
  const commandId = kernel.random('ssm/commands').uuid();
  const sentAtMs = kernel.clock.now();
  return {
    order: {
      commandId,
      documentName: document.name,
      script,
      environment,
      sentAtMs,
      deliverBeforeMs: sentAtMs + timeoutSeconds * 1_000,
      executionSeconds,
    },
    documentVersion: String(version.version),
    comment,
    timeoutSeconds,
    parameters,
    stepName,
    invocations: instanceIds.map((instanceId) => newInvocation(kernel, commandId, instanceId)),
  };
}

/** Instance ids, given directly or with the target key `InstanceIds`. */
function targets({ InstanceIds, Targets }: SendCommandRequest): readonly string[] {
  const other = Targets?.find(({ Key }) => Key !== 'InstanceIds');
  if (other) throw notEmulated(`targets by ${other.Key} of SendCommand; give InstanceIds`);
  const ids = [...new Set([...(InstanceIds ?? []), ...(Targets ?? []).flatMap(({ Values }) => Values ?? [])])];
  if (ids.length === 0) throw new AwsError('ValidationException', 'Either InstanceIds or Targets must be specified.');
  if (ids.length > INSTANCES_MAX) {
    throw constraint('instanceIds', ids, `Member must have length less than or equal to ${INSTANCES_MAX}`);
  }
  return ids;
}

function forgetOld(sent: Map<string, SentCommand>, nowMs: number): void {
  for (const [commandId, { order }] of sent) {
    if (order.sentAtMs > nowMs - KEPT_MS) return;
    sent.delete(commandId);
  }
}
