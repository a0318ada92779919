// Parameter Store. Sources: doc comments of PutParameterRequest and its siblings in @aws-sdk/client-ssm; "Working with parameter
// versions", "Managing parameter tiers" (Systems Manager user guide).
import type {
  DeleteParameterRequest,
  DeleteParametersRequest,
  DeleteParametersResult,
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  Parameter,
  ParameterMetadata,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, type Operation } from '../../simulator/service.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { constraint, paged } from './paging.ts';
import { BELOW_PATH, OF_ALL, parameterFilter } from './parameter-filters.ts';
import type { StoredParameter } from './parameter-rules.ts';
import { checkForm, checkName, checkValue, isBelow, pathOf } from './parameter-rules.ts';
import { PUBLIC_PARAMETERS } from './public-parameters.ts';

/** "Parameter Store retains the 100 most recently created versions of a parameter." (SDK) */
const VERSIONS_MAX = 100;
const NAMES_MAX = 10;
/** "If you don't specify a key ID, the system uses the default key associated with your AWS account." (SDK) */
const DEFAULT_KEY = 'alias/aws/ssm';

/** All parameters by name. `x` and `/x` are one parameter: both have the ARN `…:parameter/x`. */
export class ParameterStore extends Map<string, StoredParameter> {
  override get(name: string): StoredParameter | undefined {
    return super.get(pathOf(name));
  }
  override has(name: string): boolean {
    return super.has(pathOf(name));
  }
  override set(name: string, parameter: StoredParameter): this {
    return super.set(pathOf(name), parameter);
  }
  override delete(name: string): boolean {
    return super.delete(pathOf(name));
  }
}

export function parameterOperations(kernel: Kernel, store: ParameterStore): Record<string, Operation> {
  const arnOf = (name: string): string => parameterArn(kernel, name);

  const shown = (parameter: StoredParameter, decrypted: boolean, selector?: string): Parameter | undefined => {
    const found =
      selector === undefined
        ? parameter.versions.at(-1)
        : parameter.versions.find(({ version }) => String(version) === selector);
    if (!found) return undefined;
    return {
      Name: parameter.name,
      Type: parameter.type,
      Value: parameter.type === 'SecureString' && !decrypted ? found.sealed : found.value,
      Version: found.version,
      ...(selector === undefined ? {} : { Selector: `:${selector}` }),
      LastModifiedDate: new Date(found.atMs),
      ARN: PUBLIC_PARAMETERS.has(parameter.name)
        ? `arn:aws:ssm:${kernel.regionName}::parameter${parameter.name}`
        : arnOf(parameter.name),
      DataType: parameter.dataType,
    };
  };

  const find = (asked: string, decrypted: boolean): Parameter | undefined => {
    const [name = '', selector] = withoutArn(asked).split(':');
    const parameter = store.get(name) ?? PUBLIC_PARAMETERS.get(name);
    return parameter && shown(parameter, decrypted, selector);
  };

  return {
    PutParameter: (input: PutParameterRequest, call: Call): PutParameterResult => {
      const name = (input.Name ?? '').trim();
      const before = store.get(name);
      const after = put(kernel, before, { ...input, Name: name }, call);
      store.set(name, after);
      return { Version: after.versions.at(-1)?.version ?? 1, Tier: after.tier };
    },

    GetParameter: (input: GetParameterRequest): GetParameterResult => {
      const asked = input.Name ?? '';
      if (!asked.startsWith('/aws/')) checkForm(bareName(asked));
      const found = find(asked, input.WithDecryption === true);
      if (found) return { Parameter: found };
      const [name = '', selector] = withoutArn(asked).split(':');
      if (selector === undefined || !store.has(name))
        throw new AwsError('ParameterNotFound', `Parameter ${asked} not found.`);
      const message = `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`;
      throw new AwsError('ParameterVersionNotFound', message);
    },

    /** "Retrieves the history of all changes to a parameter"; of a parameter that was deleted nothing is left (GetParameterHistory). */
    GetParameterHistory: (input: GetParameterHistoryRequest): GetParameterHistoryResult => {
      const name = withoutArn(input.Name ?? '');
      const parameter = store.get(name);
      if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
      const isShown = parameter.type !== 'SecureString' || input.WithDecryption === true;
      const { items, ...rest } = paged(parameter.versions, input, { min: 1, max: 50 });
      return {
        Parameters: items.map(({ version, value, sealed, atMs }) => ({
          ...{ Name: parameter.name, Type: parameter.type, Value: isShown ? value : sealed, Version: version },
          ...{ LastModifiedDate: new Date(atMs), Tier: parameter.tier, DataType: parameter.dataType },
        })),
        ...rest,
      };
    },

    GetParameters: (input: GetParametersRequest): GetParametersResult => {
      const names = atMostTen(input.Names);
      const found = names.map((name) => ({ name, parameter: find(name, input.WithDecryption === true) }));
      return {
        Parameters: found.flatMap(({ parameter }) => parameter ?? []),
        InvalidParameters: found.flatMap(({ name, parameter }) => (parameter ? [] : [name])),
      };
    },

    GetParametersByPath: (input: GetParametersByPathRequest): GetParametersByPathResult => {
      const path = input.Path ?? '';
      if (!path.startsWith('/')) {
        throw new AwsError('ValidationException', 'The parameter path must begin with a forward slash ("/").');
      }
      const below = sorted(store).filter(({ name }) => isBelow(name, path, input.Recursive === true));
      const matching = below.filter(parameterFilter(input.ParameterFilters, BELOW_PATH));
      const { items, ...rest } = paged(matching, input, { min: 1, max: 10 });
      return {
        Parameters: items.flatMap((parameter) => shown(parameter, input.WithDecryption === true) ?? []),
        ...rest,
      };
    },

    DeleteParameter: (input: DeleteParameterRequest): object => {
      const name = input.Name ?? '';
      if (!store.delete(name)) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
      return {};
    },

    DeleteParameters: (input: DeleteParametersRequest): DeleteParametersResult => {
      const names = atMostTen(input.Names);
      const DeletedParameters = names.filter((name) => store.delete(name));
      return { DeletedParameters, InvalidParameters: names.filter((name) => !DeletedParameters.includes(name)) };
    },

    DescribeParameters: (input: DescribeParametersRequest): DescribeParametersResult => {
      const legacy = (input.Filters ?? []).map(({ Key, Values }) => ({ Key, Values, Option: 'Equals' }));
      if (legacy.length > 0 && input.ParameterFilters?.length) {
        throw new AwsError(
          'ValidationException',
          'You can use either Filters or ParameterFilters in a single request.',
        );
      }
      const filters = input.ParameterFilters?.length ? input.ParameterFilters : legacy;
      const matching = sorted(store).filter(parameterFilter(filters, OF_ALL));
      const { items, ...rest } = paged(matching, input, { min: 1, max: 50 });
      return { Parameters: items.map((parameter) => metadata(parameter, arnOf(parameter.name))), ...rest };
    },
  };
}

/** "The following data type values are supported" (PutParameter). */
const DATA_TYPES: readonly string[] = ['text', 'aws:ec2:image', 'aws:ssm:integration'];

function put(
  kernel: Kernel,
  before: StoredParameter | undefined,
  input: PutParameterRequest & { Name: string },
  call: Call,
): StoredParameter {
  const { Name: name, Value: value = '', Overwrite: overwrite, Type: type = before?.type } = input;
  checkName(name);
  if (before && !overwrite) {
    const message =
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
    throw new AwsError('ParameterAlreadyExists', message);
  }
  if (overwrite && input.Tags?.length) {
    throw new AwsError('ValidationException', "Invalid request: tags and overwrite can't be used together.");
  }
  if (type === undefined) {
    throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
  }
  if (before && type !== before.type) {
    const message = `Parameter Store doesn't support changing a parameter type in a hierarchy. ${name} is ${before.type}, not ${type}.`;
    throw new AwsError('HierarchyTypeMismatchException', message);
  }
  if (!DATA_TYPES.includes(input.DataType ?? 'text')) {
    const message = `The following data type is not supported: ${input.DataType} (Data type names are all lowercase.)`;
    throw new AwsError('ValidationException', message);
  }
  const tier = input.Tier === 'Advanced' || before?.tier === 'Advanced' ? 'Advanced' : 'Standard';
  const allowedPattern = input.AllowedPattern ?? before?.allowedPattern;
  checkValue(value, tier, allowedPattern);
  const keyId = type === 'SecureString' ? (input.KeyId ?? before?.keyId ?? DEFAULT_KEY) : undefined;
  if (keyId !== undefined) kmsKey(keyId, kernel); // throws for a key that the region cannot know
  const version = (before?.versions.at(-1)?.version ?? 0) + 1;
  const sealed = type === 'SecureString' ? Buffer.from(kernel.random('ssm/sealed').hex(96)).toString('base64') : value;
  return {
    name,
    type,
    keyId,
    tier,
    description: input.Description ?? before?.description,
    allowedPattern,
    dataType: input.DataType ?? before?.dataType ?? 'text',
    lastModifiedBy: call.roleArn ?? `arn:aws:iam::${kernel.accountId}:user/${call.actor}`,
    versions: [...(before?.versions ?? []), { version, value, sealed, atMs: kernel.clock.now() }].slice(-VERSIONS_MAX),
  };
}

function metadata(parameter: StoredParameter, ARN: string): ParameterMetadata {
  const latest = parameter.versions.at(-1);
  return {
    Name: parameter.name,
    ARN,
    Type: parameter.type,
    ...(parameter.keyId === undefined ? {} : { KeyId: parameter.keyId }),
    ...(parameter.description === undefined ? {} : { Description: parameter.description }),
    ...(parameter.allowedPattern === undefined ? {} : { AllowedPattern: parameter.allowedPattern }),
    ...(latest ? { Version: latest.version, LastModifiedDate: new Date(latest.atMs) } : {}),
    LastModifiedUser: parameter.lastModifiedBy,
    Tier: parameter.tier,
    Policies: [],
    DataType: parameter.dataType,
  };
}

const sorted = (store: ParameterStore): StoredParameter[] =>
  [...store.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

function atMostTen(names: readonly string[] | undefined): readonly string[] {
  if (!names?.length) throw constraint('names', [], 'Member must have length greater than or equal to 1');
  if (names.length > NAMES_MAX)
    throw constraint('names', names, `Member must have length less than or equal to ${NAMES_MAX}`);
  return [...new Set(names)];
}

export const parameterArn = ({ regionName, accountId }: Kernel, name: string): string =>
  `arn:aws:ssm:${regionName}:${accountId}:parameter${pathOf(name)}`;

/** Names and keys of the SecureString parameters that pass a test, for IAM's KMS checks. */
export function secured(
  store: ParameterStore,
  passes: (name: string) => boolean,
): readonly { readonly name: string; readonly keyId: string }[] {
  return sorted(store).flatMap(({ name, keyId }) => (keyId !== undefined && passes(name) ? [{ name, keyId }] : []));
}

/** The stored name of a parameter in a request: without ARN, without version. */
export const bareName = (asked: string): string => withoutArn(asked).split(':')[0] ?? '';

/** GetParameter accepts an ARN, too; the part after ":parameter" is the name. */
const withoutArn = (name: string): string =>
  name.startsWith('arn:') ? name.slice(name.indexOf(':parameter') + ':parameter'.length) : name;
