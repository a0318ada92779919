// What makes a heal the one that works: its claimed attempt, the node's lease, and writes that only the lease's holder may make. Whether the
// holder of a lease lives, only GetDurableExecution decides, never a clock of ours.

import { GetDurableExecutionCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { logWarn } from '../aws/log.ts';
import type { ExecutionStatus } from '../model/execution.ts';
import type { HealContext } from './context.ts';
import { claim } from './incident.ts';
import { grant, type Holder, holds, newNode } from './lease.ts';
import type { IncidentRecord, NodeRecord, Operation } from './records.ts';
import { keys, sameRecord, settle } from './store.ts';

const NOBODY: ExecutionStatus = { state: 'unknown' };

export type Claimed = { readonly mine: true } | { readonly end: string };
export type Leased = { readonly holder: Holder } | { readonly busy: string };
/** lost: the lease is somebody else's, so nothing may be done or written any more. */
export type Changed = { readonly written: true } | { readonly lost: true };

/** Body of an execution's first step. `end`: it is not for this execution to work, and it touches nothing. */
export async function claimAttempt({ store, payload, execution }: HealContext): Promise<Claimed> {
  const { fleet, instanceId, trigger, attempt } = payload;
  const claimed = await settle<IncidentRecord, Claimed>(
    store,
    keys.incident(fleet, instanceId, trigger),
    () => store.readIncident(fleet, instanceId, trigger),
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
  if ('end' in claimed) logWarn({ ended: claimed.end, payload });
  return claimed;
}

/** Body of one step: takes the node, unless somebody has it or has left something open that only another kind can settle. */
export async function takeLease(
  { clients, store, payload, execution }: HealContext,
  kind: Operation['kind'],
  instanceId = payload.instanceId,
): Promise<Leased> {
  const { fleet } = payload;
  let owner = NOBODY;
  return settle<NodeRecord, Leased>(
    store,
    keys.node(fleet, instanceId),
    async () => {
      const read = await store.readNode(fleet, instanceId);
      owner = read?.owner && read.owner !== execution ? await readExecution(clients.lambda, read.owner) : NOBODY;
      return read;
    },
    (read) => {
      const granted = grant(read ?? newNode(fleet, instanceId), execution, owner, Date.now(), kind);
      if ('refused' in granted) return { result: { busy: granted.refused } };
      if ('held' in granted) return { result: { holder: granted.held } };
      return { write: granted.next, result: { holder: { execution, fence: granted.next.fence } } };
    },
  );
}

/**
 * Writes what `change` makes of the node's record, for operation and memory: only for the holder, and decided again where
 * somebody else wrote in between. Lease, fence and version are not `change`'s to set.
 *
 * @param change pure; null where there is nothing to write, which counts as written
 */
export async function changeNode(
  { store, payload }: Pick<HealContext, 'store' | 'payload'>,
  holder: Holder,
  change: (node: NodeRecord) => NodeRecord | null,
  instanceId = payload.instanceId,
): Promise<Changed> {
  const { fleet } = payload;
  return settle<NodeRecord, Changed>(
    store,
    keys.node(fleet, instanceId),
    () => store.readNode(fleet, instanceId),
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

/** An execution whose retention is over ended long before: the service keeps ended ones for 30 days. */
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
