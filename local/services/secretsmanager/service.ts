// The service declaration of AWS Secrets Manager.
import { join } from 'node:path';
import {
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { createSecretsManager, type SecretsManager } from './secretsmanager.ts';

const SECRET = ['Description', 'KmsKeyId', 'SecretString', 'Tags'];

async function createSecret(properties: Properties, maker: Maker) {
  const Name = text(properties['Name'] ?? maker.generatedName(255));
  const ref = member(await maker.call('secretsmanager', 'CreateSecret', { ...pick(properties, SECRET), Name }), 'ARN');
  return { ref, attributes: { Id: ref } };
}

const resources: ResourceTypes = {
  'AWS::SecretsManager::Secret': { uses: ['Name', ...SECRET], create: createSecret },
};

export const SECRETSMANAGER: ServiceDescriptor<SecretsManager> = {
  name: 'secretsmanager',
  client: { packageName: '@aws-sdk/client-secrets-manager', load: () => import('@aws-sdk/client-secrets-manager') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: { CreateSecret: ['ForceOverwriteReplicaSecret'] },
  iam: { prefix: 'secretsmanager', conditionKeys },
  permissions,
  tagsOf: (service, arn) => service.tags(arn),
  resources,
  create: createSecretsManager,
};
