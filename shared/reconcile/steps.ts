// The steps of one plan, one after the other, once it may be carried out: the decision is written first; a step that is refused stays for the next run, and
// one that fails stops no other.
import type { SubjectRefusal } from '../guardrails/names.ts';
import type { FleetContext } from './context.ts';
import { inSequence } from './fleets.ts';
import { type Approval, approvedFields, approvedSentence } from './plan.ts';

export interface Stepped {
  readonly done: readonly string[];
  readonly left: readonly string[];
  readonly refusals: readonly SubjectRefusal[];
}

/** Why a step was not taken. `stop`: no other one may be taken in this run. */
export interface NotTaken {
  readonly refusal: SubjectRefusal;
  readonly stop: boolean;
}

export interface StepsWork<S> {
  readonly steps: readonly S[];
  /** All of them, as the decision has it. */
  readonly sentence: string;
  readonly approval: Approval | undefined;
  /** Errors of steps are added here. */
  readonly failures: unknown[];
  /** @returns undefined where it is done */
  readonly take: (step: S) => Promise<NotTaken | undefined>;
}

export async function takeSteps<S extends { readonly sentence: string }>(
  { write, untilMs }: Pick<FleetContext, 'write' | 'untilMs'>,
  { steps, sentence, approval, failures, take }: StepsWork<S>,
): Promise<Stepped> {
  const yes = approval ? `${approvedSentence(approval)}: ` : '';
  await write({
    kind: 'decision',
    sentence: `${yes}${sentence}`,
    ...(approval && { fields: approvedFields(approval) }),
  });
  const done: string[] = [];
  const left: string[] = [];
  const refusals: SubjectRefusal[] = [];
  let stopped = false;
  const takeOne = async (step: S): Promise<void> => {
    if (!stopped)
      try {
        const notTaken = await take(step);
        if (notTaken === undefined) {
          done.push(step.sentence);
          return;
        }
        refusals.push(notTaken.refusal);
        stopped = notTaken.stop;
      } catch (error) {
        failures.push(error);
      }
    left.push(step.sentence);
  };
  const late = await inSequence(steps, untilMs, takeOne);
  return { done, left: [...left, ...late.map((step) => step.sentence)], refusals };
}
