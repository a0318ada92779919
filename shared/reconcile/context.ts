// The context of all work for one fleet in one invocation: the invocation's own context, the fleet, its journal and its record.
import type { Fleet } from '../fleet/model.ts';
import type { FollowedPage, NotificationState } from '../guardrails/names.ts';
import { createJournal, type JournalEntry, WHOLE_FLEET } from '../heal/journal.ts';
import type { Writer } from '../heal/records.ts';
import { type Key, type Store, settle } from '../heal/store.ts';
import type { BaseClients, BaseVariable, Invocation } from './invocation.ts';

/** A function's record of a fleet. */
export interface FleetRecord {
  /** See `claimNotifications`. */
  readonly notifications: readonly NotificationState[];
  /** Pages that were sent and whether their cause lasts; absent where none was. */
  readonly pages?: readonly FollowedPage[];
  readonly version: number;
}

/** A function that looks after fleets on a schedule. */
export interface Controller<R extends FleetRecord> {
  /** Its name in the table's partition, in journal lines and in the command of a person's approval. */
  readonly name: Writer;
  /** One incident for all of a fleet: it has neither onset nor attempts. */
  readonly incidentId: string;
  readonly record: {
    readonly key: (fleet: string) => Key;
    readonly read: (store: Store, fleet: string) => Promise<R | undefined>;
    /** The value of a record that was never written. */
    readonly empty: R;
  };
  /** Carrying out an approved plan takes longer than a shell waits. */
  readonly takesLong?: true;
}

/** A node, for the journal and for pages. */
export interface NodeRef {
  readonly name: string;
  readonly instanceId: string;
}

/** Without a subject the entry is about the whole fleet. */
export type WriteEntry = (entry: Omit<JournalEntry, 'atMs'>, subject?: NodeRef) => Promise<void>;

export interface FleetContext<
  R extends FleetRecord = FleetRecord,
  C extends BaseClients = BaseClients,
  V extends string = BaseVariable,
  F extends Fleet = Fleet,
> extends Invocation<C, V> {
  readonly controller: Controller<R>;
  readonly fleet: F;
  /** Writes an entry of this run at the time of the call; entries are in the order of the calls. */
  readonly write: WriteEntry;
}

/** @param run the run in the journal's keys; `writer` is the writer in every entry. Unless given they are the invocation's and the function's */
export function fleetContext<R extends FleetRecord, C extends BaseClients, V extends string, F extends Fleet>(
  invocation: Invocation<C, V>,
  controller: Controller<R>,
  fleet: F,
  { run = invocation.requestId.slice(0, 8), writer = controller.name }: { run?: string; writer?: string } = {},
): FleetContext<R, C, V, F> {
  const { store, startedAtMs, written } = invocation;
  const { name, incidentId } = controller;
  const lines = `${name} ${writer} ${run} ${fleet.name}`;
  const write: WriteEntry = async (entry, subject) => {
    const journal = createJournal(store, {
      by: name,
      heal: name,
      writer,
      fleet: fleet.name,
      node: subject?.name ?? WHOLE_FLEET,
      instanceId: subject?.instanceId ?? WHOLE_FLEET,
      incidentId,
      attempt: 1,
      onsetMs: startedAtMs,
    });
    const at = written.get(lines) ?? 0;
    written.set(lines, at + 1);
    await journal(`${run}-${String(at).padStart(4, '0')}`, { ...entry, atMs: Date.now() });
  };
  return { ...invocation, controller, fleet, write };
}

type RecordContext<R extends FleetRecord> = Pick<FleetContext<R>, 'controller' | 'fleet' | 'store'>;

export async function readRecord<R extends FleetRecord>(context: RecordContext<R>): Promise<R> {
  const { controller, fleet, store } = context;
  return (await controller.record.read(store, fleet.name)) ?? controller.record.empty;
}

/** The members of a record that change. */
export type RecordChange<R extends FleetRecord> = Partial<R> | Pick<FleetRecord, 'notifications' | 'pages'>;

/** @param decide from the stored record; without a change nothing is written */
export function settleRecord<R extends FleetRecord, T>(
  { controller: { record }, fleet, store }: RecordContext<R>,
  decide: (record: R) => { readonly change: RecordChange<R> | undefined; readonly result: T },
): Promise<T> {
  return settle<R, T>(
    store,
    record.key(fleet.name),
    () => record.read(store, fleet.name),
    (stored = record.empty) => {
      const { change, result } = decide(stored);
      return { write: change && { ...stored, ...change, version: stored.version + 1 }, result };
    },
  );
}

export const changeRecord = <R extends FleetRecord>(
  context: RecordContext<R>,
  change: (record: R) => Partial<R>,
): Promise<void> => settleRecord(context, (record) => ({ change: change(record), result: undefined }));
