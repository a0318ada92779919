// "Actions, resources, and condition keys for Amazon Data Lifecycle Manager" (Service Authorization Reference).
import type { CreateLifecyclePolicyRequest } from '@aws-sdk/client-dlm';
import { ANY, type Mappings, onAnything, requestTagKeys } from './check.ts';

export const dlmRequests: Mappings = {
  CreateLifecyclePolicy: (input: CreateLifecyclePolicyRequest) => {
    const tags = Object.entries(input.Tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    return [
      { action: 'dlm:CreateLifecyclePolicy', resources: ANY, keys: requestTagKeys(tags) },
      {
        action: 'iam:PassRole',
        resources: [{ arn: input.ExecutionRoleArn ?? '' }],
        keys: { 'iam:PassedToService': 'dlm.amazonaws.com' },
      },
    ];
  },
  GetLifecyclePolicies: onAnything('dlm:GetLifecyclePolicies'),
  GetLifecyclePolicy: (input: { PolicyId?: string }, { accountId, regionName }) => [
    {
      action: 'dlm:GetLifecyclePolicy',
      resources: [{ arn: `arn:aws:dlm:${regionName}:${accountId}:policy/${input.PolicyId}` }],
    },
  ],
};
