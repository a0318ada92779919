// The context of everything that seed-groups does for one fleet, and the guard before each change of a launch template.
import type { GroupClients } from '../../shared/aws/clients.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import { readGuard } from '../../shared/reconcile/guard.ts';
import { noSeeds, type SeedRecord } from '../../shared/snapshots/seeds.ts';

export type SeedContext = FleetContext<
  SeedRecord,
  Pick<GroupClients, 'ec2' | 'ssm' | 'sns' | 'dynamodb' | 'autoscaling'>
>;

export const SEED: Controller<SeedRecord> = {
  name: 'seed-groups',
  incidentId: 'seed',
  record: { key: keys.seeds, read: (store, fleet) => store.readSeeds(fleet), empty: noSeeds },
};

/** The guard right before each change of a launch template. @param approved a person said yes, which mode ask waits for. @returns why it is not made */
export const readGuards = (context: SeedContext, approved: boolean): Promise<SubjectRefusal | undefined> =>
  readGuard(context, approved, {
    parts: 'other nodes, volumes or seeds',
    by: ({ nodes, volumes, role, seedsGroups }) => [nodes, volumes, role, seedsGroups],
  });
