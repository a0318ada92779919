// What a heal writes about itself: claim, lease, reservation, proof, outcome and release, each a conditional write of a pure decision.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { growthKey, leaveStagger, monthOf, readBreaker, reserve, stagger } from '../../shared/guardrails/grow.ts';
import type { BudgetRecord, GrowRecord } from '../../shared/guardrails/records.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { readExecution } from '../../shared/heal/execution-status.ts';
import { claim, conclude, type Outcome, wouldEscalate } from '../../shared/heal/incident.ts';
import { grant, holds, newNode, prove, release } from '../../shared/heal/lease.ts';
import { page } from '../../shared/heal/page.ts';
import type { ExecutionStatus, IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { keys, sameRecord, settle } from '../../shared/heal/store.ts';
import { pageOf } from './program.ts';
import type { Ending, Results } from './stages.ts';
import type { EffectOf, Step, Tools } from './tools.ts';

const NOBODY: ExecutionStatus = { state: 'unknown' };

export async function claimAttempt({ store, payload, execution }: Tools): Promise<Results['claim']> {
  const { fleet, instanceId, trouble, attempt } = payload;
  const claimed = await settle<IncidentRecord, Results['claim']>(
    store,
    keys.incident(fleet, instanceId, trouble),
    () => store.readIncident(fleet, instanceId, trouble),
    (read) => {
      // Whoever may invoke a heal may say anything; the dispatcher alone says what an attempt is for.
      if (read && 'payload' in read && !sameRecord(read.payload, payload))
        return { result: { end: `attempt ${attempt} was allocated with another payload` } };
      const claimed = claim(read, attempt, execution);
      if ('end' in claimed) return { result: { end: claimed.end } };
      return { result: { mine: true }, write: 'next' in claimed ? claimed.next : undefined };
    },
  );
  // Right for an invocation that came twice, and all that is ever told of a forged one.
  if ('end' in claimed) console.warn(JSON.stringify({ level: 'warn', ended: claimed.end, payload }));
  return claimed;
}

export async function takeLease({ clients, store, payload, execution }: Tools): Promise<Results['lease']> {
  const { fleet, instanceId } = payload;
  let owner = NOBODY;
  return settle<NodeRecord, Results['lease']>(
    store,
    keys.node(fleet, instanceId),
    async () => {
      const read = await store.readNode(fleet, instanceId);
      owner = read?.owner && read.owner !== execution ? await readExecution(clients.lambda, read.owner) : NOBODY;
      return read;
    },
    (read) => {
      const granted = grant(read ?? newNode(fleet, instanceId), execution, owner, Date.now());
      if ('refused' in granted) return { result: { busy: granted.refused } };
      if ('held' in granted) return { result: { holder: granted.held } };
      return { write: granted.next, result: { holder: { execution, fence: granted.next.fence } } };
    },
  );
}

/** Takes the fleet's place in the queue and its money before anything is intended. */
export async function reserveGrowth(tools: Tools, { plan, holder }: EffectOf<'reserve'>): Promise<Results['reserve']> {
  const { clients, store, payload, execution, environment } = tools;
  const [switches, node, observations] = await Promise.all([
    readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet),
    store.readNode(payload.fleet, payload.instanceId),
    store.readObservations(payload.fleet),
  ]);
  if ('refuse' in switches) return switches;
  if (!holds(node, holder)) return { lost: true };
  const nowMs = Date.now();
  const breaker = readBreaker(switches.fleet, observations, nowMs);
  const reserved: Results['reserve'] = { reserved: true, atMs: nowMs };

  let owner = NOBODY;
  const queued = await settle<GrowRecord, Results['reserve']>(
    store,
    keys.grow(payload.fleet),
    async () => {
      const read = await store.readGrow(payload.fleet);
      owner = read?.holder && read.holder !== execution ? await readExecution(clients.lambda, read.holder) : NOBODY;
      return read;
    },
    (read) => {
      const turn = stagger(breaker, read, execution, owner, nowMs);
      if ('refuse' in turn) return { result: turn };
      return { result: reserved, write: 'next' in turn ? turn.next : undefined };
    },
  );
  if ('refuse' in queued) return queued;

  const month = monthOf(nowMs);
  return settle<BudgetRecord, Results['reserve']>(
    store,
    keys.budget(payload.fleet, month),
    () => store.readBudget(payload.fleet, month),
    (read) => {
      const key = growthKey(plan.volumeId, plan.fromGiB);
      const paid = reserve(read, month, key, plan.addedUsd, switches.fleet.disk.maximumMonthlyIncreaseUsd);
      if ('refuse' in paid) return { result: paid };
      return { result: reserved, write: 'next' in paid ? paid.next : undefined };
    },
  );
}

export async function writeProof(
  tools: Tools,
  { holder, reason }: EffectOf<'prove'>,
  place: string,
): Promise<Results['prove']> {
  const { store, journal, payload } = tools;
  const { fleet, instanceId } = payload;
  await journal(`${place}-proof`, { atMs: Date.now(), kind: 'proof', sentence: reason });
  const written = await settle<NodeRecord, Results['prove']>(
    store,
    keys.node(fleet, instanceId),
    () => store.readNode(fleet, instanceId),
    (read) => {
      const proved = prove(read ?? newNode(fleet, instanceId), holder);
      if ('lost' in proved) return { result: { lost: true } };
      return { result: { written: true }, write: 'next' in proved ? proved.next : undefined };
    },
  );
  if ('written' in written) await leaveQueue(tools, true);
  return written;
}

/** The fleet-wide grow lease, if it is ours: proved, it opens the way for the others. */
async function leaveQueue({ store, payload, execution }: Tools, proved: boolean): Promise<void> {
  await settle<GrowRecord, void>(
    store,
    keys.grow(payload.fleet),
    () => store.readGrow(payload.fleet),
    (read) => {
      const left = leaveStagger(read, execution, proved, Date.now());
      return { result: undefined, write: 'next' in left ? left.next : undefined };
    },
  );
}

/** Pages first (a page may come twice, but never not at all), then the outcome, which only the claimed attempt may write. */
export async function writeOutcome(tools: Tools, ending: Ending, place: string): Promise<Results['conclude']> {
  const { store, journal, payload, execution } = tools;
  const { fleet, instanceId, trouble, attempt } = payload;
  const read = await store.readIncident(fleet, instanceId, trouble);
  const nowMs = Date.now();
  // Written already by an earlier run of this step: a page of it has gone, and what is read now is the incident after it.
  const mine = read?.state === 'claimed' && read.attempt === attempt && read.execution === execution;
  const escalates = ending.outcome === 'failed' && mine && wouldEscalate(read);
  const paged = mine && (await pageFor(tools, ending, read, escalates, place));
  await journal(`${place}-outcome`, {
    atMs: nowMs,
    kind: ending.outcome === 'refused' ? 'refusal' : ending.outcome === 'planned' ? 'plan' : 'outcome',
    sentence: ending.reason,
    act: ending.outcome === 'failed' && escalates ? 'escalated' : ending.outcome,
    ...('code' in ending && { code: ending.code, evidence: { lookAgainSeconds: ending.lookAgainMs / 1000, paged } }),
  });
  return settle<IncidentRecord, Results['conclude']>(
    store,
    keys.incident(fleet, instanceId, trouble),
    () => store.readIncident(fleet, instanceId, trouble),
    (found) => {
      const concluded = conclude(found, attempt, execution, outcomeOf(ending, paged, nowMs), nowMs);
      return 'notMine' in concluded
        ? { result: { written: false } }
        : { result: { written: true }, write: concluded.next };
    },
  );
}

/** A plan stays as it is until the disk says otherwise: said again four times a day. */
const PLAN_AGAIN_MS = 6 * 60 * 60_000;

const outcomeOf = (ending: Ending, paged: boolean, nowMs: number): Outcome => {
  switch (ending.outcome) {
    case 'healed':
      return { outcome: 'healed' };
    case 'planned':
      return { outcome: 'planned', notBeforeMs: nowMs + PLAN_AGAIN_MS };
    case 'refused':
    case 'failed':
      return { outcome: ending.outcome, code: ending.code, notBeforeMs: nowMs + ending.lookAgainMs, paged };
  }
};

/** Each code pages once an incident; an incident's last failure always pages. */
async function pageFor(
  { clients, journal, payload, environment }: Tools,
  ending: Ending,
  read: IncidentRecord,
  escalates: boolean,
  place: string,
): Promise<boolean> {
  const code = escalates ? 'attempts-spent' : pageOf(ending);
  if (!code || read.pagedCodes.includes(code)) return false;
  const { fleet, node, incidentId, attempt, trouble } = payload;
  const sentence = escalates ? `${ending.reason}. This was the last attempt; nothing more is tried` : ending.reason;
  await page(clients.sns, environment.TOPIC_ARN, { fleet, node, code, sentence, incidentId, attempt, trouble });
  await journal(`${place}-page`, { atMs: Date.now(), kind: 'page', sentence, code });
  return true;
}

/** Waits until no command of ours can run any more, then gives the node back. */
export async function releaseNode(
  ctx: DurableContext,
  step: Step,
  tools: Tools,
  { holder, commandsOver, seenFence }: EffectOf<'release'>,
  place: string,
): Promise<Results['release']> {
  const { store, payload } = tools;
  const { fleet, instanceId } = payload;
  const tryRelease = (name: string) =>
    step(name, async () => {
      await leaveQueue(tools, false);
      return settle<NodeRecord, { readonly waitSeconds: number }>(
        store,
        keys.node(fleet, instanceId),
        () => store.readNode(fleet, instanceId),
        (read) => {
          const released = release(read ?? newNode(fleet, instanceId), holder, commandsOver, Date.now(), seenFence);
          if ('lost' in released) return { result: { waitSeconds: 0 } };
          if ('next' in released) return { result: { waitSeconds: 0 }, write: released.next };
          return { result: { waitSeconds: Math.ceil((released.waitUntilMs - Date.now()) / 1000) } };
        },
      );
    });
  const { waitSeconds } = await tryRelease('release');
  if (waitSeconds > 0) {
    await ctx.wait(`${place}-quiet`, { seconds: waitSeconds });
    await tryRelease('release-quiet');
  }
  return { done: true };
}
