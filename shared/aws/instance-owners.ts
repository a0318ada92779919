// SDK clients of the services that point at an instance or own it: load balancers and Auto Scaling.
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';

export const autoScalingClient = (settings: object): AutoScalingClient => new AutoScalingClient(settings);

export const loadBalancingClient = (settings: object): ElasticLoadBalancingV2Client =>
  new ElasticLoadBalancingV2Client(settings);
