// STS: what everybody asks first, to see that a terminal is pointed where it should be.
import type { Kernel } from '../../simulator/kernel.ts';
import type { Call, Service } from '../../simulator/service.ts';

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
