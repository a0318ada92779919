// How an attempt moves on, and how it gives up. The first reason is the one that is reported, except that a client that is down is always reported.
// Pure.
import type { Failure } from '../../shared/heal/engine.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { Unanswered } from '../../shared/heal/node-commands.ts';
import { type Ending, failed, notBegun, refused } from '../../shared/heal/outcome.ts';
import type { FailureCode, GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import type {
  Act,
  ClientDown,
  LeaseState,
  Planning,
  PoolState,
  Preparing,
  Progress,
  Released,
  Releasing,
  RemainingWork,
  Unheard,
} from './state.ts';

const MINUTE_MS = 60_000;
/** Each attempt costs the node its client for minutes: a failed attempt is not repeated immediately. */
const AGAIN_MS = 6 * 60 * MINUTE_MS;
/** AWS is well again by then, as a rule, and the client has served meanwhile. Three tries are all that an incident has. */
const PASSING_AGAIN_MS = 15 * MINUTE_MS;
/** A node whose client is down must not wait for AGAIN_MS. */
const SOON_MS = 5 * MINUTE_MS;

export const downSince = (
  held: LeaseState,
  operation: ClientDown['operation'],
  origin: ClientDown['origin'],
): ClientDown => ({
  at: 'down',
  held,
  operation,
  origin,
  client: { is: 'stopped', failedStarts: 0, unheard: null },
  call: 'none',
  proof: null,
  spoiled: null,
  errors: 0,
  ending: null,
});

export const withMemory = (down: ClientDown, memory: SnapshotMemory): ClientDown => ({
  ...down,
  operation: { ...down.operation, memory },
});

export const commandSent = (held: LeaseState): LeaseState => ({ ...held, ordinal: held.ordinal + 1 });

/** A command may still run on the node. */
export const unanswered = (held: LeaseState): LeaseState => ({ ...held, commandsOver: false });

/** Nothing more is sent to a node that does not answer. */
export function answerLost(from: Preparing | ClientDown, held: LeaseState, unheard: Unheard): Progress {
  const ending = 'refusal' in unheard ? refused(unheard.refusal) : silentNode(unheard.silent);
  return from.at === 'preparing'
    ? giveUp({ ...from, held }, ending)
    : giveUp({ ...from, held, client: { is: 'stopped', failedStarts: 0, unheard } }, ending);
}

/** Of a command that ended without an answer. */
export const unheardOf = ({ over, silence }: Unanswered): Unheard =>
  silence ? { refusal: silence } : { silent: over };

/** How an attempt gives up: the first reason is the one that is reported. A client that is down is started first. */
export function giveUp(from: ClientDown, ending: Ending): ClientDown;
export function giveUp(from: Planning | Preparing | ClientDown, ending: Ending): Progress;
export function giveUp(from: Planning | Preparing | ClientDown, ending: Ending): Progress {
  switch (from.at) {
    case 'planning':
      return neverHeld(ending);
    case 'preparing':
      return releasing(from.held, poolOf(from), ending);
    case 'down':
      return { ...from, ending: from.ending ?? ending };
  }
}

export const releasing = (held: LeaseState, pool: PoolState, ending: Ending): Releasing => ({
  at: 'releasing',
  held,
  pool,
  remaining: { is: 'untold', ending },
});

export const released = (pool: PoolState, ending: Ending): Released => ({
  at: 'released',
  pool,
  remaining: { is: 'untold', ending },
});

export const neverHeld = (ending: Ending): Released => ({ ...released('in', ending), neverHeld: true });

/** Whether a command was sent to the node in this attempt. */
export const hasAsked = (from: Planning | Preparing | Released): boolean =>
  from.at === 'preparing' ? from.held.ordinal > 0 : from.at === 'released' && from.neverHeld !== true;

/** Once the operation is written on the record, the node is out of the pool. */
export const poolOf = ({ operation }: Preparing): PoolState => (operation === null ? 'in' : 'out');

export const remainingOf = ({ operation }: ClientDown, ending: Ending | null): RemainingWork =>
  ending === null ? { is: 'copying', memory: operation.memory } : { is: 'untold', ending };

export const NOT_WHOLE = 'the snapshots are not those of all of the node’s data volumes and no others';

/** The set was taken, but must not be used. */
export const markUnusable = (from: ClientDown, why: string): ClientDown =>
  marked(giveUp(from, failing('snapshot-failed', why, false)), why);

export const marked = (from: ClientDown, why: string): ClientDown => ({
  ...from,
  spoiled: { why, quarantined: false },
});

export function notStarted(from: ClientDown, unheard: Unheard | null): ClientDown {
  const failedStarts = from.client.is === 'stopped' ? from.client.failedStarts : 0;
  return { ...from, client: { is: 'stopped', failedStarts: failedStarts + 1, unheard } };
}

/** The steps that put the client back continue. */
export const keepsFailing = (_progress: Progress, { from }: { readonly from: ClientDown }): ClientDown => ({
  ...from,
  held: unanswered(from.held),
  errors: from.errors + 1,
});

/** Nothing is owed to it: it runs, or somebody has stopped it since it ran again. */
export const isSettled = ({ client }: Pick<ClientDown, 'client'>): boolean =>
  client.is === 'running' || client.isPersons === true;

/** The ending that is reported when the node is released; null while nothing went wrong. A client that is down is always reported. */
export function endingAtRelease(from: ClientDown, keepsOperation: boolean): Ending | null {
  const { ending, client, errors, origin } = from;
  if (isSettled(from) && !keepsOperation) return ending;
  // Nothing was tried yet, for a temporary reason that says nothing about the node.
  const untried = origin.by === 'an attempt before' && !origin.heard;
  if (keepsOperation && ending?.outcome === 'refused' && untried) return ending;
  const next = keepsOperation
    ? 'another attempt goes on'
    : 'whatever else can be done is replace-node’s, or a person’s';
  const before = ending === null ? '' : `; before that: ${ending.reason}`;
  const told = (code: FailureCode | GuardrailCode, what: string, more?: { readonly isDown: true }): Ending =>
    failed(code, `${what}: ${next}${before}`, { page: true, retryAfterMs: SOON_MS, ...more });
  if (client.is === 'running') return told('step-failed', `${errors} steps after its start have failed`);
  const down = { isDown: true } as const;
  const { unheard } = client;
  if (unheard === null) return told('not-proved', 'its client does not start again', down);
  const state = isKnownStopped(from) ? 'is stopped' : 'may be stopped';
  return 'refusal' in unheard
    ? told(unheard.refusal.refuse, `its client ${state}, and cannot be started: ${unheard.refusal.reason}`, down)
    : told('command-unanswered', `its client ${state}, and the node does not answer (${unheard.silent})`, down);
}

/** Its node has told that it ended, nothing was sent that may have started it since, and no timer on the node starts it. */
const isKnownStopped = ({ operation: { memory } }: ClientDown): boolean =>
  memory.clean !== null && memory.clean.untilMs === undefined && memory.upSinceMs === null;

export const failing = (code: FailureCode, reason: string, page: boolean): Ending =>
  failed(code, reason, { page, retryAfterMs: AGAIN_MS });

/** AWS failed, and no snapshot was taken. Its client was stopped for it: so it counts as a try, and the next is not at once, but long before tomorrow. */
export const passing = (reason: string): Ending =>
  failed('snapshot-failed', reason, { retryAfterMs: PASSING_AGAIN_MS });

export const stepFailed = (act: Act, { message }: Failure): Ending =>
  failing('step-failed', `${act.do}: ${message}`, true);

export const beginning = (act: Act, { message, throttled }: Failure): Ending =>
  notBegun(`${act.do}: ${message}`, throttled);

/** Its client runs; whether it follows its chain nobody could see. The set stays as it is. */
export const unseen = (reason: string): Ending =>
  refused({ refuse: 'observation-stale', reason, page: true, retryAfterMs: AGAIN_MS });

const silentNode = (reason: string): Ending =>
  refused({ refuse: 'node-silent', reason, page: true, retryAfterMs: SOON_MS });
