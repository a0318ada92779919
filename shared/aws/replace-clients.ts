// The clients of who replaces nodes: the usual ones, and those of everything that points at an instance or stands behind its volumes.
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DLMClient } from '@aws-sdk/client-dlm';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { KMSClient } from '@aws-sdk/client-kms';
import { awsClients, type Clients, type Configure, lazily, settingsWith } from './clients.ts';

export interface ReplaceClients extends Clients {
  readonly dlm: DLMClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly autoscaling: AutoScalingClient;
  readonly kms: KMSClient;
}

/** @param configure further settings, for a region that is not AWS's */
export function replaceClients(configure: Configure = () => ({})): ReplaceClients {
  const settings = settingsWith(configure);
  const more = lazily<Omit<ReplaceClients, keyof Clients>>({
    dlm: () => new DLMClient(settings('dlm')),
    elb: () => new ElasticLoadBalancingV2Client(settings('elasticloadbalancing')),
    autoscaling: () => new AutoScalingClient(settings('autoscaling')),
    kms: () => new KMSClient(settings('kms')),
  });
  return Object.defineProperties(awsClients(configure), Object.getOwnPropertyDescriptors(more)) as ReplaceClients;
}
