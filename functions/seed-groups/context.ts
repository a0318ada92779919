// The context of everything that seed-groups does for one fleet, and the guard before each change of a launch template.
import type { GroupClients } from '../../shared/aws/clients.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import { judgeFile, readUnpaused } from '../../shared/reconcile/guard.ts';
import { subjectRefusal } from '../../shared/reconcile/notification.ts';
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

/**
 * Why no template may be changed at this moment, by the pauses and the fleet file as they are now; undefined where it may.
 *
 * @param approved a person said yes, which mode ask waits for
 */
export async function readGuards(context: SeedContext, approved: boolean): Promise<SubjectRefusal | undefined> {
  const { fleet } = context;
  const now = await readUnpaused(context);
  const refusal =
    'refuse' in now
      ? now
      : judgeFile(now.fleet, {
          ...{ fleet, approved, parts: 'other nodes, volumes or seeds' },
          by: ({ nodes, volumes, role, seedsGroups }) => [nodes, volumes, role, seedsGroups],
        });
  return refusal ? subjectRefusal(refusal, fleet.name) : undefined;
}
