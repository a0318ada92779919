// What the fleet's owner has besides nodes: the launch template that their instances were made from.
import { launchTemplateOf } from '../../../scenarios/world/fixtures.ts';
import type { RealWorld } from '../../world.ts';

/** Registers all existing nodes of a fleet at AWS as made from its launch template. The template sets up a new instance with mkfs. */
export async function madeFromTemplate(world: RealWorld, fleetName: string): Promise<void> {
  const fleet = world.fleets.get(fleetName);
  if (!fleet) throw new Error(`there is no fleet ${fleetName}`);
  const instances = world.nodes.filter(({ spec }) => spec.fleet === fleetName).map(({ instanceId }) => instanceId);
  await launchTemplateOf(world.region, fleet, instances);
}
