// The service declaration of AWS CloudTrail.
import { join } from 'node:path';
import type { Service } from '../../simulator/service.ts';
import type { CallRecord } from '../../simulator/trace.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { eachOnAnything } from '../iam/check.ts';
import { createCloudTrail } from './cloudtrail.ts';

export const CLOUDTRAIL: ServiceDescriptor<Service, [requests: () => readonly CallRecord[]]> = {
  name: 'cloudtrail',
  client: { packageName: '@aws-sdk/client-cloudtrail', load: () => import('@aws-sdk/client-cloudtrail') },
  limits: join(import.meta.dirname, 'limits.txt'),
  // "The rate of lookup requests is limited to two per second, per account, per Region" (LookupEvents, API reference).
  rateOf: (operation) => (operation === 'LookupEvents' ? { burst: 2, perSecond: 2 } : undefined),
  iam: { prefix: 'cloudtrail', conditionKeys: { 'cloudtrail:LookupEvents': [] } },
  // "Actions, resources, and condition keys for AWS CloudTrail" (Service Authorization Reference).
  permissions: eachOnAnything('cloudtrail', ['LookupEvents']),
  create: createCloudTrail,
};
