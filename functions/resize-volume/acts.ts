// The acts that grow a full volume: one entry for each, with its execution, what its result leads to, and what follows when it keeps failing. The
// explorer in test/lab/explorers drives the same entries through every fault that it knows.
import type { Fleet } from '../../shared/fleet/model.ts';
import { decideResize, type PrunePlan, type ResizeDecision } from '../../shared/growth/decide.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { askPersonOfCommands } from '../../shared/heal/ask.ts';
import { proveBack } from '../../shared/heal/back-proof.ts';
import { claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import type { ActTable, End, Failure, Heal } from '../../shared/heal/engine.ts';
import { awaitNode, type NodeCommandInput, sendToNode } from '../../shared/heal/node-commands.ts';
import { busy, type Ending, failed, notBegun, refused, releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import { type Answer, type Observation, parseAnswer } from '../../shared/node-commands/answer.ts';
import { commandParameters, leastFilesystemBytes, overByMs } from '../../shared/node-commands/command.ts';
import { pathOf, readFacts } from './facts.ts';
import { awaitModification, modifyVolume, reconcileModification, writeIntent } from './modify.ts';
import {
  baselineOf,
  beyondApproval,
  clientMustRun,
  downIn,
  foundBefore,
  type GrowthPlan,
  hasStartedClient,
  isPaidFor,
  isStillFull,
  proofOf,
  questionOf,
  sentenceOf,
  startsClient,
  wordsOf,
} from './plan.ts';
import { beginPrune, endedBy, prune, runs, settledOnly, settlePrune, stoppedMeanwhile, wake } from './prune.ts';
import { leaveQueue, reserveGrowth, writeProof } from './reservation.ts';
import type { Act, Acts, Command, Goal, LeaseState, Pruning, ResizeActContext, ResizeContext, State } from './state.ts';

const MINUTE_MS = 60_000;
const AGAIN_MS = 5 * MINUTE_MS;
const SETTLE_SECONDS = 5;
/** A node that has acknowledged its fence and then leaves this many commands unanswered is left to a person. */
const MAX_SILENCES = 3;
/** ModifyVolume is made again so often after a server fault of EC2, each time once it is certain that it did not happen. */
const MAX_FAULTS = 5;
/** This execution may not decide how the attempt ends. */
const NO_MORE: End = { do: 'end', ending: null };

/** Every path from a granted lease ends in `conclude` and `release`, or finds the lease lost and touches nothing more. */
export const ACTS: ActTable<ResizeActContext, Pick<ResizePayload, 'mode'>, State, Acts> = {
  claim: {
    execute: (context) => context.step('claim', () => claimAttempt(context)),
    reduce: (_state, _act, claimed, { mode }) => {
      if ('end' in claimed) return NO_MORE;
      return mode === 'act' ? { do: 'lease', approved: null } : { do: 'survey' };
    },
    abandon: () => null,
  },

  survey: {
    execute: (context) => context.step('survey', () => readDecisionFacts(context, null)),
    reduce: (_state, _act, facts, { mode }) => {
      // Whatever the mode is now: a client that was stopped is brought up.
      if (!('refuse' in facts) && facts.prune?.isOpen === true)
        return { do: 'lease', approved: null, onlySettles: true };
      const decision = 'refuse' in facts ? facts : decideResize(facts);
      if ('refuse' in decision) return concluding(refused(decision), null);
      if (!('refuse' in facts) && isPaidFor(decision, facts))
        return { do: 'lease', approved: null, onlyFinishes: true };
      if (decision.do === 'nothing') return concluding({ outcome: 'healed', reason: decision.reason }, null);
      return mode === 'ask'
        ? { do: 'ask', plan: decision }
        : concluding(
            {
              ...{ outcome: 'planned', reason: sentenceOf(decision), plan: wordsOf(decision) },
              ...('numbers' in decision && { numbers: decision.numbers }),
            },
            null,
          );
    },
    abandon: (_state, act, failure) => beforeChange(act, null, failure),
  },

  ask: {
    execute: (context, _state, { plan }) => askPersonOfCommands(context, questionOf(plan)),
    reduce: (_state, { plan }, answered) =>
      'refuse' in answered ? concluding(refused(answered), null) : { do: 'lease', approved: plan },
    abandon: (_state, act, failure) => beforeChange(act, null, failure),
  },

  lease: {
    execute: (context) =>
      context.step('lease', () => takeLease(context, 'grow', context.payload.instanceId, openPruneOf)),
    reduce: (_state, { approved, onlySettles, onlyFinishes }, leased) => {
      if ('busy' in leased) return concluding(busy(leased.busy), null);
      const held: LeaseState = {
        ...{ holder: leased.holder, ordinal: 0, approved, found: null },
        ...(onlySettles && { onlySettles }),
        ...(onlyFinishes && { onlyFinishes }),
      };
      const { openUntilMs } = leased;
      if (leased.open) return waking(held, { ...leased.open, openUntilMs, starts: 0, upSinceMs: null, proof: null });
      if (onlySettles) return concluding(refused(settledOnly('its pruning')), held);
      return sending(held, { operation: 'observe-node', unit: 0 }, { for: 'fence' });
    },
    abandon: (_state, act, failure) => beforeChange(act, null, failure),
  },

  send: {
    execute: async (context, _state, act) => {
      if (act.afterSeconds > 0) await context.durable.wait(`${context.place}-settle`, { seconds: act.afterSeconds });
      return context.step('send', () => sendToNode(context, nodeCommand(context, act, Date.now()), context.place));
    },
    reduce: (_state, { held, command, goal }, sent) => {
      if ('lost' in sent) return NO_MORE;
      // The step may have sent the command before, and been refused only in its replay.
      if ('refuse' in sent)
        return goal.for === 'measure' ? settling(held, goal, null) : concluding(refused(sent), held, false);
      return { do: 'await-command', held, sent, unit: command.unit, goal };
    },
    abandon: afterCommandFailed,
  },

  'await-command': {
    execute: async (context, _state, { held, sent }) => {
      const operationId = `${held.holder.fence}.${held.ordinal}`;
      const input = { ...sent, operationId, parse: parseAnswer, sentenceOf: answerSentence };
      const awaited = await awaitNode(context, input);
      return 'answer' in awaited ? awaited.answer : awaited;
    },
    reduce: (_state, act, answer) => afterCommand(act, answer),
    abandon: afterCommandFailed,
  },

  observe: {
    execute: (context, _state, { seen }) => context.step('survey', () => readDecisionFacts(context, seen)),
    reduce: (_state, { held, seen }, facts) => {
      if ('refuse' in facts) return concluding(refused(facts), held);
      const found = baselineOf(seen, facts.fleet, facts);
      const decision = decideResize(facts);
      if (held.onlyFinishes && !('refuse' in decision) && decision.do !== 'nothing' && !isPaidFor(decision, facts))
        return concluding(refused(FINISHED_ONLY), held);
      return afterDecision({ ...held, found }, decision);
    },
    abandon: (_state, act, failure) => beforeChange(act, act.held, failure),
  },

  reserve: {
    execute: (context, _state, act) => context.step('reserve', () => reserveGrowth(context, act)),
    reduce: (_state, { held, plan }, reserved) => {
      if ('lost' in reserved) return NO_MORE;
      if ('refuse' in reserved) return concluding(refused(reserved), held);
      return { do: 'intend', held, plan, atMs: reserved.atMs };
    },
    abandon: (_state, act, failure) => beforeChange(act, act.held, failure),
  },

  intend: {
    execute: (context, _state, act) => context.step('intend', () => writeIntent(context, act)),
    reduce: (_state, { held, plan, atMs }, intended) => {
      if ('lost' in intended) return NO_MORE;
      if ('refuse' in intended) return concluding(refused(intended), held);
      return { do: 'modify', held, plan, atMs, faults: 0 };
    },
    abandon: (_state, act, failure) => beforeChange(act, act.held, failure),
  },

  modify: {
    execute: (context, _state, act) => modifyVolume(context, act),
    reduce: (_state, { held, plan, atMs, faults }, modified) => {
      if ('lost' in modified) return NO_MORE;
      if ('interrupted' in modified) return { do: 'reconcile', held, plan, atMs, faults, ...modified };
      // EC2 says that the volume is being modified, after a fault of its own: the call before took effect.
      if ('refuse' in modified && faults > 0 && modified.refuse === 'modification-in-progress')
        return { do: 'reconcile', held, plan, atMs, faults, interrupted: modified.reason, isFault: true };
      if ('refuse' in modified) return concluding(refused(modified), held);
      return { do: 'await-modification', held, plan, sinceMs: atMs };
    },
    abandon: (_state, { held, plan, atMs, faults }, { message }) => ({
      do: 'reconcile',
      ...{ held, plan, atMs, faults, interrupted: message },
    }),
  },

  reconcile: {
    execute: (context, _state, act) => reconcileModification(context, act),
    reduce: (_state, { held, plan, atMs, faults, isFault = false }, { happened }) => {
      if (happened) return { do: 'await-modification', held, plan, sinceMs: atMs };
      // The intent is still the same, and counts once: it did not happen.
      if (isFault && faults < MAX_FAULTS) return { do: 'modify', held, plan, atMs, faults: faults + 1 };
      const reason = `the volume is still ${plan.fromGiB} GiB, and the request can no longer take effect`;
      return concluding(failed('modification-lost', reason, { retryAfterMs: AGAIN_MS }), held);
    },
    // Its ModifyVolume may still be served. The node is not released but left to the sweep, which waits longer than the request can last.
    abandon: (_state, act, failure) => concluding(stepFailed(act, failure), null),
  },

  'await-modification': {
    execute: (context, _state, act) => awaitModification(context, act),
    reduce: (_state, { held, plan }, awaited) =>
      'failed' in awaited
        ? concluding(failed('modification-failed', awaited.failed, { page: true, retryAfterMs: AGAIN_MS }), held)
        : growing(held, plan, 0, 0),
    abandon: (_state, act, failure) => afterChange(act, act.held, failure),
  },

  'begin-prune': {
    execute: (context, _state, act) => beginPrune(context, act),
    reduce: (_state, { held, plan }, begun) => {
      if ('lost' in begun) return NO_MORE;
      if ('refuse' in begun) return concluding(refused(begun), held);
      if ('not' in begun) return unpruned(held, plan, begun.not);
      return { do: 'prune', held: { ...held, ordinal: held.ordinal + 1 }, plan };
    },
    abandon: (_state, act, failure) => beforeChange(act, act.held, failure),
  },

  prune: {
    execute: (context, _state, act) => prune(context, act),
    reduce: (_state, { held, plan }, told) => {
      if ('lost' in told) return NO_MORE;
      const of = prunedBy(plan);
      // The step may have sent the command before, and been refused only in its replay.
      if ('refuse' in told) return waking(held, { ...of, ended: { as: 'unknown', reason: told.reason } });
      const pruning: Pruning = { ...of, ended: endedBy(told.answer) };
      // Nothing was changed, and it stays down.
      if ('result' in told.answer && told.answer.fault === 'person')
        return { do: 'settle-prune', held, pruning: { ...pruning, isPersons: true }, seen: null };
      return 'result' in told.answer && runs(told.answer)
        ? { do: 'prove-back', held, pruning: { ...pruning, upSinceMs: told.atMs } }
        : waking(held, pruning);
    },
    abandon: (_state, { held, plan }, { message }) =>
      waking(held, { ...prunedBy(plan), ended: { as: 'unknown', reason: message } }),
  },

  wake: {
    execute: (context, _state, act) => wake(context, act),
    reduce: (_state, { held, pruning }, told) => {
      if ('lost' in told) return NO_MORE;
      if ('refuse' in told) return leavingOpen(refused(told), held);
      const { answer, atMs } = told;
      if ('result' in answer && runs(answer))
        return { do: 'prove-back', held, pruning: { ...pruning, upSinceMs: atMs } };
      const isSilent = 'over' in answer || answer.result === 'late';
      if (isSilent && atMs < (pruning.openUntilMs ?? 0)) return waking(held, pruning, BUSY_SECONDS);
      const starts = pruning.starts + 1;
      if (starts < MAX_SILENCES) return waking(held, { ...pruning, starts });
      const isHeard = 'result' in answer && answer.result === 'failed';
      const why = 'over' in answer ? answer.over : `${answer.result}: ${answer.reason ?? 'its client does not run'}`;
      const reason = `the client that was stopped for ${pruning.memory.command} is not up: ${why}`;
      return {
        ...leavingOpen(
          failed(isHeard ? 'command-failed' : 'command-unanswered', reason, { page: true, retryAfterMs: AGAIN_MS }),
          held,
        ),
        ...('result' in answer && answer.result === 'stale' && { seenFence: answer.fence }),
      };
    },
    abandon: (_state, act, failure) => leavingOpen(endingOf(act, failure), act.held),
  },

  'prove-back': {
    execute: (context, _state, { pruning: { upSinceMs, memory } }) =>
      proveBack(context, { upSinceMs, height: memory.height }),
    reduce: (_state, { held, pruning }, proof) => measuring(held, { ...pruning, proof }, 0),
    abandon: (_state, act, failure) => leavingOpen(endingOf(act, failure), act.held),
  },

  'settle-prune': {
    execute: (context, _state, act) => settlePrune(context, act),
    reduce: (_state, { held, pruning, seen }, settled) => {
      if ('lost' in settled) return NO_MORE;
      const { proof, memory, ended } = pruning;
      if (pruning.isPersons) return concluding(refused(stoppedMeanwhile(memory.command, ended)), held);
      if (proof === null || !('proved' in proof)) {
        const why = proof === null ? 'nobody has looked at it' : 'unproved' in proof ? proof.unproved : proof.unseen;
        return concluding(
          failed('not-proved', `after ${memory.command}: ${why}`, { page: true, retryAfterMs: AGAIN_MS }),
          held,
        );
      }
      if (held.onlySettles) return concluding(refused(settledOnly(memory.command)), held);
      return seen === null
        ? concluding(silent('it does not say how full its disk is'), held)
        : { do: 'observe', held, seen };
    },
    abandon: (_state, act, failure) => leavingOpen(endingOf(act, failure), act.held),
  },

  prove: {
    execute: (context, _state, act) => context.step('prove', () => writeProof(context, act)),
    reduce: (_state, { held, reason }, proved) =>
      'lost' in proved ? NO_MORE : concluding({ outcome: 'healed', reason }, held),
    abandon: (_state, act, failure) => afterChange(act, act.held, failure),
  },

  conclude: {
    execute: (context, _state, { ending, held }) =>
      context.step('conclude', () => writeOutcome(context, ending, context.place, held !== null && held.ordinal > 0)),
    reduce: (_state, { held, ...conclusion }, { written }) =>
      held ? { ...conclusion, do: 'release', held } : { do: 'end', ending: written ? conclusion.ending : null },
    abandon: () => null,
  },

  release: {
    execute: (context, _state, { ending, held: { holder, found }, commandsOver, seenFence, keepOperation }) => {
      const before = () => leaveQueue(context, false);
      const downBeforeFull = downIn(found, context.payload.incidentId);
      const input = {
        holder,
        commandsOver,
        seenFence,
        before,
        startsClient: hasStartedClient(found, ending),
        ...(downBeforeFull !== undefined && { downBeforeFull }),
        ...(keepOperation && { keepOperation }),
      };
      return releaseNode(context, input);
    },
    reduce: (_state, { ending }) => ({ do: 'end', ending }),
    abandon: () => null,
  },
};

export const START: Act<'claim'> = { do: 'claim' };

export const RESIZE: Heal<ResizeContext, Pick<ResizePayload, 'mode'>, State, Acts> = {
  start: START,
  // The longest way, with every reconciliation and a node of several units, is some 40 acts.
  turnLimit: 80,
  acts: ACTS,
  decide: (state) => state,
};

async function readDecisionFacts(context: ResizeContext, seen: Observation | null): Promise<Acts['survey']['result']> {
  const { clients, store, payload, environment } = context;
  const switches = await readSwitches({ clients, environment, store }, payload.fleet);
  if ('refuse' in switches) return switches;
  const sources = { ec2: clients.ec2, cloudwatch: clients.cloudwatch, store };
  return readFacts(sources, payload, switches.fleet, seen, Date.now());
}

function afterDecision(held: LeaseState, decision: ResizeDecision): State {
  if ('refuse' in decision) return concluding(refused(decision), held);
  if (decision.do === 'nothing') return { do: 'prove', held, reason: decision.reason };
  const reason = beyondApproval(held.approved, decision);
  if (reason)
    return concluding(refused({ refuse: 'approval-exceeded', reason, page: false, retryAfterMs: MINUTE_MS }), held);
  switch (decision.do) {
    case 'modify':
      return { do: 'reserve', held, plan: decision };
    case 'await-modification':
      return { do: 'await-modification', held, plan: decision, sinceMs: 0 };
    case 'grow-filesystem':
      return growing(held, decision, 0, 0);
    case 'prune':
      return { do: 'begin-prune', held, plan: decision };
  }
}

/** A full disk does not wait for its pruning. What a person has approved is not replaced by anything else. */
function unpruned(held: LeaseState, { instead }: PrunePlan, why: string): State {
  const reason = `not pruned: ${why}`;
  if (held.approved !== null)
    return concluding(refused({ refuse: 'cannot-be-spared', reason, page: false, retryAfterMs: AGAIN_MS }), held);
  return afterDecision(held, { ...instead, reason: `${instead.reason}; ${reason}` });
}

/** Nobody has asked for more, or said yes to it. The next attempt plans as the mode says. */
const FINISHED_ONLY: Refusal = {
  refuse: 'mode-changed',
  reason: 'what was paid for is finished, and the mode lets nothing more be begun',
  page: false,
  retryAfterMs: MINUTE_MS,
};

/** What an attempt before has left open. One that died before it could write what the node said leaves nobody knowing. */
function openPruneOf({ operation, pruned }: NodeRecord): { readonly open?: Pick<Pruning, 'memory' | 'ended'> } {
  const memory = operation?.kind === 'grow' && operation.phase === 'down' ? operation.prune : undefined;
  if (memory === undefined) return {};
  return { open: { memory, ended: pruned?.ended ?? CUT_OFF } };
}

const CUT_OFF = { as: 'unknown', reason: 'an attempt has ended in the middle of it' } as const;

const waking = (held: LeaseState, pruning: Pruning, afterSeconds = 0): Act<'wake'> => ({
  do: 'wake',
  held: { ...held, ordinal: held.ordinal + 1 },
  ...{ pruning, afterSeconds },
});

/** A node that is at the command of an attempt before answers nothing for two minutes: it is asked some twenty times in the longest of them. */
const BUSY_SECONDS = 300;

const prunedBy = ({ command, height }: PrunePlan): Omit<Pruning, 'ended'> => ({
  ...{ memory: { command, height }, starts: 0, openUntilMs: null, upSinceMs: null, proof: null },
});

const measuring = (held: LeaseState, pruning: Pruning, silences: number): Act<'send'> =>
  sending(held, { operation: 'observe-node', unit: 0 }, { for: 'measure', pruning, silences });

/** The client may be down: the record says so, and the next attempt brings it up. */
const leavingOpen = (ending: Ending, held: LeaseState): Act<'conclude'> => ({
  ...concluding(ending, held, false),
  keepOperation: true,
});

const endingOf = (act: Act, failure: Failure): Ending =>
  failure.isAws ? notBegun(`${act.do}: ${failure.message}`, failure.throttled) : stepFailed(act, failure);

const sending = (held: LeaseState, command: Command, goal: Goal): Act<'send'> => ({
  do: 'send',
  held: { ...held, ordinal: held.ordinal + 1 },
  command,
  goal,
  afterSeconds: goal.for === 'verify' && command.unit === 0 && startsClient(held.found) ? SETTLE_SECONDS : 0,
});

function growing(held: LeaseState, plan: GrowthPlan, unit: number, silences: number): Act<'send'> {
  const { volumeId, toGiB, reason } = plan;
  const startClient = startsClient(held.found);
  const command = { operation: 'grow-filesystem', unit, volumeId, toGiB, startClient, reason } as const;
  return sending(held, command, { for: 'grow', plan, silences });
}

const verifying = (held: LeaseState, goal: Extract<Goal, { readonly plan: GrowthPlan }>, unit: number): Act<'send'> =>
  sending(held, { operation: 'observe-node', unit }, { ...goal, for: 'verify' });

function nodeCommand(
  { payload, environment }: Pick<ResizeContext, 'payload' | 'environment'>,
  { command, goal, held: { holder, ordinal, onlyFinishes } }: Act<'send'>,
  sentAtMs: number,
): NodeCommandInput {
  const { operation, unit } = command;
  const { fence } = holder;
  const grows = command.operation === 'grow-filesystem' ? command : null;
  return {
    holder,
    ordinal,
    document: environment[grows ? 'GROW_FILESYSTEM_DOCUMENT' : 'OBSERVE_NODE_DOCUMENT'],
    overAtMs: overByMs({ operation, sentAtMs }),
    startsClientAtMs: grows?.startClient ? sentAtMs : undefined,
    ...(goal.for === 'measure' && { mayPutBack: true }),
    // The volume has its new size, by this attempt or one before: without its filesystem that is paid for and of no use.
    ...((onlyFinishes || ('plan' in goal && goal.plan.do === 'modify')) && { finishes: true }),
    intent: {
      sentence: grows
        ? `grow the filesystem to ${grows.toGiB} GiB: ${grows.reason}`
        : goal.for === 'measure'
          ? 'ask the node how full its disk is after its pruning'
          : 'ask the node, raising its fence',
      act: `SendCommand ${operation} ${fence}.${ordinal}`,
      evidence: command,
    },
    parameters: (fleet) =>
      commandParameters({
        operation,
        fence,
        ordinal,
        sentAtMs,
        path: pathOf(fleet, payload) ?? noSuchVolume(fleet, payload),
        volumeId: grows?.volumeId ?? '',
        runtime: fleet.units[unit]?.runtime,
        ...(grows && {
          minimumSizeBytes: leastFilesystemBytes(grows.toGiB),
          startClient: grows.startClient,
        }),
      }),
  };
}

function noSuchVolume({ name }: Fleet, { trigger }: Pick<ResizePayload, 'trigger'>): never {
  throw new Error(`fleet ${name} has no volume that ${trigger} is about`);
}

const answerSentence = ({ result, reason }: Answer): string => [result, reason].filter(Boolean).join(': ');

function afterCommand({ held, unit, goal }: Act<'await-command'>, answer: Acts['await-command']['result']): State {
  if ('silence' in answer && answer.silence && goal.for === 'fence')
    return concluding(refused(answer.silence), held, false);
  if ('over' in answer || answer.result === 'late')
    return unanswered(
      held,
      unit,
      goal,
      'over' in answer ? answer.over : `late: ${answer.reason ?? 'it was past its start-by'}`,
    );
  if (answer.result !== 'done' || !answer.after) {
    const reason = `${answer.result}: ${answer.reason ?? 'the node gave no reason'}`;
    // A node that has seen higher fences than ours (an image of a healed node, a new table): the next grant gets a higher fence.
    if (goal.for === 'fence') return { ...concluding(silent(reason), held), seenFence: answer.fence };
    if (goal.for === 'measure') return settling(held, goal, null);
    return concluding(
      failed('command-failed', reason, { page: answer.result === 'failed', retryAfterMs: AGAIN_MS }),
      held,
    );
  }
  const isLastUnit = unit + 1 >= (held.found?.units ?? 1) || !startsClient(held.found);
  // A larger filesystem is the act, and room on it the cure.
  if ('plan' in goal && isStillFull(goal.plan, answer.after, held.found))
    return { do: 'observe', held, seen: answer.after };
  switch (goal.for) {
    case 'fence':
      return { do: 'observe', held, seen: answer.after };
    case 'measure':
      return settling(held, goal, answer.after);
    case 'grow': {
      if (!isLastUnit) return growing(held, goal.plan, unit + 1, goal.silences);
      const since: LeaseState = { ...held, found: foundBefore(held.found, answer.before) };
      // The command looked at filesystem and client after it had grown. Only a client that it started is asked again: it has to stay up.
      const proof = startsClient(since.found) ? null : proofOf(goal.plan, answer.after, clientMustRun(since.found));
      return proof && 'reason' in proof
        ? { do: 'prove', held: since, reason: proof.reason }
        : verifying(since, goal, 0);
    }
    case 'verify': {
      const mustRun = clientMustRun(held.found);
      const silences = goal.silences + 1;
      if (mustRun && answer.after.client === 'unknown' && silences < MAX_SILENCES)
        return verifying(held, { ...goal, silences }, unit);
      const proof = proofOf(goal.plan, answer.after, mustRun);
      if ('missing' in proof)
        return concluding(failed('not-proved', proof.missing, { page: true, retryAfterMs: AGAIN_MS }), held);
      return isLastUnit ? { do: 'prove', held, reason: proof.reason } : verifying(held, goal, unit + 1);
    }
  }
}

/** The command may still run: through an agent that was cut off, or as the copy that an earlier try of the step sent. */
function unanswered(held: LeaseState, unit: number, goal: Goal, reason: string): State {
  if (goal.for === 'fence') return concluding(silent(reason), held, false);
  const silences = goal.silences + 1;
  if (goal.for === 'measure')
    return silences < MAX_SILENCES ? measuring(held, goal.pruning, silences) : settling(held, goal, null);
  if (silences >= MAX_SILENCES)
    return concluding(failed('command-unanswered', reason, { page: true, retryAfterMs: AGAIN_MS }), held, false);
  return goal.for === 'grow' ? growing(held, goal.plan, unit, silences) : verifying(held, { ...goal, silences }, unit);
}

const settling = (
  held: LeaseState,
  { pruning }: Extract<Goal, { readonly for: 'measure' }>,
  seen: Observation | null,
): Act<'settle-prune'> => ({ do: 'settle-prune', held, pruning, seen });

function afterCommandFailed(_state: State, act: Act<'send' | 'await-command'>, failure: Failure): State {
  if (act.goal.for === 'measure') return settling(act.held, act.goal, null);
  return act.goal.for === 'fence' ? beforeChange(act, act.held, failure) : afterChange(act, act.held, failure);
}

/** Steps kept failing while the node and its volume cannot have been changed. */
const beforeChange = (act: Act, held: LeaseState | null, { message, throttled }: Failure): State =>
  concluding(notBegun(`${act.do}: ${message}`, throttled), held, false);

/** What may have been begun is left to the records: the attempt fails, and the next attempt reads the truth. */
const afterChange = (act: Act, held: LeaseState, failure: Failure): State =>
  failure.isAws ? beforeChange(act, held, failure) : concluding(stepFailed(act, failure), held, false);

const stepFailed = (act: Act, { message }: Failure): Ending =>
  failed('step-failed', `${act.do}: ${message}`, { page: true, retryAfterMs: AGAIN_MS });

const concluding = (ending: Ending, held: LeaseState | null, commandsOver = true): Act<'conclude'> => ({
  do: 'conclude',
  ending,
  held,
  commandsOver,
});

const silent = (reason: string): Ending =>
  refused({ refuse: 'node-silent', reason, page: true, retryAfterMs: AGAIN_MS });
