// What every effect of a heal is handed: clients, records, journal, and who we are.
import type { Clients } from '../../shared/aws/clients.ts';
import type { Journal } from '../../shared/heal/journal.ts';
import type { HealPayload } from '../../shared/heal/records.ts';
import type { Store } from '../../shared/heal/store.ts';
import type { Effect } from './stages.ts';

export interface Tools {
  readonly clients: Clients;
  readonly store: Store;
  readonly journal: Journal;
  readonly payload: HealPayload;
  /** ARN of this execution: who we are in every record. */
  readonly execution: string;
  readonly environment: Environment;
}

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'OBSERVE_NODE_DOCUMENT',
  'GROW_FILESYSTEM_DOCUMENT',
] as const;
export type Environment = Readonly<Record<(typeof ENVIRONMENT)[number], string>>;

export type EffectOf<D extends Effect['do']> = Extract<Effect, { readonly do: D }>;

/** One step of a heal: `name` is unique in the execution and orders the journal. */
export type Step = <T>(name: string, body: () => Promise<T>) => Promise<T>;
