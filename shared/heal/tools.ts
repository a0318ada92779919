// What every effect of a heal is handed: clients, records, journal, and who we are.
import type { Clients } from '../aws/clients.ts';
import type { HealPayload } from '../model/payload.ts';
import type { Journal } from './journal.ts';
import type { Store } from './store.ts';

/** Environment variables that every heal has. */
export const HEAL_ENVIRONMENT = ['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX'] as const;
export type HealVariable = (typeof HEAL_ENVIRONMENT)[number];

/** `E`: names of the heal's further environment variables. `C`: its clients, where it has more than most. */
export interface HealTools<P extends HealPayload = HealPayload, E extends string = never, C extends Clients = Clients> {
  readonly clients: C;
  readonly store: Store;
  readonly journal: Journal;
  readonly payload: P;
  /** ARN of this execution: who we are in every record. */
  readonly execution: string;
  readonly environment: Readonly<Record<HealVariable | E, string>>;
}

/** One step of a heal: `name` is unique within its place, and the place in the execution. */
export type Step = <T>(name: string, body: () => Promise<T>) => Promise<T>;
