// A request's KMS checks in its caller's name: services call KMS as the principal that called them ("kms:ViaService").

import type { RegionIdentity } from '../../simulator/kernel.ts';
import type { Check, Encrypted, Keys } from '../iam/check.ts';

/** A check on the key of an encrypted resource. `context` is its encryption context, whose pairs policies may test. */
export function kmsCheck(
  action: string,
  service: string,
  { key }: Encrypted,
  context: Readonly<Record<string, string>>,
  { regionName }: RegionIdentity,
): Check {
  const keys: Keys = {
    'kms:ViaService': `${service}.${regionName}.amazonaws.com`,
    ...Object.fromEntries(Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
  };
  return { action, resources: [{ arn: key.arn }], keys, ...(key.awsManaged && { allowedByResource: true }) };
}
