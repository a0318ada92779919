// Notifies people of a run's refusals, and of plans that wait for their approval: a line of the journal, and a page. `claimNotifications` decides
// from the fleet's record what is due, so that of two simultaneous runs only one notifies.
import type { Fleet } from '../fleet/model.ts';
import {
  claimNotifications,
  type DueNotifications,
  markPaged,
  newRegister,
  type SubjectRefusal,
} from '../guardrails/names.ts';
import { WHOLE_FLEET } from '../heal/journal.ts';
import { answersToFleet, page } from '../heal/notify.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { type FleetContext, type FleetRecord, type NodeRef, settleRecord } from './context.ts';
import { throwTogether } from './fleets.ts';

const HOUR_MS = 60 * 60_000;

/** A refusal about a node, or, by its name, about the fleet as a whole. */
export const subjectRefusal = ({ refuse, reason, page }: Refusal, subject: NodeRef | string): SubjectRefusal => ({
  refuse,
  subject: typeof subject === 'string' ? subject : subject.name,
  ...(typeof subject === 'object' && { node: subject }),
  reason,
  page,
});

/** For how long a person may approve what was asked. */
export const approvalValidMs = ({ ask }: Pick<Fleet, 'ask'>): number => ask.expiresAfterHours * HOUR_MS;

/**
 * Journals and pages what is new or has lasted for a day.
 *
 * @param change of the fleet's record, written together with the notifications
 */
export async function notify<R extends FleetRecord>(
  context: FleetContext<R>,
  refusals: readonly SubjectRefusal[],
  change: (record: R) => Partial<R> | undefined = () => undefined,
): Promise<void> {
  const { fleet } = context;
  const due = await settleRecord(context, (record) => {
    const claimed = claimNotifications(
      { ...newRegister, notifications: record.notifications },
      refusals,
      Date.now(),
      approvalValidMs(fleet),
    );
    const { notifications } = claimed.next;
    const more = change(record);
    const same = more === undefined && notifications.length === 0 && record.notifications.length === 0;
    return { change: same ? undefined : { ...more, notifications }, result: claimed };
  });
  await sendNotifications(context, due);
  if (due.page.length === 0) return;
  await settleRecord(context, (record) => {
    const { notifications } = markPaged({ ...newRegister, notifications: record.notifications }, due.page);
    return { change: { notifications }, result: undefined };
  });
}

/** A question is no refusal: it is paged, and its plan is in the journal. */
async function sendNotifications(
  { clients, environment, controller, fleet, write }: FleetContext,
  due: DueNotifications,
): Promise<void> {
  for (const { refuse, reason, node, subject } of due.write)
    if (refuse !== 'approval-wanted')
      await write({ kind: 'refusal', code: refuse, sentence: reason, evidence: { subject } }, node);
  for (const { refuse, reason, node, subject } of due.page) {
    const content = { fleet: fleet.name, node: node?.name ?? WHOLE_FLEET, code: refuse, sentence: reason };
    if (refuse === 'approval-wanted') {
      const question = {
        functionName: `chainmend-${controller.name}`,
        fleet: fleet.name,
        plan: subject,
        ...(controller.takesLong && { takesLong: true as const }),
      };
      const { text, approve } = answersToFleet(question, process.env['AWS_REGION']);
      await page(clients.sns, environment.TOPIC_ARN, { ...content, plan: subject, approve }, text);
    } else await page(clients.sns, environment.TOPIC_ARN, { ...content, subject });
    const fields = refuse === 'approval-wanted' ? { fields: { plan: subject } } : {};
    await write({ kind: 'page', code: refuse, sentence: reason, ...fields }, node);
  }
}

/** The end of a fleet's run: refusals are reported even where something else has failed. @throws AggregateError with all failures */
export async function finish<R extends FleetRecord>(
  context: FleetContext<R>,
  refusals: readonly SubjectRefusal[],
  failures: readonly unknown[],
  change?: (record: R) => Partial<R> | undefined,
): Promise<void> {
  const all = [...failures];
  await notify(context, refusals, change).catch((error: unknown) => all.push(error));
  throwTogether(all, context.fleet.name);
}
