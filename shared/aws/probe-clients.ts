// The clients of who asks nodes over the network: nothing but where RPC credentials are kept.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { type Configure, lazily, settingsWith } from './clients.ts';

export interface ProbeClients {
  readonly ssm: SSMClient;
  readonly secretsmanager: SecretsManagerClient;
}

/** @param configure further settings, for a region that is not AWS's */
export function probeClients(configure: Configure = () => ({})): ProbeClients {
  const settings = settingsWith(configure);
  return lazily<ProbeClients>({
    ssm: () => new SSMClient(settings('ssm')),
    secretsmanager: () => new SecretsManagerClient(settings('secretsmanager')),
  });
}
