// What the fleet's owner has besides nodes: the launch template that their instances were made from.
import { launchTemplateOf } from '../../../scenarios/world/fixtures.ts';
import type { RealWorld } from '../../world.ts';

/** Tells AWS that all nodes of a fleet that are here come from its launch template, which sets a new instance up with mkfs. */
export async function madeFromTemplate(world: RealWorld, fleetName: string): Promise<void> {
  const fleet = world.fleets.get(fleetName);
  if (!fleet) throw new Error(`there is no fleet ${fleetName}`);
  const instances = world.nodes.filter(({ spec }) => spec.fleet === fleetName).map(({ instanceId }) => instanceId);
  await launchTemplateOf(world.region, fleet, instances);
}
