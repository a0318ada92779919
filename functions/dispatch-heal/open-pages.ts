// The pages whose cause lasts, purely: which of them are due again, which are over, and which healed nodes are to be told of.
import type { Fleet } from '../../shared/fleet/model.ts';
import { type Health, missedOf, type WatchPage } from '../../shared/fleet/observation.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import type { FollowedPage } from '../../shared/guardrails/names.ts';
import { type FleetQuestion, keyOf, THE_FLEET } from '../../shared/heal/notify.ts';
import { foundAtMs, isBeingHealed, isStillSaid, MAY_BE_HEALED } from '../../shared/heal/page-truth.ts';
import type {
  ApprovalRecord,
  IncidentRecord,
  OpenPage,
  OpenPagesRecord,
  PageNote,
  SentPagesRecord,
} from '../../shared/heal/records.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS } from '../../shared/model/page-wants.ts';
import { DRILL, isOfMove, NODE_TERMINATED, readTrigger } from '../../shared/model/trigger.ts';
import { names } from '../../shared/text/names.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A sweep has a minute: one that has said nothing of its messages after this time has died, and the next one sends them. */
export const SENDING_MS = 2 * MINUTE_MS;
/** What was over for longer is no news: after a restored table, or a dispatcher that stood for long, nobody is told of old heals. */
const TOLD_WITHIN_MS = HOUR_MS;
/** Longer than anything is told. */
const TOLD_KEPT_MS = 3 * HOUR_MS;
/** Causes of one fleet that are followed: the record stays far below DynamoDB's 400 KB. */
export const MAX_OPEN = 200;

/** Why a page was sent. */
export interface Cause {
  readonly key: string;
  readonly fleet: string;
  readonly node: string;
  readonly code: PageCode | 'approval-wanted';
  readonly sentence: string;
  /** When its page was sent the last time, but for repetitions. */
  readonly atMs: number;
  /** When the last page of this key was sent, if that was another one: a question that was answered at once. */
  readonly newestMs?: number;
  /** Its alarm; empty where there is none. Who has muted it is at work there. */
  readonly alarm: string;
  /** eased: it does not want anybody now, and is not over. */
  readonly state: 'lasts' | 'eased' | 'ended';
  /** How it ended; empty until it has. */
  readonly ending: string;
  /** When it ended; absent where it has not, or nobody knows. */
  readonly endedAtMs?: number;
  /** The instances that it is about; absent where it is about the fleet. */
  readonly instanceIds?: readonly string[];
  /** Until when it is known to be so; absent where it is read anew in each sweep, or nobody looks again. */
  readonly foundAtMs?: number;
  /** It tells of one moment: once over, it does not come back. */
  readonly isOnce?: true;
  readonly incident?: Pick<IncidentRecord, 'incidentId' | 'attempt' | 'trigger'>;
  /** The question that waits for an answer. */
  readonly question?: ApprovalRecord;
  /** The question of a function that looks after the whole fleet. */
  readonly fleetQuestion?: FleetQuestion;
  /** Its healed attempts, as `told` names them. */
  readonly healed: readonly string[];
}

type HealedIncident = Extract<IncidentRecord, { readonly state: 'healed' }>;

/** A message that is due now. */
export type DueMessage =
  | { readonly severity: 'again'; readonly cause: Cause; readonly times: number }
  /** Its end was told, and it lasts again. */
  | { readonly severity: 'back'; readonly cause: Cause }
  | { readonly severity: 'resolved'; readonly cause: Cause }
  | { readonly severity: 'told'; readonly id: string; readonly incident: HealedIncident & { readonly proof: string } };

/** What a fresh look says of the nodes. */
type Seen = Pick<FleetView, 'nodes' | 'gone'>;

/**
 * The causes of what was paged about a fleet's incidents, one for each key.
 *
 * @param seen absent where nobody has looked lately
 */
export function causesOfIncidents(
  incidents: readonly IncidentRecord[],
  sent: SentPagesRecord | undefined,
  nowMs: number,
  seen?: Seen,
): readonly Cause[] {
  return oneForEachKey(incidents.flatMap((incident) => pagesOf(incident, sent, nowMs, seen)));
}

const oneForEachKey = (causes: readonly Cause[]): readonly Cause[] =>
  [...Map.groupBy(causes, ({ key }) => key).values()].flatMap((same) => together(same) ?? []);

function pagesOf(
  incident: IncidentRecord,
  sent: SentPagesRecord | undefined,
  nowMs: number,
  seen: Seen | undefined,
): readonly Cause[] {
  const { fleet, node, trigger, incidentId, attempt, state, approval, lastPage, alarm, instanceId } = incident;
  const isAtWork = state === 'allocated' || state === 'claimed';
  const base = {
    ...{ fleet, alarm: alarm.alarmName, incident: { incidentId, attempt, trigger }, ending: '', healed: [] },
    instanceIds: [instanceId],
    // While a heal is at work nobody is wanted.
    state: isAtWork ? ('eased' as const) : ('lasts' as const),
    ...(state === 'healed' && {
      ...{ state: 'ended' as const, healed: [toldId(incident)], endedAtMs: incident.endedAtMs },
      ending: endOf(incident),
    }),
  };
  const own = keyOf({ fleet, node, trigger });
  const refusals = (incident.pendingPages ?? []).flatMap(({ code, sentence }): Cause[] => {
    const told = sent?.sent[code];
    const key = told?.keys?.[incidentId];
    if (told === undefined || key === undefined) return [];
    const atMs = told.sentAtMs?.[incidentId] ?? told.atMs;
    // What it has said since is another refusal, or a plan.
    const isEased = base.state === 'lasts' && (state === 'escalated' || !isStillSaid(incident, code));
    const found = foundAtMs(incident, code);
    return [
      {
        ...{ ...base, key, node, code, sentence, atMs },
        ...(isEased && { state: 'eased' as const }),
        ...(found !== undefined && { foundAtMs: found }),
      },
    ];
  });
  const isOpen = state === 'claimed' && approval?.answer === undefined && nowMs < (approval?.untilMs ?? 0);
  const asked = approval && {
    ...{ ...base, key: own, node, code: 'approval-wanted' as const, atMs: approval.askedAtMs },
    sentence: `${approval.sentence}. May chainmend do this?`,
    // Answered, or expired with its attempt: nobody is asked now.
    ...(isOpen && { state: 'lasts' as const, question: approval }),
    ...(!isOpen && base.state === 'lasts' && { state: 'eased' as const }),
  };
  // A drill pages about its fleet.
  const paged = lastPage && {
    ...base,
    ...(trigger === DRILL
      ? { key: keyOf({ fleet, node: THE_FLEET, trigger, code: lastPage.code }), node: THE_FLEET }
      : { key: own, node }),
    ...{ code: lastPage.code, sentence: lastPage.sentence, atMs: lastPage.atMs },
    ...(base.state === 'lasts' && fateOfPage(incident, lastPage, seen)),
  };
  return [...refusals, ...(paged ? [paged] : []), ...(asked ? [asked] : [])];
}

/** Whether the last page of an incident that rests holds still. */
function fateOfPage(incident: IncidentRecord, page: PageNote, seen: Seen | undefined): Partial<Cause> {
  if (page.isDown) {
    const node = seen?.nodes.find(({ instanceId }) => instanceId === incident.instanceId);
    // Seen down, or by nobody: nobody knows that it runs.
    if (node === undefined || !ANSWERS.has(node.health)) return {};
    const ending = `${incident.node} answers: its client runs. ${node.reason}`;
    return { state: 'ended', ending, isOnce: true };
  }
  // It was its end.
  if (incident.state === 'escalated') return {};
  const found = foundAtMs(incident, page.code);
  return {
    ...(!isStillSaid(incident, page.code) && { state: 'eased' as const }),
    ...(found !== undefined && { foundAtMs: found }),
  };
}

/** Its client has answered. */
const ANSWERS: ReadonlySet<Health> = new Set<Health>(['synced', 'behind', 'starting', 'busy', 'forked', 'stuck']);

/** Not of a request, nor of what the schedule wants. */
const isOfTrouble = ({ trigger }: IncidentRecord): boolean =>
  ['disk', 'node'].includes(readTrigger(trigger)?.kind ?? '');

function endOf(incident: HealedIncident): string {
  const { node, proof, isGone, trigger } = incident;
  if (proof !== undefined) return `${node} is healed: ${proof}`;
  if (trigger === NODE_TERMINATED)
    return `${node} is missed no more: another instance has its name, or a day has passed`;
  if (!isOfTrouble(incident) || isOfMove(trigger)) return `what was wanted of ${node} is wanted no more`;
  return isGone
    ? `${node} is not there any more: it was terminated, or has lost the tags of its fleet`
    : `${node} is well without a heal`;
}

/** One cause of several pages, or of several nodes: the newest page speaks, it lasts while any does, and is over when all are. */
function together(causes: readonly Cause[]): Cause | undefined {
  const question = causes.find((cause) => cause.question !== undefined);
  const isAny = (state: Cause['state']): boolean => causes.some((cause) => cause.state === state);
  const state = isAny('lasts') ? 'lasts' : isAny('eased') ? 'eased' : 'ended';
  // What is over does not speak for what lasts.
  const newest = causes.filter((cause) => cause.state === state).toSorted((a, b) => b.atMs - a.atMs)[0];
  const speaks = question ?? newest;
  if (speaks === undefined) return undefined;
  const nodes = [...new Set(causes.map(({ node }) => node))];
  const endings = [...new Set(causes.map(({ ending }) => ending).filter((ending) => ending !== ''))];
  const newestMs = Math.max(...causes.map(({ atMs, newestMs: newest = atMs }) => newest));
  // A question of another function about the same cause is repeated with it.
  const fleetQuestion =
    speaks.fleetQuestion ?? causes.find((one) => one.state === 'lasts' && one.fleetQuestion)?.fleetQuestion;
  const instanceIds = [...new Set(causes.flatMap(({ instanceIds: ids = [] }) => ids))];
  return {
    ...speaks,
    ...(instanceIds.length > 0 && { instanceIds }),
    ...(fleetQuestion && { fleetQuestion }),
    ...(newestMs > speaks.atMs && { newestMs }),
    ...{ node: nodes.length > 1 ? names(nodes) : speaks.node, state },
    ending: state === 'ended' ? names(endings) : '',
    healed: causes.flatMap(({ healed }) => healed),
  };
}

/** The causes of what watch-fleet has paged. @param pages null: it has not looked lately, so that nobody knows whether they last */
export const causesOfWatch = (fleet: string, pages: readonly WatchPage[] | null): readonly Cause[] =>
  (pages ?? []).map(({ key, node, code, sentence, atMs, alarm, state, nodes }) => ({
    ...{ key, fleet, node, code, sentence, atMs, alarm, state, healed: [] },
    ending: state === 'ended' ? `what this page told of is over: ${sentence}` : '',
    ...(nodes.length > 0 && { instanceIds: nodes.map(({ instanceId }) => instanceId) }),
  }));

/**
 * One voice for each cause, whoever has seen it. What a heal says of a node speaks for what watch-fleet has seen of it, and that a node is missed is said once.
 *
 * @param own of incidents
 * @param others of watch-fleet, and of the functions that look after the fleet
 * @param prunesForMs see `isBeingHealed`
 */
export function oneVoice(
  own: readonly Cause[],
  others: readonly Cause[],
  incidents: readonly IncidentRecord[],
  gone: FleetView['gone'],
  nowMs: number,
  prunesForMs = 0,
): readonly Cause[] {
  const lasting = own.filter(({ state }) => state === 'lasts');
  const isOf = (cause: Cause, instanceId: string): boolean => cause.instanceIds?.includes(instanceId) === true;
  const isSpokenFor = (instanceId: string): boolean =>
    lasting.some((cause) => isOf(cause, instanceId) && isOfLadder(cause)) ||
    incidents.some((incident) => incident.instanceId === instanceId && isBeingHealed(incident, nowMs, prunesForMs));
  const missed = missedOf(gone ?? []).map(({ instanceId }) => instanceId);
  const isToldAgain = (instanceId: string): boolean =>
    lasting.some((cause) => isOf(cause, instanceId) && cause.incident?.trigger === NODE_TERMINATED);
  const isMissingTold = others.some(({ code, state }) => code === 'node-missing' && state === 'lasts');
  const eased = (cause: Cause, is: boolean): Cause =>
    is && cause.state === 'lasts' ? { ...cause, state: 'eased' } : cause;
  const ofHeals = own.map((cause) =>
    // That its node is missed is a page of its own: what it had before is not repeated.
    eased(
      cause,
      cause.incident?.trigger !== NODE_TERMINATED &&
        (cause.instanceIds ?? []).length > 0 &&
        (cause.instanceIds ?? []).every((id) => missed.includes(id) && (isMissingTold || isToldAgain(id))),
    ),
  );
  const ofOthers = others
    .filter(({ key, state, atMs }) => state === 'lasts' || !own.some((one) => one.key === key && hasEnded(one, atMs)))
    .map((cause) =>
      eased(
        cause,
        cause.code === 'node-missing'
          ? missed.length > 0 && missed.every(isToldAgain)
          : cause.instanceIds !== undefined &&
              MAY_BE_HEALED.has(cause.code as PageCode) &&
              cause.instanceIds.every(isSpokenFor),
      ),
    );
  return oneForEachKey([...ofHeals, ...ofOthers]);
}

/** Healed after the page was sent: watch-fleet waits half an hour before it says so. */
const hasEnded = ({ state, endedAtMs }: Cause, atMs: number): boolean =>
  state === 'ended' && endedAtMs !== undefined && endedAtMs > atMs;

const isOfLadder = ({ incident }: Cause): boolean =>
  incident !== undefined && ['node', 'request'].includes(readTrigger(incident.trigger)?.kind ?? '');

/**
 * The causes of what functions have paged that look after a fleet, one for each key: two subjects of a fleet may have the same.
 *
 * @param byFunction null: what it has paged could not be read, so that nobody knows whether it lasts
 */
export function causesOfFollowed(
  fleet: string,
  byFunction: readonly { readonly functionName: string; readonly pages: readonly FollowedPage[] | null }[],
): readonly Cause[] {
  const all = byFunction.flatMap(({ functionName, pages }) =>
    (pages ?? []).map((page): Cause => {
      const { key, node, code, subject: plan, sentence, atMs, state, takesLong } = page;
      const asks = code === 'approval-wanted' && state === 'lasts' && PLAN.test(plan);
      return {
        ...{ key, fleet, node, code, sentence, atMs, state, alarm: '', healed: [] },
        ending: state === 'ended' ? `what this page told of is over: ${sentence}` : '',
        ...(asks && { fleetQuestion: { functionName, fleet, plan, ...(takesLong && { takesLong }) } }),
      };
    }),
  );
  return oneForEachKey(all);
}

/** A plan's hash: it is shown in a line for a shell. */
const PLAN = /^[0-9a-f]{8,64}$/;

const toldId = ({ incidentId, attempt }: Pick<IncidentRecord, 'incidentId' | 'attempt'>): string =>
  `${incidentId}/${attempt}`;

export interface Review {
  readonly next: Omit<OpenPagesRecord, 'version'>;
  readonly due: readonly DueMessage[];
  /** Causes beyond what is followed. */
  readonly left: number;
}

/** What one sweep may send for a fleet: what is left is due again in the next one, and the function has a minute for all. */
export const MESSAGES_A_SWEEP = 10;

/**
 * What is due now; `next` says that it is being sent. Only who has written `next` may send it, so that of two sweeps one does.
 *
 * @param causes one for each key
 * @param mayRepeat whether people may be bothered with this key again: no pause is set, and nobody has muted its alarm
 * @param most messages
 */
export function reviewPages(
  read: Omit<OpenPagesRecord, 'version'> | undefined,
  causes: readonly Cause[],
  incidents: readonly IncidentRecord[],
  fleet: Pick<Fleet, 'pages'>,
  mayRepeat: (key: string) => boolean,
  nowMs: number,
  most = MESSAGES_A_SWEEP,
): Review {
  const isSending = (sendingAtMs: number | undefined): boolean =>
    sendingAtMs !== undefined && nowMs - sendingAtMs < SENDING_MS;
  const due: DueMessage[] = [];
  const pages: Record<string, OpenPage> = {};
  const over: (readonly [string, OpenPage])[] = [];
  let left = 0;
  for (const cause of causes) {
    const { key, state } = cause;
    const before = read?.pages[key];
    // What is over and was never followed, or has been told already.
    if (before === undefined && state === 'ended') continue;
    const page = followed(before, cause, nowMs);
    if (page.isOver) {
      over.push([key, page]);
      continue;
    }
    if (before === undefined && Object.keys(pages).length >= MAX_OPEN) {
      left++;
      continue;
    }
    const isFree = due.length < most && !isSending(page.sendingAtMs);
    const message = isFree ? dueOf(page, cause, fleet.pages, mayRepeat, nowMs) : null;
    if (message) due.push(message);
    pages[key] = message ? { ...page, sendingAtMs: nowMs } : page;
  }
  // What was not read, or is not looked at now, is not over: who has acknowledged it is not asked again when it is seen again.
  for (const [key, page] of Object.entries(read?.pages ?? {}))
    if (!causes.some((cause) => cause.key === key)) {
      if (nowMs - lastSent(page) >= DAY_MS) continue;
      if (page.isOver) over.push([key, page]);
      else pages[key] = page;
    }
  const told = Object.fromEntries(
    Object.entries(read?.told ?? {}).filter(([, { atMs }]) => nowMs - atMs < TOLD_KEPT_MS),
  );
  const resolved = new Set(causes.filter(({ key }) => pages[key] !== undefined).flatMap(({ healed }) => healed));
  const newestOver = over.toSorted(([, a], [, b]) => lastSent(b) - lastSent(a)).slice(0, MAX_OPEN);
  for (const incident of fleet.pages.healed ? incidents.filter(({ trigger }) => trigger !== DRILL) : []) {
    const id = toldId(incident);
    const before = told[id];
    if (!isNews(incident, nowMs) || resolved.has(id) || due.length >= most) continue;
    if (before !== undefined && (before.sendingAtMs === undefined || isSending(before.sendingAtMs))) continue;
    told[id] = { atMs: before?.atMs ?? nowMs, sendingAtMs: nowMs };
    due.push({ severity: 'told', id, incident });
  }
  return { next: { pages: { ...pages, ...Object.fromEntries(newestOver) }, told }, due, left };
}

const lastSent = ({ sentAtMs, again }: OpenPage): number => Math.max(sentAtMs, again.at(-1) ?? 0);

/** A page that was sent anew is a new one: nobody has acknowledged it. So is one whose cause has come back. */
function followed(before: OpenPage | undefined, cause: Cause, nowMs: number): OpenPage {
  const { node, code, atMs, state, isOnce } = cause;
  const again = (before?.again ?? []).filter((sentAtMs) => nowMs - sentAtMs < DAY_MS);
  if (before === undefined || atMs > before.sentAtMs)
    return { node, code, sentAtMs: atMs, again, times: (before?.times ?? 0) + 1 };
  // Of several of one cause the one that holds now speaks.
  const { isOver, backSinceMs, ...page } = { ...before, node, code, again };
  const isBack = state === 'lasts' && before.isOnce !== true;
  // Its return was not told, so its end is not either.
  if (isOver ? !isBack : backSinceMs !== undefined && state === 'ended') return { ...page, isOver: true };
  if (!isOver) return { ...before, node, code, again, ...(isOnce && { isOnce }) };
  const { acknowledged: _, ...unseen } = page;
  return { ...unseen, backSinceMs: nowMs };
}

function dueOf(
  page: OpenPage,
  cause: Cause,
  { againAfterMinutes, againEveryMinutes, againPerDay }: Fleet['pages'],
  mayRepeat: (key: string) => boolean,
  nowMs: number,
): DueMessage | null {
  if (cause.state === 'ended') return { severity: 'resolved', cause };
  if (cause.state === 'eased' || page.acknowledged !== undefined || PAGE_WANTS[cause.code].urgency !== 'now')
    return null;
  if (page.again.length >= againPerDay || !mayRepeat(cause.key)) return null;
  const { backSinceMs } = page;
  if (backSinceMs !== undefined)
    return nowMs < backSinceMs + againAfterMinutes * MINUTE_MS ? null : { severity: 'back', cause };
  const last = page.again.at(-1) ?? 0;
  // Before it is repeated its cause is asked again: what nobody has found since the last message may be over.
  if (cause.foundAtMs !== undefined && cause.foundAtMs <= Math.max(last, page.sentAtMs)) return null;
  const dueAtMs =
    last > page.sentAtMs ? last + againEveryMinutes * MINUTE_MS : page.sentAtMs + againAfterMinutes * MINUTE_MS;
  const sinceNewestMs = (cause.newestMs ?? 0) + againAfterMinutes * MINUTE_MS;
  return nowMs < Math.max(dueAtMs, sinceNewestMs) ? null : { severity: 'again', cause, times: page.times + 1 };
}

/** A heal of a trouble, not of a person's request, that has ended lately. */
const isNews = (incident: IncidentRecord, nowMs: number): incident is HealedIncident & { readonly proof: string } =>
  incident.state === 'healed' &&
  incident.proof !== undefined &&
  nowMs - incident.endedAtMs < TOLD_WITHIN_MS &&
  isOfTrouble(incident);

/** The record after a message was sent. */
export function sentMessage(
  { pages, told }: Omit<OpenPagesRecord, 'version'>,
  message: DueMessage,
  nowMs: number,
): Omit<OpenPagesRecord, 'version'> {
  if (message.severity === 'told') return { pages, told: { ...told, [message.id]: { atMs: nowMs } } };
  const { key, healed } = message.cause;
  const page = pages[key];
  const toldNow = { ...told, ...Object.fromEntries(healed.map((id) => [id, { atMs: nowMs }])) };
  if (page === undefined) return { pages, told: message.severity === 'resolved' ? toldNow : told };
  const { sendingAtMs: _, backSinceMs: __, ...sent } = page;
  if (message.severity === 'resolved') return { pages: { ...pages, [key]: { ...sent, isOver: true } }, told: toldNow };
  return {
    pages: { ...pages, [key]: { ...sent, again: [...page.again, nowMs], times: page.times + 1 } },
    told,
  };
}

/** @param what a key, or a code: every page of it */
export function acknowledge(
  { pages, told }: Omit<OpenPagesRecord, 'version'>,
  what: string,
  by: string,
  atMs: number,
): { readonly next: Omit<OpenPagesRecord, 'version'>; readonly keys: readonly string[] } {
  const mine = Object.entries(pages).filter(([key, { code, isOver }]) => !isOver && (key === what || code === what));
  const acknowledged = mine.map(([key, page]): [string, OpenPage] => [key, { acknowledged: { by, atMs }, ...page }]);
  return { next: { pages: { ...pages, ...Object.fromEntries(acknowledged) }, told }, keys: mine.map(([key]) => key) };
}
