// One fleet's run: whether anything is to be done, what for whom, and that in turn, node by node.
import { isDeepStrictEqual } from 'node:util';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes } from '../../shared/fleet/nodes.ts';
import type { FleetObservation } from '../../shared/fleet/observation.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { RotationRecord } from '../../shared/guardrails/rotation.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { claimOf } from '../../shared/heal/approval.ts';
import { type Acted, actOnNode } from './act.ts';
import type { PeersClient } from './asking.ts';
import { type Due, dueNodes, ROUTINE_MS } from './due.ts';
import type { RotateEvent } from './event.ts';
import { CHURN_WINDOW_MS, judgeObservation } from './guards.ts';
import { mayRestart } from './may-restart.ts';
import { askOrPlan, judgeApproval } from './modes.ts';
import { observeFleet, readLists, type Seen, twins } from './observe.ts';
import type { NodePlan } from './plan.ts';
import { clientOf, fileOf, peersOf, plansOf } from './planning.ts';
import { settleRestart } from './restart.ts';
import { about, type PeeredFleet, record, type Tools, tell, type Work, workOf } from './tools.ts';
import { begin, end, turnComes } from './turn.ts';

/** What came of a run, for the log and for a person who asked. */
export interface Summary {
  readonly fleet: string;
  /** Why anything was looked at; undefined where nothing was. */
  readonly why?: Due['why'];
  readonly nodes: number;
  readonly outcomes: readonly string[];
  readonly refusals: readonly string[];
}

export async function rotateFleet(
  tools: Tools,
  fleet: Fleet,
  event: RotateEvent,
  values: ReadonlyMap<string, string>,
): Promise<Summary> {
  const nothing = (why: string): Summary => ({ fleet: fleet.name, nodes: 0, outcomes: [why], refusals: [] });
  const client = clientOf(fleet);
  if (typeof client === 'string' || !isPeered(fleet))
    return nothing(typeof client === 'string' ? client : 'its file has no peers');
  const { store, environment } = tools;
  if (event.kind !== 'sweep') await turnComes(tools, fleet.name);
  // Two reads, before anything else: nearly always there is nothing to do.
  const [parts, rotation] = await Promise.all([store.readObservations(fleet.name), store.readRotation(fleet.name)]);
  const due = dueNodes(
    { ...fleet.peers, mode: fleet.mode },
    parts.flatMap(({ nodes }) => nodes),
    rotation,
    event,
    Date.now(),
  );
  if (!due) return nothing('nothing is due');
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, values);
  const stale = judgeObservation(parts, Date.now());
  const begun = await begin(tools, fleet.name);
  if ('busy' in begun) {
    if (event.kind === 'sweep') return nothing(`${begun.busy} is at work`);
    // Kept with what failed, and told of: what a person wants is never lost without a word.
    throw new Error(`${fleet.name}: ${begun.busy} is at work: nothing was done, ask again`);
  }
  const work = workOf(tools, fleet, begun.epochSeconds);
  try {
    const refusal = paused ?? stale;
    if (refusal) {
      await tell(work, [about(refusal, fleet.name)]);
      return { ...nothing('refused'), refusals: [refusal.reason] };
    }
    return await rotate(work, client, { due, parts, event, rotation: begun });
  } finally {
    await end(tools, fleet.name);
  }
}

const isPeered = (fleet: Fleet): fleet is PeeredFleet => fleet.peers !== undefined && fleet.rpc !== undefined;

interface Facts {
  readonly due: Due;
  readonly parts: readonly FleetObservation[];
  readonly event: RotateEvent;
  readonly rotation: RotationRecord;
}

async function rotate(work: Work, client: PeersClient, facts: Facts): Promise<Summary> {
  const { due, parts, event, rotation } = facts;
  const { fleet, clients } = work;
  const nodes = await discoverNodes(clients.ec2, fleet);
  const same = twins(nodes);
  const namesakes = new Set(same.map(({ node }) => node?.instanceId));
  const unproved = rotation.restart ? [rotation.restart.instanceId] : [];
  const { ids = {} } = rotation;
  const seen = await observeFleet(work, client, nodes, parts, [...unproved, ...due.nodes], ids);
  // Before anything is done by it: whoever comes next judges by the same.
  if (!isDeepStrictEqual(seen.ids, ids)) await record(work, () => ({ ids: seen.ids }));
  const outcomes: string[] = await settleRestart(work, seen, rotation);
  // Who does not answer now may be replaying: its client is left alone.
  const turn = due.nodes.filter((id) => !namesakes.has(id) && peersOf(seen, id) !== null);
  const read = await readLists(work, client, seen, fileOf(fleet, client), turn);
  const refusals: SubjectRefusal[] = [...same, ...seen.refusals, ...read.refusals];
  const plans = plansOf(work, client, seen, read.lists, rotation, refusals);
  const failures: unknown[] = [];
  let finished = true;
  let leftBehind = false;
  if (event.kind === 'approve' || fleet.mode === 'act') {
    const approved = event.kind === 'approve' ? judgeApproval(fleet, rotation, event.plan, plans, Date.now()) : plans;
    if ('refuse' in approved) refusals.push(approved);
    else {
      if (event.kind === 'approve')
        await work.write({
          ...{ kind: 'decision', sentence: `plan ${event.plan} is approved${claimOf(event.by ?? null)}` },
          fields: { plan: event.plan, approved: true },
        });
      if (approved.length > 0 && due.why !== 'routine') await comesAgain(work);
      const done = await actOnAll(work, client, facts, seen, approved, event.kind === 'approve');
      outcomes.push(...done.outcomes);
      refusals.push(...done.refusals);
      failures.push(...done.failures);
      finished = done.finished;
      leftBehind = done.left;
      if (event.kind === 'approve' && done.finished)
        await record(work, ({ asked }) => ({ asked: asked.filter(({ hash }) => hash !== event.plan) }));
    }
  } else refusals.push(...(await askOrPlan(work, plans, seen.names)));
  const left = turn.length < due.nodes.length || read.refusals.length > 0 || leftBehind || failures.length > 0;
  const waits = plans.some(({ change }) => change.waiting > 0);
  // One that fails each time is told of, and keeps nobody else from his turn.
  if (finished) await passed(work, due, left ? LEFT_AGAIN_MS : waits ? CHURN_WINDOW_MS : ROUTINE_MS);
  await tell(work, refusals).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, `${fleet.name}: ${failures.map(sentence).join('; ')}`);
  return {
    fleet: fleet.name,
    why: due.why,
    nodes: turn.length,
    outcomes,
    refusals: refusals.map(({ refuse, reason }) => `${refuse}: ${reason}`),
  };
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** When a node did not answer, or was left for later, the routine comes again. */
const LEFT_AGAIN_MS = 30 * 60_000;

/** What was told a client and broke off before it was written down shows in no count of peers: the routine comes for it. */
const comesAgain = (work: Work): Promise<void> =>
  record(work, ({ routineAtMs }) => ({ routineAtMs: Math.min(routineAtMs, Date.now() + LEFT_AGAIN_MS - ROUTINE_MS) }));

/** The routine has come so far: on from there in the next run, or again after a while: sooner where something was left to be done. */
const passed = async (work: Work, { why, cursor }: Due, againMs: number): Promise<void> => {
  if (why !== 'routine') return;
  await record(work, () => (cursor === null ? { cursor, routineAtMs: Date.now() + againMs - ROUTINE_MS } : { cursor }));
};

interface AllDone {
  readonly outcomes: readonly string[];
  readonly refusals: readonly SubjectRefusal[];
  readonly failures: readonly unknown[];
  /** false: time was up before everybody had had a turn. */
  readonly finished: boolean;
  /** Something of it was left for a later run. */
  readonly left: boolean;
}

async function actOnAll(
  work: Work,
  client: PeersClient,
  { parts, due, rotation }: Facts,
  seen: Seen,
  plans: readonly NodePlan[],
  approved: boolean,
): Promise<AllDone> {
  const outcomes: string[] = [];
  const refusals: SubjectRefusal[] = [];
  const failures: unknown[] = [];
  let left = false;
  for (const plan of inTurn(plans, due, seen)) {
    // A look, a command and a measure at the least.
    if (Date.now() + 60_000 > work.untilMs) return { outcomes, refusals, failures, finished: false, left: true };
    const subject = { name: plan.node, instanceId: plan.instanceId };
    const node = seen.nodes.get(plan.instanceId);
    if (!node) continue;
    try {
      const acted = await actOnNode(work, {
        client,
        plan,
        asked: { instanceId: plan.instanceId, host: node.privateIp },
        approved,
        names: seen.names,
        aliases: seen.aliases,
        pending: isPending(rotation, seen, plan.instanceId),
        triedInVain: rotation.backoff[plan.instanceId] !== undefined,
        judgeRestart: () => mayRestart(work, seen, parts, plan),
      });
      outcomes.push(`${plan.node}: ${wordsOf(acted)}`);
      left ||= acted.outcome === 'later';
      if (acted.outcome === 'refused') {
        // What a person was told before is not paged each time that it is met again.
        const told = rotation.backoff[plan.instanceId] !== undefined;
        refusals.push({ ...about(acted.refusal, subject), page: acted.refusal.page && !told });
      }
    } catch (error) {
      failures.push(new Error(`${plan.node}: ${sentence(error)}`, { cause: error }));
    }
  }
  return { outcomes, refusals, failures, finished: true, left };
}

/**
 * In the order in which they are due: the cure before the care. Validators come last: their sentries are to know that they keep them
 * to themselves before they meet them.
 */
function inTurn(plans: readonly NodePlan[], due: Due, { nodes }: Seen): readonly NodePlan[] {
  const place = ({ instanceId }: NodePlan): number =>
    due.nodes.indexOf(instanceId) + (nodes.get(instanceId)?.role === 'validator' ? due.nodes.length : 0);
  return [...plans].sort((a, b) => place(a) - place(b));
}

const wordsOf = (acted: Acted): string =>
  acted.outcome === 'refused' ? `refused: ${acted.refusal.reason}` : `${acted.outcome}: ${acted.sentence}`;

/** Its file was written, and its client has not been seen to come up since. */
function isPending({ pending }: RotationRecord, { observed }: Seen, instanceId: string): boolean {
  const writtenAtMs = pending[instanceId];
  return writtenAtMs !== undefined && (observed.get(instanceId)?.startedAtMs ?? 0) < writtenAtMs;
}
