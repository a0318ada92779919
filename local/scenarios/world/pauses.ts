// Pauses that are set at this moment, as sentences, for the invariants.
import { PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import type { World } from './world.ts';

export function pausesOf(world: World, instanceId: string): string[] {
  const { region } = world;
  const fleet = world.nodes.find((node) => node.instanceId === instanceId)?.fleet.name;
  const tag = region.ec2.tags(instanceId)[PAUSE_TAG];
  return [...pausesOfFleet(world, fleet), ...(tag === undefined || tag === 'off' ? [] : [`${instanceId}: ${tag}`])];
}

/** Set pauses at this moment, as sentences. */
export function pausesOfFleet({ region }: World, fleet: string | undefined): string[] {
  const set = (value: string | undefined, what: string) =>
    value === undefined || value === 'off' ? [] : [`${what}: ${value}`];
  return [
    ...set(region.ssm.parameter('/chainmend/pause'), 'everything'),
    ...(fleet ? set(region.ssm.parameter(`/chainmend/pauses/${fleet}`), fleet) : []),
  ];
}
