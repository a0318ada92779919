// The service declaration of AWS CloudFormation.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Service } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { eachOnAnything } from '../iam/check.ts';
import { createStacks, type StacksNeeds } from './stacks.ts';

export const CLOUDFORMATION: ServiceDescriptor<Service, [needs: StacksNeeds]> = {
  name: 'cloudformation',
  client: {
    packageName: '@aws-sdk/client-cloudformation',
    load: () => import('@aws-sdk/client-cloudformation'),
  },
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  iam: { prefix: 'cloudformation', denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions: eachOnAnything('cloudformation', ['CreateStack', 'UpdateStack', 'DescribeStacks']),
  create: (kernel: Kernel, needs: StacksNeeds) => createStacks(kernel, needs),
};
