// Acts on the node itself: one command each, under the fence of whoever holds the instance.

import type { Fleet } from '../../../shared/fleet/model.ts';
import { readSwitches } from '../../../shared/guardrails/switches.ts';
import { stepper } from '../../../shared/heal/context.ts';
import type { Copy, ReplaceMemory } from '../../../shared/heal/memory.ts';
import { awaitNode, sendToNode } from '../../../shared/heal/node-commands.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
} from '../../../shared/node-commands/node-command.ts';
import { SIGNING_STATE } from '../guard.ts';
import type { Act, Result } from '../model.ts';
import { endOf } from '../proof.ts';
import type { Course, Variable, Which } from '../tools.ts';
import type { Scene } from './act.ts';

export const clientsOf = ({ units }: Fleet): readonly ClientOnNode[] =>
  units.map(({ runtime, stopGraceSeconds, cleanLine }) => ({
    runtime,
    stopGraceSeconds,
    cleanLine: cleanLine ?? null,
  }));

const DOCUMENTS: Readonly<Record<NodeCommand['operation'], Variable>> = {
  'inspect-node': 'INSPECT_NODE_DOCUMENT',
  'restart-client': 'RESTART_CLIENT_DOCUMENT',
  'check-volume': 'CHECK_VOLUME_DOCUMENT',
  'swap-volumes': 'SWAP_VOLUMES_DOCUMENT',
  'stop-client': 'STOP_CLIENT_DOCUMENT',
  'start-client': 'START_CLIENT_DOCUMENT',
};

/** Acts that are a command to the node. */
export type CommandAct = Extract<
  Act,
  { readonly do: 'inspect' | 'restart' | 'check' | 'swap' | 'mask-old' | 'take-over' | 'mask-young' | 'start-old' }
>;

interface Order {
  readonly which: Which;
  readonly sentence: string;
  /** For the fleet as the last guard has read it. */
  readonly command: (fleet: Fleet) => NodeCommand;
  readonly startsClient: boolean;
}

export async function order(
  scene: Scene,
  act: CommandAct,
  memory: ReplaceMemory | null,
  course: Course,
): Promise<{ readonly result: Result; readonly course: Course }> {
  const { ctx, tools, place } = scene;
  const { which, sentence, command, startsClient } = orderOf(act, memory, tools.payload.node);
  const instanceId = which === 'young' ? (memory?.machine?.instanceId ?? '') : tools.payload.instanceId;
  const fence = which === 'young' ? (memory?.machine?.fence ?? 0) : course.holder.fence;
  const holder = { execution: course.holder.execution, fence };
  const ordinal = course.ordinals[which] + 1;
  const operationId = `${fence}.${ordinal}`;
  const step = stepper(ctx, place);
  const now = (is: Course): Course => ({ ...is, ordinals: { ...is.ordinals, [which]: ordinal } });
  const sent = await step('send', async () => {
    const sentAtMs = Date.now();
    // The longest that it may run follows from the graces, which only the fleet file knows: reckoned for the fleet of this very step.
    const { fleet } = await readFleet(scene);
    const planned = command(fleet);
    const overAtMs = nodeCommandOverByMs(planned, sentAtMs);
    const answer = await sendToNode(
      tools,
      {
        holder,
        ordinal,
        document: tools.environment[DOCUMENTS[planned.operation]],
        parameters: nodeCommandParameters({ fence, ordinal }, planned, sentAtMs),
        overAtMs,
        intent: { sentence, act: `SendCommand ${planned.operation} ${operationId}`, evidence: evidenceOf(planned) },
        instanceId,
        ...(startsClient && { startsClientAtMs: sentAtMs }),
        ...(scene.putsBack && { mayPutBack: true as const }),
      },
      place,
    );
    return 'commandId' in answer ? { ...answer, overAtMs } : answer;
  });
  if ('lost' in sent) return { result: { is: 'lost' }, course };
  if ('refuse' in sent)
    return { result: { is: 'refused', refusal: sent }, course: { ...now(course), commandsOver: false } };
  const awaited = await awaitNode<NodeAnswer>(
    ctx,
    step,
    tools,
    {
      commandId: sent.commandId,
      operationId,
      instanceId,
      parse: parseNodeAnswer,
      sentenceOf: sentenceOfAnswer,
      overAtMs: sent.overAtMs,
    },
    place,
  );
  const atMs = await step('now', async () => Date.now());
  if ('over' in awaited) return { result: { is: 'unknown', atMs, reason: awaited.over }, course: now(course) };
  const { answer } = awaited;
  const seenFence = which === 'old' ? Math.max(course.seenFence, answer.fence) : course.seenFence;
  return { result: resultOf(answer, atMs), course: { ...now(course), seenFence } };
}

async function readFleet({ tools }: Scene): Promise<{ readonly fleet: Fleet }> {
  const switches = await readSwitches(tools.clients.ssm, tools.environment.PARAMETER_PREFIX, tools.payload.fleet);
  if ('refuse' in switches) throw new Error(switches.reason);
  return switches;
}

function resultOf(answer: NodeAnswer, atMs: number): Result {
  const seen = answer.after ?? answer.before;
  switch (answer.result) {
    case 'done':
      return { is: 'done', atMs, seen };
    case 'failed':
      return {
        is: 'failed',
        atMs,
        reason: answer.reason ?? 'the node gave no reason',
        fault: answer.fault,
        seen,
        putBack: answer.putBack,
      };
    case 'stale':
    case 'late':
      return { is: 'unknown', atMs, reason: `${answer.result}: ${answer.reason ?? ''}` };
  }
}

function sentenceOfAnswer({ result, reason, stop, startSeconds, putBack, after }: NodeAnswer): string {
  const clients = after?.clients.map((client) => (client.state === 'running' ? 'running' : endOf(client))).join('; ');
  return [
    result,
    reason,
    stop &&
      `stopped in ${stop.seconds} s, ${stop.clean ? 'cleanly' : 'not cleanly'}${stop.lastLine === '' ? '' : ` ("${stop.lastLine.slice(0, 100)}")`}`,
    startSeconds !== null && `started in ${startSeconds} s`,
    putBack && 'what was there before is there again',
    clients && `client ${clients}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const evidenceOf = (command: NodeCommand): unknown =>
  command.operation === 'swap-volumes'
    ? { from: command.from, to: command.to, identity: command.identity, carry: command.carry }
    : command;

const copyPlaces = ({ found, copy }: ReplaceMemory) =>
  found.volumes.map(({ path }, at) => ({ path, volumeId: copy?.volumes[at]?.volumeId ?? '' }));
const foundPlaces = ({ found }: ReplaceMemory) => found.volumes.map(({ path, volumeId }) => ({ path, volumeId }));

function orderOf(act: CommandAct, memory: ReplaceMemory | null, node: string): Order {
  const plain = { startsClient: false } as const;
  if (act.do === 'inspect') {
    const command = (fleet: Fleet): NodeCommand => ({
      operation: 'inspect-node',
      clients: clientsOf(fleet),
      paths: fleet.volumes.map(({ path }) => path),
    });
    // It changes nothing but the fence.
    return {
      ...plain,
      which: act.which,
      sentence: 'ask the node, raising its fence',
      command,
    };
  }
  if (!memory) throw new Error(`${act.do} before anything is known of the node`);
  switch (act.do) {
    case 'restart':
      return {
        ...plain,
        which: 'old',
        sentence: `restart its client: ${act.reason}`,
        startsClient: true,
        command: (fleet) => ({
          operation: 'restart-client',
          clients: clientsOf(fleet),
          paths: fleet.volumes.map(({ path }) => path),
          only: 'restart',
        }),
      };
    case 'check': {
      const place = copyPlaces(memory)[act.at] ?? { path: '', volumeId: '' };
      return {
        ...plain,
        which: 'old',
        sentence: `look into ${place.volumeId}, read-only`,
        command: () => ({ operation: 'check-volume', place, like: place.path }),
      };
    }
    case 'swap':
      return {
        which: 'old',
        sentence:
          act.to === 'copy' ? `exchange the volumes: ${act.reason}` : `put the volumes of before back: ${act.reason}`,
        startsClient: true,
        command: (fleet) => swapOf(fleet, memory, act.to),
      };
    case 'mask-old':
      return {
        ...plain,
        which: 'old',
        sentence: `stop and mask the old client: ${act.reason}`,
        command: (fleet) => maskOf(fleet, foundPlaces(memory)),
      };
    case 'mask-young':
      return {
        ...plain,
        which: 'young',
        sentence: `stop and mask the new client: ${act.reason}`,
        command: (fleet) => maskOf(fleet, memory.copy ? copyPlaces(memory) : foundPlaces(memory)),
      };
    case 'take-over':
      return {
        which: 'young',
        sentence: `mount the data and start the client: ${act.reason}`,
        startsClient: true,
        command: (fleet) => ({
          operation: 'start-client',
          clients: clientsOf(fleet),
          places: memory.copy ? copyPlaces(memory) : foundPlaces(memory),
          unmask: true,
          scrub: isDonors(memory.copy, node) ? fleet.identityPaths : [],
        }),
      };
    case 'start-old':
      return {
        which: 'old',
        sentence: `mount the data and start the old client again: ${act.reason}`,
        startsClient: true,
        command: (fleet) => ({
          operation: 'start-client',
          clients: clientsOf(fleet),
          places: foundPlaces(memory),
          unmask: true,
          scrub: [],
        }),
      };
  }
}

const swapOf = (fleet: Fleet, memory: ReplaceMemory, to: 'copy' | 'found'): NodeCommand => ({
  operation: 'swap-volumes',
  clients: clientsOf(fleet),
  from: to === 'copy' ? foundPlaces(memory) : copyPlaces(memory),
  to: to === 'copy' ? copyPlaces(memory) : foundPlaces(memory),
  identity: fleet.identityPaths,
  // On the way back the volumes have the node's own identity.
  carry: to === 'copy' ? 'ours' : 'theirs',
  keepNewest: fleet.identityPaths.filter((path) => SIGNING_STATE.test(path)),
});

/** A client that hangs is ended by its grace: what it leaves on the old volume is kept, and nobody takes it for clean. */
const maskOf = (fleet: Fleet, places: Extract<NodeCommand, { operation: 'stop-client' }>['places']): NodeCommand => ({
  operation: 'stop-client',
  clients: clientsOf(fleet),
  places,
  unmount: true,
  mask: true,
  requireClean: false,
});

/** Data of another node carry its identity, which must not run twice. */
const isDonors = (copy: Copy | null, node: string): boolean => copy !== null && copy.ofNode !== node;
