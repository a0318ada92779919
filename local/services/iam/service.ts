// The service declaration of AWS Identity and Access Management.
import { join } from 'node:path';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Mappings } from './check.ts';
import { resources } from './resources.ts';
import { createIam, type Iam } from './roles.ts';

/** "Actions, resources, and condition keys for AWS Identity and Access Management" (Service Authorization Reference). */
const permissions: Mappings = {
  GetInstanceProfile: ({ InstanceProfileName = '' }: { InstanceProfileName?: string }, { accountId }) => [
    {
      action: 'iam:GetInstanceProfile',
      resources: [{ arn: `arn:aws:iam::${accountId}:instance-profile/${InstanceProfileName}` }],
    },
  ],
  SimulatePrincipalPolicy: ({ PolicySourceArn = '' }: { PolicySourceArn?: string }) => [
    { action: 'iam:SimulatePrincipalPolicy', resources: [{ arn: PolicySourceArn }] },
  ],
};

export const IAM: ServiceDescriptor<Iam> = {
  name: 'iam',
  isGlobal: true,
  client: { packageName: '@aws-sdk/client-iam', load: () => import('@aws-sdk/client-iam') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    CreatePolicy: ['Tags'],
    CreateRole: ['PermissionsBoundary', 'Tags'],
    SimulatePrincipalPolicy: [
      'CallerArn',
      'Marker',
      'MaxItems',
      'PermissionsBoundaryPolicyInputList',
      'ResourceHandlingOption',
      'ResourceOwner',
    ],
  },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: {
    prefix: 'iam',
    conditionKeys: {
      'iam:GetInstanceProfile': [],
      'iam:PassRole': ['iam:PassedToService'],
      'iam:SimulatePrincipalPolicy': [],
    },
    // As in every service with the query protocol.
    denied: { code: 'AccessDenied', statusCode: 403 },
  },
  permissions,
  policyOf: (service, arn) => service.trustOf(arn),
  resources,
  create: createIam,
};
