// The service declaration of Amazon CloudWatch Logs.
import { text } from '../../simulator/cloudformation/resource.ts';
import type { ServiceDescriptor } from '../descriptor.ts';

/** No operation is emulated: a stack's log groups are only recorded. */
export const LOGS: ServiceDescriptor = {
  name: 'logs',
  client: { packageName: '@aws-sdk/client-cloudwatch-logs', load: () => import('@aws-sdk/client-cloudwatch-logs') },
  iam: { prefix: 'logs' },
  resources: {
    'AWS::Logs::LogGroup': {
      uses: ['LogGroupName'],
      leaves: ['DeletionProtectionEnabled', 'KmsKeyId', 'LogGroupClass', 'RetentionInDays', 'Tags'],
      create: (properties, maker) => {
        const name = text(properties['LogGroupName'] ?? maker.generatedName(512));
        return { ref: name, attributes: { Arn: maker.arn('logs', `log-group:${name}:*`) } };
      },
    },
  },
  create: () => ({ name: 'logs', operations: {} }),
};
