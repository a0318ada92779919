// The service declaration of AWS Systems Manager as far as chainmend uses it: Parameter Store, command documents, Run Command, managed nodes.
import { join } from 'node:path';
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Service } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Encrypted } from '../iam/check.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { commandOperations } from './commands.ts';
import { type DocumentStore, documentOf, documentOperations } from './documents.ts';
import { inventoryOperations } from './inventory.ts';
import { isBelow, pathOf } from './parameter-rules.ts';
import { bareName, ParameterStore, parameterArn, parameterOperations, secured } from './parameters.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { resources } from './resources.ts';

export interface Ssm extends Service {
  /** The newest value of a parameter, in clear, for scenarios and reports; undefined without such a parameter. */
  parameter(name: string): string | undefined;
  /** The SecureString parameters among these names and ARNs, each with its key. */
  secureParameters(names: readonly string[]): readonly Encrypted[];
  secureParametersBelow(path: string, recursive: boolean): readonly Encrypted[];
  /** Names of all documents, in the order of their creation. */
  documents(): readonly string[];
  /** For a story that begins long after a deployment: when a document was created. */
  dateDocument(name: string, createdAtMs: number): void;
}

export function createSsm(kernel: Kernel, machines: Machines): Ssm {
  const parameters = new ParameterStore();
  const documents: DocumentStore = new Map();
  const encrypted = (passes: (name: string) => boolean): Encrypted[] =>
    secured(parameters, passes).map(({ name, keyId }) => ({
      arn: parameterArn(kernel, name),
      key: kmsKey(keyId, kernel),
    }));
  return {
    name: 'ssm',
    operations: {
      ...parameterOperations(kernel, parameters),
      ...documentOperations(kernel, documents),
      ...commandOperations(kernel, machines, documents),
      ...inventoryOperations(kernel, machines),
    },
    parameter: (name) => parameters.get(name)?.versions.at(-1)?.value,
    secureParameters: (names) => {
      const asked = new Set(names.map((name) => pathOf(bareName(name))));
      return encrypted((name) => asked.has(pathOf(name)));
    },
    secureParametersBelow: (path, recursive) => encrypted((name) => isBelow(name, path, recursive)),
    documents: () => [...documents.keys()],
    dateDocument: (name, createdAtMs) => {
      const document = documentOf(documents, name);
      const versions = document.versions.map((version) => ({ ...version, createdAtMs }));
      documents.set(name, { ...document, versions });
    },
  };
}

/** "AWS Systems Manager endpoints and quotas", Parameter Store at standard throughput: requests per second. */
const PER_SECOND: ReadonlyMap<string, number> = new Map([
  ['GetParameter', 40],
  ['GetParameters', 40],
  ['GetParametersByPath', 40],
  ['PutParameter', 3],
]);

export const SSM: ServiceDescriptor<Ssm, [machines: Machines]> = {
  name: 'ssm',
  client: { packageName: '@aws-sdk/client-ssm', load: () => import('@aws-sdk/client-ssm') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    CreateDocument: ['Attachments', 'DisplayName', 'Requires', 'VersionName'],
    DeleteDocument: ['DocumentVersion', 'VersionName'],
    DescribeDocument: ['VersionName'],
    DescribeParameters: ['Shared'],
    GetDocument: ['DocumentFormat', 'VersionName'],
    ListDocuments: ['DocumentFilterList'],
    PutParameter: ['Policies'],
    SendCommand: [
      'AlarmConfiguration',
      'CloudWatchOutputConfig',
      'MaxConcurrency',
      'MaxErrors',
      'NotificationConfig',
      'OutputS3BucketName',
      'OutputS3KeyPrefix',
      'OutputS3Region',
      'ServiceRoleArn',
    ],
    UpdateDocument: ['Attachments', 'DisplayName', 'VersionName'],
  },
  rateOf: (operation) => {
    const perSecond = PER_SECOND.get(operation);
    return perSecond === undefined ? undefined : { burst: perSecond, perSecond };
  },
  iam: { prefix: 'ssm', conditionKeys },
  permissions,
  resources,
  create: createSsm,
};
