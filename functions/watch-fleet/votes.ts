// The voting power that a CometBFT node tells: its own by its status, the chain's by its metrics. Guards of validators read it.
import type { NodeStatus } from '../../shared/chains/client.ts';
import type { NodeVotes, ObservedNode } from '../../shared/fleet/observation.ts';
import type { NodeReading } from './context.ts';

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
