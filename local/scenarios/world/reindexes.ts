// The world of reindexes: an owner's command on each node, the fleet file that names it, and how scenarios look at where it was run.

import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { Damage, OwnReindex } from '../../nodes/spec.ts';
import { OWN_GROUP } from './drills.ts';
import { launchTemplate } from './fixtures.ts';
import { SICK, smallFleet } from './ladder.ts';
import { ownRunsOf } from './roll-backs.ts';
import type { PlacedNode, World } from './world.ts';
import { QUICK_BLOCKS } from './worlds.ts';

const REINDEX_COMMAND = '/opt/node/reindex';

/** Four followers, on each of which its owner has put the command. */
export function reindexFleet(world: World, has: Pick<OwnReindex, 'buildsSeconds' | 'effect'>): PlacedNode {
  const reindex = { command: REINDEX_COMMAND, takesSeconds: 20, ...has };
  const placed = smallFleet(world, { clock: QUICK_BLOCKS, more: { machine: { reindex } } });
  launchTemplate(world, 'bitcoin');
  return placed;
}

/** Their owner writes both into the fleet file: the command, and the drills which try it. */
export async function asksForReindex({ region }: World): Promise<unknown> {
  const Name = fleetParameterName('/chainmend', 'bitcoin');
  const stored = JSON.parse(region.ssm.parameter(Name) ?? '{}') as { readonly replace?: object };
  const Value = JSON.stringify({
    ...stored,
    drills: { securityGroup: OWN_GROUP },
    replace: { ...stored.replace, reindex: { command: REINDEX_COMMAND } },
  });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

/** Its client ends, and cannot open its data any more. */
export const breakData = (world: World, damage: Damage): void =>
  world.find('bitcoin', SICK).machine.disks.data.corrupt({ damage });

/** The instances that were told to run it, in order. */
export const reindexesOf = (world: Pick<World, 'region'>): readonly string[] => ownRunsOf(world, 'reindex');
