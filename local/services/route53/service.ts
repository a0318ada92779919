// The service declaration of Amazon Route 53.
import { join } from 'node:path';
import {
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import { valueExcerpt, wrongContent } from '../../simulator/gateway/errors.ts';
import type { Violation } from '../../simulator/gateway/rules.ts';
import { AwsError } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { createRoute53, type Route53 } from './route53.ts';

async function createHostedZone(properties: Properties, maker: Maker) {
  const [VPC, ...more] = items(properties['VPCs']);
  if (more.length > 0) throw new Error('VPCs: expected one; the local region associates a zone with one VPC');
  const answer = await maker.call('route53', 'CreateHostedZone', {
    Name: text(properties['Name']),
    CallerReference: maker.uuid(),
    ...(VPC !== undefined && { VPC }),
    ...pick(properties, ['HostedZoneConfig']),
  });
  const ref = member(answer['HostedZone'] as Properties, 'Id').replace('/hostedzone/', '');
  const AddTags = items(properties['HostedZoneTags']);
  if (AddTags.length > 0) {
    await maker.call('route53', 'ChangeTagsForResource', { ResourceType: 'hostedzone', ResourceId: ref, AddTags });
  }
  return { ref, attributes: { Id: ref } };
}

const resources: ResourceTypes = {
  'AWS::Route53::HostedZone': {
    uses: ['HostedZoneConfig', 'HostedZoneTags', 'Name', 'VPCs'],
    create: createHostedZone,
  },
};

/** Route 53 validates documents with an XML schema; members in paths and query strings are validated as in other services. */
function violation(violation: Violation): AwsError | undefined {
  const [constraint] = violation.constraints;
  if (violation.path.length === 1 || constraint === undefined) return undefined;
  const value = valueExcerpt(wrongContent(violation));
  const facet =
    constraint.kind === 'enum'
      ? 'enumeration'
      : constraint.kind === 'pattern'
        ? 'pattern'
        : `${constraint.kind === 'least' ? 'min' : 'max'}${constraint.of === 'value' ? 'Inclusive' : 'Length'}`;
  const allowed =
    constraint.kind === 'enum'
      ? `enumeration '[${[...constraint.values].join(', ')}]'. It must be a value from the enumeration.`
      : constraint.kind === 'pattern'
        ? `pattern '${constraint.pattern}'.`
        : `${facet} '${constraint.bound}'.`;
  const message = `Invalid XML ; cvc-${facet}-valid: Value '${value}' is not facet-valid with respect to ${allowed}`;
  return new AwsError('InvalidInput', message);
}

export const ROUTE53: ServiceDescriptor<Route53> = {
  name: 'route53',
  isGlobal: true,
  client: { packageName: '@aws-sdk/client-route-53', load: () => import('@aws-sdk/client-route-53') },
  limits: join(import.meta.dirname, 'limits.txt'),
  // "Route 53 quotas": five API requests a second for each account, all operations together; bursts are not promised.
  rateOf: () => ({ burst: 50, perSecond: 10, bucket: '*' }),
  throttled: () => new AwsError('Throttling', 'Rate exceeded'),
  refusals: { violation, validationCode: 'InvalidInput' },
  iam: { prefix: 'route53', conditionKeys, denied: { code: 'AccessDenied', statusCode: 403 } },
  permissions,
  resources,
  create: createRoute53,
};
