// Mode ask: the plan is put to a person, and only an answer that names this very plan is an approval.
import { createHash } from 'node:crypto';
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { page } from '../../shared/heal/page.ts';
import type { Step, Tools } from './effects.ts';
import { type Plan, type Results, sentenceOf } from './program.ts';

/** Binds an answer to what was asked: attempt, volume, size and act. */
export const planHash = (attempt: number, plan: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify([attempt, plan.do, plan.volumeId, plan.toGiB]))
    .digest('hex')
    .slice(0, 16);

/** The answer that a person gives with SendDurableExecutionCallbackSuccess: {"approve": true, "plan": "…"}. */
export function judgeApproval(answer: string, hash: string): Results['ask'] {
  const no = (reason: string): Results['ask'] => ({
    refuse: 'approval-denied',
    reason,
    page: false,
    lookAgainMs: ASK_AGAIN_MS,
  });
  const shown = answer.slice(0, 100);
  let said: unknown;
  try {
    said = JSON.parse(answer);
  } catch {
    return no(`the answer is not JSON: ${shown}; expected {"approve": true, "plan": "${hash}"}`);
  }
  const { approve, plan, by } = (said ?? {}) as { approve?: unknown; plan?: unknown; by?: unknown };
  if (approve === false) return no(`${typeof by === 'string' ? by.slice(0, 64) : 'a person'} said no`);
  if (approve !== true) return no(`the answer ${shown} says neither yes nor no`);
  if (plan === undefined) return no(`the answer names no plan, this one is ${hash}`);
  if (plan !== hash) return no(`the answer is for plan ${String(plan).slice(0, 32)}, this one is ${hash}`);
  return { approved: true };
}

const ASK_AGAIN_MS = 60 * 60_000;

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
  try {
    return judgeApproval(await answered, hash);
  } catch {
    // The SDK rejects with a CallbackError when the callback times out or is failed by a person; both are a no.
    return {
      refuse: 'approval-expired',
      reason: `nobody approved the plan within ${hours} h`,
      page: false,
      lookAgainMs: ASK_AGAIN_MS,
    };
  }
}
