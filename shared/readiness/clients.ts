// The SDK clients with which it is read whether heals would work: those of a replacement, IAM and Service Quotas.
import type { IAMClient } from '@aws-sdk/client-iam';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { ReplaceClients } from '../aws/clients.ts';

export interface ReadinessClients extends Pick<ReplaceClients, 'ec2' | 'ssm' | 'dlm' | 'autoscaling' | 'kms'> {
  readonly iam: IAMClient;
  readonly quotas: ServiceQuotasClient;
}
