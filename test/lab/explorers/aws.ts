// What EC2 does to the volume, and what the node's script does with a command.

import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Answer } from '../../../shared/node-commands/answer.ts';
import { NEVER, type Protocol } from './protocol.ts';
import {
  type Host,
  healOf,
  modificationsToday,
  nameOf,
  observe,
  type QueuedCommand,
  viewOf,
  type World,
  withHeal,
  workers,
} from './world.ts';

/** Modifications of one volume that the fleet file allows in 24 h. EBS allows one more. */
export const MODIFICATIONS_PER_DAY = 3;

/**
 * ModifyVolume takes effect, now or long after it was sent. `null`: AWS refuses, because the last one is not completed or the volume would shrink.
 */
export function modifyVolume(
  world: World,
  attempt: number,
  toGiB: number,
  mode: HealPayload['mode'],
): { readonly world: World; readonly broken: string | undefined } | null {
  const { volume, incident } = world;
  if (volume.phase === 'modifying' || volume.phase === 'optimizing' || toGiB < volume.sizeGiB) return null;
  const effects = volume.effects.with(attempt, (volume.effects[attempt] ?? 0) + 1);
  const after = {
    ...world,
    volume: {
      sizeGiB: volume.sizeGiB,
      startedAtMs: 1 + Math.max(0, ...world.node.modifications.map(({ atMs }) => atMs)),
      targetGiB: toGiB,
      phase: 'modifying' as const,
      stale: viewOf(volume),
      effects,
    },
  };
  const heal = healOf(world, attempt);
  const owner = world.node.owner;
  const rules: readonly (readonly [boolean, string])[] = [
    [(effects[attempt] ?? 0) > 1, NEVER.modifiedTwice],
    [modificationsToday(after.volume) > MODIFICATIONS_PER_DAY, NEVER.budget],
    [incident?.attempt !== attempt, NEVER.superseded],
    [owner !== nameOf(attempt, heal), NEVER.twoHeals],
    [mode === 'ask' && heal.execution.life === 'running' && heal.approvedGiB < toGiB, NEVER.unapproved],
  ];
  return { world: after, broken: rules.find(([isBroken]) => isBroken)?.[1] };
}

export type Ran =
  | { readonly verdict: 'stale' }
  | { readonly verdict: 'recorded'; readonly answer: Answer }
  | { readonly verdict: 'runs'; readonly noted: Host };

/** The script's checks, under its lock, and what it has recorded before it acts. */
export function takeCommand(host: Host, command: QueuedCommand, protocol: Protocol): Ran {
  const { fence, ordinal, operation } = command;
  if (operation === 'observe-node' && !protocol.observingFences) return { verdict: 'runs', noted: host };
  const byOrdinal = protocol.nodeOrders === 'fence and ordinal';
  if (fence < host.fence || (byOrdinal && fence === host.fence && ordinal < host.ordinal)) return { verdict: 'stale' };
  if (byOrdinal && fence === host.fence && ordinal === host.ordinal && host.answer) {
    return { verdict: 'recorded', answer: host.answer };
  }
  return { verdict: 'runs', noted: { ...host, fence, ordinal, answer: null } };
}

export const answerOf = (
  host: Host,
  world: World,
  { fence, ordinal }: QueuedCommand,
  result: Answer['result'],
): Answer => ({
  operationId: `${fence}.${ordinal}`,
  fence: host.fence,
  result,
  before: null,
  after: result === 'stale' ? null : observe(host, world.volume),
});

/** SSM answers the execution that waits for exactly this command. */
export function deliverAnswer(
  world: World,
  { attempt, fence, ordinal }: QueuedCommand,
  answer: Answer | 'over',
): World {
  const { execution, program, answer: had } = healOf(world, attempt);
  const waits =
    execution.life === 'running' &&
    program?.do === 'await-command' &&
    program.held.holder.fence === fence &&
    program.held.ordinal === ordinal;
  return waits && had === null ? withHeal(world, attempt, { answer }) : world;
}

/** A command that changes the node although its sender does not hold it, or another heal works there. */
export function isStale(world: World, { attempt }: QueuedCommand): boolean {
  const holder = world.node.owner;
  if (holder === nameOf(attempt, healOf(world, attempt))) return workers(world).some((worker) => worker !== attempt);
  return true;
}
