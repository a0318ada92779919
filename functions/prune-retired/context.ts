// The context of everything that prune-retired does for one fleet, and the guard before each deletion.
import type { Clients } from '../../shared/aws/clients.ts';
import { newRegister, type RegisterRecord, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import { readGuard } from '../../shared/reconcile/guard.ts';

export type PruneContext = FleetContext<RegisterRecord, Pick<Clients, 'ec2' | 'ssm' | 'sns' | 'dynamodb'>>;

export const PRUNE: Controller<RegisterRecord> = {
  name: 'prune-retired',
  incidentId: 'prune',
  record: { key: keys.prune, read: (store, fleet) => store.readPrune(fleet), empty: newRegister },
};

/** The guard right before each deletion. @param approved a person said yes, which mode ask waits for. @returns why it is not made */
export const readGuards = (context: PruneContext, approved: boolean): Promise<SubjectRefusal | undefined> =>
  readGuard(context, approved, {
    parts: 'other nodes, volumes or snapshots',
    by: ({ nodes, volumes, cleanSnapshots }) => [nodes, volumes, cleanSnapshots],
  });
