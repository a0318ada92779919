// AWS Security Token Service: the first call of most people, to check which account a terminal uses.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, type Service } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Mappings } from '../iam/check.ts';

export function createSts({ accountId }: Pick<Kernel, 'accountId'>): Service {
  return {
    name: 'sts',
    operations: {
      /** IAM user guide, "IAM identifiers": users and assumed roles; the ids are ours. */
      GetCallerIdentity: (_input: object, { actor, roleArn }: Call) => {
        const role = roleArn?.split('/').at(-1);
        return role === undefined
          ? { Account: accountId, Arn: `arn:aws:iam::${accountId}:user/${actor}`, UserId: 'AIDALOCALREGION' }
          : {
              Account: accountId,
              Arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${actor.replace('/', '@')}`,
              UserId: `AROALOCALREGION:${actor.replace('/', '@')}`,
            };
      },
    },
  };
}

/** "Actions, resources, and condition keys for AWS Security Token Service" (Service Authorization Reference). */
const permissions: Mappings = {
  // "No permissions are required to perform this operation" (GetCallerIdentity).
  GetCallerIdentity: () => [],
  AssumeRole: (input: { RoleArn?: string }) => [
    { action: 'sts:AssumeRole', resources: [{ arn: input.RoleArn ?? '' }] },
  ],
};

export const STS: ServiceDescriptor = {
  name: 'sts',
  isGlobal: true,
  client: { packageName: '@aws-sdk/client-sts', load: () => import('@aws-sdk/client-sts') },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: {
    prefix: 'sts',
    conditionKeys: { 'sts:AssumeRole': [] },
    denied: { code: 'AccessDenied', statusCode: 403 },
  },
  permissions,
  create: createSts,
};
