// Mode ask: the plan is put to a person, and the heal waits for the answer without running. The question is on the incident's own record, where only
// this heal and the dispatcher may write. `npm run chainmend -- approve` finds it there, and never in the journal.
import { CallbackExternalError, CallbackTimeoutError } from '@aws/durable-execution-sdk-js';
import { checkAgent } from '../aws/commands.ts';
import { readSwitches } from '../guardrails/switches.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { PlanWords } from '../model/journal-fields.ts';
import type { Write } from '../model/write.ts';
import { plainText } from '../text/plain-text.ts';
import { type Approval, claimOf, denied, hashOf, judgeApproval, standingYes, type Terms } from './approval.ts';
import type { ActContext, HealContext } from './context.ts';
import { answeredOf, askedOf } from './incident.ts';
import { answersToHeal, type Page, page } from './notify.ts';
import type { ApprovalRecord, IncidentRecord } from './records.ts';
import { keys, settle } from './store.ts';

export interface Question {
  /** The action and the reason, without a full stop at its end. */
  readonly sentence: string;
  /** The same as two values. */
  readonly words: PlanWords;
  /** What an approval covers: node, data, sizes, cost. The incident and its attempt are added to these. */
  readonly terms: Terms;
  readonly guardrails?: ApprovalRecord['guardrails'];
  /** For the journal, in addition to the plan's terms and hash. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

const HOUR_MS = 60 * 60_000;
const MAX_WORDS = 200;
/** Shown completely: an approval covers all of it. */
const MAX_TERM = 4_000;

/** The meaning of a rejection by the SDK: time is up, or a person failed the callback. Any other error is no answer, and is thrown on. */
export function judgeSilence(error: unknown, hours: number): Approval {
  if (error instanceof CallbackExternalError) return denied(`a person said no: ${plainText(error.message, MAX_WORDS)}`);
  if (!(error instanceof CallbackTimeoutError)) throw error;
  return { ...denied(`nobody approved the plan within ${hours} h`), refuse: 'approval-expired' };
}

/** Asks once in an attempt: steps `before`, `ask` and `answer`, and a callback `<place>-approval`. Not where a yes to the same stands. */
export async function askPerson(context: ActContext<HealContext>, question: Question): Promise<Approval> {
  const { durable, step, place } = context;
  const { hours, stands } = await step('before', () => readBefore(context, question));
  if (stands) return { approved: true, by: stands.by };
  const [answered, callbackId] = await durable.createCallback(`${place}-approval`, { timeout: { hours } });
  const { plan, asked } = await step('ask', () => ask(context, question, { callbackId, hours, place }));
  if (!asked) return denied('the incident is not this attempt’s any more: nobody was asked');
  const approval = await answerTo(answered, plan, hours);
  await step('answer', () => note(context, plan, approval, place));
  return approval;
}

/** How long an answer counts, and whether there is one. */
async function readBefore(
  { clients, store, journal, payload, environment, place }: ActContext<HealContext>,
  { terms }: Question,
): Promise<{ readonly hours: number; readonly stands: ReturnType<typeof standingYes> }> {
  const { fleet, instanceId, trigger } = payload;
  const [switches, incident] = await Promise.all([
    readSwitches({ clients, environment, store }, fleet),
    store.readIncident(fleet, instanceId, trigger),
  ]);
  const hours = 'refuse' in switches ? 4 : switches.fleet.ask.expiresAfterHours;
  const nowMs = Date.now();
  const stands = standingYes(incident?.approval, terms, { nowMs, hours });
  if (stands)
    await journal(`${place}-stands`, {
      atMs: nowMs,
      kind: 'decision',
      sentence: `plan ${incident?.approval?.plan} was approved before${claimOf(stands.by)}, and nothing of it was done: the yes stands`,
      evidence: { plan: incident?.approval?.plan, by: stands.by },
    });
  return { hours, stands };
}

/**
 * The same for a heal that does nothing without a command to its node: where the node's agent can take none, a yes would be of no use, and nobody is asked
 * for it again and again.
 */
export async function askPersonOfCommands(
  context: ActContext<HealContext>,
  question: Question,
): Promise<Approval | Refusal> {
  const { clients, payload, step } = context;
  const agent = await step('agent', () => checkAgent(clients.ssm, payload.instanceId));
  return agent?.refuse === 'agent-too-old' ? agent : askPerson(context, question);
}

async function answerTo(answered: Promise<string>, plan: string, hours: number): Promise<Approval> {
  let answer: string;
  try {
    answer = await answered;
  } catch (error) {
    return judgeSilence(error, hours);
  }
  return judgeApproval(answer, plan);
}

/** The record is written first: so a page always names a question that can be found. */
async function ask(
  context: HealContext,
  { sentence, words, terms, guardrails, evidence }: Question,
  { callbackId, hours, place }: { readonly callbackId: string; readonly hours: number; readonly place: string },
): Promise<{ readonly plan: string; readonly asked: boolean }> {
  const { clients, journal, payload, environment, execution } = context;
  const { fleet, node, instanceId, incidentId, attempt, trigger } = payload;
  const all: Terms = [
    ['incident', `${incidentId} (${trigger}), attempt ${attempt}`],
    ['node', `${fleet}/${node} on ${instanceId}`],
    ...terms,
  ];
  const plan = hashOf(all);
  const nowMs = Date.now();
  const record: ApprovalRecord = {
    ...{ attempt, plan, callbackId, sentence, terms: all },
    ...(guardrails && { guardrails }),
    ...{ askedAtMs: nowMs, untilMs: nowMs + hours * HOUR_MS },
  };
  const asked = await change(context, (read) => askedOf(read, attempt, execution, record));
  if (!asked) return { plan, asked };
  await journal(`${place}-ask`, {
    atMs: nowMs,
    kind: 'plan',
    sentence,
    evidence: { ...evidence, plan, terms: Object.fromEntries(all) },
    fields: { ...words, plan, asks: true },
  });
  const { text, approve, refuse } = answersToHeal({ incidentId, plan, callbackId }, process.env['AWS_REGION']);
  const content: Page = {
    ...{ fleet, node, code: 'approval-wanted', incidentId, attempt, trigger, plan, approve, refuse },
    sentence: `${sentence}. May chainmend do this? It asks for ${hours} h`,
    terms: Object.fromEntries(all),
  };
  const covers = all.map(([name, value]) => `  ${name}: ${plainText(value, MAX_TERM)}`);
  await page(
    clients.sns,
    environment.TOPIC_ARN,
    content,
    `An approval covers this, and nothing else:\n${covers.join('\n')}\n\n${text}`,
  );
  return { plan, asked };
}

/** Records the answer before anything is done about it. */
async function note(
  context: HealContext,
  plan: string,
  approval: Approval,
  place: string,
): Promise<{ readonly noted: true }> {
  const { journal, payload, execution } = context;
  const atMs = Date.now();
  const isYes = 'approved' in approval;
  const said = isYes ? 'approved' : approval.refuse === 'approval-expired' ? 'expired' : 'denied';
  const { by } = approval;
  const answer = { said, by, atMs } as const;
  await change(context, (read) => answeredOf(read, payload.attempt, execution, answer));
  if (isYes)
    await journal(`${place}-answer`, {
      atMs,
      kind: 'decision',
      sentence: `plan ${plan} is approved${claimOf(by)}`,
      evidence: { plan, by },
      fields: { plan, approved: true },
    });
  return { noted: true };
}

const change = (
  { store, payload: { fleet, instanceId, trigger } }: HealContext,
  decide: (read: IncidentRecord | undefined) => Write<IncidentRecord> | { readonly notMine: true },
): Promise<boolean> =>
  settle<IncidentRecord, boolean>(
    store,
    keys.incident(fleet, instanceId, trigger),
    () => store.readIncident(fleet, instanceId, trigger),
    (read) => {
      const decided = decide(read);
      return 'next' in decided ? { result: true, write: decided.next } : { result: false };
    },
  );
