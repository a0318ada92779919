// One attempt at a node: claim, the plan or the question where the mode wants one, the lease, and turn after turn until the ladder ends.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { templateChange } from '../../shared/guardrails/drift.ts';
import { changedTerms } from '../../shared/heal/approval.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { leaveReplacement, type Reserved, takeTurn } from '../../shared/heal/budgets.ts';
import { claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import { type Ending, refused } from '../../shared/heal/ending.ts';
import { newNode, unsettled } from '../../shared/heal/lease.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import { stepper } from '../../shared/heal/steps.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { readLaunch } from './acts/launch.ts';
import { perform } from './acts/perform.ts';
import { decideNext, ladderOf } from './decide.ts';
import { endingOf } from './endings.ts';
import { readFacts } from './facts.ts';
import type { Act, Facts } from './model.ts';
import { memoryOf, planOf } from './plan.ts';
import { putsBack } from './putting-back.ts';
import { exceededBy, mayWait, needsTurn, type Permitted, permit, settlesWith } from './resuming.ts';
import type { Course, Tools } from './tools.ts';

/** Waiting for a day of catching up takes some four hundred turns, of two to six operations each; an execution has 3,000. */
const MAX_TURNS = 900;
const MINUTE_MS = 60_000;

export async function climb(ctx: DurableContext, tools: Tools): Promise<Ending | null> {
  const claimed = await stepper(ctx, '000')('claim', () => claimAttempt(tools));
  if ('end' in claimed) return null;
  const { settles } = await stepper(ctx, '000')('left-open', () => leftOpen(tools));
  // What an attempt before this one has left in the middle is brought to its end without a question.
  const approved =
    tools.payload.mode === 'act' ? { permitted: null } : settles ? { permitted: settles } : await planned(ctx, tools);
  if ('ending' in approved) {
    await stepper(ctx, '002')('conclude', () => writeOutcome(tools, approved.ending, '002'));
    return approved.ending;
  }
  const leased = await stepper(ctx, '003')('lease', () => takeLease(tools, 'replace'));
  if ('busy' in leased) {
    const ending = refused({
      refuse: 'busy',
      reason: `${leased.busy} holds the node`,
      page: false,
      lookAgainMs: MINUTE_MS,
    });
    await stepper(ctx, '004')('conclude', () => writeOutcome(tools, ending, '004'));
    return ending;
  }
  const course: Course = {
    holder: leased.holder,
    youngs: [],
    ordinals: { old: 0, young: 0 },
    commandsOver: true,
    seenFence: 0,
  };
  return turns(ctx, tools, course, approved.permitted);
}

/** `settles` is null where nothing is to be settled, or all may be done anyway. */
async function leftOpen({ store, payload }: Tools): Promise<{ readonly settles: Permitted }> {
  return { settles: settlesWith(await store.readNode(payload.fleet, payload.instanceId), payload) ?? null };
}

/** Mode plan says what would be done and ends; mode ask waits for a person's yes to this very plan. */
async function planned(
  ctx: DurableContext,
  tools: Tools,
): Promise<{ readonly ending: Ending } | { readonly permitted: Permitted }> {
  const plan = await stepper(ctx, '001')('plan', () => makePlan(tools));
  if ('refusal' in plan) return { ending: refused(plan.refusal) };
  if ('well' in plan) return { ending: { outcome: 'healed', reason: plan.well } };
  if (tools.payload.mode === 'plan') {
    await stepper(ctx, '001')('evidence', () =>
      tools.journal('001-decision', {
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
  const answer = await askPerson(ctx, stepper(ctx, '001'), tools, question, '001');
  if ('refuse' in answer) return { ending: refused(answer) };
  // Hours may have gone by: what was approved is what would be done now, or nothing is.
  const now = await stepper(ctx, '002')('plan-again', () => makePlan(tools));
  if ('refusal' in now) return { ending: refused(now.refusal) };
  if ('well' in now) return { ending: { outcome: 'healed', reason: now.well } };
  const since = changedTerms(terms, now.terms);
  return since === null
    ? { permitted: { rungs: plan.rungs, source: plan.source } }
    : { ending: refused(exceededBy(`the plan has changed since it was approved: ${since}`)) };
}

async function makePlan(tools: Tools): Promise<ReturnType<typeof planOf>> {
  const facts = await readFacts(tools, null, null, false);
  if ('refuse' in facts) return { refusal: facts };
  const memory = memoryOf(facts);
  const withSources = memory ? await readFacts(tools, memory, null, false) : facts;
  if ('refuse' in withSources) return { refusal: withSources };
  const { fleet, old } = withSources;
  const replaces = old !== null && ladderOf(withSources, memory ?? { failed: [] }).includes('replace');
  return planOf(replaces ? { ...withSources, launch: await readLaunch(tools, fleet, old.instance) } : withSources);
}

interface Turn {
  readonly memory: ReplaceMemory | null;
  readonly seen: NodeState | null;
  /** The node has left its first word unanswered: nothing more is sent to it. */
  readonly silent: boolean;
  readonly course: Course;
}

async function turns(ctx: DurableContext, tools: Tools, course: Course, permitted: Permitted): Promise<Ending | null> {
  const left = await inherited(ctx, tools);
  const memory = left && (await withYoung(ctx, tools, left));
  if (memory && 'busy' in memory)
    return end(ctx, tools, { memory: left, seen: null, silent: false, course }, busyEnd(memory.busy), '006');
  const first = await turnAgain(ctx, tools, memory);
  if ('refuse' in first)
    return end(
      ctx,
      tools,
      { memory, seen: null, silent: false, course: withYoungs(course, memory) },
      { do: 'end', end: { as: 'refused', refusal: first } },
      '007',
    );
  let turn: Turn = { memory, seen: null, silent: false, course: withYoungs(course, memory) };
  for (let count = 0; count < MAX_TURNS; count++) {
    const place = String(count + 10).padStart(3, '0');
    try {
      const { memory, seen, silent } = turn;
      const act = await stepper(ctx, place)('decide', () => decide(tools, memory, seen, silent, permitted));
      if (act.do === 'end') return await end(ctx, tools, turn, act, place);
      const { result, ...after } = await perform(
        { ctx, tools, holder: turn.course.holder, place, putsBack: putsBack(act, memory) },
        act,
        memory,
        turn.course,
      );
      if (result.is === 'lost') return null;
      if (result.is === 'refused')
        return await end(
          ctx,
          tools,
          { ...turn, ...after },
          { do: 'end', end: { as: 'refused', refusal: result.refusal } },
          place,
        );
      turn = nextTurn(turn, act, result, after);
    } catch (error) {
      return giveUp(ctx, tools, turn, error, place);
    }
  }
  return giveUp(ctx, tools, turn, new Error(`no end after ${MAX_TURNS} turns`), '998');
}

function nextTurn(
  turn: Turn,
  act: Act,
  result: { readonly is: string; readonly seen?: NodeState | null },
  after: Pick<Turn, 'memory' | 'course'>,
): Turn {
  const told = result.is === 'done' || result.is === 'failed' ? result.seen : undefined;
  const commands = ['inspect', 'restart', 'swap', 'mask-old', 'take-over', 'mask-young', 'start-old', 'check'];
  // What was seen before a command that nobody answered is not what is there now; another instance says things of its own.
  const forgets =
    (commands.includes(act.do) && result.is === 'unknown') ||
    act.do === 'launch' ||
    act.do === 'drop-machine' ||
    act.do === 'stop-instance';
  const seen = act.do === 'check' ? turn.seen : told !== undefined ? told : forgets ? null : turn.seen;
  const silent =
    act.do === 'inspect' ? result.is !== 'done' : turn.silent && act.do !== 'launch' && act.do !== 'start-instance';
  return { memory: after.memory, course: withYoungs(after.course, after.memory), seen, silent };
}

function withYoungs(course: Course, memory: ReplaceMemory | null): Course {
  const { instanceId = '', fence = 0 } = memory?.machine ?? {};
  if (instanceId === '' || course.youngs.some((young) => young.instanceId === instanceId)) return course;
  return { ...course, youngs: [...course.youngs, { instanceId, fence }] };
}

/** What an attempt before this one remembered of the same incident; of another incident only what is still open. */
async function inherited(ctx: DurableContext, { store, payload }: Tools): Promise<ReplaceMemory | null> {
  return stepper(ctx, '005')('inherit', async () => {
    const node =
      (await store.readNode(payload.fleet, payload.instanceId)) ?? newNode(payload.fleet, payload.instanceId);
    if (node.operation?.kind !== 'replace') return null;
    return node.operation.incidentId === payload.incidentId || unsettled(node) ? node.operation.memory : null;
  });
}

/** The instance that an attempt before this one has launched is held by a fence of that one: ours is higher, or nothing is sent to it. */
async function withYoung(
  ctx: DurableContext,
  tools: Tools,
  memory: ReplaceMemory,
): Promise<ReplaceMemory | { readonly busy: string }> {
  const { machine } = memory;
  if (!machine || machine.instanceId === '') return memory;
  const leased = await stepper(ctx, '006')('lease-young', () => takeLease(tools, 'replace', machine.instanceId));
  return 'busy' in leased ? leased : { ...memory, machine: { ...machine, fence: leased.holder.fence } };
}

/** A rung that is gone on with needs the fleet's turn as one that is taken does: an attempt that ends before the node feels anything gives it back. */
async function turnAgain(ctx: DurableContext, tools: Tools, memory: ReplaceMemory | null): Promise<Reserved> {
  if (!memory || !needsTurn(memory)) return { reserved: true };
  const taken = await stepper(ctx, '007')('turn', () => takeTurn(tools));
  return 'refuse' in taken && !mayWait(memory) ? { reserved: true } : taken;
}

const busyEnd = (holder: string): Extract<Act, { readonly do: 'end' }> => ({
  do: 'end',
  end: {
    as: 'refused',
    refusal: { refuse: 'busy', reason: `${holder} holds the new instance`, page: false, lookAgainMs: 5 * MINUTE_MS },
  },
});

async function decide(
  tools: Tools,
  memory: ReplaceMemory | null,
  seen: NodeState | null,
  silent: boolean,
  permitted: Permitted,
): Promise<Act> {
  const facts = await readFacts(tools, memory, seen, silent);
  if ('refuse' in facts) return { do: 'end', end: { as: 'refused', refusal: facts } };
  return permit(withTemplateChange(decideNext(facts, memory), facts, memory), facts, memory, permitted);
}

async function end(
  ctx: DurableContext,
  tools: Tools,
  turn: Turn,
  act: Extract<Act, { readonly do: 'end' }>,
  place: string,
): Promise<Ending | null> {
  const { memory } = turn;
  const ending = endingOf(act.end);
  const step = stepper(ctx, `${place}-end`);
  if (act.end.as === 'healed')
    await step('proof', () =>
      tools.journal(`${place}-proof`, {
        atMs: Date.now(),
        kind: 'proof',
        sentence: ending.reason,
        evidence: { rung: memory?.rung ?? null },
        fields: { rung: memory?.rung ?? null },
      }),
    );
  await step('conclude', () => writeOutcome(tools, ending, `${place}-end`));
  await release(ctx, tools, turn, ending, `${place}-end`);
  return ending;
}

/** Whoever owns the instance by a template has to change it there, or the next deployment undoes this. */
function withTemplateChange(act: Act, { old }: Facts, memory: ReplaceMemory | null): Act {
  if (act.do !== 'end' || act.end.as !== 'healed' || !memory || !old) return act;
  const { found, copy, machine } = memory;
  const change = templateChange(old.instance.tags, {
    instance: { from: found.instanceId, to: machine?.instanceId || found.instanceId },
    volumes: found.volumes.map(({ role, volumeId, device }, at) => ({
      role,
      from: volumeId,
      to: copy?.volumes[at]?.volumeId ?? volumeId,
      device: copy?.volumes[at]?.device ?? device,
    })),
  });
  return change === null ? act : { ...act, end: { ...act.end, reason: `${act.end.reason}. To be changed: ${change}` } };
}

/** A step that kept failing. What was begun stays in the record: the next attempt goes on from there. */
async function giveUp(
  ctx: DurableContext,
  tools: Tools,
  turn: Turn,
  error: unknown,
  place: string,
): Promise<Ending | null> {
  const reason = error instanceof Error ? error.message : String(error);
  const at = `${place}-given-up`;
  // The record knows what was intended in the very turn that failed; the turn itself does not.
  const { begun } = await stepper(ctx, at)('begun', async () => ({ begun: await hasBegun(tools) }));
  const ending: Ending = isThrottling(error)
    ? refused({ refuse: 'throttled', reason, page: false, lookAgainMs: MINUTE_MS })
    : begun
      ? { outcome: 'failed', code: 'step-failed', reason, page: true, lookAgainMs: MINUTE_MS }
      : refused({ refuse: 'unreadable', reason, page: true, lookAgainMs: 5 * MINUTE_MS });
  await stepper(ctx, at)('conclude', () => writeOutcome(tools, ending, at));
  await release(ctx, tools, { ...turn, course: { ...turn.course, commandsOver: false } }, ending, at);
  return ending;
}

async function release(
  ctx: DurableContext,
  tools: Tools,
  { course }: Turn,
  ending: Ending,
  place: string,
): Promise<void> {
  const over = ending.outcome === 'healed' || ending.outcome === 'escalated';
  const { commandsOver, holder, seenFence } = course;
  for (const { instanceId, fence } of course.youngs) {
    const at = `${place}-${instanceId}`;
    const held = { execution: holder.execution, fence };
    await releaseNode(ctx, stepper(ctx, at), tools, { holder: held, commandsOver, instanceId }, at);
  }
  // The fleet's turn goes on with whoever settles what is open.
  await releaseNode(
    ctx,
    stepper(ctx, place),
    tools,
    {
      holder,
      commandsOver,
      seenFence,
      ...(!over && { keepOperation: true as const }),
      before: async () => {
        if (over || !(await hasBegun(tools))) await leaveReplacement(tools);
      },
    },
    place,
  );
}

/** Whether the client may be down because of us, or is up and not yet told of. */
async function hasBegun({ store, payload }: Tools): Promise<boolean> {
  const { operation } = (await store.readNode(payload.fleet, payload.instanceId)) ?? { operation: null };
  return operation?.kind === 'replace' && operation.phase !== 'preparing';
}
