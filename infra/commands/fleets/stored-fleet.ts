// A stored fleet as the functions read it: the file, and what the deployment knows of all fleets.
import { type Deployed, deployedIn, deployedParameterNames } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { fleetOfParameter, fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { JsonError, parseJson } from '../../../shared/text/json.ts';
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

export interface StoredFleet {
  readonly fleet: string;
  /** undefined: its text is none of a fleet file. */
  readonly document: FleetDocument | undefined;
}

/** Of this suite. @throws StoreError */
export async function storedFleets(parameters: ParameterStore): Promise<readonly StoredFleet[]> {
  const prefix = commandNames().parameterPrefix;
  const stored: StoredFleet[] = [];
  for (const fleet of await parameters.list(`${prefix}/fleets`)) {
    const value = (await parameters.read(fleetParameterName(prefix, fleet))) ?? '';
    stored.push({ fleet, document: documentIn(value) });
  }
  return stored;
}

function documentIn(value: string): FleetDocument | undefined {
  try {
    return parseFleetDocument(parseJson(value));
  } catch (error) {
    if (error instanceof FleetFileError || error instanceof JsonError) return undefined;
    throw error;
  }
}

/** @param value of its parameter. @throws FleetFileError */
export function fleetIn(fleet: string, value: string, deployed: Deployed): Fleet {
  const prefix = commandNames().parameterPrefix;
  return fleetOfParameter(prefix, { name: fleetParameterName(prefix, fleet), value }, deployed).fleet;
}
