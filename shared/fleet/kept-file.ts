// The last version of a fleet's file that could be read. watch-fleet remembers its number, Parameter Store has its text: so what has been begun can be
// ended, and people see their nodes, while the file as stored is no fleet file.
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Deployed } from './membership.ts';
import type { Fleet } from './model.ts';
import { fleetOfParameter, fleetParameterName, fleetVersionName } from './parameter.ts';

/** Reads the number that watch-fleet remembers; undefined where it has read none yet. */
export type ReadFileVersion = (fleet: string) => Promise<number | undefined>;

export interface KeptFleet {
  readonly fleet: Fleet;
  readonly hash: string;
}

/**
 * Reads a fleet as its last readable file says, judged by what the deployment knows now.
 *
 * @returns why there is none, as a string
 */
export type ReadKeptFleet = (fleet: string, deployed: () => Deployed) => Promise<KeptFleet | string>;

export const keptFleets =
  (ssm: SSMClient, prefix: string, readVersion: ReadFileVersion): ReadKeptFleet =>
  async (fleet, deployed) => {
    const version = await readVersion(fleet);
    if (version === undefined) return 'no version of it was read before';
    const Names = [fleetVersionName(prefix, fleet, version)];
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names }));
    const value = Parameters[0]?.Value;
    if (value === undefined) return `version ${version}, which was read last, is not there any more`;
    try {
      return fleetOfParameter(prefix, { name: fleetParameterName(prefix, fleet), value }, deployed());
    } catch (error) {
      return `version ${version}, which was read last, cannot be read now: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
