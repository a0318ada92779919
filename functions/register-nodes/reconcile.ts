// One fleet's run: reads its nodes and their health, reconciles its records and alarms, and notifies its people.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { judgeSelection, type PoolSeen, poolSeen, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { readRecord } from '../../shared/reconcile/context.ts';
import { finish, notify, subjectRefusal } from '../../shared/reconcile/notification.ts';
import { reconcileAlarms } from './apply-alarms.ts';
import { reconcileNames } from './apply-names.ts';
import { claimNodes } from './claims.ts';
import type { RegisterContext, RegisterRequest, RegisterSummary } from './context.ts';
import { readEnded, readNodeFacts } from './facts.ts';

/** @throws AggregateError when something failed, after everything else was done */
export async function reconcileFleet(context: RegisterContext, request: RegisterRequest): Promise<RegisterSummary> {
  const { fleet } = context;
  const { fleets, confirmed } = request;
  const [seen, register] = await Promise.all([readNodeFacts(context, fleets), readRecord(context)]);
  const claims = await claimNodes(context, seen.others);
  // What is this suite's from now on is looked after at once.
  const nodeFacts = claims.claimed.length === 0 ? seen : await readNodeFacts(context, fleets);
  const { nodes, found } = nodeFacts;
  const nobody = judgeSelection(fleet.name, { found, before: register.nodes, confirmed });
  if (nobody) {
    const refusals = [subjectRefusal(nobody, fleet.name), ...claims.refusals];
    await notify(context, refusals);
    return summary(fleet, 0, refusals, []);
  }
  if (found === 0 && register.nodes === 0 && !confirmed) {
    if (claims.refusals.length > 0) await notify(context, claims.refusals);
    return summary(fleet, 0, claims.refusals, ['it has no nodes yet']);
  }

  const refusals: SubjectRefusal[] = [...nodeFacts.refusals, ...claims.refusals];
  const failures: unknown[] = [];
  // Read only where something would be removed, and only once.
  let asked: Promise<readonly SeenInstance[]> | undefined;
  const readGone = (): Promise<readonly SeenInstance[]> => {
    asked ??= readEnded(context, nodes);
    return asked;
  };
  let records: RegisterSummary['records'];
  let pool: Omit<PoolSeen, 'sinceMs'> | undefined;
  let alarms: RegisterSummary['alarms'];
  try {
    const done = await reconcileNames(context, { ...request, nodeFacts, register, readGone });
    refusals.push(...done.refusals);
    ({ records, pool } = done);
  } catch (error) {
    failures.push(error);
  }
  if (!request.approval) {
    try {
      const done = await reconcileAlarms(context, {
        ...request,
        nodes,
        contested: nodeFacts.contested,
        unseenPaths: nodeFacts.unseenPaths,
        readGone,
      });
      const { refusals: refused, failures: failed, ...counts } = done;
      refusals.push(...refused);
      failures.push(...failed);
      alarms = counts;
    } catch (error) {
      failures.push(error);
    }
  }
  const failed = failures.length > 0;
  await finish(context, refusals, failures, (record) => {
    const nodesNow = failed || record.nodes === found ? undefined : { nodes: found };
    return pool ? { ...nodesNow, pool: poolSeen(record.pool, pool) } : nodesNow;
  });
  return { ...summary(fleet, nodes.length, refusals), ...(records && { records }), ...(alarms && { alarms }) };
}

const summary = (
  { name }: Fleet,
  nodes: number,
  refusals: readonly SubjectRefusal[],
  notes: readonly string[] = [],
): RegisterSummary => ({
  fleet: name,
  nodes,
  refusals: refusals.map(({ refuse, reason }) => `${refuse}: ${reason}`),
  notes,
});
