// Performs the effects of the program: each mutation in a durable step of its own, guarded, journalled before and after.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import type { Step } from '../../shared/heal/context.ts';
import { stepper } from '../../shared/heal/context.ts';
import { awaitNode, sendToNode } from '../../shared/heal/node-commands.ts';
import { releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import { parseAnswer } from '../../shared/node-commands/answer.ts';
import { questionOf } from './approval.ts';
import { answerSentence, nodeCommand } from './commands.ts';
import { readFacts } from './facts.ts';
import { awaitModification, modifyVolume, reconcile, writeIntent } from './modify.ts';
import { leaveQueue, reserveGrowth, writeProof } from './records.ts';
import type { Effect, Results } from './stages.ts';
import type { EffectOf, Tools } from './tools.ts';

/** @param place orders this effect's steps and journal entries within the attempt: "07" */
export async function perform(
  ctx: DurableContext,
  tools: Tools,
  effect: Exclude<Effect, { readonly do: 'end' }>,
  place: string,
): Promise<Results[keyof Results]> {
  const step = stepper(ctx, place);
  switch (effect.do) {
    case 'claim':
      return step('claim', () => claimAttempt(tools));
    case 'survey':
      return step('survey', () => survey(tools, effect));
    case 'ask':
      return askPerson(ctx, step, tools, questionOf(effect.plan), place);
    case 'lease':
      return step('lease', () => takeLease(tools, 'grow'));
    case 'send':
      if (effect.afterSeconds > 0) await ctx.wait(`${place}-settle`, { seconds: effect.afterSeconds });
      return step('send', () => sendToNode(tools, nodeCommand(tools, effect, Date.now()), place));
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
      return releaseNode(ctx, step, tools, { ...effect, before: () => leaveQueue(tools, false) }, place);
  }
}

async function awaitCommand(
  ctx: DurableContext,
  step: Step,
  tools: Tools,
  { commandId, operationId }: EffectOf<'await-command'>,
  place: string,
): Promise<Results['await-command']> {
  const input = { commandId, operationId, parse: parseAnswer, sentenceOf: answerSentence };
  const awaited = await awaitNode(ctx, step, tools, input, place);
  return 'answer' in awaited ? awaited.answer : awaited;
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
