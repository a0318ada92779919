// The world of roll-backs: an owner's command on each node, the fleet file that names it, and how scenarios look at where it was run.

import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { OwnRollBack } from '../../nodes/spec.ts';
import { OWN_GROUP } from './drills.ts';
import { launchTemplate } from './fixtures.ts';
import { smallFleet } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';
import { QUICK_BLOCKS } from './worlds.ts';

const ROLL_BACK_COMMAND = '/opt/node/roll-back';

/** Four followers, on each of which its owner has put the command. */
export function rollBackFleet(world: World, effect: OwnRollBack['effect']): PlacedNode {
  const rollBack = { command: ROLL_BACK_COMMAND, blocks: 20, takesSeconds: 40, effect };
  const placed = smallFleet(world, { clock: QUICK_BLOCKS, more: { machine: { rollBack } } });
  launchTemplate(world, 'bitcoin');
  return placed;
}

/** Their owner writes both into the fleet file: the command, and the drills which try it. */
export async function asksForRollBack({ region }: World): Promise<unknown> {
  const Name = fleetParameterName('/chainmend', 'bitcoin');
  const stored = JSON.parse(region.ssm.parameter(Name) ?? '{}') as { readonly replace?: object };
  const Value = JSON.stringify({
    ...stored,
    drills: { securityGroup: OWN_GROUP },
    replace: { ...stored.replace, rollBack: { command: ROLL_BACK_COMMAND } },
  });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

/** The instances that were told to run it, in order. */
export const rollBacksOf = (world: Pick<World, 'region'>): readonly string[] => ownRunsOf(world, 'roll-back');

/** The instances that were told to run such a command, in order; one that was sent twice under one name counts once. */
export const ownRunsOf = ({ region }: Pick<World, 'region'>, only: 'roll-back' | 'reindex'): readonly string[] => {
  const sent = region.gateway.trace.calls.flatMap(({ operation, input }) => {
    const { InstanceIds: [instanceId = ''] = [], Parameters = {} } = input as {
      readonly InstanceIds?: readonly string[];
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    if (operation !== 'SendCommand' || Parameters['Only']?.[0] !== only) return [];
    return [`${instanceId} ${Parameters['OperationId']?.[0] ?? ''}`];
  });
  return [...new Set(sent)].map((one) => one.split(' ')[0] ?? '');
};
