// The SDK clients of `chainmend doctor`, each made at its first use, for the account and region of the environment.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { STSClient } from '@aws-sdk/client-sts';
import { type ReplaceClients, replaceClients } from '../../../shared/aws/clients.ts';
import type { ReadinessClients } from '../../../shared/readiness/clients.ts';
import type { AwsClientConfig } from '../preflight/account.ts';

export interface DoctorClients extends ReplaceClients, ReadinessClients {
  readonly cloudwatch: CloudWatchClient;
  readonly sts: STSClient;
}

/** @param config of a test's region; the environment's account and region unless given */
export function doctorClients(config: AwsClientConfig = {}): DoctorClients {
  const given = config as Record<string, unknown>;
  return Object.assign(
    replaceClients(() => given),
    {
      cloudwatch: new CloudWatchClient(config),
      iam: new IAMClient(config),
      quotas: new ServiceQuotasClient(config),
      sts: new STSClient(config),
    },
  );
}
