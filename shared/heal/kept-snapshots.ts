// Holds and quarantine of snapshots, as heals make them: recorded first, and then written on the snapshots. A hold whose record is not there is a
// person's, and so is a lock.
import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type Holdable,
  holdSnapshots,
  QUARANTINE_MS,
  quarantine,
  type Released,
  releaseHolds,
  type Unmarked,
} from '../snapshots/marks.ts';
import { endKept, type KeptRecord, keptOf, readKept, type ToKeep, writeKept } from './kept.ts';
import type { Store } from './store.ts';

export interface Shelf {
  readonly ec2: EC2Client;
  readonly store: Pick<Store, 'read' | 'between' | 'replace'>;
}

export interface Whose {
  readonly fleet: string;
  readonly node: string;
  readonly incidentId: string;
}

type Hold = Extract<KeptRecord, { readonly kind: 'hold' }>;

const holdsOf = async ({ store }: Shelf, fleet: string): Promise<ReadonlyMap<string, Hold>> =>
  keptOf(await readKept(store, fleet), 'hold');

/** What is held for an incident stays held, whatever is added. @returns those that AWS refused to mark or to lock; the others are held */
export async function hold(
  shelf: Shelf,
  whose: Whose,
  snapshots: readonly Holdable[],
  nowMs: number,
): Promise<readonly Unmarked[]> {
  const holds = await holdsOf(shelf, whose.fleet);
  const before = holds.get(whose.incidentId);
  const ours = new Set([...holds.values()].flatMap(({ lockedIds }) => lockedIds));
  // What nobody but us may delete needs no lock, and a lock that we have not made is a person's.
  const toLock = snapshots.filter(
    ({ policyId, locked, snapshotId }) => policyId !== null && (!locked || ours.has(snapshotId)),
  );
  const lockIds = new Set(toLock.map(({ snapshotId }) => snapshotId));
  const record: ToKeep = {
    ...whose,
    kind: 'hold',
    id: whose.incidentId,
    atMs: before?.atMs ?? nowMs,
    state: 'kept',
    snapshotIds: union(
      before?.snapshotIds,
      snapshots.map(({ snapshotId }) => snapshotId),
    ),
    lockedIds: union(before?.lockedIds, [...lockIds]),
  };
  await writeKept(shelf.store, [record]);
  return holdSnapshots(shelf.ec2, snapshots, whose.incidentId, lockIds, nowMs);
}

/** Nothing is released where nothing of this incident is recorded. What AWS refuses to release stays recorded, and is tried again. */
export async function release(
  shelf: Shelf,
  { fleet, incidentId }: Pick<Whose, 'fleet' | 'incidentId'>,
  nowMs: number,
): Promise<Released> {
  const holds = await holdsOf(shelf, fleet);
  const own = holds.get(incidentId);
  if (!own) return { released: [], unmarked: [] };
  const others = new Set([...holds.values()].flatMap((one) => (one === own ? [] : one.snapshotIds)));
  const unlocking = new Set(own.lockedIds.filter((id) => !others.has(id)));
  const released = await releaseHolds(shelf.ec2, incidentId, own.snapshotIds, unlocking);
  if (released.unmarked.length === 0) await endKept(shelf.store, fleet, 'hold', [incidentId], nowMs);
  return released;
}

/** They are not used any more, and stay for a person to look at for 30 days. @param why in a sentence, @param atMs now */
export async function putInQuarantine(
  shelf: Shelf,
  whose: Whose,
  snapshotIds: readonly string[],
  why: string,
  atMs: number,
): Promise<readonly Unmarked[]> {
  const about = { ...whose, atMs, untilMs: atMs + QUARANTINE_MS, state: 'kept' } as const;
  await writeKept(
    shelf.store,
    snapshotIds.map((id): ToKeep => ({ ...about, kind: 'quarantine', id })),
  );
  return quarantine(shelf.ec2, snapshotIds, why, atMs);
}

const union = (before: readonly string[] = [], more: readonly string[]): readonly string[] =>
  [...new Set([...before, ...more])].sort();
