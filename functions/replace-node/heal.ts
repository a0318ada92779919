// One attempt at a node: the claim, the plan or the question where the mode wants one, the lease, the ladder act by act, and the release. The engine
// of shared/heal runs it; decide.ts chooses the next act of the ladder.
import { logWarn } from '../../shared/aws/log.ts';
import { templateChange } from '../../shared/guardrails/drift.ts';
import { ownerOf } from '../../shared/guardrails/owner.ts';
import { type Approval, changedTerms } from '../../shared/heal/approval.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { leaveReplacement, type Reserved, spentReplacements, takeTurn } from '../../shared/heal/budgets.ts';
import { type Claimed, claimAttempt, type Leased, takeLease } from '../../shared/heal/claim.ts';
import { briefStep, mostPolls, poll, turnAt } from '../../shared/heal/context.ts';
import type { ActOf, ActTable, End, Failure, Heal } from '../../shared/heal/engine.ts';
import { newNode, unsettled } from '../../shared/heal/lease.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import { busy, type Ending, failed, notBegun, refused, releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import { pageIncident } from '../../shared/heal/page-incident.ts';
import { takenBy } from '../../shared/heal/ticket.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import { handBack, leavesUnspent, type Performed } from './acts/act.ts';
import { doesRecover, type Act as LadderAct, performAct, statusAfterAct } from './acts/table.ts';
import { decide } from './decide.ts';
import { type Facts, readFacts } from './facts.ts';
import { giveBackInstead } from './give-back.ts';
import { ladderOf, needsOf } from './ladder.ts';
import { readLaunch } from './launch.ts';
import { exceededBy, keepsTurn, mayWait, needsTurn, permit, settlesWith } from './permission.ts';
import { type LadderPlan, needsOfPlan, type Planned, planOf, planOn, stateOf, waitingText } from './plan.ts';
import { leaseReplacementAgain } from './replacement-lease.ts';
import { type Decision, ended, type End as LadderEnd } from './rungs/rung.ts';
import {
  type Leases,
  madeVolumes,
  type NodeStatus,
  newLeases,
  type Permitted,
  type ReplaceActContext,
  type ReplaceContext,
  withLeased,
  withReplacement,
} from './state.ts';

/** On the ladder: what the next decision needs in addition to the facts. */
export interface Climbing {
  readonly at: 'ladder';
  readonly turns: number;
  /** null only before the node was first asked. */
  readonly state: LadderState | null;
  readonly status: NodeStatus;
  readonly leases: Leases;
  readonly permitted: Permitted;
  /** What attempts before this one had tried. */
  readonly triedBefore: number;
}

interface Conclusion {
  readonly ending: Ending;
  /** Whether a step that keeps failing can still be recorded as the end of the attempt. */
  readonly mayGiveUp: boolean;
}

interface Acts {
  readonly claim: { readonly args: object; readonly result: Claimed };
  /** What an earlier attempt has left half done; null where nothing is to be settled. */
  readonly 'left-open': { readonly args: object; readonly result: { readonly settles: Permitted } };
  /** approved: the plan that a person has approved, perhaps hours ago. */
  readonly plan: {
    readonly args: { readonly approved: LadderPlan | null };
    readonly result: Planned;
  };
  readonly ask: { readonly args: { readonly plan: LadderPlan }; readonly result: Approval };
  readonly lease: { readonly args: { readonly permitted: Permitted }; readonly result: Leased };
  readonly inherit: {
    readonly args: { readonly leases: Leases; readonly permitted: Permitted };
    readonly result: LadderState | null;
  };
  /** Our fence of the replacement must be higher than that of the attempt that launched it; otherwise nothing is sent to it. */
  readonly 'lease-replacement': {
    readonly args: { readonly from: Climbing; readonly instanceId: string };
    readonly result: Leased;
  };
  /** A rung that is continued needs the fleet's turn again: an attempt that ends before the node is affected gives the turn back. */
  readonly turn: { readonly args: { readonly from: Climbing; readonly mayWait: boolean }; readonly result: Reserved };
  readonly climb: { readonly args: { readonly from: Climbing; readonly act: LadderAct }; readonly result: Performed };
  /** Another execution has the lease, or the table has forgotten ours. What this one had made is told: no record names it any more. */
  readonly 'tell-lost': { readonly args: { readonly from: Climbing }; readonly result: undefined };
  /** A rung that did nothing: it is not under way any more when the attempt ends, and its place in the budgets is given back. */
  readonly 'hand-back': {
    readonly args: { readonly from: Climbing; readonly ending: Ending };
    readonly result: { readonly lost: boolean };
  };
  /** A step kept failing. What was begun stays in the record: the next attempt continues from there. */
  readonly 'give-up': {
    readonly args: { readonly leases: Leases; readonly failure: Failure };
    readonly result: { readonly begun: boolean };
  };
  readonly proof: { readonly args: { readonly from: Climbing; readonly ending: Ending }; readonly result: undefined };
  readonly conclude: {
    readonly args: Conclusion & { readonly leases: Leases | null };
    readonly result: { readonly written: boolean };
  };
  readonly release: { readonly args: Conclusion & { readonly leases: Leases }; readonly result: undefined };
}

type Act<Name extends keyof Acts = keyof Acts> = ActOf<Acts, Name>;
type State = Act | End | Climbing;

/** Three days of initializing and five of catching up take some 800 turns, of two to six operations each; an execution has 3,000. */
const MAX_TURNS = 900;
/** Turns from the claim to the ladder, and from its end to the release. */
const OTHER_TURNS = 20;
const MINUTE_MS = 60_000;
/** More than the longest command (2.5 h), from its sending to the latest moment at which it may still run. */
const COMMANDS_OVER_WITHIN_MS = 180 * MINUTE_MS;
const NOTHING_SEEN: NodeStatus = { seen: null, unanswered: null };
/** For a plan: nothing is sent to the node. */
const UNASKED = { ...NOTHING_SEEN, openUntilMs: null };
/** What was begun is proved or put away, and nothing new is begun. */
const NOTHING = { rungs: [], source: null } as const;
/** This execution may not decide how the attempt ends. */
const NO_MORE: End = { do: 'end', ending: null };

const ACTS: ActTable<ReplaceActContext, Pick<ReplacePayload, 'mode'>, State, Acts> = {
  claim: {
    execute: (context) => context.step('claim', () => claimAttempt(context)),
    reduce: (_state, _act, claimed) => ('end' in claimed ? NO_MORE : { do: 'left-open' }),
    abandon: unrecorded,
  },

  'left-open': {
    execute: (context) => context.step('left-open', () => leftOpen(context)),
    // What was left half done is finished without a question.
    reduce: (_state, _act, { settles }, { mode }) =>
      mode === 'act' || settles
        ? { do: 'lease', permitted: mode === 'act' ? null : settles }
        : { do: 'plan', approved: null },
    abandon: unrecorded,
  },

  plan: {
    execute: async (context) => {
      const plan = await context.step('plan', () => makePlan(context));
      if (context.payload.mode === 'plan' && 'terms' in plan) await notePlan(context, plan);
      return plan;
    },
    reduce: (_state, { approved }, plan, { mode }) => {
      if ('refusal' in plan) return concluding(refused(plan.refusal), null);
      if ('well' in plan) return concluding({ outcome: 'healed', reason: plan.well }, null);
      if ('end' in plan) return concluding(endingOf(plan.end), null);
      if ('settles' in plan) return { do: 'lease', permitted: NOTHING };
      if (mode === 'plan') return concluding({ outcome: 'planned', reason: plan.sentence, plan: plan.words }, null);
      if (approved === null) return { do: 'ask', plan };
      // Hours may have gone by: only what was approved is done, or nothing.
      const since = changedTerms(approved.terms, plan.terms);
      return since === null
        ? { do: 'lease', permitted: { rungs: approved.rungs, source: approved.source } }
        : concluding(refused(exceededBy(`the plan has changed since it was approved: ${since}`)), null);
    },
    abandon: unrecorded,
  },

  ask: {
    execute: (context, _state, { plan: { sentence, words, terms, evidence } }) =>
      askPerson(context, { sentence, words, terms, guardrails: evidence.guardrails, evidence }),
    reduce: (_state, { plan }, answered) =>
      'approved' in answered
        ? { do: 'plan', approved: plan }
        : plan.holds
          ? { do: 'lease', permitted: { ...NOTHING, refusal: answered } }
          : concluding(refused(answered), null),
    abandon: unrecorded,
  },

  lease: {
    execute: (context) => context.step('lease', () => takeLease(context, 'replace')),
    reduce: (_state, { permitted }, leased) =>
      'busy' in leased
        ? concluding(busy(leased.busy), null)
        : { do: 'inherit', leases: newLeases(leased.holder, leased.openUntilMs), permitted },
    abandon: unrecorded,
  },

  inherit: {
    execute: (context) => context.step('inherit', () => inherit(context)),
    reduce: (_state, { leases, permitted }, state) => {
      const triedBefore = triesOf(state);
      const from: Climbing = { at: 'ladder', turns: 0, state, status: NOTHING_SEEN, leases, permitted, triedBefore };
      const { instanceId = '' } = state?.replacement ?? {};
      return instanceId === '' ? resumed(from) : { do: 'lease-replacement', from, instanceId };
    },
    abandon: unrecorded,
  },

  'lease-replacement': {
    execute: async (context, _state, { from, instanceId }) => {
      const take = () => leaseReplacementAgain(context, instanceId, from.leases.holder);
      const leased = await context.step('lease-replacement', take);
      if (!('busy' in leased)) return leased;
      // An attempt that died may have sent it a command that still runs. That is waited for here: another attempt could only wait as well.
      const taken = await poll(context, mostPolls(COMMANDS_OVER_WITHIN_MS), async () => {
        const again = await take();
        return 'busy' in again ? null : again;
      });
      return taken ?? leased;
    },
    reduce: (_state, { from }, leased) => {
      if ('busy' in leased) {
        const reason = `${leased.busy} holds the new instance`;
        return concluding(refused({ refuse: 'busy', reason, page: false, retryAfterMs: 5 * MINUTE_MS }), from.leases);
      }
      const state = from.state && withReplacement(from.state, { fence: leased.holder.fence });
      return resumed({ ...from, state, leases: withLeased(from.leases, state) });
    },
    abandon: unrecorded,
  },

  turn: {
    execute: (context, _state, { from }) => context.step('turn', () => takeTurn(context, from.state?.rung === 'swap')),
    reduce: (_state, { from, mayWait: waits }, taken) =>
      'refuse' in taken && waits ? concluding(refused(taken), from.leases) : from,
    abandon: unrecorded,
  },

  climb: {
    execute: (context, _state, { from: { state, leases }, act }) => performAct({ ...context, state, leases }, act),
    reduce: (_state, { from, act }, { result, leases, state }) => {
      if (result.is === 'lost') return { do: 'tell-lost', from: { ...from, state } };
      if (result.is === 'refused') {
        const instead = giveBackInstead({ refused: act, why: result.refusal.refuse }, from.state, from.status);
        if (instead) return { do: 'climb', from: { ...from, turns: from.turns + 1, state, leases }, act: instead };
        return concluding(
          withTries(refused(refusalOf(act, result.refusal, from.state)), { ...from, state }),
          leases,
          true,
        );
      }
      const status = statusAfterAct(act, from.status, result);
      return { ...from, turns: from.turns + 1, state, status, leases: withLeased(leases, state) };
    },
    abandon: (_state, { from }, failure) => givingUp(from.leases, failure),
  },

  'tell-lost': {
    execute: (context, _state, { from: { state } }) => context.step('tell-lost', () => tellLost(context, state)),
    reduce: () => NO_MORE,
    abandon: unrecorded,
  },

  'hand-back': {
    execute: async (context, _state, { from: { state, leases } }) => ({
      lost: leavesUnspent(state) && 'lost' in (await handBack({ ...context, state, leases }, state)),
    }),
    reduce: (_state, { from, ending }, { lost }) => (lost ? NO_MORE : concluding(ending, from.leases, true)),
    abandon: (_state, { from }, failure) => givingUp(from.leases, failure),
  },

  'give-up': {
    // The record knows what was intended in the turn that failed; the turn itself does not.
    execute: (context) => context.step('begun', async () => ({ begun: await hasBegun(context) })),
    reduce: (_state, { leases, failure: { message, throttled, isAws } }, { begun }) => {
      const ending =
        begun && !isAws
          ? failed('step-failed', message, { page: true, retryAfterMs: MINUTE_MS })
          : notBegun(message, throttled);
      return concluding(ending, { ...leases, commandsOver: false });
    },
    abandon: unrecorded,
  },

  proof: {
    execute: (context, _state, { from, ending }) => context.step('proof', () => noteProof(context, from, ending)),
    reduce: (_state, { from, ending }) => concluding(ending, from.leases, true),
    abandon: (_state, { from }, failure) => givingUp(from.leases, failure),
  },

  conclude: {
    execute: (context, _state, { ending, leases }) =>
      context.step('conclude', () =>
        writeOutcome(context, ending, context.place, leases !== null && leases.ordinals.original > 0),
      ),
    reduce: (_state, { leases, ...conclusion }) =>
      leases ? { ...conclusion, do: 'release', leases } : { do: 'end', ending: conclusion.ending },
    abandon: afterConclusion,
  },

  release: {
    execute: (context, _state, { ending, leases }) => release(context, ending, leases),
    reduce: (_state, { ending }) => ({ do: 'end', ending }),
    abandon: afterConclusion,
  },
};

/** No lease is held yet, or the attempt has already been given up: the execution fails. */
function unrecorded(): null {
  return null;
}

/** One attempt at a node, as the engine runs it. */
export const REPLACE_NODE: Heal<ReplaceContext, Pick<ReplacePayload, 'mode'>, State, Acts> = {
  start: { do: 'claim' },
  turnLimit: MAX_TURNS + OTHER_TURNS,
  acts: ACTS,
  decide: (state, context) => ('do' in state ? state : nextOnLadder(context, state)),
  undecided: (state, failure) => ('do' in state ? null : givingUp(state.leases, failure)),
};

const concluding = (ending: Ending, leases: Leases | null, mayGiveUp = false): Act<'conclude'> => ({
  do: 'conclude',
  ending,
  leases,
  mayGiveUp,
});

const givingUp = (leases: Leases, failure: Failure): Act<'give-up'> => ({ do: 'give-up', leases, failure });

function afterConclusion(_state: State, act: Act<'conclude' | 'release'>, failure: Failure): State | null {
  return act.mayGiveUp && act.leases ? givingUp(act.leases, failure) : null;
}

const resumed = (from: Climbing): State =>
  from.state && needsTurn(from.state) ? { do: 'turn', from, mayWait: mayWait(from.state) } : from;

const triesOf = (state: LadderState | null): number => (state ? state.failed.length + state.tried.length : 0);

/** Where what gives a client back is refused, the page says that it may be down. */
const refusalOf = (act: LadderAct, refusal: Refusal, state: LadderState | null): Refusal =>
  refusal.page && state !== null && doesRecover(act, state) && takenBy(state).some(({ taken }) => taken === 'clients')
    ? { ...refusal, reason: `its client may be stopped, and cannot be started: ${refusal.reason}` }
    : refusal;

/** A yes does not stand for what this attempt has tried. */
const withTries = (ending: Ending, { state, triedBefore }: Pick<Climbing, 'state' | 'triedBefore'>): Ending =>
  ending.outcome === 'refused' && triesOf(state) > triedBefore ? { ...ending, hasTried: true } : ending;

/** People are told with the reason of what was made for the node: it waits for the next attempt, and costs meanwhile. */
const withMade = (ending: Ending, state: LadderState | null): Ending =>
  ending.outcome === 'refused' && !ending.leavesNothing && state !== null
    ? { ...ending, reason: `${ending.reason}${waitingText(state)}` }
    : ending;

async function nextOnLadder(context: ReplaceActContext, from: Climbing): Promise<Act> {
  if (from.turns >= MAX_TURNS)
    return givingUp(from.leases, { message: `no end after ${MAX_TURNS} turns`, throttled: false, isAws: false });
  const decision = await decideInTime(context, from);
  if (decision.do !== 'end') return { do: 'climb', from, act: decision };
  const ending = withTries(withMade(endingOf(decision.end), from.state), from);
  if (ending.outcome === 'healed') return { do: 'proof', from, ending };
  return leavesUnspent(from.state) ? { do: 'hand-back', from, ending } : concluding(ending, from.leases, true);
}

/** What AWS does not tell is waited for; and where a client is down meanwhile that a command brings back, it is brought back first. */
async function decideInTime(context: ReplaceActContext, from: Climbing): Promise<Decision> {
  const decide = () => decideNext(context, from);
  const instead = giveBackInstead({ refused: null, why: 'AWS does not answer' }, from.state, from.status);
  if (instead === null) return context.step('decide', decide);
  return briefStep(context, 'decide', decide).catch((error: unknown) => {
    logWarn({
      problem: 'nothing can be decided now, and a client that is down for this heal is brought back',
      error: String(error),
    });
    return instead;
  });
}

async function decideNext(context: ReplaceContext, { state, status, leases, permitted }: Climbing): Promise<Decision> {
  const facts = await readFacts(context, state, { ...status, openUntilMs: leases.openUntilMs }, needsOf);
  if ('refuse' in facts) return ended({ as: 'refused', refusal: facts });
  return permit(withChanges(decide(facts, state), facts, state), facts, state, permitted);
}

/** What is other than before, and has to be changed where people keep it: in a template, or wherever the node's public address is known. */
function withChanges(decision: Decision, facts: Facts, state: LadderState | null): Decision {
  if (decision.do !== 'end' || decision.end.as !== 'healed' || !state) return decision;
  const changes = [templateChangeOf(facts, state), addressChangeOf(facts, state)].filter((change) => change !== null);
  if (changes.length === 0) return decision;
  return ended({ ...decision.end, reason: `${decision.end.reason}. To be changed: ${changes.join('; ')}` });
}

/** The owner of a template has to change the instance and the volumes there, or the next deployment undoes the heal. */
function templateChangeOf(
  { fleet, original }: Facts,
  { found, restoredVolumes, replacement }: LadderState,
): string | null {
  if (!original) return null;
  return templateChange(ownerOf(fleet.owner.by, original.instance.tags), {
    instance: { from: found.instanceId, to: replacement?.instanceId || found.instanceId },
    volumes: found.volumes.map(({ role, volumeId, device }, at) => ({
      role,
      from: volumeId,
      to: restoredVolumes?.volumes[at]?.volumeId ?? volumeId,
      device: restoredVolumes?.volumes[at]?.device ?? device,
    })),
  });
}

/** EC2 gives another public address at the next start; peers, firewalls and the client's own settings may name the one before. */
function addressChangeOf({ original, replacement }: Facts, { found: { lostAddress } }: LadderState): string | null {
  const now = (replacement ?? original)?.instance.publicIp?.ip;
  if (lostAddress === undefined || now === lostAddress) return null;
  return `its public address was ${lostAddress} and is ${now ?? 'none'} now, also where its client announces it (externalip, --nat extip)`;
}

/** The ending of a ladder in records, journal and page. */
function endingOf(end: LadderEnd): Ending {
  switch (end.as) {
    case 'healed':
      return { outcome: 'healed', reason: end.reason };
    case 'refused':
      return { ...refused(end.refusal), ...(end.leavesNothing && { leavesNothing: true }) };
    case 'failed':
      return failed(end.code, end.reason, { page: true, retryAfterMs: end.retryAfterMs });
    case 'escalated':
      return {
        ...{ outcome: 'escalated', code: end.code, reason: end.reason, asFound: end.asFound },
        ...(end.unopened && { unopened: true }),
      };
  }
}

/** `settles` is null where nothing is to be settled, or all acts are permitted anyway. */
async function leftOpen({ store, payload }: ReplaceContext): Promise<{ readonly settles: Permitted }> {
  return { settles: settlesWith(await store.readNode(payload.instanceId), payload) ?? null };
}

/** By what the attempt will remember: what a person reads is what would be done next. */
async function makePlan(context: ReplaceContext): Promise<Planned> {
  const { store, payload } = context;
  const { operation } = (await store.readNode(payload.instanceId)) ?? { operation: null };
  const memory = operation?.kind === 'replace' && operation.incidentId === payload.incidentId ? operation.memory : null;
  const facts = await readFacts(context, memory, UNASKED, needsOfPlan);
  if ('refuse' in facts) return { refusal: facts };
  const state = memory ?? stateOf(facts);
  const withSources = state && !memory ? await readFacts(context, state, UNASKED, needsOfPlan) : facts;
  if ('refuse' in withSources) return { refusal: withSources };
  const { fleet, original } = withSources;
  const replaces = original !== null && ladderOf(withSources, state ?? { failed: [] }).includes('replace');
  const complete = replaces
    ? { ...withSources, launch: await readLaunch(context, fleet, original.instance) }
    : withSources;
  const spent = await spentReplacements(context, fleet, Date.now());
  return memory ? planOn(complete, memory, spent) : planOf(complete, spent);
}

const notePlan = ({ journal, place, step }: ReplaceActContext, { sentence, evidence }: LadderPlan): Promise<void> =>
  step('evidence', () => journal(`${place}-decision`, { atMs: Date.now(), kind: 'decision', sentence, evidence }));

/** What an earlier attempt remembered of the same incident; of another incident only what is still open. */
async function inherit({ store, payload }: ReplaceContext): Promise<LadderState | null> {
  const node = (await store.readNode(payload.instanceId)) ?? newNode(payload.fleet, payload.instanceId);
  if (node.operation?.kind !== 'replace') return null;
  return node.operation.incidentId === payload.incidentId || unsettled(node) ? node.operation.memory : null;
}

async function noteProof(
  { journal, place }: ReplaceActContext,
  { state }: Climbing,
  ending: Ending,
): Promise<undefined> {
  const rung = state?.rung ?? null;
  const sentence = ending.reason;
  await journal(`${place}-proof`, { atMs: Date.now(), kind: 'proof', sentence, evidence: { rung }, fields: { rung } });
}

/** Nothing is told where nothing was made. */
async function tellLost(context: ReplaceActContext, state: LadderState | null): Promise<undefined> {
  const instanceId = state?.replacement?.instanceId ?? '';
  const made = [
    ...(state?.restoredVolumes ? madeVolumes(state.restoredVolumes) : []).flatMap(({ volumeId }) =>
      volumeId ? [volumeId] : [],
    ),
    ...(instanceId === '' ? [] : [instanceId]),
  ];
  if (made.length === 0) return;
  const { payload, place } = context;
  const { node, incidentId, attempt } = payload;
  const sentence = `attempt ${attempt} of incident ${incidentId} lost the record of ${node} while it worked. It had made ${made.join(', ')}, and no later heal knows that. If the node does not use it, delete it by hand`;
  await pageIncident(context, payload, { code: 'lease-lost', sentence, place: `${place}-page` });
}

async function release(context: ReplaceActContext, ending: Ending, leases: Leases): Promise<undefined> {
  const { durable, place } = context;
  const { holder, seenFence, leased, clientUp } = leases;
  const commandsOver = leases.commandsOver && leases.openUntilMs === null;
  for (const { instanceId, fence, isAway } of leased) {
    const turn = { ...context, ...turnAt(durable, `${place}-${instanceId}`) };
    await releaseNode(turn, {
      ...{ holder: { execution: holder.execution, fence }, commandsOver, instanceId },
      clientUp: isAway ?? clientUp.replacement,
    });
  }
  const leavesNothing = ending.outcome === 'refused' && ending.leavesNothing === true;
  const isOver = ending.outcome === 'healed' || ending.outcome === 'escalated' || leavesNothing;
  await releaseNode(context, {
    holder,
    commandsOver,
    seenFence,
    clientUp: clientUp.original,
    ...(!isOver && { keepOperation: true as const }),
    before: async () => {
      if (isOver || !keepsTurn(await context.store.readNode(context.payload.instanceId)))
        await leaveReplacement(context);
    },
  });
}

/** Whether the client may be down because of us, or is up and not yet proved. */
async function hasBegun({ store, payload }: ReplaceContext): Promise<boolean> {
  const { operation } = (await store.readNode(payload.instanceId)) ?? { operation: null };
  return operation?.kind === 'replace' && operation.phase !== 'preparing';
}
