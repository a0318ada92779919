// How a drill moves on, and what its end will say. Pure.
import type { Drill, DrillVerdict } from '../../shared/heal/drill.ts';
import type { Failure } from '../../shared/heal/engine.ts';
import {
  NO_CLIMB,
  type NotCarriedOut,
  type Progress,
  type Removing,
  type Running,
  type TriedCommand,
} from './state.ts';

export const LOST: Progress = { at: 'lost' };

export const removed = (ending: Extract<Progress, { at: 'removed' }>['ending']): Progress => ({
  at: 'removed',
  ending,
  isTold: false,
});

export const running = (drill: Drill): Running => ({
  ...{ at: 'running', drill, isUp: false, held: null, ordinal: 0, seen: null, asked: 0, unanswered: 0 },
  ...{ upSinceMs: null, isSilent: false, climb: NO_CLIMB, usedBytes: null, proved: null, unread: null },
  isEnabled: drill.rehearses === undefined,
  trial: null,
});

/** Whatever it is, everything that was made goes. What comes of an owner's command is no word on the set, which was proved before it. */
export const over = ({ drill, trial }: Running, verdict: DrillVerdict): Removing => ({
  at: 'removing',
  drill: trial === null ? { ...drill, verdict } : { ...tried(drill, trial.of, verdict), verdict: trial.proved },
  isInherited: false,
  // Where nothing is known of a set, nothing is written on its snapshots. What a version does is no word on the set.
  isMarked: trial === null && (verdict.is === 'unproved' || drill.rehearses !== undefined),
});

/** What came of an owner's command. */
function tried(drill: Drill, of: TriedCommand, verdict: DrillVerdict): Drill {
  switch (of) {
    case 'roll-back':
      return { ...drill, rolledBack: verdict };
    case 'prune':
      return { ...drill, pruned: verdict };
    case 'reindex':
      return { ...drill, reindexed: verdict };
  }
}

/** The set is proved. Where the owner has commands for its data, they are tried next on this very copy, one after the other. */
export function verified(from: Running, verdict: DrillVerdict): Progress {
  const { drill, trial } = from;
  const of = nextTrial(drill, trial?.of ?? null);
  if (of === null) return over(from, verdict);
  return {
    ...from,
    drill: trial === null ? drill : tried(drill, trial.of, verdict),
    trial: { of, proved: trial?.proved ?? verdict, isDone: false },
    isSilent: false,
  };
}

/** The one that takes longest comes last: a drill whose time is over has told of the others by then. */
function nextTrial({ rollsBack, prunes, reindexes }: Drill, before: TriedCommand | null): TriedCommand | null {
  if (before === null && rollsBack !== undefined) return 'roll-back';
  if ((before === null || before === 'roll-back') && prunes !== undefined) return 'prune';
  return before !== 'reindex' && reindexes !== undefined ? 'reindex' : null;
}

/** It is known from now on that it was tried, and since when. */
export function begunTrial(from: Running, of: TriedCommand, atMs: number): Running {
  return { ...heard(from), drill: { ...from.drill, [BEGAN[of]]: atMs } };
}

const BEGAN = {
  'roll-back': 'rolledBackAtMs',
  prune: 'prunedAtMs',
  reindex: 'reindexedAtMs',
} as const satisfies Readonly<Record<TriedCommand, keyof Drill>>;

/** A decision has no clock: the time of such a verdict is that of the removal. */
export const unproved = (from: Running, reason: string, isTold: boolean): Removing =>
  over(from, { is: 'unproved', atMs: from.drill.startedAtMs, reason, isTold });

/** What an attempt before has found stands on the record: it is marked again, which changes nothing where it was, and is the answer where this incident asked. */
export const inherited = (drill: Drill, incidentId: string): Removing => ({
  ...{ at: 'removing', drill, isInherited: drill.verdict === null || drill.incidentId !== incidentId },
  isMarked: drill.verdict === null || drill.verdict.is === 'unproved' || drill.rehearses !== undefined,
});

const GIB = 2 ** 30;

export function measured(from: Running, usedBytes: number | null): Removing {
  const { proved, usedBytes: before } = from;
  if (proved === null) return unproved(from, 'it was measured before it was proved', true);
  const addedGiB = usedBytes === null || before === null ? null : Math.round((usedBytes - before) / GIB);
  return over(from, { ...proved, addedGiB });
}

export const givenUp = (act: { readonly from: Running }, { message, isAws }: Failure): Progress =>
  unproved(act.from, message, !isAws);

/** A command that came too late, or that nobody answered, says nothing of the data: it is sent again under the next ordinal. */
export const again = (from: Running, { failed, again: isLate }: NotCarriedOut): Progress =>
  isLate && from.unanswered < UNANSWERED_MOST
    ? { ...from, ordinal: from.ordinal + 1, unanswered: from.unanswered + 1 }
    : unproved(from, failed, true);

const UNANSWERED_MOST = 3;

/** Each command has all of these tries: a drill has few commands, and each comes once. */
export const heard = (from: Running): Running => ({ ...from, ordinal: from.ordinal + 1, unanswered: 0 });

export const withId = (from: Running, instanceId: string): Running => ({
  ...from,
  drill: { ...from.drill, instanceId },
});

export const unmarked = (verdict: DrillVerdict | null, message: string): DrillVerdict | null =>
  verdict && { ...verdict, reason: `${verdict.reason}; nothing on the snapshots says so: ${message}` };
