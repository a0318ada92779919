// Performs the effects of the program: each mutation in a durable step of its own, guarded, journalled before and after.
import { createRetryStrategy, type DurableContext, JitterStrategy, StepSemantics } from '@aws/durable-execution-sdk-js';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { askPerson } from './approval.ts';
import { awaitCommand, sendToNode } from './commands.ts';
import { readFacts } from './facts.ts';
import { awaitModification, modifyVolume, reconcile, writeIntent } from './modify.ts';
import { claimAttempt, releaseNode, reserveGrowth, takeLease, writeOutcome, writeProof } from './records.ts';
import type { Effect, Results } from './stages.ts';
import type { EffectOf, Step, Tools } from './tools.ts';

const failing = createRetryStrategy({
  maxAttempts: 4,
  initialDelay: { seconds: 2 },
  maxDelay: { seconds: 30 },
  backoffRate: 3,
  jitter: JitterStrategy.NONE,
});

/** Minutes of patience, each heal at moments of its own: hundreds of disks may fill together, and all ask at once. */
const throttled = createRetryStrategy({
  maxAttempts: 8,
  initialDelay: { seconds: 4 },
  maxDelay: { seconds: 60 },
  backoffRate: 2,
  jitter: JitterStrategy.HALF,
});

/** A step that is safe to repeat is repeated a few times; then the program is told that it fails. */
const REPEATABLE = {
  semantics: StepSemantics.AtLeastOncePerRetry,
  retryStrategy: (error: Error, attempt: number) => (isThrottling(error) ? throttled : failing)(error, attempt),
};

/** @param place orders this effect's steps and journal entries within the attempt: "07" */
export async function perform(
  ctx: DurableContext,
  tools: Tools,
  effect: Exclude<Effect, { readonly do: 'end' }>,
  place: string,
): Promise<Results[keyof Results]> {
  const step: Step = (name, body) => ctx.step(`${place}-${name}`, body, REPEATABLE);
  switch (effect.do) {
    case 'claim':
      return step('claim', () => claimAttempt(tools));
    case 'survey':
      return step('survey', () => survey(tools, effect));
    case 'ask':
      return askPerson(ctx, step, tools, effect.plan, place);
    case 'lease':
      return step('lease', () => takeLease(tools));
    case 'send':
      if (effect.afterSeconds > 0) await ctx.wait(`${place}-settle`, { seconds: effect.afterSeconds });
      return step('send', () => sendToNode(tools, effect, place));
    case 'await-command':
      return awaitCommand(ctx, step, tools, effect, place);
    case 'reserve':
      return step('reserve', () => reserveGrowth(tools, effect));
    case 'intend':
      return step('intend', () => writeIntent(tools, effect, place));
    case 'modify':
      return modifyVolume(ctx, tools, effect, place);
    case 'reconcile':
      return reconcile(ctx, step, tools, effect, place);
    case 'await-modification':
      return awaitModification(ctx, step, tools, effect, place);
    case 'prove':
      return step('prove', () => writeProof(tools, effect, place));
    case 'conclude':
      return step('conclude', () => writeOutcome(tools, effect.ending, place));
    case 'release':
      return releaseNode(ctx, step, tools, effect, place);
  }
}

async function survey(tools: Tools, { seen }: EffectOf<'survey'>): Promise<Results['survey']> {
  const { clients, store, payload, environment } = tools;
  const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet);
  if ('refuse' in switches) return switches;
  return readFacts(
    { ec2: clients.ec2, cloudwatch: clients.cloudwatch, store },
    payload,
    switches.fleet,
    seen,
    Date.now(),
  );
}
