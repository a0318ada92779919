// What the result of an act means for what this execution knows. Pure.

import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import { refused } from '../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { NodeAnswer } from '../../shared/node-commands/node-answer.ts';
import { endingAtRelease, failing, giveUp, silentNode, spoil } from './endings.ts';
import { judgeStop } from './judge.ts';
import type { Act, Progress, Results } from './model.ts';

/** Our clock and EC2's. */
const CLOCKS_APART_MS = 1_000;

/** @param result that act's entry of `Results` */
export function learn(progress: Progress, act: Act, result: unknown): Progress {
  switch (act.do) {
    case 'claim': {
      const claimed = result as Results['claim'];
      return 'end' in claimed ? { ...progress, lost: true } : { ...progress, claimed: true };
    }
    case 'look': {
      const facts = result as Results['look'];
      return 'refuse' in facts ? giveUp(progress, refused(facts)) : { ...progress, facts };
    }
    case 'ask': {
      const answer = result as Results['ask'];
      return 'refuse' in answer
        ? giveUp(progress, refused(answer))
        : // Hours may have gone by.
          { ...progress, approved: act.terms, facts: null };
    }
    case 'lease': {
      const leased = result as Results['lease'];
      if ('busy' in leased) {
        const busy: Refusal = {
          refuse: 'busy',
          reason: `${leased.busy} holds the node`,
          page: false,
          lookAgainMs: 60_000,
        };
        return giveUp(progress, refused(busy));
      }
      const { holder, operation } = leased;
      const inherited = operation?.phase === 'down';
      return { ...progress, holder, inherited, operation: inherited ? operation : null, facts: null };
    }
    case 'inspect':
      return afterInspect(progress, result as Results['inspect']);
    case 'leave-pool': {
      const left = result as Results['leave-pool'];
      if ('lost' in left) return { ...progress, lost: true };
      // The step may have been carried out once, and refused when it was repeated.
      const tried = { ...progress, leftPool: true };
      if ('refuse' in left) return giveUp(tried, refused(left));
      return { ...tried, operation: act.operation, facts: null };
    }
    case 'stop':
      return afterStop(progress, act.operation, result as Results['stop']);
    case 'take':
      return afterTake(progress, act.operation, result as Results['take']);
    case 'start':
      return afterStart(progress, act.operation, result as Results['start']);
    case 'reconcile':
      return afterReconcile(progress, act.operation, result as Results['reconcile']);
    case 'quarantine':
      return { ...progress, quarantined: true };
    case 'prove': {
      const proof = result as Results['prove'];
      if ('proved' in proof) return { ...progress, proof: proof.proved };
      const failed = giveUp({ ...progress, unproved: true }, failing('not-proved', proof.unproved, true));
      return proof.blames
        ? { ...failed, spoiled: `its own node did not come back from these data: ${proof.unproved}` }
        : failed;
    }
    case 'settle': {
      const settled = result as Results['settle'];
      return 'lost' in settled
        ? { ...progress, lost: true }
        : { ...progress, operation: { ...act.operation, phase: 'proved' } };
    }
    case 'release':
      return { ...progress, released: true, ending: endingAtRelease(progress, act.keepOperation) };
    case 'register':
      return { ...progress, registered: true };
    case 'await': {
      const awaited = result as Results['await'];
      const done = { ...progress, completed: true };
      return 'completed' in awaited
        ? { ...done, ending: { outcome: 'healed', reason: awaited.completed } }
        : giveUp(done, failing('snapshot-failed', awaited.failed, false));
    }
    case 'conclude':
      return { ...progress, ending: act.ending, told: true };
    case 'end':
      return progress;
  }
}

function afterInspect(progress: Progress, result: Results['inspect']): Progress {
  if ('lost' in result) return { ...progress, lost: true };
  // Nothing more is sent to a node that does not answer.
  const sent = { ...progress, ordinal: progress.ordinal + 1, facts: null, silent: true };
  if ('refuse' in result) return giveUp({ ...sent, commandsOver: false }, refused(result));
  if ('over' in result) return giveUp({ ...sent, commandsOver: false }, silentNode(result.over));
  const { answer } = result;
  if (answer.result === 'done' && answer.after) return { ...sent, seen: answer.after, silent: false };
  // It may still be run: by an agent that was cut off, or as the copy that an earlier try of the step sent.
  const over = answer.result !== 'late';
  const reason = `${answer.result}: ${answer.reason ?? 'the node gave no reason'}`;
  // A node that has seen higher fences than ours (an image of a healed node, a new table) is overtaken by the next grant.
  return giveUp({ ...sent, commandsOver: over && sent.commandsOver, seenFence: answer.fence }, silentNode(reason));
}

function afterStop(progress: Progress, operation: SnapshotOperation, result: Results['stop']): Progress {
  if ('lost' in result) return { ...progress, lost: true };
  const sent = { ...progress, ordinal: progress.ordinal + 1 };
  if ('refuse' in result) {
    const { down, ...refusal } = result;
    return giveUp(down ? { ...sent, operation, commandsOver: false } : sent, refused(refusal));
  }
  const down = { ...sent, operation };
  if ('over' in result)
    return giveUp({ ...down, commandsOver: false }, failing('command-unanswered', result.over, true));
  if (result.answer.result === 'late')
    return giveUp({ ...down, commandsOver: false }, failing('command-unanswered', reasonOf(result.answer), false));
  // Its fleet file is the one that it was decided by.
  const { facts } = progress;
  if (facts === null) throw new Error('the client was stopped before the fleet was read');
  const evidence = judgeStop(result.answer, facts.fleet);
  const seen = result.answer.after ?? progress.seen;
  if ('unclean' in evidence) {
    const reason = `no snapshot of what a client left that did not end cleanly: ${evidence.unclean}`;
    return giveUp({ ...down, seen }, failing('stopped-unclean', reason, true));
  }
  const { exitStatus, lastLine } = evidence;
  return {
    ...down,
    seen,
    operation: { ...operation, memory: { ...operation.memory, clean: { exitStatus, lastLine } } },
  };
}

function afterTake(progress: Progress, operation: SnapshotOperation, result: Results['take']): Progress {
  if ('lost' in result) return { ...progress, lost: true };
  if ('refuse' in result) return giveUp(progress, refused(result));
  if ('failed' in result) return giveUp(progress, failing('snapshot-failed', result.failed, result.page));
  const known = withMemory(progress, operation, result.memory);
  if ('interrupted' in result) return { ...known, interrupted: result.interrupted };
  return result.whole ? known : spoil(known, NOT_WHOLE);
}

const NOT_WHOLE = 'the snapshots are not those of all of the node’s data volumes and no others';

const withMemory = (progress: Progress, operation: SnapshotOperation, memory: SnapshotMemory): Progress => ({
  ...progress,
  operation: { ...operation, memory },
});

function afterStart(progress: Progress, operation: SnapshotOperation, result: Results['start']): Progress {
  if ('lost' in result) return { ...progress, lost: true };
  const sent = { ...progress, ordinal: progress.ordinal + 1 };
  // No pause and no mode keeps a client down: it is the fleet file that cannot be read, or the agent that does not answer.
  if ('refuse' in result) return { ...sent, failedStarts: sent.failedStarts + 1, silent: true, commandsOver: false };
  const known = withMemory(sent, operation, result.memory);
  if ('answer' in result && runs(result.answer))
    return { ...known, running: true, seen: result.answer.after, silent: false };
  const silent = 'over' in result || result.answer.result === 'late' || result.answer.result === 'stale';
  const seenFence = 'answer' in result && result.answer.result === 'stale' ? result.answer.fence : known.seenFence;
  return {
    ...known,
    seenFence,
    silent,
    failedStarts: known.failedStarts + 1,
    commandsOver: known.commandsOver && !silent,
  };
}

const runs = ({ result, after }: NodeAnswer): boolean =>
  result === 'done' && after !== null && after.clients.every(({ state }) => state === 'running');

const reasonOf = ({ result, reason }: NodeAnswer): string => `${result}: ${reason ?? 'the node gave no reason'}`;

function afterReconcile(progress: Progress, operation: SnapshotOperation, result: Results['reconcile']): Progress {
  if ('lost' in result) return { ...progress, lost: true };
  const known = { ...progress, reconciled: true };
  if ('none' in result) {
    const reason =
      'the answer to CreateSnapshots was lost, and it has not happened: there is no snapshot, and the client runs again';
    return giveUp(known, failing('snapshot-failed', reason, false));
  }
  const found = withMemory(known, operation, result.memory);
  const { upSinceMs } = result.memory;
  if (upSinceMs === null || result.lastStartedAtMs > upSinceMs - CLOCKS_APART_MS)
    return spoil(
      found,
      'the answer to CreateSnapshots was lost, and when it took effect the client may have run again',
    );
  return result.whole ? found : spoil(found, NOT_WHOLE);
}
