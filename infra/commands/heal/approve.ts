// `npm run chainmend -- approve` and `reject`: finds the plan that waits for a yes, shows its terms, asks, answers, and prints the result.

import { hashOf } from '../../../shared/heal/approval.ts';
import type { ApprovalRecord, IncidentRecord } from '../../../shared/heal/records.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { consentTo, type Yes, type YesOption } from '../consent.ts';
import { UsageError } from '../errors.ts';
import { tableOf } from '../fleets/context.ts';
import type { FleetAsk, HealCommandContext, Suite } from './context.ts';
import { clockText, durationText } from './show.ts';
import { fleetNames } from './target.ts';

export interface AnswerOptions extends YesOption {
  /** The plan that a person means. The person may have read it on a page that is older than the current question. */
  readonly plan?: string;
}

type Answer = 'approve' | 'reject';
type PendingApproval = IncidentRecord & { readonly approval: ApprovalRecord };

/** A term is shown whole, because an approval covers all of it. */
const MAX_SHOWN = 4_000;

/** @returns the exit status: 0 answered; 1 no plan waits for an answer, or the person did not confirm. @throws UsageError, NeedsYesError, RequestError */
export async function answerQuestion(
  context: HealCommandContext,
  answer: Answer,
  written: string,
  options: AnswerOptions,
): Promise<0 | 1> {
  const suite = context.suite();
  if (PLAN.test(written)) return answerFleet(context, suite, answer, written, options);
  const incidents = (await Promise.all(fleetNames(await suite.settings()).map(suite.fleet))).flatMap(
    (read) => read.incidents,
  );
  const found = choose(incidents, written, suite.nowMs());
  if ('wrong' in found) throw new UsageError(found.wrong);
  if ('not' in found) {
    context.complain(found.not);
    return 1;
  }
  const { fleet, instanceId, incidentId, approval } = found.asking;
  if (options.plan !== undefined && options.plan !== approval.plan) {
    context.complain(`Superseded: plan ${options.plan} is not the one that waits. It is ${approval.plan} now:`);
    context.complain(planText(found.asking, suite.nowMs()));
    return 1;
  }
  context.say(planText(found.asking, suite.nowMs()));
  const yes = await meant(context, answer, `this very plan (${approval.plan})`, options);
  if (yes === undefined) return 1;
  const by = await suite.caller();
  const said = answer === 'approve' ? { approve: true, plan: approval.plan } : { approve: false };
  const sent = await suite.answer(approval.callbackId, by === undefined ? said : { ...said, by }, yes);
  if (sent === 'closed') {
    const after = await suite.incident(found.asking);
    context.complain(notAnswerableReason(after ?? found.asking, suite.nowMs()) ?? CLOSED);
    return 1;
  }
  const as = by === undefined ? 'your name could not be told' : `as ${by}`;
  context.say(
    answer === 'approve'
      ? `Approved, ${as}. Guards look again before each change: npm run chainmend -- status ${fleet}/${instanceId}`
      : `Rejected, ${as}. Nothing was done for incident ${incidentId}; it is asked about again in a day, or when a person asks for it.`,
  );
  return 0;
}

const CLOSED = 'Already answered, or expired, a moment ago: AWS has closed the question.';

/** Incident ids have 8 digits, and stories show 4 of them. A plan of a whole fleet has 12. */
const INCIDENT = /^[0-9a-f]{4,8}$/;
const PLAN = /^[0-9a-f]{12}$/;

/**
 * Finds the one incident that the person means. Pure.
 * @returns `wrong`: no such incident, or several; `not`: why no answer is possible
 */
function choose(
  incidents: readonly IncidentRecord[],
  written: string,
  nowMs: number,
): { readonly asking: PendingApproval } | { readonly wrong: string } | { readonly not: string } {
  const waiting = incidents.filter(
    (incident): incident is PendingApproval => notAnswerableReason(incident, nowMs) === null,
  );
  const listed = (some: readonly IncidentRecord[]): string => some.map(nameOf).join(', ') || 'none';
  const others = `Waiting for approval: ${listed(waiting)}`;
  if (!INCIDENT.test(written))
    return {
      wrong: `${JSON.stringify(written)}: expected an incident, 8 hex digits or their first 4 or more, or the 12 of a plan. ${others}`,
    };
  const meant = incidents.filter(({ incidentId }) => incidentId.startsWith(written));
  const asked = waiting.filter((incident) => meant.includes(incident));
  const [only, another] = asked.length > 0 ? asked : meant;
  if (!only) return { wrong: `Unknown incident ${written}. ${others}` };
  if (another)
    return { wrong: `Ambiguous: ${written} is the beginning of ${listed(asked.length > 0 ? asked : meant)}` };
  const not = notAnswerableReason(only, nowMs);
  return not === null ? { asking: only as PendingApproval } : { not };
}

const nameOf = ({ incidentId, fleet, node, trigger }: IncidentRecord): string =>
  `${incidentId} (${plainText(`${fleet}/${node}`, 100)}, ${trigger})`;

/** Why an incident waits for no answer; null where it does wait. */
export function notAnswerableReason(incident: IncidentRecord, nowMs: number): string | null {
  const { incidentId, approval, attempt, state } = incident;
  if (approval === undefined)
    return `Incident ${incidentId} asks nothing: it is ${state}${'payload' in incident ? `, mode ${incident.payload.mode}` : ''}.`;
  const { answer, plan, untilMs } = approval;
  if (answer?.said === 'expired' || (answer === undefined && nowMs >= untilMs))
    return `Expired: plan ${plan} was to be approved until ${clockText(untilMs)}. It is asked about again within an hour.`;
  if (answer !== undefined) {
    const by = answer.by === null ? 'by whom was not told' : `by ${plainText(answer.by, 256)} as the answer claims`;
    return `Already answered: plan ${plan} was ${answer.said} at ${clockText(answer.atMs)}, ${by}.`;
  }
  // A writer of the record could show one plan and get another approved. So the hash must match what is shown; otherwise nothing is answered.
  if (hashOf(approval.terms) !== plan)
    return `Forged: what the record of incident ${incidentId} shows is not plan ${plainText(plan, 32)}. Nothing was answered; look who may write the table.`;
  if (state !== 'claimed' || approval.attempt !== attempt)
    return `Superseded: attempt ${approval.attempt}, which has asked for plan ${plan}, is over; incident ${incidentId} is ${state}, attempt ${attempt}.`;
  return null;
}

/** The terms that an approval is bound to: a yes allows nothing else. */
function planText({ approval }: PendingApproval, nowMs: number): string {
  const { sentence, terms, guardrails = [], plan, askedAtMs, untilMs } = approval;
  const ago = durationText((nowMs - askedAtMs) / 1000);
  const left = durationText((untilMs - nowMs) / 1000);
  return tableOf(
    ['what', 'would be'],
    [
      ['why', plainText(sentence, MAX_SHOWN)],
      ...terms.map(([name, value]) => [plainText(name, 40), plainText(value, MAX_SHOWN)]),
      ...guardrails.map(({ rule, verdict }) => [`guard ${plainText(rule, 40)}`, plainText(verdict, MAX_SHOWN)]),
      ['plan', plan],
      ['asked', `${clockText(askedAtMs)}, ${ago} ago; until ${clockText(untilMs)}, ${left} left`],
    ],
  );
}

async function meant(
  context: HealCommandContext,
  answer: Answer,
  what: string,
  options: AnswerOptions,
): Promise<Yes | undefined> {
  const yes = await consentTo(answer, context, options, `${answer === 'approve' ? 'Approve' : 'Reject'} ${what}?`);
  if (yes === undefined) context.say('Nothing was answered.');
  return yes;
}

/** Plans for names, peers and pruning: a yes invokes the function that asked, and it does nothing without one. */
async function answerFleet(
  context: HealCommandContext,
  suite: Suite,
  answer: Answer,
  plan: string,
  options: AnswerOptions,
): Promise<0 | 1> {
  const asks = (await Promise.all(fleetNames(await suite.settings()).map(suite.asks))).flat();
  const ask = asks.find((one) => one.plan === plan);
  const listed = asks.map((one) => `${one.plan} (${one.fleet}, ${one.by})`).join(', ') || 'none';
  if (!ask) throw new UsageError(`Unknown plan ${plan}. Waiting for approval: ${listed}`);
  context.say(fleetPlanText(ask, suite.nowMs()));
  if (suite.nowMs() >= ask.untilMs) {
    context.complain(
      `Expired: plan ${plan} was to be approved until ${clockText(ask.untilMs)}. It is asked about again by itself.`,
    );
    return 1;
  }
  if (answer === 'reject') {
    context.say('Nothing has to be said: without a yes nothing is done.');
    return 0;
  }
  const yes = await meant(context, answer, `this very plan (${plan})`, options);
  if (yes === undefined) return 1;
  const by = await suite.caller();
  const { refusals } = await suite.approvePlan(ask, by, yes);
  const as = by === undefined ? 'your name could not be told' : `as ${by}`;
  for (const refusal of refusals) context.complain(plainText(refusal, MAX_SHOWN));
  if (refusals.some((refusal) => refusal.includes(plan))) return 1;
  context.say(`Approved, ${as}: npm run chainmend -- journal ${ask.fleet}`);
  return 0;
}

const fleetPlanText = ({ fleet, by, plan, sentence, sinceMs, untilMs }: FleetAsk, nowMs: number): string =>
  tableOf(
    ['what', 'would be'],
    [
      ['fleet', fleet],
      ['by', by],
      ['why', plainText(sentence ?? `the journal of ${by} says`, MAX_SHOWN * 4)],
      ['plan', plan],
      ['asked', `${clockText(sinceMs)}, ${durationText((nowMs - sinceMs) / 1000)} ago; until ${clockText(untilMs)}`],
    ],
  );
