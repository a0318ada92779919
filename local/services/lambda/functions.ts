// The functions of the account: versions, aliases, their settings, and their names in requests.
import type {
  AddPermissionRequest,
  AliasConfiguration,
  CreateAliasRequest,
  CreateFunctionRequest,
  DurableConfig,
  FunctionCode,
  PutFunctionEventInvokeConfigRequest,
  UpdateAliasRequest,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import type { CodeStore, SandboxFunction } from '../../simulator/lambda-runtime/environment.ts';
import { AwsError } from '../../simulator/service.ts';
import { type PolicyDocument, type Statement, statementsOf } from '../iam/policy.ts';
import { functionVpc, type VpcOf } from './vpc.ts';

export interface LambdaFunction extends SandboxFunction {
  readonly unqualifiedArn: string;
  readonly description: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly logGroup: string;
  readonly durable: (DurableConfig & { readonly ExecutionTimeout: number }) | undefined;
  readonly deadLetterArn: string | undefined;
  readonly modifiedAtMs: number;
}

/** Settings of asynchronous invocations, for one function or one qualifier of it. */
export interface AsyncSettings {
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  readonly onFailureArn?: string | undefined;
  readonly onSuccessArn?: string | undefined;
}

/** The function that a name in a request means. */
export interface Target {
  readonly fn: LambdaFunction;
  /** The requested qualifier (an alias or a version), absent for an unqualified name. */
  readonly qualifier: string | undefined;
  readonly invokedArn: string;
}

interface Entry {
  latest: LambdaFunction;
  readonly versions: LambdaFunction[];
  readonly aliases: Map<string, { version: string; description: string }>;
  readonly asyncSettings: Map<string, AsyncSettings>;
  readonly permissions: Map<string, Permission>;
  reservedConcurrency: number | undefined;
}

type Permission = Statement & { readonly Resource: string };

// "PutFunctionEventInvokeConfig": two retries and six hours by default.
const DEFAULT_ASYNC: AsyncSettings = { maximumRetries: 2, maximumAgeSeconds: 6 * 3600 };
// "DurableConfig" in the CloudFormation reference: 14 days.
const DEFAULT_RETENTION_DAYS = 14;
/** "Lambda quotas", "Configuring reserved concurrency". */
const UNRESERVED_MIN = 100;
const NAME = /^[a-zA-Z0-9-_]{1,64}$/;

export type Functions = ReturnType<typeof createFunctions>;

export function createFunctions(kernel: Kernel, code: CodeStore, vpcOf: VpcOf) {
  const entries = new Map<string, Entry>();
  const arnOf = (name: string, qualifier?: string): string =>
    `arn:aws:lambda:${kernel.regionName}:${kernel.accountId}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`;

  const notFound = (arn: string): AwsError =>
    new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, {
      statusCode: 404,
      data: { Type: 'User' },
    });

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw notFound(arnOf(name));
    return entry;
  };

  /** Resolves "name", "name:qualifier", partial and full ARNs. Throws if there is no such function, version or alias. */
  const resolve = (functionName: string, qualifier?: string): Target => {
    const parsed = parseName(functionName, kernel.accountId);
    if (qualifier !== undefined && parsed.qualifier !== undefined && parsed.qualifier !== qualifier) {
      throw invalid(
        `The derived qualifier from the function name does not match the specified qualifier: ${parsed.qualifier}, ${qualifier}.`,
      );
    }
    const asked = qualifier ?? parsed.qualifier;
    const entry = entryOf(parsed.name);
    if (asked === undefined) return { fn: entry.latest, qualifier: undefined, invokedArn: arnOf(parsed.name) };
    const version = entry.aliases.get(asked)?.version ?? asked;
    const fn = [entry.latest, ...entry.versions].find((candidate) => candidate.version === version);
    if (fn === undefined) throw notFound(arnOf(parsed.name, asked));
    return { fn, qualifier: asked, invokedArn: arnOf(parsed.name, asked) };
  };

  const codeAt = ({ S3Bucket: bucket = '', S3Key: key = '' }: FunctionCode) => {
    const bundle = code.get(bucket, key);
    if (bundle !== undefined) return bundle;
    throw invalid(`Error occurred while GetObject. S3 Error Code: NoSuchKey. No code was stored as ${bucket}/${key}.`);
  };

  /** Published versions stay as they are, and so do the sandboxes of the earlier code that are at work. */
  const change = (functionName: string, changes: Partial<LambdaFunction>): LambdaFunction => {
    const entry = entryOf(parseName(functionName, kernel.accountId).name);
    entry.latest = { ...entry.latest, ...changes, modifiedAtMs: kernel.clock.now() };
    return entry.latest;
  };

  const updateCode = (input: UpdateFunctionCodeRequest): LambdaFunction =>
    change(input.FunctionName ?? '', { code: codeAt(input) });

  /** "If … not specified, the current value is kept": only what the request has. */
  const updateConfiguration = (input: UpdateFunctionConfigurationRequest): LambdaFunction =>
    change(input.FunctionName ?? '', {
      ...(input.Role !== undefined && { roleArn: input.Role }),
      ...(input.Handler !== undefined && { handler: input.Handler }),
      ...(input.Environment && { environment: input.Environment.Variables ?? {} }),
      ...(input.MemorySize !== undefined && { memoryMiB: input.MemorySize }),
      ...(input.Timeout !== undefined && { timeoutSeconds: input.Timeout }),
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.Runtime !== undefined && { runtime: input.Runtime }),
      ...(input.VpcConfig && { vpc: functionVpc(input.VpcConfig, vpcOf) }),
      ...(input.LoggingConfig?.LogGroup !== undefined && { logGroup: input.LoggingConfig.LogGroup }),
      ...(input.DeadLetterConfig && { deadLetterArn: input.DeadLetterConfig.TargetArn }),
    });

  const create = (input: CreateFunctionRequest): LambdaFunction => {
    const name = parseName(input.FunctionName ?? '', kernel.accountId).name;
    if (entries.has(name)) {
      throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, { statusCode: 409 });
    }
    const bundle = codeAt(input.Code ?? {});
    const durable = input.DurableConfig;
    if (durable !== undefined && durable.ExecutionTimeout === undefined) {
      throw invalid('DurableConfig.ExecutionTimeout: expected a number of seconds');
    }
    const latest: LambdaFunction = {
      functionName: name,
      version: '$LATEST',
      unqualifiedArn: arnOf(name),
      roleArn: input.Role ?? '',
      code: bundle,
      handler: input.Handler ?? 'index.handler',
      environment: input.Environment?.Variables ?? {},
      memoryMiB: input.MemorySize ?? 128, // defaults of CreateFunction: 128 MB, 3 seconds
      timeoutSeconds: input.Timeout ?? 3,
      vpc: functionVpc(input.VpcConfig, vpcOf),
      description: input.Description ?? '',
      runtime: input.Runtime ?? 'nodejs24.x',
      architecture: input.Architectures?.[0] ?? 'x86_64',
      logGroup: input.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      durable:
        durable?.ExecutionTimeout === undefined
          ? undefined
          : { RetentionPeriodInDays: DEFAULT_RETENTION_DAYS, ...durable, ExecutionTimeout: durable.ExecutionTimeout },
      deadLetterArn: input.DeadLetterConfig?.TargetArn,
      modifiedAtMs: kernel.clock.now(),
    };
    entries.set(name, {
      latest,
      versions: [],
      aliases: new Map(),
      asyncSettings: new Map(),
      permissions: new Map(),
      reservedConcurrency: undefined,
    });
    return latest;
  };

  const publish = (functionName: string, description?: string): LambdaFunction => {
    const entry = entryOf(parseName(functionName, kernel.accountId).name);
    const version = { ...entry.latest, version: String(entry.versions.length + 1) };
    if (description !== undefined) Object.assign(version, { description });
    entry.versions.push(version);
    return version;
  };

  const createAlias = (input: CreateAliasRequest): AliasConfiguration => {
    const { name } = parseName(input.FunctionName ?? '', kernel.accountId);
    const entry = entryOf(name);
    const version = input.FunctionVersion ?? '';
    resolve(name, version);
    if (input.RoutingConfig?.AdditionalVersionWeights !== undefined) {
      throw invalid('RoutingConfig: the local region routes an alias to one version only');
    }
    entry.aliases.set(input.Name ?? '', { version, description: input.Description ?? '' });
    return alias(name, input.Name ?? '');
  };

  const updateAlias = ({ FunctionName = '', Name = '', FunctionVersion, Description }: UpdateAliasRequest) => {
    const { FunctionVersion: version, Description: description } = alias(FunctionName, Name);
    return createAlias({
      ...{ FunctionName, Name },
      FunctionVersion: FunctionVersion ?? version,
      Description: Description ?? description,
    });
  };

  const alias = (functionName: string, aliasName: string): AliasConfiguration => {
    const { name } = parseName(functionName, kernel.accountId);
    const found = entryOf(name).aliases.get(aliasName);
    if (found === undefined) {
      throw new AwsError('ResourceNotFoundException', `Cannot find alias arn: ${arnOf(name, aliasName)}`, {
        statusCode: 404,
      });
    }
    return {
      AliasArn: arnOf(name, aliasName),
      Name: aliasName,
      FunctionVersion: found.version,
      Description: found.description,
    };
  };

  const putAsyncSettings = (input: PutFunctionEventInvokeConfigRequest): AsyncSettings => {
    const target = resolve(input.FunctionName ?? '', input.Qualifier);
    const settings: AsyncSettings = {
      maximumRetries: input.MaximumRetryAttempts ?? DEFAULT_ASYNC.maximumRetries,
      maximumAgeSeconds: input.MaximumEventAgeInSeconds ?? DEFAULT_ASYNC.maximumAgeSeconds,
      onFailureArn: input.DestinationConfig?.OnFailure?.Destination,
      onSuccessArn: input.DestinationConfig?.OnSuccess?.Destination,
    };
    if (settings.maximumRetries < 0 || settings.maximumRetries > 2) {
      throw invalid(`MaximumRetryAttempts: expected 0 to 2, got ${settings.maximumRetries}`);
    }
    entryOf(target.fn.functionName).asyncSettings.set(target.qualifier ?? '$LATEST', settings);
    return settings;
  };

  const asyncSettings = (target: Target): AsyncSettings =>
    entryOf(target.fn.functionName).asyncSettings.get(target.qualifier ?? '$LATEST') ?? DEFAULT_ASYNC;

  const addPermission = (input: AddPermissionRequest): object => {
    const target = resolve(input.FunctionName ?? '', input.Qualifier);
    const { SourceAccount, SourceArn } = input;
    const statement: Permission = {
      Sid: input.StatementId ?? '',
      Effect: 'Allow',
      Principal: { Service: input.Principal ?? '' },
      Action: input.Action ?? '',
      Resource: target.invokedArn,
      ...((SourceAccount ?? SourceArn) !== undefined && {
        Condition: {
          ...(SourceAccount !== undefined && { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
          ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
        },
      }),
    };
    const { permissions } = entryOf(target.fn.functionName);
    if (permissions.has(input.StatementId ?? '')) {
      throw new AwsError(
        'ResourceConflictException',
        `The statement id (${input.StatementId}) provided already exists.`,
        {
          statusCode: 409,
        },
      );
    }
    permissions.set(input.StatementId ?? '', statement);
    return statement;
  };

  /** The resource policy of a function or qualifier, as AddPermission built it. */
  const policy = (functionName: string, qualifier?: string): string => {
    const target = resolve(functionName, qualifier);
    const Statement = [...entryOf(target.fn.functionName).permissions.values()].filter(
      ({ Resource }) => Resource === target.invokedArn,
    );
    if (Statement.length === 0) {
      throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', {
        statusCode: 404,
      });
    }
    return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement });
  };

  /** The same for IAM; undefined for a function that does not exist or has no policy. */
  const admits = (functionArn: string): PolicyDocument | undefined => {
    const permissions = entries.get(parseName(functionArn, kernel.accountId).name)?.permissions;
    return permissions?.size ? { Statement: [...permissions.values()] } : undefined;
  };

  const setPolicy = (functionArn: string, document: PolicyDocument): void => {
    const { permissions } = entryOf(parseName(functionArn, kernel.accountId).name);
    permissions.clear();
    for (const [at, statement] of statementsOf(document).entries())
      permissions.set(statement.Sid ?? String(at), statement as Permission);
  };

  const totalReserved = (): number =>
    [...entries.values()].reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);

  /** @param accountConcurrency "Lambda requires at least 100 unreserved concurrent executions"; a new account has fewer in all, and must keep them */
  const reserveConcurrency = (functionName: string, limit: number, accountConcurrency: number): void => {
    const entry = entryOf(parseName(functionName, kernel.accountId).name);
    const least = Math.min(UNRESERVED_MIN, accountConcurrency);
    if (limit > 0 && accountConcurrency - totalReserved() + (entry.reservedConcurrency ?? 0) - limit < least)
      throw invalid(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${least}].`,
      );
    entry.reservedConcurrency = limit;
  };

  return {
    arnOf,
    resolve,
    create,
    updateCode,
    updateConfiguration,
    publish,
    createAlias,
    updateAlias,
    alias,
    putAsyncSettings,
    asyncSettings,
    addPermission,
    policy,
    admits,
    setPolicy,
    reserveConcurrency,
    totalReserved,
    reservedConcurrency: (name: string): number | undefined => entryOf(name).reservedConcurrency,
    aliases: (functionName: string): AliasConfiguration[] => {
      const { name } = parseName(functionName, kernel.accountId);
      return [...entryOf(name).aliases.keys()].sort().map((aliasName) => alias(name, aliasName));
    },
    list: (): LambdaFunction[] => [...entries.values()].map((entry) => entry.latest),
  };
}

export const invalid = (message: string): AwsError =>
  new AwsError('InvalidParameterValueException', message, { data: { Type: 'User' } });

/** The name formats of Invoke's FunctionName: name, partial ARN or ARN, each with or without a qualifier. */
export function parseName(text: string, accountId: string): { name: string; qualifier: string | undefined } {
  const rest = text.replace(new RegExp(`^(arn:aws:lambda:[a-z0-9-]+:)?${accountId}:function:`), '');
  const [name = '', qualifier, ...more] = rest.split(':');
  if (!NAME.test(name) || more.length > 0) {
    throw new AwsError(
      'ValidationException',
      `FunctionName: expected a name, partial ARN or ARN of a function in account ${accountId}, got "${text}"`,
    );
  }
  return { name, qualifier };
}
