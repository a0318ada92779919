// Reads again, inside the step that mutates, what may have changed since the decision: pauses, fleet file and mode, the node's pause tag, whose
// node it is, the state of its instance.

import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { logWarn } from '../aws/log.ts';
import { heldTarget, type Target, targetFor, targetToPutBack } from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import { judgePauseTag, readSwitches, type Switches } from '../guardrails/switches.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { Mode } from '../model/mode.ts';
import { NODE_TERMINATED } from '../model/trigger.ts';
import type { HealContext } from './context.ts';

export interface GuardOptions {
  /**
   * For an act that only puts back what this heal took down, or starts a client that it stopped: neither a pause nor a mode, a broken file or an outage of
   * EC2 keeps a node down. A node that is known to have become another suite's is not put back.
   */
  readonly mayPutBack?: true;
  /** For an act that finishes what is proved, or made and paid for: no mode leaves it half done. A pause, or a broken file, only delays it. */
  readonly finishes?: true;
  /** Another instance of the act; a pause tag on it counts as well. */
  readonly instanceId?: string;
}

/**
 * The fleet as it is now, the hash of its file, for the journal, and the instance of the act, to which commands may be sent (none where it was terminated);
 * or why nothing may be done now.
 */
export async function readGuards(
  { clients, payload, environment, store }: Pick<HealContext, 'clients' | 'payload' | 'environment' | 'store'>,
  { mayPutBack, finishes, instanceId }: GuardOptions = {},
): Promise<{ readonly fleet: Fleet; readonly fleetHash: string; readonly target: Target | undefined } | Refusal> {
  const { fleet, mode } = payload;
  const ids = [...new Set([payload.instanceId, instanceId ?? payload.instanceId])];
  const [switches, tagged] = await Promise.all([
    readSwitches({ clients, environment, store }, fleet),
    mayPutBack ? readSwitchTags(clients, ids).catch(unknownTags) : readSwitchTags(clients, ids),
  ]);
  if ('refuse' in switches) return switches;
  // An instance that was terminated has no tags any more, and nobody else's memory of its machine.
  const claimed = payload.trigger === NODE_TERMINATED ? ids.filter((id) => id !== payload.instanceId) : ids;
  const admit = mayPutBack ? targetToPutBack : targetFor;
  const targets = new Map<string, Target>();
  for (const id of claimed) {
    const target = tagged === null ? heldTarget(id) : admit(switches.fleet, id, tagged.get(id) ?? {});
    if ('refuse' in target) return target;
    targets.set(id, target);
  }
  const refusal = judgeGuards(switches, [...(tagged?.values() ?? [])], mode, mayPutBack, finishes);
  if (refusal) return refusal;
  const { fleetHash } = switches;
  return { fleet: switches.fleet, fleetHash, target: targets.get(instanceId ?? payload.instanceId) };
}

/**
 * Pure part of `readGuards`: whether people's switches let an act be done now.
 *
 * @param tags of the instances that the act is about
 * @param mode that the heal began under
 */
export function judgeGuards(
  { fleet, refusal }: Pick<Switches, 'refusal'> & { readonly fleet: Pick<Fleet, 'mode'> },
  tags: readonly Readonly<Record<string, string>>[],
  mode: Mode,
  mayPutBack?: true,
  finishes?: true,
): Refusal | null {
  if (mayPutBack) return null;
  const paused = refusal ?? tags.map(judgePauseTag).find((one) => one !== null);
  if (paused) return paused;
  if (finishes) return null;
  // A heal that began under `act` does not continue under `ask` or `plan`; an approved one continues under both `ask` and `act`. A heal that only had
  // to plan does nothing, even if the file now allows it.
  const allowed = mode !== 'plan' && (fleet.mode === 'act' || (fleet.mode === 'ask' && mode === 'ask'));
  if (allowed) return null;
  const reason =
    fleet.mode === mode
      ? `the fleet file says mode: ${mode}: what was begun is put back, and not gone on with`
      : `the fleet file says mode: ${fleet.mode}, the heal began under mode: ${mode}`;
  return { refuse: 'mode-changed', reason, page: false, retryAfterMs: 60_000 };
}

/** EC2 does not say whose an instance is now: what was taken on it is given back all the same. */
function unknownTags(error: unknown): null {
  logWarn({
    problem: 'the tags of an instance could not be read, and what was begun on it is put back',
    error: String(error),
  });
  return null;
}

/** Of each instance, its tags: by them people say whose it is, and what may be done to it. */
async function readSwitchTags(
  { ec2 }: HealContext['clients'],
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { Tags = [] } = await ec2.send(
    new DescribeTagsCommand({
      Filters: [{ Name: 'resource-id', Values: [...instanceIds] }],
    }),
  );
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const { ResourceId = '', Key = '', Value = '' } of Tags)
    found.set(ResourceId, { ...found.get(ResourceId), [Key]: Value });
  return found;
}

const MINUTE_MS = 60_000;

/**
 * Why nothing can be done on an instance in this state; nobody is paged for it.
 *
 * @param state null where EC2 does not know the instance any more
 * @param needs why a running instance is needed, for the sentence
 */
export function judgeInstance(state: string | null, needs = 'commands reach only a running one'): Refusal | null {
  if (state === 'running') return null;
  const refusal = { page: false } as const;
  if (state === null || state === 'terminated' || state === 'shutting-down')
    return {
      ...refusal,
      refuse: 'instance-gone',
      reason: `the instance is ${state ?? 'not there any more'}`,
      retryAfterMs: 60 * MINUTE_MS,
    };
  return {
    ...refusal,
    refuse: 'instance-stopped',
    reason: `the instance is ${state}; ${needs}`,
    retryAfterMs: 5 * MINUTE_MS,
  };
}
