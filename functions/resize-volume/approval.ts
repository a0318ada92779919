// Mode ask: the plan is put to a person, and only an answer that names this very plan is an approval.
import { createHash } from 'node:crypto';
import { CallbackExternalError, CallbackTimeoutError, type DurableContext } from '@aws/durable-execution-sdk-js';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { page } from '../../shared/heal/page.ts';
import { sentenceOf } from './proof.ts';
import type { Guarded, Plan, Results } from './stages.ts';
import type { Step, Tools } from './tools.ts';

/** Binds an answer to what was asked: attempt, volume, size and act. */
export const planHash = (attempt: number, plan: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify([attempt, plan.do, plan.volumeId, plan.toGiB]))
    .digest('hex')
    .slice(0, 16);

/** The answer that a person gives with SendDurableExecutionCallbackSuccess: {"approve": true, "plan": "…"}. */
export function judgeApproval(answer: string | undefined, hash: string): Results['ask'] {
  const shown = answer?.slice(0, 100) ?? 'nothing';
  let said: unknown;
  try {
    said = JSON.parse(answer ?? '');
  } catch {
    return no(`the answer is not JSON: ${shown}; expected {"approve": true, "plan": "${hash}"}`);
  }
  const { approve, plan, by } = (said ?? {}) as { approve?: unknown; plan?: unknown; by?: unknown };
  if (approve === false)
    return { ...no(`${typeof by === 'string' ? by.slice(0, 64) : 'a person'} said no`), lookAgainMs: DENIED_MS };
  if (approve !== true) return no(`the answer ${shown} says neither yes nor no`);
  if (plan === undefined) return no(`the answer names no plan, this one is ${hash}`);
  if (plan !== hash) return no(`the answer is for plan ${String(plan).slice(0, 32)}, this one is ${hash}`);
  return { approved: true };
}

/** What it means that the SDK rejected: time is up, or a person failed the callback. Anything else is no answer, and is thrown on. */
export function judgeSilence(error: unknown, hours: number): Results['ask'] {
  if (error instanceof CallbackExternalError) return no(`a person said no: ${error.message.slice(0, 200)}`);
  if (!(error instanceof CallbackTimeoutError)) throw error;
  return { ...no(`nobody approved the plan within ${hours} h`), refuse: 'approval-expired' };
}

const ASK_AGAIN_MS = 60 * 60_000;
/** A plain no holds for a day; a call by hand asks again at once. */
const DENIED_MS = 24 * 60 * 60_000;

const no = (reason: string): Guarded => ({
  refuse: 'approval-denied',
  reason,
  page: false,
  lookAgainMs: ASK_AGAIN_MS,
});

export async function askPerson(
  ctx: DurableContext,
  step: Step,
  tools: Tools,
  plan: Plan,
  place: string,
): Promise<Results['ask']> {
  const { clients, journal, payload, environment } = tools;
  const { fleet, node, incidentId, attempt } = payload;
  const hash = planHash(attempt, plan);
  const hours = await step('expiry', async () => {
    const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet);
    return 'refuse' in switches ? 4 : switches.fleet.ask.expiresAfterHours;
  });
  const [answered, callbackId] = await ctx.createCallback(`${place}-approval`, { timeout: { hours } });
  await step('ask', async () => {
    const sentence = `${sentenceOf(plan)}. May chainmend do this? It asks for ${hours} h`;
    await journal(`${place}-ask`, {
      atMs: Date.now(),
      kind: 'plan',
      sentence: sentenceOf(plan),
      evidence: { plan, hash, callbackId },
    });
    await page(clients.sns, environment.TOPIC_ARN, {
      fleet,
      node,
      code: 'approval-wanted',
      sentence,
      incidentId,
      attempt,
      approve: `aws lambda send-durable-execution-callback-success --callback-id '${callbackId}' --result '{"approve":true,"plan":"${hash}"}'`,
      refuse: `aws lambda send-durable-execution-callback-success --callback-id '${callbackId}' --result '{"approve":false}'`,
    });
  });
  let answer: string;
  try {
    answer = await answered;
  } catch (error) {
    return judgeSilence(error, hours);
  }
  return judgeApproval(answer, hash);
}
