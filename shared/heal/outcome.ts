// How an attempt ends: its ending, the page for it, its outcome on the incident, and the release of the node.

import { COPIES } from '../model/copies.ts';
import type { DecidedNumbers, FailureCode, GuardrailCode, PageCode, Refusal } from '../model/guardrail-codes.ts';
import type { PlanWords } from '../model/journal-fields.ts';
import type { HealKind } from '../model/payload.ts';
import { plainText } from '../text/plain-text.ts';
import type { HealContext, Turn } from './context.ts';
import { conclude, type Outcome, pauseAfterRefusal, pendingPageOf, wouldEscalate } from './incident.ts';
import { type Holder, newNode, provedFrom, release } from './lease.ts';
import { THE_FLEET } from './notify.ts';
import { pageIncident } from './page-incident.ts';
import type { IncidentRecord, NodeRecord, Operation, PageNote, PendingPage } from './records.ts';
import { keys, settle } from './store.ts';

/**
 * Pages first (a page may come twice, but must come), then writes the outcome, which only the claimed attempt may do. What a refusal has to tell is
 * written with it, and the sweep pages for it: many nodes may be refused for one cause.
 *
 * @param asked a command was sent to the node in this attempt
 */
export async function writeOutcome(
  context: HealContext,
  wanted: Ending,
  place: string,
  asked: boolean,
): Promise<{ readonly written: boolean }> {
  const { store, journal, payload, execution } = context;
  const { fleet, instanceId, trigger, attempt } = payload;
  const read = await store.readIncident(fleet, instanceId, trigger);
  const nowMs = Date.now();
  // An earlier run of this step has already written it: its page was sent, and the record read now is from after it.
  const mine = read?.state === 'claimed' && read.attempt === attempt && read.execution === execution;
  const ending = mine ? paced(wanted, read) : wanted;
  const escalates = ending.outcome === 'failed' && mine && wouldEscalate(read);
  const pending = mine && ending.outcome === 'refused' ? pendingPageOf(read, ending, nowMs) : undefined;
  const page = mine ? await pageFor(context, ending, read, escalates, place) : undefined;
  const paged = pending !== undefined || page !== undefined;
  await journal(`${place}-outcome`, {
    atMs: nowMs,
    kind: ending.outcome === 'refused' ? 'refusal' : ending.outcome === 'planned' ? 'plan' : 'outcome',
    sentence: ending.reason,
    act: ending.outcome === 'failed' && escalates ? 'escalated' : ending.outcome,
    ...('retryAfterMs' in ending && {
      code: ending.code,
      evidence: { retryAfterSeconds: ending.retryAfterMs / 1000, paged, ...('numbers' in ending && numbersOf(ending)) },
    }),
    ...(ending.outcome === 'planned' && {
      fields: ending.plan,
      ...(ending.numbers && { evidence: numbersOf(ending) }),
    }),
    ...('asFound' in ending && { code: ending.code, evidence: { asFound: ending.asFound, paged } }),
  });
  return settle<IncidentRecord, { readonly written: boolean }>(
    store,
    keys.incident(fleet, instanceId, trigger),
    () => store.readIncident(fleet, instanceId, trigger),
    (found) => {
      const concluded = conclude(found, attempt, execution, outcomeOf(ending, page, pending, nowMs), nowMs, asked);
      return 'notMine' in concluded
        ? { result: { written: false } }
        : { result: { written: true }, write: concluded.next };
    },
  );
}

const numbersOf = ({ numbers }: { readonly numbers?: DecidedNumbers | undefined }) => (numbers ? { numbers } : {});

const paced = (ending: Ending, read: IncidentRecord): Ending =>
  ending.outcome === 'refused'
    ? { ...ending, retryAfterMs: pauseAfterRefusal(read, ending.code, ending.retryAfterMs) }
    : ending;

/** A plan is valid until the node says otherwise: it is written again four times a day. */
const PLAN_AGAIN_MS = 6 * 60 * 60_000;

function outcomeOf(
  ending: Ending,
  page: PageNote | undefined,
  pendingPage: PendingPage | undefined,
  nowMs: number,
): Outcome {
  switch (ending.outcome) {
    case 'healed':
      return { outcome: 'healed', proof: ending.reason };
    case 'planned':
      return { outcome: 'planned', sentence: ending.reason, notBeforeMs: nowMs + PLAN_AGAIN_MS };
    case 'refused':
      return {
        ...{ outcome: ending.outcome, code: ending.code, sentence: ending.reason },
        notBeforeMs: nowMs + ending.retryAfterMs,
        ...(ending.untilMs !== undefined && { untilMs: ending.untilMs }),
        ...(pendingPage && { pendingPage }),
        ...(ending.hasTried && { hasTried: true as const }),
      };
    case 'failed':
      return {
        ...{ outcome: ending.outcome, code: ending.code, sentence: ending.reason },
        notBeforeMs: nowMs + ending.retryAfterMs,
        page,
      };
    case 'escalated':
      return {
        ...{ outcome: ending.outcome, code: ending.code, sentence: ending.reason, page },
        ...(ending.unopened && { unopened: true }),
      };
  }
}

/** Each code pages once an incident; what ends an incident always pages. Refusals are told by the sweep. */
async function pageFor(
  context: HealContext,
  ending: Ending,
  read: IncidentRecord,
  escalates: boolean,
  place: string,
): Promise<PageNote | undefined> {
  if (ending.outcome === 'refused') return undefined;
  const code = escalates ? 'attempts-spent' : pageOf(ending);
  if (!code || (ending.outcome !== 'escalated' && read.pagedCodes.includes(code))) return undefined;
  const { payload } = context;
  // A drill imitates a node, and is about none.
  const node = payload.kind === 'audit-snapshots' ? THE_FLEET : payload.node;
  const sentence = sentenceOf(ending, escalates, payload.node);
  const sent = await pageIncident(context, { ...payload, node }, { code, sentence, place: `${place}-page` });
  return {
    ...sent,
    sentence: plainText(sentence),
    ...(ending.outcome === 'failed' && ending.isDown && { isDown: true as const }),
  };
}

function sentenceOf(ending: Ending, escalates: boolean, node: string): string {
  if (escalates) return `${ending.reason}. This was the last attempt; nothing more is tried`;
  // What is found of copies is about no node, and the next one is looked at tomorrow.
  if (ending.outcome !== 'escalated' || node === COPIES) return ending.reason;
  const left = ending.asFound ? 'the node is as it was found' : 'the node is not as it was found, the journal says how';
  return `${ending.reason}. Nothing more is tried; ${left}`;
}

export interface ReleaseInput {
  readonly holder: Holder;
  /** Every command has answered, so that none can run any more; otherwise the release waits for their latest end. */
  readonly commandsOver: boolean;
  /** The highest fence that the node itself knows, if it is above ours. */
  readonly seenFence?: number | undefined;
  /** A heal that gives up half way leaves what it began to a later attempt; otherwise the record is cleared of it. */
  readonly keepOperation?: true;
  /** The client was seen running after it was last told to start: nobody owes it a start. */
  readonly clientUp?: boolean;
  /** Of a growth: see `downBeforeFull` of the record. null: it is forgotten; absent: it stays as it is. */
  readonly downBeforeFull?: string | null;
  /** Of a growth: it has told the client to start. */
  readonly startsClient?: boolean;
  /** Another instance than the payload's. */
  readonly instanceId?: string;
  /** What else is released, in the same step and before the node: places in queues. Safe to repeat. */
  readonly before?: () => Promise<void>;
}

/** The kind of operation that each heal leaves open: it clears its own, and never the memory of another kind. */
const OPERATION_OF: Readonly<Record<HealKind, Operation['kind'] | null>> = {
  'resize-volume': 'grow',
  'replace-node': 'replace',
  'snapshot-node': 'snapshot',
  // Its memory is the fleet's DRILL record.
  'audit-snapshots': null,
};

type ReleaseContext = Turn & Pick<HealContext, 'store' | 'payload'>;

/** Waits until no command of ours can run any more, then releases the node. */
export async function releaseNode(
  { store, payload, durable, step, place }: ReleaseContext,
  {
    holder,
    commandsOver,
    seenFence = 0,
    keepOperation,
    clientUp = false,
    downBeforeFull,
    startsClient = false,
    instanceId = payload.instanceId,
    before,
  }: ReleaseInput,
): Promise<{ readonly done: true }> {
  const { fleet } = payload;
  const tryRelease = (name: string) =>
    step(name, async () => {
      await before?.();
      return settle<NodeRecord, { readonly waitSeconds: number }>(
        store,
        keys.node(instanceId),
        () => store.readNode(instanceId),
        (read) => {
          const node = read ?? newNode(fleet, instanceId);
          const keeps = keepOperation ?? node.operation?.kind !== OPERATION_OF[payload.kind];
          const released = release(node, holder, commandsOver, Date.now(), seenFence, keeps, clientUp);
          if ('lost' in released) return { result: { waitSeconds: 0 } };
          if ('next' in released)
            return {
              result: { waitSeconds: 0 },
              write: remembering(startsClient ? provedFrom(released.next, Date.now()) : released.next, downBeforeFull),
            };
          return { result: { waitSeconds: Math.ceil((released.waitUntilMs - Date.now()) / 1000) } };
        },
      );
    });
  const { waitSeconds } = await tryRelease('release');
  if (waitSeconds > 0) {
    await durable.wait(`${place}-quiet`, { seconds: waitSeconds });
    await tryRelease('release-quiet');
  }
  return { done: true };
}

function remembering(node: NodeRecord, downBeforeFull: string | null | undefined): NodeRecord {
  if (downBeforeFull === undefined) return node;
  const { downBeforeFull: _, ...rest } = node;
  return downBeforeFull === null ? rest : { ...rest, downBeforeFull };
}

/** A refusal by a guard inside the step that would have mutated. */
export type Guarded = Refusal;

/** An ending with everything that the records, the journal and a page need. */
export type Ending =
  | { readonly outcome: 'healed'; readonly reason: string }
  | {
      readonly outcome: 'planned';
      readonly reason: string;
      readonly plan: PlanWords;
      readonly numbers?: DecidedNumbers;
    }
  | {
      readonly outcome: 'refused';
      readonly code: GuardrailCode;
      readonly reason: string;
      readonly page: boolean;
      readonly retryAfterMs: number;
      /** See `Refusal`. */
      readonly untilMs?: number;
      readonly numbers?: DecidedNumbers;
      /** Nothing is left open on the node, although an earlier attempt had begun something. */
      readonly leavesNothing?: true;
      /** Something of what was approved was tried by this attempt: a yes does not stand for it again. */
      readonly hasTried?: true;
    }
  | {
      readonly outcome: 'failed';
      readonly code: FailureCode | GuardrailCode;
      readonly reason: string;
      readonly page: boolean;
      readonly retryAfterMs: number;
      /** The client is down through this heal, and its page says so: see `PageNote`. */
      readonly isDown?: true;
    }
  /** Nothing is left to try: the incident is escalated immediately, even with attempts left, and a person is always paged. */
  | {
      readonly outcome: 'escalated';
      readonly code: PageCode;
      readonly reason: string;
      /** Whether the node is as the heal found it. */
      readonly asFound: boolean;
      /** See `LastWord`. */
      readonly unopened?: true;
    };

export const refused = ({
  refuse: code,
  reason,
  page,
  retryAfterMs,
  untilMs,
  numbers,
}: Guarded): Extract<Ending, { readonly outcome: 'refused' }> => ({
  outcome: 'refused',
  code,
  reason,
  page,
  retryAfterMs,
  ...(untilMs !== undefined && { untilMs }),
  ...(numbers && { numbers }),
});

export const failed = (
  code: FailureCode | GuardrailCode,
  reason: string,
  { page = false, ...more }: { readonly page?: boolean; readonly retryAfterMs: number; readonly isDown?: true },
): Extract<Ending, { readonly outcome: 'failed' }> => ({ outcome: 'failed', code, reason, page, ...more });

const MINUTE_MS = 60_000;

/** Another execution holds the node. @param holder its ARN, or what it left open */
export const busy = (holder: string): Ending =>
  refused({ refuse: 'busy', reason: `${holder} holds the node`, page: false, retryAfterMs: MINUTE_MS });

/**
 * A step kept failing before anything was begun. This is a refusal: if AWS answers with errors for half an hour, that must not use up the attempts of
 * every node.
 */
export const notBegun = (reason: string, throttled: boolean): Ending =>
  refused({
    refuse: throttled ? 'throttled' : 'unreadable',
    reason: throttled ? reason : `what a heal reads first could not be read, and nothing was begun: ${reason}`,
    page: !throttled,
    retryAfterMs: throttled ? MINUTE_MS : 5 * MINUTE_MS,
  });

/** The code under which an ending pages, if it does. */
export function pageOf(ending: Ending): PageCode | null {
  switch (ending.outcome) {
    case 'healed':
    case 'planned':
      return null;
    case 'refused':
    case 'failed':
      return ending.page ? ending.code : null;
    case 'escalated':
      return ending.code;
  }
}
