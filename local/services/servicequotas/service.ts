// The service declaration of Service Quotas.
import { join } from 'node:path';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Ec2 } from '../ec2/service.ts';
import type { Mappings } from '../iam/check.ts';
import { onAnything } from '../iam/check.ts';
import { createServiceQuotas } from './service-quotas.ts';

/** "Actions, resources, and condition keys for Service Quotas" (Service Authorization Reference): none of these has a resource. */
const permissions: Mappings = {
  GetAWSDefaultServiceQuota: onAnything('servicequotas:GetAWSDefaultServiceQuota'),
  GetServiceQuota: onAnything('servicequotas:GetServiceQuota'),
  ListServiceQuotas: onAnything('servicequotas:ListServiceQuotas'),
};

export const SERVICE_QUOTAS: ServiceDescriptor<ReturnType<typeof createServiceQuotas>, [ec2: Pick<Ec2, 'quotaOf'>]> = {
  name: 'servicequotas',
  client: { packageName: '@aws-sdk/client-service-quotas', load: () => import('@aws-sdk/client-service-quotas') },
  limits: join(import.meta.dirname, 'limits.txt'),
  throttled: () => new AwsError('TooManyRequestsException', 'Rate exceeded'),
  iam: {
    prefix: 'servicequotas',
    conditionKeys: {
      'servicequotas:GetAWSDefaultServiceQuota': [],
      'servicequotas:GetServiceQuota': [],
      'servicequotas:ListServiceQuotas': [],
    },
  },
  permissions,
  create: createServiceQuotas,
};
