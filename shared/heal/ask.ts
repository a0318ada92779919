// Mode ask: the plan is put to a person, and the heal waits for the answer without running.
import { CallbackExternalError, CallbackTimeoutError, type DurableContext } from '@aws/durable-execution-sdk-js';
import { readSwitches } from '../guardrails/switches.ts';
import { type Approval, denied, judgeApproval } from './approval.ts';
import { page } from './page.ts';
import type { HealTools, Step } from './tools.ts';

export { type Approval, judgeApproval };

export interface Question {
  /** What would be done, and why, without a full stop at its end. */
  readonly sentence: string;
  /** Binds the answer to this very plan of this attempt. */
  readonly hash: string;
  /** For the journal, beside the hash and the callback's id. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What it means that the SDK rejected: time is up, or a person failed the callback. Anything else is no answer, and is thrown on. */
export function judgeSilence(error: unknown, hours: number): Approval {
  if (error instanceof CallbackExternalError) return denied(`a person said no: ${error.message.slice(0, 200)}`);
  if (!(error instanceof CallbackTimeoutError)) throw error;
  return { ...denied(`nobody approved the plan within ${hours} h`), refuse: 'approval-expired' };
}

/** Asks once an attempt: steps `expiry` and `ask`, and a callback `<place>-approval`. */
export async function askPerson(
  ctx: DurableContext,
  step: Step,
  { clients, journal, payload, environment }: HealTools,
  { sentence, hash, evidence }: Question,
  place: string,
): Promise<Approval> {
  const { fleet, node, incidentId, attempt } = payload;
  const hours = await step('expiry', async () => {
    const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet);
    return 'refuse' in switches ? 4 : switches.fleet.ask.expiresAfterHours;
  });
  const [answered, callbackId] = await ctx.createCallback(`${place}-approval`, { timeout: { hours } });
  await step('ask', async () => {
    await journal(`${place}-ask`, {
      atMs: Date.now(),
      kind: 'plan',
      sentence,
      evidence: { ...evidence, hash, callbackId },
    });
    await page(clients.sns, environment.TOPIC_ARN, {
      fleet,
      node,
      code: 'approval-wanted',
      sentence: `${sentence}. May chainmend do this? It asks for ${hours} h`,
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
