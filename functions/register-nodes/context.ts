// The context of everything that register-nodes does for one fleet, and the summary of its run.
import type { NamesClients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { type NamesRecord, newRegister } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import type { Approval } from '../../shared/reconcile/plan.ts';
import type { DiskSeries } from './alarms.ts';

export interface RegisterContext extends FleetContext<NamesRecord, NamesClients, 'AWS_REGION'> {
  /** In front of every runbook's path; empty for the path in the repository. */
  readonly runbooks: string;
}

export const REGISTER: Controller<NamesRecord> = {
  name: 'register-nodes',
  incidentId: 'names',
  record: { key: keys.register, read: (store, fleet) => store.readRegister(fleet), empty: newRegister },
};

export interface RegisterRequest {
  /** All fleets. */
  readonly fleets: readonly Fleet[];
  /** Names of all fleets; null where a file cannot be read: then no fleet counts as gone. */
  readonly names: ReadonlySet<string> | null;
  readonly seriesAt: (path: string) => Promise<ReadonlyMap<string, DiskSeries>>;
  /** A person confirms that records and alarms of nodes that are gone may be deleted. */
  readonly confirmed: boolean;
  /** With an approval, only the records of the approved plan are looked at. */
  readonly approval: Approval | undefined;
}

/** The result of a run, for the log and for a person who asked. */
export interface RegisterSummary {
  readonly fleet: string;
  readonly nodes: number;
  readonly records?: { readonly changed: number; readonly left: number; readonly plan?: string };
  readonly alarms?: {
    readonly created: number;
    readonly updated: number;
    readonly deleted: number;
    readonly left: number;
  };
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
}
