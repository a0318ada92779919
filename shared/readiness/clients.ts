// The SDK clients with which it is read whether heals would work.
import type { ReadinessClients as AllClients } from '../aws/clients.ts';

export type ReadinessClients = Pick<AllClients, 'ec2' | 'ssm' | 'dlm' | 'autoscaling' | 'kms' | 'iam' | 'quotas'>;
