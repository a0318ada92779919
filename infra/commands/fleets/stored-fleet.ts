// A stored fleet as the functions read it: the file, and what the deployment knows of all fleets.
import { type Deployed, deployedIn, deployedParameterNames } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { fleetOfParameter, fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { commandNames } from '../../names.ts';
import { StoreError } from '../errors.ts';
import type { ParameterStore } from './parameter-store.ts';

/** @throws StoreError where nobody can tell what is deployed */
export async function deployedNow(parameters: ParameterStore): Promise<Deployed> {
  try {
    const values = new Map<string, string>();
    for (const name of deployedParameterNames(commandNames().parameterPrefix)) {
      const value = await parameters.read(name);
      if (value === undefined) break;
      values.set(name, value);
    }
    return deployedIn(commandNames().parameterPrefix, values);
  } catch (error) {
    throw new StoreError(
      `${error instanceof Error ? error.message : String(error)}: npm run deploy. Nothing was changed`,
    );
  }
}

/** @param value of its parameter. @throws FleetFileError */
export function fleetIn(fleet: string, value: string, deployed: Deployed): Fleet {
  const prefix = commandNames().parameterPrefix;
  return fleetOfParameter(prefix, { name: fleetParameterName(prefix, fleet), value }, deployed).fleet;
}
