// Commands to the node: sent under a fence and an ordinal that a replay repeats, and over only after an answer or their last moment.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { type CommandState, checkAgent, readCommand, sendCommand } from '../../shared/aws/commands.ts';
import { commandParameters, leastFilesystemBytes, overByMs } from '../../shared/documents/command.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { type Holder, newNode, raiseQuiet } from '../../shared/heal/lease.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { judgeInstance } from './decide.ts';
import { readInstance } from './facts.ts';
import { guardAgain } from './guard.ts';
import type { Results } from './stages.ts';
import type { EffectOf, Step, Tools } from './tools.ts';
import { pollSeconds } from './waiting.ts';

/** start-by 120 s + run limit 240 s + margin: by then a command is over, so no more polls than this are ever needed. */
const MAX_POLLS = 40;

/** Body of one step: nobody may succeed us before the command is over, then the guards, then SendCommand. */
export async function sendToNode(
  tools: Tools,
  { command, holder, ordinal }: EffectOf<'send'>,
  place: string,
): Promise<Results['send']> {
  const { clients, journal, payload, environment } = tools;
  const { instanceId } = payload;
  const agent = ordinal === 1 ? await checkAgent(clients.ssm, instanceId) : null;
  // An agent is silent for a plain reason where its instance does not run: nobody need be paged for that.
  if (agent) return judgeInstance((await readInstance(clients.ec2, instanceId))?.State?.Name ?? null) ?? agent;
  const { operation } = command;
  // Once before the quiet time is raised too: a heal that is refused here need not wait it out before it gives the node back.
  const early = await guardAgain(tools);
  if ('refuse' in early) return early;
  const sentAtMs = Date.now();
  const starts = command.operation === 'grow-filesystem' && command.startClient;
  if (!(await quietUntil(tools, holder, overByMs({ operation, sentAtMs }), starts ? sentAtMs : undefined)))
    return { lost: true };
  await journal(`${place}-intent`, {
    atMs: sentAtMs,
    kind: 'intent',
    sentence:
      command.operation === 'observe-node'
        ? 'ask the node, raising its fence'
        : `grow the filesystem to ${command.toGiB} GiB: ${command.reason}`,
    act: `SendCommand ${operation} ${holder.fence}.${ordinal}`,
    evidence: command,
  });
  const guarded = await guardAgain(tools);
  if ('refuse' in guarded) return guarded;
  const { fleet } = guarded;
  const commandId = await sendCommand(clients.ssm, {
    document: environment[operation === 'observe-node' ? 'OBSERVE_NODE_DOCUMENT' : 'GROW_FILESYSTEM_DOCUMENT'],
    instanceId,
    comment: `chainmend ${payload.incidentId} ${holder.fence}.${ordinal}`,
    parameters: commandParameters({
      operation,
      fence: holder.fence,
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
  });
  return { commandId };
}

async function quietUntil(
  { store, payload }: Tools,
  holder: Holder,
  overAtMs: number,
  startsAtMs: number | undefined,
): Promise<boolean> {
  const { fleet, instanceId } = payload;
  return settle<NodeRecord, boolean>(
    store,
    keys.node(fleet, instanceId),
    () => store.readNode(fleet, instanceId),
    (read) => {
      const raised = raiseQuiet(read ?? newNode(fleet, instanceId), holder, overAtMs, startsAtMs);
      if ('lost' in raised) return { result: false };
      return { result: true, write: 'next' in raised ? raised.next : undefined };
    },
  );
}

const pathOf = (fleet: Fleet, trouble: string): string => {
  const role = trouble.split(':')[1];
  const volume = fleet.volumes.find((candidate) => candidate.role === role);
  if (!volume) throw new Error(`fleet ${fleet.name} has no volume with the role ${role}, which ${trouble} is about`);
  return volume.path;
};

export async function awaitCommand(
  ctx: DurableContext,
  step: Step,
  { clients, journal, payload, store }: Tools,
  { commandId, operationId }: EffectOf<'await-command'>,
  place: string,
): Promise<Results['await-command']> {
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    await ctx.wait(`${place}-wait-${poll}`, { seconds: pollSeconds(poll) });
    const seen = await step(`poll-${poll}`, async (): Promise<Polled> => {
      const read = await readCommand(clients.ssm, commandId, payload.instanceId);
      if (read.state === 'pending' || read.state === 'lost') {
        const node = await store.readNode(payload.fleet, payload.instanceId);
        if (Date.now() <= (node?.quietAfterMs ?? 0)) return { state: 'pending' };
      }
      const sentence = sentenceOf(read, operationId);
      await journal(`${place}-result`, {
        atMs: Date.now(),
        kind: 'result',
        sentence,
        act: `SendCommand ${operationId}`,
        evidence: read.state === 'answered' ? read.answer : undefined,
      });
      return read.state === 'answered' || read.state === 'ended' ? read : { state: 'over', reason: sentence };
    });
    if (seen.state === 'answered') return seen.answer;
    if (seen.state === 'ended' || seen.state === 'over') return { over: seen.reason };
  }
  throw new Error(`command ${operationId} was polled ${MAX_POLLS} times, which its limits rule out`);
}

type Polled =
  | Extract<CommandState, { readonly state: 'pending' | 'answered' | 'ended' }>
  /** The moment has passed after which it can no longer run. */
  | { readonly state: 'over'; readonly reason: string };

const sentenceOf = (read: CommandState, operationId: string): string => {
  switch (read.state) {
    case 'answered':
      return [read.answer.result, read.answer.reason].filter(Boolean).join(': ');
    case 'ended':
      return read.reason;
    case 'lost':
      return `command ${operationId} was not answered (${read.reason}), and can no longer run`;
    case 'pending':
      return `command ${operationId} was not answered, and can no longer run`;
  }
};
