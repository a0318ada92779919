// The context of one run of the dispatcher: its clients and settings, and what it has read of fleets so far.
import type { MetricsClients as Clients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import { type FleetView, readView } from '../../shared/guardrails/fleet-view.ts';
import type { Pace } from '../../shared/guardrails/pace.ts';
import type { HeightUnderWay } from '../../shared/guardrails/upgrade.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Store } from '../../shared/heal/store.ts';

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
  readonly seen: (fleet: Fleet) => Promise<FleetView>;
  /** The upgrade at a height that is under way in a fleet; null where none is. Read at the first request, and only once. */
  readonly heightOf: (fleet: Fleet) => Promise<HeightUnderWay | null>;
  /** The incidents that wait for a turn, and can go on now. undefined where only one node is looked at: the next sweep, which sees all, lets them in. */
  readonly waiting?: readonly IncidentRecord[];
  /** The pace of a fleet's restarts, with all nodes that want one now: read once. undefined as above. */
  readonly pace?: (fleet: Fleet) => Promise<Pace>;
}

export function createContext(services: DispatcherServices, settings: Settings): DispatchContext {
  const read = new Map<string, Promise<FleetView>>();
  const seen = (fleet: Fleet): Promise<FleetView> => {
    const known = read.get(fleet.name) ?? readView(services.store, fleet);
    read.set(fleet.name, known);
    return known;
  };
  const heights = new Map<string, Promise<HeightUnderWay | null>>();
  const heightOf = (fleet: Fleet): Promise<HeightUnderWay | null> => {
    const known = heights.get(fleet.name) ?? readHeight(services.store, fleet);
    heights.set(fleet.name, known);
    return known;
  };
  return { ...services, settings, seen, heightOf };
}

/** A fleet whose file names no versions is not upgraded. */
async function readHeight(store: Store, { name, client }: Fleet): Promise<HeightUnderWay | null> {
  const upgrade = client && (await store.readUpgrade(name));
  if (upgrade?.state !== 'under-way' || upgrade.atHeight === undefined) return null;
  return { to: upgrade.to, atHeight: upgrade.atHeight };
}
