// The service declaration of AWS Identity and Access Management.
import { join } from 'node:path';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { resources } from './resources.ts';
import { createIam, type Iam } from './roles.ts';

export const IAM: ServiceDescriptor<Iam> = {
  name: 'iam',
  client: { packageName: '@aws-sdk/client-iam', load: () => import('@aws-sdk/client-iam') },
  limits: join(import.meta.dirname, 'limits.txt'),
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: { prefix: 'iam', conditionKeys: { 'iam:PassRole': ['iam:PassedToService'] } },
  policyOf: (service, arn) => service.trustOf(arn),
  resources,
  create: createIam,
};
