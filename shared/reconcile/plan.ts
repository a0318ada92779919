// The reconciliation engine: reads a fleet (facts), plans its changes, and treats the plan by the fleet's mode. Mode plan writes it down, mode ask
// puts it to a person, mode act carries it out. What a person approves is carried out in modes ask and act.
import type { Fleet } from '../fleet/model.ts';
import type { RegisterRecord, SubjectRefusal } from '../guardrails/names.ts';
import { rememberPlan } from '../guardrails/names.ts';
import { claimOf } from '../heal/approval.ts';
import { type JournalFields, type PlanWords, planSentence } from '../model/journal-fields.ts';
import { changeRecord, type FleetContext, type NodeRef, readRecord } from './context.ts';
import { approvalValidMs, finish, notify } from './notification.ts';

/** A person's approval. */
export interface Approval {
  /** The hash of the plan that was asked for. */
  readonly plan: string;
  /** The approver, as the event claims; null where it names nobody. */
  readonly by: string | null;
}

/** The work of one function for one fleet. `F`: facts, `P`: a plan, `D`: what was done. */
export interface Reconciliation<F, P, D> {
  readonly facts: () => Promise<F>;
  /** Pure. */
  readonly decide: (facts: F) => P;
  readonly isEmpty: (plan: P) => boolean;
  /** @returns the approved part of the plan, or why nothing of it */
  readonly judgeApproval: (plan: P, approval: Approval) => Promise<P | SubjectRefusal>;
  /** Modes plan and ask. @returns what people must be told, including the question */
  readonly propose: (plan: P) => Promise<readonly SubjectRefusal[]>;
  /** Reads the guard again before each mutation. @param approval what a person has approved; undefined in mode act */
  readonly apply: (plan: P, approval: Approval | undefined) => Promise<D>;
}

export type Reconciled<P, D> =
  | { readonly step: 'nothing'; readonly plan: P }
  /** The approval does not cover what would be done now. */
  | { readonly step: 'refused'; readonly plan: P; readonly refusal: SubjectRefusal }
  | { readonly step: 'proposed'; readonly plan: P; readonly refusals: readonly SubjectRefusal[] }
  | { readonly step: 'applied'; readonly plan: P; readonly done: D };

export async function reconcile<F, P extends object, D>(
  { mode }: Pick<Fleet, 'mode'>,
  { facts, decide, isEmpty, judgeApproval, propose, apply }: Reconciliation<F, P, D>,
  approval: Approval | undefined,
): Promise<Reconciled<P, D>> {
  const plan = decide(await facts());
  if (approval) {
    const judged = await judgeApproval(plan, approval);
    if ('refuse' in judged) return { step: 'refused', plan, refusal: judged };
    return { step: 'applied', plan: judged, done: await apply(judged, approval) };
  }
  if (isEmpty(plan)) return { step: 'nothing', plan };
  if (mode !== 'act') return { step: 'proposed', plan, refusals: await propose(plan) };
  return { step: 'applied', plan, done: await apply(plan, undefined) };
}

type NotApproved = 'mode-changed' | 'approval-exceeded' | 'approval-expired';

/** Why an approved plan is not carried out. Nobody is paged: a person has just asked. */
export const notApproved = (fleet: string, plan: string, refuse: NotApproved, why: string): SubjectRefusal => ({
  refuse,
  subject: `${fleet} ${plan}`,
  reason: `plan ${plan} is not carried out: ${why}`,
  page: false,
});

/** @param askedAtMs when people were asked about the plan; undefined where they were not. @returns why it is too late to approve, or null */
export function judgeQuestion(
  fleet: Pick<Fleet, 'name' | 'ask'>,
  plan: string,
  askedAtMs: number | undefined,
  nowMs: number,
): SubjectRefusal | null {
  if (askedAtMs === undefined)
    return notApproved(fleet.name, plan, 'approval-exceeded', 'nobody was asked about it lately');
  if (nowMs - askedAtMs < approvalValidMs(fleet)) return null;
  const why = `people were asked more than ${fleet.ask.expiresAfterHours} h ago, and are asked again`;
  return notApproved(fleet.name, plan, 'approval-expired', why);
}

/** A plan that is approved and carried out as a whole. */
export interface WholePlan extends PlanWords {
  /** Identifies the changes, and nothing else: an approval is bound to it. */
  readonly hash: string;
  readonly isEmpty: boolean;
  /** For the journal: each change. */
  readonly changes: Readonly<Record<string, readonly string[]>>;
  /** See `SubjectRefusal`. */
  readonly questionLastsMs?: number;
  /** The node whose health is all that it follows: the question is one cause with what a heal asks of it. */
  readonly node?: NodeRef;
}

/** The work of one function for one fleet, where its plan is approved and carried out as a whole. */
export interface WholeWork<F, P, D> extends Pick<Reconciliation<F, P, D>, 'facts' | 'decide' | 'apply'> {
  readonly whole: (plan: P) => WholePlan;
}

interface WithRefusals {
  readonly refusals: readonly SubjectRefusal[];
}

/**
 * Reconciles one fleet, and tells people what was refused.
 *
 * @param failures what has failed on the way, and what fails in `apply`: all of it is thrown together, after people were told
 * @returns `done` where something was carried out, and every refusal
 */
export async function reconcileWhole<F, P extends WithRefusals, D extends WithRefusals>(
  context: FleetContext<RegisterRecord>,
  { facts, decide, whole, apply }: WholeWork<F, P, D>,
  approval: Approval | undefined,
  failures: readonly unknown[],
): Promise<{ readonly plan: P; readonly done: D | undefined } & WithRefusals> {
  const { fleet } = context;
  const result = await reconcile(
    fleet,
    {
      ...{ facts, decide, apply },
      isEmpty: (plan) => whole(plan).isEmpty,
      judgeApproval: async (plan, { plan: approved }) =>
        judgeWholePlan(fleet, whole(plan), approved, await readRecord(context), Date.now()) ?? plan,
      propose: async (plan) => proposeWholePlan(context, whole(plan), await readRecord(context)),
    },
    approval,
  );
  const { plan } = result;
  if (result.step === 'refused') {
    await notify(context, [result.refusal]);
    return { plan, done: undefined, refusals: [result.refusal] };
  }
  const done = result.step === 'applied' ? result.done : undefined;
  const refusals = [...plan.refusals, ...(result.step === 'proposed' ? result.refusals : (done?.refusals ?? []))];
  await finish(context, refusals, failures);
  return { plan, done, refusals };
}

/** Pure. @returns why an approved plan is not carried out; null where it is */
export function judgeWholePlan(
  fleet: Pick<Fleet, 'name' | 'mode' | 'ask'>,
  { hash, isEmpty, would, because }: WholePlan,
  approved: string,
  { notifications }: Pick<RegisterRecord, 'notifications'>,
  nowMs: number,
): SubjectRefusal | null {
  const no = (refuse: NotApproved, why: string) => notApproved(fleet.name, approved, refuse, why);
  if (fleet.mode === 'plan') return no('mode-changed', `${fleet.name} is in mode plan`);
  if (isEmpty) return no('approval-exceeded', 'nothing is left to be done');
  if (hash !== approved) {
    const now = planSentence({ would, because });
    return no('approval-exceeded', `something has changed, and plan ${hash} would now ${now}`);
  }
  if (fleet.mode === 'act') return null;
  const question = notifications.find(({ code, subject }) => code === 'approval-wanted' && subject === approved);
  return judgeQuestion(fleet, approved, question?.sinceMs, nowMs);
}

/** The plan is written to the journal once. @returns in mode ask, the question: it is paged once */
export async function proposeWholePlan(
  context: FleetContext<RegisterRecord>,
  { hash, would, because, changes, questionLastsMs, node }: WholePlan,
  { plans }: Pick<RegisterRecord, 'plans'>,
): Promise<readonly SubjectRefusal[]> {
  const { fleet, write } = context;
  const sentence = planSentence({ would, because });
  if (!plans.includes(hash)) {
    await write({
      kind: 'plan',
      act: `plan ${hash}`,
      sentence,
      evidence: { plan: hash, ...changes },
      fields: { would, because, plan: hash },
    });
    await changeRecord(context, (record) => rememberPlan(record, hash));
  }
  if (fleet.mode === 'plan') return [];
  return [
    {
      ...approvalRequest(fleet.name, hash, sentence, node),
      ...(questionLastsMs !== undefined && { lastsMs: questionLastsMs }),
    },
  ];
}

/** @param would "change 3 names: …" */
export const approvalRequest = (fleet: string, plan: string, would: string, node?: NodeRef): SubjectRefusal => ({
  refuse: 'approval-wanted',
  subject: plan,
  ...(node && { node }),
  reason:
    `plan ${plan} of ${fleet} would ${would}. ` +
    'Exactly this is done when a person approves it, and nothing otherwise',
  page: true,
});

/** The journal's line of a person's approval. */
export const approvedSentence = ({ plan, by }: Approval): string => `plan ${plan} is approved${claimOf(by)}`;

/** The same as values. */
export const approvedFields = ({ plan }: Approval): JournalFields => ({ plan, approved: true });
