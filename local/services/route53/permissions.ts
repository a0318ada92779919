// "Actions, resources, and condition keys for Amazon Route 53" (Service Authorization Reference). "Using IAM policy conditions for fine-grained
// access control" (Route 53 developer guide) has the normalization of the condition keys' values.
import type { ChangeResourceRecordSetsRequest } from '@aws-sdk/client-route-53';
import { ANY, type Check, type Keys, type Mapping, type Mappings, sameKeys } from '../iam/check.ts';
import { NameProblem, storedName } from './names.ts';

/** Route 53 is a global service, with its requests in us-east-1 ("aws:RequestedRegion", IAM guide). */
const GLOBAL: Keys = { 'aws:RequestedRegion': 'us-east-1' };

const zoneArn = (id: string | undefined): string => `arn:aws:route53:::hostedzone/${(id ?? '').replace(/^.*\//, '')}`;

const onZone =
  (action: string): Mapping =>
  (input: { HostedZoneId?: string; Id?: string; ResourceId?: string }): readonly Check[] => [
    { action, resources: [{ arn: zoneArn(input.HostedZoneId ?? input.Id ?? input.ResourceId) }], keys: GLOBAL },
  ];

const onAll =
  (action: string): Mapping =>
  () => [{ action, resources: ANY, keys: GLOBAL }];

/** "All letters must be lowercase. The DNS name must be without the trailing dot." The service refuses an invalid name. */
function normalized(name: string): string {
  try {
    return storedName(name).slice(0, -1);
  } catch (error) {
    if (error instanceof NameProblem) return name.toLowerCase().replace(/\.$/, '');
    throw error;
  }
}

const changeRecords: Mapping = (input: ChangeResourceRecordSetsRequest) => {
  const changes = input.ChangeBatch?.Changes ?? [];
  const distinct = (values: readonly string[]): string[] => [...new Set(values)];
  const names = changes.map(({ ResourceRecordSet: set }) => normalized(set?.Name ?? ''));
  return [
    {
      action: 'route53:ChangeResourceRecordSets',
      resources: [{ arn: zoneArn(input.HostedZoneId) }],
      keys: {
        ...GLOBAL,
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': distinct(names),
        'route53:ChangeResourceRecordSetsRecordTypes': distinct(
          changes.map(({ ResourceRecordSet: set }) => set?.Type ?? ''),
        ),
        'route53:ChangeResourceRecordSetsActions': distinct(changes.map(({ Action }) => Action ?? '')),
      },
    },
  ];
};

export const permissions: Mappings = {
  // "The CreateHostedZone request requires the caller to have an ec2:DescribeVpcs permission." (SDK)
  CreateHostedZone: () => [
    { action: 'route53:CreateHostedZone', resources: ANY, keys: GLOBAL },
    { action: 'ec2:DescribeVpcs', resources: ANY },
  ],
  GetHostedZone: onZone('route53:GetHostedZone'),
  ListHostedZones: onAll('route53:ListHostedZones'),
  ListHostedZonesByName: onAll('route53:ListHostedZonesByName'),
  ListResourceRecordSets: onZone('route53:ListResourceRecordSets'),
  ListTagsForResource: onZone('route53:ListTagsForResource'),
  ChangeTagsForResource: onZone('route53:ChangeTagsForResource'),
  ChangeResourceRecordSets: changeRecords,
  GetChange: (input: { Id?: string }) => [
    {
      action: 'route53:GetChange',
      resources: [{ arn: `arn:aws:route53:::change/${(input.Id ?? '').replace(/^.*\//, '')}` }],
      keys: GLOBAL,
    },
  ],
};

export const conditionKeys = {
  ...sameKeys(
    'route53',
    [
      ...['ChangeTagsForResource', 'CreateHostedZone', 'GetChange', 'GetHostedZone', 'ListHostedZones'],
      ...['ListHostedZonesByName', 'ListResourceRecordSets', 'ListTagsForResource'],
    ],
    [],
  ),
  'route53:ChangeResourceRecordSets': ['Actions', 'NormalizedRecordNames', 'RecordTypes'].map(
    (what) => `route53:ChangeResourceRecordSets${what}`,
  ),
};
