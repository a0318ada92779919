// The context of everything that prune-retired does for one fleet, and the guard before each deletion.
import type { Clients } from '../../shared/aws/clients.ts';
import { newRegister, type RegisterRecord, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import { judgeFile, readUnpaused } from '../../shared/reconcile/guard.ts';
import { subjectRefusal } from '../../shared/reconcile/notification.ts';

export type PruneContext = FleetContext<RegisterRecord, Pick<Clients, 'ec2' | 'ssm' | 'sns' | 'dynamodb'>>;

export const PRUNE: Controller<RegisterRecord> = {
  name: 'prune-retired',
  incidentId: 'prune',
  record: { key: keys.prune, read: (store, fleet) => store.readPrune(fleet), empty: newRegister },
};

/**
 * Why nothing may be deleted at this moment, by the pauses and the fleet file as they are now; undefined where deletion is allowed.
 *
 * @param approved a person said yes, which mode ask waits for
 */
export async function readGuards(context: PruneContext, approved: boolean): Promise<SubjectRefusal | undefined> {
  const { fleet } = context;
  const now = await readUnpaused(context);
  const refusal =
    'refuse' in now
      ? now
      : judgeFile(now.fleet, {
          ...{ fleet, approved, parts: 'other nodes, volumes or snapshots' },
          by: ({ nodes, volumes, cleanSnapshots }) => [nodes, volumes, cleanSnapshots],
        });
  return refusal ? subjectRefusal(refusal, fleet.name) : undefined;
}
