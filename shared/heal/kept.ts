// The records of what heals have put away: volumes, instances, clean sets, holds and quarantine of snapshots. The record comes first, then the tag:
// anybody who may tag can put any tag on a stranger's volume. A deletion, and the end of a hold, need a record here that still matches. A hold
// without a record is a person's, and so is a lock. The records have their own partition (`partitions.kept`).

import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type HoldableSnapshot,
  holdSnapshots,
  type MarkFailure,
  QUARANTINE_MS,
  quarantine,
  type ReleaseResult,
  releaseHolds,
} from '../snapshots/marks.ts';
import { partitions } from './records.ts';
import { type Key, type Store, sameRecord, settle } from './store.ts';

/** A volume as it was when it was put away: none of this changes without a person. */
export interface VolumeWas {
  /** data, ancient, …: its role on its node. */
  readonly role: string;
  readonly sizeGiB: number;
  readonly type: string;
  /** ms since the epoch. */
  readonly createdAtMs: number;
  /** Empty where the volume was not made from a snapshot. */
  readonly snapshotId: string;
  readonly availabilityZone: string;
}

/** An instance as it was when it was put away. */
export interface InstanceWas {
  /** EC2 sets it again at each start, ms since the epoch. */
  readonly launchedAtMs: number;
  /** null: its root volume had been detached. */
  readonly rootVolumeId: string | null;
  /** All of its volumes, including its root. */
  readonly volumeIds: readonly string[];
}

interface About {
  readonly fleet: string;
  /** By its name in the fleet. */
  readonly node: string;
  readonly incidentId: string;
  /** When it was put away, ms since the epoch. */
  readonly atMs: number;
  /** ended: it is in use again, or gone; the record has no effect any more. */
  readonly state: 'kept' | 'ended';
}

export interface KeptThing extends About {
  /** A volume's, an instance's, or a clean set's. */
  readonly id: string;
  /** Not removed before, ms since the epoch. A set has none: the fleet file says how many are kept. */
  readonly untilMs: number;
}

export type KeptRecord = Versioned &
  (
    | (KeptThing & { readonly kind: 'volume'; readonly was: VolumeWas })
    | (KeptThing & { readonly kind: 'instance'; readonly was: InstanceWas })
    /** Snapshots that one heal took at one moment. A snapshot's id is its identity: what is in it never changes. */
    | (About & { readonly kind: 'set'; readonly id: string; readonly snapshotIds: readonly string[] })
    /** A snapshot that a heal found to be bad. */
    | (KeptThing & { readonly kind: 'quarantine' })
    /** Snapshots that no retention may remove while the incident lasts. */
    | (About & {
        readonly kind: 'hold';
        readonly id: string;
        readonly snapshotIds: readonly string[];
        /** The ones that this hold has locked: any other lock is a person's. */
        readonly lockedIds: readonly string[];
      })
  );

interface Versioned {
  readonly version: number;
  /** DynamoDB's own time to live, in seconds since the epoch; absent while the record is needed. */
  readonly expiresAt?: number;
}

export type KeptKind = KeptRecord['kind'];
type Of<K extends KeptKind> = Extract<KeptRecord, { readonly kind: K }>;
type Unwritten<R> = R extends KeptRecord ? Omit<R, keyof Versioned> : never;
/** A record before it is written. */
export type ToKeep = Unwritten<KeptRecord>;

/** As long as the journal lines about it. */
const ENDED_FOR_DAYS = 400;
const DAY_SECONDS = 86_400;

export const keptKey = (fleet: string, kind: KeptKind, id: string): Key => ({
  pk: partitions.kept(fleet),
  sk: `${kind.toUpperCase()}#${id}`,
});

type Records = Pick<Store, 'read' | 'between' | 'replace'>;

/** All records of a fleet, including ended ones. A record whose content does not match its key does not count: nothing is removed for it. */
export async function readKept({ between }: Pick<Store, 'between'>, fleet: string): Promise<readonly KeptRecord[]> {
  const found = await between<KeptRecord>(partitions.kept(fleet), 'A', 'Z~');
  return found.flatMap(({ sk, record }) =>
    record.fleet === fleet && sk === `${record.kind?.toUpperCase()}#${record.id}` ? [record] : [],
  );
}

/** The records of one kind that are still kept, by id. */
export function keptOf<K extends KeptKind>(records: readonly KeptRecord[], kind: K): ReadonlyMap<string, Of<K>> {
  const of = records.filter((record): record is Of<K> => record.kind === kind && record.state === 'kept');
  return new Map(of.map((record) => [record.id, record]));
}

/** Writes each record over any earlier one; must be called before a tag says the same. */
export async function writeKept(store: Records, records: readonly ToKeep[]): Promise<void> {
  for (const record of records) {
    const key = keptKey(record.fleet, record.kind, record.id);
    await settle<KeptRecord, void>(
      store,
      key,
      () => store.read<KeptRecord>(key),
      (before) => {
        const next = { ...record, version: (before?.version ?? 0) + 1 };
        const same = before !== undefined && sameRecord(before, { ...next, version: before.version });
        return { result: undefined, ...(!same && { write: next }) };
      },
    );
  }
}

/** Ends these records: they have no effect any more. A record that was never written, or has already ended, stays as it is. */
export async function endKept(
  store: Records,
  fleet: string,
  kind: KeptKind,
  ids: readonly string[],
  nowMs: number,
): Promise<void> {
  for (const id of ids) {
    const key = keptKey(fleet, kind, id);
    await settle<KeptRecord, void>(
      store,
      key,
      () => store.read<KeptRecord>(key),
      (before) => {
        if (before === undefined || before.state === 'ended') return { result: undefined };
        const expiresAt = Math.floor(nowMs / 1000) + ENDED_FOR_DAYS * DAY_SECONDS;
        return { result: undefined, write: { ...before, state: 'ended', expiresAt, version: before.version + 1 } };
      },
    );
  }
}

export interface KeptClients {
  readonly ec2: EC2Client;
  readonly store: Pick<Store, 'read' | 'between' | 'replace'>;
}

export interface KeptOwner {
  readonly fleet: string;
  readonly node: string;
  readonly incidentId: string;
}

type Hold = Extract<KeptRecord, { readonly kind: 'hold' }>;

const holdsOf = async ({ store }: KeptClients, fleet: string): Promise<ReadonlyMap<string, Hold>> =>
  keptOf(await readKept(store, fleet), 'hold');

/** Holds snapshots for an incident; earlier holds of it stay. @returns those that AWS refused to mark or to lock; the others are held */
export async function hold(
  clients: KeptClients,
  owner: KeptOwner,
  snapshots: readonly HoldableSnapshot[],
  nowMs: number,
): Promise<readonly MarkFailure[]> {
  const holds = await holdsOf(clients, owner.fleet);
  const before = holds.get(owner.incidentId);
  const ours = new Set([...holds.values()].flatMap(({ lockedIds }) => lockedIds));
  // A snapshot that only we may delete needs no lock, and a lock that we have not made is a person's.
  const toLock = snapshots.filter(
    ({ policyId, locked, snapshotId }) => policyId !== null && (!locked || ours.has(snapshotId)),
  );
  const lockIds = new Set(toLock.map(({ snapshotId }) => snapshotId));
  const record: ToKeep = {
    ...owner,
    kind: 'hold',
    id: owner.incidentId,
    atMs: before?.atMs ?? nowMs,
    state: 'kept',
    snapshotIds: union(
      before?.snapshotIds,
      snapshots.map(({ snapshotId }) => snapshotId),
    ),
    lockedIds: union(before?.lockedIds, [...lockIds]),
  };
  await writeKept(clients.store, [record]);
  return holdSnapshots(clients.ec2, snapshots, owner.incidentId, lockIds, nowMs);
}

/** Releases nothing if this incident has no record. If AWS refuses a release, the record stays, and the release is tried again. */
export async function release(
  clients: KeptClients,
  { fleet, incidentId }: Pick<KeptOwner, 'fleet' | 'incidentId'>,
  nowMs: number,
): Promise<ReleaseResult> {
  const holds = await holdsOf(clients, fleet);
  const own = holds.get(incidentId);
  if (!own) return { released: [], unmarked: [] };
  const others = new Set([...holds.values()].flatMap((one) => (one === own ? [] : one.snapshotIds)));
  const unlocking = new Set(own.lockedIds.filter((id) => !others.has(id)));
  const released = await releaseHolds(clients.ec2, incidentId, own.snapshotIds, unlocking);
  if (released.unmarked.length === 0) await endKept(clients.store, fleet, 'hold', [incidentId], nowMs);
  return released;
}

/** The snapshots are not used any more, and stay for a person to look at for 30 days. @param why in a sentence, @param atMs now */
export async function putInQuarantine(
  clients: KeptClients,
  owner: KeptOwner,
  snapshotIds: readonly string[],
  why: string,
  atMs: number,
): Promise<readonly MarkFailure[]> {
  const about = { ...owner, atMs, untilMs: atMs + QUARANTINE_MS, state: 'kept' } as const;
  await writeKept(
    clients.store,
    snapshotIds.map((id): ToKeep => ({ ...about, kind: 'quarantine', id })),
  );
  return quarantine(clients.ec2, snapshotIds, why, atMs);
}

const union = (before: readonly string[] = [], more: readonly string[]): readonly string[] =>
  [...new Set([...before, ...more])].sort();
