// The snapshots of a clean stop: the request, the call that is made at most once, its lost answer, the wait for the copies, and quarantine.
// CreateSnapshots captures what is on the volumes at the moment of the call, so the client is started as soon as it has answered.
// Sources: doc comments of CreateSnapshots in @aws-sdk/client-ec2.
import { CreateSnapshotsCommand, type CreateSnapshotsRequest } from '@aws-sdk/client-ec2';
import { catchDryRun } from '../../shared/aws/refusals.ts';
import { tagResources } from '../../shared/aws/tagging.ts';
import { changeNode } from '../../shared/heal/claim.ts';
import { mostPolls, poll } from '../../shared/heal/context.ts';
import { putInQuarantine, type ToKeep, writeKept } from '../../shared/heal/kept.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import { callOnce, callUnderGuard, reconcileCall } from '../../shared/heal/mutation.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { INCIDENT_TAG, LEDGER_TAGS } from '../../shared/model/tags.ts';
import { clientNameOf, ledgerTags } from '../../shared/snapshots/ledger.ts';
import { type MarkFailure, sentenceOfUnmarked } from '../../shared/snapshots/marks.ts';
import type { Ledger } from '../../shared/snapshots/model.ts';
import { ofSet, readTaken } from './facts.ts';
import { excludedOf, judgeCopies, watchedNodeOf } from './judge.ts';
import type { Act, Acts, SnapshotActContext, SnapshotContext, SnapshotFacts, TakenSnapshot } from './state.ts';

type SnapshotTarget = Pick<SnapshotPayload, 'fleet' | 'node' | 'instanceId' | 'incidentId'>;

/**
 * The height is a lower bound: the node's observed height before its client was stopped. The ledger has the hash of that very block, if the client
 * gave one. The tags are the same for all parts, so a part's role is among them only where there is one part.
 */
function ledgerOf(
  { node, instanceId }: Pick<SnapshotTarget, 'node' | 'instanceId'>,
  facts: SnapshotFacts,
  memory: SnapshotMemory,
): Ledger {
  const watched = watchedNodeOf(facts, { instanceId });
  const { client, version } = clientNameOf(watched?.clientVersion ?? '', facts.fleet.chain);
  const { volumes } = memory.found;
  return {
    fleet: facts.fleet.tag,
    node,
    ofValidator: facts.role === 'validator' || watched?.role === 'validator',
    role: volumes.length === 1 ? (volumes[0]?.role ?? null) : null,
    setId: memory.setId,
    parts: volumes.length,
    height: watched?.block?.height ?? memory.found.height,
    blockHash: watched?.block?.hash ?? null,
    chainId: facts.chainId,
    client,
    clientVersion: version,
    mode: facts.fleet.dataMode ?? null,
    cleanStop: true,
    verifiedAtMs: null,
    quarantined: null,
    heldBy: null,
  };
}

export function requestOf(about: SnapshotTarget, facts: SnapshotFacts, memory: SnapshotMemory): CreateSnapshotsRequest {
  const ledger = ledgerOf(about, facts, memory);
  const tags = { ...ledgerTags(ledger), [INCIDENT_TAG]: about.incidentId };
  const excluded = excludedOf(facts, memory.found.volumes);
  return {
    Description: `chainmend ${about.incidentId}: ${about.fleet}, height ${ledger.height ?? 'unknown'} or more, client stopped cleanly`,
    InstanceSpecification: {
      InstanceId: about.instanceId,
      ExcludeBootVolume: true,
      ...(excluded.length > 0 && { ExcludeDataVolumeIds: [...excluded] }),
    },
    TagSpecifications: [
      { ResourceType: 'snapshot', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    ],
  };
}

/** Whether AWS would allow it: asked before the client is stopped for it. */
export async function dryRun({ clients }: SnapshotContext, request: CreateSnapshotsRequest): Promise<string | null> {
  const answer = await catchDryRun(() => clients.ec2.send(new CreateSnapshotsCommand({ ...request, DryRun: true })));
  return 'refused' in answer ? answer.refused : null;
}

/** The client is down meanwhile: a throttled call is repeated only this long. */
const NOT_SENT_WAITS_SECONDS = [2, 4, 8] as const;

/** Its own timer starts the client soon, or has: what is captured from now on is not certain to be of a stopped one. */
const TOO_LATE_TO_TAKE = {
  failed: 'no snapshot was asked for in time: the timer on its node starts the client again',
  page: false,
  isPassing: true,
} as const;

type CreateSnapshotsResult =
  | { readonly snapshots: readonly Pick<TakenSnapshot, 'snapshotId' | 'volumeId'>[]; readonly takenAtMs: number }
  | Exclude<Acts['take']['result'], { readonly memory: SnapshotMemory }>
  | { readonly interrupted: string };

export async function take(
  context: SnapshotActContext,
  { from: { held, operation }, facts }: Act<'take'>,
): Promise<Acts['take']['result']> {
  const { step, journal, place } = context;
  const { holder } = held;
  const { untilMs = Number.POSITIVE_INFINITY } = operation.memory.clean ?? {};
  const request = requestOf(context.payload, facts, operation.memory);
  const memory = await step('intend', async (): Promise<SnapshotMemory | 'late' | null> => {
    const atMs = Date.now();
    if (atMs > untilMs) return 'late';
    const intended = {
      ...operation.memory,
      intent: { call: 'CreateSnapshots', target: operation.memory.setId, atMs },
    };
    const written = await changeNode(context, holder, (node) => ({
      ...node,
      operation: { ...operation, memory: intended },
    }));
    if ('lost' in written) return null;
    await journal(`${place}-intent`, {
      atMs,
      kind: 'intent',
      sentence: `take snapshots of ${operation.memory.found.volumes.map(({ role }) => role).join(', ')} at one moment: the client has ended cleanly`,
      act: actOf(context),
      evidence: { setId: intended.setId, clean: intended.clean, request },
    });
    return intended;
  });
  if (memory === null) return { lost: true };
  if (memory === 'late') return TOO_LATE_TO_TAKE;
  const called = await call(context, holder, request, untilMs);
  if ('interrupted' in called) return { interrupted: called.interrupted, memory };
  if (!('snapshots' in called)) {
    await step('not-taken', () => noteResult(context, `no snapshot was taken: ${snapshotFault(called)}`));
    return called;
  }
  const snapshotIds = inOrder(called.snapshots, memory);
  const known = { ...memory, snapshotIds, takenAtMs: called.takenAtMs };
  const written = await step('taken', async () => {
    await writeKept(context.store, [setOf(context, known)]);
    await noteResult(context, `the volumes as they were at the stop of the client: ${snapshotIds.join(', ')}`);
    return changeNode(context, holder, (node) => ({ ...node, operation: { ...operation, memory: known } }));
  });
  return 'lost' in written ? written : { memory: known, whole: isWhole(called.snapshots, memory) };
}

async function call(
  context: SnapshotActContext,
  holder: Holder,
  request: CreateSnapshotsRequest,
  untilMs: number,
): Promise<CreateSnapshotsResult> {
  const called = await callOnce(context, 'create', NOT_SENT_WAITS_SECONDS, () =>
    callUnderGuard(context, holder, async () => {
      if (Date.now() > untilMs) return TOO_LATE_TO_TAKE;
      const { Snapshots = [] } = await context.clients.ec2Once.send(new CreateSnapshotsCommand(request));
      return {
        snapshots: Snapshots.map(({ SnapshotId = '', VolumeId = '' }) => ({
          snapshotId: SnapshotId,
          volumeId: VolumeId,
        })),
        takenAtMs: Math.max(...Snapshots.map(({ StartTime }) => StartTime?.getTime() ?? Date.now())),
      };
    }),
  );
  if ('notSent' in called) return { failed: called.notSent, page: false, isPassing: true };
  return 'refused' in called
    ? { failed: `AWS refused the snapshot: ${called.refused}`, page: called.code === 'UnauthorizedOperation' }
    : called;
}

function snapshotFault(
  called: Exclude<CreateSnapshotsResult, { readonly snapshots: unknown } | { readonly interrupted: string }>,
): string {
  if ('failed' in called) return called.failed;
  return 'refuse' in called ? called.reason : 'another heal holds the node';
}

/** The snapshots of this heal: only these are ever removed for being too many. */
const setOf = ({ payload }: SnapshotContext, { setId, snapshotIds }: SnapshotMemory): ToKeep => ({
  ...ownerOf(payload),
  kind: 'set',
  id: setId,
  snapshotIds,
  atMs: Date.now(),
  state: 'kept',
});

const ownerOf = ({ fleet, node, incidentId }: SnapshotPayload) => ({ fleet, node, incidentId });

/** In the order of the remembered volumes, so that each part's role follows from its place. */
function inOrder(
  parts: readonly Pick<TakenSnapshot, 'snapshotId' | 'volumeId'>[],
  { found }: SnapshotMemory,
): readonly string[] {
  const placeOf = (id: string): number => found.volumes.findIndex(({ volumeId }) => volumeId === id);
  return parts.toSorted((a, b) => placeOf(a.volumeId) - placeOf(b.volumeId)).map(({ snapshotId }) => snapshotId);
}

/** A volume that was attached in the meantime is in it, too. */
const isWhole = (parts: readonly Pick<TakenSnapshot, 'volumeId'>[], { found: { volumes } }: SnapshotMemory): boolean =>
  parts.length === volumes.length && volumes.every(({ volumeId }) => parts.some((part) => part.volumeId === volumeId));

export async function reconcile(
  context: SnapshotActContext,
  { from: { held, operation } }: Act<'reconcile'>,
): Promise<Acts['reconcile']['result']> {
  const { memory } = operation;
  const found = await reconcileCall(
    context,
    () => readTaken(context.clients.ec2, ofSet(memory.setId)),
    // All volumes are captured by one request: a missing part of a set is not visible yet.
    (taken, isLast) => taken.length > 0 && (isLast || taken.length >= memory.found.volumes.length),
  );
  if (found === null) {
    await context.step('none', () => noteResult(context, 'the answer was lost, and no snapshot was taken'));
    return { none: true };
  }
  const takenAtMs = Math.max(...found.map(({ startedAtMs }) => startedAtMs));
  const known = { ...memory, snapshotIds: inOrder(found, memory), takenAtMs };
  const written = await context.step('found', async () => {
    await writeKept(context.store, [setOf(context, known)]);
    await noteResult(context, `the answer was lost, and it did happen: ${known.snapshotIds.join(', ')}`);
    return changeNode(context, held.holder, (node) => ({ ...node, operation: { ...operation, memory: known } }));
  });
  if ('lost' in written) return written;
  return { memory: known, whole: isWhole(found, memory) };
}

const actOf = ({ payload }: SnapshotContext): string => `CreateSnapshots ${payload.instanceId}`;

const noteResult = (context: SnapshotActContext, sentence: string): Promise<void> =>
  context.journal(`${context.place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: actOf(context) });

/** Body of a step. @returns the snapshots that lack the quarantine tags, because AWS refused to tag them */
const quarantine = (
  { clients: { ec2 }, store, payload }: SnapshotContext,
  snapshotIds: readonly string[],
  why: string,
): Promise<readonly MarkFailure[]> => putInQuarantine({ ec2, store }, ownerOf(payload), snapshotIds, why, Date.now());

export async function quarantineSet(context: SnapshotActContext, { from, why }: Act<'quarantine'>): Promise<void> {
  const unmarked = await quarantine(context, from.operation.memory.snapshotIds, why);
  const but = unmarked.length === 0 ? '' : `; their tags do not say so: ${sentenceOfUnmarked(unmarked)}`;
  await context.journal(`${context.place}-quarantine`, {
    atMs: Date.now(),
    kind: 'decision',
    sentence: `not to be used: ${why}${but}`,
  });
}

/** A first snapshot of 16 TiB takes hours; nothing on the node waits for it. */
const COPIED_WITHIN_MS = 7 * 60 * 60_000;
/** The rest of an attempt's time is then for its outcome. */
const LAST_WORD_MS = 5 * 60_000;
/** The next attempt finds the set by its incident, and continues the wait. */
const TOO_LATE = { failed: 'the snapshots are still being copied' } as const;

export async function awaitCompleted(
  context: SnapshotActContext,
  { snapshots }: Act<'await'>,
): Promise<Acts['await']['result']> {
  const { step, clients, payload } = context;
  const { ec2 } = clients;
  const unnamed = snapshots.filter(({ role }) => role !== null);
  if (unnamed.length > 0)
    await step('roles', async () => {
      for (const { snapshotId, role } of unnamed)
        await tagResources(ec2, [snapshotId], { [LEDGER_TAGS.role]: role ?? '' });
    });
  const ids = snapshots.map(({ snapshotId }) => snapshotId);
  const seen = await poll(context, mostPolls(COPIED_WITHIN_MS), async () => {
    const now = judgeCopies(ids, await readTaken(ec2, [{ Name: 'snapshot-id', Values: [...ids] }]));
    if (!('waits' in now)) return now;
    return Date.now() > payload.deadlineMs - LAST_WORD_MS ? TOO_LATE : null;
  });
  if (seen === null) return TOO_LATE;
  if (!('spoiled' in seen)) return seen;
  const { failed } = seen;
  const unmarked = await step('quarantine', () => quarantine(context, ids, failed));
  return unmarked.length === 0
    ? { failed }
    : { failed: `${failed}; their tags do not say so: ${sentenceOfUnmarked(unmarked)}` };
}
