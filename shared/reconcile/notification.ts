// Notifies people of a run's refusals, and of plans that wait for their approval: a line of the journal, and a page. `claimNotifications` decides
// from the fleet's record what is due, so that of two simultaneous runs only one notifies.
import type { Fleet } from '../fleet/model.ts';
import {
  claimNotifications,
  type DueNotifications,
  type FollowedPage,
  markPaged,
  newRegister,
  type SubjectRefusal,
} from '../guardrails/names.ts';
import { answersToFleet, keyOf, page, THE_FLEET } from '../heal/notify.ts';
import { FAILURES, type Refusal } from '../model/guardrail-codes.ts';
import { type FleetContext, type FleetRecord, type NodeRef, type RecordChange, settleRecord } from './context.ts';
import { throwTogether } from './fleets.ts';
import { followPages, hasLookedAtAll, withSent } from './followed-pages.ts';

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
 * @param isWhole the run has looked at everything of the fleet: what it has not met is over
 */
export async function notify<R extends FleetRecord>(
  context: FleetContext<R>,
  refusals: readonly SubjectRefusal[],
  change: (record: R) => Partial<R> | undefined = () => undefined,
  isWhole = false,
): Promise<void> {
  const { controller, fleet } = context;
  const due = await settleRecord(context, (record) => {
    const nowMs = Date.now();
    const claimed = claimNotifications(
      { ...newRegister, notifications: record.notifications },
      refusals,
      nowMs,
      approvalValidMs(fleet),
    );
    const { notifications } = claimed.next;
    const pages = followPages(record.pages ?? [], notifications, isWhole, nowMs);
    const more = change(record);
    const nothing = [notifications, record.notifications, pages, record.pages ?? []].every(
      ({ length }) => length === 0,
    );
    const same = more === undefined && nothing;
    const told = { ...more, notifications, ...paged(pages, record) } as RecordChange<R>;
    return { change: same ? undefined : told, result: claimed };
  });
  await sendNotifications(context, due);
  if (due.page.length === 0) return;
  await settleRecord(context, (record) => {
    const { notifications } = markPaged({ ...newRegister, notifications: record.notifications }, due.page);
    const pages = withSent(record.pages ?? [], fleet.name, due.page, Date.now(), controller.takesLong);
    return { change: { notifications, ...paged(pages, record) }, result: undefined };
  });
}

/** A fleet that was never paged for has no such member. */
const paged = (pages: readonly FollowedPage[], before: FleetRecord): Pick<FleetRecord, 'pages'> =>
  pages.length === 0 && before.pages === undefined ? {} : { pages };

/** A question is paged, and its plan is in the journal; a failure is paged, and the run itself writes down what came of it. */
const isRefusal = (code: SubjectRefusal['refuse']): boolean =>
  code !== 'approval-wanted' && !Object.hasOwn(FAILURES, code);

async function sendNotifications(
  { clients, environment, controller, fleet, write }: FleetContext,
  due: DueNotifications,
): Promise<void> {
  for (const { refuse, reason, node, subject } of due.write)
    if (isRefusal(refuse))
      await write({ kind: 'refusal', code: refuse, sentence: reason, evidence: { subject } }, node);
  for (const told of byPage(fleet.name, due.page)) {
    const [{ refuse, node, subject }] = told;
    const reason = sentenceOf(told);
    const content = { fleet: fleet.name, node: node?.name ?? THE_FLEET, code: refuse, sentence: reason };
    const question = {
      functionName: `${fleet.suite}-${controller.name}`,
      fleet: fleet.name,
      plan: subject,
      ...(controller.takesLong && { takesLong: true as const }),
    };
    const asked = refuse === 'approval-wanted' ? answersToFleet(question, process.env['AWS_REGION']) : null;
    const more = asked === null ? { subject } : { plan: subject, approve: asked.approve };
    await page(clients.sns, environment.TOPIC_ARN, { ...content, ...more }, asked?.text);
    const fields = refuse === 'approval-wanted' ? { fields: { plan: subject } } : {};
    await write({ kind: 'page', code: refuse, sentence: reason, ...fields }, node);
  }
}

type Told = readonly [SubjectRefusal, ...SubjectRefusal[]];

/** A page is read at night: of many subjects the first ones show what they have in common. The journal has each. */
const SENTENCES_A_PAGE = 3;

/** What one page says of all that it is about. */
export const sentenceOf = (told: Told): string => {
  const more = told.length - SENTENCES_A_PAGE;
  const first = told.slice(0, SENTENCES_A_PAGE).map(({ reason }) => reason);
  return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
};

/** What has one key is one page, however many subjects a run has met it for; each question is one of its own. */
export function byPage(fleet: string, due: readonly SubjectRefusal[]): readonly Told[] {
  const pages = new Map<string, [SubjectRefusal, ...SubjectRefusal[]]>();
  for (const one of due) {
    const { refuse, node, subject } = one;
    const own = keyOf({ fleet, node: node?.name ?? THE_FLEET, code: refuse });
    const key = refuse === 'approval-wanted' ? `${own} ${subject}` : own;
    const page = pages.get(key);
    if (page) page.push(one);
    else pages.set(key, [one]);
  }
  return [...pages.values()];
}

/** The end of a fleet's run: refusals are reported even where something else has failed. @throws AggregateError with all failures */
export async function finish<R extends FleetRecord>(
  context: FleetContext<R>,
  refusals: readonly SubjectRefusal[],
  failures: readonly unknown[],
  change?: (record: R) => Partial<R> | undefined,
): Promise<void> {
  const all = [...failures];
  await notify(context, refusals, change, hasLookedAtAll(failures.length > 0, refusals)).catch((error: unknown) =>
    all.push(error),
  );
  throwTogether(all, context.fleet.name);
}
