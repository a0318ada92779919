// What a restart does not need: volumes, another instance, its addresses and load balancers, Auto Scaling, questions to people. infra/bundle puts
// them into a second file of the asset. That file is loaded when one of its exports is first used, and never while the function starts.

export * as handOver from '../../shared/aws/hand-over.ts';
export * as types from '../../shared/aws/instance-types.ts';
export * as keys from '../../shared/aws/key-usability.ts';
export * as launch from '../../shared/aws/launch.ts';
export * as needs from '../../shared/aws/launch-needs.ts';
export * as clients from '../../shared/aws/seldom-clients.ts';
export * as standby from '../../shared/aws/standby.ts';
export * as ask from '../../shared/heal/ask.ts';
export * as policies from '../../shared/snapshots/policies.ts';
export * as besideActs from './acts/beside.ts';
export * as instances from './acts/instances.ts';
export * as volumes from './acts/volumes.ts';
export * as replacement from './launch.ts';
export * as plan from './plan.ts';
export * as beside from './rungs/beside.ts';
export * as ownCommand from './rungs/own-command.ts';
export * as reindex from './rungs/reindex.ts';
export * as replace from './rungs/replace.ts';
export * as rollBack from './rungs/roll-back.ts';
export * as swap from './rungs/swap.ts';
export * as upgrade from './rungs/upgrade.ts';
export * as sources from './sources.ts';
