// The order in which a volume is grown, as a pure state machine: `effectOf` says what to do next, `advance` what its result means.
// The handler only performs effects; the explorer in test/model drives these same two functions through every fault it knows.

import { type Ending, refused } from '../../shared/heal/ending.ts';
import type { FailureCode } from '../../shared/model/guardrail-codes.ts';
import type { HealPayload } from '../../shared/model/payload.ts';
import { decideResize, type ResizeDecision } from './decide.ts';
import { beyondApproval, clientMustRun, foundOf, proofOf, sentenceOf, startsClient, wordsOf } from './proof.ts';
import type { Command, Effect, Goal, Held, Plan, Results, State } from './stages.ts';

export const start: State = { stage: 'claim' };

/** The one thing to do next. */
export function effectOf(state: State): Effect {
  switch (state.stage) {
    case 'claim':
      return { do: 'claim' };
    case 'survey':
      return { do: 'survey', seen: null };
    case 'ask':
      return { do: 'ask', plan: state.plan };
    case 'lease':
      return { do: 'lease' };
    case 'send':
      return {
        do: 'send',
        command: state.command,
        holder: state.holder,
        ordinal: state.ordinal,
        afterSeconds:
          state.goal.for === 'verify' && state.command.unit === 0 && startsClient(state.found) ? SETTLE_SECONDS : 0,
      };
    case 'await-command':
      return { do: 'await-command', commandId: state.commandId, operationId: `${state.holder.fence}.${state.ordinal}` };
    case 'observe':
      return { do: 'survey', seen: state.seen };
    case 'reserve':
      return { do: 'reserve', plan: state.plan, holder: state.holder };
    case 'intend':
      return { do: 'intend', plan: state.plan, holder: state.holder, atMs: state.atMs };
    case 'modify':
      return { do: 'modify', plan: state.plan, holder: state.holder, atMs: state.atMs };
    case 'reconcile':
      return { do: 'reconcile', plan: state.plan, atMs: state.atMs, interrupted: state.interrupted };
    case 'await-modification':
      return {
        do: 'await-modification',
        volumeId: state.plan.volumeId,
        toGiB: state.plan.toGiB,
        sinceMs: state.sinceMs,
      };
    case 'prove':
      return { do: 'prove', holder: state.holder, reason: state.reason };
    case 'conclude':
      return { do: 'conclude', ending: state.ending };
    case 'release':
      return {
        do: 'release',
        holder: state.held.holder,
        commandsOver: state.commandsOver,
        seenFence: state.seenFence ?? 0,
      };
    case 'end':
      return { do: 'end', ending: state.ending };
  }
}

/**
 * What the result of `effectOf(state)` leads to. `result` is that effect's entry of `Results`.
 * Every path that was granted the lease ends in `conclude` and `release`, or finds that the lease is lost and touches nothing more.
 */
export function advance(state: State, result: unknown, payload: Pick<HealPayload, 'mode'>): State {
  switch (state.stage) {
    case 'claim': {
      const claimed = result as Results['claim'];
      if ('end' in claimed) return { stage: 'end', ending: null };
      return payload.mode === 'act' ? { stage: 'lease', approved: null } : { stage: 'survey' };
    }
    case 'survey': {
      const facts = result as Results['survey'];
      const decision = 'refuse' in facts ? facts : decideResize(facts);
      if ('refuse' in decision) return concluding(refused(decision), null);
      if (decision.do === 'nothing') return concluding({ outcome: 'healed', reason: decision.reason }, null);
      return payload.mode === 'ask'
        ? { stage: 'ask', plan: decision }
        : concluding({ outcome: 'planned', reason: sentenceOf(decision), plan: wordsOf(decision) }, null);
    }
    case 'ask': {
      const answered = result as Results['ask'];
      return 'refuse' in answered ? concluding(refused(answered), null) : { stage: 'lease', approved: state.plan };
    }
    case 'lease': {
      const granted = result as Results['lease'];
      if ('busy' in granted) {
        const reason = `${granted.busy} holds the node`;
        return concluding({ outcome: 'refused', code: 'busy', reason, page: false, lookAgainMs: MINUTE_MS }, null);
      }
      const held = { holder: granted.holder, ordinal: 0, approved: state.approved, found: null };
      return sending(held, { operation: 'observe-node', unit: 0 }, { for: 'fence' });
    }
    case 'send': {
      const sent = result as Results['send'];
      if ('lost' in sent) return { stage: 'end', ending: null };
      // The step may have sent it before, and have been refused only when it was replayed.
      if ('refuse' in sent) return concluding(refused(sent), state, false);
      return {
        ...heldOf(state),
        stage: 'await-command',
        commandId: sent.commandId,
        unit: state.command.unit,
        goal: state.goal,
      };
    }
    case 'await-command':
      return afterCommand(state, result as Results['await-command']);
    case 'observe': {
      const facts = result as Results['survey'];
      if ('refuse' in facts) return concluding(refused(facts), state);
      return afterDecision(
        { ...state, found: foundOf(state.seen, facts.fleet.units.length, facts.clientOwed === true) },
        decideResize(facts),
      );
    }
    case 'reserve': {
      const reserved = result as Results['reserve'];
      if ('lost' in reserved) return { stage: 'end', ending: null };
      if ('refuse' in reserved) return concluding(refused(reserved), state);
      return { ...heldOf(state), stage: 'intend', plan: state.plan, atMs: reserved.atMs };
    }
    case 'intend': {
      const intended = result as Results['intend'];
      if ('lost' in intended) return { stage: 'end', ending: null };
      if ('refuse' in intended) return concluding(refused(intended), state);
      return { ...heldOf(state), stage: 'modify', plan: state.plan, atMs: state.atMs };
    }
    case 'modify': {
      const modified = result as Results['modify'];
      if ('lost' in modified) return { stage: 'end', ending: null };
      if ('interrupted' in modified)
        return {
          ...heldOf(state),
          stage: 'reconcile',
          plan: state.plan,
          atMs: state.atMs,
          interrupted: modified.interrupted,
        };
      if ('refuse' in modified) return concluding(refused(modified), state);
      return { ...heldOf(state), stage: 'await-modification', plan: state.plan, sinceMs: state.atMs };
    }
    case 'reconcile': {
      const reconciled = result as Results['reconcile'];
      if (reconciled.happened)
        return { ...heldOf(state), stage: 'await-modification', plan: state.plan, sinceMs: state.atMs };
      return concluding(
        failed(
          'modification-lost',
          `the volume is still ${state.plan.fromGiB} GiB, and the request can no longer take effect`,
        ),
        state,
      );
    }
    case 'await-modification': {
      const awaited = result as Results['await-modification'];
      if ('failed' in awaited) return concluding(failed('modification-failed', awaited.failed, true), state);
      return growing(state, state.plan, 0, 0);
    }
    case 'prove': {
      const proved = result as Results['prove'];
      if ('lost' in proved) return { stage: 'end', ending: null };
      return concluding({ outcome: 'healed', reason: state.reason }, state);
    }
    case 'conclude':
      return state.held
        ? { ...state, stage: 'release', held: state.held }
        : { stage: 'end', ending: (result as Results['conclude']).written ? state.ending : null };
    case 'release':
      return { stage: 'end', ending: state.ending };
    case 'end':
      return state;
  }
}

/** A step that kept failing. What may have been begun is left to the records: the attempt fails, its successor reads the truth. */
export function abandon(state: State, error: string, throttled = false): State {
  const held = 'holder' in state ? state : 'held' in state ? state.held : null;
  if (state.stage === 'modify')
    return { ...heldOf(state), stage: 'reconcile', plan: state.plan, atMs: state.atMs, interrupted: error };
  // Its ModifyVolume may still be served. The node is not given back but left to the sweep, which outwaits the request.
  if (state.stage === 'reconcile') return concluding(failed('step-failed', `reconcile: ${error}`, true), null);
  if (state.stage === 'conclude' || state.stage === 'release' || state.stage === 'end' || state.stage === 'claim')
    return { stage: 'end', ending: null };
  const reason = `${state.stage}: ${error}`;
  if (throttled)
    return concluding(refused({ refuse: 'throttled', reason, page: false, lookAgainMs: MINUTE_MS }), held, false);
  // AWS that answers with errors for half an hour must not use up the attempts of every full disk.
  if (!hasBegun(state))
    return concluding(refused({ refuse: 'unreadable', reason, page: true, lookAgainMs: 5 * MINUTE_MS }), held, false);
  return concluding(failed('step-failed', reason, true), held, false);
}

/** Whether anything of the node or its volume may have been changed already. */
function hasBegun(state: State): boolean {
  if (state.stage === 'send' || state.stage === 'await-command') return state.goal.for !== 'fence';
  return state.stage === 'await-modification' || state.stage === 'prove';
}

const MINUTE_MS = 60_000;
const SETTLE_SECONDS = 5;
/** A node that has acknowledged its fence and then leaves so many commands unanswered is left to a person. */
const MAX_SILENCES = 3;

function afterCommand(state: Extract<State, { stage: 'await-command' }>, answer: Results['await-command']): State {
  const { goal } = state;
  if ('over' in answer || answer.result === 'late') {
    const reason = 'over' in answer ? answer.over : `late: ${answer.reason ?? 'it was past its start-by'}`;
    // It may still be run: by an agent that was cut off, or by the copy that an earlier try of the step sent.
    if (goal.for === 'fence') return concluding(silent(reason), state, false);
    const silences = goal.silences + 1;
    if (silences >= MAX_SILENCES) return concluding(failed('command-unanswered', reason, true), state, false);
    return goal.for === 'grow'
      ? growing(state, goal.plan, state.unit, silences)
      : sending(state, { operation: 'observe-node', unit: state.unit }, { ...goal, silences });
  }
  if (answer.result !== 'done' || !answer.after) {
    const reason = `${answer.result}: ${answer.reason ?? 'the node gave no reason'}`;
    // A node that has seen higher fences than ours (an image of a healed node, a new table) is overtaken by the next grant.
    if (goal.for === 'fence') return { ...concluding(silent(reason), state), seenFence: answer.fence };
    return concluding(failed('command-failed', reason, answer.result === 'failed'), state);
  }
  switch (goal.for) {
    case 'fence':
      return { ...heldOf(state), stage: 'observe', seen: answer.after };
    case 'grow':
      return state.unit + 1 < (state.found?.units ?? 1) && startsClient(state.found)
        ? growing(state, goal.plan, state.unit + 1, goal.silences)
        : sending(
            state,
            { operation: 'observe-node', unit: 0 },
            { for: 'verify', plan: goal.plan, silences: goal.silences },
          );
    case 'verify': {
      const mustRun = clientMustRun(state.found);
      if (mustRun && answer.after.client === 'unknown' && goal.silences + 1 < MAX_SILENCES)
        return sending(
          state,
          { operation: 'observe-node', unit: state.unit },
          { ...goal, silences: goal.silences + 1 },
        );
      const proof = proofOf(goal.plan, answer.after, mustRun);
      if ('missing' in proof) return concluding(failed('not-proved', proof.missing, true), state);
      return state.unit + 1 < (state.found?.units ?? 1) && startsClient(state.found)
        ? sending(state, { operation: 'observe-node', unit: state.unit + 1 }, goal)
        : { ...heldOf(state), stage: 'prove', reason: proof.reason };
    }
  }
}

function afterDecision(held: Held, decision: ResizeDecision): State {
  if ('refuse' in decision) return concluding(refused(decision), held);
  if (decision.do === 'nothing') return { ...heldOf(held), stage: 'prove', reason: decision.reason };
  const beyond = beyondApproval(held.approved, decision);
  if (beyond)
    return concluding(
      { outcome: 'refused', code: 'approval-exceeded', reason: beyond, page: false, lookAgainMs: MINUTE_MS },
      held,
    );
  switch (decision.do) {
    case 'modify':
      return { ...heldOf(held), stage: 'reserve', plan: decision };
    case 'await-modification':
      return { ...heldOf(held), stage: 'await-modification', plan: decision, sinceMs: 0 };
    case 'grow-filesystem':
      return growing(held, decision, 0, 0);
  }
}

const sending = (held: Held, command: Command, goal: Goal): State => ({
  ...heldOf(held),
  ordinal: held.ordinal + 1,
  stage: 'send',
  command,
  goal,
});

const growing = (held: Held, plan: Plan, unit: number, silences: number): State =>
  sending(
    held,
    {
      operation: 'grow-filesystem',
      unit,
      volumeId: plan.volumeId,
      toGiB: plan.toGiB,
      startClient: startsClient(held.found),
      reason: plan.reason,
    },
    { for: 'grow', plan, silences },
  );

const concluding = (ending: Ending, held: Held | null, commandsOver = true): Extract<State, { stage: 'conclude' }> => ({
  stage: 'conclude',
  ending,
  held: held && heldOf(held),
  commandsOver,
});

const heldOf = ({ holder, ordinal, approved, found }: Held): Held => ({ holder, ordinal, approved, found });

const silent = (reason: string): Ending => ({
  outcome: 'refused',
  code: 'node-silent',
  reason,
  page: true,
  lookAgainMs: 5 * MINUTE_MS,
});

const failed = (code: FailureCode, reason: string, page = false): Ending => ({
  outcome: 'failed',
  code,
  reason,
  page,
  lookAgainMs: 5 * MINUTE_MS,
});
