// What the fleet's owner has besides nodes: the launch template that their instances were made from.

import { launchTemplateOf, templateName } from '../../../../local/scenarios/world/fixtures.ts';
import type { Fleet } from '../../../../shared/fleet/model.ts';
import type { RealWorld } from '../world.ts';

/**
 * Registers all existing nodes of a fleet at AWS as made from its launch template.
 * @param userData the template's own; undefined: the image has all that a node needs
 */
export async function madeFromTemplate(world: RealWorld, fleetName: string, userData?: string): Promise<void> {
  const instances = world.nodes.filter(({ spec }) => spec.fleet === fleetName).map(({ instanceId }) => instanceId);
  const own = userData === undefined ? {} : { UserData: encoded(userData) };
  await launchTemplateOf(world.region, fleetOf(world, fleetName), instances, own);
}

/** A person makes a version of that template with other user data, and has it launched from now on. */
export async function changeUserData(world: RealWorld, fleetName: string, userData: string): Promise<void> {
  const LaunchTemplateName = templateName(fleetOf(world, fleetName));
  const version = { SourceVersion: '1', LaunchTemplateData: { UserData: encoded(userData) } };
  await world.region.call('ec2', 'CreateLaunchTemplateVersion', { LaunchTemplateName, ...version }, 'person');
  await world.region.call('ec2', 'ModifyLaunchTemplate', { LaunchTemplateName, DefaultVersion: '2' }, 'person');
}

function fleetOf(world: RealWorld, name: string): Fleet {
  const fleet = world.fleets.get(name);
  if (!fleet) throw new Error(`there is no fleet ${name}`);
  return fleet;
}

const encoded = (userData: string): string => Buffer.from(userData).toString('base64');
