// The first month of an owner: every fleet asks before it acts, and a person answers each question in their own way.

import { answerAsPaged } from '../../local/scenarios/world/answers.ts';
import type { World } from '../../local/scenarios/world/world.ts';
import { fleetParameterName } from '../../shared/fleet/parameter.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';

/** Minutes until a yes; a no, a minute after the question; or nobody answers. */
export const OWNERS = ['yes-5', 'yes-50', 'no', 'never'] as const;
export type Owner = (typeof OWNERS)[number];

/** How often a story's own people may write a fleet file that acts again. */
const LOOK_EVERY_MS = 10_000;

/** From now on fleets that act ask. Those of `plan`, and those that ask by their own story, are as they are. */
export function letAsk(world: World, owner: Owner): void {
  const { region } = world;
  const look = (): void => {
    for (const fleet of world.fleets.keys()) {
      const Name = fleetParameterName('/chainmend', fleet);
      const document = documentIn(region.ssm.parameter(Name));
      if (document?.mode !== 'act') continue;
      const Value = JSON.stringify({ ...document, mode: 'ask' });
      world.at(0, () => region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true }));
    }
    region.clock.after(LOOK_EVERY_MS, look);
  };
  look();
  if (owner === 'never') return;
  world.whenPaged('approval-wanted', MINUTES[owner], ({ approve, refuse }) => {
    // Where no answer means no, the page has no line for it.
    if (owner !== 'no') return answerAsPaged(world, approve);
    return refuse === undefined ? undefined : answerAsPaged(world, refuse);
  });
}

const MINUTES = { 'yes-5': 5, 'yes-50': 50, no: 1 } as const;

/** A file that a story has broken on purpose is left as it is. */
function documentIn(text: string | undefined): FleetDocument | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as FleetDocument);
  } catch {
    return undefined;
  }
}
