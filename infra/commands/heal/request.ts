// One request from its plan to its end: shows the plan, asks, starts the heal, and follows it.

import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import type { ApprovalRecord } from '../../../shared/heal/records.ts';
import { isFinal } from '../../../shared/model/guardrail-codes.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { consentTo, refuseUnasked, type Yes, type YesOption } from '../consent.ts';
import type { AlwaysAsks } from '../verb-table.ts';
import type { HealCommandContext, StoryLine } from './context.ts';
import { judgeAtDesk } from './desk.ts';
import { type FollowResult, follow } from './follow.ts';
import { type PlanFacts, planFacts, planText } from './show.ts';

export interface HealRequest {
  readonly verb: AlwaysAsks;
  /** dispatch-heal's event. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Of one node: its heal judges it by a plan before it is begun, with --yes, too. */
  readonly plansFirst?: true;
  /** "restore bitcoin/node2" */
  readonly words: string;
}

export interface HealRequestOptions extends YesOption {
  readonly plan?: true;
  readonly wait?: true;
  /** The most minutes that --wait waits. */
  readonly for?: number;
}

/** A plan only reads: no more than a heal does in its first minute. */
const PLAN_FOR_MS = 5 * 60_000;
const MINUTE_MS = 60_000;
const WAIT_MINUTES = 8 * 60;

/** The exit status, and the result for machines. 0: done (or planned, where only a plan was asked for), 1: not. */
export interface RequestOutcome {
  readonly status: 0 | 1;
  readonly facts: object;
}

export async function carryOut(
  context: HealCommandContext,
  { verb, event, words, plansFirst }: HealRequest,
  options: HealRequestOptions,
): Promise<RequestOutcome> {
  if (!options.plan) refuseUnasked(verb, context, options, words);
  const refusal = await judgeAtDesk(context.suite(), event);
  if (refusal) return refusedForGood(context, { code: refusal.refuse, reason: refusal.reason });
  if (!options.yes || options.plan || plansFirst) {
    const isAsked = !options.plan && options.yes === true;
    const planned = await planOf(context, event, { tell: !isAsked });
    if (options.plan) return { status: planned.isPossible ? 0 : 1, facts: planned };
    // What only has to wait is asked for: it is begun when it can be.
    if (!planned.isPossible && isAsked && isFinal(planned.code ?? '')) return refusedForGood(context, planned);
    if (!planned.isPossible && !isAsked) return { status: 1, facts: planned };
  }
  const yes = await consentTo(verb, context, options, `${words}?`);
  if (yes === undefined) {
    context.say('Nothing was done.');
    return { status: 1, facts: { did: 'nothing' } };
  }
  const answer = await context.suite().ask(event, yes);
  if (answer.did !== 'started') return { status: notStarted(context, answer), facts: answer };
  context.say(`${words}: incident ${answer.incidentId}, attempt ${answer.attempt}`);
  if (!options.wait) {
    context.say(`Follow it: npm run chainmend -- status ${answer.fleet}/${answer.node}`);
    return { status: 0, facts: answer };
  }
  const followed = await follow(context, answer, {
    forMs: (options.for ?? WAIT_MINUTES) * MINUTE_MS,
    tell: true,
    answer: (question) => answerQuestion(context, question, options),
  });
  const { end, last } = followed;
  return { status: printEnd(context, answer, followed), facts: { ...answer, end, reason: last?.sentence } };
}

/** No waiting changes it: whoever has asked is told, and nobody else. */
function refusedForGood(
  context: HealCommandContext,
  { code, reason = '' }: Pick<Planned, 'code' | 'reason'>,
): RequestOutcome {
  context.complain(plainText(`Refused (${code}): ${reason}. Nothing was begun.`));
  return { status: 1, facts: { isPossible: false, did: 'refused', code, reason } };
}

/** A plan for machines. */
interface Planned {
  readonly isPossible: boolean;
  readonly plan?: PlanFacts;
  /** Why it is not possible. */
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
}

/** Where nothing would be done, the reason has been printed. */
async function planOf(
  context: HealCommandContext,
  event: HealRequest['event'],
  { tell }: { readonly tell: boolean },
): Promise<Planned> {
  const answer = await context.suite().ask({ ...event, plan: true }, null);
  if (answer.did !== 'started') {
    if (tell) notStarted(context, answer);
    const { code, reason } = answer;
    return { isPossible: false, code, reason };
  }
  context.status('making the plan …');
  const { end, lines, last } = await follow(context, answer, { forMs: PLAN_FOR_MS, tell: false });
  if (end === 'planned') {
    if (tell) context.say(planText(lines));
    return { isPossible: true, plan: planFacts(lines) };
  }
  if (!tell) return { isPossible: false, code: last?.code, reason: last?.sentence };
  if (end === 'waiting')
    context.complain(`there is no plan after ${PLAN_FOR_MS / MINUTE_MS} min; incident ${answer.incidentId}`);
  else context.complain(`Nothing would be done. ${reasonText(last)}`);
  return { isPossible: false, code: last?.code, reason: last?.sentence };
}

function notStarted(context: HealCommandContext, answer: DispatchAnswer): 1 {
  const { did, code, reason = '' } = answer;
  if (did === 'refused') context.complain(plainText(`Refused (${code}): ${reason}. ${retryText(answer)}`));
  else context.complain(plainText(`Not now: ${Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason}`));
  return 1;
}

/** How long dispatch-heal retries a person's request. */
const ASKED_FOR_MS = 60 * 60_000;

/** A plan is requested once. */
const retryText = ({ trigger, onsetMs, code = '' }: DispatchAnswer): string =>
  trigger.startsWith('plan:')
    ? ''
    : isFinal(code)
      ? 'Nothing was begun.'
      : `It stays asked for until ${new Date(onsetMs + ASKED_FOR_MS).toISOString().slice(11, 16)} UTC, and is tried again by itself ${code === 'paused' ? 'once the pause has ended' : 'unless it is paused'}.`;

/** The dispatcher's reason codes as sentences. */
const REASONS: Readonly<Record<string, string>> = {
  busy: 'another heal holds the node; this one is begun when it is free, within an hour',
  later: 'it was tried a moment ago and is looked at again by itself',
  ended: 'people have been paged for it; look at the journal first',
};

const reasonText = (last: StoryLine | undefined): string =>
  last === undefined
    ? 'The journal does not say why.'
    : plainText(`${last.code === undefined ? '' : `${last.code}: `}${last.sentence}`);

async function answerQuestion(
  context: HealCommandContext,
  { sentence }: ApprovalRecord,
  options: HealRequestOptions,
): Promise<Yes | undefined> {
  if (options.yes || context.confirm) {
    const question = plainText(`The fleet file says mode: ask. ${sentence}. Approve this very plan?`);
    return consentTo('approve', context, options, question);
  }
  context.complain(
    'The fleet file says mode: ask, and this is not a terminal, so no question can be asked: the page that was sent says how to approve.',
  );
  return undefined;
}

function printEnd(context: HealCommandContext, answer: DispatchAnswer, { end, last }: FollowResult): 0 | 1 {
  const { fleet, node, incidentId } = answer;
  switch (end) {
    case 'healed':
      context.say(plainText(`Done. ${last?.sentence ?? ''}`));
      return 0;
    case 'planned':
      context.complain(
        plainText(`Nothing was done: the fleet file of ${fleet} says mode: plan. ${last?.sentence ?? ''}`),
      );
      return 1;
    case 'waiting':
      context.complain(`It goes on without us: npm run chainmend -- status ${fleet}/${node}`);
      return 1;
    case 'escalated':
      context.complain(`It did not work, and people were paged. ${reasonText(last)}`);
      return 1;
    case 'refused':
      context.complain(
        `Refused, incident ${incidentId}. ${reasonText(last)}. ${retryText({ ...answer, ...(last?.code !== undefined && { code: last.code }) })}`.trim(),
      );
      return 1;
    case 'failed':
      context.complain(`Failed, incident ${incidentId}. ${reasonText(last)}`);
      return 1;
  }
}
