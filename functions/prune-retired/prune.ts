// One fleet's turn: what may go is planned, and then written, asked about or carried out, as the fleet's mode says.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { RegisterRecord, SubjectRefusal } from '../../shared/guardrails/names.ts';
import { claimOf } from '../../shared/heal/approval.ts';
import { endKept } from '../../shared/heal/kept.ts';
import { WHOLE_FLEET } from '../../shared/heal/telling.ts';
import { decidePrune, type PruneFacts, type PrunePlan } from './decide.ts';
import { readFacts } from './facts.ts';
import { keepHolds } from './holds.ts';
import { remove } from './remove.ts';
import { readTold, remember, type Tools, tell, type Work, workOf } from './work.ts';

/** What came of a turn, for the log and for a person who asked. */
export interface Summary {
  readonly fleet: string;
  readonly removed: readonly string[];
  /** Past their date, and not removed: mode plan or ask, only asked for, the next run's, or refused. */
  readonly left: readonly string[];
  /** Names the plan, for an approval. */
  readonly plan?: string;
  readonly refusals: readonly string[];
}

export interface Turn {
  readonly tools: Tools;
  readonly fleet: Fleet;
  /** Only says what would go. */
  readonly onlyPlan: boolean;
  /** The plan that a person says yes to. */
  readonly approved?: string;
  /** Who says yes, as the event claims. */
  readonly approvedBy?: string | null;
}

const HOUR_MS = 60 * 60_000;
const MAX_SENTENCES = 10;

export async function pruneFleet({ tools, fleet, onlyPlan, approved, approvedBy = null }: Turn): Promise<Summary> {
  const work = workOf(tools, fleet);
  const failures: unknown[] = [];
  // What is held is not removed, whether its hold could be renewed or not: the rest need not wait for it.
  if (!onlyPlan && approved === undefined) await keepHolds(work).catch((error: unknown) => failures.push(error));
  const facts = await readFacts(work, fleet, Date.now());
  const plan = decidePrune(facts);
  if (!onlyPlan) await giveUp(work, facts.missing);
  const left = [
    ...plan.removals.map(({ sentence }) => sentence),
    ...(plan.waiting > 0 ? [`and ${plan.waiting} more, by later runs`] : []),
  ];
  if (onlyPlan) return summary(fleet, { removed: [], left, plan, refusals: plan.refusals });
  if (approved !== undefined) {
    const no = whyNotApproved(fleet, plan, approved, await readTold(work));
    if (no) {
      await tell(work, [no]);
      return summary(fleet, { removed: [], left, plan, refusals: [no] });
    }
    const yes = `plan ${approved} is approved${claimOf(approvedBy)}`;
    const fields = { plan: plan.hash, approved: true } as const;
    await work.write({ kind: 'decision', sentence: `${yes}: ${sentencesOf(plan)}`, fields });
    return carryOut(work, plan, { approved: true, failures });
  }
  if (plan.removals.length > 0 && fleet.mode !== 'act') {
    const asked = await ask(work, plan);
    const refusals = [...plan.refusals, ...asked];
    await tell(work, refusals);
    throwAll(work, failures);
    return summary(fleet, { removed: [], left, plan, refusals });
  }
  if (plan.removals.length > 0) await work.write({ kind: 'decision', sentence: sentencesOf(plan) });
  return carryOut(work, plan, { approved: false, failures });
}

/** A person who takes the tags away has taken the thing: it is told once, and nothing follows from its record any more. */
async function giveUp(work: Work, missing: PruneFacts['missing']): Promise<void> {
  for (const { kind, id, node, there } of missing) {
    if (there)
      await work.write(
        {
          kind: 'decision',
          sentence: `${id} was kept, and its tags say so no more: it is left to people`,
        },
        { name: node, instanceId: kind === 'instance' ? id : WHOLE_FLEET },
      );
    await endKept(work.store, work.fleet.name, kind, [id], Date.now());
  }
}

interface Carrying {
  readonly approved: boolean;
  /** What has failed before; what fails here is added, and all of it is thrown at the end. */
  readonly failures: unknown[];
}

async function carryOut(work: Work, plan: PrunePlan, { approved, failures }: Carrying): Promise<Summary> {
  const removed: string[] = [];
  const left: string[] = [];
  const refusals = [...plan.refusals];
  let stopped = false;
  for (const removal of plan.removals) {
    if (stopped || Date.now() >= work.untilMs) {
      left.push(removal.sentence);
      continue;
    }
    try {
      const result = await remove(work, removal, approved);
      if (result.done) {
        removed.push(removal.sentence);
        continue;
      }
      refusals.push(result.refusal);
      stopped = result.stop;
    } catch (error) {
      // What cannot be deleted does not keep the rest; all failures reach the alarms together.
      failures.push(error);
    }
    left.push(removal.sentence);
  }
  await tell(work, refusals);
  throwAll(work, failures);
  return summary(work.fleet, { removed, left, refusals });
}

function throwAll({ fleet }: Work, failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const sentences = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  throw new AggregateError(failures, `${fleet.name}: ${sentences.join('; ')}`);
}

function whyNotApproved(
  { name, mode, ask: { expiresAfterHours } }: Fleet,
  plan: PrunePlan,
  approved: string,
  told: RegisterRecord,
): SubjectRefusal | undefined {
  const no = (refuse: 'mode-changed' | 'approval-exceeded' | 'approval-expired', why: string): SubjectRefusal => {
    return {
      refuse,
      subject: `${name} ${approved}`,
      reason: `plan ${approved} is not carried out: ${why}`,
      page: false,
    };
  };
  if (mode === 'plan') return no('mode-changed', `${name} is in mode plan`);
  if (plan.removals.length === 0) return no('approval-exceeded', 'nothing may go by now');
  if (plan.hash !== approved)
    return no(
      'approval-exceeded',
      `something has changed, and it would be plan ${plan.hash} now: ${sentencesOf(plan)}`,
    );
  if (mode === 'act') return undefined;
  const question = told.told.find(({ code, subject }) => code === 'approval-wanted' && subject === approved);
  if (!question) return no('approval-exceeded', 'nobody was asked about it lately');
  if (Date.now() - question.sinceMs < expiresAfterHours * HOUR_MS) return undefined;
  return no('approval-expired', `people were asked more than ${expiresAfterHours} h ago, and are asked again`);
}

/** Modes plan and ask: the plan is written to the journal once, and in mode ask people are asked once. */
async function ask(work: Work, plan: PrunePlan): Promise<readonly SubjectRefusal[]> {
  const { fleet } = work;
  const { plans } = await readTold(work);
  if (!plans.includes(plan.hash)) {
    await work.write({
      kind: 'plan',
      act: `plan ${plan.hash}`,
      sentence: sentencesOf(plan),
      fields: { would: sentencesOf(plan), because: '', plan: plan.hash },
      evidence: { plan: plan.hash, removals: plan.removals.map(({ kind, id }) => `${kind} ${id}`) },
    });
    await remember(work, plan.hash);
  }
  if (fleet.mode === 'plan') return [];
  const reason =
    `plan ${plan.hash} of ${fleet.name} would ${sentencesOf(plan)}. ` +
    'Exactly this is done when a person approves it, and nothing otherwise';
  // Asked again by the next run, six hours later, only where the question has expired.
  return [{ refuse: 'approval-wanted', subject: plan.hash, reason, page: true, lastsMs: 13 * HOUR_MS }];
}

function sentencesOf({ removals, waiting }: PrunePlan): string {
  const shown = removals.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  const more = removals.length - shown.length + waiting;
  return `delete ${[...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`;
}

const summary = (
  { name }: Fleet,
  {
    removed,
    left,
    plan,
    refusals,
  }: {
    readonly removed: readonly string[];
    readonly left: readonly string[];
    readonly plan?: PrunePlan;
    readonly refusals: readonly SubjectRefusal[];
  },
): Summary => ({
  fleet: name,
  removed,
  left,
  ...(plan && plan.removals.length > 0 && { plan: plan.hash }),
  refusals: refusals.map(({ refuse, reason }) => `${refuse}: ${reason}`),
});
