// A whole region that unmodified SDK clients speak to through the wire, as a person or as a role with given statements.

import { createRegion, type Region } from '../../local/region.ts';
import type { Statement } from '../../local/services/iam/policy.ts';
import type { ClockFollower } from '../../local/simulator/clock.ts';
import { inProcessHandler } from './in-process-handler.ts';

export interface WholeRegion {
  readonly region: Region;
  readonly following: ClockFollower;
  /** What an SDK client is made with; a role for each list of statements, a person without one. */
  as(statements?: readonly Statement[]): Promise<ClientConfig>;
  /** Resolves when so much virtual time has gone by. */
  virtually(ms: number): Promise<void>;
}

export interface ClientConfig {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: 1;
  readonly requestHandler: ReturnType<typeof inProcessHandler>;
}

export async function wholeRegion(): Promise<WholeRegion> {
  const region = await createRegion({ seed: 1, lane: 'fidelity', guard: false });
  const following = region.clock.follow({ speed: 1000 });
  let roles = 0;
  const role = async (statements: readonly Statement[]): Promise<string> => {
    const RoleName = `role${++roles}`;
    await region.call('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: '{}' });
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await region.call('iam', 'PutRolePolicy', { RoleName, PolicyName: 'Grants', PolicyDocument });
    return `arn:aws:iam::${region.kernel.accountId}:role/${RoleName}`;
  };
  return {
    region,
    following,
    as: async (statements) => {
      const caller = statements ? { actor: 'function/1', roleArn: await role(statements) } : { actor: 'person' };
      return {
        region: region.kernel.regionName,
        credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
        maxAttempts: 1,
        requestHandler: inProcessHandler(region.gateway, caller),
      };
    },
    virtually: (ms) => new Promise((resolve) => void region.clock.after(ms, resolve)),
  };
}
