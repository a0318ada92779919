// The stores of nodes' credentials: Secrets Manager and SecureString parameters, as SDK clients read them, and who may.
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../../../local/services/iam/policy.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const SECRETS = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:';
const PARAMETERS = 'arn:aws:ssm:eu-west-1:111122223333:parameter';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555';

let whole: WholeRegion;
let person: SecretsManagerClient;
let store: SSMClient;

beforeAll(async () => {
  whole = await wholeRegion();
  person = new SecretsManagerClient(await whole.as());
  store = new SSMClient(await whole.as());
});

afterAll(() => whole.following.stop());

const allow = (Action: string | string[], Resource: string, Condition?: Statement['Condition']): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});

describe('a secret', () => {
  it('is created once, and read by its name, its ARN, or its ARN without the six last characters', async () => {
    const SecretString = '{"user":"rpc","password":"hunter2"}';
    const created = await person.send(new CreateSecretCommand({ Name: 'bitcoin/rpc', SecretString }));
    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:bitcoin\/rpc-[A-Za-z0-9]{6}$/);
    for (const SecretId of ['bitcoin/rpc', created.ARN, `${SECRETS}bitcoin/rpc`]) {
      expect(await person.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
        Name: 'bitcoin/rpc',
        SecretString,
        VersionId: created.VersionId,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      });
    }
    const described = await person.send(new DescribeSecretCommand({ SecretId: 'bitcoin/rpc' }));
    expect(described).toMatchObject({ VersionIdsToStages: { [created.VersionId ?? '']: ['AWSCURRENT'] } });
    expect(JSON.stringify(described)).not.toContain('hunter2');
    await expect(
      person.send(new CreateSecretCommand({ Name: 'bitcoin/rpc', SecretString: 'other' })),
    ).rejects.toBeInstanceOf(ResourceExistsException);
  });

  it('keeps bytes as they are', async () => {
    await person.send(new CreateSecretCommand({ Name: 'jwt', SecretBinary: Uint8Array.of(0, 255, 7) }));
    const { SecretBinary, SecretString } = await person.send(new GetSecretValueCommand({ SecretId: 'jwt' }));
    expect([...(SecretBinary ?? [])]).toEqual([0, 255, 7]);
    expect(SecretString).toBeUndefined();
  });

  it('that is not there, or has no value in that stage, is the SDK’s own exception', async () => {
    await person.send(new CreateSecretCommand({ Name: 'empty' }));
    for (const input of [
      { SecretId: 'nowhere' },
      { SecretId: 'empty' },
      { SecretId: 'jwt', VersionStage: 'AWSPREVIOUS' },
    ]) {
      await expect(person.send(new GetSecretValueCommand(input))).rejects.toBeInstanceOf(ResourceNotFoundException);
    }
  });

  it('has a name of letters, digits and a few signs, and at most 64 KiB', async () => {
    await expect(person.send(new CreateSecretCommand({ Name: 'a b', SecretString: 'x' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const SecretString = 'x'.repeat(65_537);
    await expect(person.send(new CreateSecretCommand({ Name: 'long', SecretString }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('is read by roles that are granted its ARN with any six characters, and by no others', async () => {
    const read = async (Resource: string, SecretId = 'bitcoin/rpc') =>
      new SecretsManagerClient(await whole.as([allow('secretsmanager:GetSecretValue', Resource)])).send(
        new GetSecretValueCommand({ SecretId }),
      );
    await expect(read(`${SECRETS}bitcoin/rpc-??????`)).resolves.toMatchObject({ Name: 'bitcoin/rpc' });
    for (const Resource of [`${SECRETS}bitcoin/rpc`, `${SECRETS}geth/rpc-??????`]) {
      await expect(read(Resource)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringMatching(/GetSecretValue on resource: arn:aws:secretsmanager:.*bitcoin\/rpc-\w{6}/),
      });
    }
    await expect(read(`${SECRETS}nowhere-??????`, 'nowhere')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('under a customer’s key takes a grant for the key too', async () => {
    const Tags = [{ Key: 'Fleet', Value: 'geth' }];
    await person.send(new CreateSecretCommand({ Name: 'geth/rpc', SecretString: 'x', KmsKeyId: KEY, Tags }));
    const read = allow('secretsmanager:GetSecretValue', '*', { StringEquals: { 'aws:ResourceTag/Fleet': 'geth' } });
    const asked = new GetSecretValueCommand({ SecretId: 'geth/rpc' });
    await expect(new SecretsManagerClient(await whole.as([read])).send(asked)).rejects.toMatchObject({
      message: expect.stringContaining(`kms:Decrypt on resource: ${KEY}`),
    });
    const decrypt = allow('kms:Decrypt', KEY, {
      StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' },
    });
    await expect(new SecretsManagerClient(await whole.as([read, decrypt])).send(asked)).resolves.toMatchObject({
      SecretString: 'x',
    });
  });
});

describe('a SecureString parameter', () => {
  const put = (Name: string, more: object = {}) =>
    store.send(new PutParameterCommand({ Name, Value: 'hunter2', Type: 'SecureString', ...more }));

  it('is opaque text until decryption is asked for, one by one, by tens and by path', async () => {
    await put('/rpc/bitcoin/password');
    for (const WithDecryption of [false, true]) {
      const one = await store.send(new GetParameterCommand({ Name: '/rpc/bitcoin/password', WithDecryption }));
      const some = await store.send(new GetParametersCommand({ Names: ['/rpc/bitcoin/password'], WithDecryption }));
      const below = await store.send(new GetParametersByPathCommand({ Path: '/rpc/bitcoin', WithDecryption }));
      const values = [one.Parameter, some.Parameters?.[0], below.Parameters?.[0]].map((found) => found?.Value);
      expect(new Set(values)).toEqual(new Set([WithDecryption ? 'hunter2' : expect.stringMatching(/^[\w+/=]{60,}$/)]));
    }
  });

  it('under the key of AWS is decrypted by whoever may read it, unless a policy denies it', async () => {
    const read = allow('ssm:GetParameter', `${PARAMETERS}/rpc/*`);
    const asked = new GetParameterCommand({ Name: '/rpc/bitcoin/password', WithDecryption: true });
    await expect(new SSMClient(await whole.as([read])).send(asked)).resolves.toMatchObject({
      Parameter: { Value: 'hunter2' },
    });
    const deny: Statement = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' };
    await expect(new SSMClient(await whole.as([read, deny])).send(asked)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('explicit deny'),
    });
  });

  it('under a customer’s key takes kms:Decrypt on that key, for this parameter', async () => {
    await put('/rpc/geth/password', { KeyId: KEY });
    const read = allow(['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'], `${PARAMETERS}/rpc/*`);
    const decrypt = (name: string) =>
      allow('kms:Decrypt', KEY, { StringEquals: { 'kms:EncryptionContext:PARAMETER_ARN': `${PARAMETERS}${name}` } });
    const Name = '/rpc/geth/password';
    for (const statements of [[read], [read, decrypt('/rpc/other')]]) {
      const client = new SSMClient(await whole.as(statements));
      const refusals = [
        client.send(new GetParameterCommand({ Name, WithDecryption: true })),
        client.send(new GetParametersCommand({ Names: ['/rpc/bitcoin/password', Name], WithDecryption: true })),
        client.send(new GetParametersByPathCommand({ Path: '/rpc/geth', WithDecryption: true })),
      ];
      for (const refused of await Promise.allSettled(refusals)) {
        expect(refused).toMatchObject({
          reason: { message: expect.stringContaining(`kms:Decrypt on resource: ${KEY}`) },
        });
      }
      const sealed = await client.send(new GetParameterCommand({ Name }));
      expect(sealed.Parameter?.Value).not.toContain('hunter2');
    }
    const granted = new SSMClient(await whole.as([read, decrypt(Name)]));
    await expect(granted.send(new GetParameterCommand({ Name, WithDecryption: true }))).resolves.toMatchObject({
      Parameter: { Value: 'hunter2' },
    });
  });

  it('is written by whom its key lets encrypt, and under no alias that the region cannot know', async () => {
    const write = allow('ssm:PutParameter', '*');
    const input = { Name: '/rpc/new', Value: 'x', Type: 'SecureString', KeyId: KEY } as const;
    await expect(new SSMClient(await whole.as([write])).send(new PutParameterCommand(input))).rejects.toMatchObject({
      message: expect.stringContaining(`kms:Encrypt on resource: ${KEY}`),
    });
    const client = new SSMClient(await whole.as([write, allow('kms:Encrypt', KEY)]));
    await expect(client.send(new PutParameterCommand(input))).resolves.toMatchObject({ Version: 1 });
    await expect(put('/rpc/alias', { KeyId: 'alias/mine' })).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});
