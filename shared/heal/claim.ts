// What makes a heal the only one that works: its claimed attempt, the node's lease, and writes that only the lease's holder may make. Only
// GetDurableExecution decides whether the holder of a lease lives, never a clock of ours.

import { GetDurableExecutionCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { logWarn } from '../aws/log.ts';
import type { ExecutionStatus } from '../model/execution.ts';
import type { HealContext } from './context.ts';
import { claim } from './incident.ts';
import { grant, type Holder, holds, type LeaseKind, newNode, withHistoryOf } from './lease.ts';
import type { IncidentRecord, NodeRecord } from './records.ts';
import { keys, sameRecord, settle } from './store.ts';

const NOBODY: ExecutionStatus = { state: 'unknown' };

export type Claimed = { readonly mine: true } | { readonly end: string };
export type Leased =
  | {
      readonly holder: Holder;
      /** Until then a command of an earlier attempt may run, unless the node has answered ours; null: none can. */
      readonly openUntilMs: number | null;
    }
  | { readonly busy: string };
/** lost: the lease is somebody else's, so nothing may be done or written any more. */
export type Changed = { readonly written: true } | { readonly lost: true };

/** Body of an execution's first step. `end`: this execution must not work, and touches nothing. */
export async function claimAttempt({ store, payload, execution }: HealContext): Promise<Claimed> {
  const { fleet, instanceId, trigger, attempt } = payload;
  const claimed = await settle<IncidentRecord, Claimed>(
    store,
    keys.incident(fleet, instanceId, trigger),
    () => store.readIncident(fleet, instanceId, trigger),
    (read) => {
      // A caller that may invoke a heal may send any payload; only the dispatcher's record says what an attempt is for.
      if (read && 'payload' in read && !sameRecord(read.payload, payload))
        return { result: { end: `attempt ${attempt} was allocated with another payload` } };
      const claimed = claim(read, attempt, execution);
      if ('end' in claimed) return { result: { end: claimed.end } };
      return { result: { mine: true }, write: 'next' in claimed ? claimed.next : undefined };
    },
  );
  // Correct for an invocation that came twice, and the only report of a forged one.
  if ('end' in claimed) logWarn({ ended: claimed.end, payload });
  return claimed;
}

/**
 * Body of one step: takes the node, unless another holder has it, or only another kind of heal can settle what is open on it.
 *
 * @param noteOf what the heal has to know of the record that it takes
 * @param history the record of an instance whose volumes go to this one: see `withHistoryOf`
 */
export async function takeLease<Note extends object = object>(
  { clients, store, payload, execution }: HealContext,
  kind: LeaseKind,
  instanceId = payload.instanceId,
  noteOf: (node: NodeRecord) => Partial<Note> = () => ({}),
  history?: NodeRecord,
): Promise<Leased & Partial<Note>> {
  const { fleet } = payload;
  let owner = NOBODY;
  return settle<NodeRecord, Leased & Partial<Note>>(
    store,
    keys.node(instanceId),
    async () => {
      const read = await store.readNode(instanceId);
      owner = read?.owner && read.owner !== execution ? await readExecution(clients.lambda, read.owner) : NOBODY;
      return read;
    },
    (read) => {
      const nowMs = Date.now();
      const node = withHistoryOf(read ?? newNode(fleet, instanceId), history);
      const granted = grant({ ...node, fleet }, execution, owner, nowMs, kind);
      const noted = noteOf(node);
      if ('refused' in granted) return { result: { ...noted, busy: granted.refused } };
      const openUntilMs = node.quietAfterMs > nowMs ? node.quietAfterMs : null;
      if ('held' in granted) return { result: { ...noted, holder: granted.held, openUntilMs } };
      const { fence } = granted.next;
      return { write: granted.next, result: { ...noted, holder: { execution, fence }, openUntilMs } };
    },
  );
}

/**
 * Writes the result of `change` to the node's record, for operation and memory: only for the holder, and decided again where somebody else wrote in
 * between. `change` must not set lease, fence and version.
 *
 * @param change pure; null where there is nothing to write, which counts as written
 */
export async function changeNode(
  { store, payload }: Pick<HealContext, 'store' | 'payload'>,
  holder: Holder,
  change: (node: NodeRecord) => NodeRecord | null,
  instanceId = payload.instanceId,
): Promise<Changed> {
  return settle<NodeRecord, Changed>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
    (read) => {
      if (!read || !holds(read, holder)) return { result: { lost: true } };
      const changed = change(read);
      const { owner, fence } = read;
      return {
        result: { written: true },
        write: changed === null ? undefined : { ...changed, owner, fence, version: read.version + 1 },
      };
    },
  );
}

/** An execution whose retention is over ended long ago: the service keeps ended ones for 30 days. */
const LONG_AGO_MS = 0;

export async function readExecution(lambda: LambdaClient, arn: string): Promise<ExecutionStatus> {
  try {
    const { Status, EndTimestamp } = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
    if (Status === 'RUNNING') return { state: 'running' };
    return Status && EndTimestamp ? { state: 'ended', endedAtMs: EndTimestamp.getTime() } : { state: 'unknown' };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { state: 'ended', endedAtMs: LONG_AGO_MS };
    throw error;
  }
}
