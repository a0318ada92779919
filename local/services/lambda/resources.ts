// CloudFormation resources of Lambda: functions, and what belongs to them.
import { sha256Of } from '../../simulator/cloudformation/assembly.ts';
import {
  type Before,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';

const FUNCTION_SETTINGS = [
  'Architectures',
  'DeadLetterConfig',
  'Description',
  'DurableConfig',
  'Environment',
  'Handler',
  'LoggingConfig',
  'MemorySize',
  'Role',
  'Runtime',
  'Timeout',
  'VpcConfig',
];

async function createFunction(properties: Properties, maker: Maker) {
  const name = text(properties['FunctionName'] ?? maker.generatedName(64));
  const code = codeLocation(properties, maker);
  const created = await maker.call('lambda', 'CreateFunction', {
    ...pick(properties, FUNCTION_SETTINGS),
    FunctionName: name,
    Code: code,
  });
  await reserveConcurrency(name, properties, maker);
  return { ref: name, attributes: { Arn: member(created, 'FunctionArn') } };
}

async function reserveConcurrency(FunctionName: string, properties: Properties, maker: Maker): Promise<void> {
  const reserved = properties['ReservedConcurrentExecutions'];
  if (reserved === undefined) return;
  await maker.call('lambda', 'PutFunctionConcurrency', {
    ...{ FunctionName, ReservedConcurrentExecutions: Number(reserved) },
  });
}

async function updateFunction(properties: Properties, maker: Maker, { ref, attributes }: Before) {
  await maker.call('lambda', 'UpdateFunctionCode', { FunctionName: ref, ...codeLocation(properties, maker) });
  await maker.call('lambda', 'UpdateFunctionConfiguration', {
    ...pick(
      properties,
      FUNCTION_SETTINGS.filter((name) => name !== 'Architectures'),
    ),
    FunctionName: ref,
  });
  await reserveConcurrency(ref, properties, maker);
  return { ref, attributes };
}

/** Inline code of the template is stored first, like an asset. */
function codeLocation(properties: Properties, { code, logicalId }: Maker): object {
  const written = properties['Code'] as { ZipFile?: string; S3Bucket?: string; S3Key?: string };
  if (written.ZipFile === undefined) return { S3Bucket: written.S3Bucket, S3Key: written.S3Key };
  const location = { S3Bucket: 'inline', S3Key: logicalId };
  code.put(location.S3Bucket, location.S3Key, {
    path: `${logicalId}/index.js`,
    source: written.ZipFile,
    sha256: sha256Of(written.ZipFile),
  });
  return location;
}

export const resources: ResourceTypes = {
  'AWS::Lambda::Function': {
    uses: ['Code', 'FunctionName', 'ReservedConcurrentExecutions', ...FUNCTION_SETTINGS],
    leaves: ['PackageType', 'Tags', 'TracingConfig'],
    create: createFunction,
    update: updateFunction,
  },
  'AWS::Lambda::Version': {
    uses: ['Description', 'FunctionName'],
    create: async (properties, maker) => {
      const published = await maker.call('lambda', 'PublishVersion', pick(properties, ['Description', 'FunctionName']));
      const FunctionArn = member(published, 'FunctionArn');
      return { ref: FunctionArn, attributes: { FunctionArn, Version: member(published, 'Version') } };
    },
  },
  'AWS::Lambda::Alias': {
    uses: ['Description', 'FunctionName', 'FunctionVersion', 'Name', 'RoutingConfig'],
    create: async (properties, maker) => {
      const created = await maker.call('lambda', 'CreateAlias', properties);
      const AliasArn = member(created, 'AliasArn');
      return { ref: AliasArn, attributes: { AliasArn } };
    },
    update: async (properties, maker, { ref, attributes }) => {
      await maker.call('lambda', 'UpdateAlias', properties);
      return { ref, attributes };
    },
  },
  'AWS::Lambda::Permission': {
    uses: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
    create: async (properties, maker) => {
      await maker.call('lambda', 'AddPermission', { ...properties, StatementId: maker.generatedName(100) });
      return { ref: maker.logicalId, attributes: { Id: maker.logicalId } };
    },
  },
  'AWS::Lambda::EventInvokeConfig': {
    uses: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
    create: async (properties, maker) => {
      await maker.call('lambda', 'PutFunctionEventInvokeConfig', properties);
      return { ref: maker.logicalId, attributes: {} };
    },
    update: async (properties, maker, before) => {
      await maker.call('lambda', 'PutFunctionEventInvokeConfig', properties);
      return before;
    },
  },
};
