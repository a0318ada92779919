// The one decision to give back what was taken of a node, in place of an act that cannot be made now: a guard forbids it, or nobody can say what would be
// next, since AWS does not answer. Only what a command gives back is given back so: with a volume or an instance away nothing helps but EC2. Pure.
import { isOwnCommand } from '../../shared/guardrails/replace.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import { givesClientsBack, takenBy } from '../../shared/heal/ticket.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { type Act, doesRecover } from './acts/table.ts';
import { leavePlace, startOld } from './rungs/replace.ts';
import {
  askNode,
  isSpent,
  restartClient,
  startAsItIs,
  startClient,
  stopsMachine,
  takesPlace,
  typeGivenBy,
} from './rungs/rung.ts';
import { putBack } from './rungs/swap.ts';
import { back } from './rungs/upgrade.ts';
import { ASKED_AT_MOST, isUnmounted, type NodeStatus } from './state.ts';

/** The act that cannot be made; null where nobody knows what it would be. `why`: a guard's code, or a word for a person. */
export interface Instead {
  readonly refused: Act | null;
  readonly why: string;
}

/**
 * The act in its place; null where nothing is taken that a command gives back, or where it does not help.
 *
 * @param state before the act
 * @param status the node's last answers, under this attempt's fence
 */
export function giveBackInstead({ refused, why }: Instead, state: LadderState | null, status: NodeStatus): Act | null {
  if (state === null || state.proved !== null) return null;
  if (refused !== null) {
    // It gives back itself: what forbids that, forbids any other way.
    if (doesRecover(refused, state)) return null;
    if (typeGivenBy(refused) !== null) return startAsItIs(why);
    // That it was intended is taken back: or else the next attempt would go on with it, as with one that was begun.
    if (takesPlace(refused)) return leavePlace();
    if (isAside(refused, state)) return null;
  }
  // What is to be stopped runs, as EC2 has just said.
  if (!givesClientsBack(takenBy(state)) && (refused === null || !stopsMachine(refused, 'original'))) return null;
  const act = wayBack(state, status, `${why}: its client does not stay down`, refused);
  return act === null || isSpent(state, act) ? null : act;
}

/** A restart of one client while another rung waits for its proof. */
const isAside = ({ do: what }: Act, { rung }: LadderState): boolean => what === 'restart' && rung !== 'restart';

function wayBack(state: LadderState, { seen, unanswered }: NodeStatus, why: string, refused: Act | null): Act | null {
  const { replacement, ran } = state;
  // Whoever was asked last: the original is masked by this heal, and this command does nothing but start it on its own volumes.
  if (replacement !== null) return replacement.originalMask === 'intended' ? startOld(why) : null;
  const way = wayOf(state, refused);
  // It has run since: a person has stopped it.
  if (way === null || ran === true) return null;
  if (seen === null) return refused === null && (unanswered?.count ?? 0) < ASKED_AT_MOST ? askNode('original') : null;
  return seen.clients.every(isRunning) ? null : way(seen, why);
}

/** How the clients come back after the rung's own command, or a part of it; null where it has none that keeps them down. */
function wayOf(state: LadderState, refused: Act | null): ((seen: NodeState, why: string) => Act) | null {
  const { rung, restoredVolumes, upgrade, moves } = state;
  if (rung === 'swap' && restoredVolumes !== null) return (_, why) => putBack(why);
  // With the data that the new version may have changed the one before does not come back: that takes EC2.
  if (rung === 'upgrade' && upgrade && (refused !== null || !upgrade.mayHaveRun)) return (_, why) => back(upgrade, why);
  if (rung === 'restart') return (seen, why) => restartOf(state, seen, why);
  const isStopped =
    (rung === 'stop-start' && moves) || (rung === 'upgrade' && upgrade) || (rung !== null && isOwnCommand(rung));
  return isStopped ? (_, why) => startClient(why) : null;
}

const isRunning = ({ state }: NodeState['clients'][number]): boolean => state === 'running';

/** One that an earlier command has left without its data is not started without them. */
function restartOf(state: LadderState, seen: NodeState, reason: string): Act {
  if (seen.clients.some(isRunning)) return startClient(reason);
  return restartClient({ reason, isDown: true, ...(isUnmounted(seen, state) && { unmounted: true }) });
}
