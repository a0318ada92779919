// One attempt at a node: claim, the plan or the question where the mode wants one, the lease, and turn after turn until the ladder ends.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { isThrottling } from '../../shared/aws/refusals.ts';
import { templateChange } from '../../shared/guardrails/drift.ts';
import { changedTerms } from '../../shared/heal/approval.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { leaveReplacement, type Reserved, takeTurn } from '../../shared/heal/budgets.ts';
import { claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import { stepper } from '../../shared/heal/context.ts';
import { newNode, unsettled } from '../../shared/heal/lease.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import { type Ending, refused, releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Outcome, Performed, Sight } from './acts/act.ts';
import { type Act, performAct, seenAfterAct } from './acts/table.ts';
import { exceededBy, mayWait, needsTurn, type Permitted, permit, settlesWith } from './approval.ts';
import { type Course, firstCourse, type HealContext } from './context.ts';
import { type Facts, readFacts } from './facts.ts';
import { decide, ladderOf, needsOf } from './ladder.ts';
import { readLaunch } from './launch.ts';
import { planOf, stateOf } from './plan.ts';
import { type Decision, type End, ended } from './rungs/rung.ts';

/** Waiting for a day of catching up takes some four hundred turns, of two to six operations each; an execution has 3,000. */
const MAX_TURNS = 900;
const MINUTE_MS = 60_000;
const NOTHING_SEEN: Sight = { seen: null, silent: false };

export async function attempt(ctx: DurableContext, heal: HealContext): Promise<Ending | null> {
  const claimed = await stepper(ctx, '000')('claim', () => claimAttempt(heal));
  if ('end' in claimed) return null;
  const { settles } = await stepper(ctx, '000')('left-open', () => leftOpen(heal));
  // What an attempt before this one has left in the middle is brought to its end without a question.
  const approved =
    heal.payload.mode === 'act' ? { permitted: null } : settles ? { permitted: settles } : await planned(ctx, heal);
  if ('ending' in approved) {
    await stepper(ctx, '002')('conclude', () => writeOutcome(heal, approved.ending, '002'));
    return approved.ending;
  }
  const leased = await stepper(ctx, '003')('lease', () => takeLease(heal, 'replace'));
  if ('busy' in leased) {
    const ending = refused(busy(`${leased.busy} holds the node`, MINUTE_MS));
    await stepper(ctx, '004')('conclude', () => writeOutcome(heal, ending, '004'));
    return ending;
  }
  return turns(ctx, heal, firstCourse(leased.holder), approved.permitted);
}

const busy = (reason: string, retryAfterMs: number): Refusal => ({ refuse: 'busy', reason, page: false, retryAfterMs });

/** `settles` is null where nothing is to be settled, or all may be done anyway. */
async function leftOpen({ store, payload }: HealContext): Promise<{ readonly settles: Permitted }> {
  return { settles: settlesWith(await store.readNode(payload.fleet, payload.instanceId), payload) ?? null };
}

/** Mode plan says what would be done and ends; mode ask waits for a person's yes to this very plan. */
async function planned(
  ctx: DurableContext,
  heal: HealContext,
): Promise<{ readonly ending: Ending } | { readonly permitted: Permitted }> {
  const plan = await stepper(ctx, '001')('plan', () => makePlan(heal));
  if ('refusal' in plan) return { ending: refused(plan.refusal) };
  if ('well' in plan) return { ending: { outcome: 'healed', reason: plan.well } };
  if (heal.payload.mode === 'plan') {
    await stepper(ctx, '001')('evidence', () =>
      heal.journal('001-decision', {
        atMs: Date.now(),
        kind: 'decision',
        sentence: plan.sentence,
        evidence: plan.evidence,
      }),
    );
    return { ending: { outcome: 'planned', reason: plan.sentence, plan: plan.words } };
  }
  const { sentence, words, terms, evidence } = plan;
  const question = { sentence, words, terms, guardrails: evidence.guardrails, evidence };
  const answer = await askPerson(ctx, stepper(ctx, '001'), heal, question, '001');
  if ('refuse' in answer) return { ending: refused(answer) };
  // Hours may have gone by: what was approved is what would be done now, or nothing is.
  const now = await stepper(ctx, '002')('plan-again', () => makePlan(heal));
  if ('refusal' in now) return { ending: refused(now.refusal) };
  if ('well' in now) return { ending: { outcome: 'healed', reason: now.well } };
  const since = changedTerms(terms, now.terms);
  return since === null
    ? { permitted: { rungs: plan.rungs, source: plan.source } }
    : { ending: refused(exceededBy(`the plan has changed since it was approved: ${since}`)) };
}

async function makePlan(heal: HealContext): Promise<ReturnType<typeof planOf>> {
  const facts = await readFacts(heal, null, NOTHING_SEEN, needsOf);
  if ('refuse' in facts) return { refusal: facts };
  const state = stateOf(facts);
  const withSources = state ? await readFacts(heal, state, NOTHING_SEEN, needsOf) : facts;
  if ('refuse' in withSources) return { refusal: withSources };
  const { fleet, original } = withSources;
  const replaces = original !== null && ladderOf(withSources, state ?? { failed: [] }).includes('replace');
  return planOf(replaces ? { ...withSources, launch: await readLaunch(heal, fleet, original.instance) } : withSources);
}

/** What a turn begins with. */
interface Turn {
  readonly state: LadderState | null;
  readonly sight: Sight;
  readonly course: Course;
}

async function turns(
  ctx: DurableContext,
  heal: HealContext,
  course: Course,
  permitted: Permitted,
): Promise<Ending | null> {
  const inherited = await inherit(ctx, heal);
  const state = inherited && (await leaseReplacement(ctx, heal, inherited));
  if (state && 'busy' in state) {
    const end: End = { as: 'refused', refusal: busy(`${state.busy} holds the new instance`, 5 * MINUTE_MS) };
    return finalize(ctx, heal, { state: inherited, sight: NOTHING_SEEN, course }, end, '006');
  }
  let turn: Turn = { state, sight: NOTHING_SEEN, course: withLeased(course, state) };
  const first = await turnAgain(ctx, heal, state);
  if ('refuse' in first) return finalize(ctx, heal, turn, { as: 'refused', refusal: first }, '007');
  for (let count = 0; count < MAX_TURNS; count++) {
    const place = String(count + 10).padStart(3, '0');
    try {
      const { state, sight, course } = turn;
      const decision = await stepper(ctx, place)('decide', () => decideNext(heal, turn, permitted));
      if (decision.do === 'end') return await finalize(ctx, heal, turn, decision.end, place);
      const { result, ...after } = await performAct({ ctx, heal, course, place, state }, decision);
      if (result.is === 'lost') return null;
      if (result.is === 'refused')
        return await finalize(ctx, heal, { sight, ...after }, { as: 'refused', refusal: result.refusal }, place);
      turn = nextTurn(sight, decision, result, after);
    } catch (error) {
      return giveUp(ctx, heal, turn, error, place);
    }
  }
  return giveUp(ctx, heal, turn, new Error(`no end after ${MAX_TURNS} turns`), '998');
}

const nextTurn = (
  sight: Sight,
  act: Act,
  outcome: Outcome,
  { state, course }: Pick<Performed, 'state' | 'course'>,
): Turn => ({ state, sight: seenAfterAct(act, sight, outcome), course: withLeased(course, state) });

function withLeased(course: Course, state: LadderState | null): Course {
  const { instanceId = '', fence = 0 } = state?.replacement ?? {};
  if (instanceId === '' || course.leased.some((one) => one.instanceId === instanceId)) return course;
  return { ...course, leased: [...course.leased, { instanceId, fence }] };
}

/** What an attempt before this one remembered of the same incident; of another incident only what is still open. */
async function inherit(ctx: DurableContext, { store, payload }: HealContext): Promise<LadderState | null> {
  return stepper(ctx, '005')('inherit', async () => {
    const node =
      (await store.readNode(payload.fleet, payload.instanceId)) ?? newNode(payload.fleet, payload.instanceId);
    if (node.operation?.kind !== 'replace') return null;
    return node.operation.incidentId === payload.incidentId || unsettled(node) ? node.operation.memory : null;
  });
}

/** The replacement that an attempt before this one has launched is held by a fence of that one: ours is higher, or nothing is sent to it. */
async function leaseReplacement(
  ctx: DurableContext,
  heal: HealContext,
  state: LadderState,
): Promise<LadderState | { readonly busy: string }> {
  const { replacement } = state;
  if (!replacement || replacement.instanceId === '') return state;
  const leased = await stepper(ctx, '006')('lease-replacement', () =>
    takeLease(heal, 'replace', replacement.instanceId),
  );
  return 'busy' in leased ? leased : { ...state, replacement: { ...replacement, fence: leased.holder.fence } };
}

/** A rung that is gone on with needs the fleet's turn as one that is taken does: an attempt that ends before the node feels anything gives it back. */
async function turnAgain(ctx: DurableContext, heal: HealContext, state: LadderState | null): Promise<Reserved> {
  if (!state || !needsTurn(state)) return { reserved: true };
  const taken = await stepper(ctx, '007')('turn', () => takeTurn(heal));
  return 'refuse' in taken && !mayWait(state) ? { reserved: true } : taken;
}

async function decideNext(heal: HealContext, { state, sight }: Turn, permitted: Permitted): Promise<Decision> {
  const facts = await readFacts(heal, state, sight, needsOf);
  if ('refuse' in facts) return ended({ as: 'refused', refusal: facts });
  return permit(withTemplateChange(decide(facts, state), facts, state), facts, state, permitted);
}

/** The owner of a template has to change the instance and the volumes there, or the next deployment undoes this. */
function withTemplateChange(decision: Decision, { original }: Facts, state: LadderState | null): Decision {
  if (decision.do !== 'end' || decision.end.as !== 'healed' || !state || !original) return decision;
  const { found, restoredVolumes, replacement } = state;
  const change = templateChange(original.instance.tags, {
    instance: { from: found.instanceId, to: replacement?.instanceId || found.instanceId },
    volumes: found.volumes.map(({ role, volumeId, device }, at) => ({
      role,
      from: volumeId,
      to: restoredVolumes?.volumes[at]?.volumeId ?? volumeId,
      device: restoredVolumes?.volumes[at]?.device ?? device,
    })),
  });
  if (change === null) return decision;
  return ended({ ...decision.end, reason: `${decision.end.reason}. To be changed: ${change}` });
}

async function finalize(
  ctx: DurableContext,
  heal: HealContext,
  turn: Turn,
  end: End,
  place: string,
): Promise<Ending | null> {
  const ending = endingOf(end);
  const at = `${place}-end`;
  const step = stepper(ctx, at);
  if (end.as === 'healed')
    await step('proof', () =>
      heal.journal(`${place}-proof`, {
        atMs: Date.now(),
        kind: 'proof',
        sentence: ending.reason,
        evidence: { rung: turn.state?.rung ?? null },
        fields: { rung: turn.state?.rung ?? null },
      }),
    );
  await step('conclude', () => writeOutcome(heal, ending, at));
  await release(ctx, heal, turn.course, ending, at);
  return ending;
}

/** What an end of the ladder is to records, journal and page. */
function endingOf(end: End): Ending {
  switch (end.as) {
    case 'healed':
      return { outcome: 'healed', reason: end.reason };
    case 'refused':
      return refused(end.refusal);
    case 'failed':
      return { outcome: 'failed', code: end.code, reason: end.reason, page: true, retryAfterMs: end.retryAfterMs };
    case 'escalated':
      return { outcome: 'escalated', code: end.code, reason: end.reason, asFound: end.asFound };
  }
}

/** A step that kept failing. What was begun stays in the record: the next attempt goes on from there. */
async function giveUp(
  ctx: DurableContext,
  heal: HealContext,
  { course }: Turn,
  error: unknown,
  place: string,
): Promise<Ending | null> {
  const reason = error instanceof Error ? error.message : String(error);
  const at = `${place}-given-up`;
  // The record knows what was intended in the very turn that failed; the turn itself does not.
  const { begun } = await stepper(ctx, at)('begun', async () => ({ begun: await hasBegun(heal) }));
  const ending: Ending = isThrottling(error)
    ? refused({ refuse: 'throttled', reason, page: false, retryAfterMs: MINUTE_MS })
    : begun
      ? { outcome: 'failed', code: 'step-failed', reason, page: true, retryAfterMs: MINUTE_MS }
      : refused({ refuse: 'unreadable', reason, page: true, retryAfterMs: 5 * MINUTE_MS });
  await stepper(ctx, at)('conclude', () => writeOutcome(heal, ending, at));
  await release(ctx, heal, { ...course, commandsOver: false }, ending, at);
  return ending;
}

async function release(
  ctx: DurableContext,
  heal: HealContext,
  { commandsOver, holder, seenFence, leased }: Course,
  ending: Ending,
  place: string,
): Promise<void> {
  const over = ending.outcome === 'healed' || ending.outcome === 'escalated';
  for (const { instanceId, fence } of leased) {
    const at = `${place}-${instanceId}`;
    const held = { execution: holder.execution, fence };
    await releaseNode(ctx, stepper(ctx, at), heal, { holder: held, commandsOver, instanceId }, at);
  }
  // The fleet's turn goes on with the attempt that settles what is open.
  await releaseNode(
    ctx,
    stepper(ctx, place),
    heal,
    {
      holder,
      commandsOver,
      seenFence,
      ...(!over && { keepOperation: true as const }),
      before: async () => {
        if (over || !(await hasBegun(heal))) await leaveReplacement(heal);
      },
    },
    place,
  );
}

/** Whether the client may be down because of us, or is up and not yet told of. */
async function hasBegun({ store, payload }: HealContext): Promise<boolean> {
  const { operation } = (await store.readNode(payload.fleet, payload.instanceId)) ?? { operation: null };
  return operation?.kind === 'replace' && operation.phase !== 'preparing';
}
