// The context of one run of the dispatcher: its clients and settings, and what it has read of fleets so far.
import type { MetricsClients as Clients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import type { Pace } from '../../shared/guardrails/pace.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Store } from '../../shared/heal/store.ts';
import { type ObservedFleet, readObservedFleet } from './facts.ts';

/** The name of this function in its records and journal entries. */
export const DISPATCHER = 'dispatch-heal';

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'RESIZE_VOLUME_ARN',
  'REPLACE_NODE_ARN',
  'SNAPSHOT_NODE_ARN',
  'AUDIT_SNAPSHOTS_ARN',
  'PLAN_SNAPSHOTS_FUNCTION',
] as const;

export interface DispatcherServices {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<(typeof ENVIRONMENT)[number], string>>;
}

export interface DispatchContext extends DispatcherServices {
  readonly settings: Settings;
  /** A fleet as watch-fleet saw it last: read at the first request, and only once. */
  readonly seen: (fleet: string) => Promise<ObservedFleet>;
  /** The incidents that wait for a turn, and can go on now. undefined where only one node is looked at: the next sweep, which sees all, lets them in. */
  readonly waiting?: readonly IncidentRecord[];
  /** The pace of a fleet's restarts, with all nodes that want one now: read once. undefined as above. */
  readonly pace?: (fleet: Fleet) => Promise<Pace>;
}

export function createContext(services: DispatcherServices, settings: Settings): DispatchContext {
  const read = new Map<string, Promise<ObservedFleet>>();
  const seen = (fleet: string): Promise<ObservedFleet> => {
    const known = read.get(fleet) ?? readObservedFleet(services.store, fleet);
    read.set(fleet, known);
    return known;
  };
  return { ...services, settings, seen };
}
