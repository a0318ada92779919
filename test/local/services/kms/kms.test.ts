// KMS keys as unmodified SDK clients see them, and how a heal checks them before it needs one.
import { CreateVolumeCommand, StartInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateGrantCommand, DescribeKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplaceClients } from '../../../../shared/aws/clients.ts';
import { describeInstance } from '../../../../shared/aws/instances.ts';
import { judgeKey } from '../../../../shared/aws/key-usability.ts';
import { describeVolumes } from '../../../../shared/aws/volumes.ts';
import { type PacedRegion, pacedRegion } from '../../../fixtures/paced-region.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const KEY = `arn:aws:kms:eu-west-1:111122223333:key/${ID}`;

const OURS = { accountId: '111122223333', kmsKeys: [] };

let paced: PacedRegion;
let region: PacedRegion['region'];
let aws: ReplaceClients;

beforeEach(async () => {
  paced = await pacedRegion();
  ({ region } = paced);
  aws = await paced.clients();
});

afterEach(() => paced.end());

const describeKey = async (KeyId: string) => (await aws.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

describe('A key', () => {
  it('leaves its use to the account, as KMS makes it, until somebody puts another policy', async () => {
    const policyOf = async (KeyId: string) => (await aws.kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? '';
    expect(JSON.parse(await policyOf(ID))).toMatchObject({
      Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*' }],
    });
    const Principal = { AWS: '*' };
    const Policy = JSON.stringify({
      Statement: [{ Effect: 'Deny', Action: 'kms:CreateGrant', Resource: '*', Principal }],
    });
    await region.call('kms', 'PutKeyPolicy', { KeyId: KEY, PolicyName: 'default', Policy });
    expect(await policyOf(ID)).toBe(Policy);
    await expect(policyOf('nonsense')).rejects.toThrow('does not exist');
  });

  it('answers a dry run of a grant, and gives none', async () => {
    const GranteePrincipal = 'arn:aws:iam::111122223333:role/nodes';
    const grant = (clients: ReplaceClients) =>
      clients.kms.send(new CreateGrantCommand({ KeyId: KEY, GranteePrincipal, Operations: ['Decrypt'], DryRun: true }));
    await expect(grant(aws)).rejects.toMatchObject({ name: 'DryRunOperationException' });
    const others = await paced.clients([{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }]);
    await expect(grant(others)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    region.ec2.setKeyEnabled(KEY, false);
    await expect(grant(aws)).rejects.toMatchObject({ name: 'DisabledException' });
  });

  it('is known by its id, its ARN, and by the alias of a service of AWS', async () => {
    expect(await describeKey(ID)).toMatchObject({
      Arn: KEY,
      KeyState: 'Enabled',
      Enabled: true,
      KeyManager: 'CUSTOMER',
    });
    expect(await describeKey(KEY)).toMatchObject({
      KeyId: ID,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
    });
    expect(await describeKey('alias/aws/ebs')).toMatchObject({ KeyManager: 'AWS', KeyState: 'Enabled' });
    expect((await describeKey(KEY))?.CreationDate?.getTime()).toBeLessThan(region.clock.now());
  });

  it('is the one that volumes are encrypted with', async () => {
    const volumeId = region.ec2.addVolume({ sizeGiB: 10 });
    const [volume] = await describeVolumes(aws.ec2, { ids: [volumeId] });
    expect(volume).toMatchObject({ encrypted: true, kmsKeyId: (await describeKey('alias/aws/ebs'))?.Arn });
  });

  it('is not found where it is none, and not seen where it is another account’s', async () => {
    await expect(describeKey('not-a-key')).rejects.toThrow('does not exist');
    await expect(describeKey(KEY.replace('eu-west-1', 'us-east-1'))).rejects.toThrow('Invalid arn us-east-1');
    await expect(describeKey(KEY.replace('111122223333', '444455556666'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(describeKey('alias/nodes')).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('A key of another account', () => {
  const theirs = KEY.replace('111122223333', '444455556666');
  const made = async (ec2: ReplaceClients['ec2']): Promise<number> => {
    const { VolumeId = '' } = await ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 10, Encrypted: true, KmsKeyId: theirs }),
    );
    await paced.pass(60_000);
    return (await describeVolumes(aws.ec2, { ids: [VolumeId] })).length;
  };
  const may = async (Resource: string) =>
    (
      await paced.clients([
        { Effect: 'Allow', Action: 'ec2:*', Resource: '*' },
        { Effect: 'Allow', Action: 'kms:*', Resource },
      ])
    ).ec2;

  it('is used where its own policy and the caller’s allow it both; else the volume vanishes', async () => {
    expect(await made(await may('*'))).toBe(0);
    region.ec2.allowForeignKey(theirs, 'use');
    expect(await made(await may(KEY))).toBe(0);
    expect(await made(await may(theirs))).toBe(1);
  });

  it('keeps an instance down that is started by somebody who may not use it', async () => {
    region.ec2.allowForeignKey(theirs, 'use');
    const instanceId = region.ec2.addInstance({ privateIp: '10.0.0.11', state: 'stopped' });
    region.ec2.addVolume({ sizeGiB: 10, kmsKeyId: theirs, attachedTo: { instanceId, device: '/dev/sdf' } });
    const started = async (ec2: ReplaceClients['ec2']) => {
      await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
      await paced.pass(60_000);
      return describeInstance(aws.ec2, instanceId);
    };
    expect(await started(await may(KEY))).toMatchObject({
      state: 'stopped',
      stateReason: expect.stringContaining('Client.InternalError'),
    });
    expect(await started(await may(theirs))).toMatchObject({ state: 'running' });
  });
});

describe('The judgement of a key', () => {
  it('lets through one that is enabled, and names what to do about one that is not', async () => {
    expect(await judgeKey(aws.kms, KEY, OURS)).toEqual({ usable: true });
    region.ec2.setKeyEnabled(KEY, false);
    expect(await judgeKey(aws.kms, KEY, OURS)).toEqual({ unusable: `KMS key ${KEY} is Disabled: enable it` });
    region.ec2.setKeyEnabled(KEY, true);
    expect(await judgeKey(aws.kms, KEY, OURS)).toEqual({ usable: true });
  });

  it('asks nobody about a key of another region, and names the rights that are missing for one of ours', async () => {
    expect(await judgeKey(aws.kms, KEY.replace('eu-west-1', 'us-east-1'), OURS)).toEqual({
      unusable: expect.stringContaining('is in us-east-1: a volume of eu-west-1 needs'),
    });
    expect(paced.count('DescribeKey')).toBe(0);
    const { kms } = await paced.clients([{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }]);
    expect(await judgeKey(kms, KEY, OURS)).toEqual({
      unusable: expect.stringMatching(/kms:DescribeKey on resource.*must allow kms:DescribeKey, kms:CreateGrant/s),
    });
    const allowed = await paced.clients([{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: KEY }]);
    expect(await judgeKey(allowed.kms, KEY, OURS)).toEqual({ usable: true });
  });

  it('of another account is definite where the stack was not told of it, and unknown where its policy shows nothing', async () => {
    const theirs = KEY.replace('111122223333', '444455556666');
    const told = { ...OURS, kmsKeys: [theirs] };
    expect(await judgeKey(aws.kms, theirs, OURS)).toEqual({
      unusable: expect.stringMatching(/is of account 444455556666.*deploy again with -c kmsKeys=/),
    });
    expect(paced.count('DescribeKey')).toBe(0);
    expect(await judgeKey(aws.kms, theirs, told)).toEqual({ unknown: expect.stringContaining('cannot be looked at') });
    region.ec2.allowForeignKey(theirs, 'use-and-describe');
    expect(await judgeKey(aws.kms, theirs, told)).toEqual({ usable: true });
    region.ec2.setKeyEnabled(theirs, false);
    expect(await judgeKey(aws.kms, theirs, told)).toMatchObject({ unusable: expect.stringContaining('is Disabled') });
  });

  it('says of a key that is not there that it is not, and of what nobody knows nothing', async () => {
    expect(await judgeKey(aws.kms, 'not-a-key', OURS)).toMatchObject({
      unusable: expect.stringContaining('NotFoundException'),
    });
    const silent = {
      config: { region: async () => 'eu-west-1' },
      send: async () => Promise.reject(new Error('timed out')),
    };
    await expect(judgeKey(silent as unknown as ReplaceClients['kms'], KEY, OURS)).rejects.toThrow('timed out');
  });
});
