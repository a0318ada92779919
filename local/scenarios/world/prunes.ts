// The world of prunings: an owner's command on each node, the fleet file that names it and has a low ceiling, and how scenarios look at where it was run.

import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { OwnPrune } from '../../nodes/spec.ts';
import { OWN_GROUP } from './drills.ts';
import { launchTemplate } from './fixtures.ts';
import { SICK, smallFleet } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';
import { QUICK_BLOCKS } from './worlds.ts';

const GIB = 2 ** 30;
const PRUNE_COMMAND = '/opt/node/prune';
const PATH = '/node-data';
/** Of each node; one least step of it does not fit twice under the ceiling. */
export const SIZE_GIB = 100;
export const CEILING_GIB = 130;

/** Four followers, on each of which its owner has put the command. */
export function pruneFleet(world: World, own: Omit<OwnPrune, 'command'>): PlacedNode {
  const prune = { command: PRUNE_COMMAND, ...own };
  const placed = smallFleet(world, { clock: QUICK_BLOCKS, more: { machine: { prune } } });
  launchTemplate(world, 'bitcoin');
  return placed;
}

/** Their owner writes both into the fleet file: the command, and the drills which try it. */
export async function asksForPrune({ region }: World): Promise<unknown> {
  const Name = fleetParameterName('/chainmend', 'bitcoin');
  const stored = JSON.parse(region.ssm.parameter(Name) ?? '{}') as { readonly disk?: object };
  const Value = JSON.stringify({
    ...stored,
    drills: { securityGroup: OWN_GROUP },
    disk: { ...stored.disk, maximumSizeGiB: CEILING_GIB, prune: { command: PRUNE_COMMAND } },
  });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

/** Its client has written until the disk is as full as the alarm's threshold, and a little more. */
export function fillNow(world: World, name = SICK, percent = 95): void {
  const { machine } = world.find('bitcoin', name);
  const usedBytes = machine.volumes.find(({ path }) => path === PATH)?.usedBytes ?? 0;
  machine.write(PATH, ((SIZE_GIB * percent) / 100) * GIB - usedBytes);
}

/** The instances that were told to run it, in order; a command that was sent twice under one name counts once. */
export const prunesOf = ({ region }: World): readonly string[] => {
  const sent = region.gateway.trace.calls.flatMap(({ operation, input }) => {
    const { InstanceIds: [instanceId = ''] = [], Parameters = {} } = input as {
      readonly InstanceIds?: readonly string[];
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    if (operation !== 'SendCommand' || Parameters['Only']?.[0] !== 'prune') return [];
    return [`${instanceId} ${Parameters['OperationId']?.[0] ?? ''}`];
  });
  return [...new Set(sent)].map((one) => one.split(' ')[0] ?? '');
};
