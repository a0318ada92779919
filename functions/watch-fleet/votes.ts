// The voting power that a CometBFT node tells: its own by its status, the chain's by its metrics. Guards of validators read it. And while a chain of the
// fleet's own validators stands, whose votes they have: a validator that answers and does not vote is seen by the others alone.
import type { NodeStatus } from '../../shared/chains/client.ts';
import { familyOf } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, NodeVotes, ObservedNode, ObservedReference } from '../../shared/fleet/observation.ts';
import { type FleetFacts, type NodeReading, statusOf } from './context.ts';

/**
 * @param told its status in this sweep; undefined where it is silent. Then its own power is the last one that it told, because a validator that is down
 *   still counts; what it knew of the chain is not kept
 */
export function votesOf(
  reading: NodeReading | undefined,
  told: NodeStatus | undefined,
  before: ObservedNode | undefined,
): { readonly votes?: NodeVotes } {
  const own = told === undefined ? before?.votes?.own : told.votingPower;
  const consensus = reading?.kind === 'read' ? reading.reading.consensus : undefined;
  const { validatorsPower, missingValidatorsPower, byzantineValidatorsPower } =
    consensus?.kind === 'ok' ? consensus.facts : {};
  const isWhole =
    validatorsPower !== undefined && missingValidatorsPower !== undefined && byzantineValidatorsPower !== undefined;
  if (own === undefined && !isWhole) return {};
  return {
    votes: {
      ...(own !== undefined && { own }),
      ...(isWhole && {
        chain: { total: validatorsPower, missing: missingValidatorsPower, byzantine: byzantineValidatorsPower },
      }),
    },
  };
}

/**
 * Whether the fleet's own validators can halt the chain: they have a third of its power or more. Where nobody tells the power of all, several validators
 * that are compared with no reference are taken for it.
 */
export function isOwnChain(nodes: readonly ObservedNode[], references: readonly ObservedReference[]): boolean {
  const validators = nodes.filter(({ role }) => role === 'validator');
  const total = Math.max(0, ...nodes.map(({ votes }) => votes?.chain?.total ?? 0));
  const own = validators.reduce((sum, { votes }) => sum + (votes?.own ?? 0), 0);
  return total > 0 && own > 0 ? own * 3 >= total : validators.length > 1 && references.length === 0;
}

/** Whether nodes are asked whose votes they have: their own chain stands for half of the time after which it counts as halted. */
export const asksVotes = (
  { chain, health }: Pick<Fleet, 'chain' | 'health'>,
  nodes: readonly ObservedNode[],
  watch: FleetWatch | undefined,
  nowMs: number,
): boolean =>
  familyOf(chain) === 'cometbft' &&
  watch?.tipSinceMs != null &&
  2 * (nowMs - watch.tipSinceMs) >= health.haltSeconds * 1000 &&
  isOwnChain(nodes, watch.references);

/** A block that is made by nobody, as too few have voted for it. */
export interface MissingVotes {
  readonly height: number;
  /** By their votes' ids: whoever has voted as any node has seen, and be it that node alone. */
  readonly voterIds: ReadonlySet<string>;
  /** Validators that have voted themselves, and wait for the others. */
  readonly waiting: readonly string[];
}

/**
 * What the nodes have of the votes for the next block; null where none of them has voted and waits, or more have voted than it takes: then no block is missing
 * for want of votes. Nodes that are cut off from each other have each other's votes missing, and none of them counts as silent, since it has its own.
 *
 * @param height of the next block: whoever tells of a later one says nothing of the votes of those who wait for it
 */
export function missingVotes(
  { nodes, readings }: Pick<FleetFacts, 'nodes' | 'readings'>,
  height: number,
): MissingVotes | null {
  const told = nodes.flatMap(({ instanceId, name }) => {
    const status = statusOf(readings.get(instanceId));
    return status?.votes ? [{ name, voterId: status.voterId, ...status.votes }] : [];
  });
  const next = told.filter((one) => one.height === height);
  const waiting = next.filter(
    ({ tooFew, voterId, voterIds }) => tooFew && voterId !== undefined && voterIds.includes(voterId),
  );
  if (waiting.length === 0 || next.some(({ tooFew }) => !tooFew)) return null;
  return {
    height,
    voterIds: new Set(next.flatMap(({ voterIds }) => voterIds)),
    waiting: waiting.map(({ name }) => name),
  };
}

/** Whether a node's vote is missing; false where it has none to give, or does not say which is its own. */
export const isVoteMissing = (
  { voterIds }: MissingVotes,
  { role }: Pick<FleetNode, 'role'>,
  { voterId, votingPower = 0 }: NodeStatus,
): boolean => role === 'validator' && votingPower > 0 && voterId !== undefined && !voterIds.has(voterId);
