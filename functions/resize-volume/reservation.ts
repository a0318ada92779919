// Reserves what a growth takes of the fleet before it is intended: its place in the queue and its money. The proof then lets the other nodes go on.
import { readView } from '../../shared/guardrails/fleet-view.ts';
import { growthKey, judgeStagger, leaveStagger, monthOf, reserve } from '../../shared/guardrails/grow.ts';
import type { BudgetRecord, GrowRecord } from '../../shared/guardrails/records.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { readExecution } from '../../shared/heal/claim.ts';
import { holds, newNode, prove } from '../../shared/heal/lease.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { ExecutionStatus } from '../../shared/model/execution.ts';
import type { Act, Acts, ResizeActContext, ResizeContext } from './state.ts';

const NOBODY: ExecutionStatus = { state: 'unknown' };

/** Reserves the fleet's place in the queue and the money before anything is intended. */
export async function reserveGrowth(
  { clients, store, payload, execution, environment }: ResizeContext,
  { plan, held: { holder } }: Act<'reserve'>,
): Promise<Acts['reserve']['result']> {
  const [switches, node] = await Promise.all([
    readSwitches({ clients, environment, store }, payload.fleet),
    store.readNode(payload.instanceId),
  ]);
  if ('refuse' in switches) return switches;
  if (!holds(node, holder)) return { lost: true };
  const { breaker, nowMs } = await readView(store, switches.fleet);
  const reserved: Acts['reserve']['result'] = { reserved: true, atMs: nowMs };

  let owner = NOBODY;
  const queued = await settle<GrowRecord, Acts['reserve']['result']>(
    store,
    keys.grow(payload.fleet),
    async () => {
      const read = await store.readGrow(payload.fleet);
      owner = read?.holder && read.holder !== execution ? await readExecution(clients.lambda, read.holder) : NOBODY;
      return read;
    },
    (read) => {
      const turn = judgeStagger(breaker, read, execution, owner, nowMs);
      if ('refuse' in turn) return { result: turn };
      return { result: reserved, write: 'next' in turn ? turn.next : undefined };
    },
  );
  if ('refuse' in queued) return queued;

  const month = monthOf(nowMs);
  return settle<BudgetRecord, Acts['reserve']['result']>(
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
  context: ResizeActContext,
  { held: { holder }, reason }: Act<'prove'>,
): Promise<Acts['prove']['result']> {
  const { store, journal, payload, place } = context;
  const { fleet, instanceId } = payload;
  await journal(`${place}-proof`, { atMs: Date.now(), kind: 'proof', sentence: reason });
  const written = await settle<NodeRecord, Acts['prove']['result']>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
    (read) => {
      const proved = prove(read ?? newNode(fleet, instanceId), holder);
      if ('lost' in proved) return { result: { lost: true } };
      return { result: { written: true }, write: 'next' in proved ? proved.next : undefined };
    },
  );
  if ('written' in written) await leaveQueue(context, true);
  return written;
}

/** Releases the fleet-wide grow lease, if it is ours. After a proof the other nodes may go on. */
export async function leaveQueue({ store, payload, execution }: ResizeContext, proved: boolean): Promise<void> {
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
