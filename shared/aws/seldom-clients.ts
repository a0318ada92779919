// SDK clients that few heals need: of load balancers, Auto Scaling, lifecycle policies and keys. infra/bundle puts them into a second file.
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DLMClient } from '@aws-sdk/client-dlm';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { KMSClient } from '@aws-sdk/client-kms';

export const autoScalingClient = (settings: object): AutoScalingClient => new AutoScalingClient(settings);

export const loadBalancingClient = (settings: object): ElasticLoadBalancingV2Client =>
  new ElasticLoadBalancingV2Client(settings);

export const lifecycleClient = (settings: object): DLMClient => new DLMClient(settings);

export const keyClient = (settings: object): KMSClient => new KMSClient(settings);
