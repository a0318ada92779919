// What a deployment writes of the fleets' tags (shared/fleet/membership.ts), where a story's people change a file and deploy it again.
import { type Deployed, deployedIn, deployedParameterNames, deployedValues } from '../../../shared/fleet/membership.ts';
import type { StoredDocument } from '../../../shared/fleet/schema.ts';
import type { Region } from '../../region.ts';

const PREFIX = '/chainmend';

/** @param documents of all fleets */
export async function deployTags(region: Region, documents: readonly StoredDocument[]): Promise<void> {
  const names = deployedParameterNames(PREFIX);
  for (const [at, { value: Value }] of deployedValues(documents).entries()) {
    const Name = names[at] ?? '';
    if (region.ssm.parameter(Name) !== Value)
      await region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
  }
}

/** What a deployment of these fleets knows. */
export function deployedFrom(documents: readonly StoredDocument[]): Deployed {
  const names = deployedParameterNames(PREFIX);
  const parts = deployedValues(documents);
  return deployedIn(PREFIX, new Map(parts.map(({ value }, at) => [names[at] ?? '', value])));
}
