// Secrets Manager as far as it is needed to read a secret: creation, the current value, a description. Source: doc comments of CreateSecretCommand,
// GetSecretValueCommand and DescribeSecretCommand in @aws-sdk/client-secrets-manager.
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
} from '@aws-sdk/client-secrets-manager';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, notEmulated, type Operation, type Service } from '../../simulator/service.ts';
import type { Encrypted } from '../iam/check.ts';
import { kmsKey } from '../kms/key-ids.ts';

export interface SecretsManager extends Service {
  /** The secret of a name, an ARN, or an ARN without its six last characters: its ARN, key and current version. */
  secret(secretId: string): (Encrypted & { readonly versionId: string }) | undefined;
  /** What a machine outside of the region reads: its text; undefined without one. */
  text(secretId: string): string | undefined;
  /** Tags of the secret with this ARN; none if it does not exist. */
  tags(arn: string): Readonly<Record<string, string>>;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  /** As in the request; undefined for aws/secretsmanager. */
  readonly keyId: string | undefined;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly createdAtMs: number;
  readonly versionId: string;
  readonly value: string | Uint8Array | undefined;
  /** "The date that the secret was last accessed in the Region": a day, without its time. */
  accessedAtMs: number | undefined;
}

/** "AWS Secrets Manager quotas": size of a secret value. Secrets in an account: far more than a run needs. */
const VALUE_BYTES_MAX = 65_536;
const SECRETS_MAX = 1_000;
const TAGS_MAX = 50;
const NAME_LENGTH_MAX = 512;
const SUFFIX_LENGTH = 6;
const DAY_MS = 24 * 3_600_000;
const CURRENT = 'AWSCURRENT';
const SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function createSecretsManager(kernel: Kernel): SecretsManager {
  const secrets = new Map<string, Secret>();
  const random = kernel.random('secretsmanager');
  const arnPrefix = `arn:aws:secretsmanager:${kernel.regionName}:${kernel.accountId}:secret:`;

  const lookUp = (secretId: string): Secret | undefined => {
    if (!secretId.startsWith('arn:')) return secrets.get(secretId);
    const matching = [...secrets.values()].filter(
      ({ arn }) => arn === secretId || arn.slice(0, -SUFFIX_LENGTH - 1) === secretId,
    );
    return matching.find(({ arn }) => arn === secretId) ?? matching[0];
  };
  const find = (secretId = ''): Secret => {
    const secret = lookUp(secretId);
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };

  const create = (input: CreateSecretRequest): CreateSecretResponse => {
    const { Name: name = '', KmsKeyId: keyId, Tags = [] } = input;
    if (input.AddReplicaRegions?.length) throw notEmulated('replicas of secrets');
    if (input.Type !== undefined) throw notEmulated('managed external secrets');
    const value = checked(name, input);
    if (keyId !== undefined) kmsKey(keyId, kernel);
    if (Tags.length > TAGS_MAX) throw invalidParameter(`A secret has at most ${TAGS_MAX} tags.`);
    const before = secrets.get(name);
    if (before) {
      // A repeated request: "If a version with this value already exists and the … values are the same …, the request is ignored".
      if (before.versionId === input.ClientRequestToken && sameValue(before.value, value)) return made(before);
      const message = `The operation failed because the secret ${name} already exists.`;
      throw new AwsError('ResourceExistsException', message);
    }
    if (secrets.size >= SECRETS_MAX) throw new AwsError('LimitExceededException', 'Too many secrets.');
    const secret: Secret = {
      arn: `${arnPrefix}${name}-${suffix()}`,
      name,
      description: input.Description,
      keyId,
      tags: Tags.map(({ Key = '', Value = '' }) => ({ Key, Value })),
      createdAtMs: kernel.clock.now(),
      versionId: input.ClientRequestToken ?? random.uuid(),
      value,
      accessedAtMs: undefined,
    };
    secrets.set(name, secret);
    return made(secret);
  };

  const suffix = (): string =>
    Array.from({ length: SUFFIX_LENGTH }, () =>
      SUFFIX_CHARACTERS.charAt(random.integer(0, SUFFIX_CHARACTERS.length - 1)),
    ).join('');

  const getValue = (input: GetSecretValueRequest): GetSecretValueResponse => {
    const secret = find(input.SecretId);
    const { VersionId, VersionStage } = input;
    const missing = (what: string): AwsError =>
      new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${what}`);
    if (VersionId !== undefined && VersionId !== secret.versionId) throw missing(`VersionId: ${VersionId}`);
    if ((VersionStage ?? CURRENT) !== CURRENT) throw missing(`staging label: ${VersionStage}`);
    if (secret.value === undefined) throw missing(`staging label: ${CURRENT}`);
    secret.accessedAtMs = kernel.clock.now();
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: secret.versionId,
      ...(typeof secret.value === 'string' ? { SecretString: secret.value } : { SecretBinary: secret.value }),
      VersionStages: [CURRENT],
      CreatedDate: new Date(secret.createdAtMs),
    };
  };

  const describeSecret = (input: DescribeSecretRequest): DescribeSecretResponse => {
    const secret = find(input.SecretId);
    const { accessedAtMs, createdAtMs, description, keyId } = secret;
    return {
      ARN: secret.arn,
      Name: secret.name,
      ...(description !== undefined && { Description: description }),
      ...(keyId !== undefined && { KmsKeyId: keyId }),
      LastChangedDate: new Date(createdAtMs),
      ...(accessedAtMs !== undefined && { LastAccessedDate: new Date(accessedAtMs - (accessedAtMs % DAY_MS)) }),
      ...(secret.tags.length > 0 && { Tags: secret.tags.map((tag) => ({ ...tag })) }),
      ...(secret.value !== undefined && { VersionIdsToStages: { [secret.versionId]: [CURRENT] } }),
      CreatedDate: new Date(createdAtMs),
    };
  };

  const operations: Record<string, Operation> = {
    CreateSecret: create,
    GetSecretValue: getValue,
    DescribeSecret: describeSecret,
  };
  return {
    name: 'secretsmanager',
    operations,
    secret: (secretId) => {
      const secret = lookUp(secretId);
      if (!secret) return undefined;
      const { arn, versionId, keyId = 'alias/aws/secretsmanager' } = secret;
      return { arn, versionId, key: kmsKey(keyId, kernel) };
    },
    text: (secretId) => {
      const value = lookUp(secretId)?.value;
      return typeof value === 'string' ? value : undefined;
    },
    tags: (arn) => Object.fromEntries((lookUp(arn)?.tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
}

const made = ({ arn, name, versionId, value }: Secret): CreateSecretResponse => ({
  ARN: arn,
  Name: name,
  ...(value !== undefined && { VersionId: versionId }),
});

/** "The secret name can contain ASCII letters, numbers, and the following characters: /_+=.@-"; a string or bytes, not both. */
function checked(name: string, { SecretString, SecretBinary }: CreateSecretRequest): Secret['value'] {
  if (!/^[A-Za-z0-9/_+=.@-]+$/.test(name) || name.length > NAME_LENGTH_MAX) {
    const rule = 'Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!';
    throw new AwsError('ValidationException', `Invalid name. ${rule}`);
  }
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  const value = SecretString ?? SecretBinary;
  if (value === undefined) return undefined;
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  if (bytes > 0 && bytes <= VALUE_BYTES_MAX) return value;
  throw invalidParameter(`A secret value has 1 to ${VALUE_BYTES_MAX} bytes, not ${bytes}.`);
}

function sameValue(a: Secret['value'], b: Secret['value']): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.from(a).equals(Buffer.from(b));
  return a === b;
}

const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);
