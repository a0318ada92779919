// What the timer of a stop may do on its node (back.sh): start the clients again where nothing comes after our stop, and never what somebody else has
// decided meanwhile. Pure; the simulated nodes and the explorer ask it, and the script is tested against its table.
import type { Fleet, Role } from '../fleet/model.ts';

/** From the end of the stop: with the stop and the start, a node is down for less than a quarter of an hour. */
const DUE_SECONDS = 600;
/** A start that does not succeed is tried so much longer, once a minute. */
const TRIES_SECONDS = 600;
/** What is begun later than this before it is due is not begun: a call that was sent may take effect later. */
const MARGIN_SECONDS = 60;

/**
 * After how many seconds a timer starts the clients that a stop leaves; 0: there is none. A validator's identity may be moved by hand while nobody
 * reaches its node, and an owner's own commands do not tell whether somebody has stopped a client since.
 */
export const backSeconds = ({ units }: Pick<Fleet, 'units'>, role: Role): number =>
  role === 'follower' && units.every(({ runtime }) => runtime.kind !== 'commands') ? DUE_SECONDS : 0;

/** Until when the clients certainly stay as a stop has left them, as far as its timer goes, ms since the epoch; null: it has none. */
export const staysDownUntilMs = (
  { seconds, sentAtMs }: { readonly seconds: number; readonly sentAtMs: number },
  armedSeconds: number,
): number | null => (armedSeconds === 0 ? null : sentAtMs + (seconds + armedSeconds - MARGIN_SECONDS) * 1000);

/** How a stop has left a node, as its ticket says it. */
export interface BackTicket {
  /** "<fence>.<ordinal>" of the last command that knows of it. */
  readonly knownTo: string;
  /** Seconds since the boot. */
  readonly dueSeconds: number;
  /** Of each client, what is different once anybody has started, stopped, masked, enabled or disabled it. */
  readonly marks: string;
}

/** The node at a look of its timer, once a minute. */
export interface BackFacts {
  readonly upSeconds: number;
  /** Of a command that has the node's lock. */
  readonly isBusy: boolean;
  /** "<fence>.<ordinal>" of the highest command that the node has seen. */
  readonly lastCommand: string;
  /** /etc/chainmend/paused is there. */
  readonly isPaused: boolean;
  readonly isMasked: boolean;
  readonly marks: string;
  /** Each volume of the stop is attached, and mounted at its place or nowhere. */
  readonly isPlaced: boolean;
}

type BackDecision = 'wait' | 'start' | { readonly void: string };

/** null: nothing is due any more. */
export function judgeBack(ticket: BackTicket | null, now: BackFacts): BackDecision {
  if (now.isBusy) return 'wait';
  if (ticket === null) return { void: 'nothing is due' };
  if (now.upSeconds < ticket.dueSeconds) return 'wait';
  if (now.lastCommand !== ticket.knownTo) return { void: 'another command has come since' };
  if (now.isPaused) return { void: '/etc/chainmend/paused is there' };
  if (now.isMasked) return { void: 'the clients are masked' };
  if (now.marks !== ticket.marks)
    return { void: 'somebody has started, stopped, masked, enabled or disabled it since' };
  return now.isPlaced ? 'start' : { void: 'its volumes are not there' };
}

/** Whether it looks again after a start that has failed. */
export const triesAgain = ({ dueSeconds }: BackTicket, { upSeconds }: Pick<BackFacts, 'upSeconds'>): boolean =>
  upSeconds < dueSeconds + TRIES_SECONDS;

/** What a look or a start makes of a ticket that the command right before it knew of: they know of it, too. Any other command ends it. */
export const keptBy = (ticket: BackTicket | null, before: string, id: string): BackTicket | null =>
  ticket !== null && ticket.knownTo === before ? { ...ticket, knownTo: id } : ticket;
