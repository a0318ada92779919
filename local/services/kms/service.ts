// The service declaration of AWS Key Management Service.
import { join } from 'node:path';
import { asText, type ResourceTypes, text } from '../../simulator/cloudformation/resource.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { EbsHandles } from '../ec2/service.ts';
import { createKms, type Kms } from './kms.ts';
import { conditionKeys, permissions } from './permissions.ts';

const resources: ResourceTypes = {
  'AWS::KMS::Key': {
    uses: ['KeyPolicy'],
    leaves: ['Description', 'EnableKeyRotation', 'Enabled', 'KeySpec', 'KeyUsage', 'PendingWindowInDays', 'Tags'],
    create: async (properties, maker) => {
      const Policy = properties['KeyPolicy'];
      const made = await maker.call('kms', 'CreateKey', Policy === undefined ? {} : { Policy: asText(Policy) });
      const { KeyId = '', Arn = '' } = made['KeyMetadata'] as { KeyId?: string; Arn?: string };
      return { ref: KeyId, attributes: { Arn, KeyId } };
    },
  },
  'AWS::KMS::Alias': {
    uses: ['AliasName'],
    leaves: ['TargetKeyId'],
    create: (properties) => ({ ref: text(properties['AliasName']), attributes: {} }),
  },
};

export const KMS: ServiceDescriptor<Kms, [ebs: Pick<EbsHandles, 'isKeyEnabled' | 'foreignKey'>]> = {
  name: 'kms',
  client: { packageName: '@aws-sdk/client-kms', load: () => import('@aws-sdk/client-kms') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: { DescribeKey: ['GrantTokens'] },
  // "Request quotas for each KMS API operation".
  rateOf: (operation) => (operation === 'DescribeKey' ? { burst: 2_000, perSecond: 2_000 } : undefined),
  iam: { prefix: 'kms', conditionKeys },
  permissions,
  policyOf: (service, arn) => service.policy(arn),
  resources,
  create: createKms,
};
