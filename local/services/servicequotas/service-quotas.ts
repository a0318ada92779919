// Service Quotas, as far as EC2 and EBS have quotas that the region holds: the same numbers. Sources: doc comments of GetServiceQuota,
// GetAWSDefaultServiceQuota and ListServiceQuotas in @aws-sdk/client-service-quotas; "Quotas for Amazon EBS" (EBS user guide), "Amazon EC2 endpoints and
// quotas" (AWS General Reference); the codes as `aws service-quotas list-service-quotas` prints them.

import type {
  GetServiceQuotaRequest,
  GetServiceQuotaResponse,
  ListServiceQuotasRequest,
  ListServiceQuotasResponse,
  ServiceQuota,
} from '@aws-sdk/client-service-quotas';
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, notEmulated, type Service } from '../../simulator/service.ts';
import type { QuotaName } from '../ec2/quotas.ts';
import type { Ec2 } from '../ec2/service.ts';

interface Known {
  readonly service: 'ebs' | 'ec2';
  readonly name: string;
  readonly quota: QuotaName;
  /** Of a new account. */
  readonly byDefault: number;
}

const storage = (name: string, type: 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1', byDefault = 50): Known => ({
  ...{ service: 'ebs', name: `Storage for ${name} (${type}) volumes, in TiB`, byDefault },
  quota: { of: 'storage', type },
});

const modifications = (name: string, type: 'gp2' | 'gp3' | 'io1' | 'io2', byDefault = 500): Known => ({
  ...{ service: 'ebs', name: `Storage modifications for ${name} (${type}) volumes, in TiB`, byDefault },
  quota: { of: 'modifications', type },
});

const KNOWN: Readonly<Record<string, Known>> = {
  'L-D18FCD1D': storage('General Purpose SSD', 'gp2'),
  'L-7A658B76': storage('General Purpose SSD', 'gp3'),
  'L-FD252861': storage('Provisioned IOPS SSD', 'io1'),
  'L-09BD8365': storage('Provisioned IOPS SSD', 'io2', 20),
  'L-F06E64A8': modifications('General Purpose SSD', 'gp2'),
  'L-59C8FC87': modifications('General Purpose SSD', 'gp3'),
  'L-5F80CA91': modifications('Provisioned IOPS SSD', 'io1'),
  'L-9A0E0F82': modifications('Provisioned IOPS SSD', 'io2', 20),
  'L-309BACF6': { service: 'ebs', name: 'Snapshots per Region', quota: { of: 'snapshots' }, byDefault: 100_000 },
  'L-1216C47A': {
    ...{ service: 'ec2', name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', byDefault: 5 },
    quota: { of: 'vcpus' },
  },
};

export function createServiceQuotas(
  { accountId, regionName }: Pick<Kernel, 'accountId' | 'regionName'>,
  { quotaOf }: Pick<Ec2, 'quotaOf'>,
): Service {
  const answer = (QuotaCode: string, { service, name, quota, byDefault }: Known, applied: boolean): ServiceQuota => ({
    ServiceCode: service,
    ServiceName:
      service === 'ebs' ? 'Amazon Elastic Block Store (Amazon EBS)' : 'Amazon Elastic Compute Cloud (Amazon EC2)',
    QuotaArn: `arn:aws:servicequotas:${regionName}:${applied ? accountId : ''}:${service}/${QuotaCode}`,
    ...{ QuotaCode, QuotaName: name, Unit: 'None', Adjustable: true, GlobalQuota: false },
    Value: applied ? quotaOf(quota) : byDefault,
    QuotaAppliedAtLevel: 'ACCOUNT',
  });
  const known = ({ ServiceCode, QuotaCode = '' }: GetServiceQuotaRequest): Known => {
    const found = ownValue(KNOWN, QuotaCode);
    if (found !== undefined && found.service === ServiceCode) return found;
    throw new AwsError(
      'NoSuchResourceException',
      "The request failed because the specified service quota doesn't exist in the current region.",
    );
  };
  return {
    name: 'servicequotas',
    operations: {
      GetServiceQuota: (input: GetServiceQuotaRequest): GetServiceQuotaResponse => {
        if (input.ContextId !== undefined) throw notEmulated('GetServiceQuota with ContextId');
        return { Quota: answer(input.QuotaCode ?? '', known(input), true) };
      },
      GetAWSDefaultServiceQuota: (input: GetServiceQuotaRequest): GetServiceQuotaResponse => ({
        Quota: answer(input.QuotaCode ?? '', known(input), false),
      }),
      ListServiceQuotas: ({
        ServiceCode,
        QuotaCode,
        NextToken,
        QuotaAppliedAtLevel,
      }: ListServiceQuotasRequest): ListServiceQuotasResponse => {
        if (NextToken !== undefined) throw notEmulated('ListServiceQuotas with NextToken');
        if (QuotaAppliedAtLevel !== undefined) throw notEmulated('ListServiceQuotas with QuotaAppliedAtLevel');
        const all = Object.entries(KNOWN).filter(
          ([code, { service }]) => service === ServiceCode && (QuotaCode === undefined || code === QuotaCode),
        );
        return { Quotas: all.map(([code, one]) => answer(code, one, true)) };
      },
    },
  };
}
