// The service declaration of Amazon Data Lifecycle Manager.
import { join } from 'node:path';
import type { CreateLifecyclePolicyRequest } from '@aws-sdk/client-dlm';
import {
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import { AwsError, type Service } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { ANY, type Mappings, OF_NEW, onAnything, requestTagKeys } from '../iam/check.ts';
import { createDlm } from './dlm.ts';
import type { SnapshotSupply } from './schedule.ts';

const POLICY = ['Description', 'ExecutionRoleArn', 'PolicyDetails', 'State'];

async function createLifecyclePolicy(properties: Properties, maker: Maker) {
  const tags = (items(properties['Tags']) as Properties[]).map(({ Key, Value }) => [text(Key), text(Value)]);
  const answer = await maker.call('dlm', 'CreateLifecyclePolicy', {
    ...pick(properties, POLICY),
    ...(tags.length > 0 && { Tags: Object.fromEntries(tags) }),
  });
  const ref = member(answer, 'PolicyId');
  return { ref, attributes: { Arn: maker.arn('dlm', `policy/${ref}`) } };
}

const resources: ResourceTypes = {
  'AWS::DLM::LifecyclePolicy': { uses: [...POLICY, 'Tags'], create: createLifecyclePolicy },
};

/** "Actions, resources, and condition keys for Amazon Data Lifecycle Manager" (Service Authorization Reference). */
const permissions: Mappings = {
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

export const DLM: ServiceDescriptor<Service, [supply: SnapshotSupply, beginWithinMs?: number | undefined]> = {
  name: 'dlm',
  client: { packageName: '@aws-sdk/client-dlm', load: () => import('@aws-sdk/client-dlm') },
  limits: join(import.meta.dirname, 'limits.txt'),
  refusals: {
    missing: (path) =>
      new AwsError('InvalidRequestException', `Missing required parameter: ${path}`, {
        data: { RequiredParameters: [path] },
      }),
    validationCode: 'InvalidRequestException',
  },
  iam: {
    prefix: 'dlm',
    conditionKeys: {
      'dlm:CreateLifecyclePolicy': OF_NEW,
      'dlm:GetLifecyclePolicies': [],
      'dlm:GetLifecyclePolicy': [],
    },
    denied: { code: 'AccessDeniedException', statusCode: 403 },
  },
  permissions,
  resources,
  create: createDlm,
};
