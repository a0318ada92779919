// Whether the instance of a well node may be stopped and started now: before what EC2 has scheduled for it, or to take it back from the type of its first
// sync. Nothing is wrong with the node, so the fleet has to be able to spare it. Pure.
import { familyOf } from '../chains/defaults.ts';
import type { Fleet, Role } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import { type ScheduledEvent, sentenceOfEvent } from '../fleet/scheduled-events.ts';
import type { HeldAct } from '../model/conditions.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import type { BreakerReading } from './breaker.ts';
import { judgeConditions } from './conditions.ts';
import { judgeClass } from './replace.ts';
import { judgeVotingPower } from './voting-power.ts';

/** Why a well node is stopped and started. */
export type MoveCause =
  | { readonly by: 'event'; readonly event: Pick<ScheduledEvent, 'code' | 'notBeforeMs'> }
  /** Types of instance: that of its first sync, and the one that its fleet file has for afterwards. */
  | { readonly by: 'type'; readonly from: string; readonly to: string };

export interface MoveFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly node: { readonly instanceId: string; readonly name: string };
  readonly role: Role;
  readonly cause: MoveCause;
  /** The fleet as watch-fleet saw it within the last three minutes. */
  readonly nodes: readonly ObservedNode[];
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const AGAIN_MS = 5 * MINUTE_MS;

/** A clean stop, twenty minutes until an instance has stopped and fifteen until it has booted: after that EC2's own stop could come in between. */
const TAKES_MS = HOUR_MS;

/** Whether a node is to be moved for this event, as its fleet file says. */
export const isDue = (
  { notBeforeMs }: Pick<ScheduledEvent, 'notBeforeMs'>,
  { replace }: Pick<Fleet, 'replace'>,
  nowMs: number,
): boolean =>
  replace.rungs.includes('stop-start') &&
  notBeforeMs - nowMs <= replace.moveBeforeHours * HOUR_MS &&
  notBeforeMs > nowMs;

/** A node that has just caught up may fall behind again. */
export const SYNCED_FOR_MS = 15 * MINUTE_MS;

/** Whether a node that has caught up is to go back from the type of its first sync, by what watch-fleet saw of it. */
export const isTypeDue = (
  { health, sinceMs, boosted }: Pick<ObservedNode, 'health' | 'sinceMs' | 'boosted'>,
  { typeBoost, replace }: Pick<Fleet, 'typeBoost' | 'replace'>,
  nowMs: number,
): boolean =>
  typeBoost !== undefined &&
  boosted?.type === typeBoost.from &&
  replace.rungs.includes('stop-start') &&
  health === 'synced' &&
  nowMs - sinceMs >= SYNCED_FOR_MS;

/** Why it is not moved now; null where it may be. Nobody is paged for a wait: what is near and undone is told by itself (`event-near`), and a boost costs money alone. */
export function judgeMove(facts: MoveFacts): Refusal | null {
  const { nowMs, fleet, node, role, cause, nodes, breaker, haltedSinceMs } = facts;
  if (cause.by === 'event' && cause.event.notBeforeMs - nowMs < TAKES_MS)
    return refuse('event-too-near', `${sentenceOfEvent(cause.event)}: too soon for a stop of our own`);
  const unwell = judgeSelf(facts);
  if (unwell) return unwell;
  if ((role === 'validator' || role === 'unknown') && !fleet.owner.restartValidators)
    return refuse(
      role === 'validator' ? 'validator' : 'role-unknown',
      `${node.name} is ${role === 'validator' ? 'a validator' : 'of unknown role'}, and the fleet file does not say owner.restartValidators: true: a person stops and starts it${cause.by === 'event' ? ' before' : ''}`,
    );
  const classed = judgeClass({
    ...{ class: 'restart', fleet, role, node, breaker, haltedSinceMs },
    ...{ cause: 'unknown', manual: false, acknowledgesValidator: false },
  });
  // Its heals page for a breaker or a zone; a move that waits for them does not.
  if (classed) return { ...classed, page: false };
  return (
    judgeOthers(facts) ?? (isVoting(facts) ? judgeVotingPower({ fleet, nodes, instanceId: node.instanceId }) : null)
  );
}

const isVoting = ({ fleet, role }: MoveFacts): boolean =>
  familyOf(fleet.chain) === 'cometbft' && (role === 'validator' || role === 'unknown');

/** A node that is not known to be well has its own trouble first. */
export function judgeSelf({ node, nodes }: Pick<MoveFacts, 'node' | 'nodes'>): Refusal | null {
  const self = nodes.find(({ instanceId }) => instanceId === node.instanceId);
  if (!self) return refuse('observation-stale', `${node.name} was not observed for 3 min`);
  return self.health === 'synced'
    ? null
    : refuse('cannot-be-spared', `${node.name} is ${self.health} itself: its own trouble comes first`);
}

/**
 * All others have to be well: one that is sick or unknown may need what this one gives. A node that stands alone is moved all the same: there is nobody to
 * wait for, and EC2 would stop it without its client's grace.
 */
export function judgeOthers(
  { node, nodes, breaker }: Pick<MoveFacts, 'node' | 'nodes' | 'breaker'>,
  act: HeldAct = 'move',
): Refusal | null {
  const held = judgeConditions(act, node, breaker.conditions);
  if (held) return held;
  if (breaker.open) return refuse('breaker-open', `${breaker.sentence}: chainmend does not stop ${node.name} now`);
  const unwell = nodes.filter(({ instanceId, health }) => instanceId !== node.instanceId && health !== 'synced');
  const [first] = unwell;
  if (!first) return null;
  return refuse(
    'cannot-be-spared',
    `${unwell.length} of the ${nodes.length - 1} other nodes are not synced, ${first.name} among them: chainmend does not stop ${node.name} now`,
  );
}

const refuse = (code: GuardrailCode, reason: string): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs: AGAIN_MS,
});
