// The SDK clients of `chainmend doctor`, each made at its first use, for the account and region of the environment.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { type ReplaceClients, replaceClients } from '../../../shared/aws/clients.ts';
import type { AwsClientConfig } from '../preflight/account.ts';

export interface DoctorClients extends ReplaceClients {
  readonly cloudwatch: CloudWatchClient;
  readonly iam: IAMClient;
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
      sts: new STSClient(config),
    },
  );
}
