// CreateSnapshots has no token: its intent is written first, it is called at most once, and an unknown answer is reconciled. What it
// captures is on the volumes at the moment of the call, so the client is started as soon as it has answered.
// Sources: doc comments of CreateSnapshots in @aws-sdk/client-ec2.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { CreateSnapshotsCommand, type CreateSnapshotsRequest } from '@aws-sdk/client-ec2';
import { orDryRun, refusalOf } from '../../shared/aws/refused.ts';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { changeNode } from '../../shared/heal/claim.ts';
import { once, stepper } from '../../shared/heal/context.ts';
import { guardAgain } from '../../shared/heal/guard.ts';
import { type ToKeep, writeKept } from '../../shared/heal/kept.ts';
import { type Holder, holds } from '../../shared/heal/lease.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import { CONSISTENCY_WINDOW_MS, REQUEST_LIFETIME_MS } from '../../shared/model/execution.ts';
import { ofSet, readTaken } from './facts.ts';
import type { Results, Taken } from './model.ts';
import { requestOf } from './request.ts';
import { type ActOf, type Tools, whoseOf } from './tools.ts';

/** The client is down meanwhile: only so long is a throttled call tried again. */
const NOT_SENT_WAITS_SECONDS = [2, 4, 8] as const;

type Once =
  | { readonly snapshots: readonly { readonly snapshotId: string; readonly volumeId: string }[] }
  /** The call certainly had no effect, and may be made again. */
  | { readonly notSent: string }
  | Exclude<Results['take'], { readonly memory: SnapshotMemory }>;

const actOf = ({ payload }: Tools): string => `CreateSnapshots ${payload.instanceId}`;

/** Whether AWS would do it: asked before the client is stopped for it. */
export async function dryRun({ clients }: Tools, request: CreateSnapshotsRequest): Promise<string | null> {
  const answer = await orDryRun(() => clients.ec2.send(new CreateSnapshotsCommand({ ...request, DryRun: true })));
  return 'refused' in answer ? answer.refused : null;
}

export async function take(
  ctx: DurableContext,
  tools: Tools,
  holder: Holder,
  { operation, facts }: ActOf<'take'>,
  place: string,
): Promise<Results['take']> {
  const step = stepper(ctx, place);
  const { journal } = tools;
  const request = requestOf(tools.payload, facts, operation.memory);
  const memory = await step('intend', async (): Promise<SnapshotMemory | null> => {
    const atMs = Date.now();
    const intended = {
      ...operation.memory,
      intent: { call: 'CreateSnapshots', target: operation.memory.setId, atMs },
    };
    const written = await changeNode(tools, holder, (node) => ({
      ...node,
      operation: { ...operation, memory: intended },
    }));
    if ('lost' in written) return null;
    await journal(`${place}-intent`, {
      atMs,
      kind: 'intent',
      sentence: `take snapshots of ${operation.memory.found.volumes.map(({ role }) => role).join(', ')} at one moment: the client has ended cleanly`,
      act: actOf(tools),
      evidence: { setId: intended.setId, clean: intended.clean, request },
    });
    return intended;
  });
  if (memory === null) return { lost: true };
  const made = await call(ctx, tools, holder, request, place);
  const note = (sentence: string) =>
    journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: actOf(tools) });
  if ('interrupted' in made) return { interrupted: made.interrupted, memory };
  if (!('snapshots' in made)) {
    await step('not-taken', () => note(`no snapshot was taken: ${whyNot(made)}`));
    return made;
  }
  const snapshotIds = inOrder(made.snapshots, memory);
  const known = { ...memory, snapshotIds };
  const written = await step('taken', async () => {
    await writeKept(tools.store, [setOf(tools, known)]);
    await note(`${snapshotIds.join(', ')} hold what was on the volumes when the client was stopped`);
    return changeNode(tools, holder, (node) => ({ ...node, operation: { ...operation, memory: known } }));
  });
  return 'lost' in written ? written : { memory: known, whole: isWhole(made.snapshots, memory) };
}

/** Which snapshots are this heal's own: the only ones that are ever removed for being too many. */
const setOf = (tools: Tools, { setId, snapshotIds }: SnapshotMemory): ToKeep => ({
  ...whoseOf(tools),
  kind: 'set',
  id: setId,
  snapshotIds,
  atMs: Date.now(),
  state: 'kept',
});

async function call(
  ctx: DurableContext,
  tools: Tools,
  holder: Holder,
  request: CreateSnapshotsRequest,
  place: string,
): Promise<Exclude<Once, { readonly notSent: string }> | { readonly interrupted: string }> {
  for (let tried = 0; ; tried++) {
    const made = await once(ctx, `${place}-create-${tried}`, () => guardAndCreate(tools, holder, request));
    if ('interrupted' in made) return made;
    const { value } = made;
    if (!('notSent' in value)) return value;
    const seconds = NOT_SENT_WAITS_SECONDS[tried];
    if (seconds === undefined) return { failed: value.notSent, page: false };
    await ctx.wait(`${place}-again-${tried}`, { seconds });
  }
}

async function guardAndCreate(tools: Tools, holder: Holder, request: CreateSnapshotsRequest): Promise<Once> {
  const { clients, store, payload } = tools;
  try {
    const [node, guarded] = await Promise.all([store.readNode(payload.fleet, payload.instanceId), guardAgain(tools)]);
    if (!holds(node, holder)) return { lost: true };
    if ('refuse' in guarded) return guarded;
  } catch (error) {
    return { notSent: `what guards it cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  try {
    const { Snapshots = [] } = await clients.ec2Once.send(new CreateSnapshotsCommand(request));
    return {
      snapshots: Snapshots.map(({ SnapshotId = '', VolumeId = '' }) => ({
        snapshotId: SnapshotId,
        volumeId: VolumeId,
      })),
    };
  } catch (error) {
    if (isThrottling(error)) return { notSent: error instanceof Error ? error.message : String(error) };
    const { refused, code } = refusalOf(error);
    return { failed: `AWS refused the snapshot: ${refused}`, page: code === 'UnauthorizedOperation' };
  }
}

function whyNot(made: Exclude<Once, { readonly snapshots: unknown } | { readonly notSent: string }>): string {
  if ('failed' in made) return made.failed;
  return 'refuse' in made ? made.reason : 'another heal holds the node';
}

/** As the volumes stand in memory, so that each part's role is known by its place. */
function inOrder(
  parts: readonly Pick<Taken, 'snapshotId' | 'volumeId'>[],
  { found }: SnapshotMemory,
): readonly string[] {
  const placeOf = (id: string): number => found.volumes.findIndex(({ volumeId }) => volumeId === id);
  return parts.toSorted((a, b) => placeOf(a.volumeId) - placeOf(b.volumeId)).map(({ snapshotId }) => snapshotId);
}

/** A volume that was attached in the moment between is in it, too. */
const isWhole = (parts: readonly Pick<Taken, 'volumeId'>[], { found: { volumes } }: SnapshotMemory): boolean =>
  parts.length === volumes.length && volumes.every(({ volumeId }) => parts.some((part) => part.volumeId === volumeId));

/**
 * Did it happen? That it did is believed at once. That it did not is believed only when the request can no longer take effect, the
 * consistency window is over, and two reads say the same.
 */
export async function reconcile(
  ctx: DurableContext,
  tools: Tools,
  holder: Holder,
  { operation }: ActOf<'reconcile'>,
  place: string,
): Promise<Results['reconcile']> {
  const step = stepper(ctx, place);
  const { memory } = operation;
  for (const [i, seconds] of [5, REQUEST_LIFETIME_MS / 1000, CONSISTENCY_WINDOW_MS / 1000, 30].entries()) {
    await ctx.wait(`${place}-conclusive-${i}`, { seconds });
    const found = await step(`look-${i}`, () => readTaken(tools.clients.ec2, ofSet(memory.setId)));
    // All volumes are captured by one request: what is missing of a set is not visible yet.
    const last = i === 3;
    if (found.length === 0 || (found.length < memory.found.volumes.length && !last)) continue;
    const known = { ...memory, snapshotIds: inOrder(found, memory) };
    const written = await step('found', async () => {
      await writeKept(tools.store, [setOf(tools, known)]);
      await result(tools, place, `the answer was lost, and it did happen: ${known.snapshotIds.join(', ')}`);
      return changeNode(tools, holder, (node) => ({ ...node, operation: { ...operation, memory: known } }));
    });
    if ('lost' in written) return written;
    const lastStartedAtMs = Math.max(...found.map(({ startedAtMs }) => startedAtMs));
    return { memory: known, whole: isWhole(found, memory), lastStartedAtMs };
  }
  await step('none', () => result(tools, place, 'the answer was lost, and no snapshot was taken'));
  return { none: true };
}

const result = (tools: Tools, place: string, sentence: string): Promise<void> =>
  tools.journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: actOf(tools) });
