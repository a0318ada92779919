// The acts that take a clean snapshot: one entry for each, with its execution, what its result means for the attempt, and what follows when it keeps
// failing. decide.ts chooses the next act.
import { catchRefusal } from '../../shared/aws/refusals.ts';
import { askPersonOfCommands } from '../../shared/heal/ask.ts';
import { proveBack } from '../../shared/heal/back-proof.ts';
import { leaveReplacement, takeTurn } from '../../shared/heal/budgets.ts';
import { changeNode, claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import type { ActTable, Heal } from '../../shared/heal/engine.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { busy, refused, releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import { askRegister } from '../../shared/heal/register.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { NodeAnswer } from '../../shared/node-commands/node-answer.ts';
import { inspect, start, stop } from './commands.ts';
import { decideNext } from './decide.ts';
import { readFacts } from './facts.ts';
import { judgeStop, stoppedMeanwhile, upSinceOf, wasUp } from './judge.ts';
import {
  answerLost,
  beginning,
  commandSent,
  downSince,
  endingAtRelease,
  failing,
  giveUp,
  hasAsked,
  isSettled,
  keepsFailing,
  marked,
  markUnusable,
  NOT_WHOLE,
  neverHeld,
  notStarted,
  passing,
  poolOf,
  released,
  releasing,
  remainingOf,
  stepFailed,
  unanswered,
  unheardOf,
  unseen,
  withMemory,
} from './progress.ts';
import { awaitCompleted, dryRun, quarantineSet, reconcile, requestOf, take } from './snapshots.ts';
import type {
  Act,
  Acts,
  ClientDown,
  CommandConclusion,
  LeaseState,
  Progress,
  SnapshotActContext,
  SnapshotContext,
} from './state.ts';

const HOUR_MS = 60 * 60_000;

const LOST: Progress = { at: 'lost' };

export const ACTS: ActTable<SnapshotActContext, SnapshotPayload, Progress, Acts> = {
  claim: {
    execute: (context) =>
      context.step('claim', async () => {
        const claimed = await claimAttempt(context);
        if ('end' in claimed) return claimed;
        const { operation } = (await context.store.readNode(context.payload.instanceId)) ?? { operation: null };
        return { ...claimed, owesStart: operation?.kind === 'snapshot' && operation.phase === 'down' };
      }),
    reduce: (_progress, _act, claimed) =>
      'end' in claimed
        ? LOST
        : { at: 'planning', facts: null, approved: null, ...(claimed.owesStart && { owesStart: true as const }) },
    abandon: () => null,
  },

  look: {
    execute: (context) => context.step('look', () => readFacts(context)),
    reduce: (_progress, { from }, facts) => ('refuse' in facts ? giveUp(from, refused(facts)) : { ...from, facts }),
    abandon: (_progress, act, failure) => giveUp(act.from, beginning(act, failure)),
  },

  ask: {
    execute: (context, _progress, question) => askPersonOfCommands(context, question),
    // Hours may have gone by: everything is read again.
    reduce: (_progress, { from, terms }, answer) =>
      'refuse' in answer ? giveUp(from, refused(answer)) : { ...from, approved: terms, facts: null },
    abandon: (_progress, act, failure) => giveUp(act.from, beginning(act, failure)),
  },

  lease: {
    execute: (context) =>
      context.step('lease', async () => {
        const leased = await takeLease(context, 'snapshot');
        if ('busy' in leased) return leased;
        const node = await context.store.readNode(context.payload.instanceId);
        return { ...leased, operation: node?.operation?.kind === 'snapshot' ? node.operation : null };
      }),
    reduce: (_progress, _act, leased) => {
      if ('busy' in leased) return neverHeld(busy(leased.busy));
      const { holder, operation } = leased;
      const held: LeaseState = { holder, ordinal: 0, commandsOver: true, seenFence: 0 };
      if (operation?.phase !== 'down') return { at: 'preparing', held, facts: null, seen: null, operation: null };
      return { ...downSince(held, operation, { by: 'an attempt before', heard: false }), call: 'unknown' };
    },
    abandon: (_progress, act, failure) => neverHeld(beginning(act, failure)),
  },

  inspect: {
    execute: (context, _progress, act) => inspect(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      const sent = commandSent(from.held);
      if ('refuse' in result) return answerLost(from, unanswered(sent), { refusal: result });
      if ('over' in result) return answerLost(from, unanswered(sent), unheardOf(result));
      const { answer } = result;
      if (answer.result !== 'done' || !answer.after) {
        // The command may still run: through an agent that was cut off, or as the copy that an earlier try of the step sent.
        const held = answer.result === 'late' ? unanswered(sent) : sent;
        // A node that has seen higher fences than ours (an image of a healed node, a new table): the next grant gets a higher fence.
        return answerLost(from, { ...held, seenFence: answer.fence }, { silent: reasonOf(answer) });
      }
      if (from.at === 'preparing') return { ...from, held: sent, facts: null, seen: answer.after };
      return { ...from, held: sent, origin: { by: 'an attempt before', heard: true } };
    },
    abandon: (_progress, act, failure) =>
      giveUp({ ...act.from, held: unanswered(act.from.held) }, beginning(act, failure)),
  },

  'leave-pool': {
    execute: (context, _progress, act) => leavePool(context, act),
    reduce: (_progress, { from, operation }, left) => {
      if ('lost' in left) return LOST;
      // An earlier run of the step may have been carried out, and the repeated one refused.
      if ('refuse' in left) return releasing(from.held, 'out', refused(left));
      return { ...from, operation, facts: null };
    },
    abandon: (_progress, act, failure) => releasing(act.from.held, 'out', beginning(act, failure)),
  },

  stop: {
    execute: (context, _progress, act) => stop(context, act),
    reduce: (_progress, { from, facts, operation }, result) => {
      if ('lost' in result) return LOST;
      const sent = commandSent(from.held);
      const down = downSince(sent, operation, { by: 'this attempt', facts });
      if ('refuse' in result) {
        const { down: maybe, ...refusal } = result;
        return maybe
          ? giveUp({ ...down, held: unanswered(sent) }, refused(refusal))
          : releasing(sent, 'out', refused(refusal));
      }
      if ('over' in result)
        return giveUp(
          { ...down, held: unanswered(sent), client: { is: 'stopped', failedStarts: 0, unheard: unheardOf(result) } },
          failing('command-unanswered', result.over, true),
        );
      const { answer } = result;
      if (answer.result === 'late')
        return giveUp({ ...down, held: unanswered(sent) }, failing('command-unanswered', reasonOf(answer), false));
      if (answer.fault === 'person') return releasing(sent, 'out', refused(stoppedMeanwhile(answer)));
      // Its fleet file is the one that the decision was made by.
      const evidence = judgeStop(answer, facts.fleet);
      if ('unclean' in evidence) {
        const reason = `no snapshot of what a client left that did not end cleanly: ${evidence.unclean}`;
        return giveUp(down, failing('stopped-unclean', reason, true));
      }
      const { exitStatus, lastLine } = evidence;
      const clean = { exitStatus, lastLine, ...(result.untilMs !== undefined && { untilMs: result.untilMs }) };
      return withMemory(down, { ...operation.memory, clean });
    },
    abandon: (_progress, act, failure) => {
      const { from, facts, operation } = act;
      return giveUp(
        downSince(unanswered(from.held), operation, { by: 'this attempt', facts }),
        stepFailed(act, failure),
      );
    },
  },

  take: {
    execute: (context, _progress, act) => take(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      if ('refuse' in result) return giveUp(from, refused(result));
      if ('failed' in result) {
        const { failed, page, isPassing } = result;
        return giveUp(from, isPassing ? passing(failed) : failing('snapshot-failed', failed, page));
      }
      const known = withMemory(from, result.memory);
      if ('interrupted' in result) return { ...known, call: 'unknown' };
      return result.whole ? known : markUnusable(known, NOT_WHOLE);
    },
    // It is not known whether the call was made; a set that was taken is found by its incident.
    abandon: (_progress, act, failure) => giveUp({ ...act.from, call: 'unknown' }, stepFailed(act, failure)),
  },

  start: {
    execute: (context, _progress, act) => start(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      const sent = commandSent(from.held);
      // Neither a pause, a mode, a broken file nor EC2 keeps a client down: its refusal says what does.
      if ('refuse' in result) return notStarted({ ...from, held: unanswered(sent) }, { refusal: result });
      const known = toldUp({ ...withMemory(from, result.memory), held: sent }, from, result);
      if ('over' in result) return notStarted({ ...known, held: unanswered(sent) }, unheardOf(result));
      const { answer } = result;
      // What people stop after it ran again is theirs, however it came to run.
      if (answer.fault === 'person')
        return giveUp(
          { ...known, client: { is: 'stopped', failedStarts: 0, unheard: null, isPersons: true } },
          refused(stoppedMeanwhile(answer)),
        );
      if (runs(answer)) return { ...known, client: { is: 'running', sentAtMs: result.sentAtMs } };
      // Its client has not been heard either.
      const silent = { silent: reasonOf(answer) };
      if (answer.result === 'late') return notStarted({ ...known, held: unanswered(sent) }, silent);
      if (answer.result === 'stale')
        return notStarted({ ...known, held: { ...unanswered(sent), seenFence: answer.fence } }, silent);
      return notStarted(known, null);
    },
    abandon: keepsFailing,
  },

  reconcile: {
    execute: (context, _progress, act) => reconcile(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      const settled: ClientDown = { ...from, call: 'settled' };
      if ('none' in result) {
        const reason =
          'the answer to CreateSnapshots was lost, and it has not happened: there is no snapshot, and the client runs again';
        return giveUp(settled, passing(reason));
      }
      const found = withMemory(settled, result.memory);
      if (result.memory.upSinceMs === null || wasUp(result.memory))
        return markUnusable(
          found,
          'the answer to CreateSnapshots was lost, and when it took effect the client may have run again',
        );
      return result.whole ? found : markUnusable(found, NOT_WHOLE);
    },
    abandon: keepsFailing,
  },

  prove: {
    execute: (context, _progress, { from }) => {
      const { upSinceMs, found } = from.operation.memory;
      const sinceMs = from.client.is === 'running' ? from.client.sentAtMs : upSinceMs;
      return proveBack(context, { upSinceMs: sinceMs, height: found.height });
    },
    reduce: (_progress, { from }, proof) => {
      if ('proved' in proof) return { ...from, proof };
      if ('unseen' in proof) return giveUp({ ...from, proof: { unproved: true } }, unseen(proof.unseen));
      const unproved = giveUp({ ...from, proof: { unproved: true } }, failing('not-proved', proof.unproved, true));
      return proof.blames
        ? marked(unproved, `its own node did not come back from these data: ${proof.unproved}`)
        : unproved;
    },
    abandon: keepsFailing,
  },

  quarantine: {
    execute: (context, _progress, act) =>
      context.step('quarantine', async () => {
        await quarantineSet(context, act);
        return { done: true } as const;
      }),
    reduce: (_progress, { from, why }) => ({ ...from, spoiled: { why, quarantined: true } }),
    // Without the mark a later heal would take the snapshot for a clean one.
    abandon: (_progress, { from, why }, { message }) => {
      const { ending } = from;
      const told =
        ending?.outcome === 'failed'
          ? {
              ...ending,
              page: true,
              reason: `${ending.reason}; nothing on the snapshot says so, a person has to: ${message}`,
            }
          : ending;
      return { ...from, spoiled: { why, quarantined: true }, ending: told };
    },
  },

  settle: {
    execute: (context, _progress, { from: { held, operation }, reason }) =>
      context.step('settle', async () => {
        const written = await changeNode(context, held.holder, (node) => ({
          ...node,
          operation: { ...operation, phase: 'proved' },
        }));
        if ('written' in written)
          await context.journal(`${context.place}-proof`, { atMs: Date.now(), kind: 'proof', sentence: reason });
        return written;
      }),
    reduce: (_progress, { from }, settled) =>
      'lost' in settled
        ? LOST
        : { at: 'releasing', held: from.held, pool: 'out', remaining: remainingOf(from, from.ending), isUp: true },
    abandon: keepsFailing,
  },

  release: {
    execute: (context, _progress, { from, keepOperation }) => {
      const { holder, commandsOver, seenFence } = from.held;
      const before = () => leaveReplacement(context);
      // A client that does not run is owed a start: whoever is next must not take it for one that a person has stopped.
      const clientUp = from.at === 'down' ? isSettled(from) : from.isUp === true;
      const input = { holder, commandsOver, seenFence, clientUp, before, ...(keepOperation && { keepOperation }) };
      return releaseNode(context, input);
    },
    reduce: (_progress, { from, keepOperation }) =>
      from.at === 'down'
        ? { at: 'released', pool: 'out', remaining: remainingOf(from, endingAtRelease(from, keepOperation)) }
        : { at: 'released', pool: from.pool, remaining: from.remaining },
    // Left to the sweep: it waits longer than any command may run, and the next attempt settles what is open.
    abandon: (_progress, act, failure) => {
      const { from } = act;
      if (from.at === 'down') return released('out', endingAtRelease(from, true) ?? stepFailed(act, failure));
      const { pool, remaining } = from;
      return remaining.is === 'copying'
        ? released(pool, stepFailed(act, failure))
        : { at: 'released', pool, remaining };
    },
  },

  register: {
    execute: (context) =>
      context.step('register', async () => {
        await askRegister(context);
        return { done: true } as const;
      }),
    reduce: (_progress, { from }) => ({ ...from, pool: 'in' }),
    // The schedule of register-nodes does it within minutes.
    abandon: (_progress, { from }) => ({ ...from, pool: 'in' }),
  },

  await: {
    execute: (context, _progress, act) => awaitCompleted(context, act),
    reduce: (_progress, _act, awaited) =>
      released(
        'in',
        'completed' in awaited
          ? { outcome: 'healed', reason: awaited.completed }
          : failing('snapshot-failed', awaited.failed, false),
      ),
    abandon: (_progress, act, failure) => released('in', stepFailed(act, failure)),
  },

  conclude: {
    execute: (context, _progress, { from, ending }) =>
      context.step('conclude', () => writeOutcome(context, ending, context.place, hasAsked(from))),
    reduce: (_progress, { from, ending }) => {
      const remaining = { is: 'told', ending } as const;
      return from.at === 'preparing'
        ? { at: 'releasing', held: from.held, pool: poolOf(from), remaining }
        : { at: 'released', pool: 'in', remaining };
    },
    abandon: () => null,
  },
};

export const SNAPSHOT: Heal<SnapshotContext, SnapshotPayload, Progress, Acts> = {
  start: { at: 'unclaimed' },
  // The longest way is some 30 acts: every start is tried again, and every step that may fail fails.
  turnLimit: 60,
  acts: ACTS,
  decide: (progress, { payload }) => decideNext(progress, payload),
};

/** The DNS TTL has expired after this time, and register-nodes has had a moment to change the record. */
const NAMES_SECONDS = 15;

/** Takes the node out of the pool before its client is stopped: register-nodes reads that from the operation on its record. */
async function leavePool(
  context: SnapshotActContext,
  { from, facts, operation, reason }: Act<'leave-pool'>,
): Promise<Acts['leave-pool']['result']> {
  const { durable, step, place, journal, payload } = context;
  const left = await step('leave-pool', async () => {
    const guarded = await readGuards(context);
    if ('refuse' in guarded) return guarded;
    const turn = await takeTurn(context);
    if ('refuse' in turn) return turn;
    const no = await dryRun(context, requestOf(payload, facts, operation.memory));
    if (no !== null) return refusedByAws(`AWS would refuse the snapshot: ${no}`);
    const written = await changeNode(context, from.held.holder, (node) => ({ ...node, operation }));
    if ('lost' in written) return written;
    await journal(`${place}-decision`, { atMs: Date.now(), kind: 'decision', sentence: reason });
    const { dns } = guarded.fleet;
    const unasked = dns && (await catchRefusal(() => askRegister(context)));
    if (unasked)
      return refusedByAws(
        `the node is not taken out of the pool, and so its client is not stopped: ${unasked.refused}`,
      );
    return { waitSeconds: dns ? dns.ttlSeconds + NAMES_SECONDS : 0 };
  });
  if (!('waitSeconds' in left)) return left;
  if (left.waitSeconds > 0) await durable.wait(`${place}-names`, { seconds: left.waitSeconds });
  return { left: true };
}

/** The node's own word of a start before ours, by its timer or by somebody: what AWS began after it is not of a stopped client. */
function toldUp(
  down: ClientDown,
  before: ClientDown,
  result: Extract<Acts['start']['result'], CommandConclusion>,
): ClientDown {
  if (!('answer' in result)) return down;
  const upSinceMs = upSinceOf(result.answer, before.operation.memory, result);
  if (upSinceMs === result.memory.upSinceMs) return down;
  const told = withMemory(down, { ...result.memory, upSinceMs });
  return told.spoiled === null && told.operation.memory.snapshotIds.length > 0 && wasUp(told.operation.memory)
    ? markUnusable(told, 'when AWS began it, the client may have run again, as its node tells')
    : told;
}

const refusedByAws = (reason: string): Refusal => ({
  refuse: 'aws-refused',
  reason,
  page: true,
  retryAfterMs: HOUR_MS,
});

const runs = ({ result, after }: NodeAnswer): boolean =>
  result === 'done' && after !== null && after.clients.every(({ state }) => state === 'running');

const reasonOf = ({ result, reason }: NodeAnswer): string => `${result}: ${reason ?? 'the node gave no reason'}`;
