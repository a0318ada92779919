// The contexts of everything that seed-groups does for one fleet, and the guards before each change of a launch template and of a group.
import type { GroupClients } from '../../shared/aws/clients.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { keys } from '../../shared/heal/store.ts';
import type { Controller, FleetContext } from '../../shared/reconcile/context.ts';
import { readGuard } from '../../shared/reconcile/guard.ts';
import { type BoostRecord, noBoost } from '../../shared/snapshots/boost.ts';
import { noScale, type ScaleRecord } from '../../shared/snapshots/scale.ts';
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

export type ScaleContext = FleetContext<ScaleRecord, SeedContext['clients']>;

/** Its record is apart: what people were told of a scaling is not over because a seeding has not met it. */
export const SCALE: Controller<ScaleRecord> = {
  name: 'seed-groups',
  incidentId: 'scale',
  record: { key: keys.scale, read: (store, fleet) => store.readScale(fleet), empty: noScale },
};

export type BoostContext = FleetContext<
  BoostRecord,
  Pick<GroupClients, 'ec2' | 'ec2Once' | 'ssm' | 'sns' | 'dynamodb'>
>;

export const BOOST: Controller<BoostRecord> = {
  name: 'seed-groups',
  incidentId: 'boost',
  record: { key: keys.boost, read: (store, fleet) => store.readBoost(fleet), empty: noBoost },
};

/** The guard right before a volume is taken back. @param approved a person said yes, which mode ask waits for */
export const readBoostGuards = (context: BoostContext, approved: boolean): Promise<SubjectRefusal | undefined> =>
  readGuard(context, approved, {
    parts: 'other nodes, volumes or figures',
    by: ({ nodes, volumes, boost, disk }) => [nodes, volumes, boost, disk.modificationsPerDay],
  });

/** The guard right before each change of a group: its number was approved as a whole by the person who asked for it. */
export const readScaleGuards = (context: ScaleContext): Promise<SubjectRefusal | undefined> =>
  readGuard(context, true, {
    parts: 'other nodes, another role or another group',
    by: ({ nodes, role, scales, cleanSnapshots }) => [nodes, role, scales, cleanSnapshots?.poolFloor],
  });

/** The guard right before each change of a launch template. @param approved a person said yes, which mode ask waits for. @returns why it is not made */
export const readGuards = (context: SeedContext, approved: boolean): Promise<SubjectRefusal | undefined> =>
  readGuard(context, approved, {
    parts: 'other nodes, volumes or seeds',
    by: ({ nodes, volumes, role, seedsGroups }) => [nodes, volumes, role, seedsGroups],
  });
