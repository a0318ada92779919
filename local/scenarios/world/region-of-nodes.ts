// Where the nodes are of a world whose suite is in a second region, or in another account: they, and the lifecycle policies that copy or share their
// snapshots. Nobody heals there.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { createRegion, REGION_NAME, type Region } from '../../region.ts';
import type { Assembly } from '../../simulator/cloudformation/assembly.ts';
import { settled } from './deployment.ts';
import { World } from './world.ts';

/** AWS lets a new policy begin within a day: a story is shorter. */
const BEGIN_WITHIN_MS = 20 * 60_000;
/** Logical ids begin with the construct's (infra/suite.ts). */
const OF_POLICIES = /^Snapshots/;

export async function regionOfNodes(
  beside: Region,
  assembly: Assembly,
  fleets: ReadonlyMap<string, Fleet>,
  { seed, accountId }: { readonly seed: number; readonly accountId: string },
): Promise<World> {
  const region = await createRegion({
    ...{ seed, lane: 'sweep', regionName: REGION_NAME, accountId, beside, policiesBeginWithinMs: BEGIN_WITHIN_MS },
    retain: 0,
  });
  await settled(region, () => region.deploy({ assembly: policiesOf(assembly) }));
  return new World(region, '', fleets);
}

function policiesOf(assembly: Assembly): Assembly {
  const { Resources, Outputs: _, ...template } = assembly.template;
  const kept = Object.entries(Resources).filter(([id]) => OF_POLICIES.test(id));
  if (kept.every(([, { Type }]) => Type !== 'AWS::DLM::LifecyclePolicy'))
    throw new Error('the fleet files of where the nodes are ask for no snapshots');
  return { ...assembly, template: { ...template, Resources: Object.fromEntries(kept) }, assets: [] };
}
