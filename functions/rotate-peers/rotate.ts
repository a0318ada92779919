// One fleet's run: decides whether anything must be done, plans it, and carries it out node by node. In modes plan and ask the plan is written, or
// put to a person; what a person approved is done exactly.
import { isDeepStrictEqual } from 'node:util';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes } from '../../shared/fleet/nodes.ts';
import type { FleetObservation } from '../../shared/fleet/observation.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { type RotationRecord, withPendingPlan } from '../../shared/guardrails/rotation.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { changeRecord, readRecord } from '../../shared/reconcile/context.ts';
import { messageOf } from '../../shared/reconcile/fleets.ts';
import { approvalValidMs, finish, notify } from '../../shared/reconcile/notification.ts';
import {
  type Approval,
  approvalRequest,
  approvedFields,
  approvedSentence,
  judgeQuestion,
  notApproved,
  reconcile,
} from '../../shared/reconcile/plan.ts';
import { actOnNode, isLeft, type NodeOutcome } from './act.ts';
import type { PeersClient } from './commands.ts';
import {
  about,
  awaitOtherRun,
  claimRun,
  endFailures,
  isFailureOn,
  type PeeredFleet,
  ROTATE,
  type RotateContext,
  type RotateInvocation,
  releaseRun,
  rotateContext,
} from './context.ts';
import type { RotateEvent } from './event.ts';
import { connectedOf, duplicateNames, type FleetFacts, observeFleet, peersAt, readLists } from './facts.ts';
import {
  CHURN_WINDOW_MS,
  clientOf,
  fileOf,
  hashOf,
  hashOfNode,
  type NodePlan,
  type PlanningFacts,
  peersOf,
  planFleet,
  sentenceOf,
  wordsOf,
} from './plan.ts';
import { mayRestart, settleRestart } from './restart.ts';
import { judgeObservation, namesWithPeers, planRotationRun, ROUTINE_MS, type RotationRun } from './schedule.ts';
import { followSeeds, SEEDS_LOOK_MS, unmetSeeds } from './seeds.ts';

/** The result of a run, for the log and for a person who asked. */
export interface RotationSummary {
  readonly fleet: string;
  /** Why the fleet was looked at; undefined where it was not. */
  readonly why?: RotationRun['why'];
  readonly nodes: number;
  readonly outcomes: readonly string[];
  readonly refusals: readonly string[];
}

export async function rotateFleet(
  invocation: RotateInvocation,
  fleet: Fleet,
  event: RotateEvent,
  values: ReadonlyMap<string, string>,
): Promise<RotationSummary> {
  const nothing = (why: string): RotationSummary => ({ fleet: fleet.name, nodes: 0, outcomes: [why], refusals: [] });
  const found = clientOf(fleet);
  if ('none' in found) return nothing(found.none);
  if (!isPeered(fleet)) return nothing('its file has no peers');
  const { store, environment } = invocation;
  if (event.kind !== 'sweep') await awaitOtherRun(invocation, fleet.name);
  // Two reads, before anything else: nearly always there is nothing to do.
  const [parts, rotation] = await Promise.all([store.readObservations(fleet.name), store.readRotation(fleet.name)]);
  const stale = judgeObservation(parts, Date.now());
  // Others may have dialled it since.
  if (!stale) {
    const wellPeered = namesWithPeers(
      parts.flatMap(({ nodes }) => nodes),
      fleet.peers.minimum,
    );
    await endFailures({ controller: ROTATE, fleet, store }, rotation, isFailureOn(wellPeered, ['peers-too-few']));
  }
  const due = planRotationRun(
    { ...fleet.peers, mode: fleet.mode },
    parts.flatMap(({ nodes }) => nodes),
    rotation,
    event,
    Date.now(),
  );
  if (!due) return nothing('nothing is due');
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, values);
  const claimed = await claimRun(invocation, fleet.name);
  if ('busy' in claimed) {
    if (event.kind === 'sweep') return nothing(`${claimed.busy} is at work`);
    // Kept with the failures, and reported: a person's request is never lost without a word.
    throw new Error(`${fleet.name}: ${claimed.busy} is at work: nothing was done, ask again`);
  }
  const context = rotateContext(invocation, fleet, claimed.epochSeconds);
  try {
    const refusal = paused ?? stale;
    if (refusal) {
      await notify(context, [about(refusal, fleet.name)]);
      return { ...nothing('refused'), refusals: [refusal.reason] };
    }
    const approval = event.kind === 'approve' ? { plan: event.plan, by: event.by ?? null } : undefined;
    return await rotate(context, found.client, { due, parts, rotation: claimed }, approval);
  } finally {
    await releaseRun(invocation, fleet.name);
  }
}

const isPeered = (fleet: Fleet): fleet is PeeredFleet => fleet.peers !== undefined && fleet.rpc !== undefined;

interface RotationState {
  readonly due: RotationRun;
  readonly parts: readonly FleetObservation[];
  readonly rotation: RotationRecord;
}

interface ReadFacts extends PlanningFacts {
  /** Instances whose turn it is, and whose list had to be read. */
  readonly turn: readonly string[];
  /** Lists that could not be read, duplicate names, wrong ids. */
  readonly refusals: readonly SubjectRefusal[];
  readonly unread: number;
  readonly outcomes: readonly string[];
}

interface RotatePlan {
  readonly read: ReadFacts;
  readonly plans: readonly NodePlan[];
  readonly refusals: readonly SubjectRefusal[];
}

async function rotate(
  context: RotateContext,
  client: PeersClient,
  situation: RotationState,
  approval: Approval | undefined,
): Promise<RotationSummary> {
  const { fleet } = context;
  const { due, rotation } = situation;
  const result = await reconcile<ReadFacts, RotatePlan, RotationResult>(
    fleet,
    {
      facts: () => readFacts(context, client, situation),
      decide: (read) => {
        const { plans, refusals } = planFleet(fleet, client, read);
        return { read, plans, refusals: [...read.refusals, ...refusals] };
      },
      isEmpty: ({ plans }) => plans.length === 0,
      judgeApproval: async (plan, { plan: hash }) => {
        const approved = judgeApproval(fleet, rotation, hash, plan.plans, Date.now());
        return 'refuse' in approved ? approved : { ...plan, plans: approved };
      },
      propose: ({ plans, read }) => propose(context, plans, read.facts.names),
      apply: async ({ plans, read }, approved) => {
        if (approved) {
          const sentence = approvedSentence(approved);
          await context.write({ kind: 'decision', sentence, fields: approvedFields(approved) });
        }
        if (plans.length > 0 && due.why !== 'routine') await bringRoutineForward(context);
        const done = await actOnAll(context, client, situation, read.facts, plans, approved !== undefined);
        if (approved && done.finished)
          await changeRecord(context, ({ asked }) => ({ asked: asked.filter(({ hash }) => hash !== approved.plan) }));
        return done;
      },
    },
    approval,
  );
  const { read, plans, refusals } = result.plan;
  const done = result.step === 'applied' ? result.done : NOTHING_DONE;
  const asWanted = isFailureOn(namesWithNothingToDo(result.plan), ['command-failed', 'command-unanswered']);
  await endFailures(context, rotation, asWanted);
  const met = [
    ...refusals,
    ...(result.step === 'refused' ? [result.refusal] : []),
    ...(result.step === 'proposed' ? result.refusals : []),
    ...done.refusals,
  ];
  const left = read.turn.length < due.nodes.length || read.unread > 0 || done.left || done.failures.length > 0;
  const waits = plans.some(({ change }) => change.waiting > 0);
  // A node that fails each time is reported, and does not take the others' turn.
  if (done.finished) await saveCursor(context, due, left ? LEFT_AGAIN_MS : waits ? CHURN_WINDOW_MS : ROUTINE_MS);
  met.push(...(await lookAtSeeds(context, read, plans, result.step === 'applied')));
  await finish(context, met, done.failures);
  return {
    fleet: fleet.name,
    why: due.why,
    nodes: read.turn.length,
    outcomes: [...read.outcomes, ...done.outcomes],
    refusals: met.map(({ refuse, reason }) => `${refuse}: ${reason}`),
  };
}

/** Nodes whose turn it was and whose list was read: it is as it should be, whatever a command did before. */
function namesWithNothingToDo({ read, plans, refusals }: RotatePlan): ReadonlySet<string> {
  const open = new Set([...plans.map(({ node }) => node), ...refusals.map(({ subject }) => subject)]);
  const names = read.turn.flatMap((id) => (read.lists.has(id) ? (read.facts.nodes.get(id)?.name ?? []) : []));
  return new Set(names.filter((name) => !open.has(name)));
}

/** Seeds that nobody meets hold places, and are told. Where some were just named, the next look comes soon enough to see whether they answer. */
async function lookAtSeeds(
  context: RotateContext,
  { facts, lists }: ReadFacts,
  plans: readonly NodePlan[],
  applied: boolean,
): Promise<readonly SubjectRefusal[]> {
  const { seeds } = context.fleet.peers;
  if (seeds.length === 0) return [];
  const nowMs = Date.now();
  const changes = new Map(plans.map(({ instanceId, change }) => [instanceId, change.after]));
  const rotation = await readRecord(context);
  const namesOf = (instanceId: string): readonly string[] =>
    (applied ? changes.get(instanceId) : undefined) ?? lists.get(instanceId)?.now.peers ?? [];
  const nodes = [...facts.readings].map(([instanceId, reading]) => ({
    // A client dials nobody of a file that it has not loaded.
    names: isPending(rotation, facts, instanceId) ? [] : namesOf(instanceId),
    connected: connectedOf(reading, facts.aliases),
    ...(applied && changes.has(instanceId) && { isFresh: true as const }),
  }));
  const before = rotation.unmetSeeds ?? {};
  const unmet = followSeeds(before, seeds, nodes, nowMs);
  const isNew = Object.keys(unmet).some((seed) => !Object.hasOwn(before, seed));
  if (!isDeepStrictEqual(unmet, before)) await changeRecord(context, () => ({ unmetSeeds: unmet }));
  if (isNew) await bringRoutineForward(context, SEEDS_LOOK_MS);
  const reason = unmetSeeds(unmet, seeds, peersAt(facts), nowMs);
  return reason === null
    ? []
    : [about({ refuse: 'seeds-unmet', reason, page: true, retryAfterMs: ROUTINE_MS }, context.fleet.name)];
}

async function readFacts(
  context: RotateContext,
  client: PeersClient,
  { due, parts, rotation }: RotationState,
): Promise<ReadFacts> {
  const { fleet, clients, store } = context;
  const nodes = await discoverNodes(clients.ec2, fleet, store);
  const same = duplicateNames(nodes);
  const namesakes = new Set(same.map(({ node }) => node?.instanceId));
  const unproved = rotation.restart ? [rotation.restart.instanceId] : [];
  const { ids = {} } = rotation;
  const facts = await observeFleet(context, client, nodes, parts, [...unproved, ...due.nodes], ids);
  // Written before anything is done: later runs judge by the same ids.
  if (!isDeepStrictEqual(facts.ids, ids)) await changeRecord(context, () => ({ ids: facts.ids }));
  const outcomes = await settleRestart(context, facts, rotation);
  // A node that does not answer now may be replaying: its client is left alone.
  const turn = due.nodes.filter((id) => !namesakes.has(id) && peersOf(facts, id) !== null);
  const { lists, refusals } = await readLists(context, client, facts, fileOf(fleet, client), turn);
  return {
    ...{ facts, lists, rotation, nowMs: Date.now(), turn, outcomes },
    refusals: [...same, ...facts.refusals, ...refusals],
    unread: refusals.length,
  };
}

const MAX_SENTENCES = 10;

/** Modes plan and ask. @returns the question, in mode ask: it is paged once */
async function propose(
  context: RotateContext,
  plans: readonly NodePlan[],
  names: ReadonlyMap<string, string>,
): Promise<readonly SubjectRefusal[]> {
  const { fleet } = context;
  const nowMs = Date.now();
  const hash = hashOf(plans);
  await writePlans(context, plans, names, nowMs);
  if (fleet.mode === 'plan') return [];
  const nodes = Object.fromEntries(plans.map((plan) => [plan.instanceId, hashOfNode(plan)]));
  await changeRecord(context, (read) => withPendingPlan(read, { hash, atMs: nowMs, nodes }, approvalValidMs(fleet)));
  const said = plans.slice(0, MAX_SENTENCES).map((plan) => `${plan.node}: ${sentenceOf(plan, names)}`);
  const more = plans.length > MAX_SENTENCES ? [`and ${plans.length - MAX_SENTENCES} more nodes`] : [];
  const restarts = restartsOf(fleet, plans);
  const would = `change the peers of ${plans.length} nodes${restarts}: ${[...said, ...more].join('; ')}`;
  return [approvalRequest(fleet.name, hash, would)];
}

const restartsOf = ({ peers }: Fleet, plans: readonly NodePlan[]): string =>
  peers?.restart && plans.some(({ belowFloor }) => belowFloor)
    ? ', and restarts those that take them no other way'
    : '';

/** Writes each node's plan once, and again when it has changed; an unchanged plan four times a day. */
async function writePlans(
  context: RotateContext,
  plans: readonly NodePlan[],
  names: ReadonlyMap<string, string>,
  nowMs: number,
): Promise<void> {
  const { plans: written } = await readRecord(context);
  const fresh = plans.filter((plan) => {
    const before = written[plan.instanceId];
    return before?.hash !== hashOfNode(plan) || nowMs - before.atMs >= ROUTINE_MS;
  });
  if (fresh.length === 0) return;
  await changeRecord(context, (read) => ({
    plans: {
      ...read.plans,
      ...Object.fromEntries(fresh.map((plan) => [plan.instanceId, { hash: hashOfNode(plan), atMs: nowMs }])),
    },
  }));
  for (const plan of fresh) {
    const { before, after } = plan.change;
    await context.write(
      {
        kind: 'plan',
        act: `plan ${hashOfNode(plan)}`,
        sentence: sentenceOf(plan, names),
        evidence: { before, after },
        fields: { ...wordsOf(plan, names), plan: hashOfNode(plan) },
      },
      { name: plan.node, instanceId: plan.instanceId },
    );
  }
}

/** The part of the present plan that a person approved; or why none of it may be done. Pure. */
export function judgeApproval(
  fleet: Pick<Fleet, 'name' | 'mode' | 'ask'>,
  { asked }: Pick<RotationRecord, 'asked'>,
  hash: string,
  plans: readonly NodePlan[],
  nowMs: number,
): readonly NodePlan[] | SubjectRefusal {
  const { name, mode } = fleet;
  if (mode === 'plan') return notApproved(name, hash, 'mode-changed', `${name} is in mode plan`);
  const about = asked.find((one) => one.hash === hash);
  const late = judgeQuestion(fleet, hash, about?.atMs, nowMs);
  if (late) return late;
  const still = plans.filter((plan) => about?.nodes[plan.instanceId] === hashOfNode(plan));
  if (still.length > 0) return still;
  return notApproved(name, hash, 'approval-exceeded', 'nothing of it is what would be done now');
}

/** When a node did not answer, or was left for later, the routine runs again after this time. */
const LEFT_AGAIN_MS = 30 * 60_000;

/** A client may have got peers before the run broke off, which no count of peers shows: the routine comes earlier for it. */
const bringRoutineForward = (context: RotateContext, againMs = LEFT_AGAIN_MS): Promise<void> =>
  changeRecord(context, ({ routineAtMs }) => ({
    routineAtMs: Math.min(routineAtMs, Date.now() + againMs - ROUTINE_MS),
  }));

/** Saves how far the routine has come: it continues there in the next run, or begins again after a while, sooner where work was left. */
const saveCursor = async (context: RotateContext, { why, cursor }: RotationRun, againMs: number): Promise<void> => {
  if (why !== 'routine') return;
  await changeRecord(context, () =>
    cursor === null ? { cursor, routineAtMs: Date.now() + againMs - ROUTINE_MS } : { cursor },
  );
};

interface RotationResult {
  readonly outcomes: readonly string[];
  readonly refusals: readonly SubjectRefusal[];
  readonly failures: readonly unknown[];
  /** false: time was up before every node had had its turn. */
  readonly finished: boolean;
  /** Some of the work was left for a later run. */
  readonly left: boolean;
}

const NOTHING_DONE: RotationResult = { outcomes: [], refusals: [], failures: [], finished: true, left: false };

async function actOnAll(
  context: RotateContext,
  client: PeersClient,
  { parts, due, rotation }: RotationState,
  facts: FleetFacts,
  plans: readonly NodePlan[],
  approved: boolean,
): Promise<RotationResult> {
  const outcomes: string[] = [];
  const refusals: SubjectRefusal[] = [];
  const failures: unknown[] = [];
  let left = false;
  for (const plan of inOrder(plans, due, facts)) {
    // The least time for a reading, a command and a measurement.
    if (Date.now() + 60_000 > context.untilMs) return { outcomes, refusals, failures, finished: false, left: true };
    const subject = { name: plan.node, instanceId: plan.instanceId };
    const node = facts.nodes.get(plan.instanceId);
    if (!node) continue;
    try {
      const acted = await actOnNode(context, {
        client,
        plan,
        asked: { ...node, host: node.privateIp },
        approved,
        names: facts.names,
        aliases: facts.aliases,
        pending: isPending(rotation, facts, plan.instanceId),
        hadNoEffectBefore: rotation.backoff[plan.instanceId] !== undefined,
        judgeRestart: () => mayRestart(context, facts, parts, plan),
      });
      outcomes.push(`${plan.node}: ${outcomeOf(acted)}`);
      left ||= isLeft(acted);
      if (acted.outcome === 'refused') {
        // A refusal that a person already knows is not paged again at each look.
        const isKnown = rotation.backoff[plan.instanceId] !== undefined;
        refusals.push({ ...about(acted.refusal, subject), page: acted.refusal.page && !isKnown });
      }
    } catch (error) {
      failures.push(new Error(`${plan.node}: ${messageOf(error)}`, { cause: error }));
    }
  }
  return { outcomes, refusals, failures, finished: true, left };
}

/**
 * In the order in which they are due: nodes below the floor before routine ones. Validators come last: their sentries must know to hide them before
 * they connect to them.
 */
function inOrder(plans: readonly NodePlan[], due: RotationRun, { nodes }: FleetFacts): readonly NodePlan[] {
  const place = ({ instanceId }: NodePlan): number =>
    due.nodes.indexOf(instanceId) + (nodes.get(instanceId)?.role === 'validator' ? due.nodes.length : 0);
  return [...plans].sort((a, b) => place(a) - place(b));
}

const outcomeOf = (acted: NodeOutcome): string =>
  acted.outcome === 'refused' ? `refused: ${acted.refusal.reason}` : `${acted.outcome}: ${acted.sentence}`;

/** Its file was written, and its client was not seen to start since. */
function isPending({ pending }: RotationRecord, { observed }: FleetFacts, instanceId: string): boolean {
  const writtenAtMs = pending[instanceId];
  return writtenAtMs !== undefined && (observed.get(instanceId)?.startedAtMs ?? 0) < writtenAtMs;
}
