// Guardrails of the class "names" (DNS, alarms, peers), as pure decisions, and the record of the notifications to a fleet's people.
import type { FailureCode, GuardrailCode, PageCode, Refusal } from '../model/guardrail-codes.ts';

const RETRY_AFTER_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
/** A lasting refusal is written to the journal once in this time. */
const SAY_AGAIN_MS = 24 * HOUR_MS;
/** A refusal that was not met for this long is over: if it is met again, it is reported again. */
const OVER_AFTER_MS = HOUR_MS;
/** A run that claimed a page and died before it was sent must not stop it for longer. */
const CLAIM_VALID_MS = 5 * 60_000;
/** Room for two refusals of every node of a fleet with own alarms; an item holds 400 KB. */
const MAX_TOLD = 200;
const MAX_PLANS = 20;

/** A refusal about one subject: a node, a record, a zone, or the fleet itself; a change of a node that failed; or a plan that waits for a person. */
export interface SubjectRefusal {
  readonly refuse: GuardrailCode | FailureCode | 'approval-wanted';
  /** The subject in a word: "node2", "pool.bitcoin.internal", or the fleet's name. */
  readonly subject: string;
  /** The node, for a page and the journal, where the refusal is about one node. */
  readonly node?: { readonly name: string; readonly instanceId: string };
  readonly reason: string;
  readonly page: boolean;
  /** People are paged only when it has lasted for this long: the next run may find it gone. */
  readonly pageAfterMs?: number;
  /** If it is met again within this time, it is the same refusal: longer for rare looks. An hour unless given. */
  readonly lastsMs?: number;
}

/** The refusals of nodes, records or zones: since when, and which notifications were sent. Times are ms since the epoch. */
export interface NotificationState {
  readonly code: PageCode | 'approval-wanted';
  readonly subject: string;
  readonly sinceMs: number;
  readonly seenAtMs: number;
  readonly writtenAtMs: number;
  /** 0: no run began to page. */
  readonly claimedAtMs: number;
  readonly paged: boolean;
  readonly lastsMs?: number;
}

/** A page of a function that looks after fleets, and whether its cause lasts. dispatch-heal repeats it and says when it is over. Times are ms since the epoch. */
export interface FollowedPage {
  readonly key: string;
  readonly code: PageCode | 'approval-wanted';
  /** As its notification names it: a record, a zone, the fleet; of a question its plan. */
  readonly subject: string;
  /** As the page names whom it is about. */
  readonly node: string;
  readonly sentence: string;
  readonly atMs: number;
  /** eased: it was not met lately, and nobody knows whether it is over. */
  readonly state: 'lasts' | 'eased' | 'ended';
  /** Absent until it is `ended`. */
  readonly endedAtMs?: number;
  /** Carrying out the plan of this question takes longer than a shell waits. */
  readonly takesLong?: true;
}

/** A page that people have to get: what it says, the look that sends it says. */
export interface OwedPage {
  readonly code: PageCode;
  readonly subject: string;
}

/** What people were told by who looks at a fleet again and again, and what they are owed. */
export interface PageMemory {
  /** Pages that were not sent yet. */
  readonly owed?: readonly OwedPage[];
  readonly pages?: readonly FollowedPage[];
}

/** REGISTER: what register-nodes remembers of a fleet. It reads everything else from what exists. */
export interface RegisterRecord {
  /** Nodes of the last run that found some; 0 before any was found. */
  readonly nodes: number;
  readonly notifications: readonly NotificationState[];
  /** Hashes of the plans that were written or asked for, newest first. */
  readonly plans: readonly string[];
  /** Absent in records of earlier versions. */
  readonly pages?: readonly FollowedPage[];
  readonly version: number;
}

/** What register-nodes remembers besides of the pool's record. */
export interface NamesRecord extends RegisterRecord {
  /** Absent in records of earlier versions, and where no group may be scaled. */
  readonly pool?: PoolSeen;
  /** The nodes that have left it for a heal: they come back without a yes, and under a pause. Absent while there was none. */
  readonly out?: readonly OutOfPool[];
}

/** A node that has left the pool, and when, ms since the epoch. */
export interface OutOfPool {
  readonly node: string;
  readonly instanceId: string;
  readonly atMs: number;
}

/** The pool's record as Route 53 had it after a run of register-nodes. */
export interface PoolSeen {
  readonly addresses: readonly string[];
  /** When Route 53 was asked, ms since the epoch. */
  readonly atMs: number;
  /** When it was first seen with these addresses, ms since the epoch: resolvers keep the ones of before for the record's TTL. */
  readonly sinceMs: number;
}

/** Pure. @param now as it is now: what is the same as before has been so since then */
export const poolSeen = (before: PoolSeen | undefined, now: Omit<PoolSeen, 'sinceMs'>): PoolSeen => {
  const isSame = before !== undefined && JSON.stringify(before.addresses) === JSON.stringify(now.addresses);
  return { ...now, sinceMs: isSame ? before.sinceMs : now.atMs };
};

export const newRegister: RegisterRecord = { nodes: 0, notifications: [], plans: [], version: 0 };

/** An empty match never means that everything is gone; `confirmed` is a person's word that it does. watch-fleet tells people that no node is found. */
export function judgeSelection(
  fleet: string,
  { found, before, confirmed }: { readonly found: number; readonly before: number; readonly confirmed: boolean },
): Refusal | null {
  if (found > 0 || before === 0 || confirmed) return null;
  const reason = `discovery found no node of ${fleet}, which had ${before}: its records and alarms are kept. ${sayTheyMayGo(fleet)}`;
  return { refuse: 'nothing-matched', reason, page: false, retryAfterMs: RETRY_AFTER_MS };
}

/** A line for a shell: what a person sends, and to whom. */
const sayTheyMayGo = (fleet: string): string =>
  `Look why first: the tag of the fleet file, or instances that lost it. If they are to go, say so: echo '{"kind":"reconcile","fleet":"${fleet}","confirm":true}' | aws lambda invoke --function-name chainmend-register-nodes --payload fileb:///dev/stdin /dev/stdout`;

/** Half of a fleet is not removed in one run unless a person says so. @param gone nodes that are not found, @param of all that have `what` */
export function judgeMissing(
  fleet: string,
  {
    gone,
    of,
    what,
    confirmed,
  }: {
    readonly gone: number;
    readonly of: number;
    readonly what: 'records' | 'alarms';
    readonly confirmed: boolean;
  },
): Refusal | null {
  if (gone * 2 <= of || confirmed) return null;
  const reason =
    `${gone} of the ${of} nodes of ${fleet} that have ${what} are not found any more, limit half in one run: their ${what} are kept. ` +
    sayTheyMayGo(fleet);
  return { refuse: 'too-many-gone', reason, page: true, retryAfterMs: RETRY_AFTER_MS };
}

export interface DueNotifications {
  readonly next: RegisterRecord;
  /** Refusals for the journal. */
  readonly write: readonly SubjectRefusal[];
  /** Refusals to page; afterwards `paged` must be called with those that were sent. */
  readonly page: readonly SubjectRefusal[];
}

/**
 * Which of a run's refusals are reported: each to the journal once a day, each to people once an onset. The record is written before anything is
 * sent, so that of two simultaneous runs only one reports.
 * @param approvalValidMs after which a question to people is asked again
 */
export function claimNotifications(
  register: RegisterRecord,
  all: readonly SubjectRefusal[],
  nowMs: number,
  approvalValidMs = Number.POSITIVE_INFINITY,
): DueNotifications {
  const refusals = condense(all);
  const key = ({ code, subject }: Pick<NotificationState, 'code' | 'subject'>): string => `${code} ${subject}`;
  const known = new Map(register.notifications.map((notifications) => [key(notifications), notifications]));
  const write: SubjectRefusal[] = [];
  const page: SubjectRefusal[] = [];
  for (const refusal of refusals) {
    const named = { code: refusal.refuse, subject: refusal.subject };
    const before = known.get(key(named));
    // A question that was not answered in time is asked again.
    const expired = refusal.refuse === 'approval-wanted' && nowMs - (before?.sinceMs ?? nowMs) >= approvalValidMs;
    const going = before && !expired && isCurrent(before, nowMs) ? before : undefined;
    const old = nowMs - (going?.sinceMs ?? nowMs) >= (refusal.pageAfterMs ?? 0);
    const says = !going || nowMs - going.writtenAtMs >= SAY_AGAIN_MS;
    const pages = refusal.page && old && !going?.paged && nowMs - (going?.claimedAtMs ?? 0) >= CLAIM_VALID_MS;
    if (says) write.push(refusal);
    if (pages) page.push(refusal);
    known.set(key(named), {
      ...named,
      sinceMs: going?.sinceMs ?? nowMs,
      seenAtMs: nowMs,
      writtenAtMs: says ? nowMs : going.writtenAtMs,
      claimedAtMs: pages ? nowMs : (going?.claimedAtMs ?? 0),
      paged: going?.paged ?? false,
      ...(refusal.lastsMs !== undefined && { lastsMs: refusal.lastsMs }),
    });
  }
  const notifications = [...known.values()].filter((one) => isCurrent(one, nowMs));
  notifications.sort((a, b) => b.seenAtMs - a.seenAtMs || (key(a) < key(b) ? -1 : 1));
  return { next: { ...register, notifications: notifications.slice(0, MAX_TOLD) }, write, page };
}

const isCurrent = ({ seenAtMs, lastsMs = OVER_AFTER_MS }: NotificationState, nowMs: number): boolean =>
  nowMs - seenAtMs < lastsMs;

/** More of one kind in one run have one cause: a hundred nodes of one name are reported in one page. */
const MAX_OF_A_KIND = 5;
const MANY = 'many';

function condense(refusals: readonly SubjectRefusal[]): readonly SubjectRefusal[] {
  const kinds = new Map<SubjectRefusal['refuse'], Map<string, SubjectRefusal>>();
  for (const refusal of refusals) {
    const kind = kinds.get(refusal.refuse) ?? new Map<string, SubjectRefusal>();
    if (!kind.has(refusal.subject)) kind.set(refusal.subject, refusal);
    kinds.set(refusal.refuse, kind);
  }
  return [...kinds].flatMap(([refuse, bySubject]): readonly SubjectRefusal[] => {
    const some = [...bySubject.values()];
    if (some.length <= MAX_OF_A_KIND) return some;
    const shown = some.slice(0, MAX_OF_A_KIND).map(({ reason }) => reason);
    return [
      {
        refuse,
        subject: MANY,
        reason: `${some.length} times: ${shown.join('; ')}; and ${some.length - shown.length} more`,
        page: some.some(({ page }) => page),
        pageAfterMs: Math.min(...some.map(({ pageAfterMs = 0 }) => pageAfterMs)),
        lastsMs: Math.max(...some.map(({ lastsMs = OVER_AFTER_MS }) => lastsMs)),
      },
    ];
  });
}

/** The record after these were paged. */
export function markPaged(register: RegisterRecord, pages: readonly SubjectRefusal[]): RegisterRecord {
  const were = new Set(pages.map(({ refuse, subject }) => `${refuse} ${subject}`));
  const notifications = register.notifications.map((one) =>
    were.has(`${one.code} ${one.subject}`) ? { ...one, paged: true } : one,
  );
  return { ...register, notifications };
}

/** The record with a plan that was reported; a plan that comes back after many others is reported again. */
export const rememberPlan = (register: RegisterRecord, plan: string): RegisterRecord => ({
  ...register,
  plans: [plan, ...register.plans.filter((known) => known !== plan)].slice(0, MAX_PLANS),
});
