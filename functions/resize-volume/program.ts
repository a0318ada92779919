// The order in which a volume is grown, as a pure state machine: `effectOf` says what to do next, `advance` what its result means.
// The handler only performs effects; the explorer in test/model drives these same two functions through every fault it knows.
import type { Answer, Observation } from '../../shared/documents/answer.ts';
import { leastFilesystemBytes } from '../../shared/documents/command.ts';
import type { FailureCode, GuardrailCode, PageCode } from '../../shared/guardrails/codes.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { HealPayload } from '../../shared/heal/records.ts';
import { decideResize, GIB, type GrowPlan, percentOf, type ResizeDecision, type ResizeFacts } from './decide.ts';

/** What was planned, whether or not EC2 must be asked for it. */
export type Plan = Exclude<ResizeDecision, { readonly refuse: GuardrailCode } | { readonly do: 'nothing' }>;

/** `unit` is the index of one of the fleet file's units: a node with an execution and a beacon client is asked about each. */
export type Command =
  | { readonly operation: 'observe-node'; readonly unit: number }
  | {
      readonly operation: 'grow-filesystem';
      readonly unit: number;
      readonly volumeId: string;
      readonly toGiB: number;
      readonly startClient: boolean;
      /** Why, for the journal: the plan's own words. */
      readonly reason: string;
    };

/** How an attempt ends, with everything that the records, the journal and a page need. */
export type Ending =
  | { readonly outcome: 'healed'; readonly reason: string }
  | { readonly outcome: 'planned'; readonly reason: string }
  | {
      readonly outcome: 'refused';
      readonly code: GuardrailCode;
      readonly reason: string;
      readonly page: boolean;
      readonly lookAgainMs: number;
    }
  | {
      readonly outcome: 'failed';
      readonly code: FailureCode;
      readonly reason: string;
      readonly page: boolean;
      readonly lookAgainMs: number;
    };

interface Held {
  readonly holder: Holder;
  /** Ordinal of the last command that was sent under this fence. */
  readonly ordinal: number;
  /** The plan that a person approved, in mode ask. */
  readonly approved: Plan | null;
  /** What the node was like when it acknowledged the fence. */
  readonly found: Found | null;
}

export interface Found {
  /** How many units the fleet file knows on a node. */
  readonly units: number;
  readonly client: Observation['client'];
  /** The filesystem was full, or had no inodes left, so that what does not run was stopped by that. */
  readonly full: boolean;
}

export type State =
  | { readonly stage: 'claim' }
  | { readonly stage: 'survey' }
  | { readonly stage: 'ask'; readonly plan: Plan }
  | { readonly stage: 'lease'; readonly approved: Plan | null }
  | ({ readonly stage: 'send'; readonly command: Command; readonly goal: Goal } & Held)
  | ({ readonly stage: 'await-command'; readonly commandId: string; readonly unit: number; readonly goal: Goal } & Held)
  | ({ readonly stage: 'observe'; readonly seen: Observation } & Held)
  | ({ readonly stage: 'reserve'; readonly plan: GrowPlan } & Held)
  | ({ readonly stage: 'intend'; readonly plan: GrowPlan; readonly atMs: number } & Held)
  | ({ readonly stage: 'modify'; readonly plan: GrowPlan; readonly atMs: number } & Held)
  | ({
      readonly stage: 'reconcile';
      readonly plan: GrowPlan;
      readonly atMs: number;
      readonly interrupted: string;
    } & Held)
  | ({ readonly stage: 'await-modification'; readonly plan: Plan; readonly sinceMs: number } & Held)
  | ({ readonly stage: 'prove'; readonly reason: string } & Held)
  | { readonly stage: 'conclude'; readonly ending: Ending; readonly held: Held | null; readonly commandsOver: boolean }
  | { readonly stage: 'release'; readonly ending: Ending; readonly held: Held; readonly commandsOver: boolean }
  | { readonly stage: 'end'; readonly ending: Ending | null };

/** What the command under way is for. */
export type Goal =
  | { readonly for: 'fence' }
  /** `silences`: how many of its commands have gone unanswered. Each is guarded by state, so another one does no harm. */
  | { readonly for: 'grow'; readonly plan: Plan; readonly silences: number }
  | { readonly for: 'verify'; readonly plan: Plan; readonly silences: number };

export type Effect =
  | { readonly do: 'claim' }
  | { readonly do: 'survey'; readonly seen: Observation | null }
  | { readonly do: 'ask'; readonly plan: Plan }
  | { readonly do: 'lease' }
  | {
      readonly do: 'send';
      readonly command: Command;
      readonly holder: Holder;
      readonly ordinal: number;
      /** A client that was just started is given so long to show that it stays up. */
      readonly afterSeconds: number;
    }
  | { readonly do: 'await-command'; readonly commandId: string; readonly operationId: string }
  | { readonly do: 'reserve'; readonly plan: GrowPlan; readonly holder: Holder }
  | { readonly do: 'intend'; readonly plan: GrowPlan; readonly holder: Holder; readonly atMs: number }
  | { readonly do: 'modify'; readonly plan: GrowPlan; readonly holder: Holder }
  /** Whether the modification that was intended at `atMs` happened: one that began before is another attempt's. */
  | { readonly do: 'reconcile'; readonly plan: GrowPlan; readonly atMs: number; readonly interrupted: string }
  | {
      readonly do: 'await-modification';
      readonly volumeId: string;
      readonly toGiB: number;
      /** One that began before is not the one that is awaited; 0 for somebody else's, which has begun already. */
      readonly sinceMs: number;
    }
  | { readonly do: 'prove'; readonly holder: Holder; readonly reason: string }
  | { readonly do: 'conclude'; readonly ending: Ending }
  | { readonly do: 'release'; readonly holder: Holder; readonly commandsOver: boolean; readonly proved: boolean }
  | { readonly do: 'end'; readonly ending: Ending | null };

/** A guard that refused inside the very step that would have mutated. */
export interface Guarded {
  readonly refuse: GuardrailCode;
  readonly reason: string;
  readonly page: boolean;
  readonly lookAgainMs: number;
}

export interface Results {
  readonly claim: { readonly mine: true } | { readonly end: string };
  readonly survey: ResizeFacts | Guarded;
  readonly ask: { readonly approved: true } | Guarded;
  readonly lease: { readonly holder: Holder } | { readonly busy: string };
  /** sent: at least once. lost: the lease is somebody else's, so nothing may be done or written any more. */
  readonly send: { readonly commandId: string } | Guarded | { readonly lost: true };
  /** over: it ended without an answer, or the moment has passed after which it can no longer run. */
  readonly 'await-command': Answer | { readonly over: string };
  readonly reserve: { readonly reserved: true; readonly atMs: number } | Guarded | { readonly lost: true };
  readonly intend: { readonly written: true } | Guarded | { readonly lost: true };
  /** interrupted: it may or may not have happened, now or later. */
  readonly modify: { readonly accepted: true } | Guarded | { readonly lost: true } | { readonly interrupted: string };
  readonly reconcile: { readonly happened: boolean };
  readonly 'await-modification': { readonly usable: true } | { readonly failed: string };
  readonly prove: { readonly written: true } | { readonly lost: true };
  readonly conclude: { readonly written: boolean };
  readonly release: { readonly done: true };
}

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
      return { do: 'modify', plan: state.plan, holder: state.holder };
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
        proved: state.ending.outcome === 'healed',
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
        : concluding({ outcome: 'planned', reason: sentenceOf(decision) }, null);
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
      return afterDecision({ ...state, found: foundOf(state.seen, facts.fleet.units.length) }, decideResize(facts));
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
        ? { stage: 'release', ending: state.ending, held: state.held, commandsOver: state.commandsOver }
        : { stage: 'end', ending: (result as Results['conclude']).written ? state.ending : null };
    case 'release':
      return { stage: 'end', ending: state.ending };
    case 'end':
      return state;
  }
}

/** A step that kept failing. What may have been begun is left to the records: the attempt fails, its successor reads the truth. */
export function abandon(state: State, error: string): State {
  const held = 'holder' in state ? state : 'held' in state ? state.held : null;
  if (state.stage === 'modify')
    return { ...heldOf(state), stage: 'reconcile', plan: state.plan, atMs: state.atMs, interrupted: error };
  // Its ModifyVolume may still be served. The node is not given back but left to the sweep, which outwaits the request.
  if (state.stage === 'reconcile') return concluding(failed('step-failed', `reconcile: ${error}`, true), null);
  if (state.stage === 'conclude' || state.stage === 'release' || state.stage === 'end' || state.stage === 'claim')
    return { stage: 'end', ending: null };
  return concluding(failed('step-failed', `${state.stage}: ${error}`, true), held, false);
}

const MINUTE_MS = 60_000;
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
    if (goal.for === 'fence') return concluding(silent(reason), state);
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

/** An approval holds for what was approved: the same volume, no more than that size. A smaller act needs no new question. */
function beyondApproval(approved: Plan | null, plan: Plan): string | null {
  if (!approved) return null;
  if (approved.volumeId !== plan.volumeId) return `approved for ${approved.volumeId}, now it would be ${plan.volumeId}`;
  if (plan.toGiB > approved.toGiB) return `approved up to ${approved.toGiB} GiB, now ${plan.toGiB} GiB are needed`;
  if (plan.do === 'modify' && approved.do !== 'modify')
    return 'approved for the filesystem only, now the volume must grow too';
  return null;
}

/** Grown is proved by the filesystem's own numbers and by a client that runs; one that a person had stopped stays stopped. */
export function proofOf(
  plan: Plan,
  after: Observation,
  clientMustRun: boolean,
): { readonly reason: string } | { readonly missing: string } {
  const sizeGiB = after.sizeBytes / GIB;
  if (after.sizeBytes < leastFilesystemBytes(plan.toGiB))
    return { missing: `the filesystem has ${sizeGiB.toFixed(0)} GiB, ${plan.toGiB} were planned` };
  if (clientMustRun && after.client !== 'running') return { missing: `the client is ${after.client}` };
  const percent = Math.floor((after.usedBytes / after.sizeBytes) * 100);
  return { reason: `filesystem ${Math.round(sizeGiB)} GiB, ${percent} % used; client ${after.client}` };
}

/** From here on a client that does not run is taken to have been stopped by the disk and not by a person. */
const FULL_PERCENT = 97;
const SETTLE_SECONDS = 5;

const foundOf = (seen: Observation, units: number): Found => ({
  units,
  client: seen.client,
  full:
    percentOf(seen) >= FULL_PERCENT ||
    (seen.inodesTotal > 0 && seen.inodesUsed * 100 >= seen.inodesTotal * FULL_PERCENT),
});

const startsClient = (found: Found | null): boolean => found?.full === true;

/** Nothing is asked of a client that the node could not tell of before. */
const clientMustRun = (found: Found | null): boolean =>
  found !== null && (found.client === 'running' || (found.full && found.client !== 'unknown'));

/** What would be done, a colon, and why. */
export function sentenceOf(plan: Plan): string {
  switch (plan.do) {
    case 'modify':
      return `grow ${plan.fromGiB} → ${plan.toGiB} GiB: ${plan.reason}`;
    case 'grow-filesystem':
      return `grow the filesystem to ${plan.toGiB} GiB: ${plan.reason}`;
    case 'await-modification':
      return `wait for EBS, then grow the filesystem to ${plan.toGiB} GiB: ${plan.reason}`;
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

const concluding = (ending: Ending, held: Held | null, commandsOver = true): State => ({
  stage: 'conclude',
  ending,
  held: held && heldOf(held),
  commandsOver,
});

const heldOf = ({ holder, ordinal, approved, found }: Held): Held => ({ holder, ordinal, approved, found });

const refused = ({ refuse: code, reason, page, lookAgainMs }: Guarded): Ending => ({
  outcome: 'refused',
  code,
  reason,
  page,
  lookAgainMs,
});

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

/** The code under which an ending pages, if it does. */
export const pageOf = (ending: Ending): PageCode | null =>
  (ending.outcome === 'refused' || ending.outcome === 'failed') && ending.page ? ending.code : null;
