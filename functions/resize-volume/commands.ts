// The two commands of this heal: what the node is sent for each, and what its answer says.

import type { Fleet } from '../../shared/fleet/model.ts';
import type { NodeCommandInput } from '../../shared/heal/node-commands.ts';
import { readTrigger } from '../../shared/model/trigger.ts';
import type { Answer } from '../../shared/node-commands/answer.ts';
import { commandParameters, leastFilesystemBytes, overByMs } from '../../shared/node-commands/command.ts';
import type { Command } from './stages.ts';
import type { EffectOf, Tools } from './tools.ts';

export function nodeCommand(
  { payload, environment }: Pick<Tools, 'payload' | 'environment'>,
  { command, holder, ordinal }: EffectOf<'send'>,
  sentAtMs: number,
): NodeCommandInput {
  const { operation } = command;
  const { fence } = holder;
  const starts = command.operation === 'grow-filesystem' && command.startClient;
  return {
    holder,
    ordinal,
    document: environment[operation === 'observe-node' ? 'OBSERVE_NODE_DOCUMENT' : 'GROW_FILESYSTEM_DOCUMENT'],
    overAtMs: overByMs({ operation, sentAtMs }),
    startsClientAtMs: starts ? sentAtMs : undefined,
    intent: {
      sentence: intentOf(command),
      act: `SendCommand ${operation} ${fence}.${ordinal}`,
      evidence: command,
    },
    parameters: (fleet) =>
      commandParameters({
        operation,
        fence,
        ordinal,
        sentAtMs,
        path: pathOf(fleet, payload.trouble),
        volumeId: command.operation === 'grow-filesystem' ? command.volumeId : '',
        runtime: fleet.units[command.unit]?.runtime,
        ...(command.operation === 'grow-filesystem' && {
          minimumSizeBytes: leastFilesystemBytes(command.toGiB),
          startClient: command.startClient,
        }),
      }),
  };
}

const intentOf = (command: Command): string =>
  command.operation === 'observe-node'
    ? 'ask the node, raising its fence'
    : `grow the filesystem to ${command.toGiB} GiB: ${command.reason}`;

const pathOf = (fleet: Fleet, trouble: string): string => {
  const role = readTrigger(trouble)?.subject;
  const volume = fleet.volumes.find((candidate) => candidate.role === role);
  if (!volume) throw new Error(`fleet ${fleet.name} has no volume with the role ${role}, which ${trouble} is about`);
  return volume.path;
};

export const answerSentence = ({ result, reason }: Answer): string => [result, reason].filter(Boolean).join(': ');
